"""The state store: what is written while answering, in one small SQLite file ($SOUK_HOME/state.sqlite).

It is apart from the warehouse so that an answer never waits for a sync. SQLite in WAL mode: any number of
processes may use it at once, each statement is its own transaction. Nothing here holds a buyer's data.

Rooms are plain names agreed by the callers, for example `thread`, `query`, `form`, `mark`, `budget`,
`preference`. Values are JSON.

>>> state = State(home); state.put("thread", "T1/C1/17.2", {"query": None}, expires_at=now + day)
>>> state.get("thread", "T1/C1/17.2", now=now)
{'query': None}
"""

from __future__ import annotations

import json
import sqlite3
import threading
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

SCHEMA = """
CREATE TABLE IF NOT EXISTS entries(room TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,
  written_at TEXT NOT NULL, expires_at TEXT, PRIMARY KEY (room, key)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS entries_by_expiry ON entries(expires_at) WHERE expires_at IS NOT NULL;
CREATE TABLE IF NOT EXISTS events(event_id TEXT PRIMARY KEY, seen_at TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS access(id INTEGER PRIMARY KEY AUTOINCREMENT, entry TEXT NOT NULL);
"""


@dataclass(frozen=True)
class Access:
    """One access decision, a row of `privacy.access_log`. The question is there as a hash only."""

    logged_at: datetime
    principal: str
    channel_id: str
    lane: str
    question_hash: str
    query_fingerprint: str
    tables: tuple[str, ...]
    rows_returned: int
    cells_suppressed: int
    decision: str
    rule: str


