"""Exports that lie on this machine: checked whole, then written in batches; one that has not changed is left.

Like a stream, an export has a checkpoint (its fingerprint), a run in `sync_runs` and a report, and its failure
is its own. Buyer ids become the same pseudonyms as through the platform's connector.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from connectors import available, connector
from connectors.engine.pseudonym import Pseudonym
from connectors.engine.run import Progress, StreamReport
from connectors.engine.stream import Finding, Import
from queries.records import Order, Product, Record, Refund, Shop
from queries.trouble import Trouble
from queries.warehouse import Batch, Check, SyncRun, Warehouse
from queries.warehouse.connections import Connection, has_shop, is_connected

BATCH_ROWS = 20_000
SHOWN_EVERY = 5_000
SHOP_STREAM = "shop"
ONCE = "import"
"""The name under which files given by hand are imported."""


class Importing:
    """Imports the exports of a connection, one after another. Of an export of orders the products are written only
    where no connection tells more of them."""

    def __init__(
        self, warehouse: Warehouse, secret: bytes | str, clock: Callable[[], datetime],
        progress: Callable[[Progress], None], turn: asyncio.Lock,
    ) -> None:
        self.warehouse, self.secret, self.clock = warehouse, secret, clock
        self.progress, self.turn = progress, turn

    async def all(self, link: Connection, exports: Sequence[Import], *, full: bool) -> list[StreamReport]:
        """One report an export, in the order of their names."""
        return [await asyncio.to_thread(self._one, link, export, full, asyncio.get_running_loop())
                for export in sorted(exports, key=lambda export: export.name)]

    def _one(self, link: Connection, export: Import, full: bool, loop: asyncio.AbstractEventLoop) -> StreamReport:
        began, span, odd = time.monotonic(), None, Counter[Finding]()
        run = SyncRun(uuid.uuid4().hex, link.connection, export.name, self.clock(), None, "running")
        report = StreamReport(link.connection, export.name, "succeeded")
        try:
            fingerprint = export.fingerprint()
            if not full and self.warehouse.checkpoint(link.connection, export.name) == {"fingerprint": fingerprint}:
                return report
            total, span = _checked(export, odd, lambda rows, rate: self.progress(
                Progress(link.connection, f"{export.name} (checking)", rows, None, rate)))  # fmt: skip
            report = self._write(link, export, fingerprint, total, report, loop)
        except Trouble as trouble:
            told = f"{trouble.say('en')} {trouble.hint('en')}".strip()
            report = replace(report, status="failed", error=told, trouble=trouble)
        report = replace(report, seconds=round(time.monotonic() - began, 3))
        if report.status == "succeeded" and span is not None:
            run = replace(run, platform=export.platform, shop_id=export.shop_id, window_start=span[0],
                          window_end=span[1], complete_orders=True)
        self._note(export, replace(run, ended_at=self.clock(), status=report.status, rows_read=report.rows_read,
                                   rows_written=report.rows_written, error=report.error), odd)
        return report

    def _write(
        self, link: Connection, export: Import, fingerprint: str, total: int, report: StreamReport,
        loop: asyncio.AbstractEventLoop,
    ) -> StreamReport:
        self._shop(link, export)
        batch = Batch(link.connection, export.platform, export.shop_id, export.name, replaces=export.replaces)
        pseudonym = Pseudonym(self.secret, export.platform, _scope(export))
        bare = len(export.tables) > 1 and is_connected(self.warehouse, export.platform, export.shop_id)
        began, read, written = time.monotonic(), 0, 0
        for rows, last in _chunks(_pseudonymised(_records(export), pseudonym), BATCH_ROWS):
            read += len(rows)
            kept = [row for row in rows if not isinstance(row, Product)] if bare else rows
            checkpoint = {"fingerprint": fingerprint} if last else None
            written += self._merge(replace(batch, rows=kept, checkpoint=checkpoint), loop)
            rate = read / max(time.monotonic() - began, 0.001)
            self.progress(Progress(link.connection, export.name, read, total, rate))
        return replace(report, rows_read=read, rows_written=written)

    def _merge(self, batch: Batch, loop: asyncio.AbstractEventLoop) -> int:
        """In this process's turn: DuckDB has one writer."""
        asyncio.run_coroutine_threadsafe(self.turn.acquire(), loop).result()
        try:
            return self.warehouse.merge(batch).rows_written
        finally:
            loop.call_soon_threadsafe(self.turn.release)

    def _shop(self, link: Connection, export: Import) -> None:
        """A shop known from exports alone: named by its id until a connection says more."""
        if has_shop(self.warehouse, export.platform, export.shop_id):
            return
        shop = Shop(name=export.shop_id, tz=export.zone, currency=export.currency or link.currency,
                    shop_id=export.shop_id)
        self.warehouse.merge(Batch(link.connection, export.platform, export.shop_id, SHOP_STREAM, rows=[shop]))

    def _note(self, export: Import, run: SyncRun, odd: Counter[Finding]) -> None:
        if run.status == "failed":
            self.warehouse.record_run(run, [Check(f"import_{run.stream}", "fail", detail=run.error or "")])
            return
        self.warehouse.record_run(run, [
            *(Check(finding.check, finding.status, found=f"{times} rows", detail=f"{run.stream}: {finding.detail}")
              for finding, times in odd.items()),
            *(Check("unread_column", "warn", "a column of the mapping", "left in the file", f"{run.stream}: {column}")
              for column in export.unread())])


