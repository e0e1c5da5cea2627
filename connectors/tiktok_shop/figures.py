"""The shop's performance by day, as TikTok counts it. Wants a scope of its own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from connectors.engine.stream import DAY, HOUR, Ask, ByDay, Call, Context, Page, Reply, Stream
from connectors.tiktok_shop import wire
from queries.records import PlatformNativeDaily, TrafficDaily

REACH = 180 * DAY
"""How far back days are asked for. TikTok refuses days that it keeps no longer, and does not say from when on."""


def performance(ask: Ask, context: Context) -> Call:
    """Whole days of the shop, in its own money; today is never ready, so the last few days are asked for as a week."""
    assert ask.first_day and ask.last_day
    today = context.now.astimezone(context.zone).date()
    return Call("/analytics/202405/shop/performance", {
        "start_date_ge": str(min(ask.first_day, ask.last_day - 6 * DAY)),
        "end_date_lt": str(min(ask.last_day + DAY, today)), "granularity": "1D", "currency": "LOCAL"})


def days(reply: Reply, call: Call) -> Page:
    """Days that are not ready yet come as zeros: they are left for a later run."""
    data = wire.data(reply.body)
    found = data.performance.intervals if data.performance else []
    ready = [day for day in found if not data.latest_available_date or day.start_date <= data.latest_available_date]
    return Page(ready, len(ready))


def day_rows(day: wire.Performance, context: Context) -> Iterator[TrafficDaily | PlatformNativeDaily]:
    """The mean of visitors a day is, of one day, its visitors. What is not told is unknown, not 0."""
    at = date.fromisoformat(day.start_date[:10])
    yield TrafficDaily(date=at, channel="all", visitors=day.avg_product_page_visitors,
                       page_views=day.product_page_views, impressions=day.product_impressions,
                       paying_buyers=day.buyers)
    if day.gmv:
        yield PlatformNativeDaily(date=at, metric="gmv", value=day.gmv.amount,
                                  currency=day.gmv.currency or context.currency)
    for metric, value in (("orders", day.orders), ("units", day.units_sold)):
        if value is not None:
            yield PlatformNativeDaily(date=at, metric=metric, value=value)


TRAFFIC = Stream(
    name="traffic", source="performance", tables=(TrafficDaily, PlatformNativeDaily), read=days, rows=day_rows,
    changes=ByDay(performance, size=100, span=30, reach=REACH), key=lambda day: day.start_date, lookback=7 * DAY,
    every=20 * HOUR, approval="the scope data.shop_analytics.public.read")
"""Read a week back each time: refunds and cancellations restate the last days."""
