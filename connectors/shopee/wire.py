"""Shopee's payloads as typed structs: only the fields this connector uses.

Money is a JSON number in the shop's currency and read as Decimal, instants are epoch seconds. Prices of an order are
per unit; in an escrow they are for the whole quantity.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Generic, TypeVar

from msgspec import Struct

from connectors.engine.stream import Reply
from connectors.engine.values import ZERO, Id, decoder

T = TypeVar("T")


class OrderItem(Struct):
    item_id: Id
    model_id: Id | None = None
    line_item_id: Id | None = None
    model_quantity_purchased: int = 1
    model_original_price: Decimal = ZERO
    model_discounted_price: Decimal | None = None
    """Of a bundle's item always 0: what it cost stands in the escrow alone."""
    promotion_type: str | None = None


class Address(Struct):
    """Comes whole or not at all; only the state is read."""

    state: str | None = None


class EscrowItem(Struct):
    item_id: Id
    model_id: Id | None = None
    line_item_id: Id | None = None
    discounted_price: Decimal | None = None
    shopee_discount: Decimal | None = None
    discount_from_voucher_seller: Decimal | None = None
    discount_from_voucher_shopee: Decimal | None = None


class Income(Struct):
    buyer_paid_shipping_fee: Decimal | None = None
    commission_fee: Decimal | None = None
    service_fee: Decimal | None = None
    seller_transaction_fee: Decimal | None = None
    campaign_fee: Decimal | None = None
    order_ams_commission_fee: Decimal | None = None
    actual_shipping_fee: Decimal | None = None
    reverse_shipping_fee: Decimal | None = None
    shopee_shipping_rebate: Decimal | None = None
    shipping_fee_discount_from_3pl: Decimal | None = None
    items: list[EscrowItem] | None = None


class Order(Struct):
    """The list gives the number alone; details and escrow complete it."""

    order_sn: str
    order_status: str = ""
    create_time: int = 0
    update_time: int | None = None
    pay_time: int | None = None
    pickup_done_time: int | None = None
    region: str | None = None
    currency: str | None = None
    cod: bool | None = None
    total_amount: Decimal | None = None
    buyer_user_id: Id | None = None
    recipient_address: Address | None = None
    item_list: list[OrderItem] | None = None
    order_income: Income | None = None


class ReturnItem(Struct):
    item_id: Id | None = None
    model_id: Id | None = None
    amount: int = 1
    item_price: Decimal = ZERO


class Return(Struct):
    return_sn: str
    order_sn: str
    status: str
    refund_amount: Decimal | None = None
    currency: str | None = None
    create_time: int | None = None
    update_time: int | None = None
    reason: str | None = None
    needs_logistics: bool | None = None
    return_solution: int | None = None
    item: list[ReturnItem] | None = None


class Brand(Struct):
    original_brand_name: str | None = None


class StockSum(Struct):
    total_available_stock: int | None = None


class Stock(Struct):
    summary_info: StockSum | None = None


class Model(Struct):
    model_id: Id
    stock_info_v2: Stock | None = None


class Item(Struct):
    item_id: Id
    item_name: str = ""
    item_status: str | None = None
    create_time: int | None = None
    category_id: Id | None = None
    has_model: bool | None = None
    brand: Brand | None = None
    stock_info_v2: Stock | None = None
    models: list[Model] = []


class Released(Struct):
    """A released escrow: `payout_amount` is what the seller got for the order."""

    order_sn: str
    payout_amount: Decimal = ZERO
    escrow_release_time: int = 0
    order_income: Income | None = None


class AdDay(Struct):
    date: str
    impression: int | None = None
    clicks: int | None = None
    broad_order: int | None = None
    broad_gmv: Decimal | None = None
    expense: Decimal | None = None


class Shop(Struct):
    shop_name: str = ""
    region: str = ""


class Orders(Struct):
    more: bool = False
    next_cursor: str | None = None
    order_list: list[Order] | None = None


class Returns(Struct, rename={"returns": "return"}):
    more: bool = False
    returns: list[Return] | None = None


class ItemRefs(Struct):
    item: list[Item] | None = None
    total_count: int | None = None
    has_next_page: bool = False
    next_offset: int | None = None


class Items(Struct):
    item_list: list[Item] | None = None


class Models(Struct):
    model: list[Model] | None = None


class Escrow(Struct):
    order_sn: str = ""
    order_income: Income | None = None


class EscrowEntry(Struct):
    escrow_detail: Escrow | None = None


class Releases(Struct):
    more: bool = False
    escrow_list: list[Released] | None = None


class Refusal(Struct):
    error: str | None = None


class Response(Struct, Generic[T]):
    response: T | None = None


ORDERS, RETURNS, RELEASES = decoder(Response[Orders]), decoder(Response[Returns]), decoder(Response[Releases])
REFS, ITEMS, MODELS = decoder(Response[ItemRefs]), decoder(Response[Items]), decoder(Response[Models])
ESCROWS: Any = decoder(Response[list[EscrowEntry] | Escrow])
REFUSAL = decoder(Refusal)
AD_DAYS: Any = decoder(Response[list[AdDay]])
SHOP: Any = decoder(Shop)


def escrows(body: bytes) -> dict[str, Income]:
    """Incomes by order number, of a batch or a single escrow; orders without one are missing.

    >>> escrows(b'{"error":"error_not_found"}')
    {}
    """
    given = ESCROWS.decode(body).response or []
    found = [entry.escrow_detail for entry in given] if isinstance(given, list) else [given]
    return {escrow.order_sn: escrow.order_income for escrow in found if escrow and escrow.order_income}


def incomes(replies: Sequence[Reply]) -> dict[str, Income]:
    return {number: income for reply in replies for number, income in escrows(reply.body).items()}


def refused(body: bytes) -> bool:
    """Whether an escrow call was answered with an error word.

    >>> refused(b'{"error":"error_not_found"}'), refused(b'{"error":"-","response":[]}')
    (True, False)
    """
    return (REFUSAL.decode(body).error or "").strip() not in ("", "-")
