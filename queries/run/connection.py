"""Reading a published snapshot: one locked, read-only DuckDB instance per file, shared by every reader of the process.

In one process all connections to a file share one configuration, so every reader comes through here. A reader
is a cursor of that instance. A query runs under a wall-clock limit and is interrupted at its end.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from queries.trouble import Trouble

SETTINGS = {
    "max_temp_directory_size": "'4GB'",
    "TimeZone": "'UTC'",
    "autoload_known_extensions": "false",
    "autoinstall_known_extensions": "false",
    "allow_community_extensions": "false",
    "allow_persistent_secrets": "false",
    "python_enable_replacements": "false",
    "enable_external_access": "false",
}
"""Set after opening and before the lock: a reader elsewhere in the process that opens the file plainly, as DuckDB
demands of connections to one file, then shares the locked instance instead of failing."""
MOST_THREADS = 8
LEAST_MEMORY = 2 << 30
LIMIT_SECONDS = 30.0
KEEP_OPEN = 4
"""Two lanes of the current snapshot and of the one before it."""


class TooSlow(Trouble):
    en = "The question took longer than {seconds:.0f} seconds and was stopped."
    zh = "查询超过 {seconds:.0f} 秒, 已停止。"
    hint_en = "Ask for a shorter period or fewer groups."
    hint_zh = "请缩短时间范围或减少分组。"


@dataclass(frozen=True)
class Result:
    """Rows as DuckDB gives them: Decimal, int, date, text, None."""

    names: tuple[str, ...]
    rows: list[tuple[Any, ...]]


_open: dict[str, duckdb.DuckDBPyConnection] = {}
_lock = threading.Lock()


@contextmanager
def reading(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A cursor on the snapshot file."""
    cursor = _instance(path).cursor()
    try:
        yield cursor
    finally:
        cursor.close()


def _instance(path: Path) -> duckdb.DuckDBPyConnection:
    """The file's instance, opened and locked once; older ones are closed."""
    name = str(path)
    with _lock:
        if name in _open:
            return _open[name]
        connection = connect(path)
        _open[name] = connection
        while len(_open) > KEEP_OPEN:
            _open.pop(next(iter(_open)))  # closed when its last cursor is gone
        return connection


def connect(
    path: Path, *, threads: int | None = None, memory: int | None = None
) -> duckdb.DuckDBPyConnection:
    """A new instance: read-only, no access to anything outside the file, configuration locked.

    It may use every core up to eight, and a quarter of the machine's memory; what does not fit goes to the
    warehouse's scratch room, in a folder of this process (two instances would overwrite each other's spills).
    """
    connection = duckdb.connect(str(path), read_only=True)
    sizes = {"threads": str(threads or _cores()), "memory_limit": f"'{memory or _memory()} bytes'"}
    scratch = path.parents[2] / "scratch" if len(path.parents) > 2 else path.parent
    if scratch.is_dir():
        spills = scratch / f"spill-{os.getpid()}-{path.parent.name}-{path.stem}"
        sizes["temp_directory"] = "'" + str(spills).replace("'", "''") + "'"
    for name, value in (sizes | SETTINGS).items():
        connection.execute(f"SET GLOBAL {name} = {value}")
    connection.execute("SET lock_configuration = true")
    return connection


def _cores() -> int:
    """Cores that this process may use."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(allowed, MOST_THREADS)


def _memory() -> int:
    """A quarter of the machine's memory, in bytes."""
    try:
        return max(LEAST_MEMORY, os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 4)
    except (AttributeError, OSError, ValueError):
        return LEAST_MEMORY


def forget(path: Path | None = None) -> None:
    """Closes the instances of this process (tests, and before a file is destroyed)."""
    with _lock:
        for name in [str(path)] if path else list(_open):
            connection = _open.pop(name, None)
            if connection is not None:
                connection.close()


def run(path: Path, sql: str, *, seconds: float = LIMIT_SECONDS) -> Result:
    """Runs one statement under the limit."""
    with reading(path) as cursor:
        timer = threading.Timer(seconds, cursor.interrupt)
        timer.daemon = True
        timer.start()
        try:
            cursor.execute(sql)
            rows = cursor.fetchall()
        except duckdb.InterruptException:
            raise TooSlow(seconds=seconds) from None
        finally:
            timer.cancel()
        return Result(tuple(column[0] for column in cursor.description or ()), rows)
