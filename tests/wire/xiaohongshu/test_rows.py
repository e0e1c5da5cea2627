"""Xiaohongshu payloads become contract records, awkward ones first.

Order 1: one SKU in two pieces (2 x 100.00 and 1 x 100.01), 10.01 off by the shop, 2.00 by the platform, postage
10.00, and a gift whose list price does not count.
"""

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from connectors.engine.catalogue import load, wire_paths
from connectors.engine.errors import Misconfigured
from connectors.engine.stream import Ask, Call, Context, Finding, Reply, Window
from connectors.xiaohongshu import CONNECTOR, seller, streams
from queries.records import InventoryDaily, Order, OrderLine, Product, Refund

FIXTURES = Path(__file__).parent / "fixtures"
SETTINGS = CONNECTOR.settings(app_id="a", app_secret="s")
CONTEXT = Context(SETTINGS, "shopabc", "CNY", ZoneInfo("Asia/Shanghai"), datetime(2026, 6, 19, tzinfo=UTC))
D = Decimal


def replies(name: str) -> list[Reply]:
    return [Reply(200, {}, json.dumps(body).encode()) for body in json.loads((FIXTURES / name).read_text())]


def at(millis: int) -> datetime:
    return datetime.fromtimestamp(millis / 1000, UTC)


@pytest.fixture(scope="module")
def orders() -> list[tuple[Order, list[OrderLine]]]:
    items = streams.with_order_details([], replies("orders.json"))
    rows = [list(streams.order_rows(item, CONTEXT)) for item in items]
    return [(row[0], row[1:]) for row in rows]


def test_an_order_whose_amount_does_not_divide_evenly(orders: list) -> None:
    order, lines = orders[0]
    assert (order.status, order.native_status, order.order_type) == ("paid", "4", "normal")
    assert (order.list_amount, order.seller_discount, order.platform_discount, order.shipping_amount) == (
        D("300.01"), D("10.01"), D("2.00"), D("10.00"))
    assert (order.created_at, order.paid_at, order.modified_at) == (
        at(1781784072000), at(1781784100000), at(1781784101500))
    assert (order.channel, order.live_session_id, order.region, order.buyer) == ("live", None, "江苏", "u-12345")
    assert [(line.line_id, line.product_id, line.quantity, line.list_amount, line.seller_discount,
             line.platform_discount, line.is_gift) for line in lines] == [
        ("P612345678901412-603c0b0a", "603b00aa", 3, D("300.01"), D("10.01"), D("2.00"), False),
        ("P612345678901412-603c0c0c", "603b00bb", 1, D(0), D(0), D(0), True)]


def test_nothing_of_the_buyer_but_the_province_survives(orders: list) -> None:
    for trace in ("请放门口", "老客户", "苏州", "anchor-a", "oa-9f8e"):
        assert trace not in repr(orders)


def test_a_deposit_is_no_sale(orders: list) -> None:
    order = orders[1][0]
    assert (order.status, order.order_type, order.paid_at, order.balance_paid_at) == ("open", "presale", None, None)
    assert (order.deposit_amount, order.deposit_paid_at) == (D(50), at(1781784072000))
    assert (order.list_amount, order.seller_discount) == (D(500), D(20))


def test_the_balance_makes_it_one(orders: list) -> None:
    order = orders[2][0]
    assert (order.status, order.balance_paid_at) == ("completed", at(1781900000000))
    assert (order.shipped_at, order.delivered_at) == (at(1781940000000), at(1781980000000))
    assert (order.list_amount, order.seller_discount) == (D(500), D(20))


@pytest.mark.parametrize(("index", "expected"), [
    (3, ("exchange", "shipped")), (4, ("normal", "cancelled")), (5, ("normal", "unknown"))])
def test_types_and_statuses(orders: list, index: int, expected: tuple[str, str]) -> None:
    order = orders[index][0]
    assert (order.order_type, order.status) == expected


def test_a_changed_price_is_the_sellers_discount(orders: list) -> None:
    """2 x 50.00 listed, 90.00 paid, 2.00 by the platform: 3.00 of coupons and 5.00 by hand."""
    order, (line,) = orders[4]
    assert (order.seller_discount, order.platform_discount) == (D(8), D(2))
    assert (order.cancelled_at, order.buyer, line.product_id) == (at(1781789000000), None, "s")


@pytest.fixture(scope="module")
def refunds() -> list[list[Refund | Finding]]:
    given = replies("aftersales.json")
    rows = [{"returnsId": f"R{n}", "returnType": 1, "status": 1, "orderId": "P3"} for n in (1, 2, 3, 4)]
    body = {"error_code": 0, "success": True, "data": {"totalCount": 4, "afterSaleBasicInfos": rows}}
    page = streams.aftersales(Reply(200, {}, json.dumps(body).encode()), Call("x"))
    assert page.total == 4
    return [list(streams.refund_rows(item, CONTEXT)) for item in streams.with_aftersale_details(page.items, given)]