class State:
    """Key-value rooms with expiry, claimed event ids, and the buffer of the access log."""

    def __init__(self, home: Path) -> None:
        self.path = home / "state.sqlite"
        home.mkdir(parents=True, exist_ok=True)
        self._own = threading.local()
        with self._connection() as sql:
            sql.executescript(SCHEMA)
            sql.execute(
                "INSERT OR IGNORE INTO entries VALUES ('state', 'instance', ?, ?, NULL)",
                (json.dumps(uuid.uuid4().hex), ""),
            )
        self.path.chmod(0o600)

    # --- events

    def claim_event(self, event_id: str, *, now: datetime) -> bool:
        """True for the first caller with this id, in any process; False ever after (7 days kept)."""
        with self._connection() as sql:
            claimed = sql.execute("INSERT OR IGNORE INTO events VALUES (?, ?)", (event_id, _text(now)))
            return claimed.rowcount == 1

    # --- rooms

    def put(
        self, room: str, key: str, value: Any, *, now: datetime, expires_at: datetime | None = None
    ) -> None:
        """Writes a value over an earlier one."""
        with self._connection() as sql:
            sql.execute(
                "INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?, ?)",
                (room, key, json.dumps(value, ensure_ascii=False), _text(now), _text(expires_at)),
            )

    def get(self, room: str, key: str, *, now: datetime) -> Any:
        """The value, or None where there is none or it has expired."""
        with self._connection() as sql:
            row = sql.execute(
                "SELECT value FROM entries WHERE room = ? AND key = ?"
                " AND (expires_at IS NULL OR expires_at > ?)",
                (room, key, _text(now)),
            ).fetchone()
        return json.loads(row[0]) if row else None

    def drop(self, room: str, key: str | None = None) -> int:
        """Forgets one value, or the whole room; returns how many."""
        with self._connection() as sql:
            if key is None:
                return sql.execute("DELETE FROM entries WHERE room = ?", (room,)).rowcount
            return sql.execute("DELETE FROM entries WHERE room = ? AND key = ?", (room, key)).rowcount

    def items(self, room: str, *, now: datetime) -> dict[str, Any]:
        """All live values of a room, oldest first."""
        with self._connection() as sql:
            rows = sql.execute(
                "SELECT key, value FROM entries WHERE room = ?"
                " AND (expires_at IS NULL OR expires_at > ?) ORDER BY written_at, key",
                (room, _text(now)),
            ).fetchall()
        return {key: json.loads(value) for key, value in rows}

    def older_than(self, room: str, before: datetime, *, drop: bool = False) -> int:
        """How many values of a room were written before an instant; with `drop` they are forgotten."""
        about = (room, _text(before))
        with self._connection() as sql:
            if drop:
                return sql.execute("DELETE FROM entries WHERE room = ? AND written_at < ?", about).rowcount
            found = sql.execute(
                "SELECT count(*) FROM entries WHERE room = ? AND written_at < ?", about
            ).fetchone()
        return int(found[0])

    def count_up(
        self, room: str, key: str, by: int = 1, *, now: datetime, expires_at: datetime | None = None
    ) -> int:
        """Adds to a counter in one step (budgets); an expired counter starts again at `by`."""
        with self._connection() as sql:
            return int(
                sql.execute(
                    "INSERT INTO entries VALUES (:room, :key, :by, :now, :expires)"
                    " ON CONFLICT (room, key) DO UPDATE SET"
                    " value = CASE WHEN expires_at <= :now THEN excluded.value"
                    "              ELSE CAST(value AS INTEGER) + excluded.value END,"
                    " expires_at = CASE WHEN expires_at <= :now THEN excluded.expires_at ELSE expires_at END,"
                    " written_at = :now RETURNING value",
                    {"room": room, "key": key, "by": by, "now": _text(now), "expires": _text(expires_at)},
                ).fetchone()[0]
            )

    def claim(self, room: str, key: str, value: Any, *, now: datetime, expires_at: datetime) -> bool:
        """Takes a key nobody holds (a job's turn across processes); False while another's has not expired."""
        with self._connection() as sql:
            return (
                sql.execute(
                    "INSERT INTO entries VALUES (:room, :key, :value, :now, :expires)"
                    " ON CONFLICT (room, key) DO UPDATE"
                    " SET value = excluded.value, written_at = excluded.written_at,"
                    " expires_at = excluded.expires_at WHERE entries.expires_at <= :now",
                    {
                        "room": room,
                        "key": key,
                        "value": json.dumps(value, ensure_ascii=False),
                        "now": _text(now),
                        "expires": _text(expires_at),
                    },
                ).rowcount
                == 1
            )

    def tidy(self, *, now: datetime, events_before: datetime) -> None:
        """Drops what has expired, and event ids too old to come again."""
        with self._connection() as sql:
            sql.execute("DELETE FROM entries WHERE expires_at <= ?", (_text(now),))
            sql.execute("DELETE FROM events WHERE seen_at < ?", (_text(events_before),))

    # --- access log

    @property
    def instance(self) -> str:
        """Names this file: the mark up to which the access log was merged holds for one file only."""
        with self._connection() as sql:
            return str(
                json.loads(sql.execute("SELECT value FROM entries WHERE room = 'state'").fetchone()[0])
            )

    def log_access(self, access: Access) -> None:
        """Buffers a decision until the warehouse takes it."""
        entry: Mapping[str, Any] = {**access.__dict__, "logged_at": _text(access.logged_at)}
        with self._connection() as sql:
            sql.execute("INSERT INTO access(entry) VALUES (?)", (json.dumps(entry, ensure_ascii=False),))

    def accesses_after(self, mark: int) -> list[tuple[int, Access]]:
        """Buffered decisions with their ids, oldest first."""
        with self._connection() as sql:
            rows = sql.execute("SELECT id, entry FROM access WHERE id > ? ORDER BY id", (mark,)).fetchall()
        return [(number, _access(json.loads(entry))) for number, entry in rows]

    def forget_accesses(self, through: int) -> None:
        """Empties the buffer up to a mark that is committed in the warehouse."""
        with self._connection() as sql:
            sql.execute("DELETE FROM access WHERE id <= ?", (through,))

    # --- the file

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        """This thread's connection, in a transaction that commits at the end."""
        sql: sqlite3.Connection | None = getattr(self._own, "sql", None)
        if sql is None:
            sql = sqlite3.connect(self.path, timeout=30, isolation_level=None)
            sql.execute("PRAGMA journal_mode = WAL")
            sql.execute("PRAGMA synchronous = NORMAL")
            self._own.sql = sql
        with sql:
            yield sql

    def close(self) -> None:
        """Closes this thread's connection."""
        sql = getattr(self._own, "sql", None)
        if sql is not None:
            sql.close()
            self._own.sql = None


def _text(moment: datetime | None) -> str | None:
    """Instants as UTC text of one width, so that text order is time order."""
    return None if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _access(entry: dict[str, Any]) -> Access:
    logged_at = datetime.strptime(entry.pop("logged_at"), "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    tables: Iterable[str] = entry.pop("tables")
    return Access(logged_at=logged_at, tables=tuple(tables), **entry)
