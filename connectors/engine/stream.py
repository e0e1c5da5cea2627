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

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal, Protocol
from zoneinfo import ZoneInfo

from msgspec import Struct
from pydantic import BaseModel

from connectors.engine.consent import Authorize
from queries.records import Record, Shop

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
"""Start of the window of a walk over a whole list (ById, ByReport): "everything there is"."""
HISTORY = timedelta(days=761)
"""How far other first walks reach back unless told otherwise: two years to compare with, and a month."""

Host = str
"""Which of a platform's hosts a call goes to, and so which token: "api" (the default), "ads", "auth" (token
calls, sent without a token), "file" (a finished report at a full URL in `path`, sent without a token)."""


@dataclass(frozen=True)
class Window:
    """From `start` (included) to `end` (excluded), aware UTC instants. Touching windows lose nothing: call
    builders round start down and end up to what the platform can express."""

    start: datetime
    end: datetime

    @property
    def span(self) -> timedelta:
        return self.end - self.start

    def slices(self, span: timedelta) -> Iterator[Window]:
        """The window cut into touching windows of at most `span`, oldest first."""
        start = self.start
        while start < self.end:
            yield Window(start, min(start + span, self.end))
            start += span

    def parts(self, count: int) -> Iterator[Window]:
        """The window cut into about `count` equal windows with whole seconds between them."""
        seconds = max(1, -(-int(self.span.total_seconds()) // count))
        return self.slices(timedelta(seconds=seconds))

    def holds(self, instant: datetime, slack: timedelta = DAY) -> bool:
        """Whether `instant` lies inside, give or take `slack` (for noticing that a filter was ignored)."""
        return self.start - slack <= instant < self.end + slack


@dataclass(frozen=True)
class Call:
    """One request in the platform's own terms, before signing.

    `path` is a URL path or a method name (`taobao.trades.sold.increment.get`). `params` are the business
    parameters as Python values; the client spells them. `body` is for calls that have parameters and a body.
    """

    path: str
    params: Mapping[str, Any] = field(default_factory=dict)
    body: Any = None
    verb: Literal["GET", "POST"] = "GET"
    host: Host = "api"
    cost: float = 1.0
    """Tokens it takes from the bucket (Shopify: the requested query cost)."""
    optional: bool = False
    """True = Denied, Rejected or Gone yields no reply instead of an error (only in `About.calls`)."""
    nothing: bool = False
    """True = a 404 says that there is nothing to list (Walmart): `read` gets that answer."""
    limit: str = ""
    """Which of the client's `limits` it draws on, where operations have quotas of their own (Amazon)."""


@dataclass(frozen=True)
class Request:
    """The same after signing: ready to be sent, and never logged."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes = b""


@dataclass(frozen=True)
class Reply:
    """An answer as it came. Header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Tokens:
    """What a token call gave. None = the platform did not say (an old refresh token stays in use)."""

    access_token: str
    refresh_token: str | None = None
    expires_in: float | None = None
    """Seconds from now."""
    ends_at: datetime | None = None
    """The same where the platform names the instant."""


@dataclass(frozen=True)
class Rate:
    """What the platform allows for one connection: calls (or cost) a second, how many at once."""

    per_second: float
    burst: int = 1
    concurrency: int = 4


@dataclass(frozen=True)
class Budget:
    """What a server says is left, where it says so: corrects our bucket (Shopify `throttleStatus`)."""

    available: float | None
    """None = not said: only the rate is corrected (Amazon)."""
    per_second: float | None = None
    capacity: float | None = None


class Client(Protocol):
    """How one platform is spoken to; one class in `connectors/<platform>/client.py`. Pure: no I/O, no sleep.

    Made with the connection's settings model: `TaobaoClient(settings)`. A client may also have
    `limits: Mapping[str, Rate]`, the quotas that `Call.limit` names.
    """

    rate: Rate

    def request(self, call: Call, token: str | None, now: datetime) -> Request:
        """Spell and sign the call. `token` is the one for `call.host`; None on "auth" and "file"."""
        ...

    def check(self, reply: Reply, call: Call) -> Budget | None:
        """Raise Throttled, Broken, TokenExpired, Denied, Rejected or Gone; return a budget if one was stated.

        The engine calls `check` first, as the body may say more, and falls back on the HTTP status (429 with
        Retry-After, 5xx, 401, 403, 4xx), also where `check` meets a body it cannot decode (an HTML page);
        transport failures never get here, nor do answers of token calls (host "auth": see `tokens`).
        """
        ...

    def refresh(self, refresh_token: str | None, host: Host) -> Call | None:
        """The call (host="auth") that gives a new token for `host`; None = people must authorise again.

        `refresh_token` None: no token yet, or a platform without them (client credentials).
        """
        ...

    def tokens(self, reply: Reply, host: Host) -> Tokens:
        """Read the answer of that call, whatever its status below 500; raise Denied where it refuses."""
        ...


@dataclass(frozen=True)
class Context:
    """What a mapping may know besides the payload: all of it fixed during a run."""

    settings: Any
    """The connection's settings model (its own pydantic class)."""
    shop_id: str
    currency: str
    zone: ZoneInfo
    now: datetime


@dataclass(frozen=True)
class Ask:
    """Where a walk stands when it wants one page; each walk fills what it has."""

    window: Window | None = None
    """ByWindow: the frozen window. ByCursor, ById: from the checkpoint to now. ByDay: shop midnights."""
    page: int = 0
    """Page number, counted from the walk's `first`."""
    size: int = 0
    cursor: str | None = None
    counting: bool = False
    """ByWindow's first call of a window: the one whose `total` is needed (Taobao: `use_has_next=false`)."""
    first_day: date | None = None
    last_day: date | None = None
    """ByDay: the shop-local days of the window, both included."""
    key: str | None = None
    """ByKnown: the id of the order to read again. ByDay: one of `each`."""


@dataclass(frozen=True)
class Page:
    """One answer, read. `total` = how many items the platform says the whole list has; None = not said.
    `next` = the cursor of the next page, None at the end (ByWindow looks at it only where there is no `total`)."""

    items: Sequence[Any]
    total: int | None = None
    next: str | None = None


Word = Callable[[Ask, Context], Call]
"""Words one request."""


# --- walks: how a list is read without losing a row ---------------------------------------------------------


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


Walk = ByWindow | ById | ByCursor | ByReport | ByDay | BySnapshot | ByKnown


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


@dataclass(frozen=True)
class Identity:
    """Which shop a connection speaks for."""

    shop_id: str
    shop: Shop | None
    """None where the connection speaks for no shop of its own (exports of several shops)."""
    findings: Sequence[Finding] = ()
    """What is amiss though the keys work (a right that was not granted): becomes rows of data_quality."""


@dataclass(frozen=True)
class About:
    """How a connection learns its shop; its first call is also the test of the keys.

    A call to host "auth" stands for the client's token call: it is made under the lock, its pair is stored
    (`Tokens.introduce`), and `read` gets the answer. For platforms that name the shop only there.

    `read` gets one reply per call (None where an optional call was refused) and the settings.
    """

    calls: Callable[[Any], Sequence[Call]]
    read: Callable[[Sequence[Reply | None], Any], Identity]


@dataclass(frozen=True)
class Import:
    """An export that lies on this machine already, and what it says. Read again only when it has changed."""

    name: str
    """The stream's name in reports and checkpoints."""
    platform: str
    shop_id: str
    zone: str
    table: type[Record]
    fingerprint: Callable[[], str]
    """Same text = same content. Raises Trouble where the export cannot be read."""
    rows: Callable[[], Iterable[Record]]
    """Raises Trouble naming the line; iterated twice: once to check all of it, once to write it."""
    unread: Callable[[], Sequence[str]] = tuple
    """Names of columns that stay in the file."""


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
