"""How Etsy is spoken to: both headers, the rotating pair, hosts, and what its sentences mean."""

from datetime import UTC, datetime
from urllib.parse import parse_qs

import pytest

from connectors.engine.errors import Broken, Denied, Rejected, Throttled, TokenExpired
from connectors.engine.stream import Budget, Call, Reply
from connectors.etsy import CONNECTOR
from connectors.etsy.client import EtsyClient, challenge

NOW = datetime(2026, 6, 18, tzinfo=UTC)
KEYS = {"keystring": "key", "shared_secret": "shared", "refresh_token": "1.r1", "shop_id": "123"}


def client(**more: str) -> EtsyClient:
    return EtsyClient(CONNECTOR.settings(**{**KEYS, **more}))


def reply(status: int, words: str = "", **headers: str) -> Reply:
    return Reply(status, {name.replace("_", "-"): value for name, value in headers.items()},
                 f'{{"error":"{words}"}}'.encode())


def test_the_pkce_vector() -> None:
    assert challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk") == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_a_call_carries_key_and_token() -> None:
    sent = client().request(Call("/shops/123/receipts", {"limit": 100, "state": None}), "123.abc", NOW)
    assert (sent.method, sent.url) == ("GET", "https://openapi.etsy.com/v3/application/shops/123/receipts?limit=100")
    assert (sent.headers["x-api-key"], sent.headers["authorization"]) == ("key:shared", "Bearer 123.abc")


@pytest.mark.parametrize(("given", "api", "token"), [
    ({}, "https://openapi.etsy.com", "https://api.etsy.com"),
    ({"base_url": "https://api.etsy.com/v3/application/"}, "https://api.etsy.com", "https://api.etsy.com"),
    ({"base_url": "http://127.0.0.1:4/etsy"}, "http://127.0.0.1:4/etsy", "http://127.0.0.1:4/etsy"),
    ({"auth_url": "https://a.example"}, "https://openapi.etsy.com", "https://a.example"),
])
def test_hosts_and_the_token_call(given: dict[str, str], api: str, token: str) -> None:
    speaker = client(**given)
    call = speaker.refresh("1.r1", "api")
    assert call is not None
    sent = speaker.request(call, None, NOW)
    assert speaker.request(Call("/x"), "t", NOW).url == f"{api}/v3/application/x"
    assert (sent.method, sent.url) == ("POST", f"{token}/v3/public/oauth/token")
    assert parse_qs(sent.content.decode()) == {
        "grant_type": ["refresh_token"], "client_id": ["key"], "refresh_token": ["1.r1"]}
    assert speaker.refresh(None, "api") is None


@pytest.mark.parametrize(("status", "words", "kind", "hint"), [
    (401, "invalid_token", TokenExpired, ""), (401, "access token is expired", TokenExpired, ""),
    (403, "Insufficient scope", Denied, "transactions_r"),
    (403, "Invalid API key: should be in the format", Denied, "keystring"),
    (403, "Access forbidden", Denied, "shop_id"), (401, "API key not found, or not active", Denied, "keystring"),
    (400, "limit is too large", Rejected, ""),
])
def test_errors(status: int, words: str, kind: type[Exception], hint: str) -> None:
    with pytest.raises(kind, match=words) as caught:
        client().check(reply(status, words), Call("/x"))
    assert type(caught.value) is kind
    assert hint in caught.value.hint("en")  # type: ignore[attr-defined]


@pytest.mark.parametrize(("headers", "wait"), [({}, None), ({"x_remaining_today": "5"}, None),
                                               ({"x_remaining_today": "0"}, 86_400),
                                               ({"x_remaining_today": "0", "retry_after": "40"}, None)])
def test_a_spent_day_ends_the_run_and_a_spent_second_does_not(headers: dict[str, str], wait: float | None) -> None:
    with pytest.raises(Throttled) as caught:
        client().check(reply(429, "rate", **headers), Call("/x"))
    assert caught.value.wait == wait


@pytest.mark.parametrize(("headers", "budget"), [
    ({}, None), ({"x_limit_per_second": "150", "x_remaining_this_second": "149"}, Budget(None, 120, 30)),
    ({"x_limit_per_second": "150", "x_remaining_this_second": "2"}, Budget(2, 120, 30)),
    ({"x_limit_per_second": "10"}, Budget(None, 8, 2)), ({"x_limit_per_second": "0"}, None),
])
def test_the_answers_say_how_fast_so_that_no_second_has_more(headers: dict[str, str], budget: Budget | None) -> None:
    assert client().check(reply(200, **headers), Call("/x")) == budget


@pytest.mark.parametrize("status", [404, 500, 503])
def test_other_statuses_speak_for_themselves(status: int) -> None:
    assert client().check(Reply(status, {}, b"<html>"), Call("/x")) is None


def test_tokens_rotate() -> None:
    body = b'{"access_token":"1.a2","token_type":"Bearer","expires_in":3600,"refresh_token":"1.r2"}'
    granted = client().tokens(Reply(200, {}, body), "api")
    assert (granted.access_token, granted.refresh_token, granted.expires_in) == ("1.a2", "1.r2", 3600)
    with pytest.raises(Denied, match="invalid_grant") as caught:
        client().tokens(reply(400, "invalid_grant"), "api")
    assert "authorise the app again" in caught.value.hint("en")
    with pytest.raises(Denied, match="invalid_client") as caught:
        client().tokens(reply(401, "invalid_client"), "api")
    assert "keystring" in caught.value.hint("en")
    with pytest.raises(Broken):
        client().tokens(Reply(502, {}, b"<html>"), "api")


def test_a_shop_is_a_number() -> None:
    with pytest.raises(ValueError, match="not its name"):
        client(shop_id="ShanyuHome")
