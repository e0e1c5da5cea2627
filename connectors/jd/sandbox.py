"""JD's open platform served locally from the sandbox world: one signed gateway and its token endpoint.

Keeps JD's manners: the envelope is misspelt, figures come as text, lists that would be empty are absent,
times that are not set are of the year 1, and a refusal of the business layer hides inside a code "0".
"""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from connectors.engine.values import BEIJING, to_beijing, to_millis
from connectors.jd.client import sign
from connectors.sandbox.state import PlatformState, Rule
from connectors.sandbox.world import World, WorldOrder, WorldProduct, WorldRefund, listed, money

CALLS_PER_SECOND = 200
TOLERANCE = timedelta(minutes=6)
LARGEST_PAGE = 50
UNSET = "0001-01-01 00:00:00"
STATES = ("WAIT_SELLER_STOCK_OUT", "WAIT_SELLER_DELIVERY", "WAIT_GOODS_RECEIVE_CONFIRM", "WAIT_SEND_CODE",
          "FINISHED_L", "TRADE_CANCELED", "LOCKED", "PAUSE", "POP_ORDER_PAUSE")
WORDS = {
    "2": "Exceed the call frequency limit", "4": "Missing version", "5": "Unsupported version",
    "7": "Missing timestamp", "8": "Invalid timestamp", "11": "Missing signature", "12": "Invalid signature",
    "14": "Missing method", "15": "Invalid method", "19": "Invalid access_token",
}
Params = dict[str, str]


class Refused(Exception):
    """The gateway's `error_response`, and the rule that was broken, if any."""

    def __init__(self, code: str, rule: Rule | None = None) -> None:
        self.code, self.rule = code, rule


class Unfit(Exception):
    """A refusal of the business layer: outer code "0", `success` false inside."""

    def __init__(self, english: str, chinese: str, rule: Rule) -> None:
        self.english, self.chinese, self.rule = english, chinese, rule


def credentials(state: PlatformState, base_url: str) -> dict[str, str]:
    pair = state.tokens().current()
    return {"base_url": base_url, "app_key": state.secret("app_key"), "app_secret": state.secret("app_secret"),
            "access_token": pair.access_token, "refresh_token": pair.refresh_token}


def throttled(seconds: float) -> Response:
    """JD's "too many calls": HTTP 200, and no word about how long."""
    return JSONResponse(_error("2"))


def routes(world: World, state: PlatformState) -> list[BaseRoute]:
    gateway = Gateway(world, state)
    return [Route("/routerjson", gateway.answer, methods=["GET", "POST"]),
            Route("/oauth2/to_login", gateway.consent, methods=["GET"]),
            Route("/oauth2/access_token", gateway.token, methods=["GET"]),
            Route("/oauth2/refresh_token", gateway.token, methods=["GET", "POST"])]


