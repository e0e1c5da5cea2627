"""Douyin's shop API and Qianchuan served locally from the sandbox world.

Serves no more than they do: 90 days of orders, pages from 0 without has_more, applied amounts in the after-sale
list, one account's live rooms of one day, only the fields asked for. A broken rule is answered in the
platform's words and noted as a violation. Signatures are checked by code of its own, not by the client's.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from connectors.douyin import sandbox_wire as shown
from connectors.sandbox.state import PlatformState, Rule, TokenPair
from connectors.sandbox.world import World
from connectors.sandbox.world.live import HOSTS
from connectors.sandbox.world.shops import open_shops

Params = dict[str, Any]
REACH, TOLERANCE, HOUR = timedelta(days=90), timedelta(minutes=10), timedelta(hours=1)
PER_SECOND = {"order.searchList": 600, "order.orderDetail": 900, "afterSale.List": 500, "product.listV2": 180}
ADVERTISER = "1790012345670001"
REPORT_FIELDS = {"stat_cost", "show_cnt", "click_cnt", "pay_order_count", "pay_order_amount", "convert_cnt"}
ROOM_FIELDS = {"stat_cost", "total_live_watch_cnt", "live_pay_order_gmv_alias", "luban_live_pay_order_gmv"}
LOG_ID = "20260618203000010011012032089D9B2F"
MESSAGES = {10000: "success", 30001: "权限不足", 40001: "缺少参数", 40003: "系统参数不合法", 40004: "业务参数不合法",
            50002: "业务处理失败", 60000: "请求过于频繁", 70000: "接口已下线"}


class Refused(Exception):
    """An error answer, and the rule that was broken, if it is one that a right client never breaks."""

    def __init__(self, code: int, sub_code: str, sub_msg: str, rule: Rule | None = None) -> None:
        self.code, self.sub_code, self.sub_msg, self.rule = code, sub_code, sub_msg, rule


def wrong(what: str, rule: Rule) -> Refused:
    return Refused(40004, "isv.parameter-invalid:0", what, rule)


def credentials(state: PlatformState, base_url: str) -> dict[str, str]:
    """A merchant's own app: no shop token is given, it authorises itself. Ads are reported per plan."""
    ads = state.tokens("ads", timedelta(days=1)).current()
    return {"base_url": base_url, "app_key": app_key(state), "app_secret": state.secret("app_secret"),
            "shop_id": open_shops(state.clock())["douyin"].shop_id, "ads_base_url": f"{base_url}/open_api",
            "ads_app_id": state.secret("ads_app_id", 16), "ads_secret": state.secret("ads_secret"),
            "ads_access_token": ads.access_token, "ads_refresh_token": ads.refresh_token,
            "advertiser_id": ADVERTISER, "aweme_id": ",".join(host[2] for host in HOSTS["douyin"]),
            "ads_report": "qianchuan/report/ad/get/"}


def app_key(state: PlatformState) -> str:
    return str(int(state.secret("app_key", 14), 16)).zfill(19)[:19]


def routes(world: World, state: PlatformState) -> list[BaseRoute]:
    shop, desk = ShopApi(world, state), Qianchuan(world, state)
    return [Route("/open_api/oauth2/refresh_token/", desk.token, methods=["POST"]),
            Route("/open_api/v1.0/{path:path}", desk.answer, methods=["GET"]),
            Route("/{path:path}", shop.answer, methods=["POST"])]


def throttled(seconds: float) -> Response:
    return JSONResponse(_failure(Refused(60000, "isv.flow-control", "请求过于频繁，请稍后重试")))


def _failure(refusal: Refused) -> dict[str, Any]:
    return {"code": refusal.code, "msg": MESSAGES[refusal.code], "sub_code": refusal.sub_code,
            "sub_msg": refusal.sub_msg, "log_id": LOG_ID, "data": None}


