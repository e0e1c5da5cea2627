"""What platforms report by day: ads, traffic, social, stock, settlements, live sessions."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from queries.records import (
    AdDaily,
    InventoryDaily,
    LiveSession,
    Record,
    Settlement,
    SocialDaily,
    TrafficDaily,
)
from tests.evaluation.places import ACCOUNTS, CAMPAIGNS, DAYS, FIRST, Place


def reports(place: Place, dice: random.Random) -> Iterator[Record]:
    """Every day of one shop."""
    followers = 4000
    for offset in range(DAYS):
        day = FIRST + timedelta(days=offset)
        noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
        for key, _, channel in CAMPAIGNS[place.platform]:
            clicks = dice.randrange(20, 200)
            yield AdDaily(
                date=day,
                campaign_id=key,
                channel=channel,
                spend=Decimal(clicks) * Decimal("0.9"),
                impressions=clicks * dice.randrange(30, 60),
                clicks=clicks,
                attributed_orders=clicks // 40,
                attributed_sales=Decimal(clicks * dice.randrange(1, 6)),
                attribution_window="15d click",
                currency=place.currency,
            )
        if place.platform != "woocommerce":
            yield from _traffic(place, day, dice)
        if place.platform in ACCOUNTS:
            followers += dice.randrange(-3, 14)
            yield SocialDaily(
                account=ACCOUNTS[place.platform],
                date=day,
                followers=followers,
                posts=dice.randrange(3),
                impressions=dice.randrange(500, 3000),
                likes=dice.randrange(10, 90),
                comments=dice.randrange(9),
                shares=dice.randrange(6),
            )
        if place.live and offset % 3 == 0:
            viewers = dice.randrange(200, 1500)
            yield LiveSession(
                session_id=f"{place.platform[:2]}-s{offset}",
                host_type=("self", "creator")[offset % 2],  # type: ignore[arg-type]
                started_at=noon,
                ended_at=noon + timedelta(minutes=dice.randrange(60, 240)),
                viewers_uv=viewers,
                views_pv=viewers * 2,
                product_click_uv=viewers // 6,
                paying_buyers=viewers // 50,
                gmv_in_session=Decimal(viewers * dice.randrange(90, 400)) / 100,
                new_followers=viewers // 80,
                currency=place.currency,
            )
        if place.currency != "EUR" and place.platform in ("taobao", "jd"):
            yield InventoryDaily(
                sku_id=f"{place.shop_id[:6]}000-1",
                date=day,
                on_hand=900 - offset % 60 * 9,
                received=540 if offset % 60 == 0 else 0,
            )
        if offset % 15 == 0:
            yield Settlement(
                settlement_id=f"{place.platform[:2]}x{offset}",
                date=day,
                amount=Decimal(dice.randrange(900, 4000)),
                currency=place.currency,
            )


def _traffic(place: Place, day: date, dice: random.Random) -> Iterator[Record]:
    total = 0
    for channel in place.channels:
        visitors = dice.randrange(30, 160)
        total += visitors
        yield _visits(day, channel, visitors)
    yield _visits(day, "all", total - total // 9)


def _visits(day: date, channel: str, visitors: int) -> TrafficDaily:
    return TrafficDaily(
        date=day,
        channel=channel,
        visitors=visitors,
        sessions=visitors * 5 // 4,
        page_views=visitors * 3,
        impressions=visitors * 12,
        clicks=visitors,
        add_to_cart_visitors=visitors // 9,
        paying_buyers=visitors // 40,
    )
