"""An Etsy shop served locally from the sandbox world: key header, PKCE-style tokens, epoch windows, the ledger.

Serves what Etsy serves, personal data included, so that tests can prove it is left out.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, time, timedelta
from typing import Any
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from connectors.engine.values import from_seconds, to_seconds
from connectors.etsy.client import API
from connectors.sandbox.state import PlatformState, Rule, TokenPair
from connectors.sandbox.world import World, WorldLine, WorldOrder, WorldProduct, WorldRefund

PLATFORM, USER = "etsy", 81234567
LIFE = timedelta(hours=1)
EARLIEST = 946_684_800
PER_SECOND, PER_DAY, DEPTH = 150, 100_000, 12_000
PAYMENTS = 5_000_000_000
STATES = {"active": "on_sale", "inactive": "off_shelf", "sold_out": "", "expired": "", "draft": ""}
Entry = tuple[datetime, dict[str, Any]]


class Refused(Exception):
    def __init__(self, status: int, words: str, rule: Rule | None = None) -> None:
        self.status, self.words, self.rule = status, words, rule


def throttled(seconds: float) -> Response:
    return JSONResponse({"error": "Exceeded the per-second rate limit"}, 429, {
        "retry-after": f"{seconds:g}", "x-limit-per-second": str(PER_SECOND), "x-remaining-this-second": "0",
        "x-limit-per-day": str(PER_DAY), "x-remaining-today": "90000"})


def _tokens(state: PlatformState) -> Any:
    return state.tokens("shop", LIFE)


def credentials(state: PlatformState, base_url: str) -> dict[str, str]:
    pair = _tokens(state).current()
    return {"base_url": base_url, "keystring": state.secret("keystring", 24),
            "shared_secret": state.secret("shared", 10), "shop_id": "28123456",
            "access_token": worded(pair.access_token), "refresh_token": worded(pair.refresh_token)}


def worded(token: str) -> str:
    """The user's number stands before the dot."""
    return f"{USER}.{token}"


def routes(world: World, state: PlatformState) -> list[BaseRoute]:
    shop = Shop(world, state)

    def route(path: str, answer: Callable[[Request], Any]) -> Route:
        async def endpoint(request: Request) -> Response:
            try:
                shop.admit(request)
                state.note(path, **dict(request.query_params))
                found = answer(request)
            except Refused as refusal:
                if refusal.rule:
                    state.violation(refusal.rule, f"{request.url.path}: {refusal.words}")
                return JSONResponse({"error": refusal.words}, refusal.status)
            return JSONResponse(found, headers={
                "x-limit-per-second": str(PER_SECOND), "x-remaining-this-second": str(PER_SECOND - 1),
                "x-limit-per-day": str(PER_DAY), "x-remaining-today": str(PER_DAY - 1)})

        return Route(f"{API}{path}", endpoint, methods=["GET"])

    ledger = "/shops/{shop_id}/payment-account/ledger-entries"
    return [
        Route("/v3/public/oauth/token", shop.token, methods=["POST"]),
        Route("/oauth/connect", shop.consent, methods=["GET"]),
        route("/shops/{shop_id}", shop.about),
        route("/shops/{shop_id}/receipts", shop.receipts),
        route("/shops/{shop_id}/listings", shop.listings),
        route("/shops/{shop_id}/reviews", shop.reviews),
        route("/listings/{listing_id}/inventory", shop.inventory),
        route(ledger, shop.ledger),
        route(f"{ledger}/payments", shop.payments),
    ]


