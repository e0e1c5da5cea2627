"""How the Selling Partner API is spoken to: a bearer token in a header of its own, a quota for each operation."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import msgspec
from msgspec import Struct

from connectors.engine.errors import Broken, Denied, Gone, Rejected, Throttled, TokenExpired
from connectors.engine.settings import reveal
from connectors.engine.stream import Budget, Call, Host, Rate, Reply, Request, Tokens
from connectors.engine.values import decoder

if TYPE_CHECKING:
    from connectors.amazon import AmazonSettings

AGENT = "Souk/0.1 (Language=Python)"
LIMITS: Mapping[str, Rate] = {
    "searchOrders": Rate(0.0056, 20),
    "getOrder": Rate(0.5, 30),
    "createReport": Rate(0.0167, 15),
    "getReport": Rate(2, 15),
    "getReports": Rate(0.0222, 10),
    "getReportDocument": Rate(0.0167, 15),
    "listTransactions": Rate(0.5, 10),
    "getInventorySummaries": Rate(2, 2),
    "getMarketplaceParticipations": Rate(0.016, 15),
}
"""Calls a second, burst. A seller's plan may allow more: every answer states its rate, and that one counts."""
SHORTEST_WAIT = 1.0
"""Seconds, however high a rate is: a bucket that several programs share is not full again after one turn."""
RENEWED = ("Authorise the app again in Seller Central and store the new refresh token with `souk connections rotate`.",
           "请在卖家平台重新授权该应用，并用 `souk connections rotate` 保存新的 refresh token。")  # fmt: skip
SECRET = ("Check client_id and client_secret; Amazon wants the secret renewed every 180 days.",
          "请核对 client_id 与 client_secret；亚马逊要求每 180 天更换一次密钥。")  # fmt: skip
ROLE = ("The app needs the roles Inventory and Order Tracking and Finance and Accounting; and check the region.",
        "请确认应用具备库存与订单跟踪、财务与会计两种角色，且 region 正确。")  # fmt: skip
ADS = ("Check ads_profile_id and region, and that the login of ads_refresh_token may see this profile.",
       "请核对 ads_profile_id 与 region，并确认 ads_refresh_token 对应的账号可以访问该广告账户。")  # fmt: skip


class Problem(Struct):
    code: str = ""
    message: str = ""
    details: str | None = None


class Problems(Struct):
    errors: list[Problem] = []


class Granted(Struct):
    access_token: str = ""
    refresh_token: str | None = None
    expires_in: float | None = None
    error: str = ""


PROBLEMS, GRANTED = decoder(Problems), decoder(Granted)


class AmazonClient:
    rate = Rate(per_second=1, burst=5, concurrency=4)
    limits = LIMITS

    def __init__(self, settings: AmazonSettings) -> None:
        self.settings = settings
        self._told: dict[str, float] = {}
        """The rate of an operation as its last answer stated it: a refusal need not repeat it."""

    def request(self, call: Call, token: str | None, now: datetime) -> Request:
        """A report's file lies at a signed address of its own: nothing of ours is sent there."""
        if call.host == "file":
            return Request("GET", call.path)
        if call.host == "auth":
            headers = {"content-type": "application/x-www-form-urlencoded;charset=UTF-8", "accept": "application/json"}
            return Request("POST", self.settings.auth_url + call.path, headers, urlencode(call.params).encode())
        if call.host == "ads":
            return self._of_ads(call, token)
        headers = {"x-amz-access-token": token or "", "x-amz-date": now.strftime("%Y%m%dT%H%M%SZ"),
                   "user-agent": AGENT, "accept": "application/json"}  # fmt: skip
        query = f"?{urlencode(call.params)}" if call.params else ""
        body = b""
        if call.body is not None:
            headers["content-type"] = "application/json"
            body = msgspec.json.encode(call.body)
        return Request(call.verb, f"{self.settings.base_url}{call.path}{query}", headers, body)

    def _of_ads(self, call: Call, token: str | None) -> Request:
        settings = self.settings
        headers = {"authorization": f"Bearer {token}", "amazon-advertising-api-scope": settings.ads_profile_id,
                   "amazon-advertising-api-clientid": settings.ads_client_id or settings.client_id,
                   "user-agent": AGENT}  # fmt: skip
        body = b""
        if call.body is not None:
            headers["content-type"] = "application/vnd.createasyncreportrequest.v3+json"
            body = msgspec.json.encode(call.body)
        return Request(call.verb, f"{settings.ads_base_url}{call.path}", headers, body)

    def check(self, reply: Reply, call: Call) -> Budget | None:
        """Answers state the rate of their operation, not what is left of it."""
        if call.host == "ads" and reply.status in (401, 403):
            denied = Denied(f"(HTTP {reply.status})", hint_en=ADS[0], hint_zh=ADS[1])
            raise TokenExpired(denied.what, otherwise=denied) if reply.status == 401 else denied
        if call.host != "api":
            return None
        rate = _rate(reply)
        if rate:
            self._told[call.limit] = rate
        if reply.status < 300:
            return Budget(None, per_second=rate) if rate else None
        if reply.status == 429:
            known = self._told.get(call.limit) or LIMITS.get(call.limit, self.rate).per_second
            wait = None if "retry-after" in reply.headers else max(1 / known, SHORTEST_WAIT)
            raise Throttled("(QuotaExceeded)", wait=wait)
        if reply.status >= 500:
            raise Broken(f"(HTTP {reply.status})")
        problem = _problem(reply)
        what = f"({problem.code or reply.status}: {problem.message[:200]})"
        if reply.status in (401, 403):
            # "Access to requested resource is denied." is said of an expired token and of a missing role alike.
            raise TokenExpired(what, otherwise=Denied(what, hint_en=ROLE[0], hint_zh=ROLE[1]))
        if reply.status == 404:
            raise Gone(what)
        raise Rejected(what)

    def refresh(self, refresh_token: str | None, host: Host) -> Call | None:
        settings = self.settings
        if not refresh_token:
            return None
        keys = {"client_id": settings.client_id, "client_secret": reveal(settings.client_secret)}
        if host == "ads" and settings.ads_client_id:
            keys = {"client_id": settings.ads_client_id, "client_secret": reveal(settings.ads_client_secret)}
        grant = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        return Call("/auth/o2/token", verb="POST", host="auth", params=grant | keys)

    def tokens(self, reply: Reply, host: Host) -> Tokens:
        try:
            granted: Granted = GRANTED.decode(reply.body)
        except msgspec.DecodeError as error:
            raise Broken("(the token answer could not be read)") from error
        if not granted.access_token:
            hint = SECRET if granted.error in ("invalid_client", "unauthorized_client") else RENEWED
            raise Denied(f"(token: {granted.error})", hint_en=hint[0], hint_zh=hint[1])
        return Tokens(granted.access_token, granted.refresh_token, granted.expires_in)


def _rate(reply: Reply) -> float | None:
    try:
        return float(reply.headers.get("x-amzn-ratelimit-limit", "")) or None
    except ValueError:
        return None


def _problem(reply: Reply) -> Problem:
    try:
        return (PROBLEMS.decode(reply.body).errors or [Problem()])[0]
    except msgspec.DecodeError:
        return Problem()
