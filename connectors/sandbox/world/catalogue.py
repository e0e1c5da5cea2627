"""Sixty products and two gifts, listed differently on each platform (`catalogue.csv`: prices in fen)."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from importlib.resources import files
from itertools import accumulate
from typing import Literal

from connectors.sandbox.world.branches import BRANCHES
from connectors.sandbox.world.chance import stream
from connectors.sandbox.world.habit import Habit
from connectors.sandbox.world.numbers import NUMBERS
from connectors.sandbox.world.shops import HABITS
from connectors.sandbox.world.types import WorldProduct, WorldSku

TROUBLED = "SPU-008"
"""The product that goes wrong: refunds and bad ratings pile up from `trouble_from` on."""

LISTED = {
    "taobao": 1.0,
    "jd": 0.78,
    "douyin": 0.66,
    "xiaohongshu": 0.60,
    "shopify": 0.55,
    "woocommerce": 0.45,
    **{platform: branch.listed for platform, branch in BRANCHES.items()},
}
COST_KNOWN = {
    "taobao": 0.96,
    "jd": 0.92,
    "douyin": 0.97,
    "xiaohongshu": 0.80,
    "shopify": 0.85,
    "woocommerce": 0.70,
    **{platform: branch.cost_known for platform, branch in BRANCHES.items()},
}
"""Share of products whose unit cost the merchant has recorded."""


@dataclass(frozen=True, slots=True)
class Item:
    """A row of the catalogue, before a platform lists it."""

    code: str
    zh: str
    en: str
    category_zh: str
    category_en: str
    category_id: str
    brand: str
    price: int
    variants: tuple[tuple[str, str], ...]
    season: str
    weight: float
    pairs: str


@lru_cache(maxsize=1)
def items() -> tuple[Item, ...]:
    text = files(__package__).joinpath("catalogue.csv").read_text("utf-8")
    rows = []
    for row in csv.DictReader(text.splitlines()):
        variants = tuple(tuple(v.split(":")) for v in row.pop("variants").split("/"))
        rows.append(
            Item(
                **{
                    **row,
                    "price": int(row["price"]),
                    "weight": float(row["weight"]),  # type: ignore[arg-type]
                    "variants": variants,
                }
            )
        )
    return tuple(rows)


BRANDS_EN = {"山屿": "Shanyu", "素器": "Suqi", "朝露": "Zhaolu", "一木": "Yimu"}


def _shop_price(fen: int, ratio: tuple[int, int], side: str, step: int) -> int:
    """Whole yuan less ten fen on Chinese platforms (129.00, 135.90), x.95 or x.00 abroad."""
    price = fen * ratio[0] // ratio[1] + step
    if side == "west":
        return max(195, round(price / 100) * 100 - 5)
    return price if ratio == (100, 100) else max(190, round(price / 100) * 100 - 10)


def _product_id(platform: str, index: int) -> str:
    if platform in NUMBERS:
        return NUMBERS[platform].product(index)
    base = {
        "taobao": 674_512_340_000 + index * 7_919,
        "jd": 10_034_567_000 + index * 613,
        "douyin": 3_540_012_345_678_900_000 + index * 104_729,
        "shopify": 8_146_113_000_000 + index * 32_768,
        "woocommerce": 200 + index * 10,
    }
    return f"603b{index:020x}" if platform == "xiaohongshu" else str(base[platform])


def _sku_id(platform: str, index: int, variant: int, variants: int, product_id: str, code: str) -> str:
    if platform in NUMBERS:
        return NUMBERS[platform].sku(index, variant, code)
    base = {
        "taobao": 5_012_340_000_000 + index * 100,
        "jd": 100_987_654_000 + index * 100,
        "douyin": 1_730_012_345_678_000 + index * 100,
        "shopify": 45_120_770_000_000 + index * 1_000,
        "woocommerce": 200 + index * 10 + 1,
    }
    if platform == "xiaohongshu":
        return f"603c{index:016x}{variant:04x}"
    if platform == "woocommerce" and variants == 1:
        return product_id  # a simple product has no variation of its own
    return str(base[platform] + variant)


@dataclass(frozen=True)
class Shelf:
    """What one shop sells, with the chances of each product by month."""

    platform: str
    products: tuple[WorldProduct, ...]
    gifts: tuple[WorldProduct, ...]
    by_code: dict[str, WorldProduct]
    pairs: dict[str, str]
    sold_until: dict[str, date]
    """Product id -> last day on which it could be bought (off the shelf or deleted since)."""
    _weights: dict[int, list[float]]

    def weights(self, month: int) -> list[float]:
        return self._weights[month]


def shelf(
    platform: str, seed: int, opened_at: datetime, trouble_from: date, habit: Habit | None = None
) -> Shelf:
    """The shop's listing. `trouble_from` only dates the last edit of the troubled product."""
    habit = habit or HABITS[platform]
    products, gifts, pairs, gone = [], [], {}, {}
    chosen: list[Item] = []
    for index, item in enumerate(items()):
        rng = stream(seed, platform, "listing", item.code)
        listed = item.weight == 0 or item.code in (TROUBLED, "SPU-001") or rng.random() < LISTED[platform]
        if not listed:
            continue
        late = rng.random() < 0.2 and item.code not in (TROUBLED, "SPU-001")
        listed_at = opened_at + (
            timedelta(days=rng.randint(40, 600)) if late else -timedelta(days=rng.randint(5, 900))
        )
        left = (
            opened_at.date() + timedelta(days=rng.randint(500, 690))
            if rng.random() < 0.06 and not late
            else None
        )
        product = _listing(platform, habit, seed, item, index, listed_at, left, rng.random() < 0.3)
        if item.weight == 0:
            gifts.append(product)
            continue
        products.append(product)
        chosen.append(item)
        if item.pairs:
            pairs[item.code] = item.pairs
        if left:
            gone[product.product_id] = left
    weights = {m: list(accumulate(_weight(i, m, platform, seed) for i in chosen)) for m in range(1, 13)}
    return Shelf(
        platform, tuple(products), tuple(gifts), {p.outer_id: p for p in products}, pairs, gone, weights
    )


