"""A shop of the sandbox and a fresh Souk beside it, for the scenarios that every order connector passes.

Everything runs over real sockets. To stay small, a first sync reaches back 20 days; pages hold five rows, windows
fifteen and a transaction ten to fifty items, so that there is something to interrupt.
"""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from connectors import connector
from connectors.engine import lists, load, plan, trip
from connectors.engine.connections import Connection, Connections
from connectors.engine.run import StreamReport
from connectors.engine.stream import Rate
from connectors.engine.sync import sync
from connectors.engine.vault import Vault
from connectors.sandbox import Sandbox, World
from connectors.sandbox.world import WorldOrder, WorldRefund, listed, major
from queries.warehouse import Warehouse
from tests.nobody import assert_nobody

NOW = datetime(2026, 6, 20, 4, tzinfo=UTC)
HISTORY = timedelta(days=20)
HISTORIES = {"pinduoduo": timedelta(days=1)}
"""Of platforms whose windows are so short (half an hour) that twenty days would take a thousand calls."""
FAR_OFF = datetime(2030, 1, 1, tzinfo=UTC)
PAGE, WINDOW = 5, 15
SECRET = b"a secret only for these tests"
STREAMS = ("orders", "trash", "orders_wfs", "orders_3pl", "older_orders", "open_orders", "refunds", "after_sales",
           "cancellations", "finances")
"""What concerns orders; the other streams have tests of their own."""
SCALES = {
    "amazon": 0.6, "ebay": 1.0, "etsy": 1.5, "walmart": 1.0, "pinduoduo": 1.0, "kuaishou": 0.3, "mercado_libre": 0.4}
"""Of the world, where a shop has too few orders at the usual 0.15 to be interrupted."""
NET_PRICES = {"walmart"}
"""Platforms whose prices come after discounts, and which tell of none."""
TAX_APART = {"ebay"}
"""Platforms that collect the taxes themselves: neither orders nor refunds hold them."""
PER_UNIT = {"tiktok_shop", "lazada"}
"""Platforms with a row a unit and no quantity: a line of three pieces is three lines."""
UNTOLD_UNPAID = {"shopee"}
"""Platforms that do not tell what vouchers and postage an order has until it is paid."""
LAG = {"amazon": timedelta(minutes=3), "pinduoduo": timedelta(minutes=4)}
"""Platforms that answer only up to a while ago: that much time passes before each sync."""
KEPT = {"mercado_libre": timedelta(days=365), "walmart": timedelta(days=179)}
"""Platforms whose lists hold no older orders, however lately those changed."""
IN_JAPAN = {"amazon": {"marketplace_ids": "A1VC38T7YXB528", "region": "fe"}}
UNPRICED = {"amazon": ("open", "cancelled")}
"""Platforms that show no prices of orders in these states."""

INTERRUPTED = """
import os, signal, sys
from datetime import datetime
from pathlib import Path
from connectors.engine import load
from connectors.engine.connections import Connections
from connectors.engine.sync import sync
from connectors.engine.vault import Vault
from queries.warehouse import Warehouse

now, home, when, number = datetime.fromisoformat(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], int(sys.argv[4])
merge, count = Warehouse.merge, 0

def deadly(self, batch):
    global count
    count += 1
    if count == number and when == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    merged = merge(self, batch)
    if count == number and when == "after":
        os.kill(os.getpid(), signal.SIGKILL)
    return merged

warehouse, vault = Warehouse(home, clock=lambda: now), Vault(home, b"a secret only for these tests")
links = Connections(warehouse, vault, clock=lambda: now).active()
Warehouse.merge = deadly
sync(links, warehouse, vault, lambda: now, streams=sys.argv[5:])
"""
"""A sync in a process of its own that is killed -9 before or after its n-th transaction. `make_small` goes
before it."""


def history(platform: str) -> timedelta:
    return HISTORIES.get(platform, HISTORY)


def make_small(platform: str) -> str:
    """What makes a first sync short and its pages, windows and transactions many, as a program."""
    return f"""
from datetime import timedelta
from connectors import connector
from connectors.engine.stream import Rate
connector("{platform}").client.rate = Rate(per_second=250, burst=50, concurrency=8)
from connectors.engine import lists, load, plan, trip
plan.HISTORY = timedelta(days={history(platform).days})
trip.Trip.size = lambda self, wanted: min(wanted, {PAGE})
lists.WINDOW_ROWS, load.BATCH_ROWS = {WINDOW}, 30
"""


