"""Xiaohongshu's gateway served locally from the sandbox world.

Serves no more than the platform: windows of a day (created) or half an hour (changed), newest first, lists
without amounts, receivers never. Requests for orders are in seconds, everything else in milliseconds. A broken
rule is answered in the platform's words and noted as a violation; signatures are checked by code of its own.
"""

from __future__ import annotations

import hashlib
import time
from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from connectors.sandbox.state import PlatformState, Rule, TokenPair
from connectors.sandbox.world import World, WorldLine, WorldOrder, WorldProduct, WorldRefund, WorldSku
from connectors.sandbox.world.chance import split

Params = dict[str, Any]
TOLERANCE, HALF_HOUR, DAY = timedelta(minutes=10), timedelta(minutes=30), timedelta(days=1)
CALLS_PER_SECOND = 100
UNHEARD_OF = 977
ORDER_TYPE = {"presale": 2, "exchange": 5}
RETURN_TYPE = {"return_refund": 1, "exchange": 2, "refund_only": 4, "compensation": 4, "cancel_before_ship": 5,
               "price_protection": 6}
FLAGS = {"grey": 1, "red": 2, "yellow": 3, "green": 4, "blue": 5, "purple": 6, "none": 0}


class Refused(Exception):
    """A failure, and the rule that was broken, if it is one that a right client never breaks."""

    def __init__(self, code: int, message: str, rule: Rule | None = None) -> None:
        self.code, self.message, self.rule = code, message, rule


def credentials(state: PlatformState, base_url: str) -> dict[str, str]:
    pair = state.tokens().current()
    return {"base_url": base_url, "app_id": state.secret("app_id", 20), "app_secret": state.secret("app_secret"),
            "access_token": pair.access_token, "refresh_token": pair.refresh_token}


def routes(world: World, state: PlatformState) -> list[BaseRoute]:
    gateway = Gateway(world, state)
    return [Route("/ark/open_api/v3/common_controller", gateway.answer, methods=["POST"]),
            Route("/ark/authorization", gateway.consent, methods=["GET"])]


