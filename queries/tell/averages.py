"""Averages per day, week or live session in words: the average, the sum behind it, and over how many days."""

from __future__ import annotations

from typing import Any

from queries.compile import Output
from queries.query import SemanticQuery
from queries.tell.telling import Telling
from queries.tell.words import number, say


def averaged(what: str, told: Telling, query: SemanticQuery) -> str:
    """ "GMV per day on average", 日均支付金额; the name as it is where no average is asked."""
    return say("words", f"average_{query.per}", told.language, what=what) if query.per else what


def over(told: Telling, query: SemanticQuery, metric: Output, row: tuple[Any, ...]) -> str:
    """What the average is made of: " (155,000.00 CNY over 31 days)"; empty where nothing is known."""
    periods, total = row[told.column("periods")], row[told.column(f"{metric.name}_total")]
    if periods is None or total is None:
        return ""
    days = say("words", f"over_{query.per}", told.language, count=number(periods, "number"))
    return say("words", "average_of", told.language, total=number(total, metric.unit, told.language), days=days)
