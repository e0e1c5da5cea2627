"""Periods that lie ahead of today: within 90 days, next month, by the end of the year, 30天内, 明年, 年底前.

Only what looks ahead is read so (the dates of registers, `deadlines.py`): "orders within 30 days" are those that were.
"""

from __future__ import annotations

import re

from queries.ask.when import chinese, english
from queries.ask.when.meaning import Clock
from queries.ask.when.periods import Unit, coming, start_of, step
from queries.query import TimeRange

_L, _R = r"(?<![a-z])", r"(?![a-z])"
_HAN_UNIT = "(?P<u>天|日|周|星期|月|季度|季|年)"
_FROM_NOW = r"(?:未来|今后|接下来|往后|将来)的?"
_SPANS = (
    re.compile(
        rf"{_L}(?:with ?in|in|over|during|for)(?: the)?(?: next| coming| following)? {english.COUNT} "
        rf"{english.UNIT}s?{_R}"
    ),
    re.compile(rf"{_L}(?:the )?(?:next|coming|following) {english.COUNT} {english.UNIT}s?{_R}"),
    re.compile(rf"(?:{_FROM_NOW})?{chinese.COUNT}个?{_HAN_UNIT}(?:之内|以内|内)"),
    re.compile(rf"{_FROM_NOW}{chinese.COUNT}个?{_HAN_UNIT}"),
)
_NEXT = (
    re.compile(rf"{_L}(?:in |during |by )?(?:the )?(?:next|coming) (?P<u>week|month|quarter|year){_R}"),
    re.compile(r"下(?:个|一个|一)?(?P<u>周|星期|月|季度|季)|明年|下一年"),
)
_BY_END = (
    re.compile(rf"{_L}(?:by|before|until|till) (?:the )?end of (?:the |this )?(?P<u>week|month|quarter|year){_R}"),
    re.compile(r"(?:本|这个?|今)?(?P<u>周|月|季度|年)(?:底|末)(?:之前|以前|前)"),
)


def read_ahead(text: str, clock: Clock) -> tuple[tuple[int, int], TimeRange] | None:
    """The first period ahead that a text names, and where; None where it names none.

    >>> read_ahead("agreements ending by the end of the year", Clock(date(2026, 11, 24)))[1].end
    datetime.date(2027, 1, 1)
    """
    today = clock.today
    for match in filter(None, (pattern.search(text) for pattern in _SPANS)):
        return match.span(), coming(*_length(match["n"], _unit(match["u"])), match.group(), today)
    for match in filter(None, (pattern.search(text) for pattern in _NEXT)):
        unit = _unit(match["u"] or "年")
        first = step(start_of(today, unit, clock.week_start), unit, 1)
        return match.span(), TimeRange(start=first, end=step(first, unit, 1), said=match.group(), unit=unit)
    for match in filter(None, (pattern.search(text) for pattern in _BY_END)):
        unit = _unit(match["u"])
        end = step(start_of(today, unit, clock.week_start), unit, 1)
        return match.span(), TimeRange(start=today, end=end, said=match.group())
    return None


def _length(said: str, unit: Unit) -> tuple[int, Unit]:
    """30, twenty, 三十 of a unit; 半年 is six months, 半个月 fifteen days."""
    if said == "半":
        return (6, "month") if unit == "year" else (15, "day")
    return english.count_of(said), unit


def _unit(said: str) -> Unit:
    return chinese.UNITS[said] if said in chinese.UNITS else english.unit_word(said)
