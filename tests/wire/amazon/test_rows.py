"""Awkward payloads: yen, free replacements, pending prices, trees of money, other alphabets."""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from pydantic import SecretStr

from connectors.amazon import (
    AmazonSettings,
    ads,
    figures,
    finances,
    flat_file,
    listings,
    settlements,
    streams,
    wire,
)
from connectors.engine.errors import Broken, Rejected
from connectors.engine.stream import Ask, Call, Context, Reply, Window
from queries.records import (
    AdDaily,
    Campaign,
    Fee,
    Order,
    OrderLine,
    PlatformNativeDaily,
    Refund,
    Settlement,
    TrafficDaily,
)

FIXTURES = Path(__file__).parent / "fixtures"
NOW = datetime(2026, 6, 1, tzinfo=UTC)
SETTINGS = AmazonSettings(client_id="c", client_secret="s", refresh_token="r", marketplace_ids=" ATVPDKIKX0DER ")
CONTEXT = Context(SETTINGS, "A1", "USD", ZoneInfo("America/Los_Angeles"), NOW)
WINDOW = Window(datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 5, 31, tzinfo=UTC))
HEAD = "\t".join(("new-column", *flat_file.ORDER_COLUMNS))


def order_from(text: str) -> wire.Order:
    return wire.ORDERS.decode(text.encode()).orders[0]


def line(**cells: str) -> bytes:
    given = {"amazon-order-id": "111-1-1", "purchase-date": "2026-05-01T07:00:00+00:00", "sku": "CUP", "asin": "B0A",
             "last-updated-date": "2026-05-02T07:00:00+00:00", "order-status": "Shipped", "quantity": "1",
             "currency": "USD", "item-price": "29.95"} | {name.replace("_", "-"): cell for name, cell in cells.items()}
    return "\t".join(("x", *(given.get(name, "") for name in flat_file.ORDER_COLUMNS))).encode()


def reported(*lines: bytes) -> list[wire.Order]:
    return list(flat_file.orders([("\ufeff" + HEAD).encode(), *lines]))


def split(order: wire.Order) -> tuple[Order, list[OrderLine]]:
    head, *lines = streams.order_rows(order, CONTEXT)
    assert isinstance(head, Order)
    return head, [row for row in lines if isinstance(row, OrderLine)]


def test_yen_wrapping_and_postage_given_free() -> None:
    """5980 + 13960 for the goods, 500 off; 410 postage given free, 300 for the wrapping; tax is in the price."""
    head, lines = split(wire.ORDERS.decode((FIXTURES / "order_jpy.json").read_bytes()).orders[0])
    assert (head.currency, head.list_amount, head.seller_discount, head.shipping_amount) == ("JPY", 19940, 500, 300)
    assert head.tax_included and head.discount_split == "unknown" and head.buyer is None and head.region is None
    assert head.status == "shipped" and head.paid_at == head.created_at
    assert [(one.line_id, one.quantity, one.is_gift) for one in lines] == [
        ("CUP-JP|B0JPTEST01|1", 1, False), ("POT-JP|B0JPTEST02|1", 2, False), ("POT-JP|B0JPTEST02|2", 1, True)]


@pytest.mark.parametrize(("word", "status", "is_paid"), (
    ("Pending", "open", False), ("PENDING_AVAILABILITY", "open", False), ("Unshipped", "paid", True),
    ("PARTIALLY_SHIPPED", "shipped", True), ("Shipped - Out for Delivery", "shipped", True),
    ("Shipped - Delivered to Buyer", "delivered", True), ("Canceled", "cancelled", False),
    ("CANCELLED", "cancelled", False), ("UNFULFILLABLE", "cancelled", False), ("Teleported", "unknown", False),
))  # fmt: skip
def test_three_vocabularies_of_states(word: str, status: str, is_paid: bool) -> None:
    head, _ = split(reported(line(order_status=word))[0])
    assert (head.status, head.native_status, bool(head.paid_at)) == (status, word, is_paid)
    assert (head.cancelled_at is not None) == (status == "cancelled")


def test_a_pending_line_has_no_price_and_no_currency() -> None:
    head, [one] = split(reported(line(order_status="Pending", item_price="", currency=""))[0])
    assert (head.currency, head.list_amount, one.quantity, one.is_gift) == ("USD", 0, 1, False)


