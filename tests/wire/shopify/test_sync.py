"""Shopify served from the sandbox world, synced over real sockets: to the cent, no rule broken, no person kept."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from connectors.sandbox.world import major
from connectors.shopify import sandbox as served
from tests.nobody import assert_nobody


@pytest.fixture(scope="module")
def market(open_market: Callable[..., Any]) -> Any:
    """Two years by one bulk operation."""
    found = open_market("shopify", scale=0.1)
    found.first = found.sync()
    return found


def naive(*moments: Any) -> tuple[Any, ...]:
    return tuple(moment.replace(tzinfo=None) if moment else None for moment in moments)


def test_every_order_to_the_cent(market: Any) -> None:
    found = {row[0]: row[1:] for row in market.look(
        "SELECT order_id, order_type, list_amount, seller_discount, shipping_amount, tax_amount, tax_included,"
        " created_at, paid_at, cancelled_at, presentment_currency, region FROM orders")}
    assert found == {order.order_id: (
        order.order_type, *map(major, (order.list_amount, order.seller_discount, order.shipping, order.tax)), False,
        *naive(order.created_at, order.paid_at, order.cancelled_at),
        order.presentment and order.presentment[0], order.buyer.province) for order in market.world.orders("shopify")}
    assert any(row[9] for row in found.values()) and len(found) > 150


def test_every_line_to_the_cent(market: Any) -> None:
    found = {row[:2]: row[2:] for row in market.look(
        "SELECT order_id, line_id, product_id, sku_id, quantity, list_amount, seller_discount, is_gift"
        " FROM order_lines")}
    assert found == {(order.order_id, line.line_id): (
        line.product.product_id, line.sku.sku_id, line.quantity, major(line.list_amount), major(line.seller_discount),
        line.list_amount == 0) for order in market.world.orders("shopify") for line in order.lines}


def test_every_refund_to_the_cent(market: Any) -> None:
    """What a refund by amount was for is not told, so of those the sum counts."""
    found = {row[0]: row[1:] for row in market.look(
        "SELECT refund_id, any_value(order_id), sum(goods_amount + shipping_amount + tax_amount), sum(quantity),"
        " max(refunded_at), max(restocked) FROM refunds WHERE NOT starts_with(refund_id, 'derived:') GROUP BY ALL")}
    paid = [case for case in market.world.refunds("shopify") if case.refunded_at]
    assert found == {case.refund_id: (
        case.order_id, major(case.total), case.quantity, *naive(case.refunded_at), case.restocked) for case in paid}
    kinds = dict(market.look("SELECT refund_type, count(DISTINCT refund_id) FROM refunds"
                             " WHERE line_id IS NOT NULL GROUP BY ALL"))
    lined = Counter("refund_only" if case.kind == "return_refund" and not case.restocked else case.kind
                    for case in paid if case.lines)
    assert kinds == dict(lined), "goods that did not go back on the shelf are not known to have come back"
    by_line = {row[:2]: row[2:] for row in market.look(
        "SELECT refund_id, line_id, goods_amount, tax_amount FROM refunds WHERE line_id IS NOT NULL")}
    assert by_line == {(case.refund_id, line.line_id): (major(line.goods), major(line.tax))
                       for case in paid for line in case.lines}


def test_products_with_their_variants(market: Any) -> None:
    assert set(market.look("SELECT product_id, sku_id, title, category, brand FROM products")) == {
        (item.product_id, sku.sku_id, item.title, item.category, item.brand)
        for item in market.world.products("shopify") for sku in item.skus}


def test_the_shop_has_its_own_day_and_money(market: Any) -> None:
    assert market.look("SELECT shop_id, tz, currency, cod_anchor FROM shops") == [
        ("shanyu-home.myshopify.com", "America/New_York", "USD", "created")]


def test_no_rule_is_broken_and_no_field_unknown(market: Any) -> None:
    assert market.sandbox.violations == []
    assert market.look("SELECT check_name, detail FROM data_quality") == []


def test_nobody_reaches_the_disk(market: Any) -> None:
    assert_nobody(market.warehouse, market.world.markers("shopify"))


def test_history_comes_by_one_bulk_operation(market: Any) -> None:
    asked = [call.name for call in market.sandbox.calls("shopify")]
    assert asked.count("bulkOperationRunQuery") == 1
    assert market.first["orders"].requests < 20 + market.world.truth("shopify").refund_cases


def test_a_quiet_run_asks_once(market: Any) -> None:
    market.world.advance(timedelta(hours=1))
    market.sync()
    assert {name: (report.rows_written, report.requests) for name, report in market.sync().items()} == {
        "orders": (0, 1), **dict.fromkeys(("products", "fees", "payouts", "stock"), (0, 0))}


def test_an_expired_token_is_renewed_and_both_tokens_rotate(market: Any) -> None:
    before = market.vault.settings("shopify")
    market.world.advance(timedelta(hours=2))
    market.sync()
    after = market.vault.settings("shopify")
    assert (before["access_token"], before["refresh_token"]) != (after["access_token"], after["refresh_token"])
    assert market.sandbox.violations == []


def test_an_app_of_the_same_organisation_needs_no_token(open_market: Callable[..., Any]) -> None:
    market = open_market("shopify", scale=0.02)
    given = {name: value for name, value in market.sandbox.credentials("shopify").items()
             if name not in ("access_token", "refresh_token")}
    link = market.connections.add("shopify", given, name="organisation")
    assert link.shop_id == "shanyu-home.myshopify.com"


def test_a_small_bucket_makes_it_slower_and_loses_nothing(open_market: Callable[..., Any],
                                                          monkeypatch: pytest.MonkeyPatch) -> None:
    """One page costs nearly the whole bucket: the store answers THROTTLED, with HTTP 200."""
    monkeypatch.setattr(served, "CAPACITY", 1000.0)
    monkeypatch.setattr(served, "RESTORE", 1500.0)
    market = open_market("shopify", scale=0.1)
    market.sync(since=market.world.now - timedelta(days=60))
    market.world.advance(timedelta(hours=2))
    touched = market.world.touch("shopify", count=80)
    report = market.sync(streams=["orders"])["orders"]
    assert report.retries > 0
    found = dict(market.look("SELECT order_id, shipping_amount FROM orders"))
    assert {order_id: found[order_id] for order_id in touched} == {
        order_id: major(market.world.order("shopify", order_id).shipping) for order_id in touched}


def test_a_query_that_costs_too_much_is_asked_for_in_smaller_pages(open_market: Callable[..., Any],
                                                                   monkeypatch: pytest.MonkeyPatch) -> None:
    market = open_market("shopify", scale=0.05)
    market.sync(since=market.world.now - timedelta(days=60))
    monkeypatch.setattr(served, "MOST_COST", 200)
    market.sandbox.forget()
    market.world.advance(timedelta(hours=2))
    touched = market.world.touch("shopify", count=20)
    market.sync(streams=["orders"])
    sizes = [call.params["first"] for call in market.sandbox.calls("shopify") if call.name == "orders"]
    assert max(sizes) < 10
    found = dict(market.look("SELECT order_id, shipping_amount FROM orders"))
    assert {order_id: found[order_id] for order_id in touched} == {
        order_id: major(market.world.order("shopify", order_id).shipping) for order_id in touched}


def test_fees_payouts_and_stock(market: Any) -> None:
    """What Shopify Payments kept of each order, what it paid out, and what lies in stock where it is counted."""
    fees = [fee for fee in market.world.fees("shopify") if fee.order_id]
    assert market.look("SELECT count(*), sum(amount) FROM fees WHERE fee_type = 'payment'") == [
        (len(fees), major(sum(fee.amount for fee in fees)))]
    payouts = {row.settlement_id: (row.date, major(row.amount)) for row in market.world.settlements("shopify")
               if row.date > (market.world.now - timedelta(days=760)).date()}
    assert {key: (day, amount) for key, day, amount in market.look(
        "SELECT settlement_id, date, amount FROM settlements")} == payouts
    levels = {row.sku_id: row.on_hand for row in market.world.inventory("shopify")}
    counted = {sku: level for number, (sku, level) in enumerate(sorted(levels.items())) if number % 5}
    assert dict(market.look("SELECT sku_id, on_hand FROM inventory_daily")) == counted
