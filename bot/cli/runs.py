"""`souk runs`: what the last syncs did, for people and for scripts."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from bot.cli.context import open_house

if TYPE_CHECKING:
    from queries.warehouse.batch import SyncRun

app = typer.Typer(add_completion=False, rich_markup_mode=None)

MARKS = {"succeeded": "✓", "failed": "✗", "cancelled": "-", "running": "…"}
SHOWN = (
    "connection", "stream", "status", "started_at", "ended_at", "window_start", "window_end", "rows_read",
    "rows_written", "requests", "retries", "error",
)  # fmt: skip


@app.command()
def runs(
    connection: Annotated[str, typer.Option(help="Only this connection.")] = "",
    stream: Annotated[str, typer.Option(help="Only this stream: orders, refunds, ...")] = "",
    failed: Annotated[bool, typer.Option("--failed", help="Only runs that failed.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="How many, newest first.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a run.")] = False,
) -> None:
    """The run log: one line a stream and sync, newest first, on the clock of SOUK_TIMEZONE.

    Examples: souk runs --failed; souk runs --connection my-shop --stream orders --limit 50
    """
    from queries.warehouse.runs import recent_runs

    house = open_house()
    if connection:
        house.connections.get(connection)
    found = recent_runs(house.warehouse, connection=connection, stream=stream, failed=failed, limit=limit)
    zone = ZoneInfo(house.settings.timezone)
    for run in found:
        print(json.dumps(_facts(run), ensure_ascii=False) if as_json else _line(run, zone))
    if not found and not as_json:
        print(
            "No such runs yet." if connection or stream or failed else "No sync has run yet.", file=sys.stderr
        )


def _facts(run: SyncRun) -> dict[str, Any]:
    facts = asdict(run)
    return {
        name: value.isoformat() if hasattr(value := facts[name], "isoformat") else value for name in SHOWN
    } | {"seconds": _seconds(run)}


def _line(run: SyncRun, zone: ZoneInfo) -> str:
    seconds = _seconds(run)
    took = f"{seconds:,.1f} s" if seconds is not None else "under way, or it was killed"
    again = f" ({run.retries:,} of them again)" if run.retries else ""
    line = (
        f"{MARKS.get(run.status, '?')} {run.started_at.astimezone(zone):%Y-%m-%d %H:%M} {run.connection:<14} "
        f"{run.stream:<12} {run.rows_read:>7,} read {run.rows_written:>7,} changed {run.requests:>5,} requests{again} "
        f"{took}"
    )
    return f"{line}\n  {run.error}" if run.error else line


def _seconds(run: SyncRun) -> float | None:
    """How long it took; None where it has not ended."""
    return round((run.ended_at - run.started_at).total_seconds(), 1) if run.ended_at else None
