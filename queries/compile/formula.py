"""A metric's formula over the joined measures: one rounding, at the end."""

from __future__ import annotations

from decimal import Decimal

from sqlglot import exp

from queries.compile.fragments import case, decimal, fragment, literal, quotient, rounded, wrapped
from queries.model.load import names_in
from queries.model.types import Metric, Model

INEXACT = {"median", "p90", "minimum", "squared_shares", "largest_share"}
WITHOUT_CENTS = {"JPY", "KRW", "VND", "CLP", "IDR"}
PLACES = {"money": 2, "count": 0, "ratio": 6, "number": 6, "hours": 2, "days": 2, "date": 0}


def places_of(metric: Metric, currency: str) -> int:
    """Decimal places: money to the currency's minor unit, ratios to six."""
    if metric.places is not None:
        return metric.places
    return 0 if metric.unit == "money" and currency in WITHOUT_CENTS else PLACES[metric.unit]


def is_ratio(metric: Metric) -> bool:
    """Whether the formula ends in a division: then it is never added up."""
    return isinstance(fragment(metric.formula), exp.Div)


def measures_of(metric: Metric) -> tuple[str, ...]:
    """Every measure the metric reads, those of its coverage included."""
    names = list(names_in(metric.formula))
    if metric.coverage:
        names += [*names_in(metric.coverage.of), *names_in(metric.coverage.covered)]
    return tuple(dict.fromkeys(names))


def figure(metric: Metric, model: Model, currency: str, suffix: str = "") -> exp.Expr:
    """The metric as an expression over the columns of `joined`, rounded."""
    if metric.unit in ("date", "text"):
        return named(fragment(metric.formula), suffix)
    places = places_of(metric, currency)
    full = evaluated(metric.formula, model, places, suffix)
    if not metric.coverage:
        return full
    known = evaluated(metric.coverage.of, model, 6, suffix)
    covered = evaluated(metric.coverage.covered, model, places, suffix)
    return case(
        (exp.GTE(this=known, expression=literal(Decimal(metric.coverage.full_from))), full),
        (exp.GTE(this=known.copy(), expression=literal(Decimal(metric.coverage.shown_from))), covered),
    )


def evaluated(formula: str, model: Model, places: int, suffix: str = "") -> exp.Expr:
    """One formula, rounded to `places`."""
    tree = fragment(formula)
    exact = not any(model.measures[name].aggregate in INEXACT for name in names_in(formula))
    if isinstance(tree, exp.Div):
        return quotient(named(tree.this, suffix), named(tree.expression, suffix), places, exact=exact)
    if exact and all(model.measures[name].unit == "count" for name in names_in(formula)):
        return named(tree, suffix)
    return rounded(named(tree, suffix), places) if exact else decimal(named(tree, suffix), places)


def amount(metric: Metric, suffix: str = "") -> exp.Expr:
    """An additive metric's exact sum, before any rounding: shares are taken from it."""
    return wrapped(named(fragment(metric.formula), suffix))


def named(tree: exp.Expr, suffix: str) -> exp.Expr:
    """The measures of a tree as columns of one variant."""
    tree = tree.copy()
    if isinstance(tree, exp.Paren):
        tree = tree.this
    for column in [tree] if isinstance(tree, exp.Column) else list(tree.find_all(exp.Column)):
        column.set("this", exp.to_identifier(column.name + suffix))
    return tree
