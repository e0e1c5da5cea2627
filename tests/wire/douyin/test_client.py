"""Douyin's signature and canonical JSON, byte for byte, and what each of its errors means."""

import json
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from connectors.douyin import CONNECTOR
from connectors.douyin.client import DouyinClient, canonical, sign
from connectors.engine.errors import Broken, Denied, Gone, Rejected, Throttled, TokenExpired
from connectors.engine.stream import Call, Reply

APP_KEY, SECRET, STAMP = "7000000000000000001", "12345678-aaaa-bbbb-cccc-1234567890ab", "1781785800"
NOW = datetime(2026, 6, 18, 12, 30, tzinfo=UTC)
D1 = {"size": 100.0, "page": 0, "product": "测试&<A>/b", "update_time_start": 1781784000, "order_asc": True,
      "update_time_end": 1781785800, "order_by": "update_time", "combine_status": [{"order_status": "2,3"}]}
D1_JSON = ('{"combine_status":[{"order_status":"2,3"}],"order_asc":true,"order_by":"update_time","page":0,'
           '"product":"测试&<A>/b","size":100,"update_time_end":1781785800,"update_time_start":1781784000}')


def client(**more: str) -> DouyinClient:
    given = {"app_key": APP_KEY, "app_secret": SECRET, "shop_id": "123456", "ads_app_id": "17", "ads_secret": "s17"}
    return DouyinClient(CONNECTOR.settings(**(given | more)))


def answer(code: int, sub_code: str = "", **more: object) -> Reply:
    return Reply(200, {}, json.dumps({"code": code, "msg": "m", "sub_code": sub_code, "data": None} | more).encode())


@pytest.mark.parametrize(("given", "text"), [
    (D1, D1_JSON),
    ({}, "{}"),
    ({"b": {"d": 1, "c": [2.0, 2.5]}, "a": None}, '{"a":null,"b":{"c":[2,2.5],"d":1}}'),
])
def test_canonical_form(given: dict[str, object], text: str) -> None:
    assert canonical(given) == text


@pytest.mark.parametrize(("method", "param_json", "expected"), [
    ("order.searchList", D1_JSON, "1ea1959a4df2c92e33a3ebd529ca65b21f734557f19505aec1f2b717ad7fda67"),
    ("token.create", '{"code":"","grant_type":"authorization_self","shop_id":"123456"}',
     "4c42f8788231f3a92cf78cb3e0c4378ae56813353ba13df690ed71a2de6b7c84"),
])
def test_known_signatures(method: str, param_json: str, expected: str) -> None:
    assert sign(SECRET, APP_KEY, method, param_json, STAMP) == expected


def test_what_is_sent_is_what_was_signed() -> None:
    sent = client().request(Call("/order/searchList", D1, verb="POST"), "token-1", NOW)
    url = urlsplit(sent.url)
    assert (sent.method, f"{url.scheme}://{url.netloc}{url.path}") == (
        "POST", "https://openapi-fxg.jinritemai.com/order/searchList")
    assert {name: values[0] for name, values in parse_qs(url.query).items()} == {
        "app_key": APP_KEY, "method": "order.searchList", "access_token": "token-1", "timestamp": STAMP, "v": "2",
        "sign_method": "hmac-sha256", "sign": "1ea1959a4df2c92e33a3ebd529ca65b21f734557f19505aec1f2b717ad7fda67"}
    assert sent.content == D1_JSON.encode()
    assert sent.headers["content-type"] == "application/json;charset=UTF-8"


def test_without_a_token_the_merchants_own_app_authorises_itself() -> None:
    call = client().refresh(None, "api")
    assert call is not None
    sent = client().request(call, None, NOW)
    assert "access_token" not in sent.url
    assert "4c42f8788231f3a92cf78cb3e0c4378ae56813353ba13df690ed71a2de6b7c84" in sent.url
    assert sent.content == b'{"code":"","grant_type":"authorization_self","shop_id":"123456"}'


def test_with_a_refresh_token_it_is_refreshed() -> None:
    call = client().refresh("r1", "api")
    assert call is not None
    assert (call.path, call.params) == ("/token/refresh", {"grant_type": "refresh_token", "refresh_token": "r1"})
    tokens = client().tokens(answer(10000, data={"access_token": "a2", "refresh_token": "r2", "expires_in": 604800}),
                             "api")
    assert (tokens.access_token, tokens.refresh_token, tokens.expires_in) == ("a2", "r2", 604800)


