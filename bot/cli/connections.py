"""`souk connections`: looking after the marketplaces that are connected."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import Annotated, Any

import typer

from bot.cli.authorizing import AUTHORIZE, CALLBACK_PORT, DEFAULT_PORT, PASTE, REDIRECT, Way, authorised
from bot.cli.connecting import GIVEN, BadSet, settings_given
from bot.cli.context import House, open_house
from queries.trouble import Trouble

connections = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    invoke_without_command=True,
    help="Looks after the connections.",
)
AS_JSON = Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")]
NAME = Annotated[str, typer.Argument(help="The connection's name.")]


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
def test(
    names: Annotated[list[str] | None, typer.Argument(help="Connections; default: all active ones.")] = None,
    as_json: AS_JSON = False,
) -> None:
    """Asks the platform who we are: do the keys still work, and what do they open?

    Exit status 1 if one does not.
    """
    house = open_house()
    links = [house.connections.get(name) for name in names] if names else house.connections.active()
    if not links:
        print("No active connections.", file=sys.stderr)
    results = [_test(house, link.connection) for link in links]
    for result in results:
        print(json.dumps(result, ensure_ascii=False) if as_json else _said(result))
    if any(result["error"] for result in results):
        raise typer.Exit(1)


def _test(house: House, name: str) -> dict[str, Any]:
    """What the platform answered, failures included: one connection never hides another."""
    try:
        identity = house.connections.test(name)
    except Trouble as trouble:
        return {"connection": name, "works": False, "error": trouble.say("en"), "hint": trouble.hint("en")}
    shop = identity.shop
    return {
        "connection": name, "works": True, "shop_id": identity.shop_id, "shop": shop.name if shop else None,
        "currency": shop.currency if shop else None, "timezone": shop.tz if shop else None,
        "findings": [asdict(finding) for finding in identity.findings], "error": None,
    }  # fmt: skip


def _said(result: dict[str, Any]) -> str:
    name = result["connection"]
    if result["error"]:
        return f"{name} does not work: {result['error']}" + (
            f"\n  {result['hint']}" if result["hint"] else ""
        )
    if result["shop"] is None:
        return f"{name} works."
    head = f"{name} works: {result['shop']} (shop {result['shop_id']}, {result['currency']}, {result['timezone']})."
    return "\n".join([head, *(f"  ! {finding['detail']}" for finding in result["findings"])])


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
def rotate(
    name: NAME,
    given: GIVEN = None,
    authorize: AUTHORIZE = False,
    paste: PASTE = False,
    port: CALLBACK_PORT = DEFAULT_PORT,
    redirect: REDIRECT = "",
    as_json: AS_JSON = False,
) -> None:
    """Puts new secrets in place of the old: tested first, and nothing changes where they fail.

    Only what is given changes. Examples: souk connections rotate my-shop --set app_secret=@new;
    souk connections rotate my-shop --authorize (new tokens through the platform's page)
    """
    if not (given or authorize or paste):
        raise BadSet(given="nothing")
    house, settings = open_house(), settings_given(given or ())
    if authorize or paste:
        from connectors import connector

        found = connector(house.connections.get(name).platform)
        known = {key: value for key, value in house.vault.settings(name).items() if not key.startswith("_")}
        granted = authorised(house, found, {**known, **settings}, Way(paste, port, redirect))
        # What else the answer tells (a seller's id) may name the shop otherwise: a connection keeps its shop.
        settings = {key: value for key, value in granted.items() if key in {*known, *settings} or "token" in key
                    or key.startswith("_")}
    added = house.connections.rotate(name, settings)
    if as_json:
        print(json.dumps(_row(added.link), ensure_ascii=False, default=str))
        return
    print(f"{name} has its new secrets: they were tested with shop {added.link.shop_id}.")
    for finding in added.identity.findings:
        print(f"  ! {finding.detail}")


@connections.command()
def remove(name: NAME) -> None:
    """Forgets a connection's credentials for good; what it brought stays."""
    open_house().connections.remove(name)
    print(f"{name} is removed; its data stays.")


def _row(link: Any) -> dict[str, Any]:
    return {
        "connection": link.connection, "platform": link.platform, "shop_id": link.shop_id, "status": link.status,
        "streams": list(link.streams), "last_success_at": link.last_success_at,
    }  # fmt: skip
