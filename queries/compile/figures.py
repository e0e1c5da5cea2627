"""Figures: the metrics of every cell, rounded once, with earlier values, changes and shares; then the final list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from queries.compile import guard
from queries.compile.averages import PERIODS, SESSION, SESSIONS, average
from queries.compile.changes import Changes, exact_wholes
from queries.compile.facts import FOLDED, Part
from queries.compile.formula import amount, figure, is_ratio, places_of
from queries.compile.fragments import (
    COMPARISONS,
    case,
    func,
    literal,
    quotient,
    rounded,
    same,
    truncated,
    wrapped,
)
from queries.compile.leaders import led
from queries.compile.scope import Variant
from queries.model.types import Dimension, Metric

if TYPE_CHECKING:
    from queries.compile.compiler import Build, Output

AGAINST = "against"
BESIDE = {
    "ship_hours_p50": "unshipped_over_48h",
    "ship_hours_p90": "unshipped_over_48h",
    "review_score": "reviews",
}


def may_share(metric: Metric) -> bool:
    """Amounts and counts have shares; ratios, scores and margins of a covered part have none."""
    return metric.unit in ("money", "count") and not is_ratio(metric) and metric.coverage is None


class Figures:
    """Adds `figures` (and `ranked`), and builds the final SELECT."""

    def __init__(self, build: Build, parts: list[Part], variants: list[Variant]) -> None:
        self.build = build
        self.scope = build.scope
        self.parts = parts
        self.variants = variants
        self.grain = [str(self.scope.grain)] if self.scope.grain else []
        self.compares = any(variant.suffix == "_before" for variant in variants)
        self.outputs: list[Output] = []

    # --- values

    def add(self, name: str, kind: str, key: str, unit: str) -> None:
        from queries.compile.compiler import Output

        per = self.scope.query.per if kind in ("metric", "before", "change") else None
        self.outputs.append(Output(name, kind, key, unit, per or ""))  # type: ignore[arg-type]

    def unit(self, metric: Metric) -> str:
        return self.scope.base_currency if metric.unit == "money" else metric.unit

    def _figure(self, metric: Metric, suffix: str = "") -> exp.Expr:
        per = self.scope.query.per
        value = figure(metric, self.scope.model, self.scope.base_currency, suffix)
        if per:
            value = average(metric, self.scope.base_currency, suffix, per)
        if not self.scope.guarded:
            return value
        return guard.shown(self.scope, self.parts, metric, value, suffix)

    def _values(self) -> list[exp.Expr]:
        """Metric columns in the order asked, then what stands behind them."""
        metrics = self.scope.metrics
        values = [exp.alias_(self._figure(metric), asked) for metric, asked in self._asked()]
        shares = [
            (metric, asked)
            for metric, asked in self._asked()
            if self.scope.query.share_of and may_share(metric)
        ]
        values += [exp.alias_(self._share(metric, ""), f"{asked}_share") for metric, asked in shares]
        if self.compares:
            for metric, asked in self._asked():
                values += self._comparison(metric, asked)
            values += [
                exp.alias_(self._share(metric, "_before"), f"{asked}_share_before")
                for metric, asked in shares
            ]
        if query_against := self.scope.query.against:
            values.append(exp.alias_(self._against(query_against), AGAINST))
        for metric, asked in self._asked():
            if metric.coverage:
                from queries.compile.formula import evaluated

                values.append(
                    exp.alias_(evaluated(metric.coverage.of, self.scope.model, 6), f"{asked}_coverage")
                )
        if base := self.scope.query.base:
            sizeable = self._sizeable(base.at_least, self.scope.model.metrics[base.metric])
            values.append(exp.alias_(sizeable, "is_sizeable"))
        if self.scope.query.per:
            values += self._behind_averages()
        if self.scope.query.change == "parts" and not self.scope.guarded:
            values += exact_wholes(metrics[0], places_of(metrics[0], self.scope.base_currency))
        assert len(metrics) == len(self._asked())
        return values

    def _against(self, how: str) -> exp.Expr:
        """The first figure over the second, or less it; unknown where one of them is, or nothing is divided by."""
        first, second = self.scope.metrics
        one, two = self._figure(first), self._figure(second)
        if how == "ratio":
            return quotient(one, two, 4)
        return exp.Sub(this=wrapped(one), expression=wrapped(two))

    def _sizeable(self, at_least: int, base: Metric) -> exp.Expr:
        """Whether the row was large enough in the earlier period; of a ratio in both."""
        sides = ["_before", *([""] if self.scope.metrics[0].unit == "ratio" else [])]
        zero = exp.Literal.number(0)
        sizes = [func("coalesce", amount(base, side), zero) for side in sides]
        return exp.and_(*[exp.GTE(this=size, expression=exp.Literal.number(at_least)) for size in sizes])

    def _behind_averages(self) -> list[exp.Expr]:
        """The sums and what they are divided by."""
        per = str(self.scope.query.per)
        values = []
        for metric, asked in self._asked():
            total = figure(metric, self.scope.model, self.scope.base_currency)
            if self.scope.guarded:
                total = guard.shown(self.scope, self.parts, metric, total, "")
            values.append(exp.alias_(total, f"{asked}_total"))
        return [*values, exp.alias_(exp.column(SESSIONS if per == SESSION else PERIODS), PERIODS)]

    def _asked(self) -> list[tuple[Metric, str]]:
        """Each metric with the column it is shown in: its own key, also where a basis put another in its place."""
        return [(metric, metric.key) for metric in self.scope.metrics]

    def _comparison(self, metric: Metric, asked: str) -> list[exp.Expr]:
        places = places_of(metric, self.scope.base_currency)
        now, before = self._figure(metric), self._figure(metric, "_before")
        change = exp.Sub(this=wrapped(now.copy()), expression=wrapped(before.copy()))
        exact_count = metric.unit == "count"  # whole numbers, and averages already rounded
        found = [
            exp.alias_(before, f"{asked}_before"),
            exp.alias_(change if exact_count else rounded(change, places), f"{asked}_change"),
        ]
        if metric.unit != "ratio":
            positive = exp.GT(this=wrapped(before.copy()), expression=exp.Literal.number(0))
            exact = metric.unit in ("money", "count")
            found.append(
                exp.alias_(
                    case((positive, quotient(change.copy(), before.copy(), 6, exact=exact))),
                    f"{asked}_change_ratio",
                )
            )
        return found

    def _share(self, metric: Metric, suffix: str) -> exp.Expr:
        """Of the sum of all cells; where parts do not add up, of the whole counted anew."""
        if any(variant.suffix == f"{suffix}_whole" for variant in self.variants):
            whole = amount(metric, f"{suffix}_whole")
        else:
            kept = self.scope.query.dimensions[:-1] if self.scope.query.share_of == "group" else ()
            spread = [*(self.grain if self.scope.query.dimensions else []), *kept]
            whole = exp.Window(
                this=exp.Sum(this=amount(metric, suffix)), partition_by=[exp.column(key) for key in spread]
            )
        share = quotient(amount(metric, suffix), whole, 6)
        if self.scope.guarded:
            share = guard.shown(self.scope, self.parts, metric, share, suffix)
        return share

    # --- the steps

    def step(self) -> str:
        """The CTE with the metrics of every cell."""
        keys = [exp.column(key) for key in [*self.grain, *self.scope.group]]
        hidden = [guard.is_suppressed(self.scope, self.parts)] if self.scope.guarded else []
        select = exp.select(*keys, *self._values(), *hidden).from_("joined")
        return self.build.add("figures", select)

    def _ranked(self, source: str) -> str:
        """The first n inside each group (of each period, or of the periods); ties are broken by the other keys."""
        top = self.scope.query.top_per_group
        assert top
        order = [self.ordered(exp.column(self._column(top.by)), top.descending)]
        order += [
            exp.Ordered(this=exp.column(key), nulls_first=False)
            for key in [*self.grain, *self.scope.group]
            if key not in top.within
        ]
        place = exp.Window(
            this=exp.RowNumber(),
            partition_by=[exp.column(key) for key in [*([] if top.periods else self.grain), *top.within]],
            order=exp.Order(expressions=order),
        )
        select = exp.select(exp.Star(), exp.alias_(place, "place")).from_(source)
        for condition in [*self._having(), *self.groups_only(source)]:
            select = select.where(condition)
        return self.build.add("ranked", select)

    def _having(self) -> list[exp.Expr]:
        large = [exp.column("is_sizeable")] if self.scope.query.base else []
        return large + [
            COMPARISONS[given.op](
                this=exp.column(self._column(given.metric)), expression=literal(given.value)
            )
            for given in self.scope.query.having
        ]

    def _column(self, name: str) -> str:
        """The column of `figures` that a metric, `change`, `change_ratio` or `share` stands for."""
        first = self.scope.metrics[0]
        if name in ("share", "change", "change_ratio"):
            if name == "change_ratio" and first.unit == "ratio":
                name = "change"
            return f"{first.key}_{name}"
        return self.scope.on_basis(name) if name in self.scope.model.metrics else name

    def ordered(self, node: exp.Expr, descending: bool) -> exp.Ordered:
        return exp.Ordered(this=node, desc=descending, nulls_first=False)

    def final(self) -> exp.Select:
        """The list people see: dimensions, metrics, helpers; sorted with a tie-break, cut where asked."""
        source = self.step()
        query = self.scope.query
        if query.change:
            return Changes(self).final(source)
        if query.top_per_group:
            source = self._ranked(source)
        columns = self.dimension_columns(source) + self._metric_columns(source)
        beside = self.places_beside(source)
        select = exp.select(*columns, *beside).from_(source)
        for dimension in self.named():
            select = self.with_name(select, dimension, source)
        if query.among:
            select = led(select, self.scope.group, source)
        if self.scope.guarded:
            from queries.compile.compiler import Output

            select = select.select(exp.column("is_suppressed", source))
            self.outputs.append(Output("is_suppressed", "hidden"))
        if query.top_per_group:
            select = select.where(
                exp.LTE(
                    this=exp.column("place", source), expression=exp.Literal.number(query.top_per_group.n)
                )
            )
        else:
            for condition in [*self._having(), *(self.groups_only(source) if query.limit else [])]:
                select = select.where(condition)
        select = select.order_by(*self._order(source)) if self.grain or self.scope.group else select
        return select.limit(query.limit) if query.limit else select

    def _order(self, source: str) -> list[exp.Expr]:
        query = self.scope.query
        keys = [*self.grain, *self.scope.group]
        found = self._folded_last(source)
        if query.top_per_group:
            spread = [] if query.top_per_group.periods else self.grain
            found += [exp.column(key, source) for key in [*spread, *query.top_per_group.within]]
            found.append(exp.column("place", source))
            return [exp.Ordered(this=node, nulls_first=False) for node in found]
        for given in query.order:
            found.append(self.ordered(exp.column(self._column(given.by), source), given.descending))
        if not query.order and not self.grain:
            if self._natural():
                keys = [*query.dimensions, *keys]
            else:
                first = AGAINST if query.against else self.outputs[self._first_metric()].name
                found.append(self.ordered(exp.column(first, source), True))
        taken = {given.by for given in query.order}
        return [
            *found,
            *[
                self.ordered(exp.column(key, source), False)
                for key in dict.fromkeys(keys)
                if key not in taken
            ],
        ]

    def _folded_last(self, source: str) -> list[exp.Expr]:
        """The row of the small groups stands last: it is no group of its own."""
        if not guard.folds(self.scope):
            return []
        other = [
            exp.EQ(this=exp.column(key, source), expression=literal(FOLDED))
            for key in self.scope.person_dimensions
        ]
        place = case((exp.or_(*other), exp.Literal.number(1)), default=exp.Literal.number(0))
        return [exp.Ordered(this=place, nulls_first=False)]

    def groups_only(self, source: str) -> list[exp.Expr]:
        """A rank counts groups: the row of the small ones together is not one of the first five."""
        if not guard.folds(self.scope):
            return []
        other = [
            func("coalesce", exp.EQ(this=exp.column(key, source), expression=literal(FOLDED)), exp.false())
            for key in self.scope.person_dimensions
        ]
        return [exp.not_(exp.paren(exp.or_(*other)))]

    def _natural(self) -> bool:
        """Dimensions with an order of their own (weekday, hour, month) are listed in it."""
        first = (
            self.scope.model.dimensions[self.scope.query.dimensions[0]]
            if self.scope.query.dimensions
            else None
        )
        return first is not None and first.type in ("number", "date")

    def _first_metric(self) -> int:
        return next(n for n, output in enumerate(self.outputs) if output.kind == "metric")

    # --- columns

    def dimension_columns(self, source: str) -> list[exp.Expr]:
        columns: list[exp.Expr] = []
        for key in self.grain:
            columns.append(exp.column(key, source))
            self.add(key, "dimension", key, "date")
        for key in self.scope.query.dimensions:
            dimension = self.scope.model.dimensions[key]
            columns.append(exp.column(key, source))
            self.add(key, "dimension", key, {"date": "date"}.get(dimension.type, "text"))
            if dimension.name_column:
                columns.append(exp.alias_(exp.column(dimension.name_column, f"{key}_name"), f"{key}_name"))
                self.add(f"{key}_name", "name", key, "text")
        return columns

    def _metric_columns(self, source: str) -> list[exp.Expr]:
        columns: list[exp.Expr] = []
        if how := self.scope.query.against:
            columns.append(exp.column(AGAINST, source))
            self.add(AGAINST, AGAINST, how, "number" if how == "ratio" else self.unit(self.scope.metrics[0]))
        kinds = [
            ("", "metric"),
            ("_share", "share"),
            ("_before", "before"),
            ("_change", "change"),
            ("_change_ratio", "change_ratio"),
            ("_share_before", "share_before"),
            ("_coverage", "coverage"),
            ("_total", "total"),
        ]
        present = {column.alias for column in self.build.ctes["figures"].selects}  # type: ignore[attr-defined]
        for suffix, kind in kinds:
            for metric, asked in self._asked():
                name = f"{asked}{suffix}"
                if name not in present:
                    continue
                columns.append(exp.column(name, source))
                unit = self.unit(metric) if kind in ("metric", "before", "change", "total") else "ratio"
                self.add(name, kind, metric.key, unit)
        if self.scope.query.per:
            columns.append(exp.column(PERIODS, source))
            self.add(PERIODS, PERIODS, self.scope.query.per, "number")
        return columns

    def places_beside(self, source: str) -> list[exp.Expr]:
        """Platforms of keys that are unique only inside one (a product), behind everything."""
        hidden = [
            key for key in self.scope.group if key not in self.scope.query.dimensions and key == "platform"
        ]
        fixed = [
            f
            for f in self.scope.query.filters
            if f.dimension == "platform" and f.op == "in" and len(f.values) == 1
        ]
        if not hidden or fixed or set(self.scope.query.dimensions) <= {"shop"}:
            return []
        self.add("platform", "beside", "platform", "text")
        return [exp.column("platform", source)]

    def named(self) -> list[Dimension]:
        return [
            d
            for d in map(self.scope.model.dimensions.__getitem__, self.scope.query.dimensions)
            if d.name_lookup
        ]

    def with_name(self, select: exp.Select, dimension: Dimension, source: str) -> exp.Select:
        """Joins the display name of a key."""
        lookup = self.scope.model.lookups[dimension.name_lookup]
        self.build.add(lookup.key, exp.maybe_parse(lookup.sql, dialect="duckdb"))
        on = []
        for key in [*dimension.within, dimension.key]:
            column = self.scope.model.dimensions[key].column or key
            on.append(same(exp.column(column, f"{dimension.key}_name"), exp.column(key, source)))
        named = exp.alias_(exp.to_table(lookup.key), f"{dimension.key}_name", table=True)
        return select.join(named, on=exp.and_(*on), join_type="left")


__all__ = ["BESIDE", "Figures", "func", "truncated"]
