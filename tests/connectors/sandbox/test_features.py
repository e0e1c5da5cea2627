"""Everything that the metrics need happens in the world: one row of the table, one thing that must be there."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from connectors.sandbox.world import World, is_sale
from connectors.sandbox.world.ads import BURNER
from connectors.sandbox.world.catalogue import TROUBLED

DOUBLE_11_EVE = datetime(2025, 11, 2, 4, tzinfo=UTC)
"""Balances are being paid: some are, some are still open."""


def orders(world: World, platform: str, fits: Callable) -> int:
    return sum(map(fits, world.orders(platform)))


def refunds(world: World, platform: str, fits: Callable) -> int:
    return sum(map(fits, world.refunds(platform)))


ORDERS: list[tuple[str, tuple[str, ...], Callable]] = [
    ("unpaid and open", ("shopify",), lambda o: o.status == "open"),
    (
        "closed unpaid by timeout",
        ("taobao", "jd", "douyin", "woocommerce"),
        lambda o: o.cancelled_by == "timeout",
    ),
    ("cancelled unpaid by the buyer", ("taobao", "douyin", "shopify"), lambda o: o.cancelled_by == "buyer"),
    (
        "paid, then cancelled with a refund",
        ("taobao", "jd", "douyin", "xiaohongshu", "shopify"),
        lambda o: o.cancelled_by == "refund" and o.paid_at and not o.shipped_at,
    ),
    (
        "paid, then cancelled without a refund object",
        ("jd", "shopify", "woocommerce"),
        lambda o: o.cancelled_by == "seller",
    ),
    (
        "presale paid in full",
        ("taobao", "douyin", "xiaohongshu"),
        lambda o: o.order_type == "presale" and o.balance_paid_at,
    ),
    (
        "presale whose balance never came",
        ("taobao",),
        lambda o: o.order_type == "presale" and o.deposit_paid_at and o.cancelled_at and not o.paid_at,
    ),
    (
        "cash on delivery",
        ("taobao", "jd"),
        lambda o: o.payment_type == "cod" and o.delivered_at and not o.paid_at,
    ),
    ("refused at the door", ("jd",), lambda o: o.payment_type == "cod" and o.shipped_at and o.cancelled_at),
    ("brushing", ("taobao",), lambda o: o.excluded_reason == "brushing" and o.flag == "purple"),
    ("flags that mean nothing", ("taobao", "xiaohongshu"), lambda o: o.flag == "red"),
    ("test order", ("shopify",), lambda o: o.order_type == "test"),
    ("replacement order", ("xiaohongshu",), lambda o: o.order_type == "exchange" and o.replaces_order_id),
    ("split order", ("jd",), lambda o: o.parent_order_id),
    (
        "gift line",
        ("taobao", "jd", "douyin", "xiaohongshu", "shopify"),
        lambda o: any(line.is_gift for line in o.lines),
    ),
    ("several lines", ("taobao", "shopify"), lambda o: len(o.lines) > 2),
    ("two parcels", ("taobao", "douyin"), lambda o: o.part_shipped_at and o.shipped_at),
    ("waiting to be sent", ("taobao", "douyin"), lambda o: o.status == "paid"),
    ("on its way", ("taobao", "jd", "douyin", "xiaohongshu"), lambda o: o.status == "shipped"),
    ("closed by a full refund after shipping", ("taobao", "douyin", "shopify"), lambda o: o.closed_at),
    ("platform discount", ("jd", "douyin", "xiaohongshu"), lambda o: o.platform_discount),
    ("creator bears a part", ("douyin",), lambda o: any(line.talent_discount for line in o.lines)),
    ("shared campaign", ("douyin",), lambda o: any(line.shared_discount for line in o.lines)),
    ("payment channel discount", ("douyin",), lambda o: o.pay_discount),
    ("stored value used", ("jd",), lambda o: o.balance_used),
    (
        "from a live session",
        ("douyin", "xiaohongshu", "taobao"),
        lambda o: o.channel == "live" and o.live_session_id,
    ),
    ("shipping paid", ("taobao", "shopify", "woocommerce"), lambda o: o.shipping),
    ("added tax", ("shopify", "woocommerce"), lambda o: o.tax),
    (
        "captured a day later",
        ("shopify",),
        lambda o: o.paid_at and o.paid_at - o.created_at > timedelta(hours=12),
    ),
    ("bank transfer", ("woocommerce",), lambda o: o.payment_method == "bacs" and o.paid_at),
    ("other presentment currency", ("shopify",), lambda o: o.presentment),
    ("guest", ("woocommerce",), lambda o: not o.buyer.buyer_id),
    ("free text", ("taobao", "woocommerce"), lambda o: o.buyer_note),
]
REFUNDS: list[tuple[str, tuple[str, ...], Callable]] = [
    (
        f"{kind} paid out",
        ("taobao", "jd", "douyin", "xiaohongshu"),
        lambda r, kind=kind: r.kind == kind and r.refunded_at,
    )
    for kind in ("cancel_before_ship", "refund_only", "return_refund", "exchange", "compensation")
] + [
    ("price protection", ("jd", "douyin", "xiaohongshu"), lambda r: r.kind == "price_protection"),
    ("refused", ("taobao", "jd", "douyin", "xiaohongshu"), lambda r: r.stage == "rejected"),
    ("withdrawn", ("taobao", "jd", "douyin", "xiaohongshu"), lambda r: r.stage == "closed"),
    ("still under way", ("taobao", "douyin"), lambda r: r.stage in ("requested", "approved", "returned")),
    ("by amount only", ("shopify", "woocommerce"), lambda r: not r.lines and r.amount_goods),
    ("with postage", ("taobao", "shopify", "woocommerce"), lambda r: r.shipping),
    ("several lines in one case", ("xiaohongshu", "shopify"), lambda r: len(r.lines) > 1),
    ("buyer's own words", ("taobao",), lambda r: r.note),
]


@pytest.mark.parametrize(("what", "platforms", "fits"), ORDERS, ids=[row[0] for row in ORDERS])
def test_orders_of_every_kind(world: World, what: str, platforms: tuple[str, ...], fits: Callable) -> None:
    assert all(orders(world, platform, lambda o: bool(fits(o))) for platform in platforms)


@pytest.mark.parametrize(("what", "platforms", "fits"), REFUNDS, ids=[row[0] for row in REFUNDS])
def test_refunds_of_every_kind(world: World, what: str, platforms: tuple[str, ...], fits: Callable) -> None:
    assert all(refunds(world, platform, lambda r: bool(fits(r))) for platform in platforms)


def test_every_reason_and_partial_and_late_refunds(world: World) -> None:
    cases = world.refunds("taobao")
    assert {case.reason for case in cases} == {"quality", "size", "late", "changed_mind", "other"}
    bought = {o.order_id: o for o in world.orders("taobao")}
    assert any(0 < c.amount_goods < bought[c.order_id].goods for c in cases)
    assert any(c.requested_at - bought[c.order_id].created_at > timedelta(days=45) for c in cases)


def test_balances_are_open_on_the_eve_of_double_11() -> None:
    world = World(DOUBLE_11_EVE, scale=0.35, platforms=("taobao", "douyin"))
    for platform in ("taobao", "douyin"):
        presales = [
            o
            for o in world.orders(platform)
            if o.order_type == "presale" and o.created_at.year == 2025 and o.created_at.month == 10
        ]
        assert any(o.balance_paid_at for o in presales)
        assert any(o.deposit_paid_at and not o.balance_paid_at and not o.cancelled_at for o in presales)
        assert all(o.sale_at is None or o.sale_at >= datetime(2025, 10, 31, 12, tzinfo=UTC) for o in presales)


def test_seasons_and_festivals(world: World) -> None:
    """Double 11 towers over its month, Spring Festival is a hole, Black Friday is western."""

    def per_day(platform: str, day: date, days: int = 1) -> float:
        first = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=8)
        sold = world.orders(platform, created=(first, first + timedelta(days=days)))
        return len(sold) / days

    chinese = ("taobao", "jd", "douyin", "xiaohongshu")
    assert sum(per_day(p, date(2025, 11, 11)) for p in chinese) > 3 * sum(
        per_day(p, date(2025, 9, 8), 14) for p in chinese
    )
    assert sum(per_day(p, date(2026, 2, 14), 9) for p in chinese) < 0.6 * sum(
        per_day(p, date(2026, 3, 9), 9) for p in chinese
    )
    assert per_day("shopify", date(2025, 11, 28), 4) > 1.8 * per_day("shopify", date(2025, 10, 6), 20)


def test_buyers_return_and_most_do_not(world: World) -> None:
    days: dict[str, set[date]] = defaultdict(set)
    for order in world.orders("taobao"):
        if is_sale(order) and order.sale_at:
            days[order.buyer.buyer_id].add(order.sale_at.date())
    often = Counter(min(len(seen), 6) for seen in days.values())
    assert 0.5 < often[1] / len(days) < 0.8
    assert all(often[n] >= 3 for n in (2, 3, 4, 5, 6))


def test_provinces_on_both_sides_of_the_group_size(world: World) -> None:
    people = Counter(buyer.province for buyer in world.buyers("taobao"))
    assert max(people.values()) >= 10 and min(people.values()) < 10 and len(people) > 20


def test_a_product_goes_wrong(world: World) -> None:
    """Its refunds and bad ratings rise when the trouble starts; the other products' do not."""

    def refunded(before: bool) -> float:
        bought = back = 0
        for platform in ("taobao", "douyin"):
            for order in world.orders(platform):
                if (
                    (order.created_at < world.trouble_from) != before
                    or not is_sale(order)
                    or not order.delivered_at
                ):
                    continue
                for line in order.lines:
                    if line.product.outer_id == TROUBLED:
                        bought += 1
                        cases = world.refunds_of(platform, order.order_id)
                        back += any(row.line_id == line.line_id for case in cases for row in case.lines)
        return back / bought

    assert refunded(before=False) > 2 * refunded(before=True)
    product = next(p for p in world.products("taobao") if p.outer_id == TROUBLED)
    rated = [
        (r.created_at >= world.trouble_from, r.rating)
        for r in world.reviews("taobao")
        if r.product_id == product.product_id
    ]
    late, early = [r for after, r in rated if after], [r for after, r in rated if not after]
    assert sum(late) / len(late) < sum(early) / len(early) - 0.3


