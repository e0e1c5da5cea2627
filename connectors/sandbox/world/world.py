"""The world seen from its clock: what every platform view reads, and what tests change.

    >>> world = World(datetime(2026, 6, 20, 4, tzinfo=UTC))
    >>> page = world.orders("taobao", modified=(start, end))     # ascending, end exclusive
    >>> world.touch("taobao", count=5)                            # five orders change right now
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, timedelta

from connectors.sandbox.world.figures import (
    AdRow,
    FeeRow,
    InventoryRow,
    LiveRow,
    NativeRow,
    Post,
    ReviewRow,
    SettlementRow,
    SocialRow,
    TrafficRow,
    UnitCostRow,
    WorldCampaign,
)
from connectors.sandbox.world.types import WorldBuyer, WorldOrder, WorldProduct, WorldRefund, WorldShop

Span = tuple[datetime, datetime]
"""From (inclusive) to (exclusive)."""
Days = tuple[date, date]
"""Both inclusive."""


class World:
    """One merchant, seven shops, two years that end at `now`. Thread-safe. Same seed, same `now`: same world;
    a later `now` in the same month sees the same history and what has happened since.

    `clock` is what "now" is while the world is served (default: stands still at `now`). `scale` 1.0 is about
    20,000 orders; tests use 0.02 to 0.1.
    """

    shops: dict[str, WorldShop]

    def __init__(self, now: datetime, *, seed: int = 7, scale: float = 1.0,
                 clock: Callable[[], datetime] | None = None) -> None:
        self.lock = threading.RLock()

    @property
    def now(self) -> datetime:
        """The world's clock, whole seconds, UTC."""
        raise NotImplementedError

    # --- reading -------------------------------------------------------------------------------------------

    def orders(self, platform: str, *, created: Span | None = None, modified: Span | None = None
               ) -> list[WorldOrder]:
        """Orders as of now, oldest first by the time filtered on (by creation without a filter), ties by id.
        JD's unpaid orders are here too: leaving them out is the view's business."""
        raise NotImplementedError

    def order(self, platform: str, order_id: str) -> WorldOrder | None:
        raise NotImplementedError

    def refunds(self, platform: str, *, requested: Span | None = None, modified: Span | None = None
                ) -> list[WorldRefund]:
        """Refund cases as of now, oldest first by the time filtered on (by request without a filter)."""
        raise NotImplementedError

    def refund(self, platform: str, refund_id: str) -> WorldRefund | None:
        raise NotImplementedError

    def refunds_of(self, platform: str, order_id: str) -> tuple[WorldRefund, ...]:
        raise NotImplementedError

    def products(self, platform: str) -> list[WorldProduct]:
        raise NotImplementedError

    def buyers(self, platform: str) -> list[WorldBuyer]:
        raise NotImplementedError

    def campaigns(self, platform: str) -> list[WorldCampaign]:
        raise NotImplementedError

    def ads(self, platform: str, days: Days | None = None) -> list[AdRow]:
        raise NotImplementedError

    def live(self, platform: str, day: date | None = None) -> list[LiveRow]:
        """Sessions that have begun; `day` = the Beijing day they began on."""
        raise NotImplementedError

    def traffic(self, platform: str, days: Days | None = None) -> list[TrafficRow]:
        raise NotImplementedError

    def accounts(self, platform: str) -> list[str]:
        """Social accounts (weibo uid, ...)."""
        raise NotImplementedError

    def posts(self, platform: str, account: str) -> list[Post]:
        """Newest first, counts as of now."""
        raise NotImplementedError

    def followers(self, platform: str, account: str) -> int:
        """The level now."""
        raise NotImplementedError

    def social(self, platform: str, days: Days | None = None) -> list[SocialRow]:
        raise NotImplementedError

    def unit_costs(self, platform: str) -> list[UnitCostRow]:
        raise NotImplementedError

    def fees(self, platform: str) -> list[FeeRow]:
        raise NotImplementedError

    def settlements(self, platform: str) -> list[SettlementRow]:
        raise NotImplementedError

    def native(self, platform: str) -> list[NativeRow]:
        raise NotImplementedError

    def reviews(self, platform: str) -> list[ReviewRow]:
        raise NotImplementedError

    def inventory(self, platform: str) -> list[InventoryRow]:
        raise NotImplementedError

    def markers(self, platform: str) -> set[str]:
        """Every direct identifier and free text the wire of this platform carries: none may reach a disk."""
        raise NotImplementedError

    # --- changing ------------------------------------------------------------------------------------------

    def touch(self, platform: str, order_ids: Sequence[str] | None = None, *, count: int = 1,
              at: datetime | None = None) -> list[str]:
        """Change orders (the given ones, else `count` picked in turn), modified now or `at`. Returns ids."""
        raise NotImplementedError

    def late(self, platform: str, count: int = 1, *, seconds: int = 400) -> list[str]:
        """Change orders with a stamp `seconds` ago that stays invisible until `reveal()`."""
        raise NotImplementedError

    def reveal(self) -> None:
        """Make everything held back by `late` visible."""
        raise NotImplementedError

    def place(self, platform: str, count: int = 1) -> list[str]:
        """New paid orders, created now."""
        raise NotImplementedError

    def give_back(self, platform: str, order_id: str) -> str:
        """A full refund of a paid order, paid out now. Returns the refund id."""
        raise NotImplementedError

    def rename_status(self, platform: str, order_id: str, word: str) -> None:
        """The platform invents a status no mapping knows."""
        raise NotImplementedError

    def remove(self, platform: str, order_ids: Iterable[str]) -> None:
        """Delete orders for good (woocommerce, shopify): they vanish without a trace."""
        raise NotImplementedError

    def advance(self, by: timedelta) -> None:
        """Let time pass (only for a world whose clock stands still)."""
        raise NotImplementedError
