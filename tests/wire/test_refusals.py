"""What a refusal means to the person who connects a shop: each platform's own answer, and a word of the hint."""

from __future__ import annotations

import json
from typing import Any

import pytest

from connectors import connector
from connectors.engine.errors import Denied, SyncError
from connectors.engine.stream import Call, Reply

KEYS: dict[str, dict[str, str]] = {
    "taobao": {"app_key": "k", "app_secret": "s"},
    "jd": {"app_key": "k", "app_secret": "s"},
    "douyin": {"app_key": "k", "app_secret": "s", "shop_id": "1"},
    "xiaohongshu": {"app_id": "k", "app_secret": "s"},
    "tiktok_shop": {"app_key": "k", "app_secret": "s"},
    "lazada": {"app_key": "k", "app_secret": "s"},
    "shopee": {"partner_id": "1", "partner_key": "s", "shop_id": "1"},
    "pinduoduo": {"client_id": "k", "client_secret": "s"},
    "weibo": {"uid": "1", "access_token": "t"},
    "kuaishou": {"app_key": "k", "app_secret": "s", "sign_secret": "g"},
    "mercado_libre": {"client_id": "k", "client_secret": "s"},
    "etsy": {"keystring": "k", "shared_secret": "s", "shop_id": "1"},
    "walmart": {"client_id": "k", "client_secret": "s"},
    "woocommerce": {"base_url": "https://shop.example", "consumer_key": "k", "consumer_secret": "s"},
}


def top(code: int) -> Any:
    return {"error_response": {"code": code, "msg": "no"}}


def jos(code: str) -> Any:
    return {"error_response": {"code": code, "en_desc": "no"}}


def doudian(code: int, sub_code: str = "") -> Any:
    return {"code": code, "msg": "no", "sub_code": sub_code}


def red(words: str) -> Any:
    return {"error_code": -1, "error_msg": words, "success": False}


def weibo(code: int) -> Any:
    return {"request": "/2/x.json", "error_code": code, "error": "no"}


def pdd(code: int, words: str = "no") -> Any:
    return {"error_response": {"error_code": code, "error_msg": words}}


OF_ONE_RIGHT = {"not approved yet", "order-information package", "this call", "transactions_r", "scopes", "read access",
                "they may read", "MP3", "manage the shop"}
"""Words of hints that are about one call; all other refusals would be said of every call."""


