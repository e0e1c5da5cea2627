"""What a run of a stream has to do, worked out from its checkpoint: which walk, over which window.

A checkpoint is a JSON dict, written in the transaction of the rows it stands for:

    {"phase": "backfill", "start": T, "noted": T, "mark": {}, "keep": {}}   a first read under way
    {"phase": "changes", "seen": T, "mark": {}, "keep": {}, "last": T}      everything up to `seen` is in
    {..., "refused": T}                                     what needs an approval was refused then (no phase: always)

`noted` is taken before the backfill begins: what changes while it runs is found from there afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from connectors.engine.stream import BEGINNING, DAY, HISTORY, ById, ByReport, ByWindow, Stream, Walk, Window

Checkpoint = dict[str, Any]

ASKED_AGAIN = DAY
"""How long a refusal of what needs an approval is remembered: it may have been granted since."""


@dataclass(frozen=True)
class Order:
    """What was asked for: `souk sync --since --until --full`. Instants are aware UTC."""

    since: datetime | None = None
    until: datetime | None = None
    full: bool = False
    """Read everything again from the beginning."""
    hurry: bool = False
    """The streams were named by hand: do not wait for their `every`."""


@dataclass(frozen=True)
class Leg:
    """One walk of a run, and the checkpoint before, during and after it."""

    kind: Literal["backfill", "changes", "again"]
    walk: Walk
    window: Window
    mark: dict[str, Any] = field(default_factory=dict)
    seen: datetime | None = None
    """Changes up to here are in: of a backfill, once it is complete; of a changes walk, before it began."""

    def during(self, mark: dict[str, Any], keep: dict[str, Any]) -> Checkpoint | None:
        """The checkpoint once what `mark` stands for is in. None = it stays (a period read again)."""
        if self.kind == "again":
            return None
        if self.kind == "backfill":
            return {"phase": "backfill", "start": self.window.start.isoformat(), "mark": mark, "keep": keep,
                    "noted": self._seen.isoformat()}
        return {"phase": "changes", "seen": self._seen.isoformat(), "mark": mark, "keep": keep}

    def after(self, keep: dict[str, Any], now: datetime) -> Checkpoint | None:
        """The checkpoint once the walk is complete."""
        if self.kind == "again":
            return None
        seen = self._seen if self.kind == "backfill" else max(self._seen, self.window.end)
        return {"phase": "changes", "seen": seen.isoformat(), "mark": {}, "keep": keep,
                "last": now.isoformat()}

    @property
    def _seen(self) -> datetime:
        return self.seen or self.window.start


def due(stream: Stream, checkpoint: Checkpoint | None, order: Order, now: datetime) -> bool:
    """False for a stream that is read only every so often and was read lately, or was refused lately."""
    asked = order.full or order.since or order.hurry
    refused = (checkpoint or {}).get("refused")
    if refused and not asked and now - datetime.fromisoformat(refused) < ASKED_AGAIN:
        return False
    if not (stream.every and checkpoint and "last" in checkpoint) or asked:
        return True
    return now - datetime.fromisoformat(checkpoint["last"]) >= stream.every


def legs(stream: Stream, checkpoint: Checkpoint | None, order: Order, now: datetime) -> Iterator[Leg]:
    """The walks of this run, one after another."""
    end = min(order.until or now, now - stream.lag).replace(microsecond=0)
    checkpoint = checkpoint if checkpoint and "phase" in checkpoint else None
    if checkpoint is None or order.full or checkpoint["phase"] == "backfill":
        resumed = None if order.full else checkpoint
        yield _backfill(stream, resumed, order, end)
        if stream.backfill is None:
            return
        noted = datetime.fromisoformat(resumed["noted"]) if resumed else end
        yield from _changes(stream, noted, {}, end)
    elif order.since:
        window = Window(order.since, end)
        yield Leg("again", _far(stream, window) or stream.changes, window)
    else:
        seen = datetime.fromisoformat(checkpoint["seen"])
        yield from _changes(stream, seen, checkpoint.get("mark") or {}, end)


def _backfill(stream: Stream, resumed: Checkpoint | None, order: Order, end: datetime) -> Leg:
    walk = stream.backfill or stream.changes
    if resumed:
        start, noted = (datetime.fromisoformat(resumed[name]) for name in ("start", "noted"))
        return Leg("backfill", walk, Window(start, max(noted, start)), resumed.get("mark") or {}, noted)
    since = None if _of_windows(walk) else order.since
    start = min(since or (BEGINNING if _whole(walk) else end - HISTORY), end)
    return Leg("backfill", walk, Window(start, end), {}, seen=end)


def _changes(stream: Stream, seen: datetime, mark: dict[str, Any], end: datetime) -> Iterator[Leg]:
    """From a lookback before what was seen; an end before that leaves nothing to do. What lies far back is read as the
    first run reads, from its beginning should that be interrupted, and then what changed meanwhile."""
    start = BEGINNING if _of_windows(stream.changes) else seen - stream.lookback
    window = Window(start, max(end, start))
    if walk := _far(stream, window):
        yield Leg("changes", walk, window, {}, seen=seen)
        seen, mark, window = end, {}, Window(end - stream.lookback, end)
    yield Leg("changes", stream.changes, window, mark, seen=seen)


def _whole(walk: Walk) -> bool:
    """Whether it reads everything there is."""
    return isinstance(walk, ById) or _of_windows(walk) or (isinstance(walk, ByReport) and walk.span is None)


def _of_windows(walk: Walk) -> bool:
    return isinstance(walk, ByWindow) and walk.whole


def _far(stream: Stream, window: Window) -> Walk | None:
    """The walk of the first run, where a window is too long for that of the later ones."""
    return stream.backfill if stream.far and window.span > stream.far else None
