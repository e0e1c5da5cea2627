"""Xiaohongshu's signature, its flat body, and failures that are told by their words."""

import json
from datetime import UTC, datetime

import pytest

from connectors.engine.errors import Broken, Denied, Gone, Rejected, Throttled, TokenExpired
from connectors.engine.stream import Call, Reply
from connectors.xiaohongshu import CONNECTOR
from connectors.xiaohongshu.client import XiaohongshuClient, sign

APP_ID, SECRET = "21d6000000000748be8d", "429a00000000000000a3aee9ef9e4a85"
NOW = datetime.fromtimestamp(1612518379, UTC)
GATEWAY = "https://ark.xiaohongshu.com/ark/open_api/v3/common_controller"


def client(**more: str) -> XiaohongshuClient:
    return XiaohongshuClient(CONNECTOR.settings(**({"app_id": APP_ID, "app_secret": SECRET} | more)))


def reply(body: dict[str, object]) -> Reply:
    return Reply(200, {}, json.dumps(body).encode())


def test_the_known_signature() -> None:
    assert sign("order.getOrderList", APP_ID, "1612518379", SECRET) == "60e61563c39e92d65e66e42f6e247dd9"


def test_system_and_business_parameters_stand_side_by_side() -> None:
    sent = client().request(Call("order.getOrderList", {"pageNo": 1, "statuses": [4]}, verb="POST"), "t1", NOW)
    assert (sent.method, sent.url) == ("POST", GATEWAY)
    assert sent.headers["content-type"] == "application/json;charset=utf-8"
    assert json.loads(sent.content) == {
        "appId": APP_ID, "method": "order.getOrderList", "version": "2.0", "timestamp": "1612518379",
        "sign": "60e61563c39e92d65e66e42f6e247dd9", "accessToken": "t1", "pageNo": 1, "statuses": [4]}


@pytest.mark.parametrize(("base", "url"), [
    (GATEWAY, GATEWAY),
    ("https://ark.xiaohongshu.com/", GATEWAY),
    ("http://127.0.0.1:4/xhs", "http://127.0.0.1:4/xhs/ark/open_api/v3/common_controller"),
])
def test_the_gateway_may_be_given_whole_or_by_its_host(base: str, url: str) -> None:
    assert client(base_url=base).request(Call("m"), "t", NOW).url == url


def test_refreshing_goes_through_the_gateway_without_a_token() -> None:
    call = client().refresh("r1", "api")
    assert call is not None
    body = json.loads(client().request(call, None, NOW).content)
    assert (body["method"], body["refreshToken"]) == ("oauth.refreshToken", "r1")
    assert "accessToken" not in body
    assert client().refresh(None, "api") is None


def test_tokens_end_at_an_instant_in_milliseconds() -> None:
    tokens = client().tokens(reply({"error_code": 0, "success": True, "data": {
        "accessToken": "a2", "accessTokenExpiresAt": 1613123179000, "refreshToken": "r2", "sellerId": "s"}}), "api")
    assert (tokens.access_token, tokens.refresh_token) == ("a2", "r2")
    assert tokens.ends_at == datetime.fromtimestamp(1613123179, UTC)
    with pytest.raises(Denied, match="refreshToken"):
        client().tokens(reply({"error_code": -2000400, "error_msg": "refreshToken无效", "success": False}), "api")


@pytest.mark.parametrize(("code", "message", "method", "kind"), [
    (-2000400, "参数错误", "order.getOrderList", Rejected),
    (-2000101, "订单不存在", "order.getOrderDetail", Gone),
    (-2000101, "订单不存在", "order.getOrderList", Rejected),
    (-2000500, "系统异常", "order.getOrderList", Broken),
    (-9999999, "?", "order.getOrderList", Broken),  # unknown: tried again before it counts
    (-1, "accessToken is invalid", "order.getOrderList", TokenExpired),
    (-2000400, "Token已过期", "order.getOrderList", TokenExpired),
    (-2000400, "sign校验失败", "order.getOrderList", Denied),
    (-1, "没有权限", "order.getOrderList", Denied),
    (-1, "调用过于频繁", "order.getOrderList", Throttled),
])
def test_errors(code: int, message: str, method: str, kind: type[Exception]) -> None:
    with pytest.raises(kind, match=str(code)):
        client().check(reply({"error_code": code, "error_msg": message, "success": False}), Call(method))


def test_a_failure_inside_the_inner_envelope_is_one() -> None:
    inner = {"code": -2000500, "msg": "系统异常", "success": False}
    with pytest.raises(Broken, match="系统异常"):
        client().check(reply({"error_code": 0, "success": True, "data": inner}), Call("afterSale.getAfterSaleInfo"))


@pytest.mark.parametrize("body", [
    {"error_code": 0, "success": True, "data": {"total": 0}},
    {"code": 0, "success": True, "data": {"data": [], "total": 0}},
    {"error_code": 0, "data": None},
])
def test_success(body: dict[str, object]) -> None:
    client().check(reply(body), Call("product.getDetailSkuList"))
