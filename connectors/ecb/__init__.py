"""The European Central Bank's euro reference rates: one small file each working day, about 16:00 in Frankfurt.

    brought = fetch(URL, warehouse, vault, clock)      # Brought(added=31, day=date(2026, 11, 24), ...)

A source of exchange rates, not a shop: it has no connection and no settings but its address. Where it cannot be
reached, Souk goes on with the rates it has.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from threading import Event

from connectors.ecb.client import BankClient
from connectors.ecb.wire import quotes
from connectors.engine.errors import SyncError
from connectors.engine.stream import Call
from connectors.engine.talk import Talk
from connectors.engine.tokens import Tokens
from connectors.engine.vault import Vault
from queries.trouble import Trouble
from queries.warehouse import Warehouse
from queries.warehouse.published import Quotes, add, newest

NAME = "ecb"
LOOK_SECONDS = 0.2
URL = "https://www.ecb.europa.eu/stats/eurofxref"
FILES = (
    (timedelta(), "eurofxref-daily.xml"),
    (timedelta(days=85), "eurofxref-hist-90d.xml"),
    (timedelta.max, "eurofxref-hist.xml"),
)
"""How far behind the stored rates may be, and the smallest file that closes the gap: the last day, ninety days, all.
A gap of one day is left to the second: in the evening the first holds the day after it."""


class RatesUnreachable(Trouble):
    en = "The European Central Bank's exchange rates could not be fetched: {why}"
    zh = "无法获取欧洲央行汇率: {why_zh}"
    hint_en = "Souk goes on with the rates it has, through {day}. SOUK_RATES_URL=off ends these attempts."
    hint_zh = "系统继续使用现有汇率 (至 {day})。设置 SOUK_RATES_URL=off 可关闭此任务。"


@dataclass(frozen=True)
class Brought:
    """`added` = new rates; `day` = the newest day now stored; `file` = which of the bank's files was read."""

    added: int
    day: date | None
    file: str


def fetch(
    url: str, warehouse: Warehouse, vault: Vault, clock: Callable[[], datetime], stop: Event | None = None
) -> Brought:
    """Fetches what is missing, adds and publishes it. Raises RatesUnreachable; then nothing has changed. `stop` ends
    the attempts, so that a process that shuts down need not wait for a bank that does not answer."""
    known = newest(warehouse).day
    file = needed(known, clock().date())
    try:
        found = asyncio.run(_ask(url, file, vault, clock, stop or Event()))
    except SyncError as error:
        raise RatesUnreachable(why=error.say("en"), why_zh=error.say("zh"), day=known or "-") from None
    today = clock().date()
    added = add(warehouse, {day: rates for day, rates in found.items() if day <= today})
    if added:
        warehouse.publish()
    return Brought(added, newest(warehouse).day, file)


def needed(known: date | None, today: date) -> str:
    """The smallest file that closes the gap between the newest stored rate and the last working day.

    >>> needed(date(2026, 11, 20), date(2026, 11, 23)), needed(date(2026, 11, 2), date(2026, 11, 23))
    ('eurofxref-daily.xml', 'eurofxref-hist-90d.xml')
    """
    before = today - timedelta(days=1)
    while before.weekday() > 4:
        before -= timedelta(days=1)
    gap = max(before - known, timedelta()) if known else timedelta.max
    return next(file for most, file in FILES if gap <= most)


async def _ask(url: str, file: str, vault: Vault, clock: Callable[[], datetime], stop: Event) -> Quotes:
    """The bank's answer; nothing where it was stopped."""
    client = BankClient(url)
    talk = Talk(client, Tokens(vault, NAME, client, clock), clock)
    asking = asyncio.ensure_future(talk.ask(Call(file, host="file"), quotes))
    try:
        while not asking.done() and not stop.is_set():
            await asyncio.wait({asking}, timeout=LOOK_SECONDS)
        if not asking.done():
            asking.cancel()
            await asyncio.wait({asking})
            return {}
        return asking.result()
    finally:
        await talk.close()
