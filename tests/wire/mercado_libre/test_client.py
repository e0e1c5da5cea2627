"""How Mercado Libre is asked, and what each of its refusals means. Nothing is signed."""

from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from connectors.engine.errors import Broken, Denied, Rejected, TokenExpired
from connectors.engine.stream import Call, Reply
from connectors.mercado_libre import CONNECTOR
from connectors.mercado_libre.client import MercadoLibreClient

NOW = datetime(2026, 6, 18, 12, 30, tzinfo=UTC)


def client(**more: str) -> MercadoLibreClient:
    return MercadoLibreClient(CONNECTOR.settings(client_id="1", client_secret="2", **more))


def reply(body: str, status: int = 200, headers: dict[str, str] | None = None) -> Reply:
    return Reply(status, headers or {}, body.encode())


def test_the_token_stands_in_the_header_and_never_in_the_query() -> None:
    sent = client().request(Call("/orders/search", {"seller": "7", "offset": 0, "scroll_id": None}), "APP_USR-1", NOW)
    parts = urlsplit(sent.url)
    assert (sent.method, parts.netloc, parts.path) == ("GET", "api.mercadolibre.com", "/orders/search")
    assert parse_qs(parts.query) == {"seller": ["7"], "offset": ["0"]}
    assert sent.headers["authorization"] == "Bearer APP_USR-1" and "APP_USR" not in sent.url


@pytest.mark.parametrize(("path", "version"), [
    ("/advertising/advertisers", "1"), ("/advertising/MLM/advertisers/7/product_ads/campaigns/search", "2"),
    ("/orders/search", None),
])
def test_advertising_is_told_which_version_is_meant(path: str, version: str | None) -> None:
    assert client().request(Call(path), "t", NOW).headers.get("api-version") == version


def test_a_refresh() -> None:
    speaker = client(base_url="http://127.0.0.1:4/mercado_libre")
    call = speaker.refresh("TG-1", "api")
    assert call is not None
    sent = speaker.request(call, None, NOW)
    assert (sent.method, sent.url) == ("POST", "http://127.0.0.1:4/mercado_libre/oauth/token")
    assert parse_qs(sent.content.decode()) == {
        "grant_type": ["refresh_token"], "client_id": ["1"], "client_secret": ["2"], "refresh_token": ["TG-1"]}
    assert speaker.refresh(None, "api") is None


@pytest.mark.parametrize(("status", "error", "kind"), [
    (401, "invalid_token", TokenExpired), (401, "unauthorized", TokenExpired), (403, "forbidden", Denied),
    (403, "invalid_token", TokenExpired),
    (400, "bad_request", Rejected),
])
def test_errors(status: int, error: str, kind: type[Exception]) -> None:
    body = f'{{"message":"words","error":"{error}","status":{status},"cause":[]}}'
    with pytest.raises(kind, match="words") as caught:
        client().check(reply(body, status), Call("/orders/search"))
    assert type(caught.value) is kind


@pytest.mark.parametrize("status", [200, 404, 429, 500])
def test_other_statuses_speak_for_themselves(status: int) -> None:
    assert client().check(reply("<html>", status), Call("/items")) is None


@pytest.mark.parametrize(("missing", "complete"), [
    (None, False), ("payments", False), ("order_items, feedback", False), ("feedback", True), ("shipping", True),
])
def test_an_incomplete_answer_is_asked_for_again_unless_what_is_missing_is_not_read(
        missing: str | None, complete: bool) -> None:
    answer = reply("{}", 206, {"x-content-missing": missing} if missing else {})
    if complete:
        assert client().check(answer, Call("/orders/1")) is None
    else:
        with pytest.raises(Broken, match="206"):
            client().check(answer, Call("/orders/1"))


def test_tokens() -> None:
    body = ('{"access_token":"APP_USR-2","token_type":"Bearer","expires_in":21600,"scope":"offline_access read write",'
            '"user_id":123,"refresh_token":"TG-2"}')
    granted = client().tokens(reply(body), "api")
    assert (granted.access_token, granted.refresh_token, granted.expires_in) == ("APP_USR-2", "TG-2", 21600)
    with pytest.raises(Broken):
        client().tokens(reply("<html>"), "api")


@pytest.mark.parametrize(("error", "hint"), [
    ("invalid_grant", "authorise the app again"), ("invalid_operator_user_id", "administrator"),
    ("invalid_client", "client_secret"),
])
def test_a_refused_refresh_says_what_to_do(error: str, hint: str) -> None:
    with pytest.raises(Denied, match=error) as caught:
        client().tokens(reply(f'{{"message":"x","error":"{error}","status":400}}', 400), "api")
    assert hint in caught.value.hint("en")
    assert caught.value.hint("zh") != Denied.hint_zh
