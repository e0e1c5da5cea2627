"""Rows on the command line: a table for people, one JSON object a line for scripts; and what both take in."""

from __future__ import annotations

import getpass
import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import asdict, is_dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from queries.trouble import Trouble

AS_JSON = Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")]


class NotAMoment(Trouble):
    en = "{given} is not a day or an instant."
    zh = "{given} 不是日期或时间。"
    hint_en = "Write 2026-01-31 or 2026-01-31T08:00:00+08:00."
    hint_zh = "请写成 2026-01-31 或 2026-01-31T08:00:00+08:00。"


class NotAField(Trouble):
    en = "{given} is not of the form column=value."
    zh = "{given} 的写法应为 列=值。"


class FileThere(Trouble):
    en = "{file} is there already."
    zh = "{file} 已经存在。"
    hint_en = "Choose another name: nothing is overwritten."
    hint_zh = "请换一个文件名: 不会覆盖任何文件。"


class NothingGiven(Trouble):
    en = "No buyer id was given."
    zh = "没有给出买家编号。"
    hint_en = "Type it when asked, or use --buyer @file or --buyer - (standard input)."
    hint_zh = "请按提示输入, 或使用 --buyer @文件 或 --buyer - (标准输入)。"


def show(
    rows: Iterable[Any], *, as_json: bool, columns: Iterable[str] = (), empty: str = "Nothing recorded."
) -> None:
    """Prints rows (mappings or dataclasses). An empty register says so on stderr; it never looks like an answer."""
    plain = [dict(row) if isinstance(row, Mapping) else asdict(row) for row in rows]
    if as_json:
        for row in plain:
            print(json.dumps(row, ensure_ascii=False, default=_text))
        return
    if not plain:
        print(empty, file=sys.stderr)
        return
    names = list(columns) or list(plain[0])
    if not sys.stdout.isatty():
        print("\t".join(names))
        for row in plain:
            print("\t".join(_cell(row[name]) for name in names))
        return
    _table(plain, names)


def _table(rows: list[dict[str, Any]], names: list[str]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in names:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*(_cell(row[name]) for name in names))
    Console(markup=False).print(table)


def show_one(thing: Any, *, as_json: bool, told: str) -> None:
    """One result: a sentence for people, the whole object for scripts."""
    if not as_json:
        print(told)
        return
    print(json.dumps(_plain(thing), ensure_ascii=False, default=_text))


def _plain(thing: Any) -> Any:
    """A dataclass or a model as a mapping."""
    if is_dataclass(thing) and not isinstance(thing, type):
        return asdict(thing)
    return thing.model_dump() if hasattr(thing, "model_dump") else thing


def moment(given: str, zone: ZoneInfo) -> datetime:
    """An instant in UTC. A day begins at midnight of the workspace's clock, which is also the zone of an
    instant without an offset. Raises NotAMoment."""
    try:
        stamp = (
            datetime.fromisoformat(given)
            if "T" in given
            else datetime.combine(date.fromisoformat(given), time())
        )
    except ValueError:
        raise NotAMoment(given=given) from None
    return (stamp if stamp.tzinfo else stamp.replace(tzinfo=zone)).astimezone(UTC)


def fields(given: Iterable[str]) -> dict[str, Any]:
    """`column=value` pairs; true, false and null mean what they say, a value in brackets is a list."""
    found: dict[str, Any] = {}
    for pair in given:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise NotAField(given=pair)
        if value.startswith("[") and value.endswith("]"):
            found[name] = [part.strip() for part in value[1:-1].split(",") if part.strip()]
        else:
            found[name] = {"true": True, "false": False, "null": None}.get(value.lower(), value)
    return found


def private_word(given: str | None, prompt: str) -> str:
    """A value that should not stand in the shell's history: asked for without echo, from @file, or from `-`."""
    if given is None:
        word = getpass.getpass(prompt) if sys.stdin.isatty() else sys.stdin.readline()
    elif given == "-":
        word = sys.stdin.readline()
    elif given.startswith("@"):
        word = Path(given[1:]).expanduser().read_text("utf-8")
    else:
        word = given
    if not word.strip():
        raise NothingGiven
    return word.strip()


def _cell(value: Any) -> str:
    from bot.terminal.figures import printable

    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, list | tuple):
        return ", ".join(_cell(part) for part in value)
    return printable(str(value))


def _text(value: Any) -> Any:
    """Instants as ISO in UTC; anything else that JSON lacks as text."""
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).isoformat()
    return str(value)
