"""A Shopify store served locally: the Admin GraphQL API over the sandbox world, executed by a real GraphQL
engine, with token door, query cost, throttling inside HTTP 200, cursors and bulk operations."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from graphql import DocumentNode, ExecutionResult, FieldNode, GraphQLError, build_schema, parse, validate
from graphql import execute as run
from graphql.language.ast import IntValueNode, VariableNode
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from connectors.sandbox.state import PlatformState
from connectors.sandbox.world import World
from connectors.shopify.sandbox_store import Row, Store, gid

SCHEMA = build_schema((Path(__file__).parent / "sandbox.graphql").read_text("utf-8"))
VERSION = "2026-10"
CAPACITY, RESTORE = 20_000.0, 1000.0
"""A Plus store's bucket."""
MOST_COST = 1000
LARGEST_PAGE = 250
CLAUSE = re.compile(r"(\w+):(>=|<=|>|<)?'?([^'\s]+)'?")
CONNECTIONS = {
    "orders",
    "products",
    "lineItems",
    "shippingLines",
    "variants",
    "balanceTransactions",
    "payouts",
    "refundLineItems",
    "refundShippingLines",
}


DATED = {"balanceTransactions": "transactionDate", "payouts": "issuedAt"}
"""Lists whose filter is a time, and the field it is over."""


def credentials(state: PlatformState, base_url: str) -> dict[str, str]:
    pair = state.tokens(lifetime=timedelta(hours=1)).current()
    return {"base_url": base_url, "shop": "shanyu-home", "client_id": state.secret("client_id"),
            "client_secret": state.secret("client_secret"), "access_token": pair.access_token,
            "refresh_token": pair.refresh_token}  # fmt: skip


def routes(world: World, state: PlatformState) -> list[BaseRoute]:
    store = AdminApi(world, state)
    return [
        Route("/admin/api/{version}/graphql.json", store.graphql, methods=["POST"]),
        Route("/admin/oauth/authorize", store.consent, methods=["GET"]),
        Route("/admin/oauth/access_token", store.token, methods=["POST"]),
        Route("/bulk/{number}.jsonl", store.file, methods=["GET"]),
    ]