def test_a_campaign_burns_money(world: World) -> None:
    burner = next(c.campaign_id for c in world.campaigns("douyin") if c.name == BURNER)
    rows = [
        (row.campaign_id == burner, row.spend, row.sales)
        for row in world.ads("douyin")
        if row.date >= date(2026, 5, 1)
    ]
    roas = {
        flag: sum(r[2] for r in rows if r[0] is flag) / sum(r[1] for r in rows if r[0] is flag)
        for flag in (True, False)
    }
    assert roas[True] < 0.6 < 2 < roas[False]


def test_weibo_ads_count_interactions_not_clicks(world: World) -> None:
    rows = world.ads("weibo")
    assert all(row.clicks == 0 for row in rows) and sum(row.likes for row in rows) > 0
    assert len({row.creative_id for row in rows}) > len({row.campaign_id for row in rows})


def test_live_sessions_of_every_host_type(world: World) -> None:
    rows = world.live("douyin")
    assert {row.host_type for row in rows} == {"self", "creator", "virtual"}
    sold = Counter(o.live_session_id for o in world.orders("douyin"))
    assert all(row.orders <= sold[row.session_id] for row in rows) and sum(row.gmv for row in rows) > 0
    assert all(row.paying_buyers <= row.viewers_uv <= row.views_pv for row in rows)
    assert {row.session_id for row in world.live("douyin", date(2026, 6, 15))} <= {
        row.session_id for row in rows
    }


