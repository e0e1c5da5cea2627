"""A sync of some connections: each alone under its lock, some at once, one writer, published at the end.

`sync` is what the command line and the schedule call. SIGTERM and SIGINT end it cleanly: the transaction
under way is finished, runs are recorded as cancelled, the next sync goes on from the checkpoints.
"""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from zoneinfo import ZoneInfo

from connectors import catalogue_path, connector
from connectors.engine.catalogue import load
from connectors.engine.connections import read_settings
from connectors.engine.errors import Busy
from connectors.engine.imports import Importing
from connectors.engine.locks import held, lock_file
from connectors.engine.plan import Order
from connectors.engine.pseudonym import Pseudonym
from connectors.engine.run import Floor, Progress, StreamReport, StreamRun
from connectors.engine.stream import Context
from connectors.engine.talk import Talk
from connectors.engine.tokens import Tokens
from connectors.engine.vault import Vault
from queries.trouble import Trouble
from queries.warehouse import Warehouse
from queries.warehouse import connections as table
from queries.warehouse.connections import Connection

AT_ONCE = 4
"""Connections synced side by side."""
LOOK_SECONDS = 0.2


def sync(connections: Sequence[Connection], warehouse: Warehouse, vault: Vault, clock: Callable[[], datetime],
         progress: Callable[[Progress], None] = lambda _progress: None, *, secret: bytes | str | None = None,
         since: datetime | None = None, until: datetime | None = None, full: bool = False,
         streams: Sequence[str] = (), stop: threading.Event | None = None) -> list[StreamReport]:
    """Sync the connections now and publish. One report a stream; a failure never hides what others got.

    `since`/`until`: aware instants; on a connection already synced they read that period again. `streams`:
    only these. `stop`: set it to end as by SIGTERM. `secret`: of the pseudonyms (default: the vault's).
    """
    order = Order(since=since, until=until, full=full, hurry=bool(streams))
    run = _Sync(warehouse, vault, clock, progress, secret or vault.secret, order, tuple(streams))
    return asyncio.run(run.all(connections, stop))


class _Sync:
    def __init__(self, warehouse: Warehouse, vault: Vault, clock: Callable[[], datetime],
                 progress: Callable[[Progress], None], secret: bytes | str, order: Order,
                 streams: tuple[str, ...]) -> None:
        self.warehouse, self.vault, self.clock, self.progress = warehouse, vault, clock, progress
        self.secret, self.order, self.streams = secret, order, streams
        self.turn = asyncio.Lock()
        self.slots = asyncio.Semaphore(AT_ONCE)

    async def all(self, connections: Sequence[Connection],
                  stop: threading.Event | None) -> list[StreamReport]:
        tasks = [asyncio.create_task(self.connection(link)) for link in connections]
        with _cancelled_by_signals(tasks, stop):
            reports = [report for found in await asyncio.gather(*tasks) for report in found]
        await asyncio.to_thread(self.warehouse.publish)
        return reports

    async def connection(self, link: Connection) -> list[StreamReport]:
        """All streams of a connection, one after another."""
        reports: list[StreamReport] = []
        try:
            async with self.slots:
                with held(lock_file(self.vault.home, f"sync-{link.connection}")):
                    await self._streams(link, reports)
        except asyncio.CancelledError:
            pass
        except Trouble as error:
            reports.append(StreamReport(link.connection, "*", "failed", error=error.say("en"), trouble=error))
        return reports

    async def _streams(self, link: Connection, reports: list[StreamReport]) -> None:
        found = connector(link.platform)
        settings = read_settings(found, self.vault.settings(link.connection))
        if found.imports is not None:
            importing = Importing(self.warehouse, self.secret, self.clock, self.progress, self.turn)
            wanted = [export for export in found.imports(settings) if not self.streams or export.name in self.streams]
            reports += await importing.all(link, wanted, full=self.order.full)
            await self._note(link, reports)
            return
        client = found.client(settings)
        talk = Talk(client, Tokens(self.vault, link.connection, client, self.clock), self.clock)
        floor = Floor(
            connection=link, connector=found, catalogue=load(catalogue_path(link.platform)),
            context=Context(settings, link.shop_id, link.currency, ZoneInfo(link.tz), self.clock()),
            pseudonym=Pseudonym(self.secret, link.platform, link.shop_id if found.buyers_per_shop else ""),
            warehouse=self.warehouse, talk=talk, turn=self.turn, clock=self.clock, progress=self.progress)
        try:
            for stream in found.streams:
                if stream.enabled(settings) and (not self.streams or stream.name in self.streams):
                    reports.append(await StreamRun(floor, stream, self.order).go())
                    if reports[-1].status == "cancelled":
                        return
        finally:
            await talk.close()
        await self._note(link, reports)

    async def _note(self, link: Connection, reports: Sequence[StreamReport]) -> None:
        """How the connection is, for `souk connections`; a paused one stays paused."""
        well = all(report.status == "succeeded" for report in reports)
        status: table.Status = "active" if well else "failing"
        if link.status not in ("paused", status):
            async with self.turn:
                await asyncio.to_thread(table.set_status, self.warehouse, link.connection, status)


@contextmanager
def _cancelled_by_signals(tasks: Sequence[asyncio.Task[list[StreamReport]]], stop: threading.Event | None,
                          ) -> Iterator[None]:
    """Cancel the tasks on SIGTERM, SIGINT or `stop`. Outside the main thread only `stop` works."""
    loop = asyncio.get_running_loop()

    def cancel() -> None:
        for task in tasks:
            task.cancel()

    async def watch(event: threading.Event) -> None:
        while not event.is_set():
            await asyncio.sleep(LOOK_SECONDS)
        cancel()

    signals = (signal.SIGTERM, signal.SIGINT) if threading.current_thread() is threading.main_thread() else ()
    for number in signals:
        loop.add_signal_handler(number, cancel)
    watcher = asyncio.create_task(watch(stop)) if stop else None
    try:
        yield
    finally:
        if watcher:
            watcher.cancel()
        for number in signals:
            with suppress(ValueError):
                loop.remove_signal_handler(number)


__all__ = ["Busy", "Progress", "StreamReport", "sync"]
