"""What a span of time words can mean. Everything here is a value; nothing reads a clock."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from queries.query import Grain, TimeRange


@dataclass(frozen=True)
class PromoDay:
    """One row of `promo_calendar`; both days inclusive, `platform` None = everywhere."""

    promo: str
    platform: str | None
    starts_on: date
    ends_on: date
    name_en: str = ""
    name_zh: str = ""


@dataclass(frozen=True)
class Clock:
    """Everything the grammar needs to know about now."""

    today: date
    week_start: int = 0
    promos: tuple[PromoDay, ...] = ()


@dataclass(frozen=True)
class Period:
    """A range of dates. `point` is what it counts as an end of "from A to B"."""

    range: TimeRange
    explicit_year: bool = True
    weak: bool = False
    """A bare year or day that is time only where nothing else fits."""
    others: tuple[TimeRange, ...] = ()
    """What the same words can also mean: 3/4/2026, this autumn. The asker chooses."""
    ends: tuple[TimeRange, ...] = ()
    """The two periods that "from Q2 to Q3" joins: where something grew "from Q2 to Q3", they are compared."""


@dataclass(frozen=True)
class Festival:
    """A promotion named in the text; its dates come from the calendar once the platform is known."""

    promo: str
    year: int | None = None
    part: Literal["period", "day", "week"] = "period"
    said: str = ""
    days: int = 0
    """国庆7天: the first seven days."""
    around: int = 0
    """双11前一周, 后3天: so many days before it begins (below nothing) or after its end."""
    weak: bool = False
    """618 with no word of time or festival around it: it may be a price."""


@dataclass(frozen=True)
class Relative:
    """A comparison that depends on the main period: 环比, YoY, the month before."""

    kind: Literal["previous_period", "year_ago", "same_festival_last_year"]
    unit: Grain | None = None
    """WoW means weeks, MoM months; None = of the same kind as the main period."""


@dataclass(frozen=True)
class Versus:
    """vs, against, compared with, 比, 对比: what follows is set beside what went before."""


@dataclass(frozen=True)
class Grained:
    """per day, by week, 每天, 按月: one row for each."""

    grain: Grain


@dataclass(frozen=True)
class Vague:
    """lately, recently, 最近: a default period is declared for it."""


@dataclass(frozen=True)
class Bound:
    """since, before, after, until: opens or closes the range of the time span beside it."""

    kind: Literal["since", "after", "before", "until"]


Meaning = Period | Festival | Relative | Versus | Grained | Vague | Bound


@dataclass(frozen=True)
class TimeSpan:
    """Words [start, end) of the normalised text and what they mean."""

    start: int
    end: int
    meaning: Meaning = field(hash=False)
