"""What is read of receipts and listings, and how it becomes contract records. Fees are in `ledger.py`.

Receipts are followed by their last change, also in the first load: a receipt made since then has changed since
then. Both ends of a window are in it, so it ends a second earlier; it begins one earlier too, should an end not be in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from connectors.engine.errors import Rejected
from connectors.engine.places import home
from connectors.engine.stream import (
    DAY,
    HOUR,
    About,
    Ask,
    ById,
    ByWindow,
    Call,
    Context,
    Detail,
    Identity,
    Page,
    Reply,
    Stream,
)
from connectors.engine.values import ZERO, from_seconds, minor_digits, share, text, to_seconds
from connectors.engine.vocabulary import reason_code
from connectors.etsy import wire
from queries.records import InventoryDaily, Order, OrderLine, OrderStatus, Product, Refund, RefundStatus, Shop

SECOND = timedelta(seconds=1)
STATES = frozenset({"US", "CA", "AU"})
"""Countries whose addresses name a state by its code; elsewhere that field is whatever the buyer typed."""
WRAP = "gift_wrap"

STATUSES: dict[str, tuple[OrderStatus, OrderStatus]] = {
    "open": ("open", "shipped"),
    "payment processing": ("open", "shipped"),
    "paid": ("paid", "shipped"),
    "completed": ("completed", "completed"),
    "partially refunded": ("paid", "completed"),
    "fully refunded": ("cancelled", "completed"),
    "canceled": ("cancelled", "cancelled"),
    "cancelled": ("cancelled", "cancelled"),
}
"""Etsy's word, in lower case -> status before and after shipping. "open" and paid is paid."""
REFUND_STATUS: dict[str, RefundStatus] = {
    "": "success", "approved": "success", "success": "success", "completed": "success", "issued": "success",
    "pending": "approved", "processing": "approved", "requested": "requested", "open": "requested",
    "declined": "rejected", "rejected": "rejected", "denied": "rejected", "failed": "rejected",
    "canceled": "closed", "cancelled": "closed", "closed": "closed",
}
LISTING_STATES = ("active", "inactive", "sold_out", "expired")


# --- receipts -----------------------------------------------------------------------------------------------


def changed_receipts(ask: Ask, context: Context) -> Call:
    assert ask.window is not None
    return Call(f"/shops/{context.settings.shop_id}/receipts", {
        "min_last_modified": to_seconds(ask.window.start) - 1, "max_last_modified": last_second(ask.window.end),
        "sort_on": "updated", "sort_order": "asc", "limit": ask.size, "offset": ask.page * ask.size})


def last_second(end: datetime) -> int:
    """The last whole second before `end`."""
    return to_seconds(end - timedelta.resolution)


def receipts(reply: Reply, call: Call) -> Page:
    found = wire.RECEIPTS.decode(reply.body)
    return Page(found.results, found.count)


def receipt_rows(receipt: wire.Receipt, context: Context) -> Iterator[Order | OrderLine | Refund]:
    lines, created = line_rows(receipt), known(from_seconds(receipt.created))
    status = order_status(receipt)
    paid = [from_seconds(line.paid_timestamp) for line in receipt.transactions]
    refunds = list(refund_rows(receipt, lines))
    vat, tax = receipt.total_vat_cost.value, receipt.total_tax_cost.value
    row = Order(
        order_id=text(receipt.receipt_id), status=status, native_status=receipt.status, created_at=created,
        paid_at=min((at for at in paid if at), default=created if receipt.is_paid else None),
        shipped_at=shipped_at(receipt), modified_at=from_seconds(receipt.updated),
        currency=receipt.grandtotal.currency_code or context.currency,
        list_amount=sum((line.list_amount for line in lines), ZERO),
        seller_discount=sum((line.seller_discount for line in lines), ZERO),
        shipping_amount=receipt.total_shipping_cost.value, tax_amount=tax or vat, tax_included=bool(vat and not tax),
        region=region(receipt), buyer=text(receipt.buyer_user_id) or None)
    if status == "cancelled":
        row.cancelled_at = max((refund.refunded_at for refund in refunds if refund.refunded_at),
                               default=row.modified_at)
    yield row
    yield from lines
    yield from refunds


