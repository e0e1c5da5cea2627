"""The worked example of the metric dictionary, as records merged into a warehouse.

Window 2025-03-01 to 2025-03-07, base currency CNY, one dollar is 7 yuan. Four shops, fifteen orders: a day
boundary, an unpaid and a paid order that were cancelled, two presales (one open), a brushing order, a partial
refund after the window, two rules for cash on delivery, a shop whose day differs from UTC, an exchange, a
pending refund, and buyers with old history.

>>> warehouse = build(tmp_path)            # merged and published
>>> duckdb.connect(str(warehouse.snapshot("person")), read_only=True)
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

from queries.records import AdDaily, Fee, LiveSession, Order, OrderLine, Record, Refund, Shop, TrafficDaily
from queries.warehouse import Batch, Warehouse

NOW = datetime(2025, 3, 21, 4, 0, tzinfo=UTC)
DATA_THROUGH = date(2025, 3, 20)


def at(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text.replace(" ", "T")).replace(tzinfo=UTC) if text else None


SHOPS = {
    ("taobao", "T1"): Shop(
        name="Tmall flagship",
        tz="Asia/Shanghai",
        currency="CNY",
        cod_anchor="delivered",
        history_from=date(2023, 1, 1),
    ),
    ("jd", "J1"): Shop(
        name="JD shop",
        tz="Asia/Shanghai",
        currency="CNY",
        cod_anchor="created",
        history_from=date(2023, 1, 1),
    ),
    ("shopify", "S1"): Shop(
        name="US store",
        tz="America/New_York",
        currency="USD",
        cod_anchor="created",
        history_from=date(2023, 1, 1),
    ),
    ("amazon", "A1"): Shop(
        name="Amazon US",
        tz="America/Los_Angeles",
        currency="USD",
        cod_anchor="created",
        history_from=date(2023, 1, 1),
    ),
}

# fmt: off
# id, buyer, status, type, payment, created, paid, balance, shipped, delivered, cancelled, list, seller discount,
# platform discount, shipping, tax, deposit, deposit paid, channel, region, excluded, live
_T1 = [
    ("h1", "c1", "completed", "normal", "prepaid", "2024-01-10 04:00", "2024-01-10 04:05", None, "2024-01-11 04:00",
     "2024-01-13 04:00", None, 50, 0, 0, 0, 0, 0, None, "search", "浙江", None, None),
    ("h2", "c2", "completed", "normal", "prepaid", "2024-12-01 04:00", "2024-12-01 04:05", None, "2024-12-02 04:00",
     "2024-12-04 04:00", None, 60, 0, 0, 0, 0, 0, None, "search", "江苏", None, None),
    ("o1", "c1", "completed", "normal", "prepaid", "2025-03-01 15:30", "2025-03-01 16:10", None, "2025-03-02 16:10",
     "2025-03-05 04:00", None, 200, 20, 10, 0, 0, 0, None, "search", "浙江", None, None),
    ("o2", "c2", "cancelled", "normal", "prepaid", "2025-03-02 04:00", None, None, None, None, "2025-03-03 04:00",
     100, 0, 0, 0, 0, 0, None, "search", "江苏", None, None),
    ("o3", "c1", "cancelled", "normal", "prepaid", "2025-03-03 03:00", "2025-03-03 03:05", None, None, None,
     "2025-03-04 02:00", 300, 0, 0, 0, 0, 0, None, "shelf", "浙江", None, None),
    ("o4", "c3", "shipped", "presale", "prepaid", "2025-03-01 02:00", "2025-03-01 02:01", "2025-03-05 02:00",
     "2025-03-06 02:00", None, None, 500, 50, 0, 0, 0, 50, "2025-03-01 02:01", "shelf", "上海", None, None),
    ("o5", "c4", "open", "presale", "prepaid", "2025-03-02 02:00", "2025-03-02 02:01", None, None, None, None,
     400, 0, 0, 0, 0, 50, "2025-03-02 02:01", "shelf", "上海", None, None),
    ("o6", "c5", "completed", "normal", "prepaid", "2025-03-03 06:00", "2025-03-03 06:01", None, "2025-03-03 08:00",
     "2025-03-05 06:00", None, 999, 0, 0, 0, 0, 0, None, "search", "浙江", "brushing", None),
    ("o7", "c2", "completed", "normal", "prepaid", "2025-03-06 06:00", "2025-03-06 06:01", None, "2025-03-07 06:01",
     "2025-03-09 06:00", None, 120, 0, 0, 0, 0, 0, None, "ad", "江苏", None, None),
    ("o9", "c7", "completed", "normal", "cod", "2025-03-06 07:00", None, None, "2025-03-07 07:00",
     "2025-03-09 07:00", None, 60, 0, 0, 0, 0, 0, None, "search", "北京", None, None),
    ("o13", "c1", "paid", "normal", "prepaid", "2025-03-07 12:00", "2025-03-07 12:01", None, None, None, None,
     90, 0, 0, 0, 0, 0, None, "live", "浙江", None, "L1"),
]
_J1 = [
    ("o8", "c6", "completed", "normal", "cod", "2025-03-02 06:00", None, None, "2025-03-02 18:00",
     "2025-03-06 06:00", None, 80, 0, 0, 0, 0, 0, None, "search", "北京", None, None),
]
_S1 = [
    ("o10", "c8", "paid", "normal", "prepaid", "2025-03-08 03:00", "2025-03-08 03:00", None, None, None, None,
     100, 10, 0, 5, 8, 0, None, "direct", "NY", None, None),
]
_A1 = [
    ("o11", "c9", "shipped", "exchange", "prepaid", "2025-03-04 18:00", "2025-03-04 18:00", None,
     "2025-03-05 18:00", None, None, 40, 0, 0, 0, 0, 0, None, "search", "CA", None, None),
    ("o12", "c10", "shipped", "normal", "prepaid", "2025-03-04 19:00", "2025-03-04 19:00", None,
     "2025-03-05 19:00", None, None, 100, 0, 0, 0, 0, 0, None, "search", "CA", None, None),
]
# order, line, product, quantity, list, seller discount, platform discount, unit cost, gift
_LINES = {
    ("taobao", "T1"): [("o1", "1", "A", 1, 120, 12, 6, 50, False), ("o1", "2", "B", 1, 80, 8, 4, 30, False),
                       ("o1", "3", "G", 1, 0, 0, 0, 2, True), ("o3", "1", "C", 1, 300, 0, 0, 120, False),
                       ("o4", "1", "D", 1, 500, 50, 0, 200, False), ("o7", "1", "A", 1, 120, 0, 0, 50, False),
                       ("o13", "1", "B", 1, 90, 0, 0, 30, False)],
    ("jd", "J1"): [("o8", "1", "B", 1, 80, 0, 0, 30, False)],
    ("shopify", "S1"): [("o10", "1", "E", 1, 100, 10, 0, None, False)],
    ("amazon", "A1"): [("o12", "1", "F", 2, 100, 0, 0, 15, False)],
}
# refund, order, type, status, requested, refunded, quantity, goods, restocked, reason
_REFUNDS = {
    ("taobao", "T1"): [
        ("r1", "o3", "cancel_before_ship", "success", "2025-03-04 02:00", "2025-03-04 02:00", 1, 300, True,
         "changed_mind"),
        ("r2", "o7", "refund_only", "success", "2025-03-09 08:00", "2025-03-10 08:00", 0, 30, False, "quality"),
        ("r3", "o13", "refund_only", "requested", "2025-03-07 13:00", None, 0, 90, False, "late")],
    ("amazon", "A1"): [("r4", "o12", "exchange", "success", "2025-03-06 08:00", "2025-03-06 08:00", 1, 50, True,
                        "size")],
}
_OTHERS: dict[tuple[str, str], list[Record]] = {
    ("taobao", "T1"): [
        AdDaily(date=date(2025, 3, 6), campaign_id="k1", channel="ad", spend=Decimal(40), impressions=10000,
                clicks=250, attributed_orders=1, attributed_sales=Decimal(120), attribution_window="15d click",
                currency="CNY"),
        TrafficDaily(date=date(2025, 3, 6), channel="all", visitors=400, sessions=520, page_views=1300,
                     add_to_cart_visitors=30, paying_buyers=1),
        TrafficDaily(date=date(2025, 3, 7), channel="all", visitors=300, sessions=360, page_views=900,
                     add_to_cart_visitors=20, paying_buyers=1),
        LiveSession(session_id="L1", host_type="self", started_at=datetime(2025, 3, 7, 11, tzinfo=UTC),
                    ended_at=datetime(2025, 3, 7, 13, tzinfo=UTC), viewers_uv=600, views_pv=1000,
                    peak_online=80, product_click_uv=60, paying_buyers=1, gmv_in_session=Decimal(90),
                    new_followers=12, ad_spend=Decimal(0), currency="CNY"),
        Fee(order_id="o1", fee_type="commission", amount=Decimal(9),
            charged_at=datetime(2025, 3, 6, tzinfo=UTC), currency="CNY")],
    ("amazon", "A1"): [
        AdDaily(date=date(2025, 3, 4), campaign_id="k2", channel="search", spend=Decimal(10), impressions=2000,
                clicks=40, attributed_orders=1, attributed_sales=Decimal(100), attribution_window="7d click",
                currency="USD"),
        Fee(order_id="o12", fee_type="commission", amount=Decimal(15),
            charged_at=datetime(2025, 3, 6, tzinfo=UTC), currency="USD")],
    ("jd", "J1"): [
        Fee(order_id="o8", fee_type="commission", amount=Decimal("6.4"),
            charged_at=datetime(2025, 3, 8, tzinfo=UTC), currency="CNY")],
}
# fmt: on
_ORDERS = {("taobao", "T1"): _T1, ("jd", "J1"): _J1, ("shopify", "S1"): _S1, ("amazon", "A1"): _A1}


def records(platform: str, shop_id: str) -> list[Record]:
    """All records of one shop of the example, the shop first and each order before its lines."""
    place = (platform, shop_id)
    shop = SHOPS[place]
    rows: list[Record] = [shop]
    for (
        order_id,
        buyer,
        status,
        kind,
        payment,
        created,
        paid,
        balance,
        shipped,
        delivered,
        cancelled,
        listed,
        seller,
        funded,
        shipping,
        tax,
        deposit,
        deposit_paid,
        channel,
        region,
        excluded,
        live,
    ) in _ORDERS[place]:
        rows.append(
            Order(
                order_id=order_id,
                buyer=buyer,
                status=status,
                order_type=kind,
                payment_type=payment,
                created_at=at(created),
                paid_at=at(paid),
                balance_paid_at=at(balance),
                shipped_at=at(shipped),
                delivered_at=at(delivered),
                cancelled_at=at(cancelled),
                currency=shop.currency,
                list_amount=Decimal(listed),
                seller_discount=Decimal(seller),
                platform_discount=Decimal(funded),
                shipping_amount=Decimal(shipping),
                tax_amount=Decimal(tax),
                tax_included=shop.currency == "CNY",
                deposit_amount=Decimal(deposit),
                deposit_paid_at=at(deposit_paid),
                channel=channel,
                region=region,
                excluded_reason=excluded,
                live_session_id=live,
            )
        )
    for order_id, line_id, product, quantity, listed, seller, funded, cost, gift in _LINES[place]:
        rows.append(
            OrderLine(
                order_id=order_id,
                line_id=line_id,
                product_id=product,
                sku_id=product,
                quantity=quantity,
                list_amount=Decimal(listed),
                seller_discount=Decimal(seller),
                platform_discount=Decimal(funded),
                unit_cost=None if cost is None else Decimal(cost),
                is_gift=gift,
            )
        )
    for (
        refund_id,
        order_id,
        kind,
        status,
        requested,
        refunded,
        quantity,
        goods,
        restocked,
        reason,
    ) in _REFUNDS.get(place, []):
        rows.append(
            Refund(
                refund_id=refund_id,
                order_id=order_id,
                refund_type=kind,
                status=status,
                requested_at=at(requested),
                refunded_at=at(refunded),
                quantity=quantity,
                goods_amount=Decimal(goods),
                restocked=restocked,
                reason_code=reason,
            )
        )
    return rows + _OTHERS.get(place, [])


def build(home: Path, *, now: datetime = NOW) -> Warehouse:
    """A prepared warehouse that holds the example, published."""
    warehouse = Warehouse(home, clock=lambda: now)
    warehouse.prepare()
    with warehouse.write() as session:
        session.execute("DELETE FROM fx_rates")
        session.execute("INSERT INTO fx_rates VALUES (DATE '2023-01-01', 'USD', 'CNY', 7, 'worked example')")
    for platform, shop_id in SHOPS:
        warehouse.merge(
            Batch(
                f"{platform}-example",
                platform,
                shop_id,
                "orders",
                records(platform, shop_id),
                replaces=("order_lines",),
            )
        )
    with warehouse.write() as session:
        session.execute("UPDATE shops SET data_through = ?", [DATA_THROUGH])
    warehouse.publish()
    return warehouse
