"""Amazon's own daily figures and the stock in its warehouses. Both need a role that the app asks for by itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, timedelta

import msgspec

from connectors.amazon import wire
from connectors.amazon.reports import create, created, no_pages, report_stands, report_status
from connectors.engine.errors import Rejected
from connectors.engine.stream import (
    DAY,
    HOUR,
    Ask,
    ByCursor,
    ByReport,
    Call,
    Context,
    Page,
    Reply,
    Stream,
)
from queries.records import InventoryDaily, PlatformNativeDaily, TrafficDaily

SALES_REPORT = "GET_SALES_AND_TRAFFIC_REPORT"
TWO_YEARS = 729
"""Days the report reaches back."""


def sales_report(ask: Ask, context: Context) -> Call:
    """Whole days of the marketplace; what lies further back than the report reaches is asked for as its edge. The
    times of day are ignored, but none may lie in the future: east of Greenwich today may not have begun in UTC."""
    assert ask.window is not None
    today = context.now.astimezone(UTC).date()
    edge = context.now.astimezone(context.zone).date() - timedelta(days=TWO_YEARS)
    first, last = (min(max(at.astimezone(context.zone).date(), edge), today)
                   for at in (ask.window.start, ask.window.end))
    return create(SALES_REPORT, context, {"dateGranularity": "DAY", "asinGranularity": "PARENT"}, alone=True,
                  dataStartTime=f"{first}T00:00:00Z", dataEndTime=f"{last}T00:00:00Z")  # fmt: skip


def one_document(_line: bytes) -> str:
    """The file is one JSON document, not lines that belong to items."""
    return ""


def days(lines: Iterable[bytes]) -> Iterator[wire.SalesDay]:
    try:
        yield from wire.SALES.decode(b"".join(lines)).sales_and_traffic_by_date
    except msgspec.DecodeError:
        raise Rejected("(the report is not the document that was asked for)") from None


def day_rows(found: wire.SalesDay, context: Context) -> Iterator[TrafficDaily | PlatformNativeDaily]:
    """Sessions count visits, not people; sales are as ordered, before cancellations."""
    day, traffic, sales = date.fromisoformat(found.date), found.traffic_by_date, found.sales_by_date
    yield TrafficDaily(date=day, channel="all", sessions=traffic.sessions, page_views=traffic.page_views)
    if sales.ordered_product_sales:
        yield PlatformNativeDaily(date=day, metric="gmv", value=sales.ordered_product_sales.amount,
                                  currency=sales.ordered_product_sales.currency_code or context.currency)  # fmt: skip
    if sales.units_ordered is not None:
        yield PlatformNativeDaily(date=day, metric="units", value=sales.units_ordered)


def stock(ask: Ask, context: Context) -> Call:
    """One marketplace a call: the shop's. A token lives for thirty seconds."""
    marketplace = context.settings.marketplaces[0]
    params = {"details": "true", "granularityType": "Marketplace", "granularityId": marketplace,
              "marketplaceIds": marketplace}  # fmt: skip
    if ask.cursor:
        params["nextToken"] = ask.cursor
    return Call("/fba/inventory/v1/summaries", params=params, limit="getInventorySummaries")


def summaries(reply: Reply, call: Call) -> Page:
    found = wire.STOCK.decode(reply.body)
    return Page(found.payload.inventory_summaries, next=(found.pagination and found.pagination.next_token) or None)


def stock_rows(item: wire.Summary, context: Context) -> Iterator[InventoryDaily]:
    """What can be sold now; reserved, damaged and incoming units are not in it."""
    details, today = item.inventory_details, context.now.astimezone(context.zone).date()
    if details and details.fulfillable_quantity is not None:
        yield InventoryDaily(sku_id=item.seller_sku, date=today, on_hand=details.fulfillable_quantity)


TRAFFIC = Stream(
    name="traffic", source="sales_day", tables=(TrafficDaily, PlatformNativeDaily), read=no_pages, rows=day_rows,
    changes=ByReport(sales_report, created, report_status, report_stands, one_document, days,
                     every=timedelta(seconds=20), span=180 * DAY),
    key=lambda found: found.date, lookback=14 * DAY, every=20 * HOUR, approval="the role Brand Analytics")  # fmt: skip
"""Read two weeks back each time: Amazon corrects its figures for about that long."""

STOCK = Stream(
    name="stock", source="stock", tables=(InventoryDaily,), read=summaries, rows=stock_rows,
    changes=ByCursor(stock, size=50, whole=True, lasting=False), key=lambda item: item.seller_sku,
    every=20 * HOUR, approval="the role Amazon Fulfillment")  # fmt: skip
