"""The market the questions are asked about: six shops, 25 months, the same for the same seed, in seconds.

Shop, product, brand, campaign and account names are those of the sandbox, so that a question can be tried there too.
About 7,500 orders. Today is 2026-11-24 in Shanghai; everything is synced through the day before.

>>> warehouse = build(tmp_path)      # merged, segmented, registers filled, published
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from connectors import catalogue_paths
from connectors.engine.catalogue import load
from connectors.sandbox.registers import MARK, demonstration
from queries.privacy.decisions import load_settings
from queries.privacy.importing import import_registers
from queries.records import (
    Campaign,
    Fee,
    Order,
    OrderLine,
    Product,
    Record,
    Refund,
    Review,
    Shop,
)
from queries.segments import take_snapshots
from queries.warehouse import Batch, Warehouse
from tests.evaluation.daily import reports
from tests.evaluation.places import (
    BUYERS,
    CAMPAIGNS,
    CENT,
    DAYS,
    FIRST,
    GOODS,
    NOW,
    PLACES,
    PROVINCES,
    REASONS,
    TODAY,
    Place,
)


def build(home: Path, seed: int = 23) -> Warehouse:
    """The market, published, with the shipped settings, demonstration registers and four weeks of segments."""
    warehouse = Warehouse(home, clock=lambda: NOW)
    warehouse.prepare()
    load_settings(
        warehouse,
        home,
        now=NOW,
        catalogues=catalogue_paths(),
        fields=lambda: [row for path in catalogue_paths() for row in load(path).rows()],
    )
    for place in PLACES:
        rows = [*_shop(place), *_sales(place, random.Random(f"{seed}/{place.platform}"))]
        rows += reports(place, random.Random(f"{seed}/{place.platform}/days"))
        warehouse.merge(Batch(f"{place.platform}-1", place.platform, place.shop_id, "orders", rows))
    with warehouse.write() as session:
        session.execute(
            "UPDATE shops SET data_through = ?, history_from = ?", [TODAY - timedelta(days=1), FIRST]
        )
        for place in PLACES:
            session.execute(
                "INSERT INTO connections VALUES (?, ?, ?, 'active', ['orders'], ?, ?)",
                [
                    f"{place.platform}-1",
                    place.platform,
                    place.shop_id,
                    datetime(2024, 10, 25),
                    NOW.replace(tzinfo=None),
                ],
            )
    keys = {place.platform: [f"{place.platform}-b{n}" for n in range(BUYERS)] for place in PLACES}
    import_registers(warehouse, demonstration(NOW, keys, seed), by=MARK, now=NOW)
    take_snapshots(warehouse, [TODAY - timedelta(days=back) for back in (22, 15, 8, 1)])
    warehouse.publish()
    return warehouse


def _shop(place: Place) -> Iterator[Record]:
    yield Shop(
        name=place.name,
        tz=place.tz,
        currency=place.currency,
        cod_anchor=place.cod_anchor,  # type: ignore[arg-type]
        history_from=FIRST,
    )
    abroad = place.currency != "CNY"
    for number, (zh, en, group_zh, group_en, brand, _) in enumerate(GOODS):
        yield Product(
            product_id=f"{place.shop_id[:6]}{number:03d}",
            sku_id=f"{place.shop_id[:6]}{number:03d}-1",
            title=en if abroad else zh,
            category=(group_en if abroad else group_zh) if place.named else None,
            brand=brand if abroad else None,
            status="active",
            listed_at=datetime(2024, 6, 1, tzinfo=UTC),
        )
    for key, name, channel in CAMPAIGNS[place.platform]:
        yield Campaign(campaign_id=key, name=name, channel=channel, status="active", starts_on=FIRST)


def _sales(place: Place, dice: random.Random) -> Iterator[Record]:
    """Orders of every day with their lines, refunds, fees and reviews."""
    number = 0
    for offset in range(DAYS):
        day = FIRST + timedelta(days=offset)
        busy = 5.0 if (day.month, day.day) in ((11, 11), (6, 18), (12, 12)) else 1.0 + offset / DAYS / 2
        for _ in range(_poisson(place.orders * busy, dice)):
            number += 1
            yield from _order(place, number, day, dice)


def _poisson(mean: float, dice: random.Random) -> int:
    count, spent = 0, dice.expovariate(1.0)
    while spent < mean:
        count, spent = count + 1, spent + dice.expovariate(1.0)
    return count


def _order(place: Place, number: int, day: date, dice: random.Random) -> Iterator[Record]:
    created = datetime(day.year, day.month, day.day, 1, tzinfo=UTC) + timedelta(
        minutes=dice.randrange(14 * 60)
    )
    cod = dice.random() < place.cod
    paid = None if cod or dice.random() < 0.07 else created + timedelta(minutes=dice.randrange(1, 50))
    started = paid or (created if cod else None)
    shipped = started + timedelta(hours=dice.randrange(3, 70)) if started and dice.random() < 0.93 else None
    delivered = shipped + timedelta(hours=dice.randrange(30, 130)) if shipped else None
    shipped, delivered = (moment if moment and moment < NOW else None for moment in (shipped, delivered))
    lines = [_line(place, number, at, dice) for at in range(dice.choice((1, 1, 1, 2, 2, 3)))]
    if dice.random() < 0.06:
        lines.append(_line(place, number, 9, dice, gift=True))
    total = sum((line.list_amount for line in lines), Decimal(0))
    discount = sum((line.seller_discount for line in lines), Decimal(0))
    channel = dice.choices(place.channels, [6, 4, 3, 2, 1][: len(place.channels)])[0]
    buyer = int(BUYERS * dice.random() ** 1.6)
    done = delivered is not None
    order = Order(
        order_id=f"{place.platform[:2]}{number}",
        buyer=f"{place.platform}-b{buyer}" if dice.random() > 0.01 else None,
        status="completed" if done else "shipped" if shipped else "paid" if paid else "open",
        payment_type="cod" if cod else "prepaid",
        created_at=created,
        paid_at=paid,
        shipped_at=shipped,
        delivered_at=delivered,
        currency=place.currency,
        list_amount=total,
        seller_discount=discount,
        platform_discount=Decimal(dice.randrange(4)),
        shipping_amount=Decimal(dice.choice((0, 0, 0, 8))),
        channel=channel,
        region=PROVINCES[min(int(len(PROVINCES) * dice.random() ** 1.4), 7)],
        excluded_reason="brushing" if dice.random() < 0.02 else None,
        live_session_id=f"{place.platform[:2]}-s{(day - FIRST).days // 3 * 3}" if channel == "live" else None,
    )
    yield order
    yield from lines
    if paid or (cod and done):
        yield from _after(place, order, lines, dice)


def _line(place: Place, number: int, at: int, dice: random.Random, *, gift: bool = False) -> OrderLine:
    good = int(len(GOODS) * dice.random() ** 1.5)
    quantity = 1 if gift else dice.choice((1, 1, 1, 2, 3))
    price = Decimal(0) if gift else Decimal(GOODS[good][5]) / (1 if place.currency == "CNY" else 6)
    value = (price * quantity).quantize(CENT)
    return OrderLine(
        order_id=f"{place.platform[:2]}{number}",
        line_id=f"l{at}",
        product_id=f"{place.shop_id[:6]}{good:03d}",
        sku_id=f"{place.shop_id[:6]}{good:03d}-1",
        quantity=quantity,
        list_amount=value,
        is_gift=gift,
        seller_discount=(value * dice.randrange(0, 25) / 100).quantize(CENT),
        unit_cost=None if good == 11 else (price / 3).quantize(CENT),
    )


def _after(place: Place, order: Order, lines: list[OrderLine], dice: random.Random) -> Iterator[Record]:
    paid = order.paid_at or order.created_at
    goods = order.list_amount - order.seller_discount
    for kind, share in (("commission", "0.05"), ("payment", "0.006")):
        yield Fee(
            order_id=order.order_id,
            fee_type=kind,
            amount=(goods * Decimal(share)).quantize(CENT),  # type: ignore[arg-type]
            charged_at=min(paid + timedelta(days=9), NOW),
            currency=place.currency,
        )
    if dice.random() < 0.3 and order.delivered_at:
        rating = Decimal(dice.choice((5, 5, 5, 4, 4, 3, 2, 1)))
        yield Review(
            review_id=f"v{order.order_id}",
            product_id=lines[0].product_id,
            rating=rating,
            rating_scale=5,
            created_at=order.delivered_at,
            has_reply=dice.random() < 0.4,
        )
    when = paid + timedelta(days=dice.randrange(1, 14))
    if dice.random() > (0.16 if order.channel == "live" else 0.09) or when >= NOW:
        return
    line = lines[0]
    kind = (
        dice.choice(("refund_only", "return_refund", "return_refund"))
        if order.shipped_at
        else "cancel_before_ship"
    )
    whole = kind == "cancel_before_ship"
    yield Refund(
        refund_id=f"r{order.order_id}",
        order_id=order.order_id,
        line_id=None if whole else line.line_id,
        refund_type=kind,
        status=dice.choices(("success", "rejected"), (9, 1))[0],
        requested_at=when,  # type: ignore[arg-type]
        refunded_at=when,
        quantity=0 if kind == "refund_only" else line.quantity,
        restocked=kind != "refund_only",
        goods_amount=goods if whole else line.list_amount - line.seller_discount,
        reason_code=dice.choice(REASONS),
    )
