"""What the business file lacks: noted in the transaction of each write, carried over when it is published.

Following every write would write the business file over and over: of a first load it would cost as much as the load
itself. So a write only notes, in `internal.behind`, which rows moved:

    what = order   this order, its refunds and, where `lines`, its lines
           day     what the rollups say of this day; of products only where `sku` says so too
           sku     what the product rollup says of this SKU (in `order_id`) on this day
           rows    of the table named in `order_id`, the shop's rows (of this UTC day, where the table goes by days)
           run     the row of `sync_runs` with this id (in `order_id`)
           table   the whole table named in `order_id`

The first note keeps the number the business file had then (`behind_since`). If it does not have it any more (a process
was killed on the way, a file was replaced), or if too much was noted, the file is built anew instead.
"""

from __future__ import annotations

from collections.abc import Iterable

import duckdb

from queries.warehouse import business, migrate
from queries.warehouse.business import Step
from queries.warehouse.rollups import PRODUCTS, ROLLUPS, Rollup
from queries.warehouse.settle import one
from queries.warehouse.tables import PLAIN, Table

MANY, SHARE = 20_000, 4
"""From so many noted orders on, if they are a quarter of all, building anew is cheaper than to carry them."""
SINCE, ALL = "behind_since", "all"
ORDER = "t.platform = c.platform AND t.shop_id = c.shop_id AND t.order_id = c.order_id"
SHOP = "t.platform = c.platform AND t.shop_id = c.shop_id"


def begin(live: duckdb.DuckDBPyConnection) -> None:
    """Before the number moves on: where the notes lead on from."""
    if migrate.get(live, SINCE) is None:
        migrate.put(live, SINCE, str(migrate.sequence(live)))


def note_orders(live: duckdb.DuckDBPyConnection, *, lines_moved: bool) -> None:
    """Notes the merge's `touched_orders` and `touched_days`. A day has a thousand products, of which few move: they are
    noted by themselves."""
    if migrate.get(live, SINCE) == ALL:
        return
    live.execute(
        "INSERT INTO internal.behind SELECT 'order', platform, shop_id, order_id, NULL, ? FROM touched_orders",
        [lines_moved],
    )
    live.execute("INSERT INTO internal.behind SELECT 'day', platform, shop_id, NULL, day, NULL FROM touched_days")
    live.execute(
        "INSERT INTO internal.behind SELECT DISTINCT 'sku', platform, shop_id, sku_id, sale_date, NULL"
        f" FROM delta_{PRODUCTS.table}"
    )
    noted = one(live, "SELECT count(*) FROM internal.behind WHERE what = 'order'")
    if noted > MANY and noted * SHARE > one(live, "SELECT count(*) FROM orders"):
        live.execute("DELETE FROM internal.behind")
        migrate.put(live, SINCE, ALL)


def note_rows(live: duckdb.DuckDBPyConnection, table: Table) -> None:
    """Notes where `changed_<table>` and `gone_<table>` are: the days of a table that has them in its key."""
    day = f"CAST({table.day} AS DATE)" if _by_day(table) else "NULL"
    for found in ("changed", "gone"):
        live.execute(
            f"INSERT INTO internal.behind SELECT DISTINCT 'rows', platform, shop_id, '{table.name}', {day}, NULL"
            f" FROM {found}_{table.name}"
        )


def note_run(live: duckdb.DuckDBPyConnection, run_id: str) -> None:
    live.execute("INSERT INTO internal.behind VALUES ('run', NULL, NULL, ?, NULL, NULL)", [run_id])


def note_tables(live: duckdb.DuckDBPyConnection, tables: Iterable[str]) -> None:
    """Notes small tables that are carried as a whole."""
    for table in sorted(tables):
        live.execute("INSERT INTO internal.behind VALUES ('table', NULL, NULL, ?, NULL, NULL)", [table])


def settle(live: duckdb.DuckDBPyConnection) -> None:
    """Brings the attached business file in step, whatever it takes."""
    if business.in_step(live):
        return
    if migrate.get(live, SINCE) == business.number(live):
        business.carry(live, _noted(live))
    else:
        business.rebuild(live)


def _by_day(table: Table) -> bool:
    return table.day in table.key


def _noted(live: duckdb.DuckDBPyConnection) -> list[Step]:
    live.execute("""
        CREATE OR REPLACE TEMP TABLE behind_orders AS
        SELECT platform, shop_id, order_id, bool_or(lines) AS lines
        FROM internal.behind
        WHERE what = 'order'
        GROUP BY platform, shop_id, order_id""")
    live.execute("""
        CREATE OR REPLACE TEMP TABLE behind_rows AS
        SELECT DISTINCT what, platform, shop_id, order_id AS name, day FROM internal.behind WHERE what <> 'order'""")
    noted = live.execute("SELECT DISTINCT what, name FROM behind_rows WHERE what IN ('rows', 'table')").fetchall()
    whole = {name for what, name in noted if what == "table"}
    steps = [Step(name) for name in sorted(whole)]
    for table in PLAIN:
        if ("rows", table.name) in noted and table.name not in whole:
            rows = f"(FROM behind_rows WHERE what = 'rows' AND name = '{table.name}')"
            same_day = f" AND CAST(t.{table.day} AS DATE) = c.day" if _by_day(table) else ""
            steps.append(Step(table.name, rows, SHOP + same_day))
    return [
        *steps,
        Step("sync_runs", "(FROM behind_rows WHERE what = 'run')", "t.run_id = c.name"),
        Step("orders", "behind_orders", ORDER),
        Step("refunds", "behind_orders", ORDER),
        Step("order_lines", "(FROM behind_orders WHERE lines)", ORDER),
        *map(_rollup, ROLLUPS),
    ]


def _rollup(rollup: Rollup) -> Step:
    what, same = "day", f"{SHOP} AND t.{rollup.day} IS NOT DISTINCT FROM c.day"
    if rollup is PRODUCTS:
        what, same = "sku", f"{same} AND t.sku_id IS NOT DISTINCT FROM c.name"
    return Step(rollup.table, f"(FROM behind_rows WHERE what = '{what}')", same)
