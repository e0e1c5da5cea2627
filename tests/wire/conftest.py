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
