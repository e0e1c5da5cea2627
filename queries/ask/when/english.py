"""English words of time. Each rule is (pattern, maker); the longest match at a place wins.

Boundaries are ASCII classes, because in Python's `re` a Chinese character is a word character and
`\\bq3\\b` would not see the quarter in `Q3抖音`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta

from queries.ask.numbers import read_number
from queries.ask.when.meaning import Bound, Clock, Grained, Meaning, Period, Relative, Vague, Versus
from queries.ask.when.periods import DAY, Unit, add_months, around, bounded, relative, rolling_month, trailing
from queries.query import TimeRange

Maker = Callable[[re.Match[str], Clock], Meaning | None]

MONTH_WORDS = {name: number for number, names in enumerate((
    ("january", "jan"), ("february", "feb"), ("march", "mar"), ("april", "apr"), ("may",), ("june", "jun"),
    ("july", "jul"), ("august", "aug"), ("september", "sept", "sep"), ("october", "oct"),
    ("november", "nov"), ("december", "dec")), start=1) for name in names}
WEEKDAYS = {name: number for number, names in enumerate((
    ("monday", "mon"), ("tuesday", "tues", "tue"), ("wednesday", "wed"), ("thursday", "thurs", "thu"),
    ("friday", "fri"), ("saturday",), ("sunday",))) for name in names}
ORDINALS = {"1st": 1, "first": 1, "2nd": 2, "second": 2, "3rd": 3, "third": 3, "4th": 4, "fourth": 4,
            "final": 4}

_M = "|".join(sorted((m for m in MONTH_WORDS if m not in ("may", "march", "mar")), key=len, reverse=True))
MONTH = rf"(?:(?P<mon>{_M})\.?|(?:(?<=in )|(?<=of )|(?<=for )|(?<=during )|(?<=since )|(?<=this )|(?<=last )|" \
        r"(?<=from )|(?<=until )|(?<=to )|(?<=and )|(?<=-)|(?<=- )|(?<=vs )|(?<=vs\. )|(?<=versus )|" \
        r"(?<=through )|(?<=between )|(?<=before )|(?<=after )|(?<=against )|(?<=with )|(?<=than )|(?<=over )|" \
        r"(?<='s )|(?<=\d )|(?<=th )|(?<=st )|(?<=rd )|(?<=nd )|(?<=, ))(?P<mon2>may|march|mar)" \
        r"|(?P<mon3>may|march|mar)(?= ?(?:20\d\d|\d{1,2}(?!\d)|$|[,?.!]|this|last|vs|by )))"
YEAR = r"(?P<year>20[0-4]\d)"
COUNT = r"(?P<n>\d{1,3}|a couple of|couple of|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|" \
        r"fifteen|twenty|thirty|fifty)"
UNIT = r"(?P<u>day|week|month|quarter|year)"
REL_YEAR = r"(?P<ry>last year|this year|the year before last|the previous year|previous year)"


def _unit(match: re.Match[str]) -> Unit:
    return match["u"]  # type: ignore[return-value]


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


def _months(first: date, count: int, match: re.Match[str], clock: Clock, unit: str = "free") -> Period:
    said = match.group().strip()
    return Period(bounded(first, add_months(first, count), unit, said, clock.today),  # type: ignore[arg-type]
                  explicit_year=bool(said_year(match, clock.today)))


def _month(match: re.Match[str], clock: Clock) -> Meaning:
    number = MONTH_WORDS[match["mon"] or match["mon2"] or match["mon3"]]
    return _months(latest(number, clock.today, said_year(match, clock.today)), 1, match, clock, "month")


def _quarter(match: re.Match[str], clock: Clock) -> Meaning:
    groups = match.groupdict()
    number = int(groups["q"]) if groups.get("q") else ORDINALS[groups["ord"]]
    return _months(latest(number * 3 - 2, clock.today, said_year(match, clock.today)), 3, match, clock, "quarter")


def _half(match: re.Match[str], clock: Clock) -> Meaning:
    groups = match.groupdict()
    second = (groups.get("h") or ("2" if groups["ord"] in ("second", "2nd") else "1")) == "2"
    return _months(latest(7 if second else 1, clock.today, said_year(match, clock.today)), 6, match, clock)


def _year(match: re.Match[str], clock: Clock) -> Meaning:
    return Period(around(date(int(match["year"]), 1, 1), "year", match.group(), clock.today))


def _bare_year(match: re.Match[str], clock: Clock) -> Meaning:
    return Period(around(date(int(match["year"]), 1, 1), "year", match.group(), clock.today), weak=True)


def day_of(year: int, month: int, day: int) -> date | None:
    """A date, or None for the 31st of June."""
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _date(match: re.Match[str], clock: Clock) -> Meaning | None:
    groups = match.groupdict()
    month = int(groups["m"]) if groups.get("m") else MONTH_WORDS[groups["mon"] or groups["mon2"] or groups["mon3"]]
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
    return Period(TimeRange(start=day, end=last + DAY, said=match.group(), unit=unit),  # type: ignore[arg-type]
                  explicit_year=year is not None)


def _ago(match: re.Match[str], clock: Clock) -> Meaning:
    return Period(relative(-count_of(match["n"]), _unit(match), match.group(), clock.today, clock.week_start))


def _named(offset: int) -> Maker:
    def make(match: re.Match[str], clock: Clock) -> Meaning:
        return Period(relative(offset, _unit(match), match.group(), clock.today, clock.week_start))
    return make


def _day(offset: int) -> Maker:
    def make(match: re.Match[str], clock: Clock) -> Meaning:
        return Period(relative(offset, "day", match.group(), clock.today))
    return make


def _to_date(match: re.Match[str], clock: Clock) -> Meaning:
    unit: Unit = {"w": "week", "m": "month", "q": "quarter", "y": "year"}[match["td"][0]]  # type: ignore[assignment]
    return Period(relative(0, unit, match.group(), clock.today, clock.week_start))


def _trailing(match: re.Match[str], clock: Clock) -> Meaning:
    return Period(trailing(count_of(match["n"]), _unit(match), match.group(), clock.today, clock.week_start))


def _past_unit(match: re.Match[str], clock: Clock) -> Meaning:
    """past week = the last 7 days, past month = since the same day a month ago, past year = 12 months."""
    unit, said, today = match["u"], match.group(), clock.today
    if unit == "week":
        return Period(trailing(7, "day", said, today))
    return Period(rolling_month(said, today, {"month": 1, "quarter": 3, "year": 12}.get(unit, 1)))


def _weekend(match: re.Match[str], clock: Clock) -> Meaning:
    today = clock.today
    saturday = today - timedelta(days=(today.weekday() - 5) % 7)
    if "last" in match.group() and today.weekday() >= 5:
        saturday -= timedelta(days=7)
    return Period(bounded(saturday, saturday + 2 * DAY, "free", match.group(), today))


def _weekday(match: re.Match[str], clock: Clock) -> Meaning:
    number, today = WEEKDAYS[match["wd"]], clock.today
    back = (today.weekday() - number) % 7 or 7
    if match["when"] == "this":
        back = (today.weekday() - number) % 7
    return Period(TimeRange(start=today - back * DAY, end=today - (back - 1) * DAY, said=match.group(), unit="day"))


def _part_of_month(match: re.Match[str], clock: Clock) -> Meaning:
    number = MONTH_WORDS[match["mon"] or match["mon2"] or match["mon3"]]
    first = latest(number, clock.today, said_year(match, clock.today))
    following = add_months(first, 1)
    groups = match.groupdict()
    if groups.get("half"):
        middle = first + 15 * DAY
        start, end = (first, middle) if groups["half"] in ("first", "1st") else (middle, following)
    else:
        days = count_of(groups["n"] or "one") * (7 if groups["u"] == "week" else 1)
        start, end = (first, first + days * DAY) if groups["edge"] == "first" else (following - days * DAY, following)
    return Period(TimeRange(start=start, end=end, said=match.group(), unit="free"))


def _ever(match: re.Match[str], clock: Clock) -> Meaning:
    return Period(TimeRange(start=None, end=clock.today + DAY, said=match.group(), unit="free"))


def _same(meaning: Meaning) -> Maker:
    return lambda match, clock: meaning


RULES: tuple[tuple[str, Maker], ...] = (
    (r"today(?:'s)?|so far today", _day(0)),
    (r"yesterday(?:'s)?|yday(?:'s)?|yest(?:'s)?|ystd|ytd's day", _day(-1)),
    (r"(?:the )?day before (?:yesterday|yday)(?:'s)?", _day(-2)),
    (rf"(?:this|the current|current|the running|the present) {UNIT}(?:'s)?(?: so far| to date)?", _named(0)),
    (rf"(?:so far|thus far) (?:in )?(?:this|the current) {UNIT}", _named(0)),
    (rf"{UNIT}[ -]to[ -]date|{UNIT.replace('<u>', '<uu>')} so far", lambda m, c: Period(relative(
        0, m["u"] or m["uu"], m.group(), c.today, c.week_start))),
    (r"(?P<td>[wmqy]td)", _to_date),
    (rf"(?:the )?(?:last|previous|prior|preceding|last (?:full|complete|whole|calendar)|previous calendar)"
     rf" {UNIT}(?:'s)?", _named(-1)),
    (rf"(?:the )?{UNIT}s? before last(?:'s)?|(?:the )?before last {UNIT.replace('<u>', '<uu>')}",
     lambda m, c: Period(relative(-2, m["u"] or m["uu"], m.group(), c.today, c.week_start))),
    (rf"(?:in |over |during |for )?(?:the )?(?:last|past|previous|trailing|recent|most recent|latest|preceding)"
     rf" {COUNT}[ -](?:full |complete |whole |calendar )?{UNIT}s?(?:')?", _trailing),
    (r"(?:in |over |during |for )?(?:the )?past (?P<u>week|month|quarter|year)(?:'s)?", _past_unit),
    (r"(?:l|last |past )(?P<n>\d{1,3})(?P<u>d|w|m)", lambda m, c: Period(trailing(
        int(m["n"]), {"d": "day", "w": "week", "m": "month"}[m["u"]], m.group(), c.today, c.week_start))),  # type: ignore[arg-type]
    (r"(?P<n>\d{1,3})[ -]day(?: trailing| rolling)?(?: window)", lambda m, c: Period(trailing(
        int(m["n"]), "day", m.group(), c.today))),
    (rf"{COUNT} {UNIT}s? ago(?:'s)?", _ago),
    (r"(?:a|one) (?P<u>day|week|month|quarter|year) ago(?:'s)?", _named(-1)),
    (r"(?:last|past|previous|the last|the past) (?:half[ -]year|half a year|six months)", lambda m, c: Period(
        trailing(6, "month", m.group(), c.today))),
    (rf"(?:{YEAR} ?[- ]?)?q(?P<q>[1-4])", _quarter),
    (rf"q(?P<q>[1-4])(?: of|,)?[ -]?{YEAR}", _quarter),
    (rf"q(?P<q>[1-4])(?: of)? {REL_YEAR}", _quarter),
    (r"(?P<ry>last year|this year)(?:'s)? q(?P<q>[1-4])", _quarter),
    (rf"(?:the )?(?P<ord>first|second|third|fourth|1st|2nd|3rd|4th|final) quarter"
     rf"(?:(?: of)? (?:{YEAR}|{REL_YEAR}))?", _quarter),
    (rf"(?:{YEAR} ?)?h(?P<h>[12])", _half),
    (rf"h(?P<h>[12])(?: of)? ?(?:{YEAR}|{REL_YEAR})", _half),
    (rf"(?:the )?(?P<ord>first|second|1st|2nd) half(?: of)?(?: the year| (?:{YEAR}|{REL_YEAR}))", _half),
    (rf"(?P<ry>last year|this year)(?:'s)? (?P<ord>first|second) half", _half),
    (rf"(?:in |the month of |month of )?{MONTH}(?:'s)?", _month),
    (rf"{MONTH}(?: of|,)? ?{YEAR}(?:'s)?", _month),
    (rf"{MONTH}(?: of)? {REL_YEAR}", _month),
    (rf"(?P<ry>last year|this year)(?:'s)? {MONTH}", _month),
    (rf"(?:last|this|this past) {MONTH}", _month),
    (rf"{MONTH} (?:the )?(?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?!\d)(?:,? {YEAR})?", _date),
    (rf"{MONTH} (?P<d>\d{{1,2}})(?:st|nd|rd|th)? ?(?:-|to|through|until) ?(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?(?!\d)"
     rf"(?:,? {YEAR})?", _date),
    (rf"(?:the )?(?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? {MONTH}(?:,? {YEAR})?", _date),
    (rf"(?P<d>\d{{1,2}})(?:st|nd|rd|th)? ?(?:-|to) ?(?P<d2>\d{{1,2}})(?:st|nd|rd|th)? {MONTH}(?:,? {YEAR})?", _date),
    (rf"{YEAR}[-/.](?P<m>0?[1-9]|1[0-2])[-/.](?P<d>0[1-9]|[12]\d|3[01]|[1-9])(?!\d)", _date),
    (rf"{YEAR}[-/](?P<mm>0[1-9]|1[0-2])(?![-/\d])", lambda m, c: _months(
        date(int(m["year"]), int(m["mm"]), 1), 1, m, c, "month")),
    (rf"(?:in|of|for|during|year|calendar year|fy|all of|full year|whole of|throughout)(?: the year)? {YEAR}(?:'s)?",
     _year),
    (rf"{YEAR}'s", _year),
    (rf"(?<!sku )(?<!order )(?<!product )(?<!item )(?<!model )(?<!no )(?<!#)(?<!id )(?<!top )(?<!款号)(?<!编号){YEAR}(?!\s?(?:件|元|块|单|个|人|units|orders|items|rmb|yuan|cny))", _bare_year),
    (rf"(?:the )?(?P<half>first|second|1st|2nd) half of {MONTH}(?: {YEAR})?", _part_of_month),
    (rf"(?:the )?(?P<edge>first|last) (?:{COUNT} )?(?P<u>day|week)s? of {MONTH}(?: {YEAR})?", _part_of_month),
    (r"(?:this|last|the|the past) weekend(?:'s)?", _weekend),
    (rf"(?:(?P<when>last|this|on|past) )(?P<wd>{'|'.join(WEEKDAYS)})(?:'s)?", _weekday),
    (r"all[ -]time|ever since we started|since the beginning|since launch|in our whole history", _ever),
    (r"lately|recently|these days|of late|at present|nowadays", _same(Vague())),
    (r"yoy|y/y|y-o-y|year[ -](?:over|on)[ -]year|(?:vs\.? |versus |over |against |compared (?:to|with) |than )?(?:in |for )?"
     r"(?:the )?same (?:period|month|week|quarter|day|days|dates|time|months)(?: in| of)?(?: the)? "
     r"(?:last year|previous year|prior year|year before|a year (?:ago|earlier|before))",
     _same(Relative("year_ago"))),
    (r"(?:vs\.? |versus |over |against |from |compared (?:to|with) |than )?(?:a|one) year (?:ago|earlier|before)",
     _same(Relative("year_ago"))),
    (r"(?:vs\.?|versus|against|compared (?:to|with)) (?:py|ly|prior year|previous year|the previous year|the prior year)",
     _same(Relative("year_ago"))),
    (r"(?P<per>[dwmq])(?:o|/)(?P=per)", lambda m, c: Relative("previous_period", {
        "d": "day", "w": "week", "m": "month", "q": "quarter"}[m["per"]])),  # type: ignore[arg-type]
    (rf"{UNIT}[ -](?:over|on)[ -](?P=u)", lambda m, c: Relative(
        "year_ago") if m["u"] == "year" else Relative("previous_period", m["u"])),  # type: ignore[arg-type]
    (rf"(?:the )?{UNIT} (?:before|earlier|prior)(?: that)?|(?:the )?(?:one|period) before(?: that)?",
     lambda m, c: Relative("year_ago" if m["u"] == "year" else "previous_period", m["u"] or None)),  # type: ignore[arg-type]
    (r"(?:the )?(?:previous|prior|preceding|last) period", _same(Relative("previous_period"))),
    (r"(?:vs\.?|versus|against|in comparison (?:to|with)|compared? (?:it )?(?:to|with|against)|relative to|"
     r"compare[ds]?(?: that)?|than|comparing)", _same(Versus())),
    (r"since|starting(?: from| in| on)?|from (?=[^?]*(?:on|onwards?|on wards)\b)", _same(Bound("since"))),
    (r"after", _same(Bound("after"))),
    (r"before|prior to", _same(Bound("before"))),
    (r"until|till|up to|(?<!sell )(?<!click )through|as of|up until|by the end of", _same(Bound("until"))),
    (r"(?:on )?(?:which |what )?(?P<u>day|week|month)s(?= with | where | when | on which | that had | in which | having )",
     lambda m, c: Grained(m["u"])),  # type: ignore[arg-type]
    (r"daily|day by day|(?:by|per|each|every|for each|a|for every) day|per[- ]day|by date|on a daily basis|day to day",
     _same(Grained("day"))),
    (r"weekly|week by week|(?:by|per|each|every|for each|for every) week|on a weekly basis|by calendar week",
     _same(Grained("week"))),
    (r"monthly|month by month|(?:by|per|each|every|for each|for every) month|on a monthly basis|by calendar month",
     _same(Grained("month"))),
    (r"quarterly|quarter by quarter|(?:by|per|each|every|for each|for every) quarter", _same(Grained("quarter"))),
    (r"and (?:by |per )?(?P<u>day|week|month|quarter|year)(?! (?:before|ago|over|on|to|so|earlier|prior))",
     lambda m, c: Grained(m["u"])),  # type: ignore[arg-type]
    (r"yearly|annually|annual|year by year|(?:by|per|each|every|for each|for every) year", _same(Grained("year"))),
)
