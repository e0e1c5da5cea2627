"""JD's signature, and what its two levels of errors mean. J1 is the official vector, J2 are our known answers."""

from datetime import UTC, datetime
from urllib.parse import parse_qs

import pytest

from connectors.engine.errors import Broken, Denied, Rejected, Throttled, TokenExpired
from connectors.engine.stream import Call, Reply
from connectors.jd import CONNECTOR
from connectors.jd.client import JdClient, sign

J1 = {"app_key": "yourappkey", "access_token": "yourtoken", "method": "jingdong.pop.order.search",
      "timestamp": "2021-05-07 09:20:39.683+0800", "v": "2.0",
      "360buy_param_json": '{"end_date":null,"optional_fields":null,"order_state":"WAIT_SELLER_STOCK_OUT",'
                           '"page":"1","page_size":"200","start_date":null}'}
J2_SECRET = "jdsecret0123456789abcdef01234567"
J2_BUSINESS = {"start_date": "2026-06-18 00:00:00", "end_date": "2026-06-19 00:00:00",
               "order_state": "WAIT_SELLER_STOCK_OUT,FINISHED_L",
               "optional_fields": "orderId,orderState,modified,备注", "page": 1, "page_size": 50,
               "sortType": "1", "dateType": "0", "source_id": None}
NOW = datetime(2026, 6, 18, 12, 30, tzinfo=UTC)


def client(**more: str) -> JdClient:
    return JdClient(CONNECTOR.settings(app_key="ABCDEF0123456789", app_secret=J2_SECRET, **more))


def reply(body: str, status: int = 200) -> Reply:
    return Reply(status, {}, body.encode())


def sent(business: dict[str, object]) -> dict[str, str]:
    request = client().request(Call("jingdong.pop.order.enSearch", business, verb="POST"), "tok-1", NOW)
    assert request.url == "https://api.jd.com/routerjson"
    return {name: values[0] for name, values in parse_qs(request.content.decode()).items()}


def test_the_official_vector() -> None:
    assert sign(J1, "yourappSecret") == "D70825340F4084360B9362B60DFD7930"


@pytest.mark.parametrize(("business", "more", "expected"), [
    (J2_BUSINESS, {}, "B3827689676633C85D0844F1B63083F1"),
    (J2_BUSINESS, {"format": "json"}, "A20B80F71B8FDC1C3D107E837BC4B5AC"),
    ({**J2_BUSINESS, "optional_fields": "orderId,orderState,modified"}, {}, "C0FB9306A672997E12FFDB937468DCAE"),
])
def test_what_is_sent_is_what_was_signed(business: dict[str, object], more: dict[str, str], expected: str) -> None:
    """Figures travel as text, what is None does not travel, and the JSON is signed as it is sent."""
    form = sent(business)
    stated = form.pop("sign")
    assert sign({**form, **more}, J2_SECRET) == expected
    assert more or stated == expected


def test_a_call_without_parameters_sends_an_empty_object() -> None:
    assert sent({})["360buy_param_json"] == "{}"


@pytest.mark.parametrize(("given", "gateway", "token"), [
    ({}, "https://api.jd.com/routerjson", "https://open-oauth.jd.com/oauth2/refresh_token"),
    ({"base_url": "http://127.0.0.1:4/jd"}, "http://127.0.0.1:4/jd/routerjson",
     "http://127.0.0.1:4/jd/oauth2/refresh_token"),
    ({"base_url": "https://api-dev.jd.com/routerjson", "auth_url": "https://a.example"},
     "https://api-dev.jd.com/routerjson", "https://a.example/oauth2/refresh_token"),
])
def test_hosts(given: dict[str, str], gateway: str, token: str) -> None:
    speaker = client(**given)
    refresh = speaker.refresh("r1", "api")
    assert refresh is not None
    assert speaker.request(Call("m"), "t", NOW).url == gateway
    url, _, query = speaker.request(refresh, None, NOW).url.partition("?")
    assert url == token
    assert parse_qs(query) == {"grant_type": ["refresh_token"], "refresh_token": ["r1"],
                               "app_key": ["ABCDEF0123456789"], "app_secret": [J2_SECRET]}


@pytest.mark.parametrize(("code", "kind"), [
    ("2", Throttled), ("4", Rejected), ("5", Rejected), ("7", Denied), ("8", Denied), ("11", Rejected),
    ("12", Denied), ("14", Rejected), ("15", Rejected), ("19", TokenExpired), ("65", Broken), ("67", Broken),
    ("9999", Broken),
])
def test_gateway_codes(code: str, kind: type[Exception]) -> None:
    body = f'{{"error_response":{{"code":"{code}","zh_desc":"无效","en_desc":"words"}}}}'
    with pytest.raises(kind, match="words") as caught:
        client().check(reply(body), Call("m"))
    assert type(caught.value) is kind


@pytest.mark.parametrize(("words", "kind"), [
    ("No permission to call this api", Denied), ("应用无权限调用该接口", Denied),
    ("Missing parameter page", Rejected), ("平台连接后端服务不可用", Broken),
])
def test_a_code_that_no_table_has_is_read_by_its_words(words: str, kind: type[Exception]) -> None:
    with pytest.raises(kind) as caught:
        client().check(reply(f'{{"error_response":{{"code":"66","zh_desc":"{words}","en_desc":""}}}}'), Call("m"))
    assert type(caught.value) is kind


@pytest.mark.parametrize(("inner", "kind"), [
    ('"shop_jos_result":{"success":false,"msg":"no permission"}', Denied),
    ('"page":{"success":false,"msg":"pageSize"}', Rejected),
    ('"searchorderinfo_result":{"apiResult":{"success":false,"englishErrCode":"bad param"}}', Rejected),
    ('"searchorderinfo_result":{"apiResult":{"success":"false","chineseErrCode":"系统繁忙"}}', Broken),
    ('"queryResult":{"success":false}', Rejected),
    ('"pageResult":{"success":false,"code":"500","msg":"timeout"}', Broken),
])
def test_a_refusal_inside_a_code_of_zero(inner: str, kind: type[Exception]) -> None:
    with pytest.raises(kind) as caught:
        client().check(reply(f'{{"jingdong_x_responce":{{"code":"0",{inner}}}}}'), Call("m"))
    assert type(caught.value) is kind


def test_an_outer_code_that_is_not_zero() -> None:
    with pytest.raises(TokenExpired):
        client().check(reply('{"jingdong_x_responce":{"code":"19","zh_desc":"无效access_token"}}'), Call("m"))


@pytest.mark.parametrize("inner", [
    '"searchorderinfo_result":{"apiResult":{"success":"true"},"orderTotal":0}', '"page":{"totalItem":0}',
    '"shop_jos_result":{"shop_id":1}',
])
def test_answers_pass(inner: str) -> None:
    assert client().check(reply(f'{{"jingdong_x_responce":{{"code":"0",{inner}}}}}'), Call("m")) is None


def test_tokens() -> None:
    granted = client().tokens(reply('{"access_token":"a2","refresh_token":"r2","expires_in":"86400"}'), "api")
    assert (granted.access_token, granted.refresh_token, granted.expires_in) == ("a2", "r2", 86400)
    with pytest.raises(Denied, match="401 refresh_token is invalid"):
        client().tokens(reply('{"code":401,"msg":"refresh_token is invalid","requestId":"x"}'), "api")
    with pytest.raises(Throttled):
        client().tokens(reply('{"code":"2","msg":"too many calls"}'), "api")
    assert client().refresh(None, "api") is None
