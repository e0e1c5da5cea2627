"""When people buy: seasons, the week, the hours, the festivals and their presale phases."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache

BEIJING = timezone(timedelta(hours=8))

SPRING_FESTIVAL = {
    2022: date(2022, 2, 1),
    2023: date(2023, 1, 22),
    2024: date(2024, 2, 10),
    2025: date(2025, 1, 29),
    2026: date(2026, 2, 17),
    2027: date(2027, 2, 6),
    2028: date(2028, 1, 26),
    2029: date(2029, 2, 13),
    2030: date(2030, 2, 3),
    2031: date(2031, 1, 23),
    2032: date(2032, 2, 11),
}
"""First day of the Chinese year (Hong Kong Observatory's conversion table)."""

WEEK = {"cn": (0.96, 0.94, 0.95, 0.98, 1.02, 1.10, 1.05), "west": (1.06, 1.02, 0.98, 0.96, 0.94, 0.96, 1.08)}
WEEK["sea"] = WEEK["cn"]
MONTHS = {
    "cn": (1.00, 0.92, 1.00, 0.96, 1.00, 1.02, 0.88, 0.92, 1.02, 1.04, 1.10, 1.06),
    "west": (0.86, 0.84, 0.92, 0.95, 1.00, 0.96, 0.92, 0.94, 1.00, 1.06, 1.22, 1.30),
}
HOURS = {
    "cn": (14, 8, 5, 3, 2, 3, 8, 18, 30, 42, 52, 50, 48, 46, 46, 48, 48, 46, 48, 58, 76, 86, 70, 38),
    "west": (10, 6, 4, 3, 3, 5, 12, 22, 34, 44, 50, 54, 58, 54, 50, 50, 52, 54, 58, 64, 70, 62, 40, 22),
}
MONTHS["sea"], HOURS["sea"] = MONTHS["west"], HOURS["cn"]


@dataclass(frozen=True, slots=True)
class Festival:
    name: str
    side: str
    """cn|west|sea (Southeast Asia)."""
    days: dict[date, float]
    """Demand multiplier of each of its days."""


@dataclass(frozen=True, slots=True)
class Presale:
    """Deposit in the first phase, balance in the second; a balance unpaid at `balance_to` lapses."""

    name: str
    deposit_from: date
    deposit_to: date
    balance_from: datetime
    balance_to: datetime


def _run(first: date, *factors: float) -> dict[date, float]:
    return {first + timedelta(days=i): factor for i, factor in enumerate(factors)}


def thanksgiving(year: int) -> date:
    """Fourth Thursday of November."""
    first = date(year, 11, 1)
    return first + timedelta(days=(3 - first.weekday()) % 7 + 21)


@lru_cache(maxsize=64)
def festivals(year: int) -> tuple[Festival, ...]:
    spring = SPRING_FESTIVAL.get(year, date(year, 2, 5))
    friday = thanksgiving(year) + timedelta(days=1)
    return (
        Festival("womens_day", "cn", _run(date(year, 3, 6), 1.3, 1.5, 1.9)),
        Festival(
            "618", "cn", _run(date(year, 6, 1), 2.2, 1.5, 1.3, 1.1, *[1.05] * 9, 1.2, 1.4, 1.7, 2.2, 4.2)
        ),
        Festival("618_presale", "cn", _run(date(year, 5, 20), *[1.6] * 8)),
        Festival("double11_presale", "cn", _run(date(year, 10, 20), 2.0, *[1.5] * 9)),
        Festival("national_day", "cn", _run(date(year, 10, 1), 0.85, 0.85, 0.9, 0.9, 0.95, 0.95, 1.0)),
        Festival("double11", "cn", _run(date(year, 11, 1), 1.9, 1.4, 1.2, *[1.1] * 6, 2.0, 5.0)),
        Festival("double12", "cn", _run(date(year, 12, 10), 1.3, 1.6, 2.4)),
        Festival("new_year_goods", "cn", _run(spring - timedelta(days=24), *[1.3] * 14)),
        Festival(
            "spring_festival", "cn", _run(spring - timedelta(days=5), *[0.45] * 3, *[0.22] * 8, 0.5, 0.7)
        ),
        Festival("black_friday", "west", _run(friday - timedelta(days=1), 1.8, 4.2, 2.6, 2.2)),
        Festival("cyber_monday", "west", _run(friday + timedelta(days=3), 3.6, 1.4)),
        Festival("double9", "sea", _run(date(year, 9, 9), 2.6)),
        Festival("double11", "sea", _run(date(year, 11, 10), 1.5, 4.4, 1.4)),
        Festival("double12", "sea", _run(date(year, 12, 11), 1.3, 3.4)),
        Festival("christmas", "west", _run(date(year, 12, 24), 0.4, 0.25, 0.5)),
    )


def _beijing(year: int, month: int, day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=BEIJING).astimezone(UTC)


@lru_cache(maxsize=16)
def presales(year: int) -> tuple[Presale, ...]:
    return (
        Presale(
            "618",
            date(year, 5, 20),
            date(year, 5, 27),
            _beijing(year, 5, 31, 20),
            _beijing(year, 6, 3, 23, 59),
        ),
        Presale(
            "double11",
            date(year, 10, 20),
            date(year, 10, 29),
            _beijing(year, 10, 31, 20),
            _beijing(year, 11, 3, 23, 59),
        ),
    )


def presale_on(day: date) -> Presale | None:
    return next((p for p in presales(day.year) if p.deposit_from <= day <= p.deposit_to), None)


@lru_cache(maxsize=4096)
def festival_factor(side: str, day: date) -> float:
    factor = 1.0
    for festival in festivals(day.year):
        if festival.side == side:
            factor *= festival.days.get(day, 1.0)
    return factor


def festive(side: str, day: date) -> bool:
    """A day on which shops discount."""
    return festival_factor(side, day) >= 1.25


@lru_cache(maxsize=8192)
def demand(side: str, day: date) -> float:
    """How many times an average day: Double 11 is about 5, the Chinese New Year 0.2."""
    return MONTHS[side][day.month - 1] * WEEK[side][day.weekday()] * festival_factor(side, day)


def next_festival(side: str, day: date, within: int) -> date | None:
    """The strongest festival day in the coming `within` days, if there is one."""
    best = max((day + timedelta(days=i) for i in range(within)), key=lambda d: festival_factor(side, d))
    return best if festival_factor(side, best) >= 1.8 else None
