"""Which picture suits the rows."""

from __future__ import annotations

from typing import Any, Literal

from queries.compile import Output
from queries.query import FunnelQuery, SemanticQuery, ShapedQuery

Kind = Literal["line", "bar", "pie", "area", "none"]
MOST_BARS = 30
MOST_SLICES = 5
MOST_LINES = 6


def chart_of(query: SemanticQuery | ShapedQuery, columns: tuple[Output, ...], rows: list[list[Any]]) -> Kind:
    """One number: none. Time: a line (an area for shares). One category: bars, a pie for few shares.

    A funnel is bars; grids and long lists have no picture.

    >>> chart_of(SemanticQuery(metrics=("gmv",), grain="month"), columns, twelve_rows)
    'line'
    """
    if not isinstance(query, SemanticQuery):
        return "bar" if isinstance(query, FunnelQuery) and 2 <= len(rows) <= MOST_BARS else "none"
    if len(rows) < 2 or not any(column.kind == "metric" for column in columns):
        return "none"
    if query.grain:
        if query.dimensions and len({tuple(row[1 : 1 + len(query.dimensions)]) for row in rows}) > MOST_LINES:
            return "none"
        return "area" if query.share_of and query.dimensions else "line"
    if len(rows) > MOST_BARS:
        return "none"
    if query.share_of and len(query.dimensions) == 1 and len(rows) <= MOST_SLICES:
        return "pie"
    return "bar"
