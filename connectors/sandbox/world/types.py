"""What exists in the sandbox world: shops, products, buyers, orders, refunds.

Amounts are integers in the minor unit of the shop's currency (fen, cents); `money(18800)` is "188.00".
Instants are aware UTC datetimes at whole seconds. Ids are text. A `WorldOrder` or `WorldRefund` handed out by
`World` is the state *as of the world's clock*: what has not happened yet is None.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Literal

OrderType = Literal["normal", "presale", "exchange", "sample", "test"]
Status = Literal["open", "paid", "shipped", "delivered", "completed", "cancelled"]
Channel = Literal["live", "video", "search", "shelf", "ad", "direct", "unknown"]
RefundKind = Literal[
    "cancel_before_ship", "refund_only", "return_refund", "exchange", "compensation", "price_protection"
]
RefundStage = Literal["requested", "approved", "returned", "success", "rejected", "closed"]
Reason = Literal["quality", "size", "late", "changed_mind", "other"]


WHOLE = frozenset({"JPY", "CLP"})
"""Currencies without a minor unit: amounts are whole yen, whole pesos."""


def money(minor: int, currency: str = "CNY") -> str:
    """Minor units as the decimal string of the wire: 18800 -> "188.00", -5 -> "-0.05", 3980 JPY -> "3980"."""
    if currency in WHOLE:
        return str(minor)
    sign = "-" if minor < 0 else ""
    return f"{sign}{abs(minor) // 100}.{abs(minor) % 100:02d}"


def major(minor: int, currency: str = "CNY") -> Decimal:
    """Minor units as exact Decimal in major units: 18800 -> Decimal("188.00")."""
    return Decimal(minor) if currency in WHOLE else Decimal(minor).scaleb(-2)


@dataclass(frozen=True, slots=True)
class WorldShop:
    platform: str
    shop_id: str
    """As the contract's shop_id: the platform's shop or seller id, or the store's host."""
    name: str
    name_en: str
    tz: str
    currency: str
    cod_anchor: Literal["created", "delivered"]
    opened_at: datetime
    """Start of the history: no order is older."""
    country: str = field(default="", repr=False)
    """The market of a branch (ISO code); empty for the usual seven unless they were opened elsewhere."""


@dataclass(frozen=True, slots=True)
class WorldSku:
    sku_id: str
    outer_id: str
    """The merchant's own code, the same on every platform: "SPU-001-RED"."""
    spec: str
    """As the platform words it: "颜色:红色" or "Red"."""
    price: int
    """Unit list price."""
    cost: int | None
    """True unit cost in the shop's currency; None where the merchant never recorded it."""


@dataclass(frozen=True, slots=True)
class WorldProduct:
    platform: str
    product_id: str
    outer_id: str
    title: str
    category: str
    category_id: str
    brand: str
    skus: tuple[WorldSku, ...]
    listed_at: datetime
    modified_at: datetime
    status: Literal["on_sale", "off_shelf", "deleted"] = "on_sale"
    is_gift: bool = False


@dataclass(frozen=True, slots=True)
class WorldBuyer:
    """A buyer of one platform. All but `buyer_id`, `province`, `country` is invented direct identification,
    served on the wire only so that tests can prove it is dropped (`World.markers`)."""

    platform: str
    buyer_id: str
    """The platform's app-scoped id: the only thing a connector may read (and pseudonymise)."""
    number: int
    """Running number within the platform, for platforms whose customer ids are integers."""
    name: str
    nick: str
    phone: str
    email: str
    address: str
    city: str
    province: str
    """浙江省 on Chinese platforms; "CA" (shopify), "BE" or similar two-letter state (woocommerce)."""
    country: str
    """ISO code."""
    postcode: str
    is_guest: bool = False
    """Guest checkout (woocommerce customer_id 0): the wire gives no buyer id."""


