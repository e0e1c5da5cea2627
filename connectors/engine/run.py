"""One run of one stream: plan, walk, load, record; whatever happens is a report, never an exception."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

import structlog

from connectors.engine.catalogue import Catalogue
from connectors.engine.errors import Denied, Rejected, SyncError
from connectors.engine.lists import FilterIgnored
from connectors.engine.load import Loader
from connectors.engine.plan import Leg, Order, due, legs
from connectors.engine.pseudonym import Pseudonym
from connectors.engine.stream import BEGINNING, Connector, Context, Finding, Stream, Window
from connectors.engine.talk import Talk
from connectors.engine.trip import Trip
from connectors.engine.walk import walk
from queries.trouble import Trouble
from queries.warehouse import Batch, Check, SyncRun, Warehouse
from queries.warehouse.connections import Connection, first_order, open_orders

Status = Literal["succeeded", "failed", "cancelled"]
QUIET_SECONDS = 5.0

log = structlog.get_logger("souk.sync")


@dataclass(frozen=True)
class StreamReport:
    """What `souk sync --json` prints, one object a stream."""

    connection: str
    stream: str
    status: Status
    rows_read: int = 0
    rows_written: int = 0
    requests: int = 0
    retries: int = 0
    seconds: float = 0.0
    error: str | None = None
    trouble: Trouble | None = None
    """The failure itself, with what to do about it."""
    waited: float = 0.0
    """Seconds of silence the platform asked for during the run."""

    def as_dict(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in PRINTED}


PRINTED = ("connection", "stream", "status", "rows_read", "rows_written", "requests", "retries", "seconds", "error")


@dataclass(frozen=True)
class Progress:
    """How far a stream is; `total` where the platform says it, `rate` in rows a second."""

    connection: str
    stream: str
    rows: int
    total: int | None
    rate: float


@dataclass(frozen=True)
class Floor:
    """What all streams of a connection stand on."""

    connection: Connection
    connector: Connector
    context: Context
    catalogue: Catalogue
    pseudonym: Pseudonym
    warehouse: Warehouse
    talk: Talk
    turn: asyncio.Lock
    clock: Callable[[], datetime]
    progress: Callable[[Progress], None]


class StreamRun:
    """A run of `stream`; `go` does it."""

    def __init__(self, floor: Floor, stream: Stream, order: Order) -> None:
        self.floor, self.stream, self.order = floor, stream, order
        self.now = floor.context.now
        self._began = time.monotonic()
        self._requests, self._retries, self._waited = floor.talk.requests, floor.talk.retries, floor.talk.waited
        self._items = 0
        self._announced = False
        self._unknown: set[str] = set()
        self._odd: Counter[Finding] = Counter()
        link = floor.connection
        self._loader = Loader(
            floor.warehouse, Batch(link.connection, link.platform, link.shop_id, stream.name,
                                   replaces=stream.replaces),
            stream, floor.context, floor.pseudonym, floor.turn)
        self._run = SyncRun(
            run_id=uuid.uuid4().hex, connection=link.connection, stream=stream.name, started_at=self.now,
            ended_at=None, status="running", platform=link.platform, shop_id=link.shop_id)

    async def go(self) -> StreamReport:
        """Walk the stream. Its failure is its own: the report says so and the other streams go on."""
        checkpoint = await self._stored()
        if not due(self.stream, checkpoint, self.order, self.now):
            return StreamReport(self.floor.connection.connection, self.stream.name, "succeeded")
        plan = list(legs(self.stream, checkpoint, self.order, self.now))
        self._run = replace(self._run, window_start=min(self._reached(leg) for leg in plan),
                            window_end=max(leg.window.end for leg in plan))
        keep = (checkpoint or {}).get("keep") or {}
        try:
            for leg in plan:
                keep = await self._leg(leg, keep)
            return await self._end("succeeded", None)
        except asyncio.CancelledError:
            await self._keep_what_came()
            return await self._end("cancelled", None)
        except Denied as error:
            if self.stream.approval and not self._items and not error.of_all:
                return await self._leave_out(error, checkpoint or {})
            return await self._fail(error.say("en"), error)
        except Trouble as error:
            return await self._fail(error.say("en"), error)
        except Exception as error:
            # A mapping met something nobody foresaw: the type says enough, a message could quote the payload.
            return await self._fail(f"Unexpected {type(error).__name__}.", error)

    async def _leg(self, leg: Leg, keep: dict[str, Any]) -> dict[str, Any]:
        trip = Trip(
            talk=self.floor.talk, stream=self.stream, context=self.floor.context, window=leg.window,
            source=self.floor.catalogue.sources.get(self.stream.source), mark=leg.mark, keep=keep,
            known=self._known, unknown_fields=self._unknown)
        try:
            keep = await self._walk(trip, leg)
        except FilterIgnored:
            if self.stream.backfill is None:
                raise Rejected("(a time filter was ignored)") from None
            self._odd[Finding("filter_ignored", f"{self.stream.name}: filtered here instead")] += 1
            everything = Window(BEGINNING, leg.window.end + timedelta(seconds=1))
            trip = replace(trip, mark={}, window=everything)
            keep = await self._walk(trip, replace(leg, walk=self.stream.backfill), sieve=True)
        await self._loader.finish(leg.after(keep, self.now))
        return keep

    async def _walk(self, trip: Trip, leg: Leg, *, sieve: bool = False) -> dict[str, Any]:
        """Commit the chunks of a walk. `sieve` = the platform gave everything: keep what changed, and the
        marks of that other walk to ourselves."""
        keep = trip.keep
        changed = self.stream.changed
        async for chunk in walk(trip, leg.walk):
            if sieve and changed:
                chunk = replace(chunk, mark=leg.mark, items=[
                    item for item in chunk.items if (at := changed(item)) is None or at >= leg.window.start])
            keep = chunk.keep if chunk.keep is not None else keep
            self._items += len(chunk.items) + len(chunk.records)
            await self._announce()
            await self._loader.add(chunk, leg.during(chunk.mark, keep))
            self._show(chunk.total)
        return keep

    async def _announce(self) -> None:
        """Record the run as running once it has something to do: a quiet one is recorded at its end alone."""
        if not self._announced and (self._items or time.monotonic() - self._began > QUIET_SECONDS):
            self._announced = True
            await self._write(self.floor.warehouse.record_run, self._run)

    def _show(self, total: int | None) -> None:
        rate = self._items / max(time.monotonic() - self._began, 0.001)
        self.floor.progress(
            Progress(self.floor.connection.connection, self.stream.name, self._items, total, rate))

    async def _fail(self, sentence: str, error: Exception) -> StreamReport:
        log.debug("stream failed", connection=self.floor.connection.connection, stream=self.stream.name,
                  error=type(error).__name__)
        await self._keep_what_came()
        return await self._end("failed", sentence, error)

    async def _leave_out(self, error: SyncError, checkpoint: dict[str, Any]) -> StreamReport:
        """What needs an approval and was refused is asked for again after a day: it may have been granted then."""
        await self._loader.finish({**checkpoint, "refused": self.now.isoformat()})
        self._odd[Finding("not_approved", f"{self.stream.name} needs {self.stream.approval} {error.what}".strip())] += 1
        return await self._end("succeeded", None)

    async def _keep_what_came(self) -> None:
        """What was read before the end is kept, with the checkpoint it belongs to."""
        try:
            await self._loader.flush()
        except Exception as error:
            log.debug("last batch not written", error=type(error).__name__)

    async def _end(self, status: Status, error: str | None, cause: Exception | None = None) -> StreamReport:
        talk, loader = self.floor.talk, self._loader
        report = StreamReport(
            self.floor.connection.connection, self.stream.name, status, loader.rows_read,
            loader.rows_written, talk.requests - self._requests, talk.retries - self._retries,
            round(time.monotonic() - self._began, 3), error, cause if isinstance(cause, Trouble) else None,
            talk.waited - self._waited)
        ended = replace(self._run, ended_at=self.floor.clock(), status=status, rows_read=report.rows_read,
                        rows_written=report.rows_written, requests=report.requests, retries=report.retries,
                        error=error)
        await self._write(self._record, ended)
        return report

    def _reached(self, leg: Leg) -> datetime:
        """From when on a walk sees everything: not before the platform's reach."""
        reach = getattr(leg.walk, "reach", None)
        return max(leg.window.start, self.now - reach) if reach else leg.window.start

    def _record(self, run: SyncRun) -> None:
        warehouse = self.floor.warehouse
        if run.window_start == BEGINNING:
            # "Everything there is" begins with the shop's first order, not in 1970.
            first = first_order(warehouse, run.platform, run.shop_id)
            run = replace(run, window_start=min(first, self.now) if first else run.window_end)
        checks = [Check(finding.check, finding.status, found=f"{times} rows", detail=finding.detail)
                  for finding, times in (self._odd + self._loader.odd).items()]
        if self._unknown:
            checks.append(Check("unknown_field", "warn", "an entry in fields.yaml", "no entry, so not stored",
                                f"{self.stream.source}: {', '.join(sorted(self._unknown))}"))
        if run.status == "failed":
            checks.append(Check(f"sync_{self.stream.name}", "fail", detail=run.error or ""))
        warehouse.record_run(run, checks)

    async def _stored(self) -> dict[str, Any] | None:
        link = self.floor.connection.connection
        return await asyncio.to_thread(self.floor.warehouse.checkpoint, link, self.stream.name)

    async def _write(self, write: Callable[[SyncRun], None], run: SyncRun) -> None:
        async with self.floor.turn:
            await asyncio.to_thread(write, run)

    def _known(self, start: datetime, end: datetime) -> list[str]:
        link = self.floor.connection
        return open_orders(self.floor.warehouse, link.platform, link.shop_id, start, end)
