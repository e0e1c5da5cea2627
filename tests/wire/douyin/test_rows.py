"""Douyin payloads become contract records, awkward ones first. Amounts are checked to the fen.

Order 1: 160.00 + 40.00 + a gift; the shop bears 10.00, the platform 2.00 (of a shared campaign, so the
promotion_* figures say 4.00 and 8.00); postage 6.00.
"""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from connectors.douyin import CONNECTOR, ads, streams, wire
from connectors.engine.catalogue import load, wire_paths
from connectors.engine.stream import BEGINNING, Ask, Call, Context, Finding, Reply, Window
from queries.records import AdDaily, Campaign, LiveSession, Order, OrderLine, Product, Refund

FIXTURES = Path(__file__).parent / "fixtures"
SETTINGS = CONNECTOR.settings(app_key="1", app_secret="s", shop_id="123456", advertiser_id="1790",
                              aweme_id="65432112345, 65432118800")
CONTEXT = Context(SETTINGS, "123456", "CNY", ZoneInfo("Asia/Shanghai"), datetime(2026, 6, 19, tzinfo=UTC))
D = Decimal


def reply(name: str) -> Reply:
    return Reply(200, {}, (FIXTURES / name).read_bytes())


def at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


@pytest.fixture(scope="module")
def orders() -> list[tuple[Order, list[OrderLine]]]:
    page = streams.orders(reply("orders.json"), Call("/order/searchList"))
    assert page.total == 8
    rows = [list(streams.order_rows(item, CONTEXT)) for item in page.items]
    return [(row[0], row[1:]) for row in rows]


@pytest.mark.parametrize("created", ["0", "null", '""'])
def test_an_order_without_its_creation_is_reported_not_dated_1970(created: str) -> None:
    order = f'{{"order_id":"69","order_status":2,"create_time":{created},"pay_time":"","sku_order_list":null}}'
    body = f'{{"code":10000,"data":{{"total":1,"shop_order_list":[{order}]}}}}'
    [item] = streams.orders(Reply(200, {}, body.encode()), Call("/order/searchList")).items
    assert [(row.check, row.status) for row in streams.order_rows(item, CONTEXT)] == [("undated_order", "fail")]


def test_an_order_with_a_shared_campaign_a_gift_and_a_live_room(orders: list) -> None:
    order, lines = orders[0]
    assert (order.status, order.order_type, order.payment_type) == ("paid", "normal", "prepaid")
    assert (order.list_amount, order.seller_discount, order.platform_discount, order.shipping_amount) == (
        D("200.00"), D("10.00"), D("2.00"), D("6.00"))
    assert (order.created_at, order.paid_at, order.shipped_at) == (at(1781784072), at(1781784100), None)
    assert (order.channel, order.live_session_id) == ("live", "7380012345678901234")
    assert (order.region, order.buyer, order.currency) == ("浙江", "1@#AbCdEf", "CNY")
    assert [(line.line_id, line.product_id, line.sku_id, line.quantity, line.list_amount, line.seller_discount,
             line.platform_discount, line.is_gift) for line in lines] == [
        ("6920012345678901235", "3540012345678901234", "1730012345678901", 2, D(160), D(8), D("1.6"), False),
        ("6920012345678901236", "3540012345678909999", "1730012345678999", 1, D(40), D(2), D("0.4"), False),
        ("6920012345678901237", "3540012345678900001", "1730012345678001", 1, D(0), D(0), D(0), True)]


def test_nothing_of_the_receiver_survives(orders: list) -> None:
    for trace in ("请放门口", "##", "$$", "王", "杭州", "anchor-a"):
        assert trace not in repr(orders)


@pytest.mark.parametrize(("index", "expected"), [
    (0, ("paid", "2")), (1, ("open", "1/103")), (2, ("delivered", "3")), (3, ("cancelled", "4/22")),
    (4, ("cancelled", "4")), (5, ("completed", "5")), (7, ("unknown", "977")),
])
def test_statuses(orders: list, index: int, expected: tuple[str, str]) -> None:
    order = orders[index][0]
    assert (order.status, order.native_status) == expected


def test_a_deposit_is_no_sale(orders: list) -> None:
    order = orders[1][0]
    assert (order.order_type, order.deposit_amount, order.deposit_paid_at) == ("presale", D(50), at(1781784090))
    assert (order.paid_at, order.balance_paid_at) == (None, None)


def test_the_balance_makes_it_one(orders: list) -> None:
    order = orders[2][0]
    assert (order.deposit_amount, order.balance_paid_at, order.paid_at) == (D(50), at(1781900000), at(1781900000))
    assert (order.shipped_at, order.delivered_at) == (at(1781940000), at(1781945000))


@pytest.mark.parametrize(("index", "cancelled"), [(3, 1781990000), (4, 1781790000)])
def test_when_an_order_was_cancelled(orders: list, index: int, cancelled: int) -> None:
    """Closed by a refund after shipping: by its last change, since it was finished before."""
    assert orders[index][0].cancelled_at == at(cancelled)


