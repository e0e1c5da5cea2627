"""Which picture suits the rows."""

from __future__ import annotations

from typing import Any, Literal

from queries.answer import Answer
from queries.compile import Output
from queries.query import FunnelQuery, SemanticQuery, ShapedQuery

Kind = Literal["line", "bar", "pie", "area", "none"]
MOST_BARS = 30
MOST_SLICES = 5
MOST_SEGMENTS = 12
"""A pie that was asked for may have more slices than one that is offered."""
MOST_LINES = 6


def chart_of(query: SemanticQuery | ShapedQuery, columns: tuple[Output, ...], rows: list[list[Any]]) -> Kind:
    """One number: none. Time: a line (an area for shares). One category: bars, a pie for few shares.

    A funnel is bars; grids and long lists have no picture.

    >>> chart_of(SemanticQuery(metrics=("gmv",), grain="month"), columns, twelve_rows)
    'line'
    """
    if not isinstance(query, SemanticQuery):
        return "bar" if isinstance(query, FunnelQuery) and 2 <= len(rows) <= MOST_BARS else "none"
    if len(rows) < 2 or not any(column.kind in ("metric", "effect") for column in columns):
        return "none"
    if query.change == "ranks" or (query.change and any(value is None for value in _drawn(query, columns, rows))):
        return "none"
    if any(column.unit == "date" for column in columns if column.kind == "metric"):
        return "none"
    if query.top_per_group and query.top_per_group.periods:
        return "bar"
    if query.grain:
        if query.dimensions and len({tuple(row[1 : 1 + len(query.dimensions)]) for row in rows}) > MOST_LINES:
            return "none"
        return "area" if query.share_of and query.dimensions else "line"
    if len(rows) > MOST_BARS:
        return "none"
    if query.share_of and len(query.dimensions) == 1 and len(rows) <= MOST_SLICES:
        return "pie"
    return "bar"


def drawn_column(query: SemanticQuery | ShapedQuery, columns: tuple[Output, ...]) -> str:
    """The one column to draw where levels beside it would hide what is asked: the change of each part or factor."""
    if not isinstance(query, SemanticQuery):
        return ""
    kind = "metric" if query.per else {"parts": "change", "factors": "effect", "mix": "effect"}.get(query.change or "")
    return next((column.name for column in columns if column.kind == kind), "")


def _drawn(query: SemanticQuery, columns: tuple[Output, ...], rows: list[list[Any]]) -> list[Any]:
    shown = [column.name for column in columns if column.kind != "hidden"]
    name = drawn_column(query, columns)
    return [row[shown.index(name)] for row in rows] if name else []


def redraw(answer: Answer, wanted: str) -> tuple[Kind, str]:
    """The picture a person asked for, and the caveat's key where it cannot be had: another kind, or none.

    `wanted` is a kind or "" for whatever suits.
    """
    figures = [n for n, column in enumerate(answer.columns) if column.unit not in ("text", "date")]
    if not figures or len(figures) == len(answer.columns) or len(answer.rows) < 2:
        return "none", "chart_single"
    if len(answer.rows) > MOST_BARS and answer.chart.kind == "none":
        return "none", "chart_long"
    dated = any(column.unit == "date" for column in answer.columns)
    suits = answer.chart.kind if answer.chart.kind != "none" else "line" if dated else "bar"
    if wanted in ("line", "area") and not dated:
        return "bar", "chart_no_time"
    if wanted == "pie" and (dated or len(answer.columns) - len(figures) > 1 or len(answer.rows) > MOST_SEGMENTS):
        return suits, "chart_no_pie"
    return wanted or suits, ""  # type: ignore[return-value]
