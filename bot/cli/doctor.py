"""`souk doctor`: every part of this installation looked at, and what to do about what is amiss."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import typer

from bot.cli.context import House, read_settings
from queries.trouble import Trouble

app = typer.Typer(add_completion=False, rich_markup_mode=None)

LEAST_FREE_BYTES = 2 * 2**30
OLD_SNAPSHOT = timedelta(hours=26)
"""A day and two hours: a nightly sync that failed once shows up."""
SKEWED, FAR_OFF = timedelta(seconds=60), timedelta(minutes=5)
"""Signed calls are refused from five to ten minutes on."""
SOON = timedelta(days=7)
"""A token that people must renew is told of this long before its end."""
LATE = timedelta(minutes=30)
"""How long after its time a job may start: a machine was asleep, another run took long."""
LATELY = timedelta(days=7)
OLD_RATES = timedelta(days=7)
"""Over Christmas and Easter the bank publishes nothing for up to five days."""


@dataclass(frozen=True)
class Check:
    """One thing looked at. `do` says what to do about it."""

    name: str
    status: Literal["pass", "warn", "fail"]
    found: str
    do: str = ""


@app.command()
def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a check.")] = False,
) -> None:
    """Checks this installation and says what to do. Exit status 1 if something fails."""
    worst = "pass"
    for check in examine():
        worst = "fail" if "fail" in (worst, check.status) else worst
        if as_json:
            print(json.dumps(asdict(check), ensure_ascii=False))
        else:
            mark = {"pass": "✓", "warn": "!", "fail": "✗"}[check.status]
            print(f"{mark} {check.name:<12} {check.found}" + (f"\n    {check.do}" if check.do else ""))
    raise typer.Exit(1 if worst == "fail" else 0)


def examine() -> Iterator[Check]:
    """Every check in turn; one that cannot be made is a failure with its reason, and the others go on."""
    house = House(read_settings())
    yield Check(
        "settings", "pass", f"home {house.home}, {house.settings.base_currency}, {house.settings.timezone}"
    )
    for name, look in CHECKS.items():
        try:
            yield look(house)
        except Trouble as trouble:
            yield Check(name, "fail", trouble.say("en"), trouble.hint("en"))
        except Exception as error:
            yield Check(name, "fail", type(error).__name__, "Run `souk --debug doctor` to see where.")


def _secret(house: House) -> Check:
    _ = house.secret
    if house.settings.secret is not None:
        return Check("secret", "pass", "from SOUK_SECRET")
    mode = house.secret_file.stat().st_mode & 0o777
    if mode != 0o600:
        return Check("secret", "fail", f"the file has mode {mode:o}", f"chmod 600 {house.secret_file}")
    return Check("secret", "pass", "a file of mode 600")


def _disk(house: House) -> Check:
    free = shutil.disk_usage(house.home).free
    found = f"{free / 2**30:.1f} GiB free"
    if free < LEAST_FREE_BYTES:
        return Check("disk", "warn", found, "Snapshots need twice the warehouse's size: make room.")
    return Check("disk", "pass", found)


def _lock(house: House) -> Check:
    began = time.monotonic()
    with house.warehouse.write():
        pass
    seconds = time.monotonic() - began
    if seconds > 5:
        return Check(
            "lock", "warn", f"free after {seconds:.0f} s", "Another process writes for long: a first sync?"
        )
    return Check("lock", "pass", "free")


def _snapshot(house: House) -> Check:
    path = house.warehouse.snapshot("business")
    age = timedelta(seconds=max(0.0, time.time() - path.stat().st_mtime))
    hours = age.total_seconds() / 3600
    if age > OLD_SNAPSHOT:
        return Check(
            "snapshot",
            "warn",
            f"published {hours:.0f} hours ago",
            "Is `souk schedule` or `souk bot` running?",
        )
    return Check("snapshot", "pass", f"published {hours:.1f} hours ago")


def _connections(house: House) -> Check:
    links = house.connections.list()
    failing = [link.connection for link in links if link.status == "failing"]
    if failing:
        return Check(
            "connections", "fail", f"failing: {', '.join(failing)}", "`souk connections test NAME` says why."
        )
    stale = [
        link.connection
        for link in links
        if link.status == "active"
        and (link.last_success_at is None or house.clock() - link.last_success_at > OLD_SNAPSHOT)
    ]
    if stale:
        return Check("connections", "warn", f"not synced for a day: {', '.join(stale)}", "Run `souk sync`.")
    return Check("connections", "pass", f"{len(links)} connections")


def _slack(house: House) -> Check:
    settings = house.settings
    if settings.slack_bot_token is None and settings.notices_channel:
        return Check(
            "slack", "fail", "SOUK_NOTICES_CHANNEL is set without SLACK_BOT_TOKEN", "docs/slack.md says how."
        )
    if settings.slack_bot_token is None:
        return Check("slack", "warn", "not set up", "docs/slack.md says how; nothing else needs it.")
    if settings.slack_app_token is None and settings.slack_signing_secret is None:
        return Check(
            "slack", "fail", "neither SLACK_APP_TOKEN nor SLACK_SIGNING_SECRET", "docs/slack.md says how."
        )
    return Check(
        "slack", "pass", "Socket Mode" if settings.slack_app_token else f"HTTP on port {settings.port}"
    )


def _clock(house: House) -> Check:
    """Against the Date of the platforms' answers; offline there is nothing to compare with."""
    from connectors.engine.clocks import ahead

    if house.settings.now is not None:
        return Check(
            "clock", "warn", "frozen by SOUK_NOW", "Unset it for real work: syncs would bring nothing new."
        )
    found = ahead(house.connections.addresses())
    if not found:
        return Check("clock", "pass", "not compared: no platform answered, or none is connected")
    host, off = max(found.items(), key=lambda one: abs(one[1]))
    said = f"{abs(off.total_seconds()):.0f} s {'ahead of' if off > timedelta() else 'behind'} {host}"
    if abs(off) >= SKEWED:
        status: Literal["warn", "fail"] = "fail" if abs(off) >= FAR_OFF else "warn"
        return Check("clock", status, said, "Set this machine's clock (NTP): signed calls carry the time.")
    return Check("clock", "pass", f"within {abs(off.total_seconds()):.0f} s of {', '.join(sorted(found))}")


