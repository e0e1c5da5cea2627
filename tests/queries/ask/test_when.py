"""The time grammar as a table: words, and the half-open days they mean on 2026-11-24."""

from __future__ import annotations

from datetime import date

import pytest

from queries.ask.normalise import normalise
from queries.ask.when import Clock, Festival, Grained, Period, Relative, Vague, Versus, tag_time
from queries.ask.when.festivals import compile_rules, resolve
from queries.ask.when.periods import previous, year_ago
from queries.query import TimeRange
from tests.queries.ask.conftest import PROMOS, TODAY

CLOCK = Clock(TODAY, 0, tuple(PROMOS))
RULES = compile_rules({"618": ["618"], "double11": ["双11", "双十一", "double 11", "singles' day"]})

PERIODS = [
    ("gmv today", "11-24", "11-25"),
    ("yday gmv", "11-23", "11-24"),
    ("前天的订单", "11-22", "11-23"),
    ("last week", "11-16", "11-23"),
    ("上上周", "11-09", "11-16"),
    ("the week before last", "11-09", "11-16"),
    ("this quarter so far", "10-01", "11-25"),
    ("本周至今", "11-23", "11-25"),
    ("mtd", "11-01", "11-25"),
    ("年初至今", "01-01", "11-25"),
    ("revenue in May", "05-01", "06-01"),
    ("9月份", "09-01", "10-01"),
    ("Q3抖音", "07-01", "10-01"),
    ("今年三季度", "07-01", "10-01"),
    ("上半年", "01-01", "07-01"),
    ("十月上旬", "10-01", "10-11"),
    ("9.1-9.15 的gmv", "09-01", "09-16"),
    ("from Oct 1 to Oct 15", "10-01", "10-16"),
    ("9月1日到15日", "09-01", "09-16"),
    ("1-3月", "01-01", "04-01"),
    ("between March and May", "03-01", "06-01"),
    ("last 30 days", "10-25", "11-24"),
    ("近30天", "10-25", "11-24"),
    ("last 3 months", "08-01", "11-01"),
    ("近半年", "05-01", "11-01"),
    ("近一周", "11-17", "11-24"),
    ("since October", "10-01", "11-25"),
    ("从10月1日起", "10-01", "11-25"),
    ("上周三", "11-18", "11-19"),
    ("上周末", "11-21", "11-23"),
    ("3天前", "11-21", "11-22"),
    ("first 10 days of november", "11-01", "11-11"),
    ("15号", "11-15", "11-16"),
]
YEARS = [
    ("Q4 last year", date(2025, 10, 1), date(2026, 1, 1)),
    ("去年第四季度", date(2025, 10, 1), date(2026, 1, 1)),
    ("25年Q3", date(2025, 7, 1), date(2025, 10, 1)),
    ("2025Q3", date(2025, 7, 1), date(2025, 10, 1)),
    ("去年10月", date(2025, 10, 1), date(2025, 11, 1)),
    ("December", date(2025, 12, 1), date(2026, 1, 1)),
    ("October 15th, 2025", date(2025, 10, 15), date(2025, 10, 16)),
    ("in 2025", date(2025, 1, 1), date(2026, 1, 1)),
    ("2025-10-01 to 2025-10-15", date(2025, 10, 1), date(2025, 10, 16)),
    ("Nov 2025 to Jan 2026", date(2025, 11, 1), date(2026, 2, 1)),
    ("before 2025", None, date(2025, 1, 1)),
]
NOT_TIME = [
    "一周年",
    "月饼",
    "半价",
    "天天特卖",
    "SKU 2024",
    "满618元",
    "¥618",
    "may we see gmv",
    "order 20251111",
    "a second look",
    "满300减50",
    "march on",
    "2024件",
]
OTHERS = [
    ("yoy", Relative("year_ago")),
    ("同比", Relative("year_ago")),
    ("环比", Relative("previous_period")),
    ("WoW", Relative("previous_period", "week")),
    ("去年同期", Relative("year_ago")),
    ("compared with", Versus()),
    ("每天", Grained("day")),
    ("weekly", Grained("week")),
    ("按月", Grained("month")),
    ("lately", Vague()),
]


