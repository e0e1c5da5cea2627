"""Daily figures of the sandbox world: ads, live sessions, traffic, social accounts, books.

Amounts are integers in the minor unit of `currency`. `date` is the shop's own day. Days after the world's
clock do not exist; today is there as far as it has gone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal


@dataclass(frozen=True, slots=True)
class WorldCampaign:
    platform: str
    campaign_id: str
    name: str
    channel: str
    """search|live|video|shelf|ad: where its clicks arrive."""
    starts_on: date
    ends_on: date | None
    status: Literal["active", "ended"]


@dataclass(frozen=True, slots=True)
class AdRow:
    """One creative of a campaign on one day; a campaign's day is the sum of its creatives."""

    platform: str
    date: date
    campaign_id: str
    ad_id: str
    creative_id: str
    spend: int
    impressions: int
    clicks: int
    """0 on weibo, which counts interactions instead."""
    orders: int
    sales: int
    reposts: int = 0
    comments: int = 0
    likes: int = 0
    new_followers: int = 0
    currency: str = "CNY"


@dataclass(frozen=True, slots=True)
class LiveRow:
    platform: str
    session_id: str
    title: str
    host_type: Literal["self", "creator", "virtual"]
    host: str
    host_id: str
    """douyin author id / aweme id."""
    started_at: datetime
    ended_at: datetime | None
    """None while on air."""
    viewers_uv: int
    views_pv: int
    peak_online: int
    product_click_uv: int
    paying_buyers: int
    orders: int
    gmv: int
    new_followers: int
    ad_spend: int
    currency: str = "CNY"


@dataclass(frozen=True, slots=True)
class TrafficRow:
    platform: str
    date: date
    channel: str
    """all|search|shelf|ad|live|video|direct; `all` is the shop's own de-duplicated total."""
    product_id: str | None
    visitors: int
    sessions: int
    page_views: int
    impressions: int | None
    clicks: int | None
    add_to_cart_visitors: int | None
    paying_buyers: int | None


@dataclass(frozen=True, slots=True)
class Post:
    """A post of a social account with its counts as of the world's clock (levels, growing)."""

    account: str
    post_id: str
    created_at: datetime
    text: str
    reads: int
    likes: int
    comments: int
    reposts: int


@dataclass(frozen=True, slots=True)
class SocialRow:
    """One account and day: `followers` is the level at the end of the day, the rest the day's growth."""

    platform: str
    account: str
    date: date
    followers: int
    posts: int
    impressions: int
    likes: int
    comments: int
    shares: int


@dataclass(frozen=True, slots=True)
class UnitCostRow:
    platform: str
    sku_id: str
    outer_id: str
    valid_from: date
    unit_cost: int
    currency: str


@dataclass(frozen=True, slots=True)
class FeeRow:
    platform: str
    order_id: str | None
    fee_type: Literal[
        "commission", "payment", "service", "fulfilment", "shipping", "creator", "storage", "other"
    ]
    amount: int
    charged_at: datetime
    currency: str


@dataclass(frozen=True, slots=True)
class SettlementRow:
    platform: str
    settlement_id: str
    date: date
    amount: int
    currency: str


@dataclass(frozen=True, slots=True)
class NativeRow:
    """The platform's own daily figure under its own rules: money in minor units, counts as they are."""

    platform: str
    date: date
    metric: Literal["gmv", "orders", "buyers"]
    value: int
    currency: str | None
    """None for counts."""


@dataclass(frozen=True, slots=True)
class ReviewRow:
    platform: str
    review_id: str
    product_id: str
    rating: int
    rating_scale: int
    created_at: datetime
    has_reply: bool


@dataclass(frozen=True, slots=True)
class InventoryRow:
    platform: str
    sku_id: str
    date: date
    on_hand: int
    received: int
