"""Mercado Libre's payloads as typed structs: only the fields this connector uses.

Money is JSON numbers, read exactly; times carry an offset, usually -04:00 wherever the seller is; order ids have
sixteen digits.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from msgspec import Struct

from connectors.engine.values import Id, decoder


class ItemRef(Struct):
    id: str
    variation_id: Id | None = None


class OrderItem(Struct):
    """`full_unit_price` is before, `unit_price` after the seller's discount; `sale_fee` is that of one piece."""

    item: ItemRef
    quantity: int = 1
    unit_price: Decimal = Decimal(0)
    full_unit_price: Decimal | None = None
    sale_fee: Decimal | None = None


class Payment(Struct):
    """`transaction_amount` is goods only; what was paid back has no time but that of the last change."""

    id: Id
    status: str = ""
    transaction_amount: Decimal = Decimal(0)
    transaction_amount_refunded: Decimal | None = None
    shipping_cost: Decimal | None = None
    coupon_amount: Decimal | None = None
    date_approved: str | None = None
    date_last_modified: str | None = None


class Party(Struct):
    id: Id | None = None


class Mediation(Struct):
    id: Id | None = None


class Resolution(Struct):
    reason: str | None = None


class Claim(Struct):
    id: Id
    type: str = ""
    status: str = ""
    reason_id: str | None = None
    quantity_type: str | None = None
    resolution: Resolution | None = None
    date_created: str | None = None
    last_updated: str | None = None


class Order(Struct):
    """`claims` are asked for apart, where the order names a mediation."""

    id: Id
    status: str
    date_created: str
    currency_id: str
    date_closed: str | None = None
    last_updated: str | None = None
    tags: list[str] | None = None
    buyer: Party | None = None
    order_items: list[OrderItem] | None = None
    payments: list[Payment] | None = None
    mediations: list[Mediation] | None = None
    claims: list[Claim] | None = None


class Paging(Struct):
    total: int | None = None


class OrderPage(Struct):
    results: list[Order]
    paging: Paging


class ClaimPage(Struct):
    data: list[Claim] | None = None


class ItemIds(Struct):
    results: list[str] | None = None
    scroll_id: str | None = None


class Variation(Struct):
    id: Id
    available_quantity: int | None = None


class Attribute(Struct):
    id: str | None = None
    value_name: str | None = None


class Item(Struct):
    id: str
    title: str = ""
    status: str | None = None
    date_created: str | None = None
    available_quantity: int | None = None
    variations: list[Variation] | None = None
    attributes: list[Attribute] | None = None


class AdMetrics(Struct):
    """Of the days asked for. Quantities are sales of the promoted product (direct) and of others (indirect)."""

    prints: int | None = None
    clicks: int | None = None
    cost: Decimal | None = None
    total_amount: Decimal | None = None
    direct_items_quantity: int | None = None
    indirect_items_quantity: int | None = None


class AdCampaign(Struct):
    id: Id
    name: str | None = None
    status: str | None = None
    metrics: AdMetrics | None = None


class Advertiser(Struct):
    advertiser_id: Id
    site_id: str = ""
    day: date | None = None
    campaigns: list[AdCampaign] = []


class Advertisers(Struct):
    advertisers: list[Advertiser] | None = None


class CampaignPage(Struct):
    paging: Paging
    results: list[AdCampaign] | None = None


class Seller(Struct):
    """What the token answer and `/users/me` say of the account."""

    user_id: Id | None = None
    id: Id | None = None
    nickname: str | None = None
    country_id: str | None = None


ORDER, ORDERS, CLAIMS = decoder(Order), decoder(OrderPage), decoder(ClaimPage)
ITEM_IDS, ITEM, SELLER = decoder(ItemIds), decoder(Item), decoder(Seller)
ADVERTISERS, CAMPAIGNS = decoder(Advertisers), decoder(CampaignPage)
ITEM_ANSWERS = decoder(list[dict])
"""Items asked for together: each `{"code": 200, "body": {...}}`, with a status of its own."""
