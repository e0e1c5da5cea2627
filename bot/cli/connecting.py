"""`souk connect`: what a platform needs, a test of the keys, and a first look at what they open."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from bot.cli import explaining
from bot.cli.authorizing import AUTHORIZE, CALLBACK_PORT, DEFAULT_PORT, PASTE, REDIRECT, Way, authorised
from bot.cli.context import House, open_house
from queries.trouble import Trouble

if TYPE_CHECKING:
    from connectors.engine.connections import Added
    from connectors.engine.preview import Glimpse
    from connectors.engine.stream import Connector

app = typer.Typer(add_completion=False, rich_markup_mode=None)

GIVEN = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="A setting. VALUE may be @file or - (standard input)."),
]


_TOKENS = {"access_token", "refresh_token"}


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


@app.command()
def connect(
    platform: Annotated[str, typer.Argument(help="taobao, jd, shopify, woocommerce, file, ...")],
    name: Annotated[str | None, typer.Option(help="A name of your own; default: the platform.")] = None,
    given: GIVEN = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Only say which settings the platform needs.")
    ] = False,
    preview: Annotated[
        bool | None,
        typer.Option(
            "--preview/--no-preview",
            help="Show five orders, without personal fields; default: at a terminal.",
        ),
    ] = None,
    authorize: AUTHORIZE = False,
    paste: PASTE = False,
    port: CALLBACK_PORT = DEFAULT_PORT,
    redirect: REDIRECT = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Adds a connection: tests the keys, says what they open, stores the secrets encrypted.

    At a terminal the required settings are asked for. Examples: souk connect woocommerce
    --set base_url=https://shop.example --set consumer_key=ck_... --set consumer_secret=@key;
    souk connect taobao --set app_key=... --set app_secret=@file --authorize
    """
    from connectors import connector

    found = connector(platform)
    if explain:
        _explain(found, as_json)
        return
    settings = settings_given(given or ())
    if not settings:
        print("\n".join(explaining.lines(found)), file=sys.stderr)
        if not sys.stdin.isatty():
            raise typer.Exit(2)
        settings = _asked(found)
        authorize = authorize or (
            found.authorize is not None and not _TOKENS & set(settings) and _agreed(found)
        )
    house = open_house()
    if authorize or paste:
        settings = authorised(house, found, settings, Way(paste, port, redirect))
    added = house.connections.connect(platform, settings, name)
    shown = preview if preview is not None else sys.stdout.isatty() and not as_json
    seen, trouble = _look(house, added) if shown else (None, None)
    if as_json:
        print(json.dumps(_facts(found, added, seen), ensure_ascii=False, default=str))
    else:
        print("\n".join(_told(house, found, added, seen)))
    if trouble is not None:
        print(f"The preview failed: {trouble.say('en')}", file=sys.stderr)


def settings_given(pairs: Any) -> dict[str, str]:
    """`--set` pairs as settings; secrets may come from files or standard input."""
    return dict(_setting(pair) for pair in pairs)


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


def _explain(found: Connector, as_json: bool) -> None:
    if not as_json:
        print("\n".join(explaining.lines(found)))
        return
    for setting in explaining.settings_of(found):
        print(json.dumps(asdict(setting), ensure_ascii=False))


def _asked(found: Connector) -> dict[str, str]:
    """What is required (and the tokens, which Enter leaves out), asked for one by one; secrets unseen."""
    settings = {}
    given_there = found.authorize.gives if found.authorize else ()
    for one in explaining.settings_of(found):
        if one.name in given_there:
            continue
        if one.required or one.name in _TOKENS:
            value = typer.prompt(
                one.name,
                default=None if one.required else "",
                hide_input=one.secret,
                show_default=False,
                err=True,
            )
            if value.strip():
                settings[one.name] = value.strip()
    return settings


def _agreed(found: Connector) -> bool:
    return typer.confirm(f"Authorise the app on {found.title_en}'s page now?", default=True, err=True)


def _look(house: House, added: Added) -> tuple[list[Glimpse] | None, Trouble | None]:
    """A few orders, or why there are none: the connection is kept either way."""
    from connectors.engine.preview import preview

    try:
        return preview(added.link, house.vault, house.clock), None
    except Trouble as trouble:
        return None, trouble


def _told(house: House, found: Connector, added: Added, seen: list[Glimpse] | None) -> list[str]:
    """What people read after connecting."""
    from connectors.engine.preview import history, order_stream

    link, shop = added.link, added.identity.shop
    called = f' "{shop.name}"' if shop is not None and shop.name else ""
    told = [
        f"Connected {link.connection} ({link.platform}, shop {link.shop_id}{called}): {', '.join(link.streams)}."
    ]
    if shop is not None:
        told.append(f"  It counts in {link.currency} and by the clock of {link.tz}.")
    if order_stream(found):
        told.append(f"  A first sync of the orders reaches back {explaining.reach(history(found))}.")
    told += [f"  ! {finding.detail}" for finding in added.identity.findings]
    left = sorted({stream.name for stream in found.streams} - set(link.streams))
    if left:
        told.append(
            f"  Not read with these settings: {', '.join(left)} (souk connect {link.platform} --explain)."
        )
    if seen is not None:
        told += ["Its newest orders:" if seen else "A short look found no orders."]
        told += [_order(one, ZoneInfo(link.tz)) for one in seen]
    return [*told, f"Bring its data in with: souk sync {link.connection}"]


def _order(seen: Glimpse, zone: ZoneInfo) -> str:
    return (
        f"  {seen.created_at.astimezone(zone):%Y-%m-%d %H:%M}  {seen.order_id:<22} {seen.status:<10} "
        f"{seen.lines} lines  {seen.currency} {seen.amount:,}"
    )


def _facts(found: Connector, added: Added, seen: list[Glimpse] | None) -> dict[str, Any]:
    from connectors.engine.preview import history

    link, shop = added.link, added.identity.shop
    span = history(found) if found.streams else None
    return {
        "connection": link.connection, "platform": link.platform, "shop_id": link.shop_id, "status": link.status,
        "streams": list(link.streams), "last_success_at": link.last_success_at,
        "shop": shop.name if shop else None, "currency": link.currency, "timezone": link.tz,
        "findings": [asdict(finding) for finding in added.identity.findings],
        "history_days": explaining.days(span) if span else None,
    } | ({"preview": [asdict(one) for one in seen]} if seen is not None else {})  # fmt: skip