def test_lines_of_one_order_by_name_whatever_stands_between() -> None:
    """Two equal lines are two lines; the report has no number for them."""
    first, other = reported(line(), line(amazon_order_id="111-2-2"), line(item_promotion_discount="-3.00"))
    head, lines = split(first)
    assert [one.line_id for one in lines] == ["CUP|B0A|1", "CUP|B0A|2"]
    assert (head.list_amount, head.seller_discount) == (Decimal("59.90"), Decimal("3.00"))
    assert other.order_id == "111-2-2"


def test_a_replacement_costs_nothing_and_is_no_sale() -> None:
    [order] = reported(line(item_price="0.00"))
    assert streams.costs_nothing(order) and not streams.costs_nothing(reported(line())[0])
    [call] = streams.one_order([order], CONTEXT)
    assert call.path.endswith("/orders/111-1-1") and "BUYER" not in str(call.params)
    answer = b'{"order": {"orderId": "111-1-1", "createdTime": "2026-05-01T07:00:00Z", "lastUpdatedTime":' \
             b' "2026-05-01T07:00:00Z", "orderItems": [], "associatedOrders": [{"orderId": "111-0-0",' \
             b' "associationType": "REPLACEMENT_ORIGINAL_ID"}]}}'
    [told] = streams.told([order], [Reply(200, {}, answer)])
    head, [one] = split(told)
    assert head.order_type == "exchange" and one.sku_id == "CUP" and not streams.costs_nothing(told)


@pytest.mark.parametrize(("channel", "reason"), (
    ("Amazon.com", None), ("Non-Amazon", "duplicate"), ("Non-Amazon US", "duplicate"), ("", None)))
def test_what_amazon_only_sends_counts_where_it_was_sold(channel: str, reason: str | None) -> None:
    """Orders of other channels that Amazon's warehouses send are in the report, and in the orders interface too."""
    assert split(reported(line(sales_channel=channel))[0])[0].excluded_reason == reason
    word = channel.upper().replace("-", "_")[:10] if reason else "AMAZON"
    text = f"""{{"orders": [{{"orderId": "1", "createdTime": "2026-05-01T07:00:00Z", "orderItems": [],
      "lastUpdatedTime": "2026-05-05T07:00:00Z", "salesChannel": {{"channelName": "{word}"}}}}]}}"""
    assert split(order_from(text))[0].excluded_reason == reason


def test_a_discount_on_the_wrapping_is_none_on_the_goods() -> None:
    text = """{"orders": [{"orderId": "1", "createdTime": "2026-05-01T07:00:00Z", "lastUpdatedTime":
      "2026-05-05T07:00:00Z", "orderItems": [{"orderItemId": "9", "quantityOrdered": 2, "product": {"asin": "B0A",
      "sellerSku": "CUP", "price": {"unitPrice": {"amount": "10.00", "currencyCode": "EUR"}}}, "proceeds": {
      "breakdowns": [{"type": "GIFT_WRAP", "subtotal": {"amount": "3.00", "currencyCode": "EUR"}},
      {"type": "DISCOUNT", "subtotal": {"amount": "-5.00", "currencyCode": "EUR"}, "detailedBreakdowns": [
       {"subtype": "GIFT_WRAP", "value": {"amount": "-3.00", "currencyCode": "EUR"}},
       {"subtype": "ITEM", "value": {"amount": "-2.00", "currencyCode": "EUR"}}]}]}}]}]}"""
    head, [one] = split(order_from(text))
    assert (one.list_amount, head.seller_discount, head.shipping_amount, one.is_gift) == (20, 2, 0, False), \
        "without an ITEM part the price of a unit counts"


def test_a_column_that_is_missing_is_an_error() -> None:
    with pytest.raises(Rejected, match="item-price"):
        list(flat_file.orders([HEAD.replace("item-price", "itemprice").encode(), line()]))


@pytest.mark.parametrize(("charset", "sku", "channel"), (
    ("utf-8", "ポット", ""), ("cp1252", "Tässchen", "Amazon.de"), ("shift_jis", "ポット", "Amazon.co.jp")))
def test_files_come_in_three_charsets(charset: str, sku: str, channel: str) -> None:
    text = line(sku=sku).decode().replace("x\t", f"{channel}\t", 1)
    assert reported(text.encode(charset))[0].order_items[0].product.seller_sku == sku


