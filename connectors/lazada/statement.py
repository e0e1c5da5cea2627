"""What Lazada took (lines of the account statement) and paid out, and what its ads cost, by day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Literal

from connectors.engine.errors import Rejected
from connectors.engine.stream import DAY, HOUR, Ask, ByDay, Call, Context, Page, Reply, Stream
from connectors.engine.values import ZERO, money, text
from connectors.lazada import wire
from queries.records import AdDaily, Campaign, Fee, Settlement

FeeType = Literal["commission", "payment", "service", "shipping", "fulfilment", "creator", "other"]
FEE_WORDS: tuple[tuple[str, FeeType], ...] = (
    ("commission", "commission"), ("payment fee", "payment"), ("affiliate", "creator"), ("shipping", "shipping"),
    ("fulfil", "fulfilment"), ("handling", "fulfilment"), ("program", "service"), ("service", "service"))
"""Fee names by the words in them; the first that fits decides, others are `other`."""
NOT_A_FEE = ("item price", "reversal item", "refund", "shipping fee paid by customer",
             "shipping fee (paid by customer)", "voucher", "promotional charges")
"""Statement lines that are turnover, refunds or discounts: orders and refunds hold those."""
LAST_PAGE = 50
"""A page of the statement with fewer lines is the last, whatever limit Lazada has put in place of ours."""
AD_REACH = timedelta(days=90)
"""How far back ad figures are asked for, a day a call: the pages name no end."""


def transactions_page(ask: Ask, context: Context) -> Call:
    """Lines of the account statement from `ask.cursor` on; its list is not counted."""
    assert ask.first_day and ask.last_day
    return Call("/finance/transaction/details/get", {
        "start_time": ask.first_day.isoformat(), "end_time": ask.last_day.isoformat(), "limit": ask.size,
        "offset": int(ask.cursor or 0)})


def transactions(reply: Reply, call: Call) -> Page:
    found = wire.TRANSACTIONS.decode(reply.body).data or []
    return Page(found, next=str(call.params["offset"] + len(found)) if len(found) >= LAST_PAGE else None)


def fee_rows(item: wire.Transaction, context: Context) -> Iterator[Fee]:
    """What Lazada takes, by order and day. Fees are negative on the statement; one given back is a negative fee."""
    name = item.fee_name.lower()
    if not item.transaction_date or any(word in name for word in NOT_A_FEE):
        return
    kind: FeeType = next((kind for word, kind in FEE_WORDS if word in name), "other")
    day = datetime.strptime(item.transaction_date.strip(), "%d %b %Y").replace(tzinfo=context.zone)
    yield Fee(order_id=text(item.order_no) or None, fee_type=kind, currency=context.currency,
              amount=-money(item.amount.replace(",", "")), charged_at=day)


def payouts_page(ask: Ask, context: Context) -> Call:
    assert ask.first_day is not None
    return Call("/finance/payout/status/get", {"created_after": (ask.first_day - DAY).isoformat()})


def payouts(reply: Reply, call: Call) -> Page:
    found = wire.PAYOUTS.decode(reply.body).data or []
    return Page(found, total=len(found))


def payout_rows(item: wire.Payout, context: Context) -> Iterator[Settlement]:
    amount, _, currency = item.payout.strip().partition(" ")
    if item.created_at:
        yield Settlement(
            settlement_id=item.statement_number, amount=money(amount.replace(",", "")),
            currency=currency.strip() or context.currency, date=datetime.fromisoformat(item.created_at[:10]).date())


def ads_page(ask: Ask, context: Context) -> Call:
    """Sponsored Discovery's campaigns on one day; the day under way has figures only in the real-time table."""
    assert ask.first_day is not None
    day = ask.first_day.isoformat()
    return Call("/sponsor/solutions/report/getDiscoveryReportCampaign", {
        "startDate": day, "endDate": day, "pageNo": ask.page, "pageSize": ask.size, "useRtTable": "false"})


def campaigns(reply: Reply, call: Call) -> Page:
    found = wire.CAMPAIGNS.decode(reply.body).result or wire.Campaigns()
    if found.success is False:
        raise Rejected(f"({found.errorCode}: {found.errorMsg})")
    day = date.fromisoformat(call.params["startDate"])
    for item in found.result or []:
        item.day = day
    return Page(found.result or [], found.totalCount)


def ad_rows(item: wire.Campaign, context: Context) -> Iterator[AdDaily | Campaign]:
    """A campaign's day. Names of yesterday and today may be missing: then none is written."""
    assert item.day is not None
    yield AdDaily(
        date=item.day, campaign_id=text(item.campaignId), channel="ad", spend=item.spend or ZERO,
        impressions=item.impressions, clicks=item.clicks, attributed_orders=item.storeOrders,
        attributed_sales=item.storeRevenue, currency=context.currency)
    if item.campaignName:
        yield Campaign(campaign_id=text(item.campaignId), name=item.campaignName, channel="ad")


FEES = Stream(
    name="fees", source="fee", tables=(Fee,), changes=ByDay(transactions_page, size=500, first=0, span=15),
    read=transactions, rows=fee_rows, key=lambda item: text(item.order_no), every=20 * HOUR, lookback=14 * DAY,
    approval="the Finance API")

SETTLEMENTS = Stream(
    name="settlements", source="payout", tables=(Settlement,), changes=ByDay(payouts_page, size=500, span=10_000),
    read=payouts, rows=payout_rows, key=lambda item: item.statement_number, every=20 * HOUR, lookback=60 * DAY,
    approval="the Finance API")

ADS = Stream(
    name="ads", source="ads", tables=(AdDaily, Campaign), changes=ByDay(ads_page, size=100, reach=AD_REACH),
    read=campaigns, rows=ad_rows, key=lambda item: text(item.campaignId), every=20 * HOUR, lookback=8 * DAY,
    approval="the Sponsored Solutions API")
