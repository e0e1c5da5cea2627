"""A funnel: one wide row of stages, turned on its side.

Every stage stands over the one before it and over the first. A stage that the platform does not deliver is left
out, so that a rate always stands between two figures that are shown.
"""

from __future__ import annotations

from sqlglot import exp

from queries.compile.fragments import literal, quotient
from queries.query import SemanticQuery


def funnel_stages(beneath: SemanticQuery, keys: tuple[str, ...], wide: exp.Select) -> exp.Select:
    """Rows of (keys, stage, amount, step conversion, overall conversion) from the wide figures."""
    names = [exp.column(key) for key in keys]
    turned: list[exp.Expr] = [
        exp.select(
            *[name.copy() for name in names],
            exp.alias_(exp.Literal.number(place), "place"),
            exp.alias_(literal(stage), "stage"),
            exp.alias_(exp.column(stage), "amount"),
        )
        .from_("wide")
        .where(exp.not_(exp.Is(this=exp.column(stage), expression=exp.null())))
        for place, stage in enumerate(beneath.metrics, 1)
    ]
    before = _beside("lag", names)
    first = _beside("first_value", names)
    order = [*names, exp.column("place")]
    return (
        exp.select(
            *[name.copy() for name in names],
            exp.column("stage"),
            exp.column("amount"),
            exp.alias_(quotient(exp.column("amount"), before, 6), "step_conversion"),
            exp.alias_(quotient(exp.column("amount"), first, 6), "overall_conversion"),
        )
        .with_("wide", as_=wide)
        .with_("stages", as_=exp.union(*turned, distinct=False))
        .from_("stages")
        .order_by(*[exp.Ordered(this=node, nulls_first=False) for node in order])
    )


def _beside(function: str, names: list[exp.Column]) -> exp.Expr:
    """The stage before, or the first one, of the same funnel."""
    place = exp.Order(expressions=[exp.Ordered(this=exp.column("place"), nulls_first=False)])
    call = exp.Anonymous(this=function, expressions=[exp.column("amount")])
    return exp.Window(this=call, partition_by=[name.copy() for name in names], order=place)
