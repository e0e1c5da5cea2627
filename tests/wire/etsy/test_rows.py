"""From Etsy's payloads to contract records, without a network. The fixtures hold the awkward cases first."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from connectors.engine.catalogue import load, wire_paths
from connectors.engine.stream import Ask, Call, Context, Finding, Reply, Window
from connectors.etsy import CONNECTOR
from connectors.etsy.ledger import Entry, ad_campaign, fee_kind, more_receipts, reference_calls, with_orders
from connectors.etsy.wire import LedgerEntry
from queries.records import AdDaily, Fee, InventoryDaily, Order, OrderLine, Refund, Review, Settlement

FIXTURES = Path(__file__).parent / "fixtures"
CATALOGUE = load(Path(__file__).parents[3] / "connectors/etsy/fields.yaml")
NOW = datetime(2026, 6, 20, 4, tzinfo=UTC)
SETTINGS = CONNECTOR.settings(keystring="1", shared_secret="2", refresh_token="3", shop_id="123")
CONTEXT = Context(SETTINGS, "123", "USD", ZoneInfo("America/New_York"), NOW)
LEDGER = Call("/shops/123/payment-account/ledger-entries")


def receipts() -> list:
    stream = CONNECTOR.stream("orders")
    page = stream.read(Reply(200, {}, (FIXTURES / "receipts.json").read_bytes()), Call("/x"))
    return [row for item in page.items for row in stream.rows(item, CONTEXT)]


def of(kind: type, order_id: str) -> list:
    return [row for row in receipts() if isinstance(row, kind) and row.order_id == order_id]


def order(order_id: str) -> Order:
    return of(Order, order_id)[0]


def entries() -> list[Entry]:
    return list(CONNECTOR.stream("ledger").read(
        Reply(200, {}, (FIXTURES / "ledger.json").read_bytes()), LEDGER).items)


def ledger_rows() -> list:
    stream = CONNECTOR.stream("ledger")
    assert stream.gather is not None
    return [row for book in stream.gather(entries()) for row in stream.rows(book, CONTEXT)]


def at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def test_a_receipt() -> None:
    """2 x 22.00 - 4.00 + 5.99 + 3.60 = 49.59."""
    found = order("2468013579")
    assert (found.list_amount, found.seller_discount, found.shipping_amount, found.tax_amount, found.tax_included) == (
        Decimal("44.00"), Decimal("4.00"), Decimal("5.99"), Decimal("3.60"), False)
    assert (found.status, found.native_status, found.region, found.buyer, found.currency) == (
        "completed", "partially refunded", "TX", "222", "USD")
    assert (found.created_at, found.paid_at, found.shipped_at, found.modified_at) == (
        at(1767139200), at(1767139260), at(1767200000), at(1767225600))
    [line] = of(OrderLine, "2468013579")
    assert (line.line_id, line.product_id, line.sku_id, line.quantity, line.list_amount, line.seller_discount) == (
        "3579246801", "1234567890", "9876", 2, Decimal("44.00"), Decimal("4.00"))


def test_yen_have_a_divisor_of_one_vat_is_inside_and_gift_wrap_is_a_line() -> None:
    found = order("2")
    assert (found.currency, found.list_amount, found.tax_amount, found.tax_included) == (
        "JPY", Decimal(4300), Decimal(364), True)
    assert (found.status, found.region, found.paid_at, found.shipped_at) == (
        "completed", "JP", at(1767139200), at(1767139290))
    rug, wrap = of(OrderLine, "2")
    assert (rug.sku_id, wrap.line_id, wrap.quantity, wrap.list_amount) == ("12", "gift_wrap", 0, Decimal(300))


def test_a_discount_that_no_line_names_is_shared_by_value() -> None:
    assert [line.seller_discount for line in of(OrderLine, "3")] == [Decimal("0.73"), Decimal("0.27")]
    assert order("3").seller_discount == Decimal("1.00")


@pytest.mark.parametrize(("order_id", "status", "paid", "cancelled"), [
    ("3", "open", None, None), ("4", "cancelled", 1767139210, 1767149100), ("5", "cancelled", 1767139200, 1767149300),
    ("6", "unknown", 1767139200, None),
])
def test_statuses(order_id: str, status: str, paid: int | None, cancelled: int | None) -> None:
    found = order(order_id)
    assert (found.status, found.paid_at, found.cancelled_at) == (
        status, at(paid) if paid else None, at(cancelled) if cancelled else None)


def test_refunds_are_known_by_their_second_and_place() -> None:
    """11.02 of 49.59 is 0.80 of its 3.60 tax."""
    first, declined, odd = of(Refund, "2468013579")
    assert (first.refund_id, first.line_id, first.refund_type, first.status, first.reason_code) == (
        "2468013579:1767225600:1", None, "refund_only", "success", "quality")
    assert (first.goods_amount, first.tax_amount, first.shipping_amount) == (Decimal("10.22"), Decimal("0.80"), 0)
    assert (declined.refund_id, declined.status, declined.refunded_at) == ("2468013579:1767225600:2", "rejected", None)
    assert (odd.refund_id, odd.status, odd.native_status, odd.reason_code) == (
        "2468013579:1767225700:1", "unknown", "TELEPORTED", "other")


def test_a_full_refund_before_shipping_is_a_cancellation() -> None:
    [found] = of(Refund, "4")
    assert (found.refund_type, found.goods_amount, found.shipping_amount, found.tax_amount, found.restocked) == (
        "cancel_before_ship", Decimal("20.00"), Decimal("5.00"), Decimal("1.75"), True)


@pytest.mark.parametrize(("shipped", "kind"), [(True, "refund_only"), (False, "cancel_before_ship")])
def test_an_order_may_be_sent_without_saying_when(shipped: bool, kind: str) -> None:
    body = f"""{{"results":[{{"receipt_id":1,"status":"Paid","is_paid":true,"is_shipped":{str(shipped).lower()},
        "created_timestamp":1767139200,"shipments":[],"transactions":[],
        "refunds":[{{"amount":{{"amount":100}},"created_timestamp":1767225600,"status":"APPROVED"}}]}}]}}"""
    stream = CONNECTOR.stream("orders")
    [receipt] = stream.read(Reply(200, {}, body.encode()), Call("/x")).items
    assert [row.refund_type for row in stream.rows(receipt, CONTEXT) if isinstance(row, Refund)] == [kind]


def test_a_window_ends_and_begins_a_second_earlier() -> None:
    walk = CONNECTOR.stream("orders").changes
    call = walk.call(Ask(window=Window(at(1767139200), at(1767142800)), page=2, size=100), CONTEXT)
    assert (call.path, call.params) == ("/shops/123/receipts", {
        "min_last_modified": 1767139199, "max_last_modified": 1767142799, "sort_on": "updated", "sort_order": "asc",
        "limit": 100, "offset": 200})


def test_fees_of_the_ledger() -> None:
    found = [(row.order_id, row.fee_type, row.amount, row.currency) for row in ledger_rows() if isinstance(row, Fee)]
    assert found == [
        (None, "commission", Decimal("1.43"), "USD"), (None, "payment", Decimal("1.55"), "USD"),
        ("2468013579", "commission", Decimal("0.39"), "USD"), (None, "service", Decimal("0.20"), "USD"),
        (None, "commission", Decimal("-0.71"), "USD"), (None, "shipping", Decimal("4.10"), "USD"),
        (None, "service", Decimal("150"), "JPY")]  # known by its description, and once


def test_ad_charges_by_shop_day_and_payouts() -> None:
    """Midnight in New York is 05:00 UTC."""
    ads = [(row.date, row.campaign_id, row.spend) for row in ledger_rows() if isinstance(row, AdDaily)]
    assert ads == [
        (date(2026, 1, 1), "etsy_ads", Decimal("2.50")), (date(2026, 1, 2), "etsy_ads", Decimal("1.00")),
        (date(2026, 1, 1), "offsite_ads", Decimal("6.90"))]
    assert [row for row in ledger_rows() if isinstance(row, Settlement)] == [
        Settlement(settlement_id="10", date=date(2026, 1, 1), amount=Decimal("50.00"), currency="USD")]


def test_an_entry_that_nobody_knows_is_reported() -> None:
    assert [row for row in ledger_rows() if isinstance(row, Finding)] == [Finding("unknown_ledger_type", "moon_levy")]


@pytest.mark.parametrize(("word", "campaign", "kind"), [
    ("Transaction fee", None, "commission"), ("listing_fee", None, "service"), ("Processing fee", None, "payment"),
    ("some_new_fee", None, "other"), ("shipping_label_refund", None, "shipping"), ("Etsy Ads", "etsy_ads", None),
    ("etsy_ads_fee", "etsy_ads", None), ("Offsite Ads fee refund", "offsite_ads", None), ("payment", None, None),
    ("uploads", None, None),
])
def test_entries_by_other_names(word: str, campaign: str | None, kind: str | None) -> None:
    """No page lists the names: what is called a fee or an ad is one."""
    name = Entry(LedgerEntry(entry_id=1, ledger_type=word), "123").kind
    assert (ad_campaign(name), fee_kind(name)) == (campaign, kind)


def test_payments_and_receipts_tell_whose_order_a_fee_is_of() -> None:
    stream = CONNECTOR.stream("ledger")
    assert stream.detail is not None
    wanting = [entry for entry in entries() if stream.detail.needs(entry)]
    assert [entry.entry.entry_id for entry in wanting] == [1, 2, 9]
    sold, paid = reference_calls(wanting, CONTEXT)
    assert (sold.path, sold.params["min_created"], sold.params["max_created"]) == (
        "/shops/123/receipts", 1767254400 - 3 * 86_400, 1767272402)
    assert (paid.path, paid.params) == (f"{LEDGER.path}/payments", {"ledger_entry_ids": "2"})

    first = Reply(200, {}, (b'{"count": 101, "results": [{"receipt_id": 2468013579,'
                            b' "transactions": [{"transaction_id": 3579246801}]}]}'))
    payments = Reply(200, {}, b'{"count": 1, "results": [{"payment_id": 5001, "receipt_id": 2468013579}]}')
    [further] = more_receipts(wanting, [first, payments])
    assert further.params["offset"] == 100
    assert more_receipts(wanting, [first, payments, first]) == []
    assert [entry.order_id for entry in with_orders(wanting, [first, payments])] == ["2468013579", "2468013579", None]


def test_listings_with_and_without_products() -> None:
    stream = CONNECTOR.stream("products")
    body = b"""{"count": 3, "results": [
        {"listing_id": 11, "title": "Mug", "state": "active", "taxonomy_id": 5,
         "original_creation_timestamp": 1767139200,
         "inventory": {"products": [{"product_id": 1}, {"product_id": 2, "is_deleted": true}, {"product_id": 3}]}},
        {"listing_id": 12, "title": "Cup", "state": "inactive", "created_timestamp": 1767139200}]}"""
    page = stream.read(Reply(200, {}, body), Call("/x"))
    assert stream.detail is not None
    bare = [item for item in page.items if stream.detail.needs(item)]
    assert [call.path for call in stream.detail.calls(bare, CONTEXT)] == ["/listings/12/inventory"]
    [cup] = stream.detail.join(bare, [Reply(200, {}, b'{"products": [{"product_id": 9}]}')])
    found = [(row.product_id, row.sku_id, row.status, row.category, row.listed_at)
             for item in (*page.items, cup) for row in stream.rows(item, CONTEXT)]
    assert found == [("11", "1", "on_sale", "5", at(1767139200)), ("11", "3", "on_sale", "5", at(1767139200)),
                     ("12", "12", "off_shelf", None, at(1767139200)), ("12", "9", "off_shelf", None, at(1767139200))]


def test_what_is_sent_uninvited_goes_nowhere() -> None:
    assert "MARKER" not in repr(receipts()) and "marker@" not in repr(receipts())


def test_an_unknown_field_is_named_without_its_value() -> None:
    found, ledger = ((FIXTURES / name).read_bytes() for name in ("receipts.json", "ledger.json"))
    assert CATALOGUE.sources["receipt"].unknown(found, set()) == {"brand_new_field"}
    assert CATALOGUE.sources["ledger"].unknown(ledger, set()) == set()
    assert CATALOGUE.sources["ledger"].unknown(found, set()) == {"brand_new_field"}  # receipts are read there too


@pytest.mark.parametrize("source", sorted(CONNECTOR.wire))
def test_every_field_has_its_class(source: str) -> None:
    known = CATALOGUE.sources[source].by_path
    assert [path for path in wire_paths(CONNECTOR.wire[source]) if path not in known] == []


def test_stars_without_words() -> None:
    """A line is reviewed once; a comment without stars is no review."""
    stream = CONNECTOR.stream("reviews")
    body = (b'{"count": 2, "results": [{"transaction_id": 77, "listing_id": 5, "rating": 4, "review": "lovely", '
            b'"buyer_user_id": 9, "created_timestamp": 1781784000}, {"transaction_id": 78, "rating": 0}]}')
    page = stream.read(Reply(200, {}, body), Call("x"))
    found = [row for item in page.items for row in stream.rows(item, CONTEXT)]
    assert page.total == 2 and [(row.review_id, row.product_id, row.rating, row.rating_scale) for row in found
                                if isinstance(row, Review)] == [("77", "5", Decimal(4), 5)]


def test_stock_is_what_its_offers_hold() -> None:
    stream = CONNECTOR.stream("products")
    body = (b'{"count": 1, "results": [{"listing_id": 5, "inventory": {"products": [{"product_id": 51, "offerings": '
            b'[{"quantity": 2}, {"quantity": 9, "is_deleted": true}]}, {"product_id": 52}]}}]}')
    found = [row for item in stream.read(Reply(200, {}, body), Call("x")).items for row in stream.rows(item, CONTEXT)]
    assert [(row.sku_id, row.on_hand) for row in found if isinstance(row, InventoryDaily)] == [("51", 2)]
