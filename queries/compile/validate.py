"""Names, access and joins in one place: whether this viewer may ask this query, and whether the model can answer it.

`settled` first adds what a metric never goes without (ROAS is per platform); `validate` then returns the first
problem, or None. Nothing here reads data.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from queries.compile.absences import COLUMNS
from queries.compile.averages import averages
from queries.compile.compiler import adds_up, homes_of, lane_of
from queries.compile.concentrations import AMOUNTS, STEP
from queries.compile.concentrations import COLUMNS as PLACES
from queries.compile.footing import footing
from queries.compile.formula import is_ratio, measures_of
from queries.compile.fragments import COMPARISONS
from queries.compile.registers import _Register
from queries.compile.scope import Clock, Disclosure, Scope
from queries.model.drivers import terms_of
from queries.model.types import Dimension, Metric, Model
from queries.query import (
    AbsentQuery,
    CohortQuery,
    ConcentrationQuery,
    Filter,
    FunnelQuery,
    MovementQuery,
    PaybackQuery,
    Query,
    RefusalReason,
    RegisterQuery,
    SemanticQuery,
    ShapedQuery,
)
from queries.viewer import Viewer

SEGMENTS = {"rfm", "lifecycle", "value_tier"}
PAYBACK = "cac_payback_days"
"""A metric with a way of its own: `settled` makes it a `PaybackQuery`, and beside others it is not known."""
COHORT_METRICS = {"retention_rate", "cohort_active", "cohort_members", "cohort_value"}
"""Told as a grid, a `CohortQuery`: alone they would pass by its group-size rule."""
ONE_ROW = ("maximum", "minimum", "at_extreme")
"""Aggregates that tell of one order."""
FEWEST_DAYS = 7
"""Segment by province needs at least a week."""
_NUMBER = re.compile(r"\d{1,12}(?:\.\d{1,4})?")


@dataclass(frozen=True)
class Problem:
    """Why a query is not run. `rule` goes to the access log, never to the asker."""

    reason: RefusalReason
    rule: str = ""
    about: tuple[str, ...] = ()
    """Keys of the metric and dimension that do not go together, or the unknown name."""
    said: str = ""
    """Key of a sentence of its own."""


def settled(query: Query, model: Model) -> Query:
    """The query with the dimensions its metrics are always shown per, and ranked as its metrics say.

    >>> settled(SemanticQuery(metrics=("roas",)), model).dimensions
    ('platform',)
    """
    if not isinstance(query, SemanticQuery):
        return query
    if query.metrics == (PAYBACK,) and _plain(query):
        return PaybackQuery(dimensions=query.dimensions, filters=query.filters, time=query.time)
    cohorts = _cohorts(query)
    if cohorts is not None:
        return cohorts
    query = _accompanied(_ranked(query, model), model)
    missing: list[str] = []
    fixed = {f.dimension for f in query.filters if f.op == "in" and len(f.values) == 1}
    for key in query.metrics:
        metric = model.metrics.get(key)
        for needed in metric.needs_dimensions if metric else ():
            if needed not in (*query.dimensions, *missing) and needed not in fixed:
                missing.append(needed)
    return query.model_copy(update={"dimensions": (*query.dimensions, *missing)}) if missing else query


def _cohorts(query: SemanticQuery) -> CohortQuery | None:
    """Cohort metrics are told as a grid, whoever asked: the group-size rule of its cells is laid there."""
    others = set(query.dimensions) - {"cohort_month", "month_no", "platform"}
    if not set(query.metrics) <= COHORT_METRICS or others or not _plain(query):
        return None
    months = [f for f in query.filters if f.dimension == "month_no"]
    if len(months) > 1 or any(f.op != "in" or len(f.values) != 1 for f in months):
        return None
    only = {"from_month": int(months[0].values[0]), "months": max(int(months[0].values[0]), 1)} if months else {}
    return CohortQuery(
        measure="value" if "cohort_value" in query.metrics else "retention",
        dimensions=tuple(d for d in query.dimensions if d == "platform"),
        filters=tuple(f for f in query.filters if f.dimension != "month_no"),
        time=query.time,
        **only,
    )


def _plain(query: SemanticQuery) -> bool:
    """Nothing but splits, filters and a period."""
    more = (query.grain, query.compare, query.share_of, query.having, query.limit, query.top_per_group)
    return not any((*more, query.per, query.among, query.currency))


def _accompanied(query: SemanticQuery, model: Model) -> SemanticQuery:
    """The largest order with its day and platform, where nothing is compared or listed by it."""
    if query.compare or query.share_of or query.having or query.grain:
        return query
    beside = [name for key in query.metrics if key in model.metrics for name in model.metrics[key].beside]
    split = {f"{key}_{dimension}" for key in query.metrics for dimension in query.dimensions}
    more = [name for name in beside if name not in query.metrics and name not in split]
    return query.model_copy(update={"metrics": (*query.metrics, *more)[:6]}) if more else query


def _ranked(query: SemanticQuery, model: Model) -> SemanticQuery:
    """Products by review score are ranked by the shrunk mean, which stands beside the plain one."""

    def instead(key: str) -> str:
        table = model.metrics[key].ranked_by if key in model.metrics else {}
        return next((table[d] for d in query.dimensions if d in table), key)

    order = tuple(given.model_copy(update={"by": instead(given.by)}) for given in query.order)
    top = query.top_per_group
    top = top.model_copy(update={"by": instead(top.by)}) if top else None
    used = [given.by for given in query.order] + ([query.top_per_group.by] if query.top_per_group else [])
    more = [instead(key) for key in used if instead(key) not in (key, *query.metrics)]
    if not more:
        return query
    told = [*query.metrics, *more, *(name for name in ("reviews",) if name not in query.metrics)]
    return query.model_copy(update={"metrics": tuple(told[:6]), "order": order, "top_per_group": top})


def validate(
    query: Query, model: Model, viewer: Viewer, clock: Clock, disclosure: Disclosure | None = None
) -> Problem | None:
    """The first thing that stands against running the query."""
    if not viewer.business_lane:
        return Problem("no_permission", "channel" if viewer.channel_id else "role")
    if isinstance(query, RegisterQuery):
        return _register_problem(query, model, viewer)
    beneath, asked = not isinstance(query, SemanticQuery), query
    if not isinstance(query, SemanticQuery):
        stranger = _strange_shape(query, model)
        if stranger:
            return stranger
        query = footing(query, model)
    unknown = [key for key in (*query.metrics, *query.factors) if key not in model.metrics]
    unknown += [
        key
        for key in (*query.dimensions, *(f.dimension for f in query.filters))
        if key not in model.dimensions
    ]
    if unknown:
        return Problem("not_in_model", about=tuple(unknown))
    laid_out = [key for key in query.metrics if key == PAYBACK or key in COHORT_METRICS]
    if laid_out and not beneath:
        return Problem("not_in_model", about=(laid_out[0], *_beside(query, laid_out[0])))
    scope = Scope(query, model, viewer, clock, disclosure or Disclosure())
    misfit = _misfit(scope) or _unmeasured(scope)
    if misfit:
        return misfit
    if isinstance(asked, ConcentrationQuery) and asked.of != "buyer" and not _adds_up(scope):
        return Problem("not_in_model", about=(asked.metric, asked.of), said="no_parts")
    person = lane_of(scope, homes_of(scope)) == "person"
    if person and not viewer.person_lane:
        return Problem("no_permission", "role")
    if person and any(not model.dimensions[f.dimension].may_group for f in query.filters):
        return Problem("group_too_small", "filter_column")  # an amount singles people out: never beside persons
    if person and any(_of_one_row(scope, metric) for metric in scope.metrics):
        return Problem("group_too_small", "function")
    return _disclosure_problem(scope) if scope.guarded else None


def _of_one_row(scope: Scope, metric: Metric) -> bool:
    """Whether the metric tells of one order: never beside what is known of its buyer."""
    return any(scope.model.measures[name].aggregate in ONE_ROW for name in measures_of(metric))


def _beside(query: SemanticQuery, key: str) -> tuple[str, ...]:
    """What a metric with a way of its own cannot be shown beside or split by."""
    others = tuple(name for name in query.metrics if name != key)
    return others or query.dimensions


def _strange_shape(query: ShapedQuery, model: Model) -> Problem | None:
    """A funnel or segment the model does not have, or a filter that the shape cannot take."""
    if isinstance(query, FunnelQuery):
        return None if query.funnel in model.funnels else Problem("not_in_model", about=(query.funnel,))
    if isinstance(query, MovementQuery):
        known = model.dimensions[query.segments].values
        unknown = [key for key in (*query.leaving, *query.entering) if key not in known]
        if unknown:
            return Problem("not_in_model", about=tuple(unknown))
    if isinstance(query, PaybackQuery):
        return None
    if isinstance(query, AbsentQuery):
        strange = [f.dimension for f in query.filters if f.dimension not in COLUMNS or f.op not in ("in", "not_in")]
        return Problem("not_in_model", about=("units", *strange)) if strange else None
    if isinstance(query, ConcentrationQuery):
        return _strange_concentration(query, model)
    other = [f.dimension for f in query.filters if f.dimension != "platform" or f.op not in ("in", "not_in")]
    told = "retention_rate" if isinstance(query, CohortQuery) else "segment_customers"
    if isinstance(query, CohortQuery):
        other += [key for key in query.dimensions if key != "platform"]
    return Problem("not_in_model", about=(told, *other)) if other else None


def _strange_concentration(query: ConcentrationQuery, model: Model) -> Problem | None:
    """Customers are ranked by figures of their orders, in places; products by amounts that add up."""
    if query.of == "buyer":
        other = [f.dimension for f in query.filters if f.dimension not in PLACES or f.op not in ("in", "not_in")]
        if other or query.metric not in AMOUNTS:
            return Problem("not_in_model", about=(query.metric, *other))
        exact = (query.top or query.reach or 0) * 100 % STEP
        return Problem("group_too_small", "step", about=("buyers",), said="steps") if exact else None
    metric = model.metrics.get(query.metric)
    if metric is None or not averages(metric, model, "day"):
        return Problem("not_in_model", about=(query.metric,))
    if any(model.dimensions[f.dimension].person_attribute for f in query.filters):
        return Problem("group_too_small", "function")
    return None


def _adds_up(scope: Scope) -> bool:
    """Whether the rows of the split are parts of one whole: an order of two products is one in each of them."""
    return all(adds_up(scope.model.measures[key], home) for key, home in homes_of(scope).items())


def _misfit(scope: Scope) -> Problem | None:
    """A metric that cannot be split or filtered as asked, or an order by what is not there."""
    query, model = scope.query, scope.model
    for metric in scope.metrics:
        for name in measures_of(metric):
            over = model.measures[name].over
            if over and over in query.dimensions:
                return Problem("not_in_model", about=(metric.key, over))
    for metric in scope.metrics:
        alone = Scope(
            query.model_copy(update={"metrics": (metric.key,), "having": (), "order": ()}),
            model,
            scope.viewer,
            scope.clock,
        )
        try:
            homes_of(alone)
        except KeyError:
            return Problem("not_in_model", about=(metric.key, *_stumbling(alone)))
    for metric in scope.metrics:
        if metric.unit in ("date", "text") and (query.compare or query.share_of or query.having):
            return Problem("not_in_model", about=(metric.key,))  # a day has no change and no share
    for metric in scope.metrics:
        dated = all(entity.days for entity in homes_of(scope).values())
        if not dated and (scope.grain or query.compare):
            return Problem("not_in_model", about=(metric.key, *([scope.grain] if scope.grain else [])))
    for metric in scope.metrics if query.per else ():
        if not averages(metric, model, str(query.per)):
            return Problem("not_in_model", about=(metric.key,), said="no_average")
    if query.change:
        told = _untold(scope)
        if told:
            return told
    names = {
        *query.metrics,
        *query.dimensions,
        *(m.key for m in scope.metrics),
        "change",
        "change_ratio",
        "share",
        query.grain,
        *(("rank", "rank_change") if query.change == "ranks" else ()),
    }
    asked = [*(given.metric for given in query.having), *(given.by for given in query.order)]
    asked += [top.by for top in (query.top_per_group, query.among) if top]
    missing = [name for name in asked if name not in names]
    return Problem("not_in_model", about=tuple(missing)) if missing else None


def _unmeasured(scope: Scope) -> Problem | None:
    """Only measured dimensions are compared, with one number; they filter and never split."""
    dimensions = scope.model.dimensions
    split = [key for key in scope.query.dimensions if not dimensions[key].may_group]
    wrong = [f.dimension for f in scope.query.filters if not _comparable(f, dimensions[f.dimension])]
    return Problem("not_in_model", about=(*split, *wrong)) if split or wrong else None


def _comparable(given: Filter, dimension: Dimension) -> bool:
    wanted = {"between": 2, **dict.fromkeys(COMPARISONS, 1)}.get(given.op)
    if wanted is None:
        return dimension.may_group
    return not dimension.may_group and len(given.values) == wanted and all(map(_NUMBER.fullmatch, given.values))


def _untold(scope: Scope) -> Problem | None:
    """A change that cannot be told as asked: parts that do not add up, factors that are no tree of the model."""
    (metric,), query = scope.metrics, scope.query
    if query.factors and terms_of(scope.model, metric.key, query.factors) is None:
        return Problem("not_in_model", about=(metric.key,))
    if query.factors and scope.guarded:
        return Problem("group_too_small", "function")  # factors are not cells: nothing would hide a small group
    if query.change == "mix" and scope.guarded:
        return Problem("group_too_small", "function")  # nor are the parts of a ratio
    if query.change not in ("parts", "mix"):
        return None
    homes = homes_of(scope)
    whole = metric.unit in ("money", "count") and not is_ratio(metric)
    alone = is_ratio(metric) and not metric.needs_dimensions  # ROAS of two ad platforms is no one figure
    additive = (alone if query.change == "mix" else whole) and metric.coverage is None
    per_platform = set(scope.group) <= {"platform"}
    for key, home in homes.items():
        measure = scope.model.measures[key]
        persons = measure.aggregate in ("persons", "last_persons") and per_platform
        # visitors of the channels are not the visitors of the shop
        apart = query.change == "mix" and metric.group == "traffic" and home.key != next(iter(measure.homes))
        additive = additive and (persons or adds_up(measure, home)) and not apart
    if additive:
        return None
    return Problem("not_in_model", about=(metric.key, *query.dimensions), said="no_parts")


def _stumbling(scope: Scope) -> tuple[str, ...]:
    """Which dimensions the one metric of the scope does not know."""
    used = dict.fromkeys([*scope.query.dimensions, *(f.dimension for f in scope.query.filters)])
    found = []
    for key in used:
        narrowed = scope.query.model_copy(
            update={"dimensions": (key,), "filters": (), "share_of": None, "top_per_group": None}
        )
        try:
            homes_of(Scope(narrowed, scope.model, scope.viewer, scope.clock))
        except KeyError:
            found.append(key)
    return tuple(found or used)


def _disclosure_problem(scope: Scope) -> Problem | None:
    """Structural rules of the group-size guard; their refusal is worded like every other of its kind."""
    used = {*scope.person_dimensions, *(f.dimension for f in scope.person_filters)}
    compared = {f.dimension for f in scope.query.filters}
    if compared - set(scope.disclosure.filters):
        return Problem("group_too_small", "filter_column")
    if used & SEGMENTS and "region" in used:
        time = scope.query.time
        short = time and time.start and time.end and (time.end - time.start).days < FEWEST_DAYS
        if short or scope.grain == "day":
            return Problem("group_too_small", "time_grain")
    if any(
        scope.model.measures[name].over
        or not any(scope.model.entities[home].person for home in scope.model.measures[name].homes)
        for metric in scope.metrics
        for name in measures_of(metric)
    ):
        return Problem("group_too_small", "function")
    return None


def _register_problem(query: RegisterQuery, model: Model, viewer: Viewer) -> Problem | None:
    register = model.registers.get(query.register_name)
    if register is None:
        return Problem("not_in_model", about=(query.register_name,))
    allowed = {
        "open": True,
        "ops": True,
        "person": viewer.person_lane,
        "settings": viewer.may_read_settings or viewer.person_lane,
        "registers": viewer.may_read_registers and viewer.private,
    }[register.permission]
    if not allowed:
        return Problem("no_permission", "role")
    unknown = [key for key in query.conditions if key not in register.conditions]
    unknown += [key for key in (*(query.count_by or ()), *query.columns) if key not in register.fields]
    unknown += [query.time_field] if query.time_field and query.time_field not in register.fields else []
    for given in query.filters:
        try:
            _Register(query, register, viewer, Clock(now=None, today=None), "UTC").field_of(given.dimension)  # type: ignore[arg-type]
        except StopIteration:
            unknown.append(given.dimension)
    if unknown:
        return Problem("not_in_model", about=(register.key, *unknown))
    if register.persons and query.count_by is None:
        return Problem("person_lookup", "person_lookup")
    return None
