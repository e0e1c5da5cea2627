"""Cells: every combination of the asked dimensions, and the measures laid on them side by side."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from sqlglot import exp

from queries.compile.averages import SESSION, Calendar
from queries.compile.facts import Part
from queries.compile.fragments import case, func, literal, moved, same
from queries.compile.scope import Variant, bucket_step
from queries.model.types import Measure

if TYPE_CHECKING:
    from queries.compile.compiler import Build

ZERO_IS_KNOWN = {"sum", "count", "distinct", "persons", "persons_repeating"}
"""Aggregates for which a synced period without rows is a measured zero."""
COHORT = "cohort_month"
"""Each month of first purchase ripens on its own."""


class Cells:
    """Adds `cells`, `synced` and `joined`."""

    def __init__(self, build: Build, parts: list[Part], variants: list[Variant]) -> None:
        self.build = build
        self.scope = build.scope
        self.parts = parts
        self.variants = variants
        self.keys = [*([str(self.scope.grain)] if self.scope.grain else []), *self.scope.group]

    def add(self) -> None:
        if self.keys:
            self.build.add("cells", self._cells())
        if self._needs_coverage():
            self.build.add("synced", self._synced())
        self.calendars = self._calendars()
        self.build.add("joined", self._joined())

    def _calendars(self) -> list[Calendar]:
        """The days that averages are taken over, of each period."""
        if self.scope.query.per in (None, SESSION):
            return []
        found = [Calendar(self.scope, variant) for variant in self.variants if variant.suffix in ("", "_before")]
        for calendar in found:
            calendar.add(self.build)
        return found

    def _facts(self) -> list[tuple[Part, Variant, str]]:
        """(part, variant, CTE name) of every fact that was built."""
        return [
            (part, variant, part.name + variant.suffix)
            for variant in self.variants
            for part in self.parts
            if part.name + variant.suffix in self.build.ctes
        ]

    def _cells(self) -> exp.Expr:
        """Combinations seen in either period; with a time spine, each of them in every bucket."""
        names = [
            name for _, variant, name in self._facts() if variant.suffix in ("", "_before") and self.keys
        ]
        spine = "buckets" in self.build.ctes
        keys = self.scope.group if spine else self.keys
        if spine and not keys:
            return exp.select(exp.alias_(exp.column("bucket"), str(self.scope.grain))).from_("buckets")
        selects: list[exp.Expr] = [
            exp.select(*[exp.column(key) for key in keys]).from_(name) for name in names
        ]
        if len(selects) == 1:
            union: exp.Expr = selects[0].distinct()  # type: ignore[attr-defined]
        else:
            union = exp.union(*selects, distinct=True)
        if not spine:
            return union
        seen = union.subquery("seen")  # type: ignore[attr-defined]
        columns = [
            exp.alias_(exp.column("bucket", "buckets"), str(self.scope.grain)),
            *[exp.column(key, "seen") for key in keys],
        ]
        return exp.select(*columns).from_("buckets").join(seen, join_type="cross")

    # --- what was synced

    def _needs_coverage(self) -> bool:
        return any(self._fills(part) for part in self.parts)

    def _fills(self, part: Part) -> bool:
        return part.entity.complete and any(m.aggregate in ZERO_IS_KNOWN for m in part.measures)

    def _synced_keys(self) -> list[str]:
        return [key for key in ("platform", "shop") if key in self.scope.group]

    def _synced(self) -> exp.Select:
        """First and last complete day of the shops in scope: between them no row means zero, outside unknown.

        A shop without a known beginning (a social account has none) does not make the years before zero.
        """
        columns = {"platform": exp.column("platform"), "shop": exp.column("shop_id")}
        keys = self._synced_keys()
        select = exp.select(
            *[exp.alias_(columns[key], key) for key in keys],
            exp.alias_(
                func("coalesce", exp.Min(this=exp.column("history_from")), literal_day()), "first_day"
            ),
            exp.alias_(exp.Max(this=exp.column("data_through")), "last_day"),
        ).from_("shops")
        for given in self.scope.query.filters:
            if given.dimension in columns and given.op in ("in", "not_in"):
                among: exp.Expr = exp.In(
                    this=columns[given.dimension].copy(), expressions=[literal(v) for v in given.values]
                )
                select = select.where(among if given.op == "in" else exp.not_(among))
        if self.scope.viewer.shops is not None:
            pairs = [
                exp.and_(
                    exp.EQ(this=columns["platform"].copy(), expression=literal(platform)),
                    exp.EQ(this=columns["shop"].copy(), expression=literal(shop)),
                )
                for platform, shop in self.scope.viewer.shops
            ]
            select = select.where(exp.or_(*pairs) if pairs else exp.false())
        return select.group_by(*[exp.Literal.number(n + 1) for n in range(len(keys))]) if keys else select

    def _is_synced(self, variant: Variant) -> exp.Expr:
        """Whether the cell's part of the variant's period lies within what was synced."""
        last, first = exp.column("last_day", "synced"), exp.column("first_day", "synced")
        known = exp.not_(exp.Is(this=last, expression=exp.null()))
        start = literal(variant.start) if variant.start else None
        end = literal(variant.end) if variant.end else None
        if self.scope.grain:
            start = moved(exp.column(str(self.scope.grain), "cells"), variant.shift, back=True)
            end = moved(start, bucket_step(self.scope.grain))
        checks: list[exp.Expr] = []
        if start is not None:
            checks.append(exp.GTE(this=last.copy(), expression=start))
        if end is not None:
            checks.append(exp.LT(this=first, expression=end))
        return exp.and_(*checks) if checks else known

    # --- side by side

    def _joined(self) -> exp.Select:
        columns: list[exp.Expr] = [exp.column(key, "cells") for key in self.keys]
        for part, variant, name in self._facts():
            columns += self._measures(part, variant, name)
        columns += [calendar.column() for calendar in self.calendars]
        select = exp.select(*columns)
        facts = self._facts()
        if self.keys:
            select = select.from_("cells")
        for n, (_, variant, name) in enumerate(facts):
            select = self._join(select, name, variant, first=not self.keys and n == 0)
        for name in [name for name in self.build.ctes if name.endswith("_dominance")]:
            select = self._join(select, name, self.variants[0], first=False)
        for calendar in self.calendars:
            select = calendar.joined(select)
        if "synced" in self.build.ctes:
            on = [same(exp.column(key, "synced"), exp.column(key, "cells")) for key in self._synced_keys()]
            select = (
                select.join(exp.to_table("synced"), on=exp.and_(*on), join_type="left")
                if on
                else select.join(exp.to_table("synced"), join_type="cross")
            )
        return select

    def _join(self, select: exp.Select, name: str, variant: Variant, *, first: bool) -> exp.Select:
        keys = [*([str(self.scope.grain)] if self.scope.grain else []), *variant.dimensions]
        if first:
            return select.from_(name)
        if not keys:
            return select.join(exp.to_table(name), join_type="cross")
        on = [same(exp.column(key, name), exp.column(key, "cells")) for key in keys]
        return select.join(exp.to_table(name), on=exp.and_(*on), join_type="left")

    def _measures(self, part: Part, variant: Variant, name: str) -> list[exp.Expr]:
        found = []
        for measure in part.measures:
            if variant.everyone_else:
                continue
            value: exp.Expr = exp.column(measure.key, name)
            if part.entity.complete and measure.aggregate in ZERO_IS_KNOWN:
                value = func(
                    "coalesce", value, case((self._zero_is_known(measure, variant), exp.Literal.number(0)))
                )
            if measure.matures_days:
                value = self._matured(value, measure.matures_days, variant)
            found.append(exp.alias_(value, f"{measure.key}{variant.suffix}"))
        if self.scope.guarded and part.entity.person:
            suffix = f"{part.name}_persons{variant.suffix}"
            found.append(
                exp.alias_(func("coalesce", exp.column("persons", name), exp.Literal.number(0)), suffix)
            )
            if variant.suffix == "":
                found += self._arms(part, name)
        return found

    def _arms(self, part: Part, name: str) -> list[exp.Expr]:
        select = self.build.ctes[name]
        arms = [
            column.alias
            for column in select.selects  # type: ignore[attr-defined]
            if column.alias.endswith("_persons") and column.alias != "persons"
        ]
        found = [
            exp.alias_(func("coalesce", exp.column(arm, name), exp.Literal.number(0)), f"{arm}_arm")
            for arm in arms
        ]
        if f"{part.name}_dominance" in self.build.ctes:
            found += [
                exp.column(f"{m.key}_top", f"{part.name}_dominance")
                for m in part.measures
                if m.unit == "money" and m.aggregate == "sum"
            ]
        return found

    def _zero_is_known(self, measure: Measure, variant: Variant) -> exp.Expr:
        """Synced, or another complete fact of the same cell has rows: then none means zero."""
        others = []
        for part, other, name in self._facts():
            told = next((m for m in part.measures if not m.where), None)
            if (
                other.suffix == variant.suffix
                and self._fills(part)
                and told is not None
                and told.key != measure.key
            ):
                others.append(exp.not_(exp.Is(this=exp.column(told.key, name), expression=exp.null())))
        return exp.or_(self._is_synced(variant), *others) if others else self._is_synced(variant)

    def _matured(self, value: exp.Expr, days: int, variant: Variant) -> exp.Expr:
        """NULL until so many days have passed since the last day of the cell's period."""
        if COHORT in self.scope.group:
            end: exp.Expr = moved(exp.column(COHORT, "cells"), bucket_step("month"))
        elif self.scope.grain:
            end = moved(exp.column(str(self.scope.grain), "cells"), bucket_step(self.scope.grain))
        else:
            end = literal(variant.end or self.scope.clock.today)
        ripe = exp.Add(this=end, expression=exp.Literal.number(days - 1))
        reached = exp.Subquery(this=exp.select(exp.Max(this=exp.column("data_through"))).from_("shops"))
        return case((exp.LTE(this=ripe, expression=reached), value))


def literal_day() -> exp.Expr:
    """A day before all days, for shops whose history has no known beginning."""
    return literal(date(1, 1, 1))
