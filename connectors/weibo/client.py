"""How Weibo is spoken to: the open API with its token in the query, the ads API with a bearer token.

Neither signs. Both say what is wrong in the body: the open API in `error_code`, usually under HTTP 4xx, the ads
API in `code`, whatever the status.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import msgspec

from connectors.engine.errors import Broken, Denied, Rejected, SyncError, Throttled, TokenExpired
from connectors.engine.refusals import missing_right, not_from_here, unknown_app
from connectors.engine.settings import reveal
from connectors.engine.stream import Call, Host, Rate, Reply, Request, Tokens
from connectors.weibo.wire import ADS_ENVELOPE, ADS_TOKEN, OPEN_ERROR, AdsEnvelope, OpenError

if TYPE_CHECKING:
    from connectors.weibo import WeiboSettings

ERRORS: dict[int, type[SyncError]] = {
    10001: Broken, 10002: Broken, 10003: Broken, 10010: Broken, 10011: Broken,
    10009: Throttled, 10022: Throttled, 10023: Throttled, 10024: Throttled,
    20003: Denied,
    21301: TokenExpired, 21314: TokenExpired, 21315: TokenExpired, 21316: TokenExpired, 21317: TokenExpired,
    21319: TokenExpired, 21327: TokenExpired, 21332: TokenExpired,
}
"""By `error_code`; what is missing is a wrong call."""
REFUSALS: dict[int, Callable[[str], Denied]] = {
    10004: not_from_here, 10005: missing_right, 10014: missing_right,
    10006: lambda what: unknown_app(what, "app_key"),
}
"""Codes of the open API that say what is to be done."""
HOURLY = (10022, 10023, 10024)
"""Quotas that are filled again at the full hour."""
HOUR = 3600
ADS_STATUS: dict[int, Callable[[str], SyncError]] = {401: TokenExpired, 403: missing_right, 429: Throttled}
"""The ads API publishes no table: its codes are read like statuses, its message for the word "token"."""
REFRESH = "oauth/refresh_token"
CODE = "oauth2/access_token"
"""The open API's token call; REFRESH is the ads API's."""


class WeiboClient:
    """The open API counts by the hour and account; nobody publishes what the ads API allows."""

    rate = Rate(per_second=80, burst=20, concurrency=6)

    def __init__(self, settings: WeiboSettings) -> None:
        self.settings = settings

    def request(self, call: Call, token: str | None, now: datetime) -> Request:
        if call.path == CODE:
            form = {"content-type": "application/x-www-form-urlencoded"}
            return Request("POST", f"{self.settings.base_url}/{CODE}", form, urlencode(call.params).encode())
        if call.host == "auth":
            return Request("POST", f"{self.settings.ads_base_url}/{call.path}",
                           {"content-type": "application/json"}, json.dumps(dict(call.params)).encode())
        params = {name: json.dumps(value, ensure_ascii=False, separators=(",", ":"))
                  if isinstance(value, dict | list) else value for name, value in call.params.items()}
        if call.host == "ads":
            return Request("GET", f"{self.settings.ads_base_url}/{call.path}?{urlencode(params)}",
                           {"authorization": f"Bearer {token or ''}", "accept": "application/json"})
        query = urlencode({"access_token": token or "", **params})
        return Request("GET", f"{self.settings.base_url}/{call.path}?{query}")

    def check(self, reply: Reply, call: Call) -> None:
        if call.host == "ads":
            _check_ads(reply)
        else:
            _check_open(reply)

    def refresh(self, refresh_token: str | None, host: Host) -> Call | None:
        """Ads only: the open API gives web applications no refresh token, so people authorise again."""
        if host != "ads" or not refresh_token:
            return None
        return Call(REFRESH, verb="POST", host="auth", params={
            "client_id": self.settings.app_key, "client_secret": reveal(self.settings.app_secret),
            "grant_type": "refresh_token", "refresh_token": refresh_token})

    def tokens(self, reply: Reply, host: Host) -> Tokens:
        try:
            given = ADS_TOKEN.decode(reply.body)
        except msgspec.DecodeError as error:
            raise Broken("(the token call gave no answer)") from error
        pair = given.data or given
        if given.code > 0 or not pair.access_token:
            what = f"({given.code or ''} {given.message or given.error})"
            raise Denied(what, hint_en=TokenExpired.hint_en, hint_zh=TokenExpired.hint_zh)
        return Tokens(pair.access_token, pair.refresh_token, pair.expires_in)


def _check_open(reply: Reply) -> None:
    """A list is an answer; an object may be an error whatever the status."""
    if reply.body[:1] == b"[":
        return
    failure: OpenError = OPEN_ERROR.decode(reply.body)
    if not failure.error_code:
        return
    what = f"({failure.error_code} {failure.error})"
    kind = REFUSALS.get(failure.error_code) or ERRORS.get(failure.error_code, Rejected)
    if failure.error_code in HOURLY and "retry-after" not in reply.headers:
        raise Throttled(what, wait=to_the_hour(reply))
    raise kind(what)


def to_the_hour(reply: Reply) -> float:
    """Seconds until the next full hour by the server's own clock; a whole hour where it does not tell the time."""
    try:
        now = parsedate_to_datetime(reply.headers.get("date", ""))
    except (TypeError, ValueError):
        return HOUR
    return HOUR - (now.minute * 60 + now.second)


def _check_ads(reply: Reply) -> None:
    if reply.status == 429 or reply.status >= 500:
        return  # the status says it
    if reply.status in (404, 410):
        raise Rejected(f"(HTTP {reply.status})")  # the interface is gone, not an object
    answer: AdsEnvelope = ADS_ENVELOPE.decode(reply.body)
    if answer.code <= 0 and reply.status < 300:
        return
    what = f"({answer.code or reply.status} {answer.message}; trace {answer.trace_id})"
    if "token" in answer.message.lower():
        raise TokenExpired(what)
    kind = ADS_STATUS.get(answer.code) or ADS_STATUS.get(reply.status) or Rejected
    raise (Broken if 500 <= answer.code < 600 else kind)(what)
