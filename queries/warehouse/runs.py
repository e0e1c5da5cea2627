"""The run log as people read it: what the table `sync_runs` says of the last syncs, newest first."""

from __future__ import annotations

from datetime import UTC, datetime

from queries.warehouse.batch import SyncRun
from queries.warehouse.warehouse import Warehouse


def recent_runs(
    warehouse: Warehouse, *, connection: str = "", stream: str = "", failed: bool = False, limit: int = 20
) -> list[SyncRun]:
    """Runs, newest first; of one connection or stream, or only the failed ones. Instants are aware UTC.

    Reads the live file: a run under way shows as `running`, one that was killed stays so until the next.
    """
    rows = warehouse.look(
        """
        SELECT run_id, connection, stream, started_at, ended_at, status, window_start, window_end,
          rows_read, rows_written, requests, retries, error
        FROM sync_runs
        WHERE (? = '' OR connection = ?)
          AND (? = '' OR stream = ?)
          AND (NOT ? OR status = 'failed')
        ORDER BY started_at DESC, ended_at DESC NULLS FIRST, connection, stream
        LIMIT ?""",
        [connection, connection, stream, stream, failed, limit],
    )
    return [_run(*row) for row in rows]


def findings(warehouse: Warehouse, check: str, since: datetime) -> list[tuple[str, str]]:
    """What a check of `data_quality` said since an instant, each (connection, detail) once. Names, never values."""
    rows = warehouse.look(
        """
        SELECT DISTINCT connection, detail
        FROM data_quality
        WHERE check_name = ? AND checked_at >= ?
        ORDER BY connection, detail""",
        [check, since.astimezone(UTC).replace(tzinfo=None)],
    )
    return [(connection, detail) for connection, detail in rows]


def _run(
    run_id: str, connection: str, stream: str, started: datetime, ended: datetime | None, status: str,
    begins: datetime | None, ends: datetime | None, read: int, written: int, requests: int, retries: int,
    error: str | None,
) -> SyncRun:  # fmt: skip
    return SyncRun(
        run_id=run_id, connection=connection, stream=stream, started_at=started.replace(tzinfo=UTC),
        ended_at=_aware(ended), status=status,  # type: ignore[arg-type]
        window_start=_aware(begins), window_end=_aware(ends), rows_read=read, rows_written=written,
        requests=requests, retries=retries, error=error,
    )  # fmt: skip


def _aware(instant: datetime | None) -> datetime | None:
    return instant.replace(tzinfo=UTC) if instant else None
