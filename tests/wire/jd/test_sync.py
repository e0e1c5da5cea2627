"""JD synced over real sockets from the sandbox: to the cent, in few calls, without breaking a rule."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from connectors.engine.errors import Denied
from connectors.jd.sandbox import WORDS, Gateway, Refused
from connectors.jd.streams import SHOP_CALL
from connectors.sandbox.world import listed, major
from tests.nobody import assert_nobody


@pytest.fixture(scope="module")
def whole(open_market: Callable[..., Any]) -> Any:
    """Two years, synced once. Read only."""
    market = open_market("jd", scale=0.25)
    market.sync()
    return market


@pytest.fixture(scope="module")
def followed(open_market: Callable[..., Any]) -> Any:
    """A shop that lives on while the tests below follow it."""
    market = open_market("jd", scale=0.1)
    market.sync()
    return market


@pytest.fixture
def lately(followed: Any) -> Any:
    followed.sandbox.faults.clear()
    followed.world.advance(timedelta(hours=1))
    followed.sync()
    followed.sandbox.forget()
    return followed


def assert_exact(market: Any) -> None:
    """Everything the shop lists is stored as it is now."""
    truth = market.world.truth("jd")
    [orders] = market.look("SELECT count(*), sum(list_amount), sum(seller_discount), sum(platform_discount),"
                           " sum(shipping_amount) FROM orders")
    assert orders == (truth.orders, truth.list_amount, truth.seller_discount, truth.platform_discount,
                      truth.shipping)


def test_every_order_line_and_refund_to_the_cent(whole: Any) -> None:
    assert_exact(whole)
    truth = whole.world.truth("jd")
    [lines] = whole.look("SELECT count(*), sum(quantity), sum(list_amount), sum(seller_discount),"
                         " sum(platform_discount), count(*) FILTER (WHERE is_gift) FROM order_lines")
    assert lines == (truth.lines, truth.units, truth.list_amount, truth.seller_discount, truth.platform_discount,
                     truth.gifts)
    [refunds] = whole.look("SELECT count(*), sum(goods_amount), sum(shipping_amount) FROM refunds"
                           " WHERE status = 'success' AND NOT starts_with(refund_id, 'derived:')")
    assert refunds == (truth.refunds_paid, truth.refunded_goods, truth.refunded_shipping)
    [sales] = whole.look("SELECT count(*), sum(goods_amount), count(DISTINCT customer_key) FROM v_orders WHERE is_sale")
    assert sales[:2] == (truth.sales, truth.gmv)
    assert whole.look("SELECT count(*) FROM refunds WHERE starts_with(refund_id, 'derived:')") == [
        (truth.silent_cancellations,)]


def test_orders_one_by_one(whole: Any) -> None:
    """A presale is listed once its balance is paid, as an order like any other."""
    rows = whole.look("SELECT order_id, payment_type, created_at, paid_at, cancelled_at, excluded_reason,"
                      " list_amount, seller_discount, platform_discount, shipping_amount, sale_at FROM orders")
    found = {row[0]: row[1:] for row in rows}
    for order in filter(listed, whole.world.orders("jd")):
        created, paid, cancelled, sale = (at and at.replace(tzinfo=None) for at in (
            order.created_at, order.paid_at, order.cancelled_at, order.sale_at))
        assert found.pop(order.order_id) == (
            order.payment_type, created, paid, cancelled, order.excluded_reason,
            *map(major, (order.list_amount, order.seller_discount, order.platform_discount, order.shipping)), sale)
    assert not found


def test_a_split_order_counts_once(whole: Any) -> None:
    split = [order for order in whole.world.orders("jd") if order.excluded_reason == "duplicate"]
    assert len(split) > 3
    assert whole.look("SELECT count(*) FROM orders WHERE excluded_reason = 'duplicate'") == [(len(split),)]


def test_refunds_one_by_one(whole: Any) -> None:
    """After shipment JD does not say whether goods came back; a replacement pays nothing back."""
    rows = whole.look("SELECT refund_id, order_id, refund_type, status = 'success', goods_amount, shipping_amount,"
                      " refunded_at, line_id FROM refunds WHERE NOT starts_with(refund_id, 'derived:')")
    found = {row[0]: row[1:] for row in rows}
    for case in whole.world.refunds("jd"):
        if case.kind == "exchange":
            continue
        order = whole.world.order("jd", case.order_id)
        ware = next((line.product.product_id for line in order.lines
                     if case.lines and line.line_id == case.lines[0].line_id), None)
        assert found.pop(case.refund_id) == (
            case.order_id, "cancel_before_ship" if case.before_shipping else "refund_only",
            case.refunded_at is not None, major(case.amount_goods), major(case.shipping),
            case.refunded_at and case.refunded_at.replace(tzinfo=None), ware)
    assert not found


def test_every_refund_of_a_line_finds_its_line(whole: Any) -> None:
    """Cases name a ware, lines are numbered by it."""
    assert whole.look("SELECT count(*) FROM refunds r ANTI JOIN order_lines l USING (platform, shop_id, order_id,"
                      " line_id) WHERE r.line_id IS NOT NULL") == [(0,)]


def test_products_and_shop(whole: Any) -> None:
    wares = [ware for ware in whole.world.products("jd") if ware.status != "deleted"]
    assert whole.look("SELECT count(*), count(category) FROM products") == [(len(wares), 0)]
    shop = whole.world.shops["jd"]
    assert whole.look("SELECT shop_id, name, cod_anchor FROM shops") == [(shop.shop_id, shop.name, "created")]


def test_no_rule_is_broken_and_no_field_unknown(whole: Any) -> None:
    whole.assert_faithful()


def test_nothing_personal_reaches_the_disk(whole: Any) -> None:
    """Names, phones and addresses do come with every order."""
    assert_nobody(whole.warehouse, whole.world.markers("jd"))


def test_a_second_run_changes_nothing(lately: Any) -> None:
    """Cases of the last sixty days are read again: three windows, a page each."""
    again = lately.sync()
    assert {name: report.rows_written for name, report in again.items()} == dict.fromkeys(again, 0)
    assert again["orders"].requests <= 2
    assert sum(report.requests for report in again.values()) <= 12


def test_what_changed_comes(lately: Any) -> None:
    lately.world.advance(timedelta(hours=30))
    lately.world.touch("jd", count=7)
    lately.world.place("jd", 3)
    lately.sync()
    assert_exact(lately)
    assert lately.sandbox.violations == []


def test_orders_that_change_while_pages_are_read(open_market: Callable[..., Any]) -> None:
    """Every call changes two orders: each is found, now or in the next run."""
    market = open_market("jd", scale=0.2)
    market.sandbox.faults.add("jd", "churn", every=1, touch=2)
    market.sync(streams=["orders"])
    market.sandbox.faults.clear()
    market.world.advance(timedelta(minutes=5))
    market.sync(streams=["orders"])
    assert_exact(market)
    assert max(int(call.params.get("page", 1)) for call in market.sandbox.calls("jd")) >= 2
    assert market.sandbox.violations == []


def test_late_changes_are_found(lately: Any) -> None:
    lately.world.late("jd", 5, seconds=400)
    lately.sync()
    lately.world.reveal()
    assert lately.sync()["orders"].rows_written == 5
    assert_exact(lately)


def test_faults_lose_nothing(lately: Any) -> None:
    """Throttled, failed, cut, dropped, expired: each once, in the calls of one run."""
    lately.world.advance(timedelta(days=2))
    lately.world.touch("jd", count=4)
    for at, kind in enumerate(("429", "500", "cut", "drop", "expire"), start=1):
        lately.sandbox.faults.add("jd", kind, at=(at,))
    reports = lately.sync()
    assert sum(report.retries for report in reports.values()) >= 5
    assert_exact(lately)
    assert lately.sandbox.violations == []


def test_a_token_that_ends_is_refreshed_and_kept(lately: Any) -> None:
    before = lately.vault.settings("jd")
    lately.sandbox.states["jd"].expire_tokens()
    lately.sync()
    after = lately.vault.settings("jd")
    assert after["access_token"] != before["access_token"]
    assert after["refresh_token"] != before["refresh_token"]


def test_without_the_right_to_ask_for_the_shop_an_order_names_the_seller(
        open_market: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything else is read; a note says what is missing; the right that comes later makes no other shop."""
    admit, granted = Gateway.admit, []

    def refusing(gateway: Gateway, params: dict[str, str]) -> str:
        method = admit(gateway, params)
        if method == SHOP_CALL and not granted:
            raise Refused("21")
        return method

    monkeypatch.setitem(WORDS, "21", "No permission to call this api")
    monkeypatch.setattr(Gateway, "admit", refusing)
    market = open_market("jd", scale=0.02)
    seller = str(int(market.world.shops["jd"].shop_id) + 1)
    assert market.look("SELECT shop_id, name FROM shops") == [(seller, f"京东 {seller}")]
    assert market.look("SELECT check_name, detail FROM data_quality") == [
        ("missing_right", f"{SHOP_CALL}: the shop goes by its seller's number")]
    assert market.sync()["orders"].rows_read > 0
    granted.append(True)
    added = market.connections.rotate("jd", {"app_secret": market.vault.settings("jd")["app_secret"]})
    assert (added.link.shop_id, added.identity.findings) == (seller, ())
    assert market.sandbox.violations == []


def test_wrong_keys_are_still_refused(followed: Any) -> None:
    keys = {**followed.vault.settings("jd"), "app_secret": "another"}
    with pytest.raises(Denied, match="12"):
        followed.connections.connect("jd", keys, "second")