class ShopApi:
    """The signed API of the shop."""

    def __init__(self, world: World, state: PlatformState) -> None:
        self.world, self.state = world, state
        self.recent: dict[str, deque[float]] = defaultdict(deque)
        self.methods: dict[str, Callable[[Params], Any]] = {
            "token.create": self.create, "token.refresh": self.refresh, "order.searchList": self.orders,
            "order.orderDetail": self.order, "afterSale.List": self.aftersales,
            "afterSale.Detail": self.aftersale, "product.listV2": self.products, "sku.list": self.skus}

    async def answer(self, request: Request) -> Response:
        body = await request.body()
        method = request.path_params["path"].replace("/", ".")
        try:
            self.admit(dict(request.query_params), method, body)
            params = json.loads(body or b"{}")
            self.state.note(method, **({} if method.startswith("token.") else params))
            data = self.methods[method](params)
        except Refused as refusal:
            if refusal.rule:
                self.state.violation(refusal.rule, f"{method}: {refusal.sub_msg}")
            return JSONResponse(_failure(refusal))
        return JSONResponse({"code": 10000, "msg": "success", "sub_code": "", "sub_msg": "", "log_id": LOG_ID,
                             "data": data})

    def admit(self, query: dict[str, str], method: str, body: bytes) -> None:
        """Key, method, time, signature over the body as it came, token, rate."""
        if method not in self.methods:
            raise Refused(70000, "isv.api-offline", method, "other")
        if query.get("app_key") != app_key(self.state) or query.get("method") != method:
            raise Refused(40003, "isv.parameter-format-invalid", "app_key or method", "signature")
        stamp = datetime.fromtimestamp(int(query.get("timestamp", "0")), UTC)
        if abs(stamp - self.state.clock()) > TOLERANCE or query.get("v") != "2":
            raise Refused(40003, "isv.timestamp-invalid", "timestamp或v不合法", "timestamp")
        if query.get("sign_method") != "hmac-sha256" or query.get("sign") != self.signature(query, body):
            raise Refused(40003, "isv.signature-invalid", "签名校验失败", "signature")
        if body.decode() != _sorted(json.loads(body)):
            raise Refused(40003, "isv.signature-invalid", "param_json is not in canonical form", "signature")
        if not method.startswith("token."):
            held = self.state.tokens().check(query.get("access_token"))
            if held != "ok":
                kind = "expired" if held == "expired" else "no-existed"
                raise Refused(40003, f"isv.access-token-{kind}", "access_token不合法")
        self.limit(method)

    def signature(self, query: dict[str, str], body: bytes) -> str:
        secret = self.state.secret("app_secret").encode()
        parts = {"app_key": query["app_key"], "method": query["method"], "timestamp": query["timestamp"], "v": "2"}
        signed = {name: value.encode() for name, value in parts.items()} | {"param_json": body}
        text = b"".join(name.encode() + signed[name] for name in sorted(signed))
        return hmac.new(secret, secret + text + secret, hashlib.sha256).hexdigest()

    def limit(self, method: str) -> None:
        now, recent = time.monotonic(), self.recent[method]
        while recent and recent[0] < now - 1:
            recent.popleft()
        if len(recent) >= PER_SECOND.get(method, 500):
            raise Refused(60000, "isv.flow-control", "请求过于频繁，请稍后重试", "rate")
        recent.append(now)

    def create(self, params: Params) -> dict[str, Any]:
        shop = self.world.shops["douyin"]
        if params.get("grant_type") != "authorization_self" or params.get("shop_id") != shop.shop_id:
            raise Refused(50002, "dop.token-generate-failed:shop", "授权信息不存在")
        pair = self.state.tokens().current()
        return self.pair(pair if pair.expires_at > self.state.clock() else self.state.tokens().issue())

    def refresh(self, params: Params) -> dict[str, Any]:
        """More than an hour left: the same pair. Less: a new one, the old token lives one more hour."""
        tokens, now = self.state.tokens(), self.state.clock()
        pair = tokens.current()
        if params.get("grant_type") != "refresh_token" or params.get("refresh_token") != pair.refresh_token:
            raise Refused(50002, "dop.token-generate-failed:refresh_token", "refresh_token不合法")
        if pair.expires_at - now > HOUR:
            return self.pair(pair)
        if pair.expires_at > now:
            pair.expires_at = now + HOUR
        return self.pair(tokens.refresh(pair.refresh_token) or pair)

    def pair(self, pair: TokenPair) -> dict[str, Any]:
        shop = self.world.shops["douyin"]
        return {"access_token": pair.access_token, "refresh_token": pair.refresh_token, "scope": "SCOPE",
                "expires_in": int((pair.expires_at - self.state.clock()).total_seconds()),
                "shop_id": int(shop.shop_id), "shop_name": shop.name, "authority_id": "", "auth_subject_type": ""}

    def orders(self, params: Params) -> dict[str, Any]:
        by = params.get("order_by", "create_time")
        names = ("update_time", "modified") if "update_time_start" in params else ("create_time", "created")
        span = self.window(params, f"{names[0]}_start", f"{names[0]}_end")
        if span[0] < self.state.clock() - REACH:
            raise wrong("只支持查询最近90天的订单", "reach")
        found = self.world.orders("douyin", **{names[1]: span})
        found.sort(key=lambda order: (order.modified_at if by == "update_time" else order.created_at, order.order_id),
                   reverse=not params.get("order_asc", False))
        page, size = self.page(params, 0, 10_000)
        if page > 0 and names[0] == "update_time" and (by != "update_time" or not params.get("order_asc")):
            self.state.violation("order", "a moving list is read in another order than ascending by change")
        cut = found[page * size:(page + 1) * size]
        return {"page": page, "size": size, "total": len(found),
                "shop_order_list": [shown.order(self.world, order) for order in cut]}

    def order(self, params: Params) -> dict[str, Any]:
        order = self.world.order("douyin", str(params.get("shop_order_id")))
        if order is None:
            raise Refused(50002, "isv.business-failed:order", "订单不存在")
        return {"shop_order_detail": shown.order(self.world, order)}

    def aftersales(self, params: Params) -> dict[str, Any]:
        if "update_start_time" in params:
            if params.get("order_by") != ["update_time asc"]:
                raise wrong("order_by", "order")
            span = self.window(params, "update_start_time", "update_end_time")
            found = self.world.refunds("douyin", modified=span)
        else:
            span = self.window(params, "start_time", "end_time")
            found = self.world.refunds("douyin", requested=span)
        page, size = self.page(params, 0, 50_000)
        cut = found[page * size:(page + 1) * size]
        return {"items": [shown.aftersale(self.world, case) for case in cut], "page": page, "size": len(cut),
                "total": len(found), "has_more": (page + 1) * size < len(found)}

    def aftersale(self, params: Params) -> dict[str, Any]:
        case = self.world.refund("douyin", str(params.get("after_sale_id")))
        if case is None:
            raise Refused(50002, "isv.business-failed:aftersale", "售后单不存在")
        return shown.aftersale_detail(self.world, case)

    def products(self, params: Params) -> dict[str, Any]:
        """The ends of an update window are exclusive, both."""
        low, high = params.get("update_start_time", -1), params.get("update_end_time", 1 << 40)
        found = [product for product in self.world.products("douyin")
                 if low < product.modified_at.timestamp() < high]
        page, size = self.page(params, 1, 10_000)
        if not 1 <= page <= 100:
            raise wrong("page", "depth")
        return {"page": page, "size": size, "total": len(found),
                "data": [shown.product(item) for item in found[(page - 1) * size:page * size]]}

    def skus(self, params: Params) -> list[dict[str, Any]]:
        wanted = str(params.get("product_id"))
        return [shown.sku(product, sku) for product in self.world.products("douyin")
                if product.product_id == wanted for sku in product.skus]

    def window(self, params: Params, first: str, last: str) -> tuple[datetime, datetime]:
        """From and to, both included on the wire."""
        start, end = params.get(first), params.get(last)
        if not isinstance(start, int) or not isinstance(end, int) or start >= end:
            raise wrong(f"{first}, {last}", "window")
        return datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end + 1, UTC)

    def page(self, params: Params, first: int, depth: int) -> tuple[int, int]:
        page, size = params.get("page", first), params.get("size", 10)
        if not 1 <= size <= 100 or page < first:
            raise wrong("size", "page_size")
        if page * size > depth:
            raise wrong("page*size", "depth")
        return page, size


