"""`souk runs`: the run log, newest first, for people and for scripts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Serve = Callable[[str], Any]


def test_before_the_first_sync_it_says_so(souk_at: Any) -> None:
    said = souk_at("runs")
    assert (said.status, said.out) == (0, "") and "No sync has run yet" in said.err


def test_runs_are_listed_and_chosen(market: Serve) -> None:
    here = market("woocommerce")
    here.connect("woocommerce")
    here.souk("sync")
    here.sandbox.faults.add("woocommerce", "429", path="/orders", times=10**6, every=1, retry_after=7200)
    here.souk("sync", "--streams", "orders")
    rows = here.souk("runs", "--json").rows
    assert [(row["stream"], row["status"]) for row in rows].count(("orders", "failed")) == 1
    assert {"window_start", "rows_read", "rows_written", "requests", "retries", "seconds"} <= set(rows[0])
    assert rows[0]["started_at"] == "2026-06-20T04:00:00+00:00"

    failed = here.souk("runs", "--failed", "--json").rows
    assert [row["stream"] for row in failed] == ["orders"] and "fewer calls" in failed[0]["error"]
    assert {row["stream"] for row in here.souk("runs", "--stream", "products", "--json").rows} == {"products"}
    assert len(here.souk("runs", "--limit", "1", "--json").rows) == 1

    said = here.souk("runs", "--connection", "woocommerce").out
    assert "✗ 2026-06-20 12:00 woocommerce" in said, "on the clock of SOUK_TIMEZONE"
    assert "✓" in said and "fewer calls" in said


def test_an_unknown_connection_is_named(souk_at: Any) -> None:
    said = souk_at("runs", "--connection", "nobody")
    assert said.status == 1 and "nobody" in said.err
