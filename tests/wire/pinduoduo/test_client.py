"""Pinduoduo's signature, and what each of its errors means. Vectors: the official one (P1) and an independent
client's (P2)."""

from datetime import UTC, datetime
from urllib.parse import parse_qs

import pytest

from connectors.engine.errors import Broken, Denied, Rejected, Throttled, TokenExpired
from connectors.engine.stream import Call, Reply
from connectors.pinduoduo import CONNECTOR
from connectors.pinduoduo.client import PinduoduoClient, sign

P1 = {"access_token": "asd78172s8ds9a921j9qqwda12312w1w21211", "client_id": "1", "data_type": "XML",
      "order_status": "1", "page": "1", "page_size": "10", "timestamp": "1480411125",
      "type": "pdd.order.number.list.get"}
P2_SECRET = "pddsecret0123456789abcdef0123456"
P2_BUSINESS = {"is_lucky_flag": 0, "order_status": 5, "refund_status": 5, "start_updated_at": 1781784000,
               "end_updated_at": 1781785800, "page": 1, "page_size": 100, "use_has_next": True}
P2_SIGN = "1708E70245D46F225A0DA0C8798F5220"
NOW = datetime.fromtimestamp(1781785800, UTC)


def client(**more: str) -> PinduoduoClient:
    return PinduoduoClient(CONNECTOR.settings(client_id="c1d2e3f4a5b6", client_secret=P2_SECRET, **more))


def reply(body: str, status: int = 200) -> Reply:
    return Reply(status, {}, body.encode())


def failed(code: int, words: str = "words") -> Reply:
    return reply(f'{{"error_response":{{"error_code":{code},"error_msg":"{words}","sub_code":null,"sub_msg":""}}}}')


def test_the_official_vector() -> None:
    assert sign(P1, "testSecret") == "E4DE3ED21002510DED352819E7AE6775"


def test_what_is_sent_is_what_was_signed() -> None:
    """Seconds, lower-case booleans, upper-case JSON; what has no value is not sent."""
    call = Call("pdd.order.number.list.increment.get", {**P2_BUSINESS, "trade_type": None}, verb="POST")
    sent = client().request(call, "tok-pdd", NOW)
    form = {name: values[0] for name, values in parse_qs(sent.content.decode(), keep_blank_values=True).items()}
    assert (sent.method, sent.url) == ("POST", "https://gw-api.pinduoduo.com/api/router")
    assert form == {
        "type": "pdd.order.number.list.increment.get", "client_id": "c1d2e3f4a5b6", "access_token": "tok-pdd",
        "timestamp": "1781785800", "data_type": "JSON", "is_lucky_flag": "0", "order_status": "5",
        "refund_status": "5", "start_updated_at": "1781784000", "end_updated_at": "1781785800", "page": "1",
        "page_size": "100", "use_has_next": "true", "sign": P2_SIGN}


def test_lists_are_json_text_and_an_old_sign_is_not_signed() -> None:
    sent = client().request(Call("m", {"ids": [1, "二"], "on": False}), "t", NOW)
    form = {name: values[0] for name, values in parse_qs(sent.content.decode()).items()}
    assert (form["ids"], form["on"]) == ('[1,"二"]', "false")
    assert sign({**P1, "sign": "OLD"}, "testSecret") == sign(P1, "testSecret")


@pytest.mark.parametrize(("given", "url"), [
    ("http://127.0.0.1:4/pinduoduo/", "http://127.0.0.1:4/pinduoduo/api/router"),
    ("https://gw-api.pinduoduo.com/api/router", "https://gw-api.pinduoduo.com/api/router"),
])
def test_hosts(given: str, url: str) -> None:
    assert client(base_url=given).request(Call("m"), "t", NOW).url == url


def test_a_refresh_is_a_signed_call_without_a_token() -> None:
    call = client().refresh("r1", "api")
    assert call is not None
    form = parse_qs(client().request(call, None, NOW).content.decode())
    assert form["type"] == ["pdd.pop.auth.token.refresh"]
    assert form["refresh_token"] == ["r1"]
    assert "access_token" not in form and len(form["sign"][0]) == 32
    assert client().refresh(None, "api") is None


@pytest.mark.parametrize(("codes", "kind"), [
    ((10019, 20032), TokenExpired),
    ((10016, 20004, 20005, 30001, 70032, 70034, 70035, 70036), Denied), ((20031, 30000), Denied),
    ((10000, 10001, 10017, 10018, 20034, 20035, 21001, 21002, 52004, 99999), Rejected),
    ((50000, 50001, 50002, 52001, 52002, 52102, 52103, 70033), Broken),
    ((52101, 70031), Throttled),
])
def test_errors(codes: tuple[int, ...], kind: type[Exception]) -> None:
    for code in codes:
        with pytest.raises(kind, match="words") as caught:
            client().check(failed(code), Call("m"))
        assert type(caught.value) is kind, code


@pytest.mark.parametrize(("code", "words", "hint"), [
    (20004, "", "client_secret"), (20005, "", "allowed addresses"), (20031, "", "authorise again"),
    (70036, "", "test state"), (10016, "", "client_id"), (10001, "公共参数错误:timestamp", "clock"),
])
def test_refusals_say_what_to_do(code: int, words: str, hint: str) -> None:
    with pytest.raises(Denied) as caught:
        client().check(failed(code, words), Call("m"))
    assert hint in caught.value.hint("en")
    assert caught.value.hint("zh") != Denied.hint_zh


def test_maintenance_ends_the_run() -> None:
    """"Retry much later": longer than a run waits."""
    with pytest.raises(Broken) as caught:
        client().check(failed(70033), Call("m"))
    assert caught.value.wait == 7200


def test_tokens() -> None:
    body = ('{"pop_auth_token_refresh_response":{"access_token":"a2","refresh_token":"r2","expires_in":86400,'
            '"expires_at":1781872200,"owner_id":"904412345","owner_name":"店","scope":[]}}')
    granted = client().tokens(reply(body), "api")
    assert (granted.access_token, granted.refresh_token, granted.expires_in) == ("a2", "r2", 86400)
    for code in (10000, 10019, 20032):
        with pytest.raises(Denied) as caught:
            client().tokens(failed(code, "refresh_token"), "api")
        assert "Authorise" in caught.value.hint("en")
    with pytest.raises(Broken):
        client().tokens(failed(52001), "api")
    with pytest.raises(Broken):
        client().tokens(reply("<html>"), "api")


def test_an_answer_passes() -> None:
    assert client().check(reply('{"goods_list_get_response":{"total_count":0}}'), Call("m")) is None
