"""WooCommerce synced over real sockets from the sandbox: to the cent, in few calls, without breaking a rule."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from connectors.woocommerce.streams import RECHECKED

PLATFORM = "woocommerce"


@pytest.fixture(scope="module")
def whole(open_market: Callable[..., Any]) -> Any:
    market = open_market(PLATFORM, scale=0.25)
    market.sync()
    return market


def test_every_order_line_and_refund_to_the_cent(whole: Any) -> None:
    truth = whole.world.truth(PLATFORM)
    assert whole.look("SELECT count(*), sum(list_amount), sum(seller_discount), sum(shipping_amount), "
                      "sum(tax_amount), count(DISTINCT customer_key), count(*) - count(customer_key) FROM orders") == [
        (truth.orders, truth.list_amount, truth.seller_discount, truth.shipping, truth.tax, truth.buyers,
         truth.guest_orders)]
    assert whole.look("SELECT count(*), sum(quantity), sum(list_amount - seller_discount) FROM order_lines") == [
        (truth.lines, truth.units, truth.list_amount - truth.seller_discount)]
    assert whole.look("SELECT count(DISTINCT refund_id), sum(goods_amount + shipping_amount + tax_amount) "
                      "FROM refunds WHERE NOT starts_with(refund_id, 'derived:')") == [
        (truth.refunds_paid, truth.paid_back)]
    assert whole.look("SELECT count(*), sum(list_amount - seller_discount) FROM v_orders WHERE is_sale") == [
        (truth.sales, truth.gmv)]


def test_products_and_their_variations(whole: Any) -> None:
    shown = [product for product in whole.world.products(PLATFORM) if product.status != "deleted"]
    assert whole.look("SELECT count(*) FROM products") == [(sum(len(product.skus) for product in shown),)]


def test_stock_and_stars(whole: Any) -> None:
    """Stock of the SKUs that are counted; a review is a number of stars, its words stay in the store."""
    counted = [int(sku.sku_id) % 50 for product in whole.world.products(PLATFORM) if product.status != "deleted"
               for sku in product.skus if int(sku.sku_id) % 3]
    assert whole.look("SELECT count(*), sum(on_hand), count(DISTINCT date) FROM inventory_daily") == [
        (len(counted), sum(counted), 1)]
    stars = [review.rating for review in whole.world.reviews(PLATFORM)]
    assert whole.look("SELECT count(*), sum(rating) FROM reviews") == [(len(stars), sum(stars))]


def test_the_shop(whole: Any) -> None:
    shop = whole.world.shops[PLATFORM]
    assert whole.look("SELECT shop_id, name, tz, currency, cod_anchor FROM shops") == [
        (shop.shop_id, shop.name, shop.tz, shop.currency, "created")]


def test_no_rule_of_the_store_is_broken(whole: Any) -> None:
    assert whole.sandbox.violations == []
    assert whole.look("SELECT * FROM data_quality WHERE status = 'fail' OR check_name = 'unknown_field'") == []


def test_refunds_are_asked_for_where_there_are_any(whole: Any) -> None:
    asked = [call for call in whole.sandbox.calls(PLATFORM) if call.name.endswith("/refunds")]
    with_refunds = {refund.order_id for refund in whole.world.refunds(PLATFORM)}
    lately = {order.order_id for order in whole.world.orders(PLATFORM)
              if order.modified_at > whole.world.now - RECHECKED}
    assert len(asked) == len(with_refunds) + len(with_refunds & lately)  # once more by `recheck`


def test_an_order_in_the_trash_is_no_sale_until_it_is_restored(open_market: Callable[..., Any]) -> None:
    market = open_market(PLATFORM, scale=0.05)
    market.sync()
    [order_id] = market.world.place(PLATFORM)
    market.sync()
    found = f"SELECT status, is_sale, net FROM (SELECT o.status, v.is_sale, v.goods_amount - coalesce((SELECT sum(" \
            f"goods_amount) FROM refunds r WHERE r.order_id = o.order_id AND r.status = 'success'), 0) AS net " \
            f"FROM orders o JOIN v_orders v USING (order_id) WHERE order_id = '{order_id}')"
    [(_, sold, worth)] = market.look(found)
    assert sold and worth > 0
    for word, status, net in (("trash", "cancelled", 0), ("processing", "paid", worth)):
        market.world.rename_status(PLATFORM, order_id, word)
        market.sync()
        [(state, _, left)] = market.look(found)
        assert (state, left) == (status, net)
