"""A first look through a new connection: a few orders, and how far back the platform answers.

Nothing is written. What is shown has no room for a person: ids, times, states, counts and money only.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import islice, pairwise
from typing import Any
from zoneinfo import ZoneInfo

from connectors import connector
from connectors.engine.connections import read_settings
from connectors.engine.lists import FilterIgnored
from connectors.engine.stream import HISTORY, ByCursor, ById, ByReport, Connector, Context, Stream, Window
from connectors.engine.talk import Talk
from connectors.engine.tokens import Tokens
from connectors.engine.trip import Trip
from connectors.engine.vault import Vault
from connectors.engine.walk import walk
from queries.records import Order, OrderLine, Record
from queries.warehouse.connections import Connection

PAGE = 20
MOST_REQUESTS, MOST_SECONDS = 40, 30.0
"""A look is short: a quiet shop shows fewer orders rather than being searched for long."""
BACK = tuple(timedelta(hours=hours) for hours in (0, 0.25, 6, 3 * 24, 30 * 24, 180 * 24))
"""How far back the look goes, step by step, until there are enough."""


@dataclass(frozen=True)
class Glimpse:
    """An order as a preview shows it. `amount` = goods after the seller's discounts, with postage."""

    order_id: str
    created_at: datetime
    status: str
    native_status: str
    lines: int
    amount: Decimal
    currency: str


class Glance(Trip):
    """A trip in small pages."""

    def size(self, wanted: int) -> int:
        return min(wanted, PAGE)


def history(found: Connector) -> timedelta | None:
    """How far back a first sync of the platform's orders reaches; None = to the first order."""
    stream = order_stream(found)
    walked = (stream.backfill or stream.changes) if stream else None
    if walked is None or isinstance(walked, ById) or (isinstance(walked, ByReport) and walked.span is None):
        return None
    if isinstance(walked, ByCursor) and walked.whole:
        return None
    return min(getattr(walked, "reach", None) or HISTORY, HISTORY)


def preview(link: Connection, vault: Vault, clock: Callable[[], datetime], count: int = 5) -> list[Glimpse]:
    """The newest orders that a short look finds, newest first; [] where the platform sells nothing. Raises
    what the platform answers."""
    found = connector(link.platform)
    settings = read_settings(found, vault.settings(link.connection))
    if found.imports is not None:
        exports = (export for export in found.imports(settings) if {Order, OrderLine} & set(export.tables))
        rows: Iterator[Record] = (
            row for export in exports for row in islice(export.rows(), 200) if isinstance(row, Record))
        return _glimpses(rows, count)
    stream = order_stream(found)
    return asyncio.run(_look(link, found, stream, settings, vault, clock, count)) if stream else []


async def _look(link: Connection, found: Connector, stream: Stream, settings: Any, vault: Vault,
                clock: Callable[[], datetime], count: int) -> list[Glimpse]:
    client, now = found.client(settings), clock()
    talk = Talk(client, Tokens(vault, link.connection, client, clock), clock)
    context = Context(settings, link.shop_id, link.currency, ZoneInfo(link.tz), now)
    items: list[Any] = []
    try:
        with suppress(TimeoutError):
            async with asyncio.timeout(MOST_SECONDS):
                for window in _windows(now - stream.lag):
                    items += await _some(Glance(talk, stream, context, window), count)
                    if len(items) >= count or talk.requests >= MOST_REQUESTS:
                        break
    finally:
        await talk.close()
    rows = (row for item in items for row in stream.rows(item, context) if isinstance(row, Record))
    return _glimpses(rows, count)


async def _some(trip: Trip, count: int) -> Sequence[Any]:
    """Items of a window, from its newest part where the platform's walk allows that; not all of them."""
    items: list[Any] = []
    chunks = walk(trip, trip.stream.changes)
    try:
        async for chunk in chunks:
            items += chunk.items
            if len(items) >= count or trip.talk.requests >= MOST_REQUESTS:
                break
    except FilterIgnored:
        pass
    finally:
        await chunks.aclose()  # type: ignore[attr-defined]
    return items


def _windows(end: datetime) -> Iterator[Window]:
    """Touching windows, each further back and longer than the one before."""
    end = end.replace(microsecond=0)
    for near, far in pairwise(BACK):
        yield Window(end - far, end - near)


def _glimpses(rows: Iterable[Record], count: int) -> list[Glimpse]:
    orders: dict[str, Order] = {}
    lines: dict[str, int] = {}
    for row in rows:
        if isinstance(row, Order):
            orders[row.order_id] = row
        elif isinstance(row, OrderLine):
            lines[row.order_id] = lines.get(row.order_id, 0) + 1
    newest = sorted(orders.values(), key=lambda order: order.created_at, reverse=True)
    return [
        Glimpse(order.order_id, order.created_at, order.status, order.native_status, lines.get(order.order_id, 0),
                order.list_amount - order.seller_discount + order.shipping_amount, order.currency)
        for order in newest[:count]]


def order_stream(found: Connector) -> Stream | None:
    """The stream that brings the platform's orders."""
    return next((stream for stream in found.streams if Order in stream.tables), None)
