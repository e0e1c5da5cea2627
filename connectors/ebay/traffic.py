"""The traffic report: how often listings were shown and looked at, by day. Wants a scope of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, time

from connectors.ebay import wire
from connectors.engine.stream import DAY, HOUR, Ask, ByDay, Call, Context, Page, Reply, Stream
from queries.records import TrafficDaily

SCOPE = "sell.analytics.readonly"
METRICS = ("LISTING_IMPRESSION_TOTAL", "LISTING_VIEWS_TOTAL")
EBAY_DAY, WEEK = "America/Los_Angeles", 6 * DAY
REACH = 728 * DAY
"""Two years of 365 days, less the day on which a run may pass midnight."""


def report(ask: Ask, context: Context) -> Call:
    """Days of the shop: eBay's own day is that of Los Angeles; with an offset it counts them on that clock and drops
    the time of day. A report that begins after the last day that eBay has is refused: none is shorter than a week."""
    assert ask.first_day and ask.last_day
    days = (min(ask.first_day, ask.last_day - WEEK), ask.last_day)
    if context.zone.key == EBAY_DAY:
        first, last = (f"{day:%Y%m%d}" for day in days)
    else:
        first, last = (datetime.combine(day, time(), context.zone).isoformat(timespec="milliseconds") for day in days)
    filters = f"marketplace_ids:{{{context.settings.marketplace_id}}},date_range:[{first}..{last}]"
    return Call("/sell/analytics/v1/traffic_report", {
        "dimension": "DAY", "filter": filters, "metric": ",".join(METRICS)})


def days(reply: Reply, call: Call) -> Page:
    """A table: the header says which column is which metric."""
    found = wire.TRAFFIC.decode(reply.body) if reply.body else wire.TrafficReport()
    keys = [metric.key.upper() for metric in found.header.metrics]
    rows = [wire.TrafficDay(re.sub(r"\D", "", str(record.dimension_values[0].value))[:8],
                            dict(zip(keys, record.metric_values, strict=False)))
            for record in found.records if record.dimension_values]
    return Page(rows, len(rows))


def day_rows(row: wire.TrafficDay, context: Context) -> Iterator[TrafficDaily]:
    """What eBay calls not applicable is unknown, not 0."""
    def figure(metric: str) -> int | None:
        cell = row.figures.get(metric)
        return int(float(cell.value)) if cell and cell.applicable and cell.value not in (None, "") else None

    if len(row.day) == 8:
        yield TrafficDaily(date=date.fromisoformat(row.day), channel="all", impressions=figure(METRICS[0]),
                           page_views=figure(METRICS[1]))


TRAFFIC = Stream(
    name="traffic", source="traffic", tables=(TrafficDaily,), lookback=7 * DAY, every=20 * HOUR, read=days,
    changes=ByDay(report, size=100, span=30, reach=REACH), rows=day_rows, key=lambda row: row.day,
    enabled=lambda settings: SCOPE in settings.scope, approval=f"the scope {SCOPE}")
"""Only where the connection's `scopes` name it: a consent without it would be refused at the token call."""
