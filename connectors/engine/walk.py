"""Which function walks which walk."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from connectors.engine.days import by_day, by_known, by_snapshot, by_vanished
from connectors.engine.lists import by_cursor, by_id, by_window
from connectors.engine.report import by_report
from connectors.engine.stream import (
    ByCursor,
    ByDay,
    ById,
    ByKnown,
    ByReport,
    BySnapshot,
    ByVanished,
    ByWindow,
    Walk,
)
from connectors.engine.trip import Chunk, Trip

WALKS: Mapping[type, Callable[[Trip, Any], AsyncIterator[Chunk]]] = {
    ByWindow: by_window, ById: by_id, ByCursor: by_cursor, ByReport: by_report, ByDay: by_day,
    BySnapshot: by_snapshot, ByKnown: by_known, ByVanished: by_vanished,
}


def walk(trip: Trip, along: Walk) -> AsyncIterator[Chunk]:
    """The chunks of a trip, in the order in which they may be committed."""
    return WALKS[type(along)](trip, along)
