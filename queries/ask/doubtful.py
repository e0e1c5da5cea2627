"""Words of time with two readings: 3/4/2026, this autumn. Each reading becomes the whole question with its dates."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace

from queries.ask.draft import Draft
from queries.ask.when.meaning import Period, TimeSpan
from queries.query import Answerable, Clarify, Option, Reading, Refuse, TimeRange


def two_dates(draft: Draft) -> TimeSpan | None:
    """The first words of time that can mean two periods."""
    return next((t for t in draft.frame.times if isinstance(t.meaning, Period) and t.meaning.others), None)


def which_date(draft: Draft, read: Callable[[Draft], Reading]) -> Reading:
    """Asks which period is meant; what cannot be read with either of them is refused as it is."""
    span = two_dates(draft)
    assert span is not None and isinstance(span.meaning, Period)
    options: list[Option] = []
    for period in (span.meaning.range, *span.meaning.others):
        reading = read(_with(draft, replace(span, meaning=replace(span.meaning, range=period, others=()))))
        if isinstance(reading, Refuse):
            return reading
        if isinstance(reading, Clarify):
            options += reading.options
        elif isinstance(reading, Answerable):
            options.append(Option(label=_days(period), query=reading.query))
    return Clarify(about=draft.said(span.start, span.end), options=tuple(options[:4]))


def _days(period: TimeRange) -> str:
    """1 Sep 2026 to 24 Nov 2026; one day stands alone."""
    first, last = period.start, period.last_day
    ends = [f"{day:%-d %b %Y}" for day in dict.fromkeys((first, last)) if day]
    return " to ".join(ends)


def _with(draft: Draft, settled: TimeSpan) -> Draft:
    """A copy of the draft in which the words of time mean one period."""
    trial = deepcopy(draft)
    place = (settled.start, settled.end)
    trial.frame.times = [settled if (t.start, t.end) == place else t for t in trial.frame.times]
    trial.frame.spoken_times = tuple(settled if (t.start, t.end) == place else t for t in trial.frame.spoken_times)
    return trial
