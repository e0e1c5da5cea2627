"""How orders, refunds and products of a store become contract records. Pure functions, shop currency."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from connectors.engine.errors import Rejected
from connectors.engine.stream import Context, Finding
from connectors.engine.values import ZERO, iso
from connectors.shopify import wire
from connectors.shopify.wire import number
from queries.records import Order, OrderLine, OrderStatus, Product, Refund, RefundType

PAID = {"PAID", "PARTIALLY_PAID", "PARTIALLY_REFUNDED", "REFUNDED"}
UNPAID = {"PENDING", "AUTHORIZED", ""}
VOID = {"VOIDED", "EXPIRED"}
WAITING = {"UNFULFILLED", "OPEN", "IN_PROGRESS", "ON_HOLD", "SCHEDULED", "PENDING_FULFILLMENT", "RESTOCKED",
           "REQUEST_DECLINED", ""}
GONE_OUT = {"FULFILLED", "PARTIALLY_FULFILLED"}
NOTHING_TO_SEND = "FULFILLMENT_NOT_REQUIRED"
NOT_SENT = {"CANCELLED", "ERROR", "FAILURE"}
CASH = ("cash on delivery", "(cod)")
"""In the name of a manual payment method."""
PRODUCT_STATUS = {"ACTIVE": "on_sale", "DRAFT": "off_shelf", "UNLISTED": "off_shelf", "ARCHIVED": "deleted"}


def order_rows(order: wire.Order, context: Context) -> Iterator[Order | OrderLine | Refund | Finding]:
    """An order with its lines and refunds. Shipping is what the buyer was charged, after its discounts."""
    lines = [line_row(order, line) for line in order.line_items.nodes]
    status, shipped_at = order_status(order), shipped(order)
    presentment = order.total_price_set.presentment_money
    record = Order(
        order_id=number(order.id), status=status, modified_at=iso(order.updated_at), currency=order.currency_code,
        native_status=f"{order.display_financial_status or ''}/{order.display_fulfillment_status}",
        order_type="test" if order.test else "normal", payment_type="cod" if on_delivery(order) else "prepaid",
        created_at=_known(iso(order.created_at)), paid_at=payment(order), shipped_at=shipped_at,
        delivered_at=delivered(order),
        cancelled_at=iso(order.cancelled_at), list_amount=sum((line.list_amount for line in lines), ZERO),
        seller_discount=sum((line.seller_discount for line in lines), ZERO),
        shipping_amount=sum((amount(line.discounted_price_set) for line in order.shipping_lines.nodes), ZERO),
        tax_amount=amount(order.total_tax_set), tax_included=order.taxes_included,
        channel="direct" if order.source_name in ("web", "pos") else "unknown", region=region(order),
        buyer=number(order.customer.id) if order.customer else None)
    if presentment and presentment.currency_code != order.currency_code:
        record.presentment_currency, record.presentment_total = presentment.currency_code, presentment.amount
    yield record
    yield from lines
    for refund in order.refunds:
        yield from refund_rows(order, refund, shipped_at)


def order_status(order: wire.Order) -> OrderStatus:
    """A cancellation has its time. Else two enums become one status; a word of either that is new makes it unknown."""
    money, goods = order.display_financial_status or "", order.display_fulfillment_status
    if order.cancelled_at or money in VOID:
        return "cancelled"
    if money not in PAID | UNPAID or goods not in WAITING | GONE_OUT | {NOTHING_TO_SEND}:
        return "unknown"
    if goods in GONE_OUT:
        return "delivered" if delivered(order) else "shipped"
    if money not in PAID and not on_delivery(order):
        return "open"
    return "completed" if goods == NOTHING_TO_SEND else "paid"


def payment(order: wire.Order) -> datetime | None:
    """The earliest successful sale or capture: an authorisation is no payment.

    An order of nothing, or one brought in from elsewhere, counts as paid without any: then by its creation.
    """
    times = [iso(done.processed_at) for done in order.transactions
             if done.status == "SUCCESS" and done.kind in ("SALE", "CAPTURE")]
    settled = iso(order.created_at) if order.display_financial_status in PAID else None
    return min((moment for moment in times if moment), default=settled)


def on_delivery(order: wire.Order) -> bool:
    """Whether cash is paid at the door: such an order is a sale before any transaction."""
    return any(word in name.lower() for name in order.payment_gateway_names for word in CASH)


def shipped(order: wire.Order) -> datetime | None:
    """When the first parcel left."""
    return min((_known(iso(parcel.created_at)) for parcel in order.fulfillments if parcel.status not in NOT_SENT),
               default=None)


def delivered(order: wire.Order) -> datetime | None:
    """When the last parcel arrived; None while one is on its way or still to be sent."""
    if order.display_fulfillment_status == "PARTIALLY_FULFILLED":
        return None
    times = [iso(parcel.delivered_at) for parcel in order.fulfillments if parcel.status not in NOT_SENT]
    arrived = [moment for moment in times if moment]
    return max(arrived) if arrived and len(arrived) == len(times) else None


def region(order: wire.Order) -> str | None:
    address = order.shipping_address
    return (address.province_code or address.country_code_v2 or None) if address else None


def amount(bag: wire.MoneyBag | None) -> Decimal:
    return bag.shop_money.amount if bag else ZERO


def line_row(order: wire.Order, line: wire.LineItem) -> OrderLine:
    """List price x quantity as ordered; the allocations are every share of every discount."""
    listed = amount(line.original_unit_price_set) * line.quantity
    product = number(line.product.id) if line.product else ""
    return OrderLine(
        order_id=number(order.id), line_id=number(line.id), product_id=product, quantity=line.quantity,
        sku_id=number(line.variant.id) if line.variant else (line.sku or product), list_amount=listed,
        seller_discount=sum((amount(share.allocated_amount_set) for share in line.discount_allocations), ZERO),
        is_gift=listed == 0)


def refund_rows(order: wire.Order, refund: wire.Refund, shipped_at: datetime | None) -> Iterator[Refund | Finding]:
    """One row a refunded line, and one for what is not of a line: shipping and a refund by amount.

    Cancelling an unpaid order leaves a refund of zero: no money moved, so there is no row.
    """
    rest = amount(refund.total_refunded_set)
    if not rest:
        return
    when = iso(refund.created_at) or iso(refund.updated_at)
    before = shipped_at is None or (when is not None and when < shipped_at)
    facts: dict[str, Any] = {
        "order_id": number(order.id), "refund_id": number(refund.id), "status": "success", "requested_at": when,
        "refunded_at": when, "modified_at": iso(refund.updated_at)}
    for line in refund.refund_line_items.nodes:
        goods, tax = amount(line.subtotal_set), ZERO if order.taxes_included else amount(line.total_tax_set)
        rest -= goods + tax
        kind = refund_type(line.restock_type, before)
        if kind is None:
            yield Finding("unknown_refund_type", f"restockType {line.restock_type}")
        yield Refund(
            **facts, line_id=number(line.line_item.id), refund_type=kind or "refund_only", goods_amount=goods,
            tax_amount=tax, quantity=line.quantity, restocked=line.restock_type != "NO_RESTOCK")
    shipping, taxes = _postage(order, refund)
    rest -= shipping + taxes
    if rest or shipping or taxes:
        yield Refund(
            **facts, line_id=None,
            refund_type="cancel_before_ship" if order.cancelled_at and before else "refund_only",
            goods_amount=rest, shipping_amount=shipping, tax_amount=taxes)


def _postage(order: wire.Order, refund: wire.Refund) -> tuple[Decimal, Decimal]:
    """Shipping and tax of a refund beside its lines. A whole order paid back by amount is parted like the order."""
    added = ZERO if order.taxes_included else amount(order.total_tax_set)
    parts = refund.refund_shipping_lines.nodes
    if not parts and not refund.refund_line_items.nodes and (
            amount(refund.total_refunded_set) == amount(order.total_price_set)):
        return sum((amount(line.discounted_price_set) for line in order.shipping_lines.nodes), ZERO), added
    taxes = ZERO if order.taxes_included else sum((amount(line.tax_amount_set) for line in parts), ZERO)
    return sum((amount(line.subtotal_amount_set) for line in parts), ZERO), taxes


def refund_type(restock: str, before: bool) -> RefundType | None:
    """By what became of the goods, and whether anything had been sent `before`. NO_RESTOCK says that they are
    not on the shelf: kept by the buyer, damaged, or called off without ever leaving."""
    if restock == "CANCEL":
        return "cancel_before_ship"
    if restock == "RETURN":
        return "return_refund"
    if restock in ("NO_RESTOCK", "LEGACY_RESTOCK") and before:
        return "cancel_before_ship"
    return {"NO_RESTOCK": "refund_only", "LEGACY_RESTOCK": "return_refund"}.get(restock)  # type: ignore[return-value]


def _known(moment: datetime | None) -> datetime:
    if moment is None:
        raise Rejected("(an order without its times)")
    return moment


def product_rows(product: wire.Product, context: Context) -> Iterator[Product]:
    """One row a variant."""
    for variant in product.variants.nodes:
        yield Product(
            product_id=number(product.id), sku_id=number(variant.id), title=product.title,
            category=product.product_type or None, brand=product.vendor or None, listed_at=iso(product.created_at),
            status=PRODUCT_STATUS.get(product.status, product.status))