class AdminApi:
    """One store. A bulk operation is done at the second look."""

    def __init__(self, world: World, state: PlatformState) -> None:
        self.world, self.state, self.store = world, state, Store(world)
        self.points, self.at = CAPACITY, time.monotonic()
        self.operations: dict[str, Row] = {}
        self.files: dict[str, bytes] = {}
        self.numbers = count(1)

    # -- the door --------------------------------------------------------------------------------------------

    async def consent(self, request: Request) -> Response:
        """Signs its answer: the parameters in order, with the app's secret."""
        asked = request.query_params
        if asked.get("client_id") != self.state.secret("client_id") or not asked.get("scope"):
            return JSONResponse({"error": "invalid_request"}, 400)

        def signature(answer: dict[str, str]) -> str:
            text = "&".join(f"{name}={answer[name]}" for name in sorted(answer))
            return hmac.new(self.state.secret("client_secret").encode(), text.encode(), hashlib.sha256).hexdigest()

        return RedirectResponse(self.state.consent(
            asked, asked["redirect_uri"], shop=lambda _: "shanyu-home.myshopify.com",
            timestamp=lambda _: str(int(self.state.clock().timestamp())), hmac=signature,
        ))  # fmt: skip

    async def token(self, request: Request) -> Response:
        given = await request.json()
        if given.get("client_id") != self.state.secret("client_id") or given.get(
            "client_secret"
        ) != self.state.secret("client_secret"):
            return JSONResponse({"error": "invalid_client"}, 400)
        tokens = self.state.tokens(lifetime=timedelta(hours=1))
        pair = (
            tokens.refresh(given.get("refresh_token"))
            if given.get("grant_type") == "refresh_token"
            else self.state.redeem(given.get("code"))
            if "code" in given
            else tokens.issue()
        )
        if pair is None:
            return JSONResponse({"error": "invalid_grant"}, 400)
        return JSONResponse(
            {"access_token": pair.access_token, "refresh_token": pair.refresh_token, "expires_in": 3600}
        )

    async def graphql(self, request: Request) -> Response:
        if (
            self.state.tokens(lifetime=timedelta(hours=1)).check(
                request.headers.get("x-shopify-access-token")
            )
            != "ok"
        ):
            return JSONResponse({"errors": "[API] Invalid API key or access token"}, 401)
        given = await request.json()
        try:
            document = parse(given["query"])
        except GraphQLError as error:
            return self._refused([error.message])
        problems = validate(SCHEMA, document)
        if problems:
            return self._refused([problem.message for problem in problems])
        if endless := unbounded(document):
            return self._refused([f"you must provide one of first or last: {name}" for name in endless])
        variables = given.get("variables") or {}
        cost = requested(document, variables)
        if cost > MOST_COST:
            self.state.violation("page_size", f"a query costs {cost}")
            return JSONResponse({"errors": [{"message": "Query cost is too high", "extensions": {
                "code": "MAX_COST_EXCEEDED", "cost": cost, "maxCost": MOST_COST}}]})  # fmt: skip
        if not self._take(cost):
            return JSONResponse({"errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}],
                                 "extensions": {"cost": self._cost(cost, None)}})  # fmt: skip
        base = str(request.url).partition("/admin/api/")[0]
        result = self.execute(document, variables, base)
        body: Row = {"data": result.data, "extensions": {"cost": self._cost(cost, cost)}}
        if result.errors:
            body["errors"] = [error.formatted for error in result.errors]
        return JSONResponse(body, headers={"X-Shopify-API-Version": VERSION})

    def _refused(self, messages: Iterable[str]) -> Response:
        self.state.violation("fields", "; ".join(messages))
        return JSONResponse({"errors": [{"message": message} for message in messages]})

    def _take(self, cost: float) -> bool:
        now = time.monotonic()
        self.points = min(CAPACITY, self.points + (now - self.at) * RESTORE)
        self.at = now
        if self.points < cost:
            return False
        self.points -= cost
        return True

    def _cost(self, asked: float, actual: float | None) -> Row:
        left = {"maximumAvailable": CAPACITY, "currentlyAvailable": int(self.points), "restoreRate": RESTORE}
        return {"requestedQueryCost": asked, "actualQueryCost": actual, "throttleStatus": left}

    # -- resolving -------------------------------------------------------------------------------------------

    def execute(self, document: DocumentNode, variables: Row, base: str) -> ExecutionResult:
        result = run(
            SCHEMA, document, root_value=Root(self, base), variable_values=variables, field_resolver=resolve
        )
        assert isinstance(result, ExecutionResult)
        return result

    def orders(self, query: str | None, sort_key: str) -> list[Any]:
        """Matching orders in the order asked for. A clause the API does not know is ignored, as it does."""
        by_id = {order.order_id: order for order in self.world.orders("shopify")}
        found = list(by_id.values())
        for name, operator, value in CLAUSE.findall(query or ""):
            field = {
                "updated_at": "modified_at",
                "created_at": "created_at",
                "processed_at": "created_at",
            }.get(name)
            if field:
                limit = datetime.fromisoformat(value.replace("Z", "+00:00")).astimezone(UTC)
                found = [order for order in found if _fits(getattr(order, field), operator, limit)]
        keys = {"UPDATED_AT": "modified_at", "CREATED_AT": "created_at", "PROCESSED_AT": "created_at"}
        field = keys.get(sort_key)
        return sorted(found, key=lambda o: (getattr(o, field), int(o.order_id)) if field else int(o.order_id))

    def start_bulk(self, query: str, base: str) -> Row:
        try:
            document = parse(query)
        except GraphQLError as error:
            return {
                "bulkOperation": None,
                "userErrors": [{"field": ["query"], "message": error.message, "code": "INVALID"}],
            }
        problems = [problem.message for problem in validate(SCHEMA, document)]
        if "refundLineItems" in query:
            problems.append(
                "Queries that contain a connection field within a list field are not currently supported."
            )
        if problems:
            self.state.violation("fields", problems[0])
            return {
                "bulkOperation": None,
                "userErrors": [{"field": ["query"], "message": problems[0], "code": "INVALID"}],
            }
        operation = gid("BulkOperation", next(self.numbers))
        self.operations[operation] = {"query": document, "base": base, "looks": 0}
        return {"bulkOperation": {"id": operation, "status": "CREATED"}, "userErrors": []}

    def look(self, operation: str) -> Row | None:
        found = self.operations.get(operation)
        if found is None:
            return None
        found["looks"] += 1
        if found["looks"] == 1:
            return {
                "id": operation,
                "status": "RUNNING",
                "objectCount": "0",
                "rootObjectCount": "0",
                "url": None,
            }
        if "done" not in found:
            found["done"] = self._finish(operation, found)
        done: Row = found["done"]
        return done

    def _finish(self, operation: str, found: Row) -> Row:
        """The file: children after all parents, so nobody can rely on their standing together."""
        data = self.execute(found["query"], {}, found["base"]).data or {}
        heads, children = [], []
        for edge in data["orders"]["edges"]:
            node = edge["node"]
            for name in ("lineItems", "shippingLines"):
                children += [
                    child["node"] | {"__parentId": node["id"]}
                    for child in node.pop(name, {"edges": []})["edges"]
                ]
            heads.append(node)
        lines = heads + children
        number = operation.rpartition("/")[2]
        self.files[number] = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
        counts = {"objectCount": str(len(lines)), "rootObjectCount": str(len(heads))}
        url = f"{found['base']}/bulk/{number}.jsonl" if lines else None
        return {"id": operation, "status": "COMPLETED", "url": url, **counts}

    async def file(self, request: Request) -> Response:
        content = self.files.get(request.path_params["number"])
        return (
            Response(content, media_type="application/jsonl")
            if content is not None
            else PlainTextResponse("", 404)
        )


