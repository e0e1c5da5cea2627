"""`souk sandbox`: the marketplaces served locally, for trying a connector without an account."""

from __future__ import annotations

import json
import signal
import threading
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.context import read_settings

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def sandbox(
    port: Annotated[int, typer.Option(help="Port on this machine; 0 takes a free one.")] = 8765,
    seed: Annotated[int, typer.Option(help="Another seed is another merchant.")] = 7,
    scale: Annotated[float, typer.Option(help="1 is about 20,000 orders in two years.")] = 1.0,
    platforms: Annotated[
        str, typer.Option(help="Other shops to open, comma-separated: amazon,ebay. Default: the first seven.")
    ] = "",
    files: Annotated[
        Path | None, typer.Option(help="Also write the sample exports and mappings here.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print base URLs and credentials as JSON.")] = False,
) -> None:
    """Serves the sandbox marketplaces on 127.0.0.1 until stopped (Ctrl-C).

    Prints one ready `souk connect` line a platform. The credentials are invented and work nowhere else.
    """
    from connectors.sandbox import Sandbox, World
    from connectors.sandbox.files import write_files

    chosen = [name.strip() for name in platforms.split(",") if name.strip()] or None
    world = World(read_settings().clock(), seed=seed, scale=scale, platforms=chosen)
    server = Sandbox(world, port=port)
    server.start()
    try:
        if files is not None:
            write_files(world, files)
        print(_as_json(server) if as_json else _as_commands(server, files), flush=True)
        _wait_for_stop()
    finally:
        server.stop()


def _as_json(server: object) -> str:
    platforms = {name: server.credentials(name) for name in server.platforms}  # type: ignore[attr-defined]
    return json.dumps(platforms, ensure_ascii=False)


def _as_commands(server: object, files: Path | None) -> str:
    lines = ["The sandbox is open. Connect to it with:", ""]
    for name in server.platforms:  # type: ignore[attr-defined]
        given = server.credentials(name)  # type: ignore[attr-defined]
        lines.append(
            f"  souk connect {name} " + " ".join(f"--set {key}={value}" for key, value in given.items())
        )
    if files is not None:
        lines.append(f"  souk connect file --set folder={files.resolve()}")
    return "\n".join([*lines, "", "Ctrl-C stops it."])


def _wait_for_stop() -> None:
    stopped = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stopped.set())
    stopped.wait()
