"""How a store is spoken to: Basic over https, OAuth 1.0a over loopback http, plain JSON or an HTML surprise.

Every store is its own server, so a client learns from the first refusals how this one wants to be asked: where
the routes are (plain permalinks) and how it takes the keys (servers that drop the Authorization header, proxies
that hide that the way was encrypted).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any
from urllib.parse import quote, urlsplit

import msgspec

from connectors.engine.errors import Broken, Denied, Gone, Rejected, SyncError
from connectors.engine.settings import reveal
from connectors.engine.stream import Budget, Call, Host, Rate, Reply, Request, Tokens
from connectors.woocommerce.wire import Failure, document

INDEX = "/wp-json"
API = f"{INDEX}/wc/v3"
WAYS = ("header", "query", "signed")
"""How the keys travel over https, in the order in which they are tried: Basic; in the query, where the server
drops the header; signed, where a proxy ends the encryption and WooCommerce believes it is spoken to over http."""
SOON = 0.01
"""Seconds until a call is made again in another way."""

HINTS: tuple[tuple[str, str, str], ...] = (
    ("timestamp", "The store's clock and this machine's differ by more than fifteen minutes: set the clocks.",
     "店铺服务器与本机时钟相差超过十五分钟：请校准时间。"),
    ("signature", "Use the site address exactly as under Settings > General (host, port, path) as base_url, and check "
                  "the consumer_secret.",
     "base_url 须与“设置 > 常规”中的站点地址完全一致（主机、端口、路径）；并检查 consumer_secret。"),
    ("read permission", "The key may only write: make one with read permission under WooCommerce > Settings > "
                        "Advanced > REST API.",
     "该密钥只有写权限：请在 WooCommerce > 设置 > 高级 > REST API 创建只读密钥。"),
    ("consumer key", "The store does not know this consumer_key (revoked, or of another store): make a new one under "
                     "WooCommerce > Settings > Advanced > REST API.",
     "店铺不认识该 consumer_key（已撤销或属于其他店铺）：请在 WooCommerce > 设置 > 高级 > REST API 新建。"),
    ("consumer secret", "The consumer_secret does not belong to this consumer_key.",
     "consumer_secret 与 consumer_key 不匹配。"),
)
"""By a word in WooCommerce's own English message, which has one code for all of these."""
KEY_HINT = (
    "Make a key with read permission under WooCommerce > Settings > Advanced > REST API, for a user who may manage the "
    "shop.",
    "请在 WooCommerce > 设置 > 高级 > REST API 为有店铺管理权限的用户创建只读密钥。")
ROUTE_HINTS = {
    "hint_en": "Is this the store's address, and is WooCommerce active there?",
    "hint_zh": "请确认店铺地址无误，且已启用 WooCommerce。"}
WALL_HINT = (
    "A firewall or security plug-in answered instead of the store: let this machine's address pass to /wp-json/.",
    "请求被防火墙或安全插件拦截：请放行本机 IP 对 /wp-json/ 的访问。")
UNSEEN = "woocommerce_rest_cannot_view"
"""With status 401: the store has seen no key at all. With 403: the key's user may not see this."""
REFUSALS = frozenset({UNSEEN, "woocommerce_rest_authentication_error",
                      "woocommerce_rest_authentication_missing_parameter", "woocommerce_rest_invalid_signature"})