def order_status(receipt: wire.Receipt) -> OrderStatus:
    """Case has varied ("Completed"). "completed" is what a seller makes of an order by sending it."""
    word = " ".join(receipt.status.lower().replace("_", " ").split())
    if word not in STATUSES:
        return "unknown"
    before, after = STATUSES[word]
    if receipt.is_shipped:
        return after
    return "paid" if before == "open" and receipt.is_paid else before


def shipped_at(receipt: wire.Receipt) -> datetime | None:
    times = [*(parcel.shipment_notification_timestamp for parcel in receipt.shipments),
             *(line.shipped_timestamp for line in receipt.transactions)]
    return min((at for moment in times if (at := from_seconds(moment))), default=None)


def line_rows(receipt: wire.Receipt) -> list[OrderLine]:
    """The lines; what their coupons leave of the receipt's discount is shared by value. Gift wrap is a line of
    its own, so that order and lines agree."""
    order_id = text(receipt.receipt_id)
    rows = [OrderLine(
        order_id=order_id, line_id=text(line.transaction_id), product_id=text(line.listing_id),
        sku_id=text(line.product_id) or text(line.listing_id), quantity=line.quantity,
        list_amount=line.price.value * line.quantity, seller_discount=line.shop_coupon or ZERO,
        is_gift=not line.price.amount) for line in receipt.transactions]
    rest = receipt.discount_amt.value - sum((row.seller_discount for row in rows), ZERO)
    if rest and rows:
        weights = [row.list_amount - row.seller_discount for row in rows]
        for row, part in zip(rows, share(rest, weights, receipt.grandtotal.currency_code), strict=True):
            row.seller_discount += part
    if receipt.gift_wrap_price.amount:
        rows.append(OrderLine(order_id=order_id, line_id=WRAP, product_id=WRAP, sku_id=WRAP, quantity=0,
                              list_amount=receipt.gift_wrap_price.value))
    return rows


def refund_rows(receipt: wire.Receipt, lines: Sequence[OrderLine]) -> Iterator[Refund]:
    """Refunds name no line and have no id: they are known by their second, and by their place in it. What part
    of an amount was tax follows from its share in the receipt; what goes beyond the goods was shipping."""
    sent, seen = shipped_at(receipt), Counter[int]()
    goods_left = sum((line.list_amount - line.seller_discount for line in lines), ZERO)
    tax_left = receipt.total_tax_cost.value
    for refund in receipt.refunds:
        at = from_seconds(refund.created_timestamp)
        seen[refund.created_timestamp] += 1
        word = (refund.status or "").strip()
        status = REFUND_STATUS.get(word.lower(), "unknown")
        tax = min(_tax_of(refund.amount.value, receipt), tax_left)
        goods = min(refund.amount.value - tax, goods_left)
        if status == "success":
            tax_left, goods_left = tax_left - tax, goods_left - goods
        unsent = not receipt.is_shipped if sent is None else bool(at and at < sent)
        before = order_status(receipt) == "cancelled" or unsent
        yield Refund(
            refund_id=f"{receipt.receipt_id}:{refund.created_timestamp}:{seen[refund.created_timestamp]}",
            order_id=text(receipt.receipt_id), refund_type="cancel_before_ship" if before else "refund_only",
            status=status, native_status=word, requested_at=at, refunded_at=at if status == "success" else None,
            modified_at=from_seconds(receipt.updated), goods_amount=goods, tax_amount=tax,
            shipping_amount=refund.amount.value - tax - goods, reason_code=reason_code(refund.reason),
            restocked=before and status == "success")


def _tax_of(amount: Decimal, receipt: wire.Receipt) -> Decimal:
    whole, tax = receipt.grandtotal.value, receipt.total_tax_cost.value
    if not whole or not tax:
        return ZERO
    unit = Decimal(1).scaleb(-minor_digits(receipt.grandtotal.currency_code))
    return (amount * tax / whole).quantize(unit, ROUND_HALF_UP)


def region(receipt: wire.Receipt) -> str | None:
    country = receipt.country_iso
    return (receipt.state if country in STATES else None) or country or None


