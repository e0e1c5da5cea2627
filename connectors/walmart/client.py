"""How Walmart is spoken to: a token of fifteen minutes in a header of its own, a new id for every call."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

import msgspec
from msgspec import Struct

from connectors.engine.errors import Broken, Denied, Gone, Rejected, SyncError, Throttled, TokenExpired
from connectors.engine.settings import reveal
from connectors.engine.stream import Budget, Call, Host, Rate, Reply, Request, Tokens
from connectors.engine.values import decoder, from_millis

if TYPE_CHECKING:
    from connectors.walmart import WalmartSettings

SERVICE = "Walmart Marketplace"
KEY = ("Check client_id and client_secret (Seller Center > Settings > API key management) and what they may read.",
       "请检查 client_id 与 client_secret（Seller Center > Settings > API Key Management）及其只读权限。")
REFUSALS: tuple[tuple[str, bool, tuple[str, str]], ...] = (
    ("FORBIDDEN", False, (
        "The keys may not read this: give them read access to orders, returns, items and reports (Seller Center > "
        "Settings > API key management).",
        "密钥无权读取：请在 Seller Center > Settings > API Key Management 授予订单、退货、商品和报告的只读权限。")),
    ("INVALID_MARKET", True, ("Check market: the keys belong to another country's Walmart.",
                              "请检查 market：密钥属于其他国家的沃尔玛。")),
    ("INACTIVE", True, ("The seller account is not active: the Seller Center says why.",
                        "卖家账号未激活：请在 Seller Center 查看原因。")),
    ("", False, KEY),
)
"""Words in a code or its explanation, whether it would be said of every call, and what to do; the first that fits
decides, the last fits all."""
RECON_FILE = "/v3/report/reconreport/reconFile"
"""A zip file, which is refused to whom accepts nothing but JSON."""
EPOCH_MILLIS = 10**11
"""Above this an instant is in milliseconds, below it in seconds."""


class Failure(Struct):
    code: str = ""
    info: str = ""


class Failures(Struct):
    error: list[Failure] | Failure = []


class Failed(Struct):
    """`errors.error` is a list, or `errors` is; from XML a list of one may be the bare object."""

    errors: Failures | None = None
    error: list[Failure] | Failure | None = None


class FailedPlainly(Struct):
    errors: list[Failure] = []


class Granted(Struct):
    access_token: str = ""
    expires_in: float | None = None


FAILED, PLAINLY, GRANTED = decoder(Failed), decoder(FailedPlainly), decoder(Granted)


class WalmartClient:
    """Every operation has its own allowance, told by what is left of it in each answer."""

    rate = Rate(per_second=10, burst=10, concurrency=4)
    limits: Mapping[str, Rate] = {"reports": Rate(per_second=1, burst=5)}

    def __init__(self, settings: WalmartSettings, correlation: Callable[[], str] = lambda: str(uuid.uuid4())) -> None:
        self.settings, self._correlation = settings, correlation

    def request(self, call: Call, token: str | None, now: datetime) -> Request:
        settings = self.settings
        accept = "application/octet-stream" if call.path == RECON_FILE else "application/json"
        headers = {"accept": accept, "wm_qos.correlation_id": self._correlation(),
                   "wm_svc.name": SERVICE}
        if settings.market != "us":
            headers |= {"wm_market": settings.market, "wm_global_version": "3.1"}
        if call.host == "auth":
            pair = f"{settings.client_id}:{reveal(settings.client_secret)}".encode()
            headers |= {"authorization": f"Basic {base64.b64encode(pair).decode()}",
                        "content-type": "application/x-www-form-urlencoded"}
            return Request("POST", f"{settings.base_url}/v3/token", headers, urlencode(call.params).encode())
        url = settings.base_url + call.path  # a cursor is a ready query string and part of the path
        query = urlencode(call.params, quote_via=quote, safe="*")
        return Request("GET", f"{url}?{query}" if query else url, headers | {"wm_sec.access_token": token or ""})

    def check(self, reply: Reply, call: Call) -> Budget | None:
        if reply.status < 300:
            return budget(reply.headers)
        if reply.status == 429:
            raise Throttled("(429)", wait=replenished(reply.headers))
        if reply.status < 500:
            nothing = call.nothing and reply.status == 404
            if nothing and not reply.body.strip():
                return None
            found = failures(reply.body)  # a page that is no answer of the interface is no empty list
            if nothing:
                return None
            raise _error(reply.status, found)
        return None  # the status says it

    def refresh(self, refresh_token: str | None, host: Host) -> Call | None:
        return Call("token", host="auth", verb="POST", params={"grant_type": "client_credentials"})

    def tokens(self, reply: Reply, host: Host) -> Tokens:
        try:
            granted: Granted = GRANTED.decode(reply.body)
        except msgspec.DecodeError as error:
            raise Broken("(the token answer could not be read)") from error
        if not granted.access_token:
            raise _denied(f"(token: {reply.status})")
        return Tokens(granted.access_token, None, granted.expires_in)


def budget(headers: Mapping[str, str]) -> Budget | None:
    """How many calls of this kind are left."""
    left = headers.get("x-current-token-count", "").partition(".")[0]
    return Budget(float(left)) if left.isdigit() else None


def replenished(headers: Mapping[str, str]) -> float | None:
    """Seconds until there are calls again: an epoch instant, measured against the answer's own date. None where it is
    not said or past: then our own back-off."""
    at = headers.get("x-next-replenishment-time", "")
    if not at.isdigit():
        return None
    until = from_millis(int(at) if int(at) > EPOCH_MILLIS else int(at) * 1000)
    sent = parsedate_to_datetime(headers["date"]) if "date" in headers else datetime.now(UTC)
    wait = (until - sent).total_seconds() if until else 0.0
    return wait if wait > 0 else None


def failures(body: bytes) -> list[Failure]:
    try:
        found = FAILED.decode(body)
        listed = found.errors.error if found.errors else found.error or []
    except msgspec.ValidationError:
        listed = PLAINLY.decode(body).errors
    return listed if isinstance(listed, list) else [listed]


def _error(status: int, found: list[Failure]) -> SyncError:
    """`description` may repeat what was asked and is left out."""
    code, info = (found[0].code, found[0].info) if found else ("", "")
    what = f"({code or status}{': ' + info if info else ''})"
    if status == 401 or code.startswith("INVALID_TOKEN"):
        return TokenExpired(what, otherwise=_denied(what, of_all=True))
    if status == 403:
        return _denied(what)
    return Gone(what) if status == 404 else Rejected(what)


def _denied(what: str, *, of_all: bool = False) -> Denied:
    everywhere, (english, chinese) = next((everywhere, hints) for word, everywhere, hints in REFUSALS
                                          if word in what.upper())
    return Denied(what, of_all=of_all or everywhere, hint_en=english, hint_zh=chinese)
