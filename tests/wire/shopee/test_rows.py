"""From Shopee's payloads to contract records, without a network. The fixtures hold the awkward cases first."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from connectors import catalogue_path
from connectors.engine.catalogue import load, wire_paths
from connectors.engine.stream import Ask, Call, Context, Finding, Reply, Window
from connectors.shopee import CONNECTOR, wire
from connectors.shopee.streams import ORDER_STATUS, RETURN_STATUS, paid_escrows, shop_row, with_details
from queries.records import Fee, InventoryDaily, Order, OrderLine, Product, Refund, Settlement

FIXTURES = Path(__file__).parent / "fixtures"
SETTINGS = CONNECTOR.settings(partner_id=1, partner_key="2", shop_id=3)
CONTEXT = Context(SETTINGS, "3", "SGD", ZoneInfo("Asia/Singapore"), datetime(2026, 2, 1, tzinfo=UTC))
NUMBERS = ("201218V2Y6E59M", "SG1", "SG2", "SG3", "SG4", "VANISHED")
PERSONAL = ("buyer_username", "note", "buyer_cpf_id", "dropshipper", "invoice_data", "payment_info")


def answered(name: str) -> Reply:
    return Reply(200, {}, (FIXTURES / name).read_bytes())


def orders() -> list:
    listed = [wire.Order(order_sn=number) for number in NUMBERS]
    whole = with_details(listed, [answered("detail.json"), answered("escrow.json")])
    return [row for item in whole for row in CONNECTOR.stream("orders").rows(item, CONTEXT)]


def order(number: str) -> Order:
    return next(row for row in orders() if isinstance(row, Order) and row.order_id == number)


def lines(number: str) -> list[OrderLine]:
    return [row for row in orders() if isinstance(row, OrderLine) and row.order_id == number]


def refunds(number: str) -> list[Refund]:
    stream = CONNECTOR.stream("refunds")
    page = stream.read(answered("returns.json"), Call("/returns/get_return_list", {"page_no": 0}))
    return [row for item in page.items for row in stream.rows(item, CONTEXT)
            if isinstance(row, Refund) and row.refund_id == number]


def at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def test_prices_are_per_unit_and_escrow_amounts_for_all() -> None:
    """2 x 60,000 list, 2 x 10,000 off, vouchers of 3,000 (seller) and 2,000 (Shopee): 95,000 and 10,000 postage."""
    found = order("201218V2Y6E59M")
    assert (found.list_amount, found.seller_discount, found.platform_discount, found.shipping_amount) == (
        Decimal(120000), Decimal(23000), Decimal(2000), Decimal(10000))
    assert found.list_amount - found.seller_discount - found.platform_discount + found.shipping_amount == 105000
    assert (found.status, found.currency, found.payment_type, found.region, found.buyer, found.discount_split) == (
        "completed", "VND", "cod", "Hà Nội", "1170319091", "known")
    assert (found.created_at, found.paid_at, found.shipped_at, found.delivered_at) == (
        at(1767139200), at(1767139300), at(1767150000), at(1767225000))
    [line] = lines("201218V2Y6E59M")
    assert (line.line_id, line.product_id, line.sku_id, line.quantity) == ("1", "23620853561", "1", 2)


def test_shopees_share_of_an_item_discount_and_a_second_line_of_a_model() -> None:
    """19.9 at 17.9, of the two off Shopee pays 1.5; a voucher of 3 from Shopee, one of 1.04 from the seller."""
    first, second, gift = lines("SG1")
    assert (first.seller_discount, first.platform_discount) == (Decimal("0.5"), Decimal("4.5"))
    assert (second.seller_discount, second.platform_discount) == (Decimal("1.04"), Decimal(0))
    assert (first.sku_id, second.line_id, gift.line_id, gift.is_gift) == ("10", "110", "110/3", True)
    assert (order("SG1").region, order("SG1").shipping_amount) == ("SG", Decimal("1.99")), "a masked state is none"


@pytest.mark.parametrize(("number", "status", "seller", "shipping"), [
    ("SG2", "open", "0", "1.99"),       # 12.49 for goods of 10.50: the rest is postage
    ("SG3", "cancelled", "1.5", "0"),   # 9.00 for goods of 10.50: a voucher of an unknown side
])
def test_without_an_escrow_the_total_says_what_it_can(number: str, status: str, seller: str, shipping: str) -> None:
    found = order(number)
    assert (found.status, found.seller_discount, found.shipping_amount, found.discount_split) == (
        status, Decimal(seller), Decimal(shipping), "unknown")
    assert found.paid_at is None and (found.buyer is None) == (number == "SG2")


def test_what_is_odd_is_kept_or_reported() -> None:
    assert (order("SG4").status, order("SG4").native_status) == ("unknown", "SOMETHING_NEW")
    assert [row.check for row in orders() if isinstance(row, Finding)] == [
        "order_without_lines", "order_without_detail"]


def test_every_documented_status_is_known() -> None:
    assert set(ORDER_STATUS) == {
        "UNPAID", "PENDING", "READY_TO_SHIP", "PROCESSED", "RETRY_SHIP", "SHIPPED", "TO_CONFIRM_RECEIVE", "IN_CANCEL",
        "CANCELLED", "TO_RETURN", "COMPLETED", "INVOICE_PENDING"}
    assert set(RETURN_STATUS) == {
        "REQUESTED", "ACCEPTED", "CANCELLED", "JUDGING", "PROCESSING", "CLOSED", "SELLER_DISPUTE", "REFUND_PAID"}


def test_escrows_are_asked_for_once_and_only_of_what_is_paid() -> None:
    details = answered("detail.json")
    [call] = paid_escrows([], [details])
    assert (call.verb, call.body) == ("POST", {"order_sn_list": ["201218V2Y6E59M", "SG1"]})
    assert paid_escrows([], [details, answered("escrow.json")]) == []


def test_a_batch_refused_for_one_order_is_asked_for_one_by_one() -> None:
    """An order without an escrow must not cost the others theirs."""
    details, refusal = answered("detail.json"), Reply(404, {}, b'{"error":"error_not_found","message":"no income"}')
    calls = paid_escrows([], [details, refusal])
    assert [(call.verb, call.path, call.params) for call in calls] == [
        ("GET", "/payment/get_escrow_detail", {"order_sn": number}) for number in ("201218V2Y6E59M", "SG1")]
    single = Reply(200, {}, b"""{"error":"","response":{"order_sn":"SG1","order_income":{"buyer_paid_shipping_fee":1.99,
        "items":[{"item_id":10,"model_id":0,"line_item_id":1,"discount_from_voucher_shopee":3}]}}}""")
    replies = [details, refusal, refusal, single]
    assert paid_escrows([], replies) == []
    first, second, *_ = with_details([wire.Order(order_sn=number) for number in NUMBERS], replies)
    assert first.order_income is None and second.order_income is not None
    assert second.order_income.buyer_paid_shipping_fee == Decimal("1.99")


@pytest.mark.parametrize(("income", "discounts"), [
    # 2 x 10 in a bundle for 15, a voucher of 1 on top
    ("""{"items":[{"item_id":1,"discounted_price":15,"discount_from_voucher_seller":1}]}""", Decimal(6)),
    # not paid out: the total of 14 with free postage tells as much
    ("null", Decimal(6)),
])
def test_what_a_bundle_costs_stands_in_the_escrow_alone(income: str, discounts: Decimal) -> None:
    """The detail says 0, which is no price."""
    body = f"""{{"response":{{"order_list":[{{"order_sn":"B","create_time":1767139200,"order_status":"SHIPPED",
        "total_amount":14,"order_income":{income},"item_list":[{{"item_id":1,"model_quantity_purchased":2,
        "model_original_price":10,"model_discounted_price":0,"promotion_type":"bundle_deal"}}]}}]}}}}"""
    [item] = CONNECTOR.stream("orders").read(Reply(200, {}, body.encode()), Call("/x")).items
    [found, line] = CONNECTOR.stream("orders").rows(item, CONTEXT)
    assert isinstance(found, Order) and isinstance(line, OrderLine)
    assert (found.list_amount, found.seller_discount, line.is_gift) == (Decimal(20), discounts, False)


def test_a_return_is_dated_by_its_payout() -> None:
    [paid] = refunds("200203171852695")
    assert (paid.refund_type, paid.status, paid.goods_amount, paid.quantity, paid.reason_code, paid.line_id) == (
        "return_refund", "success", Decimal(52500), 1, "quality", "1")
    assert (paid.requested_at, paid.refunded_at) == (at(1767300000), at(1767400000))


def test_a_return_of_two_models_shares_its_amount_by_value() -> None:
    first, second = refunds("2")
    assert [(row.line_id, row.goods_amount) for row in (first, second)] == [
        ("10", Decimal("7.79")), ("110", Decimal("2.22"))]
    assert (first.refund_type, first.status, first.refunded_at, first.quantity, first.reason_code) == (
        "refund_only", "requested", None, 0, "late")


def test_a_return_status_nobody_knows() -> None:
    [strange] = refunds("3")
    assert (strange.status, strange.line_id, strange.goods_amount, strange.reason_code) == (
        "unknown", None, Decimal(1), None)


@pytest.mark.parametrize(("stream", "body", "following"), [
    ("orders", b'{"response":{"more":true,"next_cursor":"20","order_list":[{"order_sn":"A","booking_sn":""}]}}', "20"),
    ("orders", b'{"response":{"more":false,"next_cursor":"","order_list":[]}}', None),
    ("refunds", b'{"response":{"more":true,"return":[]}}', "3"), ("refunds", b'{"response":null}', None),
    ("settlements", b'{"response":{"more":true,"escrow_list":[]}}', "3"),
])
def test_lists_say_only_that_there_is_more(stream: str, body: bytes, following: str | None) -> None:
    page = CONNECTOR.stream(stream).read(Reply(200, {}, body), Call("/x", {"page_no": 2}))
    assert (page.next, page.total) == (following, None)


def test_a_released_escrow_and_what_was_taken() -> None:
    item = wire.Released(order_sn="SG1", payout_amount=Decimal("18.20"), escrow_release_time=1767225600)
    item.order_income = wire.Income(
        commission_fee=Decimal("1.1"), service_fee=Decimal("0.2"), campaign_fee=Decimal("0.3"),
        seller_transaction_fee=Decimal("0.4"), actual_shipping_fee=Decimal("3"), shopee_shipping_rebate=Decimal("2.5"))
    settled, *fees = CONNECTOR.stream("settlements").rows(item, CONTEXT)
    assert isinstance(settled, Settlement) and (settled.settlement_id, settled.date, settled.amount) == (
        "SG1", date(2026, 1, 1), Decimal("18.20"))
    assert [(fee.fee_type, fee.amount) for fee in fees if isinstance(fee, Fee)] == [
        ("commission", Decimal("1.1")), ("service", Decimal("0.5")), ("payment", Decimal("0.4")),
        ("shipping", Decimal("0.5"))]


@pytest.mark.parametrize(("first", "last", "asked"), [
    (date(2026, 1, 1), date(2026, 1, 28), ("01-01-2026", "28-01-2026")),
    (date(2026, 1, 28), date(2026, 1, 28), ("27-01-2026", "28-01-2026")),
])
def test_ad_figures_need_two_days(first: date, last: date, asked: tuple[str, str]) -> None:
    stream = CONNECTOR.stream("ads")
    call = stream.changes.call(Ask(first_day=first, last_day=last), CONTEXT)  # type: ignore[union-attr]
    assert (call.params["start_date"], call.params["end_date"]) == asked
    body = (b'{"response":[{"date":"27-01-2026","impression":100,"clicks":3,"broad_order":1,"broad_gmv":20.5,'
            b'"expense":1.23,"direct_order":0}]}')
    [item] = stream.read(Reply(200, {}, body), call).items
    [row] = stream.rows(item, CONTEXT)
    assert (row.date, row.spend, row.attributed_sales, row.attribution_window) == (  # type: ignore[union-attr]
        date(2026, 1, 27), Decimal("1.23"), Decimal("20.5"), "7d")
    assert stream.enabled(SETTINGS) and not stream.enabled(SETTINGS.model_copy(update={"ads": False}))


def test_a_window_is_rounded_outwards_and_under_fifteen_days() -> None:
    window = Window(at(1767225600).replace(microsecond=500000), at(1767229200).replace(microsecond=500000))
    walk = CONNECTOR.stream("orders").changes
    call = walk.call(Ask(window=window, size=100, cursor="20"), CONTEXT)  # type: ignore[union-attr]
    assert (call.params["time_from"], call.params["time_to"], call.params["cursor"]) == (1767225600, 1767229201, "20")
    assert walk.span.days < 15  # type: ignore[union-attr]


def test_no_personal_field_is_asked_for() -> None:
    [call] = CONNECTOR.stream("orders").detail.calls([wire.Order(order_sn="A")], CONTEXT)  # type: ignore[union-attr]
    asked = call.params["response_optional_fields"].split(",")
    assert not set(asked) & set(PERSONAL)


def test_items_by_model_with_what_can_be_sold() -> None:
    """The list names items alone: 5 has two models, 6 none, 7 was deleted since, of 8 no stock is told."""
    stream = CONNECTOR.stream("products")
    call = stream.changes.call(Ask(page=2, size=50), CONTEXT)  # type: ignore[union-attr]
    assert call.params == {"offset": 100, "page_size": 50, "item_status": ["NORMAL", "UNLIST", "REVIEWING", "BANNED"]}
    listed = list(stream.read(Reply(200, {}, b"""{"response":{"item":[{"item_id":5},{"item_id":6},{"item_id":7},
        {"item_id":8}],"total_count":4,"has_next_page":false}}"""), call).items)
    infos = Reply(200, {}, b"""{"response":{"item_list":[
        {"item_id":5,"item_name":"Rug","item_status":"NORMAL","create_time":1767139200,"has_model":true,
         "brand":{"original_brand_name":"Shanyu"},"stock_info_v2":{"summary_info":{"total_available_stock":99}}},
        {"item_id":6,"item_name":"Mug","item_status":"BANNED","has_model":false,
         "stock_info_v2":{"summary_info":{"total_available_stock":0}}},
        {"item_id":8,"item_name":"Cup","item_status":"UNLIST"}]}}""")
    assert stream.detail is not None and stream.detail.more is not None
    [models] = stream.detail.more(listed, [infos])
    assert (models.path, models.params) == ("/product/get_model_list", {"item_id": "5"})
    told = Reply(200, {}, b"""{"response":{"model":[
        {"model_id":51,"stock_info_v2":{"summary_info":{"total_available_stock":3}}},{"model_id":52}]}}""")
    found = [row for item in stream.detail.join(listed, [infos, told]) for row in stream.rows(item, CONTEXT)]
    assert [(row.sku_id, row.title, row.brand, row.status) for row in found if isinstance(row, Product)] == [
        ("51", "Rug", "Shanyu", "on_sale"), ("52", "Rug", "Shanyu", "on_sale"), ("6", "Mug", None, "off_shelf"),
        ("8", "Cup", None, "off_shelf")]
    assert [(row.sku_id, row.on_hand) for row in found if isinstance(row, InventoryDaily)] == [("51", 3), ("6", 0)]


@pytest.mark.parametrize(("told", "region", "expected", "findings"), [
    (b'{"error":"","shop_name":"mysipuat","region":"TW"}', "", ("mysipuat", "Asia/Taipei", "TWD"), 0),
    (None, "BR", ("3", "America/Sao_Paulo", "BRL"), 0),
    (None, "", ("3", "Asia/Singapore", "SGD"), 1),
])
def test_the_shop_and_its_regions_day(told: bytes | None, region: str, expected: tuple[str, ...],
                                      findings: int) -> None:
    """An app that may not read the shop is tried on its orders all the same."""
    settings = SETTINGS.model_copy(update={"region": region})
    shop, orders = CONNECTOR.about.calls(settings)
    assert (shop.optional, orders.optional) == (True, False)
    assert 0 < orders.params["time_to"] - orders.params["time_from"] < 15 * 86_400
    found = shop_row([Reply(200, {}, told) if told else None, Reply(200, {}, b"{}")], settings)
    assert found.shop and (found.shop.name, found.shop.tz, found.shop.currency) == expected
    assert (found.shop_id, len(found.findings)) == ("3", findings)


def test_what_is_sent_uninvited_goes_nowhere() -> None:
    assert "MARKER" not in repr([*orders(), *refunds("200203171852695")])


def test_every_field_has_its_class() -> None:
    catalogue = load(catalogue_path("shopee"))
    for source, struct in CONNECTOR.wire.items():
        assert [path for path in wire_paths(struct) if path not in catalogue.sources[source].by_path] == []
    for source, fixture in (("order", "detail"), ("order", "escrow"), ("escrow", "escrow"), ("return", "returns")):
        body = (FIXTURES / f"{fixture}.json").read_bytes()
        assert catalogue.sources[source].unknown(body, set(), deep=True) == set()
    strange = b'{"response":{"order_list":[{"order_sn":"A","giftee_phone":"x"}]}}'
    assert catalogue.sources["order"].unknown(strange, set()) == {"giftee_phone"}
