"""Etsy synced over real sockets from the sandbox: to the cent, without breaking a rule, and again for little."""

from collections.abc import Callable
from typing import Any

import pytest

from connectors.sandbox.world import major
from tests.nobody import assert_nobody


@pytest.fixture(scope="module")
def whole(synced: Callable[..., Any]) -> Any:
    """Two years, synced once."""
    return synced("etsy", scale=0.2)


def test_every_order_line_and_refund_to_the_cent(whole: Any) -> None:
    truth = whole.world.truth("etsy")
    [orders] = whole.look("SELECT count(*), sum(list_amount), sum(seller_discount), sum(shipping_amount),"
                          " sum(tax_amount), count(DISTINCT customer_key) FROM orders")
    assert orders == (truth.orders, truth.list_amount, truth.seller_discount, truth.shipping, truth.tax, truth.buyers)
    [lines] = whole.look("SELECT count(*), sum(quantity), sum(list_amount), sum(seller_discount),"
                         " count(*) FILTER (WHERE is_gift) FROM order_lines")
    assert lines == (truth.lines, truth.units, truth.list_amount, truth.seller_discount, truth.gifts)
    assert whole.paid_back("goods_amount + shipping_amount + tax_amount") == (truth.refunds_paid, truth.paid_back)
    whole.assert_sales()


def test_orders_one_by_one(whole: Any) -> None:
    rows = whole.look("SELECT order_id, created_at, paid_at, shipped_at, list_amount, shipping_amount, region"
                      " FROM orders")
    found = {row[0]: row[1:] for row in rows}
    for order in whole.world.orders("etsy"):
        instants = (order.created_at, order.paid_at, order.shipped_at)
        assert found.pop(order.order_id) == (
            *(at and at.replace(tzinfo=None) for at in instants), major(order.list_amount), major(order.shipping),
            order.buyer.province)
    assert not found


def test_every_fee_and_its_order(whole: Any) -> None:
    rows = whole.look("SELECT order_id, fee_type, amount FROM fees ORDER BY ALL")
    assert rows == sorted((fee.order_id, fee.fee_type, major(fee.amount)) for fee in whole.world.fees("etsy"))


def test_ad_charges_and_payouts(whole: Any) -> None:
    charged = [row for row in whole.world.ads("etsy") if row.date < whole.world.now.date()]
    [(spend, days)] = whole.look("SELECT sum(spend), count(*) FROM ad_daily")
    assert (spend, days) == (major(sum(row.spend for row in charged)), len({row.date for row in charged}))
    assert sorted(whole.look("SELECT date, amount FROM settlements")) == sorted(
        (row.date, major(row.amount)) for row in whole.world.settlements("etsy"))


def test_products_and_shop(whole: Any) -> None:
    shelf = [item for item in whole.world.products("etsy") if item.status != "deleted"]
    assert set(whole.look("SELECT product_id, sku_id FROM products")) == {
        (item.product_id, sku.sku_id) for item in shelf for sku in item.skus}
    assert whole.look("SELECT shop_id, name, tz, currency FROM shops") == [
        ("28123456", "ShanyuHome", "America/New_York", "USD")]


def test_stock_and_stars(whole: Any) -> None:
    shelf = [sku for item in whole.world.products("etsy") if item.status != "deleted" for sku in item.skus]
    assert whole.look("SELECT count(*), sum(on_hand) FROM inventory_daily") == [(len(shelf), 3 * len(shelf))]
    stars = [review.rating for review in whole.world.reviews("etsy")]
    assert whole.look("SELECT count(*), sum(rating), max(rating_scale) FROM reviews") == [
        (len(stars), sum(stars), 5)]


def test_no_rule_is_broken_and_no_field_unknown(whole: Any) -> None:
    assert whole.sandbox.violations == []
    assert whole.look("SELECT check_name, detail FROM data_quality") == []


def test_nothing_personal_reaches_the_disk(whole: Any) -> None:
    assert_nobody(whole.warehouse, whole.world.markers("etsy"))


def test_a_second_run_is_small_and_changes_nothing(whole: Any) -> None:
    again = whole.sync()
    assert {name: (report.rows_written, report.requests <= 4) for name, report in again.items()} == dict.fromkeys(
        again, (0, True))


def test_both_tokens_rotate_and_are_kept(whole: Any) -> None:
    before = whole.vault.settings("etsy")
    whole.sandbox.states["etsy"].expire_tokens()
    whole.sync(streams=["orders"])
    after = whole.vault.settings("etsy")
    assert after["access_token"] != before["access_token"] and after["refresh_token"] != before["refresh_token"]
    whole.sandbox.states["etsy"].expire_tokens()
    whole.sync(streams=["orders"])
    assert whole.sandbox.violations == []