def test_costs_on_the_order_alone_are_spread_to_the_fen(orders: list) -> None:
    order, lines = orders[5]
    assert order.payment_type == "cod"
    assert order.channel == "ad"
    assert [(line.seller_discount, line.platform_discount) for line in lines] == [
        (D("0.33"), D("0.00")), (D("0.67"), D("0.01"))]
    assert (order.seller_discount, order.platform_discount) == (D("1.00"), D("0.01"))


def test_a_changed_price_is_the_sellers_discount(orders: list) -> None:
    order = orders[6][0]
    assert (order.list_amount, order.seller_discount, order.order_type) == (D(100), D(10), "sample")


@pytest.fixture(scope="module")
def refunds() -> list[list[Refund | Finding]]:
    items = streams.aftersales(reply("aftersales.json"), Call("/afterSale/List")).items
    wanting = [item for item in items if streams.paid_back(item)]
    bodies = json.loads((FIXTURES / "details.json").read_text())
    details = [Reply(200, {}, json.dumps(body).encode()) for body in bodies]
    assert streams.paid_back_calls(wanting, CONTEXT)[0].params == {"after_sale_id": "7123450000000000001"}
    assert len(list(streams.with_paid_back(wanting, details))) == 3
    return [list(streams.refund_rows(item, CONTEXT)) for item in items]


def test_what_was_paid_back_not_what_was_applied_for(refunds: list) -> None:
    (refund,) = refunds[0]
    assert (refund.order_id, refund.line_id) == ("6920012345678901234", "6920012345678901235")
    assert (refund.goods_amount, refund.shipping_amount) == (D("147.20"), D("6.00"))  # applied for: 150.00
    assert (refund.refund_type, refund.status, refund.quantity, refund.restocked) == (
        "return_refund", "success", 2, True)
    assert (refund.requested_at, refund.refunded_at) == (at(1781787600), at(1781787950))
    assert refund.reason_code == "quality"


def test_one_row_for_each_line(refunds: list) -> None:
    rows = refunds[1]
    assert [(row.line_id, row.goods_amount, row.quantity) for row in rows] == [
        ("6920000000000000061", D("9.33"), 1), ("6920000000000000062", D("18.67"), 2)]
    assert {row.refunded_at for row in rows} == {at(1781788000)}  # no refund_time: the last change
    assert {row.refund_type for row in rows} == {"cancel_before_ship"}


@pytest.mark.parametrize(("index", "expected"), [
    (2, ("refund_only", "approved", None, D(0))),       # agreed, the money still on its way
    (3, ("return_refund", "requested", None, D(90))),   # the amount applied for, no line known
    (4, ("exchange", "approved", None, D(0))),          # 3 is 13 under another name
    (5, ("refund_only", "unknown", None, D(1))),
])
def test_other_stages(refunds: list, index: int, expected: tuple[object, ...]) -> None:
    row = refunds[index][-1]
    assert (row.refund_type, row.status, row.refunded_at, row.goods_amount) == expected


def test_an_unheard_of_type_is_reported(refunds: list) -> None:
    assert refunds[5][0] == Finding("unknown_refund_type", "aftersale_type 99")
    assert refunds[3][0].order_id == "6920000000000000007"


@pytest.mark.parametrize(("word", "expected"), [
    (streams.changed_orders, {"page": 3, "size": 100, "update_time_start": 100, "update_time_end": 201,
                              "order_by": "update_time", "order_asc": True}),
    (streams.changed_aftersales, {"page": 3, "size": 100, "update_start_time": 100, "update_end_time": 201,
                                  "order_by": ["update_time asc"]}),
])
def test_windows_are_rounded_outwards(word: object, expected: dict[str, object]) -> None:
    window = Window(at(100).replace(microsecond=900_000), at(200).replace(microsecond=1))
    assert word(Ask(window=window, page=3, size=100), CONTEXT).params == expected  # type: ignore[operator]


@pytest.mark.parametrize(("start", "sent"), [(at(1_781_784_072), 1_781_784_071), (BEGINNING, 1_420_070_399)])
def test_a_window_of_products_excludes_both_ends_and_never_begins_at_0(start: datetime, sent: int) -> None:
    ask = Ask(window=Window(start, at(1_781_790_000)), page=1, size=100)
    assert streams.changed_products(ask, CONTEXT).params == {
        "page": 1, "size": 100, "update_start_time": sent, "update_end_time": 1_781_790_000}


def test_a_product_has_a_row_for_each_sku() -> None:
    body = {"code": 10000, "data": {"total": 1, "data": [{
        "product_id": 3540012345678901234, "name": "保温杯", "status": 1, "check_status": 3, "create_time": 1781784072,
        "category_detail": {"first_cname": "家居", "second_cname": "杯壶"}}]}}
    (item,) = streams.products(Reply(200, {}, json.dumps(body).encode()), Call("/product/listV2")).items
    assert [row.sku_id for row in streams.product_rows(item, CONTEXT)] == ["3540012345678901234"]
    skus = Reply(200, {}, b'{"code":10000,"data":[{"id":1730012345678901,"price":100},{"id":1730012345678902}]}')
    assert list(streams.with_skus([item], [skus])) == [item]
    assert list(streams.product_rows(item, CONTEXT)) == [
        Product(product_id="3540012345678901234", sku_id=sku, title="保温杯", category="家居",
                listed_at=at(1781784072), status="off_shelf") for sku in ("1730012345678901", "1730012345678902")]


