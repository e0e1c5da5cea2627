"""Lazada's payloads as typed structs: only the fields this connector uses.

Amounts are text on one endpoint and numbers on another: both are read as Decimal. Ids are numbers or text. Times
are `2026-01-01 14:02:38 +0800`, with a space before the offset. An item is one unit: there is no quantity.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from msgspec import Struct

from connectors.engine.values import Id, decoder


class Item(Struct):
    """One unit: item_price - voucher_seller - voucher_platform = paid_price. Shipping is apart."""

    order_item_id: Id
    order_id: Id | None = None
    sku: str = ""
    shop_sku: str | None = None
    sku_id: Id | None = None
    product_id: Id | None = None
    item_price: Decimal | None = None
    paid_price: Decimal | None = None
    voucher_seller: Decimal | None = None
    voucher_platform: Decimal | None = None
    tax_amount: Decimal | None = None
    currency: str | None = None
    status: str = ""
    reason: str | None = None
    updated_at: str | None = None
    buyer_id: Id | None = None


class Address(Struct):
    country: str | None = None


class Order(Struct):
    order_id: Id
    created_at: str
    updated_at: str | None = None
    payment_method: str | None = None
    shipping_fee: Decimal | None = None
    statuses: list[str] | None = None
    address_shipping: Address | None = None
    order_items: list[Item] = []


class ReverseLine(Struct):
    """One unit. Amounts are whole hundredths, in VND and IDR too; the gmt fields are epoch seconds."""

    reverse_order_line_id: Id | None = None
    trade_order_line_id: Id | None = None
    reverse_status: str = ""
    refund_amount: int | None = None
    reason_text: str | None = None
    return_order_line_gmt_create: int | None = None
    return_order_line_gmt_modified: int | None = None


class Reverse(Struct):
    reverse_order_id: Id
    trade_order_id: Id
    request_type: str = ""
    reverse_order_lines: list[ReverseLine] | None = None


class Attributes(Struct):
    name: str = ""
    brand: str | None = None


class Sku(Struct):
    SkuId: Id | None = None
    ShopSku: str | None = None
    SellerSku: str | None = None
    Status: str | None = None
    Available: int | None = None
    """What can be sold now."""


class Product(Struct):
    item_id: Id
    primary_category: Id | None = None
    status: str | None = None
    created_time: Id | None = None
    attributes: Attributes | None = None
    skus: list[Sku] | None = None


class Transaction(Struct):
    """A line of the account statement: fees are negative."""

    order_no: Id | None = None
    transaction_date: str = ""
    fee_name: str = ""
    transaction_type: str = ""
    amount: str = "0"


class Payout(Struct):
    """`payout` is text with its currency: "1090.00 SGD"."""

    statement_number: str
    created_at: str = ""
    payout: str = ""


class Campaign(Struct):
    """A campaign's figures over the days asked for; amounts are text. `store...` counts every product bought after a
    click, `product...` the promoted ones alone."""

    campaignId: Id
    campaignName: str | None = None
    spend: Decimal | None = None
    impressions: int | None = None
    clicks: int | None = None
    storeOrders: int | None = None
    storeRevenue: Decimal | None = None
    day: date | None = None
    """Of the call: the report does not name it."""


class Seller(Struct):
    seller_id: Id | None = None
    short_code: str | None = None
    name: str = ""


class Orders(Struct):
    countTotal: int | None = None
    orders: list[Order] | None = None


class Products(Struct):
    total_products: int | None = None
    products: list[Product] | None = None


class OrderItems(Struct):
    order_id: Id
    order_items: list[Item] | None = None


class Reverses(Struct):
    """`result`; some replies wrap it once more."""

    total: int | None = None
    items: list[Reverse] | None = None
    result: Reverses | None = None


class OrdersAnswer(Struct):
    data: Orders | None = None


class ItemsAnswer(Struct):
    data: list[OrderItems] | None = None


class ProductsAnswer(Struct):
    data: Products | None = None


class ReversesAnswer(Struct):
    result: Reverses | None = None


class Campaigns(Struct):
    """`success` is false where the report failed, with `code` "0" all the same."""

    success: bool | None = None
    errorCode: str | None = None
    errorMsg: str | None = None
    totalCount: int | None = None
    result: list[Campaign] | None = None


class CampaignsAnswer(Struct):
    result: Campaigns | None = None


class TransactionsAnswer(Struct):
    data: list[Transaction] | None = None


class PayoutsAnswer(Struct):
    data: list[Payout] | None = None


class SellerAnswer(Struct):
    data: Seller | None = None


ORDERS, ITEMS, PRODUCTS = decoder(OrdersAnswer), decoder(ItemsAnswer), decoder(ProductsAnswer)
REVERSES, TRANSACTIONS, PAYOUTS = decoder(ReversesAnswer), decoder(TransactionsAnswer), decoder(PayoutsAnswer)
SELLER: Any = decoder(SellerAnswer)
CAMPAIGNS: Any = decoder(CampaignsAnswer)


def instant(value: str | None) -> datetime | None:
    """A time with its offset, as UTC. Samples have a space before the offset, newer ones ISO 8601.

    >>> instant("2026-01-01 14:02:38 +0800") == instant("2026-01-01T14:02:38+08:00")
    True
    """
    if not value:
        return None
    moment = datetime.fromisoformat(value.strip().replace(" +", "+").replace(" -", "-"))
    return moment.astimezone(UTC) if moment.tzinfo else None


def reverses(body: bytes) -> Reverses:
    found: Reverses = REVERSES.decode(body).result or Reverses()
    return found.result or found
