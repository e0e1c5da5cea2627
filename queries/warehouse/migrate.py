"""Ordered migrations of the live file, then the canonical views.

A migration is a file `migrations/NNNN_name.sql`; it runs once, in one transaction with its row in
`internal.migrations`, and never changes after it was released. Views are written anew whenever they change.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from functools import cache
from pathlib import Path

import duckdb

from queries.warehouse.errors import NewerSchema

HERE = Path(__file__).parent
BEGINNING = """
CREATE SCHEMA IF NOT EXISTS internal;
CREATE TABLE IF NOT EXISTS internal.migrations(version INTEGER, name VARCHAR, applied_at TIMESTAMP);
CREATE TABLE IF NOT EXISTS internal.meta(key VARCHAR, value VARCHAR);
"""


@cache
def migrations() -> tuple[tuple[int, str, str], ...]:
    """(version, name, SQL), in order."""
    found = [
        (int(path.name[:4]), path.stem[5:], path.read_text(encoding="utf-8"))
        for path in sorted((HERE / "migrations").glob("[0-9]*.sql"))
    ]
    assert [version for version, _, _ in found] == list(range(1, len(found) + 1))
    return tuple(found)


@cache
def views(lane: str) -> str:
    """The SQL of the views; the business lane's are the same without the lines marked `person`."""
    lines = (HERE / "views.sql").read_text(encoding="utf-8").splitlines()
    return "\n".join(line for line in lines if lane == "person" or not line.rstrip().endswith("-- person"))


def ruled(view: str, table: str, source: str) -> str:
    """The SELECT of a canonical view over rows that are not stored yet: `source` stands for `table`."""
    _, _, rest = views("person").partition(f"CREATE OR REPLACE VIEW {view} AS\n")
    return rest.partition(";")[0].replace(f"FROM {table} ", f"FROM {source} ")


@cache
def schema_stamp() -> str:
    """Changes whenever a migration or a view does; both private files carry it."""
    text = "".join(sql for _, _, sql in migrations()) + views("person")
    return f"{len(migrations())}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def migrate(live: duckdb.DuckDBPyConnection, now: datetime) -> int:
    """Brings the live file to this version's schema; returns how many migrations ran."""
    live.execute(BEGINNING)
    row = live.execute("SELECT coalesce(max(version), 0) FROM internal.migrations").fetchone()
    version = row[0] if row else 0
    if version > len(migrations()):
        raise NewerSchema()
    for number, name, sql in migrations()[version:]:
        live.execute("BEGIN")
        live.execute(sql)
        live.execute(
            "INSERT INTO internal.migrations VALUES (?, ?, ?)", [number, name, now.replace(tzinfo=None)]
        )
        live.execute("COMMIT")
    if get(live, "schema") != schema_stamp():
        live.execute("BEGIN")
        live.execute(views("person"))
        put(live, "schema", schema_stamp())
        live.execute("COMMIT")
    live.execute("CHECKPOINT")
    return len(migrations()) - version


def get(connection: duckdb.DuckDBPyConnection, key: str, catalog: str = "") -> str | None:
    """A fact about a file, for example `sequence`."""
    prefix = f"{catalog}." if catalog else ""
    row = connection.execute(f"SELECT value FROM {prefix}internal.meta WHERE key = ?", [key]).fetchone()
    return row[0] if row else None


def put(connection: duckdb.DuckDBPyConnection, key: str, value: str, catalog: str = "") -> None:
    prefix = f"{catalog}." if catalog else ""
    connection.execute(f"DELETE FROM {prefix}internal.meta WHERE key = ?", [key])
    connection.execute(f"INSERT INTO {prefix}internal.meta VALUES (?, ?)", [key, value])


def sequence(connection: duckdb.DuckDBPyConnection, catalog: str = "") -> int:
    """How many writes the file has seen; the business file is in step when its number is the live file's."""
    return int(get(connection, "sequence", catalog) or 0)
