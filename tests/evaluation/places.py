"""The shops of the evaluation market, their goods, campaigns and accounts, and its days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

NOW = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
TODAY = date(2026, 11, 24)
FIRST = date(2024, 10, 25)
DAYS = (TODAY - FIRST).days
CENT = Decimal("0.01")


@dataclass(frozen=True)
class Place:
    """One shop of the market. `orders` is how many it takes a day on average."""

    platform: str
    shop_id: str
    name: str
    tz: str = "Asia/Shanghai"
    currency: str = "CNY"
    cod_anchor: str = "delivered"
    orders: float = 1.5
    channels: tuple[str, ...] = ("search", "shelf", "ad", "direct")
    cod: float = 0.0
    live: bool = False
    named: bool = False
    """Whether its products carry brand and category."""


PLACES = (
    Place(
        "taobao",
        "352746112",
        "山屿旗舰店",
        orders=2.6,
        cod=0.03,
        live=True,
        channels=("search", "shelf", "ad", "live", "direct"),
    ),
    Place("jd", "10417823", "山屿京东自营旗舰店", cod_anchor="created", orders=1.4, cod=0.06),
    Place(
        "douyin",
        "24680135",
        "山屿抖音小店",
        orders=2.3,
        live=True,
        named=True,
        channels=("live", "video", "shelf", "search", "ad"),
    ),
    Place(
        "xiaohongshu",
        "5f3c8a1b2d4e6f0001a2b3c4",
        "山屿小红书店",
        orders=1.3,
        live=True,
        channels=("video", "search", "live", "shelf"),
    ),
    Place(
        "shopify",
        "shanyu-home.myshopify.com",
        "Shanyu Home US",
        "America/New_York",
        "USD",
        "created",
        1.0,
        ("search", "ad", "direct"),
        named=True,
    ),
    Place(
        "woocommerce",
        "shop.shanyu.example",
        "Shanyu Home Europe",
        "Europe/Berlin",
        "EUR",
        "created",
        0.8,
        ("search", "direct"),
        named=True,
    ),
)
GOODS = (
    ("不锈钢保温杯500ml", "Stainless bottle 500ml", "杯壶", "Drinkware", "Shanyu", 89),
    ("便携榨汁杯", "Portable blender", "杯壶", "Drinkware", "Kestrel", 159),
    ("大豆蜡香薰蜡烛", "Soy wax candle", "香氛", "Fragrance", "Nordhem", 69),
    ("铸铁煎锅26cm", "Cast iron pan 26cm", "厨具", "Kitchen", "Suqi", 199),
    ("厨房电子秤", "Kitchen scale", "厨具", "Kitchen", "Suqi", 59),
    ("法兰绒毛毯", "Flannel blanket", "家纺", "Bedding", "Zhaolu", 129),
    ("双人自动帐篷", "Two-person instant tent", "户外", "Outdoor", "Kestrel", 329),
    ("登山双肩包25L", "Hiking backpack 25L", "户外", "Outdoor", "Kestrel", 239),
    ("桌面护眼台灯", "Floor lamp", "灯具", "Lighting", "Nordhem", 179),
    ("竹制茶盘", "Bamboo tea tray", "茶具", "Tea", "Yimu", 109),
    ("实木置物架", "Wooden shelf", "收纳", "Storage", "Shanyu", 219),
    ("旅行收纳袋七件套", "Travel organiser set", "收纳", "Storage", "Shanyu", 49),
)
CAMPAIGNS = {
    "taobao": (("61000001", "关键词推广-保温杯", "search"), ("61000021", "全站推广", "shelf")),
    "jd": (("420001", "京东快车-品牌词", "search"), ("420011", "京选展位", "shelf")),
    "douyin": (("1790012345000001", "直播间引流-自播", "live"), ("1790012345000021", "短视频种草", "video")),
    "xiaohongshu": (("3300001", "聚光-笔记搜索", "search"),),
    "shopify": (("9001", "Google Search - brand", "search"), ("9011", "Meta - prospecting", "ad")),
    "woocommerce": (),
}
ACCOUNTS = {"douyin": "shanyu_live", "xiaohongshu": "shanyu_home"}
PROVINCES = ("广东", "浙江", "江苏", "上海", "北京", "山东", "四川", "福建")
REASONS = ("quality", "size", "late", "changed_mind", "other")
BUYERS = 420
"""Buyers of a shop; the first ones buy most often."""
