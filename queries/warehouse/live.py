"""The two private files and the lock around them: where they lie, how they are opened.

Only here is a private file opened, and only under our own lock, so a process never meets another one's
DuckDB lock. Never open, copy or hash a private file in any other way while this process has it open in
DuckDB: closing that descriptor would drop DuckDB's POSIX lock.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from queries.warehouse.errors import Busy, NotPrepared

LOCK_SECONDS = 60.0
OPEN_SECONDS = 10.0
"""DuckDB's own lock can outlive a killed process for a moment: the open is tried again that long."""

CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "threads": 1,  # a merge is a hundred small statements: a second thread costs twice the CPU and gains nothing
    "memory_limit": "2GB",
    "write_buffer_row_group_count": 1,  # a big table is written piece by piece: five at once take five times the memory
    "checkpoint_threshold": "0KB",  # a commit goes straight into the file: closing would write it a second time
    "asof_loop_join_threshold": 0,  # else the first load compares every order with every quote
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "allow_persistent_secrets": "false",
    "python_enable_replacements": "false",
}


@dataclass(frozen=True)
class Rooms:
    """The paths of a warehouse below the home."""

    home: Path

    @property
    def root(self) -> Path:
        return self.home / "warehouse"

    @property
    def live(self) -> Path:
        return self.root / "live.duckdb"

    @property
    def business(self) -> Path:
        return self.root / "business.duckdb"

    @property
    def lock(self) -> Path:
        return self.root / "warehouse.lock"

    @property
    def snapshots(self) -> Path:
        return self.root / "snapshots"

    @property
    def current(self) -> Path:
        return self.root / "current"

    @property
    def prepared(self) -> Path:
        """Says which schema and seeds the files have, so that a reader need not open them to know."""
        return self.root / "prepared"

    @property
    def suppressions(self) -> Path:
        """Copy of `privacy.suppressions` outside the database: a restored backup must not forget them."""
        return self.root / "suppressions.jsonl"

    @property
    def backups(self) -> Path:
        return self.home / "backups"

    @property
    def scratch(self) -> Path:
        return self.root / "scratch"


@contextmanager
def locked(rooms: Rooms, seconds: float = LOCK_SECONDS) -> Iterator[None]:
    """Holds the warehouse's lock; raises Busy when another process or thread keeps it for a minute."""
    if not rooms.root.exists():
        raise NotPrepared()
    descriptor = os.open(rooms.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        deadline = time.monotonic() + seconds
        pause = 0.002
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise Busy() from None
                time.sleep(pause)
                pause = min(pause * 1.5, 0.05)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def opened(
    path: Path, scratch: Path, *, attach: dict[str, Path] | None = None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A read-write connection to a private file, with further files attached; the caller holds the lock."""
    connection = _connect(path, scratch)
    try:
        for name, other in (attach or {}).items():
            attach_file(connection, name, other)
        yield connection
    finally:
        connection.close()


def attach_file(connection: duckdb.DuckDBPyConnection, name: str, path: Path) -> None:
    """Opens a further private file beside the connection's own."""
    connection.execute(f"ATTACH {literal(str(path))} AS {name}")


def _connect(path: Path, scratch: Path) -> duckdb.DuckDBPyConnection:
    deadline = time.monotonic() + OPEN_SECONDS
    pause = 0.005
    while True:
        try:
            connection = duckdb.connect(str(path), config={**CONFIG, "temp_directory": str(scratch)})
            break
        except duckdb.IOException as failure:
            if "lock" not in str(failure) or time.monotonic() > deadline:
                raise
            time.sleep(pause)
            pause = min(pause * 2, 0.05)
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET enable_progress_bar = false")
    return connection


def literal(text: str) -> str:
    """A SQL string literal, for the few statements that take no parameter."""
    return "'" + text.replace("'", "''") + "'"


def fsync(path: Path) -> None:
    """Makes a file's or folder's content durable."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
