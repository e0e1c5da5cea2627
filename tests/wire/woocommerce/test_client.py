"""How a store is asked and what its answers mean."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from connectors.engine.errors import Broken, Denied, Gone, Insecure, Rejected
from connectors.engine.stream import Call, Reply
from connectors.woocommerce import CONNECTOR, WooSettings
from connectors.woocommerce.client import WooClient, sign

NOW = datetime(2026, 1, 1, tzinfo=UTC)
KEYS = {"consumer_key": "ck_abc123", "consumer_secret": "cs_def456"}


def client(base_url: str) -> WooClient:
    return WooClient(WooSettings(base_url=base_url, **KEYS), nonce=lambda: "6ad2a0d0")


def test_the_oauth_vector() -> None:
    """Agreed by the Python package and the PHP source: page=2, per_page=100, 2026-01-01 00:00 UTC."""
    signed = sign("GET", "http://www.example.com/wp-json/wc/v3/orders", {"page": "2", "per_page": "100"},
                  "ck_abc123", "cs_def456", "6ad2a0d0", 1767225600)
    assert signed["oauth_signature"] == "eo13yYfon9khcluqQkTr1rW8sPKc56xL2NRk0qHyhsk="


def test_over_https_keys_go_in_a_header() -> None:
    request = client("https://shop.example").request(Call("/orders", {"page": 2, "_fields": "id,total"}), None, NOW)
    assert request.url == "https://shop.example/wp-json/wc/v3/orders?page=2&_fields=id%2Ctotal"
    assert request.headers["authorization"] == "Basic " + base64.b64encode(b"ck_abc123:cs_def456").decode()


def test_over_loopback_http_the_secret_is_not_sent() -> None:
    request = client("http://127.0.0.1:8080/woo").request(Call("/orders", {"page": 2}), None, NOW)
    query = {name: values[0] for name, values in parse_qs(urlsplit(request.url).query).items()}
    assert request.url.startswith("http://127.0.0.1:8080/woo/wp-json/wc/v3/orders?")
    assert "authorization" not in request.headers and "cs_def456" not in request.url
    assert query["oauth_signature"] == sign(
        "GET", "http://127.0.0.1:8080/woo/wp-json/wc/v3/orders", {"page": "2"}, "ck_abc123", "cs_def456",
        "6ad2a0d0", 1767225600)["oauth_signature"]


def test_plain_http_elsewhere_is_refused() -> None:
    with pytest.raises(Insecure) as caught:
        WooSettings(base_url="http://shop.example", **KEYS)
    assert "https" in caught.value.say("en") and "https" in caught.value.say("zh")


@pytest.mark.parametrize("given", ["https://shop.example", "https://shop.example/",
                                   "https://shop.example/wp-json/wc/v3", "https://shop.example/wp-json/"])
def test_a_pasted_api_address_is_cut_down_to_the_store(given: str) -> None:
    assert WooSettings(base_url=given, **KEYS).base_url == "https://shop.example"  # type: ignore[arg-type]


@pytest.mark.parametrize(("status", "body", "kind", "hint"), [
    (200, "<!DOCTYPE html><html>", Broken, ""),
    (401, '{"code":"woocommerce_rest_cannot_view","message":"..","data":{"status":401}}', Denied, "REST API"),
    (403, '{"code":"woocommerce_rest_authentication_error"}', Denied, "REST API"),
    (404, '{"code":"rest_no_route"}', Rejected, "permalinks"),
    (404, '{"code":"woocommerce_rest_shop_order_invalid_id"}', Gone, ""),
    (400, '{"code":"rest_invalid_param"}', Rejected, ""),
])
def test_answers(status: int, body: str, kind: type, hint: str) -> None:
    with pytest.raises(kind) as caught:
        client("https://shop.example").check(Reply(status, {}, body.encode()), Call("/orders"))
    assert hint in caught.value.hint("en")


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_what_the_status_says_is_left_to_the_engine(status: int) -> None:
    assert client("https://shop.example").check(Reply(status, {}, b"<html>"), Call("/orders")) is None


def test_the_connector_names_what_it_needs() -> None:
    assert {"base_url", "consumer_key", "consumer_secret"} == {
        name for name, field in CONNECTOR.settings.model_fields.items() if field.is_required()}
