"""How Mercado Libre is spoken to: plain REST, a bearer token of six hours, refresh tokens that work once."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import msgspec
from msgspec import Struct

from connectors.engine.errors import Broken, Denied, Rejected, TokenExpired
from connectors.engine.refusals import consent_gone
from connectors.engine.settings import reveal
from connectors.engine.stream import Call, Host, Rate, Reply, Request, Tokens
from connectors.engine.values import decoder

if TYPE_CHECKING:
    from connectors.mercado_libre import MercadoLibreSettings

TOKEN = "/oauth/token"  # noqa: S105 - a path
FORM = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}
ADVERTISING = "/advertising/"
"""Wants to be told which version of itself is meant."""
PARTIAL = 206
NEEDED = ("order", "item", "payment", "result")
"""Parts of an answer that must not be missing; others (feedback, shipping) are not read."""

REFUSALS: tuple[tuple[tuple[str, ...], str, str], ...] = (
    (("invalid_client", "client_secret"),
     "Check client_id and client_secret: the secret changes when it is renewed in the developer site.",
     "请检查 client_id 与 client_secret：在开发者网站重置后旧密钥即失效。"),
    (("invalid_operator",),
     "Authorise with the account's administrator: a collaborator's consent is not accepted.",
     "请用主账号（管理员）授权：协作者账号的授权不被接受。"),
    (("polic", "unauthorized_application", "blocked"),
     "Mercado Libre has blocked the app or the account: the developer site says why, and what data it still wants.",
     "应用或账号已被 Mercado Libre 限制：请在开发者网站查看原因并补全资料。"),
    (("seller", "caller"),
     "The authorisation is of another account than the shop asked for: authorise with the shop's own.",
     "授权账号与店铺不符：请用该店铺的账号授权。"),
    (("",),
     "The app may not read this: check its scopes, and that it is not blocked, in the developer site.",
     "应用无权读取：请在开发者网站检查应用的权限范围，以及应用是否被停用。"),
)
"""Words in a refusal, and what to do in English and Chinese; the first that fits decides. The last fits all, and is the
only one that is about one call."""


class Failure(Struct):
    message: str = ""
    error: str = ""
    code: str | int = ""


class Granted(Failure):
    access_token: str = ""
    refresh_token: str | None = None
    expires_in: float | None = None


FAILURE, GRANTED = decoder(Failure), decoder(Granted)


class MercadoLibreClient:
    """Limits are per app and endpoint and published nowhere: a modest pace, and back off after a 429, which
    names no time."""

    rate = Rate(per_second=15, burst=15, concurrency=5)

    def __init__(self, settings: MercadoLibreSettings) -> None:
        self.settings = settings

    def request(self, call: Call, token: str | None, now: datetime) -> Request:
        url = self.settings.base_url + call.path
        if call.host == "auth":
            return Request("POST", url, FORM, urlencode(call.params).encode())
        query = urlencode({name: value for name, value in call.params.items() if value is not None})
        headers = {"accept": "application/json", "authorization": f"Bearer {token or ''}"}
        if call.path.startswith(ADVERTISING):
            headers["api-version"] = "1" if call.path == f"{ADVERTISING}advertisers" else "2"
        return Request("GET", f"{url}?{query}" if query else url, headers)

    def check(self, reply: Reply, call: Call) -> None:
        """Statuses say most; 401 means an ended token, and 206 that parts of the answer could not be had."""
        if reply.status == PARTIAL:
            missing = reply.headers.get("x-content-missing", "").lower()
            if not missing or any(word in missing for word in NEEDED):
                raise Broken(f"(206: incomplete, {missing or 'without saying what is missing'})")
            return
        if reply.status not in (400, 401, 403):
            return
        failure: Failure = FAILURE.decode(reply.body)
        words = " ".join(str(word) for word in (failure.error, failure.code, failure.message) if word)
        what = f"({reply.status}: {words})"
        if reply.status == 400:
            raise Rejected(what)
        if reply.status == 401 or "invalid_token" in what:
            raise TokenExpired(what)
        raise _denied(what)

    def refresh(self, refresh_token: str | None, host: Host) -> Call | None:
        if not refresh_token:
            return None
        return Call(TOKEN, host="auth", verb="POST", params={
            "grant_type": "refresh_token", "client_id": self.settings.client_id,
            "client_secret": reveal(self.settings.client_secret), "refresh_token": refresh_token})

    def tokens(self, reply: Reply, host: Host) -> Tokens:
        try:
            granted: Granted = GRANTED.decode(reply.body)
        except msgspec.DecodeError as error:
            raise Broken("(the token answer could not be read)") from error
        if granted.access_token:
            return Tokens(granted.access_token, granted.refresh_token or None, granted.expires_in)
        what = f"(token: {granted.error} {granted.message})"
        raise consent_gone(what) if granted.error == "invalid_grant" else _denied(what)


def _denied(what: str) -> Denied:
    signs, english, chinese = next(row for row in REFUSALS if any(word in what.lower() for word in row[0]))
    return Denied(what, of_all=signs != ("",), hint_en=english, hint_zh=chinese)
