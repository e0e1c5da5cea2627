"""The browser's part of connecting: the platform's page is opened, its answer caught or pasted."""

from __future__ import annotations

import sys
import webbrowser
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.context import House

if TYPE_CHECKING:
    from connectors.engine.stream import Connector

AUTHORIZE = Annotated[
    bool, typer.Option("--authorize", help="Let the app into the shop through the platform's page.")
]
PASTE = Annotated[
    bool, typer.Option("--paste", help="No browser here: print the page, paste the address it leads to.")
]
CALLBACK_PORT = Annotated[
    int,
    typer.Option("--port", help="Of the callback http://127.0.0.1:PORT/callback; register it with the app."),
]
REDIRECT = Annotated[
    str, typer.Option(help="Another registered callback address, for example one that leads here.")
]
DEFAULT_PORT = 8917


@dataclass(frozen=True)
class Way:
    """How the platform's answer comes back."""

    paste: bool = False
    port: int = DEFAULT_PORT
    redirect: str = ""

    @property
    def callback(self) -> str:
        return self.redirect or f"http://127.0.0.1:{self.port}/callback"


def authorised(house: House, found: Connector, settings: Mapping[str, str], way: Way) -> dict[str, str]:
    """The settings with fresh tokens in them. Raises what the platform and people answer."""
    from connectors.engine import authorize

    consent = authorize.begin(way.callback, house.clock())
    page = authorize.flow(found).page(authorize.before(found, settings), consent)
    if way.paste:
        print(f"Open this page as the owner of the shop and agree:\n\n  {page}\n", file=sys.stderr)
        print(f"Then paste the whole address you come to ({way.callback}?...):", file=sys.stderr)
        answer = authorize.pasted(sys.stdin.readline())
    else:
        with authorize.Callback(way.port, consent) as callback:
            print(
                f"Opening {found.title_en} in the browser. If nothing opens:\n\n  {page}\n", file=sys.stderr
            )
            webbrowser.open(page)
            answer = callback.wait()
    return authorize.redeem(found, settings, consent, answer, house.vault, house.clock)