@pytest.mark.parametrize("platform", ("taobao", "jd", "douyin", "xiaohongshu", "shopify", "woocommerce"))
def test_traffic_has_totals_channels_and_products(world: World, platform: str) -> None:
    rows = world.traffic(platform)
    totals = {row.date: row for row in rows if row.channel == "all" and row.product_id is None}
    parts: Counter[date] = Counter()
    for row in rows:
        if row.product_id is None and row.channel != "all":
            parts[row.date] += row.visitors
            assert (row.paying_buyers or 0) <= row.visitors
    assert len(totals) > 730 and max(totals) == date(2026, 6, 19)
    assert all(total.visitors <= max(parts[day], total.paying_buyers or 0) for day, total in totals.items())
    assert any(row.product_id for row in rows)


def test_social_growth_adds_up_to_the_levels(world: World) -> None:
    account = world.accounts("weibo")[0]
    rows = world.social("weibo")
    posts = world.posts("weibo", account)
    assert rows[-1].followers == pytest.approx(world.followers("weibo", account), abs=30)
    assert sum(row.likes for row in rows) == sum(post.likes for post in posts)
    assert sum(row.impressions for row in rows) == sum(post.reads for post in posts)
    assert sum(row.posts for row in rows) == len(posts) > 150


def test_costs_cover_a_part(world: World) -> None:
    for platform in ("taobao", "xiaohongshu", "woocommerce"):
        known = {row.sku_id for row in world.unit_costs(platform)}
        sold = {
            line.sku.sku_id for order in world.orders(platform) for line in order.lines if not line.is_gift
        }
        assert 0.3 < len(sold & known) / len(sold) < 1


def test_books(world: World) -> None:
    assert {fee.fee_type for fee in world.fees("jd")} == {"commission", "fulfilment", "storage"}
    assert any(fee.fee_type == "creator" for fee in world.fees("douyin"))
    paid = {order.order_id for order in world.orders("taobao") if is_sale(order)}
    assert paid - {fee.order_id for fee in world.fees("taobao")}, "recent orders have no fees yet"
    assert sum(row.amount for row in world.settlements("taobao")) > 0
    assert {row.metric for row in world.native("taobao")} == {"gmv", "orders", "buyers"}
    assert all(row.on_hand >= 0 for row in world.inventory("jd"))
    assert any(row.received for row in world.inventory("jd"))
    assert {row.rating for row in world.reviews("douyin")} == {1, 2, 3, 4, 5}


def test_native_figures_differ_from_ours_by_their_rules(world: World) -> None:
    """Taobao's own figure knows no brushing flags: it is higher by exactly those orders."""
    brushed = sum(
        o.goods
        for o in world.orders("taobao")
        if o.excluded_reason == "brushing" and o.sale_at and o.sale_at < datetime(2026, 6, 19, 16, tzinfo=UTC)
    )
    ours = sum(
        o.goods
        for o in world.orders("taobao")
        if is_sale(o) and o.sale_at and o.sale_at < datetime(2026, 6, 19, 16, tzinfo=UTC)
    )
    assert sum(row.value for row in world.native("taobao") if row.metric == "gmv") == ours + brushed


def test_markers_name_people_and_free_text(world: World) -> None:
    for platform in ("taobao", "woocommerce"):
        markers = world.markers(platform)
        person = world.buyers(platform)[0]
        assert {person.name, person.phone, person.email, person.address} <= markers
        assert all(len(marker) > 2 for marker in markers)
