"""Due clocks of the law: when a request must be answered and an incident reported. Pure, to the minute.

Legal months and days are counted on the workspace's wall clock and keep its time of day, hours are elapsed
hours. Where a law is read in two ways the earlier instant is taken: being early is never a breach.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

Regime = Literal["gdpr", "ccpa", "pipl"]
Severity = Literal["low", "medium", "high", "serious"]


@dataclass(frozen=True)
class Limit:
    """How long a regime gives for a subject request."""

    regime: Regime
    months: int = 0
    days: int = 0
    working_days: int = 0
    reference: str = ""


LIMITS: dict[str, Limit] = {
    limit.regime: limit
    for limit in (
        Limit("gdpr", months=1, reference="GDPR art. 12(3)"),
        Limit("ccpa", days=45, reference="CCPA 1798.130(a)(2)"),
        Limit(
            "pipl",
            working_days=15,
            reference="PIPL art. 50: timely; 15 working days is our conservative value",
        ),
    )
}


def request_due_at(received_at: datetime, regime: Regime, zone: ZoneInfo) -> datetime:
    """When the request must be answered, aware UTC.

    A month ends on the same day of the next month, or on its last day where there is none. Working days are
    Monday to Friday; public holidays do not extend the limit.

    >>> request_due_at(datetime(2026, 1, 31, 2, tzinfo=UTC), "gdpr", ZoneInfo("Asia/Shanghai")).isoformat()
    '2026-02-28T02:00:00+00:00'
    """
    limit = LIMITS[regime]
    local = received_at.astimezone(zone)
    day = _months_later(local.date(), limit.months) + timedelta(days=limit.days)
    for _ in range(limit.working_days):
        day += timedelta(days=1)
        while day.weekday() >= 5:
            day += timedelta(days=1)
    due = datetime.combine(day, local.time(), tzinfo=zone)
    return due.astimezone(UTC)


def _months_later(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


@dataclass(frozen=True)
class Duty:
    """One thing an incident obliges to, and how soon. `hours` 0 means at once."""

    regime: str
    duty: str
    hours: int
    reference: str
    scopes: frozenset[str]
    """Regions (cn, eu, uk) or platforms whose being hit starts this clock."""
    severities: frozenset[str]


_ALL = frozenset({"low", "medium", "high", "serious"})
_GRAVE = frozenset({"high", "serious"})

DUTIES: tuple[Duty, ...] = (
    Duty("pipl", "notify_authority_and_persons", 0, "PIPL art. 57", frozenset({"cn"}), _ALL),
    Duty(
        "cn_incident_2025",
        "report_to_provincial_regulator",
        4,
        "National cybersecurity incident reporting measures 2025",
        frozenset({"cn"}),
        frozenset({"serious"}),
    ),
    Duty("gdpr", "notify_supervisory_authority", 72, "GDPR art. 33", frozenset({"eu"}), _ALL),
    Duty(
        "gdpr",
        "notify_persons",
        72,
        "GDPR art. 34: without undue delay; 72 hours is our outer bound",
        frozenset({"eu"}),
        _GRAVE,
    ),
    Duty("uk_gdpr", "notify_ico", 72, "UK GDPR art. 33", frozenset({"uk"}), _ALL),
    Duty(
        "amazon_dpp",
        "notify_amazon_security",
        24,
        "Amazon Data Protection Policy",
        frozenset({"amazon"}),
        _ALL,
    ),
)

HOME_REGION: dict[str, str] = {
    **dict.fromkeys(("taobao", "jd", "douyin", "xiaohongshu", "weibo", "pinduoduo", "kuaishou"), "cn"),
    "amazon": "amazon",
}
"""What a platform's being hit implies; regions of buyers of other shops are named by whoever records."""


@dataclass(frozen=True)
class Clock:
    """A running deadline: a row of `privacy.incident_clocks`."""

    regime: str
    duty: str
    due_at: datetime


def incident_clocks(
    detected_at: datetime, *, platforms: Iterable[str], regions: Iterable[str], severity: Severity
) -> list[Clock]:
    """The deadlines that an incident starts, earliest first. Hours are elapsed hours, so DST moves none.

    >>> [c.duty for c in incident_clocks(datetime(2026, 3, 1, tzinfo=UTC), platforms=["amazon"], regions=[],
    ...                                  severity="low")]
    ['notify_amazon_security']
    """
    hit = {region.lower() for region in regions} | {HOME_REGION[p] for p in platforms if p in HOME_REGION}
    clocks = [
        Clock(duty.regime, duty.duty, detected_at + timedelta(hours=duty.hours))
        for duty in DUTIES
        if duty.scopes & hit and severity in duty.severities
    ]
    return sorted(clocks, key=lambda clock: (clock.due_at, clock.regime, clock.duty))
