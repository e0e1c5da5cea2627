"""The Taobao Open Platform served locally from the sandbox world: one signed gateway and its token endpoint.

Serves no more than the platform: only fields that were asked for, newest change first, a total or `has_next`
but never both, HTTP 200 for every failure. A broken rule is answered as TOP words it and noted.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from connectors.engine.values import BEIJING, to_beijing
from connectors.sandbox.state import PlatformState, Rule
from connectors.sandbox.world import World, WorldLine, WorldOrder, WorldProduct, WorldRefund, money
from connectors.taobao.client import sign

CALLS_PER_SECOND = 300
TOLERANCE = timedelta(minutes=10)
FLAGS = {"none": 0, "red": 1, "yellow": 2, "green": 3, "blue": 4, "purple": 5, "grey": 0}
MESSAGES = {
    7: "App Call Limited", 15: "Remote service error", 21: "Missing Method", 22: "Invalid Method",
    23: "Invalid Format", 24: "Missing Signature", 25: "Invalid Signature", 26: "Missing Session",
    27: "Invalid Session", 28: "Missing App Key", 29: "Invalid App Key", 30: "Missing Timestamp",
    31: "Invalid Timestamp", 32: "Missing Version", 33: "Invalid Version", 40: "Missing Required Arguments",
    41: "Invalid Arguments",
}
Params = dict[str, str]


class Refused(Exception):
    """An `error_response`, and the rule that was broken, if it is one that a right client never breaks."""

    def __init__(self, code: int, sub_code: str = "", sub_msg: str = "", rule: Rule | None = None) -> None:
        self.code, self.sub_code, self.sub_msg, self.rule = code, sub_code, sub_msg, rule

    def body(self) -> dict[str, Any]:
        error = {"code": self.code, "msg": MESSAGES[self.code], "request_id": "15r2k1xqz0a1b"}
        if self.sub_code:
            error |= {"sub_code": self.sub_code, "sub_msg": self.sub_msg}
        return {"error_response": error}


def credentials(state: PlatformState, base_url: str) -> dict[str, str]:
    pair = state.tokens().current()
    return {"base_url": base_url, "brushing_flags": str(FLAGS["purple"]),
            "app_key": state.secret("app_key", 8), "app_secret": state.secret("app_secret"),
            "access_token": pair.access_token, "refresh_token": pair.refresh_token}


def throttled(seconds: float) -> Response:
    """TOP's "too many calls": HTTP 200, and the seconds stand in the text."""
    ban = f"This ban will last for {max(1, round(seconds))} more seconds"
    return JSONResponse(Refused(7, "accesscontrol.limited-by-api-access-count", ban).body())


def routes(world: World, state: PlatformState) -> list[BaseRoute]:
    gateway = Gateway(world, state)
    return [Route("/router/rest", gateway.answer, methods=["GET", "POST"]),
            Route("/authorize", gateway.consent, methods=["GET"]),
            Route("/token", gateway.token, methods=["POST"])]