def _listing(
    platform: str,
    habit: Habit,
    seed: int,
    item: Item,
    index: int,
    listed_at: datetime,
    left: date | None,
    deleted: bool,
) -> WorldProduct:
    rng = stream(seed, platform, "price", item.code)
    chinese = habit.side == "cn"
    known = rng.random() < COST_KNOWN[platform]
    ratio = rng.uniform(0.32, 0.58)
    product_id = _product_id(platform, index)
    skus = []
    for variant, (zh, en) in enumerate(item.variants):
        step = (
            0
            if item.price < 6000 or item.variants[0][1] in ("Red", "Black", "White")
            else variant * item.price // 10
        )
        price = _shop_price(item.price, habit.price, habit.side, step * habit.price[0] // habit.price[1])
        spec = zh if chinese else en
        code = f"{item.code}-{en.upper().replace(' ', '')}"
        cost = int(price * ratio) if known else None
        sku_id = _sku_id(platform, index, variant, len(item.variants), product_id, code)
        skus.append(WorldSku(sku_id, code, f"规格:{spec}" if chinese else spec, price, cost))
    status: Literal["on_sale", "off_shelf", "deleted"]
    status = "on_sale" if left is None else "deleted" if deleted else "off_shelf"
    return WorldProduct(
        platform,
        product_id,
        item.code,
        item.zh if chinese else item.en,
        item.category_zh if chinese else item.category_en,
        item.category_id,
        item.brand if chinese else BRANDS_EN.get(item.brand, item.brand),
        tuple(skus),
        listed_at,
        datetime.combine(left, listed_at.timetz())
        if left
        else listed_at + timedelta(hours=rng.randint(1, 300)),
        status,
        item.weight == 0,
    )


def _weight(item: Item, month: int, platform: str, seed: int) -> float:
    factor = stream(seed, platform, "taste", item.code).uniform(0.5, 1.6)
    if item.season == "winter":
        factor *= 2.2 if month in (11, 12, 1, 2) else 0.4 if month in (5, 6, 7, 8) else 1.0
    elif item.season == "summer":
        factor *= 2.2 if month in (5, 6, 7, 8) else 0.35 if month in (11, 12, 1, 2) else 1.0
    elif item.season == "gift":
        factor *= 1.7 if month in (1, 2, 9, 12) else 1.0
    return item.weight * (max(factor, 1.0) if item.code == TROUBLED else factor)
