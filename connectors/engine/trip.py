"""One walk of one stream: what the walks share. A walk yields chunks; a chunk is committed together."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from connectors.engine.catalogue import Source
from connectors.engine.errors import Broken, Denied, Gone, Rejected, TooLarge
from connectors.engine.stream import Ask, Context, Detail, Page, Stream, Window, Word
from connectors.engine.talk import Talk
from queries.records import Record
from queries.warehouse import CoveredPeriod

SMALLEST_PAGE = 10
LOOKED_AT = 20
"""How many pages of a walk are searched for unknown fields; of the later ones one in as many."""

Job = TypeVar("Job")
Done = TypeVar("Done")


@dataclass(frozen=True)
class Chunk:
    """What is committed together: the items, and how far the walk has come once they are in (`mark`).

    `keep` outlives the walk (the levels of a snapshot). `records` are rows that come ready-made. `total` =
    how many items the whole walk will have, where known.
    """

    items: Sequence[Any] = ()
    mark: dict[str, Any] = field(default_factory=dict)
    keep: dict[str, Any] | None = None
    covers: CoveredPeriod | None = None
    records: Sequence[Record] = ()
    total: int | None = None
    now: bool = False
    """Commit at once: the mark must not be lost (a report that has been asked for)."""


@dataclass
class Trip:
    """A stream being walked over `window`, from `mark` on (what an interrupted run had reached)."""

    talk: Talk
    stream: Stream
    context: Context
    window: Window
    source: Source | None = None
    mark: dict[str, Any] = field(default_factory=dict)
    keep: dict[str, Any] = field(default_factory=dict)
    known: Callable[[datetime, datetime], Sequence[str]] = lambda _start, _end: ()
    """Ids of open orders created in a period, for ByKnown."""
    unknown_fields: set[str] = field(default_factory=set)
    smaller: int = 1
    """By how much pages have been made smaller, since the shop fails on large ones."""
    least: int = SMALLEST_PAGE
    """Pages are made no smaller, unless the platform says that they are too large."""
    _pages: int = 0
    _met: set[bytes] = field(default_factory=set)
    """Names of fields that this walk has seen."""

    def size(self, wanted: int) -> int:
        return max(min(wanted, self.least), wanted // self.smaller)

    def shrink(self, wanted: int, error: Broken | None = None) -> bool:
        """Halve the pages from now on; False when they are as small as they get."""
        if isinstance(error, TooLarge):
            self.least = 1
        if self.size(wanted) <= self.least:
            return False
        self.smaller *= 2
        return True

    async def page(self, word: Word, ask: Ask, *, shrinkable: bool = True) -> Page:
        """One page. Where a smaller one could be asked for, a page that is too heavy is given up soon."""
        call = word(ask, self.context)
        try:
            return await self.talk.ask(call, self._read, patient=not shrinkable or ask.size <= SMALLEST_PAGE)
        except Gone as error:
            raise Rejected(error.what) from None

    def _read(self, reply: Any, call: Any) -> Page:
        self._look(reply)
        return self.stream.read(reply, call)

    def _look(self, reply: Any) -> None:
        """Note fields that the catalogue does not know, in the first pages and now and then."""
        self._pages += 1
        if self.source and (self._pages <= LOOKED_AT or self._pages % LOOKED_AT == 0):
            self.unknown_fields |= self.source.unknown(reply.body, self._met, deep=self._pages == 1)

    async def complete(self, items: Sequence[Any]) -> Sequence[Any]:
        """The items with their details, in their order; items whose object is gone are left out."""
        detail = self.stream.detail
        if not detail or not items:
            return items
        wanting = [index for index, item in enumerate(items) if detail.needs(item)]
        groups = [wanting[at:at + detail.batch] for at in range(0, len(wanting), detail.batch)]
        parts = await asyncio.gather(
            *(self._detail(detail, [items[index] for index in group]) for group in groups))
        whole: dict[int, Any] = {}
        for group, part in zip(groups, parts, strict=True):
            whole.update(zip(group, part, strict=False))
        lost = {index for index in wanting if index not in whole}
        return [whole.get(index, item) for index, item in enumerate(items) if index not in lost]

    async def _detail(self, detail: Detail, items: Sequence[Any]) -> Sequence[Any]:
        try:
            replies = list(await self._replies(detail.calls(items, self.context)))
            while detail.more and (calls := detail.more(items, replies)):
                replies += await self._replies(calls)
            for reply in replies if detail.described else ():
                self._look(reply)
            return list(detail.join(items, replies))
        except (Denied, Gone, Rejected) as error:
            if detail.optional:
                return items
            if isinstance(error, Gone) and len(items) == 1:
                return ()
            raise

    async def _replies(self, calls: Iterable[Any]) -> Sequence[Any]:
        return await asyncio.gather(*(self.talk.ask(call, lambda reply, _call: reply) for call in calls))


@dataclass(frozen=True)
class Split:
    """A job's answer that it is too big: these smaller jobs take its place."""

    parts: Sequence[Any]


async def in_order(jobs: Iterable[Job], work: Callable[[Job], Awaitable[Done | Split]], at_once: int,
                   ) -> AsyncIterator[tuple[Job, Done]]:
    """Work on jobs `at_once`, give the results in the order of the jobs. Memory: about `at_once` results."""
    waiting = iter(jobs)
    line: deque[tuple[Job, asyncio.Future[Any] | None]] = deque()
    try:
        while True:
            while len(line) < at_once and (job := next(waiting, None)) is not None:
                line.append((job, None))
            if not line:
                return
            for place in range(min(at_once, len(line))):
                if line[place][1] is None:
                    line[place] = (line[place][0], asyncio.ensure_future(work(line[place][0])))
            job, task = line.popleft()
            assert task is not None
            result = await task
            if isinstance(result, Split):
                line.extendleft((part, None) for part in reversed(result.parts))
            else:
                yield job, result
    finally:
        running = [task for _, task in line if task]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
