"""From items to committed rows: map, pseudonymise, report what is odd, write rows and checkpoint together.

Items become columns by the thousand while more is fetched (in a thread); a transaction takes many of them, and
while one is written the next is gathered. So memory holds two transactions as columns and one group as items.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

from connectors.engine.plan import Checkpoint
from connectors.engine.pseudonym import Pseudonym
from connectors.engine.stream import Context, Finding, Stream
from connectors.engine.trip import Chunk
from queries.records import Order, Record, Refund
from queries.warehouse import Batch, CoveredPeriod, Warehouse
from queries.warehouse.gather import Gathered

GROUP_ITEMS = 500
"""Items that are turned into columns together."""
BATCH_ITEMS = 10_000
"""Items in a transaction: its cost hardly grows with them, memory does."""
BATCH_SECONDS = 20.0
"""...or what a slow platform gave in this time, so that a kill loses no more."""


@dataclass
class _Group:
    """Whole chunks, as they come."""

    items: list[Any] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)
    covers: CoveredPeriod | None = None
    checkpoint: Checkpoint | None = None

    def __bool__(self) -> bool:
        return bool(self.items or self.records or self.covers or self.checkpoint)


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
        self._group, self._next = _Group(), self._empty()
        self._since, self._taken = time.monotonic(), 0
        self._working: asyncio.Task[None] | None = None
        self._writing: asyncio.Task[None] | None = None
        self._broken = False

    async def add(self, chunk: Chunk, checkpoint: Checkpoint | None) -> None:
        """Take a chunk; commit when enough has come together."""
        group = self._group
        gather = self._stream.gather
        group.items += gather(chunk.items) if gather else chunk.items
        group.records += chunk.records
        group.covers = _joined(group.covers, chunk.covers)
        group.checkpoint = checkpoint
        late = time.monotonic() - self._since > BATCH_SECONDS
        self._taken += len(chunk.items)
        full = self._taken >= BATCH_ITEMS
        if full or late or chunk.now or len(group.items) >= GROUP_ITEMS:
            await self._hand_over(commit=full or late or chunk.now)
        if chunk.now:
            await self.settle()

    async def finish(self, checkpoint: Checkpoint | None) -> None:
        """Commit what is left together with the final checkpoint of a walk."""
        self._group.checkpoint = checkpoint
        await self.flush()

    async def flush(self) -> None:
        """Commit what is left."""
        await self._hand_over(commit=True)
        await self.settle()

    async def settle(self) -> None:
        """Wait for all work under way, also when cancelled: a transaction cannot be interrupted."""
        await self._gathered()
        await self._written()

    async def _gathered(self) -> None:
        working, self._working = self._working, None
        await _ended(working)

    async def _written(self) -> None:
        writing, self._writing = self._writing, None
        await _ended(writing)

    async def _hand_over(self, *, commit: bool) -> None:
        await self._gathered()
        group, self._group = self._group, _Group()
        self._working = asyncio.create_task(self._work(group, commit))
        if commit:
            self._since, self._taken = time.monotonic(), 0

    async def _work(self, group: _Group, commit: bool) -> None:
        """A batch that could not be written is the last: a later one would move the checkpoint past it."""
        if self._broken:
            return
        self._broken = True
        rows = await asyncio.to_thread(self._mapped, group)
        if self._next.rows.meets(rows):
            await self._commit()
        await asyncio.to_thread(self._gather, group, rows)
        if commit:
            await self._commit()
        self._broken = False

    def _gather(self, group: _Group, rows: list[Record]) -> None:
        then = self._next
        then.rows.add(rows)
        then.covers = _joined(then.covers, group.covers)
        then.checkpoint = group.checkpoint

    async def _commit(self) -> None:
        """Begin to write what was gathered, once what was before it is in."""
        await self._written()
        commit, self._next = self._next, self._empty()
        if commit:
            self._writing = asyncio.create_task(self._write(commit))

    async def _write(self, commit: _Commit) -> None:
        batch = replace(self._batch, rows=commit.rows, covers=commit.covers, checkpoint=commit.checkpoint)
        async with self._turn:
            merged = await asyncio.to_thread(self._warehouse.merge, batch)
        self.rows_read += len(commit.rows)
        self.rows_written += merged.rows_written

    def _empty(self) -> _Commit:
        return _Commit(Gathered(self._batch.shop_id, self._batch.replaces))

    def _mapped(self, group: _Group) -> list[Record]:
        """The records of a group."""
        rows, key, context = group.records, self._pseudonym.key, self._context
        for item in group.items:
            for row in self._stream.rows(item, context):
                if isinstance(row, Finding):
                    self.odd[row] += 1
                    continue
                if isinstance(row, Order):
                    row.buyer = key(row.buyer) if row.buyer else None
                if isinstance(row, Order | Refund) and row.status == "unknown":
                    self.odd[Finding("unknown_status", f"{type(row).__name__}: {row.native_status}")] += 1
                rows.append(row)
        return rows


async def _ended(task: asyncio.Task[None] | None) -> None:
    if task:
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            await asyncio.wait([task])
            raise


def _joined(one: CoveredPeriod | None, other: CoveredPeriod | None) -> CoveredPeriod | None:
    """Two touching periods as one (a walk by day gives them in order)."""
    if one is None or other is None:
        return one or other
    return CoveredPeriod(min(one.first, other.first), max(one.last, other.last), one.tables)
