"""From Pinduoduo's payloads to contract records, without a network. The fixtures hold the awkward cases first."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from connectors import catalogue_path
from connectors.engine.catalogue import load, wire_paths
from connectors.engine.stream import Ask, Call, Context, Finding, Reply, Window
from connectors.pinduoduo import CONNECTOR
from connectors.pinduoduo.streams import AFTER_SALES, shop_row
from queries.records import Order, OrderLine, Refund

FIXTURES = Path(__file__).parent / "fixtures"
NOW = datetime(2026, 7, 4, tzinfo=UTC)
CONTEXT = Context(CONNECTOR.settings(client_id="1", client_secret="2"), "904412345", "CNY", ZoneInfo("Asia/Shanghai"),
                  NOW)


def rows(stream: str, fixture: str) -> list:
    declared = CONNECTOR.stream(stream)
    page = declared.read(Reply(200, {}, (FIXTURES / fixture).read_bytes()), Call("m"))
    return [row for item in page.items for row in declared.rows(item, CONTEXT)]


def order(last: int) -> Order:
    return next(row for row in rows("orders", "orders.json")
                if isinstance(row, Order) and row.order_id.endswith(f"{last:015d}"))


def lines(last: int) -> list[OrderLine]:
    return [row for row in rows("orders", "orders.json")
            if isinstance(row, OrderLine) and row.order_id.endswith(f"{last:015d}")]


def refund(last: int) -> Refund:
    return next(row for row in rows("refunds", "refunds.json")
                if isinstance(row, Refund) and row.refund_id == f"678000100{last:02d}")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_an_order_of_the_documentation() -> None:
    """2 x 100.00 less 10 (seller) and 2 (platform). Times are Beijing's; no buyer comes with it."""
    found = order(1)
    assert (found.list_amount, found.seller_discount, found.platform_discount, found.shipping_amount) == (
        Decimal("200.00"), Decimal("10.00"), Decimal("2.00"), 0)
    assert (found.status, found.native_status, found.created_at, found.paid_at, found.shipped_at) == (
        "paid", "1", at("2026-06-18 12:01:12"), at("2026-06-18 12:01:40"), None)
    assert (found.region, found.buyer, found.channel, found.discount_split, found.payment_type) == (
        "浙江", None, "unknown", "known", "prepaid")
    [line] = lines(1)
    assert (line.line_id, line.product_id, line.sku_id, line.quantity, line.seller_discount) == (
        "1023456789012", "402345678901", "1023456789012", 2, Decimal("10.00"))


def test_text_for_numbers_one_sku_twice_and_a_gift() -> None:
    """The capital-free discount is the seller's: 10.01 less the platform's 0.01. Spread by value 39.98 : 9.99."""
    found, [first, second, gift] = order(2), lines(2)
    assert (found.status, found.list_amount, found.seller_discount, found.platform_discount) == (
        "shipped", Decimal("49.97"), Decimal("10.00"), Decimal("0.01"))
    assert (found.shipping_amount, found.shipped_at, found.region) == (
        Decimal("6.5"), at("2026-06-11 10:00"), "广西")
    assert [line.line_id for line in (first, second, gift)] == ["11", "11-2", "77"]
    assert (first.seller_discount, second.seller_discount) == (Decimal("8.00"), Decimal("2.00"))
    assert (gift.is_gift, gift.list_amount, gift.seller_discount) == (True, 0, 0)


def test_a_group_of_an_unknown_state_is_no_sale() -> None:
    """Only `confirm_status` 1 is one."""
    body = ('{"order_list_get_response":{"order_list":[{"order_sn":"1","order_status":1,"confirm_status":3,'
            '"created_time":"2026-06-18 20:00:00","pay_time":"2026-06-18 20:00:10"}]}}')
    stream = CONNECTOR.stream("orders")
    [item] = stream.read(Reply(200, {}, body.encode()), Call("m")).items
    found = next(iter(stream.rows(item, CONTEXT)))
    assert (found.status, found.native_status, found.paid_at) == ("unknown", "1 confirm 3", None)


