"""Seasons of the year, northern: this autumn, last summer, spring 2026.

Traders mean whole months (autumn is September to November), the calendar the days between equinox and solstice. The
two give different numbers, so the asker chooses; "the summer (Jun-Aug)" says itself which months it means.
"""

from __future__ import annotations

import re
from datetime import date

from queries.ask.when.english import YEAR, Maker, said_year
from queries.ask.when.meaning import Clock, Meaning, Period
from queries.ask.when.periods import DAY, add_months
from queries.query import TimeRange

_FIRST_MONTH = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}
_FIRST_DAY = {3: 20, 6: 21, 9: 23, 12: 21}
"""Equinox and solstice, within a day of every year."""
_NAME = r"(?P<s>spring|summer|autumn|winter)(?:time)?"
_WITH_FALL = r"(?P<s>spring|summer|autumn|fall|winter)(?:time)?"
_NEXT = (
    r"(?=(?:'s)? *(?:$|[,.;:?!)]|(?:by|per|vs|versus|compared|against|and|split|so|on|in|for|at|from|to|"
    r"please|pls|than|"
    r"was|were|did|do|does|we|total|with|each|on)(?![a-z])))"
)
"""What may stand behind a season that is a time: "the summer quilt" is none."""
_MONTHS = (
    r"(?= ?\(?,? ?(?:i\.?e\.? |meaning |so )?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.? ?"
    r"(?:-|to|until|through|till) ?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec))"
)


def _range(start: date, end: date, clock: Clock) -> TimeRange:
    running = start <= clock.today < end
    last = clock.today + DAY if running else end
    said = f"{start:%-d %b %Y} to {last - DAY:%-d %b %Y}"
    return TimeRange(start=start, end=last, said=said, to_date=running)


def _season(match: re.Match[str], clock: Clock) -> Meaning | None:
    if BESIDE_MONTHS.match(match.string, match.start()):
        return None  # the months in brackets say it
    month = _FIRST_MONTH[match["s"]]
    said, today = said_year(match, clock.today), clock.today
    year = said or today.year
    if said is None and date(year, month, 1) > today:
        year -= 1
    word = (match.groupdict().get("which") or "").strip()
    if word in ("last", "previous") and (said is None) and add_months(date(year, month, 1), 3) > today:
        year -= 1  # last autumn, said in autumn
    first = date(year, month, 1)
    day = date(year, month, _FIRST_DAY[month])
    following = add_months(day, 3)
    following = following.replace(day=_FIRST_DAY[following.month])
    return Period(
        _range(first, add_months(first, 3), clock),
        explicit_year=said is not None,
        others=(_range(day, following, clock),) if day <= today else (),
    )


RULES: tuple[tuple[str, Maker], ...] = (
    (
        rf"(?:in |over |during |for |of )?(?:the )?(?P<which>this|last|previous|past|this past|the past) {_WITH_FALL}"
        rf"(?:'s)?{_NEXT}",
        _season,
    ),
    (rf"(?:in |over |during |for |of )(?:the )?{_NAME}(?: (?:season|months?))?{_NEXT}", _season),
    (rf"(?:in |over |during )?(?:the )?{_WITH_FALL}(?: of)? {YEAR}(?:'s)?", _season),
    (rf"(?:in |over |during )?(?:the )?{_WITH_FALL}(?: of)? (?P<ry>last year|this year)", _season),
)
BESIDE_MONTHS = re.compile(
    rf"(?:over |during |in |for )?(?:the )?(?:this |last )?{_WITH_FALL}{_MONTHS}"
)
