"""A seller account served locally: the Selling Partner API over the sandbox world, with login, quotas for each
operation, windows that must end two minutes ago, reports that take their time and are not made twice."""

from __future__ import annotations

import base64
import gzip
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from urllib.parse import parse_qs, parse_qsl, urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from connectors.amazon import sandbox_ads
from connectors.amazon.client import LIMITS
from connectors.amazon.sandbox_account import MARKETPLACES, Account, Row, stamp
from connectors.sandbox.state import PlatformState
from connectors.sandbox.world import World

HOUR = timedelta(hours=1)
RATE = 40.0
"""Calls a second of every operation: more than the table says, as large sellers get it. Bursts are the table's."""
LATEST = timedelta(minutes=2)
TWIN = timedelta(minutes=30)
"""A report of the same kind and period is not made again within this time: the order is cancelled."""
DEPTH = timedelta(days=730)
PERSONAL = {"BUYER", "RECIPIENT", "TAX", "PAYMENT"}
SIZE, TRANSACTIONS = 100, 20
"""Orders a page at most; transactions a page (the caller cannot choose)."""

Answer = Callable[[Request], Awaitable[Response]]


STOCK, SETTLEMENTS_A_PAGE = 50, 5
"""Rows of a page of stock; settlements of a page, whatever was asked for."""
SETTLEMENTS, KEPT = "GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2", timedelta(days=90)
SELLER, APPLICATION = "A2SHANYUHOME01", "amzn1.sp.solution.5a0d"


def credentials(state: PlatformState, base_url: str) -> dict[str, str]:
    return {"auth_url": base_url, "client_id": client_id(state), "client_secret": state.secret("client_secret"),
            "refresh_token": state.tokens(lifetime=HOUR).current().refresh_token, "region": "na",
            "marketplace_ids": MARKETPLACES["US"][0], "seller_id": SELLER,
            "application_id": APPLICATION}  # fmt: skip


def client_id(state: PlatformState) -> str:
    return f"amzn1.application-oa2-client.{state.secret('client_id')}"


def routes(world: World, state: PlatformState) -> list[BaseRoute]:
    api = SellingPartnerApi(world, state)

    def served(path: str, operation: str, answer: Answer, method: str = "GET") -> Route:
        return Route(path, api.guarded(operation, answer), methods=[method])

    reports = "/reports/2021-06-30"
    return [
        Route("/auth/o2/token", api.login, methods=["POST"]),
        Route("/apps/authorize/consent", api.consent, methods=["GET"]),
        Route("/files/{number}", api.file, methods=["GET"]),
        served("/orders/2026-01-01/orders", "searchOrders", api.search_orders),
        served("/orders/2026-01-01/orders/{order_id}", "getOrder", api.get_order),
        served(f"{reports}/reports", "createReport", api.create_report, "POST"),
        served(f"{reports}/reports", "getReports", api.get_reports),
        served(f"{reports}/reports/{{number}}", "getReport", api.get_report),
        served(f"{reports}/documents/{{number}}", "getReportDocument", api.get_document),
        served("/fba/inventory/v1/summaries", "getInventorySummaries", api.stock),
        served("/finances/2024-06-19/transactions", "listTransactions", api.transactions),
        served("/sellers/v1/marketplaceParticipations", "getMarketplaceParticipations", api.participations),
        *sandbox_ads.routes(world, state),
    ]


def refused(status: int, code: str, message: str, details: str = "") -> Response:
    return JSONResponse({"errors": [{"code": code, "message": message, "details": details}]}, status)


def throttled(seconds: float) -> Response:
    answer = refused(429, "QuotaExceeded", "You exceeded your quota for the requested resource.")
    answer.headers["x-amzn-ratelimit-limit"] = f"{1 / max(seconds, 0.01):.4f}"
    return answer


class BadInput(Exception):
    """400 InvalidInput; its text is the message."""