def test_parcels_say_when_and_whether_it_arrived() -> None:
    text = """{"orders": [{"orderId": "1", "createdTime": "2026-05-01T07:00:00Z", "orderItems": [],
      "lastUpdatedTime": "2026-05-05T07:00:00Z", "fulfillment": {"fulfillmentStatus": "SHIPPED"}, "packages": [
      {"packageStatus": {"status": "DELIVERED"}, "shipTime": "2026-05-03T00:00:00Z"},
      {"packageStatus": {"status": "%s"}, "shipTime": "2026-05-02T00:00:00Z"}]}]}"""
    for second, status in (("IN_TRANSIT", "shipped"), ("DELIVERED", "delivered"), ("CANCELLED", "delivered")):
        head, _ = split(order_from(text % second))
        assert (head.status, head.shipped_at) == (status, datetime(2026, 5, 2, tzinfo=UTC))


def test_only_the_leaves_of_a_tree_count() -> None:
    """29.95 - 3.00 of goods, 5.00 of postage, 2.00 + 0.40 of tax; the commission comes back; the tax that Amazon
    had collected is no money of the seller's. The release of a deferred transaction repeats it."""
    page = streams.FINANCES.read(Reply(200, {}, (FIXTURES / "refund.json").read_bytes()), Call(""))
    assert page.next == "more"
    rows = [row for item in page.items for row in finances.rows(item, CONTEXT)]
    [refund] = [row for row in rows if isinstance(row, Refund)]
    assert (refund.refund_id, refund.order_id, refund.line_id) == ("rf-9", "111-1-1", "CUP|B0A|1")
    assert (refund.goods_amount, refund.shipping_amount, refund.tax_amount) == (
        Decimal("26.95"), Decimal("5.00"), Decimal("2.40"))
    assert [(row.order_id, row.fee_type, row.amount) for row in rows if isinstance(row, Fee)] == [
        ("111-1-1", "commission", Decimal("-4.54")), (None, "storage", Decimal("12.10"))]


@pytest.mark.parametrize(("places", "asked"), (
    ("ATVPDKIKX0DER", None), ("A1PA6795UKMFR9", "A1PA6795UKMFR9"), ("A1PA6795UKMFR9,A13V1IB3VIYZZH", None)))
def test_money_of_other_marketplaces_is_left_out(places: str, asked: str | None) -> None:
    """Asked for the United States alone, Amazon leaves out what sellers send themselves."""
    context = replace(CONTEXT, settings=SETTINGS.model_copy(update={"marketplace_ids": places}))
    assert finances.posted(Ask(window=WINDOW), context).params.get("marketplaceId") == asked
    for place, counts in (("", True), (places.split(",")[0], True), ("A2EUQ1WTGCTBG2", False)):
        done = wire.Transaction(
            "2026-05-03T00:00:00Z", transaction_type="ServiceFee", marketplace_details=wire.Place(place),
            breakdowns=[wire.Breakdown("FBAStorageFee", wire.Amount(Decimal("-1"), "USD"))])
        assert bool(list(finances.rows(done, context))) == counts


def test_a_refund_without_a_number_of_its_own() -> None:
    back = [wire.Breakdown("ProductCharges", wire.Amount(Decimal("-5"), "USD"))]
    done = wire.Transaction("2026-05-03T00:00:00Z", transaction_type="Refund", breakdowns=back, related_identifiers=[
        wire.Related("ORDER_ID", "111-1-1")])
    [refund] = finances.rows(done, CONTEXT)
    assert isinstance(refund, Refund)
    assert (refund.refund_id, refund.goods_amount) == ("111-1-1:2026-05-03T00:00:00Z", 5)


def test_windows_and_tokens_as_the_specification_wants_them() -> None:
    """Exactly one of createdAfter and lastUpdatedAfter; a token with the very same filters."""
    first = streams.changed_orders(Ask(window=WINDOW, size=100), CONTEXT)
    assert first.params == {
        "marketplaceIds": "ATVPDKIKX0DER", "lastUpdatedAfter": "2026-05-01T00:00:00Z", "maxResultsPerPage": 100,
        "lastUpdatedBefore": "2026-05-31T00:00:00Z", "includedData": "PROCEEDS,FULFILLMENT,PACKAGES"}
    following = streams.changed_orders(Ask(window=WINDOW, size=100, cursor="a+b=="), CONTEXT)
    assert following.params == {**first.params, "paginationToken": "a+b=="}
    assert streams.order_report(Ask(window=WINDOW), CONTEXT).body == {
        "reportType": "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL", "marketplaceIds": ["ATVPDKIKX0DER"],
        "dataStartTime": "2026-05-01T00:00:00Z", "dataEndTime": "2026-05-31T00:00:00Z"}