@dataclass
class Shop:
    """One platform's shop being synced into a home of its own."""

    platform: str
    world: World
    sandbox: Sandbox
    home: Path
    began: datetime = NOW
    skew: timedelta = timedelta()
    """How far our clock is ahead of the platform's."""
    warehouse: Warehouse = field(init=False)
    vault: Vault = field(init=False)
    link: Connection = field(init=False)
    touched: set[str] = field(default_factory=set)
    """Orders that must be here whatever their age."""

    def connect(self) -> Shop:
        self.warehouse = Warehouse(self.home, clock=self.clock)
        self.vault = Vault(self.home, SECRET)
        connections = Connections(self.warehouse, self.vault, clock=self.clock)
        settings = self.sandbox.credentials(self.platform)
        if self.world.shops[self.platform].currency == "JPY":
            settings |= IN_JAPAN.get(self.platform, {})
        self.link = connections.add(self.platform, settings)
        return self

    def clock(self) -> datetime:
        return self.world.now + self.skew

    def sync(self, *, well: bool = True, full: bool = False) -> list[StreamReport]:
        """One sync of the order streams; `well` = it must succeed."""
        self.world.advance(LAG.get(self.platform, timedelta()))
        reports = sync([self.link], self.warehouse, self.vault, self.clock, streams=STREAMS, full=full)
        if well:
            assert [report.error for report in reports] == [None] * len(reports)
            assert {report.status for report in reports} == {"succeeded"}
        return reports

    def kill_a_sync(self, when: str, number: int) -> None:
        """A sync that dies (kill -9) `before` or `after` its `number`-th transaction."""
        self.world.advance(LAG.get(self.platform, timedelta()))
        program = make_small(self.platform) + INTERRUPTED
        arguments = [self.clock().isoformat(), str(self.home), when, str(number), *STREAMS]
        child = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, timeout=60)
        assert child.returncode == -signal.SIGKILL, child.stderr.decode()

    def requests_of(self, work: Callable[[], object]) -> int:
        """How many requests some work takes."""
        served = len(self.sandbox.served(self.platform))
        work()
        return len(self.sandbox.served(self.platform)) - served

    def assert_exact(self) -> None:
        """Nothing missing, doubled or stale; money of orders, lines and refunds equals the shop's."""
        since = self.began - KEPT.get(self.platform, timedelta(days=999))
        world = {order.order_id: order for order in self.world.orders(self.platform, created=(since, FAR_OFF))
                 if listed(order)}
        stored = self.warehouse.look(
            "SELECT order_id, list_amount, seller_discount, platform_discount, shipping_amount, currency, "
            "status FROM orders")
        assert len(stored) == len({row[0] for row in stored}), "an order is stored twice"
        ids = {row[0] for row in stored}
        reach = self.began - history(self.platform)
        recent = {order_id for order_id, order in world.items() if order.created_at >= reach}
        assert not (recent | self.touched) & set(world) - ids, "orders are missing"
        for order_id, goods, seller, platform, shipping, currency, status in stored:
            if (order := world.get(order_id)) and order.status not in UNPRICED.get(self.platform, ()):
                net = self.platform in NET_PRICES
                listed_at, off = (order.goods, 0) if net else (order.list_amount, order.seller_discount)
                expected = (listed_at, off, order.platform_discount, order.shipping)
                if self._told(order):
                    assert (goods, seller, platform, shipping) == tuple(map(self._major, expected)), order_id
                assert goods == self._major(listed_at), order_id
                assert currency == order.currency and status != "unknown", order_id
        self._assert_lines(world, ids)
        self._assert_refunds(world, ids)
        self._assert_days(world)

    def assert_no_person(self, *strangers: str) -> None:
        """No name, phone, address, mail or remark that the wire carried is anywhere on the disk."""
        assert_nobody(self.warehouse, {*self.world.markers(self.platform), *strangers})

    def _assert_lines(self, world: dict[str, WorldOrder], ids: set[str]) -> None:
        found = self.warehouse.look(
            "SELECT order_id, count(*), sum(quantity), sum(list_amount - seller_discount) FROM order_lines "
            "GROUP BY order_id")
        assert {row[0] for row in found} == ids
        for order_id, count, quantity, goods in found:
            if (order := world.get(order_id)) and order.status not in UNPRICED.get(self.platform, ()):
                units = sum(line.quantity for line in order.lines)
                assert count == (units if self.platform in PER_UNIT else len(order.lines)), order_id
                assert quantity == units, order_id
                assert goods == self._major(order.goods) or not self._told(order), order_id

    def _assert_days(self, world: dict[str, WorldOrder]) -> None:
        """Orders were made when the shop says, on the day the shop's own calendar says."""
        zone = ZoneInfo(self.world.shops[self.platform].tz)
        for order_id, created_at, created_date in self.warehouse.look(
                "SELECT order_id, created_at, created_date FROM orders"):
            if order := world.get(order_id):
                assert created_at.replace(tzinfo=UTC) == order.created_at, order_id
                assert created_date == order.created_at.astimezone(zone).date(), order_id

    def _assert_refunds(self, world: dict[str, WorldOrder], ids: set[str]) -> None:
        """Paid back for recent orders, whatever the platform calls goods, postage and tax of it."""
        rows = self.warehouse.look(
            "SELECT order_id, sum(goods_amount + shipping_amount + tax_amount) FROM refunds "
            "WHERE status = 'success' AND refund_type <> 'exchange' AND NOT starts_with(refund_id, 'derived:') "
            "GROUP BY order_id")
        found: dict[str, Decimal] = dict(rows)
        for order_id in ids & set(world):
            order = world[order_id]
            if order.created_at < self.began - history(self.platform):
                continue
            cases = self.world.refunds_of(self.platform, order_id)
            paid = sum(self._paid_back(order, case) for case in cases
                       if case.refunded_at and case.kind != "exchange")
            assert found.get(order_id, Decimal(0)) == self._major(paid), order_id

    def _paid_back(self, order: WorldOrder, case: WorldRefund) -> int:
        if self.platform in TAX_APART:
            return min(case.total - case.tax, order.goods + order.shipping)
        return case.total

    def _major(self, minor: int) -> Decimal:
        return major(minor, self.world.shops[self.platform].currency)

    def _told(self, order: WorldOrder) -> bool:
        """Whether the platform tells who paid which discount of the order."""
        return self.platform not in UNTOLD_UNPAID or bool(order.paid_at) or order.payment_type == "cod"


