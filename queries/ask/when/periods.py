"""Calendar arithmetic on half-open ranges: the period around a day, the one before it, the same a year ago.

Every function takes `today`; none reads a clock. Weeks start on `week_start` (0 = Monday).
"""

from __future__ import annotations

import calendar
import re
from datetime import date, timedelta
from typing import Literal

from queries.query import TimeRange

Unit = Literal["day", "week", "month", "quarter", "year"]
MONTHS = {"month": 1, "quarter": 3, "year": 12}
DAY = timedelta(days=1)


def add_months(day: date, months: int) -> date:
    """The same day `months` later, or that month's last day where it has no such day.

    >>> add_months(date(2026, 3, 31), -1)
    datetime.date(2026, 2, 28)
    """
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def start_of(day: date, unit: Unit, week_start: int = 0) -> date:
    """First day of the calendar period that holds `day`."""
    if unit == "week":
        return day - timedelta(days=(day.weekday() - week_start) % 7)
    if unit == "month":
        return day.replace(day=1)
    if unit == "quarter":
        return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
    return date(day.year, 1, 1) if unit == "year" else day


def step(day: date, unit: Unit, count: int) -> date:
    """`count` units later; `day` is the first day of a period."""
    if unit in MONTHS:
        return add_months(day, count * MONTHS[unit])
    return day + timedelta(days=count * (7 if unit == "week" else 1))


def bounded(start: date, end: date, unit: Unit | Literal["days", "festival", "free"], said: str, today: date,
            ) -> TimeRange:
    """[start, end); a period that still runs ends with today and says so."""
    running = start <= today < end - DAY or (start <= today < end and unit == "day")
    return TimeRange(start=start, end=min(end, today + DAY) if running else end, said=said, to_date=running,
                     unit=unit)


def around(day: date, unit: Unit, said: str, today: date, week_start: int = 0) -> TimeRange:
    """The calendar period that holds `day`.

    >>> around(date(2026, 10, 5), "month", "October", date(2026, 11, 24)).end
    datetime.date(2026, 11, 1)
    """
    first = start_of(day, unit, week_start)
    return bounded(first, step(first, unit, 1), unit, said, today)


def relative(offset: int, unit: Unit, said: str, today: date, week_start: int = 0) -> TimeRange:
    """0 = the running period, -1 = the last whole one, -2 = the one before."""
    first = step(start_of(today, unit, week_start), unit, offset)
    return bounded(first, step(first, unit, 1), unit, said, today)


def trailing(count: int, unit: Unit, said: str, today: date, week_start: int = 0) -> TimeRange:
    """The last `count` whole units: days end yesterday, months and weeks end with the last complete one.

    >>> trailing(3, "month", "last 3 months", date(2026, 11, 24)).start
    datetime.date(2026, 8, 1)
    """
    end = start_of(today, unit, week_start)
    return TimeRange(start=step(end, unit, -count), end=end, said=said, unit="days" if unit == "day" else "free")


def coming(count: int, unit: Unit, said: str, today: date) -> TimeRange:
    """From today to the same day `count` units later, that day included.

    >>> coming(90, "day", "the next 90 days", date(2026, 11, 24)).last_day
    datetime.date(2027, 2, 22)
    """
    return TimeRange(start=today, end=step(today, unit, count) + DAY, said=said)


def rolling_month(said: str, today: date, months: int = 1) -> TimeRange:
    """近一个月: from the same day a month earlier through yesterday."""
    return TimeRange(start=add_months(today, -months), end=today, said=said, unit="days")


def elapsed_days(period: TimeRange) -> int:
    """How many days a range holds."""
    if period.start is None or period.end is None:
        return 0
    return (period.end - period.start).days


def _whole_months(period: TimeRange) -> int:
    start, end = period.start, period.end
    if start is None or end is None or start.day != 1 or end.day != 1:
        return 0
    return (end.year - start.year) * 12 + end.month - start.month


def previous(period: TimeRange, week_start: int = 0) -> TimeRange | None:
    """The preceding period of the same kind; a running one is compared over its elapsed days.

    24 days of November are set beside the first 24 of October, 31 days of a running May beside the whole
    April; free ranges take the same number of days before.
    """
    start, end = period.start, period.end
    if start is None or end is None:
        return None
    days = (end - start).days
    if period.unit in ("day", "week", "month", "quarter", "year"):
        before = step(start, period.unit, -1)
        if period.to_date:
            return TimeRange(start=before, end=min(before + timedelta(days=days), start), unit=period.unit)
        return TimeRange(start=before, end=start, unit=period.unit)
    months = _whole_months(period)
    if months:
        return TimeRange(start=add_months(start, -months), end=start, unit=period.unit)
    return TimeRange(start=start - timedelta(days=days), end=start, unit=period.unit)


_FROM_TO = re.compile(r"到|至|(?<![a-z])(?:to|until|till|through)(?![a-z])")


def two_ends(period: TimeRange) -> tuple[TimeRange, TimeRange] | None:
    """从9月到10月: the two months or quarters that a range goes from and to; None where more lie between."""
    start, end = period.start, period.end
    if start is None or end is None or start.day != 1 or not _FROM_TO.search(period.said):
        return None
    for unit in ("month", "quarter"):
        middle = step(start, unit, 1)
        whole = end == step(start, unit, 2) or (period.to_date and middle < end < step(start, unit, 2))
        if whole and start == start_of(start, unit):
            first = TimeRange(start=start, end=middle, unit=unit)
            return first, TimeRange(start=middle, end=end, unit=unit, to_date=period.to_date)
    return None


def year_ago(period: TimeRange) -> TimeRange | None:
    """The same dates a year earlier: the period moves, not each day, so that a 31st or a 29th is not lost."""
    start, end = period.start, period.end
    if start is None or end is None:
        return None
    earlier = add_months(start, -12)
    last = end - DAY
    if last.month == 2 and last.day == 28 and calendar.isleap(last.year - 1) and end.day == 1:
        return TimeRange(start=earlier, end=add_months(end, -12), unit=period.unit)
    finish = add_months(end, -12) if end.day == 1 else add_months(last, -12) + DAY
    return TimeRange(start=earlier, end=finish, unit=period.unit)
