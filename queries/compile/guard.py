"""The group-size rule inside the SQL: no cell that a person attribute splits or filters shows fewer than k persons.

What is enforced, in the order of `privacy` section 7: small groups are folded into one row (and the next
smallest with them while that row is itself too small); a cell needs k distinct persons, an arm of a condition
too, with a complement that is empty or also k; a filter needs k persons outside it or none; a median needs 2k;
an amount of which one person makes more than the dominance share is hidden.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from sqlglot import exp

from queries.compile.by_person import add_rows, add_up, shown_rows
from queries.compile.facts import Part
from queries.compile.fragments import case, fragment, func, literal, same
from queries.compile.scope import Scope, Variant
from queries.compile.shapes import Shaped
from queries.model.load import names_in
from queries.model.types import Metric

if TYPE_CHECKING:
    from queries.compile.compiler import Build

GROUPS = "groups"
SMALL = "small_groups"


def person_parts(parts: list[Part]) -> list[Part]:
    """Facts with a person behind each row."""
    return [part for part in parts if part.entity.person]


def folds(scope: Scope) -> bool:
    return (
        scope.guarded and bool(scope.person_dimensions) and scope.disclosure.small_cells == "fold_into_other"
    )


def add_groups(build: Build, parts: list[Part], now: Variant) -> str:
    """`groups`: persons per cell; `small_groups`: which cells are folded. Returns the latter's name."""
    scope = build.scope
    part = person_parts(parts)[0]
    keys = _add_counted(build, part, now)
    around = [exp.column(key) for key in keys if key not in scope.person_dimensions]
    inside = [exp.Ordered(this=exp.column(key), nulls_first=False) for key in scope.person_dimensions]
    before = exp.Window(
        this=exp.Sum(this=exp.column("persons")),
        partition_by=around,
        order=exp.Order(expressions=[exp.Ordered(this=exp.column("persons"), nulls_first=False), *inside]),
        spec=exp.WindowSpec(
            kind="ROWS",
            start="UNBOUNDED",
            start_side="PRECEDING",
            end=exp.Literal.number(1),
            end_side="PRECEDING",
        ),
    )
    cumulated = exp.select(
        *keys, "persons", exp.alias_(func("coalesce", before, exp.Literal.number(0)), "smaller")
    ).from_(GROUPS)
    k = exp.Literal.number(scope.k)
    small = exp.and_(
        exp.GT(this=exp.column("persons"), expression=exp.Literal.number(0)),
        exp.paren(
            exp.or_(
                exp.LT(this=exp.column("persons"), expression=k),
                exp.and_(
                    exp.GT(this=exp.column("smaller"), expression=exp.Literal.number(0)),
                    exp.LT(this=exp.column("smaller"), expression=k.copy()),
                ),
            )
        ),
    )
    return build.add(
        SMALL, exp.select(*keys, exp.alias_(small, "is_small")).from_(cumulated.subquery("cumulated"))
    )


def _add_counted(build: Build, part: Part, now: Variant) -> list[str]:
    """`groups`; returns its keys."""
    if add_up(part):
        by_person = add_rows(build, part, now)
        keys = by_person.key_names()
        counted = exp.select(*keys, exp.alias_(fragment("count(person)"), "persons")).from_(by_person.table)
        build.add(GROUPS, counted.group_by(*keys))
        return keys
    facts = Shaped(build.scope, part, now)
    select = facts.select()
    facts.add_lookups(build)
    build.add(GROUPS, exp.select(*facts.key_names(), "persons").from_(select.subquery("counted")))
    return facts.key_names()


def add_dominance(build: Build, parts: list[Part], variants: list[Variant], fold: str) -> None:
    """Per cell, the largest amount of one person: beside each money sum of a fact with persons."""
    for part in person_parts(parts):
        amounts = [m for m in part.measures if m.unit == "money" and m.aggregate == "sum"]
        if not amounts or part.shape:
            continue
        if add_up(part):
            by_person = add_rows(build, part, variants[0])
            source = shown_rows(build, by_person, fold)
            build.add(f"{part.name}_dominance", by_person.largest(source, amounts))
            continue
        facts = Shaped(build.scope, part, variants[0], fold)
        keys, names = facts.keys(), facts.key_names()
        person = facts.person()
        sums = [exp.alias_(facts.aggregate(measure), measure.key) for measure in amounts]
        inner = facts.framed(exp.select(*keys, exp.alias_(person, "person"), *sums), grouped=len(keys) + 1)
        tops = [
            exp.alias_(
                exp.Max(this=case((fragment("NOT person IS NULL"), exp.Abs(this=exp.column(m.key))))),
                f"{m.key}_top",
            )
            for m in amounts
        ]
        outer = exp.select(*names, *tops).from_(inner.subquery("by_person"))
        build.add(f"{part.name}_dominance", outer.group_by(*names) if names else outer)