class Root:
    """Top-level fields."""

    def __init__(self, api: AdminApi, base: str) -> None:
        self.api, self.base = api, base

    def shop(self, _info: Any) -> Row:
        shop = self.api.store.shop
        return {"id": gid("Shop", 1), "name": shop.name, "myshopifyDomain": shop.shop_id, "ianaTimezone": shop.tz,
                "currencyCode": shop.currency}  # fmt: skip

    def currentAppInstallation(self, _info: Any) -> Row:
        handles = ("read_orders", "read_all_orders", "read_products", "read_customers")
        return {"accessScopes": [{"handle": handle} for handle in handles]}

    def orders(self, _info: Any, query: str | None = None, sortKey: str = "PROCESSED_AT", **page: Any) -> Row:
        self.api.state.note("orders", query=query, **page)
        found = self.api.orders(query, sortKey)
        chosen = connection(found, **page)
        return chosen | {"nodes": [self.api.store.order(order) for order in chosen["nodes"]]}

    def order(self, _info: Any, id: str) -> Row | None:
        self.api.state.note("order", id=id)
        found = self.api.world.order("shopify", id.rpartition("/")[2])
        return self.api.store.order(found) if found else None

    def refund(self, _info: Any, id: str) -> Row | None:
        found = self.api.world.refund("shopify", id.rpartition("/")[2])
        order = self.api.world.order("shopify", found.order_id) if found else None
        return self.api.store.refund(order, found) if found and order else None

    def products(self, _info: Any, query: str | None = None, sortKey: str = "ID", **page: Any) -> Row:
        found = sorted(self.api.world.products("shopify"), key=lambda product: int(product.product_id))
        chosen = connection(found, **page)
        return chosen | {"nodes": [self.api.store.product(product) for product in chosen["nodes"]]}

    def product(self, _info: Any, id: str) -> Row | None:
        products = self.api.world.products("shopify")
        return next((self.api.store.product(p) for p in products if gid("Product", p.product_id) == id), None)

    def shopifyPaymentsAccount(self, _info: Any) -> Row:
        """The lists are filtered where they are resolved: their arguments come with them."""
        return {"id": gid("ShopifyPaymentsAccount", 1), **self.api.store.account()}

    def productVariants(self, _info: Any, query: str | None = None, sortKey: str = "ID", **page: Any) -> Row:
        return connection(self.api.store.stock(), **page)

    def bulkOperation(self, _info: Any, id: str) -> Row | None:
        return self.api.look(id)

    def bulkOperationRunQuery(self, _info: Any, query: str, groupObjects: bool = False) -> Row:
        self.api.state.note("bulkOperationRunQuery")
        return self.api.start_bulk(query, self.base)


