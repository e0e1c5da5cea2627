"""`souk init`, `souk backup`, `souk restore` and `souk doctor`: looking after the home."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

import typer

from bot.cli.context import House, open_house, read_settings
from queries.trouble import Trouble

init = typer.Typer(add_completion=False, rich_markup_mode=None)
backup = typer.Typer(add_completion=False, rich_markup_mode=None)
restore = typer.Typer(add_completion=False, rich_markup_mode=None)
doctor = typer.Typer(add_completion=False, rich_markup_mode=None)

LEAST_FREE_BYTES = 2 * 2**30
OLD_SNAPSHOT = timedelta(hours=26)
"""A day and two hours: a nightly sync that failed once shows up."""


class NoBackup(Trouble):
    en = "There is no backup at {file}."
    zh = "{file} 没有备份。"
    hint_en = "`souk backup` writes one into the home's backups folder."
    hint_zh = "`souk backup` 会将备份写入主目录的 backups 文件夹。"


@init.command()
def init_() -> None:
    """Makes the home, the warehouse and, unless SOUK_SECRET is set, a secret. Safe to repeat."""
    house = House(read_settings())
    house.make()
    print(f"Souk is ready in {house.home}")
    if house.settings.secret is None:
        print(
            f"Its secret is {house.secret_file}: keep a copy apart from the backups. Without it they cannot be read."
        )


@backup.command()
def backup_(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Writes an encrypted backup into the home's backups folder and notes it in the register."""
    from queries.warehouse.backup import back_up

    house = open_house()
    made = back_up(house.warehouse, house.secret, also=house.kept_files())
    facts = {
        "backup_id": made.backup_id,
        "path": str(made.path),
        "bytes": made.bytes,
        "checksum": made.checksum,
    }
    print(json.dumps(facts) if as_json else f"Backup {made.backup_id}: {made.bytes:,} bytes in {made.path}")


@restore.command()
def restore_(
    file: Annotated[Path, typer.Argument(help="The backup file.")],
    prove: Annotated[
        bool, typer.Option("--prove", help="Only prove that it can be restored, and note that.")
    ] = False,
) -> None:
    """Brings a backup back. Whoever was erased since stays erased."""
    from queries.warehouse.backup import prove as prove_backup
    from queries.warehouse.backup import restore as restore_backup

    if not file.is_file():
        raise NoBackup(file=file)
    house = open_house()
    if prove:
        good = prove_backup(house.warehouse, file, house.secret)
        print(f"{file.name} {'can be restored' if good else 'cannot be restored'}.")
        raise typer.Exit(0 if good else 1)
    nulled = restore_backup(house.warehouse, file, house.secret)
    print(f"Restored {file.name}; {nulled} erased keys were taken out again.")


@dataclass(frozen=True)
class Check:
    """One thing looked at. `do` says what to do about it."""

    name: str
    status: Literal["pass", "warn", "fail"]
    found: str
    do: str = ""


@doctor.command()
def doctor_(
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
    if settings.slack_bot_token is None:
        return Check("slack", "warn", "not set up", "docs/slack.md says how; nothing else needs it.")
    if settings.slack_app_token is None and settings.slack_signing_secret is None:
        return Check(
            "slack", "fail", "neither SLACK_APP_TOKEN nor SLACK_SIGNING_SECRET", "docs/slack.md says how."
        )
    return Check(
        "slack", "pass", "Socket Mode" if settings.slack_app_token else f"HTTP on port {settings.port}"
    )


CHECKS: dict[str, Callable[[House], Check]] = {
    "secret": _secret,
    "disk": _disk,
    "lock": _lock,
    "snapshot": _snapshot,
    "connections": _connections,
    "slack": _slack,
}