def _checked(
    export: Import, odd: Counter[Finding], seen: Callable[[int, float], None]
) -> tuple[int, tuple[datetime, datetime] | None]:
    """Reads all of an export once: how many rows, what is odd, and from which midnight to which order an export of
    orders reaches. An export is taken to hold every order between its first day and its last order."""
    total, first, last, began = 0, None, None, time.monotonic()
    for row in export.rows():
        if isinstance(row, Finding):
            odd[row] += 1
            continue
        total += 1
        if total % SHOWN_EVERY == 0:
            seen(total, total / max(time.monotonic() - began, 0.001))
        if isinstance(row, Order):
            first = row.created_at if first is None else min(first, row.created_at)
            last = row.created_at if last is None else max(last, row.created_at)
        if isinstance(row, Order | Refund) and row.status == "unknown":
            odd[Finding("unknown_status", f"{type(row).__name__}: {row.native_status}")] += 1
    if first is None or last is None:
        return total, None
    zone = ZoneInfo(export.zone)
    midnight = datetime.combine(first.astimezone(zone).date(), datetime.min.time(), zone)
    return total, (midnight.astimezone(UTC), last)


def _scope(export: Import) -> str:
    """The shop, where the platform's connector says that buyers are numbered per shop."""
    known = export.platform in available() and connector(export.platform).buyers_per_shop
    return export.shop_id if known else ""


def _records(export: Import) -> Iterator[Record]:
    return (row for row in export.rows() if isinstance(row, Record))


def _pseudonymised(rows: Iterable[Record], pseudonym: Pseudonym) -> Iterator[Record]:
    for row in rows:
        if isinstance(row, Order) and row.buyer:
            row.buyer = pseudonym.key(row.buyer)
        yield row


def _chunks(rows: Iterator[Record], size: int) -> Iterator[tuple[list[Record], bool]]:
    """Chunks of about `size`, and whether each is the last. An order is never cut in two: its lines are replaced
    as a set, so those of a second part would take the place of the first."""
    chunk: list[Record] = []
    for row in rows:
        if len(chunk) >= size and _order_of(row) != _order_of(chunk[-1]):
            yield chunk, False
            chunk = []
        chunk.append(row)
    yield chunk, True


def _order_of(row: Record) -> object:
    """The order a row belongs to; a row of none stands for itself."""
    return getattr(row, "order_id", None) or row


def import_now(
    exports: Sequence[Import], warehouse: Warehouse, secret: bytes | str, clock: Callable[[], datetime],
    progress: Callable[[Progress], None] = lambda _progress: None, *, currency: str = "CNY", full: bool = False,
) -> list[StreamReport]:
    """Imports files that no connection keeps, and publishes. Their runs stand under the connection `import`."""
    link = Connection(ONCE, "file", "", "active", (), clock(), None, "UTC", currency)

    async def go() -> list[StreamReport]:
        return await Importing(warehouse, secret, clock, progress, asyncio.Lock()).all(link, exports, full=full)

    reports = asyncio.run(go())
    warehouse.publish()
    return reports
