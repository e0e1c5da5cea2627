"""Rollups are kept by difference: after any sequence of merges they are what counting everything anew gives.

Every column is compared, so also the counts that say when an amount is NULL.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from queries.records import UnitCost
from queries.warehouse import Warehouse
from queries.warehouse.rollups import ROLLUPS
from tests.queries.warehouse.goods import at, batch, line, order, refund, shop

Look = Callable[..., list[tuple[Any, ...]]]


def part(chance: random.Random, step: int) -> Any:
    """Of fifteen orders: some whole, with any currency (no rate is known for QQQ), channel, state; or lines alone;
    or refunds alone; now and then a cost list."""
    kind, rows = chance.choice(["orders", "orders", "orders", "lines", "refunds", "costs"]), []
    if kind == "costs":
        return batch(UnitCost(sku_id="S1", valid_from=at("10-01 00:00").date(), unit_cost=Decimal(step + 1),
                              currency="CNY"))
    for order_id in chance.sample([f"o{number}" for number in range(15)], 5):
        state, day = chance.choice(["open", "paid", "cancelled"]), chance.randrange(1, 5)
        if kind == "orders":
            rows.append(order(
                order_id, str(chance.randrange(100)), status=state, created_at=at(f"10-0{day} 15:30"),
                paid=None if state == "open" else f"10-0{day + 4} 08:00", buyer=chance.choice([None, "b1", "b2"]),
                modified=at("10-20 00:00") + timedelta(minutes=step),
                currency="QQQ" if day == 4 else chance.choice(["CNY", "USD", "QQQ"]),
                channel=chance.choice(["live", "unknown"]), excluded_reason=chance.choice([None, None, "internal"])))
        if kind in ("orders", "lines"):
            rows += [line(order_id, str(number), str(chance.randrange(100)), sku_id=chance.choice(["S1", "S2"]),
                          is_gift=chance.random() < 0.3, unit_cost=chance.choice([None, None, Decimal(5)]))
                     for number in range(chance.randrange(3))]
        elif kind == "refunds":
            rows.append(refund(f"r{order_id}", order_id, str(chance.randrange(40)), modified_at=at("10-21 00:00"),
                               status=chance.choice(["success", "rejected", "requested"])))
    return batch(*rows, replaces=("order_lines",) if kind == "lines" else ("order_lines", "refunds"))  # fmt: skip


def test_rollups_kept_by_difference_equal_a_count_of_everything(warehouse: Warehouse, look: Look) -> None:
    warehouse.merge(batch(shop()))
    chance, compared = random.Random(5), 0
    for step in range(24):
        warehouse.merge(part(chance, step))
        if step % 3 < 2:
            continue
        kept = [look(f"SELECT * FROM {rollup.table} ORDER BY ALL") for rollup in ROLLUPS]
        with warehouse.write() as session:  # any other write counts everything anew
            session.execute("UPDATE shops SET name = name")
        counted = [look(f"SELECT * FROM {rollup.table} ORDER BY ALL") for rollup in ROLLUPS]
        assert kept == counted, step
        compared += sum(map(len, counted))
    assert compared > 100
    missing = look("SELECT count(*) FILTER (gmv_base IS NULL), count(gmv_base) FROM rollup_sales_daily")
    assert all(missing[0]), "days without any rate, and days with one, were among them"


def test_rollups_of_a_home_made_before_the_counts_are_counted_when_it_is_prepared(
    warehouse: Warehouse, look: Look
) -> None:
    warehouse.merge(batch(shop(), order("o"), line("o", unit_cost=Decimal(2))))
    before = [look(f"SELECT * FROM {rollup.table}") for rollup in ROLLUPS]
    with warehouse.write() as session:
        session.execute("UPDATE rollup_products_daily SET lines_with_cost = NULL, gmv_base = 0")
        session.execute("INSERT INTO internal.meta VALUES ('recount', 'rollups')")
    warehouse.rooms.prepared.unlink()
    warehouse.prepare()
    assert [look(f"SELECT * FROM {rollup.table}") for rollup in ROLLUPS] == before
    assert look("SELECT count(*) FROM internal.meta WHERE key = 'recount'") == [(0,)]
