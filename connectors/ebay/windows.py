"""Lists over a window of time: how eBay's filters spell it, how pages are counted, and times as they come back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.engine.errors import Rejected
from connectors.engine.stream import DAY, Ask, Call, Context, Page, Reply, Word
from connectors.engine.values import iso

REACH = 729 * DAY
"""eBay answers for two years, not for the day on which they end."""
MILLISECOND = timedelta(milliseconds=1)


def stamp(instant: datetime) -> str:
    """2026-06-18T12:00:00.000Z"""
    return f"{instant.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"


def span(ask: Ask, context: Context) -> str:
    """The window as a filter spells it, both ends included."""
    assert ask.window is not None
    end = max(ask.window.start, min(ask.window.end - MILLISECOND, context.now))
    return f"[{stamp(ask.window.start)}..{stamp(end)}]"


def paged(path: str, field: str) -> Word:
    """Words a page of the list at `path`, over the time that its filter calls `field`; pages are told by their first
    row."""
    return lambda ask, context: Call(path, {
        "filter": f"{field}:{span(ask, context)}", "limit": ask.size, "offset": ask.page * ask.size})


def counted(found: Any, name: str) -> Callable[[Reply, Call], Page]:
    """Reads the list of that name with its total; an answer without a body (204) has nothing."""

    def read(reply: Reply, call: Call) -> Page:
        answer = found.decode(reply.body or b"{}")
        return Page(getattr(answer, name), answer.total)

    return read


def known(moment: str) -> datetime:
    found = iso(moment)
    if found is None:
        raise Rejected("(an order without its times)")
    return found
