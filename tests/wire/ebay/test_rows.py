"""From eBay's payloads to contract records, without a network. The fixtures hold the awkward cases first."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from connectors.ebay import CONNECTOR, traffic
from connectors.ebay.items import Sku, item_rows, items
from connectors.engine.catalogue import load, wire_paths
from connectors.engine.stream import Ask, Call, Context, Reply, Window
from queries.records import (
    AdDaily,
    Fee,
    InventoryDaily,
    Order,
    OrderLine,
    Product,
    Refund,
    Settlement,
    TrafficDaily,
)

FIXTURES = Path(__file__).parent / "fixtures"
CATALOGUE = load(Path(__file__).parents[3] / "connectors/ebay/fields.yaml")
NOW = datetime(2026, 6, 20, 4, 0, 0, 500000, tzinfo=UTC)
SETTINGS = CONNECTOR.settings(client_id="1", client_secret="2", refresh_token="3")
CONTEXT = Context(SETTINGS, "souk_seller", "USD", ZoneInfo("America/Los_Angeles"), NOW)


def rows(stream: str, fixture: str) -> list:
    declared = CONNECTOR.stream(stream)
    page = declared.read(Reply(200, {}, (FIXTURES / fixture).read_bytes()), Call("/x"))
    found = declared.gather(page.items) if declared.gather else page.items
    return [row for item in found for row in declared.rows(item, CONTEXT)]


def of(kind: type, last: str) -> list:
    return [row for row in rows("orders", "orders.json") if isinstance(row, kind) and row.order_id.endswith(last)]


def order(last: str) -> Order:
    return of(Order, last)[0]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_discounts_shipping_and_a_sale_by_ad() -> None:
    """40.00 (2 pieces) + 20.00 - 4.00 + 7.00 - 2.00 = 61.00; taxes that eBay collects are in nothing."""
    found = order("1")
    assert (found.list_amount, found.seller_discount, found.shipping_amount, found.tax_amount) == (
        Decimal("60.00"), Decimal("4.00"), Decimal("5.00"), 0)
    assert (found.status, found.native_status, found.channel, found.region, found.buyer) == (
        "shipped", "PARTIALLY_REFUNDED/FULFILLED", "ad", "CA", "buyer_1")
    assert (found.created_at, found.paid_at, found.modified_at) == (
        at("2026-01-01 10:00"), at("2026-01-01 10:00:05"), at("2026-01-05 08:00"))
    first, second = of(OrderLine, "1")
    assert (first.product_id, first.sku_id, first.quantity, first.list_amount, first.seller_discount) == (
        "110123456789", "RUG-1", 2, Decimal("40.00"), Decimal("4.00"))
    assert (second.sku_id, second.seller_discount) == ("410000000001", 0)


@pytest.mark.parametrize(("last", "status", "native", "paid", "cancelled"), [
    ("2", "cancelled", "FULLY_REFUNDED/NOT_STARTED/CANCELED", "2026-01-02 10:00:09", "2026-01-02 11:30"),
    ("3", "open", "PENDING/NOT_STARTED", None, None),
    ("4", "shipped", "PAID/FULFILLED", "2026-01-04 10:01", None),
    ("5", "unknown", "PAID/TELEPORTED", None, None),
    ("6", "shipped", "PARTIALLY_REFUNDED/IN_PROGRESS", "2026-01-06 10:00", None),
    ("7", "paid", "PAID/NOT_STARTED/IN_PROGRESS", "2026-01-07 10:00", None),  # no payment date: the creation
])
def test_statuses(last: str, status: str, native: str, paid: str | None, cancelled: str | None) -> None:
    found = order(last)
    assert (found.status, found.native_status, found.paid_at, found.cancelled_at) == (
        status, native, at(paid) if paid else None, at(cancelled) if cancelled else None)


def test_a_cross_border_sale_keeps_both_currencies() -> None:
    """What the seller gets in is the shop's; a later adjustment lowers the price; VAT is inside."""
    found = order("4")
    assert (found.currency, found.list_amount, found.seller_discount) == ("GBP", Decimal("25.40"), Decimal("0.40"))
    assert (found.presentment_currency, found.presentment_total) == ("JPY", Decimal("4902"))
    assert (found.tax_included, found.region) == (True, "JP")


