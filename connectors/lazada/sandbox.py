"""Lazada served locally from the sandbox world: orders, their items, reverse orders, products, statement, tokens.

Serves no more than the platform: offsets into a moving list, orders without items, one row a unit, masked people,
amounts as text here and as numbers there, HTTP 200 for every failure. A broken rule is answered in the platform's
words and noted. Signatures are checked by code of its own.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from connectors.sandbox.pieces import Piece, pieces, pieces_back
from connectors.sandbox.state import PlatformState, Rule
from connectors.sandbox.world import World, WorldOrder, WorldProduct, WorldRefund, major, money

PLATFORM = "lazada"
SKEW, DEEPEST = timedelta(seconds=7200), 5_000
CALLS_PER_SECOND = 300
LIFE = timedelta(days=7)
NAMES = {"commission": "Commission", "payment": "Payment Fee", "service": "Service Fee"}
Params = dict[str, str]


class Refused(Exception):
    """An error answer, and the rule that was broken, if it is one that a right client never breaks."""

    def __init__(self, code: str, message: str, rule: Rule | None = None, kind: str = "ISV") -> None:
        self.code, self.message, self.rule, self.kind = code, message, rule, kind

    def reply(self) -> Response:
        return JSONResponse({"code": self.code, "type": self.kind, "message": self.message, "request_id": "0ba2887",
                             "detail": []})


def credentials(state: PlatformState, base_url: str) -> dict[str, str]:
    pair = state.tokens(lifetime=LIFE).current()
    return {"base_url": f"{base_url}/rest", "app_key": app_key(state), "app_secret": state.secret("app_secret"),
            "access_token": pair.access_token, "refresh_token": pair.refresh_token, "country": "SG"}


def app_key(state: PlatformState) -> str:
    return str(100_000 + int(state.secret("app_key", 4), 16))


def throttled(seconds: float) -> Response:
    """Lazada's "too many calls": HTTP 200, and the seconds stand in the text."""
    ban = f"the app is banned for {max(1, round(seconds))} seconds"
    return Refused("AppCallLimit", ban, kind="ISP").reply()


def routes(world: World, state: PlatformState) -> list[BaseRoute]:
    return [Route("/rest/{path:path}", ShopApi(world, state).answer, methods=["GET", "POST"])]


