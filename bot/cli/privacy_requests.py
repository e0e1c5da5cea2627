"""`souk privacy requests | access | export | erase`: what the people in the data may ask for.

A buyer's id of the platform is taken in private (prompt without echo, file or standard input), turned into the
pseudonym in memory, and stored nowhere.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from bot.cli.context import House, open_house
from bot.cli.rows import AS_JSON, FileThere, moment, private_word, show, show_one
from queries.trouble import Trouble

requests = typer.Typer(
    add_completion=False, rich_markup_mode=None, invoke_without_command=True,
    help="Requests of data subjects and their clocks.",
)  # fmt: skip
PLATFORM = Annotated[str, typer.Argument(help="Where the person bought.")]
BUYER = Annotated[
    str | None,
    typer.Option(
        "--buyer", help="The platform's own buyer id: @file or - (standard input); asked for without it."
    ),
]
SHOP = Annotated[str, typer.Option("--shop", help="The shop id, where a platform numbers buyers per shop.")]
REQUEST = Annotated[str | None, typer.Option("--request", help="The request this carries out.")]
REQUEST_ID = Annotated[str, typer.Argument(help="The request's number.")]


class WhichShop(Trouble):
    en = "{platform} numbers buyers per shop: say which with --shop."
    zh = "{platform} 按店铺为买家编号: 请用 --shop 指定店铺。"


@requests.callback()
def default(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        list_(only_open=False, as_json=False)


@requests.command("list")
def list_(
    only_open: Annotated[bool, typer.Option("--open", help="Only those that are not closed.")] = False,
    as_json: AS_JSON = False,
) -> None:
    """Lists the requests, the next due first."""
    from queries.privacy.requests import list_requests

    house = open_house()
    columns = (
        "request_id",
        "kind",
        "regime",
        "platform",
        "status",
        "received_at",
        "due_at",
        "completed_at",
        "late",
    )
    show(
        list_requests(house.warehouse, now=house.clock(), only_open=only_open),
        as_json=as_json,
        columns=columns,
    )


@requests.command("open")
def open_(
    kind: Annotated[str, typer.Argument(help="access, export, correct, erase or object.")],
    regime: Annotated[str, typer.Option(help="The law it is made under: pipl, gdpr or ccpa.")] = "pipl",
    platform: Annotated[str | None, typer.Option(help="Where the person bought.")] = None,
    received: Annotated[str | None, typer.Option(help="When it came in; default: now.")] = None,
    evidence: Annotated[str | None, typer.Option(help="Where its papers are. No personal data.")] = None,
    as_json: AS_JSON = False,
) -> None:
    """Registers a request and starts its clock."""
    from queries.privacy.clocks import LIMITS
    from queries.privacy.requests import open_request

    if kind not in KINDS or regime not in LIMITS:
        raise typer.BadParameter(f"kinds: {', '.join(KINDS)}; regimes: {', '.join(LIMITS)}")
    house = open_house()
    made = open_request(
        house.warehouse, kind=kind, regime=regime, received_at=_moment(house, received),  # type: ignore[arg-type]
        timezone=house.settings.timezone, now=house.clock(), platform=platform, evidence_ref=evidence,
    )  # fmt: skip
    due = made.due_at.replace(tzinfo=ZoneInfo("UTC")).astimezone(ZoneInfo(house.settings.timezone))
    show_one(made, as_json=as_json, told=f"{made.request_id}: due by {due:%Y-%m-%d %H:%M}.")


KINDS = ("access", "export", "correct", "erase", "object")


@requests.command()
def verify(
    request_id: REQUEST_ID,
    as_json: AS_JSON = False,
) -> None:
    """Notes that the asker was proven, outside chat, to be the person the request is about."""
    from queries.privacy.requests import verify_request

    house = open_house()
    made = verify_request(house.warehouse, request_id, now=house.clock())
    show_one(made, as_json=as_json, told=f"{request_id} is verified.")


@requests.command()
def close(
    request_id: REQUEST_ID,
    refused: Annotated[
        bool, typer.Option("--refused", help="It was refused; keep the reason with the papers.")
    ] = False,
    evidence: Annotated[str | None, typer.Option(help="Where its papers are. No personal data.")] = None,
    as_json: AS_JSON = False,
) -> None:
    """Closes a request that was answered or refused."""
    from queries.privacy.requests import close_request

    house = open_house()
    status: Any = "refused" if refused else "completed"
    made = close_request(house.warehouse, request_id, now=house.clock(), status=status, evidence_ref=evidence)
    show_one(made, as_json=as_json, told=f"{request_id} is {status}.")


def access(
    platform: PLATFORM,
    buyer: BUYER = None,
    shop: SHOP = "",
    request_id: REQUEST = None,
    as_json: AS_JSON = False,
) -> None:
    """Shows what is kept about a person, for that person."""
    data = _subject(open_house(), platform, buyer, shop)
    if as_json:
        show_one(data, as_json=True, told="")
        return
    if data.empty:
        print("Nothing is kept about this person." + (" They were erased." if data.suppressed else ""))
        return
    for name in ("orders", "refunds", "segments", "consents"):
        print(f"\n{name.upper()}")
        show(getattr(data, name), as_json=False, empty="None.")
    if request_id:
        _complete(request_id, len(data.orders))


def export(
    platform: PLATFORM,
    to: Annotated[Path, typer.Option("--to", help="The file to write (readable by you alone).")],
    buyer: BUYER = None,
    shop: SHOP = "",
    request_id: REQUEST = None,
) -> None:
    """Writes what is kept about a person into a JSON file, to be handed to that person."""
    data = _subject(open_house(), platform, buyer, shop)
    try:
        descriptor = os.open(to.expanduser(), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise FileThere(file=to) from None
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(asdict(data), file, ensure_ascii=False, indent=1, default=str)
    print(f"Wrote {len(data.orders)} orders to {to}. Hand it over by a safe way and delete it.")
    if request_id:
        _complete(request_id, len(data.orders))


def erase(
    platform: PLATFORM,
    buyer: BUYER = None,
    shop: SHOP = "",
    request_id: REQUEST = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask again.")] = False,
    as_json: AS_JSON = False,
) -> None:
    """Erases a person for good: no sync, back-fill or restored backup brings them back. Totals stay."""
    from queries.privacy.erasure import erase as forget

    house = open_house()
    key = _key(house, platform, buyer, shop)
    if not yes:
        typer.confirm("Erase this person? It cannot be undone.", abort=True)
    done = forget(house.warehouse, house.state, platform, key, now=house.clock(), request_id=request_id)
    show_one(
        done, as_json=as_json, told=f"Erased: {done.rows} rows. The files were written anew; no total moved."
    )


def _subject(house: House, platform: str, buyer: str | None, shop: str) -> Any:
    from queries.privacy.requests import subject_data

    return subject_data(house.warehouse, platform, _key(house, platform, buyer, shop))


def _key(house: House, platform: str, buyer: str | None, shop: str) -> str:
    """The pseudonym of a buyer, in memory."""
    from connectors import connector
    from connectors.engine.pseudonym import Pseudonym

    per_shop = connector(platform).buyers_per_shop
    if per_shop and not shop:
        raise WhichShop(platform=platform)
    word = private_word(buyer, f"Buyer id on {platform} (not shown): ")
    return Pseudonym(house.secret, platform, shop if per_shop else "").key(word)


def _complete(request_id: str, rows: int) -> None:
    from queries.privacy.requests import close_request

    house = open_house()
    close_request(house.warehouse, request_id, now=house.clock(), status="completed", rows_affected=rows)
    print(f"{request_id} is completed.")


def _moment(house: House, given: str | None) -> datetime:
    return moment(given, ZoneInfo(house.settings.timezone)) if given else house.clock()
