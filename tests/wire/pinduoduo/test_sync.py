"""Pinduoduo synced over real sockets from the sandbox: to the cent, in few calls, without breaking a rule."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.engine.stream import Rate
from connectors.pinduoduo.client import PinduoduoClient
from connectors.sandbox.world import listed, major
from tests.nobody import assert_nobody

SINCE = datetime(2026, 6, 15, tzinfo=UTC)
KINDS = {"compensation": "refund_only", "price_protection": "refund_only"}


@pytest.fixture(scope="module")
def market(open_market: Callable[..., Any]) -> Any:
    """Five days, synced once; the tests below then follow it in their order."""
    opened = open_market("pinduoduo", scale=1.0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PinduoduoClient, "limits", {"refunds": Rate(per_second=500, burst=500)})
        opened.sync(since=SINCE)
        yield opened


def settle(market: Any, by: timedelta = timedelta(minutes=5)) -> None:
    """Lists are complete up to three minutes ago."""
    market.world.advance(by)
    market.sandbox.forget()


def test_every_order_line_to_the_cent(market: Any) -> None:
    rows = market.look("SELECT o.order_id, o.list_amount, o.seller_discount, o.platform_discount, o.shipping_amount,"
                       " l.quantity, l.list_amount - l.seller_discount, o.paid_at, o.shipped_at, o.cancelled_at"
                       " FROM orders o JOIN order_lines l USING (order_id)")
    found = {row[0]: row[1:] for row in rows}
    known = (SINCE, market.world.now - timedelta(minutes=5))
    world = [order for order in market.world.orders("pinduoduo", created=known)
             if listed(order)]
    assert len(rows) == len(found) and len(world) > 40
    for order in world:
        money = map(major, (order.list_amount, order.seller_discount, order.platform_discount, order.shipping))
        times = (order.paid_at, order.shipped_at, order.cancelled_at)
        assert found[order.order_id] == (*money, order.lines[0].quantity, major(order.goods),
                                         *(time and time.replace(tzinfo=None) for time in times))


def test_refunds_one_by_one(market: Any) -> None:
    rows = market.look("SELECT refund_id, refund_type, status, line_id, goods_amount + shipping_amount, reason_code"
                       " FROM refunds")
    cases = market.world.refunds("pinduoduo", modified=(SINCE, market.world.now))
    assert len(cases) == len(rows) > 5
    stages = {"returned": "approved"}
    for refund_id, kind, status, line_id, amount, reason in rows:
        case = market.world.refund("pinduoduo", refund_id)
        if any(row for row in market.look(f"SELECT 1 FROM orders WHERE order_id = '{case.order_id}'")):
            assert kind == KINDS.get(case.kind, case.kind), refund_id
        if case.stage != "rejected" or case.kind != "exchange":
            assert status == stages.get(case.stage, case.stage), refund_id
        assert (line_id, amount, reason) == (case.lines[0].line_id, major(case.total), case.reason)


def test_shop_and_products(market: Any) -> None:
    products = [item for item in market.world.products("pinduoduo") if item.status != "deleted"]
    assert market.look("SELECT count(*), count(DISTINCT product_id) FROM products") == [
        (sum(len(item.skus) for item in products), len(products))]
    assert market.look("SELECT shop_id, name, tz, currency FROM shops") == [
        (market.world.shops["pinduoduo"].shop_id, "山屿家居店", "Asia/Shanghai", "CNY")]
    assert market.look("SELECT count(customer_key) FROM orders") == [(0,)], "no buyer id comes with an order"


def test_no_rule_is_broken_and_no_field_unknown(market: Any) -> None:
    market.assert_faithful()


def test_nothing_personal_reaches_the_disk(market: Any) -> None:
    assert_nobody(market.warehouse, market.world.markers("pinduoduo"))


def test_a_second_run_is_small_and_changes_nothing(market: Any) -> None:
    settle(market, timedelta())
    again = market.sync()
    assert {name: (report.rows_written, report.requests <= 1) for name, report in again.items()} == dict.fromkeys(
        again, (0, True))


def test_what_changed_comes_three_minutes_later(market: Any) -> None:
    settle(market)
    placed = market.world.place("pinduoduo", 2)
    assert market.sync(streams=["orders"])["orders"].rows_written == 0, "not complete yet"
    settle(market)
    assert market.sync(streams=["orders"])["orders"].requests <= 2
    known = {order_id for (order_id,) in market.look("SELECT order_id FROM orders")}
    assert known >= set(placed)
    assert market.sandbox.violations == []


def test_faults_lose_nothing(market: Any) -> None:
    """Throttled, failed, cut, dropped, expired: each once, in the calls of one run over two hours."""
    touched = market.world.touch("pinduoduo", count=4)
    settle(market, timedelta(hours=2))
    for at, kind in enumerate(("429", "500", "cut", "drop", "expire"), start=1):
        market.sandbox.faults.add("pinduoduo", kind, at=(at,))
    before = market.vault.settings("pinduoduo")
    reports = market.sync()
    market.sandbox.faults.clear()
    assert sum(report.retries for report in reports.values()) >= 5
    after = market.vault.settings("pinduoduo")
    assert before["access_token"] != after["access_token"] and before["refresh_token"] != after["refresh_token"]
    rows = dict(market.look("SELECT order_id, shipping_amount FROM orders"))
    for order_id in touched:
        order = market.world.order("pinduoduo", order_id)
        assert rows[order_id] == major(order.shipping), order_id
    assert market.sandbox.violations == []
