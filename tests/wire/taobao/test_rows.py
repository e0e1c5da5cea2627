"""From TOP payloads to contract records, without a network. The fixtures hold the awkward cases first."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from connectors.engine.catalogue import load, wire_paths
from connectors.engine.errors import Misconfigured
from connectors.engine.stream import Ask, Call, Context, Finding, Reply, Window
from connectors.taobao import CONNECTOR
from connectors.taobao.streams import TRADE_STATUS, refunds, trade_rows, trades
from queries.records import Order, OrderLine, Refund

FIXTURES = Path(__file__).parent / "fixtures"
NOW = datetime(2026, 7, 4, tzinfo=UTC)
SETTINGS = CONNECTOR.settings(app_key="1", app_secret="2", brushing_flags="4,5")
CONTEXT = Context(SETTINGS, "352746112", "CNY", ZoneInfo("Asia/Shanghai"), NOW)


def answered(name: str) -> Reply:
    return Reply(200, {}, (FIXTURES / name).read_bytes())


def rows(stream: str, fixture: str) -> list:
    declared = CONNECTOR.stream(stream)
    page = declared.read(answered(fixture), Call("m"))
    return [row for item in page.items for row in declared.rows(item, CONTEXT)]


def order(tid: str) -> Order:
    return next(row for row in rows("orders", "trades.json") if isinstance(row, Order) and row.order_id == tid)


def lines(tid: str) -> list[OrderLine]:
    return [row for row in rows("orders", "trades.json") if isinstance(row, OrderLine) and row.order_id == tid]


def refund(last: str) -> Refund:
    return next(row for row in rows("refunds", "refunds.json") if row.refund_id.endswith(last))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_single_line_as_bare_object() -> None:
    """2 x 100.00; price changed by -5, promotion 20, share of a trade discount 10: 165.00 stays. Postage is apart."""
    found = order("2231958349012345678")
    assert (found.list_amount, found.seller_discount, found.platform_discount, found.shipping_amount) == (
        Decimal("200.00"), Decimal("35.00"), 0, Decimal("8.00"))
    assert (found.status, found.native_status, found.payment_type, found.order_type) == (
        "completed", "TRADE_FINISHED", "prepaid", "normal")
    assert (found.created_at, found.paid_at, found.shipped_at, found.delivered_at, found.cancelled_at) == (
        at("2026-06-18 12:01:12"), at("2026-06-18 12:01:40"), at("2026-06-19 01:12"), at("2026-06-25 10:00"), None)
    assert (found.region, found.buyer, found.channel, found.discount_split, found.excluded_reason) == (
        "浙江", "AAGbuyer0001", "unknown", "unknown", None)
    [line] = lines("2231958349012345678")
    assert (line.line_id, line.product_id, line.sku_id, line.quantity, line.is_gift) == (
        "2231958349012345678", "674512340001", "674512340001", 2, False)


def test_several_lines_a_gift_and_a_brushing_flag() -> None:
    found = order("2231958349012345700")
    assert (found.list_amount, found.seller_discount) == (Decimal("89.97"), Decimal("10.00"))
    assert (found.excluded_reason, found.buyer, found.region) == ("brushing", None, "广西")
    first, second, gift = lines("2231958349012345700")
    assert (first.seller_discount, second.seller_discount) == (Decimal("3.34"), Decimal("6.66"))
    assert (first.sku_id, second.sku_id) == ("5012340000001", "5012340000002")
    assert (gift.is_gift, gift.list_amount, gift.seller_discount) == (True, 0, 0)


def test_a_deposit_is_no_sale() -> None:
    """Before payment a line has no share figure yet: its own total stands in."""
    found = order("2231958349012345800")
    assert (found.order_type, found.status, found.balance_paid_at) == ("presale", "open", None)
    assert (found.deposit_amount, found.deposit_paid_at) == (Decimal("50.00"), at("2026-05-26 12:05"))
    assert (found.list_amount, found.seller_discount) == (Decimal("400.00"), Decimal("40.00"))


def test_a_paid_balance_is_one() -> None:
    """`step_paid_fee` is then the whole amount, not the deposit."""
    found = order("2231958349012345810")
    assert (found.order_type, found.status, found.balance_paid_at) == ("presale", "shipped", at("2026-05-31 16:10"))
    assert (found.deposit_amount, found.deposit_paid_at) == (0, None)


def test_cash_on_delivery_is_paid_when_signed() -> None:
    found = order("2231958349012345820")
    assert (found.payment_type, found.status, found.paid_at, found.delivered_at) == (
        "cod", "delivered", None, at("2026-06-13 01:30"))


@pytest.mark.parametrize(("tid", "paid", "cancelled"), [
    ("2231958349012345830", None, "2026-06-11 02:00"),
    ("2231958349012345840", "2026-06-10 02:01", "2026-06-12 00:00"),
])
def test_closed_before_and_after_payment(tid: str, paid: str | None, cancelled: str) -> None:
    found = order(tid)
    assert (found.status, found.paid_at, found.cancelled_at, found.delivered_at) == (
        "cancelled", at(paid) if paid else None, at(cancelled), None)


def test_a_status_nobody_knows_is_kept() -> None:
    found = order("2231958349012345850")
    assert (found.status, found.native_status, found.paid_at) == (
        "unknown", "WAIT_FOR_SOMETHING_NEW", at("2026-06-10 02:01"))


def test_a_trade_without_lines_is_reported() -> None:
    assert [row.check for row in rows("orders", "trades.json") if isinstance(row, Finding)] == ["order_without_lines"]


def test_every_documented_status_is_known() -> None:
    assert set(TRADE_STATUS) == {
        "TRADE_NO_CREATE_PAY", "WAIT_BUYER_PAY", "PAY_PENDING", "WAIT_PRE_AUTH_CONFIRM", "WAIT_SELLER_SEND_GOODS",
        "PAID_FORBID_CONSIGN", "SELLER_CONSIGNED_PART", "WAIT_BUYER_CONFIRM_GOODS", "TRADE_BUYER_SIGNED",
        "TRADE_FINISHED", "TRADE_CLOSED", "TRADE_CLOSED_BY_TAOBAO"}


@pytest.mark.parametrize("body", [
    '{"trades_sold_increment_get_response":{"has_next":false}}',
    '{"trades_sold_increment_get_response":{"trades":{},"total_results":0}}',
    '{"trades_sold_increment_get_response":{"trades":{"trade":null},"total_results":"0"}}',
    '{"trades_sold_increment_get_response":{"trades":{"trade":[]}}}',
])
def test_an_empty_page(body: str) -> None:
    page = trades(Reply(200, {}, body.encode()), Call("m"))
    assert (list(page.items), page.total or 0) == ([], 0)


def test_a_page_of_one_as_bare_object() -> None:
    body = b'{"refunds_receive_get_response":{"refunds":{"refund":{"refund_id":1,"tid":2,"status":"SUCCESS"}}}}'
    assert [item.refund_id for item in refunds(Reply(200, {}, body), Call("m")).items] == [1]


@pytest.mark.parametrize(("last", "kind", "status", "goods", "quantity", "restocked", "reason"), [
    ("11", "cancel_before_ship", "success", "173.00", 2, True, "changed_mind"),
    ("12", "return_refund", "success", "8.88", 1, True, "quality"),
    ("13", "refund_only", "requested", "5.00", 0, False, "size"),
    ("14", "exchange", "approved", "0.00", 0, False, None),
    ("15", "refund_only", "rejected", "500.00", 0, False, "late"),
    ("16", "cancel_before_ship", "requested", "26.63", 0, False, None),
    ("17", "refund_only", "unknown", "1.00", 0, False, None),
])
def test_refunds(last: str, kind: str, status: str, goods: str, quantity: int, restocked: bool,
                 reason: str | None) -> None:
    found = refund(last)
    assert (found.refund_type, found.status, found.goods_amount, found.quantity, found.restocked,
            found.reason_code) == (kind, status, Decimal(goods), quantity, restocked, reason)


def test_a_refund_belongs_to_its_line_and_is_dated_by_its_success() -> None:
    done, open_case = refund("12"), refund("13")
    assert (done.order_id, done.line_id) == ("2231958349012345700", "2231958349012345701")
    assert (done.requested_at, done.refunded_at) == (at("2026-06-28 13:00"), at("2026-07-03 15:00"))
    assert open_case.refunded_at is None


def test_items_with_and_without_skus() -> None:
    body = """{"items_onsale_get_response": {"total_results": 2, "items": {"item": [
        {"num_iid": 674512340001, "title": "Thermos 500ml", "approve_status": "onsale",
         "list_time": "2025-01-02 08:00:00", "skus": {"sku": [{"sku_id": 11}, {"sku_id": "12"}]}},
        {"num_iid": 674512340002, "title": "Mug", "approve_status": "instock"}]}}}"""
    stream = CONNECTOR.stream("products")
    page = stream.read(Reply(200, {}, body.encode()), Call("m"))
    found = [row for item in page.items for row in stream.rows(item, CONTEXT)]
    assert page.total == 2
    assert [(row.product_id, row.sku_id, row.status, row.listed_at) for row in found] == [
        ("674512340001", "11", "on_sale", at("2025-01-02 00:00")),
        ("674512340001", "12", "on_sale", at("2025-01-02 00:00")),
        ("674512340002", "674512340002", "off_shelf", None)]


@pytest.mark.parametrize("stream", ["orders", "refunds"])
def test_a_window_is_rounded_outwards_and_counted_first(stream: str) -> None:
    window = Window(at("2026-06-18 12:00:00.5"), at("2026-06-18 12:30:00.5"))
    walk = CONNECTOR.stream(stream).changes
    counting = walk.call(Ask(window=window, page=1, size=50, counting=True), CONTEXT).params
    paging = walk.call(Ask(window=window, page=3, size=50), CONTEXT).params
    assert (counting["start_modified"], counting["end_modified"], counting["use_has_next"]) == (
        "2026-06-18 20:00:00", "2026-06-18 20:30:01", "false")
    assert (paging["page_no"], paging["use_has_next"]) == (3, "true")


def test_no_personal_field_is_asked_for() -> None:
    window = Window(at("2026-06-18 12:00"), at("2026-06-18 12:30"))
    personal = ("nick", "receiver_name", "mobile", "phone", "address", "memo", "message", "desc", "oaid", "city")
    for stream in CONNECTOR.streams:
        fields = stream.changes.call(Ask(window=window, page=1, size=50), CONTEXT).params["fields"]
        assert not [word for word in personal if word in fields]


def test_what_is_sent_uninvited_goes_nowhere() -> None:
    found = [*rows("orders", "trades.json"), *rows("refunds", "refunds.json")]
    assert "MARKER" not in repr(found)


def test_every_field_has_its_class() -> None:
    catalogue = load(Path(CONNECTOR.streams[0].read.__code__.co_filename).parent / "fields.yaml")
    for source, struct in CONNECTOR.wire.items():
        assert [path for path in wire_paths(struct) if path not in catalogue.sources[source].by_path] == []
    for source, fixture in (("trade", "trades.json"), ("refund", "refunds.json")):
        assert catalogue.sources[source].unknown((FIXTURES / fixture).read_bytes(), set(), deep=True) == set()
    strange = b'{"trades_sold_increment_get_response":{"trades":{"trade":[{"tid":1,"gift_card_no":"x"}]}}}'
    assert catalogue.sources["trade"].unknown(strange, set()) == {"gift_card_no"}


def test_rows_are_pure() -> None:
    [first, *_] = trades(answered("trades.json"), Call("m")).items
    assert list(trade_rows(first, CONTEXT)) == list(trade_rows(first, CONTEXT))


SHOP = b'{"shop_seller_get_response":{"shop":{"sid":352746112,"title":"Shanyu"}}}'
SELLER = b'{"access_token":"a","taobao_user_id":2088001,"taobao_user_nick":"%E5%B0%8F"}'


@pytest.mark.parametrize(("answers", "known", "shop_id", "name", "learned"), [
    pytest.param([SHOP], "", "352746112", "Shanyu", {}, id="the shop itself"),
    pytest.param([None, SELLER], "", "2088001", "淘宝 2088001", {"taobao_user_id": "2088001"},
                 id="the package with shops was not granted: the token names the seller"),
    pytest.param([None, None], "2088001", "2088001", "淘宝 2088001", {"taobao_user_id": "2088001"},
                 id="its refresh token has ended"),
    pytest.param([None, SELLER], "2088002", "2088001", "淘宝 2088001", {"taobao_user_id": "2088001"},
                 id="keys of another shop are noticed"),
    pytest.param([SHOP], "2088001", "2088001", "Shanyu", {}, id="a right that comes later makes it no other shop"),
])
def test_the_shop(answers: list[bytes | None], known: str, shop_id: str, name: str, learned: dict[str, str]) -> None:
    settings = SETTINGS.model_copy(update={"taobao_user_id": known})
    items = b'{"items_onsale_get_response":{"total_results":0}}'
    found = CONNECTOR.about.read([answer and Reply(200, {}, answer) for answer in [items, *answers]], settings)
    assert found.shop is not None
    assert (found.shop_id, found.shop.name, found.learned) == (shop_id, name, learned)
    assert len(found.findings) == (None in answers)


def test_an_app_is_never_taken_for_a_shop() -> None:
    """One app serves many shops: under its key they would run together."""
    assert CONNECTOR.about.otherwise is not None
    assert [call.host for call in CONNECTOR.about.otherwise(SETTINGS, NOW)] == ["auth"]
    with pytest.raises(Misconfigured, match="refresh_token"):
        CONNECTOR.about.read([None, None, None], SETTINGS)


def test_a_trade_without_its_creation_is_reported_and_stops_nothing() -> None:
    body = b'''{"r":{"total_results":1,"trades":{"trade":{"tid":7,"status":"TRADE_FINISHED","created":"",
               "orders":{"order":{"oid":8,"price":"1.00","num":"","part_mjz_discount":""}}}}}}'''
    [trade] = trades(Reply(200, {}, body), Call("m")).items
    assert [(row.check, row.status) for row in trade_rows(trade, CONTEXT)] == [("undated_order", "fail")]
