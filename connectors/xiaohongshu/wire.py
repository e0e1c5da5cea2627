"""Xiaohongshu payloads as typed structs: only the fields this connector uses. Orders and SKUs are in integer
fen, after-sales in decimal yuan; answers carry epoch milliseconds, where 0 and -1 mean "not yet".
"""

from __future__ import annotations

from decimal import Decimal
from typing import TypeVar

import msgspec
from msgspec import Struct, field

from connectors.engine.values import Id, decoder

T = TypeVar("T")
ABSENT = msgspec.Raw(b"")


class Piece(Struct):
    """One unit price of a line; a SKU comes twice where an amount does not divide evenly."""

    quantity: int = 0
    raw_price: int | None = field(default=None, name="rawPricePerSku")


class Line(Struct, rename="camel"):
    """One SKU of an order: there is no line id, equal SKUs are one line."""

    sku_id: Id
    item_id: Id | None = None
    sku_quantity: int = 0
    total_paid_amount: int | None = None
    total_merchant_discount: int | None = None
    total_red_discount: int | None = None
    sku_tag: int | None = None
    kol_id: str | None = None
    sku_detail_list: list[Piece] | None = None


class Order(Struct, rename="camel"):
    """A row of the list, which has no amounts, or the detail, which has."""

    order_id: str
    order_status: int
    created_time: int | None = None
    order_type: int = 1
    paid_time: int | None = None
    update_time: int | None = None
    delivery_time: int | None = None
    cancel_time: int | None = None
    finish_time: int | None = None
    receiver_province_name: str | None = None
    total_shipping_free: int | None = None
    """Freight paid: "fee", not "free of"."""
    total_deposit_amount: int | None = None
    total_change_price_amount: int | None = None
    user_id: Id | None = None
    sku_list: list[Line] | None = None


class OrderData(Struct, rename="camel"):
    total: int | None = None
    order_list: list[Order] | None = None


class ReturnedSku(Struct, rename="camel"):
    sku_id: Id
    applied_count: int | None = None
    applied_total_amount_yuan: Decimal | None = None


class Aftersale(Struct, rename="camel"):
    """A row of the list, or `afterSaleInfo` of the detail, which alone has lines and the amount paid back."""

    returns_id: Id
    return_type: int
    status: int
    order_id: Id
    reason_name_zh: str | None = None
    apply_time: int | None = None
    updated_at: int | None = None
    expected_refund_amount_yuan: Decimal | None = None
    refund_amount_yuan: Decimal | None = None
    applied_ship_fee_amount_yuan: Decimal | None = None
    refund_status: int | None = None
    refund_time: int | None = None
    skus: list[ReturnedSku] | None = None


class AftersaleData(Struct, rename="camel"):
    total_count: int | None = None
    after_sale_basic_infos: list[Aftersale] | None = None
    after_sale_info: Aftersale | None = None


class Item(Struct, rename="camel"):
    id: Id
    name: str = ""
    create_time: int | None = None


class Sku(Struct, rename="camel"):
    id: Id
    name: str = ""
    buyable: bool | None = None
    stock: int | None = None


class Product(Struct):
    item: Item
    sku: Sku


class ProductData(Struct):
    total: int | None = None
    data: list[Product] | None = None


class Granted(Struct, rename="camel"):
    access_token: str | None = None
    access_token_expires_at: int | None = None
    refresh_token_expires_at: int | None = None
    refresh_token: str | None = None
    seller_id: Id | None = None
    seller_name: str | None = None


class Answer(Struct):
    """The envelope. After-sale answers may have a second one of their own (`code`, `msg`) inside `data`."""

    error_code: int | None = None
    error_msg: str | None = None
    code: int | None = None
    msg: str | None = None
    success: bool | None = None
    data: msgspec.Raw = ABSENT

    @property
    def number(self) -> int:
        return self.error_code or self.code or 0

    @property
    def silent(self) -> bool:
        return self.success is None and self.error_code is None and self.code is None

    @property
    def failed(self) -> bool:
        return self.success is False or (self.success is None and self.number != 0)


def answers(body: bytes) -> tuple[Answer, ...]:
    """The envelopes from the outside in: one, or two where `data` is an envelope itself."""
    outer = decode(body, Answer)
    if not bytes(outer.data).startswith(b"{"):
        return (outer,)
    inner = decode(bytes(outer.data), Answer)
    wrapped = inner.success is not None or inner.code is not None or bytes(inner.data).startswith(b"{")
    return (outer, inner) if wrapped else (outer,)


def data(body: bytes, kind: type[T]) -> T:
    """What stands inside the envelope or the envelopes; a missing `data` is an empty `kind`."""
    inner = bytes(answers(body)[-1].data)
    return decode(inner if inner not in (b"", b"null") else b"{}", kind)


def decode(body: bytes, kind: type[T]) -> T:
    """One JSON document as `kind`."""
    found: T = decoder(kind).decode(body)
    return found
