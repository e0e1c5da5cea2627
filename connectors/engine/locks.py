"""Locks between processes: one run of a connection at a time, one refresh of a token at a time.

A lock is an flock on a file in `$SOUK_HOME/locks`: the system drops it when a process dies, also by kill -9.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import re
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from connectors.engine.errors import Busy

STEP = 0.05
"""Seconds between two tries."""


def lock_file(home: Path, name: str) -> Path:
    """Where the lock of this name lies; names are connections, so only safe characters are kept."""
    folder = home / "locks"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder / f"{re.sub(r'[^A-Za-z0-9._-]', '_', name)}.lock"


def _try(path: Path) -> int | None:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


@contextmanager
def held(path: Path, wait: float = 0.0) -> Iterator[None]:
    """Hold the lock, trying for `wait` seconds; raises Busy."""
    end = time.monotonic() + wait
    while (descriptor := _try(path)) is None:
        if time.monotonic() >= end:
            raise Busy()
        time.sleep(STEP)
    try:
        yield
    finally:
        os.close(descriptor)


@asynccontextmanager
async def held_async(path: Path, wait: float) -> AsyncIterator[None]:
    """The same without blocking the loop."""
    end = time.monotonic() + wait
    while (descriptor := _try(path)) is None:
        if time.monotonic() >= end:
            raise Busy()
        await asyncio.sleep(STEP)
    try:
        yield
    finally:
        os.close(descriptor)