REPORT_STATES: Iterable[tuple[str, str, bool]] = (
    ("IN_QUEUE", "running", False), ("IN_PROGRESS", "running", False), ("DONE", "running", True),
    ("CANCELLED", "done", False), ("FATAL", "failed", False))


@pytest.mark.parametrize(("word", "state", "goes_on"), REPORT_STATES)
def test_how_a_report_stands(word: str, state: str, goes_on: bool) -> None:
    document = ', "reportDocumentId": "doc"' if word == "DONE" else ""
    body = f'{{"reportId": "1", "processingStatus": "{word}"{document}}}'
    found = streams.report_stands(Reply(200, {}, body.encode()))
    assert (found.state, found.url, found.then is not None) == (state, None, goes_on)


def test_the_file_of_a_report() -> None:
    body = b'{"reportDocumentId": "doc", "url": "https://files.example/x", "compressionAlgorithm": "GZIP"}'
    found = streams.report_stands(Reply(200, {}, body))
    assert (found.state, found.url, found.gzip) == ("done", "https://files.example/x", True)


@pytest.mark.parametrize(("text", "instant"), (
    ("2025-01-02 03:04:05 PST", datetime(2025, 1, 2, 11, 4, 5, tzinfo=UTC)),
    ("2025-07-02 03:04:05 MEST", datetime(2025, 7, 2, 1, 4, 5, tzinfo=UTC)),
    ("2025/07/02 03:04:05 JST", datetime(2025, 7, 1, 18, 4, 5, tzinfo=UTC)),
    ("2025-07-02 03:04:05 XYZ", None), ("02/07/2025 03:04:05 BST", None), ("", None)))
def test_listing_times(text: str, instant: datetime | None) -> None:
    assert listings.opened(text) == instant


# --- daily figures and stock --------------------------------------------------------------------------------


def test_a_day_of_sales_and_traffic() -> None:
    """The document may be spread over lines; money is a JSON number, read exactly. Sessions are visits, not people."""
    lines = (FIXTURES / "sales_and_traffic.json").read_bytes().splitlines(keepends=True)
    found = [row for day in figures.days(lines) for row in figures.day_rows(day, CONTEXT)]
    assert [(row.date.isoformat(), row.sessions, row.page_views, row.visitors) for row in found
            if isinstance(row, TrafficDaily)] == [("2026-06-11", 1000, 1658, None), ("2026-06-12", None, None, None)]
    assert [(row.date.isoformat(), row.metric, str(row.value), row.currency) for row in found
            if isinstance(row, PlatformNativeDaily)] == [
        ("2026-06-11", "gmv", "238.44", "USD"), ("2026-06-11", "units", "23", None)]


def test_a_report_of_traffic_takes_one_marketplace_and_no_day_that_has_not_begun() -> None:
    """In Sydney it is the 21st already, in UTC still the 20th: an end in the future is refused."""
    now = datetime(2026, 6, 20, 20, tzinfo=UTC)
    settings = SETTINGS.model_copy(update={"marketplace_ids": "A39IBJ37TRP1C6,A19VAU5U5O7RUS"})
    context = replace(CONTEXT, now=now, zone=ZoneInfo("Australia/Sydney"), settings=settings)
    body = figures.sales_report(Ask(window=Window(datetime(2026, 6, 6, tzinfo=UTC), now)), context).body
    assert body["dataEndTime"] == "2026-06-20T00:00:00Z" and body["marketplaceIds"] == ["A39IBJ37TRP1C6"]


@pytest.mark.parametrize(("start", "first"), [("2026-06-06T04:00:00+00:00", "2026-06-05"),
                                              ("2023-01-01T00:00:00+00:00", "2024-06-20")])
