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

if TYPE_CHECKING:
    from connectors.shopify import ShopifySettings

JSON = {"content-type": "application/json", "accept": "application/json"}
RIGHTS = ("Grant the app read_orders, read_all_orders, read_products and read_customers.",
          "请为应用授予 read_orders、read_all_orders、read_products 和 read_customers 权限。")
FROZEN = ("The store is frozen until its Shopify bill is paid.", "该店铺因未付账单被冻结，付清后恢复。")
LOCKED = ("Shopify has locked the store: ask its support.", "该店铺被 Shopify 锁定：请联系平台客服。")
SECURITY = ("Shopify's security check refuses this machine's calls: ask its support before trying again.",
            "Shopify 安全检查拒绝了本机的请求：请先联系平台客服。")
CLOSED = ("There is no such store, or it was closed.", "该店铺不存在或已关闭。")
RETIRED = ("Shopify no longer answers in this version and took the oldest it has instead, where fields may mean "
           "something else: update Souk, or set api_version (`souk connections rotate NAME --set api_version=...`).",
           "Shopify 已停用该版本，改用其最早的可用版本应答，字段含义可能不同：请升级 Souk，或更新 api_version"
           "（`souk connections rotate 名称 --set api_version=...`）。")
HOLLOW = (b"", b"null", b"{}")
DOOR = {402: FROZEN, 403: RIGHTS, 404: CLOSED, 423: LOCKED, 430: SECURITY}
"""Statuses with a meaning of Shopify's own; 429 and 5xx mean the same everywhere."""


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
    """What every answer carries; `errors` is a list, or one text where the door is closed."""

    data: msgspec.Raw = msgspec.Raw(b"")
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
        self._costs: dict[tuple[str, Any], float] = {}
        """Of a document and its page size, in points, as the last answer counted it: the bucket must hold that much
        before it is sent, and no formula of it is published."""

    def cost(self, call: Call) -> float:
        return self._costs.get((call.body, call.params.get("first")), call.cost)

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
        if reply.status == 401:
            raise TokenExpired("(HTTP 401)")
        if reply.status in DOOR:
            raise _denied(f"(HTTP {reply.status})", DOOR[reply.status], of_all=True)
        if call.host != "api" or reply.status >= 400:
            return None
        asked, answered = self.settings.api_version, reply.headers.get("x-shopify-api-version")
        if answered and answered != asked:
            raise Rejected(f"(API version {asked} was asked for, {answered} came)",
                           hint_en=RETIRED[0], hint_zh=RETIRED[1])
        try:
            envelope: Envelope = ENVELOPE.decode(reply.body)
        except msgspec.DecodeError as error:
            raise Broken("(the answer is not JSON)") from error
        cost = envelope.extensions.cost if envelope.extensions else None
        if cost and cost.requested_query_cost:
            self._costs[call.body, call.params.get("first")] = cost.requested_query_cost
        if envelope.errors:
            raise _error(envelope.errors, cost)
        if bytes(envelope.data) in HOLLOW:
            raise Broken("(an answer without content)")
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
            raise _denied(f"(token: {granted.error})", (TokenExpired.hint_en, TokenExpired.hint_zh))
        return Tokens(granted.access_token, granted.refresh_token, granted.expires_in,
                      refresh_expires_in=granted.refresh_token_expires_in)


def missing_right(what: str) -> Denied:
    """A scope was not granted, or the customer data it stands for not approved."""
    return _denied(what, RIGHTS)


def _denied(what: str, hint: tuple[str, str], *, of_all: bool = False) -> Denied:
    return Denied(what, of_all=of_all, hint_en=hint[0], hint_zh=hint[1])


def _error(errors: list[Failure] | str | dict[str, Any], cost: Cost | None) -> SyncError:
    if not isinstance(errors, list):
        return _denied("(the API is closed to this app)", RIGHTS, of_all=True)
    codes = {failure.extensions.code for failure in errors if failure.extensions}
    what = "(" + "; ".join(failure.message for failure in errors[:3]) + ")"
    if "THROTTLED" in codes:
        return Throttled("(THROTTLED)", wait=_refill(cost))
    if "MAX_COST_EXCEEDED" in codes:
        return TooLarge("(MAX_COST_EXCEEDED)")
    if "ACCESS_DENIED" in codes:
        return missing_right(what)
    if "SHOP_INACTIVE" in codes:
        return _denied(what, FROZEN, of_all=True)
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
