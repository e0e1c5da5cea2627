"""What every order connector must survive without losing, doubling or staling an order.

clean     a full sync, some changes, an incremental sync
faults    429 with Retry-After, 500, dropped, cut and slow answers
churn     orders change while pages are read; then a quiet run
crowd     five pages of orders changed in one second, and more change while they are read
kill -9   the process dies three times; then a quiet run
late      changes stamped 400 seconds ago become visible only now
...and the access token expires in the middle of a walk.

A new platform adds one line to CONNECTORS. The test command runs the clean scenario for every platform and the others
for one of each kind of list (time windows, windows without a total, keyset and cursor); `make contract`
(EVERY_SCENARIO=1) runs all for all.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

CONNECTORS = [
    "taobao",
    "jd",
    "douyin",
    "xiaohongshu",
    "shopify",
    "woocommerce",
    "amazon",
    "tiktok_shop",
    "lazada",
    "shopee",
    "ebay",
    "etsy",
    "walmart",
    "pinduoduo",
    "kuaishou",
    "mercado_libre",
]
NO_TOKENS = {"woocommerce"}
"""Keys that never expire."""

Make = Callable[..., Any]
EVERY = bool(os.environ.get("EVERY_SCENARIO"))
THOROUGH = CONNECTORS if EVERY else ["shopify", "woocommerce"]
FEW = CONNECTORS if EVERY else ["woocommerce"]
"""For what one connector of a kind shows as well as all."""
platforms = pytest.mark.parametrize("platform", CONNECTORS)
thorough = pytest.mark.parametrize("platform", THOROUGH)
few = pytest.mark.parametrize("platform", FEW)


@platforms
def test_clean(shop: Make, platform: str) -> None:
    here = shop(platform)
    whole = sum(report.rows_read for report in here.sync())
    here.assert_exact()

    here.world.advance(timedelta(minutes=30))
    here.touched |= set(here.world.touch(platform, count=2)) | set(here.world.place(platform, 1))
    changes = sum(report.rows_read for report in here.sync())
    here.assert_exact()
    assert changes < whole, "the second sync does not read everything"

    again = here.sync()
    assert sum(report.rows_written for report in again) == 0, "nothing changed, so nothing is written"
    here.assert_exact()
    assert not here.sandbox.violations
    here.assert_no_person()


@thorough
def test_faults(shop: Make, platform: str) -> None:
    here = shop(platform)
    faults = here.sandbox.faults
    faults.add(platform, "429", at=(5, 7, 23), retry_after=1)
    faults.add(platform, "500", every=9)
    faults.add(platform, "drop", every=13)
    faults.add(platform, "cut", every=11)
    faults.add(platform, "slow", every=29, seconds=0.2)
    reports = here.sync()
    assert sum(report.retries for report in reports) >= 3, "the shop did misbehave"
    faults.clear()
    here.assert_exact()
    assert not here.sandbox.violations


@pytest.mark.parametrize(
    ("platform", "clock"), [(p, "standing") for p in THOROUGH] + [(p, "running") for p in FEW])
def test_churn(shop: Make, platform: str, clock: str) -> None:
    """Under a standing clock (SOUK_NOW) every change is stamped with the very second of the sync."""
    here = shop(platform, running=clock == "running")
    here.sandbox.faults.add(platform, "churn", every=2, touch=2)
    here.sync(well=False)
    here.sandbox.faults.clear()
    if clock == "running":
        time.sleep(1.1)  # the second of the last change is over
    here.sync()
    here.assert_exact()


@few
def test_crowd(shop: Make, platform: str) -> None:
    here = shop(platform)
    here.sync()
    here.world.advance(timedelta(hours=1))
    here.touched |= set(here.world.touch(platform, count=25, at=here.world.now - timedelta(minutes=20)))
    here.sandbox.faults.add(platform, "churn", every=1, touch=1)
    here.sync(well=False)
    here.sandbox.faults.clear()
    here.world.advance(timedelta(minutes=5))
    here.sync()
    here.assert_exact()
    assert not here.sandbox.violations


@thorough
def test_kill_9(shop: Make, platform: str) -> None:
    here = shop(platform)
    here.kill_a_sync("after", 2)
    here.kill_a_sync("before", 2)
    here.kill_a_sync("after", 1)
    rest = here.requests_of(here.sync)
    here.assert_exact()
    whole = here.requests_of(lambda: here.sync(full=True))
    assert rest < whole, "after a kill the sync goes on, it does not begin again"
    here.assert_exact()


@few
def test_late(shop: Make, platform: str) -> None:
    here = shop(platform)
    here.touched |= set(here.world.late(platform, 5, seconds=400))
    here.sync()
    here.world.reveal()
    here.sync()
    here.assert_exact()


@pytest.mark.parametrize("platform", [name for name in THOROUGH if name not in NO_TOKENS])
def test_token_expires_in_the_middle(shop: Make, platform: str) -> None:
    here = shop(platform)
    before = here.vault.settings(platform).get("access_token")
    here.sandbox.faults.add(platform, "expire", at=(7,))
    here.sync()
    here.assert_exact()
    assert here.vault.settings(platform)["access_token"] != before, "the rotated token is stored"
