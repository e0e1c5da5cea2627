"""The change of a ratio taken apart by parts: what came from their own rates and what from their weights.

The conversion of all platforms falls when each of them falls, and also when the weak ones grow. With weight w = a
part's share of what is divided by, rate r and whole R of two periods, a part has
    rate effect  (w0 + w1) / 2 * (r1 - r0)
    mix effect   (w1 - w0) * ((r0 + r1) / 2 - (R0 + R1) / 2)
and both together, over all parts, are R1 - R0 without remainder (the midpoint form of Bennet 1920; the mix is held
against the mean of the whole, so that a part of average rate has none). Effects are DOUBLE and rounded once; the last
digit that rounding leaves goes to the largest. A part without weight in one period has no rate of its own there: all
of its effect is mix.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from queries.compile.changes import REST, wholes
from queries.compile.formula import named, places_of
from queries.compile.fragments import fragment, quotient
from queries.model.types import Metric

if TYPE_CHECKING:
    from queries.compile.compiler import Output
    from queries.compile.figures import Figures

EFFECTS = """SELECT *, above * 1.0 / whole_below AS share, above_before * 1.0 / whole_below_before AS share_before,
  below * 1.0 / whole_below AS weight, below_before * 1.0 / whole_below_before AS weight_before,
  coalesce(above * 1.0 / nullif(below, 0), above_before * 1.0 / nullif(below_before, 0)) AS rate,
  coalesce(above_before * 1.0 / nullif(below_before, 0), above * 1.0 / nullif(below, 0)) AS rate_before,
  (whole_above * 1.0 / whole_below + whole_above_before * 1.0 / whole_below_before) / 2 AS middle
FROM weighed"""
DUE = """SELECT *, coalesce((weight + weight_before) / 2 * (rate - rate_before), 0) AS by_rate,
  (share - middle * weight) - (share_before - middle * weight_before) AS due
