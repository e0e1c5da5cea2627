"""What an order of Mercado Libre becomes: the order and its lines, money that went back, claims, the selling fee."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from connectors.engine.errors import Rejected
from connectors.engine.stream import Context, Finding
from connectors.engine.values import ZERO, iso, minor_digits, share, text
from connectors.mercado_libre import wire
from queries.records import Fee, Order, OrderLine, OrderStatus, Refund, RefundStatus, RefundType

STATUS: dict[str, OrderStatus] = {
    "confirmed": "open", "payment_required": "open", "payment_in_process": "open", "partially_paid": "open",
    "paid": "paid", "partially_refunded": "paid", "pending_cancel": "paid", "cancelled": "cancelled",
    "invalid": "cancelled",
}
UNPAID = ("confirmed", "payment_required", "payment_in_process", "partially_paid")
INVALID = "invalid"
"""Taken back because the buyer was malicious: it never was a sale."""
DELIVERED, TEST = "delivered", "test_order"
ACCEPTED = ("approved", "refunded", "in_mediation", "charged_back")
"""Payments that took money. A refused one stands beside the one that followed it."""
FAILED = ("rejected", "cancelled")

CLAIM_TYPES: dict[str, RefundType] = {
    "return": "return_refund", "returns": "return_refund", "change": "exchange",
    "cancel_purchase": "cancel_before_ship", "cancel_sale": "cancel_before_ship",
}
"""All others are disputes about money."""
CLAIM_REASONS = {"PNR": "late", "PDD": "quality"}
"""By the letters of `reason_id`: not received, defective or different."""


def order_rows(order: wire.Order, context: Context) -> Iterator[Order | OrderLine | Refund | Fee | Finding]:
    """An order with its lines, what was paid back of its payments, its claims and its fee."""
    lines, tags = line_rows(order), order.tags or []
    created, modified, paid = iso(order.date_created), iso(order.last_updated), paid_at(order)
    if created is None:
        raise Rejected("(an order without its time of creation)")
    status = STATUS.get(order.status, "unknown")
    if status == "paid" and DELIVERED in tags:
        status = "delivered"
    yield Order(
        order_id=text(order.id), status=status, native_status=order.status,
        order_type="test" if TEST in tags else "normal", created_at=created, paid_at=paid,
        cancelled_at=modified if status == "cancelled" else None, modified_at=modified, currency=order.currency_id,
        list_amount=sum((line.list_amount for line in lines), ZERO),
        seller_discount=sum((line.seller_discount for line in lines), ZERO),
        platform_discount=sum((line.platform_discount for line in lines), ZERO),
        shipping_amount=sum((payment.shipping_cost or ZERO for payment in counted(order)), ZERO),
        excluded_reason="fraud" if order.status == INVALID else None,
        buyer=text(order.buyer.id) or None if order.buyer else None)
    yield from lines
    yield from refund_rows(order, lines)
    yield from (claim_row(order, claim, lines) for claim in order.claims or [])
    yield from fee_rows(order, paid, cancelled=status == "cancelled")
    if not lines:
        yield Finding("order_without_lines", "an order came without its order_items")


def counted(order: wire.Order) -> list[wire.Payment]:
    """The payments that took money; of an order not paid yet, those that may."""
    payments = order.payments or []
    return [one for one in payments if one.status in ACCEPTED] or [
        one for one in payments if one.status not in FAILED][-1:]


def paid_at(order: wire.Order) -> datetime | None:
    """When the last of its payments was approved; None while it is unpaid or paid in part."""
    if order.status in UNPAID:
        return None
    accepted = [one for one in order.payments or [] if one.status in ACCEPTED]
    times = [at for one in accepted if (at := iso(one.date_approved))]
    if not times and STATUS.get(order.status) == "paid":
        return iso(order.date_closed) or iso(order.date_created)
    return max(times, default=None)


def line_rows(order: wire.Order) -> list[OrderLine]:
    """Lines are not numbered: the first of a variation takes its id, another one a number behind it. Coupons
    stand with the payments: spread by value."""
    seen, lines = dict[str, int](), []
    for item in order.order_items or []:
        sku = text(item.item.variation_id) or item.item.id
        seen[sku] = seen.get(sku, 0) + 1
        full = item.unit_price if item.full_unit_price is None else item.full_unit_price
        listed, sold = (whole(price * item.quantity, order.currency_id) for price in (full, item.unit_price))
        lines.append(OrderLine(
            order_id=text(order.id), line_id=sku if seen[sku] == 1 else f"{sku}-{seen[sku]}",
            product_id=item.item.id, sku_id=sku, quantity=item.quantity, list_amount=listed,
            seller_discount=listed - sold, is_gift=listed == 0))
    coupons = sum((payment.coupon_amount or ZERO for payment in counted(order)), ZERO)
    weights = [line.list_amount - line.seller_discount for line in lines]
    for line, part in zip(lines, share(coupons, weights, order.currency_id), strict=True):
        line.platform_discount = part
    return lines


def whole(amount: Decimal, currency: str) -> Decimal:
    """To the currency's smallest coin: unit prices may have more digits."""
    return amount.quantize(Decimal(1).scaleb(-minor_digits(currency)), ROUND_HALF_UP)