class SellingPartnerApi:
    """A report is ready at the second look."""

    def __init__(self, world: World, state: PlatformState) -> None:
        self.world, self.state, self.account = world, state, Account(world)
        self.buckets: dict[str, tuple[float, float]] = {}
        self.reports: dict[str, Row] = {}
        self.numbers = count(50_013_000_001)

    def guarded(self, operation: str, answer: Answer) -> Answer:
        """Token, quota, then the operation; every answer names its rate."""
        async def inside(request: Request) -> Response:
            known = self.state.tokens(lifetime=HOUR).check(request.headers.get("x-amz-access-token"))
            if known != "ok":
                why = "The access token you provided has expired." if known == "expired" else "Not a valid token."
                return refused(403, "Unauthorized", "Access to requested resource is denied.", why)
            if not self._take(operation):
                reply = refused(429, "QuotaExceeded", "You exceeded your quota for the requested resource.")
            else:
                self.state.note(operation, **dict(request.query_params))
                try:
                    reply = await answer(request)
                except BadInput as error:
                    self.state.violation("window", str(error))
                    reply = refused(400, "InvalidInput", str(error))
            reply.headers["x-amzn-ratelimit-limit"] = str(RATE)
            reply.headers["x-amzn-requestid"] = self.state.secret(f"request {time.monotonic_ns()}")
            return reply

        return inside

    def _take(self, operation: str) -> bool:
        most, now = float(LIMITS[operation].burst), time.monotonic()
        level, at = self.buckets.get(operation, (most, now))
        level = min(most, level + (now - at) * RATE)
        self.buckets[operation] = (level - 1 if level >= 1 else level, now)
        return level >= 1

    async def login(self, request: Request) -> Response:
        given = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        if (given.get("client_id"), given.get("client_secret")) != (
                client_id(self.state), self.state.secret("client_secret")):
            return JSONResponse({"error": "invalid_client", "error_description": "Client authentication failed"}, 401)
        tokens, ads = self.state.tokens(lifetime=HOUR), self.state.tokens("ads", HOUR)
        pair = None
        if given.get("grant_type") == "authorization_code":
            pair = self.state.redeem(given.get("code"), given.get("redirect_uri"))
        elif given.get("grant_type") == "refresh_token" and (
                given.get("refresh_token") == tokens.current().refresh_token):
            pair = tokens.issue()
        elif given.get("grant_type") == "refresh_token" and given.get("refresh_token") == ads.current().refresh_token:
            pair = ads.issue()
        if pair is None:
            return JSONResponse({"error": "invalid_grant", "error_description": "The grant is invalid"}, 400)
        return JSONResponse({"access_token": pair.access_token, "token_type": "bearer", "expires_in": 3600,
                             "refresh_token": pair.refresh_token})  # fmt: skip

    async def consent(self, request: Request) -> Response:
        """Seller Central's page: the code has a name of its own, and the answer tells who sells."""
        asked = request.query_params
        if asked.get("application_id") != APPLICATION or "redirect_uri" not in asked:
            return JSONResponse({"error": "invalid_client"}, 400)
        return RedirectResponse(self.state.consent(
            asked, asked["redirect_uri"], "spapi_oauth_code", selling_partner_id=lambda _answer: SELLER))

    # -- orders ----------------------------------------------------------------------------------------------

    async def search_orders(self, request: Request) -> Response:
        given = request.query_params
        since, until = self._span(given.get("lastUpdatedAfter"), given.get("lastUpdatedBefore"))
        self._included(given.get("includedData", ""))
        size = int(given.get("maxResultsPerPage", SIZE))
        if not 1 <= size <= SIZE:
            raise BadInput("maxResultsPerPage must be between 1 and 100")
        found = [order for order in self.world.orders("amazon", modified=(since, until + timedelta(seconds=1)))
                 if order.created_at >= self.world.now - DEPTH]  # fmt: skip
        keys = [f"{order.modified_at.isoformat()} {order.order_id}" for order in found]
        begin = self._after(keys, given.get("paginationToken"))
        body: Row = {"orders": [self.account.order(order) for order in found[begin : begin + size]],
                     "lastUpdatedBefore": stamp(until)}
        if begin + size < len(found):
            body["pagination"] = {"nextToken": token(keys[begin + size - 1])}
        return JSONResponse(body)

    def _included(self, text: str) -> None:
        if wanted := PERSONAL & set(text.split(",")):
            self.state.violation("fields", f"asked for {', '.join(sorted(wanted))}")

    def _after(self, keys: Sequence[str], given: str | None) -> int:
        """Where the rows after a token's begin. The list may have lost rows since: it is a place, not a number."""
        if not given:
            return 0
        try:
            place = base64.urlsafe_b64decode(given).decode()
        except ValueError:
            raise BadInput("the token is not one of ours") from None
        return sum(key <= place for key in keys)

    def _span(self, after: str | None, before: str | None) -> tuple[datetime, datetime]:
        if not after:
            raise BadInput("Start date cannot be null")
        since = datetime.fromisoformat(after.replace("Z", "+00:00")).astimezone(UTC)
        until = datetime.fromisoformat((before or stamp(self.world.now - LATEST)).replace("Z", "+00:00"))
        if until > self.world.now - LATEST or since > until:
            raise BadInput("the end must be two minutes before now and not before the start")
        return since, until.astimezone(UTC)

    async def get_order(self, request: Request) -> Response:
        order = self.world.order("amazon", request.path_params["order_id"])
        self._included(request.query_params.get("includedData", ""))
        return JSONResponse({"order": self.account.order(order)}) if order else refused(404, "NotFound", "not found")

    # -- reports ---------------------------------------------------------------------------------------------

    async def create_report(self, request: Request) -> Response:
        given = await request.json()
        number, now = str(next(self.numbers)), self.world.now
        period = tuple(given.get(name) for name in ("dataStartTime", "dataEndTime"))
        kind = given["reportType"]
        if kind not in self.account.files or not given.get("marketplaceIds"):
            raise BadInput("Invalid reportType")
        begun, ended = (datetime.fromisoformat(moment) if moment else None for moment in period)
        if "ORDERS" in kind and begun and ended and ended - begun > timedelta(days=30):
            raise BadInput("a report spans at most 30 days")
        self.state.note("report", kind=kind, start=period[0], end=period[1])
        twin = any((one["reportType"], one["period"]) == (kind, period) and one["processingStatus"] != "CANCELLED"
                   and now - one["at"] < TWIN for one in self.reports.values())  # fmt: skip
        content = None if twin else self.account.files[kind](*period)
        self.reports[number] = {
            "reportId": number, "reportType": kind, "marketplaceIds": given["marketplaceIds"], "period": period,
            "createdTime": stamp(now), "at": now, "content": content, "looks": 0,
            "processingStatus": "IN_QUEUE" if content else "CANCELLED"}  # fmt: skip
        return JSONResponse({"reportId": number}, 202)

    async def get_reports(self, request: Request) -> Response:
        """Newest first; a token is the only parameter."""
        given = dict(request.query_params)
        if known := given.pop("nextToken", ""):
            if given:
                raise BadInput("nextToken must be the only parameter")
            given = dict(parse_qsl(base64.urlsafe_b64decode(known).decode()))
        if not given.get("reportTypes"):
            raise BadInput("reportTypes or nextToken is required")
        kinds, states = given["reportTypes"].split(","), given.get("processingStatuses", "").split(",")
        since = datetime.fromisoformat(given.get("createdSince", stamp(self.world.now - KEPT)))
        self._settle()
        found = [self._shown(one) for one in reversed(self.reports.values())
                 if one["reportType"] in kinds and ("" in states or one["processingStatus"] in states)
                 and one["at"] >= max(since, self.world.now - KEPT)]  # fmt: skip
        size, begin = int(given.get("pageSize", 10)), int(given.get("begin", 0))
        size = min(size, SETTLEMENTS_A_PAGE) if SETTLEMENTS in kinds else size
        body: Row = {"reports": found[begin : begin + size]}
        if begin + len(body["reports"]) < len(found):
            body["nextToken"] = token(urlencode(given | {"begin": begin + len(body["reports"])}))
        return JSONResponse(body)

    def _settle(self) -> None:
        """Settlement reports come by themselves, a day after the money has gone out."""
        for row in self.world.settlements("amazon"):
            number, made = f"7{row.settlement_id[1:9]}", row.date + timedelta(days=1)
            at = datetime(made.year, made.month, made.day, tzinfo=UTC)
            if number not in self.reports and at <= self.world.now:
                self.reports[number] = {
                    "reportId": number, "reportType": SETTLEMENTS, "period": (None, None), "at": at, "looks": 2,
                    "marketplaceIds": [MARKETPLACES["US"][0]], "createdTime": stamp(at), "processingStatus": "DONE",
                    "content": self.account.settlement_file(row)}  # fmt: skip

    async def get_report(self, request: Request) -> Response:
        one = self.reports.get(request.path_params["number"])
        if one is None:
            return refused(404, "NotFound", "no such report")
        if one["processingStatus"] in ("IN_QUEUE", "IN_PROGRESS"):
            one["looks"] += 1
            one["processingStatus"] = "DONE" if one["looks"] > 1 else "IN_PROGRESS"
        return JSONResponse(self._shown(one))

    def _shown(self, one: Row) -> Row:
        shown = {name: one[name] for name in ("reportId", "reportType", "marketplaceIds", "createdTime",
                                              "processingStatus")}  # fmt: skip
        if one["period"][0]:
            shown |= dict(zip(("dataStartTime", "dataEndTime"), one["period"], strict=True))
        if one["processingStatus"] == "DONE":
            shown["reportDocumentId"] = f"amzn1.spdoc.1.4.na.{one['reportId']}"
        return shown

    async def get_document(self, request: Request) -> Response:
        name = request.path_params["number"]
        number = name.rpartition(".")[2]
        if number not in self.reports:
            return refused(404, "NotFound", "no such document")
        base = str(request.url).partition("/reports/2021-06-30")[0]
        return JSONResponse({"reportDocumentId": name, "compressionAlgorithm": "GZIP",
                             "url": f"{base}/files/{number}?X-Amz-Signature={self.state.secret('file')}"})  # fmt: skip

    async def file(self, request: Request) -> Response:
        one = self.reports.get(request.path_params["number"])
        if request.headers.get("x-amz-access-token"):
            self.state.violation("fields", "the token was sent to the file store")
        if one is None or request.query_params.get("X-Amz-Signature") != self.state.secret("file"):
            return Response("<Error><Code>AccessDenied</Code></Error>", 403)
        return Response(gzip.compress(one["content"], mtime=0), media_type="text/plain")

    # -- finances and the seller -----------------------------------------------------------------------------

    async def transactions(self, request: Request) -> Response:
        """More than 180 days: nothing, and no error. Every third page is empty and still has one after it."""
        given = request.query_params
        since, until = self._span(given.get("postedAfter"), given.get("postedBefore"))
        if until - since > timedelta(days=180):
            self.state.violation("window", "more than 180 days")
            return JSONResponse({"payload": {"transactions": []}})
        found = self.account.transactions(since, until)
        keys = [f"{one['postedDate']} {one['transactionId']}" for one in found]
        given_token = given.get("nextToken") or ""
        begin = self._after(keys, given_token.removeprefix("E"))
        empty = begin % (3 * TRANSACTIONS) == TRANSACTIONS and not given_token.startswith("E")
        page = [] if empty else found[begin : begin + TRANSACTIONS]
        payload: Row = {"transactions": page}
        if empty:
            payload["nextToken"] = f"E{given_token}"
        elif begin + TRANSACTIONS < len(found):
            payload["nextToken"] = token(keys[begin + TRANSACTIONS - 1])
        return JSONResponse({"payload": payload})

    async def stock(self, request: Request) -> Response:
        given = request.query_params
        if given.get("granularityType") != "Marketplace" or "," in given.get("marketplaceIds", ","):
            raise BadInput("granularityType Marketplace and one marketplace are required")
        found = self.account.stock()
        begin = self._after([row["sellerSku"] for row in found], given.get("nextToken"))
        body: Row = {"payload": {"granularity": {"granularityType": "Marketplace"},
                                 "inventorySummaries": found[begin : begin + STOCK]}}
        if begin + STOCK < len(found):
            body["pagination"] = {"nextToken": token(found[begin + STOCK - 1]["sellerSku"])}
        return JSONResponse(body)

    async def participations(self, _request: Request) -> Response:
        return JSONResponse({"payload": self.account.participations()})


def token(place: str) -> str:
    return base64.urlsafe_b64encode(place.encode()).decode()

