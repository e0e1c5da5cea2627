"""Charts and tables of an answer as Slack's native blocks; None where Slack cannot draw it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from bot.slack import limits
from bot.terminal.figures import cell, is_figure
from bot.terminal.grid import hottest, is_cell, laid_out, shade
from queries.answer import Answer, Column

Block = dict[str, Any]
PAGE = 10
ELLIPSIS = "…"


def clip(text: str, most: int) -> str:
    """At most `most` characters, the last one an ellipsis where something was cut."""
    return text if len(text) <= most else text[: most - 1] + ELLIPSIS


def plain(text: str) -> str:
    """Text for places that are not mrkdwn (cells, labels): no control characters, never empty."""
    return "".join(letter if letter.isprintable() else " " for letter in text).strip() or "-"


def table(answer: Answer) -> Block | None:
    """A sortable table of up to 100 rows; numbers sort as numbers. None where the sentence says it all.

    A grid (cohorts, moves) is laid out with one column per month or segment, and each cell says how hot it is.
    """
    answer = laid_out(answer)
    most = hottest(answer)
    columns = answer.columns[: limits.TABLE_COLUMNS]
    if not answer.rows or (len(answer.rows) == 1 and len(columns) == 1):
        return None
    rows = [[{"type": "raw_text", "text": clip(plain(_heading(column)), 100)} for column in columns]]
    room = limits.TABLE_CHARACTERS - sum(len(cell["text"]) for cell in rows[0])
    for row in answer.rows[: limits.TABLE_ROWS - 1]:
        cells = [_cell(value, column, most) for value, column in zip(row, columns, strict=False)]
        room -= sum(len(cell["text"]) for cell in cells)
        if room < 0:
            break
        rows.append(cells)
    if len(rows) < 2:
        return None
    return {
        "type": "data_table",
        "caption": clip(plain(answer.text), 200),
        "page_size": min(PAGE, len(rows) - 1),
        "rows": rows,
    }


def shown_rows(block: Block) -> int:
    """How many data rows a table block holds."""
    return len(block["rows"]) - 1


def _heading(column: Column) -> str:
    label = column.label or column.name
    return f"{label} ({column.unit})" if len(column.unit) == 3 and column.unit.isupper() else label


def _cell(value: Any, column: Column, most: Decimal) -> Block:
    said = f"{shade(value, most)} {cell(value, column)}" if is_cell(column) else cell(value, column)
    text = clip(plain(said), 300)
    number = _number(value)
    if number is None or not is_figure(column.unit):
        return {"type": "raw_text", "text": text}
    return {"type": "raw_number", "value": number, "text": text}


def _number(value: Any) -> float | int | None:
    """For sorting and drawing only: what people read is the exact text beside it."""
    if isinstance(value, bool) or value is None:
        return None
    try:
        exact = Decimal(str(value))
    except ArithmeticError:
        return None
    return int(exact) if exact == exact.to_integral_value() else float(exact)


def chart(answer: Answer) -> Block | None:
    """The chart the answer asks for, where Slack's limits allow it; None = the table alone says it."""
    kind = answer.chart.kind
    labels = [i for i, column in enumerate(answer.columns) if not is_figure(column.unit)]
    figures = [i for i, column in enumerate(answer.columns) if is_figure(column.unit)]
    if answer.chart.only:
        figures = [i for i in figures if answer.columns[i].name == answer.chart.only]
    if kind == "none" or not labels or not figures or len(answer.rows) < 2:
        return None
    drawn = _pie(answer, labels, figures[0]) if kind == "pie" else _axes(answer, kind, labels, figures)
    if drawn is None:
        return None
    title = " / ".join(answer.columns[i].label or answer.columns[i].name for i in figures[:1])
    block = {"type": "data_visualization", "title": clip(plain(title), limits.CHART_TITLE), "chart": drawn}
    return None if limits.problems([block], "chart") else block


def _pie(answer: Answer, labels: list[int], place: int) -> Block | None:
    segments = []
    for row in answer.rows:
        value = _plotted(row[place], answer.columns[place])
        if value is None or value <= 0:
            return None
        segments.append({"label": _label(row, labels, answer), "value": value})
    return {"type": "pie", "segments": segments}


def _axes(answer: Answer, kind: str, labels: list[int], figures: list[int]) -> Block | None:
    if len(labels) == 1:
        unit = answer.columns[figures[0]].unit
        drawn = [i for i in figures if answer.columns[i].unit == unit][:3]
        series = {
            answer.columns[i].label or answer.columns[i].name: _column(answer, labels, i) for i in drawn
        }
    elif len(labels) == 2:
        series = _two_labels(answer, labels, figures[0])
    else:
        return None
    categories = list(dict.fromkeys(label for points in series.values() for label in points))
    if sum(map(len, series.values())) != len(answer.rows) * (len(series) if len(labels) == 1 else 1):
        return None  # two labels became one when they were cut: a bar would stand for both
    if any(points.get(label) is None for points in series.values() for label in categories):
        return None
    return {
        "type": kind,
        "series": [
            {
                "name": clip(plain(name), limits.CHART_LABEL),
                "data": [{"label": label, "value": points[label]} for label in categories],
            }
            for name, points in series.items()
        ],
        "axis_config": {"categories": categories, "y_label": _axis(answer.columns[figures[0]])},
    }


def _column(answer: Answer, labels: list[int], place: int) -> dict[str, Any]:
    return {_label(row, labels, answer): _plotted(row[place], answer.columns[place]) for row in answer.rows}


def _plotted(value: Any, column: Column) -> float | int | None:
    """What is drawn: shares in percent, everything else as it is."""
    number = _number(value)
    return round(number * 100, 4) if number is not None and column.unit == "ratio" else number


def _axis(column: Column) -> str:
    label = column.label or column.name
    unit = (
        "%"
        if column.unit == "ratio"
        else column.unit
        if len(column.unit) == 3 and column.unit.isupper()
        else ""
    )
    return clip(plain(f"{label} ({unit})" if unit else label), limits.CHART_TITLE)


def _two_labels(answer: Answer, labels: list[int], place: int) -> dict[str, dict[str, Any]]:
    """Time along the axis where there is a date, the other label names the series."""
    along = next((i for i in labels if answer.columns[i].unit == "date"), labels[0])
    by = next(i for i in labels if i != along)
    series: dict[str, dict[str, Any]] = {}
    for row in answer.rows:
        points = series.setdefault(cell(row[by], answer.columns[by]), {})
        points[_label(row, [along], answer)] = _plotted(row[place], answer.columns[place])
    return series


def _label(row: list[Any], labels: list[int], answer: Answer) -> str:
    text = " ".join(cell(row[i], answer.columns[i]) for i in labels[-1:])
    return clip(plain(text), limits.CHART_LABEL)
