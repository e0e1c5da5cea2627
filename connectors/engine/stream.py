"""The words a platform is described in: calls, pages, walks, streams, connectors. No I/O here.

A platform folder says *what before how*, for example:

    ORDERS = Stream(
        name="orders", source="trade", tables=(Order, OrderLine), replaces=("order_lines",),
        backfill=ByWindow(created, span=timedelta(days=1), size=50),
        changes=ByWindow(modified, span=timedelta(minutes=30), size=50),
        read=trades, rows=trade_rows, key=lambda trade: trade.tid, changed=lambda trade: trade.modified_at)

where `modified(ask, context) -> Call` words one request, `trades(reply, call) -> Page` reads its answer and
`trade_rows(trade, context) -> Iterable[Record]` maps one item. All three are pure functions.

Every walk is named for what it guarantees. There is none by page number over a list that can re-sort while it
is read: such a walk loses an order each time one is changed under it, and reports success.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from msgspec import Struct
from pydantic import BaseModel

from connectors.engine.calls import (
    BEGINNING,
    DAY,
    EVER,
    HISTORY,
    HOUR,
    MINUTE,
    Ask,
    Budget,
    Call,
    Client,
    Context,
    Host,
    Page,
    Rate,
    Reply,
    Request,
    Tokens,
    Window,
    Word,
)
from connectors.engine.consent import Authorize
from connectors.engine.walks import (
    ByCursor,
    ByDay,
    ById,
    ByKnown,
    ByReport,
    BySnapshot,
    ByVanished,
    ByWindow,
    Report,
    Walk,
)
from queries.records import Record, Shop

__all__ = [
    "BEGINNING",
    "DAY",
    "EVER",
    "HISTORY",
    "HOUR",
    "MINUTE",
    "About",
    "Ask",
    "Budget",
    "ByCursor",
    "ByDay",
    "ById",
    "ByKnown",
    "ByReport",
    "BySnapshot",
    "ByVanished",
    "ByWindow",
    "Call",
    "Client",
    "Connector",
    "Context",
    "Detail",
    "Finding",
    "Host",
    "Identity",
    "Import",
    "Page",
    "Rate",
    "Reply",
    "Report",
    "Request",
    "Stream",
    "Tokens",
    "Walk",
    "Window",
    "Word",
    "undated",
]


@dataclass(frozen=True)
class Detail:
    """Further calls that complete items: lines of refunds, amounts that lists leave out.

    `calls(items, context)` words them for up to `batch` items that `needs` them; `join(items, replies)`
    returns the same items completed, in their order (one reply per call, in order). `more(items, replies)`
    words further calls until it returns none (inner cursors). Gone on the detail of a single item leaves
    that item out.
    """

    calls: Callable[[Sequence[Any], Context], Sequence[Call]]
    join: Callable[[Sequence[Any], Sequence[Reply]], Iterable[Any]]
    needs: Callable[[Any], bool] = lambda _item: True
    batch: int = 1
    more: Callable[[Sequence[Any], Sequence[Reply]], Sequence[Call]] | None = None
    optional: bool = False
    """Where the platform refuses the detail (Denied, Rejected, Gone) the items stay as the list gave them."""
    described: bool = False
    """Whether the stream's source in fields.yaml describes the replies too: fields it does not know are reported."""


@dataclass(frozen=True)
class Finding:
    """Something `rows()` may yield beside records: it becomes a row of data_quality. Names, never values of
    personal fields. Example: Finding("unknown_order_type", "order_type 97")."""

    check: str
    detail: str
    status: Literal["warn", "fail"] = "warn"


def undated(order_id: str) -> Finding:
    """An order without its time of creation belongs to no day: it is reported instead of stored, or dated 1970."""
    return Finding("undated_order", f"order {order_id} came without its time of creation: not stored", "fail")


