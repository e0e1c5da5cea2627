"""Our figures beside those of others in one sentence: the platform's own figure, the growth of the market."""

from __future__ import annotations

from typing import Any

from queries.query import SemanticQuery
from queries.tell.changes import row_name, signed
from queries.tell.telling import Telling
from queries.tell.words import number, points, say

MARKET, NATIVE = "market_growth_gap", "native_difference"


def outside_sentence(told: Telling, query: SemanticQuery, facts: dict[str, str]) -> str:
    """The sentence of such a comparison, or '' where the query is none or a figure is unknown."""
    if query.compare or query.grain:
        return ""
    if query.metrics[0] == MARKET:
        return _market(told, facts)
    return _native(told, facts) if NATIVE in query.metrics else ""


def _market(told: Telling, facts: dict[str, str]) -> str:
    """The latest year in which both are known."""
    if "own_growth" not in {output.name for output in told.compiled.columns}:
        return ""
    if not told.rows:
        return say("outside", "market_none", told.language, **facts)
    known = [row for row in told.rows if _value(told, row, MARKET) is not None]
    row = max(known or told.rows, key=lambda each: each[told.column("market_year")])
    gap = _value(told, row, MARKET)
    shared: dict[str, object] = {
        "year": row[told.column("market_year")],
        "scope": facts["scope"],
        "market": number(_value(told, row, "market_growth"), "ratio", told.language),
    }
    if gap is None:
        return say("outside", "market_alone", told.language, **shared)
    return say(
        "outside",
        "market",
        told.language,
        own=number(_value(told, row, "own_growth"), "ratio"),
        size=points(gap, told.language),
        way=say("outside", "ahead" if gap >= 0 else "behind", told.language),
        **shared,
    )


def _native(told: Telling, facts: dict[str, str]) -> str:
    names = ("own_gmv_of_native_days", "native_gmv", NATIVE, "reconciliation_gap")
    known = [row for row in told.rows if all(_value(told, row, name) is not None for name in names)]
    if not known:
        return ""
    largest = max(known, key=lambda row: abs(_value(told, row, "reconciliation_gap")))
    own, native, difference, gap = (_value(told, largest, name) for name in names)
    shared = facts | {
        "name": row_name(told, largest) or say("words", "gmv", told.language),
        "difference": signed(difference, told.currency, told),
        "gap": signed_share(gap, told),
    }
    if len(told.rows) > 1:
        return say("outside", "native_list", told.language, rows=len(told.rows), **shared)
    own, native = (number(value, told.currency, told.language) for value in (own, native))
    return say("outside", "native", told.language, own=own, native=native, **shared)


def signed_share(value: Any, told: Telling) -> str:
    text = number(value, "ratio", told.language)
    return f"+{text}" if value > 0 else text


def _value(told: Telling, row: tuple[Any, ...], name: str) -> Any:
    return row[told.column(name)]
