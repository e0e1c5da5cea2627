"""What Shopee paid out for an order and took off before, and what ads cost by day."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

from connectors.engine.stream import DAY, HOUR, Ask, ByDay, Call, Context, Detail, Page, Reply, Stream
from connectors.engine.values import ZERO
from connectors.shopee import wire
from connectors.shopee.streams import AT_ONCE, bounds, escrow_calls, following, number
from queries.records import AdDaily, Fee, Settlement

AD_REACH = timedelta(days=175)
"""Under the six months that ad figures reach back."""
FeeType = Literal["commission", "service", "payment", "creator"]
FEE_FIELDS: tuple[tuple[FeeType, tuple[str, ...]], ...] = (
    ("commission", ("commission_fee",)), ("service", ("service_fee", "campaign_fee")),
    ("payment", ("seller_transaction_fee",)), ("creator", ("order_ams_commission_fee",)))


def released_escrows(ask: Ask, context: Context) -> Call:
    start, end = bounds(ask.window)
    return Call("/payment/get_escrow_list", {
        "release_time_from": start, "release_time_to": end - 1, "page_size": ask.size, "page_no": ask.page})


def releases(reply: Reply, call: Call) -> Page:
    found = wire.RELEASES.decode(reply.body).response or wire.Releases()
    return Page(found.escrow_list or [], next=following(call, found.more))


def income_calls(items: Sequence[wire.Released], context: Context) -> list[Call]:
    return escrow_calls([item.order_sn for item in items], [])


def income_again(items: Sequence[wire.Released], replies: Sequence[Reply]) -> list[Call]:
    return escrow_calls([item.order_sn for item in items], replies)


def with_income(items: Sequence[wire.Released], replies: Sequence[Reply]) -> Iterator[wire.Released]:
    found = wire.incomes(replies)
    for item in items:
        item.order_income = found.get(item.order_sn)
        yield item


def released_rows(item: wire.Released, context: Context) -> Iterator[Settlement | Fee]:
    """What an order brought, on the day it was released, and what was taken off before."""
    at, income = datetime.fromtimestamp(item.escrow_release_time, UTC), item.order_income or wire.Income()
    yield Settlement(settlement_id=item.order_sn, date=at.astimezone(context.zone).date(), amount=item.payout_amount,
                     currency=context.currency)

    def fee(kind: Any, amount: Decimal) -> Iterator[Fee]:
        if amount:
            yield Fee(order_id=item.order_sn, fee_type=kind, amount=amount, charged_at=at, currency=context.currency)

    for kind, names in FEE_FIELDS:
        yield from fee(kind, sum((getattr(income, name) or ZERO for name in names), ZERO))
    carried = (income.actual_shipping_fee or ZERO) + (income.reverse_shipping_fee or ZERO)
    borne = (income.shopee_shipping_rebate or ZERO) + (income.shipping_fee_discount_from_3pl or ZERO)
    yield from fee("shipping", max(ZERO, carried - borne))


def ad_days(ask: Ask, context: Context) -> Call:
    """Start and end must differ: a single day is asked for with the day before it."""
    assert ask.first_day and ask.last_day
    start = ask.first_day if ask.first_day < ask.last_day else ask.first_day - DAY
    return Call("/ads/get_all_cpc_ads_daily_performance", {
        "start_date": f"{start:%d-%m-%Y}", "end_date": f"{ask.last_day:%d-%m-%Y}"})


def ads(reply: Reply, call: Call) -> Page:
    found = wire.AD_DAYS.decode(reply.body).response or []
    return Page(found, total=len(found))


def ad_rows(item: wire.AdDay, context: Context) -> Iterator[AdDaily]:
    """The shop's whole day of search and discovery ads; orders within seven days of a click."""
    yield AdDaily(
        date=datetime.strptime(item.date, "%d-%m-%Y").date(), campaign_id="all", spend=item.expense,
        impressions=item.impression, clicks=item.clicks, attributed_orders=item.broad_order,
        attributed_sales=item.broad_gmv, attribution_window="7d", currency=context.currency)


SETTLEMENTS = Stream(
    name="settlements", source="escrow", tables=(Settlement, Fee), changes=ByDay(released_escrows, size=100, span=14),
    read=releases, rows=released_rows, key=number("order_sn"), every=20 * HOUR, lookback=7 * DAY,
    detail=Detail(income_calls, with_income, batch=AT_ONCE, more=income_again, described=True))

ADS = Stream(
    name="ads", source="ads", tables=(AdDaily,), changes=ByDay(ad_days, size=100, span=28, reach=AD_REACH), read=ads,
    rows=ad_rows, key=number("date"), every=20 * HOUR, lookback=8 * DAY, enabled=lambda settings: settings.ads,
    approval="the Ads permission")
