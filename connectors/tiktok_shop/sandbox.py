"""TikTok Shop served locally from the sandbox world: orders, returns, cancellations, products, statements, tokens.

Serves no more than the platform: masked people, no quantities, page tokens that hide offsets, an estimated total,
failures by code under any HTTP status. Signatures are checked by code of its own. A broken rule is answered in
the platform's words and noted.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from connectors.sandbox.pieces import offset, pieces, pieces_back, token
from connectors.sandbox.state import PlatformState, Rule
from connectors.sandbox.world import World, WorldOrder, WorldProduct, WorldRefund, major

PLATFORM = "tiktok_shop"
TOLERANCE, WIDEST = timedelta(minutes=5), timedelta(days=15)
WIDEST_FIGURES, KEPT_FIGURES = timedelta(days=60), timedelta(days=190)
CALLS_PER_SECOND = 300
LIFE = timedelta(days=7)
REQUEST_ID = "202601010000000101890810281E0A"
Params = dict[str, str]
Body = dict[str, Any]


class Refused(Exception):
    """An error answer, and the rule that was broken, if it is one that a right client never breaks."""

    def __init__(self, code: int, message: str, rule: Rule | None = None, status: int = 200) -> None:
        self.code, self.message, self.rule, self.status = code, message, rule, status

    def reply(self) -> Response:
        body = {"code": self.code, "message": self.message, "data": None, "request_id": REQUEST_ID}
        return JSONResponse(body, self.status)


def wrong(message: str, rule: Rule) -> Refused:
    return Refused(36009030, message, rule)


def credentials(state: PlatformState, base_url: str) -> dict[str, str]:
    pair = state.tokens(lifetime=LIFE).current()
    return {"base_url": base_url, "app_key": state.secret("app_key", 12), "app_secret": state.secret("app_secret"),
            "access_token": pair.access_token, "refresh_token": pair.refresh_token, "shop_cipher": cipher(state)}


def cipher(state: PlatformState) -> str:
    return f"GCP_{state.secret('cipher', 30)}"


def throttled(seconds: float) -> Response:
    """"Too many requests" by code; how long to wait stands in a header, if anywhere."""
    body = {"code": 100005, "message": "Request too frequently", "data": None, "request_id": REQUEST_ID}
    return JSONResponse(body, 429, {"Retry-After": f"{seconds:g}"})


def routes(world: World, state: PlatformState) -> list[BaseRoute]:
    shop = ShopApi(world, state)
    return [Route("/api/v2/token/refresh", shop.token), Route("/{path:path}", shop.answer, methods=["GET", "POST"])]


class ShopApi:
    def __init__(self, world: World, state: PlatformState) -> None:
        self.world, self.state = world, state
        self.recent: deque[float] = deque()
        self.calls: dict[str, Callable[[Params, Body], Any]] = {
            "GET /authorization/202309/shops": self.shops,
            "POST /order/202309/orders/search": self.orders,
            "POST /return_refund/202309/returns/search": self.returns,
            "POST /return_refund/202309/cancellations/search": self.cancellations,
            "POST /product/202502/products/search": self.products,
            "GET /finance/202309/statements": self.statements,
            "GET /analytics/202405/shop/performance": self.performance,
        }

    async def answer(self, request: Request) -> Response:
        path, body = f"/{request.path_params['path']}", await request.body()
        query = dict(request.query_params)
        try:
            self.admit(path, query, body, request.headers.get("x-tts-access-token"))
            given: Body = json.loads(body) if body else {}
            self.state.note(path, **{**query, **given})
            data = self.call(request.method, path, query, given)
        except Refused as refusal:
            if refusal.rule:
                self.state.violation(refusal.rule, f"{path}: {refusal.message}")
            return refusal.reply()
        return JSONResponse({"code": 0, "message": "Success", "request_id": REQUEST_ID, "data": data})

    def call(self, method: str, path: str, query: Params, body: Body) -> Any:
        if path.startswith("/finance/202309/statements/") and path.endswith("/statement_transactions"):
            return self.transactions(path.split("/")[4], query)
        if f"{method} {path}" not in self.calls:
            raise Refused(36009009, f"no such path: {method} {path}", "other", 404)
        return self.calls[f"{method} {path}"](query, body)

    def admit(self, path: str, query: Params, body: bytes, held: str | None) -> None:
        """Key, clock, signature over raw path, query and body, token, shop, rate."""
        now = self.state.clock()
        stamp = datetime.fromtimestamp(int(query.get("timestamp", "0")), UTC)
        if abs(stamp - now) > TOLERANCE:
            raise Refused(106001, "timestamp is out of range", "timestamp", 401)
        if query.get("app_key") != self.state.secret("app_key", 12) or query.get("sign") != self.signature(
                path, query, body):
            raise Refused(106001, "sign invalid", "signature", 401)
        if self.state.tokens(lifetime=LIFE).check(held) != "ok":
            raise Refused(105002, "access token is expired", status=401)
        if path.startswith("/authorization/") == ("shop_cipher" in query):
            raise wrong("shop_cipher goes into shop calls and into no others", "other")
        if query.get("shop_cipher", cipher(self.state)) != cipher(self.state):
            raise wrong("invalid shop_cipher", "other")
        second = time.monotonic()
        while self.recent and self.recent[0] < second - 1:
            self.recent.popleft()
        if len(self.recent) >= CALLS_PER_SECOND:
            raise Refused(36009004, "rate limit", "rate", 429)
        self.recent.append(second)

    def signature(self, path: str, query: Params, body: bytes) -> str:
        secret = self.state.secret("app_secret").encode()
        pairs = [f"{name}{value}" for name, value in sorted(query.items()) if name not in ("sign", "access_token")]
        text = b"".join([secret, path.encode(), *(pair.encode() for pair in pairs), body, secret])
        return hmac.new(secret, text, hashlib.sha256).hexdigest()

    def page(self, query: Params, found: Sequence[Any], name: str, show: Callable[[Any], Any]) -> dict[str, Any]:
        """One page; the total is an estimate, the token opaque and "" at the end."""
        size = int(query.get("page_size", "20"))
        if not 1 <= size <= 100:
            raise wrong(f"page_size {size}", "page_size")
        try:
            start = offset(query.get("page_token"))
        except ValueError:
            raise wrong("invalid page_token", "other") from None
        more = start + size < len(found)
        return {name: [show(item) for item in found[start:start + size]], "total_count": len(found) // 5 * 5 + 1,
                "next_page_token": token(start + size) if more else ""}

    def window(self, query: Params, body: Body) -> tuple[datetime, datetime]:
        start, end = (body.get(f"update_time_{side}") for side in ("ge", "lt"))
        if query.get("sort_field") != "update_time" or query.get("sort_order") != "ASC":
            raise wrong("read by update_time, ascending", "order")
        if not isinstance(start, int) or not isinstance(end, int) or end <= start:
            raise wrong("update_time_ge and update_time_lt are epoch seconds", "window")
        if end - start > WIDEST.total_seconds():
            raise wrong("the window is too wide", "window")
        return datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end, UTC)

    def shops(self, query: Params, body: Body) -> dict[str, Any]:
        shop = self.world.shops[PLATFORM]
        return {"shops": [
            {"id": "7490000000000000001", "name": "Another shop", "region": "GB", "seller_type": "LOCAL",
             "cipher": "GCP_another", "code": "GBLC1"},
            {"id": shop.shop_id, "name": shop.name, "region": shop.country, "seller_type": "CROSS_BORDER",
             "cipher": cipher(self.state), "code": "USCB1"}]}

    def orders(self, query: Params, body: Body) -> dict[str, Any]:
        return self.page(query, self.world.orders(PLATFORM, modified=self.window(query, body)), "orders", _order)

    def returns(self, query: Params, body: Body) -> dict[str, Any]:
        found = [case for case in self.cases(query, body) if not case.before_shipping]
        return self.page(query, found, "return_orders", self.returned)

    def cancellations(self, query: Params, body: Body) -> dict[str, Any]:
        found = [case for case in self.cases(query, body) if case.before_shipping]
        return self.page(query, found, "cancellations", self.cancelled)

    def cases(self, query: Params, body: Body) -> list[WorldRefund]:
        return self.world.refunds(PLATFORM, modified=self.window(query, body))

    def returned(self, case: WorldRefund) -> dict[str, Any]:
        kind = "RETURN_AND_REFUND" if case.kind == "return_refund" else "REFUND"
        status = RETURNS[case.stage] if kind == "RETURN_AND_REFUND" or case.stage != "approved" else YES
        return {"return_id": case.refund_id, "return_type": kind, "return_status": status, "role": "BUYER",
                "return_reason": "ecom_order_return_reason", "return_reason_text": case.reason_text,
                "buyer_remark": case.note, "return_line_items": self.units(case, "return"), **_case(case)}

    def cancelled(self, case: WorldRefund) -> dict[str, Any]:
        return {"cancel_id": case.refund_id, "cancel_type": "BUYER_CANCEL", "role": "BUYER",
                "cancel_status": f"CANCELLATION_REQUEST_{CANCELLATIONS[case.stage]}",
                "cancel_reason": "ecom_cancel_reason", "cancel_reason_text": case.reason_text,
                "cancel_line_items": self.units(case, "cancel"), **_case(case)}

    def units(self, case: WorldRefund, word: str) -> list[dict[str, Any]]:
        order = self.world.order(PLATFORM, case.order_id)
        assert order is not None
        return [{f"{word}_line_item_id": f"{case.refund_id}{at}", "order_line_item_id": back.piece_id,
                 "sku_id": back.line.sku.sku_id, "product_name": back.line.product.title,
                 "sku_name": back.line.sku.spec, "seller_sku": back.line.sku.outer_id,
                 "refund_amount": {"currency": order.currency, "refund_subtotal": _text(back.goods)}}
                for at, back in enumerate(pieces_back(case, order))]

    def products(self, query: Params, body: Body) -> dict[str, Any]:
        return self.page(query, self.world.products(PLATFORM), "products", _product)

    def performance(self, query: Params, body: Body) -> dict[str, Any]:
        """By day of the shop. Yesterday is not ready: it comes as zeros."""
        zone = ZoneInfo(self.world.shops[PLATFORM].tz)
        today = self.world.now.astimezone(zone).date()
        first, end = (date.fromisoformat(query.get(name, "")) for name in ("start_date_ge", "end_date_lt"))
        if not first < end <= today or end - first > WIDEST_FIGURES or today - first > KEPT_FIGURES:
            raise Refused(28001022, "invalid parameter", "window")
        ready = today - timedelta(days=2)
        seen = {row.date: row for row in self.world.traffic(PLATFORM) if row.channel == "all" and not row.product_id}
        sold = {row.date: row for row in self.world.native(PLATFORM) if row.metric == "gmv"}
        days = [first + timedelta(days=at) for at in range((end - first).days)]
        return {"latest_available_date": str(ready), "performance": {"intervals": [
            _figures(day, seen.get(day) if day <= ready else None, sold.get(day) if day <= ready else None)
            for day in days]}}

    def statements(self, query: Params, body: Body) -> dict[str, Any]:
        start, end = (int(query.get(f"statement_time_{side}", "0")) for side in ("ge", "lt"))
        if query.get("sort_field") != "statement_time" or not start < end:
            raise wrong("sort_field and a span of statement_time are needed", "window")
        found = [row for row in self.world.settlements(PLATFORM) if start <= self.midnight(row.date) < end]
        return self.page(query, found, "statements", lambda row: {
            "id": row.settlement_id, "statement_time": self.midnight(row.date), "currency": row.currency,
            "settlement_amount": _text(row.amount), "payment_status": "PAID", "payment_id": f"P{row.settlement_id}"})

    def midnight(self, day: Any) -> int:
        zone = ZoneInfo(self.world.shops[PLATFORM].tz)
        return int(datetime.combine(day, datetime.min.time(), zone).timestamp())

    def transactions(self, statement: str, query: Params) -> dict[str, Any]:
        """The fees of the statement's week, by order; each is taken off, so negative."""
        row = next((row for row in self.world.settlements(PLATFORM) if row.settlement_id == statement), None)
        if row is None or query.get("sort_field") != "order_create_time":
            raise wrong("no such statement, or no sort_field", "other")
        week = row.date - timedelta(days=9)
        zone = ZoneInfo(self.world.shops[PLATFORM].tz)
        taken = sorted((fee for fee in self.world.fees(PLATFORM)
                        if 0 <= (fee.charged_at.astimezone(zone).date() - week).days < 7),
                       key=lambda fee: fee.order_id or "")
        by_order = [(order_id, list(fees)) for order_id, fees in groupby(taken, key=lambda fee: fee.order_id or "")]

        def show(entry: Any) -> dict[str, Any]:
            by_type = {fee.fee_type: _text(-fee.amount) for fee in entry[1]}
            return {"id": f"T{entry[0]}", "type": "ORDER", "order_id": entry[0], "currency": row.currency,
                    "fee_amount": _text(-sum(fee.amount for fee in entry[1])),
                    "platform_commission_amount": by_type.get("commission", "0"),
                    "transaction_fee_amount": by_type.get("payment", "0"), "shipping_cost_amount": "0"}

        return self.page(query, by_order, "statement_transactions", show)

    async def token(self, request: Request) -> Response:
        query = request.query_params
        known = (query.get("app_key"), query.get("app_secret"), query.get("grant_type")) == (
            self.state.secret("app_key", 12), self.state.secret("app_secret"), "refresh_token")
        pair = self.state.tokens(lifetime=LIFE).refresh(query.get("refresh_token")) if known else None
        if pair is None:
            return Refused(36004005, "refresh token is invalid").reply()
        end = int(pair.expires_at.timestamp())
        return JSONResponse({"code": 0, "message": "success", "request_id": REQUEST_ID, "data": {
            "access_token": pair.access_token, "access_token_expire_in": end, "refresh_token": pair.refresh_token,
            "refresh_token_expire_in": end + 30_000_000, "open_id": self.state.secret("open_id"), "user_type": 0,
            "seller_name": "seller", "seller_base_region": self.world.shops[PLATFORM].country}})


