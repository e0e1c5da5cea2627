"""From a store's payloads to contract records. The fixtures hold the awkward cases; amounts are without tax.

727  coupon of 2.00, a free sample, a surcharge and a negative fee       list 25.50, discount 3.50
728  JPY, guest, product deleted; refunds: one line, 1100 with tax, then 150 by amount only
729  fully refunded by amount before it was shipped
730  cash on delivery, not yet delivered        731  a status that no mapping knows
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from connectors.engine.stream import BEGINNING, Ask, Call, Context, Reply, Window
from connectors.woocommerce import goods, streams, wire
from connectors.woocommerce.goods import Item
from connectors.woocommerce.streams import Sale, sale_rows
from queries.records import InventoryDaily, Order, OrderLine, Product, Refund

FIXTURES = Path(__file__).parent / "fixtures"
NOW = datetime(2026, 1, 10, tzinfo=UTC)
CONTEXT = Context(settings=None, shop_id="shop.example", currency="USD", zone=ZoneInfo("UTC"), now=NOW)
ORDERS = {str(order.id): order for order in streams.orders_of.decode((FIXTURES / "orders.json").read_bytes())}
REFUNDS = json.loads((FIXTURES / "refunds.json").read_text())


def rows(order: str, refunds: str | None = None) -> list[Any]:
    found = streams.refunds_of.decode(msgspec.json.encode(REFUNDS.get(refunds or order, [])))
    return list(sale_rows(Sale(ORDERS[order], found), CONTEXT))


def of(kind: type, found: list[Any]) -> list[Any]:
    return [row for row in found if isinstance(row, kind)]


@pytest.mark.parametrize(("order", "status", "paid", "list_amount", "discount", "shipping", "tax", "buyer", "region"), [
    ("727", "paid", True, "25.50", "3.50", "10.00", "1.35", "12", "NV"),
    ("728", "completed", True, "3000", "0", "500", "300", None, "JP13"),
    ("729", "cancelled", True, "20.00", "0.00", "5.00", "2.00", None, None),
    ("730", "paid", False, "20.00", "0.00", "0", "0", "3", "CA"),
    ("731", "unknown", False, "0", "0", "0", "0", "3", None),
])
def test_orders(order: str, status: str, paid: bool, list_amount: str, discount: str, shipping: str, tax: str,
                buyer: str | None, region: str | None) -> None:
    (found,) = of(Order, rows(order))
    assert (found.status, found.paid_at is not None, found.buyer, found.region) == (status, paid, buyer, region)
    assert (found.list_amount, found.seller_discount, found.shipping_amount, found.tax_amount) == tuple(
        map(Decimal, (list_amount, discount, shipping, tax)))
    assert found.tax_included is False and found.native_status == ORDERS[order].status


@pytest.mark.parametrize("order", ["727", "728", "729", "730"])
def test_an_order_equals_its_lines_and_its_total(order: str) -> None:
    found = rows(order)
    (head,), lines = of(Order, found), of(OrderLine, found)
    assert head.list_amount == sum(line.list_amount for line in lines)
    assert head.seller_discount == sum(line.seller_discount for line in lines)
    assert (head.list_amount - head.seller_discount + head.shipping_amount + head.tax_amount
            == ORDERS[order].total)


def test_lines_of_products_variations_samples_and_fees() -> None:
    assert [(line.line_id, line.product_id, line.sku_id, line.quantity, line.is_gift)
            for line in of(OrderLine, rows("727"))] == [
        ("315", "93", "93", 2, False), ("316", "94", "95", 1, True), ("320", "fee", "fee", 0, False),
        ("321", "fee", "fee", 0, False)]
    assert [line.product_id for line in of(OrderLine, rows("728"))] == [""], "a deleted product has no id"


def test_times_are_utc() -> None:
    (order,) = of(Order, rows("727"))
    assert order.created_at == datetime(2026, 1, 1, 19, 28, 2, tzinfo=UTC)


def test_cash_on_delivery_is_paid_when_it_is_delivered() -> None:
    (order,) = of(Order, rows("730"))
    assert (order.payment_type, order.paid_at, order.delivered_at) == ("cod", None, None)


@pytest.mark.parametrize(("order", "refunds", "expected"), [
    ("728", None, [("801", "330", "return_refund", 1, "1000", "0", "100"),
                   ("802", None, "refund_only", 0, "150", "0", "0")]),
    ("728", "postage", [("804", "330", "refund_only", 0, "20", "0", "2"),
                        ("804", None, "refund_only", 0, "55", "500", "50")]),
    ("729", None, [("803", "340", "cancel_before_ship", 1, "20.00", "0", "0"),
                   ("803", None, "cancel_before_ship", 0, "0", "5.00", "2.00")]),
])
def test_refunds(order: str, refunds: str | None, expected: list[Any]) -> None:
    """Signs: the wire's lines are negative, ours positive. What no line explains stands on a row of its own;
    a sum for the whole order is parted over its lines."""
    found = of(Refund, rows(order, refunds))
    assert [(row.refund_id, row.line_id, row.refund_type, row.quantity, row.goods_amount, row.shipping_amount,
             row.tax_amount) for row in found] == [
        (refund, line, kind, quantity, Decimal(goods), Decimal(shipping), Decimal(tax))
        for refund, line, kind, quantity, goods, shipping, tax in expected]
    assert all(row.status == "success" and row.refunded_at for row in found)


def test_no_personal_field_is_even_decoded() -> None:
    text = msgspec.json.encode([*ORDERS.values()]).decode()
    for marker in ("John", "Doe", "555", "example.com", "94103", "Francisco", "13800138000", "Anna", "ch_1"):
        assert marker not in text


# --- what is asked for --------------------------------------------------------------------------------------


def test_changes_are_asked_for_in_utc_with_a_second_to_spare() -> None:
    """Both ends are exclusive for the store, ours are [start, end)."""
    window = Window(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC))
    params = streams.changed_orders(Ask(window=window, page=3, size=50), CONTEXT).params
    assert (params["modified_after"], params["modified_before"]) == ("2025-12-31T23:59:59", "2026-01-02T00:00:00")
    assert (params["dates_are_gmt"], params["page"], params["per_page"], params["orderby"]) == ("true", 3, 50, "id")


def test_an_hour_that_does_not_exist_on_the_stores_clock_hides_nothing() -> None:
    """29 March 2026: in Berlin 02:00 to 03:00 does not exist, and the store would take 02:30 for 03:30."""
    berlin = Context(settings=None, shop_id="s", currency="EUR", zone=ZoneInfo("Europe/Berlin"), now=NOW)
    for minute, expected in ((30, "2026-03-29T01:29:59"), (0, "2026-03-29T01:59:59")):
        start = datetime(2026, 3, 29, 2, minute, tzinfo=UTC)
        window = Window(start, start + timedelta(hours=1))
        params = streams.changed_orders(Ask(window=window, page=1, size=100), berlin).params
        assert params["modified_after"] == expected


def test_a_first_read_is_frozen_by_creation_and_may_begin_later() -> None:
    everything = streams.all_orders(Ask(window=Window(BEGINNING, NOW), page=1, size=100), CONTEXT).params
    assert everything["before"] == "2026-01-10T00:00:00" and "after" not in everything
    since = streams.all_orders(Ask(window=Window(NOW - timedelta(days=1), NOW), page=1, size=100), CONTEXT).params
    assert since["after"] == "2026-01-08T23:59:59"


@pytest.mark.parametrize("asked", [streams.ORDER_FIELDS, streams.REFUND_FIELDS, goods.PRODUCT_FIELDS])
def test_no_personal_field_is_asked_for(asked: str) -> None:
    names = asked.split(",")
    assert not {"billing", "shipping", "meta_data", "customer_note", "customer_ip_address"} & set(names)


@pytest.mark.parametrize(("headers", "rows", "total", "more"), [
    ({"x-wp-total": "1234"}, 2, 1234, None),
    ({}, 2, None, "4"),  # a proxy took the header: a full page is followed by another
    ({}, 1, None, None),
])
def test_how_long_a_list_is(headers: dict[str, str], rows: int, total: int | None, more: str | None) -> None:
    body = msgspec.json.encode([{"id": at, "status": "pending", "currency": "USD"} for at in range(rows)])
    page = streams.read_orders(Reply(200, headers, body), Call("/orders", {"per_page": 2, "page": 3}))
    assert (len(page.items), page.total, page.next) == (rows, total, more)


@pytest.mark.parametrize("before", ["", "\ufeff", "\n",
                                    '<br />\n<b>Deprecated</b>: f() in <b>/a[b].php</b> on line <b>7</b><br />\n'])
def test_warnings_before_the_document_are_passed_over(before: str) -> None:
    body = before.encode() + b'[{"id": 1, "status": "pending", "currency": "USD"}]'
    assert [order.id for order in streams.orders_of.decode(body)] == [1]


def test_a_draft_without_any_date_is_no_order() -> None:
    assert list(sale_rows(Sale(wire.Order(id=1, status="checkout-draft", currency="USD")), CONTEXT)) == []


# --- products, the shop -------------------------------------------------------------------------------------


def test_a_product_has_a_row_for_each_variation() -> None:
    product = wire.Product(id=93, name="Mug", type="variable", status="publish", categories=[wire.Named("Cups")])
    found = list(goods.product_rows(Item(product, [wire.Variation(94), wire.Variation(95)]), CONTEXT))
    assert [(row.product_id, row.sku_id, row.title, row.category) for row in found if isinstance(row, Product)] == [
        ("93", "94", "Mug", "Cups"), ("93", "95", "Mug", "Cups")]
    assert [row.sku_id for row in goods.product_rows(Item(product), CONTEXT)] == ["93"]  # type: ignore[attr-defined]


def test_names_are_as_people_read_them() -> None:
    """WordPress stores names of categories, and of products of who may not write HTML, with `&amp;`."""
    product = wire.Product(id=93, name="Mug &amp; &quot;Tea&quot;", categories=[wire.Named("Cups &amp; Mugs")],
                           brands=[wire.Named("B&#038;C")])
    [found] = of(Product, list(goods.product_rows(Item(product), CONTEXT)))
    assert (found.title, found.category, found.brand) == ('Mug & "Tea"', "Cups & Mugs", "B&C")


@pytest.mark.parametrize(("home", "shop_id"), [
    ("https://shop.example", "shop.example"), ("https://Shop.example/de/", "shop.example/de"),
    ("http://127.0.0.1:8080", "127.0.0.1:8080"), ("", "shop.example")])
def test_stores_in_folders_of_one_host_are_apart(home: str, shop_id: str) -> None:
    """Their orders have the same numbers."""
    settings = type("Settings", (), {"base_url": "https://shop.example"})
    replies = [Reply(200, {}, b"[]"), Reply(200, {}, msgspec.json.encode({"home": home})), None]
    assert streams.read_about(replies, settings).shop_id == shop_id


def test_stock_is_todays_where_the_store_counts_it() -> None:
    product = wire.Product(id=93, type="variable", manage_stock=True, stock_quantity=Decimal(9))
    sizes = [wire.Variation(94, True, Decimal(4)), wire.Variation(95, "parent", Decimal(9)), wire.Variation(96)]
    assert [(row.sku_id, row.on_hand, row.date) for row in of(InventoryDaily, list(
        goods.product_rows(Item(product, sizes), CONTEXT)))] == [("94", 4, NOW.date())]
    assert [row.on_hand for row in of(InventoryDaily, list(goods.product_rows(Item(product), CONTEXT)))] == [9]


@pytest.mark.parametrize(("rows", "more"), [(100, 1), (99, 0)])
def test_variations_are_read_page_by_page(rows: int, more: int) -> None:
    reply = Reply(200, {}, msgspec.json.encode([{"id": at} for at in range(rows)]))
    calls = goods.more_variations([Item(wire.Product(id=93))], [reply])
    assert [call.params["page"] for call in calls] == [2] * more


@pytest.mark.parametrize(("site", "zone"), [
    ({"timezone_string": "Europe/Berlin"}, "Europe/Berlin"), ({"gmt_offset": 8}, "Etc/GMT-8"),
    ({"gmt_offset": "-5"}, "Etc/GMT+5"), ({}, "UTC"), ({"gmt_offset": 5.5}, "Asia/Kolkata"),
    ({"gmt_offset": "", "timezone_string": "Mars/Olympus"}, "UTC"),
])
def test_the_zone_of_a_site(site: dict[str, Any], zone: str) -> None:
    ZoneInfo(zone)
    settings = type("Settings", (), {"base_url": "https://shop.example"})
    replies = [Reply(200, {}, b"[]"), Reply(200, {}, msgspec.json.encode(site)), None]
    identity = streams.read_about(replies, settings)
    assert (identity.shop.tz, identity.shop_id, identity.shop.currency) == (zone, "shop.example", "USD")