def _tokens(house: House) -> Check:
    """Tokens that renew themselves are fine while their refresh token lives; the others need people in time."""
    now, ended, ending, renewing = house.clock(), [], [], 0
    for name, life in house.connections.token_lives():
        renewing += life.renews
        if life.ends_at is not None and life.ends_at <= now:
            ended.append(name)
        elif life.ends_at is not None and life.ends_at - now < SOON:
            ending.append(f"{name} in {max(1, round((life.ends_at - now) / timedelta(days=1)))} days")
    do = "Authorise the app again, then `souk connections rotate NAME --set access_token=@file`."
    if ended:
        return Check("tokens", "fail", f"ended: {', '.join(ended)}", do)
    if ending:
        return Check("tokens", "warn", f"ending: {', '.join(ending)}", do)
    return Check("tokens", "pass", f"{renewing} renewed by themselves, none ends within a week")


def _schedule(house: House) -> Check:
    """When each job last ran; late ones show that nothing runs the schedule."""
    from bot.cli.syncing import scheduled_jobs
    from connectors.engine.schedule import last_runs, next_run

    now, zone = house.clock(), ZoneInfo(house.settings.timezone)
    marks = last_runs(house.state, now)
    jobs = scheduled_jobs(house)
    if not any(job.name in marks for job in jobs):
        return Check(
            "schedule",
            "warn",
            "no job has ever run",
            "Run `souk schedule` or `souk bot`; docs/operations.md has units.",
        )
    late = [
        job.name for job in jobs
        if job.name in marks and next_run(job, marks[job.name], zone) + job.jitter + LATE < now
    ]  # fmt: skip
    held = [job.name for job in jobs if (until := job.not_before()) is not None and until > now]
    told = ", ".join(f"{job.name} {_when(marks.get(job.name), zone)}" for job in jobs)
    if late:
        return Check(
            "schedule",
            "warn",
            f"late: {', '.join(late)} (last runs: {told})",
            "Is `souk schedule` or `souk bot` running?",
        )
    if held:
        return Check(
            "schedule",
            "warn",
            f"throttled, so tried later: {', '.join(held)}",
            "Nothing to do: it goes on by itself.",
        )
    return Check("schedule", "pass", f"last runs: {told}")


def _when(mark: datetime | None, zone: ZoneInfo) -> str:
    return f"{mark.astimezone(zone):%m-%d %H:%M}" if mark else "never"


def _fields(house: House) -> Check:
    """Fields that platforms send and the catalogue does not know: never stored, so something may be missing."""
    from queries.warehouse.runs import findings

    found = findings(house.warehouse, "unknown_field", house.clock() - LATELY)
    if found:
        told = "; ".join(f"{connection} {detail}" for connection, detail in found)
        return Check(
            "fields",
            "warn",
            f"unknown, so not stored: {told}",
            "An update of Souk may know them; please report them.",
        )
    return Check("fields", "pass", "every field met in the last week is in the catalogue")


def _rates(house: House) -> Check:
    """How far the exchange rates reach, and by which source."""
    from queries.warehouse.published import newest

    found = newest(house.warehouse)
    told = "; ".join(f"{source} to {day}" for source, day in sorted(found.sources.items(), key=lambda one: one[1]))
    if found.day is None:
        base = house.settings.base_currency
        return Check("rates", "warn", f"none for {base}", "Other currencies stay out of sums in this base.")
    if house.clock().date() - found.day > OLD_RATES:
        return Check("rates", "warn", f"old: {told}", "Run `souk rates`; is `souk schedule` or `souk bot` running?")
    return Check("rates", "pass", told)


def _suppressed(house: House) -> Check:
    from queries.warehouse.suppress import how_many

    return Check(
        "suppressed",
        "pass",
        f"{how_many(house.warehouse)} erased customers stay erased in every sync and restore",
    )


CHECKS: dict[str, Callable[[House], Check]] = {
    "secret": _secret,
    "disk": _disk,
    "lock": _lock,
    "snapshot": _snapshot,
    "connections": _connections,
    "clock": _clock,
    "tokens": _tokens,
    "schedule": _schedule,
    "fields": _fields,
    "rates": _rates,
    "suppressed": _suppressed,
    "slack": _slack,
}
