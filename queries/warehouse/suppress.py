"""Suppressions outlive the database: a copy beside it, put back when a backup is restored.

A suppressed key is never written again (staging consults `privacy.suppressions`). A backup from before an
erasure does not know of it, so each write of the register is also written to `suppressions.jsonl`, and a
restore puts both together and takes the keys out of what it restored.
"""

from __future__ import annotations

import json
import os
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from queries.warehouse.live import fsync

if TYPE_CHECKING:
    from queries.warehouse.warehouse import Warehouse

PERSON_ROWS = ("customers", "customer_segments", "rollup_buyers")
"""Tables of `main` whose rows are about one key and go with it."""


def how_many(warehouse: Warehouse) -> int:
    """How many keys are suppressed."""
    [(found,)] = warehouse.look("SELECT count(DISTINCT (platform, subject_key)) FROM privacy.suppressions")
    return int(found)


def copy_out(live: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Adds what the register holds to the copy, before the commit: it may know more, never less."""
    known = _read(path)
    for platform, key, scope, reason, since in live.execute(
        "SELECT platform, subject_key, scope, reason, since FROM privacy.suppressions"
    ).fetchall():
        known[platform, key, scope] = [reason, since.isoformat() if since else None]
    fresh = path.with_suffix(".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        for name, rest in sorted(known.items()):
            file.write(json.dumps([*name, *rest], ensure_ascii=False) + "\n")
        file.flush()
        os.fsync(file.fileno())
    os.replace(fresh, path)
    fsync(path.parent)


def put_back(live: duckdb.DuckDBPyConnection, path: Path) -> int:
    """Replays the copy into a restored database and takes the keys out of it; returns how many."""
    for (platform, key, scope), (reason, since) in _read(path).items():
        live.execute(
            "INSERT OR IGNORE INTO privacy.suppressions VALUES (?, ?, ?, ?, ?)",
            [platform, key, scope, reason, datetime.fromisoformat(since) if since else None],
        )
    return erase_keys(live)


def erase_keys(live: duckdb.DuckDBPyConnection) -> int:
    """Takes every suppressed key out of orders, customers, segments and consents; money stays."""
    keys = "SELECT (platform, subject_key) FROM privacy.suppressions"
    live.execute(
        f"UPDATE orders SET customer_key = NULL WHERE (CAST(platform AS VARCHAR), customer_key) IN ({keys})"
    )
    for table in PERSON_ROWS:
        live.execute(f"DELETE FROM {table} WHERE (CAST(platform AS VARCHAR), customer_key) IN ({keys})")
    live.execute(f"DELETE FROM privacy.consents WHERE (platform, subject_key) IN ({keys})")
    row = live.execute("SELECT count(DISTINCT (platform, subject_key)) FROM privacy.suppressions").fetchone()
    return int(row[0]) if row else 0


def _read(path: Path) -> dict[tuple[str, str, str], list[str | None]]:
    if not path.exists():
        return {}
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]
    return {(platform, key, scope): rest for platform, key, scope, *rest in lines}
