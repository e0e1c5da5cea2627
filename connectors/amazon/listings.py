"""What the seller has listed, from a report of all listings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from connectors.amazon import flat_file
from connectors.amazon.reports import create, created, no_pages, report_stands, report_status
from connectors.engine.stream import HOUR, Ask, ByReport, Call, Context, Stream
from queries.records import Product

LISTINGS_REPORT = "GET_MERCHANT_LISTINGS_ALL_DATA"
COLUMNS = ("item-name", "seller-sku", "asin1", "open-date", "status")
STATUS = {"active": "on_sale", "inactive": "off_shelf", "incomplete": "off_shelf"}
HOURS_EAST = {"PST": -8, "PDT": -7, "UTC": 0, "GMT": 0, "BST": 1, "MET": 1, "CET": 1, "MEST": 2, "CEST": 2, "JST": 9}


def listing_report(ask: Ask, context: Context) -> Call:
    return create(LISTINGS_REPORT, context)


def listings(lines: Iterable[bytes]) -> Iterator[flat_file.Row]:
    return flat_file.table(lines, COLUMNS)


def listing_rows(row: flat_file.Row, context: Context) -> Iterator[Product]:
    status = row["status"].lower()
    yield Product(product_id=row["asin1"], sku_id=row["seller-sku"], title=row["item-name"],
                  listed_at=opened(row["open-date"]), status=STATUS.get(status, status or None))  # fmt: skip


def opened(value: str) -> datetime | None:
    """`2025-01-02 03:04:05 PST`, in Japan `2025/01/02 03:04:05 JST`; a form or a zone that is not known gives no time
    rather than a wrong one."""
    moment, _, zone = value.replace("/", "-").rpartition(" ")
    try:
        return datetime.fromisoformat(moment).replace(tzinfo=UTC) - timedelta(hours=HOURS_EAST[zone])
    except (ValueError, KeyError):
        return None


PRODUCTS = Stream(
    name="products", source="listing", tables=(Product,), every=20 * HOUR, read=no_pages, rows=listing_rows,
    changes=ByReport(listing_report, created, report_status, report_stands, flat_file.first_column, listings,
                     every=timedelta(seconds=20), headed=True),
    key=lambda row: row["seller-sku"])  # fmt: skip
