"""Lazada synced over real sockets from the sandbox: to the cent, in few calls, without breaking a rule."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from connectors.engine.stream import Rate
from connectors.lazada.client import LazadaClient
from connectors.sandbox.world import major


@pytest.fixture(scope="module", autouse=True)
def quick() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LazadaClient, "rate", Rate(per_second=250, burst=50, concurrency=8))
        yield


@pytest.fixture(scope="module")
def whole(open_market: Callable[..., Any]) -> Any:
    """Two years, synced once. Read only."""
    market = open_market("lazada", scale=0.04)
    market.sync()
    return market


def test_every_order_unit_and_refund_to_the_cent(whole: Any) -> None:
    truth = whole.world.truth("lazada")
    [orders] = whole.look("SELECT count(*), sum(list_amount), sum(seller_discount), sum(platform_discount),"
                          " sum(shipping_amount), sum(tax_amount), count(DISTINCT customer_key) FROM orders")
    assert orders == (truth.orders, truth.list_amount, truth.seller_discount, truth.platform_discount, truth.shipping,
                      truth.tax, truth.buyers)
    [lines] = whole.look("SELECT count(*), sum(quantity), sum(list_amount), sum(seller_discount) FROM order_lines")
    assert lines == (truth.units, truth.units, truth.list_amount, truth.seller_discount)
    [refunds] = whole.look("SELECT count(DISTINCT refund_id), sum(goods_amount + shipping_amount)"
                           " FROM refunds WHERE status = 'success' AND NOT starts_with(refund_id, 'derived:')")
    assert refunds == (truth.refunds_paid, truth.paid_back)
    [sales] = whole.look("SELECT count(*), sum(goods_amount) FROM v_orders WHERE is_sale")
    assert sales == (truth.sales, truth.gmv)
    derived = whole.look("SELECT count(*) FROM refunds WHERE starts_with(refund_id, 'derived:')")
    assert derived == [(truth.silent_cancellations,)]


def test_fees_and_settlements(whole: Any) -> None:
    """The statement holds turnover too: only what Lazada takes is a fee."""
    expected = Counter[str]()
    for fee in whole.world.fees("lazada"):
        expected[fee.fee_type] += fee.amount
    assert dict(whole.look("SELECT fee_type, sum(amount) FROM fees GROUP BY 1")) == {
        kind: major(amount) for kind, amount in expected.items()}
    paid = whole.world.settlements("lazada")
    assert whole.look("SELECT count(*), sum(amount) FROM settlements") == [
        (len(paid), major(sum(row.amount for row in paid)))]


def test_products_and_shop(whole: Any) -> None:
    whole.assert_products_and_shop()
    lines = "SELECT count(*) FROM order_lines ANTI JOIN products USING (product_id, sku_id)"
    assert whole.look(lines) == [(0,)], "every line finds its product"


def test_no_rule_is_broken_and_no_field_unknown(whole: Any) -> None:
    whole.assert_faithful()


def test_a_second_run_is_small_and_changes_nothing(whole: Any) -> None:
    whole.assert_quiet()


def test_a_token_that_ends_is_refreshed_and_kept(whole: Any) -> None:
    whole.assert_renews()
