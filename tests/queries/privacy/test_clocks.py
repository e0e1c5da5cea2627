"""Every legal clock, at month ends and daylight-saving changes, to the minute."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from queries.privacy.clocks import DUTIES, LIMITS, incident_clocks, request_due_at

SHANGHAI, BERLIN, LOS_ANGELES = "Asia/Shanghai", "Europe/Berlin", "America/Los_Angeles"

REQUESTS = [
    # received (local), zone, regime, due (local)
    ("2026-11-15 09:30", SHANGHAI, "gdpr", "2026-12-15 09:30"),
    ("2026-01-31 10:00", SHANGHAI, "gdpr", "2026-02-28 10:00"),
    ("2028-01-31 10:00", SHANGHAI, "gdpr", "2028-02-29 10:00"),
    ("2026-08-31 23:59", SHANGHAI, "gdpr", "2026-09-30 23:59"),
    ("2026-12-31 00:00", SHANGHAI, "gdpr", "2027-01-31 00:00"),
    ("2026-10-01 12:00", BERLIN, "gdpr", "2026-11-01 12:00"),  # clocks went back: 31 days and an hour
    ("2026-03-15 12:00", BERLIN, "gdpr", "2026-04-15 12:00"),  # clocks went forward
    ("2026-01-29 02:30", BERLIN, "gdpr", "2026-02-28 02:30"),
    ("2026-11-15 09:30", SHANGHAI, "ccpa", "2026-12-30 09:30"),
    ("2026-02-01 08:00", LOS_ANGELES, "ccpa", "2026-03-18 08:00"),
    ("2026-11-13 18:00", SHANGHAI, "pipl", "2026-12-04 18:00"),  # a Friday: three working weeks
    ("2026-11-14 18:00", SHANGHAI, "pipl", "2026-12-04 18:00"),  # a Saturday: Monday is the first day
    ("2026-11-16 00:00", SHANGHAI, "pipl", "2026-12-07 00:00"),  # a Monday
    ("2026-12-31 10:00", SHANGHAI, "pipl", "2027-01-21 10:00"),
]


def at(text: str, zone: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


@pytest.mark.parametrize(("received", "zone", "regime", "due"), REQUESTS)
def test_requests_are_due(received: str, zone: str, regime: str, due: str) -> None:
    assert request_due_at(at(received, zone), regime, ZoneInfo(zone)) == at(due, zone)  # type: ignore[arg-type]


def test_a_time_of_day_that_daylight_saving_skips_is_not_late() -> None:
    received = at("2026-02-28 02:30", BERLIN)
    due = request_due_at(received, "gdpr", ZoneInfo(BERLIN))
    assert due == at("2026-03-28 02:30", BERLIN)
    skipped = request_due_at(at("2026-02-12 02:30", BERLIN), "ccpa", ZoneInfo(BERLIN))
    assert skipped == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


def test_every_regime_has_a_reference() -> None:
    assert set(LIMITS) == {"gdpr", "ccpa", "pipl"}
    assert all(limit.reference for limit in LIMITS.values()) and all(duty.reference for duty in DUTIES)


INCIDENTS = [
    # platforms, regions, severity, {duty: hours}
    (["taobao"], [], "low", {"pipl/notify_authority_and_persons": 0}),
    (
        ["taobao"],
        [],
        "serious",
        {"pipl/notify_authority_and_persons": 0, "cn_incident_2025/report_to_provincial_regulator": 4},
    ),
    (["woocommerce"], ["eu"], "low", {"gdpr/notify_supervisory_authority": 72}),
    (["woocommerce"], ["EU"], "high", {"gdpr/notify_supervisory_authority": 72, "gdpr/notify_persons": 72}),
    (["amazon"], [], "medium", {"amazon_dpp/notify_amazon_security": 24}),
    (["amazon"], ["uk"], "medium", {"amazon_dpp/notify_amazon_security": 24, "uk_gdpr/notify_ico": 72}),
    (["shopify"], [], "serious", {}),
    ([], [], "serious", {}),
]


@pytest.mark.parametrize(("platforms", "regions", "severity", "hours"), INCIDENTS)
def test_incidents_start_the_clocks_of_whom_they_hit(
    platforms: list[str], regions: list[str], severity: str, hours: dict[str, int]
) -> None:
    detected = datetime(2026, 3, 28, 23, 17, tzinfo=UTC)  # an hour before Europe's clocks change
    clocks = incident_clocks(detected, platforms=platforms, regions=regions, severity=severity)  # type: ignore[arg-type]
    assert {f"{c.regime}/{c.duty}": (c.due_at - detected).total_seconds() / 3600 for c in clocks} == hours
    assert [c.due_at for c in clocks] == sorted(c.due_at for c in clocks)


def test_seventy_two_hours_are_elapsed_hours_whatever_the_clock_on_the_wall_does() -> None:
    detected = at("2026-10-24 12:05", BERLIN)
    (clock,) = incident_clocks(detected, platforms=[], regions=["eu"], severity="low")
    assert clock.due_at.astimezone(ZoneInfo(BERLIN)).isoformat() == "2026-10-27T11:05:00+01:00"
