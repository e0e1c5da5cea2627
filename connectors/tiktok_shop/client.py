"""How TikTok Shop is spoken to: a signed query, the token in a header, and a code in the body that alone decides."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import msgspec
from msgspec import Struct

from connectors.engine.errors import Broken, Denied, Rejected, SyncError, Throttled, TokenExpired
from connectors.engine.refusals import clock_skew, consent_gone, missing_right, wrong_secret
from connectors.engine.settings import reveal
from connectors.engine.stream import Call, Host, Rate, Reply, Request, Tokens
from connectors.engine.values import decoder, to_seconds

if TYPE_CHECKING:
    from connectors.tiktok_shop import TikTokShopSettings

REFRESH = "/api/v2/token/refresh"
OF_NO_SHOP = ("/authorization/", "/seller/")
"""Calls about the authorisation itself: they carry no shop_cipher."""
DURATION = 10**9
"""`*_expire_in` is an instant in epoch seconds; a smaller number is a duration."""

KINDS: dict[int, type[SyncError]] = {
    **dict.fromkeys((105002,), TokenExpired),
    **dict.fromkeys((105005, 36004001, 36004005), Denied),
    **dict.fromkeys((106001,), Denied),
    **dict.fromkeys((36009004, 100005), Throttled),
    **dict.fromkeys((36009003, 100006), Broken),
}
"""Codes by what can be done about them; 105005 is a scope or package, 36004001 and 36004005 a gone consent."""


class Answer(Struct):
    code: int = -1
    message: str = ""


class Granted(Struct):
    access_token: str = ""
    access_token_expire_in: int | None = None
    refresh_token: str | None = None
    refresh_token_expire_in: int | None = None


class TokenAnswer(Struct):
    code: int = -1
    message: str = ""
    data: Granted | None = None


ANSWER, TOKEN_ANSWER = decoder(Answer), decoder(TokenAnswer)


def sign(secret: str, path: str, query: Mapping[str, str], body: bytes = b"") -> str:
    """Lower-case hex HMAC-SHA256 of path, raw query sorted by key, and the body as sent, between two secrets."""
    pairs = "".join(f"{name}{query[name]}" for name in sorted(query) if name not in ("sign", "access_token"))
    text = secret.encode() + f"{path}{pairs}".encode() + body + secret.encode()
    return hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()


class TikTokShopClient:
    """No rates are published: a small steady one, and back off where told to."""

    rate = Rate(per_second=10, burst=10, concurrency=5)

    def __init__(self, settings: TikTokShopSettings) -> None:
        self.settings = settings

    def request(self, call: Call, token: str | None, now: datetime) -> Request:
        settings, secret = self.settings, reveal(self.settings.app_secret)
        if call.host == "auth":
            query = {"app_key": settings.app_key, "app_secret": secret, **call.params}
            return Request("GET", f"{settings.token_url}{call.path}?{urlencode(query)}")
        body = msgspec.json.encode(call.body) if call.body is not None else b""
        query = {"app_key": settings.app_key, "timestamp": str(to_seconds(now))}
        if not call.path.startswith(OF_NO_SHOP):
            query["shop_cipher"] = settings.shop_cipher
        query |= {name: str(value) for name, value in call.params.items() if value not in (None, "")}
        query["sign"] = sign(secret, call.path, query, body)
        headers = {"content-type": "application/json", "x-tts-access-token": token or ""}
        return Request(call.verb, f"{settings.base_url}{call.path}?{urlencode(query)}", headers, body)

    def check(self, reply: Reply, call: Call) -> None:
        """The code decides, whatever the HTTP status: failures come with 200, 401 and 500 alike. Only of a code that
        nobody has written down does the status say more."""
        answer: Answer = ANSWER.decode(reply.body)
        if answer.code not in (0, -1):
            raise _error(answer, reply.status)

    def refresh(self, refresh_token: str | None, host: Host) -> Call | None:
        if not refresh_token:
            return None
        return Call(REFRESH, {"refresh_token": refresh_token, "grant_type": "refresh_token"}, host="auth")

    def tokens(self, reply: Reply, host: Host) -> Tokens:
        try:
            answer: TokenAnswer = TOKEN_ANSWER.decode(reply.body)
        except msgspec.DecodeError as error:
            raise Broken("(the token answer could not be read)") from error
        if KINDS.get(answer.code) in (Throttled, Broken):
            raise Broken(f"({answer.code}: {answer.message})")
        granted = answer.data
        if answer.code or not granted or not granted.access_token:
            raise Denied(f"(token: {answer.code}: {answer.message})",
                         hint_en=TokenExpired.hint_en, hint_zh=TokenExpired.hint_zh)
        life, end = _lasts(granted.access_token_expire_in)
        refresh_life, refresh_end = _lasts(granted.refresh_token_expire_in)
        return Tokens(granted.access_token, granted.refresh_token or None, life, end,
                      refresh_expires_in=refresh_life, refresh_ends_at=refresh_end)


def _lasts(end: int | None) -> tuple[float | None, datetime | None]:
    """A duration, or an instant."""
    if not end:
        return None, None
    return (float(end), None) if end < DURATION else (None, datetime.fromtimestamp(end, UTC))


def _error(answer: Answer, status: int) -> SyncError:
    what = f"({answer.code}: {answer.message})"
    kind = KINDS.get(answer.code) or (Throttled if status == 429 else Broken if status >= 500 else Rejected)
    if kind in (Denied, Rejected) and "timestamp" in answer.message.lower():
        return clock_skew(what, "TikTok Shop", minutes=5)
    match answer.code:
        case 106001:
            return wrong_secret(what, "app_secret")
        case 105005:
            return missing_right(what)
        case 36004001 | 36004005:
            return consent_gone(what)
        case code if code not in KINDS and status == 401:
            return TokenExpired(what, otherwise=Denied(what))
    return kind(what)