@pytest.mark.parametrize(("platform", "answer", "hint"), [
    ("taobao", top(25), "app_secret"), ("taobao", top(29), "app_key"), ("taobao", top(31), "clock"),
    ("taobao", top(11), "not approved yet"), ("taobao", top(12), "order-information package"),
    ("jd", jos("12"), "app_secret"), ("jd", jos("8"), "clock"),
    ("douyin", doudian(40003, "isv.signature-invalid"), "app_secret"),
    ("douyin", doudian(40003, "isv.timestamp-invalid"), "clock"),
    ("douyin", doudian(30001, "isv.app-permissions-insufficient"), "not approved yet"),
    ("douyin", doudian(30001, "dop.authorization-closed"), "withdrawn"),
    ("douyin", doudian(30002), "allowed addresses"),
    ("xiaohongshu", red("sign校验失败"), "app_secret"), ("xiaohongshu", red("timestamp 无效"), "clock"),
    ("xiaohongshu", red("没有权限"), "not approved yet"),
    ("tiktok_shop", {"code": 106001, "message": "sign invalid"}, "app_secret"),
    ("tiktok_shop", {"code": 106001, "message": "Timestamp is invalid"}, "clock"),
    ("tiktok_shop", {"code": 105005, "message": "scope"}, "not approved yet"),
    ("tiktok_shop", {"code": 36004001, "message": "gone"}, "withdrawn"),
    ("lazada", {"code": "IncompleteSignature", "message": "no"}, "app_secret"),
    ("lazada", {"code": "InvalidAppKey", "message": "no"}, "app_key"),
    ("lazada", {"code": "InvalidTimestamp", "message": "no"}, "clock"),
    ("lazada", {"code": "InsufficientPermission", "message": "no"}, "not approved yet"),
    ("shopee", {"error": "error_sign", "message": "Wrong sign."}, "partner_key"),
    ("shopee", {"error": "error_param", "message": "Timestamp is expired."}, "clock"),
    ("shopee", {"error": "source_ip_undeclared", "message": "no"}, "whitelist"),
    ("shopee", {"error": "shop_banned", "message": "no"}, "frozen"),
    ("shopee", {"error": "error_permission", "message": "no"}, "this call"),
    ("lazada", {"code": "Mp3SellerApiLimit", "message": "no"}, "MP3"),
    ("lazada", {"code": "SellerNotVerified", "message": "no"}, "Seller Center"),
    ("pinduoduo", pdd(20004), "client_secret"), ("pinduoduo", pdd(10001, "timestamp"), "clock"),
    ("pinduoduo", pdd(20031), "not approved yet"), ("pinduoduo", pdd(70036), "test state"),
    ("kuaishou", {"result": 2, "sub_code": "isv.sign-invalid", "error_msg": "sign校验失败"}, "sign_secret"),
    ("kuaishou", {"result": 2, "sub_code": "isv.access-denied", "error_msg": "no"}, "not approved yet"),
    ("pinduoduo", pdd(30000), "not approved yet"),
    ("jd", {"error_response": {"code": "66", "en_desc": "No permission"}}, "not approved yet"),
    ("weibo", weibo(10004), "allowed addresses"), ("weibo", weibo(10005), "not approved yet"),
    ("weibo", weibo(10006), "app_key"), ("weibo", weibo(10014), "not approved yet"),
    ("mercado_libre", (403, {"error": "forbidden", "code": "PA_UNAUTHORIZED_RESULT_FROM_POLICIES"}), "blocked the app"),
    ("mercado_libre", (403, {"error": "forbidden", "message": "Invalid caller.id"}), "another account"),
    ("mercado_libre", (403, {"error": "forbidden", "message": "no"}), "scopes"),
    ("etsy", (403, {"error": "Insufficient scope"}), "transactions_r"),
    ("etsy", (403, {"error": "Shared secret is required in x-api-key header."}), "keystring"),
    ("etsy", (403, {"error": "Access forbidden"}), "shop_id"),
    ("walmart", (403, {"errors": {"error": [{"code": "FORBIDDEN.GMP_GATEWAY_API"}]}}), "read access"),
    ("walmart", (403, {"errors": {"error": [{"code": "INVALID_MARKET.GMP"}]}}), "another country"),
    ("walmart", (403, {"errors": {"error": [{"code": "ACCESS_DENIED"}]}}), "they may read"),
    ("woocommerce", (403, {"code": "woocommerce_rest_cannot_view", "message": "Sorry."}), "manage the shop"),
    ("woocommerce", (401, {"code": "woocommerce_rest_authentication_error", "message": "Consumer key is invalid."}),
     "new one"),
    ("woocommerce", (403, "<html>"), "firewall"),
])
def test_a_refusal_says_what_to_do(platform: str, answer: Any, hint: str) -> None:
    """An answer stands alone where it comes with HTTP 200, else behind its status."""
    found = connector(platform)
    client = found.client(found.settings(**KEYS[platform]))
    status, body = answer if isinstance(answer, tuple) else (200, answer)
    with pytest.raises(SyncError) as caught:
        client.check(Reply(status, {}, json.dumps(body, ensure_ascii=False).encode()), Call("m"))
    assert type(caught.value) is Denied
    assert hint in caught.value.hint("en") and caught.value.hint("zh") != caught.value.hint("en")
    assert caught.value.of_all is (hint not in OF_ONE_RIGHT), "no stream may be left out for it as not approved"
