"""Encrypted backups, their register, and the way back.

A backup is one file (`sealed.py`) that holds the person snapshot and whatever else of the home it is told to.
The root secret is never in a backup.

A restore replays the suppressions that are known beside the database, so nobody erased since comes back.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from queries.warehouse import migrate, publish, rebuild, suppress
from queries.warehouse.errors import BadBackup, NewerSchema
from queries.warehouse.live import fsync, locked, opened
from queries.warehouse.sealed import CHUNK, KEY_VERSION, create, remove, seal, unseal
from queries.warehouse.warehouse import Warehouse

KEPT_DAYS = 35
"""Longer than the longest erasure deadline (a month) would keep an erased key; restores replay anyway."""
DATABASE = "warehouse.duckdb"


@dataclass(frozen=True)
class Backup:
    """What was written; the same facts stand in `privacy.backups`."""

    backup_id: str
    path: Path
    bytes: int
    checksum: str


def back_up(
    warehouse: Warehouse, secret: bytes, *, also: Sequence[Path] = (), kept_days: int = KEPT_DAYS
) -> Backup:
    """Publishes, encrypts the person snapshot and the files of `also` (paths below the home), registers it.

    The snapshot is read, not the live file, so a sync may go on meanwhile.
    """
    started = warehouse.clock()
    warehouse.publish()
    backup_id = f"{started:%Y%m%dT%H%M%S}-{warehouse.snapshot_id()}"
    rooms = warehouse.rooms
    rooms.backups.mkdir(mode=0o700, exist_ok=True)
    making = rooms.backups / f"{backup_id}.making"
    files = [(DATABASE, warehouse.snapshot("person"))]
    files += [(path.relative_to(rooms.home).as_posix(), path) for path in also]
    with create(making) as out:
        for piece in seal(secret, files, os.urandom(16), rooms.scratch):
            out.write(piece)
        out.flush()
        os.fsync(out.fileno())
    path = making.with_suffix(".souk")
    making.rename(path)
    fsync(rooms.backups)
    made = Backup(backup_id, path, path.stat().st_size, _checksum(path))
    with warehouse.write() as session:
        session.execute(
            "INSERT INTO privacy.backups VALUES (?, ?, ?, 'full', true, ?, ?, ?, NULL, NULL, ?)",
            [
                backup_id,
                started.replace(tzinfo=None),
                warehouse.clock().replace(tzinfo=None),
                KEY_VERSION,
                made.bytes,
                made.checksum,
                (started + timedelta(days=kept_days)).date(),
            ],
        )
    return made


def restore(warehouse: Warehouse, path: Path, secret: bytes) -> int:
    """Puts a backup in the warehouse's place; returns how many suppressed keys were replayed.

    Other files of the backup come back only where they are missing: credentials that are still there may be
    newer than the backup's.
    """
    rooms = warehouse.rooms
    for folder in (rooms.root, rooms.snapshots, rooms.scratch):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with locked(rooms):
        unpacked = rooms.scratch / f"restore-{path.stem}"
        fresh = rooms.root / "restored.duckdb"
        fresh.unlink(missing_ok=True)
        names = unseal(path, secret, unpacked)
        if DATABASE not in names:
            raise BadBackup()
        with opened(unpacked / DATABASE, rooms.scratch, attach={"fresh": fresh}) as old:
            migrate.migrate(old, warehouse.clock())
            replayed = suppress.put_back(old, rooms.suppressions)
            newest = max(migrate.sequence(old), publish.published(rooms) or 0, _live_sequence(warehouse))
            migrate.put(old, "sequence", str(newest))
            rebuild.copy_whole(old, "fresh")
        for name in names:
            if name != DATABASE and not (rooms.home / name).exists():
                (rooms.home / name).parent.mkdir(parents=True, exist_ok=True)
                os.replace(unpacked / name, rooms.home / name)
        remove(unpacked)
        rebuild.swap_in(rooms, fresh)
    warehouse.prepare()
    return replayed


def prove(warehouse: Warehouse, path: Path, secret: bytes) -> bool:
    """Tries a backup without using it, and notes the result in the register (due at least quarterly)."""
    trial = warehouse.rooms.scratch / f"trial-{path.stem}"
    try:
        if DATABASE not in unseal(path, secret, trial):
            raise BadBackup()
        with opened(trial / DATABASE, warehouse.rooms.scratch) as old:
            good = bool(old.execute("SELECT count(*) >= 0 FROM v_orders").fetchall()[0][0])
    except (BadBackup, NewerSchema):
        good = False
    finally:
        remove(trial)
    with warehouse.write() as session:
        session.execute(
            "UPDATE privacy.backups SET restore_tested_at = ?, restore_ok = ? WHERE backup_id = ?",
            [warehouse.clock().replace(tzinfo=None), good, path.stem],
        )
    return good


def destroy_expired(warehouse: Warehouse) -> list[str]:
    """Deletes backups past their day; the register keeps their rows. Returns their ids."""
    today = warehouse.clock().date()
    expired = warehouse.look("SELECT backup_id FROM privacy.backups WHERE expires_on < ?", [today])
    gone = []
    for (backup_id,) in expired:
        path = warehouse.rooms.backups / f"{backup_id}.souk"
        if path.exists():
            path.unlink()
            gone.append(backup_id)
    return gone


def _live_sequence(warehouse: Warehouse) -> int:
    if not warehouse.rooms.live.exists():
        return 0
    with opened(warehouse.rooms.live, warehouse.rooms.scratch) as live:
        suppress.copy_out(live, warehouse.rooms.suppressions)
        return migrate.sequence(live)


def _checksum(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(CHUNK):
            digest.update(piece)
    return "sha256:" + digest.hexdigest()