def test_one_row_for_each_sku_in_yuan(refunds: list) -> None:
    """293.21 paid back, 10.00 of it postage; the rest as the SKUs were applied for."""
    first, second = refunds[0]
    assert [(row.line_id, row.goods_amount, row.shipping_amount, row.quantity) for row in (first, second)] == [
        ("P612345678901412-603c0b0a", D("200.00"), D("10.0"), 3), ("P612345678901412-603c0c0c", D("83.21"), D(0), 1)]
    assert (first.refund_type, first.status, first.refunded_at, first.reason_code) == (
        "return_refund", "success", at(1781787950000), "quality")
    assert first.restocked


@pytest.mark.parametrize(("index", "expected"), [
    (1, ("refund_only", "approved", None, D("5.50"))),  # done, but the money is on its way
    (2, ("exchange", "success", at(1781788000000), D(0))),
    (3, ("refund_only", "rejected", None, D("1.1"))),
])
def test_other_stages(refunds: list, index: int, expected: tuple[object, ...]) -> None:
    row = refunds[index][-1]
    assert (row.refund_type, row.status, row.refunded_at, row.goods_amount) == expected


def test_an_unheard_of_type_is_reported(refunds: list) -> None:
    assert refunds[3][0] == Finding("unknown_refund_type", "returnType 99")


@pytest.mark.parametrize(("word", "expected"), [
    (streams.listed_orders(2), {"startTime": 100, "endTime": 201, "timeType": 2, "pageNo": 3, "pageSize": 100}),
    (streams.listed_aftersales(1), {"startTime": 100_900, "endTime": 200_000, "timeType": 1, "pageNo": 3,
                                    "pageSize": 100}),
    (streams.changed_skus, {"updateTimeFrom": 100_900, "updateTimeTo": 200_000, "pageNo": 3, "pageSize": 100}),
])
def test_orders_are_asked_for_in_seconds_the_rest_in_milliseconds(word: object, expected: dict[str, object]) -> None:
    window = Window(at(100_900), at(200_000).replace(microsecond=1))
    assert word(Ask(window=window, page=3, size=100), CONTEXT).params == expected  # type: ignore[operator]


def test_no_window_is_longer_than_allowed() -> None:
    for walk, most in ((streams.ORDERS.backfill, 86_400), (streams.ORDERS.changes, 1_800)):
        start = datetime(2026, 6, 1, 0, 0, 0, 500_000, tzinfo=UTC)
        window = next(Window(start, datetime(2026, 6, 9, tzinfo=UTC)).slices(walk.span))  # type: ignore[union-attr]
        first, last = window.seconds()
        assert last - first <= most


def test_a_sku() -> None:
    row = {"item": {"id": "i", "name": "保温杯", "createTime": 1781784072000},
           "sku": {"id": "s", "name": "保温杯 红", "buyable": False, "stock": 7}}
    body = {"success": True, "data": {"data": [row], "total": 1, "pageNO": 1}}
    page = streams.skus(Reply(200, {}, json.dumps(body).encode()), Call("x"))
    assert page.total == 1
    assert list(streams.product_rows(page.items[0], CONTEXT)) == [Product(
        product_id="i", sku_id="s", title="保温杯", listed_at=at(1781784072000), status="off_shelf"),
        InventoryDaily(sku_id="s", date=CONTEXT.now.astimezone(CONTEXT.zone).date(), on_hand=7)]


@pytest.mark.parametrize("created", ["0", "null", '""'])
def test_an_order_without_its_creation_is_reported_not_dated_1970(created: str) -> None:
    detail = f'{{"success":true,"data":{{"orderId":"P1","orderStatus":4,"createdTime":{created},"skuList":[]}}}}'
    [order] = streams.with_order_details([], [Reply(200, {}, detail.encode())])
    assert [(row.check, row.status) for row in streams.order_rows(order, CONTEXT)] == [("undated_order", "fail")]


def test_details_are_searched_for_unknown_fields_too() -> None:
    """Lists hold next to nothing: what is new, and perhaps personal, comes with the details."""
    details = [CONNECTOR.stream(name).detail for name in ("orders", "refunds")]
    assert all(detail and detail.described for detail in details)


def test_the_shop_is_known_from_its_token() -> None:
    token = Reply(200, {}, b'{"success":true,"data":{"accessToken":"a","sellerId":"5f3c","sellerName":"Souk"}}')
    with pytest.raises(Misconfigured, match="refresh_token"):
        seller([None, None], SETTINGS)  # never the app: it may serve five shops
    found = seller([token, None], SETTINGS)
    assert (found.shop_id, found.shop.name) == ("5f3c", "Souk")
    assert (found.shop.tz, found.shop.currency) == ("Asia/Shanghai", "CNY")


def test_every_field_that_is_read_has_its_class() -> None:
    catalogue = load(Path(streams.__file__).parent / "fields.yaml")
    for source, kind in CONNECTOR.wire.items():
        entries = catalogue.sources[source].by_path
        for path in wire_paths(kind):
            assert entries[path].treatment != "drop", path


@pytest.mark.parametrize(("name", "source"), [("orders.json", "order"), ("aftersales.json", "aftersale")])
def test_every_field_that_arrives_has_its_class(name: str, source: str) -> None:
    known = load(Path(streams.__file__).parent / "fields.yaml").sources[source]
    assert known.unknown((FIXTURES / name).read_bytes(), set(), deep=True) == set()
