"""`souk rates`: the European Central Bank's exchange rates, fetched now."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from bot.cli.context import open_house
from bot.settings import OFF
from queries.trouble import Trouble

app = typer.Typer(add_completion=False, rich_markup_mode=None)


class SwitchedOff(Trouble):
    en = "Fetching exchange rates is switched off (SOUK_RATES_URL=off)."
    zh = "获取汇率已关闭 (SOUK_RATES_URL=off)。"


@app.command()
def rates(as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False) -> None:
    """Fetches what the bank has published since, and says how far the rates reach. The schedule does so every night."""
    from connectors.ecb import fetch
    from queries.warehouse.published import newest

    house = open_house()
    if house.settings.rates_url == OFF:
        raise SwitchedOff
    brought = fetch(house.settings.rates_url, house.warehouse, house.vault, house.clock)
    sources = newest(house.warehouse).sources
    if as_json:
        facts = {"added": brought.added, "file": brought.file, "through": brought.day, "sources": sources}
        print(json.dumps(facts, default=str))
        return
    print(f"✓ {brought.added:,} new rates ({brought.file}); they reach to {brought.day}.")
    for source, day in sorted(sources.items(), key=lambda one: one[1]):
        print(f"  {day}  {source}")
