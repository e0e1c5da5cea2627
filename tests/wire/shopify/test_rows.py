"""Orders and refunds of a store become contract records, awkward ones first. Shop currency, to the cent.

Order 1: 2 x 25.00 with discounts of 2.50 and 3.75, 7.25 and a gift; postage 5.95; tax 4.90 on top; 61.85 in all,
which the buyer saw as 56.90 euros. Of it 23.78 came back, less 7.00 that the store kept.
"""

import json
from copy import deepcopy
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from connectors.engine.catalogue import load, wire_paths
from connectors.engine.errors import Denied, Gone, Rejected, Throttled
from connectors.engine.stream import BEGINNING, Ask, Call, Context, Finding, Reply, Report, Window
from connectors.shopify import CONNECTOR, bulk, documents, inner, payments, rows, streams, wire
from queries.records import Order, OrderLine, Product, Refund

FIXTURES = Path(__file__).parent / "fixtures"
SETTINGS = CONNECTOR.settings(shop="souk-test", access_token="t")
NOW = datetime(2026, 6, 20, 4, tzinfo=UTC)
CONTEXT = Context(SETTINGS, "souk-test.myshopify.com", "USD", ZoneInfo("America/New_York"), NOW)
CALL = Call("graphql")
D = Decimal
BIG = "9007199254740993"


def reply(body: Any) -> Reply:
    return Reply(200, {}, json.dumps(body).encode())


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def stored(name: str) -> Any:
    return json.loads((FIXTURES / name).read_text())


@pytest.fixture(scope="module")
def found() -> dict[str, list[Any]]:
    """Rows by order, complete with the refund lines that a list leaves out."""
    page = streams.orders(reply(stored("orders.json")), CALL)
    assert page.next == "eyJsYXN0X2lkIjo0NTB9"
    replies = [reply(body) for body in stored("refunds.json")]
    wanting = [order for order in page.items if inner.incomplete(order)]
    assert [wire.number(order.id) for order in wanting] == [BIG, "102", "103"]
    list(inner.complete(wanting, replies))
    return {wire.number(order.id): list(rows.order_rows(order, CONTEXT)) for order in page.items}


def order(**changes: Any) -> wire.Order:
    """The plain paid order of the fixtures with some fields changed."""
    plain = deepcopy(stored("orders.json")["data"]["orders"]["nodes"][3]) | {"test": False}
    return msgspec.convert(plain | changes, wire.Order, strict=False)


def record(**changes: Any) -> Order:
    return next(row for row in rows.order_rows(order(**changes), CONTEXT) if isinstance(row, Order))


def test_an_order_in_another_currency_with_a_late_capture(found: dict[str, list[Any]]) -> None:
    assert found[BIG][0] == Order(
        order_id=BIG, status="delivered", native_status="PARTIALLY_REFUNDED/FULFILLED",
        created_at=at("2026-01-01T10:00"), paid_at=at("2026-01-02T08:00"), shipped_at=at("2026-01-03T09:00"),
        delivered_at=at("2026-01-06T15:00"), modified_at=at("2026-01-09T09:30"), currency="USD",
        list_amount=D("57.25"), seller_discount=D("6.25"), shipping_amount=D("5.95"), tax_amount=D("4.9"),
        tax_included=False, channel="direct", region="NY", presentment_currency="EUR",
        presentment_total=D("56.9"), buyer="191167")


def test_its_lines(found: dict[str, list[Any]]) -> None:
    assert [row for row in found[BIG] if isinstance(row, OrderLine)] == [
        OrderLine(order_id=BIG, line_id="1", product_id="10", sku_id="100", quantity=2, list_amount=D(50),
                  seller_discount=D("6.25")),
        OrderLine(order_id=BIG, line_id="2", product_id="20", sku_id="200", quantity=1, list_amount=D("7.25")),
        OrderLine(order_id=BIG, line_id="3", product_id="30", sku_id="300", quantity=1, list_amount=D(0),
                  is_gift=True)]


def refunds(found: dict[str, list[Any]], number: str) -> list[tuple[object, ...]]:
    return [(row.line_id, row.refund_type, row.quantity, row.goods_amount, row.shipping_amount, row.tax_amount,
             row.restocked) for row in found[number] if isinstance(row, Refund)]