@dataclass(frozen=True, slots=True)
class WorldLine:
    line_id: str
    product: WorldProduct
    sku: WorldSku
    quantity: int
    item_discount: int = 0
    """Seller-funded, granted on this line (single-item promotion), whole line."""
    order_discount: int = 0
    """Seller-funded, this line's share of an order-level discount (coupon, 满减)."""
    platform_discount: int = 0
    """Platform-funded share (creator-funded part included). Always 0 on taobao, shopify, woocommerce."""
    talent_discount: int = 0
    """Part of `platform_discount` that the creator bears (douyin)."""
    shared_discount: int = 0
    """Part of the seller's discounts that runs under a campaign of the platform (douyin: it is in
    shop_cost_amount but under promotion_platform_amount)."""
    tax: int = 0
    """Tax on the line after discounts (shopify, woocommerce: added; elsewhere inside the price, 0)."""
    is_gift: bool = False

    @property
    def price(self) -> int:
        """Unit list price; 0 for a gift."""
        return 0 if self.is_gift else self.sku.price

    @property
    def list_amount(self) -> int:
        return self.price * self.quantity

    @property
    def seller_discount(self) -> int:
        return self.item_discount + self.order_discount

    @property
    def goods(self) -> int:
        """After the seller's discounts: what counts as sales."""
        return self.list_amount - self.item_discount - self.order_discount

    @property
    def paid(self) -> int:
        """What the buyer pays for the line, without shipping and added tax."""
        return self.goods - self.platform_discount


@dataclass(frozen=True, slots=True)
class WorldOrder:
    platform: str
    shop_id: str
    order_id: str
    number: int
    """Running number within the shop (shopify "#1001", woocommerce id)."""
    buyer: WorldBuyer
    lines: tuple[WorldLine, ...]
    currency: str
    created_at: datetime
    modified_at: datetime
    """The last thing that happened to the order, its refunds included."""
    order_type: OrderType = "normal"
    payment_type: Literal["prepaid", "cod"] = "prepaid"
    payment_method: str = ""
    """Woocommerce/shopify gateway ("stripe", "bacs", "paypal"); empty elsewhere."""
    deposit_paid_at: datetime | None = None
    paid_at: datetime | None = None
    """Full payment (prepaid). For a presale that of the balance, equal to `balance_paid_at`. None for COD."""
    balance_paid_at: datetime | None = None
    part_shipped_at: datetime | None = None
    """First parcel of an order that left in two."""
    shipped_at: datetime | None = None
    delivered_at: datetime | None = None
    completed_at: datetime | None = None
    cancelled_at: datetime | None = None
    cancelled_by: Literal["buyer", "timeout", "seller", "refund"] | None = None
    """refund: closed because everything was refunded (that is a cancellation only before shipping)."""
    closed_at: datetime | None = None
    """Fully refunded after shipping: taobao TRADE_CLOSED, woo `refunded`, douyin main_status 22/39."""
    shipping: int = 0
    shipping_tax: int = 0
    deposit: int = 0
    """Presale deposit, part of what the buyer pays."""
    pay_discount: int = 0
    """Payment-channel discount inside the paid amount (douyin promotion_pay_amount). Not a price discount."""
    balance_used: int = 0
    """Paid from stored value (jd balanceUsed / gift card). A means of payment, not a discount."""
    channel: Channel = "unknown"
    live_session_id: str | None = None
    creator: str | None = None
    """Name of the creator or host who sold it (douyin author, xiaohongshu kol)."""
    creator_id: str | None = None
    flag: Literal["none", "red", "yellow", "green", "blue", "purple", "grey"] = "none"
    """Seller's flag. On taobao purple marks brushing (the merchant's habit); the others mean nothing here."""
    excluded_reason: Literal["brushing", "duplicate"] | None = None
    """brushing: flagged by the merchant (taobao). duplicate: a JD parent whose children are listed too."""
    memo: str = ""
    """Seller's memo (free text: never to be read)."""
    buyer_note: str = ""
    """Buyer's remark (free text: never to be read)."""
    parent_order_id: str | None = None
    """JD: the order this one was split from; the parent is in the list too."""
    replaces_order_id: str | None = None
    """The order that an exchange or resend order replaces."""
    presentment: tuple[str, str] | None = None
    """Shopify: (currency, rate as text) the buyer saw, e.g. ("EUR", "0.92"). None = the shop's currency."""
    device: Literal["mobile", "pc"] = "mobile"
    native_status: str | None = None
    """A word of the platform that no mapping knows; the view sends it as it is instead of the real status."""

    @property
    def status(self) -> Status:
        """The contract's status as of now. A fully refunded shipped order stays what it was (`closed_at`)."""
        if self.cancelled_at:
            return "cancelled"
        if self.completed_at:
            return "completed"
        if self.delivered_at:
            return "delivered"
        if self.shipped_at:
            return "shipped"
        return "paid" if self.paid_at or self.payment_type == "cod" else "open"

    @property
    def list_amount(self) -> int:
        return sum(line.list_amount for line in self.lines)

    @property
    def seller_discount(self) -> int:
        return sum(line.seller_discount for line in self.lines)

    @property
    def platform_discount(self) -> int:
        return sum(line.platform_discount for line in self.lines)

    @property
    def goods(self) -> int:
        return sum(line.goods for line in self.lines)

    @property
    def tax(self) -> int:
        """Added tax, on goods and shipping."""
        return sum(line.tax for line in self.lines) + self.shipping_tax

    @property
    def total(self) -> int:
        """What the buyer pays or has to pay: goods after all discounts, shipping, added tax."""
        return self.goods - self.platform_discount + self.shipping + self.tax

    @property
    def sale_at(self) -> datetime | None:
        """When it counts as a sale on jd (COD at creation) or elsewhere (COD at delivery)."""
        if self.order_type == "presale":
            return self.balance_paid_at
        if self.payment_type == "cod":
            return self.created_at if self.platform == "jd" else self.delivered_at
        return self.paid_at