@pytest.mark.parametrize(("last", "status", "native", "paid", "cancelled"), [
    (3, "open", "1 confirm 0", None, None),
    (4, "cancelled", "1 confirm 2 refund 4", None, "2026-06-18 12:00:10"),
    (5, "cancelled", "1 refund 4", "2026-06-16 02:01", "2026-06-16 04:00"),
    (6, "delivered", "3 refund 4", "2026-06-01 02:01", None),
    (7, "unknown", "97", "2026-06-01 02:01", None),
    (8, "paid", "1", "2026-06-01 02:03", None),
])
def test_a_sale_needs_a_complete_group(last: int, status: str, native: str, paid: str | None,
                                       cancelled: str | None) -> None:
    """3: the group is forming. 4: it failed. 5: paid back before shipping. 6: paid back after it. 8: no time of
    payment, so that of the deal."""
    found = order(last)
    assert (found.status, found.native_status, found.paid_at, found.cancelled_at) == (
        status, native, at(paid) if paid else None, at(cancelled) if cancelled else None)


def test_discounts_without_their_sum() -> None:
    found = order(8)
    assert (found.seller_discount, found.platform_discount) == (Decimal("2.0"), Decimal(1))


def test_odd_orders_are_reported() -> None:
    found = {row for row in rows("orders", "orders.json") if isinstance(row, Finding)}
    assert {(row.check, row.detail) for row in found} == {
        ("unknown_order_type", "trade_type 1"), ("order_without_lines", "an order came without its item_list")}
    assert [line.sku_id for line in lines(7)] == ["1"], "no SKU: the goods are their own"


@pytest.mark.parametrize(("last", "kind", "status", "goods", "quantity", "restocked", "reason"), [
    (1, "return_refund", "success", "30.00", 1, True, "quality"),
    (2, "cancel_before_ship", "success", "33", 1, True, "changed_mind"),
    (3, "cancel_before_ship", "requested", "5.5", 2, False, None),
    (4, "exchange", "success", "0", 0, False, None),
    (5, "return_refund", "rejected", "19.99", 1, False, None),
    (6, "return_refund", "closed", "19.99", 1, False, None),
    (7, "refund_only", "unknown", "1", 0, False, None),
    (8, "exchange", "approved", "0", 0, False, None),
])
def test_refunds(last: int, kind: str, status: str, goods: str, quantity: int, restocked: bool,
                 reason: str | None) -> None:
    """3 was asked for after the parcel left: the warehouse, which knows that, makes it `refund_only`."""
    found = refund(last)
    assert (found.refund_type, found.status, found.goods_amount, found.quantity, found.restocked,
            found.reason_code) == (kind, status, Decimal(goods), quantity, restocked, reason)


def test_a_refund_belongs_to_its_line_and_is_dated_by_its_success() -> None:
    done, waiting, nameless = refund(1), refund(3), refund(6)
    assert (done.order_id, done.line_id, done.requested_at, done.refunded_at) == (
        "260618-000000000000006", "12", at("2026-06-06 02:00"), at("2026-06-12 04:00"))
    assert (waiting.refunded_at, nameless.line_id) == (None, None)


def test_every_documented_status_is_known() -> None:
    documented = {0, *range(2, 19), 21, 22, 24, 25, 27, 31, 32, 33}
    assert set(AFTER_SALES) == documented


def test_goods_with_and_without_skus() -> None:
    body = """{"goods_list_get_response": {"total_count": 3, "goods_list": [
        {"goods_id": 1, "goods_name": "Thermos", "is_onsale": 1, "sku_list": [{"sku_id": 11}, {"sku_id": "12"}]},
        {"goods_id": "2", "goods_name": "Mug", "is_onsale": false},
        {"goods_id": 3, "goods_name": "Bowl", "sku_list": null}]}}"""
    stream = CONNECTOR.stream("products")
    page = stream.read(Reply(200, {}, body.encode()), Call("m"))
    found = [row for item in page.items for row in stream.rows(item, CONTEXT)]
    assert page.total == 3
    assert [(row.product_id, row.sku_id, row.status) for row in found] == [
        ("1", "11", "on_sale"), ("1", "12", "on_sale"), ("2", "2", "off_shelf"), ("3", "3", None)]


