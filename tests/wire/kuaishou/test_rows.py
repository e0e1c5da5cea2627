"""From Kuaishou's payloads to contract records, without a network. The fixtures hold the awkward cases first."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from connectors import catalogue_path
from connectors.engine.catalogue import load, wire_paths
from connectors.engine.stream import Ask, Call, Context, Finding, Reply, Window
from connectors.kuaishou import CONNECTOR
from connectors.kuaishou.streams import REFUND_STATUS, STATUS, shop_row
from queries.records import Order, OrderLine, Refund

FIXTURES = Path(__file__).parent / "fixtures"
NOW = datetime(2026, 7, 4, tzinfo=UTC)
CONTEXT = Context(CONNECTOR.settings(app_key="1", app_secret="2", sign_secret="3"), "f18c0d0e0f00", "CNY",
                  ZoneInfo("Asia/Shanghai"), NOW)


def page(stream: str, fixture: str):
    return CONNECTOR.stream(stream).read(Reply(200, {}, (FIXTURES / fixture).read_bytes()), Call("m"))


def rows(stream: str, fixture: str) -> list:
    declared = CONNECTOR.stream(stream)
    return [row for item in page(stream, fixture).items for row in declared.rows(item, CONTEXT)]


def order(last: int) -> Order:
    return next(row for row in rows("orders", "orders.json")
                if isinstance(row, Order) and row.order_id == f"230750007410822{last}")


def lines(last: int) -> list[OrderLine]:
    return [row for row in rows("orders", "orders.json")
            if isinstance(row, OrderLine) and row.order_id == f"230750007410822{last}"]


def refund(last: int) -> Refund:
    return next(row for row in rows("refunds", "refunds.json")
                if isinstance(row, Refund) and row.refund_id == f"242340000000000{last}")


def at(millis: int) -> datetime:
    return datetime.fromtimestamp(millis // 1000, UTC) + timedelta(milliseconds=millis % 1000)


def test_an_order_of_the_documentation() -> None:
    """2 x 100.00 less 12.00; `originalPrice` is what the shop strikes through, not a price anyone paid."""
    found = order(0)
    assert (found.list_amount, found.seller_discount, found.platform_discount, found.shipping_amount) == (
        Decimal("200.00"), Decimal("12.00"), 0, 0)
    assert (found.status, found.native_status, found.created_at, found.paid_at, found.shipped_at) == (
        "paid", "30", at(1781784072000), at(1781784100000), None)
    assert (found.region, found.buyer, found.channel, found.discount_split) == (
        "浙江", "f1980a1b2c3d", "live", "unknown")
    [line] = lines(0)
    assert (line.line_id, line.product_id, line.sku_id, line.quantity, line.seller_discount) == (
        "19100000000001", "19000000000001", "19100000000001", 2, Decimal("12.00"))


def test_text_for_numbers_freight_and_no_sku() -> None:
    """15.00 list, 13.00 paid for it, 8.00 freight. The discount follows from what was paid: `discountFee` is 0."""
    found, [line] = order(1), lines(1)
    assert (found.list_amount, found.seller_discount, found.shipping_amount, found.status) == (
        Decimal("15.00"), Decimal("2.00"), Decimal("8.00"), "completed")
    assert (found.shipped_at, found.delivered_at) == (at(1781100000000), at(1781300000500))
    assert (found.buyer, found.region, found.channel) == (None, None, "unknown")
    assert (line.sku_id, line.line_id) == ("19000000000002", "19000000000002")


@pytest.mark.parametrize(("last", "status", "paid", "cancelled"), [
    (2, "cancelled", 1781000060000, 1781400000000),
    (3, "cancelled", None, 1781003600000),
    (4, "unknown", 1781000060000, None),
    (5, "open", None, None),
    (6, "shipped", 1781000060000, None),
])
def test_statuses(last: int, status: str, paid: int | None, cancelled: int | None) -> None:
    """2: paid back. 3: never paid, so dated by its last change."""
    found = order(last)
    assert (found.status, found.paid_at, found.cancelled_at) == (
        status, at(paid) if paid else None, at(cancelled) if cancelled else None)


def test_without_a_total_the_stated_discount_counts() -> None:
    assert (order(4).list_amount, order(4).seller_discount) == (Decimal("9.99"), Decimal("1.00"))


def test_a_raised_price_is_a_negative_discount() -> None:
    """50.00 on the list, 55.00 paid: the sum of what buyers pay stays exact."""
    assert (order(6).list_amount, order(6).seller_discount) == (Decimal("50.00"), Decimal("-5.00"))


def test_an_order_without_its_item_is_reported() -> None:
    assert [row.check for row in rows("orders", "orders.json") if isinstance(row, Finding)] == ["order_without_lines"]
    assert (order(5).list_amount, lines(5)) == (Decimal("50.00"), [])


@pytest.mark.parametrize(("last", "kind", "status", "goods", "restocked", "reason"), [
    (1, "return_refund", "success", "13.00", True, "quality"),
    (2, "cancel_before_ship", "success", "99.00", True, "changed_mind"),
    (3, "refund_only", "approved", "1.00", False, None),
    (4, "exchange", "approved", "0", False, None),
    (5, "return_refund", "closed", "13.00", False, None),
    (6, "cancel_before_ship", "requested", "13.00", False, None),
    (7, "refund_only", "unknown", "0.01", False, None),
])
def test_refunds(last: int, kind: str, status: str, goods: str, restocked: bool, reason: str | None) -> None:
    """6 was asked for after the parcel left: the warehouse, which knows that, makes it `refund_only`."""
    found = refund(last)
    assert (found.refund_type, found.status, found.goods_amount, found.restocked, found.reason_code,
            found.quantity) == (kind, status, Decimal(goods), restocked, reason, 0)


def test_a_refund_is_dated_by_its_end() -> None:
    first, second = refund(1), refund(2)
    assert (first.line_id, first.requested_at, first.refunded_at) == (
        "19100000000001", at(1781350000000), at(1781699999000))
    assert (second.line_id, second.requested_at, second.refunded_at) == (None, at(1781300000000), at(1781400000000))


def test_every_documented_status_is_known() -> None:
    assert set(STATUS) == {10, 30, 40, 50, 70, 80}
    assert set(REFUND_STATUS) >= {10, 11, 20, 21, 22, 30, 40, 45, 50, 60, 70}


def test_the_end_is_a_word_and_not_an_empty_page() -> None:
    assert page("orders", "orders.json").next == "1781784101000_2307500074108226"
    assert page("refunds", "refunds.json").next is None
    empty = b'{"result":1,"data":{"cursor":"1781784101000_1","orderList":[]}}'
    found = CONNECTOR.stream("orders").read(Reply(200, {}, empty), Call("m"))
    assert (list(found.items), found.next) == ([], "1781784101000_1")
    assert list(CONNECTOR.stream("refunds").read(Reply(200, {}, b'{"result":1,"data":null}'), Call("m")).items) == []


def test_items() -> None:
    body = """{"result": 1, "data": {"totalPage": 1, "currentPageNumber": 1, "items": [
        {"kwaiItemId": 22345678900000, "title": "Thermos", "price": 9900, "itemStatus": 1, "onOfflineStatus": 1},
        {"kwaiItemId": "22345678907919", "title": "Mug", "onOfflineStatus": 2},
        {"kwaiItemId": 3, "title": "Bowl"}]}}"""
    stream = CONNECTOR.stream("products")
    asked = Call("m", {"pageNumber": 1, "pageSize": 3})
    found = [row for item in stream.read(Reply(200, {}, body.encode()), asked).items
             for row in stream.rows(item, CONTEXT)]
    assert [(row.product_id, row.sku_id, row.status) for row in found] == [
        ("22345678900000", "22345678900000", "on_sale"), ("22345678907919", "22345678907919", "off_shelf"),
        ("3", "3", None)]


@pytest.mark.parametrize(("page", "given", "more"), [
    (1, '"totalPage":2,"items":[{"kwaiItemId":1}]', "2"),  # a short page is not the last
    (2, '"totalPage":2,"items":[{"kwaiItemId":1},{"kwaiItemId":2}]', None),  # a full one may be
    (1, '"items":[{"kwaiItemId":1},{"kwaiItemId":2}]', "2"), (1, '"items":[{"kwaiItemId":1}]', None),
])
def test_pages_of_items_are_counted(page: int, given: str, more: str | None) -> None:
    stream = CONNECTOR.stream("products")
    asked = stream.changes.call(Ask(cursor=None if page == 1 else str(page), size=2), CONTEXT)
    assert asked.params == {"pageNumber": page, "pageSize": 2}
    body = f'{{"result": 1, "data": {{{given}}}}}'
    assert stream.read(Reply(200, {}, body.encode()), asked).next == more


@pytest.mark.parametrize(("stream", "longest", "more"), [
    ("orders", timedelta(days=7), {"orderViewStatus": 1, "cpsType": 0, "cursor": "c"}),
    ("refunds", timedelta(days=1), {"type": 9, "currentPage": 2, "pcursor": "c"}),
])
def test_windows_are_by_change_ascending_and_not_too_long(stream: str, longest: timedelta, more: dict) -> None:
    walk = CONNECTOR.stream(stream).changes
    start = datetime(2026, 6, 18, 12, 0, 0, 500_600, tzinfo=UTC)
    asked = walk.call(Ask(window=Window(start, start + walk.span), page=2, size=50, cursor="c"), CONTEXT).params
    assert asked["beginTime"] == int(start.timestamp()) * 1000 + 500
    assert asked["endTime"] - asked["beginTime"] <= longest.total_seconds() * 1000
    assert asked.items() >= {"queryType": 2, "sort": 2, "pageSize": 50, **more}.items()


@pytest.mark.parametrize(("token", "shop", "expected"), [
    (b'{"result":1,"access_token":"a","open_id":"f18"}', b'{"result":1,"data":{"shopName":"n"}}', ("f18", "n")),
    (b'{"result":1,"access_token":"a"}', b'{"result":1,"data":{"shopId":7,"shopName":"n"}}', ("7", "n")),
    (b'{"result":1,"access_token":"a","open_id":"f18"}', None, ("f18", "f18")),
])
def test_the_shop(token: bytes, shop: bytes | None, expected: tuple[str, str]) -> None:
    found = shop_row([Reply(200, {}, token), Reply(200, {}, shop) if shop else None], CONTEXT.settings)
    assert (found.shop_id, found.shop and found.shop.name) == expected


def test_what_is_sent_uninvited_goes_nowhere() -> None:
    assert "MARKER" not in repr([*rows("orders", "orders.json"), *rows("refunds", "refunds.json")])


def test_every_field_has_its_class() -> None:
    catalogue = load(catalogue_path("kuaishou"))
    for source, struct in CONNECTOR.wire.items():
        assert [path for path in wire_paths(struct) if path not in catalogue.sources[source].by_path] == []
    for source, fixture in (("order", "orders.json"), ("refund", "refunds.json")):
        assert catalogue.sources[source].unknown((FIXTURES / fixture).read_bytes(), set(), deep=True) == set()
    strange = b'{"data":{"orderList":[{"orderBaseInfo":{"oid":1,"idCard":"x"}}]}}'
    assert catalogue.sources["order"].unknown(strange, set()) == {"orderBaseInfo.idCard"}


def test_no_decryption_is_ever_asked_for() -> None:
    folder = catalogue_path("kuaishou").parent
    assert not [path.name for path in folder.glob("*.py") if "decrypt" in path.read_text("utf-8")]
