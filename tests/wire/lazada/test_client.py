"""Lazada's signature, and what each error word means. Vectors: the official one (1), an SDK's, our known answers."""

from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlsplit

import pytest

from connectors.engine.errors import Broken, Denied, Rejected, Throttled, TokenExpired
from connectors.engine.stream import Call, Reply
from connectors.lazada import CONNECTOR
from connectors.lazada.client import LazadaClient, sign

NOW = datetime(2026, 1, 1, tzinfo=UTC)
TOKEN = "50000601c30atpedfgu3LVvik87Ixlsvle3mSoB7701ceb156fPunYZ43GBg"
THIRD = "931AC7B4ED06608BA8967618AA8A72FAD25B4FBB70E83DF278218EEEDF75D451"


def client(**more: str) -> LazadaClient:
    return LazadaClient(CONNECTOR.settings(**{"app_key": "100132", "app_secret": "soukLazSecret", **more}))


@pytest.mark.parametrize(("secret", "path", "params", "expected"), [
    ("helloworld", "/order/get", {"access_token": "test", "app_key": "123456", "order_id": "1234",
                                  "sign_method": "sha256", "timestamp": "1517820392000"},
     "4190D32361CFB9581350222F345CB77F3B19F0E31D162316848A2C1FFD5FAB4A"),
    # ASCII order: the underscore stands before letters
    ("1234", "/test/api", {"foobar": "4", "foo_bar": "3", "foo": "1", "bar": "2", "sign": "OLD"},
     "988085883BF9D32D251478D23122C7ECC91518CDF63BA22F792000A378F52409"),
    ("soukLazSecret", "/orders/get", {
        "app_key": "100132", "access_token": TOKEN, "timestamp": "1767225600000", "sign_method": "sha256",
        "update_after": "2025-12-31T00:00:00+08:00", "sort_by": "updated_at", "sort_direction": "ASC",
        "limit": "100", "offset": "0"}, THIRD),
])
def test_vectors(secret: str, path: str, params: dict[str, str], expected: str) -> None:
    assert sign(secret, path, params) == expected


def test_what_is_sent_is_what_was_signed() -> None:
    """The plus of an offset is %2B on the wire and raw in what is signed."""
    call = Call("/orders/get", {"update_after": "2025-12-31T00:00:00+08:00", "sort_by": "updated_at",
                                "sort_direction": "ASC", "limit": 100, "offset": 0, "status": None})
    sent = client().request(call, TOKEN, NOW)
    assert (sent.method, sent.url.partition("?")[0]) == ("GET", "https://api.lazada.sg/rest/orders/get")
    assert "%2B08%3A00" in sent.url
    assert dict(parse_qsl(urlsplit(sent.url).query))["sign"] == THIRD


@pytest.mark.parametrize(("given", "api", "token", "home"), [
    ({}, "https://api.lazada.sg/rest", "https://auth.lazada.com/rest", "SG"),
    ({"base_url": "https://api.lazada.vn"}, "https://api.lazada.vn/rest", "https://auth.lazada.com/rest", "VN"),
    ({"base_url": "https://api.lazada.co.id/rest/"}, "https://api.lazada.co.id/rest", "https://auth.lazada.com/rest",
     "ID"),
    ({"base_url": "http://127.0.0.1:4/lazada", "country": "TH"}, "http://127.0.0.1:4/lazada/rest",
     "http://127.0.0.1:4/lazada/rest", "TH"),
])
def test_hosts(given: dict[str, str], api: str, token: str, home: str) -> None:
    speaker = client(**given)
    refresh = speaker.refresh("r1", "api")
    assert refresh is not None and client().refresh(None, "api") is None
    assert speaker.request(Call("/seller/get"), "t", NOW).url.startswith(f"{api}/seller/get?")
    sent = speaker.request(refresh, None, NOW)
    params = dict(parse_qsl(urlsplit(sent.url).query))
    assert sent.url.startswith(f"{token}/auth/token/refresh?")
    assert params["sign"] == sign("soukLazSecret", "/auth/token/refresh", params), "signed like any call"
    assert "access_token" not in params
    assert speaker.settings.home == home


@pytest.mark.parametrize(("code", "kind_word", "message", "kind"), [
    ("IncompleteSignature", "ISV", "words", Denied), ("InvalidApi", "ISV", "words", Rejected),
    ("IllegalAccessToken", "ISV", "words", TokenExpired), ("InvalidAppKey", "ISV", "words", Denied),
    ("MissingParameter", "ISV", "words", Rejected), ("MissingPartner", "ISV", "words", Rejected),
    ("MissingTimeStamp", "ISV", "words", Denied), ("901", "ISV", "words: invalid timestamp", Denied),
    ("ApiCallLimit", "ISP", "words", Throttled), ("ServiceUnavailable", "ISP", "words", Broken),
    ("SystemError", "SYSTEM", "words", Broken), ("ServiceTimeout", "ISP", "words", Broken),
    ("SomethingElse", "SYSTEM", "words", Broken), ("17", "ISV", "words", Rejected),
    ("901", "ISP", "words: limit service request speed", Throttled), ("SellerNotVerified", "ISV", "words", Denied),
])
def test_errors(code: str, kind_word: str, message: str, kind: type[Exception]) -> None:
    body = f'{{"code":"{code}","type":"{kind_word}","message":"{message}","request_id":"1"}}'
    with pytest.raises(kind, match="words") as caught:
        client().check(Reply(200, {}, body.encode()), Call("/x"))
    assert type(caught.value) is kind


@pytest.mark.parametrize(("message", "wait"), [
    ("App is banned for 5 seconds", 6), ("This ban will last for 1 more second", 2), ("too often", None),
    ("banned: 10s", 11), ("wait 15 sec.", 16), ("2 services", None),
])
def test_a_ban_lasts_as_long_as_its_message_says(message: str, wait: float | None) -> None:
    body = f'{{"code":"AppCallLimit","type":"ISP","message":"{message}"}}'
    with pytest.raises(Throttled) as caught:
        client().check(Reply(200, {}, body.encode()), Call("/x"))
    assert caught.value.wait == wait


def test_an_answer_passes() -> None:
    assert client().check(Reply(200, {}, b'{"code":"0","data":{}}'), Call("/x")) is None


def test_tokens() -> None:
    body = (b'{"access_token":"a2","refresh_token":"r2","expires_in":604800,"refresh_expires_in":2592000,'
            b'"country":"sg","code":"0","country_user_info":[{"country":"sg","seller_id":"1"}]}')
    granted = client().tokens(Reply(200, {}, body), "api")
    assert (granted.access_token, granted.refresh_token, granted.expires_in) == ("a2", "r2", 604800)


@pytest.mark.parametrize(("body", "kind"), [
    ('{"code":"IllegalRefreshToken","type":"ISV","message":"gone"}', Denied), ('{"code":"0"}', Denied),
    ('{"code":"ServiceTimeout","type":"ISP","message":"later"}', Broken), ("<html>", Broken),
])
def test_token_calls_that_fail(body: str, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        client().tokens(Reply(200, {}, body.encode()), "api")


def test_no_second_has_more_than_ten_calls() -> None:
    assert LazadaClient.rate.per_second + LazadaClient.rate.burst <= 10