@pytest.mark.parametrize(("number", "expected"), [
    # what lines and postage do not explain stands on a row of its own, here withheld money
    (BIG, [("1", "return_refund", 1, D("21.88"), D(0), D("1.9"), True),
           ("2", "refund_only", 1, D(0), D(0), D(0), False),
           (None, "refund_only", 0, D("-7.00"), D(0), D(0), False)]),
    # yen have no decimals; tax lies in the amounts; called off before anything left
    ("102", [("4", "cancel_before_ship", 2, D(2800), D(0), D(0), False),
             (None, "cancel_before_ship", 0, D(0), D(500), D(0), False)]),
    # cancelling an unpaid order leaves a refund of nothing
    ("103", []),
])
def test_refunds(found: dict[str, list[Any]], number: str, expected: list[tuple[object, ...]]) -> None:
    assert refunds(found, number) == expected


def test_rows_of_a_refund_add_up_to_the_money_that_moved(found: dict[str, list[Any]]) -> None:
    for number, total in ((BIG, D("16.78")), ("102", D(3300))):
        assert sum(goods + shipping + tax for *_, goods, shipping, tax, _ in refunds(found, number)) == total


def test_a_refund_is_dated_by_itself(found: dict[str, list[Any]]) -> None:
    row = next(row for row in found[BIG] if isinstance(row, Refund))
    assert (row.refund_id, row.order_id, row.status) == ("1", BIG, "success")
    assert row.requested_at == row.refunded_at == row.modified_at == at("2026-01-09T09:30")


@pytest.mark.parametrize(("number", "expected"), [
    ("102", ("cancelled", "normal", "prepaid", "JPY", True)),
    ("103", ("cancelled", "normal", "prepaid", "USD", False)),
    ("104", ("paid", "test", "prepaid", "USD", False)),
    ("105", ("paid", "normal", "cod", "USD", False)),
    ("106", ("paid", "normal", "prepaid", "USD", False)),
    ("107", ("unknown", "normal", "prepaid", "USD", False)),
])
def test_kinds_of_orders(found: dict[str, list[Any]], number: str, expected: tuple[object, ...]) -> None:
    row = found[number][0]
    assert (row.status, row.order_type, row.payment_type, row.currency, row.tax_included) == expected


@pytest.mark.parametrize(("number", "paid_at", "cancelled_at"), [
    ("102", at("2026-01-01T10:00:05"), at("2026-01-02T09:30")),
    ("103", None, at("2026-01-02T09:30")),         # authorised and voided
    ("105", None, None),                            # cash at the door
    ("106", at("2026-01-01T10:00"), None),          # nothing to pay: as of its creation
])
def test_when_money_came(found: dict[str, list[Any]], number: str, paid_at: object, cancelled_at: object) -> None:
    assert (found[number][0].paid_at, found[number][0].cancelled_at) == (paid_at, cancelled_at)


@pytest.mark.parametrize(("number", "region", "buyer", "channel"), [
    ("103", "NY", "191167", "direct"), ("104", None, None, "unknown"), ("105", "SG", "191167", "direct")])
def test_where_and_by_whom(found: dict[str, list[Any]], number: str, region: object, buyer: object, channel: str,
                           ) -> None:
    row = found[number][0]
    assert (row.region, row.buyer, row.channel, row.presentment_currency) == (region, buyer, channel, None)


def test_a_line_whose_product_was_deleted_keeps_its_own_code(found: dict[str, list[Any]]) -> None:
    line = found["106"][1]
    assert (line.product_id, line.sku_id, line.list_amount, line.seller_discount) == ("", "SKU-6", D("19.9"), D("19.9"))


SENT = {"createdAt": "2026-01-03T09:00:00Z", "status": "SUCCESS", "deliveredAt": None}
THERE = SENT | {"deliveredAt": "2026-01-05T15:00:00Z"}
ASKED = SENT | {"status": "OPEN"}


