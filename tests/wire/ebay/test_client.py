"""How eBay is spoken to: known answers, hosts, filters as they must be spelt, and what each error number means."""

import base64
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from connectors.ebay import CONNECTOR, finances, items, streams, traffic, wire
from connectors.ebay.client import EbayClient
from connectors.ebay.signing import base, challenge_response, signed_headers
from connectors.engine.errors import Broken, Denied, Gone, Misconfigured, Rejected, Throttled, TokenExpired
from connectors.engine.stream import Ask, Call, Context, Reply, Window
from tests.wire.operations import breaches, operations

NOW = datetime(2026, 6, 18, 12, 30, tzinfo=UTC)
KEYS = {"client_id": "soukclient", "client_secret": "souksecret", "refresh_token": "r1"}


def client(**more: str) -> EbayClient:
    return EbayClient(CONNECTOR.settings(**{**KEYS, **more}))


def refusal(number: int, status: int = 400, **headers: str) -> Reply:
    body = f'{{"errors":[{{"errorId":{number},"category":"REQUEST","message":"words","longMessage":"SECRET"}}]}}'
    return Reply(status, headers, body.encode())


def test_the_token_call() -> None:
    speaker = client()
    call = speaker.refresh("r1", "api")
    assert call is not None
    sent = speaker.request(call, None, NOW)
    form = parse_qs(sent.content.decode())
    assert (sent.method, sent.url) == ("POST", "https://api.ebay.com/identity/v1/oauth2/token")
    assert sent.headers["authorization"] == "Basic c291a2NsaWVudDpzb3Vrc2VjcmV0"
    assert (form["grant_type"], form["refresh_token"]) == (["refresh_token"], ["r1"])
    base = "https://api.ebay.com/oauth/api_scope"
    assert form["scope"] == [
        f"{base}/sell.fulfillment.readonly {base}/sell.finances {base}/sell.inventory.readonly"]
    assert speaker.refresh(None, "api") is None


def test_without_scopes_all_that_was_agreed_to_is_asked_for() -> None:
    call = client(scopes="").refresh("r1", "api")
    assert call is not None and "scope" not in call.params


@pytest.mark.parametrize(("given", "path", "host"), [
    ({}, "/sell/fulfillment/v1/order", "https://api.ebay.com"),
    ({}, "/sell/finances/v1/transaction", "https://apiz.ebay.com"),
    ({}, "/commerce/identity/v1/user/", "https://apiz.ebay.com"),
    ({"base_url": "https://api.sandbox.ebay.com"}, "/sell/finances/v1/payout", "https://apiz.sandbox.ebay.com"),
    ({"base_url": "http://127.0.0.1:4/ebay"}, "/sell/finances/v1/payout", "http://127.0.0.1:4/ebay"),
    ({"auth_url": "https://a.example"}, "/sell/fulfillment/v1/order", "https://api.ebay.com"),
    ({"finances_url": "https://f.example/"}, "/sell/finances/v1/payout", "https://f.example"),
])
def test_hosts(given: dict[str, str], path: str, host: str) -> None:
    assert client(**given).request(Call(path), "t", NOW).url == host + path


def test_brackets_are_percent_encoded() -> None:
    span = "lastmodifieddate:[2026-01-01T00:00:00.000Z..2026-01-02T00:00:00.000Z]"
    sent = client().request(Call("/sell/fulfillment/v1/order", {"filter": span, "limit": 200}), "t", NOW)
    query = urlsplit(sent.url).query
    assert not set("[]{}| ") & set(query)
    assert parse_qs(query) == {"filter": [span], "limit": ["200"]}
    assert sent.headers["authorization"] == "Bearer t"
    assert sent.headers["x-ebay-c-marketplace-id"] == "EBAY_US"


KNOWN = operations(Path(__file__).parent / "fixtures/operations.json")
"""From eBay's own documents of fulfillment 1.20.7, finances 1.9.0, inventory 1.18.0, analytics 1.3.2, identity."""
ASK = Ask(window=Window(datetime(2026, 6, 1, tzinfo=UTC), NOW), first_day=date(2026, 6, 1), last_day=date(2026, 6, 18),
          size=200)


@pytest.mark.parametrize("word", [
    streams.changed_orders, items.all_items, finances.transactions_of_days, finances.payouts_of_days, traffic.report,
    lambda ask, context: items.offer_calls([items.Sku(wire.Item("A&B"))], context)[0],
    lambda ask, context: streams.about_calls(context.settings)[0],
    lambda ask, context: streams.about_calls(context.settings)[1]])
def test_every_request_is_as_ebays_own_documents_describe_it(word: Any) -> None:
    speaker = client()
    context = Context(speaker.settings, "S", "USD", ZoneInfo("America/Los_Angeles"), NOW)
    assert breaches(speaker.request(word(ASK, context), "t", NOW), KNOWN) == []


