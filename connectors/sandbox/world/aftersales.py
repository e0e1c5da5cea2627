"""Refunds and after-sales: which orders come back, why, how far each case gets and when."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from connectors.sandbox.world.branches import BRANCHES
from connectors.sandbox.world.catalogue import TROUBLED
from connectors.sandbox.world.chance import later, part, pick, stream
from connectors.sandbox.world.numbers import NUMBERS
from connectors.sandbox.world.orders import Counter, replacement
from connectors.sandbox.world.types import (
    Reason,
    RefundKind,
    WorldLine,
    WorldOrder,
    WorldRefund,
    WorldRefundLine,
)

KINDS: tuple[tuple[RefundKind, float], ...] = (
    ("return_refund", 0.58),
    ("refund_only", 0.24),
    ("exchange", 0.07),
    ("price_protection", 0.06),
    ("compensation", 0.05),
)
WEST_KINDS: tuple[tuple[RefundKind, float], ...] = (("return_refund", 0.7), ("refund_only", 0.3))
REASONS: dict[str, tuple[tuple[Reason, float], ...]] = {
    "return_refund": (("changed_mind", 0.46), ("quality", 0.2), ("size", 0.2), ("other", 0.14)),
    "refund_only": (("late", 0.34), ("quality", 0.36), ("other", 0.3)),
    "exchange": (("size", 0.6), ("quality", 0.4)),
    "price_protection": (("other", 1.0),),
    "compensation": (("quality", 0.7), ("late", 0.3)),
    "cancel_before_ship": (("changed_mind", 0.7), ("late", 0.2), ("other", 0.1)),
}
TEXTS: dict[Reason, tuple[str, str]] = {
    "quality": ("商品质量问题", "Item defective"),
    "size": ("尺寸/规格不符", "Wrong size"),
    "late": ("未按约定时间发货", "Arrived too late"),
    "changed_mind": ("七天无理由退换货", "Changed my mind"),
    "other": ("其他", "Other"),
}
"""The pick-list wording, in Chinese and English; each platform sends its own language."""
NOTE = "杯子到手就漏水了，和客服说好了退款"
WEST_NOTE = "lid was cracked when it arrived, spoke to support"
PER_LINE = {"taobao", "douyin", "jd"} | {name for name, branch in BRANCHES.items() if branch.per_line}
"""Platforms whose after-sale case holds one order line."""
STAGED = {name for name, branch in BRANCHES.items() if branch.staged}
"""Branches whose cases are seen before the money goes back."""
LONG_AFTER = 0.03


@dataclass(frozen=True, slots=True)
class Outcome:
    order: WorldOrder
    refunds: tuple[WorldRefund, ...] = ()
    extra: tuple[WorldOrder, ...] = ()
    """Replacement orders sent for an exchange."""


def refund_id(platform: str, order: WorldOrder, place: int) -> str:
    number = order.number * 10 + place
    if platform in NUMBERS:
        return NUMBERS[platform].refund(order.number, place)
    if platform == "xiaohongshu":
        return f"R{900_100_000_000_000 + number}{order.order_id[-1]}"
    first = {
        "taobao": 280_011_000_000_000_000,
        "jd": 71_000_000_000,
        "douyin": 7_123_450_000_000_000_000,
        "shopify": 901_330_000_000,
        "woocommerce": 5_000_000,
    }[platform]
    step = {"jd": 10, "taobao": 10}.get(platform, 1)
    return str(first + number * step + int(order.order_id[-1]) % step)


def settle(till: Counter, order: WorldOrder, trouble_from: datetime) -> Outcome:
    """Everything that comes back from an order, or nothing."""
    if order.excluded_reason or order.order_type == "exchange":
        return Outcome(order)
    rng = till.rng("aftersales", order.order_id)
    if order.cancelled_by == "refund" and order.cancelled_at and order.paid_at:
        return Outcome(order, _cancellations(rng, order))
    arrived = order.delivered_at or (order.completed_at and order.completed_at + timedelta(days=2))
    if not arrived or order.cancelled_at:
        return Outcome(order)
    chance = till.habit.aftersales * (1.5 if order.channel == "live" else 1.0)
    refunds: list[WorldRefund] = []
    extra: list[WorldOrder] = []
    for line in order.lines:
        troubled = line.product.outer_id == TROUBLED and order.created_at >= trouble_from
        if not line.is_gift and rng.random() < (0.46 if troubled else chance * 0.8):
            case = _case(rng, order, line, arrived, troubled, len(refunds))
            refunds += case
            if case[-1].kind == "exchange" and order.platform == "xiaohongshu" and case[-1].approved_at:
                extra.append(replacement(till, order, line, case[-1].quantity, case[-1].approved_at))
    if order.platform not in PER_LINE:
        refunds = _merged(rng, order, refunds)
    return Outcome(_closed(order, refunds), tuple(refunds), tuple(extra[:1]))


def _cancellations(rng: random.Random, order: WorldOrder) -> tuple[WorldRefund, ...]:
    """Paid, cancelled before shipping: every line goes back, the postage with the first."""
    assert order.cancelled_at and order.paid_at
    reason, done = pick(rng, REASONS["cancel_before_ship"]), order.cancelled_at
    asked = max(order.paid_at, done - timedelta(hours=rng.uniform(0.1, 6)))
    head = WorldRefund(
        order.platform,
        "",
        0,
        order.order_id,
        "cancel_before_ship",
        asked.replace(microsecond=0),
        done,
        restocked=True,
        reason=reason,
        reason_text=_text(order, reason),
        before_shipping=True,
        approved_at=done,
        refunded_at=done,
    )
    lines = [line for line in order.lines if not line.is_gift]
    groups = [[line] for line in lines] if order.platform in ("taobao", "douyin") else [lines]
    cases = []
    for place, group in enumerate(groups):
        rows = tuple(WorldRefundLine(line.line_id, line.quantity, line.paid, line.tax) for line in group)
        postage = order.shipping if place == 0 else 0
        tax = sum(row.tax for row in rows) + (order.shipping_tax if place == 0 else 0)
        cases.append(
            replace(
                head,
                refund_id=refund_id(order.platform, order, place),
                number=order.number * 10 + place,
                lines=() if order.platform == "jd" else rows,
                amount_goods=sum(row.goods for row in rows),
                shipping=postage,
                tax=tax,
                promotion_back=sum(line.platform_discount for line in group),
            )
        )
    return tuple(cases)


def full_refund(order: WorldOrder, at: datetime) -> tuple[WorldOrder, tuple[WorldRefund, ...]]:
    """Everything goes back at once: a cancellation before shipping, money without return after it."""
    rng = stream(0, "give back", order.order_id)
    if order.shipped_at is None or order.shipped_at > at:
        gone = replace(
            order,
            part_shipped_at=None,
            shipped_at=None,
            delivered_at=None,
            completed_at=None,
            cancelled_at=at,
            cancelled_by="refund",
        )
        return gone, _cancellations(rng, gone)
    cases = []
    for place, line in enumerate(line for line in order.lines if not line.is_gift):
        row = WorldRefundLine(line.line_id, 0, line.paid, line.tax)
        cases.append(
            WorldRefund(
                order.platform,
                refund_id(order.platform, order, place),
                order.number * 10 + place,
                order.order_id,
                "refund_only",
                at,
                at,
                (row,),
                line.paid,
                tax=line.tax,
                promotion_back=line.platform_discount,
                reason="quality",
                reason_text=_text(order, "quality"),
                approved_at=at,
                refunded_at=at,
            )
        )
    if order.platform not in PER_LINE:
        cases = _merged(rng, order, cases)
    return _closed(order, cases), tuple(cases)


def _case(
    rng: random.Random, order: WorldOrder, line: WorldLine, arrived: datetime, troubled: bool, place: int
) -> list[WorldRefund]:
    west = order.currency != "CNY"
    kind = pick(rng, WEST_KINDS if west else KINDS)
    if kind == "price_protection" and order.platform == "taobao":
        kind = "compensation"
    reason: Reason = "quality" if troubled and kind != "price_protection" else pick(rng, REASONS[kind])
    asked = later(rng, arrived, 6, 190)
    if kind == "refund_only" and reason == "late" and order.shipped_at:
        asked = later(rng, order.shipped_at, 12, 44)
    elif rng.random() < LONG_AFTER:
        asked = later(rng, arrived, 24 * 40, 24 * 170)
    units = rng.randint(1, line.quantity)
    goods = _amount(rng, kind, line, units)
    tax = part(line.tax, goods, line.paid) if line.paid else 0
    row = WorldRefundLine(line.line_id, units if kind in ("return_refund", "exchange") else 0, goods, tax)
    back = part(line.platform_discount, goods, line.paid) if line.paid and kind == "return_refund" else 0
    case = WorldRefund(
        order.platform,
        refund_id(order.platform, order, place),
        order.number * 10 + place,
        order.order_id,
        kind,
        asked,
        asked,
        (row,),
        goods,
        tax=tax,
        promotion_back=back,
        reason=reason,
        reason_text=_text(order, reason),
        note=(WEST_NOTE if west else NOTE) if rng.random() < 0.15 else "",
    )
    if west and order.platform not in STAGED:
        return [_western(rng, case)]
    if rng.random() < 0.04 and kind != "exchange":  # refused at first, granted on the second try
        refused = replace(case, rejected_at=later(rng, asked, 4, 40))
        again = later(rng, refused.rejected_at or asked, 2, 60)
        second = replace(
            case,
            refund_id=refund_id(order.platform, order, place + 1),
            number=order.number * 10 + place + 1,
            requested_at=again,
            modified_at=again,
        )
        return [refused, _steps(rng, second, always=True)]
    return [_steps(rng, case)]


def _amount(rng: random.Random, kind: RefundKind, line: WorldLine, units: int) -> int:
    """Money back for goods, never more than was paid for the line."""
    if kind == "exchange":
        return 0
    if kind == "return_refund":
        return part(line.paid, units, line.quantity)
    if kind == "compensation":
        return min(line.paid, rng.choice((300, 500, 800, 1000)))
    if kind == "price_protection":
        return line.paid * rng.choice((3, 5, 8)) // 100
    return line.paid if rng.random() < 0.5 else line.paid * rng.choice((20, 30, 50)) // 100


def _steps(rng: random.Random, case: WorldRefund, always: bool = False) -> WorldRefund:
    """How a Chinese case goes on: agreed, sent back, received, paid out; or refused, or withdrawn."""
    fate = 1.0 if always else rng.random()
    if fate < 0.06:
        return replace(case, rejected_at=later(rng, case.requested_at, 4, 60))
    if fate < 0.12:
        return replace(case, closed_at=later(rng, case.requested_at, 10, 160))
    agreed = later(rng, case.requested_at, 0.3, 40)
    if case.kind not in ("return_refund", "exchange"):
        return replace(case, approved_at=agreed, refunded_at=later(rng, agreed, 0.05, 10))
    back = later(rng, agreed, 40, 150)
    return replace(
        case, approved_at=agreed, returned_at=back, refunded_at=later(rng, back, 2, 50), restocked=True
    )


def _western(rng: random.Random, case: WorldRefund) -> WorldRefund:
    """Shopify and WooCommerce know a refund only once the money has gone back."""
    paid = later(rng, case.requested_at, 20, 200)
    return replace(
        case,
        requested_at=paid,
        modified_at=paid,
        approved_at=paid,
        refunded_at=paid,
        returned_at=paid if case.kind == "return_refund" else None,
        restocked=case.kind == "return_refund" and rng.random() < 0.8,
    )


def _merged(rng: random.Random, order: WorldOrder, cases: list[WorldRefund]) -> list[WorldRefund]:
    """One case for all lines where the platform has it so; abroad some are by amount only."""
    if not cases:
        return []
    staged = order.currency == "CNY" or order.platform in STAGED
    if staged:
        same = [
            case
            for case in cases[1:]
            if case.kind == cases[0].kind and case.refunded_at and cases[0].refunded_at
        ]
    else:
        same = cases[1:]
    first = cases[0]
    merged = replace(
        first,
        lines=sum((case.lines for case in same), first.lines),
        amount_goods=first.amount_goods + sum(case.amount_goods for case in same),
        tax=first.tax + sum(case.tax for case in same),
        promotion_back=first.promotion_back + sum(case.promotion_back for case in same),
    )
    if staged:
        return [merged, *[case for case in cases[1:] if case not in same]]
    if merged.kind == "refund_only":  # by amount: no lines, no tax of its own
        return [replace(merged, lines=(), tax=0, amount_goods=merged.amount_goods + merged.tax)]
    if rng.random() < 0.3:
        merged = replace(merged, shipping=order.shipping, tax=merged.tax + order.shipping_tax)
    return [merged]


def _closed(order: WorldOrder, refunds: list[WorldRefund]) -> WorldOrder:
    """A fully refunded order closes; one completed before stays completed on Chinese platforms."""
    paid_out = sum(case.amount_goods for case in refunds if case.refunded_at)
    goods = order.goods - order.platform_discount
    if paid_out < goods or goods <= 0:
        return order
    at = max(case.refunded_at for case in refunds if case.refunded_at)
    if order.currency != "CNY":
        return replace(order, closed_at=at)
    if order.completed_at and order.completed_at <= at:
        return order
    return replace(order, completed_at=None, closed_at=at)


def _text(order: WorldOrder, reason: Reason) -> str:
    return TEXTS[reason][0 if order.currency == "CNY" else 1]