@pytest.mark.parametrize(("money", "goods", "parcels", "status"), [
    ("PENDING", "UNFULFILLED", [], "open"),
    ("AUTHORIZED", "ON_HOLD", [], "open"),
    (None, "SCHEDULED", [], "open"),
    ("PAID", "IN_PROGRESS", [], "paid"),
    ("PARTIALLY_PAID", "UNFULFILLED", [], "paid"),
    ("PENDING", "FULFILLED", [SENT], "shipped"),
    ("PAID", "PARTIALLY_FULFILLED", [THERE], "shipped"),
    ("PAID", "FULFILLED", [THERE, SENT], "shipped"),
    ("PAID", "FULFILLED", [THERE, ASKED], "shipped"),
    ("PAID", "FULFILLED", [THERE, THERE], "delivered"),
    ("REFUNDED", "FULFILLED", [THERE], "delivered"),
    ("PAID", "FULFILLMENT_NOT_REQUIRED", [], "completed"),
    ("PENDING", "FULFILLMENT_NOT_REQUIRED", [], "open"),
    ("VOIDED", "UNFULFILLED", [], "cancelled"),
    ("EXPIRED", "UNFULFILLED", [], "cancelled"),
    ("PAID", "TELEPORTED", [], "unknown"),
])
def test_statuses(money: str | None, goods: str, parcels: list[dict[str, Any]], status: str) -> None:
    row = record(displayFinancialStatus=money, displayFulfillmentStatus=goods, fulfillments=parcels)
    assert row.status == status
    assert row.native_status == f"{money or ''}/{goods}"
    assert (row.delivered_at is not None) == (status == "delivered")


def test_a_cancellation_is_one_whatever_else_an_order_says() -> None:
    """A word that is new, a parcel that arrived before it came back."""
    row = record(displayFinancialStatus="CLAWED_BACK", displayFulfillmentStatus="FULFILLED", fulfillments=[THERE],
                 cancelledAt="2026-06-19T00:00:00Z")
    assert row.status == "cancelled" and row.delivered_at is not None


@pytest.mark.parametrize(("restock", "before", "kind"), [
    ("CANCEL", True, "cancel_before_ship"), ("CANCEL", False, "cancel_before_ship"),
    ("RETURN", False, "return_refund"), ("RETURN", True, "return_refund"),
    ("NO_RESTOCK", False, "refund_only"), ("NO_RESTOCK", True, "cancel_before_ship"),
    ("LEGACY_RESTOCK", False, "return_refund"), ("LEGACY_RESTOCK", True, "cancel_before_ship"),
    ("RECYCLED", False, None),
])
def test_what_became_of_the_goods(restock: str, before: bool, kind: str | None) -> None:
    assert rows.refund_type(restock, before) == kind


def test_an_unheard_of_restock_type_is_reported_and_its_money_counted() -> None:
    money = {"shopMoney": {"amount": "25.0", "currencyCode": "USD"}}
    line = {"quantity": 1, "restockType": "RECYCLED", "subtotalSet": money, "lineItem": {"id": "gid://shopify/LineItem/1"},
            "totalTaxSet": {"shopMoney": {"amount": "0.0", "currencyCode": "USD"}}}
    sold = order(fulfillments=[SENT], refunds=[{
        "id": "gid://shopify/Refund/7", "createdAt": "2026-01-09T09:30:00Z", "totalRefundedSet": money,
        "refundLineItems": {"nodes": [line]}}])
    finding, refund = list(rows.order_rows(sold, CONTEXT))[2:]
    assert finding == Finding("unknown_refund_type", "restockType RECYCLED")
    assert (refund.refund_type, refund.goods_amount) == ("refund_only", D(25))


@pytest.mark.parametrize(("cancelled", "refunded", "kind"), [
    (None, "2026-01-02T09:30:00Z", "refund_only"),                        # a favour before it left
    ("2026-01-02T09:30:00Z", "2026-01-02T09:30:00Z", "cancel_before_ship"),
    ("2026-01-08T09:30:00Z", "2026-01-08T09:30:00Z", "refund_only"),      # called off on its way
])
def test_a_refund_by_amount_has_no_lines(cancelled: str | None, refunded: str, kind: str) -> None:
    sold = order(fulfillments=[SENT], cancelledAt=cancelled, refunds=[{
        "id": "gid://shopify/Refund/7", "createdAt": refunded,
        "totalRefundedSet": {"shopMoney": {"amount": "5.5", "currencyCode": "USD"}}}])
    refund = list(rows.order_rows(sold, CONTEXT))[2]
    assert (refund.line_id, refund.refund_type, refund.goods_amount, refund.quantity) == (None, kind, D("5.5"), 0)


