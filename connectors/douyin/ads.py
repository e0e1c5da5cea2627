"""Qianchuan, Douyin's advertising and live desk: ad spend by day and live rooms with their figures.

Not the shop API: its own host, token and envelope, times as Beijing text, money in yuan. Both streams need
`advertiser_id` (live rooms also `aweme_id`, one or several accounts) and stay silent without.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from connectors.douyin import wire
from connectors.engine.stream import DAY, Ask, ByDay, Call, Context, Page, Reply, Stream
from connectors.engine.values import beijing, text
from queries.records import AdDaily, Campaign, LiveSession

REPORT_FIELDS = ["stat_cost", "show_cnt", "click_cnt", "pay_order_count", "pay_order_amount"]
LIVE_FIELDS = ["stat_cost", "total_live_watch_cnt", "live_pay_order_gmv_alias"]
"""What is not asked for does not come; what is asked for and does not come is unknown, never 0."""
ROOMS = "v1.0/qianchuan/today_live/room/get/"
COST = 2.0
"""Against the bucket of the shop API, whose documented rates are far higher."""


CHANNELS = {"LIVE_PROM_GOODS": "live", "VIDEO_PROM_GOODS": "video"}
"""By `marketing_goal`, in the reports that tell it."""


def report(ask: Ask, context: Context) -> Call:
    """The report's path is a setting: Qianchuan has retired and renamed some."""
    assert ask.first_day and ask.last_day
    return Call(f"v1.0/{context.settings.ads_report.strip('/')}/", host="ads", cost=COST, params={
        "advertiser_id": context.settings.advertiser_id, "start_date": ask.first_day.isoformat(),
        "end_date": ask.last_day.isoformat(), "time_granularity": "TIME_GRANULARITY_DAILY",
        "fields": REPORT_FIELDS, "filtering": {"marketing_goal": "ALL"}, "page": ask.page,
        "page_size": ask.size})


def reports(reply: Reply, call: Call) -> Page:
    found = wire.data(reply.body, wire.AdsData, wire.AdsAnswer)
    return Page(found.reports or [], found.page_info.total_number if found.page_info else None)


def campaign(row: wire.AdRow) -> str:
    """The campaign, else the plan, else "" (a report of the whole account names neither)."""
    return text(row.campaign_id) or text(row.ad_id)


def by_campaign(rows: Sequence[wire.AdRow]) -> Iterator[wire.AdRow]:
    """A campaign's plans added up, day by day. What no plan tells stays unknown."""
    days: dict[tuple[str, str], list[wire.AdRow]] = {}
    for row in rows:
        days.setdefault((row.stat_datetime[:10], campaign(row)), []).append(row)
    for first, *others in days.values():
        for name in REPORT_FIELDS if others else ():
            known = [figure for row in (first, *others) if (figure := getattr(row, name)) is not None]
            setattr(first, name, sum(known) if known else None)
        yield first


def report_rows(row: wire.AdRow, context: Context) -> Iterator[AdDaily | Campaign]:
    number = campaign(row) or context.settings.advertiser_id
    channel = CHANNELS.get(row.marketing_goal or "", "ad")
    yield AdDaily(
        date=date.fromisoformat(row.stat_datetime[:10]), campaign_id=number, channel=channel,
        spend=row.stat_cost, impressions=row.show_cnt, clicks=row.click_cnt,
        attributed_orders=row.pay_order_count, attributed_sales=row.pay_order_amount,
        currency=context.currency)
    yield Campaign(campaign_id=number, channel=channel,
                   name=row.campaign_name or row.ad_name or f"巨量千川 {number}")


def rooms_of_day(ask: Ask, context: Context) -> Call:
    """Rooms that began on the day, in whatever state they are now."""
    assert ask.first_day
    return Call(ROOMS, host="ads", cost=COST, params={
        "advertiser_id": context.settings.advertiser_id, "aweme_id": ask.key,
        "date_time": ask.first_day.isoformat(), "room_status": "ALL", "fields": LIVE_FIELDS, "page": ask.page,
        "page_size": ask.size})


def rooms(reply: Reply, call: Call) -> Page:
    found = wire.data(reply.body, wire.AdsData, wire.AdsAnswer)
    return Page(found.room_list or [], found.page_info.total_number if found.page_info else None)


def room_rows(room: wire.Room, context: Context) -> Iterator[LiveSession]:
    """Figures as delivered. `total_live_watch_cnt` counts views; people and buyers are not given."""
    started = beijing(room.start_time)
    if started is None:
        return
    own = text(room.aweme_id) in ("", *context.settings.accounts[:1])
    yield LiveSession(
        session_id=text(room.room_id), host_type="self" if own else "creator", started_at=started,
        ended_at=beijing(room.end_time), views_pv=room.total_live_watch_cnt,
        gmv_in_session=room.live_pay_order_gmv_alias, ad_spend=room.stat_cost, currency=context.currency)


ADS = Stream(
    name="ads", source="report", tables=(AdDaily, Campaign), lookback=28 * DAY,
    changes=ByDay(report, size=1000, span=30), read=reports, rows=report_rows,
    key=lambda row: f"{row.stat_datetime}/{row.ad_id}", gather=by_campaign,
    enabled=lambda settings: bool(settings.advertiser_id))

LIVE = Stream(
    name="live", source="room", tables=(LiveSession,), lookback=3 * DAY,
    changes=ByDay(rooms_of_day, size=100, each=lambda settings: settings.accounts), read=rooms,
    rows=room_rows, key=lambda room: text(room.room_id),
    enabled=lambda settings: bool(settings.advertiser_id and settings.aweme_id))
