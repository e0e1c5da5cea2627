"""`souk doctor`: what is looked at, what is found amiss, and what to do."""

from __future__ import annotations

import socket
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.cli import doctor
from connectors.engine.clocks import ahead
from queries.warehouse import Check, State, Warehouse
from tests.bot.cli.conftest import NOW

Serve = Callable[[str], Any]


def checks(souk: Any) -> dict[str, dict[str, Any]]:
    return {row["name"]: row for row in souk("doctor", "--json").rows}


def test_every_check_says_how_it_is_and_what_to_do(souk_at: Any) -> None:
    found = checks(souk_at)
    assert list(found) == ["settings", *doctor.CHECKS]
    assert all(row["do"] for row in found.values() if row["status"] != "pass")
    assert found["schedule"]["status"] == "warn" and "souk schedule" in found["schedule"]["do"]
    assert "SOUK_NOW" in found["clock"]["found"]
    assert "✓ secret" in souk_at("doctor").out


# --- clock --------------------------------------------------------------------------------------------------


def test_the_clock_is_compared_with_the_platforms_answers(
    market: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = market("woocommerce")
    url = here.sandbox.base_url("woocommerce")
    [(host, off)] = ahead([url, url + "/x"]).items()
    assert host in url and abs(off) <= timedelta(seconds=2)


def test_offline_there_is_nothing_to_compare() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    assert ahead([f"http://127.0.0.1:{port}"]) == {}


@pytest.mark.parametrize(("seconds", "status"), [(2, "pass"), (90, "warn"), (-90, "warn"), (-400, "fail")])
def test_a_clock_that_is_off(
    market: Serve, monkeypatch: pytest.MonkeyPatch, seconds: int, status: str
) -> None:
    here = market("woocommerce")
    here.connect("woocommerce")
    monkeypatch.delenv("SOUK_NOW")
    monkeypatch.setattr(
        "connectors.engine.clocks.ahead", lambda urls: {"shop.example": timedelta(seconds=seconds)}
    )
    found = checks(here.souk)["clock"]
    assert found["status"] == status
    assert status == "pass" or ("NTP" in found["do"] and ("behind" in found["found"]) == (seconds < 0))


# --- tokens -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("platform", "note", "days", "status"), [
    ("taobao", "_renew_at", -1, "pass"), ("taobao", "_refresh_ends_at", 3, "warn"),
    ("taobao", "_refresh_ends_at", -1, "fail"), ("taobao", "_refresh_ends_at", 30, "pass"),
    ("weibo", "_renew_at", 30, "pass"), ("weibo", "_renew_at", 3, "warn"), ("weibo", "_renew_at", -1, "fail"),
])  # fmt: skip
def test_tokens_that_people_must_renew_are_told_in_time(
    market: Serve, platform: str, note: str, days: int, status: str
) -> None:
    """Taobao's renews itself as long as its refresh token lives; Weibo gives web applications none."""
    here = market(platform)
    here.connect(platform)
    here.vault.store(platform, {note: (NOW + timedelta(days=days)).isoformat()})
    found = checks(here.souk)["tokens"]
    assert found["status"] == status
    assert status == "pass" or (platform in found["found"] and "rotate" in found["do"])


# --- schedule, fields ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("ago", "status"), [(timedelta(minutes=20), "pass"), (timedelta(hours=3), "warn")])
def test_a_job_that_is_late_shows(market: Serve, ago: timedelta, status: str) -> None:
    here = market("woocommerce")
    here.connect("woocommerce")
    State(here.home).put("schedule", "sync:woocommerce", (NOW - ago).isoformat(), now=NOW)
    found = checks(here.souk)["schedule"]
    last: datetime = NOW - ago + timedelta(hours=8)
    assert (
        found["status"] == status
        and f"{last:%m-%d %H:%M}" in found["found"]
        and "backup never" in found["found"]
    )


def test_a_throttled_connection_shows(market: Serve) -> None:
    here = market("woocommerce")
    here.connect("woocommerce")
    state = State(here.home)
    state.put("schedule", "sync:woocommerce", NOW.isoformat(), now=NOW)
    state.put(
        "pressure", "woocommerce", {"until": (NOW + timedelta(hours=1)).isoformat(), "times": 1}, now=NOW
    )
    assert "throttled" in checks(here.souk)["schedule"]["found"]


def test_fields_that_the_catalogue_does_not_know_show_for_a_week(souk_at: Any, tmp_path: Any) -> None:
    for age, status in ((8, "pass"), (1, "warn")):
        warehouse = Warehouse(tmp_path / "home", clock=lambda age=age: NOW - timedelta(days=age))
        warehouse.note_quality("shop", Check("unknown_field", "warn", detail="order: gift_wrap"))
        found = checks(souk_at)["fields"]
        assert found["status"] == status
    assert "shop order: gift_wrap" in found["found"]


def test_notices_without_a_bot_token_show(souk_at: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOUK_NOTICES_CHANNEL", "C1")
    assert checks(souk_at)["slack"]["status"] == "fail"
