"""The one module that imports httpx. Certificates are always verified; nothing it raises or logs has a URL.

The library writes every URL to its log, and some platforms carry secrets there: its loggers are silenced.
"""

from __future__ import annotations

import logging
import ssl
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
    redirect of a signed request is a wrong base_url."""

    def __init__(self, connections: int) -> None:
        self._client = httpx.AsyncClient(
            limits=httpx.Limits(max_connections=connections, max_keepalive_connections=connections),
            timeout=httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS, pool=None),
            headers={"user-agent": AGENT})

    async def send(self, request: Request) -> Reply:
        """Send and read the whole answer. Raises Broken where the transport fails or the body is cut."""
        try:
            answer = await self._client.request(
                request.method, request.url, headers=dict(request.headers), content=request.content or None)
        except httpx.TransportError as error:
            raise _failed(error) from None
        except httpx.DecodingError:
            raise Broken("(undecodable body)") from None
        return Reply(answer.status_code, _headers(answer), answer.content)

    async def download(self, request: Request, into: BinaryIO) -> Reply:
        """Stream the body into a file, piece by piece; the reply's body is empty unless it failed."""
        try:
            async with self._client.stream(
                    request.method, request.url, headers=dict(request.headers)) as answer:
                if answer.status_code >= 300:
                    return Reply(answer.status_code, _headers(answer), await answer.aread())
                async for piece in answer.aiter_bytes():
                    into.write(piece)
                return Reply(answer.status_code, _headers(answer), b"")
        except (httpx.TransportError, httpx.DecodingError) as error:
            raise _failed(error) from None

    async def close(self) -> None:
        await self._client.aclose()


def _failed(error: Exception) -> SyncError:
    """A certificate stays untrusted however often it is looked at; every other failure may pass."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return Untrusted(f"({cause.verify_message})")
        cause = cause.__cause__ or cause.__context__
    return Broken(f"({type(error).__name__})")


def _headers(answer: httpx.Response) -> dict[str, str]:
    return {name.lower(): value for name, value in answer.headers.items()}
