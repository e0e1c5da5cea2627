"""A Walmart seller served locally from the sandbox world: short tokens, lists by shipper, cursors that count.

Every fifth order is shipped by Walmart, every seventh of the others by a third party. Serves what Walmart serves,
personal data included, so that tests can prove it is left out.
"""

from __future__ import annotations

import base64
import csv
import io
import time
import zipfile
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from connectors.engine.values import to_millis
from connectors.sandbox.state import PlatformState, Rule
from connectors.sandbox.world import (
    World,
    WorldLine,
    WorldOrder,
    WorldProduct,
    WorldRefund,
    WorldRefundLine,
    WorldSku,
    major,
)

PLATFORM = "walmart"
LIFE = timedelta(minutes=15)
OLDEST, USUAL, MOST = timedelta(days=180), timedelta(days=7), 10_000
SHIPPERS = ("SellerFulfilled", "WFSFulfilled", "3PLFulfilled")
REASONS = {"quality": "DEFECTIVE", "size": "BOUGHT_ANOTHER_SIZE_OR_COLOR", "late": "ARRIVED_LATE",
           "changed_mind": "CHANGED_MIND", "other": "OTHER"}
RECON_COLUMNS = ["Period Start Date", "Period End Date", "Total Payable", "Currency", "Transaction Posted Timestamp",
                 "Transaction Type", "Transaction Description", "Purchase Order #", "Amount", "Amount Type"]
Span = tuple[datetime, datetime]


class Refused(Exception):
    def __init__(self, status: int, code: str, rule: Rule | None = None, detail: str = "") -> None:
        self.status, self.code, self.rule, self.detail = status, code, rule, detail

    def answer(self) -> Response:
        return JSONResponse({"errors": {"error": [{
            "code": self.code, "info": self.code.partition(".")[0].replace("_", " ").capitalize(),
            "severity": "ERROR", "category": "DATA", "description": self.detail or self.code, "causes": []}]}},
            self.status)


def throttled(seconds: float) -> Response:
    answer = Refused(429, "REQUEST_THRESHOLD_VIOLATED.GMP_GATEWAY_API").answer()
    answer.headers["X-Current-Token-Count"] = "0"
    answer.headers["X-Next-Replenishment-Time"] = str(int((time.time() + seconds) * 1000))
    return answer


def credentials(state: PlatformState, base_url: str) -> dict[str, str]:
    return {"base_url": base_url, "client_id": state.secret("client", 36), "client_secret": state.secret("secret", 60)}


def routes(world: World, state: PlatformState) -> list[BaseRoute]:
    seller = Seller(world, state)

    def route(path: str, answer: Callable[[Request], Any]) -> Route:
        async def endpoint(request: Request) -> Response:
            try:
                seller.admit(request)
                state.note(path, **dict(request.query_params))
                found, left = answer(request), {"X-Current-Token-Count": "180"}
                if isinstance(found, bytes):
                    return Response(found, media_type="application/octet-stream", headers=left)
                return JSONResponse(found, headers=left)
            except Refused as refusal:
                if refusal.rule:
                    state.violation(refusal.rule, f"{request.url.path}: {refusal.detail or refusal.code}")
                return refusal.answer()

        return Route(path, endpoint, methods=["GET"])

    return [
        Route("/v3/token", seller.token, methods=["POST"]),
        route("/v3/orders", seller.orders),
        route("/v3/returns", seller.returns),
        route("/v3/items", seller.items),
        route("/v3/report/payment/statement", seller.statement),
        route("/v3/report/reconreport/availableReconFiles", seller.recon_dates),
        route("/v3/report/reconreport/reconFile", seller.recon_file),
    ]