@pytest.mark.parametrize(("number", "status", "kind"), [
    (1001, 401, TokenExpired), (1002, 401, TokenExpired), (1100, 403, Denied), (2001, 429, Throttled),
    (30700, 400, Rejected), (30800, 400, Rejected), (30810, 400, Rejected), (30820, 400, Rejected),
    (30830, 400, Rejected), (30840, 400, Rejected), (30850, 400, Rejected), (30900, 400, Rejected),
    (31000, 400, Rejected), (31100, 400, Rejected), (32800, 400, Rejected), (30500, 500, Broken),
    (25713, 404, Gone), (215001, 400, Denied), (215122, 403, Denied), (99999, 400, Rejected),
])
def test_errors(number: int, status: int, kind: type[Exception]) -> None:
    with pytest.raises(kind, match="words") as caught:
        client().check(refusal(number, status), Call("/x"))
    assert type(caught.value) is kind
    assert "SECRET" not in str(caught.value)


@pytest.mark.parametrize(("number", "status", "path", "hint"), [
    (1100, 403, "/sell/finances/v1/payout", "sell.finances"),
    (1100, 403, "/sell/inventory/v1/offer", "sell.inventory.readonly"),
    (30850, 400, "/sell/fulfillment/v1/order", "clock"), (215001, 400, "/sell/finances/v1/payout", "signing_key"),
])
def test_a_refusal_says_what_to_do(number: int, status: int, path: str, hint: str) -> None:
    with pytest.raises((Denied, Rejected)) as caught:
        client().check(refusal(number, status), Call(path))
    assert hint in caught.value.hint("en") and caught.value.hint("zh") != caught.value.hint("en")


@pytest.mark.parametrize(("status", "body"), [
    (200, b'{"orders":[],"warnings":[{"errorId":1001}]}'), (204, b""), (502, b'{"errors":[]}'), (503, b"<html>"),
])
def test_what_passes_to_the_status(status: int, body: bytes) -> None:
    assert client().check(Reply(status, {}, body), Call("/x")) is None


def test_a_token_that_a_gateway_refuses_is_renewed_too() -> None:
    with pytest.raises(TokenExpired):
        client().check(Reply(401, {}, b"<html>"), Call("/x"))


@pytest.mark.parametrize(("body", "status", "words"), [
    (b'{"error":"invalid_grant"}', 400, "authorise the app again"), (b'{"error":"invalid_scope"}', 400, "scopes="),
    (b'{"error":"invalid_client"}', 401, "client_secret"),
])
def test_refused_tokens(body: bytes, status: int, words: str) -> None:
    with pytest.raises(Denied) as caught:
        client().tokens(Reply(status, {}, body), "api")
    assert words in caught.value.hint("en")


def test_tokens() -> None:
    granted = client().tokens(Reply(200, {}, b'{"access_token":"a","expires_in":7200}'), "api")
    assert (granted.access_token, granted.refresh_token, granted.expires_in) == ("a", None, 7200)
    with pytest.raises(Broken):
        client().tokens(Reply(200, {}, b"<html>"), "api")


def test_the_deletion_challenge() -> None:
    assert challenge_response("a8628072-3d33-45ee-9004-bee86830a22d", "71745723-d031-455c-bfa5-f90d11b4f20a",
                              "https://souk.example.com/webhooks/ebay") == (
        "ec936503c3c289405f82a8fa12fc03549862ea4c0e4ac601ef0955b51e5cce41")


def test_calls_of_european_sellers_are_signed() -> None:
    """Method, path without query, host and key are covered; whoever holds the public key can check it."""
    private = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    pem = private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                serialization.NoEncryption()).decode()
    url = "https://apiz.ebay.com/sell/finances/v1/transaction?limit=1"
    headers = signed_headers("GET", url, pem, "jwe", NOW)
    covered = '("x-ebay-signature-key" "@method" "@path" "@authority");created=1781785800'
    assert headers["signature-input"] == f"sig1={covered}"
    text = base("GET", url, "jwe", covered)
    assert text.splitlines() == [
        '"x-ebay-signature-key": jwe', '"@method": GET', '"@path": /sell/finances/v1/transaction',
        '"@authority": apiz.ebay.com', f'"@signature-params": {covered}']
    private.public_key().verify(base64.b64decode(headers["signature"][6:-1]), text.encode())

    speaker = client(signing_key="".join(pem.splitlines()[1:-1]), signing_jwe="jwe")
    assert speaker.request(Call("/sell/finances/v1/transaction", {"limit": 1}), "t", NOW).headers[
        "signature"] == headers["signature"]
    assert "signature" not in speaker.request(Call("/sell/fulfillment/v1/order"), "t", NOW).headers


def test_a_key_that_is_none_is_named() -> None:
    with pytest.raises(Misconfigured, match="signing_key"):
        signed_headers("GET", "https://x.example/", "nonsense", "jwe", NOW + timedelta(0))
