"""The payloads, as far as they are read. A count that does not come is unknown (None), never 0."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct, field

from connectors.engine.values import Id, decoder


class Account(Struct):
    """One row of users/counts."""

    id: Id = ""
    followers_count: int | None = None


class Post(Struct):
    """One row of a timeline. Ids have sixteen digits, near 2^53: `idstr` and `mid` are the same as text."""

    id: Id = ""
    idstr: str = ""
    mid: str = ""
    created_at: str = ""
    """`Tue May 31 17:46:55 +0800 2011`."""
    reposts_count: int | None = None
    comments_count: int | None = None
    attitudes_count: int | None = None


class Timeline(Struct):
    statuses: list[Post] | None
    """Without it the answer is none: every post would seem to be gone."""
    total_number: int | None = None


class AdRow(Struct):
    """A day of a creative, a plan or a campaign: the granularity is not published. `consume` is yuan."""

    date: str = ""
    campaign_id: Id | None = None
    ad_id: Id | None = None
    pv: int | None = None
    """Impressions."""
    consume: Decimal | None = None
    bhv_70000003: int | None = None
    """Orders placed."""


class Report(Struct):
    entries: list[AdRow] | None = field(name="list")
    """Without it the answer is none: the day's figures would be taken away."""
    pages: int | None = None


class Campaign(Struct):
    id: Id
    name: str = ""


class Campaigns(Struct):
    page_total: int | None = None
    entries: list[Campaign] | None = field(default=None, name="list")


class OpenError(Struct):
    """Of the open API, whatever the status."""

    error_code: int | None = None
    error: str = ""


class AdsEnvelope(Struct):
    """Of the ads API: `code` above 0 is an error, `trace_id` is what support asks for."""

    code: int = 0
    message: str = ""
    trace_id: str = ""


class Granted(Struct):
    access_token: str = ""
    refresh_token: str | None = None
    expires_in: float | None = None


class AdsToken(Granted):
    """The pair, or the pair inside `data`; the open API also says whose it is, and what is wrong in words."""

    uid: Id = ""
    error: str = ""
    code: int = 0
    message: str = ""
    data: Granted | None = None


ACCOUNTS = decoder(list[Account])
TIMELINE = decoder(Timeline)
REPORT = decoder(Report)
CAMPAIGNS = decoder(Campaigns)
OPEN_ERROR = decoder(OpenError)
ADS_ENVELOPE = decoder(AdsEnvelope)
ADS_TOKEN = decoder(AdsToken)
