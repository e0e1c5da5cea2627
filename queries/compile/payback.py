"""After how many days the net sales of a first-purchase cohort have paid for its acquisition.

The first day n on which what the cohort's buyers spent within n days of their first sale reaches what was spent on
ads in the period they came in. Only days that have passed for the whole cohort count: a day that some buyers have
not reached yet would flatter nobody and mislead everybody.
"""

from __future__ import annotations

from sqlglot import exp

from queries.compile.facts import Part
from queries.compile.fragments import fragment, literal, quotient, same
from queries.compile.scope import Scope, Variant
from queries.compile.shapes import Shaped

COHORT = "cohort_sales"


def payback(scope: Scope, keys: tuple[str, ...], figures: exp.Select) -> exp.Select:
    """Rows of (keys, days, CAC, buyers, value per buyer by then, days observed)."""
    select = exp.select(
        *[exp.column(key, "figures") for key in keys],
        exp.alias_(exp.column("days", "paid"), "cac_payback_days"),
        exp.column("cac", "figures"),
        exp.column("first_buyers", "figures"),
        exp.alias_(quotient(fragment("so_far"), fragment("first_buyers"), 2), "value_by_then"),
        exp.alias_(_observed(scope), "observed_days"),
    )
    steps = {"figures": figures, "days": _days(scope, keys), "curve": _curve(keys), "paid": _paid(keys)}
    for name, step in steps.items():
        select = select.with_(name, as_=step)
    select = select.from_("figures").join("paid", on=_on(keys, "paid"), join_type="left")
    order = [exp.Ordered(this=exp.column(key, "figures"), nulls_first=False) for key in keys]
    return select.order_by(*order) if order else select


def _days(scope: Scope, keys: tuple[str, ...]) -> exp.Select:
    """Net sales per day after the first purchase, of the cohort."""
    part = Part(scope.model.entities[COHORT], "first", "", ())
    start, end = scope.period()
    facts = Shaped(scope, part, Variant("", start, end, scope.query.filters, keys))
    day = fragment(f"{COHORT}.sale_date - {COHORT}.first_date")
    columns = [*facts.keys(), exp.alias_(day, "day_no")]
    net = exp.alias_(exp.Sum(this=facts.read("net_base")), "net")
    within = exp.LTE(this=day.copy(), expression=_observed(scope))
    return facts.framed(exp.select(*columns, net), grouped=len(columns), more=[within])


def _curve(keys: tuple[str, ...]) -> exp.Select:
    """The sum so far, day by day."""
    so_far = exp.Window(
        this=exp.Sum(this=exp.column("net")),
        partition_by=[exp.column(key) for key in keys] or None,
        order=exp.Order(expressions=[exp.Ordered(this=exp.column("day_no"), nulls_first=False)]),
    )
    return exp.select(*keys, "day_no", exp.alias_(so_far, "so_far")).from_("days")


def _paid(keys: tuple[str, ...]) -> exp.Select:
    """The first day that pays, and the value by then; the whole value observed where none does."""
    days = fragment("min(CASE WHEN so_far >= figures.ad_spend THEN day_no END)")
    value = fragment(
        "coalesce(min_by(so_far, day_no) FILTER (WHERE so_far >= figures.ad_spend), max_by(so_far, day_no))"
    )
    select = exp.select(
        *[exp.column(key, "curve") for key in keys], exp.alias_(days, "days"), exp.alias_(value, "so_far")
    )
    select = select.from_("curve").join("figures", on=_on(keys, "curve"))
    return select.group_by(*[exp.column(key, "curve") for key in keys]) if keys else select


def _on(keys: tuple[str, ...], other: str) -> exp.Expr:
    pairs = [same(exp.column(key, "figures"), exp.column(key, other)) for key in keys]
    return exp.and_(*pairs) if pairs else exp.true()


def _observed(scope: Scope) -> exp.Expr:
    """Days that have passed for everybody in the cohort."""
    end = scope.period()[1] or scope.clock.today
    reached = exp.Subquery(this=exp.select(exp.Max(this=exp.column("data_through"))).from_("shops"))
    return exp.Add(this=exp.Sub(this=reached, expression=literal(end)), expression=exp.Literal.number(1))
