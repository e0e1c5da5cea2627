"""Douyin synced over real sockets from the sandbox: to the fen, no rule broken, no trace of a person."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.sandbox.world import World, WorldOrder
from tests.nobody import assert_nobody

NOW = datetime(2026, 6, 20, 4, tzinfo=UTC)
REACH = timedelta(days=90) - timedelta(minutes=5)


@pytest.fixture(scope="module")
def market(open_market: Callable[..., Any]) -> Iterator[Any]:
    """A shop connected without any token; its list reaches 90 days back whatever is asked for."""
    market = open_market("douyin", scale=0.25)
    market.sync(since=NOW - timedelta(days=120))
    yield market
    assert market.sandbox.violations == []


def reachable(world: World) -> list[WorldOrder]:
    return world.orders("douyin", modified=(NOW - REACH, world.now + timedelta(seconds=1)))


def naive(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=None) if moment else None


def test_the_shop_has_the_name_that_came_with_the_token(market: Any) -> None:
    assert market.look("SELECT shop_id, name FROM shops") == [("24680135", "山屿抖音小店")]


def test_every_order_to_the_fen(market: Any) -> None:
    found = {row[0]: row[1:] for row in market.look(
        "SELECT order_id, list_amount * 100, seller_discount * 100, platform_discount * 100, shipping_amount * 100,"
        " order_type, payment_type, paid_at, shipped_at, deposit_amount * 100, deposit_paid_at, balance_paid_at,"
        " region FROM orders")}
    assert len(found) > 100
    assert found == {order.order_id: (
        order.list_amount, order.seller_discount, order.platform_discount, order.shipping, order.order_type,
        order.payment_type, naive(order.paid_at), naive(order.part_shipped_at or order.shipped_at), order.deposit,
        naive(order.deposit_paid_at), naive(order.balance_paid_at),
        order.buyer.province[:2 if order.buyer.province[:1] not in "黑内" else 3]) for order in reachable(market.world)}


def test_every_line_to_the_fen(market: Any) -> None:
    found = {row[:2]: row[2:] for row in market.look(
        "SELECT order_id, line_id, product_id, sku_id, quantity, list_amount * 100, seller_discount * 100,"
        " platform_discount * 100, is_gift FROM order_lines")}
    assert found == {(order.order_id, line.line_id): (
        line.product.product_id, line.sku.sku_id, line.quantity, line.list_amount, line.seller_discount,
        line.platform_discount, line.is_gift) for order in reachable(market.world) for line in order.lines}
    assert any(row[-1] for row in found.values())


def test_every_refund_to_the_fen(market: Any) -> None:
    """What was paid back, although the list names what was applied for."""
    found = {row[0]: row[1:] for row in market.look(
        "SELECT refund_id, order_id, line_id, goods_amount * 100, shipping_amount * 100, refunded_at"
        " FROM refunds WHERE status = 'success' AND refund_type <> 'exchange'")}
    since = (NOW - timedelta(days=120), market.world.now)
    paid = {case.refund_id: (case.order_id, case.lines[0].line_id, case.amount_goods, case.shipping,
                             naive(case.refunded_at))
            for case in market.world.refunds("douyin", modified=since) if case.refunded_at and case.kind != "exchange"}
    assert len(paid) > 20
    assert {refund: found[refund] for refund in paid} == paid


def test_sales_are_the_worlds(market: Any) -> None:
    span = (NOW - timedelta(days=89), NOW + timedelta(days=1))
    truth = market.world.truth("douyin", created=span)
    assert market.look("SELECT count(*), sum(goods_amount) FROM v_orders WHERE is_sale AND created_at >="
                       f" TIMESTAMP '{span[0]:%Y-%m-%d %H:%M:%S}'") == [(truth.sales, truth.gmv)]


def test_live_orders_carry_their_session(market: Any) -> None:
    found = set(market.look("SELECT order_id, live_session_id FROM orders WHERE channel = 'live'"))
    assert found == {(order.order_id, order.live_session_id) for order in reachable(market.world)
                     if order.channel == "live"}
    assert found


def test_nothing_personal_reaches_the_disk(market: Any) -> None:
    orders = reachable(market.world)
    keys = market.look("SELECT count(DISTINCT customer_key), bool_and(starts_with(customer_key, 'v1:')) FROM orders")
    assert keys == [(len({order.buyer.buyer_id for order in orders}), True)]
    assert_nobody(market.warehouse, market.world.markers("douyin") | {order.buyer.buyer_id for order in orders})


def test_products_with_their_skus(market: Any) -> None:
    assert set(market.look("SELECT product_id, sku_id, title, category FROM products")) == {
        (item.product_id, sku.sku_id, item.title, item.category)
        for item in market.world.products("douyin") for sku in item.skus}


def test_ad_spend_by_campaign_and_day(market: Any) -> None:
    [(spend, sales, clicks, first, campaigns)] = market.look(
        "SELECT sum(spend) * 100, sum(attributed_sales) * 100, sum(clicks), min(date), count(DISTINCT campaign_id)"
        " FROM ad_daily")
    rows = market.world.ads("douyin", (first, NOW.date()))
    assert (spend, sales, clicks) == tuple(
        sum(getattr(row, name) for row in rows) for name in ("spend", "sales", "clicks"))
    assert campaigns == len({row.campaign_id for row in rows})


def test_live_rooms_of_all_accounts(market: Any) -> None:
    found = market.look("SELECT session_id, host_type, gmv_in_session * 100, views_pv, ad_spend * 100"
                        " FROM live_sessions")
    rows = {row.session_id: row for row in market.world.live("douyin")}
    assert len(found) > 100
    assert found == [
        (session, "self" if row.host_id == "65432112345" else "creator", row.gmv, row.views_pv, row.ad_spend)
        for session, *_ in found for row in [rows[session]]]


def test_a_quiet_run_writes_nothing_and_asks_little(market: Any) -> None:
    reports = market.sync()
    assert {name: report.rows_written for name, report in reports.items()} == dict.fromkeys(reports, 0)
    assert reports["orders"].requests <= 2


def test_what_changes_is_found_and_both_expired_tokens_are_renewed(market: Any) -> None:
    market.world.advance(timedelta(minutes=30))
    market.sandbox.faults.add("douyin", "expire")
    [touched] = market.world.touch("douyin", [reachable(market.world)[5].order_id])
    before = market.vault.settings("douyin")
    assert market.sync()["orders"].rows_written >= 1
    shipping = market.world.order("douyin", touched).shipping
    assert market.look(f"SELECT shipping_amount * 100 FROM orders WHERE order_id = '{touched}'") == [(shipping,)]
    after = market.vault.settings("douyin")
    assert all(before[name] != after[name] for name in ("access_token", "refresh_token", "ads_access_token"))


def test_open_orders_that_the_list_no_longer_reaches_are_read_one_by_one(market: Any) -> None:
    [order_id] = market.world.place("douyin")
    market.sync(streams=["orders"])
    market.world.advance(timedelta(days=91))
    market.sync(streams=["older_orders"])
    assert market.world.order("douyin", order_id).completed_at
    assert market.look(f"SELECT status FROM orders WHERE order_id = '{order_id}'") == [("completed",)]