YES = "RETURN_OR_REFUND_REQUEST_SUCCESS"
RETURNS = {
    "requested": "RETURN_OR_REFUND_REQUEST_PENDING", "approved": "AWAITING_BUYER_SHIP",
    "returned": "BUYER_SHIPPED_ITEM", "success": "RETURN_OR_REFUND_REQUEST_COMPLETE",
    "rejected": "REFUND_OR_RETURN_REQUEST_REJECT", "closed": "RETURN_OR_REFUND_REQUEST_CANCEL",
}
CANCELLATIONS = {"requested": "PENDING", "approved": "SUCCESS", "returned": "SUCCESS", "success": "COMPLETE",
                 "rejected": "CANCEL", "closed": "CANCEL"}


def _text(minor: int) -> str:
    """Money as TikTok writes it, without trailing zeros: "6", "35.97"."""
    return f"{major(minor).normalize() + Decimal(0):f}"


def _seconds(moment: datetime | None) -> int | None:
    return int(moment.timestamp()) if moment else None


def _case(case: WorldRefund) -> dict[str, Any]:
    return {"order_id": case.order_id, "create_time": _seconds(case.requested_at),
            "update_time": _seconds(case.modified_at), "refund_amount": {
                "currency": "USD", "refund_total": _text(case.total), "refund_subtotal": _text(case.amount_goods),
                "refund_shipping_fee": _text(case.shipping), "refund_tax": _text(case.tax)}}


