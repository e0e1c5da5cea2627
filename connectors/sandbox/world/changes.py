"""What tests do to the world while it is being read: orders change, appear, go back, vanish, show up late.

Every change that a lost update would hide shows in a sum: a touched order costs one more (yuan, dollar, euro)
in shipping.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from connectors.sandbox.world.aftersales import full_refund
from connectors.sandbox.world.chance import stream
from connectors.sandbox.world.history import History
from connectors.sandbox.world.orders import place
from connectors.sandbox.world.people import buyer
from connectors.sandbox.world.truth import is_sale
from connectors.sandbox.world.types import WorldOrder
from connectors.sandbox.world.view import Eye, View

TOUCH = 100
"""Minor units of shipping that a touch adds."""


class Changes(ABC):
    """The changing half of `World`, which provides clock, histories and views."""

    lock: threading.RLock
    seed: int
    _eyes: dict[str, Eye]
    _held: list[tuple[str, WorldOrder, datetime]]
    _turns: int

    @property
    @abstractmethod
    def now(self) -> datetime:
        """The world's clock."""

    @abstractmethod
    def _view(self, platform: str) -> View:
        """What is to be seen of a platform now."""

    @abstractmethod
    def _stale(self, platform: str, order_id: str) -> None:
        """Forget what was seen of an order: it has changed."""

    def _history(self, platform: str) -> History:
        return self._eyes[platform].history

    def touch(
        self,
        platform: str,
        order_ids: Sequence[str] | None = None,
        *,
        count: int = 1,
        at: datetime | None = None,
    ) -> list[str]:
        """Change orders (the given ones, else `count` of the sale orders by lot), modified now or `at`."""
        with self.lock:
            chosen = list(order_ids) if order_ids is not None else self._by_lot(platform, count)
            for order_id in chosen:
                plan = self._history(platform).orders[order_id]
                self._change(platform, replace(plan, shipping=plan.shipping + TOUCH), at or self.now)
            return chosen

    def late(self, platform: str, count: int = 1, *, seconds: int = 400) -> list[str]:
        """Change orders with a stamp `seconds` ago that stays invisible until `reveal()`."""
        with self.lock:
            chosen = self._by_lot(platform, count)
            for order_id in chosen:
                plan = self._history(platform).orders[order_id]
                changed = replace(plan, shipping=plan.shipping + TOUCH)
                self._held.append((platform, changed, self.now - timedelta(seconds=seconds)))
            return chosen

    def reveal(self) -> None:
        """Make everything held back by `late` visible."""
        with self.lock:
            for platform, changed, at in self._held:
                self._change(platform, changed, at)
            self._held.clear()

    def place(self, platform: str, count: int = 1, *, at: datetime | None = None) -> list[str]:
        """New paid orders of new buyers, created now (or `at`). Returns their ids."""
        with self.lock:
            past, made = self._history(platform), []
            for _ in range(count):
                past.last_number += 1
                key = f"placed-{past.last_number}"
                past.buyers[key] = buyer(
                    platform, self.seed, len(past.buyers) + 1, key, country=past.till.shop.country
                )
                order = place(past.till, past.buyers[key], at or self.now, past.last_number, key)
                past.add(order)
                self._stale(platform, order.order_id)
                made.append(order.order_id)
            return made

    def give_back(self, platform: str, order_id: str) -> list[str]:
        """A full refund, paid out now, of a paid order that has no refund yet. Returns the refund ids."""
        with self.lock:
            past = self._history(platform)
            if past.refunds_of.get(order_id):
                raise ValueError(f"{order_id} has refunds already")
            order, refunds = full_refund(past.orders[order_id], self.now)
            past.add(order, refunds)
            self._stale(platform, order_id)
            return [refund.refund_id for refund in refunds]

    def rename_status(self, platform: str, order_id: str, word: str) -> None:
        """The platform invents a status that no mapping knows."""
        with self.lock:
            plan = self._history(platform).orders[order_id]
            self._change(platform, replace(plan, native_status=word), self.now)

    def remove(self, platform: str, order_ids: Iterable[str]) -> None:
        """Delete orders for good (woocommerce, shopify): they vanish without a trace."""
        with self.lock:
            past = self._history(platform)
            for order_id in order_ids:
                self._stale(platform, order_id)
                del past.orders[order_id]
                for refund_id in past.refunds_of.pop(order_id, ()):
                    del past.refunds[refund_id]

    def _change(self, platform: str, plan: WorldOrder, at: datetime) -> None:
        past = self._history(platform)
        past.orders[plan.order_id] = plan
        past.changes.setdefault(plan.order_id, []).append(at.replace(microsecond=0))
        self._stale(platform, plan.order_id)

    def _by_lot(self, platform: str, count: int) -> list[str]:
        """Different orders each time, so that repeated touches hit all parts of the list."""
        self._turns += 1
        held = {plan.order_id for _, plan, _ in self._held}
        sales = sorted(
            order.order_id
            for order in self._view(platform).orders.values()
            if is_sale(order) and not order.cancelled_at and order.order_id not in held
        )
        return stream(self.seed, "lot", platform, self._turns).sample(sales, min(count, len(sales)))
