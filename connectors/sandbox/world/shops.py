"""The merchant's shops: who they are and how each platform's business behaves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from connectors.sandbox.world.branches import BRANCHES, JAPAN
from connectors.sandbox.world.habit import Habit
from connectors.sandbox.world.types import WorldShop

HABITS: dict[str, Habit] = {
    "taobao": Habit(
        "cn",
        3.75,
        0.15,
        (100, 100),
        9900,
        1000,
        0.09,
        0.012,
        0.03,
        0.10,
        0.45,
        False,
        (("search", 0.44), ("shelf", 0.22), ("ad", 0.17), ("live", 0.07), ("video", 0.04), ("direct", 0.06)),
        0.034,
    ),
    "jd": Habit(
        "cn",
        1.85,
        0.10,
        (102, 100),
        9900,
        800,
        0.06,
        0.05,
        0.03,
        0.07,
        0.0,
        True,
        (("search", 0.58), ("shelf", 0.20), ("ad", 0.16), ("direct", 0.06)),
        0.031,
    ),
    "douyin": Habit(
        "cn",
        2.35,
        0.75,
        (92, 100),
        5900,
        800,
        0.11,
        0.0,
        0.05,
        0.17,
        0.22,
        True,
        (("live", 0.46), ("video", 0.24), ("ad", 0.14), ("shelf", 0.10), ("search", 0.06)),
        0.022,
    ),
    "xiaohongshu": Habit(
        "cn",
        1.15,
        0.95,
        (100, 100),
        9900,
        1000,
        0.08,
        0.0,
        0.04,
        0.12,
        0.18,
        True,
        (("video", 0.40), ("search", 0.24), ("live", 0.16), ("shelf", 0.12), ("ad", 0.08)),
        0.018,
    ),
    "shopify": Habit(
        "west",
        1.15,
        0.35,
        (155, 1000),
        5000,
        595,
        0.03,
        0.0,
        0.025,
        0.07,
        0.0,
        False,
        (("direct", 0.42), ("search", 0.28), ("ad", 0.30)),
        0.026,
    ),
    "woocommerce": Habit(
        "west",
        0.85,
        0.05,
        (124, 1000),
        5000,
        411,
        0.05,
        0.0,
        0.02,
        0.06,
        0.0,
        False,
        (("direct", 0.55), ("search", 0.45)),
        0.024,
    ),
}
USUAL = (*HABITS, "weibo")
"""The platforms of the merchant who opens no branches: what is generated and served unless asked otherwise."""
HABITS |= {platform: branch.habit() for platform, branch in BRANCHES.items()}

ROWS = (
    ("taobao", "352746112", "山屿旗舰店", "Shanyu Tmall flagship", "Asia/Shanghai", "CNY", "delivered"),
    ("jd", "10417823", "山屿京东自营旗舰店", "Shanyu JD store", "Asia/Shanghai", "CNY", "created"),
    ("douyin", "24680135", "山屿抖音小店", "Shanyu Douyin shop", "Asia/Shanghai", "CNY", "delivered"),
    (
        "xiaohongshu",
        "5f3c8a1b2d4e6f0001a2b3c4",
        "山屿小红书店",
        "Shanyu RED shop",
        "Asia/Shanghai",
        "CNY",
        "delivered",
    ),
    (
        "shopify",
        "shanyu-home.myshopify.com",
        "Shanyu Home US",
        "Shanyu Home US",
        "America/New_York",
        "USD",
        "created",
    ),
    (
        "woocommerce",
        "shop.shanyu.example",
        "Shanyu Home Europe",
        "Shanyu Home Europe",
        "Europe/Berlin",
        "EUR",
        "created",
    ),
    ("weibo", "7412589630", "山屿生活", "Shanyu on Weibo", "Asia/Shanghai", "CNY", "delivered"),
)


ELSEWHERE = {JAPAN.country: JAPAN}
"""Where shops of the usual seven may sell instead: `World(now, countries={"shopify": "JP"})`."""


def start_of_history(now: datetime) -> datetime:
    """Midnight in Beijing of the first of the month two years back: the same for a whole month, so that a
    world seen tomorrow has the history of the world seen today."""
    local = now.astimezone(ZoneInfo("Asia/Shanghai"))
    first = datetime.combine(local.date().replace(year=local.year - 2, day=1), time(), local.tzinfo)
    return first.astimezone(UTC)


def open_shops(
    now: datetime, branches: Iterable[str] = (), countries: Mapping[str, str] | None = None
) -> dict[str, WorldShop]:
    """The seven usual shops, and those of the branches asked for, each in its market."""
    opened = start_of_history(now)
    shops = {row[0]: WorldShop(*row, opened_at=opened) for row in ROWS}  # type: ignore[arg-type]
    for platform, country in (countries or {}).items():
        if platform in shops and country in ELSEWHERE:
            place = ELSEWHERE[country]
            shops[platform] = replace(shops[platform], tz=place.tz, currency=place.currency, country=country)
    for platform in BRANCHES:
        if platform in branches:
            branch = BRANCHES[platform]
            place = branch.market((countries or {}).get(platform))
            shops[platform] = WorldShop(
                platform, branch.shop_id, branch.name, branch.name, place.tz, place.currency, "delivered",
                opened, place.country)
    return shops


def habit_of(shop: WorldShop) -> Habit:
    """How business goes in a shop: prices and postage are those of its market."""
    branch = BRANCHES.get(shop.platform)
    if branch:
        return branch.habit(branch.market(shop.country))
    habit, place = HABITS[shop.platform], ELSEWHERE.get(shop.country)
    if not place:
        return habit
    return replace(
        habit, price=place.price, free_shipping_from=place.free_shipping_from, shipping=place.shipping)
