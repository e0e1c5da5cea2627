"""An eBay seller served locally from the sandbox world: filters, offsets, number codes, fees and payouts.

Taxes of the United States are eBay's to collect: they are in no total and in no refund. Serves what eBay serves,
personal data included, so that tests can prove it is left out.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, time, timedelta
from typing import Any
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from connectors.sandbox.state import PlatformState, Rule
from connectors.sandbox.world import World, WorldLine, WorldOrder, WorldProduct, WorldRefund, WorldSku, money

PLATFORM, CONSENT = "ebay", timedelta(days=547)
LIFE = timedelta(hours=2)
RANGE = re.compile(r"(\w+):\[(\S+?)\.\.(\S*?)\]")
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
TWO_YEARS, AHEAD = timedelta(days=730), timedelta(seconds=5)
MOST = {"order": 200, "item": 200, "transaction": 1000, "payout": 200}
USUAL = {"order": 50, "item": 25, "transaction": 20, "payout": 20}
Span = tuple[datetime, datetime]


class Refused(Exception):
    def __init__(self, status: int, number: int, message: str, rule: Rule | None = None) -> None:
        self.status, self.number, self.message, self.rule = status, number, message, rule

    def answer(self) -> Response:
        error = {"errorId": self.number, "domain": "API_FULFILLMENT", "category": "REQUEST",
                 "message": self.message, "longMessage": self.message, "parameters": []}
        return JSONResponse({"errors": [error]}, self.status)


def throttled(seconds: float) -> Response:
    answer = Refused(429, 2001, "Too many requests.").answer()
    answer.headers["Retry-After"] = f"{seconds:g}"
    return answer


def credentials(state: PlatformState, base_url: str) -> dict[str, str]:
    return {"base_url": base_url, "client_id": state.secret("client", 20),
            "client_secret": state.secret("secret"), "refresh_token": f"v^1.1#{state.secret('consent', 40)}",
            "scopes": "sell.fulfillment.readonly sell.finances sell.inventory.readonly sell.analytics.readonly"}


def routes(world: World, state: PlatformState) -> list[BaseRoute]:
    seller = Seller(world, state)

    def route(path: str, answer: Callable[[Request], Any]) -> Route:
        async def endpoint(request: Request) -> Response:
            try:
                seller.admit(request)
                state.note(path, **dict(request.query_params))
                found = answer(request)
            except Refused as refusal:
                if refusal.rule:
                    state.violation(refusal.rule, f"{request.url.path}: {refusal.message}")
                return refusal.answer()
            return Response(status_code=204) if found is None else JSONResponse(found)

        return Route(path, endpoint, methods=["GET"])

    return [
        Route("/identity/v1/oauth2/token", seller.token, methods=["POST"]),
        route("/commerce/identity/v1/user/", seller.user),
        route("/sell/fulfillment/v1/order", seller.orders),
        route("/sell/inventory/v1/inventory_item", seller.items),
        route("/sell/inventory/v1/offer", seller.offers),
        route("/sell/analytics/v1/traffic_report", seller.traffic),
        route("/sell/finances/v1/transaction", seller.transactions),
        route("/sell/finances/v1/payout", seller.payouts),
    ]


class Seller:
    def __init__(self, world: World, state: PlatformState) -> None:
        self.world, self.state = world, state
        self.shop = world.shops[PLATFORM]
        self.zone = ZoneInfo(self.shop.tz)
        self.tokens = state.tokens("user", LIFE)

    # --- the door

    async def token(self, request: Request) -> Response:
        form, known = dict(parse_qsl((await request.body()).decode())), credentials(self.state, "")
        pair = base64.b64encode(f"{known['client_id']}:{known['client_secret']}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {pair}":
            return JSONResponse({"error": "invalid_client"}, 401)
        if form.get("grant_type") != "refresh_token" or form.get("refresh_token") != known["refresh_token"]:
            return JSONResponse({"error": "invalid_grant"}, 400)
        issued = self.tokens.issue()
        return JSONResponse({"access_token": issued.access_token, "token_type": "User Access Token",
                             "expires_in": int(LIFE.total_seconds())})

    def admit(self, request: Request) -> None:
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        if self.tokens.check(bearer) != "ok":
            raise Refused(401, 1001, "Invalid access token")
        if set("[]{}|") & set(request.scope["query_string"].decode()):
            raise Refused(400, 30810, "brackets must be percent-encoded", "other")

    def traffic(self, request: Request) -> dict[str, Any]:
        """At most ninety days, in eBay's own form as the shop's day is eBay's; none that begins after the day before
        yesterday. A table whose columns stand in the header, days as one number."""
        query = request.query_params
        span = re.search(r"date_range:\[(\d{8})\.\.(\d{8})\]", query.get("filter", ""))
        if query.get("dimension") != "DAY" or not span or "marketplace_ids:{EBAY_US}" not in query["filter"]:
            raise Refused(400, 50000, "dimension, marketplace_ids and date_range are required", "other")
        first, last = (datetime.fromisoformat(moment).date() for moment in span.groups())
        if (last - first).days > 90:
            raise Refused(400, 50008, "more than 90 days", "window")
        if first > self.world.now.astimezone(self.zone).date() - timedelta(days=2):
            raise Refused(400, 50010, "begins after the last day there is", "window")
        seen = [row for row in self.world.traffic(PLATFORM)
                if row.channel == "all" and not row.product_id and first <= row.date <= last]
        columns: dict[str, Callable[[Any], Any]] = {
            "LISTING_VIEWS_TOTAL": lambda row: row.page_views,
            "LISTING_IMPRESSION_TOTAL": lambda row: row.page_views * 9}
        asked = query["metric"].split(",")
        return {"startDate": str(first), "endDate": str(last),
                "header": {"dimensionKeys": [{"key": "DAY", "dataType": "DATE"}],
                           "metrics": [{"key": key, "localizedName": key.title()} for key in asked]},
                "records": [{"dimensionValues": [{"value": f"{row.date:%Y%m%d}", "applicable": True}],
                             "metricValues": [{"value": columns[key](row), "applicable": True} for key in asked]}
                            for row in seen]}

    def page(self, request: Request, kind: str, rows: list[Any]) -> tuple[list[Any], dict[str, Any]]:
        limit = int(request.query_params.get("limit", USUAL[kind]))
        offset = int(request.query_params.get("offset", 0))
        if not 1 <= limit <= MOST[kind]:
            raise Refused(400, 31100, f"limit {limit}", "page_size")
        if offset < 0:
            raise Refused(400, 31000, f"offset {offset}", "other")
        link = f"{request.url.path}?limit={limit}&offset="
        more = {"next": f"{link}{offset + limit}"} if offset + limit < len(rows) else {}
        return rows[offset:offset + limit], {
            "href": f"{link}{offset}", "total": len(rows), "limit": limit, "offset": offset, **more}

    def spans(self, request: Request, names: Iterable[str]) -> dict[str, Span]:
        """Date filters, both ends included."""
        found: dict[str, Span] = {}
        for name, start, end in RANGE.findall(request.query_params.get("filter", "")):
            if name not in names:
                raise Refused(400, 30700, f"filter {name}", "fields")
            if not INSTANT.fullmatch(start) or (end and not INSTANT.fullmatch(end)):
                raise Refused(400, 30810, f"dates of {name}", "window")
            first = datetime.fromisoformat(start)
            last = datetime.fromisoformat(end) if end else self.world.now
            if first < self.world.now - TWO_YEARS:
                raise Refused(400, 30830, f"{name} begins more than two years back", "reach")
            if last < first:
                raise Refused(400, 30840, f"{name} ends before it begins", "window")
            if max(first, last) > self.world.now + AHEAD:
                raise Refused(400, 30850, f"{name} lies in the future", "window")
            found[name] = (first, last + timedelta(microseconds=1))
        return found

    # --- orders

    def orders(self, request: Request) -> dict[str, Any]:
        spans = self.spans(request, ("creationdate", "lastmodifieddate"))
        if created := spans.get("creationdate"):
            found = self.world.orders(PLATFORM, created=created)
        elif modified := spans.get("lastmodifieddate"):
            found = self.world.orders(PLATFORM, modified=modified)
        else:
            recent = (self.world.now - timedelta(days=90), self.world.now + timedelta(seconds=1))
            found = self.world.orders(PLATFORM, created=recent)
        found.sort(key=lambda order: (order.created_at, order.order_id))
        rows, frame = self.page(request, "order", found)
        return {**frame, "orders": [self.order(order) for order in rows]}

    def order(self, order: WorldOrder) -> dict[str, Any]:
        cases = [case for case in self.world.refunds_of(PLATFORM, order.order_id) if case.refunded_at]
        buyer, due = order.buyer, order.goods + order.shipping
        back = sum(given(order, case) for case in cases)
        discount = {"priceDiscount": self.cash(-order.seller_discount)} if order.seller_discount else {}
        payment = {"paymentMethod": "EBAY", "paymentReferenceId": f"ref-{order.number}", "amount": self.cash(due)}
        paid = {"paymentDate": stamp(order.paid_at), "paymentStatus": "PAID"} if order.paid_at else {
            "paymentStatus": "PENDING"}
        return {
            "orderId": order.order_id, "creationDate": stamp(order.created_at),
            "lastModifiedDate": stamp(order.modified_at), "sellerId": self.shop.shop_id,
            "orderFulfillmentStatus": order.native_status or ("FULFILLED" if order.shipped_at else "NOT_STARTED"),
            "orderPaymentStatus": payment_status(order, back, due), "salesRecordReference": str(order.number),
            "buyer": {"username": buyer.buyer_id, "buyerRegistrationAddress": {"fullName": buyer.name}},
            "buyerCheckoutNotes": order.buyer_note or "none", "ebayCollectAndRemitTax": True,
            "cancelStatus": {"cancelState": "CANCELED" if order.cancelled_at else "NONE_REQUESTED",
                             "cancelRequests": [],
                             **({"cancelledDate": stamp(order.cancelled_at)} if order.cancelled_at else {})},
            "pricingSummary": {"priceSubtotal": self.cash(order.list_amount), **discount,
                               "deliveryCost": self.cash(order.shipping), "total": self.cash(due)},
            "paymentSummary": {"totalDueSeller": self.cash(due - back), "payments": [payment | paid],
                               "refunds": [self.refund(order, case) for case in cases]},
            "fulfillmentStartInstructions": [{"fulfillmentInstructionsType": "SHIP_TO", "shippingStep": {
                "shippingCarrierCode": "USPS", "shipTo": {
                    "fullName": buyer.name, "email": buyer.email, "primaryPhone": {"phoneNumber": buyer.phone},
                    "contactAddress": {"addressLine1": buyer.address, "city": buyer.city,
                                       "stateOrProvince": buyer.province, "postalCode": buyer.postcode,
                                       "countryCode": buyer.country}}}}],
            "fulfillmentHrefs": [], "lineItems": [self.line(order, line, cases) for line in order.lines],
            "totalFeeBasisAmount": self.cash(due), "totalMarketplaceFee": self.cash(0)}

    def line(self, order: WorldOrder, line: WorldLine, cases: Iterable[WorldRefund]) -> dict[str, Any]:
        discounted = {"discountedLineItemCost": self.cash(line.goods)} if line.seller_discount else {}
        return {
            "lineItemId": line.line_id, "legacyItemId": line.product.product_id, "sku": line.sku.sku_id,
            "title": line.product.title, "quantity": line.quantity, "soldFormat": "FIXED_PRICE",
            "listingMarketplaceId": "EBAY_US", "purchaseMarketplaceId": "EBAY_US",
            "lineItemCost": self.cash(line.list_amount), **discounted, "total": self.cash(line.goods),
            "lineItemFulfillmentStatus": "FULFILLED" if order.shipped_at else "NOT_STARTED", "taxes": [],
            "ebayCollectAndRemitTaxes": [{"taxType": "STATE_SALES_TAX", "amount": self.cash(line.tax),
                                          "collectionMethod": "NET"}],
            "properties": {"buyerProtection": True,
                           **({"soldViaAdCampaign": True} if order.channel == "ad" else {})},
            "refunds": [{"refundId": case.refund_id, "refundDate": stamp(case.refunded_at),
                         "amount": self.cash(part.goods)}
                        for case in cases for part in case.lines if part.line_id == line.line_id]}

    def refund(self, order: WorldOrder, case: WorldRefund) -> dict[str, Any]:
        return {"refundId": case.refund_id, "refundReferenceId": f"6{case.refund_id}",
                "amount": self.cash(given(order, case)), "refundDate": stamp(case.refunded_at),
                "refundStatus": "REFUNDED"}

    # --- items

    def items(self, request: Request) -> dict[str, Any]:
        """`offset` counts pages here."""
        skus = [(product, sku) for product in self.listed() for sku in product.skus]
        limit, page = (int(request.query_params.get(name, usual)) for name, usual in (("limit", 25), ("offset", 0)))
        if not 1 <= limit <= MOST["item"]:
            raise Refused(400, 25709, f"limit {limit}", "page_size")
        rows = skus[page * limit:(page + 1) * limit]
        stock = {row.sku_id: row.on_hand for row in self.world.inventory(PLATFORM)}
        path = f"{request.url.path}?limit={limit}&offset="
        more = {"next": f"{path}{page + 1}"} if (page + 1) * limit < len(skus) else {}
        return {"href": f"{path}{page}", "total": len(skus), "size": len(rows), "limit": limit, **more,
                "inventoryItems": [self.item(product, sku, stock.get(sku.sku_id, 0)) for product, sku in rows]}

    def item(self, product: WorldProduct, sku: WorldSku, stock: int) -> dict[str, Any]:
        return {"sku": sku.sku_id, "locale": "en_US", "condition": "NEW",
                "product": {"title": product.title, "brand": product.brand, "aspects": {"Style": [sku.spec]}},
                "availability": {"shipToLocationAvailability": {"quantity": stock}}}

    def offers(self, request: Request) -> dict[str, Any]:
        for product in self.listed():
            for sku in product.skus:
                if sku.sku_id == request.query_params.get("sku") and product.status == "on_sale":
                    offer = {"offerId": f"9{product.product_id}", "sku": sku.sku_id, "marketplaceId": "EBAY_US",
                             "format": "FIXED_PRICE", "categoryId": product.category_id, "status": "PUBLISHED",
                             "listing": {"listingId": product.product_id, "listingStatus": "ACTIVE"},
                             "pricingSummary": {"price": self.cash(sku.price)}}
                    return {"total": 1, "size": 1, "limit": 100, "offers": [offer]}
        raise Refused(404, 25713, "This Offer is not available.")

    def listed(self) -> list[WorldProduct]:
        return [product for product in self.world.products(PLATFORM) if product.status != "deleted"]

    def user(self, request: Request) -> dict[str, Any]:
        return {"userId": "EDBLT3IJRSA", "username": self.shop.shop_id, "accountType": "BUSINESS",
                "registrationMarketplaceId": "EBAY_US", "businessAccount": {"name": self.shop.name}}

    # --- money

    def transactions(self, request: Request) -> dict[str, Any] | None:
        span = self.spans(request, ("transactionDate",)).get("transactionDate")
        return self.movements(request, "transaction", "transactions", span, [
            *self.sales(), *self.refunded(), *self.ads()])

    def payouts(self, request: Request) -> dict[str, Any] | None:
        rows = [(datetime.combine(row.date, time(12), self.zone), {
            "payoutId": row.settlement_id, "payoutStatus": "SUCCEEDED", "amount": self.cash(row.amount),
            "payoutInstrument": {"instrumentType": "BANK", "nickname": "House bank", "accountLastFourDigits": "4321"},
            "transactionCount": 1, "payoutDate": stamp(datetime.combine(row.date, time(12), self.zone))})
            for row in self.world.settlements(PLATFORM)]
        span = self.spans(request, ("payoutDate",)).get("payoutDate")
        return self.movements(request, "payout", "payouts", span, rows)

    def movements(self, request: Request, kind: str, name: str, span: Span | None,
                  rows: list[tuple[datetime, dict[str, Any]]]) -> dict[str, Any] | None:
        """Newest first; nothing is 204."""
        start, end = span or (self.world.now - timedelta(days=90), self.world.now)
        kept = [row for at, row in sorted(rows, key=lambda row: row[0], reverse=True) if start <= at < end]
        cut, frame = self.page(request, kind, kept)
        return {**frame, name: cut} if kept else None

    def sales(self) -> Iterable[tuple[datetime, dict[str, Any]]]:
        for fee in self.world.fees(PLATFORM):
            order = self.world.order(PLATFORM, fee.order_id or "")
            if order is None:
                continue
            part = {"feeType": "FINAL_VALUE_FEE", "amount": self.cash(fee.amount)}
            line = {"lineItemId": order.lines[0].line_id, "feeBasisAmount": self.cash(order.total),
                    "marketplaceFees": [part]}
            yield fee.charged_at, self.movement(
                f"11-{order.number}", "SALE", "CREDIT", order.goods + order.shipping - fee.amount, fee.charged_at,
                orderId=order.order_id, buyer={"username": order.buyer.buyer_id}, orderLineItems=[line],
                totalFeeAmount=self.cash(fee.amount))

    def refunded(self) -> Iterable[tuple[datetime, dict[str, Any]]]:
        for case in self.world.refunds(PLATFORM):
            order = self.world.order(PLATFORM, case.order_id)
            if case.refunded_at and order:
                yield case.refunded_at, self.movement(
                    f"12-{case.number}", "REFUND", "DEBIT", given(order, case), case.refunded_at,
                    orderId=case.order_id, orderLineItems=[])

    def ads(self) -> Iterable[tuple[datetime, dict[str, Any]]]:
        """Charged at noon of the day."""
        for number, row in enumerate(self.world.ads(PLATFORM)):
            at = datetime.combine(row.date, time(12), self.zone)
            yield at, self.movement(f"13-{number}", "NON_SALE_CHARGE", "DEBIT", row.spend, at, feeType="AD_FEE")

    def movement(self, number: str, kind: str, entry: str, amount: int, at: datetime, **more: Any) -> dict[str, Any]:
        return {"transactionId": number, "transactionType": kind, "transactionStatus": "PAYOUT",
                "bookingEntry": entry, "amount": self.cash(amount), "transactionDate": stamp(at),
                "transactionMemo": "memo", "paymentsEntity": "eBay Commerce Inc.", **more}

    def cash(self, minor: int) -> dict[str, str]:
        return {"value": money(minor, self.shop.currency), "currency": self.shop.currency}


def given(order: WorldOrder, case: WorldRefund) -> int:
    """What a refund gives back without the taxes that eBay collected."""
    return min(case.total - case.tax, order.goods + order.shipping)


def payment_status(order: WorldOrder, back: int, due: int) -> str:
    if not order.paid_at:
        return "FAILED" if order.cancelled_by == "timeout" else "PENDING"
    if back:
        return "FULLY_REFUNDED" if back >= due else "PARTIALLY_REFUNDED"
    return "PAID"


def stamp(at: datetime | None) -> str:
    assert at is not None
    return f"{at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"
