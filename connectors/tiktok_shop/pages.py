"""How lists are asked for and read: windows in epoch seconds, a token for the next page, a name for each list."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from math import ceil
from typing import Any

from connectors.engine.stream import Ask, Call, Context, Page, Reply, Window
from connectors.engine.values import from_seconds, to_seconds
from connectors.tiktok_shop import wire


def bounds(window: Window | None) -> tuple[int, int]:
    """A window as whole seconds, rounded outwards (`_ge` is inclusive, `_lt` exclusive)."""
    assert window is not None
    return to_seconds(window.start), ceil(window.end.timestamp())


def search(path: str) -> Callable[[Ask, Context], Call]:
    """Words one page of a list cut by its time of change."""

    def word(ask: Ask, context: Context) -> Call:
        start, end = bounds(ask.window)
        return Call(path, verb="POST", body={"update_time_ge": start, "update_time_lt": end}, params={
            "page_size": ask.size, "page_token": ask.cursor, "sort_field": "update_time", "sort_order": "ASC"})

    return word


def listed(name: str) -> Callable[[Reply, Call], Page]:
    """Reads the list of that name; an empty token is the end, and the estimated total counts for nothing."""

    def read(reply: Reply, call: Call) -> Page:
        data = wire.data(reply.body)
        return Page(getattr(data, name) or [], next=data.next_page_token or None)

    return read


def changed(item: Any) -> datetime | None:
    return from_seconds(item.update_time)
