"""Pinduoduo's payloads as typed structs: only the fields this connector uses.

Amounts of orders and refunds are yuan, as numbers or as text; times are Beijing strings, empty where something
has not happened. Every answer stands in an envelope of its own name, which does not always follow the method's.
"""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct

from connectors.engine.values import Id, decoder, enveloped


class Item(Struct):
    """One SKU of an order, or a gift. Neither has a line id."""

    goods_id: Id = ""
    sku_id: Id | None = None
    goods_price: Decimal | None = None
    goods_count: int = 1


class Order(Struct):
    """`discount_amount` = platform + seller + capital-free (group leader) discount."""

    order_sn: str
    order_status: int
    created_time: str
    confirm_status: int = 1
    refund_status: int | None = None
    trade_type: int | None = None
    discount_amount: Decimal | None = None
    platform_discount: Decimal | None = None
    seller_discount: Decimal | None = None
    capital_free_discount: Decimal | None = None
    postage: Decimal | None = None
    pay_time: str | None = None
    confirm_time: str | None = None
    shipping_time: str | None = None
    receive_time: str | None = None
    updated_at: str | None = None
    province: str | None = None
    item_list: list[Item] | None = None
    gift_list: list[Item] | None = None


class Refund(Struct):
    id: Id
    order_sn: str
    after_sales_status: int
    after_sales_type: int = 0
    after_sale_reason: str | None = None
    refund_amount: Decimal | None = None
    sku_id: Id | None = None
    goods_number: int | None = None
    created_time: str | None = None
    updated_time: str | None = None


class Sku(Struct):
    sku_id: Id


class Goods(Struct):
    goods_id: Id
    goods_name: str = ""
    is_onsale: int | bool | None = None
    sku_list: list[Sku] | None = None


class Answer(Struct):
    """What stands inside `..._response`; each method fills one of the lists. `total_count` is left out where
    `use_has_next` was true."""

    total_count: int | None = None
    has_next: bool | None = None
    order_list: list[Order] | None = None
    order_sn_list: list[Order] | None = None
    refund_list: list[Refund] | None = None
    goods_list: list[Goods] | None = None
    access_token: str = ""
    refresh_token: str | None = None
    expires_in: float | None = None
    refresh_token_expires_in: float | None = None
    owner_id: Id | None = None
    owner_name: str = ""


ENVELOPE = decoder(dict[str, Answer])


def answer(body: bytes) -> Answer:
    """The answer inside its envelope.

    >>> answer(b'{"order_sn_increment_get_response": {"total_count": "2"}}').total_count
    2
    """
    return enveloped(ENVELOPE.decode(body))
