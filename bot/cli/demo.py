"""`souk demo`: the whole way once, on this machine: marketplaces, first sync, questions, answers, a prompt."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.text import Text

from bot.cli.context import House, read_settings
from bot.settings import Settings, default_home
from queries.trouble import Trouble

app = typer.Typer(add_completion=False, rich_markup_mode=None)
PAGE_WIDTH = 110
MARK = "demo"
"""A file of this name in a home says: made by the demo, may be made anew."""
SNAPSHOT_WEEKS, SNAPSHOT_MONTHS = 8, 6
"""Segment snapshots before today, weekly and at the ends of months, so that movements can be asked about."""


class HomeInUse(Trouble):
    en = "{home} holds a real Souk: the demo does not touch it."
    zh = "{home} 是正在使用的 Souk, 演示不会改动它。"
    hint_en = "Unset SOUK_HOME, or point it to an empty folder."
    hint_zh = "请取消 SOUK_HOME, 或将其指向空文件夹。"


class SandboxFailed(Trouble):
    en = "The sandbox marketplaces did not start."
    zh = "沙盒市场未能启动。"
    hint_en = "Run `souk sandbox --debug` to see why."
    hint_zh = "请运行 `souk sandbox --debug` 查看原因。"


@dataclass(frozen=True)
class Shown:
    """A question of the demo; `thread` makes it a follow-up, `as_role` another asker."""

    question: str
    thread: str = ""
    as_role: str = "analyst"


QUESTIONS = (
    Shown("GMV and net sales by platform last month"),
    Shown("上个月各平台退款率"),
    Shown("top 5 products by units sold last month"),
    Shown("近30天每天的支付金额"),
    Shown("sales last month vs the month before, by category"),
    Shown("上季度各平台客单价"),
    Shown("ROAS by campaign on douyin last month", thread="ads"),
    Shown("only the worst 3", thread="ads"),
    Shown("各平台GMV占比, 今年"),
    Shown("repeat rate in Q3"),
    Shown("各平台各生命周期的客户数"),
    Shown("champions by province"),
    Shown("which fields are dropped, which pseudonymised?", as_role="dpo"),
    Shown("有没有超过保存期限的数据?", as_role="dpo"),
    Shown("are deletion requests on time?", as_role="dpo"),
    Shown("top brands last quarter"),
    Shown("李娜是不是我们的客户"),
    Shown("sales forecast for next quarter"),
)


@app.command()
def demo(
    seed: Annotated[int, typer.Option(help="Another seed is another merchant.")] = 7,
    scale: Annotated[float, typer.Option(help="1 is about 20,000 orders.")] = 1.0,
    prompt: Annotated[bool, typer.Option(help="Open a prompt at the end, where there is a terminal.")] = True,
) -> None:
    """Shows Souk at work without a key, an account or a network.

    Starts seven invented marketplaces on this machine, syncs them through the real connectors, then asks
    questions about performance, segments and privacy settings in English and Chinese.
    """
    console = Console() if sys.stdout.isatty() else Console(width=PAGE_WIDTH)
    settings = read_settings()
    house = House(settings, _fresh_home(settings))
    console.print(Text.assemble(("Souk demo", "bold"), (f"  in {house.home}", "dim")))
    house.make()
    (house.home / MARK).touch()
    with _sandbox(house, seed, scale, console) as platforms:
        _connect(house, platforms, console)
        _sync(house, console)
    _fill_registers(house, seed, scale, console)
    _take_snapshots(house, console)
    _keep_retention(house, console)
    console.print()
    for shown in QUESTIONS:
        _ask(house, shown, console)
    if prompt and sys.stdin.isatty() and console.is_terminal:
        _prompt(house, console)
    elif not settings.home.joinpath(MARK).exists():
        console.print(f'Ask on: SOUK_HOME={house.home} {sys.argv[0]} ask "..."', style="dim")


def _fresh_home(settings: Settings) -> Path:
    """SOUK_HOME where it is set and free, else a folder of the demo's own; made anew each time."""
    given = "home" in settings.model_fields_set
    home = (settings.home if given else default_home().with_name("souk-demo")).expanduser().resolve()
    if home.exists() and any(home.iterdir()):
        if not (home / MARK).exists():
            raise HomeInUse(home=home)
        for entry in home.iterdir():
            shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()
    home.mkdir(parents=True, exist_ok=True)
    (home / MARK).touch()
    return home


