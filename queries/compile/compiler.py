"""A `SemanticQuery` becomes one SELECT whose steps read like the question.

Lookups, then facts (one CTE per entity, day column and shape), then `cells` (every combination of the asked
dimensions), `joined` (the measures side by side), `figures` (the metrics, rounded once), and the final SELECT
with names, order and limit. An earlier period, the whole of a share, and the persons outside a filter are the
same facts in another variant.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

from sqlglot import exp

from queries.compile import guard
from queries.compile.by_person import add_rows, add_up, shown_rows
from queries.compile.cells import Cells
from queries.compile.currencies import converted
from queries.compile.factors import Factors
from queries.compile.facts import Part, buckets, parts_of
from queries.compile.figures import Figures
from queries.compile.formula import measures_of
from queries.compile.fragments import render
from queries.compile.leaders import LEADERS, first, ranking
from queries.compile.mixes import Mixes
from queries.compile.scope import Clock, Disclosure, Scope, Variant, home_of, shift_between
from queries.compile.shapes import Shaped
from queries.model.types import Entity, Measure, Model
from queries.query import Filter, SemanticQuery
from queries.viewer import Viewer

Lane = Literal["business", "person"]


@dataclass(frozen=True)
class Output:
    """One column of the result, in order."""

    name: str
    kind: Literal[
        "dimension",
        "name",
        "metric",
        "share",
        "before",
        "change",
        "change_ratio",
        "share_before",
        "change_share",
        "rank",
        "rank_before",
        "rank_change",
        "factor",
        "factor_now",
        "factor_before",
        "factor_change",
        "effect",
        "effect_share",
        "by_rate",
        "by_mix",
        "weight",
        "weight_before",
        "coverage",
        "against",
        "stage",
        "from",
        "to",
        "beside",
        "total",
        "periods",
        "hidden",
    ]
    key: str = ""
    """The dimension or metric it belongs to."""
    unit: str = "text"
    per: str = ""
    """The metric stands as its average per day, week, ... or live session."""


@dataclass(frozen=True)
class Compiled:
    """SQL for one lane, what its columns are, and what it reads."""

    sql: str
    lane: Lane
    columns: tuple[Output, ...]
    tables: tuple[str, ...]
    guarded: bool = False
    population: str = ""
    """The distinct persons behind a guarded query, for the overlap alarm."""


@dataclass
class Build:
    """The CTEs of one query while they are put together."""

    scope: Scope
    ctes: dict[str, exp.Expr] = field(default_factory=dict)

    def add(self, name: str, select: exp.Expr) -> str:
        self.ctes.setdefault(name, select)
        return name


def compile_query(
    query: SemanticQuery,
    model: Model,
    viewer: Viewer,
    clock: Clock,
    *,
    disclosure: Disclosure | None = None,
    base_currency: str = "CNY",
) -> Compiled:
    """The SQL of a valid query (see `validate`).

    >>> compile_query(SemanticQuery(metrics=("gmv",), time=march), model, Viewer.owner(), clock).lane
    'business'
    """
    scope = Scope(query, model, viewer, clock, disclosure or Disclosure(), base_currency)
    select, columns, population = select_of(scope)
    return Compiled(
        render(select), lane_of(scope, homes_of(scope)), columns, tables_of(select), scope.guarded, population
    )


def select_of(scope: Scope) -> tuple[exp.Select, tuple[Output, ...], str]:
    """The SELECT of a metric query, its columns, and the persons behind it where the group-size rule applies."""
    build, parts, variants = joined(scope)
    figures: Figures | Factors | Mixes = Figures(build, parts, variants)
    if scope.query.change == "factors":
        figures = Factors(build)
    elif scope.query.change == "mix":
        figures = Mixes(Figures(build, parts, variants))
    if scope.query.among:
        build.add(LEADERS, leaders(scope))
    select, outputs = figures.final(), tuple(figures.outputs)
    if scope.query.currency not in (None, scope.base_currency):
        select, outputs = converted(select, figures.outputs, scope)
    for name, cte in build.ctes.items():
        select = select.with_(name, as_=cte)
    population = guard.population(build.scope, parts, variants[0]) if scope.guarded else ""
    return select, outputs, population


def leaders(scope: Scope) -> exp.Select:
    """The keys of the first n over the whole period, whatever the grain."""
    build, parts, variants = joined(replace(scope, query=ranking(scope.query)))
    select = first(Figures(build, parts, variants), scope.query)
    for name, cte in build.ctes.items():
        select = select.with_(name, as_=cte)
    return select


def joined(scope: Scope) -> tuple[Build, list[Part], list[Variant]]:
    """The CTEs of a query up to `joined`: the measures side by side in every cell."""
    homes = homes_of(scope)
    measures = [scope.model.measures[key] for key in homes]
    parts = parts_of(scope, measures, homes)
    build = Build(scope)
    variants = variants_of(scope, homes)
    if scope.grain and variants[0].start and variants[0].end:
        build.add("buckets", buckets(scope, variants[0]))
    fold = guard.add_groups(build, parts, variants[0]) if guard.folds(scope) else ""
    for variant in variants:
        for part in guard.person_parts(parts) if variant.everyone_else else parts:
            add_facts(build, part, variant, fold)
    if scope.guarded:
        guard.add_dominance(build, parts, variants, fold)
    Cells(build, parts, variants).add()
    return build, parts, variants


def wanted_dimensions(scope: Scope) -> tuple[str, ...]:
    """Dimensions every measure must know: those grouped by and those filtered."""
    return tuple(
        dict.fromkeys(
            [
                *scope.group,
                *(f.dimension for f in scope.query.filters),
                *(("shop",) if scope.viewer.shops is not None else ()),
            ]
        )
    )


def homes_of(scope: Scope) -> dict[str, Entity]:
    """Which entity yields each measure; KeyError names a measure that cannot be split as asked."""
    homes: dict[str, Entity] = {}
    wanted = wanted_dimensions(scope)
    for metric in scope.counted:
        for key in measures_of(metric):
            home = home_of(scope.model.measures[key], wanted, scope.model)
            if home is not None and scope.guarded and not home.person:
                home = _with_person(scope.model.measures[key], wanted, scope.model) or home
            if home is None:
                raise KeyError(key)
            homes[key] = home
    return homes


def _with_person(measure: Measure, wanted: tuple[str, ...], model: Model) -> Entity | None:
    narrowed = measure.model_copy(
        update={"homes": {name: text for name, text in measure.homes.items() if model.entities[name].person}}
    )
    return home_of(narrowed, wanted, model)


def variants_of(scope: Scope, homes: dict[str, Entity]) -> list[Variant]:
    """The asked period; the earlier one; the whole of a share; the persons outside the filters."""
    query = scope.query
    start, end = scope.period()
    now = Variant("", start, end, query.filters, scope.group)
    found = [now]
    if query.compare and query.compare.against:
        earlier = query.compare.against
        shift = None
        if scope.grain and start and earlier.start:
            shift = shift_between(scope.grain, start, earlier.start)
        found.append(replace(now, suffix="_before", start=earlier.start, end=earlier.end, shift=shift))
    whole = whole_of(scope, homes)
    if whole is not None:
        found += [
            replace(variant, suffix=f"{variant.suffix}_whole", filters=whole[0], dimensions=whole[1])
            for variant in list(found)
        ]
    if scope.guarded and scope.person_filters and scope.disclosure.complement:
        found.append(replace(now, suffix="_rest", everyone_else=True))
    return found


def whole_of(scope: Scope, homes: dict[str, Entity]) -> tuple[tuple[Filter, ...], tuple[str, ...]] | None:
    """Filters and dimensions of the whole that a share is taken of; None where a window over the cells is the whole.

    Without a dimension the whole drops the narrowest filter: "what % of sales is douyin".
    """
    query = scope.query
    if not query.share_of:
        return None
    if query.share_of == "part":
        return without_narrowest(scope), scope.group
    picked = [f for f in query.filters if f.op == "in" and f.dimension in query.dimensions]
    if picked:
        rest = tuple(f for f in query.filters if f not in picked)
        return rest, scope_of_group(scope) if query.share_of == "group" else ()
    if (not query.dimensions and not scope.grain) or (not query.dimensions and query.filters):
        return without_narrowest(scope), scope.group
    if all(adds_up(scope.model.measures[key], home) for key, home in homes.items()):
        return None
    if query.share_of == "group":
        return query.filters, scope_of_group(scope)
    return query.filters, ()


def scope_of_group(scope: Scope) -> tuple[str, ...]:
    """The dimensions of the groups that a share is taken inside: all but the last."""
    kept = scope.query.dimensions[:-1]
    inside = [w for key in kept for w in scope.model.dimensions[key].within]
    return tuple(dict.fromkeys([*inside, *kept]))


def adds_up(measure: Measure, home: Entity) -> bool:
    """Whether the cells of a measure add up to its whole: an order of two categories is one order in each of them."""
    text = measure.homes[home.key]
    counts_rows = measure.aggregate == "count" and (text == "*" or "(" in text)
    return counts_rows or measure.aggregate in ("sum", "last_level", "opening_level", "open_at_end")


def without_narrowest(scope: Scope) -> tuple[Filter, ...]:
    """Filters without the one that makes the part: the last, as the translator orders them."""
    return tuple(scope.query.filters[:-1])


def add_facts(build: Build, part: Part, variant: Variant, fold: str) -> str:
    """The CTE of a part in a variant, with the lookups it joins in front of it."""
    fold = fold if variant.suffix in ("", "_before") else ""
    if build.scope.guarded and add_up(part):
        by_person = add_rows(build, part, variant)
        select = by_person.figures(shown_rows(build, by_person, fold))
    else:
        facts = Shaped(build.scope, part, variant, fold)
        select = facts.select()
        facts.add_lookups(build)
    return build.add(part.name + variant.suffix, select)


def lane_of(scope: Scope, homes: dict[str, Entity]) -> Lane:
    """The person lane as soon as a measure, a dimension or a filter needs a person."""
    model = scope.model
    used = [*scope.query.dimensions, *(f.dimension for f in scope.query.filters)]
    if any(model.dimensions[key].lane == "person" for key in used):
        return "person"
    for key, entity in homes.items():
        measure = model.measures[key]
        if entity.lane == "person" or measure.aggregate in ("persons", "persons_repeating", "last_persons"):
            return "person"
        if "customer_key" in f"{measure.where} {measure.homes[entity.key]}":
            return "person"
    return "business"


def tables_of(select: exp.Expr) -> tuple[str, ...]:
    """Tables and views that the SQL reads, without its own CTEs."""
    own = {cte.alias for cte in select.find_all(exp.CTE)}
    return tuple(sorted({table.name for table in select.find_all(exp.Table)} - own))
