"""The walks over figures (by day, by snapshot), and over orders that lists no longer show (by known, by vanished)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from typing import Any

from connectors.engine.errors import Gone, Looping
from connectors.engine.stream import Ask, ByDay, ByKnown, BySnapshot, ByVanished, Window, Word
from connectors.engine.trip import Chunk, Split, Trip, in_order
from queries.records import TABLES
from queries.warehouse import CoveredPeriod

DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
GROUP = 200
"""How many single orders are committed together."""


async def by_day(trip: Trip, walk: ByDay) -> AsyncIterator[Chunk]:
    """Chunk = one span of whole shop days: its rows replace what was there. Mark: {"day": last one read}."""
    zone = trip.context.zone
    first, last = (at.astimezone(zone).date() for at in (trip.window.start, trip.window.end - SECOND))
    if walk.reach:
        first = max(first, (trip.context.now - walk.reach).astimezone(zone).date() + DAY)
    if day := trip.mark.get("day"):
        first = max(first, date.fromisoformat(day) + DAY)
    tables = tuple(TABLES[table] for table in trip.stream.tables if "date" in table.__struct_fields__)

    async def read(days: tuple[date, date]) -> list[Any]:
        start, end = (datetime.combine(day, time(), zone).astimezone(UTC) for day in (days[0], days[1] + DAY))
        items: list[Any] = []
        for key in walk.each(trip.context.settings):
            ask = Ask(window=Window(start, end), first_day=days[0], last_day=days[1], size=walk.size, key=key)
            items += await _to_the_end(trip, walk.call, ask, walk.first)
        return list(await trip.complete(items))

    async for days, items in in_order(_spans(first, last, walk.span), read, trip.talk.concurrency):
        covers = CoveredPeriod(days[0], days[1], tables) if tables else None
        yield Chunk(items=items, mark={"day": days[1].isoformat()}, covers=covers)


def _spans(first: date, last: date, days: int) -> Iterator[tuple[date, date]]:
    while first <= last:
        end = min(first + (days - 1) * DAY, last)
        yield first, end
        first = end + DAY


async def _to_the_end(trip: Trip, word: Word, ask: Ask, first: int) -> list[Any]:
    """All items of a list that does not move: by its cursor if it has one, else page by page."""
    items: list[Any] = []
    cursor: str | None = None
    for number in count(first):
        page = await trip.page(word, replace(ask, page=number, cursor=cursor), shrinkable=False)
        items += page.items
        if page.next is not None and page.next == cursor:
            raise Looping()
        cursor = page.next
        if cursor is None and (not page.items or (
                len(items) >= page.total if page.total is not None else len(page.items) < ask.size)):
            break
    return items


async def by_snapshot(trip: Trip, walk: BySnapshot) -> AsyncIterator[Chunk]:
    """One chunk. Keeps {"day", "levels", "before"}: the growth of a day is measured from the last snapshot of
    an earlier day, so two snapshots on one day do not count twice."""
    today = trip.context.now.astimezone(trip.context.zone).date()
    items: list[Any] = []
    for word in walk.calls:
        ask = Ask(window=trip.window, size=walk.size, first_day=today, last_day=today)
        items += await _to_the_end(trip, word, ask, walk.first)
    now = walk.levels(await trip.complete(items))
    kept = trip.keep
    before = kept.get("before") if kept.get("day") == today.isoformat() else kept.get("levels")
    yield Chunk(records=list(walk.growth(now, before, today, trip.context)),
                keep={"day": today.isoformat(), "levels": now, "before": before})


async def by_known(trip: Trip, walk: ByKnown) -> AsyncIterator[Chunk]:
    """Chunk = some hundred orders read again one by one; those that are gone are left as they are."""
    now = trip.context.now
    async for chunk in _one_by_one(trip, walk.call, trip.known(now - walk.newer, now - walk.older)):
        yield chunk


async def by_vanished(trip: Trip, walk: ByVanished) -> AsyncIterator[Chunk]:
    """The same of those that the list no longer shows."""
    now = trip.context.now
    missing = dict.fromkeys(trip.known(now - walk.newer, now))
    windows = [Window(now - walk.newer, now)] if missing else []
    async for _, keys in in_order(windows, lambda window: _listed(trip, walk, window), trip.talk.concurrency):
        for key in keys:
            missing.pop(key, None)
    async for chunk in _one_by_one(trip, walk.call, missing):
        yield chunk


async def _listed(trip: Trip, walk: ByVanished, window: Window) -> set[str] | Split:
    """The keys of a window's list, to its end; or the parts it must be cut into."""
    keys, size = set[str](), trip.size(walk.size)
    for number in count(walk.first):
        ask = Ask(window=window, page=number, size=size)
        page = await trip.talk.ask(walk.listed(ask, trip.context), walk.page)
        total = page.total or 0
        if total > walk.depth and window.span > SECOND:
            return Split(list(window.parts(total // walk.depth + 2)))
        keys.update(map(trip.stream.key, page.items))
        if not page.items or (number - walk.first + 1) * size >= total:
            break
    return keys


async def _one_by_one(trip: Trip, word: Word, keys: Iterable[str]) -> AsyncIterator[Chunk]:
    async def read(key: str) -> list[Any]:
        try:
            return list((await trip.talk.ask(word(Ask(key=key), trip.context), trip.stream.read)).items)
        except Gone:
            return []

    items: list[Any] = []
    async for _, found in in_order(keys, read, trip.talk.concurrency):
        items += found
        if len(items) >= GROUP:
            yield Chunk(items=await trip.complete(items))
            items = []
    yield Chunk(items=await trip.complete(items))