def test_a_whole_order_paid_back_by_amount_is_parted_like_the_order() -> None:
    """20.00 of goods, 3.00 of postage, 2.00 of tax."""
    def money(amount: str) -> dict[str, Any]:
        return {"shopMoney": {"amount": amount, "currencyCode": "USD"}}

    sold = order(totalTaxSet=money("2.0"), fulfillments=[SENT], refunds=[{
        "id": "gid://shopify/Refund/7", "createdAt": "2026-01-09T09:30:00Z", "totalRefundedSet": money("25.0")}],
        shippingLines=connection([{"discountedPriceSet": money("3.0")}]))
    refund = list(rows.order_rows(sold, CONTEXT))[2]
    assert (refund.goods_amount, refund.shipping_amount, refund.tax_amount) == (D(20), D(3), D(2))


# --- what lists leave out -----------------------------------------------------------------------------------


def connection(nodes: list[Any], cursor: str | None = None) -> dict[str, Any]:
    return {"nodes": nodes, "pageInfo": {"hasNextPage": cursor is not None, "endCursor": cursor}}


def test_inner_cursors_are_followed_to_their_end() -> None:
    plain = stored("orders.json")["data"]["orders"]["nodes"][3]
    (line,) = plain["lineItems"]["nodes"]
    gid, postage = plain["id"], {"discountedPriceSet": {"shopMoney": {"amount": "2.0", "currencyCode": "USD"}}}
    long = order(lineItems=connection([line], "a"), shippingLines=connection([postage], "s"))
    first = inner.detail_calls([long], CONTEXT)
    assert [(call.body, call.params) for call in first] == [
        (documents.MORE_LINES, {"id": gid, "after": "a"}), (documents.MORE_SHIPPING, {"id": gid, "after": "s"})]
    replies = [reply({"data": {"order": {"id": gid, "lineItems": connection([line], "b")}}}),
               reply({"data": {"order": {"id": gid, "shippingLines": connection([postage])}}})]
    (second,) = inner.more_calls([long], replies)
    assert second.params == {"id": gid, "after": "b"}
    replies.append(reply({"data": {"order": {"id": gid, "lineItems": connection([line])}}}))
    assert inner.more_calls([long], replies) == []
    (whole,) = inner.complete([long], replies)
    row, *rest = rows.order_rows(whole, CONTEXT)
    assert len(rest) == 3 and isinstance(row, Order) and row.shipping_amount == D(4)


def test_further_refund_lines_are_asked_for_by_refund() -> None:
    (call,) = inner.more_calls([], [reply(stored("refunds.json")[0])])
    assert (call.body, call.params) == (documents.MORE_REFUND_LINES, {"id": "gid://shopify/Refund/1", "after": "c1"})


def test_an_order_deleted_in_the_meantime_is_gone() -> None:
    with pytest.raises(Gone):
        list(inner.complete([order()], [reply({"data": {"order": None}})]))


# --- the bulk operation -------------------------------------------------------------------------------------


def test_children_need_not_follow_their_parents() -> None:
    lines = (FIXTURES / "bulk.jsonl").read_bytes().splitlines()
    assert [wire.number(bulk.root(line)) for line in lines] == ["1", "1", "2", "2", "1", "3", "2", "1"]
    found = {wire.number(order.id): order for order in bulk.join(lines)}
    assert {number: [wire.number(line.id) for line in order.line_items.nodes] for number, order in found.items()} == {
        "1": ["11", "12"], "2": ["21"], "3": []}
    assert {number: [rows.amount(part.discounted_price_set) for part in order.shipping_lines.nodes]
            for number, order in found.items()} == {"1": [D(5)], "2": [D("0.5")], "3": []}
    assert [inner.incomplete(order) for order in found.values()] == [True, False, False]


@pytest.mark.parametrize(("start", "filters"), [
    (BEGINNING, "orders {"), (at("2026-01-01T00:00:00.9"), 'orders(query: "created_at:>=\'2026-01-01T00:00:00Z\'") {')])
def test_what_is_asked_for(start: datetime, filters: str) -> None:
    call = bulk.submit(Ask(window=Window(start, NOW)), CONTEXT)
    assert filters in call.params["query"] and "groupObjects: false" in call.body


def submitted(code: str | None, operation: object = None) -> Reply:
    problems = [{"field": None, "message": "words", "code": code}] if code else []
    return reply({"data": {"bulkOperationRunQuery": {"bulkOperation": operation, "userErrors": problems}}})