def known(moment: datetime | None) -> datetime:
    if moment is None:
        raise Rejected("(a row without its time)")
    return moment


# --- listings -----------------------------------------------------------------------------------------------


def listed(state: str) -> Callable[[Ask, Context], Call]:
    """Words one page of the listings in a state, with the products that can be bought of each."""

    def word(ask: Ask, context: Context) -> Call:
        return Call(f"/shops/{context.settings.shop_id}/listings", {
            "state": state, "includes": "Inventory", "limit": ask.size, "offset": ask.page * ask.size})

    return word


def listings(reply: Reply, call: Call) -> Page:
    found = wire.LISTINGS.decode(reply.body)
    return Page([Goods(listing, listing.inventory) for listing in found.results], found.count)


@dataclass(frozen=True)
class Goods:
    """A listing and its products."""

    listing: wire.Listing
    inventory: wire.Inventory | None


def inventory_calls(goods: Sequence[Goods], context: Context) -> list[Call]:
    return [Call(f"/listings/{one.listing.listing_id}/inventory") for one in goods]


def with_inventory(goods: Sequence[Goods], replies: Sequence[Reply]) -> Iterator[Goods]:
    for one, reply in zip(goods, replies, strict=True):
        yield Goods(one.listing, wire.INVENTORY.decode(reply.body))


def listing_rows(goods: Goods, context: Context) -> Iterator[Product | InventoryDaily]:
    """One row a product of the listing, and what lies in stock of it today; a listing without any is its own."""
    listing, today = goods.listing, context.now.astimezone(context.zone).date()
    skus = {text(sku.product_id): sku.offerings for sku in (goods.inventory.products if goods.inventory else ())
            if not sku.is_deleted}
    for sku, offerings in (skus or {text(listing.listing_id): None}).items():
        if offerings is not None:
            left = sum(offer.quantity for offer in offerings if not offer.is_deleted)
            yield InventoryDaily(sku_id=sku, date=today, on_hand=left)
        yield Product(
            product_id=text(listing.listing_id), sku_id=sku, title=listing.title,
            category=text(listing.taxonomy_id) or None,
            listed_at=from_seconds(listing.original_creation_timestamp or listing.created_timestamp),
            status="on_sale" if listing.state == "active" else "off_shelf")


def shelf(state: str) -> Stream:
    return Stream(
        name="products" if state == "active" else f"products_{state}", source="listing",
        tables=(Product, InventoryDaily),
        changes=ById(listed(state), size=100, first=0), read=listings, rows=listing_rows, every=20 * HOUR,
        key=lambda goods: text(goods.listing.listing_id),
        detail=Detail(inventory_calls, with_inventory, needs=lambda goods: goods.inventory is None, optional=True))


# --- the shop -----------------------------------------------------------------------------------------------


def about_calls(settings: Any) -> list[Call]:
    """Receipts test the consent; the shop is public."""
    return [Call(f"/shops/{settings.shop_id}"), Call(f"/shops/{settings.shop_id}/receipts", {"limit": 1})]


def shop_row(replies: Sequence[Reply | None], settings: Any) -> Identity:
    if replies[0] is None:
        raise Rejected("(no answer about the shop)")
    found = wire.SHOP.decode(replies[0].body)
    country = found.shop_location_country_iso or "US"
    zone = "America/New_York" if country == "US" else home(country)[0]
    return Identity(text(found.shop_id), Shop(
        name=found.shop_name or text(found.shop_id), tz=settings.timezone or zone,
        currency=found.currency_code or home(country)[1], cod_anchor="created"))


ORDERS = Stream(
    name="orders", source="receipt", tables=(Order, OrderLine, Refund), replaces=("order_lines", "refunds"),
    changes=ByWindow(changed_receipts, span=30 * DAY, size=100, first=0,
                     within=lambda receipt: from_seconds(receipt.updated)),
    read=receipts, rows=receipt_rows, key=lambda receipt: text(receipt.receipt_id),
    changed=lambda receipt: from_seconds(receipt.updated))

STREAMS = (ORDERS, *(shelf(state) for state in LISTING_STATES))
ABOUT = About(about_calls, shop_row)