def resolve(source: Any, info: Any, **args: Any) -> Any:
    """Methods of Root, keys of dicts; a list behind a connection field becomes a page of it."""
    if isinstance(source, Root):
        return getattr(source, info.field_name)(info, **args)
    value = source.get(info.field_name)
    if info.field_name in CONNECTIONS and isinstance(value, list):
        dated = DATED.get(info.field_name)
        if dated:
            clauses = CLAUSE.findall(args.pop("query", None) or "")
            args.pop("sortKey", None)
            limits = [(sign, datetime.fromisoformat(at.replace("Z", "+00:00"))) for _, sign, at in clauses]
            value = [row for row in value
                     if all(_fits(datetime.fromisoformat(row[dated]), sign, limit) for sign, limit in limits)]
        return connection(value, **args)
    if info.field_name == "edges":
        return [{"node": node, "cursor": ""} for node in source["nodes"]]
    return value


def connection(
    rows: Sequence[Any], first: int | None = None, after: str | None = None, reverse: bool = False
) -> Row:
    """A page; without `first` all of it, which only bulk operations may ask for."""
    start = int(base64.b64decode(after).decode()) if after else 0
    ordered = list(reversed(rows)) if reverse else list(rows)
    size = len(ordered) if first is None else min(first, LARGEST_PAGE)
    page = ordered[start : start + size]
    more = start + size < len(ordered)
    cursor = base64.b64encode(str(start + len(page)).encode()).decode() if page else None
    return {"nodes": page, "pageInfo": {"hasNextPage": more, "endCursor": cursor}}


def unbounded(node: Any) -> list[str]:
    """Connections that are asked for without a number: only bulk operations may do so."""
    found: list[str] = []
    for field in node.definitions if isinstance(node, DocumentNode) else node.selection_set.selections:
        if isinstance(field, FieldNode) and field.name.value in CONNECTIONS:
            found += [] if any(a.name.value == "first" for a in field.arguments or ()) else [field.name.value]
        if getattr(field, "selection_set", None):
            found += unbounded(field)
    return found


def requested(document: DocumentNode, variables: Row) -> int:
    """What a query asks for in points: the rows its connections could give, a nested one per row above it."""

    def weigh(selections: Any) -> int:
        total = 1
        for field in selections:
            if not isinstance(field, FieldNode) or field.selection_set is None:
                continue
            inner = weigh(field.selection_set.selections)
            if field.name.value in CONNECTIONS:
                inner *= _first(field, variables)
            elif field.name.value not in ("nodes", "edges", "node", "order", "refund", "refunds", "product"):
                inner = 0
            total += inner
        return total

    return sum(weigh(definition.selection_set.selections) for definition in document.definitions
               if hasattr(definition, "selection_set"))  # fmt: skip


def _first(field: FieldNode, variables: Row) -> int:
    for argument in field.arguments or ():
        if argument.name.value == "first":
            if isinstance(argument.value, IntValueNode):
                return int(argument.value.value)
            if isinstance(argument.value, VariableNode):
                return int(variables.get(argument.value.name.value) or 0)
    return 1


def _fits(value: datetime, operator: str, limit: datetime) -> bool:
    if operator == ">=":
        return value >= limit
    if operator == "<=":
        return value <= limit
    if operator == ">":
        return value > limit
    return value < limit if operator == "<" else value == limit
