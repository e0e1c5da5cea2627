"""A shop served by the sandbox, and the whole way into a warehouse: real sockets, real files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors import connector
from connectors.engine.connections import Connections
from connectors.engine.run import StreamReport
from connectors.engine.stream import Rate
from connectors.engine.sync import sync
from connectors.engine.vault import Vault
from connectors.sandbox.server import Sandbox
from connectors.sandbox.world import World, major
from queries.warehouse import Warehouse

QUICK = Rate(per_second=250, burst=50, concurrency=8)
NOW = datetime(2026, 6, 20, 4, tzinfo=UTC)


@dataclass
class Market:
    """One platform, one connection named after it."""

    platform: str
    world: World
    sandbox: Sandbox
    warehouse: Warehouse
    vault: Vault
    quick: bool = False
    """Not to wait for the pace that the platform is spared with."""

    @property
    def connections(self) -> Connections:
        return Connections(self.warehouse, self.vault, clock=lambda: self.world.now)

    def sync(self, **order: Any) -> dict[str, StreamReport]:
        """Reports by stream; every stream must have succeeded."""
        with pytest.MonkeyPatch.context() as patch:
            if self.quick:
                patch.setattr(connector(self.platform).client, "rate", QUICK)
                patch.setattr(connector(self.platform).client, "limits", {}, raising=False)
            reports = sync(self.connections.active(), self.warehouse, self.vault, lambda: self.world.now, **order)
        assert [(report.stream, report.error) for report in reports if report.status != "succeeded"] == []
        return {report.stream: report for report in reports}

    def look(self, sql: str) -> list[tuple[Any, ...]]:
        return self.warehouse.look(sql)

    # --- what several platforms are asked alike

    def assert_every_order_and_unit(self) -> None:
        """To the cent, where a line is one unit and all discounts are told."""
        truth = self.world.truth(self.platform)
        assert self.look("SELECT count(*), sum(list_amount), sum(seller_discount), sum(platform_discount),"
                         " sum(shipping_amount), sum(tax_amount), count(DISTINCT customer_key) FROM orders") == [
            (truth.orders, truth.list_amount, truth.seller_discount, truth.platform_discount, truth.shipping, truth.tax,
             truth.buyers)]
        assert self.look("SELECT count(*), sum(quantity), sum(list_amount), sum(seller_discount) FROM order_lines") == [
            (truth.units, truth.units, truth.list_amount, truth.seller_discount)]
        assert self.look("SELECT count(*) FROM refunds WHERE starts_with(refund_id, 'derived:')") == [
            (truth.silent_cancellations,)]

    def assert_sales(self) -> None:
        truth = self.world.truth(self.platform)
        assert self.look("SELECT count(*), sum(goods_amount) FROM v_orders WHERE is_sale") == [
            (truth.sales, truth.gmv)]

    def paid_back(self, *amounts: str) -> tuple[Any, ...]:
        """How many refunds the platform paid, and the sums of `amounts` of them."""
        sums = ", ".join(f"sum({amount})" for amount in amounts)
        [row] = self.look(f"SELECT count(DISTINCT refund_id), {sums} FROM refunds WHERE status = 'success'"
                          " AND NOT starts_with(refund_id, 'derived:')")
        return row

    def assert_fees(self, counted: Callable[[Any], bool] = lambda _fee: True) -> None:
        """By kind, of the fees that the platform has told of."""
        expected = Counter[str]()
        for fee in filter(counted, self.world.fees(self.platform)):
            expected[fee.fee_type] += fee.amount
        assert dict(self.look("SELECT fee_type, sum(amount) FROM fees GROUP BY 1")) == {
            kind: major(amount) for kind, amount in expected.items()}

    def assert_settlements(self) -> None:
        paid = self.world.settlements(self.platform)
        assert self.look("SELECT count(*), sum(amount) FROM settlements") == [
            (len(paid), major(sum(row.amount for row in paid)))]

    def assert_products_and_shop(self) -> None:
        """Every SKU that was not deleted, and the shop as the platform calls it."""
        listed = [item for item in self.world.products(self.platform) if item.status != "deleted"]
        assert self.look("SELECT count(*), count(DISTINCT product_id) FROM products") == [
            (sum(len(item.skus) for item in listed), len(listed))]
        shop = self.world.shops[self.platform]
        assert self.look("SELECT shop_id, name, tz, currency, cod_anchor FROM shops") == [
            (shop.shop_id, shop.name, shop.tz, shop.currency, "delivered")]

    def assert_lines_find_their_products(self) -> None:
        assert self.look("SELECT count(*) FROM order_lines ANTI JOIN products USING (product_id, sku_id)") == [(0,)]

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
        def opened(platform: str, scale: float = 0.03, quick: bool = False) -> Market:
            home: Path = tmp_path_factory.mktemp(platform)
            world = World(NOW, scale=scale, platforms=[platform])
            sandbox = closing.enter_context(Sandbox(world, platforms=[platform]))
            warehouse = Warehouse(home, clock=lambda: world.now)
            warehouse.prepare()
            market = Market(platform, world, sandbox, warehouse, Vault(home, b"a root secret of tests"), quick)
            market.connections.add(platform, sandbox.credentials(platform))
            return market

        yield opened


@pytest.fixture(scope="session")
def synced(open_market: Callable[..., Market]) -> Callable[..., Market]:
    """`synced("lazada", scale=0.04)`: all that the platform tells, synced once in a hurry."""
    def whole(platform: str, scale: float) -> Market:
        market = open_market(platform, scale, quick=True)
        market.sync()
        return market

    return whole
