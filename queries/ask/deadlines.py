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

from queries.ask.phrases import PhraseBook
from queries.ask.when.ahead import read_ahead
from queries.ask.when.meaning import Clock, Period
from queries.ask.when.periods import step
from queries.ask.when.tag import tag_time
from queries.ask.words import Words, both
from queries.query import RegisterQuery, TimeRange

_L, _R = r"(?<![a-z])", r"(?![a-z])"
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
        period = read_ahead(bare, clock) if events & self.ahead else None
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
