"""TikTok Shop's signature, and what each code means. Vectors: the official one (A), SDK tests, our known answers."""

from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from connectors.engine.errors import Broken, Denied, Rejected, Throttled, TokenExpired
from connectors.engine.stream import Call, Reply
from connectors.tiktok_shop import CONNECTOR
from connectors.tiktok_shop.client import TikTokShopClient, sign

NOW = datetime(2026, 1, 1, tzinfo=UTC)  # 1767225600
CIPHER = "GCP_XF90igAAAABh00qsWgtvOiGFNqyubMt3"
HOOKS = {"app_key": "68xu9ks5p4i8", "shop_cipher": "ROW_xkMbgAAAeVAQra0eZWebFQq5aIK", "timestamp": "1696909648"}
SEARCH = {"app_key": "soukkey1", "timestamp": "1767225600", "shop_cipher": CIPHER, "page_size": "50",
          "sort_field": "update_time", "sort_order": "ASC"}


def client(**more: str) -> TikTokShopClient:
    given = {"app_key": "soukkey1", "app_secret": "soukSecret0001", "shop_cipher": CIPHER, **more}
    return TikTokShopClient(CONNECTOR.settings(**given))


@pytest.mark.parametrize(("secret", "path", "query", "body", "expected"), [
    ("e59af819cc", "/authorization/202309/shops", {"app_key": "29a39d", "timestamp": "1623812664"}, b"",
     "b596b73e0cc6de07ac26f036364178ab16b0a907af13d43f0a0cd2345f582dc8"),
    ("e59af819cc", "/event/202309/webhooks", HOOKS, b"",
     "ed58e1b5e59865c22a7b828c1cab65007441f43cc91a6cb2f2cdc638e0995a37"),
    ("e59af819cc", "/event/202309/webhooks", HOOKS,
     b'{"event_type":"PACKAGE_UPDATE","address":"https://partner.tiktokshop.com"}',
     "701dd6deb2389fe4c469b89bd37fc56f96a6da6afeb4d01c9077a65169752fa7"),
    # the body counts as it is sent: another order of its keys is another signature
    ("e59af819cc", "/event/202309/webhooks", HOOKS,
     b'{"address":"https://partner.tiktokshop.com","event_type":"PACKAGE_UPDATE"}',
     "cd0d6268252f4ba293bf7ea4c0a2873bf9beec600d22530638564ab301435f7a"),
    ("app_secret", "/test-api", {"foo": "bar"}, b"",
     "d3cb7fe11ecae942802ceeca67e7cf10120cc12f1517d45fbc1c8cfe5413c80f"),
    ("soukSecret0001", "/order/202309/orders/search", SEARCH,
     b'{"update_time_ge":1767139200,"update_time_lt":1767225600}',
     "104e19bbfffe4876ebf3e0c8f0b017d2b799c5fffb4772b33bbb998402312495"),
    ("soukSecret0001", "/order/202309/orders", {
        "app_key": "soukkey1", "timestamp": "1767225600", "shop_cipher": CIPHER,
        "ids": "576461413038785752,576461413038785753", "sign": "OLD", "access_token": "not signed"}, b"",
     "2c9021dee52143e206e07165b107a17715f11f146aff806dfb36201a87ff6738"),
])
def test_vectors(secret: str, path: str, query: dict[str, str], body: bytes, expected: str) -> None:
    assert sign(secret, path, query, body) == expected


def test_what_is_sent_is_what_was_signed() -> None:
    call = Call("/order/202309/orders/search", verb="POST",
                params={"page_size": 50, "page_token": None, "sort_field": "update_time", "sort_order": "ASC"},
                body={"update_time_ge": 1767139200, "update_time_lt": 1767225600})
    sent = client().request(call, "ROW_secret", NOW)
    parts = urlsplit(sent.url)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    assert (sent.method, f"{parts.scheme}://{parts.netloc}{parts.path}") == (
        "POST", "https://open-api.tiktokglobalshop.com/order/202309/orders/search")
    assert query == {**SEARCH, "sign": "104e19bbfffe4876ebf3e0c8f0b017d2b799c5fffb4772b33bbb998402312495"}
    assert sent.content == b'{"update_time_ge":1767139200,"update_time_lt":1767225600}'
    assert sent.headers["x-tts-access-token"] == "ROW_secret" and "ROW_secret" not in sent.url


