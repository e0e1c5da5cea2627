"""TOP's signature, and what each of its errors means. Vectors: the official one (T1) and our known answers (T2)."""

from datetime import UTC, datetime
from urllib.parse import parse_qs

import pytest

from connectors.engine.errors import Broken, Denied, Rejected, Throttled, TokenExpired
from connectors.engine.stream import Call, Reply
from connectors.taobao import CONNECTOR
from connectors.taobao.client import TaobaoClient, sign

T1 = {"method": "taobao.item.seller.get", "app_key": "12345678", "session": "test",
      "timestamp": "2016-01-01 12:00:00", "format": "json", "v": "2.0", "sign_method": "md5",
      "fields": "num_iid,title,nick,price,num", "num_iid": "11223344"}
T2 = {"method": "taobao.trades.sold.increment.get", "app_key": "23000001", "session": "6100abc",
      "timestamp": "2026-06-18 20:30:00", "format": "json", "v": "2.0", "fields": "tid,status,payment,orders",
      "start_modified": "2026-06-18 20:00:00", "end_modified": "2026-06-18 20:30:00", "page_no": "1",
      "page_size": "50", "use_has_next": "true"}
T2_SECRET = "topsecret0123456789abcdef0123456"
NOW = datetime(2026, 6, 18, 12, 30, tzinfo=UTC)


def client(**more: str) -> TaobaoClient:
    given = {"app_key": "23000001", "app_secret": T2_SECRET, **more}
    return TaobaoClient(CONNECTOR.settings(**given))


def reply(body: str, status: int = 200, **headers: str) -> Reply:
    return Reply(status, headers, body.encode())


def test_the_official_vector() -> None:
    assert sign(T1, "helloworld") == "66987CB115214E59E6EC978214934FB8"


@pytest.mark.parametrize(("method", "more", "expected"), [
    ("md5", {}, "A752D5BE103A896CB0608763576D8566"),
    ("hmac", {}, "F2391F446B6AAF27D9054FB70306F9B0"),
    ("hmac-sha256", {}, "74B7792906EA67592D4028B877B4382FE63AA8599AC5B776AA649D9F7D246999"),
    ("md5", {"buyer_nick": "小明 & co"}, "536F8CD294F2D33AC2F310D36A3C101F"),
    ("md5", {"status": ""}, "A752D5BE103A896CB0608763576D8566"),  # empty values are not signed
    ("md5", {"sign": "OLD"}, "A752D5BE103A896CB0608763576D8566"),
])
def test_each_digest(method: str, more: dict[str, str], expected: str) -> None:
    assert sign({**T2, "sign_method": method, **more}, T2_SECRET, method) == expected


@pytest.mark.parametrize("method", ["md5", "hmac", "hmac-sha256"])
def test_what_is_sent_is_what_was_signed(method: str) -> None:
    params = {name: T2[name] for name in ("fields", "start_modified", "end_modified", "page_no", "page_size",
                                          "use_has_next")} | {"status": None}
    sent = client(sign_method=method).request(Call(T2["method"], params, verb="POST"), "6100abc", NOW)
    form = {name: values[0] for name, values in parse_qs(sent.content.decode(), keep_blank_values=True).items()}
    assert sent.url == "https://eco.taobao.com/router/rest"
    assert form == {**T2, "sign_method": method, "sign": sign({**T2, "sign_method": method}, T2_SECRET, method)}


