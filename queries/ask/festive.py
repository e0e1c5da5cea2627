"""Festivals and the years they are of: double 11 this year, Singles Day 2025 and 2024, 11.11 vs last year."""

from __future__ import annotations

import re
from dataclasses import replace

from queries.ask.when.meaning import Festival, Period, TimeSpan, Versus

_SPAN_SAID = re.compile(r"期间|周期|大促|活动|period|sale|campaign|season|during")


def festival_years(spans: list[TimeSpan]) -> list[TimeSpan]:
    """Words of time with the year of every festival settled, and the day of one year beside the day of the other."""
    return _same_part(_named_years(spans))


def _named_years(spans: list[TimeSpan]) -> list[TimeSpan]:
    """ "double 11 … this year": the year belongs to the festival that names none."""
    for span in spans:
        if not isinstance(span.meaning, Festival):
            continue
        years = [
            s
            for s in spans
            if isinstance(s.meaning, Period) and s.meaning.range.unit == "year" and s.meaning.range.start
        ]
        if span.meaning.year is not None:
            if len(years) == 1 and _alone(spans) and _versus_between(spans, span, years[0]):
                return _beside_that_year(spans, span, years[0])  # this year's 618 vs last year's
            continue
        if len(years) > 1 and _alone(spans):
            return _once_a_year(spans, span, years)
        if len(years) == 1 and _alone(spans) and _versus_between(spans, span, years[0]):
            return _beside_that_year(spans, span, years[0])
        if years:
            nearest = min(years, key=lambda s: abs(s.start - span.start))
            start = nearest.meaning.range.start  # type: ignore[union-attr]
            year = start.year if start else None
            spans = [
                replace(s, meaning=replace(span.meaning, year=year, weak=False)) if s is span else s
                for s in spans
                if s is not nearest
            ]
    return spans


def _alone(spans: list[TimeSpan]) -> bool:
    return sum(isinstance(s.meaning, Festival) for s in spans) == 1


def _once_a_year(spans: list[TimeSpan], festival: TimeSpan, years: list[TimeSpan]) -> list[TimeSpan]:
    """Singles Day, 2025 and 2024: the festival of each year, beside each other."""
    found = []
    for said in years:
        start = said.meaning.range.start if isinstance(said.meaning, Period) else None
        if isinstance(festival.meaning, Festival) and start:
            found.append(replace(said, meaning=replace(festival.meaning, year=start.year, weak=False)))
    rest = [s for s in spans if s is not festival and s not in years]
    gap = TimeSpan(years[0].end, years[-1].start, Versus())
    return [*rest, found[0], gap, *found[1:]]


def _same_part(spans: list[TimeSpan]) -> list[TimeSpan]:
    """双11那天 … 跟去年双11比: the day of one year is set beside the day of the other."""
    days = {s.meaning.promo for s in spans if isinstance(s.meaning, Festival) and s.meaning.part == "day"}
    return [
        replace(s, meaning=replace(s.meaning, part="day"))
        if isinstance(s.meaning, Festival) and s.meaning.promo in days and not _SPAN_SAID.search(s.meaning.said)
        else s
        for s in spans
    ]


def _versus_between(spans: list[TimeSpan], festival: TimeSpan, year: TimeSpan) -> bool:
    return any(isinstance(s.meaning, Versus) and festival.end <= s.start and s.end <= year.start for s in spans)


def _beside_that_year(spans: list[TimeSpan], festival: TimeSpan, year: TimeSpan) -> list[TimeSpan]:
    """11.11 vs last year: the festival of that year, not that whole year."""
    start = year.meaning.range.start if isinstance(year.meaning, Period) else None
    if not isinstance(festival.meaning, Festival) or start is None:
        return spans
    other = replace(year, meaning=replace(festival.meaning, year=start.year, weak=False))
    return [other if s is year else s for s in spans]
