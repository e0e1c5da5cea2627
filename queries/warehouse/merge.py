"""The merge of a batch, inside one transaction of the live file.

Every table goes the same way: stage the batch's rows with all their columns, compare them with what is
stored, write only the difference. What follows from orders (unit costs, derived refunds, customers, rollups)
is then refreshed for the orders and days that changed, and nothing else. Temporary tables carry the work:
`new_<table>`, `changed_<table>`, `gone_<table>`, `touched_orders`, `touched_days`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime

import duckdb

from queries.warehouse import behind, buyers, derive, incoming, quality, rollups, stage
from queries.warehouse.batch import Batch
from queries.warehouse.settle import compare, write
from queries.warehouse.tables import ORDER_LINES, ORDERS, PLAIN, REFUNDS, UNIT_COSTS, Table

WORK = (
    *("new_orders", "new_order_lines", "new_refunds", "changed_orders", "changed_order_lines", "stored_orders"),
    *("stored_order_lines", "order_facts", "before", *(f"delta_{rollup.table}" for rollup in rollups.ROLLUPS)),
)
"""The big temporary tables that nobody needs after the merge of orders."""
WITH_RATE = {table.name for table in PLAIN if table.has_rate} | {"orders"}


@dataclass
class Outcome:
    """What the transaction changed."""

    by_table: dict[str, int] = field(default_factory=dict)
    moved: bool = False
    """Whether anything that is published changed."""
    without_rate: tuple[str, ...] = ()

    def count(self, table: str, rows: int) -> None:
        if rows:
            self.by_table[table] = self.by_table.get(table, 0) + rows


def merge(live: duckdb.DuckDBPyConnection, batch: Batch, *, base: str, zone: str, now: datetime) -> Outcome:
    """Merges the batch; the caller begins and commits the transaction."""
    outcome = Outcome()
    checkpoint(live, batch, now)
    written, restated = stage.shops(live, batch, incoming.shop_records(batch), base, zone)
    if written:
        outcome.count("shops", written)
        outcome.moved = True
        behind.note_tables(live, {"shops"})
    rows = incoming.tables(batch)
    arrived = {table.name for table in rows}
    for table, found in rows.items():
        live.register(f"arrived_{table.name}", found)
    try:
        for table in (UNIT_COSTS, *PLAIN):
            if table.name in arrived or (batch.covers and table.name in batch.covers.tables):
                _plain(live, batch, table, base, table.name in arrived, outcome)
        if arrived & {"orders", "order_lines", "refunds"} or restated:
            scopes = stage.orders(live, batch, arrived, restated, base)
            _orders(live, batch, scopes, outcome, now)
        elif "unit_costs" in outcome.by_table:
            stage.nothing_of_orders(live)
            _orders(live, batch, {}, outcome, now)
        outcome.without_rate = stage.currencies_without_rate(live, arrived & WITH_RATE)
    finally:
        for name in arrived:
            live.unregister(f"arrived_{name}")
    _clear(live)
    return outcome


def checkpoint(live: duckdb.DuckDBPyConnection, batch: Batch, now: datetime) -> None:
    """Moves the stream's checkpoint in the same transaction."""
    if batch.checkpoint is None:
        return
    text = json.dumps(batch.checkpoint, sort_keys=True, ensure_ascii=False)
    key = [batch.connection, batch.stream]
    if live.execute(
        "SELECT 1 FROM internal.sync_state WHERE connection = ? AND stream = ? AND checkpoint = ?",
        [*key, text],
    ).fetchone():
        return
    live.execute("DELETE FROM internal.sync_state WHERE connection = ? AND stream = ?", key)
    live.execute(
        "INSERT INTO internal.sync_state VALUES (?, ?, ?, ?)", [*key, text, now.replace(tzinfo=None)]
    )


def _plain(
    live: duckdb.DuckDBPyConnection, batch: Batch, table: Table, base: str, arrived: bool, outcome: Outcome
) -> None:
    compare(live, table, stage.plain(live, batch, table, base, arrived))
    count = write(live, table)
    if count:
        outcome.count(table.name, count)
        outcome.moved = True
        behind.note_rows(live, table)


def _orders(
    live: duckdb.DuckDBPyConnection, batch: Batch, scopes: dict[str, str], outcome: Outcome, now: datetime
) -> None:
    """All three are compared before any is written, so that the days they leave are counted anew too."""
    tables = (ORDERS, ORDER_LINES, REFUNDS)
    for table in tables:
        compare(live, table, scopes.get(table.name, ""))
    if not derive.touched_orders(live, costs_changed="unit_costs" in outcome.by_table):
        return
    costs = derive.have_costs(live)
    derive.facts_before(live, costs=costs)
    for table in tables:
        outcome.count(table.name, write(live, table))
    costs_moved = costs and derive.unit_costs(live)
    derive.facts_after(live, costs=costs)
    buyers.refresh(live)
    rollups.apply(live)
    outcome.moved = True
    behind.note_orders(live, lines_moved=costs_moved or "order_lines" in outcome.by_table)
    if quality.check(live, batch.connection, now):
        behind.note_tables(live, {"data_quality"})


def _clear(live: duckdb.DuckDBPyConnection) -> None:
    """Lets the work go: the commit needs the memory."""
    for (name,) in live.execute("SELECT table_name FROM duckdb_tables() WHERE temporary").fetchall():
        if name in WORK:
            live.execute(f"DROP TABLE temp.{name}")
