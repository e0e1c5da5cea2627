"""What Walmart took and paid out, from its reconciliation reports: a zipped CSV a pay period, known by its date."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

from connectors.engine.errors import Broken
from connectors.engine.stream import (
    DAY,
    HOUR,
    Ask,
    ByDay,
    Call,
    Context,
    Detail,
    Finding,
    Page,
    Reply,
    Stream,
)
from connectors.engine.values import money
from connectors.walmart import wire
from connectors.walmart.client import RECON_FILE
from connectors.walmart.windows import REACH
from queries.records import Fee, Settlement

SUMMARY = "PaymentSummary"
FeeType = Literal["commission", "shipping", "fulfilment", "storage", "other"]
FEES: tuple[tuple[str, FeeType], ...] = (
    ("commission", "commission"), ("inventory", "storage"), ("storage", "storage"), ("label", "shipping"),
    ("shipping", "shipping"), ("fulfil", "fulfilment"), ("fulfill", "fulfilment"), ("wfs", "fulfilment"), ("", "other"))
"""By the words in the amount's type and description; the first that fits decides, the last fits all."""
TAKEN = ("commission", "fee")
"""Words of amount types that are fees. Others are turnover, tax on its way and savings that Walmart funds."""


@dataclass
class Period:
    """A report by its date, and its lines once it is here."""

    day: date
    lines: list[wire.StatementLine] = field(default_factory=list)

    @property
    def name(self) -> str:
        return f"{self.day:%m%d%Y}"


def reports_there_are(ask: Ask, context: Context) -> Call:
    """All of them: the days that are wanted ride along, as the list takes no filter."""
    return Call("/v3/report/reconreport/availableReconFiles", {"reportVersion": "v1"}, limit="reports",
                body=(ask.first_day, ask.last_day))


def periods(reply: Reply, call: Call) -> Page:
    """The reports of those days, both ends included."""
    first, last = call.body
    days = [datetime.strptime(name, "%m%d%Y").date() for name in wire.RECON_DATES.decode(reply.body).days or []]
    found = [Period(day) for day in sorted(days) if first <= day <= last]
    return Page(found, total=len(found))


def file_calls(items: Sequence[Period], context: Context) -> list[Call]:
    return [Call(RECON_FILE, {"reportDate": items[0].name, "reportVersion": "v1"}, limit="reports")]


def with_lines(items: Sequence[Period], replies: Sequence[Reply]) -> Iterator[Period]:
    yield Period(items[0].day, list(lines_of(replies[0].body)))


def lines_of(packed: bytes) -> Iterator[wire.StatementLine]:
    """The lines of the report, behind a first one that only counts them."""
    try:
        with zipfile.ZipFile(io.BytesIO(packed)) as archive:
            rows = archive.read(archive.namelist()[0]).decode("utf-8-sig").splitlines()
    except (zipfile.BadZipFile, IndexError, UnicodeDecodeError):
        raise Broken("(the reconciliation report is no zip file)") from None
    head = next((at for at, row in enumerate(rows) if "Transaction Type" in row), len(rows))
    for row in csv.DictReader(rows[head:], delimiter="\t" if rows[head:] and "\t" in rows[head] else ","):
        yield msgspec.convert({name: value or "" for name, value in row.items() if name}, wire.StatementLine)


def statement_rows(period: Period, context: Context) -> Iterator[Fee | Settlement | Finding]:
    """Fees by order and day (negative in the report), and what was paid. A fee given back is a negative fee."""
    for line in period.lines:
        posted = moment(line.posted, context.zone)
        currency = line.currency or context.currency
        if line.kind == SUMMARY:
            yield Settlement(settlement_id=period.name, date=posted.date() if posted else period.day,
                             amount=written_amount(line.payable), currency=currency)
        elif any(word in line.amount_type.lower() for word in TAKEN):
            about = f"{line.amount_type} {line.description}".lower()
            kind: FeeType = next(kind for word, kind in FEES if word in about)
            at = posted or datetime.combine(period.day, datetime.min.time(), context.zone)
            yield Fee(order_id=line.order_id or None, fee_type=kind, amount=-written_amount(line.amount), charged_at=at,
                      currency=currency)
    if not period.lines:
        yield Finding("empty_report", f"reconciliation report {period.name}")


def written_amount(text: str) -> Decimal:
    return money(text.replace(",", ""))


def moment(written: str, zone: ZoneInfo) -> datetime | None:
    """`07/29/2026`, with or without a time behind it: the shop's day."""
    day = written.strip().partition(" ")[0]
    return datetime.strptime(day, "%m/%d/%Y").replace(tzinfo=zone) if day else None


STATEMENTS = Stream(
    name="statements", source="statement", tables=(Fee, Settlement),
    changes=ByDay(reports_there_are, size=1_000, span=1_000, reach=REACH), read=periods, rows=statement_rows,
    key=lambda period: period.name, every=20 * HOUR, lookback=15 * DAY, approval="the right Reports",
    detail=Detail(file_calls, with_lines))
"""The last period is read again for two weeks: its report is made anew now and then."""
