"""Shapes: how the rows of one fact come together in a cell.

Plain sums and counts need one step. Persons who come back, shares of parts, and levels (followers, stock, segment
members) need an inner step of their own; each is a SELECT around the fact's frame.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from queries.compile.facts import Facts
from queries.compile.fragments import case, fragment, func, quotient
from queries.model.types import Measure

if TYPE_CHECKING:
    from queries.compile.compiler import Build


class Shaped(Facts):
    """A fact with the SELECT of its shape."""

    def add_lookups(self, build: Build) -> None:
        """Puts the lookups that the SELECT joins in front of it; call when it is built."""
        for lookup in self.lookups.values():
            cte = self.lookup_select(lookup)
            if cte is not None:
                build.add(self.lookup_table(lookup), cte)

    def select(self) -> exp.Select:
        """The whole CTE."""
        builder = {
            "repeating": self._repeating,
            "shares": self._shares,
            "level": self._level,
            "opening": self._level,
        }.get(self.part.shape, self._plain)
        return builder()

    def _plain(self) -> exp.Select:
        keys = self.keys()
        values = [exp.alias_(self.aggregate(measure), measure.key) for measure in self.part.measures]
        return self.framed(exp.select(*keys, *values, *self._person_columns()), grouped=len(keys))

    def aggregate(self, measure: Measure) -> exp.Expr:
        """The measure in this entity."""
        home = measure.homes[self.part.entity.key]
        where = self.read(measure.where) if measure.where else None
        if measure.aggregate == "persons":
            return self._distinct(self.person(), where)
        if measure.aggregate == "count" and home == "*":
            rows: exp.Expr = exp.Count(this=exp.Star())
            counted = func("count", self._kept(exp.Literal.number(1), where)) if where else rows
            return (
                counted
                if self.part.entity.complete
                else case((exp.GT(this=rows, expression=exp.Literal.number(0)), counted.copy()))
            )
        node = self.read(home)
        inner = node.find(exp.AggFunc)
        if inner is not None:
            if where is not None:
                inner.set("this", self._kept(inner.this, where))
            return node
        if measure.aggregate in ("count", "distinct"):
            return self._distinct(node, where)
        node = self._kept(node, where)
        if measure.aggregate in ("minimum", "earliest"):
            return exp.Min(this=node)
        if measure.aggregate in ("latest_day", "maximum"):
            return exp.Max(this=node)
        if measure.aggregate in ("median", "p90"):
            share = exp.Literal.number("0.5" if measure.aggregate == "median" else "0.9")
            return exp.Anonymous(this="quantile_cont", expressions=[node, share])
        return exp.Sum(this=node)

    def _kept(self, node: exp.Expr, where: exp.Expr | None) -> exp.Expr:
        return case((where.copy(), node)) if where is not None else node

    def _distinct(self, node: exp.Expr, where: exp.Expr | None) -> exp.Expr:
        return exp.Count(this=exp.Distinct(expressions=[self._kept(node, where)]))

    def _person_columns(self) -> list[exp.Expr]:
        """Under the group-size rule every cell carries how many persons are behind it, and behind each arm."""
        if not (self.scope.guarded and self.part.entity.person):
            return []
        found = [exp.alias_(self._distinct(self.person(), None), "persons")]
        for measure in self.part.measures:
            if measure.where:
                found.append(
                    exp.alias_(
                        self._distinct(self.person(), self.read(measure.where)), f"{measure.key}_persons"
                    )
                )
        return found

    # --- shapes that need an inner step

    def _repeating(self) -> exp.Select:
        """Persons with at least two distinct values (purchase days) inside the cell: a first and another last one.

        Counting the values of each person would keep a set of days a person.
        """
        keys, names = self.keys(), self.key_names()
        (measure,) = self.part.measures
        value = self.read(measure.homes[self.part.entity.key])
        ends = [exp.alias_(exp.Min(this=value), "earliest"), exp.alias_(exp.Max(this=value.copy()), "latest")]
        person = self.person()
        inner = self.framed(
            exp.select(*keys, exp.alias_(person, "person"), *ends),
            grouped=len(keys) + 1,
            more=[exp.not_(exp.Is(this=person.copy(), expression=exp.null()))],
        )
        repeating = exp.Sum(
            this=case((fragment("earliest <> latest"), exp.Literal.number(1)), default=exp.Literal.number(0))
        )
        outer = exp.select(*names, exp.alias_(repeating, measure.key)).from_(inner.subquery("purchase_days"))
        if self.scope.guarded:
            outer = outer.select(
                exp.alias_(exp.Count(this=exp.Star()), "persons"),
                exp.alias_(repeating.copy(), f"{measure.key}_persons"),
            )
        return outer.group_by(*names) if names else outer

    def _shares(self) -> exp.Select:
        """Shares of the parts in `over`: the sum of their squares, or the largest."""
        keys, names = self.keys(), self.key_names()
        over = self.part.measures[0].over
        amount = exp.Sum(this=self.read(self.part.measures[0].homes[self.part.entity.key]))
        parts = self.framed(
            exp.select(*keys, exp.alias_(self.dimension(over), "part"), exp.alias_(amount, "amount")),
            grouped=len(keys) + 1,
        )
        whole = exp.Window(
            this=exp.Sum(this=exp.column("amount")), partition_by=[exp.column(n) for n in names]
        )
        share = quotient(exp.column("amount"), whole, 8)
        shares = exp.select(*names, exp.alias_(share, "share")).from_(parts.subquery("parts"))
        values = []
        for measure in self.part.measures:
            value = fragment("max(share)" if measure.aggregate == "largest_share" else "sum(share * share)")
            values.append(exp.alias_(value, measure.key))
        outer = exp.select(*names, *values).from_(shares.subquery("shares"))
        return outer.group_by(*names) if names else outer

    def _level(self) -> exp.Select:
        """The last value of each series in the cell's period, added up over series."""
        keys, names = self.keys(), self.key_names()
        series = [self.read(column) for column in self.part.entity.series]
        bucket = self.bucket()
        last = exp.Window(
            this=exp.Max(this=self.day()), partition_by=[*series, *([bucket] if bucket is not None else [])]
        )
        columns = [*keys, exp.alias_(exp.EQ(this=self.day(), expression=last), "is_last")]
        values = []
        for measure in self.part.measures:
            if measure.aggregate == "last_persons":
                columns.append(exp.alias_(self.person(), "person"))
                value: exp.Expr = fragment("nullif(count(DISTINCT person), 0)")
                if self.scope.guarded:
                    values.append(exp.alias_(fragment("count(DISTINCT person)"), "persons"))
            else:
                columns.append(
                    exp.alias_(self.read(measure.homes[self.part.entity.key]), f"{measure.key}_level")
                )
                value = exp.Sum(this=exp.column(f"{measure.key}_level"))
            values.append(exp.alias_(value, measure.key))
        levels = self.framed(exp.select(*columns), grouped=0)
        outer = exp.select(*names, *values).from_(levels.subquery("levels")).where("is_last")
        return outer.group_by(*names) if names else outer
