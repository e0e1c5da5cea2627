"""Who buys when: buyers are won day by day, and each comes back (or not) by habit.

A visit depends only on the seed and on the days since the history began, never on the instant one looks from.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from connectors.sandbox.world.calendar import HOURS, demand, next_festival
from connectors.sandbox.world.chance import about, pick, stream
from connectors.sandbox.world.shops import HABITS


@dataclass(frozen=True, slots=True)
class Temper:
    """How a kind of buyer returns: chance of one more purchase, mean days to it, shortest gap."""

    again: float
    mean_gap: float
    least_gap: int


TEMPERS: tuple[tuple[Temper, float], ...] = (
    (Temper(0.94, 26, 4), 0.05),  # comes by all the time
    (Temper(0.68, 70, 7), 0.25),  # comes by the season
    (Temper(0.24, 110, 9), 0.70),  # mostly once
)
GUESTS = {"woocommerce": 0.12, "shopify": 0.03}
DRAWN = 0.5
"""Chance that a planned purchase waits for a festival within four weeks."""


@dataclass(frozen=True, slots=True)
class Visit:
    at: datetime
    key: str
    """The person: acquisition day and place in it."""
    turn: int
    """0 = first purchase."""
    is_guest: bool

    @property
    def order_key(self) -> str:
        return f"{self.key}/{self.turn}"


def visits(platform: str, seed: int, scale: float, first: date, last: date, tz: str) -> list[Visit]:
    """All visits from `first` to `last` (shop days, inclusive), in order of time."""
    habit, zone, found = HABITS[platform], ZoneInfo(tz), []
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        rng = stream(seed, platform, "newcomers", day)
        trend = 1 + habit.growth * number / 730
        expected = habit.visits * scale * trend * demand(habit.side, day) * rng.uniform(0.8, 1.2)
        for place in range(about(rng, expected)):
            found += _life(platform, seed, day, place, last, zone)
    return sorted(found, key=lambda visit: (visit.at, visit.key))


def _life(platform: str, seed: int, day: date, place: int, last: date, zone: ZoneInfo) -> list[Visit]:
    key = f"{day}-{place}"
    rng = stream(seed, platform, "life", key)
    temper, is_guest = pick(rng, TEMPERS), rng.random() < GUESTS.get(platform, 0.0)
    side, found, turn = HABITS[platform].side, [], 0
    while day <= last:
        found.append(Visit(_moment(rng, side, day, zone), key, turn, is_guest))
        if is_guest or rng.random() >= temper.again:
            break
        turn += 1
        day += timedelta(days=temper.least_gap + int(rng.expovariate(1 / temper.mean_gap)))
        if rng.random() < DRAWN:
            day = next_festival(side, day, 28) or day
    return found


def _moment(rng: random.Random, side: str, day: date, zone: ZoneInfo) -> datetime:
    """An instant of the local day; local times that a clock change skips fall after it."""
    hour = rng.choices(range(24), HOURS[side])[0]
    local = datetime(day.year, day.month, day.day, hour, rng.randrange(60), rng.randrange(60), tzinfo=zone)
    return local.astimezone(UTC)
