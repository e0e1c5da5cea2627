"""Shopee's API v2 served locally from the sandbox world: orders, escrows, returns, products, ads, tokens.

Serves no more than the platform: order numbers without details, only the optional fields asked for, vouchers in the
escrow alone, cursors that are offsets, lists that are not counted, a refresh token that works once. Signatures are
checked by code of its own. A broken rule is answered in the platform's words and noted.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from connectors.sandbox.state import PlatformState, Rule
from connectors.sandbox.world import World, WorldLine, WorldOrder, WorldProduct, WorldRefund, major

PLATFORM = "shopee"
TOLERANCE, WIDEST = timedelta(minutes=5), timedelta(days=15)
CALLS_PER_SECOND = 300
LIFE = timedelta(hours=4)
ALWAYS = {"order_sn", "region", "currency", "cod", "order_status", "create_time", "update_time", "days_to_ship",
          "ship_by_date", "message_to_seller", "booking_sn"}
PERSONAL = ("buyer_username", "note", "buyer_cpf_id", "dropshipper", "dropshipper_phone", "invoice_data")
FEES = {"commission": "commission_fee", "payment": "seller_transaction_fee", "service": "service_fee"}
REASONS = {"quality": "PHYSICAL_DMG", "size": "ITEM_NOT_FIT", "late": "NOT_RECEIPT", "changed_mind": "CHANGE_MIND",
           "other": "OTHERS"}
RETURNS = {"requested": "REQUESTED", "approved": "ACCEPTED", "returned": "PROCESSING", "success": "REFUND_PAID",
           "rejected": "CLOSED", "closed": "CANCELLED"}


class Refused(Exception):
    """An error answer, and the rule that was broken, if it is one that a right client never breaks."""

    def __init__(self, error: str, message: str, rule: Rule | None = None, status: int = 200) -> None:
        self.error, self.message, self.rule, self.status = error, message, rule, status

    def reply(self) -> Response:
        return JSONResponse({"error": self.error, "message": self.message, "request_id": "b937c04e"}, self.status)


def credentials(state: PlatformState, base_url: str) -> dict[str, str]:
    from connectors.sandbox.world.branches import BRANCHES

    pair = state.tokens(lifetime=LIFE).current()
    return {"base_url": base_url, "partner_id": partner_id(state), "partner_key": state.secret("partner_key", 40),
            "shop_id": BRANCHES[PLATFORM].shop_id, "access_token": pair.access_token,
            "refresh_token": pair.refresh_token, "ads": "true"}


def partner_id(state: PlatformState) -> str:
    return str(2_000_000 + int(state.secret("partner_id", 4), 16))


def throttled(seconds: float) -> Response:
    refused = Refused("error_rate_limit", "Too many requests. You have reached the rate limit.", status=429)
    reply = refused.reply()
    reply.headers["Retry-After"] = f"{seconds:g}"
    return reply


def routes(world: World, state: PlatformState) -> list[BaseRoute]:
    return [Route("/api/v2/{path:path}", ShopApi(world, state).answer, methods=["GET", "POST"])]


class ShopApi:
    def __init__(self, world: World, state: PlatformState) -> None:
        self.world, self.state = world, state
        self.shop = world.shops[PLATFORM]
        self.zone = ZoneInfo(self.shop.tz)
        self.recent: deque[float] = deque()
        self.calls: dict[str, Callable[[QueryParams], Any]] = {
            "order/get_order_list": self.orders, "order/get_order_detail": self.details,
            "returns/get_return_list": self.returns, "product/get_item_list": self.items,
            "product/get_item_base_info": self.infos, "product/get_model_list": self.models,
            "payment/get_escrow_list": self.releases, "ads/get_all_cpc_ads_daily_performance": self.ads,
        }

    async def answer(self, request: Request) -> Response:
        path, query = request.path_params["path"], request.query_params
        body = json.loads(await request.body() or b"{}")
        try:
            if path == "shop/auth_partner":
                self.signed(path, query, public=True)
                return RedirectResponse(
                    self.state.consent({}, query["redirect"], shop_id=lambda _answer: self.shop.shop_id))
            if path in ("auth/access_token/get", "auth/token/get"):
                self.signed(path, query, public=True)
                return JSONResponse(self.granted(body))
            self.admit(path, query)
            noted = {name: value for name, value in query.items() if name not in ("access_token", "sign")}
            self.state.note(path, **noted, **body)
            if path == "shop/get_shop_info":
                return JSONResponse({"error": "", "message": "", "shop_name": self.shop.name, "status": "NORMAL",
                                     "region": self.shop.country, "request_id": "e3e3e7f3"})
            found = self.escrows(request.method, body) if path == "payment/get_escrow_detail_batch" else (
                self.calls[path](query))
        except Refused as refusal:
            if refusal.rule:
                self.state.violation(refusal.rule, f"{path}: {refusal.message}")
            return refusal.reply()
        return JSONResponse({"error": "", "message": "", "request_id": "b937c04e", "response": found})

    def signed(self, path: str, query: QueryParams, public: bool = False) -> None:
        stamp = datetime.fromtimestamp(int(query.get("timestamp", "0")), UTC)
        if abs(stamp - self.state.clock()) > TOLERANCE:
            raise Refused("error_param", "Timestamp is expired.", "timestamp", 403)
        if query.get("partner_id") != partner_id(self.state):
            raise Refused("invalid_partner_id", "Invalid partner_id, please have a check.", status=403)
        parts = [query["partner_id"], f"/api/v2/{path}", query["timestamp"]]
        parts += [] if public else [query.get("access_token", ""), query.get("shop_id", "")]
        key = self.state.secret("partner_key", 40).encode()
        if query.get("sign") != hmac.new(key, "".join(parts).encode(), hashlib.sha256).hexdigest():
            raise Refused("error_sign", "Wrong sign.", "signature", 403)

    def admit(self, path: str, query: QueryParams) -> None:
        """Path, clock, partner, signature over four values, token, shop, rate."""
        if path not in self.calls and path not in ("payment/get_escrow_detail_batch", "shop/get_shop_info"):
            raise Refused("error_param", "Permission denied. This API is currently offline.", "other", 404)
        self.signed(path, query)
        if self.state.tokens(lifetime=LIFE).check(query.get("access_token")) != "ok":
            raise Refused("error_auth", "Invalid access_token.", status=403)
        if query.get("shop_id") != self.shop.shop_id:
            raise Refused("error_shop", "shopid is invalid", "other")
        now = time.monotonic()
        while self.recent and self.recent[0] < now - 1:
            self.recent.popleft()
        if len(self.recent) >= CALLS_PER_SECOND:
            raise Refused("error_rate_limit", "Too many requests.", "rate", 429)
        self.recent.append(now)

    def granted(self, body: dict[str, Any]) -> dict[str, Any]:
        """A pair for a code, or for a refresh token that has not been used."""
        ours = (str(body.get("partner_id")), str(body.get("shop_id"))) == (partner_id(self.state), self.shop.shop_id)
        pair = None
        if ours and "code" in body:
            pair = self.state.redeem(body["code"])
        elif ours:
            pair = self.state.tokens(lifetime=LIFE).refresh(body.get("refresh_token"))
        if pair is None:
            raise Refused("error_auth", "Your refresh_token expired.", status=403)
        life = int((pair.expires_at - self.state.clock()).total_seconds())
        return {"error": "", "message": "", "request_id": "83089a02", "partner_id": body["partner_id"],
                "shop_id": body["shop_id"], "access_token": pair.access_token, "refresh_token": pair.refresh_token,
                "expire_in": life}

    def window(self, query: QueryParams, first: str, last: str, error: str) -> tuple[datetime, datetime]:
        """A span with both ends inside."""
        start, end = (int(query.get(name, "0")) for name in (first, last))
        if not start < end or end - start > WIDEST.total_seconds():
            raise Refused(error, "Start time must be earlier than end time and diff in 15days.", "window")
        return datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end, UTC) + timedelta(seconds=1)

    def size(self, query: QueryParams) -> int:
        size = int(query.get("page_size", "0"))
        if not 1 <= size <= 100:
            raise Refused("error_param", f"page_size {size}", "page_size")
        return size

    def orders(self, query: QueryParams) -> dict[str, Any]:
        """Newest change first; the cursor is an offset."""
        window = self.window(query, "time_from", "time_to", "order.order_list_invalid_time")
        if query.get("time_range_field") != "update_time":
            raise Refused("error_param", "time_range_field", "order")
        start, size = int(query.get("cursor") or 0), self.size(query)
        found = self.world.orders(PLATFORM, modified=window)[::-1]
        more = start + size < len(found)
        return {"more": more, "next_cursor": str(start + size) if more else "", "order_list": [
            {"order_sn": order.order_id, "order_status": _status(order), "booking_sn": ""}
            for order in found[start:start + size]]}

    def details(self, query: QueryParams) -> dict[str, Any]:
        numbers = self.numbers(query.get("order_sn_list", "").split(","))
        wanted = ALWAYS | set(query.get("response_optional_fields", "").split(","))
        if asked := wanted & set(PERSONAL):
            raise Refused("error_param", f"personal fields were asked for: {sorted(asked)}", "fields")
        found = [order for number in numbers if (order := self.world.order(PLATFORM, number))]
        return {"order_list": [{name: value for name, value in _order(order, self.shop.country).items()
                                if name in wanted} for order in found]}

    def numbers(self, given: Sequence[str]) -> Sequence[str]:
        if not 1 <= len(given) <= 50:
            raise Refused("error_param", f"{len(given)} order_sn", "page_size")
        return given

    def escrows(self, method: str, body: dict[str, Any]) -> list[dict[str, Any]]:
        """Unpaid orders have none: they are missing."""
        if method != "POST":
            raise Refused("error_param", "only POST", "other", 405)
        found = [order for number in self.numbers(body.get("order_sn_list") or [])
                 if (order := self.world.order(PLATFORM, number))]
        by_order: dict[str, dict[str, int]] = {}
        for fee in self.world.fees(PLATFORM):
            by_order.setdefault(fee.order_id or "", {})[FEES[fee.fee_type]] = fee.amount
        return [{"escrow_detail": _escrow(order, by_order.get(order.order_id, {}))} for order in found
                if order.paid_at or order.payment_type == "cod"]

    def returns(self, query: QueryParams) -> dict[str, Any]:
        window = self.window(query, "update_time_from", "update_time_to", "error_param")
        found = [case for case in self.world.refunds(PLATFORM, modified=window) if not case.before_shipping][::-1]
        page, size = int(query.get("page_no", "-1")), self.size(query)
        if page < 0:
            raise Refused("error_param", "page_no", "other")
        rows = [self.returned(case) for case in found[page * size:(page + 1) * size]]
        return {"more": (page + 1) * size < len(found), "return": rows}

    def returned(self, case: WorldRefund) -> dict[str, Any]:
        order = self.world.order(PLATFORM, case.order_id)
        assert order is not None
        lines = {line.line_id: line for line in order.lines}
        return {"return_sn": case.refund_id, "order_sn": case.order_id, "status": RETURNS[case.stage],
                "refund_amount": _number(case.total), "currency": order.currency, "reason": REASONS[case.reason],
                "text_reason": case.note, "create_time": _seconds(case.requested_at),
                "update_time": _seconds(case.modified_at), "needs_logistics": case.kind == "return_refund",
                "return_solution": int(case.kind != "return_refund"), "image": [], "due_date": 0,
                "user": {"username": order.buyer.nick, "email": order.buyer.email, "portrait": ""},
                "item": [{"item_id": int(lines[row.line_id].product.product_id),
                          "model_id": int(lines[row.line_id].sku.sku_id), "name": lines[row.line_id].product.title,
                          "amount": row.quantity or 1, "item_price": _number(row.goods // (row.quantity or 1)),
                          "item_sku": lines[row.line_id].product.outer_id,
                          "variation_sku": lines[row.line_id].sku.outer_id} for row in case.lines]}

    def items(self, query: QueryParams) -> dict[str, Any]:
        wanted = set(query.getlist("item_status"))
        found = [product for product in self.world.products(PLATFORM) if ITEM_STATUS[product.status] in wanted]
        start, size = int(query.get("offset", "0")), self.size(query)
        return {"total_count": len(found), "has_next_page": start + size < len(found), "next_offset": start + size,
                "item": [{"item_id": int(product.product_id), "item_status": ITEM_STATUS[product.status],
                          "update_time": _seconds(product.modified_at)} for product in found[start:start + size]]}

    def infos(self, query: QueryParams) -> dict[str, Any]:
        numbers = self.numbers(query.get("item_id_list", "").split(","))
        return {"item_list": [_item(product) for product in self.world.products(PLATFORM)
                              if product.product_id in numbers]}

    def models(self, query: QueryParams) -> dict[str, Any]:
        product = next((product for product in self.world.products(PLATFORM)
                        if product.product_id == query.get("item_id")), None)
        if product is None:
            raise Refused("error_item_not_found", "Product not found", "other")
        return {"tier_variation": [{"name": "Colour", "option_list": [{"option": "x"}]}],
                "model": [{"model_id": int(sku.sku_id), "model_sku": sku.outer_id, "stock_info_v2": _stock(sku.sku_id)}
                          for sku in product.skus]}

    def releases(self, query: QueryParams) -> dict[str, Any]:
        start, end = int(query["release_time_from"]), int(query["release_time_to"])
        page, size = int(query.get("page_no", "1")), self.size(query)
        if page < 1:
            raise Refused("error_param", "page_no", "other")
        found = [order for order in self.world.orders(PLATFORM) if order.completed_at and order.paid_at
                 and start <= order.completed_at.timestamp() <= end]
        charged: dict[str, int] = {}
        for fee in self.world.fees(PLATFORM):
            charged[fee.order_id or ""] = charged.get(fee.order_id or "", 0) + fee.amount
        rows = [{"order_sn": order.order_id, "escrow_release_time": _seconds(order.completed_at),
                 "payout_amount": _number(order.goods + order.shipping - charged.get(order.order_id, 0))}
                for order in found[(page - 1) * size:page * size]]
        return {"more": page * size < len(found), "escrow_list": rows}

    def ads(self, query: QueryParams) -> list[dict[str, Any]]:
        """Search ads by day; the world has none for this shop, so a tenth of the day's sales is invented."""
        first, last = (datetime.strptime(query[name], "%d-%m-%Y").date() for name in ("start_date", "end_date"))
        today = self.state.clock().astimezone(self.zone).date()
        if first >= last or last > today:
            raise Refused("ads.performance.error_same_start_end_dates", f"{first} {last}", "window")
        if (last - first).days > 31 or (today - first).days > 183:
            raise Refused("ads.performance.error_date_range_too_long", f"{first} {last}", "window")
        goods: dict[str, list[int]] = {}
        for order in self.world.orders(PLATFORM):
            day = order.created_at.astimezone(self.zone).date()
            if first <= day <= last and order.paid_at:
                goods.setdefault(f"{day:%d-%m-%Y}", []).append(order.goods)
        return [{"date": day, "impression": 1000 * len(sold), "clicks": 20 * len(sold), "ctr": 0.02,
                 "direct_order": len(sold), "broad_order": len(sold), "direct_gmv": _number(sum(sold)),
                 "broad_gmv": _number(sum(sold)), "expense": _number(sum(sold) // 10), "direct_roas": 10.0,
                 "broad_roas": 10.0} for day, sold in goods.items()]


ITEM_STATUS = {"on_sale": "NORMAL", "off_shelf": "UNLIST", "deleted": "SELLER_DELETE"}


def _number(minor: int) -> float:
    """Money as Shopee writes it: a JSON number."""
    return float(major(minor))


def _seconds(moment: datetime | None) -> int | None:
    return int(moment.timestamp()) if moment else None


def _status(order: WorldOrder) -> str:
    if order.native_status:
        return order.native_status
    if order.cancelled_at:
        return "CANCELLED"
    if order.completed_at:
        return "COMPLETED"
    if order.delivered_at:
        return "TO_CONFIRM_RECEIVE"
    if order.shipped_at:
        return "SHIPPED"
    return "READY_TO_SHIP" if order.paid_at or order.payment_type == "cod" else "UNPAID"


def _order(order: WorldOrder, country: str) -> dict[str, Any]:
    buyer = order.buyer
    return {
        "order_sn": order.order_id, "region": country, "currency": order.currency, "order_status": _status(order),
        "cod": order.payment_type == "cod", "total_amount": _number(order.total), "booking_sn": "",
        "create_time": _seconds(order.created_at), "update_time": _seconds(order.modified_at), "days_to_ship": 2,
        "ship_by_date": 0, "message_to_seller": order.buyer_note, "pay_time": _seconds(order.paid_at),
        "pickup_done_time": _seconds(order.shipped_at) or 0, "buyer_user_id": int(buyer.buyer_id),
        "buyer_username": buyer.nick, "recipient_address": {
            "name": buyer.name, "phone": buyer.phone, "town": "", "district": "", "city": buyer.city,
            "state": buyer.province, "region": country, "zipcode": buyer.postcode, "full_address": buyer.address},
        "item_list": [{
            "item_id": int(line.product.product_id), "item_name": line.product.title, "model_name": line.sku.spec,
            "item_sku": line.product.outer_id, "model_id": int(line.sku.sku_id), "model_sku": line.sku.outer_id,
            "order_item_id": int(line.product.product_id), "line_item_id": at + 1, "promotion_type": "",
            "model_quantity_purchased": line.quantity, "model_original_price": _number(line.price),
            "model_discounted_price": _number(line.price - _off(line)), "main_item": False}
            for at, line in enumerate(order.lines)]}


def _off(line: WorldLine) -> int:
    """The item's discount a unit: prices are per unit, so what does not divide is in the seller's voucher."""
    return line.item_discount // line.quantity


def _escrow(order: WorldOrder, fees: dict[str, int]) -> dict[str, Any]:
    """Amounts of items are for the whole quantity."""
    items = [{
        "item_id": int(line.product.product_id), "model_id": int(line.sku.sku_id), "item_name": line.product.title,
        "line_item_id": at + 1, "quantity_purchased": line.quantity, "original_price": _number(line.list_amount),
        "discounted_price": _number(line.list_amount - _off(line) * line.quantity), "shopee_discount": 0,
        "seller_discount": _number(_off(line) * line.quantity),
        "discount_from_voucher_seller": _number(line.seller_discount - _off(line) * line.quantity),
        "discount_from_voucher_shopee": _number(line.platform_discount), "discount_from_coin": 0}
        for at, line in enumerate(order.lines)]
    charged = {name: _number(fees.get(name, 0)) for name in FEES.values()}
    income = {"escrow_amount": _number(order.goods + order.shipping - sum(fees.values())), "items": items,
              "buyer_total_amount": _number(order.total), "original_price": _number(order.list_amount),
              "voucher_from_shopee": _number(order.platform_discount),
              "buyer_paid_shipping_fee": _number(order.shipping),
              "actual_shipping_fee": 0, "shopee_shipping_rebate": 0, **charged}
    return {"order_sn": order.order_id, "buyer_user_name": order.buyer.nick, "return_order_sn_list": [],
            "order_income": income}


def _item(product: WorldProduct) -> dict[str, Any]:
    return {"item_id": int(product.product_id), "category_id": int(product.category_id), "item_name": product.title,
            "description": "A fine thing.", "item_sku": product.outer_id, "item_status": ITEM_STATUS[product.status],
            "create_time": _seconds(product.listed_at), "update_time": _seconds(product.modified_at),
            "has_model": len(product.skus) > 1 or product.skus[0].sku_id != product.product_id,
            "brand": {"brand_id": 1, "original_brand_name": product.brand}, "stock_info_v2": _stock(product.product_id)}


def _stock(number: str) -> dict[str, Any]:
    return {"summary_info": {"total_reserved_stock": 0, "total_available_stock": int(number) % 50}}
