"""From Walmart's payloads to contract records, without a network. The fixtures hold the awkward cases first."""

import io
import zipfile
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from connectors.engine.catalogue import load, wire_paths
from connectors.engine.errors import Broken
from connectors.engine.stream import Ask, Call, Context, Finding, Reply, Window
from connectors.walmart import CONNECTOR
from connectors.walmart.statement import Period
from connectors.walmart.streams import Sale, doubtful, orders, sale_rows, shop_row
from queries.records import Fee, Order, OrderLine, Refund, Settlement

FIXTURES = Path(__file__).parent / "fixtures"
CATALOGUE = load(Path(__file__).parents[3] / "connectors/walmart/fields.yaml")
NOW = datetime(2026, 6, 20, 4, tzinfo=UTC)
SETTINGS = CONNECTOR.settings(client_id="1", client_secret="2")
CONTEXT = Context(SETTINGS, "100", "USD", ZoneInfo("America/New_York"), NOW)


def answered(name: str) -> Reply:
    return Reply(200, {}, (FIXTURES / name).read_bytes())


def sales() -> list[Sale]:
    return list(orders(answered("orders.json"), Call("/v3/orders")).items)


def of(kind: type, order_id: str) -> list:
    return [row for sale in sales() for row in sale_rows(sale, CONTEXT)
            if isinstance(row, kind) and row.order_id == order_id]


def order(order_id: str) -> Order:
    return of(Order, order_id)[0]


def returned(refund_id: str) -> list[Refund]:
    stream = CONNECTOR.stream("refunds")
    items = stream.read(answered("returns.json"), Call("/v3/returns")).items
    return [row for item in items for row in stream.rows(item, CONTEXT) if row.refund_id == refund_id]


def at(millis: int) -> datetime:
    return datetime.fromtimestamp(millis / 1000, UTC)


def test_lists_of_one_as_bare_objects_and_numbers_read_exactly() -> None:
    found = order("1796277083022")
    assert (found.list_amount, found.seller_discount, found.shipping_amount, found.tax_amount, found.tax_included) == (
        Decimal("40.10"), 0, 0, Decimal("3.20"), False)
    assert (found.status, found.native_status, found.region, found.buyer) == ("shipped", "Shipped", "CA", "b-1")
    assert (found.created_at, found.paid_at, found.shipped_at, found.modified_at) == (
        at(1767139200000), at(1767139200000), at(1767199000000), at(1767200000500))
    [line] = of(OrderLine, "1796277083022")
    assert (line.line_id, line.product_id, line.sku_id, line.quantity) == ("1", "RUG-1", "RUG-1", 1)


def test_a_subscription_discount_shipping_and_a_piece_cancelled() -> None:
    """3 pieces for 30.00 - 3.00 + 6.00; one of them was cancelled, two arrived."""
    found = order("2")
    assert (found.list_amount, found.seller_discount, found.shipping_amount, found.tax_amount) == (
        Decimal("30"), Decimal("3"), Decimal("6.00"), Decimal("2.88"))
    assert (found.status, found.native_status, found.region, found.buyer) == (
        "delivered", "Cancelled/Delivered", "MEX", None)
    assert found.delivered_at == at(1767310000000)
    assert [line.is_gift for line in of(OrderLine, "2")] == [False, True]
    [piece] = of(Refund, "2")
    assert (piece.refund_id, piece.line_id, piece.refund_type, piece.quantity, piece.goods_amount,
            piece.shipping_amount, piece.tax_amount) == (
        "2:cancelled", "1", "cancel_before_ship", 1, Decimal("9.00"), Decimal("2.00"), Decimal("0.96"))


@pytest.mark.parametrize(("order_id", "status", "kind", "cancelled"), [
    ("3", "paid", "exchange", None), ("4", "cancelled", "normal", 1767149200000), ("5", "delivered", "normal", None),
    ("6", "unknown", "normal", None),
])
def test_statuses(order_id: str, status: str, kind: str, cancelled: int | None) -> None:
    found = order(order_id)
    assert (found.status, found.order_type, found.cancelled_at) == (status, kind, at(cancelled) if cancelled else None)


def test_a_whole_order_cancelled_leaves_by_a_derived_row() -> None:
    assert of(Refund, "4") == []


