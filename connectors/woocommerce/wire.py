"""The payloads, as far as they are read. Amounts are without tax; `date_*_gmt` are UTC without an offset.

An order and its parts are spared the collector of cycles (`gc=False`): it would visit each of them several times.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from decimal import Decimal
from itertools import islice
from typing import Any

import msgspec
from msgspec import Struct

from connectors.engine.stream import Call, Page, Reply
from connectors.engine.values import Id, decoder

ZERO = Decimal(0)
BEGINNINGS = re.compile(rb"\[[{\]]|\{\"")
"""How a document begins: `[{`, `[]`, `{"`."""
LOOKED_AT = 50


def document(body: bytes) -> bytes:
    """The document of an answer: stores that show PHP's warnings write them before it, some a byte order mark.

    >>> document(b'<br /><b>Deprecated</b>: x() in [file]<br />[{"id": 1}]')
    b'[{"id": 1}]'
    """
    if body[:1] in (b"[", b"{"):
        return body
    for begins in islice(BEGINNINGS.finditer(body), LOOKED_AT):
        found = body[begins.start():]
        try:
            msgspec.json.decode(found)
        except msgspec.DecodeError:
            continue
        return found
    return body


class Documents:
    """Reads bodies as `kind`."""

    def __init__(self, kind: Any) -> None:
        self._read = decoder(kind).decode

    def decode(self, body: bytes) -> Any:
        return self._read(document(body))


def listed(items: Sequence[Any], reply: Reply, call: Call) -> Page:
    """A list and its total. Where a proxy or a warning of PHP cost the header, a full page says that there is more."""
    if stated := reply.headers.get("x-wp-total"):
        return Page(items, int(stated))
    full = len(items) >= call.params["per_page"]
    return Page(items, None, str(call.params["page"] + 1) if full else None)


def plain(name: str) -> str:
    """A name as people read it: WordPress keeps `&` as `&amp;`, in names of categories always.

    >>> plain("Tea &amp; Cups")
    'Tea & Cups'
    """
    return html.unescape(name)


class Place(Struct, frozen=True, gc=False):
    state: str = ""
    country: str = ""


class Line(Struct, gc=False):
    id: int
    product_id: int = 0
    variation_id: int = 0
    quantity: Decimal = ZERO
    subtotal: Decimal = ZERO
    """Before coupons."""
    total: Decimal = ZERO
    """After coupons."""


class FeeLine(Struct, gc=False):
    id: int
    total: Decimal = ZERO


class RefundId(Struct, gc=False):
    id: int


class Order(Struct, gc=False):
    id: int
    status: str
    currency: str
    date_created_gmt: str | None = None
    date_modified_gmt: str | None = None
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
    """Of a product or a fee. Quantity and totals are negative."""

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
    amount: Decimal
    """Positive."""
    date_created_gmt: str | None = None
    line_items: list[RefundLine] = []
    fee_lines: list[RefundLine] = []
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
    manage_stock: bool | str | None = None
    stock_quantity: Decimal | None = None


class Variation(Struct):
    id: int
    manage_stock: bool | str | None = None
    """`parent`: the product counts for all its variations."""
    stock_quantity: Decimal | None = None


class Failure(Struct):
    code: str = ""
    message: str = ""


class Review(Struct):
    """Neither text nor reviewer is asked for."""

    id: int
    product_id: int = 0
    rating: int = 0
    """1 to 5 stars; 0 = a comment without stars."""
    date_created_gmt: str | None = None


class Site(Struct):
    """The index of the REST API."""

    name: str = ""
    home: str = ""
    timezone_string: str = ""
    gmt_offset: float | str = 0


class Setting(Struct):
    value: str = ""
