"""From TikTok Shop's payloads to contract records, without a network. The fixtures hold the awkward cases first."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from connectors import catalogue_path
from connectors.engine.catalogue import load, wire_paths
from connectors.engine.errors import Rejected
from connectors.engine.stream import Ask, Call, Context, Finding, Reply, Window
from connectors.tiktok_shop import CONNECTOR, wire
from connectors.tiktok_shop.streams import ORDER_STATUS, shop_row
from queries.records import Fee, Order, OrderLine, PlatformNativeDaily, Refund, Settlement, TrafficDaily

FIXTURES = Path(__file__).parent / "fixtures"
SETTINGS = CONNECTOR.settings(app_key="1", app_secret="2", shop_cipher="GCP_1")
CONTEXT = Context(SETTINGS, "7495", "USD", ZoneInfo("America/Los_Angeles"), datetime(2026, 2, 1, tzinfo=UTC))


def rows(stream: str, fixture: str) -> list:
    declared = CONNECTOR.stream(stream)
    page = declared.read(Reply(200, {}, (FIXTURES / fixture).read_bytes()), Call("/x"))
    return [row for item in page.items for row in declared.rows(item, CONTEXT)]


def order(last: str) -> Order:
    return next(row for row in rows("orders", "orders.json") if isinstance(row, Order) and row.order_id.endswith(last))


def lines(last: str) -> list[OrderLine]:
    return [row for row in rows("orders", "orders.json")
            if isinstance(row, OrderLine) and row.order_id.endswith(last)]


def refunds(fixture: str, last: str, stream: str = "refunds") -> list[Refund]:
    return [row for row in rows(stream, fixture) if isinstance(row, Refund) and row.refund_id.endswith(last)]


def test_each_unit_is_a_line() -> None:
    """Three units of two SKUs: 3 x 13.99 less 2 each; 35.97 + 3.99 = 39.96."""
    found = order("752")
    assert (found.list_amount, found.seller_discount, found.platform_discount, found.shipping_amount) == (
        Decimal("41.97"), Decimal(6), Decimal(0), Decimal("3.99"))
    assert (found.status, found.currency, found.region, found.buyer, found.payment_type) == (
        "completed", "EUR", "DE", "7021436810468230477", "prepaid")
    assert (found.created_at, found.paid_at, found.shipped_at, found.delivered_at) == tuple(
        datetime.fromtimestamp(at, UTC) for at in (1767139200, 1767139260, 1767150000, 1767200000))
    assert [(line.line_id[-3:], line.sku_id[-3:], line.quantity) for line in lines("752")] == [
        ("123", "560", 1), ("124", "560", 1), ("125", "561", 1)]


def test_tax_on_top_a_gift_and_who_paid_the_discount() -> None:
    """18 + 5.99 + 1.51 = 25.50: the tax is added to the price."""
    found = order("753")
    assert (found.tax_amount, found.tax_included, found.region) == (Decimal("1.51"), False, "Texas")
    assert (found.seller_discount, found.platform_discount) == (Decimal("1.5"), Decimal("0.5"))
    rug, gift = lines("753")
    assert (rug.is_gift, gift.is_gift, gift.list_amount) == (False, True, 0)


def test_a_cancelled_order_of_a_currency_without_decimals() -> None:
    found = order("754")
    assert (found.status, found.cancelled_at, found.paid_at) == (
        "cancelled", datetime.fromtimestamp(1767149999, UTC), None)
    assert (found.currency, found.list_amount, found.shipping_amount, found.tax_included) == (
        "IDR", Decimal(150000), Decimal(9000), True)
    assert (found.buyer, found.region) == (None, None), "0 is no buyer"


def test_samples_and_replacements_are_no_sales() -> None:
    sample, replacement = order("755"), order("756")
    assert (sample.order_type, sample.list_amount, sample.seller_discount) == ("sample", *[Decimal("9.99")] * 2)
    assert (replacement.order_type, replacement.payment_type, replacement.buyer) == ("exchange", "cod", None)
    assert replacement.delivered_at == datetime.fromtimestamp(1767250001, UTC), "the change to DELIVERED stands in"
    assert replacement.tax_included, "10 = 10 + 0: the tax is inside"


def test_what_was_sent_in_exchange_is_no_sale() -> None:
    body = (b'{"code":0,"data":{"orders":[{"id":"1","status":"COMPLETED","create_time":1767139200,'
            b'"is_exchange_order":true}]}}')
    stream = CONNECTOR.stream("orders")
    [item] = stream.read(Reply(200, {}, body), Call("/x")).items
    assert next(row for row in stream.rows(item, CONTEXT) if isinstance(row, Order)).order_type == "exchange"


def test_a_status_nobody_knows_and_an_order_without_lines() -> None:
    found = order("757")
    assert (found.status, found.native_status, found.currency) == ("unknown", "SOMETHING_NEW", "USD")
    assert [row.check for row in rows("orders", "orders.json") if isinstance(row, Finding)] == ["order_without_lines"]


def test_every_documented_status_is_known() -> None:
    assert set(ORDER_STATUS) == {
        "UNPAID", "ON_HOLD", "AWAITING_SHIPMENT", "PARTIALLY_SHIPPING", "AWAITING_COLLECTION", "IN_TRANSIT",
        "DELIVERED", "COMPLETED", "CANCELLED"}


def test_a_return_of_two_units() -> None:
    first, second = refunds("returns.json", "001")
    assert [(row.line_id, row.goods_amount, row.shipping_amount) for row in (first, second)] == [
        ("577086512123755123", Decimal("11.99"), Decimal("3.99")), ("577086512123755124", Decimal("11.99"), Decimal(0))]
    assert (first.refund_type, first.status, first.quantity, first.restocked, first.reason_code) == (
        "return_refund", "success", 1, True, "quality")
    assert first.refunded_at == datetime.fromtimestamp(1767400000, UTC)


def test_amounts_that_only_the_whole_has_are_shared() -> None:
    found = refunds("returns.json", "002")
    assert [row.goods_amount for row in found] == [Decimal("3.34"), Decimal("3.33"), Decimal("3.33")]
    assert {(row.status, row.refunded_at, row.quantity) for row in found} == {("approved", None, 0)}, "not paid yet"


def test_replacements_and_unknown_words() -> None:
    [replacement], [strange] = refunds("returns.json", "003"), refunds("returns.json", "004")
    assert (replacement.refund_type, replacement.goods_amount) == ("exchange", 0)
    assert (strange.refund_type, strange.status, strange.goods_amount, strange.tax_amount, strange.line_id) == (
        "refund_only", "unknown", Decimal("2.79"), Decimal("0.21"), None)
    assert [row.detail for row in rows("refunds", "returns.json") if isinstance(row, Finding)] == ["return_type SWAP"]


def test_cancellations_of_what_was_paid() -> None:
    """One without an amount is of an unpaid order: the order says it all."""
    [paid] = refunds("cancellations.json", "001", "cancellations")
    assert (paid.refund_type, paid.status, paid.goods_amount, paid.shipping_amount, paid.tax_amount) == (
        "cancel_before_ship", "success", Decimal(18), Decimal("5.99"), Decimal("1.51"))
    assert refunds("cancellations.json", "002", "cancellations") == []
    assert [row.status for row in refunds("cancellations.json", "003", "cancellations")] == ["closed"]


def test_an_opaque_token_means_more_and_the_estimate_nothing() -> None:
    read = CONNECTOR.stream("refunds").read
    page = read(Reply(200, {}, (FIXTURES / "returns.json").read_bytes()), Call("/x"))
    assert (len(page.items), page.next, page.total) == (4, "bmV4dA==", None)
    for body in (b'{"code":0,"data":null}', b'{"code":0,"data":{"next_page_token":""}}', b'{"code":0,"data":{}}'):
        empty = read(Reply(200, {}, body), Call("/x"))
        assert (list(empty.items), empty.next) == ([], None)


def test_a_statement_and_what_was_taken() -> None:
    item = wire.Statement(id="S1", statement_time=1767250800, settlement_amount=Decimal("80.00"), currency="USD")
    item.statement_transactions = [
        wire.Transaction(order_id="o1", fee_amount=Decimal("-9.30"), referral_fee_amount=Decimal("-6.00"),
                         transaction_fee_amount=Decimal("-0.30"), affiliate_commission_amount=Decimal("-2"),
                         shipping_cost_amount=Decimal("-4.10")),
        wire.Transaction(order_id="o2", fee_amount=Decimal(0))]
    settled, *fees = CONNECTOR.stream("settlements").rows(item, CONTEXT)
    assert isinstance(settled, Settlement) and (settled.date, settled.amount) == (date(2025, 12, 31), Decimal("80.00"))
    assert [(fee.order_id, fee.fee_type, fee.amount) for fee in fees if isinstance(fee, Fee)] == [
        ("o1", "commission", Decimal("6.00")), ("o1", "payment", Decimal("0.30")), ("o1", "creator", Decimal(2)),
        ("o1", "shipping", Decimal("4.10")), ("o1", "other", Decimal("1.00"))]


def test_a_day_of_the_shop_that_is_ready() -> None:
    """What is not told is unknown; the second day is not ready and came as zeros."""
    body = (b'{"code":0,"data":{"latest_available_date":"2026-01-30","performance":{"intervals":['
            b'{"start_date":"2026-01-30","end_date":"2026-01-31","gmv":{"amount":"120.50","currency":"USD"},"orders":4,'
            b'"units_sold":5,"buyers":3,"product_page_views":77,"avg_product_page_visitors":41},'
            b'{"start_date":"2026-01-31","end_date":"2026-02-01","gmv":{"amount":"0","currency":"USD"},"buyers":0}]}}}')
    stream = CONNECTOR.stream("traffic")
    page = stream.read(Reply(200, {}, body), Call("/x"))
    seen, *own = [row for item in page.items for row in stream.rows(item, CONTEXT)]
    assert seen == TrafficDaily(date=date(2026, 1, 30), channel="all", visitors=41, page_views=77, paying_buyers=3)
    assert [(row.metric, row.value, row.currency) for row in own if isinstance(row, PlatformNativeDaily)] == [
        ("gmv", Decimal("120.50"), "USD"), ("orders", 4, None), ("units", 5, None)]
    for empty in (b'{"code":0,"data":null}', b'{"code":0,"data":{"performance":{}}}'):
        assert list(stream.read(Reply(200, {}, empty), Call("/x")).items) == []


@pytest.mark.parametrize(("first", "last", "asked"), [
    (date(2025, 12, 1), date(2025, 12, 30), ("2025-12-01", "2025-12-31")),
    (date(2026, 1, 31), date(2026, 1, 31), ("2026-01-25", "2026-01-31")),  # today, in Los Angeles: never ready
])
def test_days_of_the_shop_are_asked_for_up_to_yesterday(first: date, last: date, asked: tuple[str, str]) -> None:
    walk = CONNECTOR.stream("traffic").changes
    params = walk.call(Ask(first_day=first, last_day=last), CONTEXT).params  # type: ignore[union-attr]
    assert (params["start_date_ge"], params["end_date_lt"]) == asked
    assert (params["granularity"], params["currency"]) == ("1D", "LOCAL")


@pytest.mark.parametrize(("cipher", "zone", "currency"), [
    ("GCP_1", "America/Los_Angeles", "USD"), ("GCP_2", "Asia/Ho_Chi_Minh", "VND"), ("GCP_3", "Europe/London", "GBP"),
])
def test_the_shop_of_the_cipher_and_its_regions_day(cipher: str, zone: str, currency: str) -> None:
    body = (b'{"code":0,"data":{"shops":[{"id":"1","name":"A","region":"US","cipher":"GCP_1"},'
            b'{"id":"2","name":"B","region":"VN","cipher":"GCP_2"},{"id":"3","region":"UK","cipher":"GCP_3"}]}}')
    settings = SETTINGS.model_copy(update={"shop_cipher": cipher})
    found = shop_row([Reply(200, {}, body)], settings)
    assert found.shop and (found.shop_id, found.shop.tz, found.shop.currency) == (cipher[-1], zone, currency)
    with pytest.raises(Rejected, match="shop_cipher"):
        shop_row([Reply(200, {}, body)], SETTINGS.model_copy(update={"shop_cipher": "GCP_9"}))


@pytest.mark.parametrize("stream", ["orders", "refunds", "cancellations"])
def test_a_window_is_rounded_outwards_and_its_page_token_follows(stream: str) -> None:
    window = Window(datetime(2026, 1, 1, 0, 0, 0, 500000, UTC), datetime(2026, 1, 1, 1, 0, 0, 500000, UTC))
    call = CONNECTOR.stream(stream).changes.call(Ask(window=window, size=50, cursor="abc"), CONTEXT)  # type: ignore[union-attr]
    assert call.body == {"update_time_ge": 1767225600, "update_time_lt": 1767229201}
    assert (call.params["page_token"], call.params["sort_field"], call.params["sort_order"]) == (
        "abc", "update_time", "ASC")


def test_what_is_sent_uninvited_goes_nowhere() -> None:
    found = [*rows("orders", "orders.json"), *rows("refunds", "returns.json")]
    assert "MARKER" not in repr(found)


def test_every_field_has_its_class() -> None:
    catalogue = load(catalogue_path("tiktok_shop"))
    for source, struct in CONNECTOR.wire.items():
        assert [path for path in wire_paths(struct) if path not in catalogue.sources[source].by_path] == []
    for source, fixture in (("order", "orders"), ("return", "returns"), ("cancellation", "cancellations")):
        body = (FIXTURES / f"{fixture}.json").read_bytes()
        assert catalogue.sources[source].unknown(body, set(), deep=True) == set()
    strange = b'{"code":0,"data":{"orders":[{"id":"1","giftee_phone":"x"}]}}'
    assert catalogue.sources["order"].unknown(strange, set()) == {"giftee_phone"}
