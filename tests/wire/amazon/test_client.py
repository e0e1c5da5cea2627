"""How requests look and what answers mean."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest

from connectors.amazon import (
    AmazonSettings,
    ads,
    figures,
    finances,
    listings,
    reports,
    settlements,
    streams,
    wire,
)
from connectors.amazon.client import LIMITS, AmazonClient
from connectors.engine.errors import Broken, Denied, Gone, Rejected, Throttled, TokenExpired
from connectors.engine.stream import Ask, Budget, Call, Context, Reply, Window
from tests.wire.operations import breaches, operations

NOW = datetime(2026, 6, 1, 2, 3, 4, tzinfo=UTC)
WINDOW = Window(datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 5, 31, tzinfo=UTC))
ASK = Ask(window=WINDOW, size=100, cursor="a+b==")
KNOWN = operations(Path(__file__).parent / "fixtures/operations.json")
"""From Amazon's models of orders 2026-01-01, reports 2021-06-30, finances 2024-06-19, FBA inventory and sellers."""
KEYS = {"client_id": "amzn1.c", "client_secret": "s&=", "refresh_token": "Atzr|r", "marketplace_ids": "A1,A2"}
FILTERS = {"marketplaceIds": "A1,A2", "paginationToken": "a+/="}
CALL = Call("/orders/2026-01-01/orders", params=FILTERS, limit="searchOrders")


def client(**more: str) -> AmazonClient:
    return AmazonClient(AmazonSettings(**{**KEYS, **more}))


@pytest.mark.parametrize(("given", "host", "login"), (
    ({}, "https://sellingpartnerapi-na.amazon.com", "https://api.amazon.com"),
    ({"region": "FE"}, "https://sellingpartnerapi-fe.amazon.com", "https://api.amazon.com"),
    ({"region": "eu-west-1"}, "https://sellingpartnerapi-eu.amazon.com", "https://api.amazon.com"),
    ({"base_url": "http://127.0.0.1:9/x"}, "http://127.0.0.1:9/x", "http://127.0.0.1:9/x"),
))  # fmt: skip
def test_hosts(given: dict[str, str], host: str, login: str) -> None:
    settings = client(**given).settings
    assert (settings.base_url, settings.auth_url, settings.marketplaces) == (host, login, ["A1", "A2"])


def test_a_request_carries_its_token_in_a_header_and_a_page_token_encoded_once() -> None:
    sent = client().request(CALL, "Atza|t", NOW)
    assert sent.url.endswith("?marketplaceIds=A1%2CA2&paginationToken=a%2B%2F%3D")
    assert sent.headers["x-amz-access-token"] == "Atza|t" and sent.headers["x-amz-date"] == "20260601T020304Z"


def test_a_signed_file_address_gets_nothing_of_ours() -> None:
    sent = client().request(Call("https://files.example/x?X-Amz-Signature=1", host="file"), None, NOW)
    assert sent.url == "https://files.example/x?X-Amz-Signature=1" and not sent.headers


def test_login() -> None:
    call = client().refresh("Atzr|r", "api")
    assert call is not None
    sent = client().request(call, None, NOW)
    assert urlsplit(sent.url).path == "/auth/o2/token"
    assert parse_qs(sent.content.decode()) == {
        "grant_type": ["refresh_token"], "refresh_token": ["Atzr|r"], "client_id": ["amzn1.c"],
        "client_secret": ["s&="]}
    body = b'{"access_token":"Atza|1","expires_in":3600,"refresh_token":"Atzr|2"}'
    given = client().tokens(Reply(200, {}, body), "api")
    assert (given.access_token, given.refresh_token, given.expires_in) == ("Atza|1", "Atzr|2", 3600)


@pytest.mark.parametrize(("code", "hint"), (("invalid_grant", "Authorise"), ("invalid_client", "client_secret")))
def test_login_refused(code: str, hint: str) -> None:
    with pytest.raises(Denied) as caught:
        client().tokens(Reply(400, {}, f'{{"error":"{code}"}}'.encode()), "api")
    assert hint in caught.value.hint("en")


@pytest.mark.parametrize("word", (
    streams.changed_orders, streams.order_report, streams.reports_before, listings.listing_report, finances.posted,
    figures.sales_report, figures.stock, settlements.settlement_reports,
    lambda ask, context: settlements.settlement_reports(replace(ask, cursor=None), context),
    lambda ask, context: streams.one_order([ORDER], context)[0],
    lambda ask, context: reports.report_status("1"), lambda ask, context: document(),
    lambda ask, context: streams.ABOUT.calls(context.settings)[0]))
@pytest.mark.parametrize("places", ("A1,A2", ",".join(f"A{number}" for number in range(12))))
def test_every_request_is_as_amazons_own_models_describe_it(word: Any, places: str) -> None:
    speaker = client(marketplace_ids=places)
    context = Context(speaker.settings, "S", "USD", ZoneInfo("Australia/Sydney"), NOW)
    call = word(ASK, context)
    assert breaches(speaker.request(call, "Atza|t", NOW), KNOWN) == []
    assert call.limit in LIMITS


ORDER = wire.Order("1", "2026-05-01T00:00:00Z", "2026-05-01T00:00:00Z", [])


