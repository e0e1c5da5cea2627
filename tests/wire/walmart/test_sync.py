"""Walmart synced over real sockets from the sandbox: to the cent, without breaking a rule, and again for little."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from connectors.sandbox.world import major
from tests.nobody import assert_nobody

REACH = timedelta(days=179)


@pytest.fixture(scope="module")
def whole(synced: Callable[..., Any]) -> Any:
    """All that Walmart tells: half a year."""
    return synced("walmart", scale=1.0)


def reached(market: Any) -> dict[str, Any]:
    since = market.world.now - REACH
    return {order.order_id: order for order in market.world.orders("walmart") if order.created_at >= since}


def test_orders_one_by_one_whoever_ships_them(whole: Any) -> None:
    rows = whole.look("SELECT order_id, created_at, shipped_at, delivered_at, cancelled_at, list_amount,"
                      " seller_discount, shipping_amount, tax_amount, region FROM orders")
    found = {row[0]: row[1:] for row in rows}
    world = reached(whole)
    assert {order.number % 5 for order in world.values()} == {0, 1, 2, 3, 4}
    for order_id, order in world.items():
        instants = (order.created_at, order.shipped_at, order.delivered_at, order.cancelled_at)
        assert found.pop(order_id) == (
            *(at and at.replace(tzinfo=None) for at in instants),
            *map(major, (order.goods, 0, order.shipping, order.tax)), order.buyer.province)
    assert not found


def test_returns_and_refunds_without_one_are_told_once(whole: Any) -> None:
    """Every refund stands on its line too, and half of those lines do not name their return."""
    rows = whole.look("SELECT order_id, refund_type, sum(goods_amount + tax_amount) FROM refunds"
                      " WHERE status = 'success' AND NOT starts_with(refund_id, 'derived:') GROUP BY ALL ORDER BY ALL")
    world = reached(whole)
    cases = [case for case in whole.world.refunds("walmart") if case.refunded_at and case.order_id in world]
    kinds = {case.kind for case in cases}
    assert kinds == {"return_refund", "refund_only"}
    assert {world[case.order_id].number % 2 for case in cases if case.kind == "return_refund"} == {0, 1}
    expected: dict[tuple[str, str], int] = {}
    for case in cases:
        expected[case.order_id, case.kind] = expected.get((case.order_id, case.kind), 0) + case.total
    known = [(order_id, kind, amount) for order_id, kind, amount in rows if order_id in world]
    assert known == sorted((*key, major(minor)) for key, minor in expected.items())


def test_cancelled_orders_leave_by_a_derived_row(whole: Any) -> None:
    cancelled = {order_id for order_id, order in reached(whole).items() if order.cancelled_at}
    assert {order_id for (order_id,) in whole.look(
        "SELECT order_id FROM refunds WHERE starts_with(refund_id, 'derived:')")} == cancelled != set()


def test_fees_and_payments_of_the_reconciliation_reports(whole: Any) -> None:
    """Of the reports of half a year, each with the days since the one before it."""
    zone = ZoneInfo("America/New_York")
    since = whole.world.now.astimezone(zone).date() - REACH
    dates = [row.date for row in whole.world.settlements("walmart")]
    reports = [day for day in dates if day > since]
    days = (max(day for day in dates if day < reports[0]), reports[-1])
    fees = [fee for fee in whole.world.fees("walmart") if days[0] < fee.charged_at.astimezone(zone).date() <= days[1]]
    assert whole.look("SELECT count(*), sum(amount), count(order_id) FROM fees") == [
        (len(fees), major(sum(fee.amount for fee in fees)), len(fees))]
    paid = [row.amount for row in whole.world.settlements("walmart") if row.date in reports]
    assert whole.look("SELECT count(*), sum(amount) FROM settlements") == [(len(paid), major(sum(paid)))]


def test_products_and_shop(whole: Any) -> None:
    skus = {sku.sku_id for item in whole.world.products("walmart") if item.status != "deleted" for sku in item.skus}
    assert {sku for (sku,) in whole.look("SELECT sku_id FROM products")} == skus
    assert whole.look("SELECT shop_id, tz, currency FROM shops") == [("10001234567", "America/New_York", "USD")]


def test_no_rule_is_broken_and_no_field_unknown(whole: Any) -> None:
    assert whole.sandbox.violations == []
    assert whole.look("SELECT check_name, detail FROM data_quality WHERE check_name <> 'orphan_refunds'") == []


def test_nothing_personal_reaches_the_disk(whole: Any) -> None:
    buyers = {buyer.buyer_id for buyer in whole.world.buyers("walmart")}
    assert_nobody(whole.warehouse, whole.world.markers("walmart") | buyers)


def test_a_second_run_is_small_and_changes_nothing(whole: Any) -> None:
    whole.assert_quiet()


def test_a_token_that_ends_is_fetched_again(whole: Any) -> None:
    before = whole.vault.settings("walmart")["access_token"]
    whole.sandbox.states["walmart"].expire_tokens()
    whole.sync(streams=["orders"])
    assert whole.vault.settings("walmart")["access_token"] != before
