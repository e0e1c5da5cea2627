"""How Lazada is spoken to: a signed query on the country's host, the token among the parameters, errors in HTTP 200."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import msgspec
from msgspec import Struct

from connectors.engine.errors import Broken, Denied, Rejected, SyncError, Throttled, TokenExpired
from connectors.engine.refusals import clock_skew, consent_gone, missing_right, unknown_app, wrong_secret
from connectors.engine.settings import reveal
from connectors.engine.stream import Call, Host, Rate, Reply, Request, Tokens
from connectors.engine.values import decoder, to_millis

if TYPE_CHECKING:
    from connectors.lazada import LazadaSettings

REFRESH = "/auth/token/refresh"

KINDS: dict[str, type[SyncError]] = {
    **dict.fromkeys(("ApiCallLimit", "AppCallLimit", "901"), Throttled),
    **dict.fromkeys(("ServiceUnavailable", "SystemError", "ServiceTimeout"), Broken),
    **dict.fromkeys(("IllegalAccessToken", "AccessTokenExpired"), TokenExpired),
}
"""Code words by what can be done about them; all others (numbers are business errors, but for 901: "too frequent")
are rejections, or REFUSALS."""


def clock(what: str) -> Denied:
    return clock_skew(what, "Lazada", minutes=120)


REFUSALS: dict[str, Callable[[str], Denied]] = {
    "MissingTimeStamp": clock, "InvalidTimestamp": clock,
    "IncompleteSignature": lambda what: wrong_secret(what, "app_secret"),
    "InvalidAppKey": lambda what: unknown_app(what, "app_key"),
    "InsufficientPermission": missing_right, "InsufficientIsvPermission": missing_right,
    "IllegalRefreshToken": consent_gone,
    "SellerNotVerified": lambda what: Denied(
        what, of_all=True,
        hint_en="The seller has not finished opening the shop: the Seller Center says what is missing.",
        hint_zh="卖家尚未完成开店：请在卖家中心补全资料。"),
    "Mp3SellerApiLimit": lambda what: Denied(
        what, hint_en="This kind of seller (MP3) is not given the list: ask Lazada.",
        hint_zh="此类卖家（MP3）不能使用该接口：请联系 Lazada。"),
}
"""Codes that say what is to be done."""


class Answer(Struct):
    """`code` is the text "0" where all is well."""

    code: str = "0"
    type: str = ""
    message: str = ""


class Granted(Struct):
    access_token: str = ""
    refresh_token: str | None = None
    expires_in: float | None = None
    refresh_expires_in: float | None = None
    code: str = "0"
    message: str = ""


ANSWER, GRANTED = decoder(Answer), decoder(Granted)


def sign(secret: str, path: str, params: Mapping[str, str], body: str = "") -> str:
    """Upper-case hex HMAC-SHA256 of the path after `/rest` and all raw parameters sorted by key."""
    text = path + "".join(f"{name}{params[name]}" for name in sorted(params) if name != "sign") + body
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest().upper()


class LazadaClient:
    """Quotas differ from app to app: five to ten calls a second is what is safe to assume, in any second."""

    rate = Rate(per_second=8, burst=2, concurrency=4)

    def __init__(self, settings: LazadaSettings) -> None:
        self.settings = settings

    def request(self, call: Call, token: str | None, now: datetime) -> Request:
        settings = self.settings
        base = settings.token_url if call.host == "auth" else settings.base_url
        params = {"app_key": settings.app_key, "timestamp": str(to_millis(now)), "sign_method": "sha256"}
        if token:
            params["access_token"] = token
        params |= {name: str(value) for name, value in call.params.items() if value is not None}
        params["sign"] = sign(reveal(settings.app_secret), call.path, params)
        return Request("GET", f"{base}{call.path}?{urlencode(params)}")

    def check(self, reply: Reply, call: Call) -> None:
        """Raise what the code says: it comes with HTTP 200."""
        answer: Answer = ANSWER.decode(reply.body)
        if answer.code != "0":
            raise _error(answer)

    def refresh(self, refresh_token: str | None, host: Host) -> Call | None:
        return Call(REFRESH, {"refresh_token": refresh_token}, host="auth") if refresh_token else None

    def tokens(self, reply: Reply, host: Host) -> Tokens:
        try:
            granted: Granted = GRANTED.decode(reply.body)
        except msgspec.DecodeError as error:
            raise Broken("(the token answer could not be read)") from error
        if KINDS.get(granted.code) in (Broken, Throttled):
            raise Broken(f"({granted.code}: {granted.message})")
        if granted.code != "0" or not granted.access_token:
            raise Denied(f"(token: {granted.code}: {granted.message})",
                         hint_en=TokenExpired.hint_en, hint_zh=TokenExpired.hint_zh)
        return Tokens(granted.access_token, granted.refresh_token or None, granted.expires_in or None,
                      refresh_expires_in=granted.refresh_expires_in or None)


def _error(answer: Answer) -> SyncError:
    what = f"({answer.code}: {answer.message})"
    kind = KINDS.get(answer.code)
    if answer.code in REFUSALS:
        return REFUSALS[answer.code](what)
    if "timestamp" in answer.message.lower():
        return clock(what)
    if kind is Throttled:
        return Throttled(what, wait=_ban(answer.message))
    if kind is None:
        kind = Broken if answer.type == "SYSTEM" else Rejected
    return kind(what)


def _ban(message: str) -> float | None:
    """Seconds that a ban is said to last, and one more."""
    left = re.search(r"(\d+)\s*(?:more\s+)?s(?:ec(?:ond)?s?)?\b", message, re.IGNORECASE)
    return int(left[1]) + 1 if left else None
