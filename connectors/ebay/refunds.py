"""Refunds, which eBay names twice: once for the order, and once for each line that they are for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from connectors.ebay import wire
from connectors.engine.values import ZERO, iso
from queries.records import OrderLine, Refund, RefundStatus

REFUND_STATUS: dict[str, RefundStatus] = {"REFUNDED": "success", "PENDING": "approved", "FAILED": "rejected"}


def refund_rows(order: wire.Order, lines: Sequence[OrderLine], cancelled: bool) -> Iterator[Refund]:
    """One row a refunded line, and one for what no line explains. The order and its lines name the same refund:
    never both are counted. Whether goods came back is not told; of a cancelled order they never left."""
    whole: dict[str, wire.Refund] = {}
    for number, refund in enumerate(order.payment_summary.refunds):
        whole[_refund_id(refund, f"{order.order_id}:{number}")] = refund
    left = {name: refund.amount.value for name, refund in whole.items()}
    explained: set[str] = set()
    for line, item in zip(lines, order.line_items, strict=True):
        for number, part in enumerate(item.refunds):
            name = _refund_id(part, _at_that_moment(part, whole, left) or f"{item.line_item_id}:{number}")
            left[name] = left.get(name, part.amount.value) - part.amount.value
            explained.add(name)
            goods = min(part.amount.value, line.list_amount - line.seller_discount)
            yield _refund(order, name, whole.get(name), part, line, goods, part.amount.value - goods, cancelled)
    shipping = order.pricing_summary.delivery_cost.value + order.pricing_summary.delivery_discount.value
    sold = sum((line.list_amount - line.seller_discount for line in lines), ZERO)
    for name, refund in whole.items():
        if left[name]:
            beyond = left[name] - (ZERO if name in explained else sold)
            postage = min(max(beyond, ZERO), shipping)
            yield _refund(order, name, refund, None, None, left[name] - postage, postage, cancelled)


def _refund(order: wire.Order, name: str, whole: wire.Refund | None, part: wire.LineRefund | None,
            line: OrderLine | None, goods: Decimal, postage: Decimal, cancelled: bool) -> Refund:
    when = iso((part.refund_date if part else None) or (whole.refund_date if whole else None))
    word = (whole.refund_status if whole else None) or ("REFUNDED" if when else "PENDING")
    status = REFUND_STATUS.get(word, "unknown")
    before = cancelled and order.order_fulfillment_status == "NOT_STARTED"
    return Refund(
        refund_id=name, order_id=order.order_id, line_id=line.line_id if line else None,
        refund_type="cancel_before_ship" if before else "refund_only", status=status, native_status=word,
        requested_at=when, refunded_at=when if status == "success" else None,
        modified_at=iso(order.last_modified_date), quantity=line.quantity if before and line else 0,
        goods_amount=goods, shipping_amount=postage, restocked=before and status == "success")


def _refund_id(refund: wire.Refund | wire.LineRefund, otherwise: str) -> str:
    return refund.refund_id or refund.refund_reference_id or otherwise


def _at_that_moment(part: wire.LineRefund, whole: dict[str, wire.Refund], left: dict[str, Decimal]) -> str:
    """The order's refund that a line's belongs to, where the line's has no number: else both would count."""
    return next((name for name, refund in whole.items() if part.refund_date and refund.refund_date == part.refund_date
                 and part.amount.value <= left[name]), "")
