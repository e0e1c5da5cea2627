"""Mercado Libre's API served locally from the sandbox world.

Serves no more than the platform: searches keep twelve months and no cancelled order, unknown filters are ignored
without a word, refunds stand in the payments, a scan keeps its id from page to page, a refresh token works once.
Unit prices of a line that does not divide evenly have more digits, as a server may send them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from connectors.sandbox.state import PlatformState, Rule
from connectors.sandbox.world import World, WorldOrder, WorldProduct, WorldRefund, major

PLATFORM = "mercado_libre"
SITES = {"MX": "MLM", "BR": "MLB", "CL": "MLC"}
KEPT, LIFE = timedelta(days=365), timedelta(hours=6)
DEPTH, LARGEST, TOGETHER = 10_000, 50, 20
ZONE_HOURS = timedelta(hours=-4)
ADVERTISER = 703_867
TICK = timedelta(milliseconds=1)
UNHEARD_OF = "something_new"
SPANS = ("order.date_created", "order.date_last_updated", "order.date_closed")
Body = dict[str, Any]


class Refused(Exception):
    """An error answer, and the rule that was broken, if it is one that a right client never breaks."""

    def __init__(self, status: int, error: str, message: str = "", rule: Rule | None = None) -> None:
        self.status, self.error, self.message, self.rule = status, error, message, rule

    def reply(self) -> Response:
        body = {"message": self.message or self.error, "error": self.error, "status": self.status, "cause": []}
        return JSONResponse(body, self.status)


def credentials(state: PlatformState, base_url: str) -> dict[str, str]:
    return {"base_url": base_url, "client_id": state.secret("client_id", 16),
            "client_secret": state.secret("client_secret"),
            "refresh_token": state.tokens(lifetime=LIFE).current().refresh_token}


def throttled(seconds: float) -> Response:
    """429 without a header that says for how long."""
    return Refused(429, "local_rate_limited", "too many requests").reply()


def routes(world: World, state: PlatformState) -> list[BaseRoute]:
    api = Api(world, state)
    paths = {"/users/me": api.me, "/orders/search": api.search, "/orders/{id}": api.order, "/items": api.items,
             "/users/{id}/items/search": api.scan, "/post-purchase/v1/claims/search": api.claims,
             "/advertising/advertisers": api.advertisers,
             "/advertising/{site}/advertisers/{id}/product_ads/campaigns/search": api.campaigns}
    return [Route("/oauth/token", api.token, methods=["POST"]), Route("/authorization", api.consent),
            *(Route(path, api.guarded(answer)) for path, answer in paths.items())]


class Api:
    def __init__(self, world: World, state: PlatformState) -> None:
        self.world, self.state = world, state
        self.scans: dict[str, int] = {}

    @property
    def seller(self) -> str:
        return self.world.shops[PLATFORM].shop_id

    def guarded(self, answer: Any) -> Any:
        """Bearer first; the token may not stand in the query."""
        async def endpoint(request: Request) -> Response:
            try:
                if "access_token" in request.query_params:
                    raise Refused(400, "bad_request", "the token belongs into the header", "other")
                word, _, token = request.headers.get("authorization", "").partition(" ")
                if word != "Bearer" or self.state.tokens(lifetime=LIFE).check(token) != "ok":
                    raise Refused(401, "invalid_token", "invalid access token")
                path = request.url.path.removeprefix(f"/{PLATFORM}")
                version = {"/advertising/advertisers": "1"}.get(path, "2" if path.startswith("/advertising/") else None)
                if request.headers.get("api-version") != version:
                    raise Refused(404, "not_found", f"api-version {version}", "fields")
                self.state.note(path, **dict(request.query_params))
                return JSONResponse(answer(dict(request.query_params), **request.path_params))
            except Refused as refusal:
                if refusal.rule:
                    self.state.violation(refusal.rule, f"{request.url.path}: {refusal.message}")
                return refusal.reply()

        return endpoint

    async def token(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode()))
        if (form.get("client_id"), form.get("client_secret")) != (
                self.state.secret("client_id", 16), self.state.secret("client_secret")):
            return Refused(400, "invalid_client", "invalid client_id or client_secret").reply()
        if form.get("grant_type") == "authorization_code":
            pair = self.state.redeem(form.get("code"), form.get("redirect_uri"), verifier=form.get("code_verifier", ""))
        else:
            known = form.get("grant_type") == "refresh_token"
            pair = self.state.tokens(lifetime=LIFE).refresh(form.get("refresh_token")) if known else None
        if pair is None:
            return Refused(400, "invalid_grant", "the refresh_token was used or is expired").reply()
        life = int((pair.expires_at - self.state.clock()).total_seconds())
        return JSONResponse({
            "access_token": pair.access_token, "token_type": "Bearer", "expires_in": life,
            "scope": "offline_access read write", "user_id": int(self.seller), "refresh_token": pair.refresh_token})

    async def consent(self, request: Request) -> Response:
        asked = request.query_params
        if (asked.get("client_id"), asked.get("response_type")) != (self.state.secret("client_id", 16), "code"):
            return Refused(400, "invalid_client", "client_id").reply()
        return RedirectResponse(self.state.consent(asked, asked["redirect_uri"]))

    def me(self, asked: Body) -> Body:
        shop = self.world.shops[PLATFORM]
        return {"id": int(shop.shop_id), "nickname": shop.name, "country_id": shop.country,
                "site_id": SITES[shop.country],
                "email": "seller@example.com", "user_type": "brand"}

    def search(self, asked: Body) -> Body:
        if asked.get("seller") != self.seller:
            raise Refused(403, "forbidden", "the seller is another one")
        found = [order for order in self.found(asked) if not _gone(order)]
        found.sort(key=lambda order: (order.created_at, order.order_id), reverse=asked.get("sort") == "date_desc")
        offset, limit = int(asked.get("offset", 0)), int(asked.get("limit", LARGEST))
        if not 1 <= limit <= LARGEST or offset < 0:
            raise Refused(400, "bad_request", f"limit {limit}", "page_size")
        if offset + limit > DEPTH:
            raise Refused(400, "bad_request", f"offset {offset}", "depth")
        return {"query": "", "display": "complete", "paging": {"total": len(found), "offset": offset, "limit": limit},
                "results": [self.show(order) for order in found[offset:offset + limit]],
                "sort": {"id": "date_asc", "name": "Date ascending"}, "available_sorts": [], "filters": [],
                "available_filters": []}

    def found(self, asked: Body) -> list[WorldOrder]:
        """Of the last twelve months; a filter of another name is none."""
        known = {f"{name}.{end}" for name in SPANS for end in ("from", "to")}
        if strange := {name for name in asked if name.startswith("order.")} - known:
            self.state.violation("fields", f"ignored: {', '.join(sorted(strange))}")
        since = self.state.clock() - KEPT
        for name, filtered in (("order.date_last_updated", "modified"), ("order.date_created", "created")):
            if f"{name}.from" in asked and f"{name}.to" in asked:
                start, end = (datetime.fromisoformat(asked[f"{name}.{side}"]) for side in ("from", "to"))
                rows = self.world.orders(PLATFORM, **{filtered: (start, end + TICK)})
                return [order for order in rows if order.created_at >= since]
        return self.world.orders(PLATFORM, created=(since, self.state.clock() + TICK))

    def order(self, asked: Body, id: str) -> Body:
        order = self.world.order(PLATFORM, id)
        if order is None:
            raise Refused(404, "order_not_found", f"Order {id} does not exist")
        return self.show(order)

    def show(self, order: WorldOrder) -> Body:
        fee = next((row.amount for row in self.fees.get(order.order_id, ()) if row.fee_type == "commission"), 0)
        return _order(order, self.world.refunds_of(PLATFORM, order.order_id), fee)

    @property
    def fees(self) -> dict[str, list[Any]]:
        rows: dict[str, list[Any]] = {}
        for row in self.world.fees(PLATFORM):
            rows.setdefault(row.order_id or "", []).append(row)
        return rows

    def claims(self, asked: Body) -> Body:
        if asked.get("resource") != "order" or not asked.get("resource_id"):
            raise Refused(400, "bad_request", "resource and resource_id belong together", "other")
        order = self.world.order(PLATFORM, asked["resource_id"])
        pieces = sum(line.quantity for line in order.lines) if order else 0
        data = [_claim(case, pieces) for case in _claims(self.world.refunds_of(PLATFORM, asked["resource_id"]))]
        return {"paging": {"offset": 0, "limit": 30, "total": len(data)}, "data": data}

    def scan(self, asked: Body, id: str) -> Body:
        """The same id on every page, as long as it lives."""
        if id != self.seller or asked.get("search_type") != "scan" or not 1 <= int(asked.get("limit", 50)) <= 100:
            raise Refused(400, "bad_request", "a scan of one's own items, 100 a page", "page_size")
        scroll = asked.get("scroll_id") or f"YXBpY29yZS1pdGVtcw=={len(self.scans)}"
        if asked.get("scroll_id") and scroll not in self.scans:
            raise Refused(404, "not_found", "scroll_id expired")
        start, size = self.scans.get(scroll, 0), int(asked.get("limit", 50))
        self.scans[scroll] = start + size
        listed = [item.product_id for item in self.world.products(PLATFORM) if item.status != "deleted"]
        return {"seller_id": id, "results": listed[start:start + size], "scroll_id": scroll,
                "paging": {"limit": size, "offset": 0, "total": len(listed)}, "orders": [], "available_orders": []}

    def items(self, asked: Body) -> list[Body]:
        ids = asked.get("ids", "").split(",")
        if len(ids) > TOGETHER:
            raise Refused(400, "bad_request", "at most 20 ids", "page_size")
        known = {item.product_id: item for item in self.world.products(PLATFORM)}
        return [{"code": 200, "body": _item(known[id])} if id in known else
                {"code": 404, "body": {"message": "not found", "error": "not_found", "status": 404}} for id in ids]

    def advertisers(self, asked: Body) -> Body:
        if asked.get("product_id") != "PADS":
            raise Refused(400, "bad_request", "product_id", "fields")
        site = SITES[self.world.shops[PLATFORM].country]
        return {"advertisers": [{"advertiser_id": ADVERTISER, "site_id": site, "advertiser_name": "Tienda",
                                 "account_name": f"{site} - Tienda"}]}

    def campaigns(self, asked: Body, site: str, id: str) -> Body:
        """Two campaigns; the world has no ads for this shop, so a tenth of the day's sales is invented."""
        first, last = (date.fromisoformat(asked[name]) for name in ("date_from", "date_to"))
        today = self.state.clock().astimezone(ZoneInfo(self.world.shops[PLATFORM].tz)).date()
        if first > last or last > today or today - first > timedelta(days=90):
            raise Refused(400, "bad_request", f"{first} {last}", "window")
        if id != str(ADVERTISER) or site != SITES[self.world.shops[PLATFORM].country]:
            raise Refused(404, "not_found", "advertiser")
        sold = [order.goods for order in self.world.orders(PLATFORM) if order.paid_at
                and first <= order.created_at.astimezone(ZoneInfo("America/Mexico_City")).date() <= last]
        wanted = set(asked["metrics"].split(","))
        rows = [{"id": 352_274_800 + at, "name": f"Campaign {at}", "status": "active", "strategy": "PROFITABILITY",
                 "metrics": {name: value for name, value in _figures(sold[at::2]).items() if name in wanted}}
                for at in range(2)]
        offset, limit = int(asked.get("offset", 0)), int(asked.get("limit", LARGEST))
        return {"paging": {"offset": offset, "limit": limit, "total": len(rows)},
                "results": rows[offset:offset + limit]}