class Gateway:
    def __init__(self, world: World, state: PlatformState) -> None:
        self.world, self.state = world, state
        self.recent: deque[float] = deque()
        self.walks: dict[tuple[str, str, str], int] = {}
        self.methods: dict[str, Callable[[Params], dict[str, Any]]] = {
            "taobao.trades.sold.increment.get": self.trades,
            "taobao.refunds.receive.get": self.refunds,
            "taobao.items.onsale.get": lambda params: self.items(params, "on_sale"),
            "taobao.items.inventory.get": lambda params: self.items(params, "off_shelf"),
            "taobao.shop.seller.get": self.shop,
        }

    async def answer(self, request: Request) -> Response:
        form = (await request.body()).decode()
        params = dict(request.query_params) | dict(parse_qsl(form, keep_blank_values=True))
        try:
            method = self.admit(params)
            self.state.note(method, **{name: value for name, value in params.items()
                                       if name not in ("session", "sign", "app_key")})
            body = self.methods[method](params)
        except Refused as refusal:
            if refusal.rule:
                what = refusal.sub_msg or str(refusal.code)
                self.state.violation(refusal.rule, f"{params.get('method')}: {what}")
            return JSONResponse(refusal.body())
        name = method.removeprefix("taobao.").replace(".", "_")
        return JSONResponse({f"{name}_response": body | {"request_id": "15r2k1xqz0a1b"}})

    def admit(self, params: Params) -> str:
        """The checks of the gateway itself, in its order; returns the method."""
        method = _given(params, "method", 21)
        if method not in self.methods:
            raise Refused(22, rule="other")
        if _given(params, "app_key", 28) != self.state.secret("app_key", 8):
            raise Refused(29)
        unsigned = {name: value for name, value in params.items() if name != "sign"}
        expected = sign(unsigned, self.state.secret("app_secret"), params.get("sign_method", "md5"))
        if _given(params, "sign", 24) != expected:
            raise Refused(25, "isv.invalid-signature", "sign check failed", "signature")
        if abs(_instant(_given(params, "timestamp", 30), 31) - self.state.clock()) > TOLERANCE:
            raise Refused(31, rule="timestamp")
        if params.get("format") != "json":
            raise Refused(23, "isv.unsupported-format", "this sandbox speaks json only", "other")
        if _given(params, "v", 32) != "2.0":
            raise Refused(33, rule="other")
        if self.state.tokens().check(_given(params, "session", 26)) != "ok":
            raise Refused(27, "invalid-sessionkey", "SessionKey is invalid or expired")
        self.limit()
        return method

    def limit(self) -> None:
        now = time.monotonic()
        while self.recent and self.recent[0] < now - 1:
            self.recent.popleft()
        if len(self.recent) >= CALLS_PER_SECOND:
            raise Refused(7, "accesscontrol.limited-by-api-access-count",
                          "This ban will last for 1 more seconds")
        self.recent.append(now)

    def trades(self, params: Params) -> dict[str, Any]:
        start, end = self.window(params, timedelta(days=1))
        found = [order for order in self.world.orders("taobao", modified=(start, end)) if _is_listed(order)]
        page = self.page(params, found[::-1], 100, end)
        rows = [_only(_trade(order), params["fields"]) for order in page.pop("rows")]
        return page | ({"trades": {"trade": _elements(rows)}} if rows else {})

    def refunds(self, params: Params) -> dict[str, Any]:
        start, end = self.window(params, None)
        found = self.world.refunds("taobao", modified=(start, end))
        page = self.page(params, found[::-1], 100, end)
        rows = [_only(self.refund(refund), params["fields"]) for refund in page.pop("rows")]
        return page | ({"refunds": {"refund": _elements(rows)}} if rows else {})

    def items(self, params: Params, status: str) -> dict[str, Any]:
        end = _instant(params["end_modified"], 41) if params.get("end_modified") else None
        found = [item for item in self.world.products("taobao")
                 if item.status == status and (end is None or item.modified_at < end)]
        page = self.page({"use_has_next": "false"} | params, found, 200, None)
        rows = [_only(_item(item), params["fields"]) for item in page.pop("rows")]
        return page | ({"items": {"item": _elements(rows)}} if rows else {})

    def shop(self, params: Params) -> dict[str, Any]:
        shop = self.world.shops["taobao"]
        row = {"sid": int(shop.shop_id), "title": shop.name, "nick": shop.name,
               "created": to_beijing(shop.opened_at)}
        return {"shop": _only(row, _given(params, "fields", 40, "fields"))}

    def window(self, params: Params, longest: timedelta | None) -> tuple[datetime, datetime]:
        start = _instant(_given(params, "start_modified", 40, "fields"), 41)
        end = _instant(_given(params, "end_modified", 40, "fields"), 41)
        if end < start or (longest and end - start > longest):
            raise Refused(41, "isv.invalid-parameter", "the modified window is at most one day", "window")
        return start, end

    def page(self, params: Params, rows: Sequence[Any], largest: int, end: datetime | None) -> dict[str, Any]:
        """One page with its total, or with whether there is a next one."""
        _given(params, "fields", 40, "fields")
        number, size = int(params.get("page_no", 1)), int(params.get("page_size", 40))
        if number < 1 or not 1 <= size <= largest:
            raise Refused(41, "isv.invalid-parameter", f"page_no {number}, page_size {size}", "page_size")
        cut = rows[(number - 1) * size:number * size]
        more = params.get("use_has_next") == "true"
        if end is not None:
            self.watch(params, number if more else None)
        total = {"has_next": len(rows) > number * size} if more else {"total_results": len(rows)}
        return {**total, "rows": cut}

    def watch(self, params: Params, number: int | None) -> None:
        """A moving list has to be read from its last page to its first."""
        key = (params["method"], params["start_modified"], params["end_modified"])
        before = self.walks.pop(key, None)
        if number is None:
            return
        if before is not None and 1 < before < number:
            self.state.violation("order", f"page {number} after page {before} of one window")
        self.walks[key] = number

    def refund(self, refund: WorldRefund) -> dict[str, Any]:
        order = self.world.order("taobao", refund.order_id)
        assert order is not None
        line = next(line for line in order.lines if line.line_id == refund.lines[0].line_id)
        return _refund(refund, order, line)

    async def consent(self, request: Request) -> Response:
        asked = request.query_params
        if (asked.get("client_id"), asked.get("response_type")) != (self.state.secret("app_key", 8), "code"):
            return JSONResponse({"error": "invalid_client"}, 400)
        return RedirectResponse(self.state.consent(asked, asked["redirect_uri"]))

    async def token(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode()))
        known = (form.get("client_id"), form.get("client_secret")) == (
            self.state.secret("app_key", 8), self.state.secret("app_secret"))
        pair = None
        if known and form.get("grant_type") == "authorization_code":
            pair = self.state.redeem(form.get("code"), form.get("redirect_uri"))
        elif known and form.get("grant_type") == "refresh_token":
            pair = self.state.tokens().refresh(form.get("refresh_token"))
        if pair is None:
            wrong = {"error": "invalid_grant", "error_description": "refresh token is invalid"}
            return JSONResponse(wrong, 400)
        life = int((pair.expires_at - self.state.clock()).total_seconds())
        return JSONResponse({
            "access_token": pair.access_token, "token_type": "Bearer", "expires_in": life,
            "refresh_token": pair.refresh_token, "re_expires_in": life * 2, "r1_expires_in": life,
            "r2_expires_in": life, "w1_expires_in": life, "w2_expires_in": life,
            "taobao_user_id": self.world.shops["taobao"].shop_id, "taobao_user_nick": "%E5%B1%B1%E5%B1%BF"})


