"""`souk init`, `souk backup` and `souk restore`: looking after the home."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.context import House, open_house, read_settings
from queries.trouble import Trouble

init = typer.Typer(add_completion=False, rich_markup_mode=None)
backup = typer.Typer(add_completion=False, rich_markup_mode=None)
restore = typer.Typer(add_completion=False, rich_markup_mode=None)


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
