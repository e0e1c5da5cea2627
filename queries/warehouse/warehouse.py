"""The warehouse's one door.

Every write is one short transaction: take the lock, open the live file, write, note what the business file
lacks, commit, close. Nothing is fetched from a platform and nobody is answered while the lock is held.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

import duckdb

from queries.warehouse import behind, buyers, migrate, publish, rollups, seed, suppress
from queries.warehouse.batch import Batch, Check, Merged, SyncRun
from queries.warehouse.errors import NotPrepared
from queries.warehouse.history import extend_history
from queries.warehouse.live import Rooms, locked, opened
from queries.warehouse.session import Session
from queries.warehouse.state import Access, State

Lane = Literal["business", "person"]


class Warehouse:
    """All writing and publishing of one home.

    >>> warehouse = Warehouse(home, clock=clock)
    >>> warehouse.prepare()
    >>> warehouse.merge(Batch("shop-1", "taobao", "T1", "orders", rows)).rows_written
    250
    >>> warehouse.publish()
    >>> duckdb.connect(str(warehouse.snapshot("business")), read_only=True)
    """

    def __init__(
        self,
        home: Path,
        *,
        clock: Callable[[], datetime],
        base_currency: str = "CNY",
        timezone: str = "Asia/Shanghai",
    ) -> None:
        self.rooms = Rooms(home)
        self.clock = clock
        self.base_currency = base_currency
        self.timezone = timezone

    # --- setting up and publishing

    def prepare(self) -> None:
        """Makes the files, brings them to this version, publishes a snapshot. Cheap when all is there."""
        if self._is_prepared():
            return
        for folder in (self.rooms.root, self.rooms.snapshots, self.rooms.scratch):
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(0o700)
        with locked(self.rooms):
            fresh = not self.rooms.live.exists()
            with self._open() as live:
                migrate.migrate(live, self.clock())
                live.execute("BEGIN")
                recounted = rollups.recount_if_asked(live)
                if seed.plant(live, self.base_currency) or fresh or recounted:
                    number = max(migrate.sequence(live), publish.published(self.rooms) or 0) + 1
                    migrate.put(live, "sequence", str(number))
                    migrate.put(live, behind.SINCE, behind.ALL)
                live.execute("COMMIT")
                behind.settle(live)
                number = migrate.sequence(live)
            for path in (self.rooms.live, self.rooms.business):
                path.chmod(0o600)
            if publish.published(self.rooms) != number:
                publish.publish(self.rooms, number)
            self.rooms.prepared.write_text(self._stamp(), encoding="ascii")

    def publish(self) -> Path:
        """Publishes what is written, with the access log that has gathered; returns the snapshot's folder.

        Callers coalesce: after a run, or every few minutes, not after every batch.
        """
        with closing(State(self.rooms.home)) as state:
            self.take_access_log(state)
        with locked(self.rooms):
            with self._open() as live:
                behind.settle(live)
                number = migrate.sequence(live)
            if publish.published(self.rooms) == number:
                return self.rooms.current.resolve()
            return publish.publish(self.rooms, number)

    def snapshot(self, lane: Lane) -> Path:
        """The real path of the lane's published file; open it read-only."""
        try:
            return self.rooms.current.resolve(strict=True) / f"{lane}.duckdb"
        except OSError as failure:
            raise NotPrepared() from failure

    def snapshot_id(self) -> str:
        """Names the published state: two answers with the same id were counted on the same data."""
        return self.snapshot("person").parent.name

    # --- writing

    def merge(self, batch: Batch) -> Merged:
        """Merges a batch and moves its checkpoint, together or not at all. Does not publish."""
        from queries.warehouse.merge import merge  # and Arrow with it, which a question does not need

        with self._transaction() as live:
            outcome = merge(live, batch, base=self.base_currency, zone=self.timezone, now=self.clock())
            number = _next(live) if outcome.moved else migrate.sequence(live)
        return Merged(sum(outcome.by_table.values()), outcome.by_table, number, outcome.without_rate)

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A transaction for other writers; an exception inside undoes it all."""
        with self._transaction() as live:
            session = Session(live)
            yield session
            tables = session.business_tables
            if session.moves_numbers:
                rollups.refresh_all(live)
                tables |= {rollup.table for rollup in rollups.ROLLUPS}
            if session.moves_buyers:
                buyers.recount(live)
            if "privacy.suppressions" in session.written:
                suppress.copy_out(live, self.rooms.suppressions)
            if session.written:
                _next(live)
                behind.note_tables(live, tables)

    def record_run(self, run: SyncRun, checks: Sequence[Check] = ()) -> None:
        """Notes a sync run over an earlier note of it, and what was odd in it; a successful order run extends its
        shop's history."""
        with self._transaction() as live:
            live.execute("DELETE FROM sync_runs WHERE run_id = ?", [run.run_id])
            live.execute(
                "INSERT INTO sync_runs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    run.run_id,
                    run.connection,
                    run.stream,
                    _utc(run.started_at),
                    _utc(run.ended_at),
                    run.status,
                    _utc(run.window_start),
                    _utc(run.window_end),
                    run.rows_read,
                    run.rows_written,
                    run.requests,
                    run.retries,
                    run.error,
                ],
            )
            _next(live)
            behind.note_run(live, run.run_id)
            if run.status == "succeeded":
                live.execute(
                    "UPDATE connections SET last_success_at = ? WHERE connection = ?",
                    [_utc(run.ended_at), run.connection],
                )
                behind.note_tables(live, {"connections", *(["shops"] if extend_history(live, run) else [])})
            self._note(live, run.connection, checks)

    def note_quality(self, connection: str, *checks: Check) -> None:
        """Notes the results of checks in `data_quality`."""
        if not checks:
            return
        with self._transaction() as live:
            _next(live)
            self._note(live, connection, checks)

    def take_access_log(self, state: State) -> int:
        """Moves the buffered decisions into `privacy.access_log`, each exactly once; returns how many."""
        if not state.accesses_after(0):
            return 0
        mark = f"access_log:{state.instance}"
        with self._transaction() as live:
            entries = state.accesses_after(int(migrate.get(live, mark) or 0))
            if entries:
                live.executemany(
                    "INSERT INTO privacy.access_log VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    [_access_row(access) for _, access in entries],
                )
                migrate.put(live, mark, str(entries[-1][0]))
                _next(live)
            taken = int(migrate.get(live, mark) or 0)
        state.forget_accesses(taken)
        return len(entries)

    # --- reading what is not published yet

    def checkpoint(self, connection: str, stream: str) -> dict[str, Any] | None:
        """Where a stream goes on, as of the last committed batch."""
        rows = self.look(
            "SELECT checkpoint FROM internal.sync_state WHERE connection = ? AND stream = ?",
            [connection, stream],
        )
        return json.loads(rows[0][0]) if rows else None

    def look(self, sql: str, parameters: Sequence[Any] | None = None) -> list[tuple[Any, ...]]:
        """Reads the live file: for settings and checkpoints, where the last snapshot may be too old."""
        if not self.rooms.live.exists():
            raise NotPrepared()
        with locked(self.rooms), opened(self.rooms.live, self.rooms.scratch) as live:
            return live.execute(sql, parameters).fetchall()

    # --- opening

    @contextmanager
    def _open(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """With the business file beside it."""
        if not self.rooms.root.exists():
            raise NotPrepared()
        with opened(self.rooms.live, self.rooms.scratch, attach={"business": self.rooms.business}) as live:
            yield live

    @contextmanager
    def _transaction(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with locked(self.rooms), opened(self.rooms.live, self.rooms.scratch) as live:
            live.execute("BEGIN")
            try:
                yield live
            except BaseException:
                live.execute("ROLLBACK")
                raise
            live.execute("COMMIT")

    def _note(self, live: duckdb.DuckDBPyConnection, connection: str, checks: Sequence[Check]) -> None:
        for check in checks:
            live.execute(
                "INSERT INTO data_quality VALUES (?, ?, ?, ?, ?, ?, ?)",
                [_utc(self.clock()), connection, check.name, check.status, check.expected, check.found, check.detail],
            )
        if checks:
            behind.note_tables(live, {"data_quality"})

    def _stamp(self) -> str:
        return f"{migrate.schema_stamp()} {seed.stamp(self.base_currency)}"

    def _is_prepared(self) -> bool:
        try:
            return (
                self.rooms.prepared.read_text(encoding="ascii") == self._stamp()
                and self.rooms.live.exists()
                and self.rooms.current.exists()
            )
        except FileNotFoundError:
            return False


def _next(live: duckdb.DuckDBPyConnection) -> int:
    """Moves the number on: published is what it was before this write."""
    behind.begin(live)
    number = migrate.sequence(live) + 1
    migrate.put(live, "sequence", str(number))
    return number


def _utc(moment: datetime | None) -> datetime | None:
    """As the tables hold instants: UTC without a zone."""
    return None if moment is None else moment.astimezone(ZoneInfo("UTC")).replace(tzinfo=None)


def _access_row(access: Access) -> list[Any]:
    return [
        _utc(access.logged_at),
        access.principal,
        access.channel_id,
        access.lane,
        access.question_hash,
        access.query_fingerprint,
        list(access.tables),
        access.rows_returned,
        access.cells_suppressed,
        access.decision,
        access.rule,
    ]