def test_days_are_asked_for_as_the_marketplace_counts_them_and_no_further_back_than_they_go(
        start: str, first: str) -> None:
    now = datetime(2026, 6, 20, 4, tzinfo=UTC)
    context = replace(CONTEXT, now=now, zone=ZoneInfo("America/Los_Angeles"))
    body = figures.sales_report(Ask(window=Window(datetime.fromisoformat(start), now)), context).body
    assert (body["dataStartTime"], body["dataEndTime"]) == (f"{first}T00:00:00Z", "2026-06-19T00:00:00Z")
    assert body["reportOptions"] == {"dateGranularity": "DAY", "asinGranularity": "PARENT"}


def test_stock_is_what_can_be_sold_now() -> None:
    page = figures.summaries(Reply(200, {}, (FIXTURES / "stock.json").read_bytes()), Call("x"))
    assert page.next == "seed" and [(row.sku_id, row.on_hand) for item in page.items
                                    for row in figures.stock_rows(item, CONTEXT)] == [("RUG-1", 0), ("RUG-2", 14)]


def test_a_file_that_is_no_sales_report_is_said_so() -> None:
    with pytest.raises(Rejected, match="not the document"):
        list(figures.days([b"amazon-order-id\tsku\n"]))


# --- settlements --------------------------------------------------------------------------------------------


def test_a_page_of_reports_is_asked_for_by_its_token_alone() -> None:
    first = settlements.settlement_reports(Ask(window=Window(datetime(2024, 5, 1, tzinfo=UTC), NOW)), CONTEXT)
    assert first.params == {
        "reportTypes": "GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2", "marketplaceIds": "ATVPDKIKX0DER",
        "processingStatuses": "DONE", "pageSize": 100, "createdSince": "2026-03-04T00:00:00Z"}, "ninety days are kept"
    assert settlements.settlement_reports(Ask(window=WINDOW, cursor="t"), CONTEXT).params == {"nextToken": "t"}


def test_only_finished_settlements_are_fetched() -> None:
    """Their documents have a small quota, which those of the orders share."""
    body = (b'{"reports": [{"reportId": "1", "reportType": "GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2",'
            b' "reportDocumentId": "d1"}, {"reportId": "2", "reportType": "GET_MERCHANT_LISTINGS_ALL_DATA",'
            b' "reportDocumentId": "d2"}, {"reportId": "3",'
            b' "reportType": "GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2"}], "nextToken": "t"}')
    page = settlements.reports(Reply(200, {}, body), Call("/x"))
    assert ([item.report.report_id for item in page.items], page.next) == (["1"], "t")


@pytest.mark.parametrize(("kind", "start", "found"), (
    (streams.ORDERS_REPORT, "2026-05-01T00:00:00Z", "9"), (streams.ORDERS_REPORT, "2026-05-02T00:00:00Z", ""),
    ("GET_MERCHANT_LISTINGS_ALL_DATA", "2026-05-01T00:00:00+00:00", "")))
def test_a_report_that_was_ordered_before_is_of_the_same_kind_and_period(kind: str, start: str, found: str) -> None:
    body = (f'{{"reports": [{{"reportId": "9", "reportType": "{kind}", "dataStartTime": "{start}",'
            f' "dataEndTime": "2026-05-31T00:00:00+00:00"}}]}}')
    assert streams.same_period(Reply(200, {}, body.encode()), Ask(window=WINDOW)) == found


@pytest.mark.parametrize(("total", "deposited", "amount", "day"), (
    ("16630.13", "2015-12-18T03:27:08+00:00", "16630.13", "2015-12-17"),
    ("-12.50", "2026-03-17", "-12.50", "2026-03-17"), ("1.847,32", "17.03.2026 03:27:08 UTC", "1847.32", "2026-03-16"),
    ("1847,32", "2026-03-17 20:00:00 UTC", "1847.32", "2026-03-17"), ("0", "", "0", "2026-03-15")))
