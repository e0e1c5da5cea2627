"""The merchant's books: fees, settlements, the platforms' own daily figures, costs, reviews, stock."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from connectors.sandbox.world.branches import BRANCHES
from connectors.sandbox.world.catalogue import TROUBLED, Shelf
from connectors.sandbox.world.chance import part, pick, stream
from connectors.sandbox.world.figures import (
    FeeRow,
    InventoryRow,
    NativeRow,
    ReviewRow,
    SettlementRow,
    UnitCostRow,
)
from connectors.sandbox.world.types import WorldOrder, WorldRefund, WorldShop

RATES: dict[str, tuple[tuple[str, int, int], ...]] = {
    "taobao": (("commission", 500, 0), ("payment", 60, 0)),
    "jd": (("commission", 700, 0), ("fulfilment", 0, 650)),
    "douyin": (("commission", 500, 0), ("payment", 60, 0)),
    "xiaohongshu": (("commission", 500, 0), ("payment", 70, 0)),
    "shopify": (("payment", 290, 30),),
    "woocommerce": (("payment", 150, 25),),
    **{platform: branch.fees for platform, branch in BRANCHES.items()},
}
"""(fee type, hundredths of a percent of what was paid, fixed minor units)."""
MONTHLY = {
    "taobao": ("service", 60_000),
    "jd": ("storage", 42_000),
    "shopify": ("service", 3_900),
    **{platform: branch.monthly for platform, branch in BRANCHES.items() if branch.monthly},
}
CREATOR_SHARE = 2_000
RATINGS = ((5, 0.70), (4, 0.17), (3, 0.07), (2, 0.03), (1, 0.03))
BAD_RATINGS = ((5, 0.22), (4, 0.13), (3, 0.16), (2, 0.20), (1, 0.29))
STOCK_DAYS = 100
STOCKED = ("taobao", "jd", "shopify", *[name for name, branch in BRANCHES.items() if branch.stocked])
"""Shops for which the warehouse hands out daily stock."""


def unit_costs(shop: WorldShop, shelf: Shelf) -> list[UnitCostRow]:
    """The merchant's cost list: SKUs it knows, with a dearer second year for some."""
    opened, rows = shop.opened_at.date(), []
    for product in shelf.products + shelf.gifts:
        for sku in product.skus:
            if sku.cost is None:
                continue
            rows.append(UnitCostRow(shop.platform, sku.sku_id, sku.outer_id, opened, sku.cost, shop.currency))
            if int(product.outer_id[-2:]) % 3 == 0:
                rows.append(
                    UnitCostRow(
                        shop.platform,
                        sku.sku_id,
                        sku.outer_id,
                        opened + timedelta(days=365),
                        part(sku.cost, 104, 100),
                        shop.currency,
                    )
                )
    return rows


def fees(shop: WorldShop, orders: Iterable[WorldOrder], now: datetime) -> list[FeeRow]:
    """Charged when the order completes (abroad when it is paid): recent orders have none yet."""
    rows = []
    for order in orders:
        at = order.completed_at if shop.currency == "CNY" else order.paid_at
        if not at or order.order_type not in ("normal", "presale") or order.excluded_reason == "duplicate":
            continue
        paid = order.total
        for kind, rate, fixed in RATES[shop.platform]:
            amount = part(paid, rate, 10_000) + fixed
            rows.append(FeeRow(shop.platform, order.order_id, kind, amount, at, shop.currency))  # type: ignore[arg-type]
        if (
            order.creator
            and order.live_session_id
            and shop.platform == "douyin"
            and "山屿" not in order.creator
        ):
            rows.append(
                FeeRow(
                    shop.platform,
                    order.order_id,
                    "creator",
                    part(order.goods, CREATOR_SHARE, 10_000),
                    at,
                    shop.currency,
                )
            )
    rows += _monthly(shop, now)
    return sorted(rows, key=lambda row: (row.charged_at, row.order_id or "", row.fee_type))


def _monthly(shop: WorldShop, now: datetime) -> list[FeeRow]:
    if shop.platform not in MONTHLY:
        return []
    kind, amount = MONTHLY[shop.platform]
    month, rows = shop.opened_at.astimezone(ZoneInfo(shop.tz)).date().replace(day=1), []
    while (at := datetime(month.year, month.month, 3, 2, tzinfo=UTC)) <= now:
        rows.append(FeeRow(shop.platform, None, kind, amount, at, shop.currency))  # type: ignore[arg-type]
        month = (month + timedelta(days=32)).replace(day=1)
    return rows


