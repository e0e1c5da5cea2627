"""From a visit to an order: ids, basket, channel, marks, and the plan of what will happen."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from connectors.sandbox.world.basket import fill
from connectors.sandbox.world.calendar import Presale, presale_on
from connectors.sandbox.world.catalogue import Shelf
from connectors.sandbox.world.chance import later, pick, split, stream
from connectors.sandbox.world.live import Slot, schedule
from connectors.sandbox.world.numbers import NUMBERS
from connectors.sandbox.world.people import NOTES_CN, NOTES_WEST
from connectors.sandbox.world.shops import Habit
from connectors.sandbox.world.timeline import planned, shipped
from connectors.sandbox.world.types import Channel, WorldBuyer, WorldLine, WorldOrder, WorldShop

BRUSHING = {"taobao": 0.013}
TESTS = {"shopify": 0.006}
SPLITS = {"jd": 0.03}
"""Share of orders with several lines that the platform splits by warehouse."""


@dataclass(frozen=True, slots=True)
class Counter:
    """One shop's till: everything that an order there depends on."""

    seed: int
    shop: WorldShop
    habit: Habit
    shelf: Shelf

    @property
    def platform(self) -> str:
        return self.shop.platform

    def rng(self, *words: object) -> random.Random:
        return stream(self.seed, self.platform, *words)

    def day(self, at: datetime) -> date:
        return at.astimezone(ZoneInfo(self.shop.tz)).date()


def order_id(platform: str, number: int) -> str:
    if platform in NUMBERS:
        return NUMBERS[platform].order(number)
    if platform == "xiaohongshu":
        return f"P{612_345_000_000_000 + number * 10_007}"
    first, step = {
        "taobao": (2_231_958_000_000_000_000, 10_007),
        "jd": (302_145_000_000, 100),
        "douyin": (6_920_012_000_000_000_000, 10_007),
        "shopify": (5_812_000_000_000, 1_024),
        "woocommerce": (1_000, 2),
    }[platform]
    return str(first + number * step)


def numbered(order: WorldOrder) -> WorldOrder:
    """Give the lines their ids as the platform forms them."""
    platform, single = order.platform, len(order.lines) == 1
    lines = []
    for place, line in enumerate(order.lines):
        known = NUMBERS.get(platform)
        if known and known.line:
            line_id = known.line(order.number, place)
        elif known or platform in ("jd", "xiaohongshu"):
            line_id = line.sku.sku_id  # these platforms have no line ids
        elif platform in ("taobao", "douyin"):
            line_id = order.order_id if single else str(int(order.order_id) + place + 1)
        else:
            first = 14_020_000_000_000 if platform == "shopify" else 100
            line_id = str(first + order.number * 20 + place)
        lines.append(replace(line, line_id=line_id))
    return replace(order, lines=tuple(lines))


def take(till: Counter, buyer: WorldBuyer, at: datetime, number: int, key: str) -> list[WorldOrder]:
    """The order of one visit (with its children where the platform splits it), planned to its end."""
    rng, platform = till.rng("order", key), till.platform
    day = till.day(at)
    channel, slot = _channel(rng, till, day)
    if slot:
        at = slot.started_at + timedelta(
            seconds=int((slot.ended_at - slot.started_at).total_seconds() * rng.random())
        )
    basket = fill(rng, till.shelf, till.habit, buyer, day, at, bool(slot and slot.host_type == "creator"))
    order = WorldOrder(
        platform,
        till.shop.shop_id,
        order_id(platform, number),
        number,
        buyer,
        basket.lines,
        till.shop.currency,
        at,
        at,
        shipping=basket.shipping,
        shipping_tax=basket.shipping_tax,
        channel=channel,
        live_session_id=slot.session_id if slot else None,
        creator=slot.host if slot else None,
        creator_id=slot.host_id if slot else None,
        device="mobile" if rng.random() < 0.86 else "pc",
    )
    order, presale = _marked(rng, till, order, day)
    order = numbered(planned(rng, order, till.habit, presale))
    return _split_up(rng, order) if platform in SPLITS else [order]


def _channel(rng: random.Random, till: Counter, day: date) -> tuple[Channel, Slot | None]:
    channel = pick(rng, till.habit.channels)
    if channel != "live":
        return channel, None
    slots = schedule(till.platform, till.seed, day)
    if not slots:
        return "video" if till.platform != "taobao" else "search", None
    return "live", pick(rng, [(slot, slot.pull) for slot in slots])