class Gateway:
    def __init__(self, world: World, state: PlatformState) -> None:
        self.world, self.state = world, state
        self.recent: deque[float] = deque()
        self.walks: dict[tuple[Any, ...], int] = {}
        self.methods: dict[str, Callable[[Params], dict[str, Any]]] = {
            "oauth.refreshToken": self.refresh, "oauth.getAccessToken": self.granted, "order.getOrderList": self.orders,
            "order.getOrderDetail": self.order, "afterSale.listAfterSaleInfos": self.aftersales,
            "afterSale.getAfterSaleInfo": self.aftersale, "product.getDetailSkuList": self.skus}

    async def answer(self, request: Request) -> Response:
        body = await request.json()
        method = str(body.get("method"))
        try:
            self.admit(body, method)
            params = {name: value for name, value in body.items()
                      if name not in ("appId", "sign", "timestamp", "version", "accessToken", "refreshToken", "method")}
            self.state.note(method, **params)
            data = self.methods[method](body)
        except Refused as refusal:
            if refusal.rule:
                self.state.violation(refusal.rule, f"{method}: {refusal.message}")
            return JSONResponse({"error_code": refusal.code, "error_msg": refusal.message, "success": False})
        return JSONResponse({"error_code": 0, "error_msg": "", "success": True, "data": data})

    def admit(self, body: Params, method: str) -> None:
        """App, time, signature, token, rate."""
        if method not in self.methods or body.get("version") != "2.0":
            raise Refused(-2000400, "method不存在", "other")
        app_id, stamp = self.state.secret("app_id", 20), str(body.get("timestamp"))
        text = f"{method}?appId={app_id}&timestamp={stamp}&version=2.0{self.state.secret('app_secret')}"
        expected = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
        if body.get("appId") != app_id or body.get("sign") != expected:
            raise Refused(-2000400, "sign校验失败", "signature")
        if not stamp.isdigit() or abs(datetime.fromtimestamp(int(stamp), UTC) - self.state.clock()) > TOLERANCE:
            raise Refused(-2000400, "timestamp已失效", "timestamp")
        if method.startswith("oauth."):
            return
        if self.state.tokens().check(body.get("accessToken")) != "ok":
            raise Refused(-2000401, "accessToken无效或已过期")
        now = time.monotonic()
        while self.recent and self.recent[0] < now - 1:
            self.recent.popleft()
        if len(self.recent) >= CALLS_PER_SECOND:
            raise Refused(-2000429, "调用过于频繁", "rate")
        self.recent.append(now)

    async def consent(self, request: Request) -> Response:
        asked = request.query_params
        if asked.get("appId") != self.state.secret("app_id", 20):
            return JSONResponse({"error_code": -2000400, "error_msg": "appId不存在", "success": False}, 400)
        return RedirectResponse(self.state.consent(asked, asked["redirectUri"]))

    def granted(self, body: Params) -> dict[str, Any]:
        pair = self.state.redeem(body.get("code"))
        if pair is None:
            raise Refused(-2000400, "code无效")
        return self.pair(pair)

    def refresh(self, body: Params) -> dict[str, Any]:
        """More than half an hour left: the same pair. Less: a new one, the old token lives 5 more minutes."""
        tokens, now = self.state.tokens(), self.state.clock()
        pair = tokens.current()
        if body.get("refreshToken") != pair.refresh_token:
            raise Refused(-2000400, "refreshToken无效")
        if pair.expires_at - now > HALF_HOUR:
            return self.pair(pair)
        if pair.expires_at > now:
            pair.expires_at = now + timedelta(minutes=5)
        return self.pair(tokens.refresh(pair.refresh_token) or pair)

    def pair(self, pair: TokenPair) -> dict[str, Any]:
        shop = self.world.shops["xiaohongshu"]
        return {"accessToken": pair.access_token, "accessTokenExpiresAt": millis(pair.expires_at),
                "refreshToken": pair.refresh_token, "refreshTokenExpiresAt": millis(pair.expires_at + 7 * DAY),
                "sellerId": shop.shop_id, "sellerName": shop.name}

    def orders(self, body: Params) -> dict[str, Any]:
        """Ends included, in seconds; a value of 13 digits is none."""
        start, end = body.get("startTime"), body.get("endTime")
        if not isinstance(start, int) or not isinstance(end, int) or end > 99_999_999_999:
            raise Refused(-2000400, "startTime、endTime单位为秒", "window")
        span = self.span(body, datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end, UTC), 1)
        found = (self.world.orders("xiaohongshu", created=span) if body["timeType"] == 1
                 else self.world.orders("xiaohongshu", modified=span))
        page, size = self.page(body, 10_000)
        self.watch(body, page)
        cut = found[::-1][(page - 1) * size:page * size]
        return {"total": len(found), "pageNo": page, "pageSize": size, "maxPageNo": -(-len(found) // size),
                "orderList": [head(order) for order in cut]}

    def order(self, body: Params) -> dict[str, Any]:
        order = self.world.order("xiaohongshu", str(body.get("orderId")))
        if order is None:
            raise Refused(-2000101, "订单不存在或不属于该商家")
        return detail(order, self.world.shops["xiaohongshu"].name)

    def aftersales(self, body: Params) -> dict[str, Any]:
        """Ends included, in milliseconds."""
        start, end = body.get("startTime"), body.get("endTime")
        if not isinstance(start, int) or not isinstance(end, int) or start < 99_999_999_999:
            raise Refused(-2000400, "startTime、endTime单位为毫秒", "window")
        span = self.span(body, instant(start), instant(end), 0.001)
        found = (self.world.refunds("xiaohongshu", requested=span) if body["timeType"] == 1
                 else self.world.refunds("xiaohongshu", modified=span))
        if "pageNo" not in body or "pageSize" not in body:
            raise Refused(-2000400, "pageNo、pageSize必填", "page_size")
        page, size = self.page(body, 50_000)
        self.watch(body, page)
        cut = found[::-1][(page - 1) * size:page * size]
        return {"totalCount": len(found), "pageNo": page, "pageSize": size,
                "afterSaleBasicInfos": [aftersale(case, self.buyer(case)) for case in cut]}

    def aftersale(self, body: Params) -> dict[str, Any]:
        """One envelope more than elsewhere: the after-sale answers have their own."""
        case = self.world.refund("xiaohongshu", str(body.get("returnsId")))
        if case is None:
            raise Refused(-2000101, "售后单不存在")
        order = self.world.order("xiaohongshu", case.order_id)
        assert order is not None
        info = aftersale(case, order.buyer.buyer_id) | aftersale_detail(case, order)
        return {"code": 0, "msg": "", "success": True, "data": {"afterSaleInfo": info, "logisticsInfo": {}}}

    def buyer(self, case: WorldRefund) -> str:
        order = self.world.order("xiaohongshu", case.order_id)
        return order.buyer.buyer_id if order else ""

    def skus(self, body: Params) -> dict[str, Any]:
        low, high = body.get("updateTimeFrom", 0), body.get("updateTimeTo", 1 << 60)
        rows = [(product, sku) for product in self.world.products("xiaohongshu") for sku in product.skus
                if low <= millis(product.modified_at) <= high]
        page, size = self.page(body, 1 << 60)
        return {"data": [goods(*row) for row in rows[(page - 1) * size:page * size]], "total": len(rows),
                "pageNO": page, "pageSize": size}

    def span(self, body: Params, start: datetime, end: datetime, tick: float) -> tuple[datetime, datetime]:
        longest = {1: DAY, 2: HALF_HOUR}.get(body.get("timeType", 0))
        if longest is None or not timedelta() < end - start <= longest:
            raise Refused(-2000400, "时间范围超出限制", "window")
        return start, end + timedelta(seconds=tick)

    def page(self, body: Params, depth: int) -> tuple[int, int]:
        page, size = body.get("pageNo", 1), body.get("pageSize", 50)
        if not 1 <= size <= 100 or page < 1:
            raise Refused(-2000400, "pageSize不能超过100", "page_size")
        if page * size > depth or (depth == 10_000 and page > 100):
            raise Refused(-2000400, "pageNo超出限制", "depth")
        return page, size

    def watch(self, body: Params, page: int) -> None:
        """Windows by change have to be read from the last page to the first."""
        if body["timeType"] != 2:
            return
        key = (body["method"], body["startTime"], body["endTime"])
        before = self.walks.get(key, 1)
        if 1 < before < page:
            self.state.violation("order", f"page {page} after page {before} of one window")
        self.walks[key] = page


def millis(moment: datetime | None) -> int:
    return int(moment.timestamp() * 1000) if moment else 0


def instant(millis: int) -> datetime:
    return datetime.fromtimestamp(millis // 1000, UTC) + timedelta(milliseconds=millis % 1000)


def yuan(fen: int) -> float:
    return fen / 100


def status(order: WorldOrder) -> int:
    if order.native_status:
        return int(order.native_status) if order.native_status.isdigit() else UNHEARD_OF
    if order.cancelled_at:
        return 9
    if order.closed_at:
        return 8
    if order.completed_at:
        return 7
    if order.shipped_at:
        return 6
    return 5 if order.part_shipped_at else 4 if order.paid_at else 1


def head(order: WorldOrder) -> dict[str, Any]:
    """What the list tells: everything but money."""
    buyer = order.buyer
    return {
        "orderId": order.order_id, "orderType": ORDER_TYPE.get(order.order_type, 1), "orderStatus": status(order),
        "orderAfterSalesStatus": 1, "cancelStatus": 0, "createdTime": millis(order.created_at),
        "paidTime": millis(order.paid_at), "updateTime": millis(order.modified_at),
        "deliveryTime": millis(order.part_shipped_at or order.shipped_at), "cancelTime": millis(order.cancelled_at),
        "finishTime": millis(order.completed_at), "promiseLastDeliveryTime": 0, "planInfoId": "", "planInfoName": "",
        "receiverCountryName": "中国", "receiverProvinceName": buyer.province, "receiverCityName": buyer.city,
        "receiverDistrictName": "", "customerRemark": order.buyer_note, "sellerRemark": order.memo,
        "sellerRemarkFlag": FLAGS[order.flag], "originalOrderId": order.replaces_order_id or "",
        "logistics": "red_auto", "orderTagList": []}


def detail(order: WorldOrder, shop: str) -> dict[str, Any]:
    return head(order) | {
        "totalPayAmount": order.total, "totalShippingFree": order.shipping, "totalDepositAmount": order.deposit,
        "totalMerchantDiscount": order.seller_discount, "totalRedDiscount": order.platform_discount,
        "merchantActualReceiveAmount": order.total + order.platform_discount, "totalChangePriceAmount": 0,
        "outPromotionAmount": 0, "paymentType": 1, "shopId": order.shop_id, "shopName": shop,
        "userId": order.buyer.buyer_id, "openAddressId": f"oa-{order.buyer.number}", "receiverName": None,
        "receiverPhone": None, "receiverAddress": None, "skuList": [sku_of(order, line) for line in order.lines]}


def sku_of(order: WorldOrder, line: WorldLine) -> dict[str, Any]:
    product = line.product
    return {
        "skuId": line.sku.sku_id, "skuName": product.title, "erpcode": line.sku.outer_id, "skuSpec": line.sku.spec,
        "skuQuantity": line.quantity, "totalPaidAmount": line.paid, "totalMerchantDiscount": line.seller_discount,
        "totalRedDiscount": line.platform_discount, "totalTaxAmount": 0, "totalNetWeight": 400,
        "skuTag": int(line.is_gift), "isChannel": False, "kolId": order.creator_id or "",
        "kolName": order.creator or "", "skuAfterSaleStatus": 1, "itemId": product.product_id,
        "itemName": product.title, "skuDetailList": pieces(line)}


def pieces(line: WorldLine) -> list[dict[str, Any]]:
    """Units that cost the same are one row: an amount that does not divide evenly gives two or more."""
    ones = [1] * line.quantity
    units = sorted(zip(split(line.paid, ones), split(line.seller_discount, ones),
                       split(line.platform_discount, ones), strict=True))
    return [{"skuId": line.sku.sku_id, "erpCode": line.sku.outer_id, "barcode": "6901234567466",
             "quantity": len(list(same)), "pricePerSku": line.price, "taxPerSku": 0, "paidAmountPerSku": unit[0],
             "depositAmountPerSku": 0, "merchantDiscountPerSku": unit[1], "redDiscountPerSku": unit[2],
             "rawPricePerSku": line.price} for unit, same in groupby(units)]


def aftersale_status(case: WorldRefund) -> int:
    exchange, back = case.kind == "exchange", case.kind in ("return_refund", "exchange")
    match case.stage:
        case "requested":
            return 1
        case "approved":
            return 2 if back else 4
        case "returned":
            return 12 if exchange else 3
        case "success":
            return 4
        case "rejected":
            return 9001 if case.returned_at else 9
        case _:
            return 5


def aftersale(case: WorldRefund, user_id: str) -> dict[str, Any]:
    return {
        "returnsId": case.refund_id, "returnType": RETURN_TYPE[case.kind], "reasonId": 1,
        "reasonNameZh": case.reason_text, "status": aftersale_status(case), "userId": user_id,
        "orderId": case.order_id, "applyTime": millis(case.requested_at), "updatedAt": millis(case.modified_at),
        "expireTime": -1, "desc": case.note, "returnsTag": 0, "expectedRefundAmountYuan": yuan(case.total)}


def aftersale_detail(case: WorldRefund, order: WorldOrder) -> dict[str, Any]:
    """`refundStatus` 2 = paid back, 1 = on its way."""
    lines = {line.line_id: line for line in order.lines}
    rows: Sequence[dict[str, Any]] = [
        {"skuId": lines[part.line_id].sku.sku_id, "price": yuan(lines[part.line_id].price),
         "boughtCount": lines[part.line_id].quantity, "appliedCount": part.quantity,
         "appliedTotalAmountYuan": yuan(part.goods)} for part in case.lines]
    moving = 2 if case.refunded_at else 1 if case.approved_at else 101
    return {"skus": rows, "exchangeSKUs": [], "appliedShipFeeAmountYuan": yuan(case.shipping),
            "appliedSkusAmountYuan": yuan(case.amount_goods), "cargoStatus": 0, "openAddressId": "",
            "refundAmountYuan": yuan(case.total if case.refunded_at else 0),
            "refundStatus": 0 if case.kind == "exchange" else moving, "refundTime": millis(case.refunded_at)}


def goods(product: WorldProduct, sku: WorldSku) -> dict[str, Any]:
    return {
        "item": {"id": product.product_id, "name": product.title, "categoryId": product.category_id,
                 "createTime": millis(product.listed_at), "updateTime": millis(product.modified_at)},
        "sku": {"id": sku.sku_id, "itemId": product.product_id, "name": f"{product.title} {sku.spec}",
                "price": sku.price, "originalPrice": sku.price, "stock": 100, "erpCode": sku.outer_id,
                "barcode": "6901234567466", "buyable": product.status == "on_sale", "isGift": product.is_gift}}