def test_a_discount_of_the_order_alone_is_shared_by_value() -> None:
    found = order("7")
    assert (found.seller_discount, found.tax_amount, found.tax_included) == (Decimal("1.00"), Decimal("0.72"), False)
    assert [line.seller_discount for line in of(OrderLine, "7")] == [Decimal("0.67"), Decimal("0.33"), 0]
    assert of(OrderLine, "7")[2].is_gift


def test_refunds_are_not_counted_twice() -> None:
    """5001 is named by the order and by its line; REF-2 by the order alone; 5003 has not gone out."""
    by_line, by_amount, pending = of(Refund, "1")
    assert (by_line.refund_id, by_line.line_id, by_line.goods_amount, by_line.refund_type) == (
        "5001", "10012345678901", Decimal("10.00"), "refund_only")
    assert (by_amount.refund_id, by_amount.line_id, by_amount.goods_amount, by_amount.refunded_at) == (
        "REF-2", None, Decimal("6.00"), at("2026-01-05 08:00"))
    assert (pending.refund_id, pending.status, pending.refunded_at) == ("5003", "approved", None)


def test_a_cancelled_order_gives_back_goods_and_postage() -> None:
    [found] = of(Refund, "2")
    assert (found.refund_type, found.goods_amount, found.shipping_amount, found.restocked) == (
        "cancel_before_ship", Decimal("30.00"), Decimal("5.00"), True)


def test_what_lines_leave_of_a_refund_is_postage() -> None:
    line, later, rest = of(Refund, "6")
    assert (line.goods_amount, line.shipping_amount) == (Decimal("20.00"), 0)
    assert (later.refund_id, later.goods_amount, later.status) == ("5061", Decimal("1.50"), "success")
    assert (rest.line_id, rest.goods_amount, rest.shipping_amount) == (None, 0, Decimal("4.00"))


def test_a_refund_of_a_line_without_a_number_is_the_orders_of_that_moment() -> None:
    """Two lines, 4 + 6 back at once; the order says 12: the rest is postage. One of another moment stands alone."""
    line = {"quantity": 1, "lineItemCost": {"value": "10.00"}}
    text = {"orders": [{
        "orderId": "1", "creationDate": "2026-01-01T10:00:00.000Z", "lastModifiedDate": "2026-01-01T10:00:00.000Z",
        "orderPaymentStatus": "PARTIALLY_REFUNDED", "orderFulfillmentStatus": "FULFILLED",
        "pricingSummary": {"deliveryCost": {"value": "5.00"}},
        "paymentSummary": {"refunds": [{"refundReferenceId": "R", "amount": {"value": "12.00"},
                                        "refundDate": "2026-01-02T10:00:00.000Z", "refundStatus": "REFUNDED"}]},
        "lineItems": [
            line | {"lineItemId": "a", "refunds": [back("4.00", "2026-01-02T10:00:00.000Z")]},
            line | {"lineItemId": "b", "refunds": [back("6.00", "2026-01-02T10:00:00.000Z"),
                                                   back("1.00", "2026-01-03T10:00:00.000Z")]}]}]}
    declared = CONNECTOR.stream("orders")
    page = declared.read(Reply(200, {}, json.dumps(text).encode()), Call("/x"))
    found = [row for item in page.items for row in declared.rows(item, CONTEXT) if isinstance(row, Refund)]
    assert [(row.refund_id, row.line_id, row.goods_amount, row.shipping_amount) for row in found] == [
        ("R", "a", 4, 0), ("R", "b", 6, 0), ("b:1", "b", 1, 0), ("R", None, 0, 2)]


def back(amount: str, when: str) -> dict[str, object]:
    return {"amount": {"value": amount}, "refundDate": when}


def test_fees_by_kind_and_what_refunds_give_back_of_them() -> None:
    found = [(row.order_id, row.fee_type, row.amount) for row in rows("fees", "transactions.json")
             if isinstance(row, Fee)]
    assert found == [
        ("16-1", "commission", Decimal("4.90")), ("16-1", "commission", Decimal("0.30")),
        ("16-1", "payment", Decimal("0.13")), ("16-1", "commission", Decimal("-1.20")),
        ("16-2", "commission", Decimal("1.50")),  # only the total was told
        (None, "service", Decimal("0.35")), ("16-1", "shipping", Decimal("6.10")), (None, "other", Decimal("-3.00"))]


