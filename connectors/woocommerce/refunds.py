"""What was paid back, in the parts of its order: goods by line, postage, tax.

A store knows refunds by item, and refunds by amount alone: a sum that somebody typed in, or all that was left
when the order's status was set to "refunded". Such a sum is taken for goods first, then for postage, then for tax,
as far as other refunds have left any; the one that leaves nothing pays back what is left of each line.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from connectors.engine.values import iso, share
from connectors.woocommerce import wire
from queries.records import OrderLine, Refund, RefundType


@dataclass(frozen=True)
class Part:
    """Of a line, or (without one) of the order. Amounts are positive, without tax."""

    goods: Decimal = wire.ZERO
    tax: Decimal = wire.ZERO
    shipping: Decimal = wire.ZERO
    line_id: str | None = None
    quantity: int = 0

    @property
    def sum(self) -> Decimal:
        return self.goods + self.tax + self.shipping


@dataclass
class Left:
    """What of an order is not paid back yet."""

    goods: Decimal
    shipping: Decimal
    tax: Decimal
    currency: str
    lines: dict[str, Part] = field(default_factory=dict)

    @classmethod
    def of(cls, order: wire.Order, lines: Sequence[OrderLine]) -> Left:
        parts = {line.line_id: Part(goods=line.list_amount - line.seller_discount, line_id=line.line_id,
                                    quantity=line.quantity) for line in lines}
        return cls(sum((part.goods for part in parts.values()), wire.ZERO), order.shipping_total, order.total_tax,
                   order.currency, parts)

    @property
    def sum(self) -> Decimal:
        return self.goods + self.shipping + self.tax

    def take(self, part: Part) -> None:
        self.goods -= part.goods
        self.shipping -= part.shipping
        self.tax -= part.tax
        if part.line_id in self.lines:
            line = self.lines[part.line_id]
            self.lines[part.line_id] = replace(line, goods=line.goods - part.goods,
                                               quantity=line.quantity - part.quantity)

    def split(self, amount: Decimal) -> list[Part]:
        """An amount that no item explains."""
        goods = min(amount, max(self.goods, wire.ZERO))
        shipping = min(amount - goods, max(self.shipping, wire.ZERO))
        tax = min(amount - goods - shipping, max(self.tax, wire.ZERO))
        goods = amount - shipping - tax
        whole = Part(goods, tax, shipping)
        if amount < self.sum or not (open_lines := self._open()):
            return [whole]
        parts = [replace(line, goods=part) for line, part in zip(
            open_lines, share(goods, [max(line.goods, wire.ZERO) for line in open_lines], self.currency), strict=True)]
        return [*parts, replace(whole, goods=wire.ZERO)]

    def _open(self) -> list[Part]:
        return [line for line in self.lines.values() if line.goods > 0 or line.quantity > 0]


def refund_rows(order: wire.Order, lines: Sequence[OrderLine], refunds: Sequence[wire.Refund], created: datetime,
                *, completed: datetime | None, left_at: datetime | None) -> Iterable[Refund]:
    """One row a part of a refund. The store knows refunds only once they are made.

    `left_at`: when a paid order was cancelled. What no refund paid back of it until then leaves as a refund
    `cancelled:<order>`, as the store's own analytics count neither the order nor its refunds.
    """

    def row(refund_id: str, at: datetime, part: Part) -> Refund:
        returned: RefundType = "return_refund" if part.quantity else "refund_only"
        return Refund(
            refund_id=refund_id, order_id=str(order.id), line_id=part.line_id, status="success",
            refund_type="cancel_before_ship" if completed is None or at < completed else returned,
            requested_at=at, refunded_at=at, modified_at=at, quantity=part.quantity, goods_amount=part.goods,
            shipping_amount=part.shipping, tax_amount=part.tax)

    if not refunds:
        return
    left = Left.of(order, lines)
    items = {refund.id: list(_items(refund)) for refund in refunds}
    for parts in items.values():
        for part in parts:
            left.take(part)
    for refund in sorted(refunds, key=lambda refund: (refund.date_created_gmt or "", refund.id)):
        parts = items[refund.id]
        rest = refund.amount - sum((part.sum for part in parts), wire.ZERO)
        # Beside items, a rest is a cent of rounding or an extra sum; alone, it is the refund.
        unexplained = [Part(goods=rest)] if parts else left.split(rest)
        for part in unexplained:
            left.take(part)
        for part in _joined([*parts, *unexplained]):
            yield row(str(refund.id), iso(refund.date_created_gmt) or created, part)
    if left_at and left.sum > 0:
        for part in left.split(left.sum):
            yield row(f"cancelled:{order.id}", left_at, part)


def _items(refund: wire.Refund) -> Iterable[Part]:
    """Lines and fees each for itself; postage is the order's."""
    for line in (*refund.line_items, *refund.fee_lines):
        yield Part(goods=-line.total, tax=-line.total_tax, line_id=_refunded_line(line), quantity=-int(line.quantity))
    shipping = -sum((part.total for part in refund.shipping_lines), wire.ZERO)
    tax = -sum((part.total_tax for part in refund.shipping_lines), wire.ZERO)
    if shipping or tax:
        yield Part(tax=tax, shipping=shipping)


def _joined(parts: Sequence[Part]) -> list[Part]:
    """One part a line; what is not of a line in one part, where it is anything."""
    of_lines, rest = [], Part()
    for part in parts:
        if part.line_id is None:
            rest = Part(rest.goods + part.goods, rest.tax + part.tax, rest.shipping + part.shipping)
        else:
            of_lines.append(part)
    return [*of_lines, rest] if rest != Part() or not of_lines else of_lines


def _refunded_line(line: wire.RefundLine) -> str:
    for meta in line.meta_data:
        if meta.key == "_refunded_item_id":
            return str(meta.value)
    return str(line.id)
