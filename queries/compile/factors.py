"""A change taken apart by factors: what of it is arithmetically due to each, without remainder.

For a product x * y * z the logarithmic mean L = (after - before) / (ln after - ln before) weighs the factors:
L * ln(x1 / x0) is due to x, and the effects add up to the change (Ang, "LMDI decomposition approach", Energy
Policy 33, 2005). A summand without factors of its own has its plain change as effect. Logarithms are DOUBLE: each
effect is rounded once, and the cent that rounding leaves goes to the largest. Where a factor is zero or unknown in
either period the effects are unknown, and the factors stand side by side.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from queries.compile.changes import wholes
from queries.compile.formula import amount, figure, places_of
from queries.compile.fragments import case, func, literal, quotient, wrapped
from queries.model.drivers import Term, Terms, terms_of

if TYPE_CHECKING:
    from queries.compile.compiler import Build, Output

KEPT = ("place", "factor", "factor_now", "factor_before", "factor_change", "whole", "whole_before")


class Factors:
    """The last steps of one `factors` query, behind `joined`: one row per factor."""

    def __init__(self, build: Build) -> None:
        self.build, self.scope = build, build.scope
        self.model = self.scope.model
        (self.metric,) = self.scope.metrics
        self.outputs: list[Output] = []

    def final(self) -> exp.Select:
        way = terms_of(self.model, self.metric.key, self.scope.query.factors)
        assert way is not None  # validate saw to it
        self.build.add("factors", self._factors(way))
        self.build.add("weights", self._weights(way))
        self.build.add("effects", self._effects(way))
        self.build.add("rounded", self._rounded())
        self.build.add("adjusted", self._adjusted())
        share = quotient(exp.column("due"), exp.column("whole_change"), 6)
        columns = [
            self._column("factor", "factor", exp.column("factor"), "text"),
            self._column("due", "effect", exp.column("due"), self._unit()),
            self._column("due_share", "effect_share", share, "ratio"),
            self._column("factor_change", "factor_change", exp.column("factor_change"), "ratio"),
            self._column("factor_now", "factor_now", exp.column("factor_now"), "number"),
            self._column("factor_before", "factor_before", exp.column("factor_before"), "number"),
        ]
        columns += [self._column(name, "hidden", value, "text") for name, value in wholes()]
        order = exp.Ordered(this=exp.column("place"), nulls_first=False)
        return exp.select(*columns).from_("adjusted").order_by(order)

    def _unit(self) -> str:
        return self.scope.base_currency if self.metric.unit == "money" else self.metric.unit

    def _column(self, name: str, kind: str, value: exp.Expr, unit: str) -> exp.Expr:
        from queries.compile.compiler import Output

        self.outputs.append(Output(name, kind, self.metric.key, unit))  # type: ignore[arg-type]
        return exp.alias_(value, name)

    # --- one row: factors, as shown and exact

    def _factors(self, way: Terms) -> exp.Select:
        """Factors and summands in both periods: rounded as they are shown, and exact as DOUBLE where above zero."""
        columns: list[exp.Expr] = []
        for key in dict.fromkeys([*way.factors, *(term.metric for term in way.terms), self.metric.key]):
            metric = self.model.metrics[key]
            for suffix in ("", "_before"):
                shown = figure(metric, self.model, self.scope.base_currency, suffix)
                exact = exp.cast(amount(metric, suffix), "DOUBLE")
                positive = exp.GT(this=exact.copy(), expression=exp.Literal.number(0))
                columns.append(exp.alias_(shown, f"{key}{suffix}"))
                columns.append(exp.alias_(case((positive, exact)), f"{key}_exact{suffix}"))
        return exp.select(*columns).from_("joined")

    def _weights(self, way: Terms) -> exp.Select:
        weights = [
            exp.alias_(self._weight(term), f"{term.metric}_weight")
            for term in way.terms
            if len(term.factors) > 1
        ]
        return exp.select(exp.Star(), *weights).from_("factors")

    def _weight(self, term: Term) -> exp.Expr:
        """The logarithmic mean of the product in both periods."""
        after, before = exp.column(f"{term.metric}_exact"), exp.column(f"{term.metric}_exact_before")
        mean = exp.Div(
            this=exp.Paren(this=exp.Sub(this=after, expression=before)),
            expression=exp.Paren(this=self._log_step(term.metric)),
            typed=False,
            safe=False,
        )
        return case((exp.EQ(this=after.copy(), expression=before.copy()), after.copy()), default=mean)

    @staticmethod
    def _log_step(key: str) -> exp.Expr:
        return exp.Sub(
            this=exp.Ln(this=exp.column(f"{key}_exact")),
            expression=exp.Ln(this=exp.column(f"{key}_exact_before")),
        )

    # --- one row per factor

    def _effects(self, way: Terms) -> exp.Expr:
        rows: list[exp.Select] = []
        for term in way.terms:
            rows += [
                self._effect(term, factor, len(rows) + place) for place, factor in enumerate(term.factors)
            ]
        return exp.union(*rows, distinct=False) if len(rows) > 1 else rows[0]

    def _effect(self, term: Term, key: str, place: int) -> exp.Select:
        now, before = exp.column(key), exp.column(f"{key}_before")
        change = exp.Paren(this=exp.Sub(this=now, expression=before))
        due: exp.Expr = exp.cast(change, "DOUBLE")
        if len(term.factors) > 1:
            step = exp.Paren(this=self._log_step(key))
            due = exp.Mul(this=exp.column(f"{term.metric}_weight"), expression=step)
        positive = exp.GT(this=before.copy(), expression=exp.Literal.number(0))
        columns = {
            "place": exp.Literal.number(place),
            "factor": literal(key),
            "factor_now": exp.cast(now.copy(), "DECIMAL(30, 6)"),
            "factor_before": exp.cast(before.copy(), "DECIMAL(30, 6)"),
            "factor_change": case((positive, quotient(change.copy(), before.copy(), 6))),
            "is_exact": exp.false() if len(term.factors) > 1 else exp.true(),
            "due": exp.Neg(this=wrapped(due)) if term.subtracted else due,
            "whole": exp.column(self.metric.key),
            "whole_before": exp.column(f"{self.metric.key}_before"),
        }
        return exp.select(*[exp.alias_(value, name) for name, value in columns.items()]).from_("weights")

    # --- one rounding, the cent it leaves, no remainder

    def _rounded(self) -> exp.Expr:
        places = places_of(self.metric, self.scope.base_currency)
        due = exp.column("due")
        by_size = exp.Order(
            expressions=[
                exp.Ordered(this=exp.column("is_exact"), nulls_first=False),
                exp.Ordered(this=exp.Abs(this=due), desc=True, nulls_first=False),
                exp.Ordered(this=exp.column("place"), nulls_first=False),
            ]
        )
        change = exp.Sub(this=exp.column("whole"), expression=exp.column("whole_before"))
        columns = [
            *[exp.column(name) for name in KEPT],
            exp.alias_(
                exp.cast(func("round", due.copy(), exp.Literal.number(places)), f"DECIMAL(30, {places})"),
                "due",
            ),
            exp.alias_(exp.Window(this=exp.RowNumber(), order=by_size), "by_size"),
            exp.alias_(change, "whole_change"),
        ]
        return exp.select(*columns).from_("effects")

    def _adjusted(self) -> exp.Select:
        """The largest effect takes what rounding left; with one effect unknown none is told."""
        due = exp.column("due")
        left = exp.Sub(this=exp.column("whole_change"), expression=exp.Window(this=exp.Sum(this=due.copy())))
        known = exp.EQ(
            this=exp.Window(this=exp.Count(this=due.copy())),
            expression=exp.Window(this=exp.Count(this=exp.Star())),
        )
        largest = exp.EQ(this=exp.column("by_size"), expression=exp.Literal.number(1))
        adjusted = exp.Add(this=due, expression=case((largest, left), default=exp.Literal.number(0)))
        kept = [exp.column(name) for name in (*KEPT, "whole_change")]
        return exp.select(*kept, exp.alias_(case((known, adjusted)), "due")).from_("rounded")
