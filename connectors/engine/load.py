"""From items to committed rows: map, pseudonymise, report what is odd, write rows and checkpoint together.

While a batch is written (in a thread), the next one is being fetched; at most two batches are in memory.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from connectors.engine.plan import Checkpoint
from connectors.engine.pseudonym import Pseudonym
from connectors.engine.stream import Context, Finding, Stream
from connectors.engine.trip import Chunk
from queries.records import Order, Record, Refund
from queries.warehouse import Batch, CoveredPeriod, Warehouse

BATCH_ITEMS = 5_000
"""Items in a transaction: below, its fixed cost shows; far above, memory does."""
BATCH_SECONDS = 20.0
"""...or what a slow platform gave in this time, so that a kill loses no more."""


@dataclass
class _Buffer:
    """What will be committed next."""

    items: list[Any] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)
    covers: CoveredPeriod | None = None
    checkpoint: Checkpoint | None = None

    def __bool__(self) -> bool:
        return bool(self.items or self.records or self.covers or self.checkpoint)


class Loader:
    """Writes one stream. `turn` makes all streams of the process one writer."""

    def __init__(self, warehouse: Warehouse, batch: Batch, stream: Stream, context: Context,
                 pseudonym: Pseudonym, turn: asyncio.Lock) -> None:
        self.rows_read = self.rows_written = 0
        self.odd: Counter[Finding] = Counter()
        self._warehouse, self._batch, self._stream, self._context = warehouse, batch, stream, context
        self._pseudonym, self._turn = pseudonym, turn
        self._buffer = _Buffer()
        self._since = time.monotonic()
        self._writing: asyncio.Task[None] | None = None
        self._broken = False

    async def add(self, chunk: Chunk, checkpoint: Checkpoint | None) -> None:
        """Take a chunk; commit when enough has come together."""
        buffer = self._buffer
        gather = self._stream.gather
        buffer.items += gather(chunk.items) if gather else chunk.items
        buffer.records += chunk.records
        buffer.covers = _joined(buffer.covers, chunk.covers)
        buffer.checkpoint = checkpoint
        full = len(buffer.items) >= BATCH_ITEMS or time.monotonic() - self._since > BATCH_SECONDS
        if full or chunk.now:
            await self._start_writing()
            if chunk.now:
                await self.settle()

    async def finish(self, checkpoint: Checkpoint | None) -> None:
        """Commit what is left together with the final checkpoint of a walk."""
        self._buffer.checkpoint = checkpoint
        await self.flush()

    async def flush(self) -> None:
        """Commit what is left."""
        await self._start_writing()
        await self.settle()

    async def settle(self) -> None:
        """Wait for the transaction under way, also when cancelled: it cannot be interrupted."""
        if self._writing:
            writing, self._writing = self._writing, None
            try:
                await asyncio.shield(writing)
            except asyncio.CancelledError:
                await asyncio.wait([writing])
                raise

    async def _start_writing(self) -> None:
        await self.settle()
        if self._buffer:
            buffer, self._buffer = self._buffer, _Buffer()
            self._writing = asyncio.create_task(self._write(buffer))
        self._since = time.monotonic()

    async def _write(self, buffer: _Buffer) -> None:
        """A batch that could not be written is the last: a later one would move the checkpoint past it."""
        if self._broken:
            return
        self._broken = True
        async with self._turn:
            await asyncio.to_thread(self._commit, buffer)
        self._broken = False

    def _commit(self, buffer: _Buffer) -> None:
        rows = [*buffer.records, *self._records(buffer.items)]
        buffer.items.clear()
        batch = replace(self._batch, rows=rows, covers=buffer.covers, checkpoint=buffer.checkpoint)
        merged = self._warehouse.merge(batch)
        self.rows_read += len(rows)
        self.rows_written += merged.rows_written

    def _records(self, items: Iterable[Any]) -> Iterable[Record]:
        for item in items:
            for row in self._stream.rows(item, self._context):
                if isinstance(row, Finding):
                    self.odd[row] += 1
                    continue
                if isinstance(row, Order):
                    row.buyer = self._pseudonym.key(row.buyer) if row.buyer else None
                if isinstance(row, Order | Refund) and row.status == "unknown":
                    self.odd[Finding("unknown_status", f"{type(row).__name__}: {row.native_status}")] += 1
                yield row


def _joined(one: CoveredPeriod | None, other: CoveredPeriod | None) -> CoveredPeriod | None:
    """Two touching periods as one (a walk by day gives them in order)."""
    if one is None or other is None:
        return one or other
    return CoveredPeriod(min(one.first, other.first), max(one.last, other.last), one.tables)