def shown(scope: Scope, parts: list[Part], metric: Metric, value: exp.Expr, suffix: str) -> exp.Expr:
    """The value where every guard lets it pass, else NULL."""
    return case((exp.and_(*conditions(scope, parts, metric, suffix)), value))


def conditions(scope: Scope, parts: list[Part], metric: Metric, suffix: str) -> list[exp.Expr]:
    """What must hold for one metric of one cell."""
    k = exp.Literal.number(scope.k)
    zero = exp.Literal.number(0)
    mine = [
        part for part in person_parts(parts) if {m.key for m in part.measures} & set(names_in(metric.formula))
    ]
    if not mine:
        return [exp.false()]
    persons = _most([exp.column(f"{part.name}_persons{suffix}") for part in mine])
    needed = exp.Literal.number(2 * scope.k) if _has_quantile(scope, metric) else k
    unknown_group = _unknown_group(scope, persons)
    enough: exp.Expr = exp.GTE(this=persons.copy(), expression=needed)
    found: list[exp.Expr] = [
        exp.paren(exp.or_(enough, unknown_group)) if unknown_group is not None else enough
    ]
    if suffix:
        return found
    for part in mine:
        whole = exp.column(f"{part.name}_persons")
        for measure in part.measures:
            if measure.key not in names_in(metric.formula):
                continue
            if measure.where or measure.aggregate == "persons_repeating":
                arm = exp.column(f"{measure.key}_persons_arm")
                others = exp.Sub(this=whole.copy(), expression=arm.copy())
                found += [exp.GTE(this=arm, expression=k.copy()), _none_or_enough(others, k)]
            if measure.unit == "money" and measure.aggregate == "sum" and not part.shape:
                bound = exp.Mul(
                    this=exp.Abs(this=exp.column(measure.key)),
                    expression=literal(Decimal(scope.disclosure.dominance_max)),
                )
                top = func("coalesce", exp.column(f"{measure.key}_top"), zero.copy())
                found.append(exp.LTE(this=top, expression=bound))
    if scope.person_filters and scope.disclosure.complement:
        rest = _most([exp.column(f"{part.name}_persons_rest") for part in mine])
        found.append(_none_or_enough(rest, k))
    return found


def _unknown_group(scope: Scope, persons: exp.Expr) -> exp.Expr | None:
    """Rows whose attribute is unknown and that carry no known person say nothing about anybody."""
    if not scope.person_dimensions or scope.person_filters:
        return None
    unknown = [exp.Is(this=exp.column(key), expression=exp.null()) for key in scope.person_dimensions]
    return exp.paren(exp.and_(*unknown, exp.EQ(this=persons.copy(), expression=exp.Literal.number(0))))


def _most(columns: list[exp.Expr]) -> exp.Expr:
    return columns[0] if len(columns) == 1 else exp.Greatest(this=columns[0], expressions=columns[1:])


def _none_or_enough(persons: exp.Expr, k: exp.Expr) -> exp.Expr:
    zero = exp.EQ(this=exp.paren(persons.copy()), expression=exp.Literal.number(0))
    return exp.paren(exp.or_(zero, exp.GTE(this=exp.paren(persons.copy()), expression=k.copy())))


def _has_quantile(scope: Scope, metric: Metric) -> bool:
    return any(scope.model.measures[name].aggregate in ("median", "p90") for name in names_in(metric.formula))


def is_suppressed(scope: Scope, parts: list[Part]) -> exp.Expr:
    """A last column, not shown: whether a guard hid something in this row."""
    passed = [exp.and_(*conditions(scope, parts, metric, "")) for metric in scope.metrics]
    return exp.alias_(exp.not_(exp.paren(exp.and_(*passed))), "is_suppressed")


def population(scope: Scope, parts: list[Part], now: Variant) -> str:
    """The distinct persons the query is about: its filters and period, without its dimensions."""
    part = person_parts(parts)[0]
    facts = Shaped(scope, Part(part.entity, part.anchor, "", part.measures), now)
    key = facts.read("customer_key")
    select = facts.framed(
        exp.select(
            exp.alias_(facts.dimension("platform"), "platform"), exp.alias_(key, "customer_key")
        ).distinct(),
        grouped=0,
        more=[exp.not_(exp.Is(this=key.copy(), expression=exp.null()))],
    )
    for lookup in facts.lookups.values():
        cte = facts.lookup_select(lookup)
        if cte is not None:
            select = select.with_(facts.lookup_table(lookup), as_=cte)
    return select.sql(dialect="duckdb")


__all__ = [
    "GROUPS",
    "SMALL",
    "add_dominance",
    "add_groups",
    "folds",
    "is_suppressed",
    "person_parts",
    "population",
    "same",
    "shown",
]
