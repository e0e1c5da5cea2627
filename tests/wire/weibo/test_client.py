"""Where Weibo's tokens go, and what each of its errors means, whatever the status it comes under."""

import json
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from connectors.engine.errors import Broken, Denied, Rejected, Throttled, TokenExpired
from connectors.engine.stream import Call, Reply
from connectors.weibo import CONNECTOR
from connectors.weibo.client import WeiboClient
from connectors.weibo.social import user_counts

NOW = datetime(2026, 6, 20, 4, tzinfo=UTC)
OPEN, ADS = user_counts("1"), Call("v3/insights/effect", host="ads")


def client(**more: object) -> WeiboClient:
    given = {"uid": "1404376560", "access_token": "t-open", "app_key": "17", "app_secret": "s17"}
    return WeiboClient(CONNECTOR.settings(**(given | more)))


def parts(url: str) -> tuple[str, dict[str, list[str]]]:
    found = urlsplit(url)
    return f"{found.scheme}://{found.netloc}{found.path}", parse_qs(found.query)


@pytest.mark.parametrize("base", ["https://api.weibo.com", "https://api.weibo.com/", "https://api.weibo.com/2"])
def test_the_open_token_goes_in_the_query(base: str) -> None:
    sent = client(base_url=base).request(user_counts("1404376560"), "t&1", NOW)
    assert parts(sent.url) == ("https://api.weibo.com/2/users/counts.json",
                               {"access_token": ["t&1"], "uids": ["1404376560"]})
    assert sent.method == "GET"


def test_the_ads_token_goes_in_the_header_and_data_is_json() -> None:
    data = {"time_interval": ["2026-06-18", "2026-06-18"], "field": ["pv"], "page": 1, "rows": 50}
    sent = client().request(Call("v3/insights/effect", {"advertiser_id": "9", "data": data}, host="ads"), "t-ads", NOW)
    url, query = parts(sent.url)
    assert url == "https://api.biz.weibo.com/v3/insights/effect"
    assert query["advertiser_id"] == ["9"] and json.loads(query["data"][0]) == data
    assert sent.headers["authorization"] == "Bearer t-ads"
    assert "t-ads" not in sent.url


@pytest.mark.parametrize(("code", "status", "kind"), [
    (10001, 500, Broken), (10002, 503, Broken), (10003, 200, Broken),
    (10004, 403, Denied), (10005, 403, Denied), (10006, 400, Denied), (10014, 403, Denied),
    (10008, 400, Rejected), (10016, 400, Rejected), (10017, 400, Rejected), (10020, 404, Rejected),
    (10009, 403, Throttled), (10022, 403, Throttled), (10023, 403, Throttled), (10024, 403, Throttled),
    (21327, 401, TokenExpired), (21327, 200, TokenExpired), (21332, 403, TokenExpired), (21315, 403, TokenExpired),
])
def test_errors_of_the_open_api(code: int, status: int, kind: type[Exception]) -> None:
    body = json.dumps({"request": "/2/statuses/count.json", "error_code": code, "error": "words"}).encode()
    with pytest.raises(kind, match=f"{code} words"):
        client().check(Reply(status, {}, body), OPEN)


@pytest.mark.parametrize(("code", "headers", "wait"), [
    (10023, {"date": "Sat, 20 Jun 2026 04:59:30 GMT"}, 30),
    (10022, {"date": "Sat, 20 Jun 2026 04:00:00 GMT"}, 3600),
    (10024, {}, 3600),
    (10024, {"date": "someday"}, 3600),
    (10023, {"retry-after": "7"}, None),  # the engine reads the header
    (10009, {}, None),                    # a queue, no quota: our own back-off
])
def test_an_hourly_quota_is_waited_for_by_the_servers_clock(code: int, headers: dict[str, str], wait: object) -> None:
    with pytest.raises(Throttled) as caught:
        client().check(Reply(403, headers, b'{"error_code": %d}' % code), OPEN)
    assert caught.value.wait == wait


@pytest.mark.parametrize(("status", "code", "message", "kind"), [
    (200, 401, "unauthorized", TokenExpired), (401, 0, "unauthorized", TokenExpired),
    (200, 20003, "access_token is invalid", TokenExpired), (200, 403, "no permission", Denied),
    (200, 429, "slow down", Throttled), (200, 500, "busy", Broken), (200, 1001, "bad field", Rejected),
    (404, 0, "", Rejected),
])
def test_errors_of_the_ads_api(status: int, code: int, message: str, kind: type[Exception]) -> None:
    body = json.dumps({"trace_id": "tr-1", "code": code, "message": message}).encode()
    with pytest.raises(kind):
        client().check(Reply(status, {}, body), ADS)


def test_support_is_told_the_trace() -> None:
    with pytest.raises(Rejected, match="1001 bad field; trace tr-1"):
        client().check(Reply(200, {}, b'{"code": 1001, "message": "bad field", "trace_id": "tr-1"}'), ADS)


@pytest.mark.parametrize(("body", "call"), [
    (b"[]", OPEN), (b'{"statuses": []}', OPEN), (b'{"code": 0, "list": []}', ADS), (b'{"list": []}', ADS)])
def test_success(body: bytes, call: Call) -> None:
    client().check(Reply(200, {}, body), call)


def test_the_account_is_authorised_again_by_people_alone() -> None:
    assert client().refresh("r1", "api") is None
    assert client().refresh(None, "ads") is None


@pytest.mark.parametrize("body", [
    {"code": 0, "access_token": "a2", "refresh_token": "r2", "expires_in": "86400"},
    {"code": 0, "data": {"access_token": "a2", "refresh_token": "r2", "expires_in": 86400}}])
def test_the_ads_token_is_refreshed(body: dict[str, object]) -> None:
    call = client().refresh("r1", "ads")
    assert call is not None
    sent = client().request(call, None, NOW)
    assert (sent.method, sent.url) == ("POST", "https://api.biz.weibo.com/oauth/refresh_token")
    assert json.loads(sent.content) == {"client_id": "17", "client_secret": "s17", "grant_type": "refresh_token",
                                        "refresh_token": "r1"}
    found = client().tokens(Reply(200, {}, json.dumps(body).encode()), "ads")
    assert (found.access_token, found.refresh_token, found.expires_in) == ("a2", "r2", 86400)


def test_a_refused_refresh_needs_people() -> None:
    with pytest.raises(Denied, match="20004 refresh_token is invalid"):
        client().tokens(Reply(200, {}, b'{"code": 20004, "message": "refresh_token is invalid"}'), "ads")
