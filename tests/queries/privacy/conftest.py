"""A small home with shipped settings: a warehouse, its state, and orders of named buyers."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from queries.privacy.decisions import load_settings
from queries.records import Order, OrderLine, Shop
from queries.warehouse import Batch, State, Warehouse

NOW = datetime(2026, 11, 15, 4, tzinfo=UTC)


@dataclass
class Home:
    path: Path
    warehouse: Warehouse
    state: State
    now: datetime = NOW

    def sell(
        self, buyers: Iterable[str], *, days_ago: int = 10, platform: str = "taobao", region: str = "浙江"
    ) -> None:
        """One paid order of 100 for each buyer."""
        day = self.now - timedelta(days=days_ago)
        rows: list[object] = [Shop(name="A", tz="Asia/Shanghai", currency="CNY")]
        for buyer in buyers:
            order_id = hashlib.sha256(f"{buyer}-{days_ago}".encode()).hexdigest()[:12]
            rows.append(
                Order(
                    order_id=order_id,
                    status="completed",
                    created_at=day,
                    paid_at=day,
                    delivered_at=day,
                    modified_at=day,
                    currency="CNY",
                    list_amount=Decimal(100),
                    region=region,
                    buyer=buyer,
                )
            )
            rows.append(
                OrderLine(
                    order_id=order_id,
                    line_id="1",
                    product_id="P",
                    sku_id="S",
                    quantity=1,
                    list_amount=Decimal(100),
                )
            )
        self.warehouse.merge(Batch("shop", platform, "S1", "orders", rows))  # type: ignore[arg-type]

    def look(self, sql: str, parameters: list[object] | None = None) -> list[tuple[object, ...]]:
        return self.warehouse.look(sql, parameters)


@pytest.fixture(scope="session")
def made_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made once; each test works on its own copy."""
    home = tmp_path_factory.mktemp("home")
    warehouse = Warehouse(home, clock=lambda: NOW)
    warehouse.prepare()
    load_settings(warehouse, home, now=NOW)
    return home


@pytest.fixture
def home(made_home: Path, tmp_path: Path) -> Home:
    import shutil

    copy = tmp_path / "home"
    shutil.copytree(made_home, copy, symlinks=True)
    return Home(copy, Warehouse(copy, clock=lambda: NOW), State(copy))