@pytest.mark.parametrize(("cancelled", "expected"), [(1, ("success", Decimal("10.00"), 1)), (2, ("closed", 0, 0))])
def test_pieces_cancelled_before_the_rest_do_not_stand_for_the_whole(cancelled: int, expected: tuple) -> None:
    """Two pieces for 20.00: one is cancelled, then the other. The first row would keep the derived one away."""
    states = ",".join(f'{{"status": "{word}", "statusQuantity": {{"amount": "{count}"}}}}'
                      for word, count in (("Cancelled", cancelled), ("Acknowledged", 2 - cancelled)) if count)
    body = f"""{{"list": {{"elements": {{"order": {{"purchaseOrderId": "8", "orderDate": 1767139200000, "orderLines":
        {{"orderLine": {{"lineNumber": "1", "orderLineQuantity": {{"amount": "2"}}, "charges": {{"charge":
        {{"chargeType": "PRODUCT", "chargeAmount": {{"currency": "USD", "amount": 20}}}}}},
        "orderLineStatuses": {{"orderLineStatus": [{states}]}}}}}}}}}}}}}}"""
    [sale] = orders(Reply(200, {}, body.encode()), Call("/v3/orders")).items
    [found] = [row for row in sale_rows(sale, CONTEXT) if isinstance(row, Refund)]
    assert (found.refund_id, found.line_id) == ("8:cancelled", "1")
    assert (found.status, found.goods_amount, found.quantity) == expected


def test_a_refund_on_a_line_counts_unless_a_return_tells_it() -> None:
    """Line 2 names its return. Whether line 1 belongs to one is asked for."""
    [found] = of(Refund, "5")
    assert (found.refund_id, found.line_id, found.refund_type, found.reason_code) == (
        "R5", "1", "refund_only", "quality")
    assert (found.goods_amount, found.shipping_amount, found.tax_amount, found.refunded_at) == (
        Decimal("5.00"), Decimal("2.00"), Decimal("0.40"), at(1767249200000))

    stream = CONNECTOR.stream("orders")
    assert stream.detail is not None and [sale.order.purchase_order_id for sale in sales() if doubtful(sale)] == ["5"]
    [sale] = [sale for sale in sales() if doubtful(sale)]
    [call] = stream.detail.calls([sale], CONTEXT)
    assert (call.path, call.params["customerOrderId"], call.nothing) == ("/v3/returns", "55", True)
    told = b'{"returnOrders": [{"returnOrderId": "9", "returnOrderLines": [%s]}]}'
    its = Reply(200, {}, told % b'{"purchaseOrderId": "5", "purchaseOrderLineNumber": 1}')
    other = Reply(200, {}, told % b'{"purchaseOrderId": "77", "purchaseOrderLineNumber": 1}')
    for reply, left in ((its, 0), (other, 1), (Reply(404, {}, b"{}"), 1)):
        [joined] = stream.detail.join([sale], [reply])
        assert len([row for row in sale_rows(joined, CONTEXT) if isinstance(row, Refund)]) == left


@pytest.mark.parametrize(("refund_id", "kind", "status", "goods", "quantity", "reason"), [
    ("101", "return_refund", "success", "40.10", 1, "late"), ("102", "return_refund", "requested", "10", 1, "quality"),
    ("103", "refund_only", "success", "8", 0, None), ("104", "exchange", "approved", "0", 0, None),
])
def test_returns(refund_id: str, kind: str, status: str, goods: str, quantity: int, reason: str | None) -> None:
    [found] = returned(refund_id)
    assert (found.refund_type, found.status, found.goods_amount, found.quantity, found.reason_code) == (
        kind, status, Decimal(goods), quantity, reason)


def test_a_return_is_dated_by_its_refund_and_told_apart() -> None:
    [found] = returned("101")
    assert (found.order_id, found.line_id, found.shipping_amount, found.tax_amount) == (
        "1796277083022", "1", Decimal("5.00"), Decimal("3.20"))
    assert (found.requested_at, found.refunded_at, found.modified_at) == (
        datetime(2026, 1, 5, 1, 1, 8, tzinfo=UTC), datetime(2026, 1, 12, 4, tzinfo=UTC),
        datetime(2026, 1, 12, 5, 45, 45, tzinfo=UTC))


def test_a_return_that_refunded_nothing_is_closed_and_a_new_word_unknown() -> None:
    withdrawn, odd = returned("105")
    assert (withdrawn.status, withdrawn.refunded_at) == ("closed", None)
    assert (odd.status, odd.native_status) == ("unknown", "LOST_IN_SPACE")


