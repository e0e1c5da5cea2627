"""English words of time. Each rule is (pattern, maker); the longest match at a place wins.

Boundaries are ASCII classes, because in Python's `re` a Chinese character is a word character and
`\\bq3\\b` would not see the quarter in `Q3抖音`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Literal, cast

from queries.ask.numbers import read_number
from queries.ask.when.meaning import Clock, Meaning, Period
from queries.ask.when.periods import (
    DAY,
    Unit,
    add_months,
    around,
    bounded,
    coming,
    relative,
    rolling_month,
    trailing,
)
from queries.query import TimeRange

Maker = Callable[[re.Match[str], Clock], Meaning | None]

MONTH_WORDS = {
    name: number
    for number, names in enumerate(
        (
            ("january", "jan"),
            ("february", "feb"),
            ("march", "mar"),
            ("april", "apr"),
            ("may",),
            ("june", "jun"),
            ("july", "jul"),
            ("august", "aug"),
            ("september", "sept", "sep"),
            ("october", "oct"),
            ("november", "nov"),
            ("december", "dec"),
        ),
        start=1,
    )
    for name in names
}
WEEKDAYS = {
    name: number
    for number, names in enumerate(
        (
            ("monday", "mon"),
            ("tuesday", "tues", "tue"),
            ("wednesday", "wed"),
            ("thursday", "thurs", "thu"),
            ("friday", "fri"),
            ("saturday",),
            ("sunday",),
        )
    )
    for name in names
}
ORDINALS = {
    "1st": 1,
    "first": 1,
    "2nd": 2,
    "second": 2,
    "3rd": 3,
    "third": 3,
    "4th": 4,
    "fourth": 4,
    "final": 4,
    "last": 4,
}

_M = "|".join(sorted((m for m in MONTH_WORDS if m not in ("may", "march", "mar")), key=len, reverse=True))
MONTH = (
    rf"(?:(?P<mon>{_M})\.?|(?:(?<=in )|(?<=of )|(?<=for )|(?<=during )|(?<=since )|(?<=this )|(?<=last )|"
    r"(?<=from )|(?<=until )|(?<=to )|(?<=and )|(?<=-)|(?<=- )|(?<=vs )|(?<=vs\. )|(?<=versus )|"
    r"(?<=through )|(?<=between )|(?<=before )|(?<=after )|(?<=against )|(?<=with )|(?<=than )|(?<=over )|"
    r"(?<='s )|(?<=\d )|(?<=th )|(?<=st )|(?<=rd )|(?<=nd )|(?<=, ))(?P<mon2>may|march|mar)"
    r"|(?P<mon3>may|march|mar)(?= ?(?:20\d\d|cohort|\d{1,2}(?!\d)|$|[,?.!]|this|last|vs|by )))"
)
YEAR = r"(?P<year>20[0-4]\d)"
COUNT = (
    r"(?P<n>\d{1,3}|a couple of|couple of|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|"
    r"fifteen|twenty|thirty|fifty)"
)
UNIT = r"(?P<u>day|week|month|quarter|year)"
REL_YEAR = r"(?P<ry>last year|this year|the year before last|the previous year|previous year)"


def _unit(match: re.Match[str]) -> Unit:
    return match["u"]  # type: ignore[return-value]


def unit_word(word: str) -> Unit:
    """The unit a pattern matched; the pattern allows no other word."""
    return cast(Unit, word)


def count_of(text: str) -> int:
    """A small count in digits or words ("a couple of" is 2)."""
    read = read_number("a couple of" if "couple" in text else text)
    return int(read) if read is not None else 0


def said_year(match: re.Match[str], today: date) -> int | None:
    """The year a match names, in digits or as last/this year; None if it names none."""
    groups = match.groupdict()
    if groups.get("year"):
        return int(groups["year"])
    word = groups.get("ry") or groups.get("ry2")
    if not word:
        return None
    return today.year - (0 if "this" in word else 2 if "before last" in word else 1)


def latest(month: int, today: date, year: int | None, span: int = 1) -> date:
    """First day of the latest such month that has begun, unless the year is said."""
    if year is None:
        year = today.year if date(today.year, month, 1) <= today else today.year - 1
    return date(year, month, 1)


def months_from(first: date, count: int, match: re.Match[str], clock: Clock, unit: str = "free") -> Period:
    said = match.group().strip()
    return Period(
        bounded(first, add_months(first, count), unit, said, clock.today),  # type: ignore[arg-type]
        explicit_year=bool(said_year(match, clock.today)),
    )


def month(match: re.Match[str], clock: Clock) -> Meaning:
    number = MONTH_WORDS[match["mon"] or match["mon2"] or match["mon3"]]
    return months_from(latest(number, clock.today, said_year(match, clock.today)), 1, match, clock, "month")


def running_month(match: re.Match[str], clock: Clock) -> Meaning | None:
    """November to date: the running month; "August to date" could end with August or today, and is not read."""
    found = month(match, clock)
    running = isinstance(found, Period) and found.range.to_date
    return found if running else None


def quarter(match: re.Match[str], clock: Clock) -> Meaning:
    groups = match.groupdict()
    number = int(groups["q"]) if groups.get("q") else ORDINALS[groups["ord"]]
    return months_from(
        latest(number * 3 - 2, clock.today, said_year(match, clock.today)), 3, match, clock, "quarter"
    )


def half(match: re.Match[str], clock: Clock) -> Meaning:
    groups = match.groupdict()
    second = (groups.get("h") or ("2" if groups["ord"] in ("second", "2nd") else "1")) == "2"
    return months_from(latest(7 if second else 1, clock.today, said_year(match, clock.today)), 6, match, clock)


def whole_year(match: re.Match[str], clock: Clock) -> Meaning:
    return Period(around(date(int(match["year"]), 1, 1), "year", match.group(), clock.today))


def bare_year(match: re.Match[str], clock: Clock) -> Meaning:
    return Period(around(date(int(match["year"]), 1, 1), "year", match.group(), clock.today), weak=True)


def day_of(year: int, month: int, day: int) -> date | None:
    """A date, or None for the 31st of June."""
    try:
        return date(year, month, day)
    except ValueError:
        return None


def a_date(match: re.Match[str], clock: Clock) -> Meaning | None:
    groups = match.groupdict()
    month = (
        int(groups["m"])
        if groups.get("m")
        else MONTH_WORDS[groups["mon"] or groups["mon2"] or groups["mon3"]]
    )
    year = said_year(match, clock.today)
    day = day_of(year or clock.today.year, month, int(groups["d"]))
    if day and year is None and day > clock.today:
        day = day_of(clock.today.year - 1, month, int(groups["d"]))
    if day is None:
        return None
    last = day
    if groups.get("d2"):
        last = day_of(day.year, day.month, int(groups["d2"])) or day
        if last < day:
            return None
    unit = "day" if last == day else "free"
    return Period(
        TimeRange(start=day, end=last + DAY, said=match.group(), unit=unit),
        explicit_year=year is not None,
    )


def day_of_month(match: re.Match[str], clock: Clock) -> Meaning | None:
    """the 22nd: of this month unless that lies ahead."""
    first = clock.today.replace(day=1)
    found = day_of(first.year, first.month, int(match["d"]))
    if found is None or found > clock.today:
        first = add_months(first, -1)
        found = day_of(first.year, first.month, int(match["d"]))
    if found is None:
        return None
    return Period(TimeRange(start=found, end=found + DAY, said=match.group(), unit="day"), explicit_year=False)


def ago(match: re.Match[str], clock: Clock) -> Meaning:
    return Period(relative(-count_of(match["n"]), _unit(match), match.group(), clock.today, clock.week_start))


def iso_week(match: re.Match[str], clock: Clock) -> Meaning | None:
    """wk 47, week 3 2026, 第47周: the calendar week of that number, the latest that has begun."""
    number, year = int(match["iso"]), said_year(match, clock.today)
    try:
        monday = date.fromisocalendar(year or clock.today.year, number, 1)
        if year is None and monday > clock.today:
            monday = date.fromisocalendar(clock.today.year - 1, number, 1)
    except ValueError:
        return None
    return Period(bounded(monday, monday + 7 * DAY, "week", match.group().strip(), clock.today))


def named(offset: int) -> Maker:
    def make(match: re.Match[str], clock: Clock) -> Meaning:
        return Period(relative(offset, _unit(match), match.group(), clock.today, clock.week_start))

    return make


def day(offset: int) -> Maker:
    def make(match: re.Match[str], clock: Clock) -> Meaning:
        return Period(relative(offset, "day", match.group(), clock.today))

    return make


def period_to_date(match: re.Match[str], clock: Clock) -> Meaning:
    unit: Unit = {"w": "week", "m": "month", "q": "quarter", "y": "year"}[match["td"][0]]  # type: ignore[assignment]
    return Period(relative(0, unit, match.group(), clock.today, clock.week_start))


def last_units(match: re.Match[str], clock: Clock) -> Meaning:
    return Period(trailing(count_of(match["n"]), _unit(match), match.group(), clock.today, clock.week_start))


def past_unit(match: re.Match[str], clock: Clock) -> Meaning:
    """past week = the last 7 days, past month = since the same day a month ago, past year = 12 months."""
    unit, said, today = match["u"], match.group(), clock.today
    if unit == "week":
        return Period(trailing(7, "day", said, today))
    return Period(rolling_month(said, today, {"month": 1, "quarter": 3, "year": 12}.get(unit, 1)))


def weekend(match: re.Match[str], clock: Clock) -> Meaning:
    today = clock.today
    saturday = today - timedelta(days=(today.weekday() - 5) % 7)
    if "last" in match.group() and today.weekday() >= 5:
        saturday -= timedelta(days=7)
    return Period(bounded(saturday, saturday + 2 * DAY, "free", match.group(), today))


def weekday(match: re.Match[str], clock: Clock) -> Meaning:
    number, today = WEEKDAYS[match["wd"]], clock.today
    back = (today.weekday() - number) % 7 or 7
    if match.groupdict().get("when") == "this":
        back = (today.weekday() - number) % 7
    return Period(
        TimeRange(start=today - back * DAY, end=today - (back - 1) * DAY, said=match.group(), unit="day")
    )


def _month_said(match: re.Match[str], clock: Clock) -> date:
    """First day of the month a match names, or of this or the last one."""
    groups = match.groupdict()
    if groups.get("which"):
        return add_months(clock.today.replace(day=1), -1 if groups["which"].endswith(("last", "previous")) else 0)
    number = MONTH_WORDS[match["mon"] or match["mon2"] or match["mon3"]]
    return latest(number, clock.today, said_year(match, clock.today))


def days_of_month(match: re.Match[str], clock: Clock) -> Meaning | None:
    """between the 1st and the 15th: of the month that is said, else of this one unless that has not begun."""
    first = _month_said(match, clock) if match["which"] else clock.today.replace(day=1)
    if not match["which"] and int(match["d"]) > clock.today.day:
        first = add_months(first, -1)
    start, last = (day_of(first.year, first.month, int(match[key])) for key in ("d", "d2"))
    if start is None or last is None or last < start:
        return None
    return Period(bounded(start, last + DAY, "free", match.group().strip(), clock.today))


def week_from(match: re.Match[str], clock: Clock) -> Meaning | None:
    """week commencing 2 Nov, week of Nov 4, week ending 8 November."""
    groups = match.groupdict()
    name = groups["mm"] or groups["mon"] or groups["mon2"] or groups["mon3"]
    year = said_year(match, clock.today) or clock.today.year
    found = day_of(year, MONTH_WORDS[name], int(groups["d"] or groups["d2"]))
    if found and found > clock.today and not said_year(match, clock.today):
        found = day_of(year - 1, MONTH_WORDS[name], int(groups["d"] or groups["d2"]))
    if found is None:
        return None
    start = found
    if match["how"] == "ending":
        start = found - 6 * DAY
    elif match["how"] == "of":
        start = found - timedelta(days=(found.weekday() - clock.week_start) % 7)
    unit = "week" if (start.weekday() - clock.week_start) % 7 == 0 else "free"
    return Period(bounded(start, start + 7 * DAY, unit, match.group().strip(), clock.today))  # type: ignore[arg-type]


def year_to_date(match: re.Match[str], clock: Clock) -> Meaning:
    """2026 YTD; 2025 YTD are the same days of that year."""
    year = int(match["year"] or match["year2"])
    end = day_of(year, clock.today.month, clock.today.day) or date(year, 2, 28)
    running = year == clock.today.year
    unit: Literal["year", "free"] = "year" if running else "free"
    return Period(
        TimeRange(start=date(year, 1, 1), end=end + DAY, said=match.group(), to_date=running, unit=unit)
    )


def coming_units(match: re.Match[str], clock: Clock) -> Meaning:
    """the next 90 days: only lists of what is to come can use it; a figure of it would be a forecast."""
    return Period(coming(count_of(match["n"]), _unit(match), match.group().strip(), clock.today))


def short_year(match: re.Match[str], clock: Clock) -> Meaning:
    return Period(around(date(2000 + int(match["y2"]), 1, 1), "year", match.group(), clock.today))


def weekday_of_last_week(match: re.Match[str], clock: Clock) -> Meaning:
    """Monday last week, last week's Friday."""
    number = WEEKDAYS[match["wd"] or match["wd2"]]
    monday = clock.today - timedelta(days=clock.today.weekday() + 7)
    day = monday + number * DAY
    return Period(TimeRange(start=day, end=day + DAY, said=match.group(), unit="day"))


def part_of_month(match: re.Match[str], clock: Clock) -> Meaning:
    first = _month_said(match, clock)
    following = add_months(first, 1)
    groups = match.groupdict()
    if groups.get("half"):
        middle = first + 15 * DAY
        start, end = (first, middle) if groups["half"] in ("first", "1st") else (middle, following)
    else:
        days = count_of(groups["n"] or "one") * (7 if groups["u"] == "week" else 1)
        start, end = (
            (first, first + days * DAY) if groups["edge"] == "first" else (following - days * DAY, following)
        )
    return Period(TimeRange(start=start, end=end, said=match.group(), unit="free"))


def ever(match: re.Match[str], clock: Clock) -> Meaning:
    return Period(TimeRange(start=None, end=clock.today + DAY, said=match.group(), unit="free"))


def same(meaning: Meaning) -> Maker:
    return lambda match, clock: meaning
