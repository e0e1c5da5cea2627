"""The rows of each export, in the order of its columns: money as decimal text, instants in UTC."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from connectors.engine.vocabulary import province
from connectors.sandbox.world import World, WorldOrder, WorldRefund, money
from connectors.sandbox.world.figures import AdRow

Row = tuple[Any, ...]
REACH_DAYS = 88
"""Douyin lists orders of the last 90 days; the export of older ones overlaps a little."""
ORDER_WORDS = {
    "待付款": "open", "待发货": "paid", "已发货": "shipped", "已签收": "delivered", "已完成": "completed",
    "已关闭": "cancelled",
}  # fmt: skip
REFUND_WORDS = {
    "未发货仅退款": "cancel_before_ship", "已发货仅退款": "refund_only", "退货退款": "return_refund",
    "换货": "exchange", "补偿": "compensation",
}  # fmt: skip
STAGE_WORDS = {
    "待处理": "requested", "处理中": "approved", "售后成功": "success", "商家拒绝": "rejected", "售后关闭": "closed",
}  # fmt: skip
REASON_WORDS = {"质量": "quality", "尺寸": "size", "时效": "late", "不想要": "changed_mind", "其他": "other"}


def _yes(flag: bool) -> str:
    return "true" if flag else "false"


def traffic(world: World, platform: str) -> Iterator[Row]:
    for row in world.traffic(platform):
        yield (row.date, row.channel, row.product_id, row.visitors, row.sessions, row.page_views, row.impressions,
               row.clicks, row.add_to_cart_visitors, row.paying_buyers)  # fmt: skip


def products(world: World, platform: str) -> Iterator[Row]:
    """What the platform's list leaves out: names of category and brand. JD's list has wares without SKUs."""
    for product in world.products(platform):
        for sku in product.skus[:1] if platform == "jd" else product.skus:
            yield (product.product_id, product.product_id if platform == "jd" else sku.sku_id, product.title,
                   product.category, product.brand)  # fmt: skip


def unit_costs(world: World, platform: str) -> Iterator[Row]:
    for row in world.unit_costs(platform):
        yield row.sku_id, row.valid_from, money(row.unit_cost)


def fees(world: World, platform: str) -> Iterator[Row]:
    for row in world.fees(platform):
        yield row.order_id, row.fee_type, money(row.amount), row.charged_at


def settlements(world: World, platform: str) -> Iterator[Row]:
    for row in world.settlements(platform):
        yield row.settlement_id, row.date, money(row.amount)


def native(world: World, platform: str) -> Iterator[Row]:
    for row in world.native(platform):
        yield row.date, row.metric, money(row.value) if row.currency else row.value, row.currency


def reviews(world: World, platform: str) -> Iterator[Row]:
    for row in world.reviews(platform):
        yield row.review_id, row.product_id, row.rating, row.created_at, _yes(row.has_reply)


def inventory(world: World, platform: str) -> Iterator[Row]:
    for row in world.inventory(platform):
        yield row.date, row.sku_id, row.on_hand, row.received


def ads(world: World, platform: str) -> Iterator[Row]:
    """By campaign and day: the creatives of a campaign are added up."""
    channels = {campaign.campaign_id: campaign.channel for campaign in world.campaigns(platform)}
    days: dict[tuple[Any, str], list[AdRow]] = {}
    for row in world.ads(platform):
        days.setdefault((row.date, row.campaign_id), []).append(row)
    for (day, campaign_id), rows in days.items():
        yield (day, campaign_id, channels[campaign_id], money(sum(row.spend for row in rows)),
               sum(row.impressions for row in rows), sum(row.clicks for row in rows),
               sum(row.orders for row in rows), money(sum(row.sales for row in rows)))  # fmt: skip


def campaigns(world: World, platform: str) -> Iterator[Row]:
    for row in world.campaigns(platform):
        yield row.campaign_id, row.name, row.channel, row.status, row.starts_on


def live(world: World, platform: str) -> Iterator[Row]:
    """Sessions that are over; one on air has no figures to export yet."""
    for row in world.live(platform):
        if row.ended_at:
            yield (row.session_id, row.host_type, row.started_at, row.ended_at, row.viewers_uv, row.views_pv,
                   row.peak_online, row.product_click_uv, row.paying_buyers, money(row.gmv), row.new_followers,
                   money(row.ad_spend))  # fmt: skip


def social(world: World, platform: str) -> Iterator[Row]:
    """Whole days up to yesterday."""
    rows = world.social(platform)
    today = max((row.date for row in rows), default=None)
    for row in rows:
        if row.date != today:
            yield (row.date, row.account, row.followers, row.posts, row.impressions, row.likes, row.comments,
                   row.shares)  # fmt: skip


def _old(world: World, platform: str) -> Iterator[WorldOrder]:
    limit = world.now - timedelta(days=REACH_DAYS)
    return (order for order in world.orders(platform) if order.created_at < limit)


def old_orders(world: World, platform: str) -> Iterator[Row]:
    for order in _old(world, platform):
        channel = order.channel if order.channel in ("live", "ad") else "unknown"
        yield (order.order_id, order.status, order.order_type, order.buyer.buyer_id, order.created_at, order.paid_at,
               money(order.deposit), order.deposit_paid_at, order.balance_paid_at, order.shipped_at,
               order.delivered_at, order.cancelled_at, order.modified_at, money(order.list_amount),
               money(order.seller_discount), money(order.platform_discount), money(order.shipping), channel,
               order.live_session_id, province(order.buyer.province))  # fmt: skip


def old_lines(world: World, platform: str) -> Iterator[Row]:
    for order in _old(world, platform):
        for line in order.lines:
            yield (order.order_id, line.line_id, line.product.product_id, line.sku.sku_id, line.quantity,
                   money(line.list_amount), money(line.seller_discount), money(line.platform_discount),
                   _yes(line.is_gift))  # fmt: skip


def old_refunds(world: World, platform: str) -> Iterator[Row]:
    for order in _old(world, platform):
        for case in world.refunds_of(platform, order.order_id):
            yield from _refund(case)


def _refund(case: WorldRefund) -> Iterator[Row]:
    kind = "compensation" if case.kind == "price_protection" else case.kind
    stage = "approved" if case.stage == "returned" else case.stage
    for place, line in enumerate(case.lines):
        yield (case.refund_id, case.order_id, line.line_id, kind, stage, case.requested_at, case.refunded_at,
               case.modified_at, line.quantity, money(line.goods), money(0 if place else case.shipping),
               _yes(case.restocked), case.reason)  # fmt: skip
