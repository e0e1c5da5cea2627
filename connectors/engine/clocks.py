"""This machine's clock against those of the platforms: signed calls carry the time and are refused when it is off.

Only the `Date` header of an answer without keys is looked at; where nobody answers there is nothing to compare.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from connectors.engine.errors import SyncError
from connectors.engine.http import Http
from connectors.engine.stream import Request

PATIENCE = 3.0
"""Seconds a server has to answer."""


def ahead(urls: Iterable[str]) -> dict[str, timedelta]:
    """host -> how far this clock is ahead of its (to the second; negative = behind), of those that answered."""
    hosts = {urlsplit(url).netloc: url for url in urls}
    return asyncio.run(_all(hosts))


async def _all(hosts: dict[str, str]) -> dict[str, timedelta]:
    http = Http(4)
    try:
        found = await asyncio.gather(*(_one(http, url) for url in hosts.values()))
    finally:
        await http.close()
    return {host: off for host, off in zip(hosts, found, strict=True) if off is not None}


async def _one(http: Http, url: str) -> timedelta | None:
    """The middle of asking and hearing is when the server looked at its clock."""
    asked = datetime.now(UTC)
    try:
        async with asyncio.timeout(PATIENCE):
            reply = await http.send(Request("HEAD", url))
        theirs = parsedate_to_datetime(reply.headers.get("date", ""))
    except (SyncError, TimeoutError, ValueError, TypeError):
        return None
    ours = asked + (datetime.now(UTC) - asked) / 2
    return ours.replace(microsecond=0) - theirs.astimezone(UTC)
