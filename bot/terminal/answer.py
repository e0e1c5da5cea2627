"""An answer in a terminal: the sentence, the table with bars, what it rests on; tab-separated in a pipe."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from bot.terminal.figures import cell, is_figure, printable
from bot.terminal.grid import hottest, is_cell, laid_out, shade
from queries.answer import Answer, Column

SHOWN_ROWS = 40
BAR_WIDTH = 18
WORDS = {
    "en": {
        "choices": "Which one do you mean?",
        "nearest": "What I can answer:",
        "more": "showing {shown} of {all} rows",
        "data": "data as of",
        "basis": "basis",
        "reference": "reference",
    },
    "zh": {
        "choices": "您指的是哪一个?",
        "nearest": "可以这样问:",
        "more": "显示 {all} 行中的前 {shown} 行",
        "data": "数据截至",
        "basis": "口径",
        "reference": "编号",
    },
}
MARKS = {
    "answered": ("●", "green"),
    "clarify": ("?", "yellow"),
    "refused": ("■", "red"),
    "unsupported": ("■", "yellow"),
    "error": ("!", "red"),
}


def show(answer: Answer, console: Console, *, sql: bool = False, laid_out: bool = False) -> None:
    """Prints one answer: with colour and bars on a terminal, tab-separated in a pipe unless `laid_out`."""
    if not (console.is_terminal or laid_out):
        _plain(answer, console)
        return
    console.print(Group(*_parts(answer, sql)))


def _parts(answer: Answer, sql: bool) -> list[RenderableType]:
    words = WORDS[answer.language]
    mark, colour = MARKS[answer.status]
    parts: list[RenderableType] = [Text.assemble((f"{mark} ", colour), (printable(answer.text), "bold"))]
    if answer.rows and not _is_single(answer):
        read = laid_out(answer)
        parts.append(_table(read))
        if len(read.rows) > SHOWN_ROWS:
            parts.append(Text("  " + words["more"].format(shown=SHOWN_ROWS, all=len(read.rows)), "dim"))
    if answer.choices:
        if answer.status == "clarify":
            parts.append(Text("  " + words["choices"]))
        parts += [
            Text.assemble((f"   {n}  ", "cyan"), printable(choice.label))
            for n, choice in enumerate(answer.choices, 1)
        ]
    if answer.nearest:
        parts.append(Text("  " + words["nearest"]))
        parts += [Text(f"   · {printable(line)}", "cyan") for line in answer.nearest[:4]]
    parts += [Text(f"  ⚠ {printable(line)}", "yellow") for line in answer.caveats]
    context = _context(answer)
    if context:
        parts.append(Text("  " + context, "dim"))
    if sql and answer.sql:
        parts.append(Text("\n" + answer.sql + "\n", "dim cyan"))
    return parts


def _is_single(answer: Answer) -> bool:
    """A lone number is said in the sentence already."""
    return len(answer.rows) == 1 and len(answer.columns) == 1


def _table(answer: Answer) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("")
    for column in answer.columns:
        table.add_column(
            _heading(column), justify="right" if is_figure(column.unit) else "left", overflow="fold"
        )
    barred = _barred_column(answer)
    if barred is not None:
        table.add_column("", no_wrap=True)
    longest = (
        max((_magnitude(row[barred]) for row in answer.rows), default=Decimal(0)) if barred is not None else 0
    )
    most = hottest(answer)
    for row in answer.rows[:SHOWN_ROWS]:
        cells = ["", *(_cell(value, column, most) for value, column in zip(row, answer.columns, strict=True))]
        if barred is not None:
            cells.append(_bar(row[barred], Decimal(longest)))
        table.add_row(*(Text(cell) for cell in cells))
    return table


def _cell(value: Any, column: Column, most: Decimal) -> str:
    """One cell in words; in a grid with how hot it is."""
    text = cell(value, column)
    return f"{text} {shade(value, most)}" if is_cell(column) else text


def _heading(column: Column) -> str:
    label = column.label or column.name
    return f"{label} ({column.unit})" if len(column.unit) == 3 and column.unit.isupper() else label


def _barred_column(answer: Answer) -> int | None:
    """The first quantity gets bars where the answer asks for a picture, or the one that the answer names."""
    if answer.chart.kind == "none" or len(answer.rows) < 2:
        return None
    if answer.chart.only:
        return next(i for i, column in enumerate(answer.columns) if column.name == answer.chart.only)
    return next((i for i, column in enumerate(answer.columns) if is_figure(column.unit)), None)


def _magnitude(value: Any) -> Decimal:
    try:
        return abs(Decimal(str(value)))
    except ArithmeticError:
        return Decimal(0)


def _bar(value: Any, longest: Decimal) -> str:
    if not longest:
        return ""
    eighths = int(_magnitude(value) / longest * BAR_WIDTH * 8)
    return "█" * (eighths // 8) + (" ▏▎▍▌▋▊▉"[eighths % 8] if eighths % 8 else "")


def _context(answer: Answer) -> str:
    words = WORDS[answer.language]
    parts = []
    if answer.basis:
        parts.append(f"{words['basis']}: {answer.basis}")
    if answer.freshness:
        oldest = min(answer.freshness.values())
        parts.append(f"{words['data']} {oldest:%Y-%m-%d %H:%M} UTC")
    if answer.reference:
        parts.append(f"{words['reference']}: {answer.reference}")
    return " · ".join(parts)


def _plain(answer: Answer, console: Console) -> None:
    """For pipes: the sentence on the first line, then a tab-separated table."""
    lines = [printable(answer.text)]
    if answer.rows and not _is_single(answer):
        lines.append("\t".join(column.label or column.name for column in answer.columns))
        lines += [
            "\t".join("" if value is None else printable(str(value)) for value in row) for row in answer.rows
        ]
    lines += [f"{n}\t{printable(choice.label)}" for n, choice in enumerate(answer.choices, 1)]
    lines += [f"· {printable(line)}" for line in answer.nearest[:4]]
    lines += [f"! {printable(line)}" for line in answer.caveats]
    console.file.write("\n".join(lines) + "\n")
