"""`souk sync` and `souk schedule`: bringing in what is new, now or by the clock."""

from __future__ import annotations

import json
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from bot.cli.context import House, open_house
from bot.settings import OFF
from queries.trouble import Trouble

if TYPE_CHECKING:
    from connectors.engine.schedule import Failure, Job

sync = typer.Typer(add_completion=False, rich_markup_mode=None)
schedule = typer.Typer(add_completion=False, rich_markup_mode=None)


class NotADay(Trouble):
    en = "{given} is not a day or an instant."
    zh = "{given} 不是日期或时间。"
    hint_en = "Write 2026-01-31 or 2026-01-31T08:00:00+08:00."
    hint_zh = "请写成 2026-01-31 或 2026-01-31T08:00:00+08:00。"


@sync.command()
def sync_(
    names: Annotated[list[str] | None, typer.Argument(help="Connections; default: all active ones.")] = None,
    since: Annotated[str | None, typer.Option(help="Read again from this day or instant on.")] = None,
    until: Annotated[str | None, typer.Option(help="...up to this day or instant.")] = None,
    full: Annotated[bool, typer.Option("--full", help="Read everything again from the beginning.")] = False,
    streams: Annotated[str, typer.Option(help="Only these streams, comma-separated: orders,refunds.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a stream.")] = False,
) -> None:
    """Brings in what is new, then publishes it to everyone who asks. Safe to stop and to repeat.

    Examples: souk sync; souk sync my-shop --streams orders; souk sync --since 2026-01-01 --json
    """
    house = open_house()
    zone = ZoneInfo(house.settings.timezone)
    reports = run_sync(
        house,
        names or [],
        since=_instant(since, zone),
        until=_instant(until, zone),
        full=full,
        streams=[stream.strip() for stream in streams.split(",") if stream.strip()],
    )
    if any(report.rows_written for report in reports):
        take_missing_snapshot(house)
    if full or since:
        keep_retention(house)
    for report in reports:
        print(json.dumps(report.as_dict(), ensure_ascii=False) if as_json else _line(report))
    if not reports:
        print("Nothing to sync: no active connections.", file=sys.stderr)
    if any(report.status == "failed" for report in reports):
        raise typer.Exit(1)


def run_sync(house: House, names: list[str], **order: Any) -> list[Any]:
    """One sync with live progress on a terminal."""
    from rich.console import Console

    from bot.terminal.progress import shown
    from connectors.engine.sync import sync as sync_now

    links = house.connections.active(names)
    with shown(Console(stderr=True)) as progress:
        return sync_now(
            links, house.warehouse, house.vault, house.clock, progress, secret=house.secret, **order
        )


def take_missing_snapshot(house: House) -> None:
    """Yesterday's segments, so that a first sync can be asked about them before the first night."""
    from queries.segments import daily

    daily(house.warehouse, now=house.clock(), timezone=house.settings.timezone)


def keep_retention(house: House) -> None:
    """Reading old orders again brings back buyer keys whose time is over: they go at once, not in the next night."""
    from queries.privacy.retention import run_retention

    run_retention(house.warehouse, house.state, now=house.clock())


def _line(report: Any) -> str:
    mark = {"succeeded": "✓", "failed": "✗", "cancelled": "-"}[report.status]
    line = (
        f"{mark} {report.connection:<14} {report.stream:<10} {report.rows_read:>7,} read {report.rows_written:>7,} "
        f"changed {report.requests:>6,} requests {report.seconds:>7.1f} s"
    )
    if not report.error:
        return line
    hint = report.trouble.hint("en") if report.trouble else ""
    return f"{line}\n  {report.error}" + (f"\n  {hint}" if hint and hint not in report.error else "")


def _instant(given: str | None, zone: ZoneInfo) -> datetime | None:
    """A day begins at midnight of the workspace's clock; an instant without an offset is of that clock too."""
    if given is None:
        return None
    try:
        stamp = (
            datetime.fromisoformat(given)
            if "T" in given
            else datetime.combine(date.fromisoformat(given), time())
        )
    except ValueError:
        raise NotADay(given=given) from None
    return (stamp if stamp.tzinfo else stamp.replace(tzinfo=zone)).astimezone(UTC)


@schedule.command()
def schedule_() -> None:
    """Runs the scheduled jobs until stopped: syncs, exchange rates, segment snapshots, retention, backup.

    Each connection is synced as often as suits its platform, or by SOUK_SYNC_CRON. SOUK_NOTICES_CHANNEL is told
    when a job fails and when it works again. docs/operations.md has units for systemd.
    """
    from bot.journal import keep_journal

    house = open_house()
    keep_journal(house.settings.log_level)
    stop = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    run_schedule(house, stop)


def run_schedule(house: House, stop: threading.Event) -> None:
    """Every job by its cron expression until `stop`; one run of a job at a time across processes."""
    from connectors.engine.schedule import Schedule

    zone = ZoneInfo(house.settings.timezone)
    told = _notices(house)
    Schedule(lambda: scheduled_jobs(house), house.home, house.state, house.clock, zone, ended=told).run(stop)


def scheduled_jobs(house: House) -> list[Job]:
    """All jobs as they are now: a sync for each connection that is not paused, and those of the night."""
    from connectors.engine.pressure import Pressure
    from connectors.engine.schedule import sync_jobs

    pressure = Pressure(house.state, house.clock)
    return [*sync_jobs(house.connections, house.settings.sync_cron, pressure), *_night_jobs(house)]


def _notices(house: House) -> Callable[[str, Sequence[Failure]], None]:
    """Who is told how jobs end: the channel of SOUK_NOTICES_CHANNEL, or nobody."""
    channel = house.settings.notices_channel
    if not channel:
        return lambda _job, _failures: None
    from bot.notices import Notices
    from bot.slack.delivery import Place, post
    from bot.slack.message import Message, escape, section
    from bot.slack.serve import web_client

    client = web_client(house.settings)

    def send(text: str) -> None:
        post(client, Place(channel), Message(escape(text), [section(escape(text))]))

    return Notices(send, house.state, house.clock, ZoneInfo(house.settings.timezone)).ended


def _night_jobs(house: House) -> list[Job]:
    """What the warehouse needs once a day: exchange rates, segment snapshots, retention, a backup proven to restore."""
    from connectors.engine.schedule import Job
    from queries.privacy.retention import run_retention
    from queries.segments import daily
    from queries.warehouse.backup import back_up, destroy_expired

    def segments(_stop: threading.Event) -> None:
        daily(house.warehouse, now=house.clock(), timezone=house.settings.timezone)

    def retention(_stop: threading.Event) -> None:
        run_retention(house.warehouse, house.state, now=house.clock())

    def backup(_stop: threading.Event) -> None:
        back_up(house.warehouse, house.secret, also=house.kept_files())
        destroy_expired(house.warehouse)

    def rates(stop: threading.Event) -> None:
        from connectors.ecb import fetch

        fetch(house.settings.rates_url, house.warehouse, house.vault, house.clock, stop)

    settings = house.settings
    fetched = [] if settings.rates_url == OFF else [Job("rates", settings.rates_cron, rates, at_once=True)]
    return [
        *fetched,
        Job("segments", settings.segments_cron, segments, at_once=True),
        Job("retention", settings.retention_cron, retention),
        Job("backup", settings.backup_cron, backup),
    ]
