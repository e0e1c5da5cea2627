"""How the Admin GraphQL API is spoken to: one URL, a token header, errors and a cost budget inside HTTP 200."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from connectors.engine.errors import (
    Broken,
    Denied,
    Rejected,
    SyncError,
    Throttled,
    TokenExpired,
    TooLarge,
)
from connectors.engine.settings import reveal
from connectors.engine.stream import Budget, Call, Host, Rate, Reply, Request, Tokens
from connectors.engine.values import decoder
from connectors.shopify.documents import RIGHTS

if TYPE_CHECKING:
    from connectors.shopify import ShopifySettings

JSON = {"content-type": "application/json", "accept": "application/json"}
FROZEN = ("The store is frozen until its Shopify bill is paid.", "该店铺因未付账单被冻结，付清后恢复。")
LOCKED = ("Shopify has locked the store: ask its support.", "该店铺被 Shopify 锁定：请联系平台客服。")
SECURITY = ("Shopify's security check refuses this machine's calls: ask its support before trying again.",
            "Shopify 安全检查拒绝了本机的请求：请先联系平台客服。")
CLOSED = ("There is no such store, or it was closed.", "该店铺不存在或已关闭。")


class Throttle(Struct, rename="camel"):
    maximum_available: float = 0
    currently_available: float = 0
    restore_rate: float = 0


class Cost(Struct, rename="camel"):
    requested_query_cost: float | None = None
    throttle_status: Throttle | None = None


class Extensions(Struct):
    cost: Cost | None = None


class Reason(Struct):
    """Of an error; its `cost`, where there is one, is a bare number."""

    code: str = ""


class Failure(Struct):
    message: str = ""
    extensions: Reason | None = None


class Envelope(Struct):
    """What every answer carries beside `data`; `errors` is a list, or one text where the door is closed."""

    errors: list[Failure] | str | dict[str, Any] | None = None
    extensions: Extensions | None = None


class Granted(Struct):
    access_token: str = ""
    refresh_token: str | None = None
    expires_in: float | None = None
    refresh_token_expires_in: float | None = None
    error: str = ""
    error_description: str = ""


ENVELOPE, GRANTED = decoder(Envelope), decoder(Granted)


class ShopifyClient:
    """The rate is a start: every answer states what is left of the cost budget and how fast it refills."""

    rate = Rate(per_second=100, burst=1000, concurrency=4)

    def __init__(self, settings: ShopifySettings) -> None:
        self.settings = settings

    def request(self, call: Call, token: str | None, now: datetime) -> Request:
        settings = self.settings
        if call.host == "file":
            return Request("GET", call.path)
        if call.host == "auth":
            url = f"{settings.base_url}/admin/oauth/access_token"
            return Request("POST", url, JSON, msgspec.json.encode(call.params))
        url = f"{settings.base_url}/admin/api/{settings.api_version}/graphql.json"
        headers = {**JSON, "x-shopify-access-token": token or ""}
        return Request(
            "POST", url, headers, msgspec.json.encode({"query": call.body, "variables": call.params})
        )

    def check(self, reply: Reply, call: Call) -> Budget | None:
        """Errors come with HTTP 200; a null beside `errors` is no real null, so any error fails the call."""
        _door(reply)
        if call.host != "api" or reply.status >= 400:
            return None
        try:
            envelope: Envelope = ENVELOPE.decode(reply.body)
        except msgspec.DecodeError as error:
            raise Broken("(the answer is not JSON)") from error
        cost = envelope.extensions.cost if envelope.extensions else None
        if envelope.errors:
            raise _error(envelope.errors, cost)
        if cost is None or cost.throttle_status is None:
            return None
        left = cost.throttle_status
        return Budget(left.currently_available, left.restore_rate or None, left.maximum_available or None)

    def refresh(self, refresh_token: str | None, host: Host) -> Call | None:
        """A rotating refresh token where there is one, else client credentials; a fixed token has neither."""
        settings = self.settings
        if host != "api" or not (settings.client_id and settings.client_secret):
            return None
        keys = {"client_id": settings.client_id, "client_secret": reveal(settings.client_secret)}
        grant = {"grant_type": "client_credentials"}
        if refresh_token:
            grant = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        return Call("access_token", host="auth", verb="POST", params=keys | grant)

    def tokens(self, reply: Reply, host: Host) -> Tokens:
        try:
            granted: Granted = GRANTED.decode(reply.body)
        except msgspec.DecodeError as error:
            raise Broken("(the token answer could not be read)") from error
        if not granted.access_token:
            hints = {"hint_en": TokenExpired.hint_en, "hint_zh": TokenExpired.hint_zh}
            raise Denied(f"(token: {granted.error})", **hints)
        return Tokens(granted.access_token, granted.refresh_token, granted.expires_in,
                      refresh_expires_in=granted.refresh_token_expires_in)


def _door(reply: Reply) -> None:
    """Statuses with a meaning of Shopify's own; 429 and 5xx mean the same everywhere."""
    if reply.status == 401:
        raise TokenExpired("(HTTP 401)")
    if reply.status == 402:
        raise Denied("(HTTP 402)", hint_en=FROZEN[0], hint_zh=FROZEN[1])
    if reply.status == 403:
        raise Denied("(HTTP 403)", hint_en=RIGHTS[0], hint_zh=RIGHTS[1])
    if reply.status == 423:
        raise Denied("(HTTP 423)", hint_en=LOCKED[0], hint_zh=LOCKED[1])
    if reply.status == 404:
        raise Denied("(HTTP 404)", hint_en=CLOSED[0], hint_zh=CLOSED[1])
    if reply.status == 430:
        raise Denied("(HTTP 430)", hint_en=SECURITY[0], hint_zh=SECURITY[1])


def _error(errors: list[Failure] | str | dict[str, Any], cost: Cost | None) -> SyncError:
    if not isinstance(errors, list):
        return Denied("(the API is closed to this app)", hint_en=RIGHTS[0], hint_zh=RIGHTS[1])
    codes = {failure.extensions.code for failure in errors if failure.extensions}
    what = "(" + "; ".join(failure.message for failure in errors[:3]) + ")"
    if "THROTTLED" in codes:
        return Throttled("(THROTTLED)", wait=_refill(cost))
    if "MAX_COST_EXCEEDED" in codes:
        return TooLarge("(MAX_COST_EXCEEDED)")
    if "ACCESS_DENIED" in codes:
        return Denied(what, hint_en=RIGHTS[0], hint_zh=RIGHTS[1])
    if "SHOP_INACTIVE" in codes:
        return Denied(what, hint_en=FROZEN[0], hint_zh=FROZEN[1])
    if "INTERNAL_SERVER_ERROR" in codes or (not codes - {""} and "nternal" in what):
        return Broken("(INTERNAL_SERVER_ERROR)")
    return Rejected(what)


def _refill(cost: Cost | None) -> float | None:
    """Seconds until the bucket holds what the refused query asked for."""
    if cost is None or cost.throttle_status is None or not cost.requested_query_cost:
        return None
    left = cost.throttle_status
    if not left.restore_rate:
        return None
    return max(0.0, (cost.requested_query_cost - left.currently_available) / left.restore_rate)