def test_a_submitted_operation() -> None:
    assert bulk.submitted(submitted(None, {"id": "gid://shopify/BulkOperation/1", "status": "CREATED"})) == (
        "gid://shopify/BulkOperation/1")


@pytest.mark.parametrize(("code", "kind"), [
    ("OPERATION_IN_PROGRESS", Throttled), ("LIMIT_REACHED", Throttled), ("INVALID", Rejected)])
def test_an_operation_that_cannot_begin(code: str, kind: type[Exception]) -> None:
    with pytest.raises(kind, match=code):
        bulk.submitted(submitted(code))


@pytest.mark.parametrize(("status", "more", "report"), [
    ("CREATED", {}, Report("running")), ("RUNNING", {}, Report("running")), ("CANCELING", {}, Report("running")),
    ("COMPLETED", {"url": "https://x/1", "rootObjectCount": "3"}, Report("done", "https://x/1", 3)),
    ("COMPLETED", {"url": None, "rootObjectCount": "0"}, Report("done", None, 0)),
    ("FAILED", {"errorCode": "TIMEOUT", "partialDataUrl": "https://x/p"}, Report("failed", why="TIMEOUT")),
    ("CANCELED", {}, Report("failed", why="CANCELED")), ("EXPIRED", {}, Report("failed", why="EXPIRED")),
])
def test_how_an_operation_stands(status: str, more: dict[str, object], report: Report) -> None:
    body = {"data": {"bulkOperation": {"id": "gid://shopify/BulkOperation/1", "status": status, **more}}}
    assert bulk.polled(reply(body)) == report


def test_an_operation_without_the_rights_says_which_are_needed() -> None:
    body = {"data": {"bulkOperation": {"id": "1", "status": "FAILED", "errorCode": "ACCESS_DENIED"}}}
    with pytest.raises(Denied) as refused:
        bulk.polled(reply(body))
    assert "read_customers" in refused.value.hint("en")


def test_an_operation_that_is_forgotten() -> None:
    with pytest.raises(Gone):
        bulk.polled(reply({"data": {"bulkOperation": None}}))


# --- products and the shop ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("status", "expected"), [
    ("ACTIVE", "on_sale"), ("DRAFT", "off_shelf"), ("UNLISTED", "off_shelf"), ("ARCHIVED", "deleted"), ("NEW", "NEW")])
def test_a_row_for_each_variant(status: str, expected: str) -> None:
    body = {"data": {"products": connection([{
        "id": "gid://shopify/Product/7", "title": "Rug", "status": status, "vendor": "", "productType": "Home",
        "createdAt": "2025-12-01T00:00:00Z",
        "variants": connection([{"id": "gid://shopify/ProductVariant/70"}], "v")}])}}
    (product,) = streams.products(reply(body), CALL).items
    (call,) = inner.variant_calls([product], CONTEXT)
    assert call.params == {"id": "gid://shopify/Product/7", "after": "v"}
    more = connection([{"id": "gid://shopify/ProductVariant/71"}])
    further = reply({"data": {"product": {"id": product.id, "variants": more}}})
    list(inner.with_variants([product], [further]))
    assert list(rows.product_rows(product, CONTEXT)) == [
        Product(product_id="7", sku_id=sku, title="Rug", category="Home", brand=None, listed_at=at("2025-12-01T00:00"),
                status=expected) for sku in ("70", "71")]


def scopes(*handles: str) -> Reply:
    return reply({"data": {"currentAppInstallation": {"accessScopes": [{"handle": handle} for handle in handles]}}})


SHOP = reply({"data": {"shop": {"name": "Souk", "myshopifyDomain": "souk-test.myshopify.com",
                                "ianaTimezone": "Asia/Tokyo", "currencyCode": "JPY"}}})


@pytest.mark.parametrize(("rights", "findings"), [
    (scopes("read_orders", "read_all_orders", "read_products", "read_customers"), []),
    (scopes("write_orders", "read_products", "read_customers"), ["missing_right"]),
    (None, []), (scopes(), []),
])
def test_the_shop_and_what_the_app_may_see(rights: Reply | None, findings: list[str]) -> None:
    identity = streams.shop_row([SHOP, rights], SETTINGS)
    assert identity.shop is not None
    assert (identity.shop_id, identity.shop.name, identity.shop.tz, identity.shop.currency) == (
        "souk-test.myshopify.com", "Souk", "Asia/Tokyo", "JPY")
    assert [finding.check for finding in identity.findings] == findings


