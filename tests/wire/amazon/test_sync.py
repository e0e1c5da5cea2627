"""Amazon synced over real sockets from the sandbox: to the cent, within its quotas, nobody's data asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connectors.amazon import sandbox_ads
from connectors.engine.connections import Connections
from connectors.engine.sync import sync
from connectors.engine.vault import Vault
from connectors.sandbox import Sandbox, World
from connectors.sandbox.world import WorldOrder, is_sale, major
from queries.warehouse import Warehouse
from tests.nobody import assert_nobody
from tests.wire.conftest import NOW, Market


@pytest.fixture(scope="module")
def whole(open_market: Callable[..., Any]) -> Any:
    """Two years, synced once. Read only."""
    market = open_market("amazon", scale=0.2)
    market.sync()
    return market


@pytest.fixture(scope="module")
def followed(open_market: Callable[..., Any]) -> Any:
    market = open_market("amazon", scale=0.1)
    market.sync()
    return market


def visible(market: Any) -> list[WorldOrder]:
    """Orders that Amazon shows: those that changed more than two minutes ago."""
    span = (NOW - timedelta(days=761), market.world.now - timedelta(minutes=3))
    return list(market.world.orders("amazon", modified=span))


def priced(order: WorldOrder) -> bool:
    return order.status not in ("open", "cancelled")


def test_every_order_and_line_to_the_cent(whole: Any) -> None:
    orders = {order.order_id: order for order in visible(whole)}
    rows = whole.look("SELECT order_id, status, list_amount, seller_discount, shipping_amount, tax_amount, currency,"
                      " tax_included, customer_key, region FROM orders")
    assert {row[0] for row in rows} == set(orders) and len(rows) == len(orders)
    for order_id, status, *amounts, currency, included, buyer, region in rows:
        order = orders[order_id]
        worth = (order.list_amount, order.seller_discount, order.shipping, order.tax) if priced(order) else (0,) * 4
        assert tuple(amounts) == tuple(map(major, worth)), order_id
        assert (currency, included, buyer, region) == ("USD", False, None, None)
        assert status in ({"open", "paid", "cancelled"} & {order.status} or {"shipped", "delivered"})
    [lines] = whole.look("SELECT count(*), sum(quantity), sum(list_amount), sum(seller_discount),"
                         " count(*) FILTER (WHERE is_gift) FROM order_lines")
    every = [(order, line) for order in orders.values() for line in order.lines]
    shown = [line for order, line in every if priced(order)]
    assert lines == (
        len(every), sum(line.quantity for order, line in every if order.status != "cancelled"),
        major(sum(line.list_amount for line in shown)), major(sum(line.seller_discount for line in shown)),
        sum(line.is_gift for line in shown))


def test_a_cancelled_order_never_was_a_sale(whole: Any) -> None:
    """Buyers are charged when the parcel leaves."""
    sales = [order for order in visible(whole) if is_sale(order) and not order.cancelled_at]
    assert whole.look("SELECT count(*), sum(goods_amount) FROM v_orders WHERE is_sale") == [
        (len(sales), major(sum(order.goods for order in sales)))]
    assert whole.look("SELECT count(*) FROM refunds WHERE starts_with(refund_id, 'derived:')") == [(0,)]


def test_refunds_come_from_the_finances(whole: Any) -> None:
    cases = [case for case in whole.world.refunds("amazon") if case.refunded_at
             and case.refunded_at < whole.world.now - timedelta(minutes=3)]
    assert len(cases) > 20
    found = whole.look("SELECT count(DISTINCT refund_id), sum(goods_amount + shipping_amount + tax_amount),"
                       " sum(tax_amount), sum(shipping_amount) FILTER (WHERE line_id IS NOT NULL) FROM refunds")
    told = [case for case in cases if case.lines]
    assert found == [(len(cases), major(sum(case.total for case in cases)), major(sum(case.tax for case in told)),
                      major(sum(case.shipping for case in told)))]
    orphans = whole.look("SELECT count(*) FROM refunds r LEFT JOIN order_lines l USING (order_id, line_id)"
                         " WHERE r.line_id IS NOT NULL AND l.order_id IS NULL")
    assert orphans == [(0,)], "a refunded line is a line of the order"


def test_fees_of_what_was_sent(whole: Any) -> None:
    sent = {order.order_id for order in whole.world.orders("amazon") if order.shipped_at and not order.cancelled_at
            and order.shipped_at < whole.world.now - timedelta(minutes=3)}
    expected: dict[str, int] = {}
    for fee in whole.world.fees("amazon"):
        monthly = fee.order_id is None and fee.charged_at > NOW - timedelta(days=761)
        if monthly or fee.order_id in sent:
            expected[fee.fee_type] = expected.get(fee.fee_type, 0) + fee.amount
    assert dict(whole.look("SELECT fee_type, sum(amount) FROM fees GROUP BY 1")) == {
        kind: major(total) for kind, total in expected.items()}


def test_payouts_of_the_ninety_days_that_amazon_keeps(whole: Any) -> None:
    kept = (NOW - timedelta(days=89)).date()
    paid = {row.settlement_id: (row.date, major(row.amount), "USD") for row in whole.world.settlements("amazon")
            if kept < row.date + timedelta(days=1) <= NOW.date()}
    rows = whole.look("SELECT settlement_id, date, amount, currency FROM settlements")
    assert {row[0]: tuple(row[1:]) for row in rows} == paid and len(paid) > 10


def test_products_are_the_sellers_listings(whole: Any) -> None:
    skus = {sku.sku_id for product in whole.world.products("amazon") for sku in product.skus}
    assert {row[0] for row in whole.look("SELECT sku_id FROM products")} == skus
    assert whole.look("SELECT count(*) FROM order_lines l LEFT JOIN products p USING (product_id, sku_id)"
                      " WHERE p.title IS NULL") == [(0,)]


def test_nobodys_data_is_asked_for_or_kept(whole: Any) -> None:
    assert not whole.sandbox.violations
    asked = {value for call in whole.sandbox.calls("amazon") for value in map(str, call.params.values())}
    assert not any("BUYER" in value or "RECIPIENT" in value for value in asked)
    assert_nobody(whole.warehouse, whole.world.markers("amazon"))


def test_the_shop_has_its_own_day(whole: Any) -> None:
    assert whole.look("SELECT shop_id, currency, tz FROM shops") == [
        ("A2SHANYUHOME01", "USD", "America/Los_Angeles")]


def test_changes_need_one_search(followed: Any) -> None:
    followed.sandbox.forget()
    touched = followed.world.touch("amazon", count=7)
    followed.world.advance(timedelta(minutes=5))
    followed.sync(streams=["orders"])
    assert [call.name for call in followed.sandbox.calls("amazon")] == ["searchOrders"]
    orders = {order.order_id: major(order.shipping) for order in followed.world.orders("amazon")}
    for order_id, postage in followed.look("SELECT order_id, shipping_amount FROM orders WHERE status NOT IN"
                                           " ('open', 'cancelled')"):
        assert postage == orders[order_id], order_id in touched
    assert not followed.sandbox.violations


def test_days_that_were_missed_come_in_a_report(open_market: Callable[..., Any]) -> None:
    """A page of orders may take three minutes: three days are one report, and one search for what changed since."""
    market = open_market("amazon", scale=0.05)
    market.sync(streams=["orders"])
    market.sandbox.forget()
    market.world.advance(timedelta(days=3))
    touched = market.world.touch("amazon", count=9)
    market.world.advance(timedelta(minutes=5))
    market.sync(streams=["orders"])
    names = [call.name for call in market.sandbox.calls("amazon")]
    assert (names.count("report"), names.count("searchOrders")) == (1, 1)
    orders = {order.order_id: order.modified_at.replace(tzinfo=None) for order in market.world.orders("amazon")}
    rows = dict(market.look("SELECT order_id, modified_at FROM orders"))
    assert touched and all(rows[order_id] == orders[order_id] for order_id in touched)
    assert not market.sandbox.violations


def test_a_throttled_operation_waits_as_its_rate_says(followed: Any) -> None:
    followed.sandbox.faults.add("amazon", "429", at=(1,), retry_after=1)
    followed.world.advance(timedelta(minutes=5))
    report = followed.sync(streams=["orders"])["orders"]
    assert report.retries == 1 and report.seconds >= 1


def test_a_report_that_a_killed_run_ordered_is_found_again(open_market: Callable[..., Any]) -> None:
    """The second order of the same period would be cancelled: that is not read as an empty month."""
    market = open_market("amazon", scale=0.05)
    market.sync(streams=["orders"])
    whole = market.look("SELECT count(*), sum(list_amount) FROM orders")
    market.sync(streams=["orders"], full=True)
    assert not [call for call in market.sandbox.calls("amazon") if call.name == "searchOrders"][2:]
    assert market.look("SELECT count(*), sum(list_amount) FROM orders") == whole


def test_ads_by_campaign_and_day(open_market: Callable[..., Any]) -> None:
    """Each kind of ad has its own reports and its own memory; they have a login of their own, which is renewed."""
    market = open_market("amazon", scale=0.02)
    market.connections.rotate("amazon", sandbox_ads.credentials(market.sandbox.states["amazon"]))
    market.sync(streams=["ads", "ads_brands", "ads_display"])
    products, today = min(one.campaign_id for one in market.world.campaigns("amazon")), date(2026, 6, 19)
    spent: dict[tuple[Any, str], int] = {}
    for row in market.world.ads("amazon"):
        if (today - row.date).days <= (94 if row.campaign_id == products else 59):
            spent[row.date, row.campaign_id] = spent.get((row.date, row.campaign_id), 0) + row.spend
    rows = market.look("SELECT date, campaign_id, spend FROM ad_daily WHERE attribution_window = '14d'")
    assert {(day, number): spend for day, number, spend in rows} == {
        key: major(minor) for key, minor in spent.items() if key[0] <= today}
    assert len(rows) > 140, "in Los Angeles it is the 19th"
    assert len(market.look("SELECT name FROM campaigns")) == 2 and not market.sandbox.violations
    market.sync(streams=["ads"], full=True)
    assert len(market.look("SELECT date FROM ad_daily")) == len(rows), "the same order again names the first report"
    market.sandbox.states["amazon"].expire_tokens()
    market.world.advance(timedelta(days=1))
    market.sync(streams=["ads"])
    asked = [call.params for call in market.sandbox.calls("amazon") if call.name == "ads report"][-1]
    assert asked["start"] == "2026-05-22" and not market.sandbox.violations, "four weeks again"


@pytest.fixture
def japan(tmp_path: Path) -> Iterator[Market]:
    world = World(NOW, scale=0.05, platforms=["amazon"], countries={"amazon": "JP"})
    with Sandbox(world) as sandbox:
        warehouse = Warehouse(tmp_path, clock=lambda: world.now)
        warehouse.prepare()
        market = Market("amazon", world, sandbox, warehouse, Vault(tmp_path, b"a root secret of tests"))
        Connections(warehouse, market.vault, clock=lambda: world.now).add(
            "amazon", {**sandbox.credentials("amazon"), "marketplace_ids": "A1VC38T7YXB528", "region": "fe"})
        yield market


def test_yen_have_no_decimals(japan: Market) -> None:
    reports = sync(japan.connections.active(), japan.warehouse, japan.vault, lambda: japan.world.now)
    assert [report.error for report in reports if report.status != "succeeded"] == []
    orders = [order for order in visible(japan) if priced(order)]
    assert japan.look("SELECT count(*), sum(list_amount), sum(shipping_amount), any_value(currency),"
                      " bool_and(tax_included) FROM orders WHERE status NOT IN ('open', 'cancelled')") == [
        (len(orders), Decimal(sum(order.list_amount for order in orders)),
         Decimal(sum(order.shipping for order in orders)), "JPY", True)]
    assert japan.look("SELECT tz, currency FROM shops") == [("Asia/Tokyo", "JPY")]


def test_daily_figures_and_stock(whole: Any) -> None:
    """As the seller's own pages show them: a visit a session, sales as ordered, units that can be sold now."""
    days = {row.date: row for row in whole.world.traffic("amazon") if row.channel == "all" and not row.product_id}
    rows = whole.look("SELECT date, sessions, page_views, visitors FROM traffic_daily WHERE channel = 'all'")
    assert len(rows) > 700 and all((days[day].sessions, days[day].page_views, None) == tuple(figures)
                                   for day, *figures in rows)
    sold = {row.date: row.value for row in whole.world.native("amazon") if row.metric == "gmv"}
    for day, value in whole.look("SELECT date, value FROM platform_native_daily WHERE metric = 'gmv'"):
        assert value == major(sold.get(day, 0))
    stock = {row.sku_id: row.on_hand for row in whole.world.inventory("amazon")}
    assert dict(whole.look("SELECT sku_id, on_hand FROM inventory_daily")) == stock


def test_a_role_that_was_not_granted_leaves_its_stream_out(open_market: Callable[..., Any]) -> None:
    """The run has not failed; a note says which role, and it is asked for again the next time."""
    market = open_market("amazon", scale=0.02)
    market.sandbox.faults.add("amazon", "403", every=1, path="/fba/")
    reports = market.sync(streams=["stock"])
    assert (reports["stock"].status, reports["stock"].rows_read) == ("succeeded", 0)
    [(status, detail)] = market.look("SELECT status, detail FROM data_quality WHERE check_name = 'not_approved'")
    assert status == "warn" and "Amazon Fulfillment" in detail
    market.sandbox.faults.clear()
    assert market.sync(streams=["stock"])["stock"].rows_read > 0
