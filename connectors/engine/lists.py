"""The walks over lists of things: by window, by id, by cursor. `stream.py` says what each guarantees.

A walk is an async generator of chunks. What it holds is bounded: a few windows or pages under way.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain, count
from typing import Any

from connectors.engine.errors import Broken, Looping, Mismatch, Rejected
from connectors.engine.stream import Ask, ByCursor, ById, ByWindow, Page, Window
from connectors.engine.trip import Chunk, Split, Trip, in_order

WINDOW_ROWS = 2_000
"""A window with more rows is cut: it is held whole until its count is checked."""
TRIES = 3
"""How often a window whose count is short is read again."""
PARTS = 4
"""Into how many parts a window is cut that holds more than a page, where the platform does not say how many."""
SECOND = timedelta(seconds=1)


class FilterIgnored(Exception):
    """The platform answered a time filter with rows far outside it."""


async def by_window(trip: Trip, walk: ByWindow) -> AsyncIterator[Chunk]:
    """Chunk = one window, complete. Mark: {"upto": end of the last committed window}.

    Windows end with the present second, which may still grow, so that it cannot disturb the frozen ones before
    it; it is read as a window of its own (under a standing clock everything that happens happens in it). A platform
    may refuse it, as it ends in the future: what happens in that second is then found by the next run.
    """
    start, end = trip.window.start, trip.window.end
    if walk.reach:
        start = max(start, trip.context.now - walk.reach)
    if upto := trip.mark.get("upto"):
        start = max(start, datetime.fromisoformat(upto) - trip.stream.lookback)

    present = Window(end, end + SECOND)

    async def read(window: Window) -> Any:
        try:
            return await _read_window(trip, walk, window)
        except Rejected:
            if window != present:
                raise
            return []

    windows: Iterable[Window] = Window(start, end).slices(walk.span)
    if walk is trip.stream.changes and end >= trip.context.now.replace(microsecond=0):
        windows = chain(windows, [present])
    async for window, items in in_order(windows, read, trip.talk.concurrency):
        yield Chunk(items=items, mark={"upto": min(window.end, end).isoformat()})


async def _read_window(trip: Trip, walk: ByWindow, window: Window) -> Any:
    """All items of a frozen window, as many as the platform counts; or the parts it must be cut into."""
    total = received = 0
    most = min(walk.depth, WINDOW_ROWS)
    for _ in range(TRIES):
        try:
            first = await _count(trip, walk, window)
            if first.total is None and first.next is not None:
                if window.span > SECOND:
                    return Split(list(window.parts(PARTS)))
                return await trip.complete(await _crowded(trip, walk, window, first))
            total = first.total if first.total is not None else len(first.items)
            if total > most and window.span > SECOND:
                return Split(list(window.parts(total // most + 2)))
            found = await _pages(trip, walk, window, first, total)
            received = len(found)
            if received >= total or received >= ((await _count(trip, walk, window)).total or 0):
                return await trip.complete(list(found.values()))
        except Broken as error:
            if not (error.heavy and trip.shrink(walk.size, error)):
                raise
    raise Mismatch(expected=total, received=received)


async def _count(trip: Trip, walk: ByWindow, window: Window) -> Page:
    """The first page, asked for with its total. Notices a store that ignores the filter."""
    ask = Ask(window=window, page=walk.first, size=trip.size(walk.size), counting=True)
    page = await trip.page(walk.call, ask)
    if walk.within:
        times = [instant for item in page.items if (instant := walk.within(item))]
        if not all(window.holds(instant) for instant in times):
            raise FilterIgnored
    return page


async def _pages(trip: Trip, walk: ByWindow, window: Window, first: Page, total: int) -> dict[str, Any]:
    """Items by id. A list of one page is what the counting call brought; a longer one is read backwards."""
    size = trip.size(walk.size)
    pages = -(-total // size)
    answers = [first]
    if pages > 1:
        asks = [Ask(window=window, page=number, size=size)
                for number in range(walk.first + pages - 1, walk.first - 1, -1)]
        if walk.moving:
            answers += [await trip.page(walk.call, ask) for ask in asks]
        else:
            answers += await asyncio.gather(*(trip.page(walk.call, ask) for ask in asks))
    return {trip.stream.key(item): item for page in answers for item in page.items}


async def _crowded(trip: Trip, walk: ByWindow, window: Window, first: Page) -> list[Any]:
    """A single second with more than a page, of a list that is not counted: read to its end until a reading
    brings nothing new, as a row that leaves the second moves those behind it to pages already read."""
    found: dict[str, Any] = {}
    for _ in range(TRIES):
        page, before, passed = first, len(found), set[str]()
        found |= {trip.stream.key(item): item for item in page.items}
        for number in count(walk.first + 1):
            if page.next is None:
                break
            if page.next in passed:
                raise Looping()
            passed.add(page.next)
            ask = Ask(window=window, page=number, size=trip.size(walk.size), cursor=page.next)
            page = await trip.page(walk.call, ask)
            found |= {trip.stream.key(item): item for item in page.items}
        if before and len(found) == before:
            break
        first = await _count(trip, walk, window)
    return list(found.values())


@dataclass
class _Tally:
    """What a walk by id has seen: rows, the total last stated, the lowest one, the ids of the last page."""

    rows: int = 0
    total: int | None = None
    least: int | None = None
    last: frozenset[str] = frozenset()

    def add(self, keys: Iterable[str]) -> None:
        fresh = frozenset(keys)
        self.rows += len(fresh - self.last)
        self.last = fresh

    def state(self, total: int | None) -> None:
        self.total = total
        if total is not None:
            self.least = total if self.least is None else min(self.least, total)

    def check(self) -> None:
        """Raise Mismatch if fewer rows came than the platform ever counted."""
        if self.least is not None and self.rows < self.least:
            raise Mismatch(expected=self.least, received=self.rows)


async def by_id(trip: Trip, walk: ById) -> AsyncIterator[Chunk]:
    """Chunk = one page. Mark: {"position": rows of the list behind us, "total", "rows"}."""
    position = int(trip.mark.get("position", 0))
    tally = _Tally(rows=int(trip.mark.get("rows", 0)), total=trip.mark.get("total"))
    while True:
        try:
            async for chunk in _from_position(trip, walk, position, tally):
                position = chunk.mark["position"]
                yield chunk
            break
        except Broken as error:
            if not (error.heavy and trip.shrink(walk.size, error)):
                raise
    tally.check()


async def _from_position(trip: Trip, walk: ById, position: int, tally: _Tally) -> AsyncIterator[Chunk]:
    size = trip.size(walk.size)

    async def read(index: int) -> tuple[Page, list[Any]]:
        page = await trip.page(walk.call, Ask(window=trip.window, page=walk.first + index, size=size))
        return page, list(await trip.complete(page.items))

    async def chunk(index: int, page: Page, items: list[Any]) -> Chunk:
        fallen = (tally.total or 0) - page.total if page.total is not None else 0
        if fallen > 0:
            # Rows were deleted: those after them moved up, onto pages that are behind us.
            for earlier in range(max(0, index * size - fallen) // size, index):
                again, more = await read(earlier)
                tally.add([*tally.last, *map(trip.stream.key, again.items)])
                items = [*more, *items]
        tally.add(trip.stream.key(item) for item in page.items)
        tally.state(page.total)
        mark = {"position": (index + 1) * size, "total": page.total, "rows": tally.rows}
        return Chunk(items=items, mark=mark, total=page.total)

    start = position // size
    page, items = await read(start)
    yield await chunk(start, page, items)
    if page.total is not None:
        last = -(-page.total // size)
        async for index, (page, items) in in_order(range(start + 1, last), read, trip.talk.concurrency):
            yield await chunk(index, page, items)
        return
    for index in count(start + 1):
        if len(page.items) < size:
            return
        page, items = await read(index)
        yield await chunk(index, page, items)


async def by_cursor(trip: Trip, walk: ByCursor) -> AsyncIterator[Chunk]:
    """Chunk = one page. Mark: {"since": change of the last row, or end of the last window} where the list has a
    time filter, else {"cursor"}."""
    window, mark = trip.window, dict(trip.mark)
    if walk.whole:
        async for chunk in _to_the_end(trip, walk, window, mark, mark.get("cursor") if walk.lasting else None):
            yield chunk
        return
    if since := mark.get("since"):
        window = Window(max(window.start, datetime.fromisoformat(since) - trip.stream.lookback), window.end)
    for part in window.slices(walk.span) if walk.span else [window]:
        async for chunk in _to_the_end(trip, walk, part, mark, None):
            mark = chunk.mark
            yield chunk
        if walk.span:
            mark = {"since": part.end.isoformat()}
            yield Chunk(mark=mark)


async def _to_the_end(trip: Trip, walk: ByCursor, window: Window, mark: dict[str, Any], cursor: str | None,
                      ) -> AsyncIterator[Chunk]:
    """The pages of one list; where it was read from its first page, as many rows as the platform counts. A cursor
    that an interrupted run left may have ended meanwhile: then the list is read from its beginning."""
    passed: set[str] = set()
    tally, from_the_first = _Tally(), cursor is None
    while True:
        try:
            page = await _cursor_page(trip, walk, window, cursor)
        except Rejected:
            if cursor is None or passed:
                raise
            cursor, from_the_first = None, True
            continue
        tally.rows += len(page.items)
        tally.state(page.total)
        changed = trip.stream.changed
        if walk.whole:
            mark = {"cursor": page.next}
        elif changed and (times := [at for item in page.items if (at := changed(item))]):
            mark = {"since": max(times).isoformat()}
        yield Chunk(items=await trip.complete(page.items), mark=mark, total=page.total)
        if page.next is None:
            break
        if page.next in passed:
            raise Looping()
        passed.add(page.next)
        cursor = page.next
    if from_the_first:
        tally.check()


async def _cursor_page(trip: Trip, walk: ByCursor, window: Window, cursor: str | None) -> Page:
    while True:
        try:
            ask = Ask(window=window, size=trip.size(walk.size), cursor=cursor)
            return await trip.page(walk.call, ask)
        except Broken as error:
            if not (error.heavy and trip.shrink(walk.size, error)):
                raise
