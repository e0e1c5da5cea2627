"""The world seen from its clock: what every platform view reads, and what tests change.

>>> world = World(datetime(2026, 6, 20, 4, tzinfo=UTC))
>>> page = world.orders("taobao", modified=(start, end))     # ascending, end exclusive
>>> world.touch("taobao", count=5)                            # five orders change right now
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from connectors.sandbox.world.ads import ads, campaigns
from connectors.sandbox.world.books import fees, inventory, native, reviews, settlements, unit_costs
from connectors.sandbox.world.calendar import BEIJING
from connectors.sandbox.world.changes import Changes
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
from connectors.sandbox.world.history import AHEAD, history, trouble_from
from connectors.sandbox.world.live import sessions
from connectors.sandbox.world.shops import HABITS, USUAL, open_shops
from connectors.sandbox.world.social import ACCOUNTS, Account
from connectors.sandbox.world.traffic import traffic
from connectors.sandbox.world.truth import Truth, truth
from connectors.sandbox.world.types import WorldBuyer, WorldOrder, WorldProduct, WorldRefund, WorldShop
from connectors.sandbox.world.view import Eye, Span, View

Days = tuple[date, date]
"""Both inclusive."""
T = TypeVar("T")


class World(Changes):
    """One merchant, seven shops, two years that end at `now`. Thread-safe. Same seed, same `now`: same world;
    a later `now` in the same month sees the same history and what has happened since.

    `clock` is what "now" is while the world is served (default: stands still at `now`). `scale` 1.0 is about
    20,000 orders; tests use 0.02 to 0.1. `platforms` says what is generated: some of the seven, also of the
    branches (`branches.py`); default: the seven. `countries` chooses the market of a branch: {"amazon": "JP"}.
    """

    def __init__(
        self,
        now: datetime,
        *,
        seed: int = 7,
        scale: float = 1.0,
        clock: Callable[[], datetime] | None = None,
        platforms: Iterable[str] | None = None,
        countries: Mapping[str, str] | None = None,
    ) -> None:
        asked = set(USUAL if platforms is None else platforms)
        self.lock = threading.RLock()
        self.seed, self.scale = seed, scale
        self.born = now.astimezone(UTC).replace(microsecond=0)
        self.shops: dict[str, WorldShop] = open_shops(self.born, asked, countries)
        self.trouble_from = trouble_from(self.born)
        """Since then a product and a campaign go wrong."""
        self.platforms = [platform for platform in self.shops if platform in asked]
        """What is open: the seven, or those asked for."""
        self._clock = clock or (lambda: self.born)
        self._ahead = timedelta()
        self._held: list[tuple[str, WorldOrder, datetime]] = []
        self._turns = 0
        self._views: dict[str, View] = {}
        self._cache: dict[tuple[str, str], tuple[datetime, Any]] = {}
        wanted = [p for p in HABITS if p in asked]
        self._eyes = {p: Eye(history(self.shops[p], self.born, seed, scale)) for p in wanted}
        self._accounts = {
            (platform, row[0]): Account(
                platform, *row, seed, self.opened, self._beijing_today() + timedelta(AHEAD)
            )
            for platform, rows in ACCOUNTS.items()
            for row in rows
        }

    @property
    def now(self) -> datetime:
        """The world's clock, whole seconds, UTC."""
        return self._clock().astimezone(UTC).replace(microsecond=0) + self._ahead

    @property
    def opened(self) -> date:
        """First day of the history, Beijing."""
        return self.shops["taobao"].opened_at.astimezone(BEIJING).date()

    def advance(self, by: timedelta) -> None:
        """Let time pass; what was planned for it happens."""
        with self.lock:
            self._ahead += by

    # --- orders, refunds, products -------------------------------------------------------------------------

    def orders(
        self, platform: str, *, created: Span | None = None, modified: Span | None = None
    ) -> list[WorldOrder]:
        """Orders as of now, oldest first by the time filtered on (by creation without a filter), ties by id.
        JD's unpaid orders are here too: leaving them out is the view's business (`listed`)."""
        with self.lock:
            view = self._view(platform)
            return view.modified.cut(modified) if modified else view.created.cut(created)

    def order(self, platform: str, order_id: str) -> WorldOrder | None:
        with self.lock:
            return self._view(platform).orders.get(order_id)

    def refunds(
        self, platform: str, *, requested: Span | None = None, modified: Span | None = None
    ) -> list[WorldRefund]:
        """Refund cases as of now, oldest first by the time filtered on (by request without a filter)."""
        with self.lock:
            view = self._view(platform)
            return view.refund_modified.cut(modified) if modified else view.requested.cut(requested)

    def refund(self, platform: str, refund_id: str) -> WorldRefund | None:
        with self.lock:
            return self._view(platform).refunds.get(refund_id)

    def refunds_of(self, platform: str, order_id: str) -> tuple[WorldRefund, ...]:
        with self.lock:
            return self._view(platform).refunds_of.get(order_id, ())

    def products(self, platform: str) -> list[WorldProduct]:
        """Everything ever listed, gifts included, that had been listed by now."""
        shelf = self._eyes[platform].history.till.shelf
        return [product for product in shelf.products + shelf.gifts if product.listed_at <= self.now]

    def buyers(self, platform: str) -> list[WorldBuyer]:
        return list(self._eyes[platform].history.buyers.values())

    def truth(self, platform: str, *, created: Span | None = None) -> Truth:
        """The contract's exact numbers, as of now, of all orders or of those created in a span."""
        orders = self.orders(platform, created=created)
        return truth(platform, self.shops[platform].currency, orders, self.refunds(platform))

    def markers(self, platform: str) -> set[str]:
        """Every direct identifier and free text the wire of this platform carries: none may reach a disk."""
        words: set[str] = set()
        for person in self.buyers(platform):
            words |= {person.name, person.nick, person.phone, person.email, person.address}
        for order in self._eyes[platform].history.orders.values():
            words |= {order.memo, order.buyer_note}
        words |= {refund.note for refund in self._eyes[platform].history.refunds.values()}
        return words - {""}

    # --- figures -------------------------------------------------------------------------------------------

    def campaigns(self, platform: str) -> list[WorldCampaign]:
        return campaigns(platform, self.opened, self._trouble_day, self._beijing_today())

    def ads(self, platform: str, days: Days | None = None) -> list[AdRow]:
        """By creative and day, oldest first; weibo has no orders of its own but ads."""
        rows = self._kept(
            "ads",
            platform,
            lambda now: ads(
                platform, self.seed, self.scale, self.opened, self._trouble_day, self._local(platform, now),
                self.shops[platform].currency,
            ),
        )
        return [row for row in rows if days is None or days[0] <= row.date <= days[1]]

    def live(self, platform: str, day: date | None = None) -> list[LiveRow]:
        """Sessions that have begun; `day` = the Beijing day they began on."""
        last = self._beijing_today()
        every = (self.opened + timedelta(days=n) for n in range((last - self.opened).days + 1))
        rows = self._kept(
            "live",
            platform,
            lambda now: sessions(platform, self.seed, every, self.orders(platform), now, self.scale),
            exact=True,
        )
        return [row for row in rows if day is None or row.started_at.astimezone(BEIJING).date() == day]

    def traffic(self, platform: str, days: Days | None = None) -> list[TrafficRow]:
        """Whole shop days up to yesterday."""
        shop = self.shops[platform]
        rows = self._kept(
            "traffic",
            platform,
            lambda now: traffic(
                shop,
                self.seed,
                self.scale,
                self.orders(platform),
                self.opened,
                self._local(platform, now).date() - timedelta(days=1),
            ),
        )
        return [row for row in rows if days is None or days[0] <= row.date <= days[1]]

    def accounts(self, platform: str) -> list[str]:
        """Social accounts: the weibo uid and the names on douyin and xiaohongshu."""
        return [account for known, account in self._accounts if known == platform]

    def posts(self, platform: str, account: str) -> list[Post]:
        """Newest first, counts as of now."""
        return self._accounts[platform, account].posts(self.now)

    def followers(self, platform: str, account: str) -> int:
        return self._accounts[platform, account].followers(self.now)

    def social(self, platform: str, days: Days | None = None) -> list[SocialRow]:
        return [
            row
            for key, account in self._accounts.items()
            if key[0] == platform
            for row in account.rows(self.now, days)
        ]

    def unit_costs(self, platform: str) -> list[UnitCostRow]:
        return unit_costs(self.shops[platform], self._eyes[platform].history.till.shelf)

    def fees(self, platform: str) -> list[FeeRow]:
        return self._kept(
            "fees", platform, lambda now: fees(self.shops[platform], self.orders(platform), now)
        )

    def settlements(self, platform: str) -> list[SettlementRow]:
        return settlements(
            self.shops[platform], self.orders(platform), self.refunds(platform), self.fees(platform), self.now
        )

    def native(self, platform: str) -> list[NativeRow]:
        return native(self.shops[platform], self.orders(platform), self.now)

    def reviews(self, platform: str) -> list[ReviewRow]:
        return reviews(self.shops[platform], self.seed, self.orders(platform), self.trouble_from, self.now)

    def inventory(self, platform: str) -> list[InventoryRow]:
        shelf = self._eyes[platform].history.till.shelf
        return inventory(self.shops[platform], self.seed, shelf, self.orders(platform), self.now)

    # --- inside --------------------------------------------------------------------------------------------

    @property
    def _trouble_day(self) -> date:
        return self.trouble_from.astimezone(BEIJING).date()

    def _beijing_today(self) -> date:
        return self.now.astimezone(BEIJING).date()

    def _local(self, platform: str, at: datetime) -> datetime:
        return at.astimezone(ZoneInfo(self.shops[platform].tz))

    def _view(self, platform: str) -> View:
        now, view = self.now, self._views.get(platform)
        if view is None or now < view.at or (view.until is not None and now >= view.until):
            view = self._views[platform] = self._eyes[platform].look(now)
        return view

    def _stale(self, platform: str, order_id: str) -> None:
        self._eyes[platform].forget(order_id)
        self._views.pop(platform, None)
        self._cache = {key: kept for key, kept in self._cache.items() if key[1] != platform}

    def _kept(
        self, name: str, platform: str, make: Callable[[datetime], list[T]], exact: bool = False
    ) -> list[T]:
        """Figures are worked out again once an hour, live ones at every instant, all after a change."""
        with self.lock:
            now = self.now
            stamp = now if exact else now.replace(minute=0, second=0)
            kept = self._cache.get((name, platform))
            if kept is None or kept[0] != stamp:
                kept = self._cache[name, platform] = (stamp, make(now))
            return list(kept[1])