class Gateway:
    def __init__(self, world: World, state: PlatformState) -> None:
        self.world, self.state = world, state
        self.recent: deque[float] = deque()
        self.methods: dict[str, tuple[str, Callable[[Params], dict[str, Any]]]] = {
            "jingdong.pop.order.enSearch": ("searchorderinfo_result", self.orders),
            "jingdong.pop.afs.soa.refundapply.queryPageList": ("queryResult", self.applications),
            "jingdong.asc.serviceAndRefund.view": ("pageResult", self.after_sales),
            "jingdong.ware.read.searchWare4Valid": ("page", self.wares),
            "jingdong.vender.shop.query": ("shop_jos_result", self.shop),
        }

    async def answer(self, request: Request) -> Response:
        form = (await request.body()).decode()
        params = dict(request.query_params) | dict(parse_qsl(form, keep_blank_values=True))
        try:
            method = self.admit(params)
        except Refused as refusal:
            if refusal.rule:
                self.state.violation(refusal.rule, f"{params.get('method')}: {WORDS[refusal.code]}")
            return JSONResponse(_error(refusal.code))
        business = json.loads(params["360buy_param_json"])
        self.state.note(method, **business)
        field, view = self.methods[method]
        try:
            result = view(business)
        except Unfit as refusal:
            self.state.violation(refusal.rule, f"{method}: {refusal.english}")
            result = _verdict(field, refusal)
        return JSONResponse({f"{method.replace('.', '_')}_responce": {"code": "0", field: result}})

    def admit(self, params: Params) -> str:
        """The checks of the gateway itself; returns the method."""
        method = params.get("method")
        if not method:
            raise Refused("14", "other")
        if method not in self.methods:
            raise Refused("15", "other")
        if params.get("v") != "2.0":
            raise Refused("5" if params.get("v") else "4", "other")
        if not params.get("timestamp"):
            raise Refused("7", "timestamp")
        unsigned = {name: value for name, value in params.items() if name != "sign"}
        known = params.get("app_key") == self.state.secret("app_key")
        if not known or params.get("sign") != sign(unsigned, self.state.secret("app_secret")):
            raise Refused("12" if params.get("sign") else "11", "signature")
        stamp = _instant(params["timestamp"])
        if stamp is None or abs(stamp - self.state.clock()) > TOLERANCE:
            raise Refused("8", "timestamp")
        if self.state.tokens().check(params.get("access_token")) != "ok":
            raise Refused("19")
        self.limit()
        return method

    def limit(self) -> None:
        now = time.monotonic()
        while self.recent and self.recent[0] < now - 1:
            self.recent.popleft()
        if len(self.recent) >= CALLS_PER_SECOND:
            raise Refused("2")
        self.recent.append(now)

    def orders(self, params: Params) -> dict[str, Any]:
        """Orders ready for fulfilment, oldest first unless `sortType` is "1"."""
        wanted = _given(params, "order_state").split(",")
        fields = _given(params, "optional_fields").split(",")
        if not set(wanted) <= set(STATES):
            raise Unfit("order_state is invalid", "订单状态不正确", "other")
        span = _window(params, "start_date", "end_date")
        by = {"created": span} if params.get("dateType") == "1" else {"modified": span}
        found = [order for order in self.world.orders("jd", **by)
                 if listed(order) and (_state(order) in wanted or order.native_status)]
        rows = _page(params, "page", "page_size", found[::-1] if params.get("sortType") == "1" else found)
        page: dict[str, Any] = {
            "apiResult": {"success": "true" if len(found) % 2 else True, "numberCode": 0,
                          "englishErrCode": "success", "chineseErrCode": "成功"},
            "orderTotal": len(found)}
        if rows:
            page["orderInfoList"] = [{name: value for name, value in self.order(order).items()
                                      if name in fields and value is not None} for order in rows]
        return page

    def applications(self, params: Params) -> dict[str, Any]:
        span = _window(params, "applyTimeStart", "applyTimeEnd")
        found = [case for case in self.world.refunds("jd", requested=span) if case.before_shipping]
        rows = _page(params, "pageIndex", "pageSize", found)
        return {"success": True, "totalCount": len(found), "result": [self.application(case) for case in rows]}

    def after_sales(self, params: Params) -> dict[str, Any]:
        span = _window(params, "applyTimeBegin", "applyTimeEnd")
        found = [case for case in self.world.refunds("jd", requested=span) if not case.before_shipping]
        rows = _page(params, "pageNumber", "pageSize", found, default="10")
        return {"success": True, "code": "200", "msg": "", "pageNumber": params.get("pageNumber", "1"),
                "pageSize": params.get("pageSize", "10"), "totalCount": str(len(found)),
                "data": [self.after_sale(case) for case in rows]}

    def wares(self, params: Params) -> dict[str, Any]:
        found = [ware for ware in self.world.products("jd") if ware.status != "deleted"]
        return {"pageNo": int(params.get("pageNo", 1)), "totalItem": len(found),
                "data": [_ware(ware) for ware in _page(params, "pageNo", "pageSize", found)]}

    def shop(self, params: Params) -> dict[str, Any]:
        shop = self.world.shops["jd"]
        return {"shop_id": int(shop.shop_id), "vender_id": int(shop.shop_id) + 1, "shop_name": shop.name}

    def order(self, order: WorldOrder) -> dict[str, Any]:
        open_case = any(case.before_shipping and case.stage in ("requested", "approved")
                        for case in self.world.refunds_of("jd", order.order_id))
        return _order(order, "LOCKED" if open_case and not order.cancelled_at else _state(order))

    def application(self, case: WorldRefund) -> dict[str, Any]:
        order = self.world.order("jd", case.order_id)
        assert order is not None
        status = {"requested": 0, "approved": 1, "returned": 1, "success": 3, "rejected": 2, "closed": 11}
        checked = case.refunded_at or case.rejected_at or case.approved_at
        return {
            "id": int(case.refund_id), "orderId": case.order_id, "buyerId": order.buyer.nick,
            "buyerName": order.buyer.name, "applyTime": to_beijing(case.requested_at),
            "checkTime": to_beijing(checked) if checked else UNSET, "applyRefundSum": case.total,
            "status": status[case.stage], "checkUserName": "客服A", "checkRemark": case.note}

    def after_sale(self, case: WorldRefund) -> dict[str, Any]:
        order = self.world.order("jd", case.order_id)
        assert order is not None
        line = next(line for line in order.lines if line.line_id == case.lines[0].line_id)
        bill = {
            "serviceId": int(case.refund_id) + 5_000_000_000, "afsApplyId": int(case.refund_id) + 1_000,
            "orderId": int(case.order_id), "wareId": int(line.product.product_id),
            "wareName": line.product.title, "afsApplyTime": to_millis(case.requested_at),
            "customerPin": order.buyer.nick, "questionDesc": case.note, "applyReason": case.reason_text,
            "approveName": "客服A", "approveNotes": "同意"}
        if case.approved_at:
            bill["approveDate"] = to_millis(case.approved_at)
        row: dict[str, Any] = {"sameOrderServiceBill": bill}
        if case.kind == "exchange":
            return row  # nothing is paid back
        status = 13 if case.refunded_at else 14 if case.rejected_at else 10
        row |= {"afsRefundId": int(case.refund_id), "refoundAmount": case.total, "status": status}
        if case.refunded_at:
            row["completeTime"] = to_millis(case.refunded_at)
        return row

    async def consent(self, request: Request) -> Response:
        asked = request.query_params
        if (asked.get("app_key"), asked.get("response_type")) != (self.state.secret("app_key"), "code"):
            return JSONResponse({"code": 400, "msg": "invalid app_key", "requestId": "s1"}, 400)
        return RedirectResponse(self.state.consent(asked, asked["redirect_uri"]))

    async def token(self, request: Request) -> Response:
        form = dict(request.query_params) | dict(parse_qsl((await request.body()).decode()))
        known = (form.get("app_key"), form.get("app_secret")) == (
            self.state.secret("app_key"), self.state.secret("app_secret"))
        pair = None
        if known and request.url.path.endswith("access_token") and form.get("grant_type") == "authorization_code":
            pair = self.state.redeem(form.get("code"))
        elif known and form.get("grant_type") == "refresh_token":
            pair = self.state.tokens().refresh(form.get("refresh_token"))
        if pair is None:
            return JSONResponse({"code": 401, "msg": "refresh_token is invalid", "requestId": "s1"})
        now = self.state.clock()
        return JSONResponse({
            "access_token": pair.access_token, "expires_in": int((pair.expires_at - now).total_seconds()),
            "refresh_token": pair.refresh_token, "time": str(to_millis(now)), "token_type": "bearer",
            "uid": "8800", "user_nick": "shanyu", "open_id": "o-1", "xid": "x-1", "scope": "snsapi_base"})


