"""Xiaohongshu synced over real sockets from the sandbox: to the fen, no rule broken, no trace of a person."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.sandbox.world import World, WorldOrder
from tests.nobody import assert_nobody

NOW = datetime(2026, 6, 20, 4, tzinfo=UTC)
SINCE = NOW - timedelta(days=240)


@pytest.fixture(scope="module")
def market(open_market: Callable[..., Any]) -> Iterator[Any]:
    market = open_market("xiaohongshu", scale=0.3)
    market.sync(since=SINCE)
    yield market
    assert market.sandbox.violations == []


def listed(world: World) -> list[WorldOrder]:
    return world.orders("xiaohongshu", created=(SINCE, world.now + timedelta(seconds=1)))


def naive(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=None) if moment else None


def test_the_shop_is_the_one_its_token_names(market: Any) -> None:
    assert market.look("SELECT shop_id, name FROM shops") == [("5f3c8a1b2d4e6f0001a2b3c4", "山屿小红书店")]


def test_every_order_to_the_fen(market: Any) -> None:
    found = {row[0]: row[1:] for row in market.look(
        "SELECT order_id, list_amount * 100, seller_discount * 100, platform_discount * 100, shipping_amount * 100,"
        " order_type, created_at, paid_at, shipped_at, cancelled_at, deposit_amount * 100, balance_paid_at"
        " FROM orders")}
    assert len(found) > 100
    assert found == {order.order_id: (
        order.list_amount, order.seller_discount, order.platform_discount, order.shipping, order.order_type,
        naive(order.created_at), naive(order.paid_at), naive(order.part_shipped_at or order.shipped_at),
        naive(order.cancelled_at or (order.modified_at if order.closed_at else None)), order.deposit,
        naive(order.balance_paid_at)) for order in listed(market.world)}
    assert {row[4] for row in found.values()} == {"normal", "presale", "exchange"}


def test_every_line_to_the_fen(market: Any) -> None:
    found = {row[:2]: row[2:] for row in market.look(
        "SELECT order_id, sku_id, line_id, product_id, quantity, list_amount * 100, seller_discount * 100,"
        " platform_discount * 100, is_gift FROM order_lines")}
    assert found == {(order.order_id, line.sku.sku_id): (
        f"{order.order_id}-{line.sku.sku_id}", line.product.product_id, line.quantity, line.list_amount,
        line.seller_discount, line.platform_discount, line.is_gift)
        for order in listed(market.world) for line in order.lines}
    assert any(row[-1] for row in found.values())


def test_every_refund_to_the_fen(market: Any) -> None:
    found = {row[:2]: row[2:] for row in market.look(
        "SELECT refund_id, line_id, order_id, goods_amount * 100, refunded_at FROM refunds"
        " WHERE status = 'success' AND refund_type <> 'exchange'")}
    paid = {(case.refund_id, f"{case.order_id}-{part.line_id}"): (case.order_id, part.goods, naive(case.refunded_at))
            for case in market.world.refunds("xiaohongshu", requested=(SINCE, market.world.now))
            for part in case.lines if case.refunded_at and case.kind != "exchange"}
    assert len(paid) > 20
    assert found == paid


def test_sales_are_the_worlds(market: Any) -> None:
    truth = market.world.truth("xiaohongshu", created=(SINCE, NOW + timedelta(days=1)))
    assert market.look("SELECT count(*), sum(goods_amount) FROM v_orders WHERE is_sale") == [(truth.sales, truth.gmv)]
    assert market.look("SELECT sum(shipping_amount) FROM refunds WHERE status = 'success'"
                       " AND refund_type <> 'exchange'") == [(truth.refunded_shipping,)]


def test_a_creators_order_came_from_a_live_room(market: Any) -> None:
    assert {order_id for order_id, in market.look("SELECT order_id FROM orders WHERE channel = 'live'")} == {
        order.order_id for order in listed(market.world) if order.channel == "live"}


def test_nothing_personal_reaches_the_disk(market: Any) -> None:
    buyers = {order.buyer.buyer_id for order in listed(market.world)}
    assert_nobody(market.warehouse, market.world.markers("xiaohongshu") | buyers)


def test_skus(market: Any) -> None:
    assert set(market.look("SELECT product_id, sku_id, title, status FROM products")) == {
        (item.product_id, sku.sku_id, item.title, "on_sale" if item.status == "on_sale" else "off_shelf")
        for item in market.world.products("xiaohongshu") for sku in item.skus}
    assert market.look("SELECT DISTINCT on_hand FROM inventory_daily") == [(100,)]


def test_a_quiet_run_writes_nothing_and_asks_little(market: Any) -> None:
    reports = market.sync()
    assert {name: report.rows_written for name, report in reports.items()} == dict.fromkeys(reports, 0)
    assert reports["refunds"].requests <= 2


def test_what_changes_is_found_in_half_hours_and_an_expired_token_is_renewed(market: Any) -> None:
    market.world.advance(timedelta(hours=3))
    market.sandbox.faults.add("xiaohongshu", "expire")
    [touched] = market.world.touch("xiaohongshu", [listed(market.world)[5].order_id])
    before = market.vault.settings("xiaohongshu")
    assert market.sync()["orders"].rows_written >= 1
    shipping = market.world.order("xiaohongshu", touched).shipping
    assert market.look(f"SELECT shipping_amount * 100 FROM orders WHERE order_id = '{touched}'") == [(shipping,)]
    after = market.vault.settings("xiaohongshu")
    assert all(before[name] != after[name] for name in ("access_token", "refresh_token"))


def test_a_token_about_to_end_is_renewed_before_it_ends(market: Any) -> None:
    """Its end is named in milliseconds; with less than half an hour left the platform gives a new pair."""
    before = market.vault.settings("xiaohongshu")["access_token"]
    market.world.advance(timedelta(days=7) - timedelta(minutes=2))
    report = market.sync(streams=["products"])["products"]
    assert market.vault.settings("xiaohongshu")["access_token"] != before
    assert report.retries == 0
