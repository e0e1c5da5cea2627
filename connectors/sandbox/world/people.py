"""Invented buyers. Their names, numbers and addresses exist so that a sync can be proven to drop them."""

from __future__ import annotations

import csv
import random
from functools import lru_cache
from importlib.resources import files

from connectors.sandbox.world.branches import BRANCHES
from connectors.sandbox.world.chance import pick, stream
from connectors.sandbox.world.numbers import NUMBERS
from connectors.sandbox.world.types import WorldBuyer

SURNAMES = (
    "欧阳",
    "司徒",
    "上官",
    "诸葛",
    "东方",
    "皇甫",
    "尉迟",
    "公孙",
    "慕容",
    "令狐",
    "端木",
    "百里",
    "南宫",
)
GIVEN = (
    "试晴",
    "试岚",
    "试川",
    "试禾",
    "试远",
    "试棠",
    "试舟",
    "试宁",
    "试朗",
    "试苒",
    "试墨",
    "试月",
    "试安",
    "试霖",
)
"""Rare surnames with a first syllable that no real given name has: nobody is meant."""
FIRST = ("Quilla", "Brannoc", "Yselle", "Torvin", "Maewyn", "Ordric", "Zephra", "Calder", "Ilveth", "Fenric")
LAST = ("Testerby", "Mockfield", "Demoux", "Fauxley", "Specimann", "Dummerling", "Placeholt", "Samplewick")

REMOTE = {"新疆维吾尔自治区", "西藏自治区", "青海省", "内蒙古自治区", "宁夏回族自治区", "甘肃省"}
SALES_TAX = {
    "CA": 725,
    "NY": 888,
    "TX": 825,
    "WA": 1025,
    "MA": 625,
    "IL": 1025,
    "FL": 700,
    "PA": 700,
    "OR": 0,
    "NJ": 663,
    "CO": 881,
    "GA": 890,
    "NC": 750,
    "MI": 600,
    "VA": 600,
    "MN": 888,
    "UT": 725,
    "NM": 844,
    "VT": 700,
    "WY": 600,
}
"""Hundredths of a percent."""
VAT = {"DE": 1900, "AT": 2000, "NL": 2100, "FR": 2000}

NOTES_CN = ("麻烦放门卫", "请打电话给我再送", "送给妈妈的生日礼物", "帮忙包装好一点")
NOTES_WEST = ("please ring the bell twice", "gift for my sister", "leave it with the neighbour")


Places = tuple[tuple[tuple[str, str], float], ...]
"""((region, city), weight)."""


@lru_cache(maxsize=16)
def places(where: str) -> Places:
    """Where buyers live (the sets of `places.csv`). Some places are so small that a group there stays
    under any limit."""
    rows = csv.DictReader(files(__package__).joinpath("places.csv").read_text("utf-8").splitlines())
    return tuple(((row["region"], row["city"]), float(row["weight"])) for row in rows if row["set"] == where)


def tax_rate(buyer: WorldBuyer) -> int:
    """Tax added to prices, in hundredths of a percent: 888 = 8.88 %."""
    if buyer.platform == "shopify":
        return SALES_TAX[buyer.province]
    if branch := BRANCHES.get(buyer.platform):
        return SALES_TAX[buyer.province] if branch.market(buyer.country).taxed else 0
    return VAT[buyer.country] if buyer.platform == "woocommerce" else 0


@lru_cache(maxsize=200_000)
def buyer(
    platform: str, seed: int, number: int, key: str, is_guest: bool = False, country: str = ""
) -> WorldBuyer:
    """The buyer with the platform's running number; `key` (acquisition day and place) names the person.
    `country` is the market of a branch."""
    rng = stream(seed, platform, "person", key)
    if platform == "shopify":
        return _western(rng, platform, number, places("us"), is_guest)
    if platform == "woocommerce":
        return _western(rng, platform, number, places("eu"), is_guest)
    if platform in NUMBERS and country != "CN":
        return _abroad(rng, platform, number, country)
    province, city = pick(rng, places("cn"))
    token = f"{rng.getrandbits(88):022x}"
    ids = {
        "taobao": f"AAG{token}",
        "jd": f"oidb-{token[:16]}",
        "douyin": f"1@#{token}",
        "xiaohongshu": f"u-{token}",
    }
    name = rng.choice(SURNAMES) + rng.choice(GIVEN)
    return WorldBuyer(
        platform,
        NUMBERS[platform].buyer(number, token) if platform in NUMBERS else ids[platform],
        number,
        name,
        f"{name[:2]}的小屋{number}",
        f"1990{number % 10_000_000:07d}",
        f"buyer{number}.{platform}@example.com",
        f"{city}试验路{rng.randint(1, 999)}弄{number}号{rng.randint(1, 28)}室",
        city,
        province,
        "CN",
        f"{rng.randint(100000, 849999)}",
    )


def _western(rng: random.Random, platform: str, number: int, homes: Places, is_guest: bool) -> WorldBuyer:
    region, city = pick(rng, homes)
    name = f"{rng.choice(FIRST)} {rng.choice(LAST)}"
    american = platform == "shopify"
    country = "US" if american else region[:2]
    province = region if american or "-" in region else ""
    buyer_id = str(6_940_113_000_000 + number * 16) if american else str(number)
    phone = f"+1555010{number % 10_000:04d}" if american else f"+4930555{number % 100_000:05d}"
    return WorldBuyer(
        platform,
        "" if is_guest else buyer_id,
        number,
        name,
        f"{name.split()[0].lower()}_{number}",
        phone,
        f"{name.split()[0].lower()}.{number}@example.com",
        f"{number} Specimen Lane, Apt {rng.randint(1, 40)}",
        city,
        province,
        country,
        f"{rng.randint(10000, 99999)}",
        is_guest,
    )


def _abroad(rng: random.Random, platform: str, number: int, country: str) -> WorldBuyer:
    """A buyer of a branch outside China."""
    region, city = pick(rng, places(country.lower()))
    name = f"{rng.choice(FIRST)} {rng.choice(LAST)}"
    first = name.split()[0].lower()
    return WorldBuyer(
        platform,
        NUMBERS[platform].buyer(number, f"{rng.getrandbits(88):022x}"),
        number,
        name,
        f"{first}_{platform}_{number}",
        f"+1555011{number % 10_000:04d}",
        f"{first}.{number}@{platform.replace('_', '-')}.example.com",
        f"{number} Specimen Lane, Apt {rng.randint(1, 40)}",
        city,
        region,
        country,
        f"{rng.randint(10000, 99999)}",
    )