@pytest.mark.parametrize("body", [
    b'{"code":10000,"data":{"data":[{"sku_id":7}]}}', b'{"code":10000,"data":[{"id":7,"price":1}]}'])
def test_skus_in_either_shape(body: bytes) -> None:
    item = wire.Product(product_id=1)
    list(streams.with_skus([item], [Reply(200, {}, body)]))
    assert [row.sku_id for row in streams.product_rows(item, CONTEXT)] == ["7"]


def ads_reply(name: str, rows: list[dict[str, object]]) -> Reply:
    data = {name: rows, "page_info": {"page": 1, "page_size": 100, "total_number": len(rows), "total_page": 1}}
    return Reply(200, {}, json.dumps({"code": 0, "message": "OK", "data": data}).encode())


def test_ad_spend_is_in_yuan_and_plans_add_up_to_their_campaign() -> None:
    page = ads.reports(ads_reply("list", [
        {"stat_datetime": "2026-06-18 00:00:00", "ad_id": 1, "campaign_id": 9, "campaign_name": "引流",
         "stat_cost": 12.34, "show_cnt": 10, "click_cnt": 2, "pay_order_count": 1, "pay_order_amount": 99.9,
         "marketing_goal": "LIVE_PROM_GOODS"},
        {"stat_datetime": "2026-06-18 00:00:00", "ad_id": 2, "campaign_id": 9, "campaign_name": "引流",
         "stat_cost": 0.01, "show_cnt": 5, "marketing_goal": "LIVE_PROM_GOODS"},
    ]), Call("v1.0/x/", host="ads"))
    assert page.total == 2
    (row,) = ads.by_campaign(page.items)
    assert list(ads.report_rows(row, CONTEXT)) == [
        AdDaily(date=date(2026, 6, 18), campaign_id="9", channel="live", spend=D("12.35"), impressions=15, clicks=2,
                attributed_orders=1, attributed_sales=D("99.9"), currency="CNY"),
        Campaign(campaign_id="9", channel="live", name="引流")]


def test_a_report_of_the_account_stands_under_its_number_and_absent_is_not_zero() -> None:
    page = ads.reports(ads_reply("list", [{"stat_datetime": "2026-06-18", "stat_cost": 5}]), Call("v1.0/x/"))
    found, _ = ads.report_rows(next(iter(ads.by_campaign(page.items))), CONTEXT)
    assert isinstance(found, AdDaily)
    assert (found.campaign_id, found.spend, found.clicks, found.attributed_sales) == ("1790", D(5), None, None)


def test_a_live_room() -> None:
    page = ads.rooms(ads_reply("room_list", [
        {"room_id": 7380012345678901234, "room_title": "t", "start_time": "2026-06-18 19:00:00", "end_time": "",
         "aweme_id": 65432118800, "anchor_name": "anchor-a", "stat_cost": 1.5, "total_live_watch_cnt": 1000,
         "live_pay_order_gmv_alias": 1234.56}]), Call("v1.0/x/"))
    assert list(ads.room_rows(page.items[0], CONTEXT)) == [LiveSession(
        session_id="7380012345678901234", host_type="creator", started_at=datetime(2026, 6, 18, 11, tzinfo=UTC),
        views_pv=1000, gmv_in_session=D("1234.56"), ad_spend=D("1.5"), currency="CNY")]


def test_every_field_that_is_read_has_its_class() -> None:
    catalogue = load(Path(streams.__file__).parent / "fields.yaml")
    for source, kind in CONNECTOR.wire.items():
        entries = catalogue.sources[source].by_path
        for path in wire_paths(kind):
            assert entries[path].treatment != "drop", path


@pytest.mark.parametrize(("name", "source"), [("orders.json", "order"), ("aftersales.json", "aftersale"),
                                              ("details.json", "aftersale")])
def test_every_field_that_arrives_has_its_class(name: str, source: str) -> None:
    known = load(Path(streams.__file__).parent / "fields.yaml").sources[source]
    assert known.unknown((FIXTURES / name).read_bytes(), set(), deep=True) == set()
    strange = (FIXTURES / name).read_bytes().replace(b'"code"', b'"giftwrap"', 1)
    assert known.unknown(strange, set()) == {"giftwrap"}


def test_wire_reads_an_empty_page() -> None:
    assert streams.orders(Reply(200, {}, b'{"code":10000,"data":null}'), Call("x")).items == []
    assert wire.data(b'{"code":10000}', wire.OrderData) == wire.OrderData()
