"""Windows of time as eBay's filters spell them, and times as they come back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from connectors.engine.errors import Rejected
from connectors.engine.stream import DAY, Ask, Context
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


def known(moment: str) -> datetime:
    found = iso(moment)
    if found is None:
        raise Rejected("(an order without its times)")
    return found