def _status(order: WorldOrder) -> str:
    if order.native_status:
        return order.native_status
    if order.cancelled_at:
        return "CANCELLED"
    if order.completed_at:
        return "COMPLETED"
    if order.delivered_at:
        return "DELIVERED"
    if order.shipped_at:
        return "IN_TRANSIT"
    if order.part_shipped_at:
        return "PARTIALLY_SHIPPING"
    return "AWAITING_SHIPMENT" if order.paid_at or order.payment_type == "cod" else "UNPAID"


def _order(order: WorldOrder) -> dict[str, Any]:
    buyer, status = order.buyer, _status(order)
    times = {"paid_time": order.paid_at, "rts_time": order.part_shipped_at or order.shipped_at,
             "delivery_time": order.delivered_at, "cancel_time": order.cancelled_at}
    return {
        "id": order.order_id, "status": status, "create_time": _seconds(order.created_at),
        "update_time": _seconds(order.modified_at), "user_id": buyer.buyer_id, "is_sample_order": False,
        "is_replacement_order": False, "is_cod": order.payment_type == "cod", "commerce_platform": "TIKTOK_SHOP",
        "buyer_email": buyer.email, "buyer_message": order.buyer_note, "shipping_type": "TIKTOK",
        "fulfillment_type": "FULFILLMENT_BY_SELLER", "warehouse_id": "700097",
        **{name: _seconds(moment) for name, moment in times.items() if moment},
        "payment": {
            "currency": order.currency, "sub_total": _text(order.goods - order.platform_discount),
            "total_amount": _text(order.total), "original_total_product_price": _text(order.list_amount),
            "shipping_fee": _text(order.shipping), "original_shipping_fee": _text(order.shipping),
            "shipping_fee_seller_discount": "0", "shipping_fee_platform_discount": "0",
            "seller_discount": _text(order.seller_discount), "platform_discount": _text(order.platform_discount),
            "tax": _text(order.tax), "product_tax": _text(order.tax)},
        "line_items": [{
            "id": piece.piece_id, "sku_id": piece.line.sku.sku_id, "product_id": piece.line.product.product_id,
            "product_name": piece.line.product.title, "sku_name": piece.line.sku.spec,
            "seller_sku": piece.line.sku.outer_id, "currency": order.currency,
            "original_price": _text(piece.list_amount), "sale_price": _text(piece.paid),
            "seller_discount": _text(piece.seller_discount), "platform_discount": _text(piece.platform_discount),
            "display_status": status, "package_status": "COMPLETED", "is_gift": piece.line.is_gift}
            for piece in pieces(order)],
        "recipient_address": {
            "name": buyer.name, "phone_number": buyer.phone, "full_address": buyer.address,
            "postal_code": buyer.postcode, "region_code": buyer.country, "district_info": [
                {"address_level_name": "Country", "address_name": "United States"},
                {"address_level_name": "State", "address_name": buyer.province},
                {"address_level_name": "City", "address_name": buyer.city}]},
        "packages": [{"id": f"1153{order.number}"}] if order.shipped_at else [],
    }


def _figures(day: date, seen: Any, sold: Any) -> dict[str, Any]:
    views, gmv = seen.page_views if seen else 0, sold.value if sold else 0
    return {"start_date": str(day), "end_date": str(day + timedelta(days=1)), "orders": gmv % 7, "units_sold": gmv % 9,
            "gmv": {"amount": _text(gmv), "currency": "USD"}, "sku_orders": 0,
            "gmv_breakdowns": [{"type": "LIVE", "amount": "0", "currency": "USD"}],
            "buyers": seen.paying_buyers or 0 if seen else 0, "product_impressions": views * 9,
            "product_page_views": views, "avg_product_page_visitors": seen.visitors or 0 if seen else 0}


def _product(product: WorldProduct) -> dict[str, Any]:
    status = {"on_sale": "ACTIVATE", "off_shelf": "SELLER_DEACTIVATED", "deleted": "DELETED"}[product.status]
    return {"id": product.product_id, "title": product.title, "status": status, "sales_regions": ["US"],
            "create_time": _seconds(product.listed_at), "update_time": _seconds(product.modified_at),
            "skus": [{"id": sku.sku_id, "seller_sku": sku.outer_id, "price": {"currency": "USD"}}
                     for sku in product.skus]}