def periods(text: str) -> list[TimeRange]:
    return [
        s.meaning.range for s in tag_time(normalise(text).text, CLOCK, RULES) if isinstance(s.meaning, Period)
    ]


@pytest.mark.parametrize(("text", "start", "end"), PERIODS)
def test_words_become_half_open_days(text: str, start: str, end: str) -> None:
    (found,) = periods(text)
    assert (found.start, found.end) == (
        date.fromisoformat(f"2026-{start}"),
        date.fromisoformat(f"2026-{end}"),
    )


@pytest.mark.parametrize(("text", "start", "end"), YEARS)
def test_years_and_ranges(text: str, start: date | None, end: date) -> None:
    (found,) = periods(text)
    assert (found.start, found.end) == (start, end)


@pytest.mark.parametrize("text", NOT_TIME)
def test_what_only_looks_like_time_is_not(text: str) -> None:
    spans = tag_time(normalise(text).text, CLOCK, RULES)
    assert not [s for s in spans if isinstance(s.meaning, Period | Festival)]


@pytest.mark.parametrize(("text", "meaning"), OTHERS)
def test_markers(text: str, meaning: object) -> None:
    assert meaning in [s.meaning for s in tag_time(normalise(text).text, CLOCK, RULES)]


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("今年618当天", date(2026, 6, 18), date(2026, 6, 19)),
        ("双11期间GMV", date(2026, 10, 20), date(2026, 11, 12)),
        ("双11当天GMV", date(2026, 11, 11), date(2026, 11, 12)),
        ("singles' day last year", date(2025, 10, 20), date(2025, 11, 12)),
    ],
)
def test_festivals_come_from_the_calendar(text: str, start: date, end: date) -> None:
    (festival,) = [
        s.meaning for s in tag_time(normalise(text).text, CLOCK, RULES) if isinstance(s.meaning, Festival)
    ]
    found = resolve(festival, CLOCK)
    assert found and (found.start, found.end) == (start, end)


def test_a_festival_without_a_row_has_no_days() -> None:
    assert resolve(Festival("qixi"), CLOCK) is None


@pytest.mark.parametrize(
    ("start", "end", "unit", "to_date", "before", "before_end"),
    [
        (date(2026, 5, 1), date(2026, 6, 1), "month", False, date(2026, 4, 1), date(2026, 5, 1)),
        (
            date(2026, 5, 1),
            date(2026, 6, 1),
            "month",
            True,
            date(2026, 4, 1),
            date(2026, 5, 1),
        ),  # 31 days: April has 30
        (date(2026, 11, 1), date(2026, 11, 25), "month", True, date(2026, 10, 1), date(2026, 10, 25)),
        (date(2026, 11, 10), date(2026, 11, 17), "days", False, date(2026, 11, 3), date(2026, 11, 10)),
        (date(2026, 7, 1), date(2026, 11, 1), "free", False, date(2026, 3, 1), date(2026, 7, 1)),
    ],
)
def test_the_preceding_period_is_of_the_same_kind(
    start: date, end: date, unit: str, to_date: bool, before: date, before_end: date
) -> None:
    found = previous(TimeRange(start=start, end=end, unit=unit, to_date=to_date))  # type: ignore[arg-type]
    assert found and (found.start, found.end) == (before, before_end)


@pytest.mark.parametrize(
    ("start", "end", "then", "then_end"),
    [
        (
            date(2024, 2, 1),
            date(2024, 3, 1),
            date(2023, 2, 1),
            date(2023, 3, 1),
        ),  # a leap February stays a month
        (date(2026, 11, 1), date(2026, 11, 25), date(2025, 11, 1), date(2025, 11, 25)),
        (
            date(2026, 10, 31),
            date(2026, 11, 1),
            date(2025, 10, 31),
            date(2025, 11, 1),
        ),  # the 31st is not lost
    ],
)
def test_a_year_ago_moves_the_period(start: date, end: date, then: date, then_end: date) -> None:
    found = year_ago(TimeRange(start=start, end=end))
    assert found and (found.start, found.end) == (then, then_end)
