"""Mercado Libre synced over real sockets from the sandbox: to the cent, in few calls, without breaking a rule."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from connectors.sandbox.world import WorldOrder, listed, major
from tests.nobody import assert_nobody

SINCE = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def market(open_market: Callable[..., Any]) -> Any:
    """Fifteen weeks, synced once; the tests below then follow it in their order."""
    opened = open_market("mercado_libre", scale=0.6, quick=True)
    opened.sync(since=SINCE)
    return opened


def orders(market: Any) -> list[WorldOrder]:
    return [order for order in market.world.orders("mercado_libre", created=(SINCE, market.world.now))
            if listed(order)]


def test_every_order_line_to_the_cent(market: Any) -> None:
    rows = market.look("SELECT o.order_id, o.list_amount, o.seller_discount, o.platform_discount, o.shipping_amount,"
                       " l.quantity, l.list_amount - l.seller_discount, o.paid_at, o.currency, o.status = 'delivered'"
                       " FROM orders o JOIN order_lines l USING (order_id)")
    found = {row[0]: row[1:] for row in rows}
    assert len(rows) == len(found) and len(orders(market)) > 90
    for order in orders(market):
        money = map(major, (order.list_amount, order.seller_discount, order.platform_discount, order.shipping))
        assert found[order.order_id] == (
            *money, order.lines[0].quantity, major(order.goods), order.paid_at and order.paid_at.replace(tzinfo=None),
            "MXN", order.delivered_at is not None)


def test_what_went_back_by_order(market: Any) -> None:
    found = dict(market.look("SELECT order_id, sum(goods_amount + shipping_amount) FROM refunds"
                             " WHERE status = 'success' AND refund_type <> 'exchange' GROUP BY ALL"
                             " HAVING sum(goods_amount) > 0"))
    expected: dict[str, Decimal] = {}
    for order in orders(market):
        for case in market.world.refunds_of("mercado_libre", order.order_id):
            if case.refunded_at and case.kind != "exchange":
                expected[order.order_id] = expected.get(order.order_id, Decimal(0)) + major(case.total)
    assert found == expected and len(found) > 2


def test_claims_stand_beside_the_money(market: Any) -> None:
    rows = market.look("SELECT refund_id, refund_type, reason_code, goods_amount FROM refunds"
                       " WHERE starts_with(refund_id, 'claim:')")
    assert len(rows) > 3
    for refund_id, kind, reason, amount in rows:
        case = market.world.refund("mercado_libre", refund_id.removeprefix("claim:"))
        assert (kind, amount) == (case.kind, 0)
        assert reason == ("late" if case.reason == "late" else "quality")


def test_fees(market: Any) -> None:
    world = {row.order_id: major(row.amount) for row in market.world.fees("mercado_libre")
             if row.fee_type == "commission"}
    rows = market.look("SELECT order_id, amount FROM fees")
    assert len(rows) > 90
    assert [row for row in rows if world[row[0]] != row[1]] == []


def test_ads_by_campaign_and_day(market: Any) -> None:
    [(campaigns, first, orders)] = market.look(
        "SELECT count(DISTINCT campaign_id), min(date), sum(attributed_orders) FROM ad_daily")
    assert campaigns == 2 and orders > 10
    assert (market.world.now.date() - first).days <= 90


def test_products_and_account(market: Any) -> None:
    items = [item for item in market.world.products("mercado_libre") if item.status != "deleted"]
    assert len(items) > 20, "more than one answer of twenty"
    assert market.look("SELECT count(*), count(DISTINCT product_id), count(brand) FROM products") == [
        (sum(len(item.skus) for item in items), len(items), sum(len(item.skus) for item in items))]
    assert market.look("SELECT shop_id, tz, currency FROM shops") == [
        (market.world.shops["mercado_libre"].shop_id, "America/Mexico_City", "MXN")]


def test_no_rule_is_broken_and_no_field_unknown(market: Any) -> None:
    market.assert_faithful()


def test_nothing_personal_reaches_the_disk(market: Any) -> None:
    assert_nobody(market.warehouse, market.world.markers("mercado_libre"))


def test_a_second_run_is_small_and_changes_nothing(market: Any) -> None:
    market.assert_quiet()


def test_a_cancelled_order_vanishes_from_the_search_and_is_found_all_the_same(market: Any) -> None:
    """It was paid: its money goes back, its fee too, and the sale leaves through a cancellation."""
    [order_id] = market.world.place("mercado_libre")
    market.sync(streams=["orders"])
    market.world.advance(timedelta(minutes=1))
    market.world.give_back("mercado_libre", order_id)
    assert market.sync(streams=["orders"])["orders"].rows_read == 0, "searches no longer show it"
    assert market.look(f"SELECT status FROM orders WHERE order_id = '{order_id}'") == [("paid",)]
    market.sandbox.forget()
    market.sync()
    read = [call.name for call in market.sandbox.calls("mercado_libre") if call.name.startswith("/orders/2")]
    assert read == [f"/orders/{order_id}"], "what the search shows is not read again"
    order = market.world.order("mercado_libre", order_id)
    assert market.look(f"SELECT status FROM orders WHERE order_id = '{order_id}'") == [("cancelled",)]
    assert market.look("SELECT refund_type, goods_amount, shipping_amount FROM refunds"
                       f" WHERE order_id = '{order_id}' AND status = 'success'") == [
        ("cancel_before_ship", major(order.goods - order.platform_discount), major(order.shipping))]
    assert market.look(f"SELECT amount FROM fees WHERE order_id = '{order_id}'") == [(0,)]


def test_faults_lose_nothing(market: Any) -> None:
    """Throttled, failed, cut, dropped, expired: each once, while orders change."""
    touched = market.world.touch("mercado_libre", count=6)
    market.sync(streams=["orders"])
    touched += market.world.touch("mercado_libre", count=60)
    for at, kind in enumerate(("429", "500", "cut", "drop", "expire"), start=1):
        market.sandbox.faults.add("mercado_libre", kind, at=(at,))
    before = market.vault.settings("mercado_libre")
    reports = market.sync(streams=["orders", "open_orders"])
    market.sandbox.faults.clear()
    assert sum(report.retries for report in reports.values()) >= 5
    after = market.vault.settings("mercado_libre")
    assert before["access_token"] != after["access_token"] and before["refresh_token"] != after["refresh_token"]
    rows = dict(market.look("SELECT order_id, shipping_amount FROM orders"))
    year = market.world.now - timedelta(days=365)
    for order_id in touched:
        order = market.world.order("mercado_libre", order_id)
        if listed(order) and order.created_at > year:
            assert rows[order_id] == major(order.shipping), order_id
    assert market.sandbox.violations == []


def test_a_scan_that_was_cut_short_begins_anew(market: Any) -> None:
    """Its id lives for minutes: going on with it would be refused for good."""
    market.world.advance(timedelta(hours=24))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("connectors.engine.trip.Trip.size", lambda self, wanted: min(wanted, 20))
        patch.setattr("connectors.engine.talk.ATTEMPTS", 1)
        market.sandbox.faults.add("mercado_libre", "cut", at=(2,), path="/items/search")
        with pytest.raises(AssertionError, match="products"):
            market.sync(streams=["products"])
        market.sandbox.faults.clear()
        again = market.sync(streams=["products"])["products"]
    assert (again.rows_read,) == market.look("SELECT 2 * count(*) FROM products")[0], "its stock too"
