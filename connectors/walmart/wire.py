"""The payloads, as far as they are read. Amounts are numbers (read exactly), quantities text, times epoch
milliseconds; the JSON is made from XML, so a list of one may be the bare object: lists are read by `elements`."""

from __future__ import annotations

from decimal import Decimal
from typing import TypeVar

from msgspec import Struct, field

from connectors.engine.values import ZERO, Id, decoder

T = TypeVar("T")


def elements(listed: list[T] | T | None) -> list[T]:
    """A list as a list: absent is empty, a bare object is a list of one."""
    if listed is None:
        return []
    return listed if isinstance(listed, list) else [listed]


class Camel(Struct, rename="camel", frozen=True):
    """Field names on the wire are in camel case."""


class Money(Camel, frozen=True):
    currency: str = ""
    amount: Decimal = ZERO


NOTHING = Money()


class Tax(Camel, frozen=True):
    tax_amount: Money = NOTHING


class Charge(Camel, frozen=True):
    """`charge_type` PRODUCT or SHIPPING, for the line's whole quantity."""

    charge_type: str = ""
    charge_amount: Money = NOTHING
    tax: Tax | None = None


class Charges(Camel, frozen=True):
    charge: list[Charge] | Charge | None = None


class RefundCharge(Camel, frozen=True):
    refund_reason: str | None = None
    charge: Charge = Charge()


class RefundCharges(Camel, frozen=True):
    refund_charge: list[RefundCharge] | RefundCharge | None = None


class Refund(Camel, frozen=True):
    """On a line: negative amounts, no date."""

    refund_id: Id | None = None
    refund_charges: RefundCharges | None = None


class Quantity(Camel, frozen=True):
    amount: Decimal = ZERO


class Tracking(Camel, frozen=True):
    ship_date_time: int | None = None


class LineStatus(Camel, frozen=True):
    status: str = ""
    status_quantity: Quantity = Quantity()
    tracking_info: Tracking | None = None


class LineStatuses(Camel, frozen=True):
    order_line_status: list[LineStatus] | LineStatus | None = None


class Goods(Camel, frozen=True):
    sku: str = ""


class Line(Camel, frozen=True):
    line_number: Id
    item: Goods = Goods()
    charges: Charges = Charges()
    order_line_quantity: Quantity = Quantity()
    status_date: int | None = None
    order_line_statuses: LineStatuses = LineStatuses()
    refund: Refund | None = None
    return_order_id: Id | None = None


class Lines(Camel, frozen=True):
    order_line: list[Line] | Line | None = None


class Address(Camel, frozen=True):
    state: str | None = None
    country: str | None = None


class Shipping(Camel, frozen=True):
    postal_address: Address | None = None


class Order(Camel, frozen=True):
    """There is neither a status of the order nor a time of payment or change."""

    purchase_order_id: Id
    order_date: int
    customer_order_id: Id | None = None
    order_type: str | None = None
    buyer_id: str | None = None
    shipping_info: Shipping = Shipping()
    order_lines: Lines = Lines()


class Meta(Camel, frozen=True):
    total_count: int | None = None
    next_cursor: str | None = None


class Elements(Camel, frozen=True):
    order: list[Order] | Order | None = None


class OrderList(Camel, frozen=True):
    meta: Meta = Meta()
    elements: Elements | None = None


class Orders(Struct, frozen=True):
    list: OrderList = OrderList()


class Amount(Camel, frozen=True):
    """As returns spell it."""

    currency_amount: Decimal = ZERO


class Named(Camel, frozen=True):
    """lineUnitPrice, lineProductTaxes, lineTotalTaxes, lineShippingFee, lineSubTotal, lineTotal ..."""

    name: str = ""
    value: Amount = Amount()


class ReturnQuantity(Camel, frozen=True):
    measurement_value: Decimal = ZERO


class Event(Camel, frozen=True):
    event_tag: str = ""
    event_time: str | None = None


class ReturnLine(Camel, frozen=True):
    purchase_order_id: Id
    purchase_order_line_number: Id | None = None
    return_reason: str | None = None
    charge_totals: list[Named] = []
    quantity: ReturnQuantity = ReturnQuantity()
    refunded_qty: Decimal | None = None
    return_expected_flag: bool | None = None
    is_keep_it: bool = False
    status: str = ""
    status_time: str | None = None
    current_refund_status: str | None = None
    return_tracking_detail: list[Event] = []


class Return(Camel, frozen=True):
    return_order_id: Id
    return_order_date: str | None = None
    return_type: str | None = None
    return_order_lines: list[ReturnLine] | ReturnLine | None = None


class Returns(Camel, frozen=True):
    meta: Meta = Meta()
    return_orders: list[Return] | Return | None = None


class Item(Camel, frozen=True):
    sku: str
    product_name: str = ""
    product_type: str | None = None
    published_status: str | None = None
    lifecycle_status: str | None = None


class Items(Struct, frozen=True):
    items: list[Item] | Item | None = field(default=None, name="ItemResponse")
    cursor: str | None = field(default=None, name="nextCursor")


class Statement(Camel, frozen=True):
    partner_id: str = ""


class ReconDates(Struct, frozen=True):
    """`07282026`: month, day, year."""

    days: list[str] | None = field(default=None, name="availableApReportDates")


class StatementLine(Struct, frozen=True):
    """A line of a reconciliation report. The period and what was paid stand in one of kind PaymentSummary; amounts are
    negative where the seller pays."""

    kind: str = field(default="", name="Transaction Type")
    description: str = field(default="", name="Transaction Description")
    posted: str = field(default="", name="Transaction Posted Timestamp")
    order_id: str = field(default="", name="Purchase Order #")
    amount: str = field(default="", name="Amount")
    amount_type: str = field(default="", name="Amount Type")
    payable: str = field(default="", name="Total Payable")
    currency: str = field(default="", name="Currency")


RECON_DATES = decoder(ReconDates)
ORDERS, RETURNS, ITEMS, STATEMENT = decoder(Orders), decoder(Returns), decoder(Items), decoder(Statement)
