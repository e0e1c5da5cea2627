"""From Mercado Libre's payloads to contract records, without a network. The fixtures hold the awkward cases first."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from connectors import catalogue_path
from connectors.engine.catalogue import load, wire_paths
from connectors.engine.errors import Broken
from connectors.engine.stream import Ask, Call, Context, Finding, Reply, Window
from connectors.mercado_libre import CONNECTOR
from connectors.mercado_libre.rows import STATUS
from connectors.mercado_libre.streams import item_rows, shop_row, with_items
from connectors.mercado_libre.wire import Item
from queries.records import AdDaily, Campaign, Fee, InventoryDaily, Order, OrderLine, Product, Refund

FIXTURES = Path(__file__).parent / "fixtures"
NOW = datetime(2026, 7, 4, tzinfo=UTC)
CONTEXT = Context(CONNECTOR.settings(client_id="1", client_secret="2"), "123", "MXN", ZoneInfo("America/Mexico_City"),
                  NOW)
ORDERS = CONNECTOR.stream("orders")


def answered(name: str) -> Reply:
    return Reply(200, {}, (FIXTURES / name).read_bytes())


def rows() -> list:
    """All rows of the fixture; the order with a mediation has its claims."""
    detail, items = ORDERS.detail, list(ORDERS.read(answered("orders.json"), Call("m")).items)
    assert detail is not None
    [disputed] = [item for item in items if detail.needs(item)]
    list(detail.join([disputed], [answered("claims.json")]))
    return [row for item in items for row in ORDERS.rows(item, CONTEXT)]


def of(kind: type, last: int) -> list:
    return [row for row in rows() if isinstance(row, kind) and row.order_id == f"20000035084190{last}"]


def order(last: int) -> Order:
    return of(Order, last)[0]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_an_order_of_the_documentation() -> None:
    """139.95 on the list, 129.95 after the seller's discount; numbers are read exactly; times have an offset."""
    found, [line] = order(13), of(OrderLine, 13)
    assert (found.list_amount, found.seller_discount, found.platform_discount, found.shipping_amount,
            found.currency) == (Decimal("139.95"), Decimal("10.00"), 0, 0, "BRL")
    assert (found.status, found.native_status, found.created_at, found.paid_at) == (
        "delivered", "paid", at("2026-01-01 14:00"), at("2026-01-01 14:00:29"))
    assert (found.buyer, found.region, found.modified_at) == ("89660613", None, at("2026-01-02 12:00"))
    assert (line.line_id, line.product_id, line.sku_id) == ("174390848573", "MLB2608564035", "174390848573")
    [fee] = of(Fee, 13)
    assert (fee.fee_type, fee.amount, fee.charged_at) == ("commission", Decimal("19.50"), at("2026-01-01 14:00:29"))


def test_two_payments_a_refused_one_and_a_currency_without_cents() -> None:
    """3 x 3333.333333 are 10,000 pesos. The refused card's freight and coupon do not count twice; paid when the last
    part was."""
    found, [first, again, gift] = order(14), of(OrderLine, 14)
    assert (found.list_amount, found.seller_discount, found.shipping_amount, found.platform_discount) == (
        Decimal(11490), Decimal(500), Decimal(2990), Decimal(500))
    assert (first.list_amount, again.seller_discount, gift.is_gift) == (Decimal(10000), Decimal(500), True)
    assert (first.platform_discount, again.platform_discount) == (Decimal(455), Decimal(45))
    assert [line.line_id for line in (first, again, gift)] == ["MLC1", "MLC1-2", "7"]
    assert (found.status, found.paid_at, of(Fee, 14)) == ("paid", at("2026-01-01 14:05"), [])


@pytest.mark.parametrize(("last", "status", "paid", "cancelled", "shipping"), [
    (15, "open", None, None, 99),
    (16, "open", None, None, 0),
    (17, "delivered", "2026-01-01 14:00:29", None, 99),
    (18, "cancelled", "2026-01-01 14:00:29", "2026-01-03 14:00", 99),
    (19, "cancelled", None, "2026-01-01 14:30", 0),
    (21, "unknown", None, None, 0),
])
def test_statuses(last: int, status: str, paid: str | None, cancelled: str | None, shipping: int) -> None:
    """16 is paid in part: no sale yet. 19 was cancelled unpaid."""
    found = order(last)
    assert (found.status, found.paid_at, found.cancelled_at, found.shipping_amount) == (
        status, at(paid) if paid else None, at(cancelled) if cancelled else None, shipping)


def test_a_malicious_buyer_and_a_test() -> None:
    found = order(20)
    assert (found.status, found.excluded_reason, found.order_type) == ("cancelled", "fraud", "test")


