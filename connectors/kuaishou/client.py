"""How Kuaishou's gateway is spoken to: a path per method, one JSON parameter, and success that is called 1."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import msgspec
from msgspec import Struct

from connectors.engine.errors import Broken, Denied, Rejected, SyncError, Throttled, TokenExpired
from connectors.engine.refusals import clock_skew, consent_gone, missing_right, wrong_secret
from connectors.engine.settings import reveal
from connectors.engine.stream import Call, Host, Rate, Reply, Request, Tokens
from connectors.engine.values import Id, decoder, to_millis

if TYPE_CHECKING:
    from connectors.kuaishou import KuaishouSettings

FORM = {"content-type": "application/x-www-form-urlencoded;charset=utf-8"}
SUCCESS = 1
SIGNED = ("access_token", "appkey", "method", "param", "signMethod", "timestamp", "version")

KINDS: dict[str, Callable[[str], SyncError]] = {
    "isv.app-call-limited": Throttled,
    "isv.access-token-expired": TokenExpired,
    "isv.refresh-token-expired": consent_gone,
    "isv.access-denied": missing_right,
    "isv.invalid-method": Rejected,
}
"""Sub-codes by what can be done about them; there is no public table of all."""
WORDS: tuple[tuple[tuple[str, ...], Callable[[str], SyncError]], ...] = (
    (("timestamp", "时间戳"), lambda what: clock_skew(what, "Kuaishou", minutes=10)),
    (("sign", "签名"), lambda what: wrong_secret(what, "sign_secret (not the app_secret)")),
    (("limit", "频", "限流"), Throttled),
    (("isp.", "繁忙", "稍后", "超时", "系统", "timeout", "busy"), Broken),
    (("denied", "permission", "权限", "未授权"), missing_right),
)
"""What an unknown failure says about itself; without any of these it is final."""


class Answer(Struct):
    """Failures come with any HTTP status. `result` is a number; only 1 is success, none at all is no answer."""

    result: int | None = None
    code: Id = ""
    error_msg: str | None = None
    sub_code: str | None = None
    sub_msg: str | None = None


class Granted(Struct):
    result: int = 0
    access_token: str = ""
    refresh_token: str | None = None
    expires_in: float | None = None
    refresh_token_expires_in: float | None = None
    error: str | None = None
    error_msg: str | None = None
    sub_code: str | None = None


ANSWER, GRANTED = decoder(Answer), decoder(Granted)


def sign(params: Mapping[str, str], secret: str, method: str) -> str:
    """Lower-case hex MD5, or Base64 of the HMAC-SHA256, of the parameters that are signed, sorted, joined as
    they are before URL encoding; the secret stands at the end of the text in both cases."""
    text = "&".join(f"{name}={params[name]}" for name in SIGNED if params.get(name))
    text += f"&signSecret={secret}"
    if method == "MD5":
        return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
    return base64.b64encode(hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()).decode()


class KuaishouClient:
    """Quotas per app and method are not published: a modest start, slowed down where the platform says so."""

    rate = Rate(per_second=20, burst=10, concurrency=4)

    def __init__(self, settings: KuaishouSettings) -> None:
        self.settings = settings

    def request(self, call: Call, token: str | None, now: datetime) -> Request:
        settings = self.settings
        if call.host == "auth":
            url, form = f"{settings.token_url}/{call.path}", urlencode(call.params)
            return Request("GET", f"{url}?{form}") if call.verb == "GET" else Request("POST", url, FORM, form.encode())
        params = {
            "appkey": settings.app_key, "method": call.path, "version": "1", "access_token": token or "",
            "timestamp": str(to_millis(now)), "signMethod": settings.sign_method,
            "param": msgspec.json.encode(call.params, order="sorted").decode()}
        params["sign"] = sign(params, reveal(settings.sign_secret), settings.sign_method)
        path = call.path.replace(".", "/")
        return Request("GET", f"{settings.base_url}/{path}?{urlencode(params)}")

    def check(self, reply: Reply, call: Call) -> None:
        """Raise what a `result` other than 1 says; without one the status speaks."""
        answer: Answer = ANSWER.decode(reply.body)
        if answer.result is None:
            if reply.status < 400:
                raise Broken("(an answer without content)")
        elif answer.result != SUCCESS:
            raise _error(answer)

    def refresh(self, refresh_token: str | None, host: Host) -> Call | None:
        if not refresh_token:
            return None
        return Call("refresh_token", host="auth", verb="POST", params={
            "grant_type": "refresh_token", "app_id": self.settings.app_key,
            "app_secret": reveal(self.settings.app_secret), "refresh_token": refresh_token})

    def tokens(self, reply: Reply, host: Host) -> Tokens:
        try:
            granted: Granted = GRANTED.decode(reply.body)
        except msgspec.DecodeError as error:
            raise Broken("(the token answer could not be read)") from error
        if KINDS.get(granted.sub_code or "") is Throttled:
            raise Throttled(f"({granted.sub_code})")
        if granted.result != SUCCESS or not granted.access_token:
            words = " ".join(word for word in (granted.error, granted.error_msg) if word)
            raise Denied(f"(token: {granted.result} {words})",
                         hint_en=TokenExpired.hint_en, hint_zh=TokenExpired.hint_zh)
        return Tokens(granted.access_token, granted.refresh_token or None, granted.expires_in,
                      refresh_expires_in=granted.refresh_token_expires_in)


def _error(answer: Answer) -> SyncError:
    words = ", ".join(str(part) for part in (answer.code, answer.error_msg, answer.sub_code, answer.sub_msg) if part)
    what = f"({answer.result}: {words})"
    kind = KINDS.get(answer.sub_code or "") or next(
        (kind for signs, kind in WORDS if any(sign in words.lower() for sign in signs)), Rejected)
    return kind(what)