@pytest.mark.parametrize(("given", "gateway", "token"), [
    ({}, "https://eco.taobao.com/router/rest", "https://oauth.taobao.com/token"),
    ({"base_url": "https://gw.api.tbsandbox.com"}, "https://gw.api.tbsandbox.com/router/rest",
     "https://oauth.tbsandbox.com/token"),
    ({"base_url": "http://127.0.0.1:4/taobao/"}, "http://127.0.0.1:4/taobao/router/rest",
     "http://127.0.0.1:4/taobao/token"),
    ({"base_url": "https://eco.taobao.com/router/rest", "auth_url": "https://a.example"},
     "https://eco.taobao.com/router/rest", "https://a.example/token"),
])
def test_hosts(given: dict[str, str], gateway: str, token: str) -> None:
    speaker = client(**given)
    refresh = speaker.refresh("r1", "api")
    assert refresh is not None
    assert speaker.request(Call("m"), "t", NOW).url == gateway
    sent = speaker.request(refresh, None, NOW)
    assert (sent.method, sent.url) == ("POST", token)
    assert parse_qs(sent.content.decode()) == {
        "grant_type": ["refresh_token"], "refresh_token": ["r1"], "client_id": ["23000001"],
        "client_secret": [T2_SECRET]}


@pytest.mark.parametrize(("code", "sub_code", "kind"), [
    (9, "", Rejected), (10, "", Broken), (11, "", Denied), (12, "", Denied),
    (15, "isp.top-remote-busy", Broken),
    (15, "isv.item-not-exist", Rejected), (15, "", Broken), (21, "", Rejected), (22, "", Rejected),
    (23, "", Rejected), (24, "", Rejected), (25, "isv.invalid-signature", Denied), (26, "", TokenExpired),
    (27, "", TokenExpired), (28, "", Denied), (29, "", Denied), (30, "", Denied), (31, "", Denied),
    (32, "", Rejected), (33, "", Rejected), (34, "", Rejected), (40, "", Rejected), (41, "", Rejected),
    (42, "", Rejected), (43, "isv.x", Rejected), (43, "isp.x", Broken), (900, "isp.x", Broken),
    (900, "isv.x", Rejected),
])
def test_errors(code: int, sub_code: str, kind: type[Exception]) -> None:
    body = f'{{"error_response":{{"code":{code},"msg":"words","sub_code":"{sub_code}"}}}}'
    with pytest.raises(kind, match="words") as caught:
        client().check(reply(body), Call("m"))
    assert type(caught.value) is kind


@pytest.mark.parametrize(("sub_code", "sub_msg", "wait"), [
    ("accesscontrol.limited-by-api-access-count", "This ban will last for 3 more seconds", 4),
    ("accesscontrol.limited-by-api-access-count", "", None),
    # 2026-06-18 23:00:00 in Beijing: the daily quota begins anew in an hour
    ("accesscontrol.limited-by-app-access-count", "", 3601),
])
def test_bans(sub_code: str, sub_msg: str, wait: float | None) -> None:
    body = f'{{"error_response":{{"code":7,"msg":"App Call Limited","sub_code":"{sub_code}","sub_msg":"{sub_msg}"}}}}'
    with pytest.raises(Throttled) as caught:
        client().check(reply(body, date="Thu, 18 Jun 2026 15:00:00 GMT"), Call("m"))
    assert caught.value.wait == wait


def test_an_answer_passes() -> None:
    assert client().check(reply('{"trades_sold_increment_get_response":{"total_results":0}}'), Call("m")) is None


def test_tokens() -> None:
    """An R2 permission may end before the token does; a zero says nothing."""
    body = '{"access_token":"a2","refresh_token":"r2","expires_in":86400,"r2_expires_in":"1800","w1_expires_in":0}'
    granted = client().tokens(reply(body), "api")
    assert (granted.access_token, granted.refresh_token, granted.expires_in) == ("a2", "r2", 1800)
    with pytest.raises(Denied, match="invalid_grant"):
        client().tokens(reply('{"error":"invalid_grant"}', 400), "api")
    assert client().refresh(None, "api") is None


def test_flags_are_numbers() -> None:
    assert CONNECTOR.settings(app_key="1", app_secret="2", brushing_flags=" 4, 5,").flags == {4, 5}
    with pytest.raises(ValueError, match="flag numbers"):
        CONNECTOR.settings(app_key="1", app_secret="2", brushing_flags="purple")
