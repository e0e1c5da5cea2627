"""From JD payloads to contract records, without a network. The fixtures hold the awkward cases first."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from connectors.engine.catalogue import load, wire_paths
from connectors.engine.errors import Misconfigured
from connectors.engine.stream import Ask, Call, Context, Finding, Reply, Window
from connectors.jd import CONNECTOR
from connectors.jd.streams import APPLICATION_STATUS, STATES, seller_calls, shop_row
from queries.records import Order, OrderLine, Refund

FIXTURES = Path(__file__).parent / "fixtures"
NOW = datetime(2026, 7, 4, tzinfo=UTC)
CONTEXT = Context(CONNECTOR.settings(app_key="1", app_secret="2"), "10417823", "CNY", ZoneInfo("Asia/Shanghai"), NOW)
SOURCES = {"orders": "orders.json", "refunds": "applications.json", "after_sales": "after_sales.json"}


def rows(stream: str) -> list:
    declared = CONNECTOR.stream(stream)
    page = declared.read(Reply(200, {}, (FIXTURES / SOURCES[stream]).read_bytes()), Call("m"))
    return [row for item in page.items for row in declared.rows(item, CONTEXT)]


def order(number: int) -> Order:
    return next(row for row in rows("orders") if isinstance(row, Order) and row.order_id.endswith(f"90{number}"))


def lines(number: int) -> list[OrderLine]:
    return [row for row in rows("orders") if isinstance(row, OrderLine) and row.order_id.endswith(f"90{number}")]


def refund(stream: str, last: str) -> Refund:
    return next(row for row in rows(stream) if row.refund_id.endswith(last))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(("fields", "checks"), [
    pytest.param('"orderStartTime":"0001-01-01 00:00:00"', ["undated_order"], id="dated nowhere, not 1970"),
    pytest.param('"orderStartTime":""', ["undated_order"], id="dated with an empty text"),
    pytest.param('"orderStartTime":"2026-06-18 20:01:12","freightPrice":"","sellerDiscount":null,"itemInfoList":null',
                 ["", "order_without_lines"], id="empty amounts and no lines"),
])
def test_an_order_that_says_too_little_stops_nothing(fields: str, checks: list[str]) -> None:
    body = f'''{{"x_responce":{{"code":"0","searchorderinfo_result":{{"apiResult":{{"success":"true"}},"orderTotal":"1",
           "orderInfoList":[{{"orderId":"7","orderState":"FINISHED_L",{fields}}}]}}}}}}'''
    stream = CONNECTOR.stream("orders")
    [item] = stream.read(Reply(200, {}, body.encode()), Call("m")).items
    assert [getattr(row, "check", "") for row in stream.rows(item, CONTEXT)] == checks


def test_discounts_by_who_pays_them() -> None:
    """100 + 2 x 60 and a gift. Shop 20 on one SKU and 10 on the order; JD 7 on the order and 1 on a SKU.
    The gift card is a means of payment."""
    found = order(1)
    assert (found.list_amount, found.seller_discount, found.platform_discount, found.shipping_amount) == (
        Decimal("220.00"), Decimal("30.00"), Decimal("8.00"), Decimal("6.00"))
    assert [(line.line_id, line.product_id, line.sku_id, line.quantity, line.is_gift) for line in lines(1)] == [
        ("10034567", "10034567", "10098765432101", 1, False),
        ("10034568", "10034568", "10098765432102", 2, False),
        ("10034567-2", "10034567", "10098765432109", 1, True)]
    # 10 over 100 and 100 left; then 7 over 94 and 95 left
    assert [line.seller_discount for line in lines(1)] == [Decimal("5.00"), Decimal("25.00"), 0]
    assert [line.platform_discount for line in lines(1)] == [Decimal("4.48"), Decimal("3.52"), 0]
    assert found.discount_split == "known"


def test_a_finished_order() -> None:
    found = order(1)
    assert (found.status, found.native_status, found.payment_type) == ("completed", "FINISHED_L", "prepaid")
    assert (found.created_at, found.paid_at, found.shipped_at, found.delivered_at, found.cancelled_at) == (
        at("2026-06-18 12:01:12"), at("2026-06-18 12:01:40"), None, at("2026-06-25 10:00"), None)
    assert (found.buyer, found.region, found.channel, found.split_from) == ("oidb-1a2b3c", "浙江", "unknown", None)


def test_cash_on_delivery_with_times_that_are_not_set() -> None:
    found = order(2)
    assert (found.payment_type, found.status, found.paid_at, found.delivered_at) == ("cod", "paid", None, None)
    assert (found.list_amount, found.buyer, found.region) == (Decimal("79.5"), "o*AATd0xyz", None)


def test_a_cancelled_order_ends_with_its_last_change() -> None:
    found = order(3)
    assert (found.status, found.paid_at, found.cancelled_at) == (
        "cancelled", at("2026-06-18 12:03"), at("2026-06-19 00:00"))


def test_a_part_of_a_split_order_names_what_it_came_from() -> None:
    """No payment time although it is on its way: the list holds orders from payment on."""
    found = order(4)
    assert (found.status, found.paid_at, found.split_from) == (
        "shipped", at("2026-06-18 12:02"), "302145678900,302145678800")
    assert [line.line_id for line in lines(4)] == ["2", "2-2"]


def test_a_discount_that_does_not_divide_adds_up() -> None:
    assert [line.seller_discount for line in lines(5)] == [Decimal("3.34"), Decimal("3.33"), Decimal("3.33")]
    assert order(5).seller_discount == Decimal("10.00")
    assert order(5).status == "paid"


def test_a_state_nobody_knows_is_kept() -> None:
    assert (order(6).status, order(6).native_status, order(6).paid_at) == ("unknown", "BRAND_NEW_STATE", None)


def test_an_order_without_lines_is_reported() -> None:
    assert [row.check for row in rows("orders") if isinstance(row, Finding)] == ["order_without_lines"]


@pytest.mark.parametrize(("stream", "inner"), [
    ("orders", '"searchorderinfo_result":{"apiResult":{"success":true},"orderTotal":"0"}'),
    ("orders", '"searchorderinfo_result":{"orderTotal":0,"orderInfoList":null}'),
    ("refunds", '"queryResult":{"success":true,"totalCount":0}'),
    ("after_sales", '"pageResult":{"success":true,"totalCount":"0","data":[]}'),
    ("products", '"page":{"totalItem":0}'),
])
def test_an_empty_page(stream: str, inner: str) -> None:
    body = f'{{"jingdong_x_responce":{{"code":"0",{inner}}}}}'.encode()
    page = CONNECTOR.stream(stream).read(Reply(200, {}, body), Call("m"))
    assert (list(page.items), page.total) == ([], 0)


def test_a_refund_before_shipment() -> None:
    done, asked = refund("refunds", "11"), refund("refunds", "12")
    assert (done.refund_type, done.status, done.goods_amount, done.line_id, done.order_id) == (
        "cancel_before_ship", "success", Decimal("10.00"), None, "302145678903")
    assert (done.requested_at, done.refunded_at) == (at("2026-06-18 13:00"), at("2026-06-19 00:00"))
    assert (asked.status, asked.goods_amount, asked.refunded_at) == ("requested", Decimal("19.97"), None)


@pytest.mark.parametrize(("number", "status"), [
    (0, "requested"), (1, "approved"), (2, "rejected"), (3, "success"), (4, "rejected"), (5, "approved"),
    (6, "success"), (7, "approved"), (8, "rejected"), (9, "success"), (11, "closed"), (18, "closed"),
])
def test_every_documented_application_status(number: int, status: str) -> None:
    assert APPLICATION_STATUS[number] == status


@pytest.mark.parametrize(("last", "status", "goods", "line", "refunded", "reason"), [
    ("11", "success", "123.45", "10034568", "2026-06-26 06:00", "quality"),
    ("12", "approved", "5.00", "10034567", None, "other"),
    ("13", "rejected", "5.00", None, None, None),
])
def test_after_sales(last: str, status: str, goods: str, line: str | None, refunded: str | None,
                     reason: str | None) -> None:
    found = refund("after_sales", last)
    assert (found.refund_type, found.status, found.goods_amount, found.line_id, found.reason_code) == (
        "refund_only", status, Decimal(goods), line, reason)
    assert (found.requested_at, found.refunded_at) == (at("2026-06-25 06:00"), at(refunded) if refunded else None)


def test_a_repair_is_no_refund() -> None:
    assert len(rows("after_sales")) == 3


def test_wares() -> None:
    body = b'''{"jingdong_ware_read_searchWare4Valid_responce": {"code": "0", "page": {"totalItem": "2", "data": [
        {"wareId": 10034567, "title": "Thermos 500ml", "wareStatus": 8, "onlineTime": 1735689600000,
         "categoryId": 1590}, {"wareId": "10034568", "title": "Mug", "wareStatus": 513, "onlineTime": 0}]}}}'''
    stream = CONNECTOR.stream("products")
    page = stream.read(Reply(200, {}, body), Call("m"))
    found = [row for item in page.items for row in stream.rows(item, CONTEXT)]
    assert [(row.product_id, row.sku_id, row.status, row.category, row.listed_at) for row in found] == [
        ("10034567", "10034567", "on_sale", None, at("2025-01-01 00:00")),
        ("10034568", "10034568", "513", None, None)]


def test_orders_are_asked_for_by_change_in_every_state() -> None:
    window = Window(at("2026-06-18 12:00"), at("2026-07-01 12:00:00.5"))
    asked = CONNECTOR.stream("orders").changes.call(Ask(window=window, page=2, size=50), CONTEXT).params
    assert (asked["start_date"], asked["end_date"], asked["dateType"]) == (
        "2026-06-18 20:00:00", "2026-07-01 20:00:01", "0")
    assert set(asked["order_state"].split(",")) == set(STATES) == {
        "WAIT_SELLER_STOCK_OUT", "WAIT_SELLER_DELIVERY", "WAIT_GOODS_RECEIVE_CONFIRM", "WAIT_SEND_CODE",
        "FINISHED_L", "TRADE_CANCELED", "LOCKED", "PAUSE", "POP_ORDER_PAUSE"}
    assert "orderId" in asked["optional_fields"].split(",")


@pytest.mark.parametrize("stream", ["orders", "refunds", "after_sales"])
def test_limits(stream: str) -> None:
    """A window never exceeds the shortest month, a page never 50 rows."""
    walk = CONNECTOR.stream(stream).changes
    assert walk.span.days <= 28
    assert walk.size == 50


def test_what_is_personal_goes_nowhere() -> None:
    assert "MARKER" not in repr([rows(stream) for stream in SOURCES])


def test_every_field_has_its_class() -> None:
    catalogue = load(Path(CONNECTOR.streams[0].read.__code__.co_filename).parent / "fields.yaml")
    for source, struct in CONNECTOR.wire.items():
        assert [path for path in wire_paths(struct) if path not in catalogue.sources[source].by_path] == []
    for stream, fixture in SOURCES.items():
        source = catalogue.sources[CONNECTOR.stream(stream).source]
        assert source.unknown((FIXTURES / fixture).read_bytes(), set(), deep=True) == set()


def test_a_seller_that_nothing_names_has_to_be_told() -> None:
    """No right to ask for the shop, and no order lately: the setting is named."""
    nothing = Reply(200, {}, b'{"x_responce":{"code":"0","searchorderinfo_result":{"orderTotal":0}}}')
    with pytest.raises(Misconfigured, match="vender_id"):
        shop_row([None, nothing], CONTEXT.settings)
    told = CONNECTOR.settings(app_key="1", app_secret="2", vender_id="778")
    assert shop_row([None, nothing], told).shop_id == "778"


def test_the_seller_is_asked_for_in_one_window() -> None:
    [call] = seller_calls(CONTEXT.settings, NOW)
    assert (call.params["start_date"], call.params["end_date"], call.params["page_size"]) == (
        "2026-06-06 08:00:00", "2026-07-04 08:00:00", 1)
    assert call.params["optional_fields"].endswith(",venderId")
