"""`souk connect` and `souk connections`: adding marketplaces and looking after them."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.cli.context import open_house
from queries.trouble import Trouble

connect = typer.Typer(add_completion=False, rich_markup_mode=None)
connections = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    invoke_without_command=True,
    help="Looks after the connections.",
)
AS_JSON = Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")]
NAME = Annotated[str, typer.Argument(help="The connection's name.")]


class BadSet(Trouble):
    en = "--set wants name=value, not {given}."
    zh = "--set 的写法是 名称=值, 而不是 {given}。"
    hint_en = (
        "A secret may also come from a file (--set app_secret=@file) or standard input (--set app_secret=-)."
    )
    hint_zh = "密钥也可来自文件 (--set app_secret=@file) 或标准输入 (--set app_secret=-)。"


class NoSuchFile(Trouble):
    en = "{file} (given for {name}) cannot be read."
    zh = "无法读取 {name} 的文件 {file}。"


@connect.command()
def connect_(
    platform: Annotated[
        str, typer.Argument(help="taobao, jd, douyin, xiaohongshu, weibo, shopify, woocommerce or file.")
    ],
    name: Annotated[str | None, typer.Option(help="A name of your own; default: the platform.")] = None,
    given: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="KEY=VALUE", help="A setting. VALUE may be @file or - (standard input)."
        ),
    ] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Only say which settings the platform needs.")
    ] = False,
    as_json: AS_JSON = False,
) -> None:
    """Adds a connection: tests the keys, learns the shop, stores the secrets encrypted.

    Example: souk connect woocommerce --set base_url=https://shop.example --set consumer_key=ck_...
    --set consumer_secret=@key
    """
    if explain or not given:
        _explain(platform)
        if not explain:
            raise typer.Exit(2)
        return
    settings = dict(_setting(pair) for pair in given)
    link = open_house().connections.add(platform, settings, name)
    if as_json:
        print(json.dumps(_row(link), ensure_ascii=False, default=str))
    else:
        print(
            f"Connected {link.connection} ({link.platform}, shop {link.shop_id}): {', '.join(link.streams)}."
        )
        print(f"Bring its data in with: souk sync {link.connection}")


def _explain(platform: str) -> None:
    """Which settings a platform's connection takes; goes to stderr when the command still wants them."""
    from connectors import connector

    found = connector(platform)
    lines = [f"{found.title_en} ({found.title_zh}) takes:"]
    for name, field in found.settings.model_fields.items():
        needed = (
            "required"
            if field.is_required()
            else f"default {field.default!r}"
            if field.default
            else "optional"
        )
        secret = ", secret" if "Secret" in str(field.annotation) else ""
        lines.append(f"  {name:<20} {needed}{secret}")
    print("\n".join(lines), file=sys.stderr)


def _setting(pair: str) -> tuple[str, str]:
    name, equals, value = pair.partition("=")
    if not equals or not name:
        raise BadSet(given=name)
    if value == "-":
        return name, sys.stdin.readline().strip()
    if value.startswith("@"):
        try:
            return name, Path(value[1:]).expanduser().read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError):
            raise NoSuchFile(name=name, file=value[1:]) from None
    return name, value


def _row(link: Any) -> dict[str, Any]:
    return {
        "connection": link.connection, "platform": link.platform, "shop_id": link.shop_id, "status": link.status,
        "streams": list(link.streams), "last_success_at": link.last_success_at,
    }  # fmt: skip


@connections.callback()
def default(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        list_(as_json=False)


@connections.command("list")
def list_(as_json: AS_JSON = False) -> None:
    """Lists the connections, how they are and when they last succeeded."""
    links = open_house().connections.list()
    if as_json:
        for link in links:
            print(json.dumps(_row(link), ensure_ascii=False, default=str))
        return
    if not links:
        print("No connections yet. Add one with: souk connect PLATFORM", file=sys.stderr)
        return
    print("\t".join(("CONNECTION", "PLATFORM", "SHOP", "STATUS", "LAST SUCCESS")))
    for link in links:
        last = f"{link.last_success_at:%Y-%m-%d %H:%M}" if link.last_success_at else "never"
        print("\t".join((link.connection, link.platform, link.shop_id, link.status, last)))


@connections.command()
def test(name: NAME) -> None:
    """Asks the platform who we are: do the keys still work?"""
    identity = open_house().connections.test(name)
    if identity.shop is None:
        print(f"{name} works.")
        return
    print(
        f"{name} works: {identity.shop.name} (shop {identity.shop_id}, {identity.shop.currency}, {identity.shop.tz})."
    )


@connections.command()
def pause(name: NAME) -> None:
    """Stops syncing a connection; what it brought stays."""
    open_house().connections.pause(name)
    print(f"{name} is paused.")


@connections.command()
def resume(name: NAME) -> None:
    """Syncs a paused connection again, from where it stopped."""
    open_house().connections.resume(name)
    print(f"{name} is active.")


@connections.command()
def remove(name: NAME) -> None:
    """Forgets a connection's credentials for good; what it brought stays."""
    open_house().connections.remove(name)
    print(f"{name} is removed; its data stays.")