class Shop:
    def __init__(self, world: World, state: PlatformState) -> None:
        self.world, self.state = world, state
        self.shop = world.shops[PLATFORM]
        self.zone = ZoneInfo(self.shop.tz)

    # --- the door

    async def token(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode()))
        if form.get("client_id") != credentials(self.state, "")["keystring"]:
            return JSONResponse({"error": "invalid_client", "error_description": "client_id"}, 401)
        pair: TokenPair | None = None
        if form.get("grant_type") == "authorization_code":
            pair = self.state.redeem(form.get("code"), form.get("redirect_uri"), verifier=form.get("code_verifier", ""))
        elif form.get("grant_type") == "refresh_token":
            pair = _tokens(self.state).refresh(form.get("refresh_token", "").partition(".")[2])
        if pair is None:
            return JSONResponse({"error": "invalid_grant", "error_description": "refresh_token"}, 400)
        return JSONResponse({"access_token": worded(pair.access_token), "token_type": "Bearer",
                             "expires_in": int(LIFE.total_seconds()), "refresh_token": worded(pair.refresh_token)})

    async def consent(self, request: Request) -> Response:
        asked = request.query_params
        if asked.get("client_id") != credentials(self.state, "")["keystring"] or (
                asked.get("code_challenge_method") != "S256" or not asked.get("code_challenge")):
            return JSONResponse({"error": "invalid_request"}, 400)
        return RedirectResponse(self.state.consent(asked, asked["redirect_uri"]))

    def admit(self, request: Request) -> None:
        known = credentials(self.state, "")
        if request.headers.get("x-api-key") != f"{known['keystring']}:{known['shared_secret']}":
            raise Refused(403, "Invalid API key", "other")
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        if not bearer.startswith(f"{USER}."):
            raise Refused(401, "invalid_token", "other")
        if _tokens(self.state).check(bearer.partition(".")[2]) != "ok":
            raise Refused(401, "invalid_token")
        if request.path_params.get("shop_id", self.shop.shop_id) != self.shop.shop_id:
            raise Refused(404, "Resource not found")

    def cut(self, request: Request, rows: list[Any], shown: Callable[[Any], Any] = lambda row: row) -> dict[str, Any]:
        limit, offset = (int(request.query_params.get(name, usual)) for name, usual in (("limit", 25), ("offset", 0)))
        if not 1 <= limit <= 100:
            raise Refused(400, "limit must be from 1 to 100", "page_size")
        if offset > DEPTH:
            raise Refused(400, f"offset must be at most {DEPTH}", "depth")
        return {"count": len(rows), "results": [shown(row) for row in rows[offset:offset + limit]]}

    def span(self, request: Request, kind: str, needed: bool = False) -> tuple[datetime, datetime] | None:
        """Both ends are in it."""
        names = (f"min_{kind}", f"max_{kind}")
        given = [request.query_params.get(name) for name in names]
        if needed and None in given:
            raise Refused(400, f"{names[0]} and {names[1]} are required", "window")
        if given == [None, None]:
            return None
        ends = [int(value) if value else None for value in given]
        if any(end is not None and end < EARLIEST for end in ends):
            raise Refused(400, f"{names[0]} is too early", "window")
        start, end = from_seconds(ends[0] or EARLIEST), from_seconds(ends[1] or 4_000_000_000)
        assert start and end
        return start, end + timedelta(seconds=1)

    # --- receipts

    def receipts(self, request: Request) -> dict[str, Any]:
        changed, made = self.span(request, "last_modified"), self.span(request, "created")
        found = self.world.orders(PLATFORM, modified=changed) if changed else self.world.orders(PLATFORM)
        if made:
            found = [order for order in found if made[0] <= order.created_at < made[1]]
        keys: dict[str, Callable[[WorldOrder], Any]] = {
            "created": lambda order: order.created_at, "receipt_id": lambda order: int(order.order_id),
            "updated": lambda order: (order.modified_at, order.order_id)}
        query = request.query_params
        if query.get("sort_on", "created") not in keys:
            raise Refused(400, "sort_on", "other")
        down = query.get("sort_order", "desc") in ("desc", "descending", "down")
        found.sort(key=keys[query.get("sort_on", "created")], reverse=down)
        return self.cut(request, found, self.receipt)

    def receipt(self, order: WorldOrder) -> dict[str, Any]:
        buyer, cases = order.buyer, self.world.refunds_of(PLATFORM, order.order_id)
        back = [case for case in cases if case.refunded_at]
        created, updated = to_seconds(order.created_at), to_seconds(order.modified_at)
        sent = to_seconds(order.shipped_at) if order.shipped_at else None
        return {
            "receipt_id": int(order.order_id), "receipt_type": 0, "seller_user_id": USER, "seller_email": None,
            "buyer_user_id": int(buyer.buyer_id), "buyer_email": buyer.email, "name": buyer.name,
            "first_line": buyer.address, "second_line": None, "city": buyer.city, "state": buyer.province,
            "zip": buyer.postcode, "status": status(order, back),
            "formatted_address": f"{buyer.name}\n{buyer.address}", "country_iso": buyer.country,
            "payment_method": "cc", "payment_email": buyer.email, "message_from_seller": order.memo,
            "message_from_buyer": order.buyer_note or None, "message_from_payment": None,
            "is_paid": order.paid_at is not None, "is_shipped": sent is not None,
            "create_timestamp": created, "created_timestamp": created, "update_timestamp": updated,
            "updated_timestamp": updated, "is_gift": False, "gift_message": "", "gift_sender": "",
            "grandtotal": self.cash(order.total), "subtotal": self.cash(order.goods),
            "total_price": self.cash(order.list_amount), "total_shipping_cost": self.cash(order.shipping),
            "total_tax_cost": self.cash(order.tax), "total_vat_cost": self.cash(0),
            "discount_amt": self.cash(order.seller_discount), "gift_wrap_price": self.cash(0),
            "shipments": [{"receipt_shipping_id": order.number, "shipment_notification_timestamp": sent,
                           "carrier_name": "usps", "tracking_code": "9400"}] if sent else [],
            "transactions": [self.transaction(order, line, sent) for line in order.lines],
            "refunds": [self.refund(case) for case in back]}

    def transaction(self, order: WorldOrder, line: WorldLine, sent: int | None) -> dict[str, Any]:
        return {
            "transaction_id": int(line.line_id), "title": line.product.title, "seller_user_id": USER,
            "buyer_user_id": int(order.buyer.buyer_id), "create_timestamp": to_seconds(order.created_at),
            "created_timestamp": to_seconds(order.created_at),
            "paid_timestamp": to_seconds(order.paid_at) if order.paid_at else None, "shipped_timestamp": sent,
            "quantity": line.quantity, "receipt_id": int(order.order_id), "is_digital": False,
            "transaction_type": "listing", "listing_id": int(line.product.product_id),
            "product_id": int(line.sku.sku_id), "sku": line.sku.outer_id, "price": self.cash(line.price),
            "shipping_cost": self.cash(0), "buyer_coupon": 0, "shop_coupon": line.seller_discount / 100,
            "variations": [{"formatted_name": "Personalization", "formatted_value": order.buyer_note}]}

    def refund(self, case: WorldRefund) -> dict[str, Any]:
        assert case.refunded_at
        return {"amount": self.cash(case.total), "created_timestamp": to_seconds(case.refunded_at),
                "reason": case.reason_text, "note_from_issuer": case.note or None, "status": "APPROVED"}

    def cash(self, minor: int) -> dict[str, Any]:
        return {"amount": minor, "divisor": 100, "currency_code": self.shop.currency}

    # --- listings, the shop

    def listings(self, request: Request) -> dict[str, Any]:
        state = request.query_params.get("state", "active")
        if state not in STATES:
            raise Refused(400, "state", "other")
        found = [product for product in self.world.products(PLATFORM) if product.status == STATES[state]]
        with_skus = "Inventory" in request.query_params.get("includes", "")
        return self.cut(request, found[::-1], lambda product: self.listing(product, state, with_skus))

    def listing(self, product: WorldProduct, state: str, with_skus: bool) -> dict[str, Any]:
        made = to_seconds(product.listed_at)
        inventory = {"inventory": self.skus(product)} if with_skus else {}
        return {"listing_id": int(product.product_id), "user_id": USER, "shop_id": int(self.shop.shop_id),
                "title": product.title, "description": "", "state": state, "taxonomy_id": int(product.category_id),
                "original_creation_timestamp": made, "created_timestamp": made, "creation_timestamp": made,
                "price": self.cash(product.skus[0].price), "tags": [], **inventory}

    def skus(self, product: WorldProduct) -> dict[str, Any]:
        return {"products": [
            {"product_id": int(sku.sku_id), "sku": sku.outer_id, "is_deleted": False, "property_values": [],
             "offerings": [{"offering_id": 1, "price": self.cash(sku.price), "quantity": 3}]}
            for sku in product.skus], "price_on_property": []}

    def reviews(self, request: Request) -> dict[str, Any]:
        """Newest first, with the words and the buyer that Souk leaves where they are."""
        made = self.span(request, "created")
        found = [review for review in reversed(self.world.reviews(PLATFORM))
                 if made is None or made[0] <= review.created_at < made[1]]
        return self.cut(request, found, lambda review: {
            "shop_id": int(self.shop.shop_id), "listing_id": int(review.product_id),
            "transaction_id": int(review.review_id.removeprefix("V")), "buyer_user_id": 4711, "rating": review.rating,
            "review": "lovely", "language": "en", "image_url_fullxfull": None,
            "create_timestamp": to_seconds(review.created_at), "created_timestamp": to_seconds(review.created_at)})

    def inventory(self, request: Request) -> dict[str, Any]:
        for product in self.world.products(PLATFORM):
            if product.product_id == request.path_params["listing_id"]:
                return self.skus(product)
        raise Refused(404, "Resource not found")

    def about(self, request: Request) -> dict[str, Any]:
        return {"shop_id": int(self.shop.shop_id), "user_id": USER, "shop_name": self.shop.name,
                "currency_code": self.shop.currency, "shop_location_country_iso": self.shop.country,
                "login_name": "shanyu"}

    # --- the ledger

    def ledger(self, request: Request) -> dict[str, Any]:
        """Newest first."""
        span = self.span(request, "created", needed=True)
        assert span
        rows = sorted(self.movements(), key=lambda row: row[0], reverse=True)
        return self.cut(request, [entry for at, entry in rows if span[0] <= at < min(span[1], self._end())])

    def _end(self) -> datetime:
        return self.world.now + timedelta(seconds=1)

    def movements(self) -> Iterator[Entry]:
        for fee in self.world.fees(PLATFORM):
            order = self.world.order(PLATFORM, fee.order_id or "")
            if order and fee.fee_type == "commission":
                yield self.entry(fee.charged_at, -fee.amount, "transaction", "transaction", order.lines[0].line_id)
            elif order:
                number = str(PAYMENTS + order.number)
                yield self.entry(fee.charged_at, -fee.amount, "PAYMENT_PROCESSING_FEE", "shop_payment", number)
                yield self.entry(fee.charged_at, order.total, "PAYMENT_GROSS", "shop_payment", number)
        for row, part in _numbered(self.world.ads(PLATFORM)):
            yield self.entry(self.noon(row.date), -row.spend, "prolist", "prolist", f"{row.date:%Y%m%d}{part}")
        for paid in self.world.settlements(PLATFORM):
            yield self.entry(self.noon(paid.date), -paid.amount, "DISBURSE2", "disbursement", f"{paid.date:%Y%m%d}")

    def entry(self, at: datetime, amount: int, kind: str, about: str, number: str) -> Entry:
        made = to_seconds(at)
        return at, {
            "entry_id": 10**10 + zlib.crc32(f"{kind}/{number}".encode()), "ledger_id": 11, "sequence_number": made,
            "amount": amount, "currency": self.shop.currency, "description": kind, "balance": 0,
            "create_date": made, "created_timestamp": made, "ledger_type": kind, "reference_type": about,
            "reference_id": number, "payment_adjustments": []}

    def payments(self, request: Request) -> dict[str, Any]:
        wanted = set(request.query_params.get("ledger_entry_ids", "").split(","))
        by_number = {order.number: order for order in self.world.orders(PLATFORM)}
        numbers = {int(entry["reference_id"]) - PAYMENTS for _, entry in self.movements()
                   if str(entry["entry_id"]) in wanted and entry["reference_type"] == "shop_payment"}
        found = [self.payment(by_number[number]) for number in sorted(numbers) if number in by_number]
        return {"count": len(found), "results": found}

    def payment(self, order: WorldOrder) -> dict[str, Any]:
        return {"payment_id": PAYMENTS + order.number, "buyer_user_id": int(order.buyer.buyer_id),
                "shop_id": int(self.shop.shop_id), "receipt_id": int(order.order_id),
                "amount_gross": self.cash(order.total), "currency": self.shop.currency, "billing_address_id": 77,
                "status": "settled", "payment_adjustments": []}

    def noon(self, day: Any) -> datetime:
        return datetime.combine(day, time(12), self.zone)


def _numbered(rows: list[Any]) -> Iterator[tuple[Any, int]]:
    """Rows with their place in their day."""
    seen: Counter[Any] = Counter()
    for row in rows:
        seen[row.date] += 1
        yield row, seen[row.date]


def status(order: WorldOrder, back: list[WorldRefund]) -> str:
    """Etsy's words; the case of some has varied."""
    if order.native_status:
        return order.native_status
    given = sum(case.total for case in back)
    if order.cancelled_at and not given:
        return "canceled"
    if given:
        return "fully refunded" if given >= order.total else "partially refunded"
    if order.shipped_at:
        return "Completed" if order.number % 3 else "completed"
    return "paid" if order.paid_at else "payment processing"