def test_a_window_is_a_second_wider_and_names_creation_and_shipper() -> None:
    window = Window(datetime(2026, 6, 1, tzinfo=UTC), datetime(2026, 6, 2, tzinfo=UTC))
    shippers = {"orders": "SellerFulfilled", "orders_wfs": "WFSFulfilled", "orders_3pl": "3PLFulfilled"}
    for name, shipper in shippers.items():
        call = CONNECTOR.stream(name).changes.call(Ask(window=window, size=200), CONTEXT)
        assert call.params == {
            "lastModifiedStartDate": "2026-05-31T23:59:59Z", "lastModifiedEndDate": "2026-06-02T00:00:01Z",
            "createdStartDate": "2025-12-23T04:00:00Z", "createdEndDate": "2026-06-02T00:00:01Z", "limit": 200,
            "shipNodeType": shipper, "replacementInfo": "true"}
    told = CONNECTOR.stream("refunds").changes.call(Ask(window=window, size=200), CONTEXT)
    assert told.params == {
        "returnLastModifiedStartDate": "2026-05-31T23:59:59Z", "returnLastModifiedEndDate": "2026-06-02T00:00:01Z",
        "replacementInfo": "true", "limit": 200}
    further = CONNECTOR.stream("orders").changes.call(Ask(window=window, cursor="?soIndex=3"), CONTEXT)
    assert (further.path, dict(further.params)) == ("/v3/orders?soIndex=3", {})


def test_a_window_ends_at_the_present_at_the_latest() -> None:
    call = CONNECTOR.stream("orders").changes.call(Ask(window=Window(NOW - timedelta(hours=1), NOW), size=200), CONTEXT)
    assert (call.params["lastModifiedEndDate"], call.params["createdEndDate"]) == ("2026-06-20T04:00:00Z",) * 2


@pytest.mark.parametrize(("meta", "total", "cursor"), [
    ('"totalCount": 6, "nextCursor": null', 6, None),
    ('"totalCount": 31, "nextCursor": "?soIndex=31"', None, "?soIndex=31"),
    ('"totalCount": 1, "nextCursor": "?soIndex=1"', 1, None),  # all is here already
])
def test_only_a_page_that_holds_the_list_is_counted(meta: str, total: int | None, cursor: str | None) -> None:
    elements = '{"order": {"purchaseOrderId": 1, "orderDate": 2}}'
    body = f'{{"list": {{"meta": {{{meta}}}, "elements": {elements}}}}}'
    page = orders(Reply(200, {}, body.encode()), Call("/v3/orders"))
    assert (page.total, page.next, len(page.items)) == (total, cursor, 1)


@pytest.mark.parametrize("stream", ["orders", "refunds", "products"])
def test_a_404_is_an_empty_page(stream: str) -> None:
    page = CONNECTOR.stream(stream).read(Reply(404, {}, b"{}"), Call("/x", body={"page": 0}))
    assert (list(page.items), page.next) == ([], None)


def test_the_cursor_of_items_may_stay_the_same() -> None:
    stream = CONNECTOR.stream("products")
    first = stream.changes.call(Ask(size=50), CONTEXT)
    assert first.params == {"limit": 50, "nextCursor": "*"}
    body = b"""{"nextCursor": "AoE", "ItemResponse": [
        {"sku": "A", "productType": "Cups", "publishedStatus": "PUBLISHED", "lifecycleStatus": "ACTIVE"},
        {"sku": "B", "publishedStatus": "PUBLISHED", "lifecycleStatus": "RETIRED"}]}"""
    page = stream.read(Reply(200, {}, body), first)
    second = stream.changes.call(Ask(size=50, cursor=page.next), CONTEXT)
    again = stream.read(Reply(200, {}, body), second)
    assert (second.params["nextCursor"], page.next != again.next) == ("AoE", True)
    assert stream.read(Reply(200, {}, b'{"ItemResponse": [], "nextCursor": "AoE"}'), second).next is None
    assert [(row.product_id, row.category, row.status) for item in page.items
            for row in stream.rows(item, CONTEXT)] == [("A", "Cups", "on_sale"), ("B", None, "off_shelf")]


@pytest.mark.parametrize(("settings", "orders_reply", "statement", "shop_id"), [
    ({}, '{"list": {}}', '{"partnerId": "10000003437"}', "10000003437"),
    ({"seller_id": "7"}, '{"list": {}}', '{"partnerId": "10000003437"}', "7"),
    ({}, '{"list": {"meta": {"totalCount": 9, "nextCursor": "?poIndex=1&partnerId=100009&sellerId=8"},'
         ' "elements": {"order": [{"purchaseOrderId": 1, "orderDate": 2}]}}}', None, "100009"),
    ({}, '{"list": {}}', None, "marketplace.walmartapis.com"),
])
def test_which_shop(settings: dict[str, str], orders_reply: str, statement: str | None, shop_id: str) -> None:
    given = CONNECTOR.settings(client_id="1", client_secret="2", **settings)
    told = Reply(200, {}, statement.encode()) if statement else None
    found = shop_row([Reply(200, {}, orders_reply.encode()), told], given)
    assert (found.shop_id, found.shop and found.shop.tz, found.shop and found.shop.currency) == (
        shop_id, "America/New_York", "USD")


def packed(*rows: str) -> Reply:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("10000003437_report.csv", "\ufeff" + "\n".join(rows))
    return Reply(200, {}, content.getvalue())