def _given(params: Params, name: str, code: int, rule: Rule = "other") -> str:
    value = params.get(name)
    if not value:
        raise Refused(code, "isv.missing-parameter" if code == 40 else "", name, rule)
    return value


def _instant(text: str, code: int) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=BEIJING)
    except ValueError:
        raise Refused(code, "isv.invalid-parameter", text, "other") from None


def _elements(rows: list[dict[str, Any]]) -> Any:
    """Some gateways send a list of one as the bare object."""
    return rows[0] if len(rows) == 1 else rows


def _only(row: dict[str, Any], fields: str) -> dict[str, Any]:
    """What was asked for and has happened. `orders` asks for whole sub-orders, `orders.oid` for a part."""
    wanted = [name.strip() for name in fields.split(",")]
    parts = {name.partition(".")[2] for name in wanted if name.startswith("orders.")}
    kept = {name: value for name, value in row.items() if name in wanted and value is not None}
    if parts and "orders" not in kept and "orders" in row:
        lines = row["orders"]["order"]
        kept["orders"] = {"order": [{name: value for name, value in line.items() if name in parts}
                                    for line in (lines if isinstance(lines, list) else [lines])]}
    return kept


def _is_listed(order: WorldOrder) -> bool:
    return order.order_type in ("normal", "presale")


def _time(moment: datetime | None) -> str | None:
    return to_beijing(moment) if moment else None


def _status(order: WorldOrder) -> str:
    if order.native_status:
        return order.native_status
    if order.cancelled_at or order.closed_at:
        return "TRADE_CLOSED" if order.paid_at or order.closed_at else "TRADE_CLOSED_BY_TAOBAO"
    if order.completed_at:
        return "TRADE_FINISHED"
    cod = order.payment_type == "cod"
    if order.delivered_at and cod:
        return "TRADE_BUYER_SIGNED"
    if order.shipped_at:
        return "WAIT_BUYER_CONFIRM_GOODS"
    if order.part_shipped_at:
        return "SELLER_CONSIGNED_PART"
    return "WAIT_SELLER_SEND_GOODS" if order.paid_at or cod else "WAIT_BUYER_PAY"


