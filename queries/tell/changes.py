"""A change in words: its parts, what is arithmetically due to each factor, or who moved up and down."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from queries.answer import Column
from queries.compile.changes import REST, WHOLE
from queries.query import SemanticQuery
from queries.tell.columns import key_words
from queries.tell.telling import Telling
from queries.tell.words import listed, moved, number, points, say, span

NAMED = 3
"""How many parts the sentence names; the table has them all."""


def change_sentence(told: Telling, query: SemanticQuery, facts: dict[str, str]) -> str:
    """The whole change and its largest parts.

    >>> change_sentence(gmv_of_october_by_platform, query, facts)
    'GMV by platform, ...: 90.00 CNY, down 10.00% (-10.00 CNY) against 100.00 CNY in ...: JD -8.00 CNY (80.00%), ...'
    """
    if query.change == "ranks":
        return _ranks(told, query, facts)
    if query.change == "mix":
        return _mix(told, query, facts)
    told_parts = _parts(told) if query.change == "parts" else _effects(told)
    whole, before, change, ratio = (
        told.rows[0][told.column(name)] for name in (*WHOLE, "whole_change_ratio")
    )
    if whole is None or before is None or change is None:
        return say("changes", "unknown", told.language, **facts)
    unit = told.unit_of(query.metrics[0])
    facts = facts | {
        "value": number(whole, unit, told.language),
        "before": number(before, unit, told.language),
        "earlier": span(query.compare.against if query.compare else None, told.language),
        "change": moved(change, ratio, unit, told.language) or say("words", "change_na", told.language),
        "by_how_much": signed(change, unit, told),
    }
    if change == 0 or not told_parts:
        return say("changes", "still" if change == 0 else "bare", told.language, **facts)
    key = "parts" if query.change == "parts" else "factors"
    return say("changes", key, told.language, parts=listed(told_parts, told.language, plain=True), **facts)


def _mix(told: Telling, query: SemanticQuery, facts: dict[str, str]) -> str:
    """The change of a ratio: how much came from the rates of its parts, how much from their weights."""
    first = told.rows[0]
    whole, before, change = (first[told.column(name)] for name in WHOLE)
    if whole is None or before is None or change is None:
        return say("changes", "unknown", told.language, **facts)
    unit = told.unit_of(query.metrics[0])
    facts = facts | {
        "value": number(whole, unit, told.language),
        "before": number(before, unit, told.language),
        "earlier": span(query.compare.against if query.compare else None, told.language),
        "change": moved(change, first[told.column("whole_change_ratio")], unit, told.language),
        "rate": _effect(sum(row[told.column("by_rate")] for row in told.rows), unit, told),
        "mix": _effect(sum(row[told.column("by_mix")] for row in told.rows), unit, told),
    }
    if change == 0:
        return say("changes", "still", told.language, **facts)
    named = [(row_name(told, row), row[told.column("due")]) for row in told.rows]
    parts = [_part(told, name, _effect(due, unit, told), None) for name, due in named if name][:NAMED]
    return say("changes", "mix", told.language, parts=listed(parts, told.language, plain=True), **facts)


def _effect(value: Any, unit: str, told: Telling) -> str:
    """An effect with its sign: points of ratios, amounts of money."""
    if unit != "ratio":
        return signed(value, unit, told)
    text = points(value, told.language)
    shown = abs(value) >= Decimal("0.00005")
    return text if not shown else f"+{text}" if value > 0 else f"-{text}"


def signed(value: Any, unit: str, told: Telling) -> str:
    """A change with its sign.

    >>> signed(Decimal("12.5"), "CNY", told)
    '+12.50 CNY'
    """
    text = number(value, unit, told.language)
    return f"+{text}" if value is not None and value > 0 else text


def _parts(told: Telling) -> list[str]:
    """The first parts by name, with their share of the change."""
    (change,) = [output for output in told.compiled.columns if output.kind == "change"]
    (share,) = [output for output in told.compiled.columns if output.kind == "change_share"]
    found = []
    for row in told.rows:
        value, part = row[told.column(change.name)], row[told.column(share.name)]
        name = row_name(told, row)
        if value is None or not name:
            continue
        found.append(_part(told, name, signed(value, change.unit, told), part))
    return found[:NAMED]


def _part(told: Telling, name: str, value: str, share: Any) -> str:
    if share is None:
        return say("changes", "part_bare", told.language, name=name, value=value)
    return say("changes", "part", told.language, name=name, value=value, share=number(share, "ratio"))


def row_name(told: Telling, row: tuple[Any, ...]) -> str:
    """What a row is called; '' for the row that holds the rest."""
    columns = told.compiled.columns
    named = {o.key: row[told.column(o.name)] for o in columns if o.kind == "name"}
    words = []
    for output in (o for o in columns if o.kind == "dimension"):
        value = row[told.column(output.name)]
        if value == REST:
            return ""
        words.append(
            str(named.get(output.key) or key_words(value, output.key, told.model, told.language, told.k))
        )
    return " / ".join(words)


def _effects(told: Telling) -> list[str]:
    """Every factor with what is due to it; empty where nothing can be attributed."""
    at = {output.name: place for place, output in enumerate(told.compiled.columns)}
    if any(row[at["due"]] is None for row in told.rows):
        return []
    unit = told.compiled.columns[at["due"]].unit
    return [
        _part(
            told,
            told.model.metrics[row[at["factor"]]].label(told.language),
            signed(row[at["due"]], unit, told),
            row[at["due_share"]],
        )
        for row in told.rows
    ]


def with_factor_units(columns: list[Column], told: Telling) -> list[Column]:
    """The figures of factors stand in one column and have a unit each: visitors, a rate, an amount."""
    outputs = [output for output in told.compiled.columns if output.kind != "hidden"]
    at = told.column("factor")
    found = []
    for column, output in zip(columns, outputs, strict=True):
        names: dict[str, str] = {}
        if output.kind == "factor":
            names = {row[at]: told.model.metrics[row[at]].label(told.language) for row in told.rows}
        if output.kind in ("factor_now", "factor_before"):
            place = told.column(output.name)
            names = {str(r[place]): number(r[place], told.unit_of(r[at]), told.language) for r in told.rows}
        found.append(column.model_copy(update={"names": names}) if names else column)
    return found


# --- rows ranked by their change


def grown_sentence(told: Telling, query: SemanticQuery, facts: dict[str, str]) -> str:
    """Rows ranked by how much they rose or fell: the first by name, with its figure and its change."""
    by, metric = query.order[0].by, told.metrics[0]
    ranked = "by_points" if metric.unit == "ratio" else f"by_{by}"
    earlier = span(query.compare.against if query.compare else None, told.language)
    lead = say("changes", "grown_none", told.language)
    if told.rows:
        lead = _grown(told, metric.key, metric.unit, told.rows[0])
    if len(told.rows) > 1:
        lead = say("changes", "grown_rows", told.language, rows=len(told.rows), lead=lead)
    words = say("changes", ranked, told.language)
    return say("changes", "grown", told.language, earlier=earlier, ranked=words, lead=lead, **facts)


def _grown(told: Telling, key: str, unit: str, row: tuple[Any, ...]) -> str:
    change = row[told.column(f"{key}_change")]
    shown = told.unit_of(key)
    facts = {"name": row_name(told, row), "value": number(row[told.column(key)], shown, told.language)}
    if unit == "ratio":
        words = moved(change, None, unit, told.language)
        return say("changes", "grown_bare", told.language, by_how_much=words, **facts)
    words = moved(change, row[told.column(f"{key}_change_ratio")], shown, told.language)
    facts["by_how_much"] = signed(change, shown, told)
    if not words:
        words = say("words", "change_na", told.language)
    return say("changes", "grown_lead", told.language, change=words, **facts)


# --- places


def _ranks(told: Telling, query: SemanticQuery, facts: dict[str, str]) -> str:
    facts = facts | {"earlier": span(query.compare.against if query.compare else None, told.language)}
    if not told.rows:
        return say("changes", "no_movers", told.language, **facts)
    moves = [(row_name(told, row), *_places(told, row)) for row in told.rows]
    if query.order and query.order[0].by == "rank_change":
        first = moves[0]
        lead = say("changes", "moved", told.language, name=first[0], rank=first[1], before=first[2])
        return say("changes", "movers", told.language, rows=len(moves), lead=lead, **facts)
    kinds: dict[str, list[str]] = {"up": [], "down": [], "same": [], "new": [], "gone": []}
    for name, now, before in moves:
        kinds[_kind(now, before, query.limit)].append(name)
    parts = [
        say("changes", f"ranks_{kind}", told.language, count=len(names), names=_few(names, told))
        for kind, names in kinds.items()
        if names
    ]
    return say("changes", "ranks", told.language, parts=listed(parts, told.language, plain=True), **facts)


def _few(names: list[str], told: Telling) -> str:
    """The first names; dots where there are more."""
    text = say("words", "comma", told.language).join(names[:NAMED])
    return f"{text} …" if len(names) > NAMED else text


def _places(told: Telling, row: tuple[Any, ...]) -> tuple[Any, Any]:
    return row[told.column("rank")], row[told.column("rank_before")]


def _kind(now: int | None, before: int | None, limit: int | None) -> str:
    """Up, down, same; new in the list or gone from it (of the first n, where n were asked for)."""
    inside = now is not None and (limit is None or now <= limit)
    was_inside = before is not None and (limit is None or before <= limit)
    if not was_inside:
        return "new"
    if not inside:
        return "gone"
    assert now is not None and before is not None
    return "up" if now < before else "down" if now > before else "same"
