"""Averages per day, week or month: a metric's sum over the days that have passed, days without sales among them.

The divisor is counted from the calendar, never from the rows: a day on which nothing was sold lowers the average.
A day counts where a shop in scope was synced on it, so that a platform that began in the middle of the period is
divided by its own days, and a running period by the days that are over. A part of a month is that part of it: 24 of
30 days are 0.8 months. An average per live session is divided by the sessions of the same cell.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlglot import exp

from queries.compile.formula import amount, is_ratio, places_of
from queries.compile.fragments import fragment, literal, moved, quotient, same, truncated
from queries.compile.scope import Scope, Variant
from queries.model.load import names_in
from queries.model.types import Metric, Model

if TYPE_CHECKING:
    from queries.compile.compiler import Build

SESSION = "session"
SESSIONS = "live_sessions"
"""The metric that an average per live session is divided by."""
HELD, COHORT = "live", "cohort_month"
"""The entity with one row per live session; what a metric of first-purchase cohorts is always split by."""
PERIODS = "periods"
_PART_OF = {
    "day": "1",
    "week": "1.0 / 7",
    "month": "1.0 / day(last_day(day))",
    "quarter": "1.0 / datediff('day', date_trunc('quarter', day), date_trunc('quarter', day) + INTERVAL 3 MONTH)",
    "year": "1.0 / datediff('day', date_trunc('year', day), date_trunc('year', day) + INTERVAL 1 YEAR)",
}
"""What one day is of the period."""


def averages(metric: Metric, model: Model, per: str) -> bool:
    """Whether the metric has an average per period: amounts and counts whose parts add up.

    >>> averages(model.metrics["gmv"], model, "day"), averages(model.metrics["buyers"], model, "day")
    (True, False)
    """
    if metric.unit not in ("money", "count") or is_ratio(metric):
        return False
    if metric.coverage or COHORT in metric.needs_dimensions:
        return False
    measures = [model.measures[name] for name in names_in(metric.formula)]
    if per == SESSION:
        return metric.key != SESSIONS and all(HELD in measure.homes for measure in measures)
    return all(measure.aggregate in ("sum", "count") for measure in measures)


def average(metric: Metric, currency: str, suffix: str, per: str) -> exp.Expr:
    """The metric divided by the periods of its cell, rounded once."""
    below = exp.column(f"{SESSIONS if per == SESSION else PERIODS}{suffix}")
    places = 2 if metric.unit == "count" else places_of(metric, currency)
    return quotient(amount(metric, suffix), below, places)


class Calendar:
    """The days behind the cells of one variant: `elapsed`, joined on what tells days apart."""

    def __init__(self, scope: Scope, variant: Variant) -> None:
        self.scope, self.variant = scope, variant
        self.name = f"elapsed{variant.suffix}"

    def keys(self) -> list[str]:
        """Of the cell's keys those that days differ by: the bucket, the shop, the weekday."""
        dated = [key for key in self.variant.dimensions if self.scope.model.dimensions[key].of_day]
        places = [key for key in ("platform", "shop") if key in self.variant.dimensions]
        return [*([str(self.scope.grain)] if self.scope.grain else []), *places, *dated]

    def add(self, build: Build) -> None:
        build.add(self.name, self._select())

    def joined(self, select: exp.Select) -> exp.Select:
        on = [same(exp.column(key, self.name), exp.column(key, "cells")) for key in self.keys()]
        table = exp.to_table(self.name)
        return select.join(table, on=exp.and_(*on), join_type="left") if on else select.join(table, join_type="cross")

    def column(self) -> exp.Expr:
        return exp.alias_(exp.column(PERIODS, self.name), f"{PERIODS}{self.variant.suffix}")

    def _select(self) -> exp.Select:
        """Every day once per key, then what the days are of the period."""
        days = self._days()
        part = _PART_OF[str(self.scope.query.per)]
        total = fragment(f"CAST(round(sum({part}), 8) AS DECIMAL(28, 8))")
        keys = self.keys()
        select = exp.select(*keys, exp.alias_(total, PERIODS)).from_(days.subquery("days"))
        return select.group_by(*keys) if keys else select

    def _days(self) -> exp.Select:
        day, places = exp.column("day", "calendar"), {"platform": "platform", "shop": "shop_id"}
        found: list[exp.Expr] = []
        for key in self.keys():
            if key == self.scope.grain:
                found.append(exp.alias_(moved(truncated(key, day.copy()), self.variant.shift), key))
            elif key in places:
                found.append(exp.alias_(exp.column(places[key], "shops"), key))
            else:
                found.append(exp.alias_(self._of_day(key), key))
        synced = fragment(
            "calendar.day BETWEEN coalesce(shops.history_from, DATE '0001-01-01') AND shops.data_through"
        )
        select = exp.select(*found, exp.alias_(day, "day")).distinct().from_(self._spine().subquery("calendar"))
        select = select.join(exp.to_table("shops"), on=synced)
        conditions = self._conditions()
        return select.where(*conditions) if conditions else select

    def _spine(self) -> exp.Select:
        start, end = self.variant.start, self.variant.end
        first = f"DATE '{start}'" if start else "(SELECT min(history_from) FROM shops)"
        last = f"DATE '{end - timedelta(days=1)}'" if end else "(SELECT max(data_through) FROM shops)"
        days = f"generate_series({first}, {last}, INTERVAL 1 DAY)"
        spine = fragment(f"SELECT CAST(unnest({days}) AS DATE) AS day")
        assert isinstance(spine, exp.Select)
        return spine

    def _of_day(self, key: str) -> exp.Expr:
        return fragment(self.scope.model.dimensions[key].of_day.format(day="calendar.day"))

    def _conditions(self) -> list[exp.Expr]:
        """Filters that leave days or shops out; the viewer's own shops."""
        columns = {"platform": exp.column("platform", "shops"), "shop": exp.column("shop_id", "shops")}
        found: list[exp.Expr] = []
        for given in self.variant.filters:
            dimension = self.scope.model.dimensions[given.dimension]
            if given.op not in ("in", "not_in") or not (given.dimension in columns or dimension.of_day):
                continue
            side = columns[given.dimension].copy() if given.dimension in columns else self._of_day(given.dimension)
            values = [literal(int(v)) if dimension.type == "number" else literal(v) for v in given.values]
            among: exp.Expr = exp.In(this=exp.Paren(this=side) if dimension.of_day else side, expressions=values)
            found.append(among if given.op == "in" else exp.not_(among))
        if self.scope.viewer.shops is not None:
            pairs = [list(zip(columns.values(), pair, strict=True)) for pair in self.scope.viewer.shops]
            own = [
                exp.and_(*[exp.EQ(this=column.copy(), expression=literal(value)) for column, value in pair])
                for pair in pairs
            ]
            found.append(exp.paren(exp.or_(*own)) if own else exp.false())
        return found
