"""TikTok Shop synced over real sockets from the sandbox: to the cent, in few calls, without breaking a rule."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from connectors.sandbox.world import major


@pytest.fixture(scope="module")
def whole(synced: Callable[..., Any]) -> Any:
    """Two years, synced once. Read only."""
    return synced("tiktok_shop", scale=0.04)


def test_every_order_unit_and_refund_to_the_cent(whole: Any) -> None:
    whole.assert_every_order_and_unit()
    whole.assert_sales()
    truth = whole.world.truth("tiktok_shop")
    assert whole.paid_back("goods_amount", "shipping_amount", "tax_amount") == (
        truth.refunds_paid, truth.refunded_goods, truth.refunded_shipping, truth.refunded_tax)


def test_fees_and_settlements(whole: Any) -> None:
    last = max(row.date for row in whole.world.settlements("tiktok_shop"))
    settled = last - timedelta(days=2)  # a statement closes the week that ends two days before it
    whole.assert_fees(lambda fee: fee.charged_at.astimezone(ZoneInfo("America/Los_Angeles")).date() < settled)
    whole.assert_settlements()


def test_products_and_shop(whole: Any) -> None:
    whole.assert_products_and_shop()
    whole.assert_lines_find_their_products()


def test_days_of_the_shop_as_tiktok_counts_them(whole: Any) -> None:
    """Half a year back; the last days come as zeros and are left for a later run."""
    ready = whole.world.now.astimezone(ZoneInfo("America/Los_Angeles")).date() - timedelta(days=2)
    truth = {row.date: row for row in whole.world.traffic("tiktok_shop")
             if row.channel == "all" and not row.product_id}
    rows = whole.look("SELECT date, visitors, page_views, paying_buyers FROM traffic_daily ORDER BY date")
    assert len(rows) > 170 and rows[-1][0] == ready
    for day, visitors, views, buyers in rows:
        seen = truth[day]
        assert (visitors, views, buyers) == (seen.visitors or 0, seen.page_views or 0, seen.paying_buyers or 0)
    sold = {row.date: major(row.value) for row in whole.world.native("tiktok_shop") if row.metric == "gmv"}
    own = dict(whole.look("SELECT date, value FROM platform_native_daily WHERE metric = 'gmv' AND value > 0"))
    assert own and own == {day: value for day, value in sold.items() if day in own}


def test_no_rule_is_broken_and_no_field_unknown(whole: Any) -> None:
    whole.assert_faithful()


def test_a_second_run_is_small_and_changes_nothing(whole: Any) -> None:
    whole.assert_quiet()


def test_a_token_that_ends_is_refreshed_and_kept(whole: Any) -> None:
    whole.assert_renews()
