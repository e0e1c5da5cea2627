"""Advertising: campaigns and what each creative did on each day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from connectors.sandbox.world.calendar import demand
from connectors.sandbox.world.chance import split, stream
from connectors.sandbox.world.figures import AdRow, WorldCampaign
from connectors.sandbox.world.shops import HABITS

BURNER = "达人短视频冲量"
"""The campaign that spends much and sells little, from shortly before the troubles on."""


@dataclass(frozen=True, slots=True)
class Campaign:
    name: str
    channel: str
    budget: int
    """Minor units on an average day at scale 1."""
    cost_per_click: int
    click_rate: float
    roas: float
    months: tuple[int, ...] = ()
    """Months in which it runs; empty = all year."""
    creatives: int = 1


CAMPAIGNS: dict[str, tuple[Campaign, ...]] = {
    "taobao": (
        Campaign("关键词推广-保温杯", "search", 7200, 118, 0.041, 4.2),
        Campaign("人群推广-新客", "shelf", 4600, 82, 0.018, 2.1),
        Campaign("全站推广", "ad", 5200, 96, 0.026, 3.4),
        Campaign("大促加投", "ad", 6800, 140, 0.034, 3.0, (6, 11)),
    ),
    "jd": (
        Campaign("京东快车-品牌词", "search", 3900, 105, 0.037, 5.1),
        Campaign("京选展位", "shelf", 2500, 74, 0.012, 2.4),
    ),
    "douyin": (
        Campaign("直播间引流-自播", "live", 6200, 64, 0.048, 3.8, (), 2),
        Campaign("商品卡推广", "shelf", 3000, 58, 0.022, 3.1),
        Campaign("短视频种草", "video", 3600, 47, 0.031, 2.2, (), 2),
        Campaign(BURNER, "video", 9800, 152, 0.009, 0.31, (), 2),
    ),
    "xiaohongshu": (
        Campaign("聚光-笔记搜索", "search", 3400, 88, 0.029, 2.7),
        Campaign("聚光-信息流", "video", 2600, 71, 0.017, 1.6),
    ),
    "weibo": (
        Campaign("超级粉丝通-新品", "video", 2800, 0, 0.036, 0.0, (), 2),
        Campaign("博文头条-大促", "video", 4200, 0, 0.028, 0.0, (6, 11)),
        Campaign("涨粉计划", "video", 1500, 0, 0.042, 0.0),
    ),
    "shopify": (
        Campaign("Google Search - brand", "search", 900, 62, 0.058, 6.2),
        Campaign("Meta - prospecting", "ad", 1100, 85, 0.011, 1.7),
    ),
    "amazon": (
        Campaign("SP auto - drinkware", "search", 1500, 74, 0.0042, 3.9),
        Campaign("SP exact - tumbler", "search", 1200, 98, 0.0061, 4.6),
    ),
    "ebay": (Campaign("Promoted listings - all", "search", 420, 31, 0.006, 4.8),),
    "etsy": (Campaign("Etsy Ads", "search", 260, 28, 0.012, 3.4),),
    "shopee": (
        Campaign("Product search ads", "search", 640, 16, 0.021, 5.2),
        Campaign("Discovery ads", "ad", 380, 11, 0.012, 2.9),
    ),
    "tiktok_shop": (Campaign("GMV Max", "video", 980, 41, 0.014, 2.8, (), 2),),
    "kuaishou": (Campaign("磁力金牛-直播推广", "live", 3100, 52, 0.044, 3.1, (), 2),),
    "pinduoduo": (Campaign("全站推广", "ad", 3600, 46, 0.031, 3.6),),
}
FIRST_ID = {
    "taobao": 61_000_001,
    "jd": 420_001,
    "douyin": 1_790_012_345_000_001,
    "xiaohongshu": 3_300_001,
    "weibo": 500_001,
    "shopify": 9_001,
    "amazon": 301_234_500_001,
    "ebay": 10_123_450_001,
    "etsy": 7_001,
    "shopee": 81_234_001,
    "tiktok_shop": 1_781_234_567_890_001,
    "kuaishou": 88_123_001,
    "pinduoduo": 456_123_001,
}


def campaigns(platform: str, opened: date, trouble: date, today: date) -> list[WorldCampaign]:
    rows = []
    for index, plan in enumerate(CAMPAIGNS.get(platform, ())):
        starts = opened if plan.name != BURNER else trouble - timedelta(days=20)
        rows.append(
            WorldCampaign(
                platform,
                str(FIRST_ID[platform] + index * 10),
                plan.name,
                plan.channel,
                starts,
                None,
                "active" if not plan.months or today.month in plan.months else "ended",
            )
        )
    return rows


def ads(
    platform: str, seed: int, scale: float, opened: date, trouble: date, now: datetime, currency: str
) -> list[AdRow]:
    """Every day up to today, today as far as it has gone. Report days are Beijing days, abroad the shop's.
    Figures are minor units of the shop's currency."""
    rows, today = [], now.date()
    part_of_day = (now.hour * 60 + now.minute + 1) / 1441
    plans = CAMPAIGNS.get(platform, ())
    for plan, known in zip(plans, campaigns(platform, opened, trouble, today), strict=True):
        day = known.starts_on
        while day <= today:
            if not plan.months or day.month in plan.months:
                gone = part_of_day if day == today else 1.0
                rows += _day(platform, seed, scale, plan, known.campaign_id, day, opened, gone, currency)
            day += timedelta(days=1)
    return sorted(rows, key=lambda row: (row.date, row.campaign_id, row.creative_id))


def _day(
    platform: str,
    seed: int,
    scale: float,
    plan: Campaign,
    campaign_id: str,
    day: date,
    opened: date,
    gone: float,
    currency: str,
) -> list[AdRow]:
    rng = stream(seed, platform, "ad", campaign_id, day)
    side = HABITS[platform].side if platform in HABITS else "cn"
    growth = 1 + 0.3 * (day - opened).days / 730
    spend = int(plan.budget * scale * growth * min(demand(side, day), 3.0) * rng.uniform(0.75, 1.25) * gone)
    sales = int(spend * plan.roas * rng.uniform(0.55, 1.45))
    if plan.cost_per_click:
        clicks = int(spend / (plan.cost_per_click * rng.uniform(0.85, 1.15)))
        impressions = int(clicks / (plan.click_rate * rng.uniform(0.85, 1.15)))
    else:  # weibo sells views: about 23 yuan a thousand
        clicks, impressions = 0, int(spend / (2.3 * rng.uniform(0.85, 1.15)))
    interactions = int(impressions * plan.click_rate) if platform == "weibo" else 0
    price = 15_500 if side == "cn" else 5_200
    figures = (
        spend,
        impressions,
        clicks,
        sales // price + (sales > 0),
        sales,
        interactions * 7 // 100,
        interactions * 5 // 100,
        interactions * 15 // 100,
        interactions * 2 // 100,
    )
    weights = [3, 2][: plan.creatives]
    shares = [split(figure, weights) for figure in figures]
    ad_id, first = str(int(campaign_id) + 200_000), int(campaign_id) + 400_000
    rows = []
    for place, (spent, seen, clicked, bought, sold, *reactions) in enumerate(zip(*shares, strict=True)):
        reposts, comments, likes, followers = reactions
        rows.append(
            AdRow(
                platform,
                day,
                campaign_id,
                ad_id,
                str(first + place),
                spent,
                seen,
                clicked,
                bought,
                sold,
                reposts,
                comments,
                likes,
                followers,
                currency,
            )
        )
    return rows
