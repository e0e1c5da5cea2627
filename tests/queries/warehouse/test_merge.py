"""What a merge stores, counts and leaves alone."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from queries.records import Fee, Product, TrafficDaily
from queries.warehouse import CoveredPeriod
from queries.warehouse.errors import UnknownZone

from .goods import ad, at, batch, line, order, refund, shop

SETS = {"replaces": ("order_lines", "refunds")}


def orders(look):
    return {row[0]: row[1:] for row in look("SELECT order_id, status, list_amount FROM orders")}


# --- versions


@pytest.mark.parametrize(
    ("versions", "wins"),
    [
        pytest.param([("paid", "10-05 08:00"), ("shipped", "10-05 09:00")], "shipped", id="later and newer"),
        pytest.param([("shipped", "10-05 09:00"), ("paid", "10-05 08:00")], "shipped", id="newer came first"),
        pytest.param(
            [("paid", "10-05 08:00"), ("shipped", "10-05 08:00")], "shipped", id="same time: the later"
        ),
        pytest.param([("paid", "10-05 08:00"), ("shipped", None)], "paid", id="no time is older than any"),
        pytest.param([("paid", None), ("shipped", None)], "shipped", id="no times: the later"),
    ],
)
def test_newest_version_of_an_order_wins(warehouse, look, versions, wins):
    rows = [order("o", status=status, modified=time and at(time)) for status, time in versions]
    warehouse.merge(batch(*rows))
    assert orders(look) == {"o": (wins, Decimal(100))}


@pytest.mark.parametrize(
    ("versions", "wins"),
    [
        pytest.param([("paid", "10-05 08:00"), ("shipped", "10-05 09:00")], "shipped", id="later and newer"),
        pytest.param([("shipped", "10-05 09:00"), ("paid", "10-05 08:00")], "shipped", id="newer came first"),
        pytest.param([("paid", "10-05 08:00"), ("shipped", "10-05 08:00")], "shipped", id="same time: the later"),
        pytest.param([("paid", "10-05 08:00"), ("shipped", None)], "shipped", id="no time is taken as new"),
        pytest.param([("paid", None), ("shipped", None)], "shipped", id="no times: the later"),
    ],
)
def test_newest_version_of_an_order_wins_over_batches(warehouse, look, versions, wins):
    for status, time in versions:
        warehouse.merge(batch(order("o", status=status, modified=time and at(time))))
    assert orders(look) == {"o": (wins, Decimal(100))}


def test_lines_go_with_the_version_that_wins(warehouse, look):
    new = [order("o", modified=at("10-05 10:00")), line("o", "1", "60"), line("o", "2", "40")]
    old = [order("o", modified=at("10-05 09:00")), line("o", "1", "50"), line("o", "3", "50")]
    warehouse.merge(batch(*new, *old, **SETS))
    assert look("SELECT line_id, list_amount FROM order_lines ORDER BY 1") == [("1", 60), ("2", 40)]


def test_an_older_version_read_later_changes_nothing(warehouse, look):
    warehouse.merge(
        batch(order("o", modified=at("10-05 10:00"), status="shipped"), line("o", "1", "60"), **SETS)
    )
    late = warehouse.merge(batch(order("o", modified=at("10-05 09:00")), line("o", "2", "40"), **SETS))
    assert late.rows_written == 0
    assert orders(look)["o"][0] == "shipped"
    assert look("SELECT line_id FROM order_lines") == [("1",)]


# --- counting


def test_repeating_a_batch_writes_nothing(warehouse):
    rows = [shop(), order("a"), line("a"), order("b"), line("b"), refund("r", "a"), ad(1)]
    assert warehouse.merge(batch(*rows, **SETS)).rows_written == 7
    again = warehouse.merge(batch(*rows, **SETS, checkpoint={"seen": 1}))
    assert (again.rows_written, dict(again.by_table)) == (0, {})
    assert warehouse.checkpoint("c1", "orders") == {"seen": 1}


def test_only_real_changes_are_counted(warehouse):
    warehouse.merge(batch(shop(), order("a"), line("a", "1"), line("a", "2"), order("b"), line("b"), **SETS))
    changed = warehouse.merge(
        batch(order("a", status="shipped"), line("a", "1"), order("b"), line("b"), order("c"), **SETS)
    )
    assert dict(changed.by_table) == {"orders": 2, "order_lines": 1}  # a shipped, c new; line a/2 gone


def test_a_batch_without_changes_leaves_the_sequence_number(warehouse):
    first = warehouse.merge(batch(shop(), order("a")))
    assert warehouse.merge(batch(order("a"))).sequence == first.sequence


# --- sets


def test_lines_of_an_order_are_replaced_as_a_set(warehouse, look):
    warehouse.merge(batch(order("a"), line("a", "1"), line("a", "2"), order("b"), line("b", "1"), **SETS))
    warehouse.merge(batch(order("a"), line("a", "2"), line("a", "3"), **SETS))
    assert look("SELECT order_id, line_id FROM order_lines ORDER BY ALL") == [
        ("a", "2"),
        ("a", "3"),
        ("b", "1"),
    ]


def test_lines_stay_where_the_stream_does_not_replace_them(warehouse, look):
    warehouse.merge(batch(order("a"), line("a", "1"), **SETS))
    warehouse.merge(batch(order("a", status="shipped")))
    assert look("SELECT line_id FROM order_lines") == [("1",)]


def test_refunds_of_an_order_are_replaced_as_a_set(warehouse, look):
    warehouse.merge(batch(order("a"), refund("r1", "a"), refund("r2", "a"), **SETS))
    warehouse.merge(batch(order("a"), refund("r2", "a"), **SETS))
    assert look("SELECT refund_id FROM refunds") == [("r2",)]


def test_a_refund_that_comes_alone_takes_no_lines_away(warehouse, look):
    warehouse.merge(batch(order("a"), line("a", "1"), **SETS))
    warehouse.merge(batch(refund("r", "a"), stream="refunds", **SETS))
    assert look("SELECT count(*) FROM order_lines") == [(1,)]


def test_lines_of_a_refund_are_replaced_as_a_set(warehouse, look):
    warehouse.merge(batch(refund("r", "a", line_id="1"), refund("r", "a", line_id="2"), stream="refunds"))
    warehouse.merge(batch(refund("r", "a", line_id="2"), stream="refunds"))
    assert look("SELECT line_id FROM refunds") == [("2",)]


def test_one_refund_row_for_the_whole_order_keeps_its_null_line(warehouse, look):
    for amount in ("30", "45"):
        warehouse.merge(batch(refund("r", "a", amount), stream="refunds"))
    assert look("SELECT line_id, goods_amount FROM refunds") == [(None, Decimal(45))]


def test_covered_days_are_replaced_as_a_set(warehouse, look):
    warehouse.merge(batch(ad(1), ad(2, "gone"), ad(2), ad(3), stream="ads"))
    other = batch(ad(2, "other shop"), stream="ads", shop_id="T2")
    warehouse.merge(other)
    covers = CoveredPeriod(date(2026, 10, 2), date(2026, 10, 3), ("ad_daily",))
    merged = warehouse.merge(batch(ad(2, spend="11"), stream="ads", covers=covers))
    assert merged.rows_written == 3  # day 2 changed, its lost campaign and day 3 gone
    assert look("SELECT shop_id, day(date), campaign_id, spend FROM ad_daily ORDER BY ALL") == [
        ("T1", 1, "k", 10),
        ("T1", 2, "k", 11),
        ("T2", 2, "other shop", 10),
    ]


def test_an_empty_answer_for_covered_days_empties_them(warehouse, look):
    warehouse.merge(batch(ad(1), ad(2), stream="ads"))
    warehouse.merge(
        batch(stream="ads", covers=CoveredPeriod(date(2026, 10, 2), date(2026, 10, 2), ("ad_daily",)))
    )
    assert look("SELECT day(date) FROM ad_daily") == [(1,)]


def test_rows_with_a_null_in_their_key_are_one_row(warehouse, look):
    for visitors in (10, 12):
        whole_shop = TrafficDaily(date=date(2026, 10, 1), channel="all", visitors=visitors)
        one_product = TrafficDaily(date=date(2026, 10, 1), channel="all", product_id="P", visitors=3)
        warehouse.merge(batch(whole_shop, one_product, stream="traffic"))
    assert look("SELECT product_id, visitors FROM traffic_daily ORDER BY ALL") == [("P", 3), (None, 12)]


def test_fees_without_an_id_keep_their_total(warehouse, look):
    fee = Fee(
        order_id="a",
        fee_type="commission",
        amount=Decimal("1.10"),
        charged_at=at("10-06 00:00"),
        currency="CNY",
    )
    for _ in range(2):
        warehouse.merge(batch(fee, fee, stream="fees"))
    assert look("SELECT amount FROM fees") == [(Decimal("2.20"),)]


# --- together or not at all


def test_a_batch_that_fails_leaves_no_row_and_no_checkpoint(warehouse, look):
    warehouse.merge(batch(order("a"), checkpoint={"at": 1}))
    with pytest.raises(UnknownZone) as failure:
        warehouse.merge(batch(order("b"), shop(tz="Mars/Olympus"), checkpoint={"at": 2}))
    assert "Mars/Olympus" in failure.value.say("zh")
    assert set(orders(look)) == {"a"}
    assert warehouse.checkpoint("c1", "orders") == {"at": 1}


def test_a_batch_without_a_checkpoint_leaves_the_stored_one(warehouse):
    warehouse.merge(batch(order("a"), checkpoint={"at": 1}))
    warehouse.merge(batch(order("b")))
    assert warehouse.checkpoint("c1", "orders") == {"at": 1}
    assert warehouse.checkpoint("c1", "refunds") is None


def test_one_connection_may_serve_several_shops(warehouse, look):
    warehouse.merge(batch(order("a"), order("a", "7", shop_id="T2")))
    assert look("SELECT shop_id, list_amount FROM orders ORDER BY 1") == [("T1", 100), ("T2", 7)]


# --- sale day


@pytest.mark.parametrize(
    ("what", "said", "sale_at"),
    [
        ("prepaid counts when paid", {}, at("10-05 08:00")),
        ("unpaid is no sale", {"paid": None}, None),
        ("a deposit is no sale", {"order_type": "presale"}, None),
        (
            "a presale counts when its balance is paid",
            {"order_type": "presale", "balance_paid_at": at("10-09 01:00")},
            at("10-09 01:00"),
        ),
        ("cash on delivery counts on delivery", {"payment_type": "cod", "paid": None}, None),
        (
            "cash on delivery, delivered",
            {"payment_type": "cod", "paid": None, "delivered_at": at("10-08 01:00")},
            at("10-08 01:00"),
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_when_an_order_counts(warehouse, look, what, said, sale_at):
    warehouse.merge(batch(shop(), order("o", **said)))
    assert look("SELECT sale_at FROM orders") == [(sale_at and sale_at.replace(tzinfo=None),)]


def test_cash_on_delivery_counts_at_once_where_the_shop_says_so(warehouse, look):
    created = at("10-05 07:00")
    warehouse.merge(batch(shop(cod_anchor="created"), order("o", paid=None, payment_type="cod")))
    assert look("SELECT sale_at FROM orders") == [(created.replace(tzinfo=None),)]


def test_the_day_is_the_shops_own(warehouse, look):
    late = {"paid": "10-05 16:30", "created_at": at("10-05 15:30")}
    warehouse.merge(batch(shop(), order("o", **late)))
    warehouse.merge(batch(shop(tz="America/New_York"), order("o", **late), platform="shopify", shop_id="S1"))
    assert look("SELECT shop_id, created_date, sale_date, year_month FROM orders ORDER BY 1") == [
        ("S1", date(2026, 10, 5), date(2026, 10, 5), 202610),
        ("T1", date(2026, 10, 5), date(2026, 10, 6), 202610),
    ]


def test_orders_that_came_before_their_shop_are_counted_anew_on_its_clock(warehouse, look):
    warehouse.merge(batch(order("o", paid="10-05 16:30"), refund("r", "o", refunded_at=at("10-06 16:30"))))
    assert look("SELECT name, tz FROM shops") == [(None, "Asia/Shanghai")]
    warehouse.merge(batch(shop(tz="America/New_York")))
    assert look("SELECT sale_date FROM orders") == [(date(2026, 10, 5),)]
    assert look("SELECT refund_date FROM v_refunds") == [(date(2026, 10, 6),)]
    assert look("SELECT sale_date, gmv_base FROM rollup_sales_daily") == [(date(2026, 10, 5), 100)]


def test_a_merchants_rule_for_cash_on_delivery_is_not_overwritten(warehouse, look):
    warehouse.merge(batch(shop(cod_anchor="delivered")))
    with warehouse.write() as session:
        session.execute("UPDATE shops SET cod_anchor = 'created'")
    warehouse.merge(batch(shop(cod_anchor="delivered"), order("o", paid=None, payment_type="cod")))
    assert look("SELECT cod_anchor FROM shops") == [("created",)]


# --- money


def test_foreign_money_takes_the_rate_of_the_sale_day_and_keeps_it(warehouse, look):
    with warehouse.write() as session:
        session.execute("DELETE FROM fx_rates")
        session.execute(
            "INSERT INTO fx_rates VALUES (DATE '2026-10-03', 'USD', 'CNY', 7.1, 't'),"
            " (DATE '2026-10-06', 'USD', 'CNY', 7.2, 't')"
        )
    warehouse.merge(batch(order("o", currency="USD"), order("p", currency="USD", paid="10-07 08:00")))
    rates = "SELECT order_id, fx_to_base FROM orders ORDER BY 1"
    assert look(rates) == [("o", Decimal("7.1")), ("p", Decimal("7.2"))]
    with warehouse.write() as session:
        session.execute("INSERT INTO fx_rates VALUES (DATE '2026-10-05', 'USD', 'CNY', 9, 't')")
    warehouse.merge(batch(order("o", currency="USD", status="shipped"), order("q", currency="USD")))
    assert look(rates) == [("o", Decimal("7.1")), ("p", Decimal("7.2")), ("q", Decimal(9))]


def test_a_currency_without_a_rate_stays_out_and_is_named(warehouse, look):
    merged = warehouse.merge(batch(shop(), order("o", currency="XAU"), order("p")))
    assert merged.without_rate == ("XAU",)
    assert look("SELECT sum(goods_base) FROM v_orders") == [(100,)]
    assert look("SELECT check_name, found FROM data_quality") == [("sale_has_rate", "1 orders")]


def test_an_order_of_millions_does_not_overflow(warehouse, look):
    warehouse.merge(batch(shop(), order("o", "12345678901.2345"), line("o", amount="12345678901.2345")))
    assert look("SELECT goods_base FROM v_sales_lines") == [(Decimal("12345678901.2345"),)]


def test_more_places_than_a_column_has_are_rounded_half_up(warehouse, look):
    warehouse.merge(batch(order("o", "0.00005"), line("o", amount="0.00004")))
    assert look("SELECT o.list_amount, l.list_amount FROM orders o JOIN order_lines l USING (order_id)") == [
        (Decimal("0.0001"), Decimal(0))
    ]


def test_ids_longer_than_any_number_stay_text(warehouse, look):
    long = "90071992547409931234567"
    warehouse.merge(batch(order(long), Product(product_id=long, sku_id="007", title="Tea")))
    assert look("SELECT order_id, product_id, sku_id FROM orders, products") == [(long, long, "007")]


# --- erased buyers


def test_a_suppressed_buyer_is_never_written_again(warehouse, look):
    warehouse.merge(batch(order("o", buyer="v1:x"), order("p", buyer="v1:y")))
    with warehouse.write() as session:
        session.execute("INSERT INTO privacy.suppressions VALUES ('taobao', 'v1:x', 'all', 'erasure', now())")
        session.execute("UPDATE orders SET customer_key = NULL WHERE customer_key = 'v1:x'")
        session.execute("DELETE FROM customers WHERE customer_key = 'v1:x'")
    warehouse.merge(batch(order("o", buyer="v1:x", status="shipped"), order("q", buyer="v1:x")))
    assert look("SELECT order_id, customer_key FROM orders ORDER BY 1") == [
        ("o", None),
        ("p", "v1:y"),
        ("q", None),
    ]
    assert look("SELECT customer_key FROM customers") == [("v1:y",)]


def test_a_suppression_holds_on_its_own_platform(warehouse, look):
    with warehouse.write() as session:
        session.execute("INSERT INTO privacy.suppressions VALUES ('jd', 'v1:x', 'all', 'erasure', now())")
    warehouse.merge(batch(order("o", buyer="v1:x")))
    assert look("SELECT customer_key FROM orders") == [("v1:x",)]


def test_batches_are_values():
    assert dataclasses.replace(batch(), shop_id="T2").shop_id == "T2"
    assert datetime(2026, 10, 5, 8, tzinfo=UTC) == at("10-05 08:00")
