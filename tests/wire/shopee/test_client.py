"""Shopee's signature, and what each error word means. Vectors: known answers that an independent SDK gives too."""

from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest

from connectors.engine.errors import Broken, Denied, Rejected, Throttled, TokenExpired
from connectors.engine.stream import Call, Reply
from connectors.shopee import CONNECTOR
from connectors.shopee.client import ESCROW, ESCROWS, ShopeeClient, sign

NOW = datetime(2026, 1, 1, tzinfo=UTC)  # 1767225600
KEY, TOKEN = "soukShopeePartnerKey", "71594a4c54537649697341796363674a"
LIST = "b3b55bd51abce732b654d9c44781589718b49f889e9b2962a48d05255610bef7"


def client(**more: object) -> ShopeeClient:
    return ShopeeClient(CONNECTOR.settings(
        **{"partner_id": 2001887, "partner_key": KEY, "shop_id": 322300222, **more}))  # type: ignore[arg-type]


def reply(body: str, status: int = 200, **headers: str) -> Reply:
    return Reply(status, headers, body.encode())


@pytest.mark.parametrize(("path", "shop", "expected"), [
    ("/api/v2/order/get_order_list", (TOKEN, 322300222), LIST),
    ("/api/v2/auth/token/get", (), "c63e8c0c0f8a61fee7c8e8101a1e75d0b8be8712ce50e3971cd22d53f213ff43"),
    ("/api/v2/shop/auth_partner", (), "4b87bbe8d040f503ca4a2f1c379c1fd1f7824c564980adf9b24a79d757db0b24"),
])
def test_vectors(path: str, shop: tuple, expected: str) -> None:
    assert sign(KEY, 2001887, path, 1767225600, *shop) == expected


def test_only_four_values_are_signed() -> None:
    call = Call("/order/get_order_list", {"page_size": 100, "cursor": "", "order_status": None})
    sent = client().request(call, TOKEN, NOW)
    parts = urlsplit(sent.url)
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == (
        "https://partner.shopeemobile.com/api/v2/order/get_order_list")
    assert {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()} == {
        "partner_id": "2001887", "timestamp": "1767225600", "access_token": TOKEN, "shop_id": "322300222",
        "sign": LIST, "page_size": "100", "cursor": ""}


def test_a_list_is_a_parameter_repeated() -> None:
    sent = client().request(Call("/product/get_item_list", {"item_status": ["NORMAL", "UNLIST"]}), TOKEN, NOW)
    assert sent.url.endswith("&item_status=NORMAL&item_status=UNLIST")


def test_a_body_is_posted_as_json() -> None:
    sent = client().request(Call(ESCROW, verb="POST", body={"order_sn_list": ["A"]}), TOKEN, NOW)
    assert (sent.method, sent.content, sent.headers["content-type"]) == (
        "POST", b'{"order_sn_list":["A"]}', "application/json")


def test_a_refresh_is_a_public_call() -> None:
    refresh = client().refresh("r1", "api")
    assert refresh is not None and client().refresh(None, "api") is None
    sent = client().request(refresh, None, NOW)
    query = parse_qs(urlsplit(sent.url).query)
    assert (sent.method, urlsplit(sent.url).path) == ("POST", "/api/v2/auth/access_token/get")
    assert set(query) == {"partner_id", "timestamp", "sign"}
    assert query["sign"] == [sign(KEY, 2001887, "/api/v2/auth/access_token/get", 1767225600)]
    assert msgspec.json.decode(sent.content) == {
        "refresh_token": "r1", "partner_id": 2001887, "shop_id": 322300222}


@pytest.mark.parametrize(("word", "message", "kind"), [
    ("error_auth", "Invalid access_token.", TokenExpired), ("common.error_auth", "Invalid access_token.", TokenExpired),
    ("invalid_access_token", "words", TokenExpired), ("error_auth", "No permission to current api.", Denied),
    ("error_auth", "partner_id is invalid", Denied), ("error_sign", "Wrong sign.", Denied),
    ("error_param", "words", Rejected), ("error_permission", "words", Denied), ("error_shop", "words", Denied),
    ("source_ip_undeclared", "words", Denied), ("error_partner_key_expired", "words", Denied),
    ("order.order_list_invalid_time", "words", Rejected), ("error_server", "words", Broken),
    ("error_network", "words", Broken), ("error_inner", "words", Broken), ("error_system_busy", "words", Broken),
    ("error_data", "words", Broken), ("error_rate_limit", "words", Throttled),
    ("ads.rate_limit.exceed_shop_api", "words", Throttled), ("error_limit", "words", Throttled),
    ("error_not_found", "words", Rejected), ("error_auth", "Unauthorized.", TokenExpired),
    ("error_shop", "Something wrong. Please try again later.", Broken), ("income_error_server", "words", Broken),
    ("error_param", "Inner error, please try later. [1].", Broken), ("error_kyc_auth", "No permission.", Denied),
])
@pytest.mark.parametrize("status", [200, 403])
def test_errors(word: str, message: str, kind: type[Exception], status: int) -> None:
    with pytest.raises(kind) as caught:
        client().check(reply(f'{{"error":"{word}","message":"{message}"}}', status), Call("/x"))
    assert type(caught.value) is kind and message in str(caught.value)


def test_the_daily_quota_begins_anew_at_midnight_of_utc_plus_8() -> None:
    with pytest.raises(Throttled) as caught:
        client().check(reply('{"error":"error_limit"}', date="Thu, 18 Jun 2026 15:00:00 GMT"), Call("/x"))
    assert caught.value.wait == 3601


@pytest.mark.parametrize("body", ['{"error":"","message":"","response":{}}', '{"error":"-","message":"-"}',
                                  '{"response":{}}'])
def test_an_answer_passes(body: str) -> None:
    assert client().check(reply(body), Call("/x")) is None


@pytest.mark.parametrize("path", [ESCROW, ESCROWS])
def test_no_escrow_is_no_failure(path: str) -> None:
    assert client().check(reply('{"error":"error_not_found","message":"no income"}'), Call(path)) is None


@pytest.mark.parametrize(("end", "expires_in", "ends_at"), [
    (14400, 14400, None), (1767240000, None, datetime(2026, 1, 1, 4, tzinfo=UTC)),
])
def test_a_tokens_life_is_a_duration_or_an_instant(end: int, expires_in: int | None, ends_at: datetime | None) -> None:
    body = f'{{"error":"","message":"","access_token":"a2","refresh_token":"r2","expire_in":{end}}}'
    granted = client().tokens(reply(body), "api")
    assert (granted.access_token, granted.refresh_token) == ("a2", "r2")
    assert (granted.expires_in, granted.ends_at) == (expires_in, ends_at)


@pytest.mark.parametrize(("body", "kind"), [
    ('{"error":"error_auth","message":"Your refresh_token expired."}', Denied), ('{"error":""}', Denied),
    ('{"error":"error_server","message":"later"}', Broken), ("<html>", Broken),
])
def test_token_calls_that_fail(body: str, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        client().tokens(reply(body), "api")


def test_what_a_new_token_does_not_mend_is_a_missing_right() -> None:
    with pytest.raises(TokenExpired) as caught:
        client().check(reply('{"error":"error_auth","message":"Unauthorized."}'), Call("/x"))
    assert isinstance(caught.value.otherwise, Denied)


def test_no_second_has_more_than_ten_calls() -> None:
    assert ShopeeClient.rate.per_second + ShopeeClient.rate.burst <= 10