def test_a_refused_token_call_needs_people() -> None:
    with pytest.raises(Denied, match="refresh_token"):
        client().tokens(answer(50002, "dop.token-generate-failed:refresh_token"), "api")


@pytest.mark.parametrize(("base", "url"), [
    ("https://ad.oceanengine.com/open_api/", "https://ad.oceanengine.com/open_api/v1.0/x/"),
    ("https://api.oceanengine.com", "https://api.oceanengine.com/open_api/v1.0/x/"),
    ("http://127.0.0.1:4/ads/open_api", "http://127.0.0.1:4/ads/open_api/v1.0/x/"),
])
def test_qianchuan_has_a_token_header_and_no_signature(base: str, url: str) -> None:
    sent = client(ads_base_url=base).request(
        Call("v1.0/x/", {"fields": ["stat_cost", "show_cnt"], "page": 1}, host="ads"), "ads-1", NOW)
    parts = urlsplit(sent.url)
    assert (sent.method, f"{parts.scheme}://{parts.netloc}{parts.path}") == ("GET", url)
    assert parse_qs(parts.query) == {"fields": ['["stat_cost","show_cnt"]'], "page": ["1"]}
    assert sent.headers["access-token"] == "ads-1"


def test_qianchuan_tokens() -> None:
    call = client().refresh("r1", "ads")
    assert call is not None
    sent = client().request(call, None, NOW)
    assert sent.url == "https://ad.oceanengine.com/open_api/oauth2/refresh_token/"
    assert json.loads(sent.content) == {"app_id": "17", "secret": "s17", "grant_type": "refresh_token",
                                        "refresh_token": "r1"}
    body = {"code": 0, "message": "OK", "data": {"access_token": "a2", "refresh_token": "r2", "expires_in": 86400}}
    assert client().tokens(Reply(200, {}, json.dumps(body).encode()), "ads").refresh_token == "r2"
    assert client().refresh(None, "ads") is None
    with pytest.raises(Denied):
        client().tokens(Reply(200, {}, b'{"code":40103,"message":"expired"}'), "ads")


@pytest.mark.parametrize(("code", "sub_code", "path", "kind"), [
    (20000, "isp.service-error", "/order/searchList", Broken),
    (20001, "isp.timeout", "/order/searchList", Broken),
    (90000, "", "/order/searchList", Broken),
    (60000, "", "/order/searchList", Throttled),
    (30001, "isv.app-permissions-insufficient", "/order/searchList", Denied),
    (30002, "", "/order/searchList", Denied),
    (80000, "", "/order/searchList", Denied),
    (40003, "isv.access-token-expired", "/order/searchList", TokenExpired),
    (40003, "isv.access-token-no-existed", "/order/searchList", TokenExpired),
    (40003, "isv.access-token-invalid", "/order/searchList", TokenExpired),
    (40003, "isv.signature-invalid", "/order/searchList", Denied),
    (40003, "isv.timestamp-invalid", "/order/searchList", Denied),
    (40004, "isv.parameter-invalid:7", "/order/searchList", Rejected),
    (70000, "", "/order/searchList", Rejected),
    (50002, "isv.business-failed", "/order/searchList", Rejected),
    (50002, "isv.business-failed", "/order/orderDetail", Gone),
])
def test_errors(code: int, sub_code: str, path: str, kind: type[Exception]) -> None:
    with pytest.raises(kind, match=str(code)):
        client().check(answer(code, sub_code), Call(path))


@pytest.mark.parametrize(("code", "kind"), [
    (40105, TokenExpired), (40100, Throttled), (40002, Denied), (50000, Broken), (40001, Rejected)])
def test_errors_of_qianchuan(code: int, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        client().check(Reply(200, {}, b'{"code":%d,"message":"m"}' % code), Call("v1.0/x/", host="ads"))


@pytest.mark.parametrize("code", [10000, 10001])
def test_success(code: int) -> None:
    client().check(answer(code), Call("/order/searchList"))
