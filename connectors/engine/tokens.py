"""Access tokens of one connection: refreshed before they end or when the platform says so, once for all.

Refresh tokens rotate: whoever refreshes holds a lock that other processes honour, looks first whether another
one has just done it, and stores the new pair before anyone uses it. A kill between the two would otherwise
leave a connection whose only valid token was lost.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from connectors.engine.errors import Denied, Misconfigured, SyncError, TokenExpired
from connectors.engine.locks import held_async, lock_file
from connectors.engine.stream import Call, Client, Host, Reply
from connectors.engine.stream import Tokens as Granted
from connectors.engine.vault import Vault

EARLY_SECONDS, EARLY_SHARE = 300.0, 0.1
"""A token is renewed five minutes before its end, or a tenth of its life where that is less."""
LOCK_SECONDS = 120.0

Send = Callable[[Call], Awaitable[Reply]]


def prefix(host: Host) -> str:
    """Settings of host "api" have plain names, those of "ads" start with `ads_`."""
    return "" if host == "api" else f"{host}_"


def renew_at(host: Host) -> str:
    """Name of the engine's own note in the vault (notes begin with an underscore)."""
    return f"_{prefix(host)}renew_at"


def refresh_ends_at(host: Host) -> str:
    """Name of the note that says when the refresh token ends."""
    return f"_{prefix(host)}refresh_ends_at"


def stored(fresh: Granted, host: Host, now: datetime) -> dict[str, str]:
    """What is kept of a token answer: the pair, and when it is to be renewed."""
    kept = {f"{prefix(host)}access_token": fresh.access_token}
    if fresh.refresh_token:
        kept[f"{prefix(host)}refresh_token"] = fresh.refresh_token
    seconds = (fresh.ends_at - now).total_seconds() if fresh.ends_at else fresh.expires_in
    if seconds is not None:
        life = seconds - min(EARLY_SECONDS, seconds * EARLY_SHARE)
        kept[renew_at(host)] = (now + timedelta(seconds=life)).isoformat()
    if fresh.refresh_ends_at or fresh.refresh_expires_in:
        end = fresh.refresh_ends_at or now + timedelta(seconds=fresh.refresh_expires_in or 0.0)
        kept[refresh_ends_at(host)] = end.isoformat()
    return kept


@dataclass(frozen=True)
class Life:
    """How a stored token stands. `renews`: the engine renews it by itself, until `ends_at`, the end of the refresh
    token. Otherwise people must authorise again, and `ends_at` is the token's own. None where nobody said."""

    host: Host
    ends_at: datetime | None
    renews: bool


def lives(settings: Mapping[str, str], client: Client) -> list[Life]:
    """Of all tokens among the stored settings of a connection."""
    found = []
    for name in settings:
        if name.endswith("access_token"):
            before = name.removesuffix("access_token")
            host = before.removesuffix("_") or "api"
            renews = client.refresh(settings.get(f"{before}refresh_token") or None, host) is not None
            at = settings.get(refresh_ends_at(host) if renews else renew_at(host))
            found.append(Life(host, datetime.fromisoformat(at) if at else None, renews))
    return found


class Tokens:
    """Hands out the token of a host; `send` performs a token call."""

    def __init__(self, vault: Vault, connection: str, client: Client, clock: Callable[[], datetime]) -> None:
        self._vault, self._connection, self._client, self._clock = vault, connection, client, clock
        self._turns: dict[Host, asyncio.Lock] = {}
        self._stored = vault.settings(connection)

    async def get(self, host: Host, send: Send) -> str | None:
        """The token to use now; None where the platform has none (keys in every request)."""
        token = self._token(host)
        if token and not self._ending(host):
            return token
        if not token and self._client.refresh(self._refresh_token(host), host) is None:
            return None
        try:
            return await self.renew(host, token, send)
        except SyncError:
            if not token:
                raise
            self._stored.pop(self._renew_at(host), None)
            return token

    async def renew(self, host: Host, stale: str | None, send: Send) -> str:
        """A token other than `stale`, stored. Raises Denied where people must authorise again."""
        async with self._turns.setdefault(host, asyncio.Lock()):
            lock = lock_file(self._vault.home, f"token-{self._connection}-{host}")
            async with held_async(lock, LOCK_SECONDS):
                self._stored = self._vault.settings(self._connection)
                token = self._token(host)
                if token and token != stale:
                    return token
                return await self._refresh(host, send)

    async def introduce(self, host: Host, send: Send) -> Reply:
        """The answer of a token call, its pair stored: where a platform names the shop only there. Raises Misconfigured
        where there is nothing to get a new token with."""
        async with self._turns.setdefault(host, asyncio.Lock()):
            lock = lock_file(self._vault.home, f"token-{self._connection}-{host}")
            async with held_async(lock, LOCK_SECONDS):
                self._stored = self._vault.settings(self._connection)
                if self._client.refresh(self._refresh_token(host), host) is None:
                    raise Misconfigured("refresh_token (the platform names the shop with a new token only)")
                return await self._ask(host, send)

    async def _refresh(self, host: Host, send: Send) -> str:
        await self._ask(host, send)
        return self._token(host) or ""

    async def _ask(self, host: Host, send: Send) -> Reply:
        """Make the token call and store what it gave before anyone uses it. Where the refresh token is refused
        (it has ended in a long pause) a platform may give a token without one: to a merchant's own app."""
        refresh_token = self._refresh_token(host)
        call = self._client.refresh(refresh_token, host)
        if call is None:
            raise Denied("(the access token has ended)", of_all=True, hint_en=TokenExpired.hint_en,
                         hint_zh=TokenExpired.hint_zh)
        reply = await send(call)
        try:
            fresh = self._client.tokens(reply, host)
        except Denied as refused:
            refused.of_all = True
            anew = self._client.refresh(None, host) if refresh_token else None
            if anew is None:
                raise
            reply = await send(anew)
            try:
                fresh = self._client.tokens(reply, host)
            except Denied:
                raise refused from None
        kept = stored(fresh, host, self._clock())
        self._vault.store(self._connection, kept)
        self._stored.update(kept)
        return reply

    def newest(self, host: Host) -> str | None:
        """The token that is known now, whatever its age: never asks the platform."""
        return self._token(host)

    def _token(self, host: Host) -> str | None:
        return self._stored.get(f"{prefix(host)}access_token") or None

    def _refresh_token(self, host: Host) -> str | None:
        return self._stored.get(f"{prefix(host)}refresh_token") or None

    def _ending(self, host: Host) -> bool:
        """Whether the token's time to be renewed has come."""
        at = self._stored.get(self._renew_at(host))
        return at is not None and self._clock() >= datetime.fromisoformat(at)

    def _renew_at(self, host: Host) -> str:
        return renew_at(host)