@pytest.mark.parametrize(("stream", "body"), [
    ("orders", '{"order_sn_increment_get_response":{"total_count":0,"order_sn_list":[]}}'),
    ("orders", '{"order_list_get_response":{"has_next":false,"order_list":null}}'),
    ("refunds", '{"refund_increment_get_response":{"total_count":"0"}}'),
])
def test_an_empty_page(stream: str, body: str) -> None:
    page = CONNECTOR.stream(stream).read(Reply(200, {}, body.encode()), Call("m"))
    assert (list(page.items), page.total or 0) == ([], 0)


def test_an_uncounted_page_with_more_behind_it_is_cut() -> None:
    """Without the count a full first page would pass for the whole window."""
    body = b'{"order_sn_increment_get_response":{"has_next":true,"order_sn_list":[]}}'
    assert CONNECTOR.stream("orders").read(Reply(200, {}, body), Call("m")).next == "more"


@pytest.mark.parametrize(("walk", "names", "span"), [
    (CONNECTOR.stream("orders").backfill, ("start_confirm_at", "end_confirm_at"), timedelta(days=1)),
    (CONNECTOR.stream("orders").changes, ("start_updated_at", "end_updated_at"), timedelta(minutes=30)),
    (CONNECTOR.stream("refunds").changes, ("start_updated_at", "end_updated_at"), timedelta(minutes=30)),
])
def test_windows_never_exceed_what_is_allowed(walk: object, names: tuple[str, str], span: timedelta) -> None:
    """However the clock stands: rounded outwards to whole seconds, still not longer."""
    start = at("2026-06-18 12:00:00.5")
    asked = walk.call(Ask(window=Window(start, start + walk.span), page=1, size=100, counting=True), CONTEXT).params
    first, last = (asked[name] for name in names)
    assert (first, last - first) == (int(start.timestamp()), span.total_seconds())


def test_the_last_minutes_are_left_alone() -> None:
    assert all(CONNECTOR.stream(name).lag > timedelta(minutes=3) for name in ("orders", "refunds"))


def test_only_the_first_call_counts() -> None:
    window = Window(at("2026-06-18 12:00"), at("2026-06-18 12:20"))
    for walk in (CONNECTOR.stream("orders").backfill, CONNECTOR.stream("orders").changes):
        counting = walk.call(Ask(window=window, page=1, size=100, counting=True), CONTEXT).params
        paging = walk.call(Ask(window=window, page=3, size=100), CONTEXT).params
        assert (counting["use_has_next"], paging["use_has_next"], paging["page"]) == (False, True, 3)


def test_the_shop_comes_with_the_token() -> None:
    body = b'{"pop_auth_token_refresh_response":{"access_token":"a","owner_id":904412345,"owner_name":"\xe5\xba\x97"}}'
    found = shop_row([Reply(200, {}, body)], CONTEXT.settings)
    assert (found.shop_id, found.shop and found.shop.name) == ("904412345", "店")


def test_what_is_sent_uninvited_goes_nowhere() -> None:
    assert "MARKER" not in repr([*rows("orders", "orders.json"), *rows("refunds", "refunds.json")])


def test_every_field_has_its_class() -> None:
    catalogue = load(catalogue_path("pinduoduo"))
    for source, struct in CONNECTOR.wire.items():
        assert [path for path in wire_paths(struct) if path not in catalogue.sources[source].by_path] == []
    for source, fixture in (("order", "orders.json"), ("refund", "refunds.json")):
        assert catalogue.sources[source].unknown((FIXTURES / fixture).read_bytes(), set(), deep=True) == set()
    strange = b'{"order_list_get_response":{"order_list":[{"order_sn":"1","wechat_id":"x"}]}}'
    assert catalogue.sources["order"].unknown(strange, set()) == {"wechat_id"}


def test_no_decryption_is_ever_asked_for() -> None:
    folder = catalogue_path("pinduoduo").parent
    assert not [path.name for path in folder.glob("*.py") if "decrypt" in path.read_text("utf-8")]