def _error(code: str) -> dict[str, Any]:
    return {"error_response": {"code": code, "zh_desc": "请求失败", "en_desc": WORDS[code]}}


def _verdict(field: str, refusal: Unfit) -> dict[str, Any]:
    verdict = {"success": False, "englishErrCode": refusal.english, "chineseErrCode": refusal.chinese}
    if field == "searchorderinfo_result":
        return {"apiResult": verdict | {"numberCode": 10400001}}
    return {"success": False, "code": "400", "msg": refusal.english}


def _given(params: Params, name: str) -> str:
    if not params.get(name):
        raise Unfit(f"{name} is required", f"{name}不能为空", "fields")
    return params[name]


def _instant(text: str) -> datetime | None:
    """Both forms of a JD timestamp: with and without milliseconds and offset."""
    for form in ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M:%S.%f%z"):
        try:
            stamp = datetime.strptime(text, form)
        except ValueError:
            continue
        return stamp if stamp.tzinfo else stamp.replace(tzinfo=BEIJING)
    return None


def _window(params: Params, first: str, last: str) -> tuple[datetime, datetime]:
    """At most one month, counted by the calendar: 28 days from the first of February."""
    start, end = _instant(_given(params, first)), _instant(_given(params, last))
    if start is None or end is None or end < start:
        raise Unfit("invalid time", "时间格式不正确", "window")
    days = (start.replace(day=1) + timedelta(days=32)).replace(day=1) - start.replace(day=1)
    if end - start > days:
        raise Unfit("the time range must not exceed one month", "时间跨度不能超过一个月", "window")
    return start, end