def document() -> Call:
    done = b'{"reportId": "1", "processingStatus": "DONE", "reportDocumentId": "doc"}'
    call = reports.report_stands(Reply(200, {}, done)).then
    assert call is not None
    return call


def error(code: str, details: str = "") -> bytes:
    return f'{{"errors":[{{"code":"{code}","message":"no","details":"{details}"}}]}}'.encode()


@pytest.mark.parametrize(("status", "body", "kind"), (
    (403, error("Unauthorized", "The access token you provided has expired."), TokenExpired),
    (403, error("Unauthorized", "missing role"), TokenExpired), (401, b"<html>", TokenExpired),
    (404, error("NotFound"), Gone),
    (400, error("InvalidInput"), Rejected), (503, b"<html>", Broken), (500, error("InternalFailure"), Broken),
))  # fmt: skip
def test_refusals(status: int, body: bytes, kind: type[Exception]) -> None:
    with pytest.raises(kind) as caught:
        client().check(Reply(status, {}, body), CALL)
    assert type(caught.value) is kind


def test_a_new_token_that_is_refused_too_means_a_missing_role() -> None:
    """Amazon words an ended token and a missing role alike: what is left after one renewal is the role."""
    with pytest.raises(TokenExpired) as caught:
        client().check(Reply(403, {}, error("Unauthorized")), CALL)
    assert isinstance(caught.value.otherwise, Denied) and "role" in caught.value.otherwise.hint("en")


@pytest.mark.parametrize(("told", "headers", "wait"), (
    (None, {}, 1 / 0.0056), (None, {"x-amzn-ratelimit-limit": "0.5"}, 2.0), (None, {"retry-after": "7"}, None),
    ("0.25", {}, 4.0), ("40", {}, 1.0)))
def test_too_many_calls_wait_as_the_rate_says(told: str | None, headers: dict[str, str], wait: float | None) -> None:
    """The rate is the last that an answer of this operation stated, else the table's; a refusal need not name it."""
    speaker = client()
    if told:
        speaker.check(Reply(200, {"x-amzn-ratelimit-limit": told}, b"{}"), CALL)
        speaker.check(Reply(200, {"x-amzn-ratelimit-limit": "9"}, b"{}"), Call("/x", limit="getOrder"))
    with pytest.raises(Throttled) as caught:
        speaker.check(Reply(429, headers, error("QuotaExceeded")), CALL)
    assert caught.value.wait == wait


def test_the_rate_of_an_answer_counts_not_the_table() -> None:
    assert client().check(Reply(200, {"x-amzn-ratelimit-limit": "2.5"}, b"{}"), CALL) == Budget(None, per_second=2.5)
    assert client().check(Reply(200, {}, b"{}"), CALL) is None
    assert LIMITS["searchOrders"].burst == 20


# --- ads ----------------------------------------------------------------------------------------------------

OF_ADS = {"ads_profile_id": "284", "ads_refresh_token": "Atzr|ads"}


@pytest.mark.parametrize(("given", "host", "app", "secret"), (
    ({}, "https://advertising-api.amazon.com", "amzn1.c", "s&="),
    ({"region": "eu"}, "https://advertising-api-eu.amazon.com", "amzn1.c", "s&="),
    ({"ads_client_id": "amzn1.a", "ads_client_secret": "t"}, "https://advertising-api.amazon.com", "amzn1.a", "t"),
    ({"base_url": "http://127.0.0.1:9/x"}, "http://127.0.0.1:9/x", "amzn1.c", "s&="),
))  # fmt: skip
def test_ads_have_a_host_a_login_and_a_profile_of_their_own(given: dict[str, str], host: str, app: str,
                                                            secret: str) -> None:
    speaker = client(**OF_ADS, **given)
    context = Context(speaker.settings, "S", "USD", ZoneInfo("America/Los_Angeles"), NOW)
    call = ads.ordered(ads.KINDS["ads"])(ASK, context)
    sent = speaker.request(call, "Atza|a", NOW)
    assert (sent.method, sent.url) == ("POST", f"{host}/reporting/reports")
    assert {name: sent.headers[name] for name in ("authorization", "amazon-advertising-api-scope", "content-type",
                                                  "amazon-advertising-api-clientid")} == {
        "authorization": "Bearer Atza|a", "amazon-advertising-api-scope": "284",
        "amazon-advertising-api-clientid": app,
        "content-type": "application/vnd.createasyncreportrequest.v3+json"}
    body = json.loads(sent.content)
    assert (body["startDate"], body["endDate"]) == ("2026-04-30", "2026-05-30"), "days of the marketplace"
    assert body["configuration"]["columns"][-2:] == ["purchases14d", "sales14d"]
    login = speaker.refresh("Atzr|ads", "ads")
    assert login is not None and (login.params["client_id"], login.params["client_secret"]) == (app, secret)


@pytest.mark.parametrize(("status", "kind"), ((401, TokenExpired), (403, Denied)))
def test_ads_refused(status: int, kind: type[Denied | TokenExpired]) -> None:
    with pytest.raises(kind) as caught:
        client(**OF_ADS).check(Reply(status, {}, b"{}"), Call("/reporting/reports", host="ads"))
    last = caught.value.otherwise if isinstance(caught.value, TokenExpired) else caught.value
    assert last is not None and "ads_profile_id" in last.hint("en") and "ads_profile_id" in last.hint("zh")
