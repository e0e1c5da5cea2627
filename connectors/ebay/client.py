"""How eBay is spoken to: JSON with a bearer token that lives two hours, errors by number, two hosts."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

import msgspec
from msgspec import Struct

from connectors.ebay.refusals import TOKEN_CALL, Failure, refusal
from connectors.ebay.signing import signed_headers
from connectors.engine.errors import Broken, Denied, TokenExpired
from connectors.engine.settings import reveal
from connectors.engine.stream import Call, Host, Rate, Reply, Request, Tokens
from connectors.engine.values import decoder

if TYPE_CHECKING:
    from connectors.ebay import EbaySettings

ON_APIZ = ("/sell/finances/", "/commerce/identity/")


class Failed(Struct):
    errors: list[Failure] = []


class Granted(Struct):
    access_token: str = ""
    refresh_token: str | None = None
    expires_in: float | None = None
    refresh_token_expires_in: float | None = None
    error: str = ""


FAILED, GRANTED = decoder(Failed), decoder(Granted)


class EbayClient:
    """Quotas are by day and application and no answer tells them: the rate only keeps bursts polite."""

    rate = Rate(per_second=40, burst=20, concurrency=6)

    def __init__(self, settings: EbaySettings) -> None:
        self.settings = settings

    def request(self, call: Call, token: str | None, now: datetime) -> Request:
        settings = self.settings
        if call.host == "auth":
            pair = f"{settings.client_id}:{reveal(settings.client_secret)}".encode()
            headers = {"authorization": f"Basic {base64.b64encode(pair).decode()}",
                       "content-type": "application/x-www-form-urlencoded"}
            url = f"{settings.auth_url or settings.base_url}/identity/v1/oauth2/token"
            return Request("POST", url, headers, urlencode(call.params).encode())
        url = (settings.apiz if call.path.startswith(ON_APIZ) else settings.base_url) + call.path
        headers = {"authorization": f"Bearer {token}", "accept": "application/json",
                   "x-ebay-c-marketplace-id": settings.marketplace_id}
        if settings.signing_key and settings.signing_jwe and call.path.startswith("/sell/finances/"):
            key, jwe = reveal(settings.signing_key), reveal(settings.signing_jwe)
            headers |= signed_headers("GET", url, key, jwe, now)
        query = urlencode(call.params, quote_via=quote)  # brackets of filters must be percent-encoded
        return Request("GET", f"{url}?{query}" if query else url, headers)

    def check(self, reply: Reply, call: Call) -> None:
        if reply.status < 300:
            return  # 204 = nothing there; `warnings` may come with 200
        try:
            failures = FAILED.decode(reply.body).errors
        except msgspec.DecodeError:
            failures = []
        if failures:
            raise refusal(reply.status, failures[0], call.path)
        if reply.status == 401:
            raise TokenExpired("(HTTP 401)")

    def refresh(self, refresh_token: str | None, host: Host) -> Call | None:
        """The refresh token stays the same for its 18 months."""
        if not refresh_token:
            return None
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        scope = {"scope": self.settings.scope} if self.settings.scope else {}
        return Call("token", host="auth", verb="POST", params=form | scope)

    def tokens(self, reply: Reply, host: Host) -> Tokens:
        try:
            granted: Granted = GRANTED.decode(reply.body)
        except msgspec.DecodeError as error:
            raise Broken("(the token answer could not be read)") from error
        if not granted.access_token:
            raise TOKEN_CALL.get(granted.error, Denied)(f"(token: {granted.error or reply.status})")
        return Tokens(granted.access_token, granted.refresh_token, granted.expires_in,
                      refresh_expires_in=granted.refresh_token_expires_in)
