"""Publishing: read-only copies of both private files, switched to in one step.

`current` is a link to a folder `snapshots/<sequence>` with `person.duckdb` and `business.duckdb`. Readers
open the real path behind the link, read-only, and keep what they opened until they close it; nobody waits
for anybody. A process killed at any moment leaves the old link or the new one, never half a snapshot.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from queries.warehouse.live import Rooms, fsync

KEEP = 3
"""Snapshots kept: a reader that has just resolved the link must still find its files."""


def published(rooms: Rooms) -> int | None:
    """The sequence number of the current snapshot."""
    try:
        return int(rooms.current.resolve(strict=True).name)
    except (OSError, ValueError):
        return None


def publish(rooms: Rooms, sequence: int) -> Path:
    """Copies both private files, which nobody has open, and switches `current`. The caller holds the lock."""
    target = rooms.snapshots / f"{sequence:010d}"
    making = rooms.snapshots / f"making-{sequence:010d}"
    _remove(making)
    making.mkdir(parents=True)
    for source, name in ((rooms.live, "person.duckdb"), (rooms.business, "business.duckdb")):
        copy = making / name
        shutil.copyfile(source, copy)
        fsync(copy)
        copy.chmod(0o444)
    making.chmod(0o555)
    fsync(making)
    _remove(target)
    making.rename(target)
    fresh = rooms.root / "current.new"
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(os.path.relpath(target, rooms.root))
    os.replace(fresh, rooms.current)
    fsync(rooms.root)
    prune(rooms, KEEP)
    return target


def prune(rooms: Rooms, keep: int) -> None:
    """Removes all but the newest snapshots, and what a killed publication left."""
    folders = sorted(rooms.snapshots.iterdir())
    finished = [folder for folder in folders if folder.name.isdigit()]
    current = rooms.current.resolve()
    for folder in folders:
        if folder not in finished[-keep:] and folder.resolve() != current:
            _remove(folder)


def _remove(folder: Path) -> None:
    if folder.exists():
        folder.chmod(0o755)
        shutil.rmtree(folder)
