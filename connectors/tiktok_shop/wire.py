"""TikTok Shop's payloads as typed structs: only the fields this connector uses.

Money is text without assured trailing zeros ("6", "35.97"), instants are epoch seconds, ids are text. A line has
no quantity: each unit is a line of its own.
"""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct

from connectors.engine.values import decoder


class Payment(Struct):
    """`total_amount` is what the buyer pays: sub_total (after all discounts) + shipping_fee + tax."""

    currency: str = ""
    sub_total: Decimal | None = None
    total_amount: Decimal | None = None
    shipping_fee: Decimal | None = None
    tax: Decimal | None = None


class Line(Struct):
    """One unit: original_price - seller_discount - platform_discount = sale_price."""

    id: str
    sku_id: str = ""
    product_id: str = ""
    currency: str = ""
    original_price: Decimal | None = None
    sale_price: Decimal | None = None
    seller_discount: Decimal | None = None
    platform_discount: Decimal | None = None
    is_gift: bool | None = None


class District(Struct):
    address_level_name: str = ""
    address_name: str = ""


class Address(Struct):
    region_code: str = ""
    district_info: list[District] | None = None


class Order(Struct):
    id: str
    status: str
    create_time: int
    update_time: int | None = None
    paid_time: int | None = None
    rts_time: int | None = None
    collection_time: int | None = None
    delivery_time: int | None = None
    cancel_time: int | None = None
    user_id: str | None = None
    is_cod: bool | None = None
    is_sample_order: bool | None = None
    is_replacement_order: bool | None = None
    is_exchange_order: bool | None = None
    payment: Payment | None = None
    line_items: list[Line] | None = None
    recipient_address: Address | None = None


class RefundAmount(Struct):
    refund_total: Decimal | None = None
    refund_subtotal: Decimal | None = None
    refund_shipping_fee: Decimal | None = None
    refund_tax: Decimal | None = None


class ReturnLine(Struct):
    order_line_item_id: str = ""
    refund_amount: RefundAmount | None = None


class Return(Struct):
    return_id: str
    order_id: str
    return_type: str
    return_status: str
    return_reason: str | None = None
    return_reason_text: str | None = None
    refund_amount: RefundAmount | None = None
    return_line_items: list[ReturnLine] | None = None
    create_time: int | None = None
    update_time: int | None = None


class Cancellation(Struct):
    cancel_id: str
    order_id: str
    cancel_status: str
    cancel_type: str = ""
    cancel_reason: str | None = None
    cancel_reason_text: str | None = None
    refund_amount: RefundAmount | None = None
    cancel_line_items: list[ReturnLine] | None = None
    create_time: int | None = None
    update_time: int | None = None


class Sku(Struct):
    id: str


class Product(Struct):
    id: str
    title: str = ""
    status: str | None = None
    create_time: int | None = None
    update_time: int | None = None
    skus: list[Sku] | None = None


class Transaction(Struct):
    """One order (or adjustment) in a statement. Fees are negative, as they are taken off."""

    order_id: str | None = None
    fee_amount: Decimal | None = None
    fee_and_tax_amount: Decimal | None = None
    platform_commission_amount: Decimal | None = None
    referral_fee_amount: Decimal | None = None
    transaction_fee_amount: Decimal | None = None
    affiliate_commission_amount: Decimal | None = None
    affiliate_partner_commission_amount: Decimal | None = None
    shipping_cost_amount: Decimal | None = None
    currency: str = ""


class Statement(Struct):
    id: str
    statement_time: int
    settlement_amount: Decimal
    currency: str = ""
    statement_transactions: list[Transaction] = []


class Cash(Struct):
    amount: Decimal = Decimal(0)
    currency: str = ""


class Performance(Struct):
    """One day of the shop, in its own time zone."""

    start_date: str
    gmv: Cash | None = None
    orders: Decimal | None = None
    units_sold: Decimal | None = None
    buyers: int | None = None
    product_impressions: int | None = None
    product_page_views: int | None = None
    avg_product_page_visitors: int | None = None


class Performances(Struct):
    intervals: list[Performance] = []


class Shop(Struct):
    id: str
    name: str = ""
    region: str = ""
    cipher: str = ""


class Data(Struct):
    """`data` of every answer; each list has its own name."""

    next_page_token: str | None = None
    orders: list[Order] | None = None
    return_orders: list[Return] | None = None
    cancellations: list[Cancellation] | None = None
    products: list[Product] | None = None
    statements: list[Statement] | None = None
    statement_transactions: list[Transaction] | None = None
    transactions: list[Transaction] | None = None
    shops: list[Shop] | None = None
    latest_available_date: str | None = None
    performance: Performances | None = None


class Answer(Struct):
    data: Data | None = None


ANSWER = decoder(Answer)


def data(body: bytes) -> Data:
    """What an answer holds; `data: null` is nothing.

    >>> data(b'{"code":0,"data":null}').orders is None
    True
    """
    answer: Answer = ANSWER.decode(body)
    return answer.data or Data()
