"""Reading the warehouse: one small protocol for what a session and a published snapshot both offer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import duckdb

from queries.run.connection import reading

if TYPE_CHECKING:
    from queries.warehouse import Warehouse


class Reader(Protocol):
    """What runs one statement: `queries.warehouse.Session`, or a `Snapshot`."""

    def execute(self, sql: str, parameters: Any = None) -> list[tuple[Any, ...]]: ...

    def named(self, sql: str, parameters: Any = None) -> list[dict[str, Any]]: ...


class Snapshot:
    """A read-only DuckDB connection as a `Reader`; instants come as naive UTC."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def execute(self, sql: str, parameters: Any = None) -> list[tuple[Any, ...]]:
        return self._connection.execute(sql, parameters).fetchall()

    def named(self, sql: str, parameters: Any = None) -> list[dict[str, Any]]:
        """Each row as a mapping of column name to value."""
        cursor = self._connection.execute(sql, parameters)
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


@contextmanager
def snapshot_reader(warehouse: Warehouse | Path) -> Iterator[Snapshot]:
    """Opens the current person-lane snapshot (or the snapshot at a path) read-only and locked down."""
    path = warehouse if isinstance(warehouse, Path) else warehouse.snapshot("person")
    with reading(path) as cursor:
        yield Snapshot(cursor)
