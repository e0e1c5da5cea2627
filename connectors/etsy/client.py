"""How Etsy is spoken to: a key in one header, a bearer token of an hour in another, one sentence as error."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import msgspec
from msgspec import Struct

from connectors.engine.errors import Broken, Denied, Rejected, SyncError, Throttled, TokenExpired
from connectors.engine.refusals import consent_gone
from connectors.engine.settings import reveal
from connectors.engine.stream import Budget, Call, Host, Rate, Reply, Request, Tokens
from connectors.engine.values import decoder

if TYPE_CHECKING:
    from connectors.etsy import EtsySettings

API = "/v3/application"
SPENT = 24 * 3600.0
KEY = ("Check keystring and shared_secret; a new app has to be approved by Etsy first.",
       "请检查 keystring 与 shared_secret；新应用须先经 Etsy 审核。")
SCOPES = ("The shop's consent needs transactions_r, shops_r and listings_r.",
          "店铺授权需要 transactions_r、shops_r 和 listings_r 权限。")
OWNER = ("Check shop_id: whoever gave the consent does not own this shop.",
         "请检查 shop_id：授权账号不是该店铺的所有者。")
REFUSALS: tuple[tuple[tuple[str, ...], tuple[str, str]], ...] = (
    (("api key", "api_key", "shared secret", "x-api-key", "invalid_client"), KEY),
    (("scope",), SCOPES),
    (("own", "shop_id", "forbidden"), OWNER),
)
"""Words in Etsy's sentences, and what to do; the first that fits decides. All but a missing scope are of every call."""
SHARE = 0.8
"""Of the calls a second that Etsy allows, what is used steadily; the rest may come in a burst."""


class Failure(Struct):
    """Of a call (`error` is a sentence) or of the token call (`error` is a code)."""

    error: str = ""


class Granted(Struct):
    access_token: str = ""
    refresh_token: str | None = None
    expires_in: float | None = None
    error: str = ""


FAILED, GRANTED = decoder(Failure), decoder(Granted)


def challenge(verifier: str) -> str:
    """The S256 challenge of a PKCE verifier (RFC 7636), which the consent page wants.

    >>> challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
    'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'
    """
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


class EtsyClient:
    """The rate is the lowest that Etsy grants: every answer states the app's own."""

    rate = Rate(per_second=8, burst=2, concurrency=4)

    def __init__(self, settings: EtsySettings) -> None:
        self.settings = settings

    def request(self, call: Call, token: str | None, now: datetime) -> Request:
        settings = self.settings
        if call.host == "auth":
            headers = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}
            return Request("POST", settings.token_url, headers, urlencode(call.params).encode())
        headers = {"x-api-key": f"{settings.keystring}:{reveal(settings.shared_secret)}",
                   "authorization": f"Bearer {token}", "accept": "application/json"}
        query = urlencode({name: value for name, value in call.params.items() if value is not None}, safe=",")
        url = f"{settings.base_url}{API}{call.path}"
        return Request("GET", f"{url}?{query}" if query else url, headers)

    def check(self, reply: Reply, call: Call) -> Budget | None:
        if reply.status < 300:
            return budget(reply.headers)
        if reply.status == 429:
            spent = reply.headers.get("x-remaining-today") == "0"
            silence = SPENT if spent and "retry-after" not in reply.headers else None
            raise Throttled("(the day's calls are used up)" if spent else "(429)", wait=silence)
        if reply.status in (400, 401, 403):
            raise _error(reply.status, FAILED.decode(reply.body).error)
        return None  # the status says it

    def refresh(self, refresh_token: str | None, host: Host) -> Call | None:
        """Both tokens rotate; a refresh token lives 90 days."""
        if not refresh_token:
            return None
        return Call("token", host="auth", verb="POST", params={
            "grant_type": "refresh_token", "client_id": self.settings.keystring, "refresh_token": refresh_token})

    def tokens(self, reply: Reply, host: Host) -> Tokens:
        try:
            granted: Granted = GRANTED.decode(reply.body)
        except msgspec.DecodeError as error:
            raise Broken("(the token answer could not be read)") from error
        if not granted.access_token:
            what = f"(token: {granted.error or reply.status})"
            raise consent_gone(what) if granted.error == "invalid_grant" else _denied(what)
        return Tokens(granted.access_token, granted.refresh_token, granted.expires_in)


def budget(headers: Mapping[str, str]) -> Budget | None:
    """How fast to go so that no second has more than is allowed, and what is left of this one where others have used
    it up."""
    per_second, left = headers.get("x-limit-per-second"), headers.get("x-remaining-this-second")
    if not (per_second and per_second.isdigit() and int(per_second)):
        return None
    steady = int(per_second) * SHARE
    burst = max(1.0, int(per_second) - steady)
    short = left and left.isdigit() and int(left) < burst
    return Budget(float(left) if left and short else None, steady, burst)


def _error(status: int, words: str) -> SyncError:
    what = f"({status}: {words})"
    if status == 400:
        return Rejected(what)
    denied = _denied(what)
    if status == 401 and not any(word in words.lower() for word in REFUSALS[0][0]):
        return TokenExpired(what, otherwise=denied)
    return denied


def _denied(what: str) -> Denied:
    for words, (english, chinese) in REFUSALS:
        if any(word in what.lower() for word in words):
            return Denied(what, of_all=english != SCOPES[0], hint_en=english, hint_zh=chinese)
    return Denied(what)
