"""Shaped queries to SQL: the metric query beneath, laid out as a grid, a funnel or a table of moves."""

from __future__ import annotations

from sqlglot import exp

from queries.compile.absences import absent
from queries.compile.cohorts import cohort_grid
from queries.compile.compiler import Compiled, Output, homes_of, lane_of, select_of, tables_of
from queries.compile.concentrations import concentration
from queries.compile.concentrations import population as people
from queries.compile.footing import footing
from queries.compile.fragments import render
from queries.compile.funnels import funnel_stages
from queries.compile.movements import movement, population
from queries.compile.payback import payback
from queries.compile.scope import Clock, Disclosure, Scope
from queries.model.types import Model
from queries.query import (
    AbsentQuery,
    CohortQuery,
    ConcentrationQuery,
    FunnelQuery,
    MovementQuery,
    PaybackQuery,
    ShapedQuery,
)
from queries.viewer import Viewer

RATE = ("moved_total", "left_total", "moved_share")
HIDDEN = Output("is_suppressed", "hidden")


def compile_shape(
    query: ShapedQuery,
    model: Model,
    viewer: Viewer,
    clock: Clock,
    *,
    disclosure: Disclosure | None = None,
    base_currency: str = "CNY",
) -> Compiled:
    """The SQL of a valid shaped query (see `validate`)."""
    scope = Scope(footing(query, model), model, viewer, clock, disclosure or Disclosure(), base_currency)
    if isinstance(query, MovementQuery):
        return _compiled(
            scope, movement(query, scope), _moves(query), guarded=True, persons=population(query)
        )
    if isinstance(query, AbsentQuery):
        return _compiled(scope, absent(query, scope), _absent(query))
    if isinstance(query, ConcentrationQuery):
        buyers = query.of == "buyer"
        figures = None if buyers else select_of(scope)[0]
        persons = people(query, scope) if buyers else ""
        columns = _concentration(query, scope)
        return _compiled(scope, concentration(query, scope, figures), columns, guarded=buyers, persons=persons)
    figures, outputs, _ = select_of(scope)
    if isinstance(query, CohortQuery):
        at = len(query.dimensions)  # the size of a cohort stands beside its month
        columns = (*outputs[: at + 1], outputs[at + 2], outputs[at + 1], *outputs[at + 3 :], HIDDEN)
        return _compiled(scope, cohort_grid(query, scope, figures), columns, guarded=True)
    keys = tuple(output.name for output in outputs if output.kind in ("dimension", "name"))
    if isinstance(query, PaybackQuery):
        return _compiled(scope, payback(scope, keys, figures), _payback(outputs))
    select = funnel_stages(scope.query, keys, figures)
    return _compiled(scope, select, _stages(query, outputs))


def _compiled(
    scope: Scope, select: exp.Select, columns: tuple[Output, ...], *, guarded: bool = False, persons: str = ""
) -> Compiled:
    lane = lane_of(scope, homes_of(scope))
    return Compiled(render(select), lane, columns, tables_of(select), guarded, persons)


def _stages(query: FunnelQuery, outputs: tuple[Output, ...]) -> tuple[Output, ...]:
    return (
        *(output for output in outputs if output.kind in ("dimension", "name")),
        Output("stage", "stage", query.funnel),
        Output("amount", "stage", "amount", "count"),
        Output("step_conversion", "stage", "step_conversion", "ratio"),
        Output("overall_conversion", "stage", "overall_conversion", "ratio"),
    )


def _payback(outputs: tuple[Output, ...]) -> tuple[Output, ...]:
    named = {output.name: output for output in outputs}
    money = named["cac"].unit
    return (
        *(output for output in outputs if output.kind in ("dimension", "name")),
        Output("cac_payback_days", "metric", "cac_payback_days", "days"),
        named["cac"],
        named["first_buyers"],
        Output("value_by_then", "stage", "value_by_then", money),
        Output("observed_days", "stage", "observed_days", "days"),
    )


def _moves(query: MovementQuery) -> tuple[Output, ...]:
    return (
        Output("from_segment", "from", query.segments),
        Output("to_segment", "to", query.segments),
        Output("segment_customers", "metric", "segment_customers", "count"),
        Output("share_of_from", "share", "share_of_from", "ratio"),
        Output("earlier_day", "hidden", "earlier_day", "date"),
        Output("later_day", "hidden", "later_day", "date"),
        HIDDEN,
        *(Output(name, "hidden", name) for name in (RATE if query.as_rate else ())),
    )


def _absent(query: AbsentQuery) -> tuple[Output, ...]:
    sums = (Output("absent_count", "hidden", "absent_count"), Output("listed_count", "hidden", "listed_count"))
    if query.count_by:
        counted = [Output(key, "dimension", key) for key in query.count_by]
        figures = (("absent", f"absent_{query.what}", "count"), ("listed", "listed", "count"))
        told_by = [Output(name, "stage", key, unit) for name, key, unit in figures]
        return (*counted, *told_by, Output("absent_share", "stage", "absent_share", "ratio"), *sums)
    told = ("units", "count") if query.what == "refund" else ("on_hand", "count")
    return (
        Output("item", "dimension", query.of),
        Output("title", "name", query.of),
        Output(told[0], "metric", told[0], told[1]),
        Output("last_sale", "metric", "last_sale", "date"),
        Output("platform", "beside", "platform"),
        *sums,
    )


def _concentration(query: ConcentrationQuery, scope: Scope) -> tuple[Output, ...]:
    metric = scope.model.metrics[query.metric]
    unit = scope.base_currency if metric.unit == "money" else metric.unit
    counted = ("metric", "buyers") if query.of == "buyer" else ("stage", "items")
    return (
        Output("items", *counted, "count"),  # type: ignore[arg-type]
        Output("listed", "stage", "listed", "count"),
        Output("amount", "metric", query.metric, unit),
        Output("whole", "total", query.metric, unit),
        Output("items_share", "stage", "items_share", "ratio"),
        Output("amount_share", "share", query.metric, "ratio"),
        HIDDEN,
    )