def test_an_app_without_a_right_it_needs_is_refused() -> None:
    with pytest.raises(Denied, match="not granted: read_products, read_customers"):
        streams.shop_row([SHOP, scopes("read_orders")], SETTINGS)


# --- the field catalogue ------------------------------------------------------------------------------------

CATALOGUE = load(Path(streams.__file__).parent / "fields.yaml")


@pytest.mark.parametrize("source", ["order", "product"])
def test_every_field_that_is_read_has_its_class(source: str) -> None:
    kept = [path.replace(".nodes", "") for path, entry in CATALOGUE.sources[source].by_path.items()
            if entry.treatment != "drop"]
    for path in wire_paths(CONNECTOR.wire[source]):
        assert any(path == known or (known.endswith("*") and path.startswith(known[:-1]))
                   for known in kept), path


def test_every_field_that_arrives_has_its_class() -> None:
    known, body = CATALOGUE.sources["order"], (FIXTURES / "orders.json").read_bytes()
    assert known.unknown(body, set(), deep=True) == set()
    strange = known.unknown(body.replace(b'"quantity"', b'"giftwrap"'), set())
    assert strange == {"lineItems.nodes.giftwrap"}


# --- payments and stock -------------------------------------------------------------------------------------


def balance(kind: str, amount: str, fee: str, test: bool = False, order: str | None = "7") -> wire.BalanceTransaction:
    money = {name: wire.Money(Decimal(value), "USD") for name, value in (("amount", amount), ("fee", fee))}
    ref = wire.Ref(f"gid://shopify/Order/{order}") if order else None
    return wire.BalanceTransaction("gid://shopify/ShopifyPaymentsBalanceTransaction/1", kind, "2026-06-01T10:00:00Z",
                                   **money, test=test, associated_order=ref)


@pytest.mark.parametrize(("done", "fees"), [
    (balance("CHARGE", "100.00", "3.20"), [("7", "payment", "3.20")]),
    (balance("REFUND", "-100.00", "-3.20"), [("7", "payment", "-3.20")]),  # a fee given back
    (balance("REFUND", "-100.00", "0"), []),
    (balance("SHIPPING_LABEL", "-8.15", "0", order=None), [(None, "shipping", "8.15")]),
    (balance("CHARGEBACK_FEE", "-15.00", "0"), [("7", "other", "15.00")]),
    (balance("CHARGE", "100.00", "3.20", test=True), []),
    (balance("PAYOUT", "-500.00", "0", order=None), []),
])
def test_what_shopify_payments_kept(done: wire.BalanceTransaction, fees: list[Any]) -> None:
    assert [(row.order_id, row.fee_type, str(row.amount)) for row in payments.fee_rows(done, CONTEXT)] == fees


@pytest.mark.parametrize(("status", "kind", "net", "amount"), [
    ("PAID", "DEPOSIT", "120.50", "120.50"), ("PAID", "WITHDRAWAL", "39.00", "-39.00"),
    ("PAID", "WITHDRAWAL", "-39.00", "-39.00"), ("SCHEDULED", "DEPOSIT", "9.00", None),
])
def test_a_payout_counts_once_it_is_paid(status: str, kind: str, net: str, amount: str | None) -> None:
    payout = wire.Payout("gid://shopify/ShopifyPaymentsPayout/55", "2026-06-02T03:00:00Z", status,
                         wire.Money(Decimal(net), "USD"), kind)
    found = [(row.settlement_id, str(row.amount)) for row in payments.payout_rows(payout, CONTEXT)]
    assert found == ([("55", amount)] if amount else [])


def test_a_store_without_shopify_payments_has_no_account() -> None:
    body = b'{"data": {"shopifyPaymentsAccount": null}}'
    assert payments.transactions(Reply(200, {}, body), Call("graphql")).items == []
    assert payments.payouts(Reply(200, {}, body), Call("graphql")).items == []


def test_of_what_is_not_counted_nothing_is_known() -> None:
    gid = "gid://shopify/ProductVariant/9"
    counted, free = (wire.Stock(gid, wire.Tracked(tracked), 0) for tracked in (True, False))
    assert [(row.sku_id, row.on_hand) for row in payments.stock_rows(counted, CONTEXT)] == [("9", 0)]
    assert list(payments.stock_rows(free, CONTEXT)) == []
