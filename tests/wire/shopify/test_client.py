"""The Admin API over HTTP 200: what is sent, what each refusal means, what is left of the budget."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.engine.errors import (
    Broken,
    Denied,
    Rejected,
    SyncError,
    Throttled,
    TokenExpired,
    TooLarge,
)
from connectors.engine.stream import Budget, Call, Reply
from connectors.shopify import CONNECTOR
from connectors.shopify.client import ShopifyClient
from connectors.shopify.documents import SHOP, graphql

NOW = datetime(2026, 6, 20, 4, tzinfo=UTC)
CALL = graphql(SHOP)


def client(**more: object) -> ShopifyClient:
    return ShopifyClient(CONNECTOR.settings(**({"shop": "souk-test", "access_token": "shpat_1"} | more)))


def answer(body: object, status: int = 200) -> Reply:
    return Reply(status, {}, body if isinstance(body, bytes) else json.dumps(body).encode())


def errors(code: str | None, message: str = "words", **cost: Any) -> dict[str, Any]:
    failure = {"message": message} | ({"extensions": {"code": code}} if code else {})
    return {"errors": [failure]} | ({"extensions": {"cost": cost}} if cost else {})


def bucket(left: float, restore: float = 100.0) -> dict[str, float]:
    return {"maximumAvailable": 2000.0, "currentlyAvailable": left, "restoreRate": restore}


@pytest.mark.parametrize("shop", ["souk-test", "souk-test.myshopify.com", " https://souk-test.myshopify.com/ "])
def test_one_address_a_token_header_and_a_document(shop: str) -> None:
    sent = client(shop=shop).request(graphql("query Q { shop { name } }", id="gid://1"), "shpat_1", NOW)
    assert (sent.method, sent.url) == ("POST", "https://souk-test.myshopify.com/admin/api/2026-10/graphql.json")
    assert json.loads(sent.content) == {"query": "query Q { shop { name } }", "variables": {"id": "gid://1"}}
    assert sent.headers["x-shopify-access-token"] == "shpat_1"
    assert sent.headers["content-type"] == "application/json"


def test_a_finished_report_is_fetched_without_the_token() -> None:
    sent = client().request(Call("https://storage.example/bulk.jsonl?sig=1", host="file"), None, NOW)
    assert (sent.method, sent.url, sent.headers) == ("GET", "https://storage.example/bulk.jsonl?sig=1", {})


@pytest.mark.parametrize("given", [
    {"api_version": "2026-11"}, {"api_version": "unstable"}, {"access_token": None},
    {"access_token": None, "client_id": "i"}])
def test_settings_that_cannot_work(given: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        client(**given)


@pytest.mark.parametrize(("refresh_token", "grant"), [
    ("r1", {"grant_type": "refresh_token", "refresh_token": "r1"}), (None, {"grant_type": "client_credentials"})])
def test_how_a_token_is_renewed(refresh_token: str | None, grant: dict[str, str]) -> None:
    here = client(access_token=None, client_id="i", client_secret="s")
    call = here.refresh(refresh_token, "api")
    assert call is not None
    sent = here.request(call, None, NOW)
    assert sent.url == "https://souk-test.myshopify.com/admin/oauth/access_token"
    assert json.loads(sent.content) == {"client_id": "i", "client_secret": "s", **grant}
    assert "x-shopify-access-token" not in sent.headers


def test_a_fixed_token_cannot_be_renewed() -> None:
    assert client().refresh(None, "api") is None


@pytest.mark.parametrize(("body", "expected"), [
    ({"access_token": "a2", "refresh_token": "r2", "expires_in": 3600, "refresh_token_expires_in": 7776000},
     ("a2", "r2", 3600)),
    ({"access_token": "a2", "scope": "read_orders", "expires_in": 86399}, ("a2", None, 86399)),
])
def test_what_a_token_call_gives(body: dict[str, object], expected: tuple[object, ...]) -> None:
    found = client().tokens(answer(body), "api")
    assert (found.access_token, found.refresh_token, found.expires_in) == expected


@pytest.mark.parametrize(("body", "kind"), [({"error": "invalid_grant"}, Denied), (b"<html>", Broken)])
def test_a_token_call_that_gives_none(body: object, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        client().tokens(answer(body, 400), "api")


@pytest.mark.parametrize(("body", "status", "kind"), [
    ({"errors": "[API] Invalid API key or access token"}, 401, TokenExpired),
    ({"errors": "Unavailable Shop"}, 402, Denied), ({"errors": "[API] This action requires approval"}, 403, Denied),
    ({"errors": "Not Found"}, 404, Denied), ({"errors": "Locked"}, 423, Denied), (b"", 430, Denied),
    ({"errors": "the API is closed"}, 200, Denied), ({"errors": {"base": ["no"]}}, 200, Denied),
    (errors("THROTTLED", "Throttled"), 200, Throttled),
    (errors("MAX_COST_EXCEEDED"), 200, TooLarge),
    (errors("ACCESS_DENIED", "Access denied for customer field."), 200, Denied),
    (errors("SHOP_INACTIVE"), 200, Denied),
    (errors("INTERNAL_SERVER_ERROR"), 200, Broken),
    (errors(None, "Internal error. Looks like something went wrong on our end."), 200, Broken),
    (errors("undefinedField", "Field 'x' doesn't exist on type 'Order'"), 200, Rejected),
    (errors(None, "syntax error, unexpected end of file"), 200, Rejected),
    ({"data": {"shop": None}, **errors("ACCESS_DENIED")}, 200, Denied),
    (b"<html>", 200, Broken),
])
def test_refusals(body: object, status: int, kind: type[SyncError]) -> None:
    with pytest.raises(SyncError) as caught:
        client().check(answer(body, status), CALL)
    assert type(caught.value) is kind


@pytest.mark.parametrize(("status", "hint"), [
    (402, "bill"), (403, "read_orders"), (404, "no such store"), (423, "locked"), (430, "security check")])
def test_a_closed_door_says_what_to_do(status: int, hint: str) -> None:
    with pytest.raises(Denied) as caught:
        client().check(answer(b"", status), CALL)
    assert hint in caught.value.hint("en") and caught.value.hint("zh") != Denied.hint_zh


@pytest.mark.parametrize("body", [{}, {"data": None}, {"data": {}}, {"extensions": {"cost": {}}}])
def test_an_answer_without_content_is_asked_for_again(body: object) -> None:
    with pytest.raises(Broken, match="without content"):
        client().check(answer(body), CALL)


@pytest.mark.parametrize(("answered", "fine"), [("2026-10", True), (None, True), ("2026-07", False)])
def test_a_version_that_shopify_has_retired_is_answered_by_another(answered: str | None, fine: bool) -> None:
    """It takes its oldest one silently: fields may mean something else there."""
    headers = {"x-shopify-api-version": answered} if answered else {}
    given = Reply(200, headers, b'{"data": {"shop": {}}}')
    if fine:
        client().check(given, CALL)
        return
    with pytest.raises(Rejected, match="2026-10 was asked for, 2026-07 came") as refused:
        client().check(given, CALL)
    assert "api_version" in refused.value.hint("en") and "api_version" in refused.value.hint("zh")


@pytest.mark.parametrize(("body", "status", "of_all"), [
    (errors("ACCESS_DENIED"), 200, False), (errors("SHOP_INACTIVE"), 200, True), ({"errors": "closed"}, 200, True),
    (b"", 402, True), (b"", 403, True), (b"", 404, True), (b"", 423, True), (b"", 430, True)])
def test_only_a_missing_scope_is_about_one_stream(body: object, status: int, of_all: bool) -> None:
    with pytest.raises(Denied) as refused:
        client().check(answer(body, status), CALL)
    assert refused.value.of_all is of_all


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_what_the_status_says_by_itself(status: int) -> None:
    assert client().check(answer(b"<html>", status), CALL) is None


@pytest.mark.parametrize(("asked", "left", "restore", "wait"), [
    (101, 51, 100.0, 0.5), (900, 0, 50.0, 18.0), (101, 200, 100.0, 0.0), (101, 51, 0.0, None)])
def test_how_long_a_throttled_query_waits(asked: float, left: float, restore: float, wait: float | None) -> None:
    body = errors("THROTTLED", requestedQueryCost=asked, actualQueryCost=None, throttleStatus=bucket(left, restore))
    with pytest.raises(Throttled) as caught:
        client().check(answer(body), CALL)
    assert caught.value.wait == wait


def test_every_answer_states_the_budget() -> None:
    cost = {"requestedQueryCost": 101, "throttleStatus": bucket(1954, 200.0)}
    body = {"data": {"shop": {}}, "extensions": {"cost": cost}}
    assert client().check(answer(body), CALL) == Budget(1954, 200.0, 2000.0)
    assert client().check(answer({"data": {"shop": {}}}), CALL) is None


def test_what_a_query_costs_is_learned_from_its_answers() -> None:
    """A throttled one too; of each page size for itself, as a smaller page costs less."""
    here, page = client(), graphql("query Q", first=25)
    assert here.cost(page) == page.cost
    told = {"requestedQueryCost": 640.0, "throttleStatus": bucket(100)}
    with pytest.raises(Throttled):
        here.check(answer(errors("THROTTLED", **told)), page)
    assert here.cost(page) == 640.0
    here.check(answer({"data": {"a": 1}, "extensions": {"cost": told | {"requestedQueryCost": 500.0}}}), page)
    assert here.cost(page) == 500.0
    assert here.cost(graphql("query Q", first=12)) == page.cost


def test_a_query_that_costs_too_much_is_never_repeated_as_it_is() -> None:
    assert not TooLarge("").retryable and TooLarge("").heavy