def settlements(
    shop: WorldShop,
    orders: Iterable[WorldOrder],
    refunds: Iterable[WorldRefund],
    charged: list[FeeRow],
    now: datetime,
) -> list[SettlementRow]:
    """Paid out every Wednesday for the shop week before: sales completed, less refunds and fees."""
    zone = ZoneInfo(shop.tz)
    weeks: dict[date, int] = defaultdict(int)

    def week(at: datetime) -> date:
        day = at.astimezone(zone).date()
        return day - timedelta(days=day.weekday())

    for order in orders:
        done = order.completed_at if shop.currency == "CNY" else order.paid_at
        if done and order.excluded_reason != "duplicate":
            weeks[week(done)] += order.total + order.platform_discount
    for refund in refunds:
        if refund.refunded_at and not refund.before_shipping:
            weeks[week(refund.refunded_at)] -= refund.total
    for fee in charged:
        weeks[week(fee.charged_at)] -= fee.amount
    today = now.astimezone(zone).date()
    return [
        SettlementRow(
            shop.platform,
            f"S{monday:%Y%m%d}{shop.platform[:2].upper()}",
            monday + timedelta(days=9),
            amount,
            shop.currency,
        )
        for monday, amount in sorted(weeks.items())
        if monday + timedelta(days=9) <= today
    ]


def native(shop: WorldShop, orders: Iterable[WorldOrder], now: datetime) -> list[NativeRow]:
    """The dashboards' figures of whole days: they know no brushing flags, and each has its own rule.
    douyin counts after platform coupons; shopify and woocommerce count by order day, unpaid included."""
    zone, west = ZoneInfo(shop.tz), shop.currency != "CNY"
    money: dict[date, int] = defaultdict(int)
    count: Counter[date] = Counter()
    people: dict[date, set[str]] = defaultdict(set)
    for order in orders:
        at = order.created_at if west else order.sale_at
        if at is None or order.order_type in ("test", "exchange") or order.excluded_reason == "duplicate":
            continue
        day = at.astimezone(zone).date()
        money[day] += order.goods - (order.platform_discount if shop.platform == "douyin" else 0)
        count[day] += 1
        people[day].add(order.buyer.buyer_id or order.order_id)
    rows = []
    for day in sorted(money):
        if day < now.astimezone(zone).date():
            rows += [
                NativeRow(shop.platform, day, "gmv", money[day], shop.currency),
                NativeRow(shop.platform, day, "orders", count[day], None),
                NativeRow(shop.platform, day, "buyers", len(people[day]), None),
            ]
    return rows


def reviews(
    shop: WorldShop, seed: int, orders: Iterable[WorldOrder], trouble: datetime, now: datetime
) -> list[ReviewRow]:
    rows = []
    for order in orders:
        at = order.delivered_at or order.completed_at
        if not at or order.excluded_reason == "duplicate":
            continue
        rng = stream(seed, shop.platform, "review", order.order_id)
        for place, line in enumerate(order.lines):
            chance, days, replied = rng.random(), rng.uniform(0.5, 12), rng.random()
            bad = line.product.outer_id == TROUBLED and order.created_at >= trouble
            rating = 5 if order.excluded_reason else pick(rng, BAD_RATINGS if bad else RATINGS)
            written = (at + timedelta(days=days)).replace(microsecond=0)
            if line.is_gift or chance >= 0.24 or written > now:
                continue
            rows.append(
                ReviewRow(
                    shop.platform,
                    f"V{order.order_id}{place}",
                    line.product.product_id,
                    rating,
                    5,
                    written,
                    replied < (0.75 if rating <= 3 else 0.3),
                )
            )
    return sorted(rows, key=lambda row: (row.created_at, row.review_id))


def inventory(
    shop: WorldShop, seed: int, shelf: Shelf, orders: Iterable[WorldOrder], now: datetime
) -> list[InventoryRow]:
    """Stock at the end of each of the last days; a delivery comes when it runs low."""
    if shop.platform not in STOCKED:
        return []
    zone = ZoneInfo(shop.tz)
    last = now.astimezone(zone).date() - timedelta(days=1)
    first = last - timedelta(days=STOCK_DAYS - 1)
    sold: dict[tuple[str, date], int] = defaultdict(int)
    for order in orders:
        if order.sale_at and order.order_type != "test" and not order.excluded_reason:
            day = order.sale_at.astimezone(zone).date()
            for line in order.lines:
                sold[line.sku.sku_id, day] += line.quantity
    rows = []
    for product in shelf.products:
        for sku in product.skus:
            rng = stream(seed, shop.platform, "stock", sku.sku_id)
            stock = rng.randint(8, 70)
            for number in range(STOCK_DAYS):
                day = first + timedelta(days=number)
                received = rng.choice((20, 40, 60)) if stock < 6 and day.weekday() in (0, 3) else 0
                stock = max(0, stock + received - sold[sku.sku_id, day])
                rows.append(InventoryRow(shop.platform, sku.sku_id, day, stock, received))
    return rows
