"""The one module that imports httpx. Certificates are always verified; nothing it raises or logs has a URL.

The library writes every URL to its log, and some platforms carry secrets there: its loggers are silenced.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import BinaryIO

import httpx

from connectors.engine.errors import Broken, SyncError, Untrusted
from connectors.engine.stream import Reply, Request

CONNECT_SECONDS, READ_SECONDS = 10.0, 60.0
AGENT = "souk/0.1"

for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)


class Http:
    """Keep-alive connections to one platform, at most `connections` at once. HTTP/1.1; no redirects, as a
    redirect of a signed request is a wrong base_url.

    Each connection is a client of its own, the last one used is taken first: one client for all looks at every
    connection, several times a request, which costs as much as the request itself."""

    def __init__(self, connections: int) -> None:
        self._trust = httpx.create_ssl_context()
        self._clients = [self._client() for _ in range(connections)]
        self._idle: asyncio.LifoQueue[httpx.AsyncClient] = asyncio.LifoQueue()
        for client in self._clients:
            self._idle.put_nowait(client)

    async def send(self, request: Request) -> Reply:
        """Send and read the whole answer. Raises Broken where the transport fails or the body is cut."""
        try:
            async with self._one() as client:
                answer = await client.request(
                    request.method, request.url, headers=dict(request.headers), content=request.content or None)
        except httpx.TransportError as error:
            raise _failed(error) from None
        except httpx.DecodingError:
            raise Broken("(undecodable body)") from None
        return Reply(answer.status_code, _headers(answer), answer.content)

    async def download(self, request: Request, into: BinaryIO) -> Reply:
        """Stream the body into a file, piece by piece; the reply's body is empty unless it failed."""
        try:
            async with self._one() as client, client.stream(
                    request.method, request.url, headers=dict(request.headers)) as answer:
                if answer.status_code >= 300:
                    return Reply(answer.status_code, _headers(answer), await answer.aread())
                async for piece in answer.aiter_bytes():
                    into.write(piece)
                return Reply(answer.status_code, _headers(answer), b"")
        except (httpx.TransportError, httpx.DecodingError) as error:
            raise _failed(error) from None

    async def close(self) -> None:
        for client in self._clients:
            await client.aclose()

    @asynccontextmanager
    async def _one(self) -> AsyncIterator[httpx.AsyncClient]:
        client = await self._idle.get()
        try:
            yield client
        except asyncio.CancelledError:
            # The library may count a cancelled request's connection as taken for good: the next would wait for ever.
            cancelled, client = client, self._client()
            self._clients[self._clients.index(cancelled)] = client
            await cancelled.aclose()
            raise
        finally:
            self._idle.put_nowait(client)

    def _client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            verify=self._trust, limits=httpx.Limits(max_connections=1, max_keepalive_connections=1),
            timeout=httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS, pool=None), headers={"user-agent": AGENT})


def _failed(error: Exception) -> SyncError:
    """A certificate stays untrusted however often it is looked at; every other failure may pass."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return Untrusted(f"({cause.verify_message})")
        cause = cause.__cause__ or cause.__context__
    return Broken(f"({type(error).__name__})")


def _headers(answer: httpx.Response) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in answer.headers.raw}