class Seller:
    def __init__(self, world: World, state: PlatformState) -> None:
        self.world, self.state = world, state
        self.shop = world.shops[PLATFORM]
        self.tokens = state.tokens("seller", LIFE)
        self.correlations: set[str] = set()

    # --- the door

    def named(self, request: Request) -> None:
        """What every call carries, that for a token too."""
        correlation = request.headers.get("wm_qos.correlation_id", "")
        if not correlation or correlation in self.correlations:
            raise Refused(400, "INVALID_REQUEST_HEADER.GMP_GATEWAY_API", "other", "WM_QOS.CORRELATION_ID")
        self.correlations.add(correlation)
        kind = "octet-stream" if request.url.path.endswith("/reconFile") else "json"
        if not request.headers.get("wm_svc.name") or request.headers.get("accept") != f"application/{kind}":
            raise Refused(400, "INVALID_REQUEST_HEADER.GMP_GATEWAY_API", "other", "WM_SVC.NAME, Accept")

    async def token(self, request: Request) -> Response:
        form, known = dict(parse_qsl((await request.body()).decode())), credentials(self.state, "")
        pair = base64.b64encode(f"{known['client_id']}:{known['client_secret']}".encode()).decode()
        try:
            self.named(request)
            if request.headers.get("authorization") != f"Basic {pair}":
                raise Refused(401, "UNAUTHORIZED.GMP_GATEWAY_API")
            if form.get("grant_type") != "client_credentials":
                raise Refused(400, "INVALID_REQUEST_PARAM.GMP_GATEWAY_API", "other", "grant_type")
        except Refused as refusal:
            return refusal.answer()
        issued = self.tokens.issue()
        return JSONResponse({"access_token": issued.access_token, "token_type": "Bearer",
                             "expires_in": int(LIFE.total_seconds())})

    def admit(self, request: Request) -> None:
        self.named(request)
        if self.tokens.check(request.headers.get("wm_sec.access_token")) != "ok":
            raise Refused(401, "INVALID_TOKEN.GMP_GATEWAY_API")

    def span(self, request: Request, start: str, end: str) -> Span | None:
        """Both ends are left out."""
        query = request.query_params
        if start not in query and end not in query:
            return None
        first = _instant(query[start]) if start in query else datetime.min.replace(tzinfo=UTC)
        last = _instant(query[end]) if end in query else self.world.now + timedelta(seconds=1)
        if start in query and first < self.world.now - OLDEST:
            raise Refused(400, "INVALID_REQUEST_PARAM.GMP_ORDER_API", "reach", f"{start} is too early")
        return first + timedelta(microseconds=1), last

    def page(self, request: Request, rows: Sequence[Any], usual: int) -> tuple[Sequence[Any], dict[str, Any]]:
        query = dict(request.query_params)
        limit, at = int(query.get("limit", usual)), int(query.get("poIndex", 0))
        if not 1 <= limit <= 200:
            raise Refused(400, "INVALID_REQUEST_PARAM.GMP_ORDER_API", "page_size", f"limit {limit}")
        if len(rows) > MOST:
            raise Refused(400, "INVALID_REQUEST_PARAM.GMP_ORDER_API", "depth", f"{len(rows)} rows")
        further = None
        if at + limit < len(rows):
            further = "?" + urlencode(query | {
                "limit": limit, "hasMoreElements": "true", "soIndex": len(rows), "poIndex": at + limit,
                "partnerId": self.shop.shop_id, "sellerId": "8"})
        return rows[at:at + limit], {"totalCount": len(rows), "limit": limit, "nextCursor": further}

    # --- orders

    def orders(self, request: Request) -> dict[str, Any]:
        query = request.query_params
        made = self.span(request, "createdStartDate", "createdEndDate") or (self.world.now - USUAL, self.world.now)
        if "createdStartDate" not in query:
            made = (self.world.now - USUAL, made[1])
        found = [order for order in self.world.orders(PLATFORM) if made[0] <= order.created_at < made[1]]
        if changed := self.span(request, "lastModifiedStartDate", "lastModifiedEndDate"):
            found = [order for order in found if changed[0] <= order.modified_at < changed[1]]
        shipper = query.get("shipNodeType", SHIPPERS[0])
        if shipper not in SHIPPERS:
            raise Refused(400, "INVALID_REQUEST_PARAM.GMP_ORDER_API", "other", "shipNodeType")
        found = [order for order in found if ships(order) == shipper]
        if not found:
            raise Refused(404, "CONTENT_NOT_FOUND.GMP_ORDER_API")
        found.sort(key=lambda order: (order.created_at, order.order_id), reverse=True)
        rows, meta = self.page(request, found, 100)
        return {"list": {"meta": meta, "elements": {"order": _elements([self.order(order) for order in rows])}}}

    def order(self, order: WorldOrder) -> dict[str, Any]:
        buyer = order.buyer
        return {
            "purchaseOrderId": order.order_id, "customerOrderId": f"2{order.order_id}", "orderType": "REGULAR",
            "customerEmailId": buyer.email, "orderDate": to_millis(order.created_at), "buyerId": buyer.buyer_id,
            "isGuest": False, "shipNode": {"type": ships(order)},
            "shippingInfo": {"phone": buyer.phone, "methodCode": "Standard",
                             "estimatedDeliveryDate": to_millis(order.created_at + timedelta(days=5)),
                             "postalAddress": {"name": buyer.name, "address1": buyer.address, "address2": None,
                                               "city": buyer.city, "state": buyer.province,
                                               "postalCode": buyer.postcode, "country": "USA",
                                               "addressType": "RESIDENTIAL"}},
            "orderLines": {"orderLine": _elements([
                self.line(order, line, order.shipping if place == 0 else 0, order.shipping_tax if place == 0 else 0)
                for place, line in enumerate(order.lines)])}}

    def line(self, order: WorldOrder, line: WorldLine, postage: int, postage_tax: int) -> dict[str, Any]:
        """Prices come after discounts."""
        charges = [self.charge("PRODUCT", "ItemPrice", line.goods, line.tax)]
        if postage:
            charges.append(self.charge("SHIPPING", "Shipping", postage, postage_tax))
        status, at = line_status(order)
        quantity = {"unitOfMeasurement": "EACH", "amount": str(line.quantity)}
        tracked = {"trackingInfo": {"shipDateTime": to_millis(order.shipped_at), "carrierName": {"carrier": "USPS"},
                                    "trackingNumber": "9400", "methodCode": "Standard"}} if order.shipped_at else {}
        return {
            "lineNumber": line.line_id, "item": {"productName": line.product.title, "sku": line.sku.sku_id},
            "charges": {"charge": _elements(charges)}, "orderLineQuantity": quantity, "statusDate": to_millis(at),
            "orderLineStatuses": {"orderLineStatus": _elements([
                {"status": status, "statusQuantity": quantity, "cancellationReason": None, **tracked}])},
            **self.line_refund(order, line)}

    def line_refund(self, order: WorldOrder, line: WorldLine) -> dict[str, Any]:
        """A line tells of the money it gave back, whether there is a return (which it may name) or not."""
        for case in self.world.refunds_of(PLATFORM, order.order_id):
            for part in case.lines:
                if part.line_id == line.line_id and case.refunded_at:
                    named = {"returnOrderId": case.refund_id} if has_return(case) and order.number % 2 else {}
                    charge = self.charge("PRODUCT", "ItemPrice", -part.goods, -part.tax)
                    return named | {"refund": {
                        "refundId": f"9{case.refund_id}", "refundComments": case.note, "refundCharges": {
                            "refundCharge": _elements([{"refundReason": "DefectiveItem", "charge": charge}])}}}
        return {"refund": None}

    def charge(self, kind: str, name: str, amount: int, tax: int) -> dict[str, Any]:
        return {"chargeType": kind, "chargeName": name, "chargeAmount": self.cash(amount),
                "tax": {"taxName": "Tax1", "taxAmount": self.cash(tax)}}

    def cash(self, minor: int) -> dict[str, Any]:
        return {"currency": self.shop.currency, "amount": minor / 100}

    # --- returns

    def returns(self, request: Request) -> dict[str, Any]:
        query = request.query_params
        found = [case for case in self.world.refunds(PLATFORM) if has_return(case)]
        for start, end, at in (("returnCreationStartDate", "returnCreationEndDate", "requested_at"),
                               ("returnLastModifiedStartDate", "returnLastModifiedEndDate", "modified_at")):
            if span := self.span(request, start, end):
                found = [case for case in found if span[0] <= getattr(case, at) < span[1]]
        if customer := query.get("customerOrderId"):
            found = [case for case in found if f"2{case.order_id}" == customer]
        if not found:
            raise Refused(404, "CONTENT_NOT_FOUND.GMP_RETURNS_API")
        found.sort(key=lambda case: (case.requested_at, case.refund_id), reverse=True)
        rows, meta = self.page(request, found, 10)
        told = query.get("replacementInfo") == "true"
        return {"meta": meta, "returnOrders": [
            self.case(case) | ({"returnType": "REFUND"} if told else {}) for case in rows]}

    def case(self, case: WorldRefund) -> dict[str, Any]:
        order = self.world.order(PLATFORM, case.order_id)
        assert order is not None
        first, _, last = order.buyer.name.partition(" ")
        return {
            "returnOrderId": case.refund_id, "customerEmailId": order.buyer.email,
            "customerName": {"firstName": order.buyer.name, "lastName": last or first},
            "customerOrderId": f"2{case.order_id}", "returnOrderDate": _iso(case.requested_at),
            "refundMode": "POST_DELIVERY", "returnChannel": {"channelName": "ONLINE"},
            "totalRefundAmount": self.amount(case.total), "returnLineGroups": [],
            "returnOrderLines": [self.case_line(case, part, place) for place, part in enumerate(case.lines, start=1)]}

    def case_line(self, case: WorldRefund, part: WorldRefundLine, place: int) -> dict[str, Any]:
        postage = case.shipping if place == 1 else 0
        tax = part.tax + (case.tax - sum(line.tax for line in case.lines) if place == 1 else 0)
        totals = {"lineUnitPrice": part.goods // max(part.quantity, 1), "lineProductTaxes": part.tax,
                  "lineTotalTaxes": tax, "lineShippingFee": postage, "lineSubTotal": part.goods,
                  "lineTotal": part.goods + postage + tax}
        status = {"success": "COMPLETED", "rejected": "COMPLETED", "closed": "CANCELLED",
                  "returned": "DELIVERED"}.get(case.stage, "INITIATED")
        events = [("RETURN_INITIATED", case.requested_at), ("RETURN_DELIVERED", case.returned_at),
                  ("REFUND_COMPLETED", case.refunded_at)]
        return {
            "returnOrderLineNumber": place, "salesOrderLineNumber": int(part.line_id),
            "purchaseOrderId": case.order_id, "purchaseOrderLineNumber": int(part.line_id),
            "returnReason": REASONS[case.reason], "chargeTotals": [
                {"name": name, "value": self.amount(minor)} for name, minor in totals.items()],
            "quantity": {"unitOfMeasure": "EACH", "measurementValue": part.quantity},
            "returnExpectedFlag": True, "isKeepIt": False, "refundedQty": part.quantity if case.refunded_at else 0,
            "currentRefundStatus": "REFUND_COMPLETED" if case.refunded_at else "NOT_REFUNDED", "status": status,
            "statusTime": _iso(case.modified_at), "returnTrackingDetail": [
                {"sequenceNo": number, "eventTag": tag, "eventDescription": tag, "eventTime": _iso(at)}
                for number, (tag, at) in enumerate(events) if at]}

    def amount(self, minor: int) -> dict[str, Any]:
        return {"currencyAmount": minor / 100, "currencyUnit": self.shop.currency}

    # --- items, the seller

    def items(self, request: Request) -> dict[str, Any]:
        """The cursor is the same on every page: the server counts."""
        limit, cursor = int(request.query_params.get("limit", 20)), request.query_params.get("nextCursor", "*")
        if not 1 <= limit <= 50:
            raise Refused(400, "INVALID_REQUEST_PARAM.GMP_ITEM_API", "page_size", f"limit {limit}")
        at = 0 if cursor == "*" else self.scroll
        skus = [(product, sku) for product in self.world.products(PLATFORM) if product.status != "deleted"
                for sku in product.skus]
        self.scroll = at + limit
        return {"ItemResponse": [self.item(product, sku) for product, sku in skus[at:at + limit]],
                "totalItems": len(skus), "nextCursor": "AoE/GjBSTTU5SFNaMTNM0"}

    scroll = 0

    def item(self, product: WorldProduct, sku: WorldSku) -> dict[str, Any]:
        return {"mart": "WALMART_US", "sku": sku.sku_id, "wpid": f"0R{product.product_id}", "upc": "", "gtin": "",
                "productName": product.title, "productType": product.category, "shelf": "[]",
                "price": {"currency": self.shop.currency, "amount": sku.price / 100},
                "publishedStatus": "PUBLISHED" if product.status == "on_sale" else "UNPUBLISHED",
                "lifecycleStatus": "ACTIVE"}

    # --- reconciliation reports

    def recon_dates(self, request: Request) -> dict[str, Any]:
        if request.query_params.get("reportVersion") != "v1":
            raise Refused(400, "INVALID_REQUEST_PARAM.GMP_REPORT_API", "other", "reportVersion")
        return {"availableApReportDates": [f"{row.date:%m%d%Y}" for row in self.world.settlements(PLATFORM)][::-1]}

    def recon_file(self, request: Request) -> bytes:
        """A zip with one CSV: a line that counts the others, the payment, and a sale and its commission an order."""
        paid = {f"{row.date:%m%d%Y}": row for row in self.world.settlements(PLATFORM)}
        row = paid.get(request.query_params.get("reportDate", ""))
        if row is None or request.query_params.get("reportVersion") != "v1":
            raise Refused(404, "CONTENT_NOT_FOUND.GMP_REPORT_API")
        earlier = max((other.date for other in paid.values() if other.date < row.date), default=date.min)
        zone = ZoneInfo(self.shop.tz)
        lines = [["", "", f"{major(row.amount):.2f}", self.shop.currency, f"{row.date:%m/%d/%Y}", "PaymentSummary", "",
                  "", "", ""]]
        for fee in self.world.fees(PLATFORM):
            day = fee.charged_at.astimezone(zone).date()
            if earlier < day <= row.date:
                about = ["", "", "", "", f"{day:%m/%d/%Y}", "Sale", "Purchase", fee.order_id or ""]
                lines += [[*about, "100.00", "Product Price"],
                          [*about, f"{-major(fee.amount):.2f}", "Commission on Product"]]
        text, packed = io.StringIO(), io.BytesIO()
        text.write(f"Number of Lines in file {len(lines)}\n")
        csv.writer(text).writerows([RECON_COLUMNS, *lines])
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("recon.csv", text.getvalue())
        return packed.getvalue()

    def statement(self, request: Request) -> dict[str, Any]:
        return {"statusCode": 200, "status": "OK", "partnerId": self.shop.shop_id, "payload": {}}


def ships(order: WorldOrder) -> str:
    return SHIPPERS[1 if order.number % 5 == 0 else 2 if order.number % 7 == 0 else 0]


def has_return(case: WorldRefund) -> bool:
    """Money given back without goods is a word of the seller on the order's line."""
    return case.kind == "return_refund"


def line_status(order: WorldOrder) -> tuple[str, datetime]:
    if order.native_status:
        return order.native_status, order.modified_at
    for word, at in (("Cancelled", order.cancelled_at), ("Delivered", order.delivered_at),
                     ("Shipped", order.shipped_at)):
        if at:
            return word, at
    return ("Created" if order.number % 2 else "Acknowledged"), order.created_at


def _elements(rows: list[Any]) -> Any:
    """A list of one arrives as the bare object now and then."""
    return rows[0] if len(rows) == 1 else rows


def _iso(at: datetime | None) -> str:
    assert at is not None
    return f"{at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"


def _instant(value: str) -> datetime:
    found = datetime.fromisoformat(value)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
