"""A WooCommerce store served locally from the sandbox world: OAuth 1.0a, site time, `_fields`, X-WP-Total.

Serves what a store serves, personal data included, so that tests can prove it is left out.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from connectors.sandbox.state import PlatformState
from connectors.sandbox.world import World, WorldLine, WorldOrder, WorldProduct, WorldRefund, money
from connectors.woocommerce.client import API, sign

PLATFORM = "woocommerce"
MOST, USUAL = 100, 10
TOLERANCE = 15 * 60
FEE_ID, SHIPPING_ID = 800_000_000, 900_000_000


class Refused(Exception):
    def __init__(self, status: int, code: str, message: str = "") -> None:
        self.status, self.code, self.message = status, code, message or code

    def answer(self) -> Response:
        return JSONResponse({"code": self.code, "message": self.message, "data": {"status": self.status}},
                            self.status)


def credentials(state: PlatformState, base_url: str) -> dict[str, str]:
    return {"base_url": base_url, "consumer_key": f"ck_{state.secret('key', 40)}",
            "consumer_secret": f"cs_{state.secret('secret', 40)}"}


def routes(world: World, state: PlatformState) -> list[BaseRoute]:
    store = Store(world, state)

    def route(path: str, answer: Callable[[Request], Any], *, public: bool = False) -> Route:
        async def endpoint(request: Request) -> Response:
            try:
                if not public:
                    store.admit(request)
                state.note(path, **store.business(request))
                found = answer(request)
            except Refused as refusal:
                return refusal.answer()
            return found if isinstance(found, Response) else JSONResponse(picked(found, request))

        return Route(path, endpoint, methods=["GET"])

    return [
        route("/wp-json/", store.index, public=True),
        route(f"{API}/orders", store.orders),
        route(f"{API}/orders/{{order_id}}/refunds", store.refunds),
        route(f"{API}/products", store.products),
        route(f"{API}/products/reviews", store.reviews),
        route(f"{API}/products/{{product_id}}/variations", store.variations),
        route(f"{API}/settings/general/woocommerce_currency", store.currency),
    ]


class Store:
    def __init__(self, world: World, state: PlatformState) -> None:
        self.world, self.state = world, state
        self.shop = world.shops[PLATFORM]
        self.zone = ZoneInfo(self.shop.tz)
        self.nonces: set[str] = set()

    # --- the door

    def admit(self, request: Request) -> None:
        params = dict(request.query_params)
        given = params.pop("oauth_signature", "")
        if not given:
            raise Refused(401, "woocommerce_rest_cannot_view", "Sorry, you cannot list resources.")
        known = credentials(self.state, "")
        if params.get("oauth_consumer_key") != known["consumer_key"]:
            raise Refused(401, "woocommerce_rest_authentication_error", "Consumer key is invalid.")
        business = {name: value for name, value in params.items() if not name.startswith("oauth_")}
        nonce, timestamp = params.get("oauth_nonce", ""), params.get("oauth_timestamp", "0")
        url = str(request.url.replace(query=""))
        signed = sign("GET", url, business, known["consumer_key"], known["consumer_secret"], nonce,
                      int(timestamp))
        if signed["oauth_signature"] != given:
            self.state.violation("signature", request.url.path)
            raise Refused(401, "woocommerce_rest_authentication_error", "Invalid signature.")
        if abs(int(timestamp) - self.world.now.timestamp()) > TOLERANCE:
            self.state.violation("timestamp", request.url.path)
            raise Refused(401, "woocommerce_rest_authentication_error", "Invalid timestamp.")
        if nonce in self.nonces:
            self.state.violation("other", "a nonce was used twice")
            raise Refused(401, "woocommerce_rest_authentication_error", "Invalid nonce.")
        self.nonces.add(nonce)

    @staticmethod
    def business(request: Request) -> dict[str, object]:
        return {name: value for name, value in request.query_params.items() if not name.startswith("oauth_")}

    # --- orders

    def orders(self, request: Request) -> Response:
        query = request.query_params
        changed = self._span(query, "modified_after", "modified_before")
        made = self._span(query, "after", "before")
        found = self.world.orders(PLATFORM, modified=changed) if changed else self.world.orders(PLATFORM)
        trash = query.get("status", "any") == "trash"
        found = [order for order in found if (order.native_status == "trash") == trash]
        if made:
            found = [order for order in found if made[0] <= order.created_at < made[1]]
        keys = {"id": lambda order: int(order.order_id), "date": lambda order: order.created_at}
        if query.get("orderby", "date") not in keys:
            raise Refused(400, "rest_invalid_param", "Invalid parameter(s): orderby")
        found.sort(key=keys[query.get("orderby", "date")], reverse=query.get("order", "desc") == "desc")
        return self._page(request, found, self.order)

    def refunds(self, request: Request) -> Response:
        order = self.world.order(PLATFORM, request.path_params["order_id"])
        if order is None:
            raise Refused(404, "woocommerce_rest_shop_order_invalid_id", "Invalid ID.")
        found = sorted(self.world.refunds_of(PLATFORM, order.order_id), key=lambda one: -one.number)
        return self._page(request, found, lambda refund: self.refund(refund, order))

    def cash(self, minor: int) -> str:
        """As many decimals as the shop's currency has."""
        return money(minor, self.shop.currency)

    def order(self, order: WorldOrder) -> dict[str, Any]:
        buyer = order.buyer
        person = {"first_name": buyer.name.split()[0], "last_name": buyer.name.split()[-1], "company": "",
                  "address_1": buyer.address, "address_2": "", "city": buyer.city, "state": buyer.province,
                  "postcode": buyer.postcode, "country": buyer.country, "phone": buyer.phone}
        tax = sum(line.tax for line in order.lines)
        return {
            "id": int(order.order_id), "parent_id": 0, "number": order.order_id, "order_key": "wc_order_sandbox",
            "created_via": "checkout", "version": "9.8.0", "status": self.status(order),
            "currency": order.currency, **self._times("date_created", order.created_at),
            **self._times("date_modified", order.modified_at), **self._times("date_paid", order.paid_at),
            **self._times("date_completed", order.completed_at), "prices_include_tax": False,
            "discount_total": self.cash(order.seller_discount), "discount_tax": self.cash(0),
            "shipping_total": self.cash(order.shipping), "shipping_tax": self.cash(order.shipping_tax),
            "cart_tax": self.cash(tax), "total": self.cash(order.total), "total_tax": self.cash(order.tax),
            "customer_id": 0 if buyer.is_guest else buyer.number, "customer_note": order.buyer_note,
            "customer_ip_address": "203.0.113.7", "customer_user_agent": "Mozilla/5.0",
            "billing": {**person, "email": buyer.email}, "shipping": person,
            "payment_method": order.payment_method, "payment_method_title": order.payment_method.title(),
            "transaction_id": f"ch_{order.order_id}", "cart_hash": "",
            "line_items": [self._line(line) for line in order.lines], "fee_lines": [], "coupon_lines": [],
            "tax_lines": [], "meta_data": [{"id": 1, "key": "_memo", "value": order.memo}],
            "shipping_lines": [{"id": SHIPPING_ID + int(order.order_id), "method_title": "DHL",
                                "total": self.cash(order.shipping), "total_tax": self.cash(order.shipping_tax)}],
            "refunds": [{"id": int(refund.refund_id), "reason": refund.note, "total": self.cash(-refund.total)}
                        for refund in self.world.refunds_of(PLATFORM, order.order_id)]}

    @staticmethod
    def status(order: WorldOrder) -> str:
        if order.native_status:
            return order.native_status
        if order.closed_at or order.cancelled_by == "refund":
            return "refunded"
        if order.cancelled_at:
            return "cancelled"
        if order.completed_at:
            return "completed"
        if order.paid_at or order.payment_type == "cod":
            return "processing"
        return "on-hold" if order.payment_method == "bacs" else "pending"

    def _line(self, line: WorldLine) -> dict[str, Any]:
        product, sku = int(line.product.product_id), int(line.sku.sku_id)
        return {"id": int(line.line_id), "name": line.product.title, "product_id": product,
                "variation_id": 0 if sku == product else sku, "quantity": line.quantity, "tax_class": "",
                "subtotal": self.cash(line.list_amount), "subtotal_tax": self.cash(line.tax),
                "total": self.cash(line.goods), "total_tax": self.cash(line.tax), "taxes": [], "meta_data": [],
                "sku": line.sku.outer_id, "price": float(self.cash(line.goods)) / line.quantity}

    def refund(self, refund: WorldRefund, order: WorldOrder) -> dict[str, Any]:
        line_tax = sum(line.tax for line in refund.lines)
        shipping = [{"id": SHIPPING_ID + refund.number, "method_title": "DHL",
                     "total": self.cash(-refund.shipping), "total_tax": self.cash(line_tax - refund.tax)}]
        return {
            "id": int(refund.refund_id), **self._times("date_created", refund.refunded_at),
            "amount": self.cash(refund.total), "reason": refund.note, "refunded_by": 1, "meta_data": [],
            "line_items": [
                {"id": FEE_ID + refund.number * 10 + index, "quantity": -line.quantity,
                 "total": self.cash(-line.goods), "total_tax": self.cash(-line.tax), "sku": "", "price": 0,
                 "meta_data": [{"id": 1, "key": "_refunded_item_id", "value": line.line_id}]}
                for index, line in enumerate(refund.lines)],
            "shipping_lines": shipping if refund.lines and refund.shipping else []}

    # --- products, the shop

    def products(self, request: Request) -> Response:
        found = sorted(self.world.products(PLATFORM), key=lambda product: int(product.product_id))
        kept = [product for product in found if product.status != "deleted"]
        return self._page(request, kept, self._product)

    def _product(self, product: WorldProduct) -> dict[str, Any]:
        variations = _variations(product)
        return {"id": int(product.product_id), "name": product.title, "slug": product.outer_id.lower(),
                "type": "variable" if variations else "simple", **self._stock(product.product_id),
                "status": "publish" if product.status == "on_sale" else "draft",
                **self._times("date_created", product.listed_at),
                **self._times("date_modified", product.modified_at), "variations": variations,
                "categories": [{"id": 1, "name": product.category, "slug": product.category_id}],
                "brands": [{"id": 1, "name": product.brand, "slug": product.brand.lower()}]}

    def reviews(self, request: Request) -> Response:
        found = self.world.reviews(PLATFORM)
        numbered = [{"id": number, "product_id": int(review.product_id), "rating": review.rating, "verified": True,
                     "status": "approved", "reviewer": "Anna Doe", "reviewer_email": "anna@example.com",
                     "review": "<p>nice</p>", **self._times("date_created", review.created_at)}
                    for number, review in enumerate(found, 1)]
        return self._page(request, numbered, lambda row: row)

    @staticmethod
    def _stock(sku_id: str) -> dict[str, Any]:
        """Every third SKU is not counted, as many stores leave some."""
        counted = int(sku_id) % 3 > 0
        return {"manage_stock": counted, "stock_quantity": int(sku_id) % 50 if counted else None}

    def variations(self, request: Request) -> Response:
        for product in self.world.products(PLATFORM):
            if product.product_id == request.path_params["product_id"]:
                return self._page(request, _variations(product), 
                                  lambda sku: {"id": sku, **self._stock(str(sku))})
        raise Refused(404, "woocommerce_rest_product_invalid_id", "Invalid ID.")

    def index(self, request: Request) -> dict[str, Any]:
        return {"name": self.shop.name, "home": f"https://{self.shop.shop_id}", "url": "",
                "timezone_string": self.shop.tz, "gmt_offset": 1, "namespaces": ["wc/v3"]}

    def currency(self, request: Request) -> dict[str, Any]:
        return {"id": "woocommerce_currency", "value": self.shop.currency}

    # --- words

    def _times(self, name: str, at: datetime | None) -> dict[str, str | None]:
        if at is None:
            return {name: None, f"{name}_gmt": None}
        return {name: _bare(at.astimezone(self.zone)), f"{name}_gmt": _bare(at.astimezone(UTC))}

    def _span(self, query: Any, after: str, before: str) -> tuple[datetime, datetime] | None:
        """Both ends exclusive; read in site time unless `dates_are_gmt` is true."""
        if after not in query and before not in query:
            return None
        zone = UTC if query.get("dates_are_gmt") == "true" else self.zone
        start, end = (datetime.fromisoformat(query[name].rstrip("Z")).replace(tzinfo=zone).astimezone(UTC)
                      if name in query else None for name in (after, before))
        lowest = start.replace(microsecond=1) if start else datetime.min.replace(tzinfo=UTC)
        return lowest, end or datetime.max.replace(tzinfo=UTC)

    def _page(self, request: Request, rows: list[Any], shown: Callable[[Any], Any]) -> Response:
        size, page = (int(request.query_params.get(name, usual))
                      for name, usual in (("per_page", USUAL), ("page", 1)))
        if not 1 <= size <= MOST:
            self.state.violation("page_size", f"per_page={size}")
            raise Refused(400, "rest_invalid_param", "Invalid parameter(s): per_page")
        part = [shown(row) for row in rows[(page - 1) * size:page * size]]
        headers = {"X-WP-Total": str(len(rows)), "X-WP-TotalPages": str(-(-len(rows) // size))}
        return JSONResponse([picked(row, request) for row in part], headers=headers)


def picked(row: Any, request: Request) -> Any:
    """`_fields=id,billing.state`: only these, one level of nesting."""
    asked = request.query_params.get("_fields")
    if not asked or not isinstance(row, dict):
        return row
    kept: dict[str, Any] = {}
    for name in asked.split(","):
        outer, _, inner = name.partition(".")
        if outer in row and inner:
            kept.setdefault(outer, {})[inner] = row[outer].get(inner)
        elif outer in row:
            kept[outer] = row[outer]
    return kept


def _variations(product: WorldProduct) -> list[int]:
    return [int(sku.sku_id) for sku in product.skus if sku.sku_id != product.product_id]


def _bare(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S")
