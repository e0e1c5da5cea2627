"""From Lazada's payloads to contract records, without a network. The fixtures hold the awkward cases first."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from connectors import catalogue_path
from connectors.engine.catalogue import load, wire_paths
from connectors.engine.errors import Rejected
from connectors.engine.stream import Ask, Call, Context, Finding, Reply, Window
from connectors.lazada import CONNECTOR, wire
from connectors.lazada.streams import ITEM_STATUS, never_paid, order_status, shop_row, with_items
from queries.records import AdDaily, Fee, InventoryDaily, Order, OrderLine, Product, Refund

FIXTURES = Path(__file__).parent / "fixtures"
SETTINGS = CONNECTOR.settings(app_key="1", app_secret="2")
CONTEXT = Context(SETTINGS, "SG1", "SGD", ZoneInfo("Asia/Singapore"), datetime(2026, 2, 1, tzinfo=UTC))


def answered(name: str) -> Reply:
    return Reply(200, {}, (FIXTURES / name).read_bytes())


def orders() -> list:
    page = CONNECTOR.stream("orders").read(answered("orders.json"), Call("/x"))
    whole = with_items(page.items, [answered("items.json")])
    return [row for item in whole for row in CONNECTOR.stream("orders").rows(item, CONTEXT)]


def order(order_id: str) -> Order:
    return next(row for row in orders() if isinstance(row, Order) and row.order_id == order_id)


def lines(order_id: str) -> list[OrderLine]:
    return [row for row in orders() if isinstance(row, OrderLine) and row.order_id == order_id]


def reverses() -> list:
    stream = CONNECTOR.stream("refunds")
    return [row for item in stream.read(answered("reverses.json"), Call("/x")).items
            for row in stream.rows(item, CONTEXT)]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_each_item_is_a_unit_and_cash_is_paid_at_the_door() -> None:
    """50 + 50 less vouchers of 2 (seller) and 0.5 (Lazada), postage 6 apart. No payment time exists."""
    found = order("16090")
    assert (found.list_amount, found.seller_discount, found.platform_discount, found.shipping_amount) == (
        Decimal(100), Decimal(2), Decimal("0.5"), Decimal("6.00"))
    assert (found.payment_type, found.paid_at, found.delivered_at) == ("cod", None, at("2026-01-02 01:00"))
    assert (found.created_at, found.modified_at) == (at("2026-01-01 06:02:38"), at("2026-01-02 02:00"))
    assert (found.currency, found.region, found.buyer, found.tax_amount, found.tax_included) == (
        "SGD", "Singapore", None, Decimal("3.1"), True)
    assert [(line.line_id, line.product_id, line.sku_id, line.quantity) for line in lines("16090")] == [
        ("1", "2345670613", "11203400100", 1), ("2", "2345670613", "11203400100", 1)]


def test_a_partly_cancelled_order_in_a_currency_without_decimals() -> None:
    found = order("402145000010007")
    assert (found.status, found.native_status, found.currency) == ("paid", "ready_to_ship,canceled", "VND")
    assert (found.list_amount, found.shipping_amount) == (Decimal(199000), Decimal(15000))
    assert (found.paid_at, found.buyer) == (at("2026-01-01 07:02:38"), "100045001"), "paid, so paid when it was made"
    assert [(line.product_id, line.sku_id) for line in lines("402145000010007")] == [("88", "99"), ("", "MUG-2")]


@pytest.mark.parametrize(("order_id", "status", "paid"), [("3", "cancelled", False), ("4", "cancelled", True),
                                                          ("5", "open", False)])
def test_what_was_never_paid(order_id: str, status: str, paid: bool) -> None:
    """Of a cancelled order only the reason tells."""
    found = order(order_id)
    assert (found.status, found.paid_at is not None) == (status, paid)
    assert (found.cancelled_at == at("2026-01-02 16:00")) == (status == "cancelled")


@pytest.mark.parametrize(("reason", "unpaid"), [
    ("Payment timeout", True), ("Order not paid in time", True), ("Customer did not pay", True),
    ("Pending payment", True), ("Change payment method", False), ("Change of mind", False), ("", False),
])
def test_reasons_that_say_that_no_money_came(reason: str, unpaid: bool) -> None:
    assert never_paid("cancelled", [wire.Item(order_item_id=1, reason=reason)]) is unpaid
    assert never_paid("paid", [wire.Item(order_item_id=1, reason=reason)]) is False


def test_a_missing_price_follows_from_what_was_paid() -> None:
    assert order("5").list_amount == Decimal(10)


def test_a_status_nobody_knows_and_an_order_whose_items_did_not_come() -> None:
    found = order("6")
    assert (found.status, found.native_status) == ("unknown", "teleported")
    assert [row.check for row in orders() if isinstance(row, Finding)] == ["order_without_lines"]


@pytest.mark.parametrize(("words", "status"), [
    (["unpaid"], "open"), (["pending", "shipped"], "shipped"), (["delivered", "returned"], "delivered"),
    (["delivered", "shipped"], "shipped"), (["canceled", "delivered"], "delivered"), (["failed"], "cancelled"),
    (["canceled", "lost_by_3pl"], "cancelled"), (["unpaid", "pending"], "open"), (["packed", "ready_to_ship"], "paid"),
    (["delivered", "new_word"], "unknown"), ([], "unknown"),
])
def test_one_status_from_those_of_the_items(words: list[str], status: str) -> None:
    assert order_status(words) == status


def test_every_documented_status_is_known() -> None:
    assert set(ITEM_STATUS) == {
        "unpaid", "pending", "packed", "topack", "toship", "ready_to_ship", "ready_to_ship_pending", "shipped",
        "delivered", "failed", "canceled", "returned", "lost_by_3pl", "damaged_by_3pl", "shipping", "failed_delivery",
        "shipped_back", "shipped_back_success", "shipped_back_failed", "lost", "package_scrapped"}


def test_reverse_orders_wrapped_twice_in_hundredths() -> None:
    """Hundredths in VND too; one row a unit, each with a status of its own."""
    first, second, cancel, strange = [row for row in reverses() if isinstance(row, Refund)]
    assert (first.line_id, first.goods_amount, first.refund_type, first.status, first.quantity, first.reason_code) == (
        "1", Decimal("47.50"), "return_refund", "success", 1, "quality")
    assert first.refunded_at == datetime.fromtimestamp(1767500000, UTC)
    assert (second.status, second.refunded_at, second.reason_code) == ("approved", None, "size")
    assert (cancel.refund_type, cancel.status, cancel.goods_amount) == (
        "cancel_before_ship", "success", Decimal("99000.00"))
    assert (strange.status, strange.refund_type) == ("unknown", "refund_only")
    assert [row.detail for row in reverses() if isinstance(row, Finding)] == ["request_type WISH"]


@pytest.mark.parametrize(("name", "amount", "kind", "cost"), [
    ("Commission", "-1,234.50", "commission", "1234.50"), ("Payment Fee", "-0.31", "payment", "0.31"),
    ("Automatic Shipping Fee", "-3.00", "shipping", "3.00"), ("Commission", "2.00", "commission", "-2.00"),
    ("Something New", "-1", "other", "1"), ("Item Price Credit", "50.00", None, None),
    ("Shipping Fee Paid by Customer", "3.00", None, None), ("Reversal Item Price", "-50.00", None, None),
])
def test_fees_of_the_statement(name: str, amount: str, kind: str | None, cost: str | None) -> None:
    item = wire.Transaction(order_no=16090, transaction_date="31 Jan 2026", fee_name=name, amount=amount)
    found = [(fee.order_id, fee.fee_type, fee.amount, fee.charged_at.astimezone(UTC))
             for fee in CONNECTOR.stream("fees").rows(item, CONTEXT) if isinstance(fee, Fee)]
    assert found == ([("16090", kind, Decimal(cost), at("2026-01-30 16:00"))] if cost else [])


@pytest.mark.parametrize(("offset", "lines", "following"), [(0, 50, "50"), (50, 500, "550"), (550, 49, None),
                                                            (550, 0, None)])
def test_the_statement_goes_on_after_a_page_that_lazada_cut(offset: int, lines: int, following: str | None) -> None:
    """Nobody counts it, and a page may have fewer lines than were asked for."""
    stream, day = CONNECTOR.stream("fees"), date(2026, 1, 1)
    ask = Ask(first_day=day, last_day=date(2026, 1, 7), size=500, cursor=str(offset) if offset else None)
    call = stream.changes.call(ask, CONTEXT)  # type: ignore[union-attr]
    assert call.params == {"start_time": "2026-01-01", "end_time": "2026-01-07", "limit": 500, "offset": offset}
    body = b'{"code":"0","data":[' + b",".join([b"{}"] * lines) + b"]}"
    assert stream.read(Reply(200, {}, body), call).next == following


def test_what_a_campaign_cost_on_a_day() -> None:
    """Amounts are text; the report does not name its day, and of yesterday not always the campaign."""
    stream = CONNECTOR.stream("ads")
    day = Ask(first_day=date(2026, 1, 5), last_day=date(2026, 1, 5), page=2, size=100)
    call = stream.changes.call(day, CONTEXT)  # type: ignore[union-attr]
    assert call.params == {"startDate": "2026-01-05", "endDate": "2026-01-05", "pageNo": 2, "pageSize": 100,
                           "useRtTable": "false"}
    body = b"""{"code":"0","result":{"success":"true","totalCount":"17","errorCode":"null","result":[
      {"campaignId":"101100021686346","campaignName":"Search","spend":"66.68","impressions":"1560","clicks":"107",
       "storeOrders":"11","storeRevenue":"451.48","productRevenue":"243.66"},{"campaignId":"7","campaignName":null}]}}"""
    page = stream.read(Reply(200, {}, body), call)
    found = [row for item in page.items for row in stream.rows(item, CONTEXT)]
    assert page.total == 17
    assert [(type(row).__name__, row.campaign_id) for row in found] == [  # type: ignore[union-attr]
        ("AdDaily", "101100021686346"), ("Campaign", "101100021686346"), ("AdDaily", "7")]
    assert isinstance(found[0], AdDaily)
    assert (found[0].date, found[0].spend, found[0].clicks, found[0].attributed_orders, found[0].attributed_sales) == (
        date(2026, 1, 5), Decimal("66.68"), 107, 11, Decimal("451.48"))


def test_a_report_that_failed_is_no_empty_report() -> None:
    body = b'{"code":"0","result":{"success":"false","errorCode":"NO_AUTH","errorMsg":"sign the terms","result":[]}}'
    with pytest.raises(Rejected, match="sign the terms"):
        CONNECTOR.stream("ads").read(Reply(200, {}, body), Call("/x", {"startDate": "2026-01-05"}))


@pytest.mark.parametrize("written", [
    "2026-01-01 14:02:38 +0800", "2026-01-01T14:02:38+08:00", "2026-01-01 01:02:38 -0500", "2026-01-01T06:02:38Z"])
def test_times_as_samples_and_pages_write_them(written: str) -> None:
    assert wire.instant(written) == at("2026-01-01 06:02:38")


def test_a_payout_names_its_currency() -> None:
    item = wire.Payout(statement_number="SG-1", created_at="2026-01-05 01:00:00", payout="1,090.00 SGD")
    [row] = CONNECTOR.stream("settlements").rows(item, CONTEXT)
    assert (row.settlement_id, row.date, row.amount, row.currency) == (  # type: ignore[union-attr]
        "SG-1", date(2026, 1, 5), Decimal("1090.00"), "SGD")


def test_products_by_sku() -> None:
    body = b"""{"code":"0","data":{"total_products":"2","products":[
      {"item_id":2345670613,"primary_category":1,"status":"Active","created_time":"1611554105000",
       "attributes":{"name":"Rug","brand":"No Brand"},
       "skus":[{"SkuId":11203400100,"SellerSku":"RUG-1","Status":"active","Available":7},{"ShopSku":"2345670613_SG-77"}]},
      {"item_id":"5","status":"Deleted","attributes":{"name":"Mug","brand":"Shanyu"},"skus":[{"SellerSku":"M"}]}]}}"""
    stream = CONNECTOR.stream("products")
    page = stream.read(Reply(200, {}, body), Call("/x"))
    found = [row for item in page.items for row in stream.rows(item, CONTEXT)]
    assert page.total == 2
    assert [row for row in found if isinstance(row, InventoryDaily)] == [
        InventoryDaily(sku_id="11203400100", date=date(2026, 2, 1), on_hand=7)], "unknown is not zero"
    assert [(row.product_id, row.sku_id, row.brand, row.status) for row in found if isinstance(row, Product)] == [
        ("2345670613", "11203400100", None, "on_sale"), ("2345670613", "77", None, "on_sale"),
        ("5", "M", "Shanyu", "deleted")]


def test_a_window_is_wider_than_asked_and_bears_the_shops_offset() -> None:
    window = Window(at("2026-01-01 00:00:00.5"), at("2026-01-01 01:00:00.5"))
    call = CONNECTOR.stream("orders").changes.call(Ask(window=window, page=3, size=100), CONTEXT)  # type: ignore[union-attr]
    assert (call.params["update_after"], call.params["update_before"], call.params["offset"]) == (
        "2026-01-01T07:59:59+08:00", "2026-01-01T09:00:01+08:00", 300)


def test_a_window_of_refunds_holds_its_first_second_and_not_its_end() -> None:
    window = Window(at("2026-01-01 00:00:00"), at("2026-01-01 01:00:00"))
    call = CONNECTOR.stream("refunds").changes.call(Ask(window=window, page=1, size=50), CONTEXT)  # type: ignore[union-attr]
    assert call.params == {
        "page_no": 1, "page_size": 50, "ReverseOrderLineModifiedTimeRangeStart": 1767225599999,
        "ReverseOrderLineModifiedTimeRangeEnd": 1767229199999}


@pytest.mark.parametrize("body", [b'{"code":"0","data":{"countTotal":0,"orders":[]}}', b'{"code":"0","data":null}',
                                  b'{"code":"0"}'])
def test_an_empty_page(body: bytes) -> None:
    page = CONNECTOR.stream("orders").read(Reply(200, {}, body), Call("/x"))
    assert (list(page.items), page.total or 0) == ([], 0)


@pytest.mark.parametrize(("given", "country", "expected", "findings"), [
    ({"country": "MY"}, None, ("Asia/Kuala_Lumpur", "MYR"), 0),
    ({}, None, ("Asia/Singapore", "SGD"), 0),
    ({"base_url": "http://127.0.0.1:4/rest"}, "Vietnam", ("Asia/Ho_Chi_Minh", "VND"), 0),
    ({"base_url": "http://127.0.0.1:4/rest"}, "Atlantis", ("Asia/Singapore", "SGD"), 1),
])
def test_the_seller_and_the_country(given: dict[str, str], country: str | None, expected: tuple[str, str],
                                    findings: int) -> None:
    """By setting, by host, by an order's address; else it is guessed and said so."""
    settings = CONNECTOR.settings(app_key="1", app_secret="2", **given)
    calls = CONNECTOR.about.calls(settings)
    assert [(call.path, call.optional) for call in calls] == [
        ("/seller/get", False), ("/orders/get", True)][:2 if country else 1]
    seller = Reply(200, {}, b'{"code":"0","data":{"seller_id":"1000","name":"Kedai"}}')
    order = Reply(200, {}, b'{"data":{"orders":[{"order_id":1,"created_at":"","address_shipping":{"country":"%s"}}]}}'
                  % (country or "").encode())
    found = shop_row([seller, order][:len(calls)], settings)
    assert found.shop and (found.shop_id, found.shop.name, (found.shop.tz, found.shop.currency)) == (
        "1000", "Kedai", expected)
    assert len(found.findings) == findings


def test_what_is_sent_uninvited_goes_nowhere() -> None:
    assert "MARKER" not in repr([*orders(), *reverses()])


def test_every_field_has_its_class() -> None:
    catalogue = load(catalogue_path("lazada"))
    for source, struct in CONNECTOR.wire.items():
        assert [path for path in wire_paths(struct) if path not in catalogue.sources[source].by_path] == []
    for source, fixture in (("order", "orders"), ("order", "items"), ("reverse", "reverses")):
        body = (FIXTURES / f"{fixture}.json").read_bytes()
        assert catalogue.sources[source].unknown(body, set(), deep=fixture != "items") == set()
    strange = b'{"code":"0","data":{"orders":[{"order_id":1,"giftee_phone":"x"}]}}'
    assert catalogue.sources["order"].unknown(strange, set()) == {"giftee_phone"}
