"""Kuaishou's two signatures, and what its failures mean. Vector K1 was made by two independent clients."""

from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from connectors.engine.errors import Broken, Denied, Rejected, Throttled, TokenExpired
from connectors.engine.stream import Call, Reply
from connectors.kuaishou import CONNECTOR
from connectors.kuaishou.client import KuaishouClient, sign

SECRET = "kssignsecret0123456789abcdef"
BUSINESS = {"sort": 1, "queryType": 2, "pageSize": 50, "orderViewStatus": 1, "endTime": 1781798399000, "cursor": "",
            "cpsType": 0, "beginTime": 1781712000000}
PARAM = ('{"beginTime":1781712000000,"cpsType":0,"cursor":"","endTime":1781798399000,"orderViewStatus":1,'
         '"pageSize":50,"queryType":2,"sort":1}')
K1 = {"access_token": "tok-ks", "appkey": "ks700000000000001", "method": "open.order.cursor.list", "version": "1",
      "timestamp": "1781785800000", "param": PARAM}
SIGNS = {"MD5": "638df2ee88c722f3671b1993d135f745", "HMAC_SHA256": "W5B++uKyAdWAkqajIxMlW6pQq5w3kaygEwTNLop1VkE="}
NOW = datetime.fromtimestamp(1781785800, UTC)


def client(**more: str) -> KuaishouClient:
    return KuaishouClient(CONNECTOR.settings(
        app_key="ks700000000000001", app_secret="another", sign_secret=SECRET, **more))


def reply(body: str, status: int = 200) -> Reply:
    return Reply(status, {}, body.encode())


@pytest.mark.parametrize("method", SIGNS)
def test_the_vector(method: str) -> None:
    params = {**K1, "signMethod": method}
    assert sign(params, SECRET, method) == SIGNS[method]
    assert sign({**params, "sign": "OLD", "other": "x"}, SECRET, method) == SIGNS[method], "only what is signed"
    assert sign({**params, "param": ""}, SECRET, method) == sign(
        {name: value for name, value in params.items() if name != "param"}, SECRET, method), "empty is left out"


@pytest.mark.parametrize("method", SIGNS)
def test_what_is_sent_is_what_was_signed(method: str) -> None:
    """The Base64 has `+`, `/` and `=`: encoded after signing."""
    sent = client(sign_method=method).request(Call("open.order.cursor.list", BUSINESS), "tok-ks", NOW)
    parts = urlsplit(sent.url)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    assert (sent.method, parts.netloc, parts.path) == ("GET", "openapi.kwaixiaodian.com", "/open/order/cursor/list")
    assert query == {**K1, "signMethod": method, "sign": SIGNS[method]}


def test_tokens_are_asked_for_with_the_other_secret() -> None:
    speaker = client(base_url="http://127.0.0.1:4/kuaishou")
    call = speaker.refresh("r1", "api")
    assert call is not None
    sent = speaker.request(call, None, NOW)
    assert (sent.method, sent.url) == ("POST", "http://127.0.0.1:4/kuaishou/oauth2/refresh_token")
    assert parse_qs(sent.content.decode()) == {
        "grant_type": ["refresh_token"], "app_id": ["ks700000000000001"], "app_secret": ["another"],
        "refresh_token": ["r1"]}
    assert client(auth_url="https://a.example").request(call, None, NOW).url == "https://a.example/oauth2/refresh_token"
    assert speaker.refresh(None, "api") is None


@pytest.mark.parametrize(("sub_code", "words", "kind"), [
    ("isv.app-call-limited", "", Throttled), ("isv.access-token-expired", "", TokenExpired),
    ("isv.refresh-token-expired", "", Denied), ("isv.invalid-method", "", Rejected),
    ("isv.access-denied", "", Denied),
    ("isv.sign-invalid", "", Denied), ("", "签名错误", Denied), ("isp.service-error", "", Broken),
    ("", "系统繁忙，请稍后再试", Broken), ("", "调用频率超限", Throttled), ("", "没有权限", Denied),
    ("isv.timestamp-invalid", "", Denied),
    ("isv.param-invalid", "", Rejected), ("", "", Rejected),
])
def test_errors(sub_code: str, words: str, kind: type[Exception]) -> None:
    body = f'{{"result":28,"code":"28","error_msg":"{words}","sub_code":"{sub_code}","sub_msg":""}}'
    for status in (200, 400):
        with pytest.raises(kind, match="28") as caught:
            client().check(reply(body, status), Call("m"))
        assert type(caught.value) is kind


@pytest.mark.parametrize(("sub_code", "hint"), [
    ("isv.sign-invalid", "sign_secret"), ("isv.access-denied", "authorise again"),
    ("isv.refresh-token-expired", "authorise the app again"), ("isv.timestamp-invalid", "clock"),
])
def test_refusals_say_what_to_do(sub_code: str, hint: str) -> None:
    with pytest.raises(Denied) as caught:
        client().check(reply(f'{{"result":28,"sub_code":"{sub_code}"}}'), Call("m"))
    assert hint in caught.value.hint("en")
    assert caught.value.hint("zh") != Denied.hint_zh


def test_success_is_one_and_not_zero() -> None:
    assert client().check(reply('{"result":1,"data":{}}'), Call("m")) is None
    with pytest.raises(Rejected):
        client().check(reply('{"result":0}'), Call("m"))


def test_tokens() -> None:
    """48 hours and 180 days; a new refresh token with every answer."""
    body = ('{"result":1,"access_token":"a2","expires_in":172800,"refresh_token":"r2",'
            '"refresh_token_expires_in":15552000,"open_id":"f18","scopes":["merchant_order"]}')
    granted = client().tokens(reply(body), "api")
    assert (granted.access_token, granted.refresh_token, granted.expires_in) == ("a2", "r2", 172800)
    for result in (100200100, 100200101):
        with pytest.raises(Denied, match=str(result)):
            client().tokens(reply(f'{{"result":{result},"error_msg":"x"}}'), "api")
    with pytest.raises(Throttled):
        client().tokens(reply('{"result":28,"sub_code":"isv.app-call-limited"}'), "api")
    with pytest.raises(Broken):
        client().tokens(reply("<html>"), "api")
