"""A shop served by the sandbox, and the whole way into a warehouse: real sockets, real files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.engine.connections import Connections
from connectors.engine.run import StreamReport
from connectors.engine.sync import sync
from connectors.engine.vault import Vault
from connectors.sandbox.server import Sandbox
from connectors.sandbox.world import World
from queries.warehouse import Warehouse

NOW = datetime(2026, 6, 20, 4, tzinfo=UTC)


@dataclass
class Market:
    """One platform, one connection named after it."""

    platform: str
    world: World
    sandbox: Sandbox
    warehouse: Warehouse
    vault: Vault

    @property
    def connections(self) -> Connections:
        return Connections(self.warehouse, self.vault, clock=lambda: self.world.now)

    def sync(self, **order: Any) -> dict[str, StreamReport]:
        """Reports by stream; every stream must have succeeded."""
        reports = sync(self.connections.active(), self.warehouse, self.vault, lambda: self.world.now, **order)
        assert [(report.stream, report.error) for report in reports if report.status != "succeeded"] == []
        return {report.stream: report for report in reports}

    def look(self, sql: str) -> list[tuple[Any, ...]]:
        return self.warehouse.look(sql)

    # --- what several platforms are asked alike

    def assert_products_and_shop(self) -> None:
        """Every SKU that was not deleted, and the shop as the platform calls it."""
        listed = [item for item in self.world.products(self.platform) if item.status != "deleted"]
        assert self.look("SELECT count(*), count(DISTINCT product_id) FROM products") == [
            (sum(len(item.skus) for item in listed), len(listed))]
        shop = self.world.shops[self.platform]
        assert self.look("SELECT shop_id, name, tz, currency, cod_anchor FROM shops") == [
            (shop.shop_id, shop.name, shop.tz, shop.currency, "delivered")]

    def assert_faithful(self) -> None:
        """No rule of the platform was broken and no field of its answers is unknown."""
        assert self.sandbox.violations == []
        assert self.look("SELECT check_name, detail FROM data_quality WHERE check_name NOT LIKE 'sync%'") == []

    def assert_quiet(self) -> None:
        """A second run asks little and writes nothing."""
        again = self.sync()
        assert {name: (report.rows_written, report.requests <= 2) for name, report in again.items()} == dict.fromkeys(
            again, (0, True))

    def assert_renews(self) -> None:
        """A token that ends is refreshed, and the new pair is kept."""
        before = self.vault.settings(self.platform)
        self.sandbox.states[self.platform].expire_tokens()
        self.sync()
        after = self.vault.settings(self.platform)
        assert after["access_token"] != before["access_token"] and after["refresh_token"] != before["refresh_token"]
        self.sync()
        assert self.sandbox.violations == []


@pytest.fixture(scope="session")
def open_market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Market]]:
    """`open_market("jd", scale=0.05)`: a shop with its connection, nothing synced yet."""
    with ExitStack() as closing:
        def opened(platform: str, scale: float = 0.03) -> Market:
            home: Path = tmp_path_factory.mktemp(platform)
            world = World(NOW, scale=scale, platforms=[platform])
            sandbox = closing.enter_context(Sandbox(world, platforms=[platform]))
            warehouse = Warehouse(home, clock=lambda: world.now)
            warehouse.prepare()
            market = Market(platform, world, sandbox, warehouse, Vault(home, b"a root secret of tests"))
            market.connections.add(platform, sandbox.credentials(platform))
            return market

        yield opened