def _trade(order: WorldOrder) -> dict[str, Any]:
    buyer, status, single = order.buyer, _status(order), len(order.lines) == 1
    kind = "cod" if order.payment_type == "cod" else "step" if order.order_type == "presale" else "fixed"
    row = {
        "tid": int(order.order_id), "status": status, "type": kind, "payment": money(order.total),
        "total_fee": money(order.list_amount), "post_fee": money(order.shipping),
        "discount_fee": money(sum(line.order_discount for line in order.lines)), "adjust_fee": "0.00",
        "received_payment": money(order.total if order.completed_at else 0),
        "created": to_beijing(order.created_at), "pay_time": _time(order.paid_at or order.deposit_paid_at),
        "consign_time": _time(order.part_shipped_at or order.shipped_at),
        "end_time": _time(order.closed_at or order.cancelled_at or order.completed_at),
        "modified": to_beijing(order.modified_at), "seller_flag": FLAGS[order.flag],
        "seller_memo": order.memo or None, "buyer_message": order.buyer_note or None,
        "buyer_nick": buyer.nick, "buyer_open_uid": buyer.buyer_id, "oaid": f"1rZ8{buyer.name}{buyer.phone}",
        "receiver_name": buyer.name, "receiver_mobile": buyer.phone, "receiver_address": buyer.address,
        "receiver_state": buyer.province, "receiver_city": buyer.city,
        "orders": {"order": _elements([_line(order, line, status, single) for line in order.lines])},
    }
    if order.order_type == "presale":
        paid = ("FRONT_PAID" if order.deposit_paid_at else "FRONT_NOPAID",
                "FINAL_PAID" if order.balance_paid_at else "FINAL_NOPAID")
        row["step_trade_status"] = "_".join(paid)
        so_far = order.total if order.balance_paid_at else order.deposit if order.deposit_paid_at else 0
        row["step_paid_fee"] = money(so_far)
    return row


def _line(order: WorldOrder, line: WorldLine, status: str, single: bool) -> dict[str, Any]:
    total = line.list_amount - line.item_discount
    return {
        "oid": int(line.line_id), "num_iid": int(line.product.product_id), "sku_id": line.sku.sku_id,
        "outer_iid": line.product.outer_id, "outer_sku_id": line.sku.outer_id, "title": line.product.title,
        "sku_properties_name": line.sku.spec, "price": money(line.price), "num": line.quantity,
        "adjust_fee": "0.00", "discount_fee": money(line.item_discount), "total_fee": money(total),
        "part_mjz_discount": money(line.order_discount), "divide_order_fee": money(line.goods),
        "payment": money(line.goods + (order.shipping if single else 0)), "status": status,
        "refund_status": "NO_REFUND",
    }


REFUND_STATUS = {
    "requested": "WAIT_SELLER_AGREE", "approved": "WAIT_SELLER_AGREE", "returned": "WAIT_SELLER_CONFIRM_GOODS",
    "success": "SUCCESS", "rejected": "SELLER_REFUSE_BUYER", "closed": "CLOSED",
}
DISPUTES = {"return_refund": "REFUND_AND_RETURN", "exchange": "TMALL_EXCHANGE"}


def _refund(refund: WorldRefund, order: WorldOrder, line: WorldLine) -> dict[str, Any]:
    back = refund.kind in ("return_refund", "exchange")
    status = REFUND_STATUS[refund.stage]
    if back and refund.stage == "approved":
        status = "WAIT_BUYER_RETURN_GOODS"
    if refund.kind == "exchange" and refund.stage == "returned":
        status = "WAIT_SELLER_CONSIGN_GOODS"
    received = order.delivered_at is not None and order.delivered_at <= refund.requested_at
    paid = line.goods + (order.shipping if len(order.lines) == 1 else 0)
    return {
        "refund_id": int(refund.refund_id), "tid": int(refund.order_id), "oid": int(line.line_id),
        "total_fee": money(paid), "refund_fee": money(refund.total),
        "payment": money(max(paid - refund.total, 0)),
        "status": status, "order_status": _status(order), "has_good_return": back,
        "good_status": ("BUYER_RETURNED_GOODS" if refund.returned_at
                        else "BUYER_RECEIVED" if received else "BUYER_NOT_RECEIVED"),
        "created": to_beijing(refund.requested_at), "modified": to_beijing(refund.modified_at),
        "reason": refund.reason_text, "desc": refund.note or None, "buyer_nick": order.buyer.nick,
        "refund_phase": "aftersale" if order.completed_at and order.completed_at <= refund.requested_at
        else "onsale",
        "dispute_type": DISPUTES.get(refund.kind, "REFUND"), "num": refund.quantity or line.quantity,
        "outer_id": line.product.outer_id,
    }


def _item(item: WorldProduct) -> dict[str, Any]:
    skus = [{"sku_id": int(sku.sku_id), "price": money(sku.price)} for sku in item.skus]
    return {
        "num_iid": int(item.product_id), "title": item.title, "price": money(item.skus[0].price), "num": 100,
        "outer_id": item.outer_id, "approve_status": "onsale" if item.status == "on_sale" else "instock",
        "list_time": to_beijing(item.listed_at), "modified": to_beijing(item.modified_at),
        "cid": item.category_id, "skus": {"sku": _elements(skus)},
    }
