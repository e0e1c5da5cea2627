"""`souk sync`: what stays true after everything is read again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import structlog

from queries.warehouse import Warehouse

LATER = datetime(2027, 2, 1, 4, tzinfo=UTC)
"""More than 730 days after the first orders of the served shop."""
LAPSED = """
    SELECT count(*) FROM (SELECT customer_key FROM orders WHERE customer_key IS NOT NULL
    GROUP BY customer_key HAVING max(created_at) < TIMESTAMP '2025-02-01')"""


def test_a_full_sync_brings_no_lapsed_buyer_back(
    market: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    here = market("woocommerce")
    here.connect("woocommerce")
    here.souk("sync", "--streams", "orders")
    warehouse = Warehouse(here.home, clock=lambda: LATER)
    [(before,)] = warehouse.look(LAPSED)
    assert before > 5, "they have not lapsed yet"

    here.world.advance(LATER - here.world.now)
    monkeypatch.setenv("SOUK_NOW", LATER.isoformat())
    again = here.souk("sync", "--full", "--streams", "orders")
    assert again.status == 0, again.err + again.out
    assert warehouse.look(LAPSED) == [(0,)]
    assert warehouse.look("SELECT count(*) > 20 FROM orders WHERE customer_key IS NOT NULL") == [(True,)]


def test_a_failed_sync_prints_its_report_alone(market: Callable[[str], Any]) -> None:
    """What is printed can be piped; the log is on the other stream."""
    structlog.reset_defaults()
    here = market("woocommerce")
    here.connect("woocommerce")
    here.sandbox.faults.add("woocommerce", "429", path="/orders", times=10**6, every=1, retry_after=7200)
    said = here.souk("sync", "--json", "--streams", "orders")
    assert said.status == 1
    assert [row["status"] for row in said.rows] == ["failed"]
