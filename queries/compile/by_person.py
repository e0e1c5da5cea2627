"""Under the group-size rule a fact is added up per cell and person first, in one pass over its rows.

How many persons a cell has, how much the largest of them makes, which cells are too small and the figures
themselves are then read from that one step. `framed` over the rows for each of them costs four passes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from queries.compile.facts import FOLDED, Part
from queries.compile.fragments import case, fragment, func, literal, same
from queries.compile.scope import Variant
from queries.compile.shapes import Shaped
from queries.model.types import Measure

if TYPE_CHECKING:
    from queries.compile.compiler import Build

KNOWN = "NOT person IS NULL"


def add_up(part: Part) -> bool:
    """Whether the part's figures can be had from those of its persons: sums and counts of rows, no quantiles."""
    if not part.entity.person or not part.entity.complete or part.shape:
        return False
    return all(
        measure.aggregate in ("sum", "persons")
        or (measure.aggregate == "count" and measure.homes[part.entity.key] == "*")
        for measure in part.measures
    )


class ByPerson(Shaped):
    """A fact per cell and person, and its figures from there."""

    @property
    def table(self) -> str:
        return f"{self.part.name}_by_person{self.variant.suffix}"

    def rows(self) -> exp.Select:
        """Keys, person, and each measure of that person; `rows` of a condition tell who is behind its arm."""
        keys = self.keys()
        values = [exp.alias_(self._of_person(measure), measure.key) for measure in self.part.measures]
        values += [exp.alias_(self._arm(m), f"{m.key}_rows") for m in self.part.measures if m.where]
        select = exp.select(*keys, exp.alias_(self.person(), "person"), *values)
        return self.framed(select, grouped=len(keys) + 1)

    def _of_person(self, measure: Measure) -> exp.Expr:
        return exp.Count(this=exp.Star()) if measure.aggregate == "persons" else self.aggregate(measure)

    def _arm(self, measure: Measure) -> exp.Expr:
        return func("count", case((self.read(measure.where), exp.Literal.number(1))))

    def folded(self, small: str) -> exp.Expr:
        """The same with the small groups under one key, each person once in it."""
        names = self.key_names()
        columns = [*self._sums(), *self._arms()]
        keys = [
            exp.alias_(literal(FOLDED), key)
            if key in self.scope.person_dimensions
            else exp.column(key, self.table)
            for key in names
        ]
        plain = [exp.column(key, self.table) for key in names]
        is_small = exp.column("is_small", small)
        apart = (
            self._with(small)
            .select(*plain, "person", *columns)
            .where(exp.not_(func("coalesce", is_small, exp.false())))
        )
        together = (
            self._with(small)
            .select(*keys, "person", *[exp.alias_(exp.Sum(this=exp.column(name)), name) for name in columns])
            .where(is_small.copy())
            .group_by(*[exp.Literal.number(n + 1) for n in range(len(keys) + 1)])
        )
        return exp.union(apart, together, distinct=False)

    def _with(self, small: str) -> exp.Select:
        on = [same(exp.column(key, small), exp.column(key, self.table)) for key in self.key_names()]
        return exp.Select().from_(self.table).join(exp.to_table(small), on=exp.and_(*on), join_type="left")

    def _sums(self) -> list[str]:
        return [measure.key for measure in self.part.measures]

    def _arms(self) -> list[str]:
        return [f"{measure.key}_rows" for measure in self.part.measures if measure.where]

    def figures(self, source: str) -> exp.Select:
        """The fact: its measures, the persons of every cell and of every condition."""
        names = self.key_names()
        values = [exp.alias_(self._figure(measure), measure.key) for measure in self.part.measures]
        values.append(exp.alias_(fragment("count(person)"), "persons"))
        values += [
            exp.alias_(fragment(f"count(CASE WHEN {m.key}_rows > 0 THEN person END)"), f"{m.key}_persons")
            for m in self.part.measures
            if m.where
        ]
        select = exp.select(*names, *values).from_(source)
        return select.group_by(*names) if names else select

    def _figure(self, measure: Measure) -> exp.Expr:
        if measure.aggregate == "persons":
            arm = f"{measure.key}_rows" if measure.where else measure.key
            return fragment(f"count(CASE WHEN {arm} > 0 THEN person END)")
        total = exp.Sum(this=exp.column(measure.key))
        return func("coalesce", total, exp.Literal.number(0)) if measure.aggregate == "count" else total

    def largest(self, source: str, amounts: list[Measure]) -> exp.Select:
        """Per cell the largest amount of one person."""
        names = self.key_names()
        tops = [
            exp.alias_(exp.Max(this=case((fragment(KNOWN), exp.Abs(this=exp.column(m.key))))), f"{m.key}_top")
            for m in amounts
        ]
        select = exp.select(*names, *tops).from_(source)
        return select.group_by(*names) if names else select


def add_rows(build: Build, part: Part, variant: Variant) -> ByPerson:
    """The CTE per cell and person, once, with the lookups it joins in front of it."""
    facts = ByPerson(build.scope, part, variant)
    if facts.table not in build.ctes:
        select = facts.rows()
        facts.add_lookups(build)
        build.add(facts.table, select)
    return facts


def shown_rows(build: Build, facts: ByPerson, fold: str) -> str:
    """The CTE that figures are read from: with small groups under one key where they are folded."""
    if not fold:
        return facts.table
    return build.add(f"{facts.table}_folded", facts.folded(fold))
