"""How a list is read without losing a row: one value a walk, named for what it guarantees.

There is none by page number over a list that can re-sort while it is read: such a walk loses an order each time
one is changed under it, and reports success.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

from connectors.engine.calls import (
    Ask,
    Call,
    Context,
    Page,
    Reply,
    Word,
)
from queries.records import Record


@dataclass(frozen=True)
class ByWindow:
    """Page numbers inside a frozen time window, from the last page to the first.

    While it is read, such a list can only shrink (an order that changes leaves the window for a later one):
    rows can only move towards pages still to be read. The first call (`ask.counting`) tells `total`; windows
    with more rows than `depth` are cut. Windows run several at once, each one's pages one after another.
    Received is compared with `total`; if too few came the window is read again, then it is an error.

    Where the platform says only that there is more (`Page.next` without `total`), windows are cut until one page
    holds them: what one answer brings cannot move meanwhile. Only a single second with more than a page is paged
    through, by `ask.cursor`.
    """

    call: Word
    span: timedelta
    """The longest window the platform takes."""
    size: int
    first: int = 1
    """The number of the first page."""
    reach: timedelta | None = None
    """How far back the platform answers (Douyin 90 days): earlier starts are clamped."""
    depth: int = 10_000
    """How many rows of one list can be paged to."""
    moving: bool = True
    """False where the window is over a time that never changes (created): its pages may be read at once."""
    within: Callable[[Any], datetime | None] | None = None
    """The item's time that the window is over: an answer far outside it shows that the filter was ignored.
    The engine then says so and reads the stream's `backfill` instead, keeping what changed."""
    whole: bool = False
    """True where what is there now is read however old it is (products), each time from the beginning: the windows
    are there for lists that are longer than they can be paged to."""


@dataclass(frozen=True)
class ById:
    """Page numbers along a key that never moves (id ascending), several pages at once.

    The list can only lose rows by deletion; each page states the total, and where it falls from one page to
    the next the earlier page is read again, so a deletion cannot hide its neighbour. Also for short lists
    that are read whole (products). Ask carries page, size, and the window (up to now): freeze the list by
    creation time where the platform can.
    """

    call: Word
    size: int
    first: int = 1


@dataclass(frozen=True)
class ByCursor:
    """The server's own cursor, over a list sorted ascending by change (or id), one page after another.

    `ask.window` runs from (checkpoint - lookback) to now; `ask.cursor` is None on the first page. A row that
    changes while we read moves to the end and is read twice. A kill goes on from the last committed change.
    """

    call: Word
    size: int
    whole: bool = False
    """True = a list without a time filter, read from its beginning each time (products)."""
    span: timedelta | None = None
    """The longest window the platform takes: several are read, oldest first."""
    lasting: bool = True
    """False where a cursor lives for minutes (Mercado Libre): an interrupted reading begins anew."""


@dataclass(frozen=True)
class Report:
    """How a report stands. `done` with url and `then` None = there are no rows."""

    state: Literal["running", "done", "failed"]
    url: str | None = None
    rows: int | None = None
    """How many top-level items it holds, where the platform says so: checked against what was read."""
    why: str = ""
    then: Call | None = None
    """Where the file's address has to be asked for: the call, whose answer `polled` reads as well."""
    gzip: bool = False


@dataclass(frozen=True)
class ByReport:
    """Ask for a report, wait, download, read it line by line from a temporary file without a name.

    Lines of one item need not follow each other: `root(line)` says which item a line belongs to, the engine
    sorts lines into parts by it, and `join(lines)` builds the items of one part. Memory stays flat. The id of
    the report is kept in the checkpoint: a restart waits for it instead of asking for another.
    """

    submit: Word
    submitted: Callable[[Reply], str]
    """-> id of the report."""
    poll: Callable[[str], Call]
    polled: Callable[[Reply], Report]
    root: Callable[[bytes], str]
    join: Callable[[Iterable[bytes]], Iterable[Any]]
    every: timedelta = timedelta(seconds=5)
    """Pause between two polls."""
    span: timedelta | None = None
    """The longest period one report may cover: several are read, oldest first. None = one report of everything."""
    reach: timedelta | None = None
    """How far back reports are made: earlier starts are clamped."""
    headed: bool = False
    """The first line names the columns (CSV, TSV): `join` finds it before the lines of every part."""
    earlier: Word | None = None
    """Asks for the reports there are: one that a killed run ordered, or whose twin the platform refuses to make
    so soon, is taken instead of a new one."""
    same: Callable[[Reply, Ask], str] = lambda _reply, _ask: ""
    """-> id of the one among them that is meant, else ""."""


@dataclass(frozen=True)
class ByDay:
    """Whole shop days; the last `Stream.lookback` days are read again each time, as reports settle slowly.

    The rows of the days read replace what was there. Pages follow `Page.next` if given, else page numbers
    until `total` or a short page. `Stream.gather` sees all items of the span at once (to add up creatives).
    """

    call: Word
    size: int
    first: int = 1
    span: int = 1
    """Days one call may cover."""
    each: Callable[[Any], Sequence[str]] = lambda _settings: ("",)
    """settings -> what has to be asked for one by one (the accounts of a shop); comes as `ask.key`."""
    reach: timedelta | None = None


@dataclass(frozen=True)
class BySnapshot:
    """Levels as they are now; growth is the difference to the last snapshot of an earlier day.

    Every word of `calls` is read to its end (`Page.next`); then `levels(items)` sums up to a JSON-able dict,
    which is kept in the checkpoint, and `growth(now, before, day, context)` gives the day's rows. `before` is
    None on the first snapshot: growth is then unknown (None), never 0.
    """

    calls: tuple[Word, ...]
    levels: Callable[[Sequence[Any]], dict[str, Any]]
    growth: Callable[[dict[str, Any], dict[str, Any] | None, date, Context], Iterable[Record]]
    size: int = 100
    first: int = 1


@dataclass(frozen=True)
class ByKnown:
    """Reads again, one by one, orders we hold that are still open and that lists no longer reach.

    `ask.key` is the order id. For platforms whose lists end at some age (Douyin: 90 days) but whose detail
    call does not.
    """

    call: Word
    older: timedelta
    """Only orders created longer ago than this."""
    newer: timedelta = timedelta(days=400)
    """...and not longer ago than this."""


@dataclass(frozen=True)
class ByVanished:
    """Reads, one by one, the open orders we hold that a list no longer shows (Mercado Libre leaves cancelled orders
    out of what a seller searches).

    The list is read by page number though it moves: an order that is overlooked is read in vain, none is lost.
    """

    call: Word
    """One order; `ask.key` is its id."""
    listed: Word
    """A page of the list of orders created in a window."""
    page: Callable[[Reply, Call], Page]
    """Reads it; the items have the stream's key."""
    size: int
    newer: timedelta
    """Only orders not created longer ago than this."""
    first: int = 1
    depth: int = 10_000


Walk = ByWindow | ById | ByCursor | ByReport | ByDay | BySnapshot | ByKnown | ByVanished
