"""Answers whose rows are cells of a grid (cohorts, moves between segments), laid out as people read them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from bot.terminal.figures import cell
from queries.answer import Answer, Column

SHADES = " ▁▂▃▄▅▆▇█"
"""From none to the largest value of the grid."""
OWN_MONTH = "month_no:0"


def laid_out(answer: Answer) -> Answer:
    """The answer with one row per value that runs down and one column per value that runs along.

    An answer without a grid comes back as it is; JSON and CSV keep one cell a row.
    """
    grid = answer.grid
    if grid is None or not answer.rows:
        return answer
    names = [column.name for column in answer.columns]
    down, along, value = (names.index(name) for name in (grid.down, grid.along, grid.value))
    beside = names.index(grid.beside) if grid.beside else None
    heads = list(dict.fromkeys(row[along] for row in answer.rows))
    if answer.columns[along].name == "month_no":
        heads.sort()
    rows: dict[Any, list[Any]] = {}
    for row in answer.rows:
        first = [row[down]] if beside is None else [row[down], row[beside]]
        line = rows.setdefault(row[down], [*first, *[None] * len(heads)])
        line[len(first) + heads.index(row[along])] = row[value]
    if answer.columns[down].unit == "date":
        rows = {day: [f"{day:%Y-%m}", *line[1:]] for day, line in rows.items()}
    columns = [answer.columns[down].model_copy(update={"unit": "text"})]
    columns += [] if beside is None else [answer.columns[beside]]
    columns += [_along(answer.columns[value], answer.columns[along], head) for head in heads]
    return answer.model_copy(update={"columns": columns, "rows": list(rows.values())})


def _along(value: Column, along: Column, head: Any) -> Column:
    """One column of cells, headed by what it stands for: M0, M1 ... for months after the first purchase."""
    label = f"M{head}" if along.name == "month_no" else cell(head, along)
    return Column(name=f"{along.name}:{head}", unit=value.unit, label=label)


def hottest(answer: Answer) -> Decimal:
    """The largest cell of a laid-out grid; a cohort's own month is always everybody and is not compared."""
    places = [n for n, column in enumerate(answer.columns) if is_cell(column) and column.name != OWN_MONTH]
    return max((Decimal(str(row[n])) for row in answer.rows for n in places if row[n]), default=Decimal(0))


def is_cell(column: Column) -> bool:
    """Whether a column of a laid-out answer holds cells of the grid."""
    return ":" in column.name


def shade(value: Any, most: Decimal) -> str:
    """How hot a cell is, as a bar that fits beside its figure.

    >>> shade(Decimal("0.1"), Decimal("0.2"))
    '▄'
    """
    if not value or not most:
        return SHADES[0]
    return SHADES[min(round(Decimal(str(value)) / most * 8), 8)]
