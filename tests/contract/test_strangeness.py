"""What a platform may do without a word: none of it may lose money, keep a person or go unsaid.

drift     every answer has fields nobody knows, with somebody's data in them
status    an order is in a state that no documentation names
clock     our clock and the platform's differ
night     the hour that daylight saving time gives twice
yen       amounts without decimals
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.sandbox.drift import STRANGER
from tests.contract.test_five_scenarios import EVERY, few, thorough

Make = Callable[..., Any]
WORDS = {"douyin": "977", "xiaohongshu": "977", "pinduoduo": "97", "kuaishou": "97", "mercado_libre": "something_new"}
"""A state as platforms word it that number theirs, or whose sandbox has a new word of its own."""
NAMED_FIELDS = {"shopify"}
"""Platforms that answer with the fields asked for by name, so that no field can be new."""
AFTER_SUMMER = datetime(2026, 11, 3, 4, tzinfo=UTC)
"""Twenty days before lie the nights in which Europe and America put their clocks back."""
CHANGING_CLOCKS = ["shopify", "woocommerce", "amazon", "tiktok_shop", "ebay", "etsy", "walmart"]
WITHOUT_DECIMALS = {"shopify": "JP", "woocommerce": "JP", "amazon": "JP", "mercado_libre": "CL"}


@thorough
def test_drift(shop: Make, platform: str, caplog: pytest.LogCaptureFixture) -> None:
    here = shop(platform)
    here.sandbox.faults.add(platform, "drift", every=1)
    here.sync()
    here.assert_exact()
    here.assert_no_person(*STRANGER)
    assert not [one for one in STRANGER if one in caplog.text]
    told = [detail for detail, in here.warehouse.look(
        "SELECT detail FROM data_quality WHERE check_name = 'unknown_field'")]
    if platform not in NAMED_FIELDS:
        assert any("unforeseen_note" in detail for detail in told), "new fields are reported by name"


@thorough
def test_unknown_status(shop: Make, platform: str) -> None:
    here = shop(platform)
    word = WORDS.get(platform, "TELEPORTED")
    [order_id] = here.world.place(platform, 1)
    here.world.rename_status(platform, order_id, word)
    here.sync()
    [(status, native)] = here.warehouse.look(
        f"SELECT status, native_status FROM orders WHERE order_id = '{order_id}'")
    assert status == "unknown" and word.lower() in native.lower()
    assert here.warehouse.look("SELECT count(*) > 0 FROM data_quality WHERE check_name = 'unknown_status'") == [(True,)]


@few
@pytest.mark.parametrize("ahead", [timedelta(minutes=3), timedelta(minutes=-3)], ids=["ahead", "behind"])
def test_clock(shop: Make, platform: str, ahead: timedelta) -> None:
    """A strict platform refuses times that lie in its future: that costs a run and loses nothing."""
    here = shop(platform)
    here.skew = ahead
    here.sync(well=False)
    here.world.advance(timedelta(minutes=1))
    here.touched |= set(here.world.touch(platform, count=2))
    here.world.advance(timedelta(minutes=4))
    here.sync(well=False)
    here.skew = timedelta()
    here.world.advance(timedelta(minutes=4))
    here.sync()
    here.assert_exact()


@pytest.mark.parametrize("platform", CHANGING_CLOCKS if EVERY else ["shopify", "amazon"])
def test_night_of_two_hours(shop: Make, platform: str) -> None:
    here = shop(platform, now=AFTER_SUMMER)
    here.sync()
    here.world.advance(timedelta(minutes=10))
    here.sync()
    here.assert_exact()


@pytest.mark.parametrize("platform", WITHOUT_DECIMALS)
def test_amounts_without_decimals(shop: Make, platform: str) -> None:
    here = shop(platform, country=WITHOUT_DECIMALS[platform])
    here.sync()
    here.assert_exact()
    [(currencies, whole, big)] = here.warehouse.look(
        "SELECT list(DISTINCT currency), bool_and(list_amount = round(list_amount)), max(list_amount) > 500 "
        "FROM orders")
    assert currencies == [here.world.shops[platform].currency] and currencies[0] in ("JPY", "CLP")
    assert whole and big
