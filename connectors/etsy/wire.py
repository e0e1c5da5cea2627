"""The payloads, as far as they are read. Money is an integer with a divisor (100 for dollars, 1 for yen); times
are epoch seconds, and some stand there twice."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct

from connectors.engine.values import Id, decoder


class Money(Struct, frozen=True):
    amount: int = 0
    divisor: int = 100
    currency_code: str = ""

    @property
    def value(self) -> Decimal:
        return Decimal(self.amount) / self.divisor


class Value(Struct, frozen=True):
    """An amount where its currency is known already."""

    amount: int = 0
    divisor: int = 100

    @property
    def value(self) -> Decimal:
        return Decimal(self.amount) / self.divisor


NOTHING = Value()


class Shipment(Struct, frozen=True):
    shipment_notification_timestamp: int | None = None


class Transaction(Struct, frozen=True):
    """One line. `price` is for one piece before coupons; `shop_coupon` is the line's share of the discount, a
    plain number."""

    transaction_id: Id
    listing_id: Id | None = None
    product_id: Id | None = None
    quantity: int = 1
    price: Value = NOTHING
    shop_coupon: Decimal | None = None
    paid_timestamp: int | None = None
    shipped_timestamp: int | None = None


class Refund(Struct, frozen=True):
    """For everything: goods, shipping and tax. It has neither a line nor an id."""

    amount: Value = NOTHING
    created_timestamp: int = 0
    reason: str | None = None
    status: str | None = None


class Receipt(Struct, frozen=True):
    """total_price - discount_amt = subtotal; + shipping + tax (+ gift wrap) = grandtotal. VAT is inside."""

    receipt_id: Id
    status: str = ""
    buyer_user_id: Id | None = None
    state: str | None = None
    country_iso: str | None = None
    is_paid: bool = False
    is_shipped: bool = False
    created_timestamp: int = 0
    create_timestamp: int = 0
    updated_timestamp: int = 0
    update_timestamp: int = 0
    grandtotal: Money = Money()
    discount_amt: Value = NOTHING
    total_shipping_cost: Value = NOTHING
    total_tax_cost: Value = NOTHING
    total_vat_cost: Value = NOTHING
    gift_wrap_price: Value = NOTHING
    shipments: list[Shipment] = []
    transactions: list[Transaction] = []
    refunds: list[Refund] = []

    @property
    def created(self) -> int:
        return self.created_timestamp or self.create_timestamp

    @property
    def updated(self) -> int:
        return self.updated_timestamp or self.update_timestamp


class Offering(Struct, frozen=True):
    quantity: int = 0
    is_deleted: bool = False


class Sku(Struct, frozen=True):
    product_id: Id
    is_deleted: bool = False
    offerings: list[Offering] | None = None


class Inventory(Struct, frozen=True):
    products: list[Sku] = []


class Listing(Struct, frozen=True):
    listing_id: Id
    title: str = ""
    state: str = ""
    taxonomy_id: Id | None = None
    original_creation_timestamp: int | None = None
    created_timestamp: int | None = None
    inventory: Inventory | None = None


class LedgerEntry(Struct, frozen=True):
    """Minor units, negative where the shop pays."""

    entry_id: Id
    amount: int = 0
    currency: str = ""
    description: str = ""
    ledger_type: str | None = None
    reference_type: str | None = None
    reference_id: Id | None = None
    created_timestamp: int = 0
    create_date: int = 0


class Referred(Struct, frozen=True):
    """A receipt or a payment, as far as it tells whose order a ledger entry is about."""

    receipt_id: Id
    payment_id: Id | None = None
    transactions: list[Transaction] = []


class Shop(Struct):
    shop_id: Id
    shop_name: str = ""
    currency_code: str = ""
    shop_location_country_iso: str | None = None


class Receipts(Struct):
    count: int = 0
    results: list[Receipt] = []


class Listings(Struct):
    count: int = 0
    results: list[Listing] = []


class Ledger(Struct):
    count: int = 0
    results: list[LedgerEntry] = []


class References(Struct):
    count: int = 0
    results: list[Referred] = []


class Review(Struct):
    transaction_id: Id
    """The line that was bought."""
    listing_id: Id | None = None
    rating: int = 0
    created_timestamp: int | None = None
    create_timestamp: int | None = None


class Reviews(Struct):
    count: int | None = None
    results: list[Review] = []


RECEIPTS, LISTINGS, LEDGER, SHOP = decoder(Receipts), decoder(Listings), decoder(Ledger), decoder(Shop)
REFERENCES, INVENTORY, REVIEWS = decoder(References), decoder(Inventory), decoder(Reviews)
