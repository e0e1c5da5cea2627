"""How Xiaohongshu's gateway is spoken to: one URL, the method inside a flat JSON body, errors in HTTP 200."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from connectors.engine.errors import Broken, Denied, Gone, Rejected, SyncError, Throttled, TokenExpired
from connectors.engine.refusals import clock_skew, missing_right, wrong_secret
from connectors.engine.settings import reveal
from connectors.engine.stream import Call, Host, Rate, Reply, Request, Tokens
from connectors.engine.values import from_millis, to_seconds
from connectors.xiaohongshu.wire import Answer, Granted, answers, data

if TYPE_CHECKING:
    from connectors.xiaohongshu import XiaohongshuSettings

VERSION = "2.0"
GATEWAY = "/ark/open_api/v3/common_controller"
ERRORS: dict[int, type[SyncError]] = {
    -2000400: Rejected, -2000101: Rejected, -2000500: Broken, -2000701: Denied, -2000702: Denied,
}
DETAILS = ("order.getOrderDetail", "afterSale.getAfterSaleInfo")
NOT_FOUND = -2000101
WORDS: tuple[tuple[tuple[str, ...], Callable[[str], SyncError]], ...] = (
    (("token",), TokenExpired),
    (("签名", "sign"), lambda what: wrong_secret(what, "app_secret")),
    (("频繁", "频率", "限流", "too many", "rate limit", "qps"), Throttled),
    (("权限", "授权", "permission", "unauthorized"), missing_right),
)
"""There is no public table of all codes: what the message says decides first."""


def sign(method: str, app_id: str, timestamp: str, secret: str) -> str:
    """MD5, lower-case hex. Business parameters and the access token are not signed."""
    text = f"{method}?appId={app_id}&timestamp={timestamp}&version={VERSION}{secret}"
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


class XiaohongshuClient:
    """No code for "too many calls" is published, so this stays below the 100 a second of a new app."""

    rate = Rate(per_second=90, burst=5, concurrency=8)

    def __init__(self, settings: XiaohongshuSettings) -> None:
        self.settings = settings

    def request(self, call: Call, token: str | None, now: datetime) -> Request:
        settings, timestamp = self.settings, str(to_seconds(now))
        signature = sign(call.path, settings.app_id, timestamp, reveal(settings.app_secret))
        body = {"appId": settings.app_id, "method": call.path, "version": VERSION, "timestamp": timestamp,
                "sign": signature, **({"accessToken": token} if token else {}), **call.params}
        url = settings.base_url if settings.base_url.endswith(GATEWAY) else settings.base_url + GATEWAY
        return Request("POST", url, {"content-type": "application/json;charset=utf-8"},
                       json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode())

    def check(self, reply: Reply, call: Call) -> None:
        if reply.status != 200:
            return
        for place, answer in enumerate(answers(reply.body)):
            if answer.failed:
                raise _error(answer, call)
            if answer.silent and place == 0:
                raise Broken("(an answer without content)")

    def refresh(self, refresh_token: str | None, host: Host) -> Call | None:
        if not refresh_token:
            return None
        return Call("oauth.refreshToken", {"refreshToken": refresh_token}, verb="POST", host="auth")

    def tokens(self, reply: Reply, host: Host) -> Tokens:
        if reply.status != 200:
            raise Denied(f"(HTTP {reply.status})")
        try:
            for answer in answers(reply.body):
                if answer.failed:
                    raise Denied(_what(answer))
            given = data(reply.body, Granted)
        except msgspec.DecodeError as error:
            raise Broken("(the token call gave no answer)") from error
        if not given.access_token:
            raise Denied("(the token call gave no token)")
        return Tokens(given.access_token, given.refresh_token,
                      ends_at=from_millis(given.access_token_expires_at),
                      refresh_ends_at=from_millis(given.refresh_token_expires_at))


def _error(answer: Answer, call: Call) -> SyncError:
    """An unknown negative code is tried again some times before it counts as final."""
    what = _what(answer)
    if answer.number == NOT_FOUND and call.path in DETAILS:
        return Gone(what)
    if "timestamp" in what.lower() or "时间戳" in what:
        return clock_skew(what, "Xiaohongshu", minutes=10)
    for words, kind in WORDS:
        if any(word in what.lower() for word in words):
            return kind(what)
    return ERRORS.get(answer.number, Broken)(what)


def _what(answer: Answer) -> str:
    return f"({answer.number}: {answer.error_msg or answer.msg or ''})"