def _marked(
    rng: random.Random, till: Counter, order: WorldOrder, day: date
) -> tuple[WorldOrder, Presale | None]:
    """Presale, COD, payment method, flags, notes, tests: what makes an order particular."""
    platform, habit = till.platform, till.habit
    presale = presale_on(day) if rng.random() < habit.presale else None
    if rng.random() < BRUSHING.get(platform, 0):
        return replace(
            order,
            lines=(_lone(order.lines),),
            flag="purple",
            excluded_reason="brushing",
            memo="补单 已返现",
            shipping=0,
        ), None
    if presale:
        deposit = max(1000, (order.goods - order.platform_discount) // 1000 * 100)
        return replace(order, deposit=deposit), presale
    if rng.random() < habit.cod:
        order = replace(order, payment_type="cod")
    if habit.side == "west":
        methods = (
            (("stripe", 0.62), ("paypal", 0.26), ("bacs", 0.12))
            if platform == "woocommerce"
            else (("card", 0.8), ("wallet", 0.2))
            if platform in NUMBERS
            else (("shopify_payments", 0.8), ("paypal", 0.2))
        )
        order = replace(order, payment_method=pick(rng, methods))
    if rng.random() < TESTS.get(platform, 0):
        order = replace(order, order_type="test")
    if platform == "shopify" and rng.random() < 0.05:
        order = replace(order, presentment=("CAD", "1.37"))
    if platform == "jd" and rng.random() < 0.04:
        order = replace(order, balance_used=min(2000, order.goods // 10))
    if platform == "douyin" and rng.random() < 0.12:
        order = replace(order, pay_discount=min(300, order.goods // 20))
    notes = NOTES_CN if habit.side == "cn" else NOTES_WEST
    note = rng.choice(notes) if rng.random() < 0.08 else ""
    flagged = habit.side == "cn" and rng.random() < 0.05
    flag = pick(rng, (("red", 0.5), ("yellow", 0.3), ("green", 0.2))) if flagged else "none"
    return replace(order, flag=flag, memo="已电话联系买家" if flagged else "", buyer_note=note), None  # type: ignore[arg-type]


def _lone(lines: tuple[WorldLine, ...]) -> WorldLine:
    """One piece without any discount: what a brushing order looks like."""
    return WorldLine("", lines[0].product, lines[0].sku, 1)


def _split_up(rng: random.Random, order: WorldOrder) -> list[WorldOrder]:
    """JD splits by warehouse: the parent stays in the list beside its children and must not count."""
    goods = [line for line in order.lines if not line.is_gift]
    if len(goods) < 2 or order.paid_at is None or order.cancelled_at or rng.random() >= SPLITS["jd"] / 0.4:
        return [order]
    parts = (tuple(goods[:1]), tuple(line for line in order.lines if line is not goods[0]))
    ships = split(order.shipping, [sum(line.goods for line in lines) for lines in parts])
    used = split(order.balance_used, [sum(line.goods for line in lines) for lines in parts])
    children = []
    for place, lines in enumerate(parts):
        child = replace(
            order,
            order_id=str(int(order.order_id) + place + 1),
            lines=lines,
            shipping=ships[place],
            balance_used=used[place],
            parent_order_id=order.order_id,
            part_shipped_at=None,
        )
        children.append(shipped(rng, child, order.paid_at))
    last = children[-1]
    parent = replace(
        order,
        excluded_reason="duplicate",
        part_shipped_at=None,
        shipped_at=last.shipped_at,
        delivered_at=last.delivered_at,
        completed_at=last.completed_at,
    )
    return [parent, *children]


def place(till: Counter, buyer: WorldBuyer, at: datetime, number: int, key: str) -> WorldOrder:
    """An ordinary order placed and paid at this very second, for tests that need one more."""
    rng = till.rng("placed", key)
    basket = fill(rng, till.shelf, till.habit, buyer, till.day(at), at, False)
    order = WorldOrder(
        till.platform,
        till.shop.shop_id,
        order_id(till.platform, number),
        number,
        buyer,
        basket.lines,
        till.shop.currency,
        at,
        at,
        paid_at=at,
        shipping=basket.shipping,
        shipping_tax=basket.shipping_tax,
        payment_method="stripe" if till.habit.side == "west" else "",
        channel=till.habit.channels[0][0] if till.habit.channels[0][0] != "live" else "shelf",
    )
    return shipped(rng, numbered(order), at)


def replacement(till: Counter, order: WorldOrder, line: WorldLine, quantity: int, at: datetime) -> WorldOrder:
    """Xiaohongshu sends an exchange as an order of its own: goods at list price, all of it off."""
    rng = till.rng("replacement", order.order_id)
    new = replace(
        line, quantity=quantity, item_discount=0, platform_discount=0, talent_discount=0, shared_discount=0
    )
    new = replace(new, order_discount=new.list_amount)
    fresh = replace(
        order,
        order_id=f"P{int(order.order_id[1:]) + 1}",
        lines=(new,),
        created_at=at,
        modified_at=at,
        paid_at=at,
        order_type="exchange",
        shipping=0,
        deposit=0,
        deposit_paid_at=None,
        balance_paid_at=None,
        flag="none",
        memo="",
        buyer_note="",
        closed_at=None,
        channel="unknown",
        live_session_id=None,
        creator=None,
        creator_id=None,
        replaces_order_id=order.order_id,
    )
    return shipped(rng, fresh, later(rng, at, 0.1, 1))
