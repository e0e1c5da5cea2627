"""How JD's gateway (JOS `routerjson`) is spoken to: signed form posts, two levels of errors in HTTP 200."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import msgspec
from msgspec import Struct

from connectors.engine.errors import Broken, Denied, Rejected, SyncError, Throttled, TokenExpired
from connectors.engine.refusals import clock_skew, missing_right, wrong_secret
from connectors.engine.stream import Call, Host, Rate, Reply, Request, Tokens
from connectors.engine.values import Id, decoder, to_beijing
from connectors.jd.wire import Verdict

if TYPE_CHECKING:
    from connectors.jd import JdSettings

FORM = {"content-type": "application/x-www-form-urlencoded;charset=utf-8"}

KINDS: dict[str, Callable[[str], SyncError]] = {
    "2": Throttled, "4": Rejected, "5": Rejected, "11": Rejected, "14": Rejected, "15": Rejected, "19": TokenExpired,
    "7": lambda what: clock_skew(what, "JD", minutes=6), "8": lambda what: clock_skew(what, "JD", minutes=6),
    "12": lambda what: wrong_secret(what, "app_secret"),
}
"""Gateway codes (text) by what can be done about them."""
WORDS: tuple[tuple[tuple[str, ...], Callable[[str], SyncError]], ...] = (
    (("权限", "授权", "permission", "privilege", "unauthorized", "not authorized", "forbidden"), missing_right),
    (("参数", "parameter"), Rejected),
)
"""What other codes say of themselves. All without these words are JD's own failures and may pass."""
PASSING = ("繁忙", "稍后", "超时", "busy", "timeout", "try again", "retry")
"""Words of a business failure that may pass; any other is a refusal."""


class Failure(Struct):
    code: Id = ""
    zh_desc: str = ""
    en_desc: str = ""


class Inner(Struct):
    """The places where a business answer says whether it succeeded."""

    success: bool | None = None
    apiResult: Verdict | None = None
    msg: str = ""
    englishErrCode: str = ""
    chineseErrCode: str = ""


class Outer(Failure):
    searchorderinfo_result: Inner | None = None
    queryResult: Inner | None = None
    pageResult: Inner | None = None
    shop_jos_result: Inner | None = None
    page: Inner | None = None


class Granted(Struct):
    access_token: str = ""
    refresh_token: str | None = None
    expires_in: float | None = None
    code: Id = ""
    msg: str = ""


OUTER, GRANTED = decoder(dict[str, Outer]), decoder(Granted)


def sign(params: Mapping[str, str], secret: str) -> str:
    """The upper-case MD5 of the secret, all parameters sorted by key and run together, and the secret."""
    text = "".join(f"{key}{params[key]}" for key in sorted(params) if key != "sign")
    return hashlib.md5(f"{secret}{text}{secret}".encode(), usedforsecurity=False).hexdigest().upper()


class JdClient:
    """Signs with the app's secret; the seller follows from the access token.

    JD publishes no quota: the rate is a modest start, code 2 slows it down.
    """

    rate = Rate(per_second=20, burst=4, concurrency=4)

    def __init__(self, settings: JdSettings) -> None:
        self.settings = settings

    def request(self, call: Call, token: str | None, now: datetime) -> Request:
        settings = self.settings
        if call.host == "auth":
            return Request("GET", f"{settings.oauth_url(call.path)}?{urlencode(call.params)}")
        business = {name: str(value) for name, value in call.params.items() if value is not None}
        params = {
            "method": call.path, "app_key": settings.app_key, "access_token": token or "",
            "timestamp": to_beijing(now), "v": "2.0",
            "360buy_param_json": msgspec.json.encode(business).decode(),  # signed and sent byte by byte
        }
        params["sign"] = sign(params, settings.app_secret.get_secret_value())
        return Request("POST", settings.gateway_url, FORM, urlencode(params).encode())

    def check(self, reply: Reply, call: Call) -> None:
        """Raise what the gateway says (`error_response`, code) or the business answer (`success` false)."""
        for name, outer in OUTER.decode(reply.body).items():
            if name == "error_response" or str(outer.code or "0") != "0":
                raise _gateway_error(outer)
            for inner in (outer.searchorderinfo_result, outer.queryResult, outer.pageResult, outer.shop_jos_result,
                          outer.page):
                if inner is not None:
                    _check_business(inner)

    def refresh(self, refresh_token: str | None, host: Host) -> Call | None:
        if not refresh_token:
            return None
        return Call("refresh_token", host="auth", params={
            "app_key": self.settings.app_key, "app_secret": self.settings.app_secret.get_secret_value(),
            "grant_type": "refresh_token", "refresh_token": refresh_token})

    def tokens(self, reply: Reply, host: Host) -> Tokens:
        try:
            granted: Granted = GRANTED.decode(reply.body)
        except msgspec.DecodeError as error:
            raise Broken("(the token answer could not be read)") from error
        if KINDS.get(str(granted.code)) is Throttled:
            raise Throttled(f"({granted.code}: {granted.msg})")
        if not granted.access_token:
            raise Denied(f"(token: {granted.code} {granted.msg})",
                         hint_en=TokenExpired.hint_en, hint_zh=TokenExpired.hint_zh)
        return Tokens(granted.access_token, granted.refresh_token, granted.expires_in)


def _gateway_error(failure: Failure) -> SyncError:
    code = str(failure.code)
    what = f"({code}: {failure.en_desc or failure.zh_desc})"
    return (KINDS.get(code) or _worded(f"{failure.en_desc} {failure.zh_desc}", Broken))(what)


def _worded(words: str, otherwise: Callable[[str], SyncError]) -> Callable[[str], SyncError]:
    return next((kind for signs, kind in WORDS if any(sign in words.lower() for sign in signs)), otherwise)


def _check_business(inner: Inner) -> None:
    """An outer code of "0" is not yet success: the answer inside has its own verdict."""
    verdict = inner.apiResult or Verdict(inner.success, inner.englishErrCode, inner.chineseErrCode, inner.msg)
    if verdict.success is not False:
        return
    words = " ".join(word for word in (verdict.englishErrCode, verdict.chineseErrCode, verdict.msg) if word)
    passing = any(sign in words.lower() for sign in PASSING)
    raise (Broken if passing else _worded(words, Rejected))(f"({words})")