@pytest.mark.parametrize("packed", (True, False))
def test_the_first_line_of_a_settlement_is_the_payout(
        total: str, deposited: str, amount: str, day: str, packed: bool) -> None:
    head = "settlement-id\tsettlement-start-date\tsettlement-end-date\tdeposit-date\ttotal-amount\tcurrency\tamount"
    body = f"{head}\n77\t\t2026-03-15\t{deposited}\t{total}\tEUR\t\n77\t\t\t\t\t\t5.00\n".encode()
    item = settlements.Paid(wire.Report(report_id="9", report_document_id="doc"))
    [call] = settlements.documents([item], CONTEXT)
    assert call.path == "/reports/2021-06-30/documents/doc"
    replies = [Reply(200, {}, b'{"reportDocumentId": "doc", "url": "https://files.example/x"}')]
    [file] = settlements.files([item], replies)
    assert (file.host, file.path) == ("file", "https://files.example/x")
    replies.append(Reply(200, {}, gzip.compress(body) if packed else body))
    assert settlements.files([item], replies) == []
    [paid] = settlements.with_payouts([item], replies)
    assert list(settlements.payout_rows(paid, CONTEXT)) == [Settlement(
        settlement_id="77", date=date.fromisoformat(day), amount=Decimal(amount), currency="EUR")]


def test_a_settlement_without_its_day_is_an_error() -> None:
    with pytest.raises(Rejected, match="without its day"):
        settlements.day("soon", CONTEXT)


# --- ads ----------------------------------------------------------------------------------------------------


def test_a_campaigns_day_of_two_kinds_of_ads() -> None:
    """Money is a JSON number, read exactly; what a kind does not tell is unknown."""
    body = (b'[{"date": "2026-05-02", "campaignId": 444555666777888999, "campaignName": "Rugs", "campaignStatus":'
            b' "ENABLED", "campaignBudgetCurrencyCode": "USD", "impressions": 900, "clicks": 12, "cost": 7.31,'
            b' "purchases14d": 2, "sales14d": 59.9}, {"date": "2026-05-02", "campaignId": 5, "campaignStatus":'
            b' "ARCHIVED", "cost": 0, "purchases": 0, "sales": 0.0}]')
    first, name, other, nameless = [row for item in ads.rows_of([body]) for row in ads.day_rows(item, CONTEXT)]
    assert first == AdDaily(
        date=date(2026, 5, 2), campaign_id="444555666777888999", channel="ad", spend=Decimal("7.31"), impressions=900,
        clicks=12, attributed_orders=2, attributed_sales=Decimal("59.9"), attribution_window="14d", currency="USD")
    assert name == Campaign(campaign_id="444555666777888999", name="Rugs", channel="ad", status="active")
    assert isinstance(other, AdDaily) and (other.impressions, other.attributed_orders, other.attributed_sales) == (
        None, 0, 0)
    assert nameless == Campaign(campaign_id="5", name="5", channel="ad", status="ended")
    with pytest.raises(Rejected, match="not the document"):
        list(ads.rows_of([b"<html>"]))


@pytest.mark.parametrize(("body", "state", "url"), (
    (b'{"reportId": "r", "status": "PENDING"}', "running", None),
    (b'{"reportId": "r", "status": "PROCESSING"}', "running", None),
    (b'{"reportId": "r", "status": "COMPLETED", "url": "https://f.example/x"}', "done", "https://f.example/x"),
    (b'{"reportId": "r", "status": "FAILED", "failureReason": "why"}', "failed", None)))
def test_how_a_report_of_ads_stands(body: bytes, state: str, url: str | None) -> None:
    found = ads.stands(Reply(200, {}, body))
    assert (found.state, found.url, found.why) == (state, url, "why" if state == "failed" else "")


def test_a_report_of_ads_that_was_ordered_already_is_taken() -> None:
    assert ads.number(Reply(200, {}, b'{"reportId": "r-1", "status": "PENDING"}')) == "r-1"
    twin = b'{"code": "425", "detail": "The Request is a duplicate of : 8f2e-11aa"}'
    assert ads.number(Reply(425, {}, twin)) == "8f2e-11aa"
    with pytest.raises(Broken):
        ads.number(Reply(425, {}, b'{"code": "425", "detail": "too early"}'))
    assert ads.ordered(ads.KINDS["ads"])(Ask(window=WINDOW), CONTEXT).answers == (425,)


def test_ads_are_read_where_a_profile_and_its_login_are_given() -> None:
    given = SETTINGS.model_copy(update={"ads_profile_id": "284", "ads_refresh_token": SecretStr("r")})
    assert [one.name for one in ads.ADS if one.enabled(given)] == ["ads", "ads_brands", "ads_display"]
    assert not any(one.enabled(SETTINGS) for one in ads.ADS)
