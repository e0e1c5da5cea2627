"""What is said to a platform and what comes back, in its own terms: windows, calls, replies, tokens, pages. No I/O."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from math import ceil
from typing import Any, Literal, Protocol
from zoneinfo import ZoneInfo

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
"""Start of the window of a walk over a whole list (ById, ByReport): "everything there is"."""
EVER = timedelta(days=36_500)
"""A span that holds everything since then."""
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

    def seconds(self) -> tuple[int, int]:
        """As whole Unix seconds, rounded outwards; the two differ, as platforms want them to."""
        start, end = int(self.start.timestamp()), ceil(self.end.timestamp())
        return start, max(end, start + 1)

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
    answers: tuple[int, ...] = ()
    """Statuses beyond 2xx that are answers of this call too (Amazon Ads: 425 names the report that there is)."""
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
    refresh_expires_in: float | None = None
    refresh_ends_at: datetime | None = None
    """How long the refresh token lives: after that people must authorise again."""


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
    `limits: Mapping[str, Rate]`, the quotas that `Call.limit` names, and `cost(call) -> float`, where answers tell what
    a call takes from the bucket.
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
