"""How a store is spoken to: Basic over https, OAuth 1.0a over loopback http, plain JSON or an HTML surprise."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

import msgspec

from connectors.engine.errors import Broken, Denied, Gone, Rejected
from connectors.engine.settings import reveal
from connectors.engine.stream import Budget, Call, Host, Rate, Reply, Request, Tokens
from connectors.woocommerce.wire import Failure

API = "/wp-json/wc/v3"
KEY_HINTS = {
    "hint_en": "Make a key with read permission under WooCommerce > Settings > Advanced > REST API; some "
               "servers drop the Authorization header.",
    "hint_zh": "请在 WooCommerce > 设置 > 高级 > REST API 创建只读密钥；部分服务器会丢弃 Authorization 头。"}
ROUTE_HINTS = {
    "hint_en": "Is WooCommerce active, and are permalinks other than plain?",
    "hint_zh": "请确认已启用 WooCommerce，且固定链接不是“朴素”模式。"}
REFUSALS = frozenset({"woocommerce_rest_cannot_view", "woocommerce_rest_authentication_error",
                      "woocommerce_rest_invalid_signature"})


class WooClient:
    def __init__(self, settings: Any, nonce: Callable[[], str] = lambda: secrets.token_hex(12)) -> None:
        self._base: str = settings.base_url
        self._key, self._secret = reveal(settings.consumer_key), reveal(settings.consumer_secret)
        self._nonce = nonce
        self.rate = Rate(per_second=100, burst=100, concurrency=settings.concurrency)

    def request(self, call: Call, token: str | None, now: datetime) -> Request:
        url = self._base + (call.path if call.path.startswith("/wp-json") else API + call.path)
        params = {name: str(value) for name, value in call.params.items()}
        headers = {"accept": "application/json"}
        if url.startswith("https:"):
            pair = base64.b64encode(f"{self._key}:{self._secret}".encode()).decode()
            headers["authorization"] = f"Basic {pair}"
        else:
            params = sign("GET", url, params, self._key, self._secret, self._nonce(), int(now.timestamp()))
        return Request("GET", f"{url}?{urlencode(params, quote_via=quote)}", headers)

    def check(self, reply: Reply, call: Call) -> Budget | None:
        if reply.status < 300:
            if reply.body[:1] not in (b"[", b"{"):
                raise Broken("(a page instead of data)")
            return None
        if reply.status == 429 or reply.status >= 500:
            return None  # the status says it
        failure = msgspec.json.decode(reply.body, type=Failure)
        what = f"({failure.code or reply.status})"
        if failure.code == "rest_no_route":
            raise Rejected(what, **ROUTE_HINTS)
        if reply.status in (401, 403) or failure.code in REFUSALS:
            raise Denied(what, **KEY_HINTS)
        raise (Gone if reply.status in (404, 410) else Rejected)(what)

    def refresh(self, refresh_token: str | None, host: Host) -> Call | None:
        return None  # keys do not expire

    def tokens(self, reply: Reply, host: Host) -> Tokens:
        raise Denied()


def sign(method: str, url: str, params: Mapping[str, str], key: str, secret: str, nonce: str, timestamp: int,
         ) -> dict[str, str]:
    """The parameters with an OAuth 1.0a signature (one-legged, HMAC-SHA256). `url` has no query."""
    signed = {**params, "oauth_consumer_key": key, "oauth_nonce": nonce,
              "oauth_signature_method": "HMAC-SHA256", "oauth_timestamp": str(timestamp)}
    pairs = "&".join(f"{name}={value}" for name, value in sorted(
        (quote(name, safe="~"), quote(value, safe="~")) for name, value in signed.items()))
    base = "&".join((method, quote(url, safe="~"), quote(pairs, safe="~")))
    digest = hmac.new(f"{secret}&".encode(), base.encode(), hashlib.sha256).digest()
    return {**signed, "oauth_signature": base64.b64encode(digest).decode()}
