"""The course of the first n: rows per day or month of only those products that lead over the whole period.

The ranking is a query of its own, without the grain, in a CTE that the rows are joined to; "the monthly GMV of our top
3 products" is 3 rows each month, the same 3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from queries.compile.fragments import same
from queries.query import SemanticQuery

if TYPE_CHECKING:
    from queries.compile.figures import Figures

LEADERS = "leaders"


def ranking(query: SemanticQuery) -> SemanticQuery:
    """The query whose first n rows lead: the same rows over the whole period, by one metric."""
    assert query.among
    return SemanticQuery(
        metrics=(query.among.by,),
        dimensions=query.dimensions,
        filters=query.filters,
        time=query.time,
        basis=query.basis,
    )


def first(figures: Figures, query: SemanticQuery) -> exp.Select:
    """The keys of the first n, of known groups with a known figure; a hidden or folded group leads nothing."""
    assert query.among
    source = figures.step()
    keys = [exp.column(key, source) for key in figures.scope.group]
    value = exp.column(figures.scope.metrics[0].key, source)
    known = [exp.not_(exp.Is(this=node.copy(), expression=exp.null())) for node in (*keys, value)]
    order = [figures.ordered(value, query.among.descending)]
    order += [figures.ordered(key.copy(), False) for key in keys]
    select = exp.select(*keys).from_(source).where(*known, *figures.groups_only(source))
    return select.order_by(*order).limit(query.among.n)


def led(select: exp.Select, group: tuple[str, ...], source: str) -> exp.Select:
    """Only the rows of those who lead."""
    on = [same(exp.column(key, LEADERS), exp.column(key, source)) for key in group]
    return select.join(exp.to_table(LEADERS), on=exp.and_(*on), join_type="inner")
