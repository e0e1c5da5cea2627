"""Shopee synced over real sockets from the sandbox: to the cent, in few calls, without breaking a rule."""

from collections.abc import Callable
from typing import Any

import pytest

from connectors.sandbox.world import major


@pytest.fixture(scope="module")
def whole(synced: Callable[..., Any]) -> Any:
    """Two years, synced once. Read only."""
    return synced("shopee", scale=0.04)


def test_every_order_line_and_refund_to_the_cent(whole: Any) -> None:
    truth = whole.world.truth("shopee")
    [orders] = whole.look("SELECT count(*), sum(list_amount), count(DISTINCT customer_key) FROM orders")
    assert orders == (truth.orders, truth.list_amount, truth.buyers)
    [lines] = whole.look("SELECT count(*), sum(quantity), sum(list_amount) FROM order_lines")
    assert lines == (truth.lines, truth.units, truth.list_amount)
    assert whole.paid_back("goods_amount") == (truth.refunds_paid, truth.paid_back)
    whole.assert_sales()


def test_discounts_of_what_is_paid_and_totals_of_what_is_not(whole: Any) -> None:
    """Vouchers stand in the escrow, which an unpaid order has not: there the total alone is right."""
    rows = whole.look("SELECT order_id, discount_split, seller_discount, platform_discount, shipping_amount,"
                      " list_amount - seller_discount - platform_discount + shipping_amount FROM orders")
    for order_id, split, seller, platform, shipping, total in rows:
        order = whole.world.order("shopee", order_id)
        paid = bool(order.paid_at or order.payment_type == "cod")
        assert (split, total) == ("known" if paid else "unknown", major(order.total))
        if paid:
            assert (seller, platform, shipping) == tuple(
                map(major, (order.seller_discount, order.platform_discount, order.shipping)))


def test_fees_and_settlements(whole: Any) -> None:
    """Known once the escrow of an order is released."""
    done = {order.order_id for order in whole.world.orders("shopee") if order.completed_at and order.paid_at}
    whole.assert_fees(lambda fee: fee.order_id in done)
    assert {row[0] for row in whole.look("SELECT settlement_id FROM settlements")} == done


def test_ads_by_day(whole: Any) -> None:
    [(days, first, spend)] = whole.look("SELECT count(DISTINCT date), min(date), sum(spend) FROM ad_daily")
    assert days > 5 and spend > 0
    assert (whole.world.now.date() - first).days <= 183, "no further back than six months"


def test_products_and_shop(whole: Any) -> None:
    whole.assert_products_and_shop()


def test_no_rule_is_broken_and_no_field_unknown(whole: Any) -> None:
    whole.assert_faithful()


def test_a_second_run_is_small_and_changes_nothing(whole: Any) -> None:
    whole.assert_quiet()


def test_a_token_that_ends_is_refreshed_and_kept(whole: Any) -> None:
    whole.assert_renews()
