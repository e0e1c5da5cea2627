"""Returns, and cancellations of what was paid: one row a unit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from connectors.engine.stream import DAY, ByWindow, Context, Finding, Stream
from connectors.engine.values import ZERO, from_seconds, share
from connectors.engine.vocabulary import reason_code
from connectors.tiktok_shop import wire
from connectors.tiktok_shop.pages import changed, listed, search
from queries.records import Refund, RefundStatus, RefundType

RETURN_STATUS: dict[str, RefundStatus] = {
    "RETURN_OR_REFUND_REQUEST_PENDING": "requested",
    "AWAITING_BUYER_RESPONSE": "requested",
    "AWAITING_BUYER_SHIP": "approved",
    "BUYER_SHIPPED_ITEM": "approved",
    "RETURN_OR_REFUND_REQUEST_SUCCESS": "approved",
    "RETURN_OR_REFUND_REQUEST_COMPLETE": "success",
    "REJECT_RECEIVE_PACKAGE": "rejected",
    "REFUND_OR_RETURN_REQUEST_REJECT": "rejected",
    "REFUND_RETURN_REQUEST_REJECT": "rejected",
    "RETURN_OR_REFUND_REQUEST_CANCEL": "closed",
}
"""SUCCESS is only the seller's yes: the money is back at COMPLETE."""
CANCEL_STATUS: dict[str, RefundStatus] = {
    "CANCELLATION_REQUEST_PENDING": "requested",
    "CANCELLATION_REQUEST_SUCCESS": "approved",
    "CANCELLATION_REQUEST_COMPLETE": "success",
    "CANCELLATION_REQUEST_CANCEL": "closed",
    "CANCELLATION_REQUEST_CANCELLED": "closed",
}
RETURN_TYPE: dict[str, RefundType] = {
    "REFUND": "refund_only", "RETURN_AND_REFUND": "return_refund", "REPLACEMENT": "exchange",
}


def return_rows(item: wire.Return, context: Context) -> Iterator[Refund | Finding]:
    kind = RETURN_TYPE.get(item.return_type)
    if kind is None:
        yield Finding("unknown_refund_type", f"return_type {item.return_type}")
    status = RETURN_STATUS.get(item.return_status, "unknown")
    head = Refund(
        refund_id=item.return_id, order_id=item.order_id, refund_type=kind or "refund_only", status=status,
        native_status=item.return_status, requested_at=from_seconds(item.create_time), goods_amount=ZERO,
        modified_at=from_seconds(item.update_time),
        reason_code=reason_code(item.return_reason_text or item.return_reason))
    yield from by_line(head, item.refund_amount, item.return_line_items or [], context)


def cancel_rows(item: wire.Cancellation, context: Context) -> Iterator[Refund]:
    """Only where money goes back: an unpaid order's cancellation says so in the order itself."""
    if not amount(item.refund_amount):
        return
    head = Refund(
        refund_id=item.cancel_id, order_id=item.order_id, refund_type="cancel_before_ship",
        status=CANCEL_STATUS.get(item.cancel_status, "unknown"), native_status=item.cancel_status,
        requested_at=from_seconds(item.create_time), goods_amount=ZERO, modified_at=from_seconds(item.update_time),
        reason_code=reason_code(item.cancel_reason_text or item.cancel_reason))
    yield from by_line(head, item.refund_amount, item.cancel_line_items or [], context)


def by_line(head: Refund, whole: wire.RefundAmount | None, lines: Sequence[wire.ReturnLine], context: Context,
            ) -> Iterator[Refund]:
    """One row a unit: its own amounts where they are given, else equal shares of the whole. A refund has no time
    of its own: the change to its last status stands for it."""
    done, back = head.status == "success", head.refund_type in ("return_refund", "cancel_before_ship")
    goods, shipping, tax = parts(whole)
    shares = share(goods, [Decimal(1)] * len(lines), context.currency)
    own = [parts(line.refund_amount) if line.refund_amount else None for line in lines]
    known = bool(lines) and all(own) and sum(part[0] for part in own if part) == goods
    for at, line in enumerate(lines or [wire.ReturnLine()]):
        part = own[at] if known and own else None
        yield Refund(
            refund_id=head.refund_id, order_id=head.order_id, line_id=line.order_line_item_id or None,
            refund_type=head.refund_type, status=head.status, native_status=head.native_status,
            requested_at=head.requested_at, refunded_at=head.modified_at if done else None,
            modified_at=head.modified_at, quantity=1 if back and lines else 0,
            goods_amount=part[0] if part else shares[at] if lines else goods,
            shipping_amount=ZERO if at else shipping, tax_amount=ZERO if at else tax,
            restocked=done and back, reason_code=head.reason_code)


def parts(given: wire.RefundAmount | None) -> tuple[Decimal, Decimal, Decimal]:
    """Goods, shipping, tax of a refund."""
    if given is None:
        return ZERO, ZERO, ZERO
    shipping, tax = given.refund_shipping_fee or ZERO, given.refund_tax or ZERO
    goods = given.refund_subtotal
    return (goods if goods is not None else (given.refund_total or ZERO) - shipping - tax), shipping, tax


def amount(given: wire.RefundAmount | None) -> Decimal:
    return sum(parts(given), ZERO)


RETURNS = Stream(
    name="refunds", source="return", tables=(Refund,),
    changes=ByWindow(search("/return_refund/202309/returns/search"), span=14 * DAY, size=50, within=changed),
    read=listed("return_orders"), rows=return_rows, key=lambda item: item.return_id, changed=changed)

CANCELLATIONS = replace(
    RETURNS, name="cancellations", source="cancellation",
    changes=ByWindow(search("/return_refund/202309/cancellations/search"), span=14 * DAY, size=50, within=changed),
    read=listed("cancellations"), rows=cancel_rows, key=lambda item: item.cancel_id)
