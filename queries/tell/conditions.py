"""Thresholds and parts in words: which rows are listed, and what a share is a share of."""

from __future__ import annotations

from decimal import Decimal

from queries.query import Having, SemanticQuery
from queries.tell.telling import Telling
from queries.tell.words import filter_words, listed, number, say


def condition_words(told: Telling, query: SemanticQuery) -> str:
    """The thresholds of a list, to stand behind what it is split by; empty where there are none.

    >>> condition_words(told, query_for_products_with_more_than_100_units)
    ', only with units above 100'
    """
    if not query.having:
        return ""
    words = listed([_one(told, query, given) for given in query.having], told.language)
    return say("words", "where", told.language, conditions=words)


def _one(told: Telling, query: SemanticQuery, given: Having) -> str:
    changed = given.metric in ("change", "change_ratio")
    metric = told.model.metrics[query.metrics[0] if changed else given.metric]
    what = metric.label(told.language)
    if changed and given.value == 0 and given.op in ("gt", "lt"):
        return say("words", "condition_rose" if given.op == "gt" else "condition_fell", told.language, what=what)
    if changed:
        key = "growth_of" if given.metric == "change_ratio" else "change_of"
        what = say("words", key, told.language, what=what)
    unit = told.currency if metric.unit == "money" else metric.unit
    shown = number(_plain(given.value), "ratio" if given.metric == "change_ratio" else unit, told.language)
    return say("words", f"condition_{given.op}", told.language, what=what, value=shown)


def _plain(value: Decimal) -> Decimal | int:
    """Whole numbers without a tail: above 100, not above 100.0."""
    return int(value) if value == value.to_integral_value() else value


def part_words(told: Telling, query: SemanticQuery, what: str) -> str:
    """ "orders (cash on delivery) as a share of all orders": the last filter makes the part."""
    part = filter_words(query.filters[-1], told.model, told.language, told.names)
    return say("words", "part_of", told.language, what=what, part=part)