def test_money_that_went_back_is_told_by_payments() -> None:
    """17: a part, dated by the payment's last change. 18: all of it, freight too, less the coupon; never arrived.
    20: all of it, without a figure."""
    [part] = [row for row in of(Refund, 17) if row.goods_amount]
    assert (part.refund_id, part.refund_type, part.status, part.goods_amount, part.shipping_amount, part.quantity,
            part.refunded_at) == ("6", "refund_only", "success", Decimal("50.25"), 0, 0, at("2026-01-19 14:00:29"))
    [whole] = of(Refund, 18)
    assert (whole.refund_type, whole.goods_amount, whole.shipping_amount, whole.quantity, whole.restocked) == (
        "cancel_before_ship", Decimal(190), Decimal(99), 2, True)
    [stated] = of(Refund, 20)
    assert (stated.goods_amount, stated.shipping_amount, stated.refunded_at) == (
        Decimal(100), Decimal(99), at("2026-01-01 14:30"))
    assert of(Refund, 13) == of(Refund, 19) == []


@pytest.mark.parametrize(("last", "kind", "status", "quantity", "reason", "done"), [
    (10, "return_refund", "success", 2, "quality", "2026-01-19 14:00:30"),
    (11, "refund_only", "requested", 0, "late", None),
    (12, "refund_only", "closed", 0, "other", None),
    (13, "exchange", "requested", 0, None, None),
    (14, "cancel_before_ship", "success", 0, None, "2026-01-11 14:00"),
])
def test_claims_say_why_and_move_no_money(last: int, kind: str, status: str, quantity: int, reason: str | None,
                                          done: str | None) -> None:
    [found] = [row for row in of(Refund, 17) if row.refund_id == f"claim:53000000000{last}"]
    assert (found.refund_type, found.status, found.quantity, found.reason_code, found.goods_amount) == (
        kind, status, quantity, reason, 0)
    assert found.refunded_at == (at(done) if done else None)


def test_the_fee_of_a_cancelled_order_is_given_back() -> None:
    assert [fee.amount for fee in of(Fee, 17)] == [Decimal("29.00")], "2 x 14.50"
    assert [fee.amount for fee in of(Fee, 18)] == [Decimal(0)]
    assert of(Fee, 16) == [], "not paid yet"


def test_an_order_without_lines_is_reported() -> None:
    assert [row.check for row in rows() if isinstance(row, Finding)] == ["order_without_lines"]


def test_every_documented_status_is_known() -> None:
    assert set(STATUS) == {"confirmed", "payment_required", "payment_in_process", "partially_paid", "paid",
                           "partially_refunded", "pending_cancel", "cancelled", "invalid"}


def test_pages_are_offsets_in_a_window_of_the_right_field() -> None:
    """`order.last_updated` would be ignored without a word. An order that changes at the end of the window while it is
    read must not enter it: sorted by creation, it would push others to pages already read."""
    window = Window(datetime(2026, 6, 1, 0, 0, 0, 1, tzinfo=UTC), datetime(2026, 6, 18, 12, 0, tzinfo=UTC))
    for walk, field in ((ORDERS.backfill, "order.date_created"), (ORDERS.changes, "order.date_last_updated")):
        asked = walk.call(Ask(window=window, page=3, size=50), CONTEXT).params
        assert asked == {"seller": "123", f"{field}.from": "2026-05-31T23:59:59.999-00:00",
                         f"{field}.to": "2026-06-18T11:59:59.999-00:00", "sort": "date_asc", "offset": 150, "limit": 50}
        assert (walk.first, walk.moving) == (0, True), "cancelled orders leave the list while it is read"
    assert ORDERS.backfill.reach == timedelta(days=365)


def test_a_scan_goes_on_until_it_is_empty() -> None:
    """Its id may stay the same: what goes on is told by the last item too."""
    stream = CONNECTOR.stream("products")
    page = stream.read(Reply(200, {}, b'{"results":["MLM1","MLM2"],"scroll_id":"S=="}'), Call("m"))
    assert ([item.id for item in page.items], page.next) == (["MLM1", "MLM2"], "MLM2 S==")
    word = stream.changes.call
    assert word(Ask(size=100), CONTEXT).params["scroll_id"] is None
    assert word(Ask(size=100, cursor=page.next), CONTEXT).params["scroll_id"] == "S=="
    assert stream.read(Reply(200, {}, b'{"results":[],"scroll_id":"S=="}'), Call("m")).next is None


def test_items_come_twenty_at_once_each_with_its_own_status() -> None:
    body = b"""[{"code": 200, "body": {"id": "MLM1", "title": "Rug", "status": "active", "date_created":
        "2025-01-02T08:00:00.000Z", "variations": [{"id": 71, "price": 10.5, "available_quantity": 4}, {"id": "72"}],
        "attributes": [{"id": "COLOR", "value_name": "red"}, {"id": "BRAND", "value_name": "Shanyu"}]}},
        {"code": 404, "body": {"message": "gone", "status": 404}},
        {"code": 200, "body": {"id": "MLM3", "title": "Mug", "status": "paused", "variations": [],
                               "available_quantity": 0}}]"""
    items = list(with_items([Item("MLM1"), Item("MLM2"), Item("MLM3")], [Reply(200, {}, body)]))
    found = [row for item in items for row in item_rows(item, CONTEXT)]
    assert [(row.sku_id, row.on_hand) for row in found if isinstance(row, InventoryDaily)] == [("71", 4), ("MLM3", 0)]
    assert [(row.product_id, row.sku_id, row.brand, row.status, row.listed_at) for row in found
            if isinstance(row, Product)] == [
        ("MLM1", "71", "Shanyu", "on_sale", at("2025-01-02 08:00")),
        ("MLM1", "72", "Shanyu", "on_sale", at("2025-01-02 08:00")), ("MLM3", "MLM3", None, "off_shelf", None)]
    with pytest.raises(Broken, match="500"):
        list(with_items([Item("MLM1")], [Reply(200, {}, b'[{"code": 500, "body": {}}]')]))


