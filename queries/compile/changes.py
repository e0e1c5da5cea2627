"""How a change is told over the rows of a dimension: each part's share of it, or the place of each now and before.

Parts add up without remainder: `listed` keeps the first n rows and gathers the rest in one more, and the whole is
the sum of the rows shown. A row unknown in either period has no change and is in no sum. Places are counted from
the largest value down, equal values share a place; a row without a positive value has none, and neither has what
is not known ("no brand").
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from queries.compile.formula import amount
from queries.compile.fragments import case, func, literal, quotient, rounded
from queries.model.types import Metric

if TYPE_CHECKING:
    from queries.compile.figures import Figures

REST = "(rest)"
"""Key of the row that holds everything beyond the limit."""
WHOLE = ("whole", "whole_before", "whole_change")
"""The sums that the parts are parts of, in hidden columns."""


def exact_wholes(metric: Metric, places: int) -> list[exp.Expr]:
    """The sums over the rows known in both periods, from exact amounts, for `figures` to carry."""
    now, before = amount(metric), amount(metric, "_before")
    known = exp.not_(
        exp.Is(this=exp.paren(exp.Sub(this=now.copy(), expression=before.copy())), expression=exp.null())
    )
    sums = [exp.Window(this=exp.Sum(this=case((known.copy(), side)))) for side in (now, before)]
    kept = sums if metric.unit == "count" else [rounded(each, places) for each in sums]
    return [exp.alias_(each, name) for name, each in zip(WHOLE, kept, strict=False)]


def wholes(source: str = "") -> list[tuple[str, exp.Expr]]:
    """Hidden columns that the sentence is made from: the sums and the change in percent of the earlier one."""
    before = exp.column("whole_before", source or None)
    ratio = quotient(exp.column("whole_change", source or None), before, 6)
    positive = exp.GT(this=before.copy(), expression=exp.Literal.number(0))
    sums = [(name, exp.column(name, source or None)) for name in WHOLE]
    return [*sums, ("whole_change_ratio", case((positive, ratio)))]


class Changes:
    """The last steps of one `parts` or `ranks` query, behind `figures`."""

    def __init__(self, figures: Figures) -> None:
        self.figures = figures
        self.scope, self.build = figures.scope, figures.build
        self.query = self.scope.query
        (self.metric,) = self.scope.metrics
        self.key = self.metric.key

    def final(self, source: str) -> exp.Select:
        return self._parts(source) if self.query.change == "parts" else self._ranks(source)

    # --- parts of the whole change

    def _parts(self, source: str) -> exp.Select:
        listed = self._listed(self._placed(source))
        columns = self.figures.dimension_columns(listed)
        columns += [
            self._shown(f"{self.key}_change", "change", exp.column(f"{self.key}_change", listed)),
            self._shown(f"{self.key}_change_share", "change_share", self._share(listed)),
            self._shown(self.key, "metric", exp.column(self.key, listed)),
            self._shown(f"{self.key}_before", "before", exp.column(f"{self.key}_before", listed)),
            self._shown(f"{self.key}_change_ratio", "change_ratio", self._own_ratio(listed)),
        ]
        columns += self.figures.places_beside(listed)
        columns += [self._hidden(name, value) for name, value in wholes(listed)]
        if self.scope.guarded:
            columns.append(self._hidden("is_suppressed", exp.column("is_suppressed", listed)))
        return self._finished(columns, listed).order_by(
            exp.Ordered(this=exp.column("place", listed), nulls_first=False)
        )

    def _placed(self, source: str) -> str:
        """Every row with the sums of the whole, the cent that rounding left on the largest, and its place."""
        change = exp.column(f"{self.key}_change")
        largest = self._place([self.figures.ordered(exp.Abs(this=change.copy()), True)])
        summed = exp.select(exp.Star(), *self._sums(), exp.alias_(largest, "by_size")).from_(source)
        summed = exp.select(
            exp.Star(),
            exp.alias_(
                exp.Sub(this=exp.column("whole"), expression=exp.column("whole_before")), "whole_change"
            ),
        ).from_(self.build.add("summed", summed))
        whole = self.build.add("wholes", summed)
        left = exp.Sub(
            this=exp.column("whole_change"), expression=exp.Window(this=exp.Sum(this=change.copy()))
        )
        first = exp.EQ(this=exp.column("by_size"), expression=exp.Literal.number(1))
        adjusted = exp.Add(this=change, expression=case((first, left), default=exp.Literal.number(0)))
        kept = [exp.column(name) for name in (*self.scope.group, self.key, f"{self.key}_before", *WHOLE)]
        kept += [exp.column("is_suppressed")] if self.scope.guarded else []
        place = self._place([self._ordering()])
        select = exp.select(*kept, exp.alias_(adjusted, change.name), exp.alias_(place, "place"))
        return self.build.add("placed", select.from_(whole))

    def _sums(self) -> list[exp.Expr]:
        """The whole of the known rows in both periods: exact and rounded once; of what is shown under the guard."""
        if not self.scope.guarded:
            return []  # `figures` has them, from before the rounding
        known = exp.not_(exp.Is(this=exp.column(f"{self.key}_change"), expression=exp.null()))
        pairs = (("whole", self.key), ("whole_before", f"{self.key}_before"))
        return [
            exp.alias_(exp.Window(this=exp.Sum(this=case((known.copy(), exp.column(column))))), name)
            for name, column in pairs
        ]

    def _place(self, order: list[exp.Expr]) -> exp.Expr:
        return exp.Window(this=exp.RowNumber(), order=exp.Order(expressions=[*order, *self._keys_in_order()]))

    def _ordering(self) -> exp.Expr:
        """As asked; by itself the parts that pull in the direction of the whole come first."""
        asked = self.query.order[0] if self.query.order else None
        change = exp.column(f"{self.key}_change")
        if asked and asked.by == "change":
            return self.figures.ordered(change, asked.descending)
        down = exp.LT(this=exp.column("whole_change"), expression=exp.Literal.number(0))
        pull = case((down, exp.Neg(this=change.copy())), default=change.copy())
        return self.figures.ordered(pull, True)

    def _keys_in_order(self) -> list[exp.Expr]:
        return [exp.Ordered(this=exp.column(key), nulls_first=False) for key in self.scope.group]

    def _listed(self, source: str) -> str:
        """The first n rows as they are and the rest in one; without a limit every row."""
        sums = [self.key, f"{self.key}_before", f"{self.key}_change"]
        limit = self.query.limit
        if limit is None:
            return source
        kept = exp.LTE(this=exp.column("place"), expression=exp.Literal.number(limit))
        keys = [
            exp.alias_(case((kept.copy(), exp.cast(exp.column(key), "VARCHAR")), default=literal(REST)), key)
            for key in self.scope.group
        ]
        capped = func("least", exp.column("place"), exp.Literal.number(limit + 1))
        columns = [
            *keys,
            exp.alias_(capped, "place"),
            *[exp.alias_(exp.Sum(this=exp.column(column)), column) for column in sums],
            *[exp.alias_(exp.Max(this=exp.column(name)), name) for name in WHOLE],
        ]
        if self.scope.guarded:
            hid = exp.Anonymous(this="bool_or", expressions=[exp.column("is_suppressed")])
            columns.append(exp.alias_(hid, "is_suppressed"))
        select = exp.select(*columns).from_(source)
        grouped = [exp.Literal.number(n + 1) for n in range(len(keys) + 1)]
        return self.build.add("listed", select.group_by(*grouped))

    def _own_ratio(self, source: str) -> exp.Expr:
        """The row's change over its own earlier value."""
        now, before = exp.column(self.key, source), exp.column(f"{self.key}_before", source)
        positive = exp.GT(this=before, expression=exp.Literal.number(0))
        change = exp.paren(exp.Sub(this=now, expression=before.copy()))
        return case((positive, quotient(change, before.copy(), 6)))

    def _share(self, source: str) -> exp.Expr:
        """The row's change over the whole change; below zero where it pulls the other way."""
        return quotient(exp.column(f"{self.key}_change", source), exp.column("whole_change", source), 6)

    # --- places now and before

    def _ranks(self, source: str) -> exp.Select:
        standing = self._standing(source)
        columns = self.figures.dimension_columns(standing)
        columns += [
            self._shown("rank", "rank", exp.column("rank", standing), "count"),
            self._shown("rank_before", "rank_before", exp.column("rank_before", standing), "count"),
            self._shown("rank_change", "rank_change", self._moves(standing), "count"),
            self._shown(self.key, "metric", exp.column(self.key, standing)),
            self._shown(f"{self.key}_before", "before", exp.column(f"{self.key}_before", standing)),
        ]
        columns += self.figures.places_beside(standing)
        if self.scope.guarded:
            columns.append(self._hidden("is_suppressed", exp.column("is_suppressed", standing)))
        select = self._finished(columns, standing)
        asked = self.query.order[0] if self.query.order else None
        keys = [exp.Ordered(this=exp.column(key, standing), nulls_first=False) for key in self.scope.group]
        ranks = [
            exp.Ordered(this=exp.column(name, standing), nulls_first=False)
            for name in ("rank", "rank_before")
        ]
        if asked and asked.by == "rank_change":
            kind = exp.GT if asked.descending else exp.LT
            select = select.where(kind(this=self._moves(standing), expression=exp.Literal.number(0)))
            select = select.order_by(
                self.figures.ordered(self._moves(standing), asked.descending), *ranks, *keys
            )
            return select.limit(self.query.limit) if self.query.limit else select
        if self.query.limit:
            select = select.where(
                exp.or_(*[self._within(name, standing) for name in ("rank", "rank_before")])
            )
        return select.order_by(*ranks, *keys)

    def _within(self, name: str, source: str) -> exp.Expr:
        """In the first n in this period: who dropped out of them is listed too."""
        return exp.LTE(this=exp.column(name, source), expression=exp.Literal.number(self.query.limit or 0))

    def _standing(self, source: str) -> str:
        ranks = [
            exp.alias_(self._rank(column), name)
            for name, column in (("rank", self.key), ("rank_before", f"{self.key}_before"))
        ]
        known = [
            exp.not_(exp.Is(this=exp.column(key), expression=exp.null())) for key in self.query.dimensions
        ]
        standing = self.build.add("standing", exp.select(exp.Star(), *ranks).from_(source).where(*known))
        somewhere = exp.func("coalesce", exp.column("rank"), exp.column("rank_before"), dialect="duckdb")
        present = exp.not_(exp.Is(this=somewhere, expression=exp.null()))
        return self.build.add("ranked", exp.select(exp.Star()).from_(standing).where(present))

    def _rank(self, column: str) -> exp.Expr:
        value = exp.column(column)
        positive = exp.GT(this=value, expression=exp.Literal.number(0))
        largest = exp.Order(expressions=[exp.Ordered(this=value.copy(), desc=True, nulls_first=False)])
        return case((positive, exp.Window(this=exp.Anonymous(this="rank", expressions=[]), order=largest)))

    def _moves(self, source: str) -> exp.Expr:
        """Places gained; unknown for who is new or has dropped out."""
        return exp.Paren(
            this=exp.Sub(this=exp.column("rank_before", source), expression=exp.column("rank", source))
        )

    # --- columns

    def _shown(self, name: str, kind: str, value: exp.Expr, unit: str = "") -> exp.Expr:
        plain = "ratio" if kind in ("change_ratio", "change_share") else self.figures.unit(self.metric)
        self.figures.add(name, kind, self.key, unit or plain)
        return exp.alias_(value, name)

    def _hidden(self, name: str, value: exp.Expr) -> exp.Expr:
        self.figures.add(name, "hidden", name, "text")
        return exp.alias_(value, name)

    def _finished(self, columns: list[exp.Expr], source: str) -> exp.Select:
        select = exp.select(*columns).from_(source)
        for dimension in self.figures.named():
            select = self.figures.with_name(select, dimension, source)
        return select