def test_calls_about_the_authorisation_carry_no_shop() -> None:
    assert "shop_cipher" not in client().request(Call("/authorization/202309/shops"), "tok", NOW).url


@pytest.mark.parametrize(("given", "token"), [
    ({}, "https://auth.tiktok-shops.com/api/v2/token/refresh"),
    ({"base_url": "http://127.0.0.1:4/tiktok_shop"}, "http://127.0.0.1:4/tiktok_shop/api/v2/token/refresh"),
    ({"auth_url": "https://auth.example"}, "https://auth.example/api/v2/token/refresh"),
])
def test_where_tokens_come_from(given: dict[str, str], token: str) -> None:
    refresh = client(**given).refresh("r1", "api")
    assert refresh is not None
    sent = client(**given).request(refresh, None, NOW)
    assert (sent.method, sent.url.partition("?")[0]) == ("GET", token)
    assert parse_qs(urlsplit(sent.url).query) == {
        "app_key": ["soukkey1"], "app_secret": ["soukSecret0001"], "refresh_token": ["r1"],
        "grant_type": ["refresh_token"]}
    assert client().refresh(None, "api") is None


@pytest.mark.parametrize(("code", "kind"), [
    (105002, TokenExpired), (105005, Denied), (106001, Denied), (36004001, Denied), (36004005, Denied),
    (36009003, Broken), (36009004, Throttled), (100005, Throttled), (100006, Broken),
])
@pytest.mark.parametrize("status", [200, 401, 500])
def test_the_code_decides_whatever_the_status(code: int, kind: type[Exception], status: int) -> None:
    with pytest.raises(kind, match="words") as caught:
        client().check(Reply(status, {}, f'{{"code":{code},"message":"words","data":null}}'.encode()), Call("/x"))
    assert type(caught.value) is kind


@pytest.mark.parametrize(("status", "kind"), [(200, Rejected), (400, Rejected), (401, TokenExpired), (429, Throttled),
                                             (500, Broken)])
def test_of_a_code_that_nobody_wrote_down_the_status_speaks(status: int, kind: type[Exception]) -> None:
    with pytest.raises(kind, match="36009030") as caught:
        client().check(Reply(status, {}, b'{"code":36009030,"message":"words"}'), Call("/x"))
    assert type(caught.value) is kind


def test_an_answer_passes() -> None:
    assert client().check(Reply(200, {}, b'{"code":0,"message":"Success","data":{}}'), Call("/x")) is None


@pytest.mark.parametrize(("end", "expires_in", "ends_at"), [
    (1767830400, None, datetime(2026, 1, 8, tzinfo=UTC)), (604800, 604800, None), (0, None, None),
])
def test_a_tokens_end_is_an_instant_or_a_duration(end: int, expires_in: int | None, ends_at: datetime | None) -> None:
    body = (f'{{"code":0,"message":"success","data":{{"access_token":"a2","access_token_expire_in":{end},'
            f'"refresh_token":"r2","refresh_token_expire_in":1798761600}}}}')
    granted = client().tokens(Reply(200, {}, body.encode()), "api")
    assert (granted.access_token, granted.refresh_token) == ("a2", "r2")
    assert (granted.expires_in, granted.ends_at) == (expires_in, ends_at)


@pytest.mark.parametrize(("body", "kind"), [
    ('{"code":36004005,"message":"refresh token gone"}', Denied), ('{"code":0,"data":{}}', Denied),
    ('{"code":36009003,"message":"internal"}', Broken), ("<html>", Broken),
])
def test_token_calls_that_fail(body: str, kind: type[Exception]) -> None:
    with pytest.raises(kind) as caught:
        client().tokens(Reply(200, {}, body.encode()), "api")
    assert "soukSecret0001" not in str(caught.value)