class ShopApi:
    def __init__(self, world: World, state: PlatformState) -> None:
        self.world, self.state = world, state
        self.shop = world.shops[PLATFORM]
        self.zone = ZoneInfo(self.shop.tz)
        self.recent: deque[float] = deque()
        self.offsets: dict[tuple[str, str], int] = {}
        self.calls: dict[str, Callable[[Params], dict[str, Any]]] = {
            "/orders/get": self.orders, "/orders/items/get": self.items, "/products/get": self.products,
            "/reverse/getreverseordersforseller": self.reverses, "/seller/get": self.seller,
            "/finance/transaction/details/get": self.transactions, "/finance/payout/status/get": self.payouts,
            "/sponsor/solutions/report/getDiscoveryReportCampaign": self.ads,
        }

    async def answer(self, request: Request) -> Response:
        path, params = f"/{request.path_params['path']}", dict(request.query_params)
        try:
            self.admit(path, params)
            if path == "/auth/token/refresh":
                return JSONResponse(self.refreshed(params))
            self.state.note(path, **{name: value for name, value in params.items()
                                     if name not in ("access_token", "sign", "app_key")})
            body = self.calls[path](params)
        except Refused as refusal:
            if refusal.rule:
                self.state.violation(refusal.rule, f"{path}: {refusal.message}")
            return refusal.reply()
        return JSONResponse({"code": "0", "request_id": "0ba2887315178178017221014", **body})

    def admit(self, path: str, params: Params) -> None:
        """Path, key, clock, signature over all raw parameters, token, rate."""
        if path not in self.calls and path != "/auth/token/refresh":
            raise Refused("InvalidApi", "The specified API is invalid", "other")
        if params.get("app_key") != app_key(self.state):
            raise Refused("InvalidAppKey", "The specified App Key is invalid")
        stamp = datetime.fromtimestamp(int(params.get("timestamp", "0")) / 1000, UTC)
        if abs(stamp - self.state.clock()) > SKEW:
            raise Refused("InvalidTimestamp", "The specified timestamp is invalid", "timestamp")
        text = path + "".join(f"{name}{value}" for name, value in sorted(params.items()) if name != "sign")
        secret = self.state.secret("app_secret").encode()
        expected = hmac.new(secret, text.encode(), hashlib.sha256).hexdigest().upper()
        if params.get("sign_method") != "sha256" or params.get("sign") != expected:
            raise Refused("IncompleteSignature", "The request signature does not conform to platform standards",
                          "signature")
        if path.startswith("/auth/"):
            return
        if self.state.tokens(lifetime=LIFE).check(params.get("access_token")) != "ok":
            raise Refused("IllegalAccessToken", "The specified access token is invalid or expired")
        now = time.monotonic()
        while self.recent and self.recent[0] < now - 1:
            self.recent.popleft()
        if len(self.recent) >= CALLS_PER_SECOND:
            raise Refused("ApiCallLimit", "call limit", "rate")
        self.recent.append(now)

    def refreshed(self, params: Params) -> dict[str, Any]:
        pair = self.state.tokens(lifetime=LIFE).refresh(params.get("refresh_token"))
        if pair is None:
            raise Refused("IllegalRefreshToken", "The specified refresh token is invalid or expired")
        life = int((pair.expires_at - self.state.clock()).total_seconds())
        country = {"country": "sg", "user_id": "1", "seller_id": "1001", "short_code": self.shop.shop_id}
        return {"access_token": pair.access_token, "refresh_token": pair.refresh_token, "expires_in": life,
                "refresh_expires_in": life * 4, "account": "seller@example.com", "country": "sg", "code": "0",
                "account_platform": "seller_center", "country_user_info": [country], "request_id": "0ba2887"}

    def orders(self, params: Params) -> dict[str, Any]:
        start, end = self.instant(params, "update_after"), self.instant(params, "update_before")
        if params.get("sort_by") != "updated_at" or params.get("sort_direction") != "ASC":
            raise Refused("17", "E017: sort_by", "order")
        limit, offset = int(params.get("limit", "100")), int(params.get("offset", "0"))
        if not 1 <= limit <= 100:
            raise Refused("19", f"E019: Invalid Limit {limit}", "page_size")
        if offset > DEEPEST:
            raise Refused("14", f"E014: Invalid Offset {offset}", "depth")
        key = (params["update_after"], params["update_before"])
        if offset > self.offsets.get(key, offset) > 0:
            raise Refused("14", "pages of a moving list are read from the last to the first", "order")
        self.offsets[key] = offset
        found = self.world.orders(PLATFORM, modified=(start, end))
        rows = [self.order(order) for order in found[offset:offset + limit]]
        return {"data": {"count": len(rows), "countTotal": len(found), "orders": rows}}

    def instant(self, params: Params, name: str) -> datetime:
        """A time in ISO 8601 with an offset; `update_after` is mandatory."""
        try:
            moment = datetime.fromisoformat(params[name])
            assert moment.tzinfo
        except (KeyError, ValueError, AssertionError):
            raise Refused("17", f"E017: Invalid Date Format {name}", "window") from None
        return moment

    def items(self, params: Params) -> dict[str, Any]:
        wanted = json.loads(params.get("order_ids", "[]"))
        if not 1 <= len(wanted) <= 50:
            raise Refused("37", f"E037: {len(wanted)} order_ids", "page_size")
        found = [order for number in wanted if (order := self.world.order(PLATFORM, str(number)))]
        return {"data": [{"order_id": int(order.order_id), "order_number": int(order.order_id),
                          "order_items": [self.item(order, piece) for piece in pieces(order)]} for order in found]}

    def order(self, order: WorldOrder) -> dict[str, Any]:
        buyer, zero = order.buyer, money(0)
        return {
            "order_id": int(order.order_id), "order_number": int(order.order_id), "statuses": [_status(order)],
            "created_at": self.time(order.created_at), "updated_at": self.time(order.modified_at),
            "price": money(order.goods + order.shipping), "items_count": sum(line.quantity for line in order.lines),
            "payment_method": "COD" if order.payment_type == "cod" else "MIXEDCARD", "gift_message": order.buyer_note,
            "shipping_fee": money(order.shipping), "shipping_fee_original": money(order.shipping),
            "shipping_fee_discount_seller": zero, "shipping_fee_discount_platform": zero,
            "voucher": money(order.seller_discount + order.platform_discount),
            "voucher_seller": money(order.seller_discount), "voucher_platform": money(order.platform_discount),
            "customer_first_name": buyer.name, "warehouse_code": "dropshipping",
            "address_shipping": {"first_name": buyer.name, "phone": buyer.phone, "address1": buyer.address,
                                 "city": buyer.city, "post_code": buyer.postcode, "country": "Singapore"}}

    def item(self, order: WorldOrder, piece: Piece) -> dict[str, Any]:
        """Here amounts are numbers."""
        line = piece.line
        reason = "Payment timeout" if order.cancelled_at and not (order.paid_at or order.shipped_at) else ""
        return {
            "order_item_id": int(piece.piece_id), "order_id": int(order.order_id), "sku": line.sku.outer_id,
            "shop_sku": f"{line.product.product_id}_SG-{line.sku.sku_id}", "name": line.product.title,
            "buyer_id": int(order.buyer.buyer_id), "item_price": float(major(piece.list_amount)),
            "paid_price": float(major(piece.paid)), "voucher_seller": float(major(piece.seller_discount)),
            "voucher_platform": float(major(piece.platform_discount)), "tax_amount": 0, "currency": order.currency,
            "status": _status(order), "shipping_amount": 0.0, "reason": reason, "return_status": "",
            "created_at": self.time(order.created_at), "updated_at": self.time(_moved(order))}

    def reverses(self, params: Params) -> dict[str, Any]:
        start, end = (datetime.fromtimestamp(int(params[f"ReverseOrderLineModifiedTimeRange{side}"]) / 1000, UTC)
                      for side in ("Start", "End"))
        page, size = int(params.get("page_no", "1")), int(params.get("page_size", "10"))
        if page < 1 or not 1 <= size <= 100:
            raise Refused("37", f"page_no {page}, page_size {size}", "page_size")
        found = self.world.refunds(PLATFORM, modified=(start, end))
        rows = [self.reverse(case) for case in found[(page - 1) * size:page * size]]
        return {"result": {"total": len(found), "success": True, "page_no": page, "page_size": size, "items": rows}}

    def reverse(self, case: WorldRefund) -> dict[str, Any]:
        order = self.world.order(PLATFORM, case.order_id)
        assert order is not None
        kind = "CANCEL" if case.before_shipping else "RETURN" if case.kind == "return_refund" else "ONLY_REFUND"
        status = {"requested": "REQUEST_INITIATE", "approved": "RTM_INIT", "returned": "RTM_INIT",
                  "success": "REFUND_SUCCESS", "rejected": "REQUEST_REJECT", "closed": "REQUEST_CANCEL"}[case.stage]
        if kind == "CANCEL":
            status = {"success": "CANCEL_REFUND_ISSUED", "requested": "CANCEL_INIT"}.get(case.stage, "CANCEL_SUCCESS")
        backs = pieces_back(case, order)
        lines = [{
            "reverse_order_line_id": int(case.refund_id) + at, "trade_order_line_id": int(back.piece_id),
            "reverse_status": status, "refund_amount": back.goods + (0 if at else case.shipping),
            "item_unit_price": back.line.price, "is_need_refund": True, "reason_text": case.reason_text,
            "seller_sku_id": back.line.sku.outer_id,
            "return_order_line_gmt_create": int(case.requested_at.timestamp()),
            "return_order_line_gmt_modified": int(case.modified_at.timestamp())} for at, back in enumerate(backs)]
        return {"reverse_order_id": int(case.refund_id), "trade_order_id": int(case.order_id), "request_type": kind,
                "is_rtm": kind == "RETURN", "shipping_type": "PICKUP_SELLER", "reverse_order_lines": lines}

    def products(self, params: Params) -> dict[str, Any]:
        limit, offset = int(params.get("limit", "20")), int(params.get("offset", "0"))
        if params.get("filter") != "all" or not 1 <= limit <= 50:
            raise Refused("5", f"E005: limit {limit}, filter {params.get('filter')}", "page_size")
        found = self.world.products(PLATFORM)
        rows = [_product(product) for product in found[offset:offset + limit]]
        return {"data": {"total_products": len(found), "products": rows}}

    def transactions(self, params: Params) -> dict[str, Any]:
        first, last = date.fromisoformat(params["start_time"]), date.fromisoformat(params["end_time"])
        rows = [self.statement_line(fee.order_id or "", fee.charged_at, NAMES[fee.fee_type], -fee.amount)
                for fee in self.world.fees(PLATFORM)]
        rows += [self.statement_line(order.order_id, order.paid_at, "Item Price Credit", order.goods)
                 for order in self.world.orders(PLATFORM) if order.paid_at]
        rows = [row for row in rows if first <= row.pop("day") <= last]
        limit, offset = int(params["limit"]), int(params["offset"])
        if (last - first).days >= 180 or not 1 <= limit <= 500:
            raise Refused("1000012", "endTime - startTime must should be less than 180 days", "window")
        return {"data": rows[offset:offset + limit]}

    def statement_line(self, order_id: str, at: datetime, name: str, amount: int) -> dict[str, Any]:
        day = at.astimezone(self.zone).date()
        return {"day": day, "order_no": order_id, "transaction_date": f"{day:%d %b %Y}", "fee_name": name,
                "transaction_type": "Orders-Lazada Fees" if amount < 0 else "Orders-Sales", "paid_status": "Paid",
                "amount": f"{major(amount):,.2f}", "statement": "x"}

    def payouts(self, params: Params) -> dict[str, Any]:
        after = date.fromisoformat(params["created_after"])
        return {"data": [{"statement_number": row.settlement_id, "created_at": f"{row.date} 01:00:00",
                          "payout": f"{major(row.amount)} {row.currency}", "paid": "1"}
                         for row in self.world.settlements(PLATFORM) if row.date > after]}

    def ads(self, params: Params) -> dict[str, Any]:
        """Campaigns over the days asked for; the world has none for this shop, so a tenth of the sales is invented."""
        first, last = (date.fromisoformat(params[name]) for name in ("startDate", "endDate"))
        page, size = int(params["pageNo"]), int(params["pageSize"])
        if first > last or page < 1 or not 1 <= size <= 100:
            raise Refused("PARAM_ERROR", f"{first} {last}, page {page} of {size}", "window")
        sold = [order.goods for order in self.world.orders(PLATFORM) if order.paid_at
                and first <= order.created_at.astimezone(self.zone).date() <= last]
        rows = [{"campaignId": str(101_100_030_626_143 + at), "campaignName": name, "campaignType": "2",
                 "spend": f"{major(sum(part) // 10):.2f}", "impressions": str(1000 * len(part)), "dayBudget": "314",
                 "clicks": str(20 * len(part)), "storeOrders": str(len(part)), "ctr": "2.00",
                 "storeRevenue": f"{major(sum(part)):.2f}", "productType": "N"}
                for at, (name, part) in enumerate((("Search", sold[::2]), ("Product", sold[1::2]))) if part]
        return {"result": {"result": rows[(page - 1) * size:page * size], "totalCount": str(len(rows)),
                           "success": "true", "errorCode": "null", "errorMsg": "null"}}

    def seller(self, params: Params) -> dict[str, Any]:
        return {"data": {"name": self.shop.name, "short_code": self.shop.shop_id, "seller_id": "1000002000",
                         "location": "Singapore", "email": "seller@example.com", "status": "ACTIVE"}}

    def time(self, moment: datetime) -> str:
        return moment.astimezone(self.zone).strftime("%Y-%m-%d %H:%M:%S %z")


