"""Live progress of a sync on a terminal: one line a stream with rows, rate and state; nothing in a pipe."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text


class SyncProgress:
    """Collects what the engine says; `table()` is what is drawn."""

    def __init__(self) -> None:
        self._lines: dict[tuple[str, str], Any] = {}
        self._lock = threading.Lock()

    def __call__(self, progress: Any) -> None:
        with self._lock:
            self._lines[(progress.connection, progress.stream)] = progress

    def __rich__(self) -> Table:
        table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
        for _ in range(4):
            table.add_column()
        table.columns[2].justify = "right"
        with self._lock:
            lines = sorted(self._lines.items())
        for (connection, stream), progress in lines:
            of = f" / {progress.total:,}" if progress.total else ""
            table.add_row(
                "", Text(connection, "cyan"), Text(f"{progress.rows:,}{of}"),
                Text(f"{stream}  {progress.rate:,.0f}/s", "dim"),
            )  # fmt: skip
        return table


@contextmanager
def shown(console: Console) -> Iterator[SyncProgress]:
    """Draws the progress while the block runs, where there is a terminal."""
    progress = SyncProgress()
    if not console.is_terminal:
        yield progress
        return
    with Live(progress, console=console, refresh_per_second=5, transient=True):
        yield progress
