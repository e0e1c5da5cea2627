"""Taobao synced over real sockets from the sandbox: to the cent, in few calls, without breaking a rule."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.engine.stream import Rate
from connectors.sandbox.world import major
from connectors.taobao.client import TaobaoClient
from tests.nobody import assert_nobody

SINCE = datetime(2026, 5, 11, tzinfo=UTC)


@pytest.fixture(scope="module")
def whole(open_market: Callable[..., Any]) -> Any:
    """Two years, synced once. Read only."""
    market = open_market("taobao", scale=0.05)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TaobaoClient, "rate", Rate(per_second=250, burst=50, concurrency=8))
        market.sync()
    return market


@pytest.fixture(scope="module")
def followed(open_market: Callable[..., Any]) -> Any:
    """The last forty days of a shop that lives on while the tests below follow it."""
    market = open_market("taobao", scale=0.1)
    market.sync(since=SINCE)
    return market


@pytest.fixture
def lately(followed: Any) -> Any:
    followed.sandbox.faults.clear()
    followed.world.advance(timedelta(hours=1))
    followed.sync()
    followed.sandbox.forget()
    return followed


def assert_exact(market: Any) -> None:
    """Every order changed since then is stored, and every stored order is as the shop has it now."""
    rows = market.look("SELECT order_id, list_amount, seller_discount, shipping_amount FROM orders")
    world = {order.order_id: order for order in market.world.orders("taobao")}
    assert rows == [(order_id, *map(major, (order.list_amount, order.seller_discount, order.shipping)))
                    for order_id, *_ in rows for order in [world[order_id]]]
    known = {order_id for order_id, *_ in rows}
    assert [order_id for order_id, order in world.items()
            if order.modified_at >= SINCE and order_id not in known] == []
    assert len(known) == len(rows)


def test_every_order_line_and_refund_to_the_cent(whole: Any) -> None:
    truth = whole.world.truth("taobao")
    [orders] = whole.look("SELECT count(*), sum(list_amount), sum(seller_discount), sum(shipping_amount),"
                          " count(DISTINCT customer_key) FROM orders")
    assert orders == (truth.orders, truth.list_amount, truth.seller_discount, truth.shipping, truth.buyers)
    [lines] = whole.look("SELECT count(*), sum(quantity), sum(list_amount), sum(seller_discount),"
                         " count(*) FILTER (WHERE is_gift) FROM order_lines")
    assert lines == (truth.lines, truth.units, truth.list_amount, truth.seller_discount, truth.gifts)
    [refunds] = whole.look("SELECT count(*), sum(goods_amount), sum(shipping_amount) FROM refunds"
                           " WHERE status = 'success' AND refund_type <> 'exchange'")
    assert refunds == (truth.refunds_paid, truth.refunded_goods, truth.refunded_shipping)
    assert whole.look("SELECT count(*) FROM refunds") == [(truth.refund_cases,)]
    [sales] = whole.look("SELECT count(*), sum(goods_amount) FROM v_orders WHERE is_sale")
    assert sales == (truth.sales, truth.gmv)


def test_orders_one_by_one(whole: Any) -> None:
    rows = whole.look("SELECT order_id, order_type, payment_type, created_at, paid_at, shipped_at, cancelled_at,"
                      " balance_paid_at, excluded_reason, list_amount, seller_discount, shipping_amount FROM orders")
    found = {row[0]: row[1:] for row in rows}
    for order in whole.world.orders("taobao"):
        instants = (order.created_at, order.paid_at, order.part_shipped_at or order.shipped_at,
                    order.cancelled_at or order.closed_at, order.balance_paid_at)
        assert found.pop(order.order_id) == (
            order.order_type, order.payment_type, *(at and at.replace(tzinfo=None) for at in instants),
            order.excluded_reason, *map(major, (order.list_amount, order.seller_discount, order.shipping)))
    assert not found


def test_refunds_one_by_one(whole: Any) -> None:
    rows = whole.look("SELECT refund_id, refund_type, line_id, goods_amount, shipping_amount, reason_code FROM refunds")
    found = {row[0]: row[1:] for row in rows}
    kinds = {"compensation": "refund_only", "price_protection": "refund_only"}  # TOP has no word for them
    for case in whole.world.refunds("taobao"):
        assert found.pop(case.refund_id) == (
            kinds.get(case.kind, case.kind), case.lines[0].line_id, major(case.amount_goods), major(case.shipping),
            case.reason)
    assert not found


def test_products_and_shop(whole: Any) -> None:
    listed = [item for item in whole.world.products("taobao") if item.status != "deleted"]
    assert whole.look("SELECT count(*), count(DISTINCT product_id) FROM products") == [
        (sum(len(item.skus) for item in listed), len(listed))]
    assert whole.look("SELECT shop_id, name, tz, cod_anchor FROM shops") == [
        (whole.world.shops["taobao"].shop_id, "山屿旗舰店", "Asia/Shanghai", "delivered")]


def test_no_rule_is_broken_and_no_field_unknown(whole: Any) -> None:
    whole.assert_faithful()


def test_nothing_personal_reaches_the_disk(whole: Any) -> None:
    assert_nobody(whole.warehouse, whole.world.markers("taobao"))


def test_a_second_run_is_small_and_changes_nothing(lately: Any) -> None:
    again = lately.sync()
    assert {name: (report.rows_written, report.requests <= 2) for name, report in again.items()} == dict.fromkeys(
        again, (0, True))


def test_what_changed_comes_and_nothing_else(lately: Any) -> None:
    lately.world.advance(timedelta(hours=30))
    touched = lately.world.touch("taobao", count=7)
    placed = lately.world.place("taobao", 3)
    orders = lately.sync()["orders"]
    assert orders.requests <= 4  # thirty hours and the lookback are two windows
    assert_exact(lately)
    known = {order_id for (order_id,) in lately.look("SELECT order_id FROM orders")}
    assert known >= {*touched, *placed}
    assert lately.sandbox.violations == []


def test_orders_that_change_while_pages_are_read(open_market: Callable[..., Any]) -> None:
    """Every call changes two orders of a day of several pages: each is found, now or in the next run."""
    market = open_market("taobao", scale=0.3)
    market.world.touch("taobao", count=230, at=market.world.now - timedelta(hours=1))
    market.sandbox.faults.add("taobao", "churn", every=1, touch=2)
    market.sync(since=SINCE, streams=["orders"])
    market.sandbox.faults.clear()
    market.world.advance(timedelta(minutes=5))
    market.sync(streams=["orders"])
    assert_exact(market)
    paged = [call.params for call in market.sandbox.calls("taobao") if call.params.get("use_has_next") == "true"]
    assert len(paged) >= 4
    assert market.sandbox.violations == []


def test_late_changes_are_found(lately: Any) -> None:
    """Stamped 400 seconds before, visible only after the run that covered that time."""
    changed = lately.world.late("taobao", 5, seconds=400)
    lately.sync()
    lately.world.reveal()
    assert lately.sync()["orders"].rows_written >= 5
    assert_exact(lately)
    assert {order_id for (order_id,) in lately.look("SELECT order_id FROM orders")} >= set(changed)


def test_faults_lose_nothing(lately: Any) -> None:
    """Throttled, failed, cut, dropped, expired: each once, in the calls of one run."""
    lately.world.advance(timedelta(days=4))
    lately.world.touch("taobao", count=4)
    for at, kind in enumerate(("429", "500", "cut", "drop", "expire"), start=1):
        lately.sandbox.faults.add("taobao", kind, at=(at,))
    reports = lately.sync()
    assert sum(report.retries for report in reports.values()) >= 5
    assert_exact(lately)
    assert {violation.rule for violation in lately.sandbox.violations} == set()


def test_a_token_that_ends_is_refreshed_and_kept(lately: Any) -> None:
    before = lately.vault.settings("taobao")
    lately.sandbox.states["taobao"].expire_tokens()
    lately.sync()
    after = lately.vault.settings("taobao")
    assert after["access_token"] != before["access_token"]
    assert after["refresh_token"] != before["refresh_token"]
    lately.sync()
    assert lately.sandbox.violations == []
