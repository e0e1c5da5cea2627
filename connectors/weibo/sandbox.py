"""Weibo served locally from the sandbox world: the account's counts and timeline, and the ads desk.

Profiles, texts and places are on the wire so that tests can prove that none is kept.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from connectors.sandbox.state import PlatformState, Rule
from connectors.sandbox.world import World, money
from connectors.sandbox.world.calendar import BEIJING
from connectors.sandbox.world.figures import AdRow, Post
from connectors.weibo.social import DEPTH, MONTHS

PLATFORM, ADVERTISER = "weibo", "2608812381"
ACCOUNT_LIFE, ADS_LIFE = timedelta(days=90), timedelta(days=1)
"""A partner's app; the ads token is refreshed."""
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
FIGURES: dict[str, Callable[[AdRow], Any]] = {
    "pv": lambda row: row.impressions, "consume": lambda row: float(money(row.spend)),
    "bhv": lambda row: row.reposts + row.comments + row.likes + row.new_followers,
    "bhv_14000003": lambda row: row.reposts, "bhv_14000005": lambda row: row.comments,
    "bhv_14000098": lambda row: row.likes, "bhv_21000008": lambda row: row.new_followers,
    "bhv_70000003": lambda row: row.orders,
}
MESSAGES = {10008: "param error, see doc for more info", 10016: "miss required parameter",
            10009: "Too many pending tasks", 21327: "expired_token", 21332: "invalid_access_token",
            10014: "Insufficient app permissions!"}


class Refused(Exception):
    """An error answer, and the rule that was broken, if it is one that a right client never breaks."""

    def __init__(self, code: int, rule: Rule | None = None) -> None:
        self.code, self.rule = code, rule


def credentials(state: PlatformState, base_url: str) -> dict[str, str]:
    ads = state.tokens("ads", ADS_LIFE).current()
    return {"base_url": base_url, "app_key": str(int(state.secret("app_key", 8), 16)),
            "app_secret": state.secret("app_secret"), "uid": "7412589630",
            "access_token": state.tokens(lifetime=ACCOUNT_LIFE).current().access_token, "ads_base_url": base_url,
            "ads_access_token": ads.access_token, "ads_refresh_token": ads.refresh_token,
            "advertiser_id": ADVERTISER}


def routes(world: World, state: PlatformState) -> list[BaseRoute]:
    account, desk = OpenApi(world, state), AdsDesk(world, state)
    return [Route("/2/users/counts.json", account.route(account.counts)),
            Route("/2/statuses/user_timeline.json", account.route(account.timeline)),
            Route("/v3/insights/effect", desk.route(desk.effect)),
            Route("/v3/campaigns", desk.route(desk.campaigns)),
            Route("/oauth2/authorize", account.consent, methods=["GET"]),
            Route("/oauth2/access_token", account.token, methods=["POST"]),
            Route("/oauth/refresh_token", desk.token, methods=["POST"])]


def throttled(seconds: float) -> Response:
    """As the open API words it: no waiting time is told."""
    return JSONResponse({"request": "", "error_code": 10009, "error": MESSAGES[10009]}, 403)


class OpenApi:
    def __init__(self, world: World, state: PlatformState) -> None:
        self.world, self.state = world, state

    def route(self, answer: Callable[[dict[str, str]], Any]) -> Callable[[Request], Response]:
        def endpoint(request: Request) -> Response:
            query, path = dict(request.query_params), request.url.path.partition("/2/")[2]
            found = self.state.tokens(lifetime=ACCOUNT_LIFE).check(query.pop("access_token", None))
            try:
                if found != "ok":
                    raise Refused(21327 if found == "expired" else 21332)
                self.state.note(path, **query)
                return JSONResponse(answer(query))
            except Refused as refusal:
                if refusal.rule:
                    self.state.violation(refusal.rule, f"{path}: {query}")
                return JSONResponse({"request": f"/2/{path}", "error_code": refusal.code,
                                     "error": MESSAGES[refusal.code]}, 401 if refusal.code > 20000 else 400)

        return endpoint

    async def consent(self, request: Request) -> Response:
        asked = request.query_params
        if (asked.get("client_id"), asked.get("response_type")) != (credentials(self.state, "")["app_key"], "code"):
            return JSONResponse({"error": "invalid_client", "error_code": 21324}, 400)
        return RedirectResponse(self.state.consent(asked, asked["redirect_uri"]))

    async def token(self, request: Request) -> Response:
        """No refresh token: a web application asks people again. `remind_in` is text."""
        form, known = dict(parse_qsl((await request.body()).decode())), credentials(self.state, "")
        pair = None
        if (form.get("client_id"), form.get("client_secret")) == (known["app_key"], known["app_secret"]):
            pair = self.state.redeem(form.get("code"), form.get("redirect_uri"))
        if pair is None:
            return JSONResponse({"error": "invalid_grant", "error_code": 21325}, 400)
        life = int(ACCOUNT_LIFE.total_seconds())
        return JSONResponse({"access_token": pair.access_token, "remind_in": str(life), "expires_in": life,
                             "uid": known["uid"]})

    def counts(self, query: dict[str, str]) -> list[dict[str, Any]]:
        return [{"id": int(uid), "followers_count": self.world.followers(PLATFORM, uid), "friends_count": 118,
                 "statuses_count": len(self.world.posts(PLATFORM, uid)), "private_friends_count": 0,
                 "pagefriends_count": 3} for uid in [self.account(query.get("uids"))]]

    def timeline(self, query: dict[str, str]) -> dict[str, Any]:
        """Newest first; the total counts everything, the pages end at the depth."""
        uid = self.account(query.get("uid"))
        count, page = int(query.get("count", 20)), int(query.get("page", 1))
        if not 1 <= count <= 100 or page < 1:
            raise Refused(10008, "page_size")
        posts = self.world.posts(PLATFORM, uid)
        shown = posts[:DEPTH][(page - 1) * count:page * count]
        return {"statuses": [status(post, uid, trimmed=query.get("trim_user") == "1") for post in shown],
                "previous_cursor": 0, "next_cursor": 0, "total_number": len(posts), "interval": 0, "ad": []}

    def account(self, uid: str | None) -> str:
        if not uid:
            raise Refused(10016, "fields")
        if uid not in self.world.accounts(PLATFORM):
            raise Refused(10014)
        return uid


