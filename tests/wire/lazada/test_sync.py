"""Lazada synced over real sockets from the sandbox: to the cent, in few calls, without breaking a rule."""

from collections.abc import Callable
from typing import Any

import pytest


@pytest.fixture(scope="module")
def whole(synced: Callable[..., Any]) -> Any:
    """Two years, synced once. Read only."""
    return synced("lazada", scale=0.04)


def test_every_order_unit_and_refund_to_the_cent(whole: Any) -> None:
    whole.assert_every_order_and_unit()
    whole.assert_sales()
    truth = whole.world.truth("lazada")
    assert whole.paid_back("goods_amount + shipping_amount") == (truth.refunds_paid, truth.paid_back)


def test_fees_and_settlements(whole: Any) -> None:
    """The statement holds turnover too: only what Lazada takes is a fee."""
    whole.assert_fees()
    whole.assert_settlements()


def test_ads_by_campaign_and_day(whole: Any) -> None:
    """A quarter back; a campaign's name is kept once."""
    [(campaigns, first, spend)] = whole.look(
        "SELECT count(DISTINCT campaign_id), min(date), sum(spend) FROM ad_daily")
    assert campaigns == 2 and spend > 0
    assert 60 < (whole.world.now.date() - first).days <= 91
    assert whole.look("SELECT name FROM campaigns ORDER BY 1") == [("Product",), ("Search",)]


def test_products_and_shop(whole: Any) -> None:
    whole.assert_products_and_shop()
    whole.assert_lines_find_their_products()


def test_no_rule_is_broken_and_no_field_unknown(whole: Any) -> None:
    whole.assert_faithful()


def test_a_second_run_is_small_and_changes_nothing(whole: Any) -> None:
    whole.assert_quiet()


def test_a_token_that_ends_is_refreshed_and_kept(whole: Any) -> None:
    whole.assert_renews()
