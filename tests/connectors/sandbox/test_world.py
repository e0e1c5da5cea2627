"""The world is the same for the same seed and instant, grows with time, and keeps the platforms' identities."""

from __future__ import annotations

import hashlib
from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from connectors.sandbox.world import World, is_sale, major, money
from connectors.sandbox.world.chance import part, split
from connectors.sandbox.world.view import ORDER_EVENTS, REFUND_EVENTS

NOW = datetime(2026, 6, 20, 4, tzinfo=UTC)
SHOPS = ("taobao", "jd", "douyin", "xiaohongshu", "shopify", "woocommerce")

CHINESE = ("taobao", "jd", "douyin", "xiaohongshu")


def digest(world: World) -> str:
    rows = [row for platform in SHOPS for row in (*world.orders(platform), *world.refunds(platform))]
    return hashlib.sha256("\n".join(map(repr, rows)).encode()).hexdigest()


def test_same_seed_and_instant_same_world() -> None:
    assert digest(World(NOW, scale=0.03)) == digest(World(NOW, scale=0.03))
    assert digest(World(NOW, scale=0.03)) != digest(World(NOW, scale=0.03, seed=8))


def test_a_later_look_in_the_same_month_sees_the_same_history() -> None:
    early, late = World(NOW, scale=0.03), World(NOW + timedelta(days=3), scale=0.03)
    late_seen_early = World(NOW + timedelta(days=3), scale=0.03, clock=lambda: NOW)
    for platform in SHOPS:
        assert late_seen_early.orders(platform) == early.orders(platform)
    assert sum(len(late.orders(p)) for p in SHOPS) > sum(len(early.orders(p)) for p in SHOPS)


def test_time_passes() -> None:
    """Orders planned for later appear, and what was paid gets shipped."""
    world = World(NOW, scale=0.1, platforms=("taobao",))
    before = {order.order_id: order for order in world.orders("taobao")}
    world.advance(timedelta(hours=30))
    after = {order.order_id: order for order in world.orders("taobao")}
    moved = [o for key, o in before.items() if after[key].modified_at > o.modified_at]
    assert len(after) > len(before) and moved
    assert all(order.created_at <= NOW + timedelta(hours=30) for order in after.values())


@pytest.mark.parametrize("platform", SHOPS)
def test_nothing_lies_in_the_future(world: World, platform: str) -> None:
    for order in world.orders(platform):
        times = [t for name in ORDER_EVENTS if (t := getattr(order, name))]
        assert order.created_at <= min(times, default=NOW) and max(times, default=NOW) <= NOW
        assert order.modified_at <= NOW and order.modified_at >= max(times, default=order.created_at)
    for refund in world.refunds(platform):
        times = [t for name in REFUND_EVENTS if (t := getattr(refund, name))]
        assert refund.requested_at <= min(times, default=NOW) and max(times, default=NOW) <= NOW


@pytest.mark.parametrize("platform", SHOPS)
def test_events_come_in_order(world: World, platform: str) -> None:
    for order in world.orders(platform):
        sale = order.sale_at
        assert sale is None or sale >= order.created_at
        way = [
            order.created_at,
            order.deposit_paid_at,
            order.paid_at,
            order.part_shipped_at,
            order.shipped_at,
            order.delivered_at,
            order.completed_at,
        ]
        known = [at for at in way if at]
        assert known == sorted(known), order.order_id
        assert not (order.cancelled_at and order.delivered_at)
        assert order.order_type != "presale" or order.paid_at == order.balance_paid_at


@pytest.mark.parametrize("platform", SHOPS)
def test_money_adds_up(world: World, platform: str) -> None:
    """Order = sum of its lines; discounts never exceed the price; refunds never exceed what was paid."""
    for order in world.orders(platform):
        assert (
            order.goods
            == order.list_amount - order.seller_discount
            == sum(line.goods for line in order.lines)
        )
        assert order.total == sum(line.paid for line in order.lines) + order.shipping + order.tax
        for line in order.lines:
            assert line.paid >= 0 and line.quantity > 0 and (line.price == 0) == line.is_gift
            assert min(line.item_discount, line.order_discount, line.platform_discount, line.tax) >= 0
            assert (
                line.talent_discount <= line.platform_discount and line.shared_discount <= line.order_discount
            )
        assert len({line.line_id for line in order.lines}) == len(order.lines)
        cases = [case for case in world.refunds_of(platform, order.order_id) if case.refunded_at]
        paid_back: Counter[str] = Counter()
        for case in cases:
            assert not case.lines or case.amount_goods == sum(row.goods for row in case.lines)
            assert not case.lines or case.tax - sum(row.tax for row in case.lines) in (0, order.shipping_tax)
            paid_back.update({row.line_id: row.goods for row in case.lines})
        for line in order.lines:
            assert paid_back[line.line_id] <= line.paid
        assert sum(case.total for case in cases) <= order.total
        assert order.deposit <= order.total and order.balance_used <= order.goods


