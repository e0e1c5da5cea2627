"""One shop's whole history: orders, refunds and buyers, planned to their ends."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from connectors.sandbox.world.aftersales import settle
from connectors.sandbox.world.catalogue import shelf
from connectors.sandbox.world.orders import Counter, take
from connectors.sandbox.world.people import buyer
from connectors.sandbox.world.shops import habit_of
from connectors.sandbox.world.types import WorldBuyer, WorldOrder, WorldRefund, WorldShop
from connectors.sandbox.world.visits import visits

AHEAD = 2
"""Days planned beyond the world's instant, so that a served world goes on living."""


@dataclass
class History:
    """Plans by id; `changes` holds what tests did to an order and when."""

    till: Counter
    orders: dict[str, WorldOrder] = field(default_factory=dict)
    refunds: dict[str, WorldRefund] = field(default_factory=dict)
    refunds_of: dict[str, tuple[str, ...]] = field(default_factory=dict)
    changes: dict[str, list[datetime]] = field(default_factory=dict)
    buyers: dict[str, WorldBuyer] = field(default_factory=dict)
    """By person key."""
    last_number: int = 0

    def add(self, order: WorldOrder, refunds: tuple[WorldRefund, ...] = ()) -> None:
        self.orders[order.order_id] = order
        if refunds:
            self.refunds.update((refund.refund_id, refund) for refund in refunds)
            self.refunds_of[order.order_id] = tuple(refund.refund_id for refund in refunds)


def trouble_from(now: datetime) -> datetime:
    """The first of the last month but one in Beijing: since then a product and a campaign go wrong."""
    local = now.astimezone(ZoneInfo("Asia/Shanghai"))
    month = (local.replace(day=1, hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)).replace(
        day=1
    )
    return month


def days_planned(shop: WorldShop, now: datetime) -> tuple[date, date]:
    """First and last shop day of the history."""
    zone = ZoneInfo(shop.tz)
    opened = shop.opened_at.astimezone(zone)
    first = opened.date() + timedelta(days=1) if opened.hour else opened.date()  # the first whole day abroad
    return first, now.astimezone(zone).date() + timedelta(days=AHEAD)


def buyers_so_far(shop: WorldShop, now: datetime, seed: int, scale: float) -> list[WorldBuyer]:
    """Who came to the shop by `now`, without working out what they bought."""
    first, last = days_planned(shop, now)
    known: dict[str, WorldBuyer] = {}
    for visit in visits(shop.platform, seed, scale, first, last, shop.tz):
        if visit.at <= now and visit.key not in known:
            known[visit.key] = buyer(
                shop.platform, seed, len(known) + 1, visit.key, visit.is_guest, shop.country
            )
    return list(known.values())


def history(shop: WorldShop, now: datetime, seed: int, scale: float) -> History:
    first, last = days_planned(shop, now)
    trouble = trouble_from(now)
    habit = habit_of(shop)
    goods = shelf(shop.platform, seed, shop.opened_at, trouble.date(), habit)
    past = History(Counter(seed, shop, habit, goods))
    for number, visit in enumerate(visits(shop.platform, seed, scale, first, last, shop.tz), 1):
        if visit.key not in past.buyers:
            past.buyers[visit.key] = buyer(
                shop.platform, seed, len(past.buyers) + 1, visit.key, visit.is_guest, shop.country
            )
        for order in take(past.till, past.buyers[visit.key], visit.at, number, visit.order_key):
            outcome = settle(past.till, order, trouble)
            past.add(outcome.order, outcome.refunds)
            for extra in outcome.extra:
                past.add(extra)
        past.last_number = number
    return past
