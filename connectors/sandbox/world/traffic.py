"""Visitors: by day and channel with the shop's own total, and by product in the last months."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from connectors.sandbox.world.calendar import demand
from connectors.sandbox.world.chance import stream
from connectors.sandbox.world.figures import TrafficRow
from connectors.sandbox.world.shops import HABITS
from connectors.sandbox.world.types import WorldOrder, WorldShop

PRODUCT_DAYS = 130
"""Days back for which the platforms hand out product traffic."""


def traffic(
    shop: WorldShop, seed: int, scale: float, orders: Iterable[WorldOrder], first: date, last: date
) -> list[TrafficRow]:
    """Whole days from `first` to `last`. Paying buyers are the buyers of that day's sales."""
    zone = ZoneInfo(shop.tz)
    by_channel: dict[date, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    by_product: dict[date, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for order in orders:
        if order.sale_at is None or order.order_type not in ("normal", "presale") or order.excluded_reason:
            continue
        day, who = order.sale_at.astimezone(zone).date(), order.buyer.buyer_id or order.order_id
        by_channel[day][order.channel].add(who)
        by_channel[day]["all"].add(who)
        for line in order.lines:
            if not line.is_gift:
                by_product[day][line.product.product_id].add(who)
    popular = [p for p, _ in Counter(p for d in by_product.values() for p in d).most_common(25)]
    rows: list[TrafficRow] = []
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        rows += _day(shop.platform, seed, scale, day, by_channel[day])
        if (last - day).days < PRODUCT_DAYS:
            rows += _products(shop.platform, seed, scale, day, popular, by_product[day])
    return rows


def _day(platform: str, seed: int, scale: float, day: date, buyers: dict[str, set[str]]) -> list[TrafficRow]:
    habit, rng = HABITS[platform], stream(seed, platform, "traffic", day)
    rows, together = [], 0
    for channel, share in habit.channels:
        usual = habit.visits * scale * share * 1.6 * demand(habit.side, day) / habit.conversion
        visitors = int(
            usual * 0.55 * rng.uniform(0.85, 1.15) + len(buyers[channel]) * 0.45 / habit.conversion
        ) + len(buyers[channel])
        together += visitors
        rows.append(_row(rng, platform, day, channel, None, visitors, len(buyers[channel])))
    everyone = max(int(together * rng.uniform(0.88, 0.94)), len(buyers["all"]))
    seen = sum(row.impressions or 0 for row in rows)
    clicked = sum(row.clicks or 0 for row in rows)
    rows.append(_row(rng, platform, day, "all", None, everyone, len(buyers["all"]), (seen, clicked)))
    return rows


def _products(
    platform: str, seed: int, scale: float, day: date, popular: list[str], buyers: dict[str, set[str]]
) -> list[TrafficRow]:
    habit, rows = HABITS[platform], []
    for place, product in enumerate(popular):
        rng = stream(seed, platform, "product traffic", day, product)
        usual = habit.visits * scale * demand(habit.side, day) / habit.conversion * 1.2 / (place + 4)
        visitors = int(usual * rng.uniform(0.7, 1.3)) + len(buyers[product]) * rng.randint(8, 20)
        rows.append(_row(rng, platform, day, "all", product, visitors, len(buyers[product])))
    return rows


def _row(
    rng: random.Random,
    platform: str,
    day: date,
    channel: str,
    product: str | None,
    visitors: int,
    buyers: int,
    seen: tuple[int, int] | None = None,
) -> TrafficRow:
    clicks = int(visitors * rng.uniform(1.02, 1.2))
    exposed = channel not in ("direct", "all")
    impressions = int(clicks / rng.uniform(0.03, 0.06)) if exposed else None
    if seen:
        impressions, clicks = seen
    in_basket = min(visitors, int(visitors * rng.uniform(0.06, 0.10)) + buyers)
    return TrafficRow(
        platform,
        day,
        channel,
        product,
        visitors,
        int(visitors * rng.uniform(1.15, 1.35)),
        int(visitors * rng.uniform(2.6, 3.9)),
        impressions,
        clicks if impressions is not None else None,
        in_basket,
        buyers,
    )
