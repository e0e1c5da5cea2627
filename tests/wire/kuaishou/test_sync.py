"""Kuaishou synced over real sockets from the sandbox: to the cent, in few calls, without breaking a rule."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.engine.stream import Rate
from connectors.kuaishou.client import KuaishouClient
from connectors.sandbox.world import major
from tests.nobody import assert_nobody

SINCE = datetime(2026, 5, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def market(open_market: Callable[..., Any]) -> Any:
    """Fifty days, synced once; the tests below then follow it in their order."""
    opened = open_market("kuaishou", scale=0.5)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(KuaishouClient, "rate", Rate(per_second=400, burst=100, concurrency=8))
        opened.sync(since=SINCE)
        yield opened


def test_every_order_line_to_the_cent(market: Any) -> None:
    rows = market.look("SELECT o.order_id, o.list_amount, o.seller_discount, o.shipping_amount, o.channel = 'live',"
                       " l.quantity, l.list_amount - l.seller_discount, o.paid_at, o.shipped_at, o.delivered_at"
                       " FROM orders o JOIN order_lines l USING (order_id)")
    found = {row[0]: row[1:] for row in rows}
    world = market.world.orders("kuaishou", created=(SINCE, market.world.now))
    assert len(rows) == len(found) and len(world) > 80
    for order in world:
        money = map(major, (order.list_amount, order.seller_discount, order.shipping))
        times = (order.paid_at, order.part_shipped_at or order.shipped_at, order.delivered_at)
        assert found[order.order_id] == (
            *money, bool(order.creator), order.lines[0].quantity, major(order.goods),
            *(time and time.replace(tzinfo=None) for time in times))


def test_sales_buyers_and_refunds_add_up(market: Any) -> None:
    truth = market.world.truth("kuaishou", created=(SINCE, market.world.now))
    days = f"created_at >= '{SINCE:%Y-%m-%d %H:%M}'"
    assert market.look(f"SELECT count(*), sum(goods_amount), count(DISTINCT customer_key) FROM v_orders"
                       f" WHERE is_sale AND {days}")[0][:2] == (truth.sales, truth.gmv)
    assert market.look(f"SELECT count(DISTINCT customer_key) FROM orders WHERE {days}") == [(truth.buyers,)]
    [paid] = market.look(f"SELECT count(*), sum(r.goods_amount + r.shipping_amount) FROM refunds r JOIN orders o"
                         f" USING (order_id) WHERE r.status = 'success' AND r.refund_type <> 'exchange' AND o.{days}")
    assert paid == (truth.refunds_paid, truth.paid_back)


def test_refunds_one_by_one(market: Any) -> None:
    kinds = {"compensation": "refund_only", "price_protection": "refund_only"}
    rows = market.look("SELECT refund_id, refund_type, line_id, reason_code FROM refunds"
                       " SEMI JOIN orders USING (order_id)")
    assert len(rows) > 8
    for refund_id, kind, line_id, reason in rows:
        case = market.world.refund("kuaishou", refund_id)
        assert (kind, line_id, reason) == (kinds.get(case.kind, case.kind), case.lines[0].line_id, case.reason)


def test_shop_and_products(market: Any) -> None:
    items = [item for item in market.world.products("kuaishou") if item.status != "deleted" and not item.is_gift]
    assert market.look("SELECT count(*) FROM products") == [(len(items),)]
    assert market.look("SELECT shop_id, name, tz, currency FROM shops") == [
        (market.world.shops["kuaishou"].shop_id, "山屿快手小店", "Asia/Shanghai", "CNY")]


def test_no_rule_is_broken_and_no_field_unknown(market: Any) -> None:
    market.assert_faithful()


def test_nothing_personal_reaches_the_disk(market: Any) -> None:
    assert_nobody(market.warehouse, market.world.markers("kuaishou"))


def test_a_second_run_is_small_and_changes_nothing(market: Any) -> None:
    market.world.advance(timedelta(hours=1))
    market.sync()
    again = market.sync()
    assert {name: (report.rows_written, report.requests <= 2) for name, report in again.items()} == dict.fromkeys(
        again, (0, True))


def test_ninety_days_and_no_further(market: Any, open_market: Callable[..., Any]) -> None:
    """The platform refuses earlier windows: a first load begins where it answers, and the shop says so."""
    other = open_market("kuaishou", scale=0.05)
    other.sync(streams=["orders"])
    assert other.sandbox.violations == []
    [(first,)] = other.look("SELECT history_from FROM shops")
    assert first in {(other.world.now - timedelta(days=days)).date() for days in (89, 90)}


def test_faults_lose_nothing(market: Any) -> None:
    """Throttled, failed, cut, dropped, expired: each once, while orders change."""
    touched = market.world.touch("kuaishou", count=6)
    market.world.advance(timedelta(hours=30))
    for at, kind in enumerate(("429", "500", "cut", "drop", "expire"), start=1):
        market.sandbox.faults.add("kuaishou", kind, at=(at,))
    before = market.vault.settings("kuaishou")
    reports = market.sync()
    market.sandbox.faults.clear()
    assert sum(report.retries for report in reports.values()) >= 5
    after = market.vault.settings("kuaishou")
    assert before["access_token"] != after["access_token"] and before["refresh_token"] != after["refresh_token"]
    rows = dict(market.look("SELECT order_id, shipping_amount FROM orders"))
    for order_id in touched:
        assert rows[order_id] == major(market.world.order("kuaishou", order_id).shipping), order_id
    assert market.sandbox.violations == []


def test_more_orders_in_a_second_than_a_page_holds(market: Any) -> None:
    """Sixty orders change in one second: no window is short enough, so the cursor is followed."""
    touched = market.world.touch("kuaishou", count=60)
    market.world.advance(timedelta(minutes=1))
    market.sync(streams=["orders"])
    rows = dict(market.look("SELECT order_id, shipping_amount FROM orders"))
    assert len(touched) == 60
    assert [id for id in touched if rows[id] != major(market.world.order("kuaishou", id).shipping)] == []