def _page(params: Params, number: str, size: str, rows: Sequence[Any], default: str = "") -> Sequence[Any]:
    page, length = int(_given(params, number)), int(params.get(size) or default or _given(params, size))
    if page < 1 or not 1 <= length <= LARGEST_PAGE:
        raise Unfit(f"{number} {page}, {size} {length}", "分页参数不正确", "page_size")
    return rows[(page - 1) * length:page * length]


def _state(order: WorldOrder) -> str:
    if order.native_status:
        return order.native_status
    if order.cancelled_at:
        return "TRADE_CANCELED"
    if order.completed_at or order.closed_at:
        return "FINISHED_L"
    return "WAIT_GOODS_RECEIVE_CONFIRM" if order.shipped_at else "WAIT_SELLER_STOCK_OUT"


def _order(order: WorldOrder, state: str) -> dict[str, Any]:
    buyer, cod = order.buyer, order.payment_type == "cod"
    ended = order.cancelled_at or order.completed_at or order.closed_at
    return {
        "orderId": order.order_id, "venderId": str(int(order.shop_id) + 1), "orderType": "22",
        "payType": "1-货到付款" if cod else "4-在线支付", "orderTotalPrice": money(order.list_amount),
        "orderSellerPrice": money(order.goods), "orderPayment": money(order.goods + order.shipping),
        "actualPay": money(order.total - order.balance_used), "balanceUsed": money(order.balance_used),
        "freightPrice": money(order.shipping), "sellerDiscount": money(order.seller_discount),
        "orderState": state, "orderStateRemark": "订单状态", "orderStartTime": to_beijing(order.created_at),
        "paymentConfirmTime": to_beijing(order.paid_at) if order.paid_at else UNSET,
        "orderEndTime": to_beijing(ended) if ended else UNSET, "modified": to_beijing(order.modified_at),
        "parentOrderId": order.parent_order_id or "0", "directParentOrderId": order.parent_order_id or "0",
        "open_id_buyer": buyer.buyer_id, "xid_buyer": f"o*{buyer.buyer_id[-8:]}", "pin": buyer.nick,
        "venderRemark": order.memo, "orderRemark": order.buyer_note,
        "consigneeInfo": {
            "province": buyer.province.removesuffix("省").removesuffix("市"), "city": buyer.city,
            "county": "某区", "encrypt_fullname": f"AQ{buyer.name}", "encrypt_mobile": f"AQ{buyer.phone}",
            "encrypt_fullAddress": f"AQ{buyer.address}"},
        "couponDetailList": _coupons(order) or None,
        "itemInfoList": [
            {"skuId": line.sku.sku_id, "outerSkuId": line.sku.outer_id, "wareId": line.product.product_id,
             "skuName": line.product.title, "jdPrice": money(line.price), "itemTotal": str(line.quantity)}
            for line in order.lines],
    }


def _coupons(order: WorldOrder) -> list[dict[str, Any]]:
    """Single-product promotions on their SKU, the shop's discount and JD's coupon on the whole order."""
    rows = [(line.sku.sku_id, "30-单品促销优惠", line.item_discount) for line in order.lines]
    rows.append(("", "100-店铺优惠", sum(line.order_discount for line in order.lines)))
    kind = "39-京豆优惠" if order.number % 3 == 0 else "41-京东券优惠"
    rows.append(("", kind, order.platform_discount))
    rows.append(("", "52-礼品卡优惠", order.balance_used))
    return [{"orderId": order.order_id, "skuId": sku, "couponType": kind, "couponPrice": money(amount)}
            for sku, kind, amount in rows if amount]


def _ware(ware: WorldProduct) -> dict[str, Any]:
    return {"wareId": int(ware.product_id), "title": ware.title, "wareStatus": 8 if ware.status == "on_sale" else 2,
            "onlineTime": to_millis(ware.listed_at), "categoryId": ware.category_id}
