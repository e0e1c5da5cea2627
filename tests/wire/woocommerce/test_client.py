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
                                   "https://shop.example/wp-json/wc/v3", "https://shop.example/wp-json/",
                                   "https://shop.example/?rest_route=/wc/v3", "https://shop.example/index.php"])
def test_a_pasted_api_address_is_cut_down_to_the_store(given: str) -> None:
    assert WooSettings(base_url=given, **KEYS).base_url == "https://shop.example"  # type: ignore[arg-type]


def refusal(message: str, code: str = "woocommerce_rest_authentication_error", status: int = 401) -> Reply:
    return Reply(status, {}, f'{{"code":"{code}","message":"{message}","data":{{"status":{status}}}}}'.encode())


@pytest.mark.parametrize(("reply", "kind", "hint"), [
    (Reply(200, {}, b"<!DOCTYPE html><html>"), Broken, ""),
    (refusal("Sorry, you cannot list resources.", "woocommerce_rest_cannot_view", 403), Denied, "manage the shop"),
    (refusal("Consumer key is invalid."), Denied, "does not know this consumer_key"),
    (refusal("Consumer secret is invalid."), Denied, "does not belong"),
    (refusal("The API key provided does not have read permissions."), Denied, "may only write"),
    (refusal("Invalid signature - provided signature does not match."), Denied, "Settings > General"),
    (refusal("Invalid timestamp."), Denied, "clock"),
    (refusal("No route was found", "rest_no_route", 404), Rejected, "WooCommerce active"),
    (refusal("Invalid ID.", "woocommerce_rest_shop_order_invalid_id", 404), Gone, ""),
    (refusal("Invalid parameter(s): page", "rest_invalid_param", 400), Rejected, ""),
    (Reply(403, {}, b"<html>Forbidden</html>"), Denied, "firewall"),
])
def test_answers(reply: Reply, kind: type, hint: str) -> None:
    with pytest.raises(kind) as caught:
        client("https://shop.example").check(reply, Call("/orders"))
    assert hint in caught.value.hint("en")


def test_keys_travel_another_way_where_the_server_has_not_seen_them() -> None:
    """Basic, then in the query, then signed as over http; an answer to an earlier way is not taken for the present."""
    shop, first, second = client("https://shop.example"), Call("/orders", {"page": 1}), Call("/orders", {"page": 2})
    unseen = refusal("Sorry, you cannot list resources.", "woocommerce_rest_cannot_view")
    shop.request(first, None, NOW), shop.request(second, None, NOW)
    for call in (first, second):
        with pytest.raises(Broken):
            shop.check(unseen, call)
    sent = shop.request(first, None, NOW)
    assert sent.url.endswith("?page=1&consumer_key=ck_abc123&consumer_secret=cs_def456")
    assert "authorization" not in sent.headers
    with pytest.raises(Broken):
        shop.check(unseen, first)
    query = parse_qs(urlsplit(shop.request(first, None, NOW).url).query)
    assert query["oauth_signature"] == [sign("GET", "http://shop.example/wp-json/wc/v3/orders", {"page": "1"},
                                             "ck_abc123", "cs_def456", "6ad2a0d0", 1767225600)["oauth_signature"]]
    with pytest.raises(Denied):
        shop.check(unseen, first)


def test_a_way_that_has_worked_is_kept() -> None:
    shop, call = client("https://shop.example"), Call("/orders", {"page": 1})
    shop.request(call, None, NOW)
    shop.check(Reply(200, {}, b"[]"), call)
    with pytest.raises(Denied):  # the key has been revoked: it does not go into a URL
        shop.check(refusal("", "woocommerce_rest_cannot_view"), call)


def test_plain_permalinks_are_found_out() -> None:
    """`?rest_route=` on index.php, signed for just that address; older versions look for wp-json/wc/ in it."""
    shop, call = client("http://127.0.0.1:8080"), Call("/orders", {"page": 1})
    shop.request(call, None, NOW)
    with pytest.raises(Broken):
        shop.check(Reply(404, {}, b"<html>Not found</html>"), call)
    sent = shop.request(call, None, NOW)
    assert sent.url.startswith("http://127.0.0.1:8080/index.php?page=1&rest_route=/wc/v3/orders&by=wp-json/wc/v3/&")
    query = parse_qs(urlsplit(sent.url).query)
    asked = {name: query[name][0] for name in ("page", "rest_route", "by")}
    assert query["oauth_signature"] == [sign("GET", "http://127.0.0.1:8080/index.php", asked, "ck_abc123",
                                             "cs_def456", "6ad2a0d0", 1767225600)["oauth_signature"]]
    with pytest.raises(Rejected):  # nothing there either
        shop.check(Reply(404, {}, b"<html>Not found</html>"), call)


@pytest.mark.parametrize("reply", [
    Reply(301, {"location": "https://shop.example/wp-json/wc/v3/orders/"}, b""),
    Reply(200, {}, b"<!DOCTYPE html><html>the front page"),
])
def test_plain_permalinks_are_found_out_behind_a_server_that_hands_everything_to_wordpress(reply: Reply) -> None:
    """As nginx with try_files does: WordPress first adds a slash, then shows its front page."""
    shop, call = client("https://shop.example"), Call("/orders", {"page": 1})
    shop.request(call, None, NOW)
    with pytest.raises(Broken):
        shop.check(reply, call)
    assert "/index.php?page=1&rest_route=/wc/v3/orders" in shop.request(call, None, NOW).url
    with pytest.raises(Rejected):  # not there either: no store at this address
        shop.check(Reply(200, {}, b"<!DOCTYPE html><html>"), call)


def test_a_move_to_another_address_is_left_to_the_engine() -> None:
    shop, call = client("https://shop.example"), Call("/orders", {"page": 1})
    shop.request(call, None, NOW)
    moved = Reply(301, {"location": "https://www.shop.example/wp-json/wc/v3/orders/"}, b"")
    assert shop.check(moved, call) is None


def test_the_public_index_is_asked_without_keys() -> None:
    """WordPress would take them there for a wrong password of a user and answer 401."""
    sent = client("https://shop.example").request(Call("/wp-json/", {"_fields": "name"}), None, NOW)
    assert (sent.url, "authorization" in sent.headers) == ("https://shop.example/wp-json/?_fields=name", False)


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_what_the_status_says_is_left_to_the_engine(status: int) -> None:
    assert client("https://shop.example").check(Reply(status, {}, b"<html>"), Call("/orders")) is None


def test_the_connector_names_what_it_needs() -> None:
    assert {"base_url", "consumer_key", "consumer_secret"} == {
        name for name, field in CONNECTOR.settings.model_fields.items() if field.is_required()}