@dataclass(frozen=True)
class Stream:
    """One kind of thing a platform tells us, and where it goes."""

    name: str
    """orders, refunds, products, ads, live, settlements, social ..."""
    source: str
    """Which part of fields.yaml describes its payload."""
    tables: tuple[type[Record], ...]
    changes: Walk
    """What later runs do."""
    read: Callable[[Reply, Call], Page]
    rows: Callable[[Any, Context], Iterable[Record | Finding]]
    """Pure. An unknown status becomes "unknown" with `native_status`; the engine reports it."""
    key: Callable[[Any], str]
    """The item's id: rows are counted by it."""
    backfill: Walk | None = None
    """What the first run does; None = `changes` from the beginning of history. A changes pass follows it."""
    changed: Callable[[Any], datetime | None] | None = None
    """The item's change time (aware): checks that a filter was obeyed; a ByCursor resumes by it."""
    lookback: timedelta = 10 * MINUTE
    """How much earlier than the checkpoint a run starts: covers index lag and late changes."""
    far: timedelta | None = None
    """Where more than this has to be caught up with, `backfill` reads it: reports for days, pages for minutes (Amazon,
    whose pages come one in three minutes). Only for a backfill by time of change."""
    lag: timedelta = timedelta()
    """How far behind the present the platform answers (Amazon: two minutes): windows end that much earlier."""
    detail: Detail | None = None
    gather: Callable[[Sequence[Any]], Iterable[Any]] | None = None
    """Applied to all items of one chunk (a day, a window) before `rows`."""
    replaces: tuple[str, ...] = ()
    """Tables whose rows of the orders read are replaced as a set: order_lines, refunds."""
    every: timedelta | None = None
    """Not more often than this (products once a day); None = every run."""
    enabled: Callable[[Any], bool] = lambda _settings: True
    """Whether the connection's settings provide for it (ads need an advertiser_id)."""
    approval: str = ""
    """What the platform must have granted beyond the usual (a role, a scope, a package), in its own words. Where it
    has not (Denied, and not of all calls), the stream is left out with a note in data_quality, and the run has
    not failed."""


@dataclass(frozen=True)
class Identity:
    """Which shop a connection speaks for."""

    shop_id: str
    shop: Shop | None
    """None where the connection speaks for no shop of its own (exports of several shops)."""
    findings: Sequence[Finding] = ()
    """What is amiss though the keys work (a right that was not granted): becomes rows of data_quality."""
    learned: Mapping[str, str] = field(default_factory=dict)
    """Settings that the platform told (TikTok Shop: the cipher of the one shop that was authorised)."""


@dataclass(frozen=True)
class About:
    """How a connection learns its shop; its first call is also the test of the keys.

    A call to host "auth" stands for the client's token call: it is made under the lock, its pair is stored
    (`Tokens.introduce`), and `read` gets the answer. For platforms that name the shop only there.

    `read` gets one reply per call (None where an optional call was refused) and the settings.
    """

    calls: Callable[[Any], Sequence[Call]]
    read: Callable[[Sequence[Reply | None], Any], Identity]
    otherwise: Callable[[Any, datetime], Sequence[Call]] | None = None
    """(settings, now) -> what is asked too where an optional call was refused; its replies follow the others."""


@dataclass(frozen=True)
class Import:
    """An export that lies on this machine already, and what it says. Read again only when it has changed."""

    name: str
    """The stream's name in reports and checkpoints."""
    platform: str
    shop_id: str
    zone: str
    tables: tuple[type[Record], ...]
    fingerprint: Callable[[], str]
    """Same text = same content. Raises Trouble where the export cannot be read."""
    rows: Callable[[], Iterable[Record | Finding]]
    """Raises Trouble naming the row; iterated twice: once to check all of it, once to write it. An order's lines
    and refunds follow it."""
    unread: Callable[[], Sequence[str]] = tuple
    """Names of columns that stay in the file."""
    replaces: tuple[str, ...] = ()
    """As of a stream: lines are replaced as a set."""
    currency: str = ""
    """Of a shop that only exports know; empty = the connection's."""


@dataclass(frozen=True)
class Connector:
    """A platform, as its table of contents. `connectors/<platform>/__init__.py` exports it as `CONNECTOR`."""

    platform: str
    title_en: str
    title_zh: str
    settings: type[BaseModel]
    client: Callable[[Any], Client]
    streams: tuple[Stream, ...]
    about: About
    imports: Callable[[Any], Sequence[Import]] | None = None
    """For what is read from this machine instead of a server: settings -> the exports there."""
    authorize: Authorize | None = None
    """Where people let the app in through a page of the platform."""
    cron: str = "*/15 * * * *"
    """How often a scheduled sync suits the platform's limits; SOUK_SYNC_CRON overrides it."""
    buyers_per_shop: bool = False
    """True where buyer ids are numbered per shop (Shopify, WooCommerce): the shop then scopes pseudonyms."""
    wire: Mapping[str, type[Struct]] = field(default_factory=dict)
    """source -> wire struct of one item, for the catalogue test (every struct field has an entry)."""

    @property
    def sandbox(self) -> str:
        """Module that serves the platform locally; imported only by the sandbox."""
        return f"connectors.{self.platform}.sandbox"

    def stream(self, name: str) -> Stream:
        return next(stream for stream in self.streams if stream.name == name)

    def only(self, names: Iterable[str]) -> Connector:
        """The same with these streams alone."""
        wanted = set(names)
        return replace(self, streams=tuple(stream for stream in self.streams if stream.name in wanted))