def _status(order: WorldOrder) -> str:
    if order.native_status:
        return order.native_status
    if order.cancelled_at:
        return "canceled"
    if order.delivered_at or order.completed_at:
        return "delivered"
    if order.shipped_at:
        return "shipped"
    return "pending" if order.paid_at or order.payment_type == "cod" else "unpaid"


def _moved(order: WorldOrder) -> datetime:
    """When the item last changed its status; the order's own change may be later."""
    steps = (order.cancelled_at, order.delivered_at, order.shipped_at, order.paid_at)
    return next((moment for moment in steps if moment), order.created_at)


def _product(product: WorldProduct) -> dict[str, Any]:
    word = {"on_sale": "Active", "off_shelf": "InActive", "deleted": "Deleted"}[product.status]
    return {"item_id": int(product.product_id), "primary_category": int(product.category_id), "status": word,
            "created_time": str(int(product.listed_at.timestamp()) * 1000),
            "updated_time": str(int(product.modified_at.timestamp()) * 1000),
            "attributes": {"name": product.title, "brand": product.brand or "No Brand"},
            "skus": [{"SkuId": int(sku.sku_id), "ShopSku": f"{product.product_id}_SG-{sku.sku_id}",
                      "SellerSku": sku.outer_id, "Status": word.lower(), "price": float(major(sku.price)),
                      "Available": int(sku.sku_id) % 50} for sku in product.skus]}