class WooClient:
    def __init__(self, settings: Any, nonce: Callable[[], str] = lambda: secrets.token_hex(12)) -> None:
        self._base: str = settings.base_url
        self._key, self._secret = reveal(settings.consumer_key), reveal(settings.consumer_secret)
        self._nonce = nonce
        self._way = 0 if self._base.startswith("https:") else WAYS.index("signed")
        self._plain = self._settled = False
        self._asked: dict[int, tuple[int, bool]] = {}
        """How each call under way was made: an answer to an earlier way says nothing about the present one."""
        self.rate = Rate(per_second=1000, burst=1000, concurrency=settings.concurrency)  # a store names none

    def request(self, call: Call, token: str | None, now: datetime) -> Request:
        path = call.path if call.path.startswith(INDEX) else API + call.path
        self._asked[id(call)] = self._way, self._plain
        params = {name: str(value) for name, value in call.params.items()}
        url = self._base + path
        if self._plain:
            # Older versions look for "wp-json/wc/" anywhere in the address before they look at keys.
            url = f"{self._base}/index.php"
            params |= {"rest_route": path.removeprefix(INDEX), "by": f"{API[1:]}/"}
        headers = {"accept": "application/json"}
        if path.startswith(API):  # the index is public: WordPress takes keys there for a wrong password
            params = self._with_keys(url, params, headers, now)
        query = "&".join(f"{spelt(name)}={spelt(value)}" for name, value in params.items())
        return Request("GET", f"{url}?{query.replace('%2F', '/') if self._plain else query}", headers)

    def _with_keys(self, url: str, params: dict[str, str], headers: dict[str, str], now: datetime) -> dict[str, str]:
        match WAYS[self._way]:
            case "header":
                pair = base64.b64encode(f"{self._key}:{self._secret}".encode()).decode()
                headers["authorization"] = f"Basic {pair}"
                return params
            case "query":
                return {**params, "consumer_key": self._key, "consumer_secret": self._secret}
        as_seen = url.replace("https:", "http:", 1)
        return sign("GET", as_seen, params, self._key, self._secret, self._nonce(), int(now.timestamp()))

    def check(self, reply: Reply, call: Call) -> Budget | None:
        way, plain = self._asked.pop(id(call), (self._way, self._plain))
        if reply.status < 300:
            if document(reply.body)[:1] not in (b"[", b"{"):
                raise self._page(reply, plain)
            self._settled = self._settled or not call.path.startswith(INDEX)
            return None
        if reply.status < 400 and self._slashed(reply):
            raise self._page(reply, plain)
        if reply.status < 400 or reply.status == 429 or reply.status >= 500:
            return None  # the status says it
        try:
            failure = msgspec.json.decode(reply.body, type=Failure)
        except msgspec.DecodeError:
            raise self._page(reply, plain) from None
        what = f"({failure.code or reply.status}{': ' if failure.message else ''}{failure.message})"
        if failure.code == "rest_no_route":
            raise Rejected(what, **ROUTE_HINTS)
        if reply.status in (401, 403) or failure.code in REFUSALS:
            raise self._refused(reply, failure, what, way)
        raise (Gone if reply.status in (404, 410) else Rejected)(what)

    def _slashed(self, reply: Reply) -> bool:
        """Whether the address is only told to end with a slash."""
        to = urlsplit(reply.headers.get("location", ""))
        return bool(to.netloc) and self._base.startswith(f"{to.scheme}://{to.netloc}") and to.path.endswith("/")

    def _page(self, reply: Reply, plain: bool) -> SyncError:
        """A page instead of an answer: without pretty addresses the routes hang on index.php. A server that hands
        every address to WordPress shows its front page then, after a redirect to the address with a slash."""
        what = f"(a page instead of an answer, HTTP {reply.status})"
        if (reply.status < 400 or reply.status == 404) and not plain and not self._settled:
            self._plain = True
        if plain != self._plain:
            return Broken(what, wait=SOON)
        if reply.status < 300 and self._settled:
            return Broken(what)
        if reply.status in (401, 403, 406):
            return Denied(what, of_all=True, hint_en=WALL_HINT[0], hint_zh=WALL_HINT[1])
        return Rejected(what, **ROUTE_HINTS)

    def _refused(self, reply: Reply, failure: Failure, what: str, way: int) -> SyncError:
        if (reply.status, failure.code) == (401, UNSEEN) and not self._settled:
            self._way = max(self._way, min(way + 1, len(WAYS) - 1))
        if way != self._way:
            return Broken(what, wait=SOON)
        one_route = (reply.status, failure.code) == (403, UNSEEN)
        hint_en, hint_zh = next(
            ((english, chinese) for word, english, chinese in HINTS if word in failure.message.lower()), KEY_HINT)
        return Denied(what, of_all=not one_route, hint_en=hint_en, hint_zh=hint_zh)

    def refresh(self, refresh_token: str | None, host: Host) -> Call | None:
        return None  # keys do not expire

    def tokens(self, reply: Reply, host: Host) -> Tokens:
        raise Denied()


@lru_cache(maxsize=512)
def spelt(text: str) -> str:
    """Percent-encoded as RFC 3986 says. Most of a request is the same as in the one before."""
    return quote(text, safe="")


def sign(method: str, url: str, params: Mapping[str, str], key: str, secret: str, nonce: str, timestamp: int,
         ) -> dict[str, str]:
    """The parameters with an OAuth 1.0a signature (one-legged, HMAC-SHA256). `url` has no query."""
    signed = {**params, "oauth_consumer_key": key, "oauth_nonce": nonce,
              "oauth_signature_method": "HMAC-SHA256", "oauth_timestamp": str(timestamp)}
    pairs = "&".join(f"{name}={value}" for name, value in sorted(
        (spelt(name), spelt(value)) for name, value in signed.items()))
    base = "&".join((method, spelt(url), quote(pairs, safe="")))
    digest = hmac.new(f"{secret}&".encode(), base.encode(), hashlib.sha256).digest()
    return {**signed, "oauth_signature": base64.b64encode(digest).decode()}
