"""The business file: the warehouse without persons, kept in step with the live file.

A byte copy of the live file cannot leave columns out, so this second private file holds the tables below.
A transaction writes one file only: what a write changes is noted (`behind.py`) and carried over before the next
publication, with the live sequence number. A process killed in between leaves the file behind, and the next
publication builds it anew.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import duckdb

from queries.warehouse import migrate

TABLES = (
    "platforms",
    "shops",
    "orders",
    "order_lines",
    "refunds",
    "products",
    "ad_daily",
    "campaigns",
    "traffic_daily",
    "live_sessions",
    "fees",
    "reviews",
    "inventory_daily",
    "settlements",
    "market_benchmark",
    "social_daily",
    "platform_native_daily",
    "promo_calendar",
    "fx_rates",
    "unit_costs",
    "segment_definitions",
    "product_checks",
    "connections",
    "sync_runs",
    "data_quality",
    "rollup_sales_daily",
    "rollup_placed_daily",
    "rollup_refunds_daily",
    "rollup_products_daily",
)
"""Person-free tables. A table that is not named here does not reach the business lane."""

PERSON_COLUMNS = {"orders": ("customer_key", "region"), "product_checks": ("decided_by",)}
"""Columns left behind."""


@dataclass(frozen=True)
class Step:
    """One table to carry over: its rows `t` that `match` a row `c` of the relation `changed`, or all."""

    table: str
    changed: str = ""
    match: str = ""


def columns(live: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """For each table the columns that the business lane may hold, in order, as a SQL list."""
    rows = live.execute(
        "SELECT table_name, list(column_name ORDER BY column_index) FROM duckdb_columns()"
        " WHERE database_name = current_database() AND schema_name = 'main' GROUP BY table_name"
    ).fetchall()
    return {
        table: ", ".join(name for name in names if name not in PERSON_COLUMNS.get(table, ()))
        for table, names in rows
    }


def carry(live: duckdb.DuckDBPyConnection, steps: Iterable[Step]) -> None:
    """Brings the attached `business` file in step by steps that lead on from its number."""
    kept = columns(live)
    live.execute("BEGIN")
    for step in steps:
        if step.table in TABLES:
            _carry_table(live, step, kept[step.table])
    migrate.put(live, "sequence", str(migrate.sequence(live)), "business")
    live.execute("COMMIT")
    _forget_notes(live)


def number(live: duckdb.DuckDBPyConnection) -> str | None:
    """The sequence number of the attached business file; None where it cannot be read."""
    found = live.execute(
        "SELECT 1 FROM duckdb_tables() WHERE database_name = 'business'"
        " AND schema_name = 'internal' AND table_name = 'meta'"
    ).fetchone()
    if found is None or migrate.get(live, "schema", "business") != migrate.schema_stamp():
        return None
    return migrate.get(live, "sequence", "business")


def in_step(live: duckdb.DuckDBPyConnection) -> bool:
    """Whether the attached business file shows exactly what the live file holds."""
    return number(live) == str(migrate.sequence(live))


def rebuild(live: duckdb.DuckDBPyConnection) -> None:
    """Builds the attached business file from nothing, each table in a transaction of its own: all of them in one would
    have to be held in memory. Its number, which goes first and comes last, tells a file that was not finished."""
    live.execute("SET memory_limit = '128MB'")  # what was read is not read again: else all of it would be kept
    live.execute("DROP SCHEMA IF EXISTS business.internal CASCADE")
    for view in ("v_sales_lines", "v_refunds", "v_orders"):
        live.execute(f"DROP VIEW IF EXISTS business.{view}")
    kept = columns(live)
    for table in TABLES:
        live.execute(f"CREATE OR REPLACE TABLE business.{table} AS SELECT {kept[table]} FROM {table}")
    home = live.execute("SELECT current_database()").fetchone()
    live.execute("USE business")
    live.execute(migrate.views("business"))
    live.execute(f"USE {home[0] if home else 'live'}")
    live.execute("BEGIN")
    live.execute("CREATE SCHEMA business.internal")
    live.execute("CREATE TABLE business.internal.meta(key VARCHAR, value VARCHAR)")
    migrate.put(live, "sequence", str(migrate.sequence(live)), "business")
    migrate.put(live, "schema", migrate.schema_stamp(), "business")
    live.execute("COMMIT")
    _forget_notes(live)


def _forget_notes(live: duckdb.DuckDBPyConnection) -> None:
    """Empties the notes of `behind.py`: the business file has it all."""
    live.execute("BEGIN")
    live.execute("DELETE FROM internal.behind")
    live.execute("DELETE FROM internal.meta WHERE key = 'behind_since'")
    live.execute("COMMIT")


def _carry_table(live: duckdb.DuckDBPyConnection, step: Step, names: str) -> None:
    if not step.changed:
        live.execute(f"DELETE FROM business.{step.table}")
        live.execute(f"INSERT INTO business.{step.table} SELECT {names} FROM {step.table}")
        return
    live.execute(f"DELETE FROM business.{step.table} t USING {step.changed} c WHERE {step.match}")
    live.execute(
        f"INSERT INTO business.{step.table} SELECT {names} FROM {step.table} t"
        f" SEMI JOIN {step.changed} c ON {step.match}"  # as EXISTS it would hold all of the table
    )
