"""Pinduoduo's gateway served locally from the sandbox world.

Serves no more than the platform: no unpaid orders, no buyers, receivers as ciphertext and only while an order is
still to be shipped, newest change first, a total or `has_next` but never both, HTTP 200 for every failure. A
broken rule is answered as the platform words it and noted; signatures are checked by code of its own.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from connectors.engine.values import to_beijing
from connectors.sandbox.state import PlatformState, Rule
from connectors.sandbox.world import World, WorldLine, WorldOrder, WorldProduct, WorldRefund, money

PLATFORM = "pinduoduo"
TOLERANCE, LAG, REACH = timedelta(minutes=10), timedelta(minutes=3), timedelta(days=90)
HALF_HOUR, DAY, SECOND = timedelta(minutes=30), timedelta(days=1), timedelta(seconds=1)
UNHEARD_OF = 97
MESSAGES = {
    10000: "参数错误", 10001: "公共参数错误", 10016: "client_id错误或已下线", 10017: "type错误",
    10019: "access_token已过期", 20004: "签名sign校验失败", 20032: "access_token或client_id错误",
    21001: "业务参数错误", 21002: "业务参数缺失",
    70031: "调用过于频繁，请调整调用频率",
}
Params = dict[str, str]
Body = dict[str, Any]


class Refused(Exception):
    """An `error_response`, and the rule that was broken, if it is one that a right client never breaks."""

    def __init__(self, code: int, detail: str = "", rule: Rule | None = None) -> None:
        self.code, self.detail, self.rule = code, detail, rule

    def body(self) -> Body:
        words = f"{MESSAGES[self.code]}:{self.detail}" if self.detail else MESSAGES[self.code]
        return {"error_response": {"error_code": self.code, "error_msg": words, "sub_code": None, "sub_msg": "",
                                   "request_id": "17817858001234567"}}


def credentials(state: PlatformState, base_url: str) -> dict[str, str]:
    pair = state.tokens().current()
    return {"base_url": base_url, "client_id": state.secret("client_id"),
            "client_secret": state.secret("client_secret", 40),
            "access_token": pair.access_token, "refresh_token": pair.refresh_token}


def throttled(seconds: float) -> Response:
    """"Too often", without a word about how long to wait."""
    return JSONResponse(Refused(70031).body())


def routes(world: World, state: PlatformState) -> list[BaseRoute]:
    return [Route("/api/router", Gateway(world, state).answer, methods=["POST"])]


class Gateway:
    def __init__(self, world: World, state: PlatformState) -> None:
        self.world, self.state = world, state
        self.walks: dict[tuple[str, str, str], int] = {}
        self.methods: dict[str, Callable[[Params], Body]] = {
            "pdd.pop.auth.token.refresh": self.refresh,
            "pdd.order.list.get": self.dealt,
            "pdd.order.number.list.increment.get": self.changed,
            "pdd.refund.list.increment.get": self.refunds,
            "pdd.goods.list.get": self.goods,
        }

    async def answer(self, request: Request) -> Response:
        params = dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))
        try:
            method = self.admit(params)
            self.state.note(method, **{name: value for name, value in params.items() if name not in (
                "access_token", "refresh_token", "sign", "client_id")})
            return JSONResponse(self.methods[method](params))
        except Refused as refusal:
            if refusal.rule:
                self.state.violation(refusal.rule, f"{params.get('type')}: {refusal.code} {refusal.detail}")
            return JSONResponse(refusal.body())

    def admit(self, params: Params) -> str:
        """The checks of the gateway itself; returns the method."""
        method = params.get("type", "")
        if method not in self.methods:
            raise Refused(10017, method, "other")
        if params.get("client_id") != self.state.secret("client_id"):
            raise Refused(10016)
        text = "".join(name + value for name, value in sorted(params.items()) if name != "sign")
        secret = self.state.secret("client_secret", 40)
        expected = hashlib.md5(f"{secret}{text}{secret}".encode(), usedforsecurity=False).hexdigest().upper()
        if params.get("sign") != expected:
            raise Refused(20004, rule="signature")
        stamp = params.get("timestamp", "")
        if not stamp.isdigit() or abs(datetime.fromtimestamp(int(stamp), UTC) - self.state.clock()) > TOLERANCE:
            raise Refused(10001, "timestamp", "timestamp")
        if params.get("data_type") != "JSON":
            raise Refused(10001, "data_type", "other")
        if method != "pdd.pop.auth.token.refresh":
            match self.state.tokens().check(params.get("access_token")):
                case "expired":
                    raise Refused(10019)
                case "unknown":
                    raise Refused(20032)
        return method

    def refresh(self, params: Params) -> Body:
        """A new pair; the old refresh token is dead."""
        pair = self.state.tokens().refresh(params.get("refresh_token"))
        if pair is None:
            raise Refused(10000, "refresh_token")
        ends, shop = int(pair.expires_at.timestamp()), self.world.shops[PLATFORM]
        life = ends - int(self.state.clock().timestamp())
        return {"pop_auth_token_refresh_response": {
            "access_token": pair.access_token, "expires_in": life, "expires_at": ends, "scope": [],
            "refresh_token": pair.refresh_token, "refresh_token_expires_in": life, "refresh_token_expires_at": ends,
            "owner_id": shop.shop_id, "owner_name": shop.name, "request_id": "17817858001234567"}}

    def dealt(self, params: Params) -> Body:
        start, end = self.window(params, "confirm", DAY)
        if start < self.state.clock() - REACH:
            raise Refused(21001, "start_confirm_at", "reach")
        near = self.world.orders(PLATFORM, created=(start - 3 * DAY, end + SECOND))
        found = [order for order in near if order.paid_at and start <= order.paid_at <= end]
        return {"order_list_get_response": self.page(params, found, "order_list", _order)}

    def changed(self, params: Params) -> Body:
        if params.get("is_lucky_flag") != "0":
            raise Refused(21002, "is_lucky_flag", "other")
        start, end = self.window(params, "updated", HALF_HOUR)
        self.watch(params, "start_updated_at")
        found = [order for order in self.world.orders(PLATFORM, modified=(start, end + SECOND)) if order.paid_at]
        return {"order_sn_increment_get_response": self.page(params, found[::-1], "order_sn_list", _order)}

    def refunds(self, params: Params) -> Body:
        if params.get("after_sales_status") != "1" or params.get("after_sales_type") != "1":
            raise Refused(21002, "after_sales_status", "other")
        start, end = self.window(params, "updated", HALF_HOUR)
        self.watch(params, "start_updated_at")
        found = self.world.refunds(PLATFORM, modified=(start, end + SECOND))
        return {"refund_increment_get_response": self.page(params, found[::-1], "refund_list", self.refund)}

    def goods(self, params: Params) -> Body:
        listed = [item for item in self.world.products(PLATFORM) if item.status != "deleted"]
        return {"goods_list_get_response": self.page(params, listed, "goods_list", _goods)}

    def window(self, params: Params, kind: str, longest: timedelta) -> tuple[datetime, datetime]:
        """Both ends included, in Unix seconds; an increment may not end within the last three minutes."""
        if kind == "confirm" or "order" in params["type"]:
            for name in ("order_status", "refund_status"):
                if params.get(name) != "5":
                    raise Refused(21002, name, "other")
        ends = []
        for name in (f"start_{kind}_at", f"end_{kind}_at"):
            if len(params.get(name, "")) != 10:
                raise Refused(21002, name, "window")
            ends.append(datetime.fromtimestamp(int(params[name]), UTC))
        start, end = ends
        if not timedelta() <= end - start <= longest:
            raise Refused(21001, f"{end - start} is too long", "window")
        if kind == "updated" and end > self.state.clock() - LAG:
            raise Refused(21001, "the end lies within the last three minutes", "window")
        return start, end

    def page(self, params: Params, rows: Sequence[Any], name: str, show: Callable[[Any], Body]) -> Body:
        number, size = int(params.get("page", 0)), int(params.get("page_size", 0))
        if number < 1 or not 1 <= size <= 100:
            raise Refused(21001, f"page {number}, page_size {size}", "page_size")
        cut = [show(row) for row in rows[(number - 1) * size:number * size]]
        if params.get("use_has_next") == "true":
            return {name: cut, "has_next": len(rows) > number * size, "request_id": "17817858001234567"}
        return {name: cut, "total_count": len(rows), "request_id": "17817858001234567"}

    def watch(self, params: Params, start: str) -> None:
        """A moving list has to be read from its last page to its first."""
        key, number = (params["type"], params[start], params["page_size"]), int(params.get("page", 1))
        before = self.walks.get(key, 1)
        if 1 < before < number:
            self.state.violation("order", f"page {number} after page {before} of one window")
        self.walks[key] = number

    def refund(self, case: WorldRefund) -> Body:
        order = self.world.order(PLATFORM, case.order_id)
        assert order is not None
        return _refund(case, order.lines[0])


def _time(moment: datetime | None) -> str:
    return to_beijing(moment) if moment else ""


def _yuan(fen: int) -> float:
    """Orders bring numbers, refunds text."""
    return fen / 100


def _secret(text: str) -> str:
    return f"~AgAAA{base64.b64encode(text.encode()).decode()}~1~"


def _states(order: WorldOrder) -> tuple[int, int]:
    """`order_status` and `refund_status`."""
    sent = order.part_shipped_at or order.shipped_at
    status = 3 if order.delivered_at else 2 if sent else 1
    if order.native_status:
        status = UNHEARD_OF
    return status, 4 if order.cancelled_at or order.closed_at else 1


def _order(order: WorldOrder) -> Body:
    status, refund = _states(order)
    buyer, shown = order.buyer, status == 1 and refund == 1
    seller, platform = order.seller_discount, order.platform_discount
    return {
        "order_sn": order.order_id, "order_status": status, "refund_status": refund, "after_sales_status": 0,
        "confirm_status": 1, "group_status": 1, "risk_control_status": 0, "is_lucky_flag": 1, "trade_type": 0,
        "pay_amount": _yuan(order.total), "goods_amount": _yuan(order.list_amount),
        "discount_amount": _yuan(seller + platform), "platform_discount": _yuan(platform),
        "seller_discount": _yuan(seller), "capital_free_discount": 0, "postage": _yuan(order.shipping),
        "pay_type": "WEIXIN", "created_time": to_beijing(order.created_at), "pay_time": _time(order.paid_at),
        "confirm_time": _time(order.paid_at), "shipping_time": _time(order.part_shipped_at or order.shipped_at),
        "receive_time": _time(order.delivered_at), "updated_at": to_beijing(order.modified_at),
        "last_ship_time": to_beijing(order.created_at + 2 * DAY), "remark": order.memo, "buyer_memo": order.buyer_note,
        "receiver_name": _secret(buyer.name) if shown else "", "receiver_phone": f"${buyer.phone}$" if shown else "",
        "receiver_address": buyer.address if shown else "", "province": buyer.province, "city": buyer.city,
        "town": "", "item_list": [_item(line) for line in order.lines if not line.is_gift],
        "gift_list": [_item(line) for line in order.lines if line.is_gift]}


def _item(line: WorldLine) -> Body:
    return {"goods_id": int(line.product.product_id), "sku_id": int(line.sku.sku_id), "outer_id": line.sku.outer_id,
            "outer_goods_id": line.product.outer_id, "goods_name": line.product.title, "goods_spec": line.sku.spec,
            "goods_price": _yuan(line.price), "goods_count": line.quantity, "goods_img": ""}


STAGES = {
    "refund": {"requested": 2, "approved": 4, "returned": 4, "success": 10, "rejected": 6, "closed": 11},
    "return": {"requested": 3, "approved": 7, "returned": 4, "success": 10, "rejected": 6, "closed": 12},
    "exchange": {"requested": 14, "approved": 15, "returned": 18, "success": 16, "rejected": 17, "closed": 11},
}


def _refund(case: WorldRefund, line: WorldLine) -> Body:
    kind = {"return_refund": "return", "exchange": "exchange"}.get(case.kind, "refund")
    return {
        "id": int(case.refund_id), "order_sn": case.order_id, "after_sales_status": STAGES[kind][case.stage],
        "after_sales_type": {"refund": 2, "return": 3, "exchange": 4}[kind], "after_sale_reason": case.reason_text,
        "refund_amount": money(case.total), "order_amount": money(line.paid), "discount_amount": money(0),
        "goods_id": int(line.product.product_id), "sku_id": line.sku.sku_id, "outer_id": line.sku.outer_id,
        "goods_number": case.quantity or line.quantity, "after_sale_desc": case.note,
        "created_time": to_beijing(case.requested_at), "updated_time": to_beijing(case.modified_at),
        "confirm_time": "", "tracking_number": "", "speed_refund_flag": 0, "dispute_refund_status": 0}


def _goods(item: WorldProduct) -> Body:
    return {"goods_id": int(item.product_id), "goods_name": item.title, "is_onsale": int(item.status == "on_sale"),
            "goods_quantity": 100, "is_more_sku": int(len(item.skus) > 1), "image_url": "",
            "sku_list": [{"sku_id": int(sku.sku_id), "outer_id": sku.outer_id, "spec": sku.spec,
                          "sku_quantity": 10} for sku in item.skus]}
