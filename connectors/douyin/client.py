"""How Douyin is spoken to: the signed shop API, and Qianchuan (ads and live) with a plain token header.

Shop calls are POST `<base>/<path>?app_key..&sign..` with the business JSON as the body, byte for byte the
string that was signed. Qianchuan calls are GET with an `Access-Token` header and no signature.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import msgspec

from connectors.douyin.wire import AdsAnswer, Answer, TokenData, data, decode
from connectors.engine.errors import Broken, Denied, Gone, Rejected, SyncError, Throttled, TokenExpired
from connectors.engine.refusals import clock_skew, consent_gone, missing_right, not_from_here, wrong_secret
from connectors.engine.settings import reveal
from connectors.engine.stream import Call, Host, Rate, Reply, Request, Tokens
from connectors.engine.values import to_seconds

if TYPE_CHECKING:
    from connectors.douyin import DouyinSettings

OK, PART_OF_A_BATCH_FAILED = 10000, 10001
ERRORS: dict[int, type[SyncError]] = {
    20000: Broken, 20001: Broken, 90000: Broken,
    30001: Denied, 30002: Denied, 80000: Denied,
    40001: Rejected, 40002: Rejected, 40003: Rejected, 40004: Rejected,
    50001: Rejected, 50002: Rejected, 70000: Rejected,
    60000: Throttled,
}
TOKEN_TROUBLE = ("isv.access-token-expired", "isv.access-token-no-existed", "isv.access-token-invalid")
"""Sub-codes of 40003 that a refresh cures."""
REFUSALS: dict[str, Callable[[str], Denied]] = {
    "isv.signature-invalid": lambda what: wrong_secret(what, "app_secret"),
    "isv.timestamp-invalid": lambda what: clock_skew(what, "Douyin", minutes=10),
    "isv.app-permissions-insufficient": missing_right,
    "dop.authorization-no-existed": consent_gone,
    "dop.authorization-closed": consent_gone,
}
"""Sub-codes that say what is to be done."""
ADS_ERRORS: dict[int, type[SyncError]] = {
    40100: Throttled, 40102: TokenExpired, 40104: TokenExpired, 40105: TokenExpired, 40002: Denied,
    40103: Denied, 40107: Denied,
}
ADS_BROKEN = range(50000, 60000)
ADS_REFRESH = "oauth2/refresh_token/"
DETAIL_OF_ONE = "/order/orderDetail"


def canonical(params: Any) -> str:
    """The business JSON as it is signed and sent: keys sorted at every level, no blanks, UTF-8 and `<>&/` as
    they are, integral floats as integers.

    >>> canonical({"size": 1.0, "product": "测试&<A>/b"})
    '{"product":"测试&<A>/b","size":1}'
    """
    return json.dumps(_integral(params), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _integral(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {key: _integral(inner) for key, inner in value.items()}
    return [_integral(inner) for inner in value] if isinstance(value, list | tuple) else value


def sign(secret: str, app_key: str, method: str, param_json: str, timestamp: str) -> str:
    """HMAC-SHA256 over the pattern wrapped in the secret, keyed with the secret as well; lower-case hex.
    Neither the access token nor `sign_method` is signed."""
    pattern = f"app_key{app_key}method{method}param_json{param_json}timestamp{timestamp}v2"
    return hmac.new(secret.encode(), f"{secret}{pattern}{secret}".encode(), hashlib.sha256).hexdigest()


class DouyinClient:
    """Far below the documented rates (180 to 900 a second and method); a Qianchuan call costs more."""

    rate = Rate(per_second=200, burst=40, concurrency=8)

    def __init__(self, settings: DouyinSettings) -> None:
        self.settings = settings

    def request(self, call: Call, token: str | None, now: datetime) -> Request:
        if call.host == "ads" or call.path == ADS_REFRESH:
            return self._ads_request(call, token)
        method = call.path.strip("/").replace("/", ".")
        param_json, timestamp = canonical(call.params), str(to_seconds(now))
        secret, app_key = reveal(self.settings.app_secret), self.settings.app_key
        query = {"app_key": app_key, "method": method, "timestamp": timestamp, "v": "2",
                 "sign": sign(secret, app_key, method, param_json, timestamp), "sign_method": "hmac-sha256"}
        if token:
            query["access_token"] = token
        return Request("POST", f"{self.settings.base_url}/{call.path.strip('/')}?{urlencode(query)}",
                       {"content-type": "application/json;charset=UTF-8", "x-open-no-old-err-code": "1"},
                       param_json.encode())

    def _ads_request(self, call: Call, token: str | None) -> Request:
        base = self.settings.ads_base_url
        url = f"{base if 'open_api' in base else base + '/open_api'}/{call.path}"
        headers = {"content-type": "application/json"} | ({"access-token": token} if token else {})
        if call.body is not None:
            return Request(call.verb, url, headers, canonical(call.body).encode())
        query = {name: canonical(value) if isinstance(value, list | dict) else value
                 for name, value in call.params.items()}
        return Request(call.verb, f"{url}?{urlencode(query)}", headers)

    def check(self, reply: Reply, call: Call) -> None:
        if reply.status != 200:
            return
        if call.host == "ads" or call.path == ADS_REFRESH:
            _check_ads(decode(reply.body, AdsAnswer), call.path == ADS_REFRESH)
        else:
            _check_shop(decode(reply.body, Answer), call)

    def refresh(self, refresh_token: str | None, host: Host) -> Call | None:
        """Shop: /token/refresh, or without a refresh token the self-authorisation of a merchant's own app."""
        if host == "ads":
            return Call(ADS_REFRESH, verb="POST", host="auth", body={
                "app_id": self.settings.ads_app_id, "secret": reveal(self.settings.ads_secret),
                "grant_type": "refresh_token", "refresh_token": refresh_token}) if refresh_token else None
        if refresh_token:
            return Call("/token/refresh", {"grant_type": "refresh_token", "refresh_token": refresh_token},
                        verb="POST", host="auth")
        return Call("/token/create", {"code": "", "grant_type": "authorization_self",
                                      "shop_id": self.settings.shop_id}, verb="POST", host="auth")

    def tokens(self, reply: Reply, host: Host) -> Tokens:
        if reply.status != 200:
            raise Denied(f"(HTTP {reply.status})")
        try:
            envelope = AdsAnswer if host == "ads" else Answer
            self.check(reply, Call(ADS_REFRESH if host == "ads" else "/token/refresh"))
            given = data(reply.body, TokenData, envelope)
        except msgspec.DecodeError as error:
            raise Broken("(the token call gave no answer)") from error
        if not given.access_token:
            raise Denied("(the token call gave no token)")
        return Tokens(given.access_token, given.refresh_token or None, given.expires_in)


def _check_shop(answer: Answer, call: Call) -> None:
    """Code and sub-code into the error a person can act on; the words are the platform's."""
    if answer.code in (OK, PART_OF_A_BATCH_FAILED):
        return
    what = f"({answer.code} {answer.sub_code or ''}: {answer.sub_msg or answer.msg})"
    kind = ERRORS.get(answer.code, Rejected)
    if answer.sub_code in REFUSALS:
        raise REFUSALS[answer.sub_code](what)
    if answer.code == 30002:
        raise not_from_here(what)
    if call.path.startswith("/token/") and kind is Rejected:
        raise Denied(what)
    if answer.code == 40003 and answer.sub_code in TOKEN_TROUBLE:
        raise TokenExpired(what)
    if call.path == DETAIL_OF_ONE and answer.code in (40004, 50001, 50002):
        raise Gone(what)
    raise kind(what)


def _check_ads(answer: AdsAnswer, refreshing: bool) -> None:
    if answer.code:
        kind = Broken if answer.code in ADS_BROKEN else ADS_ERRORS.get(answer.code, Rejected)
        raise (Denied if kind is TokenExpired and refreshing else kind)(f"({answer.code}: {answer.message})")
