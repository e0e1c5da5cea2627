"""The payloads, as far as they are read. Amounts are text with a currency; empty fields are left out."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct

from connectors.engine.values import ZERO, Id, decoder


class Camel(Struct, rename="camel", frozen=True):
    """Field names on the wire are in camel case."""


class Value(Camel, frozen=True):
    """An amount where its currency is known already. On cross-border sales it is what the seller gets in."""

    value: Decimal = ZERO


class Amount(Camel, frozen=True):
    value: Decimal = ZERO
    currency: str = ""


class Total(Camel, frozen=True):
    """`converted_from` is what the buyer saw on a cross-border sale."""

    value: Decimal = ZERO
    currency: str = ""
    converted_from_value: Decimal | None = None
    converted_from_currency: str | None = None


NOTHING = Value()


class Buyer(Camel, frozen=True):
    username: str | None = None


class CancelStatus(Camel, frozen=True):
    cancel_state: str = ""
    cancelled_date: str | None = None


class Address(Camel, frozen=True):
    state_or_province: str | None = None
    country_code: str | None = None


class Contact(Camel, frozen=True):
    contact_address: Address | None = None


class ShippingStep(Camel, frozen=True):
    ship_to: Contact | None = None


class Start(Camel, frozen=True):
    shipping_step: ShippingStep | None = None
    final_destination_address: Address | None = None


class Pricing(Camel, frozen=True):
    """`price_discount` and `delivery_discount` are negative. Taxes that eBay collects are in none of these."""

    price_discount: Value = NOTHING
    adjustment: Value = NOTHING
    delivery_cost: Value = NOTHING
    delivery_discount: Value = NOTHING
    tax: Value = NOTHING
    total: Total = Total()


class Payment(Camel, frozen=True):
    payment_date: str | None = None
    payment_status: str = ""


class Refund(Camel, frozen=True):
    """Of an order or of a line. Without the taxes that eBay collects."""

    refund_id: str | None = None
    refund_reference_id: str | None = None
    amount: Value = NOTHING
    refund_date: str | None = None
    refund_status: str | None = None


class LineRefund(Camel, frozen=True):
    refund_id: str | None = None
    refund_reference_id: str | None = None
    amount: Value = NOTHING
    refund_date: str | None = None


class PaymentSummary(Camel, frozen=True):
    payments: list[Payment] = []
    refunds: list[Refund] = []


class Properties(Camel, frozen=True):
    sold_via_ad_campaign: bool = False


class LineItem(Camel, frozen=True):
    """`line_item_cost` is for the whole quantity."""

    line_item_id: str
    legacy_item_id: Id | None = None
    legacy_variation_id: Id | None = None
    sku: str | None = None
    quantity: int = 1
    line_item_cost: Value = NOTHING
    discounted_line_item_cost: Value | None = None
    purchase_marketplace_id: str = ""
    properties: Properties = Properties()
    refunds: list[LineRefund] = []


class Order(Camel, frozen=True):
    order_id: str
    creation_date: str
    last_modified_date: str
    order_fulfillment_status: str = ""
    order_payment_status: str = ""
    seller_id: str = ""
    buyer: Buyer = Buyer()
    cancel_status: CancelStatus = CancelStatus()
    fulfillment_start_instructions: list[Start] = []
    pricing_summary: Pricing = Pricing()
    payment_summary: PaymentSummary = PaymentSummary()
    line_items: list[LineItem] = []


class Orders(Camel, frozen=True):
    total: int = 0
    orders: list[Order] = []


class Product(Camel, frozen=True):
    title: str = ""
    brand: str | None = None


class Listing(Camel, frozen=True):
    listing_id: Id | None = None
    listing_status: str | None = None


class Offer(Camel, frozen=True):
    """Where an item is for sale; `listing` only once it is published."""

    sku: str = ""
    category_id: Id | None = None
    status: str | None = None
    listing: Listing | None = None


class Place(Camel, frozen=True):
    quantity: int | None = None


class Availability(Camel, frozen=True):
    ship_to_location_availability: Place | None = None


class Item(Camel, frozen=True):
    sku: str
    product: Product = Product()
    availability: Availability = Availability()


class Items(Camel, frozen=True):
    next: str | None = None
    inventory_items: list[Item] = []


class Offers(Camel, frozen=True):
    offers: list[Offer] = []


class Fee(Camel, frozen=True):
    fee_type: str = ""
    amount: Amount = Amount()


class FeeLine(Camel, frozen=True):
    marketplace_fees: list[Fee] = []


class Transaction(Camel, frozen=True):
    """A movement of money. `booking_entry` CREDIT or DEBIT is its sign; fees are positive, given back on
    refunds."""

    transaction_id: Id
    transaction_type: str
    transaction_date: str
    transaction_status: str = ""
    booking_entry: str = ""
    order_id: str | None = None
    fee_type: str | None = None
    amount: Amount = Amount()
    order_line_items: list[FeeLine] = []
    total_fee_amount: Amount | None = None


class Transactions(Camel, frozen=True):
    total: int = 0
    transactions: list[Transaction] = []


class Payout(Camel, frozen=True):
    payout_id: Id
    payout_status: str = ""
    payout_date: str | None = None
    amount: Amount = Amount()


class Payouts(Camel, frozen=True):
    total: int = 0
    payouts: list[Payout] = []


class User(Camel, frozen=True):
    username: str = ""
    registration_marketplace_id: str | None = None


class Cell(Camel, frozen=True):
    value: Id | float | None = None
    applicable: bool = True


class Metric(Camel, frozen=True):
    key: str = ""


class Header(Camel, frozen=True):
    metrics: list[Metric] = []


class TrafficRecord(Camel, frozen=True):
    dimension_values: list[Cell] = []
    metric_values: list[Cell] = []


class TrafficReport(Camel, frozen=True):
    header: Header = Header()
    records: list[TrafficRecord] = []


class TrafficDay(Struct, frozen=True):
    """A row of the report with its columns by name; not on the wire."""

    day: str
    """20260601"""
    figures: dict[str, Cell]


ORDERS, ITEMS, OFFERS, USER = decoder(Orders), decoder(Items), decoder(Offers), decoder(User)
TRANSACTIONS, PAYOUTS, TRAFFIC = decoder(Transactions), decoder(Payouts), decoder(TrafficReport)
