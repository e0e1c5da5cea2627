"""From items to committed rows: map, pseudonymise, report what is odd, write rows and checkpoint together.

A transaction takes many chunks; while one is written (in a thread) the next is gathered, as columns. So memory holds
two transactions, however long the walk.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from connectors.engine.plan import Checkpoint
from connectors.engine.pseudonym import Pseudonym
from connectors.engine.stream import Context, Finding, Stream
from connectors.engine.trip import Chunk
from queries.records import Order, Record, Refund
from queries.warehouse import Batch, CoveredPeriod, Warehouse
from queries.warehouse.gather import Gathered

BATCH_ROWS = 80_000
"""Rows in a transaction: its cost hardly grows with them, memory does (4 MB a thousand orders of three lines)."""
BATCH_SECONDS = 20.0
"""...or what a slow platform gave in this time, so that a kill loses no more."""
WITH_STATUS = (Order, Refund)


@dataclass
class _Commit:
    """What will be committed together, and where the stream stands then."""

    rows: Gathered
    covers: CoveredPeriod | None = None
    checkpoint: Checkpoint | None = None

    def __bool__(self) -> bool:
        return bool(len(self.rows) or self.covers or self.checkpoint)


class Loader:
    """Writes one stream. `turn` makes all streams of the process one writer."""

    def __init__(self, warehouse: Warehouse, batch: Batch, stream: Stream, context: Context,
                 pseudonym: Pseudonym, turn: asyncio.Lock) -> None:
        self.rows_read = self.rows_written = 0
        self.odd: Counter[Finding] = Counter()
        self._warehouse, self._batch, self._stream, self._context = warehouse, batch, stream, context
        self._pseudonym, self._turn = pseudonym, turn
        self._next = self._empty()
        self._since = time.monotonic()
        self._writing: asyncio.Task[None] | None = None
        self._broken = False

    async def add(self, chunk: Chunk, checkpoint: Checkpoint | None) -> None:
        """Take a chunk; commit when enough has come together."""
        gather = self._stream.gather
        rows = [*chunk.records, *self._mapped(gather(chunk.items) if gather else chunk.items)]
        if not self._next.rows.add(rows):
            await self._commit()
            self._next.rows.add(rows)
        self._next.covers = _joined(self._next.covers, chunk.covers)
        self._next.checkpoint = checkpoint
        if chunk.now:
            await self.flush()
        elif len(self._next.rows) >= BATCH_ROWS or time.monotonic() - self._since > BATCH_SECONDS:
            await self._commit()

    async def finish(self, checkpoint: Checkpoint | None) -> None:
        """Commit what is left together with the final checkpoint of a walk."""
        self._next.checkpoint = checkpoint
        await self.flush()

    async def flush(self) -> None:
        """Commit what is left, and wait for it."""
        await self._commit()
        await self._written()

    async def _commit(self) -> None:
        """Begin to write what was gathered, once what was before it is in.

        A batch that could not be written is the last: a later one would move the checkpoint past it.
        """
        await self._written()
        commit, self._next = self._next, self._empty()
        self._since = time.monotonic()
        if commit and not self._broken:
            self._broken = True
            self._writing = asyncio.create_task(self._write(commit))

    async def _written(self) -> None:
        """Wait for the transaction under way, also when cancelled: it cannot be interrupted."""
        writing, self._writing = self._writing, None
        if writing:
            try:
                await asyncio.shield(writing)
            except asyncio.CancelledError:
                await asyncio.wait([writing])
                raise

    async def _write(self, commit: _Commit) -> None:
        batch = replace(self._batch, rows=commit.rows, covers=commit.covers, checkpoint=commit.checkpoint)
        async with self._turn:
            merged = await asyncio.to_thread(self._warehouse.merge, batch)
        self.rows_read += len(commit.rows)
        self.rows_written += merged.rows_written
        self._broken = False

    def _empty(self) -> _Commit:
        return _Commit(Gathered(self._batch.shop_id, self._batch.replaces))

    def _mapped(self, items: Iterable[Any]) -> Iterable[Record]:
        """The records of some items."""
        key, context = self._pseudonym.key, self._context
        for item in items:
            for row in self._stream.rows(item, context):
                if isinstance(row, Finding):
                    self.odd[row] += 1
                    continue
                if isinstance(row, Order):
                    row.buyer = key(row.buyer) if row.buyer else None
                if isinstance(row, WITH_STATUS) and row.status == "unknown":
                    self.odd[Finding("unknown_status", f"{type(row).__name__}: {row.native_status}")] += 1
                yield row


def _joined(one: CoveredPeriod | None, other: CoveredPeriod | None) -> CoveredPeriod | None:
    """Two touching periods as one (a walk by day gives them in order)."""
    if one is None or other is None:
        return one or other
    return CoveredPeriod(min(one.first, other.first), max(one.last, other.last), one.tables)
