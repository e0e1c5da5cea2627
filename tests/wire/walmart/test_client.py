"""How Walmart is spoken to: token, headers, ready query strings, allowances, and what its errors mean."""

from datetime import UTC, datetime
from itertools import count
from urllib.parse import parse_qs

import msgspec
import pytest

from connectors.engine.errors import Broken, Denied, Gone, Rejected, Throttled, TokenExpired
from connectors.engine.stream import Budget, Call, Reply
from connectors.walmart import CONNECTOR
from connectors.walmart.client import WalmartClient

NOW = datetime(2026, 6, 18, tzinfo=UTC)
KEYS = {"client_id": "soukclient", "client_secret": "souksecret"}


def client(**more: str) -> WalmartClient:
    numbers = count(1)
    return WalmartClient(CONNECTOR.settings(**{**KEYS, **more}), lambda: f"id-{next(numbers)}")


def refusal(status: int, code: str) -> Reply:
    body = f'{{"errors":{{"error":[{{"code":"{code}","info":"words","description":"SECRET"}}]}}}}'
    return Reply(status, {}, body.encode())


def test_the_token_call() -> None:
    speaker = client()
    call = speaker.refresh(None, "api")
    assert call is not None
    sent = speaker.request(call, None, NOW)
    assert (sent.method, sent.url) == ("POST", "https://marketplace.walmartapis.com/v3/token")
    assert sent.headers["authorization"] == "Basic c291a2NsaWVudDpzb3Vrc2VjcmV0"
    assert (sent.headers["accept"], sent.headers["wm_svc.name"]) == ("application/json", "Walmart Marketplace")
    assert parse_qs(sent.content.decode()) == {"grant_type": ["client_credentials"]}


def test_every_call_has_an_id_of_its_own() -> None:
    speaker = client()
    sent = [speaker.request(Call("/v3/orders", {"limit": 1}), "t", NOW) for _ in range(2)]
    assert [one.headers["wm_qos.correlation_id"] for one in sent] == ["id-1", "id-2"]
    assert sent[0].headers["wm_sec.access_token"] == "t"
    assert "wm_market" not in sent[0].headers


def test_a_zip_file_is_accepted_where_one_comes() -> None:
    """Whoever accepts nothing but JSON is refused the reconciliation report."""
    accepted = [client().request(Call(f"/v3/report/reconreport/{name}"), "t", NOW).headers["accept"]
                for name in ("availableReconFiles", "reconFile")]
    assert accepted == ["application/json", "application/octet-stream"]


def test_other_markets_are_named() -> None:
    headers = client(market="MX").request(Call("/v3/orders"), "t", NOW).headers
    assert (headers["wm_market"], headers["wm_global_version"]) == ("mx", "3.1")


def test_a_cursor_is_appended_as_it_is() -> None:
    cursor = "?limit=10&hasMoreElements=true&soIndex=31&poIndex=10&createdEndDate=2019-09-17T18:47:03.703Z"
    assert client().request(Call(f"/v3/orders{cursor}"), "t", NOW).url == (
        f"https://marketplace.walmartapis.com/v3/orders{cursor}")
    assert client(base_url="https://sandbox.walmartapis.com/v3").request(
        Call("/v3/items", {"nextCursor": "*"}), "t", NOW).url == "https://sandbox.walmartapis.com/v3/items?nextCursor=*"


@pytest.mark.parametrize(("status", "code", "kind"), [
    (401, "INVALID_TOKEN.GMP_GATEWAY_API", TokenExpired), (401, "UNAUTHORIZED.GMP_GATEWAY_API", TokenExpired),
    (403, "FORBIDDEN.GMP_GATEWAY_API", Denied), (400, "INVALID_REQUEST_PARAM.GMP_ORDER_API", Rejected),
    (404, "CONTENT_NOT_FOUND.GMP_ORDER_API", Gone),
])
def test_errors(status: int, code: str, kind: type[Exception]) -> None:
    with pytest.raises(kind, match="words") as caught:
        client().check(refusal(status, code), Call("/v3/orders"))
    assert type(caught.value) is kind
    assert "SECRET" not in str(caught.value)


@pytest.mark.parametrize("body", [
    '{"errors":{"error":{"code":"INVALID_TOKEN.X"}}}', '{"errors":[{"code":"INVALID_TOKEN.X"}]}',
    '{"error":[{"code":"INVALID_TOKEN.X"}]}',
])
def test_errors_in_other_wrappings(body: str) -> None:
    with pytest.raises(TokenExpired, match="INVALID_TOKEN"):
        client().check(Reply(400, {}, body.encode()), Call("/v3/orders"))


def test_a_404_may_say_that_there_is_nothing() -> None:
    assert client().check(refusal(404, "CONTENT_NOT_FOUND"), Call("/v3/orders", nothing=True)) is None
    assert client().check(Reply(404, {}, b""), Call("/v3/orders", nothing=True)) is None
    assert client().check(Reply(520, {}, b"<html>"), Call("/v3/orders")) is None  # the status says it
    with pytest.raises(msgspec.DecodeError):  # a wrong address is no empty list
        client().check(Reply(404, {}, b"<html>"), Call("/v3/orders", nothing=True))


@pytest.mark.parametrize(("headers", "wait"), [
    ({}, None),
    ({"x-next-replenishment-time": "1781784003000", "date": "Thu, 18 Jun 2026 12:00:00 GMT"}, 3),
    ({"x-next-replenishment-time": "1781784003", "date": "Thu, 18 Jun 2026 12:00:00 GMT"}, 3),
    ({"x-next-replenishment-time": "1781783990000", "date": "Thu, 18 Jun 2026 12:00:00 GMT"}, None),
])
def test_how_long_to_wait(headers: dict[str, str], wait: float | None) -> None:
    with pytest.raises(Throttled) as caught:
        client().check(Reply(429, headers, b""), Call("/v3/orders"))
    assert caught.value.wait == wait


@pytest.mark.parametrize(("headers", "budget"), [
    ({}, None), ({"x-current-token-count": "179"}, Budget(179)), ({"x-current-token-count": "4.5"}, Budget(4)),
])
def test_what_is_left(headers: dict[str, str], budget: Budget | None) -> None:
    assert client().check(Reply(200, headers, b"{}"), Call("/v3/orders")) == budget


def test_tokens() -> None:
    granted = client().tokens(Reply(200, {}, b'{"access_token":"a","token_type":"Bearer","expires_in":900}'), "api")
    assert (granted.access_token, granted.refresh_token, granted.expires_in) == ("a", None, 900)
    with pytest.raises(Denied) as caught:
        client().tokens(refusal(401, "UNAUTHORIZED.GMP_GATEWAY_API"), "api")
    assert "Seller Center" in caught.value.hint("en")
    with pytest.raises(Broken):
        client().tokens(Reply(200, {}, b"<xml/>"), "api")


def test_keys_that_no_new_token_mends() -> None:
    with pytest.raises(TokenExpired) as caught:
        client().check(refusal(401, "UNAUTHORIZED.GMP_GATEWAY_API"), Call("/v3/orders"))
    assert caught.value.otherwise and "client_secret" in caught.value.otherwise.hint("en")
