"""The ten shops that the merchant opens only when asked: same rules as the seven, which they leave as they are."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from connectors.sandbox import Sandbox, World
from connectors.sandbox.world import major, money
from connectors.sandbox.world.branches import BRANCHES
from connectors.sandbox.world.shops import USUAL

NOW = datetime(2026, 6, 20, 4, tzinfo=UTC)
CURRENCIES = {
    "amazon": "USD", "tiktok_shop": "USD", "ebay": "USD", "lazada": "SGD", "shopee": "SGD", "etsy": "USD",
    "mercado_libre": "MXN", "walmart": "USD", "pinduoduo": "CNY", "kuaishou": "CNY",
}  # fmt: skip
OTHER_MARKETS = (("amazon", "JP", "JPY"), ("shopee", "TW", "TWD"), ("mercado_libre", "BR", "BRL"))


@pytest.fixture(scope="module")
def branches() -> World:
    return World(NOW, scale=0.12, platforms=BRANCHES)


def test_the_usual_world_has_no_branches() -> None:
    world = World(NOW, scale=0.004)
    assert world.platforms == list(world.shops) == list(USUAL)
    assert not set(Sandbox(world).platforms) & set(BRANCHES)


def test_a_branch_leaves_its_neighbours_as_they_are() -> None:
    alone, beside = (World(NOW, scale=0.02, platforms=p) for p in (("jd",), ("jd", "amazon")))
    assert list(map(repr, alone.orders("jd"))) == list(map(repr, beside.orders("jd")))


@pytest.mark.parametrize("platform", BRANCHES)
def test_a_branch_has_all_that_happens_in_a_shop(branches: World, platform: str) -> None:
    orders = branches.orders(platform)
    assert {order.currency for order in orders} == {CURRENCIES[platform]}
    for happened in ("paid_at", "shipped_at", "cancelled_at"):
        assert any(getattr(order, happened) for order in orders), happened
    assert any(refund.refunded_at for refund in branches.refunds(platform))
    assert branches.fees(platform) and branches.traffic(platform) and branches.products(platform)
    assert branches.truth(platform).gmv > 0


@pytest.mark.parametrize("platform", BRANCHES)
def test_money_of_a_branch_adds_up(branches: World, platform: str) -> None:
    for order in branches.orders(platform):
        assert order.total == sum(line.paid for line in order.lines) + order.shipping + order.tax
        assert len({line.line_id for line in order.lines}) == len(order.lines)
        back: Counter[str] = Counter()
        for case in branches.refunds_of(platform, order.order_id):
            if case.refunded_at:
                back.update({row.line_id: row.goods for row in case.lines})
        assert all(back[line.line_id] <= line.paid for line in order.lines)


@pytest.mark.parametrize("platform", BRANCHES)
def test_ids_of_a_branch_are_unique(branches: World, platform: str) -> None:
    orders, refunds = branches.orders(platform), branches.refunds(platform)
    for ids in (
        [order.order_id for order in orders],
        [refund.refund_id for refund in refunds],
        [buyer.buyer_id for buyer in branches.buyers(platform)],
        [sku.sku_id for product in branches.products(platform) for sku in product.skus],
    ):
        assert ids and len(set(ids)) == len(ids)


@pytest.mark.parametrize(("platform", "country", "currency"), OTHER_MARKETS)
def test_a_branch_can_be_in_another_market(platform: str, country: str, currency: str) -> None:
    world = World(NOW, scale=0.02, platforms=[platform], countries={platform: country})
    assert world.shops[platform].currency == currency
    assert {order.buyer.country for order in world.orders(platform)} == {country}


@pytest.mark.parametrize(
    ("minor", "currency", "wire", "amount"),
    ((3980, "JPY", "3980", "3980"), (3980, "USD", "39.80", "39.80"), (-5, "EUR", "-0.05", "-0.05")),
)
def test_yen_have_no_minor_unit(minor: int, currency: str, wire: str, amount: str) -> None:
    assert money(minor, currency) == wire and major(minor, currency) == Decimal(amount)
