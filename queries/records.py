"""Contract records: what a connector hands to the warehouse, one struct per business table.

A record names neither platform nor shop: the engine adds the connection's. Money is Decimal in major
units of `currency`; instants are aware UTC datetimes; ids are text. A record never has room for a name,
an address or any other direct identifier. `buyer` is the platform's own buyer id: the engine replaces it
by a keyed pseudonym before anything is written (`customer_key`), and it exists in memory only.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from msgspec import Struct

ZERO = Decimal(0)

PLATFORMS = frozenset(
    {
        *("taobao", "jd", "douyin", "xiaohongshu", "weibo", "pinduoduo", "kuaishou", "shopify", "amazon"),
        *("woocommerce", "tiktok_shop", "ebay", "lazada", "shopee", "etsy", "mercado_libre", "walmart", "file"),
    }
)
"""The contract's platform names; Tmall shops are `taobao`."""

OrderStatus = Literal["open", "paid", "shipped", "delivered", "completed", "cancelled", "unknown"]
RefundType = Literal["cancel_before_ship", "refund_only", "return_refund", "exchange", "compensation"]
RefundStatus = Literal["requested", "approved", "success", "rejected", "closed", "unknown"]


class Record(Struct, kw_only=True, gc=False):
    """Base of all records. `shop_id` only where one connection serves several shops."""

    shop_id: str = ""


class Order(Record, kw_only=True, gc=False):
    order_id: str
    status: OrderStatus
    native_status: str = ""
    order_type: Literal["normal", "presale", "exchange", "sample", "test"] = "normal"
    payment_type: Literal["prepaid", "cod"] = "prepaid"
    created_at: datetime
    paid_at: datetime | None = None
    balance_paid_at: datetime | None = None
    shipped_at: datetime | None = None
    delivered_at: datetime | None = None
    cancelled_at: datetime | None = None
    modified_at: datetime | None = None
    """The platform's own change time: within a batch the newest version of an id wins."""
    currency: str
    list_amount: Decimal
    seller_discount: Decimal = ZERO
    platform_discount: Decimal = ZERO
    shipping_amount: Decimal = ZERO
    tax_amount: Decimal = ZERO
    tax_included: bool = True
    deposit_amount: Decimal = ZERO
    deposit_paid_at: datetime | None = None
    channel: Literal["live", "video", "search", "shelf", "ad", "direct", "unknown"] = "unknown"
    live_session_id: str | None = None
    region: str | None = None
    """Province or state, never finer."""
    excluded_reason: Literal["brushing", "internal", "fraud", "duplicate"] | None = None
    discount_split: Literal["known", "unknown"] = "known"
    """`unknown` where the platform does not say who paid a discount."""
    split_from: str | None = None
    """Ids (joined by commas) of the orders that the platform split into this and others: those are duplicates."""
    presentment_currency: str | None = None
    presentment_total: Decimal | None = None
    buyer: str | None = None


class OrderLine(Record, kw_only=True, gc=False):
    order_id: str
    line_id: str
    product_id: str
    sku_id: str
    quantity: int
    list_amount: Decimal
    seller_discount: Decimal = ZERO
    platform_discount: Decimal = ZERO
    unit_cost: Decimal | None = None
    is_gift: bool = False


class Refund(Record, kw_only=True, gc=False):
    refund_id: str
    order_id: str
    line_id: str | None = None
    refund_type: RefundType
    status: RefundStatus
    native_status: str = ""
    requested_at: datetime | None = None
    refunded_at: datetime | None = None
    modified_at: datetime | None = None
    quantity: int = 0
    goods_amount: Decimal
    shipping_amount: Decimal = ZERO
    tax_amount: Decimal = ZERO
    restocked: bool = False
    reason_code: str | None = None
    """A short code (quality, size, late, changed_mind, other), never the buyer's words."""


class Product(Record, kw_only=True, gc=False):
    product_id: str
    sku_id: str
    title: str
    category: str | None = None
    brand: str | None = None
    listed_at: datetime | None = None
    status: str | None = None


class AdDaily(Record, kw_only=True, gc=False):
    date: date
    campaign_id: str
    channel: str | None = None
    spend: Decimal | None = None
    impressions: int | None = None
    clicks: int | None = None
    attributed_orders: int | None = None
    attributed_sales: Decimal | None = None
    attribution_window: str | None = None
    currency: str


class Campaign(Record, kw_only=True, gc=False):
    campaign_id: str
    name: str
    channel: str | None = None
    status: str | None = None
    starts_on: date | None = None
    ends_on: date | None = None


class TrafficDaily(Record, kw_only=True, gc=False):
    date: date
    channel: str
    product_id: str | None = None
    visitors: int | None = None
    sessions: int | None = None
    page_views: int | None = None
    impressions: int | None = None
    clicks: int | None = None
    add_to_cart_visitors: int | None = None
    paying_buyers: int | None = None


class LiveSession(Record, kw_only=True, gc=False):
    session_id: str
    host_type: Literal["self", "creator", "virtual"] | None = None
    started_at: datetime
    ended_at: datetime | None = None
    viewers_uv: int | None = None
    views_pv: int | None = None
    peak_online: int | None = None
    product_click_uv: int | None = None
    paying_buyers: int | None = None
    gmv_in_session: Decimal | None = None
    new_followers: int | None = None
    ad_spend: Decimal | None = None
    currency: str


class Fee(Record, kw_only=True, gc=False):
    order_id: str | None = None
    fee_type: Literal[
        "commission", "payment", "service", "fulfilment", "shipping", "creator", "storage", "other"
    ]
    amount: Decimal
    charged_at: datetime
    currency: str


class Review(Record, kw_only=True, gc=False):
    review_id: str
    product_id: str
    rating: Decimal
    rating_scale: int
    created_at: datetime
    has_reply: bool = False


class InventoryDaily(Record, kw_only=True, gc=False):
    sku_id: str
    date: date
    on_hand: int | None = None
    received: int | None = None


class Settlement(Record, kw_only=True, gc=False):
    settlement_id: str
    date: date
    amount: Decimal
    currency: str


class SocialDaily(Record, kw_only=True, gc=False):
    account: str
    date: date
    followers: int | None = None
    posts: int | None = None
    impressions: int | None = None
    likes: int | None = None
    comments: int | None = None
    shares: int | None = None


class PlatformNativeDaily(Record, kw_only=True, gc=False):
    date: date
    metric: str
    value: Decimal
    currency: str | None = None


class UnitCost(Record, kw_only=True, gc=False):
    """A row of a cost list: becomes `unit_cost` of the lines of that SKU sold from `valid_from` on."""

    sku_id: str
    valid_from: date
    unit_cost: Decimal
    currency: str


class Shop(Record, kw_only=True, gc=False):
    """What a connection learns about its shop; written to `shops`."""

    name: str
    tz: str
    currency: str
    cod_anchor: Literal["created", "delivered"] = "delivered"
    history_from: date | None = None


TABLES: dict[type[Record], str] = {
    Order: "orders",
    OrderLine: "order_lines",
    Refund: "refunds",
    Product: "products",
    AdDaily: "ad_daily",
    Campaign: "campaigns",
    TrafficDaily: "traffic_daily",
    LiveSession: "live_sessions",
    Fee: "fees",
    Review: "reviews",
    InventoryDaily: "inventory_daily",
    Settlement: "settlements",
    SocialDaily: "social_daily",
    PlatformNativeDaily: "platform_native_daily",
    UnitCost: "unit_costs",
    Shop: "shops",
}
"""Which table each record becomes a row of."""
