"""A small generated market: three shops, two months, every kind of fact, the same for the same seed.

About 700 orders of 120 buyers in six provinces; order-level and line-level refunds, gifts, presales, unpaid and
flagged orders, dollars beside yuan, traffic with and without a total row, levels, and one day of segments.

>>> warehouse = build(tmp_path)      # merged and published; today is 2026-11-21 in Shanghai
"""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from queries.privacy.decisions import load_settings
from queries.records import (
    AdDaily,
    Campaign,
    Fee,
    InventoryDaily,
    LiveSession,
    Order,
    OrderLine,
    Product,
    Record,
    Refund,
    Review,
    Settlement,
    Shop,
    SocialDaily,
    TrafficDaily,
)
from queries.warehouse import Batch, Warehouse

NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
TODAY = date(2026, 11, 21)
FIRST, DAYS = date(2026, 9, 20), 62
HISTORY_FROM = date(2024, 1, 1)
SHOPS = {
    ("taobao", "T1"): Shop(
        name="Tmall flagship", tz="Asia/Shanghai", currency="CNY", history_from=HISTORY_FROM
    ),
    ("jd", "J1"): Shop(name="JD shop", tz="Asia/Shanghai", currency="CNY", history_from=HISTORY_FROM),
    ("amazon", "A1"): Shop(
        name="Amazon US", tz="America/Los_Angeles", currency="USD", history_from=HISTORY_FROM
    ),
}
PROVINCES = ("浙江", "江苏", "上海", "北京", "广东", "西藏")
PRODUCTS = [
    (f"p{n}", f"Product {n}", ("Tea", "Cups", "Outdoor")[n % 3], ("Northwind", "Fabrikam")[n % 2])
    for n in range(12)
]
SEGMENTS = ("champions", "loyal", "promising", "hibernating", "lost")
CHANNELS = ("search", "live", "shelf", "ad", "direct")


def build(home: Path, seed: int = 11) -> Warehouse:
    """The market, published, with the shipped privacy settings."""
    warehouse = Warehouse(home, clock=lambda: NOW)
    warehouse.prepare()
    load_settings(warehouse, home, now=NOW)
    for (platform, shop_id), shop in SHOPS.items():
        rows = [shop, *_of_shop(platform, shop_id, random.Random(f"{seed}/{platform}"))]
        warehouse.merge(Batch(f"{platform}-1", platform, shop_id, "orders", rows))
    with warehouse.write() as session:
        session.execute("DELETE FROM fx_rates WHERE currency = 'USD'")
        session.execute(
            "UPDATE shops SET data_through = ?, history_from = ?", [date(2026, 11, 20), HISTORY_FROM]
        )
        session.execute("UPDATE orders SET fx_to_base = 7 WHERE currency = 'USD'")
        session.execute("UPDATE ad_daily SET fx_to_base = 7 WHERE currency = 'USD'")
        session.execute("UPDATE fees SET fx_to_base = 7 WHERE currency = 'USD'")
        for platform, shop_id in SHOPS:
            session.execute(
                "INSERT INTO connections VALUES (?, ?, ?, 'active', ['orders'], ?, ?)",
                [f"{platform}-1", platform, shop_id, datetime(2026, 1, 1), datetime(2026, 11, 21, 2, 0)],
            )
        _segments(session)
    warehouse.publish()
    return warehouse


def _segments(session: object) -> None:
    buyers = session.execute(  # type: ignore[attr-defined]
        "SELECT DISTINCT CAST(platform AS VARCHAR), customer_key FROM orders WHERE customer_key IS NOT"
        " NULL ORDER BY 1, 2"
    )
    rows = []
    for place, (platform, key) in enumerate(buyers):
        segment = "big_spenders" if place % 40 == 7 else SEGMENTS[place % len(SEGMENTS)]
        rows.append((date(2026, 11, 20), platform, key, "rfm", segment, 1))
        rows.append(
            (date(2026, 11, 20), platform, key, "lifecycle", ("active", "cooling", "lapsed")[place % 3], 1)
        )
    session.executemany("INSERT INTO customer_segments VALUES (?, ?, ?, ?, ?, ?)", rows)  # type: ignore[attr-defined]


def _of_shop(platform: str, shop_id: str, dice: random.Random) -> list[Record]:
    currency = SHOPS[(platform, shop_id)].currency
    rows: list[Record] = [
        Product(
            product_id=key,
            sku_id=f"{key}-s",
            title=title,
            category=category,
            brand=brand,
            status="active",
            listed_at=datetime(2026, 1, 5, tzinfo=UTC),
        )
        for key, title, category, brand in PRODUCTS
    ]
    for number in range(230):
        rows += _order(platform, currency, number, dice)
    rows += _reports(platform, currency, dice)
    return rows


