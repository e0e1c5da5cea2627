"""Windows of change as Walmart takes them, and what a page of one says about the rest."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.engine.stream import DAY, Ask, Context, Page
from connectors.walmart import wire

REACH = 179 * DAY
"""Walmart answers for 180 days."""
SECOND = timedelta(seconds=1)


def stamp(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def span(ask: Ask, context: Context, name: str) -> dict[str, str]:
    """The window, between `{name}StartDate` and `{name}EndDate`. Whether its ends are in it is not written, so it is a
    second wider, but does not reach beyond the present."""
    assert ask.window is not None
    start, end = ask.window.start - SECOND, ask.window.end + SECOND
    return {f"{name}StartDate": stamp(start), f"{name}EndDate": stamp(end if end <= context.now else ask.window.end)}


def paged(items: Sequence[Any], meta: wire.Meta) -> Page:
    """A page that holds the whole list is counted; of a longer one only the cursor counts."""
    if meta.next_cursor and len(items) < (meta.total_count or len(items) + 1):
        return Page(items, next=meta.next_cursor)
    return Page(items, meta.total_count)
