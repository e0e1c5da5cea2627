"""Back-pressure: a connection whose platform throttles it for long is tried later, ever later while that lasts.

A short wait inside a run is obeyed and forgotten. A run that ended throttled, or spent minutes in silence, moves
the next one: by what the platform asked for, at least by a quarter of an hour, doubled each time up to six hours.
A run without either clears it. Kept in `state.sqlite`, so that a restart does not begin the siege anew.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from connectors.engine.errors import Throttled
from connectors.engine.run import StreamReport
from queries.warehouse import State

ROOM = "pressure"
LONG = 300.0
"""Seconds of silence in one run from which on a platform counts as throttling."""
FIRST, LONGEST = timedelta(minutes=15), timedelta(hours=6)


class Pressure:
    """When a connection may be tried again."""

    def __init__(self, state: State, clock: Callable[[], datetime]) -> None:
        self._state, self._clock = state, clock

    def until(self, connection: str) -> datetime | None:
        """The instant before which the connection is left alone; None = it is free."""
        noted = self._state.get(ROOM, connection, now=self._clock())
        return datetime.fromisoformat(noted["until"]) if noted else None

    def note(self, connection: str, reports: Sequence[StreamReport]) -> None:
        """Learn from a run that has just ended."""
        now = self._clock()
        ended = [report.trouble for report in reports if isinstance(report.trouble, Throttled)]
        if not ended and sum(report.waited for report in reports) < LONG:
            self._state.drop(ROOM, connection)
            return
        noted = self._state.get(ROOM, connection, now=now)
        times = noted["times"] + 1 if noted else 0
        asked = timedelta(seconds=max((trouble.wait or 0.0 for trouble in ended), default=0.0))
        later = max(asked, min(FIRST * 2 ** min(times, 10), LONGEST))
        self._state.put(ROOM, connection, {"until": (now + later).isoformat(), "times": times}, now=now)