@contextmanager
def _sandbox(house: House, seed: int, scale: float, console: Console) -> Iterator[dict[str, dict[str, str]]]:
    """The marketplaces in a process of their own, so that serving and syncing each have a core."""
    files = house.home / "exports"
    command = [sys.executable, "-m", "bot", "sandbox", "--port", "0", "--json", "--seed", str(seed)]
    command += ["--scale", str(scale), "--files", str(files)]
    with console.status("Opening the marketplaces ..."):
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603
        assert process.stdout is not None
        line = process.stdout.readline()
    if not line:
        raise SandboxFailed
    try:
        yield {**json.loads(line), "file": {"folder": str(files)}}
    finally:
        process.terminate()
        process.wait(10)


def _connect(house: House, platforms: dict[str, dict[str, str]], console: Console) -> None:
    for platform, given in platforms.items():
        with console.status(f"Connecting {platform} ..."):
            house.connections.add(platform, given)
    console.print(Text.assemble(("✓ ", "green"), f"{len(platforms)} connections: {', '.join(platforms)}"))


def _sync(house: House, console: Console) -> None:
    from bot.cli.syncing import run_sync

    reports = run_sync(house, [])
    for link in house.connections.list():
        mine = [report for report in reports if report.connection == link.connection]
        failed = [f"{report.stream}: {report.error}" for report in mine if report.status == "failed"]
        mark = ("✗ ", "red") if failed else ("✓ ", "green")
        told = ", ".join(f"{rows:,} {kind}" for kind, rows in _by_kind(mine).items())
        console.print(Text.assemble(mark, (f"{link.connection:<12}", "cyan"), told))
        for line in failed:
            console.print(Text(f"  {line}", "red"))
    for link in house.connections.list():
        house.connections.pause(link.connection)


def _by_kind(reports: list[Any]) -> dict[str, int]:
    """Rows read by stream; the exports of one kind (`fees-jd`, `fees-taobao`) count together."""
    rows: dict[str, int] = {}
    for report in reports:
        kind = report.stream.rpartition("-")[0] or report.stream
        rows[kind] = rows.get(kind, 0) + report.rows_read
    return {kind: count for kind, count in rows.items() if count}


def _fill_registers(house: House, seed: int, scale: float, console: Console) -> None:
    """The privacy registers of an invented company, each row marked as a demonstration."""
    from connectors.sandbox.registers import fill_registers

    shops = {link.platform: link.shop_id for link in house.connections.list()}
    with console.status("Filling the privacy registers ..."):
        rows = fill_registers(
            house.warehouse, house.clock(), secret=house.secret, seed=seed, scale=scale, shops=shops
        )
    console.print(
        Text.assemble(("✓ ", "green"), f"privacy registers: {rows:,} rows, marked as a demonstration")
    )


def _take_snapshots(house: House, console: Console) -> None:
    """Weekly and month-end snapshots up to yesterday: today is not over."""
    from queries.segments import month_ends, take_snapshots, weekly_history

    yesterday = house.clock().astimezone(ZoneInfo(house.settings.timezone)).date() - timedelta(days=1)
    with console.status("Sorting buyers into segments ..."):
        days = [*month_ends(yesterday, SNAPSHOT_MONTHS), *weekly_history(yesterday, SNAPSHOT_WEEKS)]
        made = take_snapshots(house.warehouse, days)
    told = f"segments: {made[-1].buyers:,} buyers, {len(made)} snapshots"
    console.print(Text.assemble(("✓ ", "green"), told))


def _keep_retention(house: House, console: Console) -> None:
    """The nightly job once, so that the rules can say when they last ran."""
    from queries.privacy.retention import run_retention

    runs = run_retention(house.warehouse, house.state, now=house.clock())
    told = f"retention: {len(runs)} rules applied, {sum(run.rows for run in runs):,} rows past their limit"
    console.print(Text.assemble(("✓ ", "green"), told))


def _ask(house: House, shown: Shown, console: Console) -> None:
    from bot.cli.asking import answer_one
    from bot.terminal.answer import show

    asker = "" if shown.as_role == "analyst" else f"  ({shown.as_role})"
    console.print(Text.assemble(("> ", "bold cyan"), (shown.question, "bold cyan"), (asker, "dim")))
    show(answer_one(house, shown.question, shown.as_role, shown.thread or None), console, laid_out=True)
    console.print()


def _prompt(house: House, console: Console) -> None:
    """Questions until an empty line; each may follow up on the one before."""
    console.print("Ask on (an empty line ends):", style="dim")
    while True:
        try:
            question = console.input("[bold cyan]> [/]").strip()
        except (EOFError, KeyboardInterrupt):
            break
        if not question:
            break
        _ask(house, Shown(question, thread="prompt"), console)
    console.print(f'Ask on later: SOUK_HOME={house.home} {sys.argv[0]} ask "..."', style="dim")
