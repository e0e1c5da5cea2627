"""Kuaishou's gateway served locally from the sandbox world.

Serves no more than the platform: cursors and no counts, "nomore" at the end, fen and milliseconds, receivers
encrypted, `result` 1 for success under HTTP 200. Windows hold both of their ends. A broken rule is answered in the
platform's words and noted; signatures are checked by code of its own.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from connectors.sandbox.state import PlatformState, Rule
from connectors.sandbox.world import World, WorldOrder, WorldProduct, WorldRefund

PLATFORM = "kuaishou"
TOLERANCE, REACH, DAY = timedelta(minutes=10), timedelta(days=90), timedelta(days=1)
LIFE = timedelta(hours=48)
TICK = timedelta(milliseconds=1)
UNHEARD_OF = 97
END = "nomore"
Body = dict[str, Any]


class Refused(Exception):
    """A failure, and the rule that was broken, if it is one that a right client never breaks."""

    def __init__(self, sub_code: str, words: str = "", rule: Rule | None = None, result: int = 28) -> None:
        self.sub_code, self.words, self.rule, self.result = sub_code, words, rule, result

    def body(self) -> Body:
        return {"result": self.result, "code": "28", "error_msg": self.words, "sub_code": self.sub_code,
                "sub_msg": self.words, "requestId": "b1c2d3"}


def wrong(words: str, rule: Rule) -> Refused:
    return Refused("isv.param-invalid", words, rule, result=1002)


def credentials(state: PlatformState, base_url: str) -> dict[str, str]:
    pair = state.tokens(lifetime=LIFE).current()
    return {"base_url": base_url, "app_key": _app_key(state), "app_secret": state.secret("app_secret", 22),
            "sign_secret": state.secret("sign_secret"), "access_token": pair.access_token,
            "refresh_token": pair.refresh_token}


def _app_key(state: PlatformState) -> str:
    return f"ks{state.secret('app_key', 16)}"


def throttled(seconds: float) -> Response:
    """"Too many calls", without a word about how long to wait."""
    return JSONResponse(Refused("isv.app-call-limited", "应用调用次数超限").body())


def routes(world: World, state: PlatformState) -> list[BaseRoute]:
    gateway = Gateway(world, state)
    return [Route("/oauth2/refresh_token", gateway.token, methods=["POST"]),
            Route("/{path:path}", gateway.answer, methods=["GET", "POST"])]


class Gateway:
    def __init__(self, world: World, state: PlatformState) -> None:
        self.world, self.state = world, state
        self.methods: dict[str, Callable[[Body], Body]] = {
            "open.order.cursor.list": self.orders,
            "open.seller.order.refund.pcursor.list": self.refunds,
            "open.item.list.get": self.items,
            "open.shop.info.get": self.shop,
        }

    async def answer(self, request: Request) -> Response:
        params = dict(request.query_params) | dict(parse_qsl((await request.body()).decode()))
        try:
            self.admit(params, request.path_params["path"])
            business = json.loads(params.get("param") or "{}")
            self.state.note(params["method"], **business)
            data = self.methods[params["method"]](business)
        except Refused as refusal:
            if refusal.rule:
                self.state.violation(refusal.rule, f"{params.get('method')}: {refusal.words}")
            return JSONResponse(refusal.body())
        return JSONResponse({"result": 1, "code": "", "error_msg": "", "sub_code": "", "sub_msg": "",
                             "requestId": "b1c2d3", "data": data})

    def admit(self, params: dict[str, str], path: str) -> None:
        """Method, app, time, signature, token."""
        method = params.get("method", "")
        if method not in self.methods or path != method.replace(".", "/"):
            raise Refused("isv.invalid-method", "method不存在", "other")
        if params.get("appkey") != _app_key(self.state) or params.get("version") != "1":
            raise Refused("isv.invalid-appkey", "appkey不存在", "other")
        if params.get("sign") != self.signature(params):
            raise Refused("isv.sign-invalid", "sign校验失败", "signature")
        stamp = params.get("timestamp", "")
        if len(stamp) != 13 or abs(_instant(int(stamp)) - self.state.clock()) > TOLERANCE:
            raise wrong("timestamp单位为毫秒", "timestamp")
        if self.state.tokens(lifetime=LIFE).check(params.get("access_token")) != "ok":
            raise Refused("isv.access-token-expired", "access_token已过期", result=24)

    def signature(self, params: dict[str, str]) -> str:
        signed = sorted((name, value) for name, value in params.items() if name != "sign" and value)
        secret = self.state.secret("sign_secret")
        text = "&".join(f"{name}={value}" for name, value in [*signed, ("signSecret", secret)]).encode()
        if params.get("signMethod") == "MD5":
            return hashlib.md5(text, usedforsecurity=False).hexdigest()
        return base64.b64encode(hmac.new(secret.encode(), text, hashlib.sha256).digest()).decode()

    async def token(self, request: Request) -> Response:
        """Both tokens are new; the old refresh token is dead."""
        form = dict(parse_qsl((await request.body()).decode()))
        known = (form.get("app_id"), form.get("app_secret")) == (
            _app_key(self.state), self.state.secret("app_secret", 22))
        if form.get("grant_type") != "refresh_token" or not known:
            return JSONResponse({"result": 100200100, "error": "invalid_request", "error_msg": "参数错误"})
        pair = self.state.tokens(lifetime=LIFE).refresh(form.get("refresh_token"))
        if pair is None:
            return JSONResponse({"result": 100200101, "error": "unauthorized", "error_msg": "未授权"})
        return JSONResponse({
            "result": 1, "access_token": pair.access_token, "refresh_token": pair.refresh_token,
            "expires_in": int((pair.expires_at - self.state.clock()).total_seconds()),
            "refresh_token_expires_in": 15_552_000, "open_id": self.world.shops[PLATFORM].shop_id,
            "scopes": ["merchant_order", "merchant_refund", "merchant_item"]})

    def orders(self, asked: Body) -> Body:
        if asked.get("orderViewStatus") != 1 or "cursor" not in asked:
            raise wrong("orderViewStatus、cursor必填", "other")
        start, end, size = self.span(asked, timedelta(days=7), 50)
        found = self.world.orders(PLATFORM, modified=(start, end + TICK))
        rows, cursor = self.page(asked, found, asked["cursor"], size, lambda order: order.order_id)
        return {"cursor": cursor, "pageSize": size, "beginTime": asked["beginTime"], "endTime": asked["endTime"],
                "orderList": [_order(order) for order in rows]}

    def refunds(self, asked: Body) -> Body:
        if asked.get("type") != 9 or asked.get("currentPage", 0) < 1:
            raise wrong("type、currentPage必填", "other")
        start, end, size = self.span(asked, DAY, 100)
        found = self.world.refunds(PLATFORM, modified=(start, end + TICK))
        rows, cursor = self.page(asked, found, asked.get("pcursor", ""), size, lambda case: case.refund_id)
        shown = [_refund(case, self.sku(case)) for case in rows]
        return {"pcursor": cursor, "currentPage": asked["currentPage"], "pageSize": size,
                "refundOrderInfoList": shown}

    def sku(self, case: WorldRefund) -> int:
        order = self.world.order(PLATFORM, case.order_id)
        return int(order.lines[0].sku.sku_id) if order else 0

    def span(self, asked: Body, longest: timedelta, most: int) -> tuple[datetime, datetime, int]:
        """By change, ascending; both ends included."""
        if asked.get("queryType") != 2 or asked.get("sort") != 2:
            raise wrong("only by change, ascending, in this sandbox", "order")
        start, end = (_instant(asked.get(name, 0)) for name in ("beginTime", "endTime"))
        if not timedelta() <= end - start <= longest:
            raise wrong("时间范围超出限制", "window")
        if start < self.state.clock() - REACH:
            raise wrong("只能查询近90天", "reach")
        size = asked.get("pageSize", 0)
        if not 1 <= size <= most:
            raise wrong(f"pageSize不能超过{most}", "page_size")
        return start, end, size

    def page(self, asked: Body, found: Sequence[Any], cursor: str, size: int, name: Callable[[Any], str],
             ) -> tuple[Sequence[Any], str]:
        """The rows after a cursor, which is the change and the id of the last row before."""
        keys = [f"{_millis(row.modified_at)}_{name(row)}" for row in found]
        after = 0
        if cursor:
            stamp, _, last = cursor.partition("_")
            after = sum((_millis(row.modified_at), name(row)) <= (int(stamp), last) for row in found)
        cut = found[after:after + size]
        return cut, keys[after + size - 1] if after + size < len(found) else END

    def items(self, asked: Body) -> Body:
        number, size = asked.get("pageNumber", 0), asked.get("pageSize", 0)
        if number < 1 or not 1 <= size <= 100:
            raise wrong("pageSize不能超过100", "page_size")
        listed = [item for item in self.world.products(PLATFORM) if item.status != "deleted" and not item.is_gift]
        return {"items": [_item(item) for item in listed[(number - 1) * size:number * size]],
                "totalPage": -(-len(listed) // size), "currentPageNumber": number, "pageSize": size}

    def shop(self, asked: Body) -> Body:
        return {"shopName": self.world.shops[PLATFORM].name, "shopType": 1}


def _millis(moment: datetime | None) -> int:
    return int(moment.timestamp() * 1000) if moment else 0


def _instant(millis: int) -> datetime:
    return datetime.fromtimestamp(millis // 1000, UTC) + timedelta(milliseconds=millis % 1000)


def _status(order: WorldOrder) -> int:
    if order.native_status:
        return UNHEARD_OF
    if order.cancelled_at or order.closed_at:
        return 80
    if order.completed_at:
        return 70
    if order.delivered_at:
        return 50
    return 40 if order.part_shipped_at or order.shipped_at else 30 if order.paid_at else 10


def _hidden(text: str) -> str:
    return base64.b64encode(f"ks1:{text}".encode()).decode()


def _order(order: WorldOrder) -> Body:
    buyer, line = order.buyer, order.lines[0]
    row: Body = {
        "orderBaseInfo": {
            "oid": int(order.order_id), "status": _status(order), "payType": 1, "totalFee": order.total,
            "expressFee": order.shipping, "discountFee": order.seller_discount,
            "createTime": _millis(order.created_at), "payTime": _millis(order.paid_at),
            "updateTime": _millis(order.modified_at), "sendTime": _millis(order.part_shipped_at or order.shipped_at),
            "recvTime": _millis(order.delivered_at),
            "refundTime": _millis((order.cancelled_at if order.paid_at else None) or order.closed_at),
            "buyerOpenId": buyer.buyer_id, "buyerNick": buyer.nick, "sellerOpenId": order.shop_id,
            "cpsType": 2 if order.creator else 1, "activityType": 1, "channel": "", "remark": order.memo},
        "orderItemInfo": {
            "itemId": int(line.product.product_id), "relItemId": int(line.product.product_id),
            "skuId": int(line.sku.sku_id), "relSkuId": int(line.sku.sku_id), "itemTitle": line.product.title,
            "skuNick": line.sku.outer_id, "goodsCode": "", "num": line.quantity, "price": line.price,
            "originalPrice": line.price, "discountFee": line.seller_discount},
        "orderRefundList": [],
        "orderAddress": {
            "province": buyer.province, "city": buyer.city, "district": "", "encryptedConsignee": _hidden(buyer.name),
            "desensitiseConsignee": buyer.name, "encryptedMobile": _hidden(buyer.phone),
            "desensitiseMobile": buyer.phone, "encryptedAddress": _hidden(buyer.address)},
        "orderLogisticsInfo": []}
    if order.creator:
        row["orderCpsInfo"] = {"distributorId": int(order.creator_id or 0), "distributorName": order.creator}
    return row


STAGES = {"requested": 10, "approved": 50, "returned": 40, "success": 60, "rejected": 70, "closed": 70}
WAYS = {"return_refund": 1, "exchange": 3}


def _refund(case: WorldRefund, sku: int) -> Body:
    back, status = case.kind in WAYS, STAGES[case.stage]
    if back and case.stage == "approved":
        status = 30
    ended = case.refunded_at or case.rejected_at or case.closed_at
    return {
        "refundId": int(case.refund_id), "oid": int(case.order_id), "status": status,
        "handlingWay": WAYS.get(case.kind, 10), "refundFee": case.total, "skuId": sku,
        "submitTime": _millis(case.requested_at), "createTime": _millis(case.requested_at),
        "updateTime": _millis(case.modified_at), "endTime": _millis(ended), "negotiateStatus": 0, "refundType": 1,
        "receiptStatus": 1 if case.before_shipping or case.reason == "late" else 2,
        "refundReasonDesc": case.reason_text, "refundDesc": case.note}


def _item(item: WorldProduct) -> Body:
    return {"kwaiItemId": int(item.product_id), "title": item.title, "price": item.skus[0].price, "itemStatus": 1,
            "auditStatus": 2, "onOfflineStatus": 1 if item.status == "on_sale" else 2, "stock": 100}
