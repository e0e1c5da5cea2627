"""A session: another writer's transaction on the live file (privacy settings, segments, connections).

The session reads each statement to know which tables it writes, so that the business file, the rollups and
the copy of the suppressions follow without the writer having to think of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import duckdb

from queries.warehouse.business import PERSON_COLUMNS

ORDER_TABLES = frozenset({"orders", "order_lines", "refunds", "shops"})


class Session:
    """`execute` and `executemany` inside one transaction; results are plain lists, never open cursors."""

    def __init__(self, live: duckdb.DuckDBPyConnection) -> None:
        self._live = live
        self.written: set[str] = set()
        """Tables written so far, as `orders` or `privacy.suppressions`."""

    def execute(
        self, sql: str, parameters: Sequence[Any] | dict[str, Any] | None = None
    ) -> list[tuple[Any, ...]]:
        """Runs one statement and returns its rows; for a write, DuckDB's one row with the count."""
        self.written |= set(written_by(sql))
        cursor = self._live.execute(sql, parameters)
        return cursor.fetchall() if cursor.description else []

    def named(
        self, sql: str, parameters: Sequence[Any] | dict[str, Any] | None = None
    ) -> list[dict[str, Any]]:
        """As `execute`, each row a mapping of column name to value."""
        self.written |= set(written_by(sql))
        cursor = self._live.execute(sql, parameters)
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Runs one statement for each row of parameters."""
        rows = list(rows)
        if rows:
            self.written |= set(written_by(sql))
            self._live.executemany(sql, rows)

    def lend(self, name: str, table: Any) -> None:
        """Makes an Arrow table readable under a name, for bulk inserts."""
        self._live.register(name, table)

    @property
    def business_tables(self) -> set[str]:
        """Tables of `main` that were written in a column the business lane holds."""
        return {name for name in self.written if "." not in name}

    @property
    def moves_numbers(self) -> bool:
        """Whether stored numbers may have changed, so that the rollups must be counted anew."""
        return bool(self.written & ORDER_TABLES)

    @property
    def moves_buyers(self) -> bool:
        """Whether orders may have gained or lost their buyer, so that buyers must be counted anew."""
        return bool(self.written & {"orders", "person.orders"})


def written_by(sql: str) -> list[str]:
    """The tables a statement writes; an UPDATE that sets person columns only leaves the business lane alone,
    and a temporary table is nobody else's business.

    >>> written_by("UPDATE orders SET customer_key = NULL WHERE platform = ?")
    ['person.orders']
    """
    import sqlglot  # a sync, which writes in no session, does without it
    from sqlglot import exp

    tree = sqlglot.parse_one(sql, read="duckdb")
    if not isinstance(
        tree, (exp.Insert, exp.Update, exp.Delete, exp.Merge, exp.Create, exp.Drop, exp.TruncateTable)
    ):
        return []
    if isinstance(tree, exp.Create) and tree.find(exp.TemporaryProperty):
        return []
    target = tree.this if isinstance(tree.this, exp.Table) else tree.find(exp.Table)
    if target is None:
        return []
    name = f"{target.db}.{target.name}" if target.db and target.db != "main" else target.name
    if isinstance(tree, exp.Update):
        columns = {part.this.name for part in tree.expressions}
        if columns <= set(PERSON_COLUMNS.get(name, ())):
            return [f"person.{name}"]
    return [name]