FROM effects"""


class Mixes:
    """The last steps of one `mix` query, behind `joined`: one row per part."""

    def __init__(self, figures: Figures) -> None:
        self.figures = figures
        self.scope, self.build = figures.scope, figures.build
        (self.metric,) = self.scope.metrics
        self.places = places_of(self.metric, self.scope.base_currency)
        self.keys = ", ".join(self.scope.group)

    @property
    def outputs(self) -> list[Output]:
        return self.figures.outputs

    def final(self) -> exp.Select:
        self.build.add("sides", self._sides(self.metric))
        self.build.add("weighed", fragment(self._weighed()))
        self.build.add("effects", fragment(EFFECTS))
        self.build.add("dues", fragment(DUE))
        self.build.add("rounded", fragment(self._rounded()))
        self.build.add("placed", fragment(self._placed()))
        self.build.add("listed", fragment(self._listed()))
        return self._columns()

    def _sides(self, metric: Metric) -> exp.Select:
        """What is divided and what it is divided by, of both periods; not known is no part of either."""
        tree = fragment(metric.formula)
        assert isinstance(tree, exp.Div)
        columns: list[exp.Expr] = [exp.column(key) for key in self.scope.group]
        for name, side in (("above", tree.this), ("below", tree.expression)):
            for suffix in ("", "_before"):
                known = exp.func("coalesce", named(side, suffix), exp.Literal.number(0), dialect="duckdb")
                columns.append(exp.alias_(known, f"{name}{suffix}"))
        return exp.select(*columns).from_("joined")

    def _weighed(self) -> str:
        sums = [
            f"sum({name}) OVER () AS whole_{name}"
            for name in ("above", "above_before", "below", "below_before")
        ]
        there = "below <> 0 OR below_before <> 0 OR above <> 0 OR above_before <> 0"
        return f"SELECT *, {', '.join(sums)} FROM sides WHERE {there}"

    def _rounded(self) -> str:
        """Rounded as shown, and the wholes from exact sums."""
        whole = [
            exp.alias_(quotient(fragment(f"whole_above{side}"), fragment(f"whole_below{side}"), self.places), name)
            for side, name in (("", "whole"), ("_before", "whole_before"))
        ]
        exact = f"AS DECIMAL(30, {self.places}))"
        shown = [f"CAST(round({name}, {self.places}) {exact} AS {name}" for name in ("due", "by_rate")]
        columns = [self.keys, "above", "below", "above_before", "below_before", "whole_below", "whole_below_before"]
        columns += [*shown, *(each.sql("duckdb") for each in whole)]
        return f"SELECT {', '.join(columns)} FROM dues"

    def _placed(self) -> str:
        """The largest effect takes what rounding left; places by the pull of the whole, or as asked."""
        asked = self.scope.query.order[0] if self.scope.query.order else None
        pull = "CASE WHEN whole < whole_before THEN -due ELSE due END DESC"
        if asked and asked.by == "change":
            pull = f"due {'DESC' if asked.descending else 'ASC'}"
        left = "CASE WHEN by_size = 1 THEN whole_change - sum(due) OVER () ELSE 0 END"
        return f"""SELECT * REPLACE (due + {left} AS due), row_number() OVER (ORDER BY {pull}, {self.keys}) AS place
        FROM (SELECT *, whole - whole_before AS whole_change,
          row_number() OVER (ORDER BY abs(due) DESC, {self.keys}) AS by_size FROM rounded) AS sized"""

    def _listed(self) -> str:
        """The first n rows, the others in one; a part's own figure and its weight in both periods."""
        limit = self.scope.query.limit
        kept = f"place <= {limit}" if limit else "TRUE"
        keys = [f"CASE WHEN {kept} THEN CAST({key} AS VARCHAR) ELSE '{REST}' END AS {key}" for key in self.scope.group]
        place = f"least(place, {limit + 1})" if limit else "place"
        sums = ["due", "by_rate", "above", "below", "above_before", "below_before"]
        ones = ["whole", "whole_before", "whole_change", "whole_below", "whole_below_before"]
        columns = [*keys, f"{place} AS place", *(f"sum({n}) AS {n}" for n in sums), *(f"max({n}) AS {n}" for n in ones)]
        grouped = ", ".join(str(n + 1) for n in range(len(keys) + 1))
        return f"SELECT {', '.join(columns)} FROM placed GROUP BY {grouped}"

    def _columns(self) -> exp.Select:
        key, unit = self.metric.key, self.figures.unit(self.metric)
        columns = self.figures.dimension_columns("listed")
        before = quotient(fragment("above_before"), fragment("below_before"), self.places)
        weight_before = quotient(fragment("below_before"), fragment("whole_below_before"), 6)
        told = [
            ("due", "effect", fragment("due"), unit),
            ("by_rate", "by_rate", fragment("by_rate"), unit),
            ("by_mix", "by_mix", fragment("due - by_rate"), unit),
            (key, "metric", quotient(fragment("above"), fragment("below"), self.places), unit),
            (f"{key}_before", "before", before, unit),
            ("weight", "weight", quotient(fragment("below"), fragment("whole_below"), 6), "ratio"),
            ("weight_before", "weight_before", weight_before, "ratio"),
        ]
        for name, kind, value, of in told:
            columns.append(exp.alias_(_from_listed(value), name))
            self.figures.add(name, kind, key, of)
        columns += self.figures.places_beside("listed")
        for name, value in wholes("listed"):
            columns.append(exp.alias_(value, name))
            self.figures.add(name, "hidden", name, "text")
        select = exp.select(*columns).from_("listed")
        for dimension in self.figures.named():
            select = self.figures.with_name(select, dimension, "listed")
        return select.order_by(exp.Ordered(this=exp.column("place", "listed"), nulls_first=False))


def _from_listed(tree: exp.Expr) -> exp.Expr:
    """Names of `listed`, also where a display name is joined."""
    for column in [tree] if isinstance(tree, exp.Column) else list(tree.find_all(exp.Column)):
        column.set("table", exp.to_identifier("listed"))
    return tree
