"""Physical erasure: DuckDB keeps the bytes of deleted values, a copy into a new file leaves them behind.

The new file takes the old one's place only after every table was found equal; the old file and every older
snapshot are then gone, so an erased key is on this disk no more (backups have their own expiry).
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from datetime import datetime

import duckdb

from queries.warehouse import business, migrate, publish
from queries.warehouse.errors import RebuildMismatch
from queries.warehouse.live import Rooms, fsync, locked, opened


def rebuild(rooms: Rooms, now: datetime, requests: Sequence[str] = ()) -> None:
    """Rebuilds both private files, publishes, and drops all older snapshots.

    `requests` are erasure requests that this completes: their `physical_erasure_at` becomes `now`.
    """
    with locked(rooms):
        fresh = rooms.root / "rebuilt.duckdb"
        _forget(fresh)
        with opened(rooms.live, rooms.scratch, attach={"fresh": fresh}) as live:
            for request in requests:
                live.execute(
                    "UPDATE privacy.subject_requests SET physical_erasure_at = ? WHERE request_id = ?",
                    [now.replace(tzinfo=None), request],
                )
            copy_whole(live, "fresh")
        swap_in(rooms, fresh)


def copy_whole(live: duckdb.DuckDBPyConnection, target: str) -> None:
    """Copies the open database into an attached empty one, compares every table, moves the number on."""
    source = live.execute("SELECT current_database()").fetchall()[0][0]
    number = migrate.sequence(live) + 1
    live.execute(f"COPY FROM DATABASE {source} TO {target}")
    tables = live.execute(
        "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = ? ORDER BY ALL", [source]
    ).fetchall()
    for schema, table in tables:
        if _fingerprint(live, f"{source}.{schema}.{table}") != _fingerprint(
            live, f"{target}.{schema}.{table}"
        ):
            raise RebuildMismatch(table=f"{schema}.{table}")
    migrate.put(live, "sequence", str(number), target)
    live.execute(f"CHECKPOINT {target}")


def swap_in(rooms: Rooms, fresh: os.PathLike[str]) -> None:
    """Puts a finished file in the live file's place; nothing older than it stays. The caller holds the lock."""
    _forget(rooms.business)  # a process killed from here on leaves a business file to be built anew
    os.replace(fresh, rooms.live)
    rooms.live.chmod(0o600)
    rooms.live.with_name(rooms.live.name + ".wal").unlink(missing_ok=True)
    fsync(rooms.root)
    with opened(rooms.live, rooms.scratch, attach={"business": rooms.business}) as live:
        business.rebuild(live)
        number = migrate.sequence(live)
    rooms.business.chmod(0o600)
    publish.publish(rooms, number)
    publish.prune(rooms, 1)
    for left in rooms.scratch.iterdir():
        if left.is_file():
            left.unlink()
        elif left.name.startswith("spill-"):  # of a reader that was killed, or still reads what is now gone
            shutil.rmtree(left, ignore_errors=True)


def _fingerprint(live: duckdb.DuckDBPyConnection, table: str) -> tuple[object, ...]:
    """Rows and a sum over the hash of each, which does not depend on their order."""
    return live.execute(f"SELECT count(*), sum(CAST(hash(t) AS HUGEINT)) FROM {table} t").fetchall()[0]


def _forget(path: os.PathLike[str]) -> None:
    for name in (os.fspath(path), os.fspath(path) + ".wal"):
        if os.path.exists(name):
            os.unlink(name)
