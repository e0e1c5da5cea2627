"""What the business file lacks: noted in the transaction of each merge, carried over in larger steps.

Following every batch of a first load would write the business file twenty times over, and cost as much as
the load itself. So a merge of orders only notes (in `internal.behind`) which orders and days moved; the next
publication, other write, or merge that finds more than `MOST` orders noted, carries them all at once.

The first note keeps the number the business file had then (`behind_since`). If it does not have it any more
(a process was killed on the way, a file was replaced), the notes are worth nothing and it is built anew.
"""

from __future__ import annotations

from collections.abc import Iterable

import duckdb

from queries.warehouse import business, migrate
from queries.warehouse.business import Step
from queries.warehouse.rollups import ROLLUPS
from queries.warehouse.settle import one

MOST = 50_000
"""Orders noted before a merge carries them itself: bounds the memory of one carry."""
SINCE = "behind_since"
ORDER_KEY = ("platform", "shop_id", "order_id")


def note(live: duckdb.DuckDBPyConnection, *, lines_moved: bool) -> None:
    """Notes the merge's `touched_orders` and `touched_days`."""
    _begin(live)
    live.execute(
        "INSERT INTO internal.behind SELECT 'order', platform, shop_id, order_id, NULL, ? FROM touched_orders",
        [lines_moved],
    )
    live.execute("INSERT INTO internal.behind SELECT 'day', platform, shop_id, NULL, day, NULL FROM touched_days")


def note_table(live: duckdb.DuckDBPyConnection, table: str) -> None:
    """Notes a small table that is carried as a whole."""
    _begin(live)
    live.execute("INSERT INTO internal.behind VALUES ('table', NULL, NULL, ?, NULL, NULL)", [table])


def is_long(live: duckdb.DuckDBPyConnection) -> bool:
    """Whether enough was noted to carry it now."""
    return one(live, "SELECT count(*) FROM internal.behind") > MOST


def carry(live: duckdb.DuckDBPyConnection, steps: Iterable[Step] = ()) -> None:
    """Carries what was noted, and the steps of the write that was just committed."""
    since = migrate.get(live, SINCE)
    if since is None:
        business.carry(live, steps, migrate.sequence(live) - 1)
        return
    business.carry(live, [*_noted(live), *steps], int(since))
    business.forget_notes(live)


def settle(live: duckdb.DuckDBPyConnection) -> None:
    """Brings the attached business file in step, whatever it takes."""
    if business.in_step(live):
        return
    if migrate.get(live, SINCE) is not None:
        carry(live)
    else:
        business.rebuild(live)


def _begin(live: duckdb.DuckDBPyConnection) -> None:
    if migrate.get(live, SINCE) is None:
        migrate.put(live, SINCE, str(migrate.sequence(live)))


def _noted(live: duckdb.DuckDBPyConnection) -> list[Step]:
    live.execute("""
        CREATE OR REPLACE TEMP TABLE behind_orders AS
        SELECT platform, shop_id, order_id, bool_or(lines) AS lines
        FROM internal.behind
        WHERE what = 'order'
        GROUP BY platform, shop_id, order_id""")
    live.execute("""
        CREATE OR REPLACE TEMP TABLE behind_days AS
        SELECT DISTINCT platform, shop_id, day FROM internal.behind WHERE what = 'day'""")
    tables = live.execute("SELECT DISTINCT order_id FROM internal.behind WHERE what = 'table' ORDER BY 1").fetchall()
    return [
        *(Step(table) for (table,) in tables),
        Step("orders", "behind_orders", ORDER_KEY),
        Step("refunds", "behind_orders", ORDER_KEY),
        Step("order_lines", "(SELECT platform, shop_id, order_id FROM behind_orders WHERE lines)", ORDER_KEY),
        *(
            Step(
                rollup.table,
                f"(SELECT platform, shop_id, day AS {rollup.day} FROM behind_days)",
                ("platform", "shop_id", rollup.day),
            )
            for rollup in ROLLUPS
        ),
    ]
