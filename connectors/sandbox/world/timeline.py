"""What will happen to an order and when: payment, parcels, arrival, completion, cancellation.

All instants are planned at once; the world shows only those that have come.
"""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime, timedelta

from connectors.sandbox.world.branches import BRANCHES
from connectors.sandbox.world.calendar import Presale
from connectors.sandbox.world.chance import later
from connectors.sandbox.world.shops import Habit
from connectors.sandbox.world.types import WorldOrder

PATIENCE = {
    "taobao": 24.0,
    "jd": 24.0,
    "douyin": 0.5,
    "xiaohongshu": 24.0,
    "shopify": 240.0,
    "woocommerce": 72.0,
    **{platform: branch.patience for platform, branch in BRANCHES.items()},
}
"""Hours until the platform closes an unpaid order."""
NO_REFUND_CASE = {
    "jd": 0.4,
    "shopify": 0.3,
    "woocommerce": 0.4,
    **{platform: branch.silent for platform, branch in BRANCHES.items()},
}
"""Share of paid-then-cancelled orders for which the platform keeps no refund object."""
COMPLETED = {name for name, branch in BRANCHES.items() if branch.completes}
"""Branches abroad whose orders go on from delivered to completed."""
LATE_CAPTURE = 0.10
"""Share of authorised card payments that are captured a day later (shopify)."""


def planned(rng: random.Random, order: WorldOrder, habit: Habit, presale: Presale | None) -> WorldOrder:
    if presale:
        order = _presale(rng, order, presale)
    elif order.payment_type == "cod":
        return _cash_on_delivery(rng, order)
    else:
        order = _payment(rng, order, habit)
    sale = order.paid_at
    if sale is None:
        return order
    if (
        order.order_type != "exchange"
        and order.excluded_reason is None
        and rng.random() < habit.cancelled_paid
    ):
        silent = rng.random() < NO_REFUND_CASE.get(order.platform, 0.0)
        return replace(
            order, cancelled_at=later(rng, sale, 0.3, 20), cancelled_by="seller" if silent else "refund"
        )
    return shipped(rng, order, sale)


def _payment(rng: random.Random, order: WorldOrder, habit: Habit) -> WorldOrder:
    at, bank = order.created_at, order.payment_method == "bacs"
    if rng.random() < (3 * habit.unpaid if bank else habit.unpaid):
        if order.platform == "shopify" and rng.random() < 0.5:
            return order  # stays pending for good
        if rng.random() < 0.35:
            return replace(order, cancelled_at=later(rng, at, 0.02, 0.4), cancelled_by="buyer")
        return replace(
            order, cancelled_at=later(rng, at, *[PATIENCE[order.platform]] * 2), cancelled_by="timeout"
        )
    if bank:
        return replace(order, paid_at=later(rng, at, 16, 70))
    if order.platform == "shopify" and rng.random() < LATE_CAPTURE:
        return replace(order, paid_at=later(rng, at, 18, 30))
    if habit.side == "west":
        return replace(order, paid_at=at + timedelta(seconds=rng.randint(0, 40)))
    return replace(order, paid_at=later(rng, at, 0.002, 0.4 if order.platform == "douyin" else 0.6))


def _presale(rng: random.Random, order: WorldOrder, phase: Presale) -> WorldOrder:
    deposit = later(rng, order.created_at, 0.002, 0.3)
    order = replace(order, order_type="presale", deposit_paid_at=deposit)
    if rng.random() < 0.14:
        return replace(
            order, cancelled_at=phase.balance_to, cancelled_by="timeout"
        )  # the deposit is forfeited
    span = (phase.balance_to - phase.balance_from).total_seconds()
    balance = phase.balance_from + timedelta(seconds=int(span * rng.random() ** 4))
    return replace(order, balance_paid_at=balance, paid_at=balance)


def _cash_on_delivery(rng: random.Random, order: WorldOrder) -> WorldOrder:
    order = shipped(rng, order, order.created_at)
    if order.shipped_at and rng.random() < 0.12:  # refused at the door
        return replace(
            order,
            delivered_at=None,
            completed_at=None,
            part_shipped_at=None,
            cancelled_at=later(rng, order.shipped_at, 40, 90),
            cancelled_by="buyer",
        )
    return order


def shipped(rng: random.Random, order: WorldOrder, sale: datetime) -> WorldOrder:
    """Parcel, arrival, completion after a sale at `sale`."""
    west = order.currency != "CNY"
    sent = later(rng, sale, 5, 40) if rng.random() < 0.9 else later(rng, sale, 40, 96)
    if west and sent.weekday() >= 5:
        sent += timedelta(days=7 - sent.weekday())
    two_parcels = not west and len(order.lines) > 1 and rng.random() < 0.10
    arrived = later(rng, sent, 44, 150) if west else later(rng, sent, 20, 96)
    if order.platform == "woocommerce":  # the shop marks it completed when the parcel leaves
        return replace(order, shipped_at=sent, completed_at=sent)
    ends = not west or order.platform in COMPLETED
    done = (
        None if not ends else later(rng, arrived, 4, 150) if rng.random() < 0.5 else arrived + timedelta(days=10)
    )
    first = sent - timedelta(seconds=int((sent - sale).total_seconds() * 0.4)) if two_parcels else None
    return replace(order, part_shipped_at=first, shipped_at=sent, delivered_at=arrived, completed_at=done)
