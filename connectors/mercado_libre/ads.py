"""What product ads cost and brought, by campaign and day."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from connectors.engine.stream import DAY, HOUR, Ask, ByDay, Call, Context, Detail, Page, Reply, Stream
from connectors.engine.values import ZERO, text
from connectors.mercado_libre import wire
from queries.records import AdDaily, Campaign

PAGE = 50
REACH = timedelta(days=89)
"""Under the 90 days that figures of campaigns reach back."""
METRICS = "clicks,prints,cost,total_amount,direct_items_quantity,indirect_items_quantity"


def advertisers_on(ask: Ask, context: Context) -> Call:
    """Who advertises for the account; the day rides along, as the answer does not name it."""
    assert ask.first_day is not None
    return Call("/advertising/advertisers", {"product_id": "PADS"}, body={"day": ask.first_day})


def advertisers(reply: Reply, call: Call) -> Page:
    found = wire.ADVERTISERS.decode(reply.body).advertisers or []
    for advertiser in found:
        advertiser.day = call.body["day"]
    return Page(found, total=len(found))


def campaign_calls(items: Sequence[wire.Advertiser], context: Context) -> list[Call]:
    return [campaigns_page(items[0], 0)]


def further_campaigns(items: Sequence[wire.Advertiser], replies: Sequence[Reply]) -> list[Call]:
    read, total = PAGE * len(replies), wire.CAMPAIGNS.decode(replies[0].body).paging.total or 0
    return [campaigns_page(items[0], read)] if read < total else []


def campaigns_page(advertiser: wire.Advertiser, offset: int) -> Call:
    whose = f"/advertising/{advertiser.site_id}/advertisers/{text(advertiser.advertiser_id)}"
    return Call(f"{whose}/product_ads/campaigns/search", {
        "date_from": advertiser.day, "date_to": advertiser.day, "metrics": METRICS, "limit": PAGE, "offset": offset})


def with_campaigns(items: Sequence[wire.Advertiser], replies: Sequence[Reply]) -> Iterator[wire.Advertiser]:
    items[0].campaigns = [one for reply in replies for one in wire.CAMPAIGNS.decode(reply.body).results or []]
    yield items[0]


def ad_rows(advertiser: wire.Advertiser, context: Context) -> Iterator[AdDaily | Campaign]:
    """Sales count every product bought after a click (direct and indirect). Campaigns that stood still leave no row."""
    day: date | None = advertiser.day
    assert day is not None
    for campaign in advertiser.campaigns:
        figures, number = campaign.metrics or wire.AdMetrics(), text(campaign.id)
        sold = [one for one in (figures.direct_items_quantity, figures.indirect_items_quantity) if one is not None]
        if figures.prints or figures.cost:
            yield AdDaily(
                date=day, campaign_id=number, channel="ad", spend=figures.cost or ZERO, impressions=figures.prints,
                clicks=figures.clicks, attributed_orders=sum(sold) if sold else None,
                attributed_sales=figures.total_amount, currency=context.currency)
        yield Campaign(campaign_id=number, name=campaign.name or number, channel="ad", status=campaign.status)


ADS = Stream(
    name="ads", source="ads", tables=(AdDaily, Campaign), changes=ByDay(advertisers_on, size=PAGE, reach=REACH),
    read=advertisers, rows=ad_rows, key=lambda advertiser: text(advertiser.advertiser_id), every=20 * HOUR,
    lookback=14 * DAY, approval="the Advertising permission",
    detail=Detail(campaign_calls, with_campaigns, more=further_campaigns, described=True))