def _order(platform: str, currency: str, number: int, dice: random.Random) -> list[Record]:
    buyer = dice.randrange(44)
    created = datetime(2026, 9, 20, 3, tzinfo=UTC) + timedelta(minutes=dice.randrange(DAYS * 24 * 60 - 600))
    paid = None if dice.random() < 0.08 else created + timedelta(minutes=dice.randrange(1, 40))
    shipped = paid + timedelta(hours=dice.randrange(4, 60)) if paid and dice.random() < 0.9 else None
    lines = [_line(number, place, dice) for place in range(dice.randrange(1, 4))]
    total = sum((line.list_amount for line in lines), Decimal(0))
    discount = sum((line.seller_discount for line in lines), Decimal(0))
    if dice.random() < 0.2:
        lines.append(
            OrderLine(
                order_id=f"o{number}",
                line_id="gift",
                product_id="p0",
                sku_id="p0-s",
                quantity=1,
                list_amount=Decimal(0),
                unit_cost=Decimal(2),
                is_gift=True,
            )
        )
    order = Order(
        order_id=f"o{number}",
        buyer=f"{platform}-b{buyer}" if dice.random() > 0.02 else None,
        status="paid" if paid else "open",
        created_at=created,
        paid_at=paid,
        shipped_at=shipped,
        delivered_at=shipped + timedelta(days=3) if shipped else None,
        currency=currency,
        list_amount=total,
        seller_discount=discount,
        platform_discount=Decimal(dice.randrange(3)),
        shipping_amount=Decimal(dice.randrange(8)),
        channel=dice.choice(CHANNELS),  # type: ignore[arg-type]
        region=PROVINCES[min(buyer // 8, 5)],
        excluded_reason="brushing" if dice.random() < 0.03 else None,
    )
    return [order, *lines, *_refunds(order, lines, dice)]


def _line(number: int, place: int, dice: random.Random) -> OrderLine:
    product = dice.randrange(len(PRODUCTS))
    price = Decimal(dice.randrange(1000, 30000)) / 100
    quantity = dice.randrange(1, 4)
    return OrderLine(
        order_id=f"o{number}",
        line_id=f"l{place}",
        product_id=f"p{product}",
        sku_id=f"p{product}-s",
        quantity=quantity,
        list_amount=price * quantity,
        seller_discount=Decimal(dice.randrange(0, 500)) / 100,
        unit_cost=None if product == 11 else Decimal(5),
    )


def _refunds(order: Order, lines: list[OrderLine], dice: random.Random) -> list[Refund]:
    if order.paid_at is None or dice.random() > 0.25:
        return []
    when = order.paid_at + timedelta(days=dice.randrange(1, 12))
    if dice.random() < 0.5:
        part = (order.list_amount - order.seller_discount) * Decimal(dice.randrange(1, 10)) / 10
        return [
            Refund(
                refund_id=f"r{order.order_id}",
                order_id=order.order_id,
                refund_type="refund_only",
                status="success",
                requested_at=when,
                refunded_at=when,
                quantity=0,
                goods_amount=part.quantize(Decimal("0.01")),
                reason_code="quality",
            )
        ]
    line = lines[0]
    return [
        Refund(
            refund_id=f"r{order.order_id}",
            order_id=order.order_id,
            line_id=line.line_id,
            refund_type="return_refund",
            status="success",
            requested_at=when,
            refunded_at=when,
            quantity=1,
            restocked=True,
            reason_code="size",
            goods_amount=line.list_amount - line.seller_discount,
        )
    ]


def _reports(platform: str, currency: str, dice: random.Random) -> list[Record]:
    rows: list[Record] = [Campaign(campaign_id="c1", name="Autumn"), Campaign(campaign_id="c2", name="Brand")]
    for offset in range(DAYS):
        day = FIRST + timedelta(days=offset)
        noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
        for campaign in ("c1", "c2"):
            rows.append(
                AdDaily(
                    date=day,
                    campaign_id=campaign,
                    channel="search",
                    spend=Decimal(dice.randrange(10, 90)),
                    impressions=dice.randrange(1000, 5000),
                    clicks=dice.randrange(20, 200),
                    attributed_orders=2,
                    attributed_sales=Decimal(dice.randrange(50, 500)),
                    attribution_window="15d click",
                    currency=currency,
                )
            )
        channels = ("search", "live") if platform == "jd" else ("all", "search", "live")
        for channel in channels:
            rows.append(
                TrafficDaily(
                    date=day,
                    channel=channel,
                    visitors=dice.randrange(50, 99),
                    sessions=120,
                    page_views=300,
                    add_to_cart_visitors=9,
                    paying_buyers=3,
                )
            )
        rows.append(
            Fee(
                order_id=f"o{offset}",
                fee_type="commission",
                amount=Decimal("3.5"),
                charged_at=noon,
                currency=currency,
            )
        )
        rows.append(
            InventoryDaily(
                sku_id="p1-s", date=day, on_hand=500 - offset, received=10 if offset % 20 == 0 else 0
            )
        )
        rows.append(
            SocialDaily(
                account="main",
                date=day,
                followers=1000 + offset * 3,
                posts=1,
                impressions=400,
                likes=9,
                comments=2,
                shares=1,
            )
        )
        rows.append(
            Review(
                review_id=f"v{offset}",
                product_id="p1",
                rating=Decimal(dice.randrange(1, 6)),
                rating_scale=5,
                created_at=noon,
                has_reply=offset % 2 == 0,
            )
        )
        if offset % 7 == 0:
            rows.append(
                LiveSession(
                    session_id=f"s{offset}",
                    host_type=("self", "creator")[offset % 2],  # type: ignore[arg-type]
                    started_at=noon,
                    ended_at=noon + timedelta(hours=2),
                    viewers_uv=300,
                    views_pv=500,
                    product_click_uv=60,
                    paying_buyers=6,
                    gmv_in_session=Decimal(900),
                    currency=currency,
                )
            )
            rows.append(
                Settlement(settlement_id=f"x{offset}", date=day, amount=Decimal(700), currency=currency)
            )
    return rows
