"""A history seen at an instant: what has not happened yet is not there."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeVar

from connectors.sandbox.world.history import History
from connectors.sandbox.world.types import WorldOrder, WorldRefund

ORDER_EVENTS = (
    "deposit_paid_at",
    "balance_paid_at",
    "paid_at",
    "part_shipped_at",
    "shipped_at",
    "delivered_at",
    "completed_at",
    "cancelled_at",
    "closed_at",
)
REFUND_EVENTS = ("approved_at", "returned_at", "refunded_at", "rejected_at", "closed_at")
Span = tuple[datetime, datetime]
Plan = TypeVar("Plan", WorldOrder, WorldRefund)


@dataclass
class Sorted:
    """Rows in order of one instant, cut by a window in logarithmic time."""

    rows: list[Any] = field(default_factory=list)
    times: list[datetime] = field(default_factory=list)

    @classmethod
    def by(cls, rows: Iterable[Any], time: Callable[[Any], datetime], key: Callable[[Any], str]) -> Sorted:
        ordered = sorted(rows, key=lambda row: (time(row), key(row)))
        return cls(ordered, [time(row) for row in ordered])

    def cut(self, span: Span | None) -> list[Any]:
        if span is None:
            return list(self.rows)
        return self.rows[bisect_left(self.times, span[0]) : bisect_left(self.times, span[1])]


@dataclass
class View:
    """A shop as of `at`; good until `until`, when the next planned thing happens."""

    at: datetime
    until: datetime | None
    orders: dict[str, WorldOrder]
    refunds: dict[str, WorldRefund]
    refunds_of: dict[str, tuple[WorldRefund, ...]]
    created: Sorted
    modified: Sorted
    requested: Sorted
    refund_modified: Sorted


class Eye:
    """Looks at one history. What is settled (nothing left to happen) is worked out once."""

    def __init__(self, history: History) -> None:
        self.history = history
        self._settled: dict[str, WorldOrder] = {}
        self._settled_refunds: dict[str, WorldRefund] = {}
        self._next: list[datetime] = []

    def forget(self, order_id: str) -> None:
        """The order was changed from outside: look at it afresh."""
        self._settled.pop(order_id, None)
        for refund_id in self.history.refunds_of.get(order_id, ()):
            self._settled_refunds.pop(refund_id, None)

    def look(self, at: datetime) -> View:
        self._next = []
        refunds = {
            key: seen for key, plan in self.history.refunds.items() if (seen := self._refund(plan, at))
        }
        by_order: dict[str, tuple[WorldRefund, ...]] = {}
        for refund in refunds.values():
            by_order[refund.order_id] = (*by_order.get(refund.order_id, ()), refund)
        orders = {
            key: order
            for key, plan in self.history.orders.items()
            if (order := self._order(plan, by_order.get(key, ()), at))
        }
        refunds = {key: refund for key, refund in refunds.items() if refund.order_id in orders}
        return View(
            at,
            min(self._next, default=None),
            orders,
            refunds,
            by_order,
            Sorted.by(orders.values(), lambda o: o.created_at, lambda o: o.order_id),
            Sorted.by(orders.values(), lambda o: o.modified_at, lambda o: o.order_id),
            Sorted.by(refunds.values(), lambda r: r.requested_at, lambda r: r.refund_id),
            Sorted.by(refunds.values(), lambda r: r.modified_at, lambda r: r.refund_id),
        )

    def _order(self, plan: WorldOrder, refunds: tuple[WorldRefund, ...], at: datetime) -> WorldOrder | None:
        done = self._settled.get(plan.order_id)
        if done is not None:
            return done
        if plan.created_at > at:
            self._next.append(plan.created_at)
            return None
        changes = [refund.modified_at for refund in refunds] + self.history.changes.get(plan.order_id, [])
        seen, open_end = self._seen(plan, ORDER_EVENTS, plan.created_at, changes, at)
        pending = any(
            key not in self._settled_refunds for key in self.history.refunds_of.get(plan.order_id, ())
        )
        if not open_end and not pending:
            self._settled[plan.order_id] = seen
        if seen.cancelled_at is None and seen.cancelled_by:
            seen = replace(seen, cancelled_by=None)
        return seen

    def _refund(self, plan: WorldRefund, at: datetime) -> WorldRefund | None:
        done = self._settled_refunds.get(plan.refund_id)
        if done is not None:
            return done
        if plan.requested_at > at:
            self._next.append(plan.requested_at)
            return None
        seen, open_end = self._seen(plan, REFUND_EVENTS, plan.requested_at, [], at)
        if not open_end:
            self._settled_refunds[plan.refund_id] = seen
        return seen

    def _seen(
        self, plan: Plan, names: tuple[str, ...], start: datetime, changes: list[datetime], at: datetime
    ) -> tuple[Plan, bool]:
        """The plan without its future, stamped with what happened last; and whether more will come."""
        moments = [(name, getattr(plan, name)) for name in names]
        planned: list[tuple[str, datetime]] = [(name, moment) for name, moment in moments if moment]
        coming = [moment for _, moment in planned if moment > at] + [when for when in changes if when > at]
        self._next += coming
        last = max([start, *(m for _, m in planned if m <= at), *(when for when in changes if when <= at)])
        future: dict[str, Any] = {name: None for name, moment in planned if moment > at}
        return replace(plan, modified_at=last, **future), bool(coming)
