"""Admin GraphQL payloads as typed structs: only the fields the queries ask for.

Money is a decimal string in shop currency; ids are gids whose last part is the number.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Generic, TypeVar

from msgspec import Struct, field

from connectors.engine.values import decoder

T = TypeVar("T")


class Money(Struct, rename="camel"):
    amount: Decimal
    currency_code: str


class MoneyBag(Struct, rename="camel"):
    shop_money: Money
    presentment_money: Money | None = None


class PageInfo(Struct, rename="camel"):
    has_next_page: bool = False
    end_cursor: str | None = None


class Nodes(Struct, Generic[T], rename="camel"):
    """A connection."""

    nodes: list[T] = []
    page_info: PageInfo = field(default_factory=PageInfo)


class Ref(Struct):
    id: str


class Allocation(Struct, rename="camel"):
    allocated_amount_set: MoneyBag


class LineItem(Struct, rename="camel"):
    """`quantity` is as ordered; the unit price is before any discount, the allocations hold them all."""

    id: str
    quantity: int
    original_unit_price_set: MoneyBag
    sku: str | None = None
    discount_allocations: list[Allocation] = []
    product: Ref | None = None
    variant: Ref | None = None


class Transaction(Struct, rename="camel"):
    kind: str
    status: str
    processed_at: str | None = None


class Parcel(Struct, rename="camel"):
    created_at: str
    status: str = ""
    delivered_at: str | None = None


class RefundLine(Struct, rename="camel"):
    quantity: int
    restock_type: str
    subtotal_set: MoneyBag
    total_tax_set: MoneyBag
    line_item: Ref


class RefundShipping(Struct, rename="camel"):
    subtotal_amount_set: MoneyBag
    tax_amount_set: MoneyBag


class Refund(Struct, rename="camel"):
    """`total_refunded_set` is all the money that moved: lines, tax, shipping and a rest."""

    id: str
    total_refunded_set: MoneyBag
    created_at: str | None = None
    updated_at: str | None = None
    refund_line_items: Nodes[RefundLine] = field(default_factory=Nodes)
    refund_shipping_lines: Nodes[RefundShipping] = field(default_factory=Nodes)


class ShippingLine(Struct, rename="camel"):
    discounted_price_set: MoneyBag


class Address(Struct, rename="camel"):
    province_code: str | None = None
    country_code_v2: str | None = field(default=None, name="countryCodeV2")


class Order(Struct, rename="camel"):
    id: str
    created_at: str
    updated_at: str
    currency_code: str
    total_price_set: MoneyBag
    display_fulfillment_status: str = ""
    display_financial_status: str | None = None
    cancelled_at: str | None = None
    test: bool = False
    taxes_included: bool = False
    source_name: str | None = None
    payment_gateway_names: list[str] = []
    total_tax_set: MoneyBag | None = None
    customer: Ref | None = None
    shipping_address: Address | None = None
    transactions: list[Transaction] = []
    fulfillments: list[Parcel] = []
    refunds: list[Refund] = []
    line_items: Nodes[LineItem] = field(default_factory=Nodes)
    shipping_lines: Nodes[ShippingLine] = field(default_factory=Nodes)


class Variant(Struct):
    id: str


class Product(Struct, rename="camel"):
    id: str
    title: str
    status: str = ""
    vendor: str | None = None
    product_type: str | None = None
    created_at: str | None = None
    variants: Nodes[Variant] = field(default_factory=Nodes)


class Answer(Struct, Generic[T]):
    """Every document asks for one thing, under whose name it comes: `enveloped(answer.data)`."""

    data: dict[str, T]


class BalanceTransaction(Struct, rename="camel"):
    id: str
    type: str
    transaction_date: str
    amount: Money
    fee: Money
    test: bool = False
    associated_order: Ref | None = None


class Payout(Struct, rename="camel"):
    id: str
    issued_at: str
    status: str
    net: Money
    transaction_type: str = ""


class Tracked(Struct):
    tracked: bool = False


class Stock(Struct, rename="camel"):
    id: str
    inventory_item: Tracked
    inventory_quantity: int | None = None


class UserError(Struct):
    message: str = ""
    code: str | None = None


class BulkOperation(Struct, rename="camel"):
    id: str = ""
    status: str = ""
    error_code: str | None = None
    url: str | None = None
    root_object_count: int | None = None


class Submitted(Struct, rename="camel"):
    bulk_operation: BulkOperation | None = None
    user_errors: list[UserError] = []


class ShopInfo(Struct, rename="camel"):
    name: str
    myshopify_domain: str
    iana_timezone: str
    currency_code: str


class Scope(Struct):
    handle: str


class Installation(Struct, rename="camel"):
    access_scopes: list[Scope] = []


ORDERS = decoder(Answer[Nodes[Order]])
PRODUCTS = decoder(Answer[Nodes[Product]])
STOCK = decoder(Answer[Nodes[Stock]])
BALANCE = decoder(Answer[dict[str, Nodes[BalanceTransaction]] | None])
PAYOUTS = decoder(Answer[dict[str, Nodes[Payout]] | None])
"""Of the Shopify Payments account, null where the store has none."""
SUBMITTED = decoder(Answer[Submitted])
POLLED = decoder(Answer[BulkOperation | None])
SHOP = decoder(Answer[ShopInfo])
SCOPES = decoder(Answer[Installation | None])
ANY = decoder(dict[str, Any])


def number(gid: str) -> str:
    """The number at the end of an id.

    >>> number("gid://shopify/Order/450789469")
    '450789469'
    """
    return gid.partition("?")[0].rpartition("/")[2]
