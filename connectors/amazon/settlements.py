"""What was paid out. Settlement reports cannot be ordered: Amazon makes one every week or two; they are looked for."""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from connectors.amazon import flat_file, wire
from connectors.amazon.lines import instant
from connectors.amazon.reports import REPORTS, document, listed
from connectors.engine.errors import Broken, Rejected
from connectors.engine.stream import DAY, HOUR, Ask, ByCursor, Call, Context, Detail, Page, Reply, Stream
from connectors.engine.values import money
from queries.records import Settlement

SETTLEMENTS_REPORT = "GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2"
COLUMNS = ("settlement-id", "settlement-end-date", "deposit-date", "total-amount", "currency")
KEPT = timedelta(days=89)
"""Reports are kept for ninety days; what was paid before that comes in as files."""
GZIP = b"\x1f\x8b"


class Paid:
    """A finished report, and once it has been fetched its first line: the payout; those below it explain it."""

    def __init__(self, report: wire.Report, row: flat_file.Row | None = None) -> None:
        self.report, self.row = report, row


def settlement_reports(ask: Ask, context: Context) -> Call:
    """A token stands for all filters and takes none beside it."""
    assert ask.window is not None
    if ask.cursor:
        return Call(f"{REPORTS}/reports", params={"nextToken": ask.cursor}, limit="getReports")
    since = max(ask.window.start, context.now - KEPT)
    return listed(SETTLEMENTS_REPORT, "DONE", context, createdSince=instant(since))


def reports(reply: Reply, call: Call) -> Page:
    found = wire.REPORTS.decode(reply.body)
    paid = [Paid(one) for one in found.reports if one.report_type == SETTLEMENTS_REPORT and one.report_document_id]
    return Page(paid, next=found.next_token or None)


def documents(items: Sequence[Paid], context: Context) -> list[Call]:
    return [document(item.report.report_document_id or "") for item in items]


def files(items: Sequence[Paid], replies: Sequence[Reply]) -> list[Call]:
    """Of one report at a time: its file, once its address is known."""
    if len(replies) > 1:
        return []
    return [Call(wire.REPORT.decode(replies[0].body).url or "", host="file")]


def with_payouts(items: Sequence[Paid], replies: Sequence[Reply]) -> Iterator[Paid]:
    for item in items:
        body = replies[-1].body
        try:
            lines = (gzip.decompress(body) if body.startswith(GZIP) else body).splitlines()
        except (OSError, EOFError) as error:
            raise Broken("(damaged file)") from error
        yield Paid(item.report, next(flat_file.table(lines[:2], COLUMNS), None))


def payout_rows(item: Paid, context: Context) -> Iterator[Settlement]:
    row = item.row
    if row and row["total-amount"]:
        yield Settlement(
            settlement_id=row["settlement-id"], amount=amount(row["total-amount"]),
            date=day(row["deposit-date"] or row["settlement-end-date"], context),
            currency=row["currency"] or context.currency)  # fmt: skip


def amount(text: str) -> Decimal:
    """`1234.50`, or `1.234,50` where the marketplace writes so."""
    whole, comma, cents = text.rpartition(",")
    return money(f"{whole.replace('.', '')}.{cents}" if comma else text)


def day(text: str, context: Context) -> date:
    """The shop's day of `2026-03-17`, `2026-03-17T03:27:08+00:00`, `2026-03-17 03:27:08 UTC` or
    `17.03.2026 03:27:08 UTC`."""
    text = text.removesuffix(" UTC")
    if text[2:3] == ".":
        text = f"{text[6:10]}-{text[3:5]}-{text[:2]}{text[10:]}"
    try:
        if len(text) == len("2026-03-17"):
            return date.fromisoformat(text)
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Rejected("(a settlement without its day)") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(context.zone).date()


SETTLEMENTS = Stream(
    name="settlements", source="settlement", tables=(Settlement,), read=reports, rows=payout_rows,
    changes=ByCursor(settlement_reports, size=100), key=lambda item: item.report.report_id, lookback=DAY,
    every=20 * HOUR, approval="the role Finance and Accounting",
    detail=Detail(documents, with_payouts, more=files))  # fmt: skip
