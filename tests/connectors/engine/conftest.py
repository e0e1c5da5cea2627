"""A platform that exists only in memory, to walk over."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from connectors.engine.stream import Ask, Call, Context, Page, Stream, Window
from connectors.engine.trip import Chunk, Trip
from connectors.engine.walk import walk
from queries.records import Product

NOW = datetime(2026, 6, 20, 4, tzinfo=UTC)


@dataclass
class Shelf:
    """Rows (id, change) that a test moves while they are read. `serve(ask)` answers a page; `before` runs
    ahead of each answer."""

    serve: Callable[[Ask], Page]
    before: Callable[[Ask], None] = lambda _ask: None
    asked: list[Ask] = field(default_factory=list)
    concurrency: int = 1
    retries: int = 0

    def word(self, ask: Ask, context: Context) -> Call:
        return Call("page", {"ask": ask})

    async def ask(self, call: Call, read: Callable[[Any, Call], Any], *, patient: bool = True) -> Any:
        await asyncio.sleep(0)
        ask = call.params["ask"]
        self.before(ask)
        self.asked.append(ask)
        return read(self.serve(ask), call)

    def stream(self, changes: Any, **more: Any) -> Stream:
        given = {"name": "orders", "source": "order", "tables": (Product,), "changes": changes,
                 "read": lambda page, call: page, "rows": lambda item, context: [],
                 "key": lambda item: str(item[0])}
        return Stream(**{**given, **more})

    def trip(self, stream: Stream, window: Window, **more: Any) -> Trip:
        context = Context(settings=None, shop_id="S", currency="CNY", zone=ZoneInfo("Asia/Shanghai"), now=NOW)
        return Trip(talk=self, stream=stream, context=context, window=window, **more)  # type: ignore[arg-type]

    def walk(self, stream: Stream, window: Window, along: Any = None, **more: Any) -> list[Chunk]:
        async def all_chunks() -> list[Chunk]:
            return [chunk async for chunk in walk(self.trip(stream, window, **more), along or stream.changes)]

        return asyncio.run(all_chunks())


def items(chunks: Iterable[Chunk]) -> list[Any]:
    return [item for chunk in chunks for item in chunk.items]


@pytest.fixture(scope="session")
def shelf() -> type[Shelf]:
    return Shelf


@pytest.fixture(scope="session")
def taken() -> Callable[[Iterable[Chunk]], list[Any]]:
    return items
