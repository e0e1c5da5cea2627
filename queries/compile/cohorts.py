"""A cohort grid: one row per month of first purchase and month after it.

The figures come from the metric query beneath; this lays the group-size rule on them. A cell needs k buyers who
bought in that month, and k (or none) who did not; a cohort needs k buyers. A month that is not over is blank.
"""

from __future__ import annotations

from sqlglot import exp

from queries.compile.fragments import case, fragment, literal
from queries.compile.scope import Scope
from queries.query import CohortQuery

SIZE, ACTIVE = "cohort_members", "cohort_active"


def cohort_grid(query: CohortQuery, scope: Scope, figures: exp.Select) -> exp.Select:
    """`figures` with the small cells blank, in the order people read a grid."""
    told = "retention_rate" if query.measure == "retention" else "cohort_value"
    k = scope.k
    known = fragment(f"{ACTIVE} >= {k}")
    rest = fragment(f"({SIZE} = {ACTIVE} OR {SIZE} - {ACTIVE} >= {k})")
    still = fragment(f"{SIZE} >= {k}")
    # Value so far with nobody active is the value of the month before: it tells nothing new of anybody.
    quiet = fragment(f"{ACTIVE} = 0") if query.measure == "value" else exp.false()
    shown = exp.and_(still, exp.or_(exp.and_(known, rest), quiet))
    hidden = exp.and_(fragment(f"NOT {ACTIVE} IS NULL"), exp.not_(exp.paren(shown.copy())))
    keys = [exp.column(key) for key in query.dimensions]
    columns: list[exp.Expr] = [
        *keys,
        exp.column("cohort_month"),
        exp.alias_(case((still.copy(), exp.column(SIZE))), SIZE),
        exp.column("month_no"),
        exp.alias_(case((shown.copy(), exp.column(ACTIVE))), ACTIVE),
        exp.alias_(case((shown.copy(), exp.column(told))), told),
        exp.alias_(hidden, "is_suppressed"),
    ]
    return (
        exp.select(*columns)
        .from_(figures.subquery("grid"))
        .where(
            exp.LTE(this=exp.column("month_no"), expression=literal(query.months)),
            exp.GTE(this=exp.column("month_no"), expression=literal(query.from_month)),
        )
        .order_by(*[f"{key} NULLS LAST" for key in (*query.dimensions, "cohort_month", "month_no")])
    )
