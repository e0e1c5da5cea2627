"""Compare what was staged with what is stored, and write only the difference.

`new_<table>` holds whole rows, one a key. `compare` fills `changed_<table>` and `gone_<table>`; `write`
applies them. Between the two a caller can still see what was stored before.
"""

from __future__ import annotations

import duckdb

from queries.warehouse.tables import ORDER_LINES, REFUNDS, Table

SORT = {
    "orders": "coalesce(sale_date, created_date), created_at",
    "refunds": "refund_date, requested_at",
    "ad_daily": "date",
    "traffic_daily": "date",
    "social_daily": "date",
    "inventory_daily": "date",
}
"""Insertion order: a question about one month then reads a few row groups instead of all."""


def compare(live: duckdb.DuckDBPyConnection, table: Table, scope: str = "", stored: str = "") -> None:
    """Finds the staged rows that are new or differ, and the stored rows of `scope` that did not come.

    `scope` is SQL over the stored row `t`: the part of the table for which the batch is complete. `stored`
    may name a temporary copy of the part that matters, where the table is too big to be read twice.
    `unit_cost` of a line is ours (it may come from the cost list) and is not compared.
    """
    columns = [
        name for name in column_names(live, table.name) if name != "unit_cost" or table is not ORDER_LINES
    ]
    differs = " OR ".join(f"n.{name} IS DISTINCT FROM t.{name}" for name in columns)
    live.execute(f"""
        CREATE OR REPLACE TEMP TABLE changed_{table.name} AS
        SELECT n.*, t.shop_id IS NULL AS is_new
        FROM new_{table.name} n
        LEFT JOIN {stored or table.name} t ON {table.same_key("n", "t")}
        WHERE t.shop_id IS NULL OR {differs}""")
    keys = dict.fromkeys(("platform", "shop_id", *table.key, *(("order_id",) if table is REFUNDS else ())))
    live.execute(f"""
        CREATE OR REPLACE TEMP TABLE gone_{table.name} AS
        SELECT {", ".join(f"t.{key}" for key in keys)}
        FROM {stored or table.name} t
        WHERE {scope or "false"}
          AND NOT EXISTS (SELECT 1 FROM new_{table.name} n WHERE {table.same_key("n", "t")})""")


def write(live: duckdb.DuckDBPyConnection, table: Table) -> int:
    """Applies the difference; returns how many rows are new, changed or gone."""
    gone = one(live, f"SELECT count(*) FROM gone_{table.name}")
    if gone:
        live.execute(f"DELETE FROM {table.name} t USING gone_{table.name} g WHERE {table.same_key('t', 'g')}")
    total = one(live, f"SELECT count(*) FROM changed_{table.name}")
    fresh = one(live, f"SELECT count(*) FROM changed_{table.name} WHERE is_new")
    if total > fresh:
        names = column_names(live, table.name)
        live.execute(f"""
            UPDATE {table.name} AS t
            SET {", ".join(f"{name} = c.{name}" for name in names)}
            FROM changed_{table.name} c
            WHERE NOT c.is_new AND {table.same_key("t", "c")}""")
    if fresh:
        order = f"ORDER BY {SORT[table.name]}" if table.name in SORT else ""
        live.execute(
            f"INSERT INTO {table.name} BY NAME"
            f" SELECT * EXCLUDE (is_new) FROM changed_{table.name} WHERE is_new {order}"
        )
    return total + gone


def column_names(live: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    """A table's columns in order."""
    return [row[0] for row in live.execute(f"DESCRIBE {table}").fetchall()]


def one(live: duckdb.DuckDBPyConnection, sql: str, parameters: object = None) -> int:
    """The single number a query returns; 0 for none."""
    row = live.execute(sql, parameters).fetchone()
    return int(row[0]) if row and row[0] is not None else 0
