"""What lands in a basket, and what it costs: lines, discounts by who pays them, shipping, tax."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import date, datetime

from connectors.sandbox.world.branches import BRANCHES
from connectors.sandbox.world.calendar import festive
from connectors.sandbox.world.catalogue import Shelf
from connectors.sandbox.world.chance import part, pick, split
from connectors.sandbox.world.people import REMOTE, tax_rate
from connectors.sandbox.world.shops import Habit
from connectors.sandbox.world.types import WorldBuyer, WorldLine, WorldProduct

SIZES = ((1, 0.63), (2, 0.25), (3, 0.09), (4, 0.03))
QUANTITIES = ((1, 0.80), (2, 0.15), (3, 0.04), (5, 0.01))
POSTAGE_TAXED = {"woocommerce"} | {name for name, branch in BRANCHES.items() if branch.postage_taxed}
ONE_LINE = {name for name, branch in BRANCHES.items() if branch.one_line}
COUPONS = {True: ((60000, 8000), (30000, 3500), (15000, 1500)), False: ((40000, 3000), (20000, 1000))}
"""Order-level coupon: (from, off) in fen, on festival days and else."""


@dataclass(frozen=True, slots=True)
class Basket:
    lines: tuple[WorldLine, ...]
    shipping: int
    shipping_tax: int


def fill(
    rng: random.Random,
    shelf: Shelf,
    habit: Habit,
    buyer: WorldBuyer,
    day: date,
    at: datetime,
    with_creator: bool,
) -> Basket:
    """A basket of a shop day; every discount is shared out to the lines to the cent."""
    festival = festive(habit.side, day)
    chosen = _choose(rng, shelf, day, at)
    lines = [_line(rng, product) for product in (chosen[:1] if shelf.platform in ONE_LINE else chosen)]
    lines = [_item_promotion(rng, line, festival) for line in lines]
    lines = _coupon(rng, lines, habit, festival)
    if habit.platform_coupons:
        lines = _platform_coupon(rng, lines, festival, with_creator)
    rate = tax_rate(buyer)
    lines = [replace(line, tax=part(line.goods, rate, 10_000)) for line in lines]
    goods = sum(line.goods for line in lines)
    if shelf.platform not in ONE_LINE:
        lines += _gift(rng, shelf, festival, habit)
    shipping = 0 if goods >= habit.free_shipping_from else habit.shipping
    if buyer.province in REMOTE:
        shipping += 600
    shipping_tax = part(shipping, rate, 10_000) if buyer.platform in POSTAGE_TAXED else 0
    return Basket(tuple(lines), shipping, shipping_tax)


def _choose(rng: random.Random, shelf: Shelf, day: date, at: datetime) -> list[WorldProduct]:
    chosen: dict[str, WorldProduct] = {}
    for _ in range(pick(rng, SIZES)):
        product = rng.choices(shelf.products, cum_weights=shelf.weights(day.month))[0]
        if product.listed_at > at or shelf.sold_until.get(product.product_id, day) < day:
            product = shelf.products[0]
        chosen[product.outer_id] = product
        mate = shelf.by_code.get(shelf.pairs.get(product.outer_id, ""))
        if mate and mate.listed_at <= at and mate.product_id not in shelf.sold_until and rng.random() < 0.22:
            chosen[mate.outer_id] = mate
    return list(chosen.values())


def _line(rng: random.Random, product: WorldProduct) -> WorldLine:
    return WorldLine("", product, rng.choice(product.skus), pick(rng, QUANTITIES))


def _item_promotion(rng: random.Random, line: WorldLine, festival: bool) -> WorldLine:
    if rng.random() >= (0.75 if festival else 0.18):
        return line
    percent = rng.choice((10, 12, 15, 20) if festival else (5, 7, 10))
    return replace(line, item_discount=line.list_amount * percent // 100)


def _coupon(rng: random.Random, lines: list[WorldLine], habit: Habit, festival: bool) -> list[WorldLine]:
    goods, scale = sum(line.goods for line in lines), 1 if habit.side == "cn" else 6
    off = next((o for floor, o in COUPONS[festival] if goods * scale >= floor), 0) // scale
    if not off or rng.random() >= (0.7 if festival else 0.35):
        return lines
    return [
        replace(line, order_discount=share)
        for line, share in zip(lines, split(off, [line.goods for line in lines]), strict=True)
    ]


def _platform_coupon(
    rng: random.Random, lines: list[WorldLine], festival: bool, with_creator: bool
) -> list[WorldLine]:
    """Paid by the platform; on douyin a creator may bear a part, and the shop part of a platform campaign."""
    result = lines
    if rng.random() < (0.5 if festival else 0.15):
        goods = [line.goods for line in lines]
        off = sum(goods) * rng.choice((4, 6, 8)) // 100 if festival else min(500, sum(goods) // 20)
        result = [
            replace(line, platform_discount=share)
            for line, share in zip(lines, split(off, goods), strict=True)
        ]
    if lines[0].product.platform == "douyin":
        talent = with_creator and rng.random() < 0.4
        shared = festival and rng.random() < 0.3
        result = [
            replace(
                line,
                talent_discount=line.platform_discount * 3 // 10 if talent else 0,
                shared_discount=line.order_discount // 2 if shared else 0,
            )
            for line in result
        ]
    return result


def _gift(rng: random.Random, shelf: Shelf, festival: bool, habit: Habit) -> list[WorldLine]:
    if not shelf.gifts or rng.random() >= (0.25 if festival and habit.side == "cn" else 0.04):
        return []
    gift = rng.choice(shelf.gifts)
    return [WorldLine("", gift, gift.skus[0], 1, is_gift=True)]