def test_ad_charges_are_added_up_by_shop_day_and_are_no_fees() -> None:
    """07:59:59 and 08:00:00 UTC are two days in Los Angeles."""
    found = [(row.date, row.spend) for row in rows("fees", "transactions.json") if isinstance(row, AdDaily)]
    assert found == [(date(2026, 1, 1), Decimal("2.50")), (date(2026, 1, 2), Decimal("-0.40"))]


def test_payouts_count_once_the_money_has_gone_out() -> None:
    body = b"""{"total": 2, "payouts": [
        {"payoutId": "P1", "payoutStatus": "SUCCEEDED", "payoutDate": "2026-01-02T07:00:00.000Z",
         "amount": {"value": "100.10", "currency": "USD"}, "payoutInstrument": {"accountLastFourDigits": "MARKER"}},
        {"payoutId": "P2", "payoutStatus": "INITIATED", "amount": {"value": "5", "currency": "USD"}}]}"""
    stream = CONNECTOR.stream("settlements")
    page = stream.read(Reply(200, {}, body), Call("/x"))
    found = [row for item in page.items for row in stream.rows(item, CONTEXT)]
    assert found == [Settlement(settlement_id="P1", date=date(2026, 1, 1), amount=Decimal("100.10"), currency="USD")]


@pytest.mark.parametrize("stream", ["orders", "fees", "settlements"])
def test_an_answer_without_a_body_is_an_empty_page(stream: str) -> None:
    page = CONNECTOR.stream(stream).read(Reply(204, {}, b""), Call("/x"))
    assert (list(page.items), page.total) == ([], 0)


def test_a_window_ends_a_millisecond_earlier_and_never_in_the_future() -> None:
    walk = CONNECTOR.stream("orders").changes
    past = walk.call(Ask(window=Window(at("2026-01-01"), at("2026-01-02")), page=3, size=200), CONTEXT)
    assert past.params == {"limit": 200, "offset": 600, "filter":
                           "lastmodifieddate:[2026-01-01T00:00:00.000Z..2026-01-01T23:59:59.999Z]"}
    present = walk.call(Ask(window=Window(at("2026-06-20 04:00"), at("2026-06-20 04:00:01")), size=200), CONTEXT)
    assert present.params["filter"] == "lastmodifieddate:[2026-06-20T04:00:00.000Z..2026-06-20T04:00:00.500Z]"
    assert "fieldGroups" not in past.params


def test_items_follow_next_whatever_it_counts() -> None:
    body = b"""{"total": 3, "next": "/sell/inventory/v1/inventory_item?limit=200&offset=1",
                "inventoryItems": [{"sku": "A"}]}"""
    page = items(Reply(200, {}, body), Call("/x"))
    assert (page.next, [sku.item.sku for sku in page.items]) == ("1", ["A"])
    walk = CONNECTOR.stream("products").changes
    assert walk.call(Ask(size=200, cursor=page.next), CONTEXT).params == {"limit": 200, "offset": "1"}


def test_an_item_is_known_by_its_listing() -> None:
    stream = CONNECTOR.stream("products")
    [sku] = items(Reply(200, {}, b'{"inventoryItems": [{"sku": "A", "product": {"title": "Mug", "brand": "B"}}]}'),
                  Call("/x")).items
    assert stream.detail is not None
    offers = b'{"offers": [{"sku": "A", "categoryId": 9, "listing": {"listingId": 110, "listingStatus": "ACTIVE"}}]}'
    [listed] = stream.detail.join([sku], [Reply(200, {}, offers)])
    found = [(row.product_id, row.sku_id, row.title, row.brand, row.category, row.status)
             for one in (listed, sku) for row in item_rows(one, CONTEXT) if isinstance(row, Product)]
    assert found == [("110", "A", "Mug", "B", "9", "on_sale"), ("A", "A", "Mug", "B", None, "off_shelf")]
    assert isinstance(listed, Sku)