@dataclass(frozen=True, slots=True)
class WorldRefundLine:
    line_id: str
    quantity: int
    goods: int
    """Money paid back for goods of this line."""
    tax: int = 0


@dataclass(frozen=True, slots=True)
class WorldRefund:
    """One refund or after-sale case. taobao, douyin: exactly one line. jd: one line after shipping, none
    before. xiaohongshu, shopify, woocommerce: one or more lines; none for a refund by amount only (the latter
    two)."""

    platform: str
    refund_id: str
    number: int
    order_id: str
    kind: RefundKind
    requested_at: datetime
    modified_at: datetime
    lines: tuple[WorldRefundLine, ...] = ()
    amount_goods: int = 0
    """Money paid (or asked) back for goods, all lines."""
    shipping: int = 0
    tax: int = 0
    promotion_back: int = 0
    """Platform-funded discount undone by it (not money to the buyer; douyin return_promotion_amount)."""
    restocked: bool = False
    reason: Reason = "other"
    reason_text: str = ""
    """As the platform words the reason (a pick-list text, no free text)."""
    note: str = ""
    """The buyer's words: free text, never to be read."""
    before_shipping: bool = False
    approved_at: datetime | None = None
    returned_at: datetime | None = None
    """Goods arrived back at the seller."""
    refunded_at: datetime | None = None
    rejected_at: datetime | None = None
    closed_at: datetime | None = None
    """Withdrawn by the buyer or timed out."""

    @property
    def stage(self) -> RefundStage:
        """As of now. For an exchange success means done: `refunded_at` is then the end, no money moved."""
        if self.refunded_at:
            return "success"
        if self.rejected_at:
            return "rejected"
        if self.closed_at:
            return "closed"
        if self.returned_at:
            return "returned"
        return "approved" if self.approved_at else "requested"

    @property
    def quantity(self) -> int:
        return sum(line.quantity for line in self.lines)

    @property
    def total(self) -> int:
        """Everything paid back to the buyer."""
        return self.amount_goods + self.shipping + self.tax