def test_reports_of_the_days_that_are_wanted() -> None:
    stream = CONNECTOR.stream("statements")
    call = stream.changes.call(Ask(first_day=date(2026, 7, 14), last_day=date(2026, 7, 28)), CONTEXT)
    listed = Reply(200, {}, b'{"availableApReportDates": ["08112026", "07282026", "07142026", "06302026"]}')
    page = stream.read(listed, call)
    assert ([period.name for period in page.items], page.total) == (["07142026", "07282026"], 2)
    assert stream.detail is not None
    [asked] = stream.detail.calls(page.items[:1], CONTEXT)
    assert (asked.path, asked.params) == (
        "/v3/report/reconreport/reconFile", {"reportDate": "07142026", "reportVersion": "v1"})


def test_fees_and_the_payment_of_a_reconciliation_report() -> None:
    """Prices, taxes of sales and what Walmart funds are no fees; a commission given back is a negative one."""
    stream = CONNECTOR.stream("statements")
    assert stream.detail is not None
    columns = ('"Period Start Date","Total Payable","Currency","Transaction Posted Timestamp","Transaction Type",'
               '"Transaction Description","Purchase Order #","Amount","Amount Type","Ship to City"')
    [period] = stream.detail.join([Period(date(2026, 7, 28))], [packed(
        "Number of Lines in file 9", columns,
        '"07/11/2026","8,805.63","USD","07/28/2026","PaymentSummary","","","","",""',
        '"","","","07/20/2026 11:02:03","Sale","Purchase","179","16.99","Product Price","MARKER"',
        '"","","","07/20/2026","Sale","Purchase","179","-2.55","Commission on Product","MARKER"',
        '"","","","07/20/2026","Sale","Purchase","179","1.20","Product tax",""',
        '"","","","07/21/2026","Refund","No Longer Wanted","178","0.77","Commission on Product",""',
        '"","","","07/22/2026","Adjustment","Walmart Shipping Label Charge","178","-11.12","Fee/Reimbursement",""',
        '"","","","07/23/2026","Service Fee","WFS Fulfillment fee","177","-5.00","Fee/Reimbursement",""',
        '"","","","07/24/2026","Service Fee","Storage","","-9.10","WFS Inventory Fee/Reimbursement",""',
        '"","","","07/24/2026","Sale","","177","-0.50","Total Walmart Funded Savings",""')])
    found = list(stream.rows(period, CONTEXT))
    midnight = datetime(2026, 7, 20, 4, tzinfo=UTC)
    assert found[0] == Settlement(settlement_id="07282026", date=date(2026, 7, 28), amount=Decimal("8805.63"),
                                  currency="USD")
    assert [(row.order_id, row.fee_type, row.amount) for row in found if isinstance(row, Fee)] == [
        ("179", "commission", Decimal("2.55")), ("178", "commission", Decimal("-0.77")),
        ("178", "shipping", Decimal("11.12")), ("177", "fulfilment", Decimal("5.00")),
        (None, "storage", Decimal("9.10"))]
    assert isinstance(found[1], Fee) and found[1].charged_at == midnight and "MARKER" not in repr(found)


def test_what_is_no_report_is_said_and_an_empty_one_too() -> None:
    stream = CONNECTOR.stream("statements")
    assert stream.detail is not None
    refusal = Reply(200, {}, b'{"status":"ERROR","message":"No acceptable representation"}')
    with pytest.raises(Broken, match="zip"):
        list(stream.detail.join([Period(date(2026, 7, 28))], [refusal]))
    [period] = stream.detail.join([Period(date(2026, 7, 28))], [packed("Number of Lines in file 0")])
    assert [type(row) for row in stream.rows(period, CONTEXT)] == [Finding]


def test_what_is_sent_uninvited_goes_nowhere() -> None:
    found = [[*sale_rows(sale, CONTEXT)] for sale in sales()] + [returned("101")]
    assert "MARKER" not in repr(found) and "marker@" not in repr(found)


def test_an_unknown_field_is_named_without_its_value() -> None:
    found, told = ((FIXTURES / name).read_bytes() for name in ("orders.json", "returns.json"))
    assert CATALOGUE.sources["order"].unknown(found, set()) == {"brandNew"}
    assert CATALOGUE.sources["order"].unknown(told, set()) == set()  # returns are read there too
    assert CATALOGUE.sources["return"].unknown(told, set()) == set()


@pytest.mark.parametrize("source", sorted(CONNECTOR.wire))
def test_every_field_has_its_class(source: str) -> None:
    known = CATALOGUE.sources[source].by_path
    assert [path for path in wire_paths(CONNECTOR.wire[source]) if path not in known] == []
