"""Orders change, appear, go back, vanish and show up late; a lost update shows in a sum."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from connectors.sandbox.world import World

NOW = datetime(2026, 6, 20, 4, tzinfo=UTC)


@pytest.fixture
def world() -> World:
    return World(NOW, scale=0.04, platforms=("taobao", "woocommerce", "shopify", "douyin"))


def test_a_touch_is_stamped_now_and_costs_one_more(world: World) -> None:
    before = world.truth("taobao")
    ids = world.touch("taobao", count=3)
    assert len(set(ids)) == 3
    assert [o.order_id for o in world.orders("taobao", modified=(NOW, NOW + timedelta(seconds=1)))] == sorted(
        ids
    )
    assert world.truth("taobao").total == before.total + Decimal(3)


def test_touches_hit_different_orders(world: World) -> None:
    assert len({order_id for _ in range(10) for order_id in world.touch("taobao", count=2)}) > 10


def test_a_late_change_is_unseen_until_revealed(world: World) -> None:
    before = world.truth("taobao")
    ids = world.late("taobao", 4, seconds=400)
    assert world.truth("taobao") == before
    world.reveal()
    stamped = {o.order_id: o.modified_at for o in world.orders("taobao") if o.order_id in ids}
    assert set(stamped.values()) == {NOW - timedelta(seconds=400)}
    assert world.truth("taobao").total == before.total + Decimal(4)


@pytest.mark.parametrize("platform", ("taobao", "woocommerce", "shopify", "douyin"))
def test_new_orders_appear(world: World, platform: str) -> None:
    before = world.truth(platform)
    ids = world.place(platform, 5)
    after = world.truth(platform)
    assert after.orders == before.orders + 5 and after.sales == before.sales + 5
    assert {o.order_id for o in world.orders(platform, created=(NOW, NOW + timedelta(seconds=1)))} == set(ids)


@pytest.mark.parametrize("platform", ("taobao", "woocommerce", "shopify", "douyin"))
def test_a_full_refund_nets_to_zero(world: World, platform: str) -> None:
    order = next(
        o
        for o in reversed(world.orders(platform))
        if o.shipped_at
        and o.status != "cancelled"
        and not world.refunds_of(platform, o.order_id)
        and o.order_type == "normal"
    )
    before = world.truth(platform)
    world.give_back(platform, order.order_id)
    cases = world.refunds_of(platform, order.order_id)
    assert (
        sum(case.amount_goods + (case.tax if not case.lines else 0) for case in cases)
        >= order.goods - order.platform_discount
    )
    assert world.truth(platform).refunds_paid == before.refunds_paid + len(cases)
    seen = world.order(platform, order.order_id)
    assert seen and seen.modified_at == NOW


def test_a_refund_before_shipping_cancels(world: World) -> None:
    order_id = world.place("taobao")[0]
    world.give_back("taobao", order_id)
    order = world.order("taobao", order_id)
    assert order and order.status == "cancelled" and order.shipped_at is None
    assert {case.kind for case in world.refunds_of("taobao", order_id)} == {"cancel_before_ship"}
    with pytest.raises(ValueError, match="has refunds"):
        world.give_back("taobao", order_id)


def test_removed_orders_vanish(world: World) -> None:
    victim = next(
        o.order_id for o in world.orders("woocommerce") if world.refunds_of("woocommerce", o.order_id)
    )
    before = world.truth("woocommerce")
    world.remove("woocommerce", [victim])
    assert world.order("woocommerce", victim) is None
    assert world.truth("woocommerce").orders == before.orders - 1
    assert not [r for r in world.refunds("woocommerce") if r.order_id == victim]


def test_an_unknown_status_is_a_change(world: World) -> None:
    order_id = world.orders("taobao")[0].order_id
    world.rename_status("taobao", order_id, "WAIT_DRONE")
    order = world.order("taobao", order_id)
    assert order and order.native_status == "WAIT_DRONE" and order.modified_at == NOW


def test_many_threads_at_once(world: World) -> None:
    """Readers never see a half-made change; no touch is lost."""
    before, failures = world.truth("taobao"), []

    def read() -> None:
        try:
            for _ in range(20):
                total = world.truth("taobao").total - before.total
                assert total == int(total)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=read) for _ in range(3)]
    threads += [threading.Thread(target=lambda: [world.touch("taobao") for _ in range(15)]) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures and world.truth("taobao").total == before.total + 30