def refund_rows(order: wire.Order, lines: Sequence[OrderLine]) -> Iterator[Refund]:
    """What went back, by payment: a sum without a date of its own. A payment that was wholly refunded gave its
    freight back too; the whole of an order that never arrived is a cancellation."""
    tags = order.tags or []
    for payment in order.payments or []:
        back = payment.transaction_amount_refunded or ZERO
        if payment.status == "refunded" and not back:
            back = payment.transaction_amount - (payment.coupon_amount or ZERO)
        if back <= 0:
            continue
        goods = min(back, payment.transaction_amount)
        freight = back - goods
        if payment.status == "refunded" and not freight:
            freight = payment.shipping_cost or ZERO
        cancelled = STATUS.get(order.status) == "cancelled" and DELIVERED not in tags
        at = iso(payment.date_last_modified) or iso(order.last_updated)
        yield Refund(
            refund_id=text(payment.id), order_id=text(order.id),
            refund_type="cancel_before_ship" if cancelled else "refund_only", status="success",
            native_status=payment.status, requested_at=at, refunded_at=at, modified_at=iso(order.last_updated),
            quantity=sum(line.quantity for line in lines) if cancelled else 0, goods_amount=goods,
            shipping_amount=freight, restocked=cancelled)


def claim_row(order: wire.Order, claim: wire.Claim, lines: Sequence[OrderLine]) -> Refund:
    """What a claim adds: that something is asked for, why, and whether goods come back. Its money is in the
    payments and not counted twice."""
    kind = CLAIM_TYPES.get(claim.type, "refund_only")
    status: RefundStatus = "requested"
    if claim.status != "opened":
        reason = (claim.resolution.reason if claim.resolution else None) or ""
        status = "success" if "refund" in reason or "return" in reason else "closed"
    complete = kind == "return_refund" and claim.quantity_type == "total"
    changed = iso(claim.last_updated)
    return Refund(
        refund_id=f"claim:{text(claim.id)}", order_id=text(order.id), refund_type=kind, status=status,
        native_status=claim.status, requested_at=iso(claim.date_created),
        refunded_at=changed if status == "success" else None, modified_at=iso(order.last_updated),
        quantity=sum(line.quantity for line in lines) if complete else 0, goods_amount=ZERO,
        reason_code=CLAIM_REASONS.get((claim.reason_id or "")[:3], "other") if claim.reason_id else None,
        restocked=status == "success" and complete)


def fee_rows(order: wire.Order, paid: datetime | None, *, cancelled: bool) -> Iterator[Fee]:
    """The selling fee, dated by the payment; that of a cancelled order is given back."""
    fees = [item.sale_fee * item.quantity for item in order.order_items or [] if item.sale_fee is not None]
    if paid and fees:
        amount = ZERO if cancelled else whole(sum(fees, ZERO), order.currency_id)
        yield Fee(order_id=text(order.id), fee_type="commission", amount=amount, charged_at=paid,
                  currency=order.currency_id)