def _figures(sold: list[int]) -> Body:
    return {"prints": 1000 * len(sold), "clicks": 20 * len(sold), "cost": float(major(sum(sold) // 10)),
            "total_amount": float(major(sum(sold))), "direct_items_quantity": len(sold), "indirect_items_quantity": 0}


def _gone(order: WorldOrder) -> bool:
    return bool(order.cancelled_at or order.closed_at)


def _time(moment: datetime | None) -> str | None:
    """With an offset of four hours, wherever the seller is."""
    if moment is None:
        return None
    return (moment.astimezone(UTC) + ZONE_HOURS).strftime("%Y-%m-%dT%H:%M:%S.000-04:00")


def _each(minor: int, quantity: int, currency: str) -> float:
    """Of one piece; with more digits where it does not divide evenly."""
    return float((major(minor, currency) / quantity).quantize(Decimal("0.000001")))


def _amount(minor: int, currency: str) -> float:
    return float(major(minor, currency))


def _claims(cases: Sequence[WorldRefund]) -> list[WorldRefund]:
    return [case for case in cases if case.kind != "cancel_before_ship"]


def _status(order: WorldOrder, back: int) -> str:
    if order.native_status:
        return UNHEARD_OF
    if _gone(order):
        return "cancelled"
    if order.paid_at is None:
        return "payment_required"
    return "partially_refunded" if back else "paid"


def _order(order: WorldOrder, cases: Sequence[WorldRefund], fee: int) -> Body:
    buyer, currency, line = order.buyer, order.currency, order.lines[0]
    done = [case for case in cases if case.refunded_at and case.kind != "exchange"]
    back = sum(case.total for case in done)
    tags = [tag for tag, so in (("paid", order.paid_at), ("not_paid", not order.paid_at),
                                ("delivered", order.delivered_at), ("not_delivered", not order.delivered_at)) if so]
    return {
        "id": int(order.order_id), "status": _status(order, back), "status_detail": None,
        "date_created": _time(order.created_at), "date_closed": _time(order.paid_at or order.cancelled_at),
        "last_updated": _time(order.modified_at), "total_amount": _amount(order.goods, currency),
        "paid_amount": _amount(order.total if order.paid_at else 0, currency), "currency_id": currency,
        "pack_id": None, "tags": tags, "comment": order.buyer_note or None,
        "buyer": {"id": int(buyer.buyer_id), "nickname": buyer.nick, "first_name": buyer.name},
        "seller": {"id": int(order.shop_id)}, "shipping": {"id": 41_000_000_000 + order.number},
        "mediations": [{"id": int(case.refund_id)} for case in _claims(cases)],
        "order_items": [{
            "item": {"id": line.product.product_id, "title": line.product.title,
                     "variation_id": int(line.sku.sku_id), "seller_sku": line.sku.outer_id},
            "quantity": line.quantity, "unit_price": _each(line.goods, line.quantity, currency),
            "full_unit_price": _amount(line.price, currency), "currency_id": currency,
            "sale_fee": _each(fee, line.quantity, currency) if fee else None}],
        "payments": _payments(order, done)}


def _payments(order: WorldOrder, done: Sequence[WorldRefund]) -> list[Body]:
    """Every seventh buyer's first card is refused. Wholly refunded = the freight too."""
    currency, back = order.currency, sum(case.amount_goods for case in done)
    whole = back > 0 and sum(case.total for case in done) >= order.total
    silent = bool(order.cancelled_at and order.paid_at and not done)
    at = max((case.refunded_at for case in done if case.refunded_at), default=order.modified_at)
    payment = {
        "id": 18_400_000_000 + order.number * 10, "transaction_amount": _amount(order.goods, currency),
        "currency_id": currency, "status": "approved", "date_approved": _time(order.paid_at),
        "date_created": _time(order.created_at), "date_last_modified": _time(at),
        "shipping_cost": _amount(order.shipping, currency), "payer_id": int(order.buyer.buyer_id),
        "coupon_amount": _amount(order.platform_discount, currency),
        "transaction_amount_refunded": _amount(back, currency)}
    if not order.paid_at:
        payment |= {"status": "cancelled" if order.cancelled_at else "pending"}
    elif whole or silent:
        payment |= {"status": "refunded"}
    refused = payment | {"id": 18_400_000_001 + order.number * 10, "status": "rejected", "date_approved": None,
                         "transaction_amount_refunded": 0}
    return [refused, payment] if order.number % 7 == 0 else [payment]


TYPES = {"return_refund": "return", "exchange": "change"}


def _claim(case: WorldRefund, pieces: int) -> Body:
    ended = case.refunded_at or case.rejected_at or case.closed_at
    resolution: Body = {"reason": "payment_refunded" if case.refunded_at else "respondent_benefited",
                  "date_created": _time(ended), "benefited": [], "closed_by": "mediator"}
    return {"id": int(case.refund_id), "type": TYPES.get(case.kind, "mediations"), "stage": "claim",
            "status": "closed" if ended else "opened", "parent_id": None, "resource": "order",
            "resource_id": int(case.order_id), "players": [],
            "reason_id": "PNR3430" if case.reason == "late" else "PDD9939",
            "quantity_type": "total" if case.quantity == pieces else "partial",
            "resolution": resolution if ended else None, "site_id": "MLM",
            "date_created": _time(case.requested_at), "last_updated": _time(case.modified_at)}


def _item(item: WorldProduct) -> Body:
    return {"id": item.product_id, "site_id": "MLM", "title": item.title, "category_id": item.category_id,
            "price": float(major(item.skus[0].price)), "date_created": _time(item.listed_at),
            "status": "active" if item.status == "on_sale" else "paused",
            "variations": [{"id": int(sku.sku_id), "price": float(major(sku.price)),
                            "available_quantity": int(sku.sku_id) % 50} for sku in item.skus],
            "attributes": [{"id": "BRAND", "name": "Marca", "value_name": item.brand}]}