class Qianchuan:
    """Ads and live rooms: a token header, no signature."""

    def __init__(self, world: World, state: PlatformState) -> None:
        self.world, self.state = world, state

    async def token(self, request: Request) -> Response:
        body, state = await request.json(), self.state
        known = (str(body.get("app_id")), body.get("secret"), body.get("grant_type")) == (
            state.secret("ads_app_id", 16), state.secret("ads_secret"), "refresh_token")
        pair = state.tokens("ads").refresh(body.get("refresh_token")) if known else None
        if pair is None:
            return _desk(40103, "refresh_token已过期")
        life = int((pair.expires_at - state.clock()).total_seconds())
        return _desk(0, "OK", {"access_token": pair.access_token, "refresh_token": pair.refresh_token,
                               "expires_in": life, "refresh_token_expires_in": life * 30})

    async def answer(self, request: Request) -> Response:
        path, query = request.path_params["path"], dict(request.query_params)
        if self.state.tokens("ads").check(request.headers.get("access-token")) != "ok":
            return _desk(40105, "access_token错误")
        self.state.note(path, **query)
        try:
            if query.get("advertiser_id") != ADVERTISER:
                raise Refused(40002, "", "没有权限操作该广告主", None)
            if path == "qianchuan/today_live/room/get/":
                return _desk(0, "OK", self.rooms(query))
            if path in ("qianchuan/report/advertiser/get/", "qianchuan/report/ad/get/"):
                return _desk(0, "OK", self.report(query, per_plan="report/ad/" in path))
        except Refused as refusal:
            if refusal.rule:
                self.state.violation(refusal.rule, f"{path}: {refusal.sub_msg}")
            return _desk(refusal.code, refusal.sub_msg)
        return _desk(40400, "接口不存在")

    def report(self, query: dict[str, str], per_plan: bool) -> dict[str, Any]:
        first, last = date.fromisoformat(query["start_date"]), date.fromisoformat(query["end_date"])
        if not timedelta() <= last - first <= timedelta(days=30):
            raise Refused(40001, "", "时间跨度不能超过30天", "window")
        if query.get("time_granularity") != "TIME_GRANULARITY_DAILY":
            raise Refused(40001, "", "time_granularity", "other")
        rows = self.world.ads("douyin", (first, last))
        names = {plan.campaign_id: plan for plan in self.world.campaigns("douyin")} if per_plan else {}
        return self.listed("list", shown.report(rows, names), query, REPORT_FIELDS, 1000)

    def rooms(self, query: dict[str, str]) -> dict[str, Any]:
        rows = [shown.room(row) for row in self.world.live("douyin", date.fromisoformat(query["date_time"]))
                if row.host_id == query.get("aweme_id")]
        return self.listed("room_list", rows, query, ROOM_FIELDS, 100)

    def listed(self, name: str, rows: Sequence[dict[str, Any]], query: dict[str, str], known: set[str],
               largest: int) -> dict[str, Any]:
        """One page with the figures that were asked for and no others."""
        wanted = set(json.loads(query.get("fields", "[]")))
        if not wanted or not wanted <= known:
            raise Refused(40001, "", f"fields: {sorted(wanted - known)}", "fields")
        page, size = int(query.get("page", 1)), int(query.get("page_size", 20))
        if page < 1 or not 1 <= size <= largest:
            raise Refused(40001, "", "page_size", "page_size")
        cut = [{key: value for key, value in row.items() if key in wanted or key not in known} for row in rows]
        return {name: cut[(page - 1) * size:page * size],
                "page_info": {"page": page, "page_size": size, "total_number": len(rows),
                              "total_page": -(-len(rows) // size)}}


def _desk(code: int, message: str, data: dict[str, Any] | None = None) -> Response:
    return JSONResponse({"code": code, "message": message, "request_id": LOG_ID, "data": data or {}})


def _sorted(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


