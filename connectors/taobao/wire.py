"""TOP payloads as typed structs: only the fields this connector asks for.

Ids are JSON numbers beyond 2^53 (or text, depending on the gateway) and are read exactly; money is text in
yuan. Lists stand under plural.singular; an empty list may be missing, `{}` or `null`, and a list of one may
arrive as the bare object, so every list is read through `elements`.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TypeVar

from msgspec import Struct

from connectors.engine.values import Id, decoder, enveloped

T = TypeVar("T")


class SubOrder(Struct):
    """One line of a trade. Postage is in none of these figures."""

    oid: Id
    num_iid: Id | None = None
    sku_id: Id | None = None
    num: int = 1
    price: Decimal = Decimal(0)
    adjust_fee: Decimal | None = None
    discount_fee: Decimal | None = None
    total_fee: Decimal | None = None
    part_mjz_discount: Decimal | None = None
    divide_order_fee: Decimal | None = None


class SubOrders(Struct):
    order: list[SubOrder] | SubOrder | None = None


class Trade(Struct):
    tid: Id
    status: str
    created: str | None = None
    type: str = ""
    post_fee: Decimal | None = None
    pay_time: str | None = None
    consign_time: str | None = None
    end_time: str | None = None
    modified: str | None = None
    step_trade_status: str | None = None
    step_paid_fee: Decimal | None = None
    seller_flag: int | None = None
    buyer_open_uid: str | None = None
    receiver_state: str | None = None
    orders: SubOrders | None = None


class Refund(Struct):
    """`refund_fee` is what the buyer gets back; `payment`, what stays with the seller, is not read."""

    refund_id: Id
    tid: Id
    status: str
    refund_fee: Decimal | None = None
    oid: Id | None = None
    created: str | None = None
    modified: str | None = None
    refund_phase: str | None = None
    dispute_type: str | None = None
    order_status: str | None = None
    good_status: str | None = None
    has_good_return: bool | None = None
    num: int | None = None
    reason: str | None = None


class Sku(Struct):
    sku_id: Id


class Skus(Struct):
    sku: list[Sku] | Sku | None = None


class Item(Struct):
    num_iid: Id
    title: str = ""
    approve_status: str | None = None
    list_time: str | None = None
    modified: str | None = None
    skus: Skus | None = None


class Shop(Struct):
    sid: Id | None = None
    title: str = ""


class Trades(Struct):
    trade: list[Trade] | Trade | None = None


class Refunds(Struct):
    refund: list[Refund] | Refund | None = None


class Items(Struct):
    item: list[Item] | Item | None = None


class Answer(Struct):
    """What stands inside `<method>_response`. `total_results` is absent when `use_has_next` was true."""

    total_results: int | None = None
    has_next: bool | None = None
    trades: Trades | None = None
    refunds: Refunds | None = None
    items: Items | None = None
    shop: Shop | None = None


ENVELOPE = decoder(dict[str, Answer])


def elements(listed: list[T] | T | None) -> list[T]:
    """A TOP list as a list: absent is empty, a bare object is a list of one."""
    if listed is None:
        return []
    return listed if isinstance(listed, list) else [listed]


def answer(body: bytes) -> Answer:
    """The answer inside its envelope.

    >>> answer(b'{"refunds_receive_get_response": {"total_results": "2"}}').total_results
    2
    """
    return enveloped(ENVELOPE.decode(body))
