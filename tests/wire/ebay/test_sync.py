"""eBay synced over real sockets from the sandbox: to the cent, without breaking a rule, and again for little."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from connectors.sandbox.world import major
from tests.nobody import assert_nobody

REACH = timedelta(days=729)


@pytest.fixture(scope="module")
def whole(synced: Callable[..., Any]) -> Any:
    """All that eBay tells: two years."""
    return synced("ebay", scale=0.2)


def reached(market: Any) -> dict[str, Any]:
    """The orders that eBay still lists."""
    since = market.world.now - REACH
    return {order.order_id: order for order in market.world.orders("ebay") if order.modified_at >= since}


def test_orders_one_by_one(whole: Any) -> None:
    rows = whole.look("SELECT order_id, created_at, paid_at, list_amount, seller_discount, shipping_amount, tax_amount,"
                      " region FROM orders")
    found = {row[0]: row[1:] for row in rows}
    for order_id, order in reached(whole).items():
        assert found.pop(order_id) == (
            *(at and at.replace(tzinfo=None) for at in (order.created_at, order.paid_at)),
            *map(major, (order.list_amount, order.seller_discount, order.shipping)), 0, order.buyer.province)
    assert not found


def test_refunds_leave_out_what_ebay_collected(whole: Any) -> None:
    rows = dict(whole.look("SELECT refund_id, sum(goods_amount + shipping_amount) FROM refunds"
                           " WHERE NOT starts_with(refund_id, 'derived:') GROUP BY refund_id"))
    orders = reached(whole)
    cases = [case for case in whole.world.refunds("ebay") if case.refunded_at and case.order_id in orders]
    assert rows == {case.refund_id: major(min(case.total - case.tax, orders[case.order_id].goods
                                              + orders[case.order_id].shipping)) for case in cases}
    assert len(rows) > 10


def test_fees_ads_and_payouts(whole: Any) -> None:
    since = (whole.world.now - REACH).date() + timedelta(days=1)
    fees = [fee for fee in whole.world.fees("ebay") if fee.charged_at.date() >= since]
    [(count, amount, orders)] = whole.look("SELECT count(*), sum(amount), count(order_id) FROM fees")
    assert count == orders and abs(count - len(fees)) <= 1  # the first day may be cut at the shop's midnight
    assert abs(amount - major(sum(fee.amount for fee in fees))) < 20
    spend = {row.date: 0 for row in whole.world.ads("ebay") if row.date >= since}
    for row in whole.world.ads("ebay"):
        if row.date in spend:
            spend[row.date] += row.spend
    assert dict(whole.look(f"SELECT date, spend FROM ad_daily WHERE date >= DATE '{since}'")) == {
        day: major(minor) for day, minor in spend.items()}
    paid = {row.settlement_id: major(row.amount) for row in whole.world.settlements("ebay") if row.date >= since}
    assert dict(whole.look("SELECT settlement_id, amount FROM settlements")) == paid


def test_products_by_listing(whole: Any) -> None:
    shelf = [item for item in whole.world.products("ebay") if item.status == "on_sale"]
    known = {(item.product_id, sku.sku_id) for item in shelf for sku in item.skus}
    assert set(whole.look("SELECT product_id, sku_id FROM products WHERE status = 'on_sale'")) == known
    assert set(whole.look("SELECT product_id, sku_id FROM order_lines")) & known


def test_the_shop(whole: Any) -> None:
    assert whole.look("SELECT shop_id, tz, currency FROM shops") == [("shanyu_home", "America/Los_Angeles", "USD")]


def test_no_rule_is_broken_and_no_field_unknown(whole: Any) -> None:
    assert whole.sandbox.violations == []
    assert whole.look("SELECT check_name, detail FROM data_quality") == []


def test_nothing_personal_reaches_the_disk(whole: Any) -> None:
    buyers = {buyer.buyer_id for buyer in whole.world.buyers("ebay")}
    assert_nobody(whole.warehouse, whole.world.markers("ebay") | buyers)


def test_a_second_run_is_small_and_changes_nothing(whole: Any) -> None:
    whole.assert_quiet()


def test_the_refresh_token_stays_and_the_access_token_changes(whole: Any) -> None:
    before = whole.vault.settings("ebay")
    whole.sandbox.states["ebay"].expire_tokens()
    whole.sync(streams=["orders"])
    after = whole.vault.settings("ebay")
    assert after["access_token"] != before["access_token"]
    assert after["refresh_token"] == before["refresh_token"]


def test_traffic_by_day(whole: Any) -> None:
    seen = {row.date: row.page_views for row in whole.world.traffic("ebay")
            if row.channel == "all" and not row.product_id}
    rows = whole.look("SELECT date, page_views, impressions, visitors FROM traffic_daily WHERE channel = 'all'")
    assert len(rows) > 700 and all((views, shown, people) == (seen[day], 9 * seen[day], None)
                                   for day, views, shown, people in rows)


def test_stock_of_every_item(whole: Any) -> None:
    latest = {row.sku_id: row.on_hand for row in whole.world.inventory("ebay")}
    rows = dict(whole.look("SELECT sku_id, on_hand FROM inventory_daily"))
    assert rows and rows == {sku: latest.get(sku, 0) for sku in rows}
    assert {sku for (sku,) in whole.look("SELECT sku_id FROM products")} == set(rows)
