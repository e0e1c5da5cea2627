"""Amazon Ads served locally: reports of the sandbox world's campaigns, by kind of ad, at most thirty-one days each."""

from __future__ import annotations

import gzip
import json
from datetime import date, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from connectors.sandbox.state import PlatformState
from connectors.sandbox.world import World, major

KEPT = {"spCampaigns": 95, "sbCampaigns": 60, "sdCampaigns": 65}
"""Days that each report reaches back."""
HOUR = timedelta(hours=1)
PROFILE = "2840235221595557"
ORDER = "application/vnd.createasyncreportrequest.v3+json"


def credentials(state: PlatformState) -> dict[str, str]:
    """Ready for `souk connect amazon --set`, beside those of the shop."""
    pair = state.tokens("ads", HOUR).current()
    return {"ads_profile_id": PROFILE, "ads_refresh_token": pair.refresh_token}


def routes(world: World, state: PlatformState) -> list[BaseRoute]:
    ads = AdsApi(world, state)
    return [
        Route("/reporting/reports", ads.order, methods=["POST"]),
        Route("/reporting/reports/{number}", ads.report, methods=["GET"]),
        Route("/ads-files/{number}", ads.file, methods=["GET"]),
    ]


class AdsApi:
    """A report is ready at the second look."""

    def __init__(self, world: World, state: PlatformState) -> None:
        self.world, self.state = world, state
        self.reports: dict[str, tuple[dict[str, Any], int]] = {}

    def admitted(self, request: Request) -> bool:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        return (self.state.tokens("ads", HOUR).check(token) == "ok"
                and request.headers.get("amazon-advertising-api-scope") == PROFILE
                and bool(request.headers.get("amazon-advertising-api-clientid")))

    def refused(self, message: str) -> Response:
        self.state.violation("window", message)
        return JSONResponse({"code": "400", "detail": message}, 400)

    async def order(self, request: Request) -> Response:
        if not self.admitted(request):
            return JSONResponse({"code": "401", "detail": "Not authorized"}, 401)
        asked = await request.json()
        kind, today = asked["configuration"]["reportTypeId"], self.today()
        first, last = (date.fromisoformat(asked[name]) for name in ("startDate", "endDate"))
        if request.headers.get("content-type") != ORDER:
            return self.refused("the content type names the version")
        if first > last or last > today or (last - first).days > 30 or (today - first).days > KEPT[kind]:
            return self.refused(f"{kind} from {first} to {last}")
        self.state.note("ads report", kind=kind, start=asked["startDate"], end=asked["endDate"])
        if twin := next((number for number, (known, _) in self.reports.items() if known == asked), ""):
            return JSONResponse({"code": "425", "detail": f"The Request is a duplicate of : {twin}"}, 425)
        number = f"r-{len(self.reports)}"
        self.reports[number] = asked, 0
        return JSONResponse({"reportId": number, "status": "PENDING"})

    async def report(self, request: Request) -> Response:
        if not self.admitted(request):
            return JSONResponse({"code": "401", "detail": "Not authorized"}, 401)
        number = request.path_params["number"]
        asked, looks = self.reports[number]
        self.reports[number] = asked, looks + 1
        if not looks:
            return JSONResponse({"reportId": number, "status": "PROCESSING"})
        address = f"{str(request.url).partition('/reporting/')[0]}/ads-files/{number}?X-Amz-Signature=1"
        return JSONResponse({"reportId": number, "status": "COMPLETED", "url": address})

    async def file(self, request: Request) -> Response:
        if request.headers.get("authorization"):
            self.state.violation("fields", "the token was sent to the file store")
        asked, _ = self.reports[request.path_params["number"]]
        return Response(gzip.compress(json.dumps(self.rows(asked)).encode(), mtime=0), media_type="application/json")

    def rows(self, asked: dict[str, Any]) -> list[dict[str, Any]]:
        """The first campaign is of Sponsored Products, the others of Sponsored Brands; there is no Display."""
        wanted = asked["configuration"]
        window = "14d" if wanted["reportTypeId"] == "spCampaigns" else ""
        named = {one.campaign_id: one for one in self.world.campaigns("amazon")}
        first = min(named)
        mine = {"spCampaigns": lambda number: number == first, "sbCampaigns": lambda number: number != first,
                "sdCampaigns": lambda number: False}[wanted["reportTypeId"]]
        days: dict[tuple[date, str], list[Any]] = {}
        for row in self.world.ads("amazon"):
            if mine(row.campaign_id) and asked["startDate"] <= str(row.date) <= asked["endDate"]:
                days.setdefault((row.date, row.campaign_id), []).append(row)
        shown = [{
            "date": str(day), "campaignId": int(number), "campaignName": named[number].name,
            "campaignStatus": "ENABLED" if named[number].status == "active" else "ARCHIVED",
            "campaignBudgetCurrencyCode": rows[0].currency, "impressions": sum(row.impressions for row in rows),
            "clicks": sum(row.clicks for row in rows), "cost": float(major(sum(row.spend for row in rows))),
            f"purchases{window}": sum(row.orders for row in rows),
            f"sales{window}": float(major(sum(row.sales for row in rows)))} for (day, number), rows in days.items()]
        return [{name: row[name] for name in wanted["columns"]} for row in shown]

    def today(self) -> date:
        """Of the marketplace; the next morning is begun with that of Greenwich."""
        return self.world.now.date()