@pytest.fixture(scope="session")
def empty_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A prepared warehouse, made once and copied for each test."""
    home = tmp_path_factory.mktemp("empty")
    Warehouse(home, clock=lambda: NOW).prepare()
    return home


@pytest.fixture
def shop(empty_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Shop]]:
    """`shop("taobao")`: connected, not yet synced; its clock stands still unless `running`."""
    monkeypatch.setattr(trip.Trip, "size", lambda self, wanted: min(wanted, PAGE))
    monkeypatch.setattr(lists, "WINDOW_ROWS", WINDOW)
    monkeypatch.setattr(load, "BATCH_ROWS", 150)
    opened: list[Sandbox] = []

    def make(platform: str, *, running: bool = False, now: datetime = NOW, country: str = "") -> Shop:
        monkeypatch.setattr(plan, "HISTORY", history(platform))
        monkeypatch.setattr(connector(platform).client, "rate", Rate(250, 50, 8), raising=False)
        began = time.monotonic()
        clock = (lambda: now + timedelta(seconds=time.monotonic() - began)) if running else None
        countries = {platform: country} if country else None
        scale = SCALES.get(platform, 0.15)
        world = World(now, scale=scale, clock=clock, platforms=[platform], countries=countries)
        sandbox = Sandbox(world, platforms=[platform]).start()
        opened.append(sandbox)
        home = tmp_path / platform
        shutil.copytree(empty_home, home, symlinks=True)
        return Shop(platform, world, sandbox, home, now).connect()

    yield make
    for sandbox in opened:
        sandbox.stop()
