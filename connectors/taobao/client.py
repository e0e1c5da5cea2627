"""How the Taobao / Tmall gateway (TOP) is spoken to: one URL, signed form posts, errors inside HTTP 200."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import msgspec
from msgspec import Struct

from connectors.engine.errors import Broken, Denied, Rejected, SyncError, Throttled, TokenExpired
from connectors.engine.refusals import clock_skew, missing_right, unknown_app, wrong_secret
from connectors.engine.stream import Call, Host, Rate, Reply, Request, Tokens
from connectors.engine.values import BEIJING, Id, decoder, to_beijing

if TYPE_CHECKING:
    from connectors.taobao import TaobaoSettings

FORM = {"content-type": "application/x-www-form-urlencoded;charset=utf-8"}
KINDS: dict[int, type[SyncError]] = {
    **dict.fromkeys((3, 7), Throttled),
    **dict.fromkeys((26, 27), TokenExpired),
    **dict.fromkeys((11, 12, 25, 28, 29, 30, 31), Denied),
    **dict.fromkeys((9, 21, 22, 23, 24, 32, 33, 34, 40, 41, 42, 43), Rejected),
    10: Broken,
}
"""Gateway codes by what can be done about them. 15 and all others are decided by `sub_code`."""


class Failure(Struct):
    code: int = 0
    msg: str = ""
    sub_code: str = ""
    sub_msg: str = ""


class Failed(Struct):
    error_response: Failure | None = None


class Granted(Struct):
    """The token answer: `r2_expires_in` may be shorter than the token's own life."""

    access_token: str = ""
    refresh_token: str | None = None
    expires_in: float | None = None
    r2_expires_in: float | None = None
    re_expires_in: float | None = None
    """Of the refresh token."""
    error: str = ""
    taobao_user_id: Id | None = None
    """The seller's number."""


FAILED, GRANTED = decoder(Failed), decoder(Granted)


def sign(params: Mapping[str, str], secret: str, method: str = "md5") -> str:
    """The upper-case digest of all parameters but `sign`, sorted by key, keys and values run together.

    `md5` wraps the text in the secret on both ends; the two HMACs use it as their key.
    """
    text = "".join(f"{key}{params[key]}" for key in sorted(params) if key and params[key] and key != "sign")
    if method == "md5":
        return hashlib.md5(f"{secret}{text}{secret}".encode(), usedforsecurity=False).hexdigest().upper()
    digest = {"hmac": hashlib.md5, "hmac-sha256": hashlib.sha256}[method]
    return hmac.new(secret.encode(), text.encode(), digest).hexdigest().upper()


class TaobaoClient:
    """Signs with the app's secret; the access token travels as `session`.

    TOP publishes no quota: the rate is a start that bans correct (code 7 says for how many seconds).
    """

    rate = Rate(per_second=60, burst=8, concurrency=8)

    def __init__(self, settings: TaobaoSettings) -> None:
        self.settings = settings

    def request(self, call: Call, token: str | None, now: datetime) -> Request:
        settings = self.settings
        if call.host == "auth":
            return Request("POST", settings.token_url, FORM, urlencode(call.params).encode())
        params = {
            "method": call.path, "app_key": settings.app_key, "session": token or "",
            "timestamp": to_beijing(now), "format": "json", "v": "2.0", "sign_method": settings.sign_method,
            **{name: str(value) for name, value in call.params.items() if value is not None},
        }
        params = {name: value for name, value in params.items() if value}
        params["sign"] = sign(params, settings.app_secret.get_secret_value(), settings.sign_method)
        return Request("POST", settings.gateway_url, FORM, urlencode(params).encode())

    def check(self, reply: Reply, call: Call) -> None:
        """Raise what an `error_response` says: it comes with HTTP 200."""
        if b'"error_response"' in reply.body[:200]:
            raise _error(FAILED.decode(reply.body).error_response or Failure(), reply)

    def refresh(self, refresh_token: str | None, host: Host) -> Call | None:
        if not refresh_token:
            return None
        return Call("token", host="auth", verb="POST", params={
            "grant_type": "refresh_token", "refresh_token": refresh_token, "client_id": self.settings.app_key,
            "client_secret": self.settings.app_secret.get_secret_value()})

    def tokens(self, reply: Reply, host: Host) -> Tokens:
        try:
            granted: Granted = GRANTED.decode(reply.body)
        except msgspec.DecodeError as error:
            raise Broken("(the token answer could not be read)") from error
        if not granted.access_token:
            raise Denied(f"(token: {granted.error})",
                         hint_en=TokenExpired.hint_en, hint_zh=TokenExpired.hint_zh)
        lives = [life for life in (granted.expires_in, granted.r2_expires_in) if life]
        return Tokens(granted.access_token, granted.refresh_token, min(lives, default=None),
                      refresh_expires_in=granted.re_expires_in or None)


def _error(failure: Failure, reply: Reply) -> SyncError:
    words = ", ".join(part for part in (failure.msg, failure.sub_code, failure.sub_msg) if part)
    what = f"({failure.code}: {words})"
    kind = KINDS.get(failure.code)
    if kind is Throttled:
        return Throttled(what, wait=_ban(failure, reply))
    if failure.code in (30, 31):
        return clock_skew(what, "TOP", minutes=10)
    if failure.code == 25:
        return wrong_secret(what, "app_secret")
    if failure.code in (28, 29):
        return unknown_app(what, "app_key")
    if failure.code in (11, 12):
        return missing_right(what, "(the order-information package)", "（订单信息权限包）")
    if kind is None or (kind is Rejected and failure.sub_code.startswith("isp.")):
        kind = Rejected if failure.sub_code.startswith("isv.") else Broken
    return kind(what)


def _ban(failure: Failure, reply: Reply) -> float | None:
    """Seconds to wait: one more than what is left of a ban; for the daily quota, until Beijing's midnight."""
    left = re.search(r"last for (\d+) more second", failure.sub_msg)
    if left:
        return int(left[1]) + 1
    if "limited-by-app-access-count" not in failure.sub_code or "date" not in reply.headers:
        return None
    answered = parsedate_to_datetime(reply.headers["date"]).astimezone(BEIJING)
    midnight = answered.replace(hour=0, minute=0, second=0) + timedelta(days=1)
    return (midnight - answered).total_seconds() + 1
