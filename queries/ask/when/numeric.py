"""Dates in figures with slashes or points: 15/4/2026, 4/15/26, and 3/4/2026, which has two readings.

Where one of the two numbers is beyond 12 the order is settled; where neither is, nothing in the words says whether the
day or the month comes first, and both readings are kept for the asker to choose from.
"""

from __future__ import annotations

import re
from datetime import date

from queries.ask.when.english import Maker, day_of
from queries.ask.when.meaning import Clock, Meaning, Period
from queries.ask.when.periods import DAY
from queries.query import TimeRange

_PART = r"(?P<{0}>0?[1-9]|[12]\d|3[01])"
_YEAR = r"(?P<year>20[0-4]\d|2\d)"
_ONE = rf"(?:on )?{_PART.format('a')}(?P<mark>[/.-]){_PART.format('b')}(?P=mark){_YEAR}(?![\d/%])"
_TWO = (
    rf"(?:from |between )?{_PART.format('a')}/{_PART.format('b')}(?:/{_YEAR})? ?(?:-|to|until|through|and) ?"
    rf"{_PART.format('c')}/{_PART.format('d')}(?:/(?P<year2>20[0-4]\d|2\d))?(?![\d/%])"
)
_BARE = (
    rf"(?:(?<=on )|(?<=since )|(?<=until )|(?<=from )|(?<=before )|(?<=after ))"
    rf"{_PART.format('a')}/{_PART.format('b')}(?![\d/%])"
)


def _year(said: str | None, today: date) -> int | None:
    return None if not said else int(said) if len(said) == 4 else 2000 + int(said)


def _orders(pairs: list[tuple[int, int]], year: int | None, today: date) -> list[list[date]]:
    """The dates of all pairs, day first and month first, as far as the calendar has them."""
    found = []
    for month_at in (1, 0):
        days = [_day(pair[1 - month_at], pair[month_at], year, today) for pair in pairs]
        known = [day for day in days if day]
        if len(known) == len(pairs) and known not in found:
            found.append(known)
    return found


def _day(day: int, month: int, year: int | None, today: date) -> date | None:
    if not 1 <= month <= 12:
        return None
    found = day_of(year or today.year, month, day)
    return day_of(today.year - 1, month, day) if found and year is None and found > today else found


def _period(days: list[date]) -> TimeRange:
    first, last = days[0], days[-1]
    said = f"{first.day} {first:%B %Y}" + (f" to {last.day} {last:%B %Y}" if last != first else "")
    return TimeRange(start=first, end=last + DAY, said=said, unit="day" if first == last else "free")


def _read(match: re.Match[str], clock: Clock) -> Meaning | None:
    groups = match.groupdict()
    pairs = [(int(groups["a"]), int(groups["b"]))]
    if groups.get("c"):
        pairs.append((int(groups["c"]), int(groups["d"])))
    year = _year(groups.get("year2") or groups.get("year"), clock.today)
    periods = [_period(days) for days in _orders(pairs, year, clock.today) if days == sorted(days)]
    if not periods:
        return None
    first, *others = periods
    return Period(
        first if others else first.model_copy(update={"said": match.group().strip()}),
        explicit_year=year is not None,
        others=tuple(others),
    )


def joined(first: Period, second: Period) -> tuple[TimeRange, ...]:
    """ "from 3/4/2026 to 5/6/2026": the other order of both ends."""
    found = []
    for one, two in zip(first.others or (first.range,), second.others or (second.range,), strict=False):
        if (first.others or second.others) and one.start and two.end and one.start < two.end:
            found.append(TimeRange(start=one.start, end=two.end, said=f"{one.said} to {two.said}"))
    return tuple(found)


RULES: tuple[tuple[str, Maker], ...] = ((_ONE, _read), (_TWO, _read), (_BARE, _read))