def test_what_a_campaign_cost_and_brought_on_a_day() -> None:
    """Direct and indirect sales together; a campaign that stood still has a name and no figures."""
    stream, day = CONNECTOR.stream("ads"), date(2026, 6, 18)
    call = stream.changes.call(Ask(first_day=day, last_day=day, size=50), CONTEXT)
    assert (call.path, call.params) == ("/advertising/advertisers", {"product_id": "PADS"})
    body = b'{"advertisers":[{"advertiser_id":703867,"site_id":"MLM","advertiser_name":"x"}]}'
    items = list(stream.read(Reply(200, {}, body), call).items)
    assert stream.detail is not None and stream.detail.more is not None
    [first] = stream.detail.calls(items, CONTEXT)
    assert (first.path, first.params) == ("/advertising/MLM/advertisers/703867/product_ads/campaigns/search", {
        "date_from": day, "date_to": day, "limit": 50, "offset": 0,
        "metrics": "clicks,prints,cost,total_amount,direct_items_quantity,indirect_items_quantity"})
    page = Reply(200, {}, b"""{"paging":{"total":51,"offset":0,"limit":50},"results":[
        {"id":352274800,"name":"Mugs","status":"active","metrics":{"clicks":20,"prints":1000,"cost":12.5,
         "total_amount":99.9,"direct_items_quantity":2,"indirect_items_quantity":1}},
        {"id":7,"name":"Old","status":"paused","metrics":{"clicks":0,"prints":0,"cost":0}}]}""")
    [second] = stream.detail.more(items, [page])
    assert second.params["offset"] == 50 and stream.detail.more(items, [page, page]) == []
    [item] = stream.detail.join(items, [page])
    assert list(stream.rows(item, CONTEXT)) == [
        AdDaily(date=day, campaign_id="352274800", channel="ad", spend=Decimal("12.5"), impressions=1000, clicks=20,
                attributed_orders=3, attributed_sales=Decimal("99.9"), currency="MXN"),
        Campaign(campaign_id="352274800", name="Mugs", channel="ad", status="active"),
        Campaign(campaign_id="7", name="Old", channel="ad", status="paused")]


@pytest.mark.parametrize(("me", "expected", "findings"), [
    (b'{"id":123,"nickname":"TIENDA","country_id":"MX"}', ("TIENDA", "America/Mexico_City", "MXN"), 0),
    (b'{"id":123,"nickname":"LOJA","country_id":"BR"}', ("LOJA", "America/Sao_Paulo", "BRL"), 0),
    (b'{"id":123,"nickname":"LOCAL","country_id":"AR"}', ("LOCAL", "America/Argentina/Buenos_Aires", "ARS"), 0),
    (None, ("123", "America/Sao_Paulo", "BRL"), 1),
])
def test_the_account(me: bytes | None, expected: tuple[str, str, str], findings: int) -> None:
    token = Reply(200, {}, b'{"access_token":"a","user_id":123}')
    found = shop_row([token, Reply(200, {}, me) if me else None], CONTEXT.settings)
    assert found.shop is not None
    assert (found.shop_id, (found.shop.name, found.shop.tz, found.shop.currency), len(found.findings)) == (
        "123", expected, findings)


def test_what_is_sent_uninvited_goes_nowhere() -> None:
    assert "MARKER" not in repr(rows())


def test_every_field_has_its_class() -> None:
    catalogue = load(catalogue_path("mercado_libre"))
    for source, struct in CONNECTOR.wire.items():
        assert [path for path in wire_paths(struct) if path not in catalogue.sources[source].by_path] == []
    assert catalogue.sources["order"].unknown((FIXTURES / "orders.json").read_bytes(), set(), deep=True) == set()
    strange = b'{"results":[{"id":1,"buyer":{"id":2,"cpf":"x"}}]}'
    assert catalogue.sources["order"].unknown(strange, set()) == {"buyer.cpf"}


def test_no_place_that_holds_people_is_ever_asked() -> None:
    folder = catalogue_path("mercado_libre").parent
    for path in (folder / "streams.py", folder / "rows.py", folder / "client.py"):
        assert not [word for word in ('"/shipments', "billing_info", "x-format-new") if word in path.read_text("utf-8")]