def test_what_is_in_stock_is_todays_of_the_shop() -> None:
    """An item without an availability tells nothing: that is not 0. In Los Angeles it is still the 19th."""
    body = (b'{"inventoryItems": [{"sku": "A", "availability": {"shipToLocationAvailability": {"quantity": 7}}},'
            b'{"sku": "B", "availability": {"shipToLocationAvailability": {"quantity": 0}}}, {"sku": "C"}]}')
    found = [row for sku in items(Reply(200, {}, body), Call("/x")).items for row in item_rows(sku, CONTEXT)]
    assert [row for row in found if isinstance(row, InventoryDaily)] == [
        InventoryDaily(sku_id="A", date=date(2026, 6, 19), on_hand=7),
        InventoryDaily(sku_id="B", date=date(2026, 6, 19), on_hand=0)]


def test_what_is_sent_uninvited_goes_nowhere() -> None:
    found = [*rows("orders", "orders.json"), *rows("fees", "transactions.json")]
    assert "MARKER" not in repr(found) and "marker@" not in repr(found)


def test_an_unknown_field_is_named_without_its_value() -> None:
    orders, transactions = ((FIXTURES / name).read_bytes() for name in ("orders.json", "transactions.json"))
    assert CATALOGUE.sources["order"].unknown(orders, set()) == {"futureField"}
    assert CATALOGUE.sources["transaction"].unknown(transactions, set()) == set()


@pytest.mark.parametrize("source", sorted(CONNECTOR.wire))
def test_every_field_has_its_class(source: str) -> None:
    known = CATALOGUE.sources[source].by_path
    assert [path for path in wire_paths(CONNECTOR.wire[source]) if path not in known] == []


def test_traffic_is_a_table_whose_header_names_the_columns() -> None:
    """Not applicable is unknown, not 0."""
    body = (b'{"header": {"metrics": [{"key": "listing_views_total"}, {"key": "LISTING_IMPRESSION_TOTAL"}]},'
            b'"records": [{"dimensionValues": [{"value": "20260601"}], "metricValues": ['
            b'{"value": 12, "applicable": true}, {"value": "340", "applicable": true}]},'
            b'{"dimensionValues": [{"value": "2026-06-02T00:00:00.000-07:00"}], "metricValues": ['
            b'{"value": 0, "applicable": true}, {"value": 0, "applicable": false}]}]}')
    page = traffic.days(Reply(200, {}, body), Call("x"))
    found = [row for item in page.items for row in traffic.day_rows(item, CONTEXT) if isinstance(row, TrafficDaily)]
    assert [(row.date.isoformat(), row.page_views, row.impressions) for row in found] == [
        ("2026-06-01", 12, 340), ("2026-06-02", 0, None)]
    assert list(traffic.days(Reply(204, {}, b""), Call("x")).items) == []


@pytest.mark.parametrize(("zone", "first", "last", "span"), [
    ("America/Los_Angeles", date(2026, 3, 1), date(2026, 3, 30), "20260301..20260330"),  # over the change of the clock
    ("Europe/Berlin", date(2026, 3, 1), date(2026, 3, 30),
     "2026-03-01T00:00:00.000+01:00..2026-03-30T00:00:00.000+02:00"),
    ("America/Los_Angeles", date(2026, 3, 30), date(2026, 3, 30), "20260324..20260330"),
])
def test_traffic_is_asked_for_in_days_of_the_shop(zone: str, first: date, last: date, span: str) -> None:
    """A report that begins after eBay's latest day is refused: the last few days are asked for as a week."""
    params = traffic.report(Ask(first_day=first, last_day=last), replace(CONTEXT, zone=ZoneInfo(zone))).params
    assert params["filter"] == f"marketplace_ids:{{EBAY_US}},date_range:[{span}]"


def test_traffic_is_read_where_the_consent_covers_it() -> None:
    agreed = CONNECTOR.settings(client_id="1", client_secret="2", scopes="sell.finances sell.analytics.readonly")
    assert traffic.TRAFFIC.enabled(agreed) and not traffic.TRAFFIC.enabled(SETTINGS)
