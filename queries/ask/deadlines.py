"""Dates of a register's columns: agreements ending within 90 days, 下个月到期的培训, incidents closed in October.

What happens on such a date is an event (`events` of the word tables), and `event_columns` says in which column each
register keeps it. The words of the event and of its period are taken out, and what is left must name the register:
"agreements ending within 90 days" is the list of agreements, whose `ends_on` lies in the 90 days from today on. An
event that looks ahead reads a bare duration forwards and a running month or year as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from queries.ask.numbers import HAN, WORDS, read_number
from queries.ask.phrases import PhraseBook
from queries.ask.when.meaning import Clock, Period
from queries.ask.when.periods import Unit, add_months, start_of, step
from queries.ask.when.tag import tag_time
from queries.ask.words import Words, both
from queries.query import RegisterQuery, TimeRange

_L, _R = r"(?<![a-z])", r"(?![a-z])"
_COUNT = rf"(?P<n>\d{{1,4}}|{'|'.join(WORDS)})"
_COUNT_ZH = rf"(?P<n>\d{{1,4}}|{HAN}{{1,4}})个?"
_FROM_NOW = r"(?:未来|今后|接下来|往后|将来)的?"
_UNITS: dict[str, Unit] = {"day": "day", "week": "week", "month": "month", "quarter": "quarter", "year": "year",
                           "天": "day", "日": "day", "周": "week", "星期": "week", "月": "month", "季": "quarter",
                           "季度": "quarter", "年": "year"}  # fmt: skip
_SPANS = (
    re.compile(
        rf"{_L}(?:with ?in|in|over|during|for)(?: the)?(?: next| coming| following)? {_COUNT} "
        rf"(?P<unit>day|week|month|year)s?{_R}"
    ),
    re.compile(rf"{_L}(?:the )?(?:next|coming|following) {_COUNT} (?P<unit>day|week|month|year)s?{_R}"),
    re.compile(rf"(?:{_FROM_NOW})?{_COUNT_ZH}(?P<unit>天|日|周|星期|月|季度|年)(?:之内|以内|内)"),
    re.compile(rf"{_FROM_NOW}{_COUNT_ZH}(?P<unit>天|日|周|星期|月|季度|年)"),
)
_NEXT = re.compile(rf"{_L}(?:in |during |by )?(?:the )?(?:next|coming) (?P<unit>week|month|quarter|year){_R}")
_NEXT_ZH = re.compile(r"下(?:个|一个|一)?(?P<unit>周|星期|月|季度|季)|明年|下一年")
_BY_END = re.compile(
    rf"{_L}(?:by|before|until|till) (?:the )?end of (?:the |this )?(?P<unit>week|month|quarter|year){_R}"
)
_BY_END_ZH = re.compile(r"(?:本|这个?|今)?(?P<unit>周|月|季度|年)(?:底|末)(?:之前|以前|前)")
_LINKS = re.compile(
    rf"{_L}(?:(?:that|which|who|and|whose)(?: (?:have|has|had|are|is|was|were|will|be|do|does|did))*"
    rf"|are|is|was|were|be|been|will|due|to|in|on|during|have|has|had){_R} *$"
)


@dataclass(frozen=True)
class Dated:
    """What happens when, and the question without it."""

    events: frozenset[str]
    time: TimeRange
    rest: str


class Deadlines:
    """Reads the events of one set of word tables."""

    def __init__(self, words: Words) -> None:
        self.book = PhraseBook()
        for key, row in words.of("events").items():
            self.book.add(both(row), key, inflect=False)
        self.book.freeze()
        self.ahead = frozenset(key for key, row in words.of("events").items() if row.get("ahead"))
        self.columns: dict[str, dict[str, str]] = words.of("event_columns")

    def read(self, text: str, clock: Clock) -> Dated | None:
        """The one event and the one period of a question; None where either is missing or there are two periods.

        >>> deadlines.read("sharing agreements ending within 90 days", clock).rest
        'sharing agreements'
        """
        found = [(pieces, key) for pieces, keys in self.book.find(text) for key in keys if len(pieces) == 1]
        if not found:
            return None
        longest = max(pieces[0][1] - pieces[0][0] for pieces, _ in found)
        place = next(pieces[0] for pieces, _ in found if pieces[0][1] - pieces[0][0] == longest)
        events = frozenset(str(key) for pieces, key in found if pieces[0] == place)
        bare = _blank(text, [place])
        period = self._ahead(bare, clock) if events & self.ahead else None
        period = period or _said(bare, clock, whole=bool(events & self.ahead))
        if period is None:
            return None
        (start, end), time = period
        return Dated(events, time, _rest(text, place, (start, end)))

    def column(self, dated: Dated, register: str) -> str:
        """The column of a register that the event falls on, or ''."""
        own = self.columns.get(register, {})
        return next((own[event] for event in sorted(dated.events) if event in own), "")

    def put(self, dated: Dated, query: RegisterQuery) -> RegisterQuery | None:
        """The list narrowed to the rows whose event falls into the period."""
        column = self.column(dated, query.register_name)
        if not column or query.time is not None:
            return None
        return query.model_copy(update={"time": dated.time, "time_field": column})

    @staticmethod
    def _ahead(text: str, clock: Clock) -> tuple[tuple[int, int], TimeRange] | None:
        for pattern in _SPANS:
            match = pattern.search(text)
            if match:
                unit = _UNITS[match["unit"]]
                return match.span(), _from_today(_number(match["n"]), unit, match.group(), clock.today)
        for pattern in (_NEXT, _NEXT_ZH):
            match = pattern.search(text)
            if match:
                unit = _UNITS[match["unit"] or "年"]
                first = step(start_of(clock.today, unit, clock.week_start), unit, 1)
                return match.span(), TimeRange(
                    start=first, end=step(first, unit, 1), said=match.group(), unit=unit
                )
        for pattern in (_BY_END, _BY_END_ZH):
            match = pattern.search(text)
            if match:
                unit = _UNITS[match["unit"]]
                end = step(start_of(clock.today, unit, clock.week_start), unit, 1)
                return match.span(), TimeRange(start=clock.today, end=end, said=match.group())
        return None


def _number(said: str) -> int:
    if said.isdigit():
        return int(said)
    return int(WORDS[said]) if said in WORDS else int(read_number(said) or 0)


def _from_today(count: int, unit: Unit, said: str, today: date) -> TimeRange:
    days = {"day": 1, "week": 7}.get(unit)
    end = (
        today + timedelta(days=days * count)
        if days
        else add_months(today, count * {"year": 12, "quarter": 3}.get(unit, 1))
    )
    return TimeRange(start=today, end=end, said=said, unit="days" if days else "free")


def _said(text: str, clock: Clock, *, whole: bool) -> tuple[tuple[int, int], TimeRange] | None:
    """The one period that the usual grammar reads; a running one to its end where the event looks ahead."""
    spans = tag_time(text, clock)
    periods = [(span, span.meaning) for span in spans if isinstance(span.meaning, Period)]
    if len(spans) != 1 or len(periods) != 1:
        return None
    span, meaning = periods[0]
    time = meaning.range
    if whole and time.to_date and time.start and time.unit in ("week", "month", "quarter", "year"):
        time = time.model_copy(update={"end": step(time.start, time.unit, 1), "to_date": False})
    return (span.start, span.end), time


def _blank(text: str, pieces: Iterable[tuple[int, int]]) -> str:
    """The same length with the pieces blanked, so that places stay comparable."""
    for start, end in pieces:
        text = text[:start] + " " * (end - start) + text[end:]
    return text


def _rest(text: str, *pieces: tuple[int, int]) -> str:
    """What stands around the pieces, without the small words that led to them."""
    kept, at = [], 0
    for start, end in (*sorted(pieces), (len(text), len(text))):
        between = text[at:start].lstrip(" 的") if at else text[:start]
        kept.append(_LINKS.sub("", f"{between.rstrip()} ") if end < len(text) or end > start else between)
        at = end
    return " ".join(" ".join(kept).split())