def status(post: Post, uid: str, *, trimmed: bool) -> dict[str, Any]:
    profile = {"id": int(uid), "screen_name": "山屿生活", "location": "浙江 杭州"}
    user = {"uid": int(uid)} if trimmed else {"user": profile}
    return {**user, "created_at": spelled(post.created_at), "id": int(post.post_id), "idstr": post.post_id,
            "mid": post.post_id, "text": post.text, "source": "<a>微博 weibo.com</a>", "geo": None, "truncated": False,
            "favorited": False, "pic_ids": [], "reposts_count": post.reposts, "comments_count": post.comments,
            "attitudes_count": post.likes, "visible": {"type": 0, "list_id": 0}, "isLongText": False}


def spelled(moment: datetime) -> str:
    """`Tue May 31 17:46:55 +0800 2011`"""
    local = moment.astimezone(BEIJING)
    return (f"{DAYS[local.weekday()]} {MONTHS[local.month - 1]} {local.day:02d} {local:%H:%M:%S} +0800 "
            f"{local.year}")


class AdsDesk:
    """Its own envelope: HTTP 200 whatever happened."""

    def __init__(self, world: World, state: PlatformState) -> None:
        self.world, self.state = world, state

    def route(self, answer: Callable[[dict[str, str]], dict[str, Any]]) -> Callable[[Request], Response]:
        def endpoint(request: Request) -> Response:
            query, path = dict(request.query_params), request.url.path.partition("/v3/")[2]
            scheme, _, token = request.headers.get("authorization", "").partition(" ")
            if scheme != "Bearer" or self.state.tokens("ads", ADS_LIFE).check(token) != "ok":
                return envelope(20003, "access_token is invalid or expired")
            self.state.note(path, **query)
            if query.get("advertiser_id") != ADVERTISER:
                return envelope(403, "no permission for this advertiser")
            try:
                return envelope(0, "success", answer(query))
            except Refused as refusal:
                self.state.violation(refusal.rule or "other", f"{path}: {query}")
                return envelope(refusal.code, "param error")

        return endpoint

    async def token(self, request: Request) -> Response:
        """Both tokens are new afterwards; the old refresh token is dead."""
        body, known = await request.json(), credentials(self.state, "")
        pair = None
        if str(body.get("client_id")) == known["app_key"]:
            pair = self.state.tokens("ads", ADS_LIFE).refresh(body.get("refresh_token"))
        if pair is None:
            return envelope(20004, "refresh_token is invalid")
        return envelope(0, "success", {
            "access_token": pair.access_token, "refresh_token": pair.refresh_token, "token_type": "Bearer",
            "expires_in": int(ADS_LIFE.total_seconds()), "refresh_expires_in": 30 * 86400})

    def effect(self, query: dict[str, str]) -> dict[str, Any]:
        """A row per creative and day, with the figures asked for and no others."""
        data = json.loads(query.get("data", "{}"))
        first, last = (date.fromisoformat(day) for day in data["time_interval"])
        page, size, wanted = data.get("page", 1), data.get("rows", 10), data.get("field", [])
        if first > last or not wanted or not set(wanted) <= set(FIGURES):
            raise Refused(10008, "fields")
        if page < 1 or not 1 <= size <= 100:
            raise Refused(10008, "page_size")
        rows = self.world.ads(PLATFORM, (first, last))
        listed = [{"date": row.date.isoformat(), "ad_id": int(row.ad_id), "campaign_id": int(row.campaign_id),
                   "creative_id": int(row.creative_id)} | {name: FIGURES[name](row) for name in wanted}
                  for row in rows[(page - 1) * size:page * size]]
        return {"page": page, "pages": -(-len(rows) // size), "rows": size, "sum": {}, "list": listed}

    def campaigns(self, query: dict[str, str]) -> dict[str, Any]:
        page, size = int(query.get("page", 1)), int(query.get("page_size", 10))
        known = self.world.campaigns(PLATFORM)
        listed = [{"id": int(one.campaign_id), "name": one.name, "objective": 1, "effective_status": 1,
                   "created_at": f"{one.starts_on} 00:00:00"} for one in known[(page - 1) * size:page * size]]
        return {"page": page, "page_size": size, "page_total": -(-len(known) // size), "total": len(known),
                "list": listed}


def envelope(code: int, message: str, more: dict[str, Any] | None = None) -> Response:
    return JSONResponse({"trace_id": "a1b2c3", "code": code, "message": message, **(more or {})})
