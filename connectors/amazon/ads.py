"""Sponsored Products, Brands and Display by campaign and day: a separate API, with a login of its own, reports only."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import msgspec

from connectors.amazon import wire
from connectors.amazon.figures import one_document
from connectors.amazon.reports import no_pages
from connectors.engine.errors import Broken, Rejected
from connectors.engine.stream import DAY, HOUR, Ask, ByReport, Call, Context, Reply, Report, Stream
from connectors.engine.values import text
from queries.records import AdDaily, Campaign

DUPLICATE = 425
STATUS = {"ENABLED": "active", "PAUSED": "paused", "ARCHIVED": "ended"}


@dataclass(frozen=True)
class Kind:
    """One of Amazon's kinds of ads. Sales are those within fourteen days of a click (Display: of a view too)."""

    product: str
    report: str
    orders: str
    sales: str
    kept: timedelta
    """How long Amazon keeps its days."""


KINDS = {
    "ads": Kind("SPONSORED_PRODUCTS", "spCampaigns", "purchases14d", "sales14d", 94 * DAY),
    "ads_brands": Kind("SPONSORED_BRANDS", "sbCampaigns", "purchases", "sales", 59 * DAY),
    "ads_display": Kind("SPONSORED_DISPLAY", "sdCampaigns", "purchases", "sales", 64 * DAY),
}
COLUMNS = ("date", "campaignId", "campaignName", "campaignStatus", "campaignBudgetCurrencyCode", "impressions",
           "clicks", "cost")  # fmt: skip


def ordered(kind: Kind) -> Any:
    """Words the order of a report: at most thirty-one days, both ends included."""

    def word(ask: Ask, context: Context) -> Call:
        assert ask.window is not None
        first, last = (at.astimezone(context.zone).date() for at in (ask.window.start, ask.window.end))
        return Call("/reporting/reports", verb="POST", host="ads", answers=(DUPLICATE,), body={
            "name": f"souk {kind.report} {first}", "startDate": str(first), "endDate": str(last),
            "configuration": {
                "adProduct": kind.product, "reportTypeId": kind.report, "groupBy": ["campaign"], "timeUnit": "DAILY",
                "format": "GZIP_JSON", "columns": [*COLUMNS, kind.orders, kind.sales]}})  # fmt: skip

    return word


def number(reply: Reply) -> str:
    """Of the report; of the one that was ordered in the same words lately, which Amazon names instead of making another
    (a killed run ordered it)."""
    found = wire.AD_REPORT.decode(reply.body)
    if reply.status != DUPLICATE:
        return found.report_id
    twin = re.search(r"duplicate of\s*:\s*([\w-]+)", found.detail)
    if twin is None:
        raise Broken(f"(HTTP {DUPLICATE})")
    return twin[1]


def stands(reply: Reply) -> Report:
    found = wire.AD_REPORT.decode(reply.body)
    if found.status == "COMPLETED":
        return Report("done", found.url, gzip=True)
    if found.status.startswith("FAIL"):
        return Report("failed", why=found.failure_reason or found.status)
    return Report("running")


def rows_of(lines: Iterable[bytes]) -> Iterator[wire.AdRow]:
    try:
        yield from wire.AD_ROWS.decode(b"".join(lines))
    except msgspec.DecodeError:
        raise Rejected("(the report is not the document that was asked for)") from None


def day_rows(row: wire.AdRow, context: Context) -> Iterator[AdDaily | Campaign]:
    """Spend and sales are of the day of the click; sales are added for two weeks after it."""
    orders = row.purchases14d if row.purchases14d is not None else row.purchases
    sales = row.sales14d if row.sales14d is not None else row.sales
    yield AdDaily(
        date=date.fromisoformat(row.date), campaign_id=text(row.campaign_id), channel="ad", spend=row.cost,
        impressions=row.impressions, clicks=row.clicks, attributed_orders=orders, attributed_sales=sales,
        attribution_window="14d", currency=row.campaign_budget_currency_code or context.currency)  # fmt: skip
    yield Campaign(campaign_id=text(row.campaign_id), name=row.campaign_name or text(row.campaign_id), channel="ad",
                   status=STATUS.get(row.campaign_status or "", row.campaign_status))  # fmt: skip


def stream(name: str, kind: Kind) -> Stream:
    return Stream(
        name=name, source="ads", tables=(AdDaily, Campaign), read=no_pages, rows=day_rows,
        changes=ByReport(ordered(kind), number, lambda report: Call(f"/reporting/reports/{report}", host="ads"), stands,
                         one_document, rows_of, every=timedelta(seconds=20), span=30 * DAY, reach=kind.kept),
        key=lambda row: f"{row.campaign_id} {row.date}", lookback=28 * DAY, every=20 * HOUR,
        enabled=lambda settings: bool(settings.ads_profile_id and settings.ads_refresh_token))  # fmt: skip


ADS = tuple(stream(name, kind) for name, kind in KINDS.items())
"""Read four weeks back each time: sales are attributed for two weeks, and invalid clicks are taken out later."""
