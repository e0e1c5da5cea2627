"""The payloads, as far as they are read. Amounts are without tax; `date_*_gmt` are UTC without an offset."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct

from connectors.engine.values import Id

ZERO = Decimal(0)


class Place(Struct, frozen=True):
    state: str = ""
    country: str = ""


class Line(Struct):
    id: int
    product_id: int = 0
    variation_id: int = 0
    quantity: Decimal = ZERO
    subtotal: Decimal = ZERO
    """Before coupons."""
    total: Decimal = ZERO
    """After coupons."""


class FeeLine(Struct):
    id: int
    total: Decimal = ZERO


class RefundId(Struct):
    id: int


class Order(Struct):
    id: int
    status: str
    currency: str
    date_created_gmt: str
    date_modified_gmt: str
    date_paid_gmt: str | None = None
    date_completed_gmt: str | None = None
    shipping_total: Decimal = ZERO
    total: Decimal = ZERO
    """With shipping and tax; does not fall by refunds."""
    total_tax: Decimal = ZERO
    customer_id: int = 0
    """0 = a guest."""
    payment_method: str = ""
    billing: Place = Place()
    shipping: Place = Place()
    line_items: list[Line] = []
    fee_lines: list[FeeLine] = []
    refunds: list[RefundId] = []


class Meta(Struct):
    key: str = ""
    value: Id | dict | list | float | bool | None = None


class RefundLine(Struct):
    """Quantity and totals are negative."""

    id: int
    quantity: Decimal = ZERO
    total: Decimal = ZERO
    total_tax: Decimal = ZERO
    meta_data: list[Meta] = []
    """`_refunded_item_id` names the order's line."""


class RefundShipping(Struct):
    total: Decimal = ZERO
    total_tax: Decimal = ZERO


class Refund(Struct):
    id: int
    date_created_gmt: str
    amount: Decimal
    """Positive."""
    line_items: list[RefundLine] = []
    shipping_lines: list[RefundShipping] = []


class Named(Struct):
    name: str = ""


class Product(Struct):
    id: int
    name: str = ""
    type: str = "simple"
    status: str = ""
    date_created_gmt: str | None = None
    categories: list[Named] = []
    brands: list[Named] = []


class Variation(Struct):
    id: int


class Failure(Struct):
    code: str = ""


class Site(Struct):
    """The index of the REST API."""

    name: str = ""
    home: str = ""
    timezone_string: str = ""
    gmt_offset: float | str = 0


class Setting(Struct):
    value: str = ""
