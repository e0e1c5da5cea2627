"""How Shopee is spoken to: four values signed, everything else plain in the query, errors by word at any status."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import msgspec
from msgspec import Struct

from connectors.engine.errors import Broken, Denied, Rejected, SyncError, Throttled, TokenExpired
from connectors.engine.refusals import clock_skew
from connectors.engine.settings import reveal
from connectors.engine.stream import Call, Host, Rate, Reply, Request, Tokens
from connectors.engine.values import decoder, to_seconds

if TYPE_CHECKING:
    from connectors.shopee import ShopeeSettings

PREFIX = "/api/v2"
REFRESH = "/auth/access_token/get"
ESCROW, ESCROWS = "/payment/get_escrow_detail", "/payment/get_escrow_detail_batch"
NO_ESCROW = ("error_not_found", "order_not_found", "income_not_found")
"""An order without an escrow (unpaid), or a batch with one: no failure."""
EPOCH = 10**9
"""`expire_in` above this is an instant (one published sample), below it a duration."""

KINDS: dict[str, type[SyncError]] = {
    **dict.fromkeys(("invalid_access_token", "invalid_acceess_token"), TokenExpired),
    **dict.fromkeys(("error_permission", "error_shop", "error_api_permission", "source_ip_undeclared",
                     "error_partner_key_expired", "shop_no_linked", "shop_banned", "invalid_partner_id",
                     "error_api_call_restricted", "error_sign", "error_perm", "shop_access_expired",
                     "partner_shop_no_link", "error_ashop_api_permission", "error_kyc_auth"), Denied),
    **dict.fromkeys(("error_server", "error_network", "error_inner", "error_system_busy", "error_data",
                     "internal_error_server", "internal_error", "error_service", "error_database",
                     "error_get_shop_fail", "income_error_server", "order_error_server", "get_item_error_server",
                     "return_info_error_server"), Broken),
    **dict.fromkeys(("error_rate_limit", "error_limit"), Throttled),
}
"""Error words (after an optional `common.` or the like) by what can be done about them."""
OF_ONE_CALL = {"error_permission", "error_api_permission", "error_perm", "error_api_call_restricted",
               "error_ashop_api_permission"}
"""Refusals of the call that was made; all others would be said of every call."""
UNKNOWN = ("partner_id", "shopid", "app is deleted")
NO_RIGHT = ("permission", *UNKNOWN)
"""What messages of `error_auth` say where it is not about the token."""
LATER = ("try later", "try again later")
"""What messages say where a word that is otherwise final means a failure that passes."""
HINTS: dict[str, tuple[str, str]] = {
    "source_ip_undeclared": ("Declare this machine's address in the Shopee console (IP address whitelist).",
                             "请在 Shopee 开放平台控制台把本机地址加入 IP 白名单。"),
    "error_partner_key_expired": ("Reset the partner key in the Shopee console and store it.",
                                  "请在 Shopee 开放平台控制台重置 partner key 并重新保存。"),
    "error_sign": ("Check partner_id and partner_key, and that both are of the same environment (live or test).",
                   "请核对 partner_id 与 partner_key，且两者须属于同一环境（正式或测试）。"),
    "shop_banned": ("Shopee has frozen the shop: ask Shopee.", "店铺已被 Shopee 冻结：请联系平台。"),
    "shop_access_expired": ("The consent has ended (a year at most): authorise the app again.",
                            "授权已到期（最长一年）：请重新授权。"),
    "shop_no_linked": ("Authorise the app for this shop again.", "请重新授权该店铺。"),
    "partner_shop_no_link": ("Authorise the app for this shop again, and check partner_id and shop_id.",
                             "请重新授权该店铺，并核对 partner_id 与 shop_id。"),
    "error_kyc_auth": ("The seller has not finished the registration in the Seller Centre.",
                       "卖家尚未在卖家中心完成注册认证。"),
    **dict.fromkeys(("error_permission", "error_api_permission", "error_perm", "error_api_call_restricted"), (
        "The app's type does not include this call, or Shopee has restricted it: see the app in the Shopee console.",
        "应用类型不含此接口，或被 Shopee 限制：请在开放平台控制台查看应用。")),
}


class Answer(Struct):
    error: str | None = None
    message: str | None = None


class Granted(Struct):
    access_token: str = ""
    refresh_token: str | None = None
    expire_in: int | None = None
    error: str | None = None
    message: str | None = None


ANSWER, GRANTED = decoder(Answer), decoder(Granted)


def sign(partner_key: str, partner_id: int, path: str, timestamp: int, token: str = "", shop_id: int | str = "",
         ) -> str:
    """Lower-case hex HMAC-SHA256; without token and shop for public calls. Parameters and body are not signed."""
    text = f"{partner_id}{path}{timestamp}{token}{shop_id}"
    return hmac.new(partner_key.encode(), text.encode(), hashlib.sha256).hexdigest()


class ShopeeClient:
    """No figures are published: at most ten calls in any second and shop."""

    rate = Rate(per_second=8, burst=2, concurrency=4)

    def __init__(self, settings: ShopeeSettings) -> None:
        self.settings = settings

    def request(self, call: Call, token: str | None, now: datetime) -> Request:
        settings, path = self.settings, PREFIX + call.path
        stamp, key = to_seconds(now), reveal(settings.partner_key)
        query: dict[str, object] = {"partner_id": settings.partner_id, "timestamp": stamp}
        if call.host == "auth":
            query["sign"] = sign(key, settings.partner_id, path, stamp)
        else:
            query |= {"access_token": token or "", "shop_id": settings.shop_id}
            query["sign"] = sign(key, settings.partner_id, path, stamp, token or "", settings.shop_id)
        query |= {name: value for name, value in call.params.items() if value is not None}
        url = f"{settings.base_url}{path}?{urlencode(query, doseq=True)}"
        if call.body is None:
            return Request(call.verb, url)
        return Request("POST", url, {"content-type": "application/json"}, msgspec.json.encode(call.body))

    def check(self, reply: Reply, call: Call) -> None:
        """Raise what the error word says, at HTTP 200 or 4xx. "-" is how one sample spells "none"."""
        answer: Answer = ANSWER.decode(reply.body)
        word = (answer.error or "").strip()
        if word in ("", "-") or (call.path in (ESCROW, ESCROWS) and plain(word) in NO_ESCROW):
            return
        raise _error(word, answer.message or "", reply)

    def refresh(self, refresh_token: str | None, host: Host) -> Call | None:
        """A refresh token works once: the engine stores the new pair before it is used."""
        if not refresh_token:
            return None
        settings = self.settings
        return Call(REFRESH, verb="POST", host="auth", body={
            "refresh_token": refresh_token, "partner_id": settings.partner_id, "shop_id": settings.shop_id})

    def tokens(self, reply: Reply, host: Host) -> Tokens:
        try:
            granted: Granted = GRANTED.decode(reply.body)
        except msgspec.DecodeError as error:
            raise Broken("(the token answer could not be read)") from error
        word = (granted.error or "").strip()
        if KINDS.get(plain(word)) in (Broken, Throttled):
            raise Broken(f"({word}: {granted.message})")
        if not granted.access_token:
            raise Denied(f"(token: {word}: {granted.message})",
                         hint_en=TokenExpired.hint_en, hint_zh=TokenExpired.hint_zh)
        end = granted.expire_in or None
        if end is None or end < EPOCH:
            return Tokens(granted.access_token, granted.refresh_token or None, end)
        return Tokens(granted.access_token, granted.refresh_token or None, ends_at=datetime.fromtimestamp(end, UTC))


def plain(word: str) -> str:
    """`common.error_auth` -> `error_auth`; words of other modules keep theirs."""
    return word.removeprefix("common.")


def _error(word: str, message: str, reply: Reply) -> SyncError:
    what, name = f"({word}: {message})", plain(word)
    kind: type[SyncError] = Throttled if name.startswith("ads.rate_limit") else KINDS.get(name, Rejected)
    if kind in (Denied, Rejected) and any(words in message.lower() for words in LATER):
        return Broken(what)
    if name == "error_auth":
        # The same word for a token that ended and for an app without rights: a new token tells, at the latest.
        denied = Denied(what, of_all=any(words in message.lower() for words in UNKNOWN))
        return denied if any(words in message.lower() for words in NO_RIGHT) else TokenExpired(what, otherwise=denied)
    if kind is Throttled:
        return Throttled(what, wait=_midnight(reply) if name == "error_limit" else None)
    if kind is Rejected and "timestamp" in message.lower():
        return clock_skew(what, "Shopee", minutes=5)
    if kind is Denied:
        english, chinese = HINTS.get(name, ("", ""))
        return Denied(what, of_all=name not in OF_ONE_CALL, hint_en=english, hint_zh=chinese)
    return kind(what)


def _midnight(reply: Reply) -> float | None:
    """Seconds until 00:00 UTC+8, when the daily quota begins anew."""
    if "date" not in reply.headers:
        return None
    answered = parsedate_to_datetime(reply.headers["date"]).astimezone(timezone(timedelta(hours=8)))
    next_day = answered.replace(hour=0, minute=0, second=0) + timedelta(days=1)
    return (next_day - answered).total_seconds() + 1
