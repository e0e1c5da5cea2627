"""Compare what was staged with what is stored, and write only the difference.

`new_<table>` holds whole rows, one a key; `stored_<table>` the stored rows that they could meet. `compare` fills
`changed_<table>` and `gone_<table>`; `write` applies them. Between the two a caller can still see what was there.
"""

from __future__ import annotations

import duckdb

from queries.warehouse.tables import ORDER_LINES, REFUNDS, Table


def keep_stored(live: duckdb.DuckDBPyConnection, table: Table, where: str) -> int:
    """`stored_<table>`: the stored rows `t` that match, read once out of the big table; returns how many.

    Looked for by their keys first: of a batch that brings only new rows, which a first load does, nothing wide
    is read.
    """
    found = one(live, f"SELECT count(*) FROM {table.name} t {where}")
    live.execute(f"""
        CREATE OR REPLACE TEMP TABLE stored_{table.name} AS
        SELECT t.* FROM {table.name} t {where if found else "LIMIT 0"}""")
    return found


def compare(live: duckdb.DuckDBPyConnection, table: Table, scope: str = "") -> None:
    """Finds the staged rows that are new or differ, and the stored rows of `scope` that did not come.

    `scope` is SQL over the stored row `t`: the part of the table for which the batch is complete.
    """
    if not one(live, f"SELECT EXISTS (FROM stored_{table.name})"):
        live.execute(f"CREATE TEMP VIEW changed_{table.name} AS SELECT *, true AS is_new FROM new_{table.name}")
        live.execute(f"CREATE TEMP VIEW gone_{table.name} AS SELECT * FROM {table.name} LIMIT 0")
        return
    differs = " OR ".join(f"n.{name} IS DISTINCT FROM t.{name}" for name in _compared(live, table))
    live.execute(f"""
        CREATE TEMP TABLE changed_{table.name} AS
        SELECT n.*, t.shop_id IS NULL AS is_new
        FROM new_{table.name} n
        LEFT JOIN stored_{table.name} t ON {table.same_key("n", "t")}
        WHERE t.shop_id IS NULL OR {differs}""")
    keys = dict.fromkeys(("platform", "shop_id", *table.key, *(("order_id",) if table is REFUNDS else ())))
    live.execute(f"""
        CREATE TEMP TABLE gone_{table.name} AS
        SELECT {", ".join(f"t.{key}" for key in keys)}
        FROM stored_{table.name} t
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
        live.execute(f"""
            UPDATE {table.name} AS t
            SET {", ".join(f"{name} = c.{name}" for name in _differing(live, table))}
            FROM changed_{table.name} c
            WHERE NOT c.is_new AND {table.same_key("t", "c")}""")
    if fresh:
        live.execute(
            f"INSERT INTO {table.name} BY NAME SELECT * EXCLUDE (is_new) FROM changed_{table.name} WHERE is_new"
        )
    return total + gone


def _compared(live: duckdb.DuckDBPyConnection, table: Table) -> list[str]:
    """`unit_cost` of a line is ours (it may come from the cost list) and is not compared."""
    return [name for name in column_names(live, table.name) if name != "unit_cost" or table is not ORDER_LINES]


def _differing(live: duckdb.DuckDBPyConnection, table: Table) -> list[str]:
    """The columns in which any changed row differs: the commit writes every touched column of a row group anew,
    so that setting all of them for a new status would cost ten times as much."""
    names = _compared(live, table)
    found = live.execute(f"""
        SELECT {", ".join(f"bool_or(c.{name} IS DISTINCT FROM t.{name})" for name in names)}
        FROM changed_{table.name} c
        JOIN stored_{table.name} t ON {table.same_key("c", "t")}
        WHERE NOT c.is_new""").fetchone()
    assert found is not None
    differing = [name for name, differs in zip(names, found, strict=True) if differs]
    return [*differing, "unit_cost"] if "native_unit_cost" in differing else differing


def column_names(live: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    """A table's columns in order."""
    return [row[0] for row in live.execute(f"DESCRIBE {table}").fetchall()]


def one(live: duckdb.DuckDBPyConnection, sql: str, parameters: object = None) -> int:
    """The single number a query returns; 0 for none."""
    row = live.execute(sql, parameters).fetchone()
    return int(row[0]) if row and row[0] is not None else 0
