"""How Pinduoduo's gateway is spoken to: signed form posts to one URL, errors inside HTTP 200."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import msgspec
from msgspec import Struct

from connectors.engine.errors import Broken, Denied, Rejected, SyncError, Throttled, TokenExpired
from connectors.engine.refusals import clock_skew, missing_right, not_from_here, unknown_app, wrong_secret
from connectors.engine.settings import reveal
from connectors.engine.stream import Call, Host, Rate, Reply, Request, Tokens
from connectors.engine.values import decoder, to_seconds
from connectors.pinduoduo.wire import answer

if TYPE_CHECKING:
    from connectors.pinduoduo import PinduoduoSettings

FORM = {"content-type": "application/x-www-form-urlencoded;charset=utf-8"}
REFRESH = "pdd.pop.auth.token.refresh"

KINDS: dict[int, type[SyncError]] = {
    **dict.fromkeys((10019, 20032), TokenExpired),
    **dict.fromkeys((30001, 70032, 70034, 70035), Denied),
    **dict.fromkeys((52101, 70031), Throttled),
    **dict.fromkeys((50000, 50001, 50002, 52001, 52002, 52102, 52103, 70033), Broken),
}
"""Codes by what can be done about them. All others are calls that will never be accepted, or REFUSALS."""

REFUSALS: dict[int, Callable[[str], Denied]] = {
    10016: lambda what: unknown_app(what, "client_id"),
    20004: lambda what: wrong_secret(what, "client_secret"),
    20005: not_from_here,
    20031: missing_right,
    30000: missing_right,
    70036: lambda what: Denied(
        what, of_all=True, hint_en="The app is still in its test state, with few calls a day: have it released.",
        hint_zh="应用仍处于测试状态，调用次数受限：请申请上线。"),
}
"""Codes that say what is to be done."""
MAINTENANCE, MUCH_LATER = 70033, 2 * 3600.0


class Failure(Struct):
    error_code: int = 0
    error_msg: str = ""
    sub_code: str | int | None = None
    sub_msg: str | None = None


class Failed(Struct):
    error_response: Failure | None = None


FAILED = decoder(Failed)


def sign(params: Mapping[str, str], secret: str) -> str:
    """The upper-case MD5 of the secret, all parameters sorted by key and run together, and the secret."""
    text = "".join(f"{key}{params[key]}" for key in sorted(params) if key != "sign")
    return hashlib.md5(f"{secret}{text}{secret}".encode(), usedforsecurity=False).hexdigest().upper()


def spelt(value: Any) -> str:
    """A parameter as it is signed and sent: `true`, a number, or JSON text of a list or an object."""
    if isinstance(value, bool):
        return str(value).lower()
    return msgspec.json.encode(value).decode() if isinstance(value, list | tuple | dict) else str(value)


class PinduoduoClient:
    """Signs with the app's secret. The figures of the rates are old: 6,000 orders lists a minute and app, but
    600 lists of refunds; the burst is part of the minute's 600."""

    rate = Rate(per_second=50, burst=10, concurrency=8)
    limits: Mapping[str, Rate] = {"refunds": Rate(per_second=9, burst=60)}

    def __init__(self, settings: PinduoduoSettings) -> None:
        self.settings = settings

    def request(self, call: Call, token: str | None, now: datetime) -> Request:
        params = {"type": call.path, "client_id": self.settings.client_id, "data_type": "JSON",
                  "timestamp": str(to_seconds(now)), **({"access_token": token} if token else {}),
                  **{name: spelt(value) for name, value in call.params.items() if value is not None}}
        params["sign"] = sign(params, reveal(self.settings.client_secret))
        return Request("POST", self.settings.gateway_url, FORM, urlencode(params).encode())

    def check(self, reply: Reply, call: Call) -> None:
        """Raise what an `error_response` says: it comes with HTTP 200."""
        if b'"error_response"' in reply.body[:200]:
            raise _error(FAILED.decode(reply.body).error_response or Failure())

    def refresh(self, refresh_token: str | None, host: Host) -> Call | None:
        if not refresh_token:
            return None
        return Call(REFRESH, {"refresh_token": refresh_token}, verb="POST", host="auth")

    def tokens(self, reply: Reply, host: Host) -> Tokens:
        """Only a token call's own failures may pass; whatever else is said means: authorise again."""
        try:
            self.check(reply, Call(REFRESH))
            granted = answer(reply.body)
        except (TokenExpired, Rejected) as error:
            raise Denied(error.what, hint_en=TokenExpired.hint_en, hint_zh=TokenExpired.hint_zh) from None
        except msgspec.DecodeError as error:
            raise Broken("(the token answer could not be read)") from error
        if not granted.access_token:
            raise Denied("(the token call gave no token)")
        return Tokens(granted.access_token, granted.refresh_token or None, granted.expires_in,
                      refresh_expires_in=granted.refresh_token_expires_in)


def _error(failure: Failure) -> SyncError:
    code, words = failure.error_code, [failure.error_msg, failure.sub_code, failure.sub_msg]
    what = f"({code}: {', '.join(str(word) for word in words if word)})"
    if code == 10001 and "timestamp" in what:
        return clock_skew(what, "Pinduoduo", minutes=10)
    if code == MAINTENANCE:
        return Broken(what, wait=MUCH_LATER)
    return (REFUSALS.get(code) or KINDS.get(code, Rejected))(what)
