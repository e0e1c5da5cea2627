"""Ad statistics by campaign and day. Weibo counts interactions, not clicks: clicks stay unknown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from connectors.engine.errors import Rejected
from connectors.engine.stream import DAY, HOUR, Ask, ByDay, Call, Context, Detail, Page, Reply, Stream
from connectors.engine.values import text
from connectors.weibo import wire
from queries.records import AdDaily, Campaign

EFFECT, CAMPAIGNS = "v3/insights/effect", "v3/campaigns"
FIGURES = ["pv", "consume", "bhv_70000003"]
"""What is not asked for does not come."""
CHANNEL = "ad"


@dataclass(frozen=True)
class Entry:
    """A row of the report; one of the day also brings the campaigns' names."""

    day: date
    row: wire.AdRow
    advertiser: str
    campaigns: Sequence[wire.Campaign] = field(default=())


def effect(ask: Ask, context: Context) -> Call:
    """One day a call: `granularity` has no published values, and a longer interval might come as one sum."""
    assert ask.first_day and ask.last_day
    interval = [ask.first_day.isoformat(), ask.last_day.isoformat()]
    return Call(EFFECT, host="ads", params={
        "advertiser_id": context.settings.advertiser_id,
        "data": {"time_interval": interval, "field": FIGURES, "page": ask.page, "rows": ask.size}})


def entries(reply: Reply, call: Call) -> Page:
    """The day is the one that was asked for; a row that names another one shows a filter that was ignored."""
    asked = call.params["data"]
    day = date.fromisoformat(asked["time_interval"][0])
    found = wire.REPORT.decode(reply.body)
    rows = [Entry(day, row, call.params["advertiser_id"]) for row in found.entries or ()]
    for entry in rows:
        if entry.row.date and entry.row.date[:10] != day.isoformat():
            raise Rejected(f"(asked for {day}, got {entry.row.date[:10]})")
    if not found.pages:
        return Page(rows)
    return Page(rows, next=str(asked["page"] + 1)) if asked["page"] < found.pages else Page(rows, total=0)


def by_campaign(rows: Sequence[Entry]) -> Iterator[Entry]:
    """Creatives added up to their campaign, day by day. What no creative tells stays unknown."""
    days: dict[tuple[date, str], list[Entry]] = {}
    for entry in rows:
        days.setdefault((entry.day, text(entry.row.campaign_id)), []).append(entry)
    for first, *others in days.values():
        for name in FIGURES if others else ():
            told = [figure for entry in (first, *others) if (figure := getattr(entry.row, name)) is not None]
            setattr(first.row, name, sum(told) if told else None)
        yield replace(first, campaigns=[one for entry in (first, *others) for one in entry.campaigns])


def names(items: Sequence[Entry], context: Context) -> list[Call]:
    """All campaigns of the account, ended ones too: with the newest days and with the first of each month."""
    first, newest = items[0], context.now.astimezone(context.zone).date() - timedelta(days=1)
    return [listing(first.advertiser, 1)] if first.day >= newest or first.day.day == 1 else []


def listing(advertiser: str, page: int) -> Call:
    return Call(CAMPAIGNS, {"advertiser_id": advertiser, "page": page, "page_size": 100}, host="ads")


def more_names(items: Sequence[Entry], replies: Sequence[Reply]) -> list[Call]:
    last = wire.CAMPAIGNS.decode(replies[-1].body) if replies else wire.Campaigns()
    further = last.entries and len(replies) < (last.page_total or 0)
    return [listing(items[0].advertiser, len(replies) + 1)] if further else []


def with_names(items: Sequence[Entry], replies: Sequence[Reply]) -> Iterator[Entry]:
    found = [one for reply in replies for one in wire.CAMPAIGNS.decode(reply.body).entries or ()]
    for place, entry in enumerate(items):
        yield replace(entry, campaigns=found) if place == 0 else entry


def ad_rows(entry: Entry, context: Context) -> Iterator[AdDaily | Campaign]:
    row = entry.row
    yield AdDaily(
        date=entry.day, campaign_id=text(row.campaign_id) or context.settings.advertiser_id, channel=CHANNEL,
        spend=row.consume, impressions=row.pv, attributed_orders=row.bhv_70000003, currency=context.currency)
    for one in entry.campaigns:
        if one.name:
            yield Campaign(campaign_id=text(one.id), name=one.name, channel=CHANNEL)


ADS = Stream(
    name="ads", source="ads", tables=(AdDaily, Campaign), lookback=28 * DAY, every=HOUR,
    changes=ByDay(effect, size=50), read=entries, rows=ad_rows,
    key=lambda entry: f"{entry.day}/{entry.row.campaign_id}/{entry.row.ad_id}", gather=by_campaign,
    detail=Detail(names, with_names, batch=1000, more=more_names, optional=True),
    enabled=lambda settings: bool(settings.advertiser_id))