@pytest.mark.parametrize("platform", SHOPS)
def test_ids_are_unique_and_text(world: World, platform: str) -> None:
    orders, refunds = world.orders(platform), world.refunds(platform)
    assert len({o.order_id for o in orders}) == len(orders) and len({r.refund_id for r in refunds}) == len(
        refunds
    )
    skus = [sku.sku_id for product in world.products(platform) for sku in product.skus]
    assert len(set(skus)) == len(skus)
    if platform == "woocommerce":  # refunds and orders are posts of one numbering
        assert not {o.order_id for o in orders} & {r.refund_id for r in refunds}
    people = [b.buyer_id for b in world.buyers(platform) if not b.is_guest]
    assert len(set(people)) == len(people)


def test_platforms_without_a_split_have_no_platform_discount(world: World) -> None:
    for platform in ("taobao", "shopify", "woocommerce"):
        assert world.truth(platform).platform_discount == 0
    for platform in ("jd", "douyin", "xiaohongshu"):
        assert world.truth(platform).platform_discount > 0


def test_taobao_and_douyin_ids_exceed_doubles(world: World) -> None:
    for platform in ("taobao", "douyin"):
        assert all(int(order.order_id) > 2**53 for order in world.orders(platform))


def test_windows_are_cut_by_the_time_asked_for(world: World) -> None:
    span = (NOW - timedelta(days=30), NOW - timedelta(days=29))
    created = world.orders("taobao", created=span)
    changed = world.orders("taobao", modified=span)
    assert created and [o.created_at for o in created] == sorted(o.created_at for o in created)
    assert all(span[0] <= o.created_at < span[1] for o in created)
    assert {o.order_id for o in changed} == {
        o.order_id for o in world.orders("taobao") if span[0] <= o.modified_at < span[1]
    }


def test_truth_counts_what_a_naive_count_finds(world: World) -> None:
    orders = world.orders("douyin")
    truth = world.truth("douyin")
    assert truth.orders == len(orders) and truth.lines == sum(len(o.lines) for o in orders)
    assert truth.gmv == sum((major(o.goods) for o in orders if is_sale(o)), Decimal(0))
    assert truth.paid_back == truth.refunded_goods + truth.refunded_shipping + truth.refunded_tax


def test_jd_hides_unpaid_orders_and_shows_split_parents(world: World) -> None:
    orders, truth = world.orders("jd"), world.truth("jd")
    unpaid = [o for o in orders if o.paid_at is None and o.payment_type == "prepaid"]
    parents = {o.parent_order_id for o in orders if o.parent_order_id}
    assert unpaid and truth.orders == len(orders) - len(unpaid)
    assert parents and truth.by_exclusion["duplicate"] == len(parents)
    for parent_id in parents:
        parent = world.order("jd", parent_id)
        children = [o for o in orders if o.parent_order_id == parent_id]
        assert parent and parent.total == sum(child.total for child in children)


@pytest.mark.parametrize(
    ("minor", "text"), [(18800, "188.00"), (5, "0.05"), (-5, "-0.05"), (0, "0.00"), (-120, "-1.20")]
)
def test_money_as_text(minor: int, text: str) -> None:
    assert money(minor) == text and major(minor) == Decimal(text)


def test_shares_add_up_to_the_cent() -> None:
    assert split(100, [1, 1, 1]) == [34, 33, 33] and split(7, [0, 0]) == [0, 0]
    for amount in range(0, 500, 7):
        assert sum(split(amount, [13, 900, 41])) == amount
    assert part(1005, 1900, 10_000) == 191 and part(5, 1, 2) == 3


def test_twenty_thousand_orders_in_seconds() -> None:
    """At scale 1; the bound is loose because test machines are shared."""
    started = datetime.now(UTC)
    world = World(NOW)
    assert 18_500 < sum(world.truth(platform).orders for platform in SHOPS) < 22_500
    assert datetime.now(UTC) - started < timedelta(seconds=40)
