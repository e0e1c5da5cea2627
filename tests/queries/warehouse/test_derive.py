"""What follows from orders: derived refunds, unit costs, customers, rollups, the invariants of a load."""

from __future__ import annotations

import random
from datetime import date, timedelta
from decimal import Decimal

import pytest

from queries.records import UnitCost

from .goods import at, batch, line, order, refund, shop

SETS = {"replaces": ("order_lines",)}
CANCELLED = {"status": "cancelled", "cancelled_at": at("10-06 03:00")}
REFUNDS = "SELECT refund_id, refund_type, status, goods_amount FROM refunds ORDER BY 1"


# --- a sale that was cancelled without a refund object


@pytest.mark.parametrize(
    ("what", "said", "leaves"),
    [
        ("paid and cancelled", CANCELLED, True),
        ("cancelled before it was paid", {**CANCELLED, "paid": None}, False),
        ("only paid", {}, False),
        ("a brushing order never was a sale", {**CANCELLED, "excluded_reason": "brushing"}, False),
        ("an exchange never was a sale", {**CANCELLED, "order_type": "exchange"}, False),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_cancelled_sale_leaves_through_a_derived_refund(warehouse, look, what, said, leaves):
    warehouse.merge(batch(shop(), order("o", seller_discount=Decimal(10), **said), line("o", quantity=2)))
    found = look("SELECT refund_id, goods_amount, quantity, refund_date FROM refunds")
    assert found == ([("derived:o", 90, 2, date(2026, 10, 6))] if leaves else [])


@pytest.mark.parametrize(
    ("status", "rows"),
    [
        ("success", [("r", "refund_only", "success", 100)]),
        ("requested", [("r", "refund_only", "requested", 100)]),
        (
            "rejected",
            [("derived:o", "cancel_before_ship", "success", 100), ("r", "refund_only", "rejected", 100)],
        ),
        (
            "closed",
            [("derived:o", "cancel_before_ship", "success", 100), ("r", "refund_only", "closed", 100)],
        ),
    ],
)
@pytest.mark.parametrize("first", ["order", "refund"])
def test_a_real_refund_takes_the_derived_ones_place(warehouse, look, status, rows, first):
    parts = [
        batch(shop(), order("o", **CANCELLED)),
        batch(refund("r", "o", "100", status=status), stream="refunds"),
    ]
    for part in parts if first == "order" else reversed(parts):
        warehouse.merge(part)
    assert look(REFUNDS) == rows


@pytest.mark.parametrize("first", ["export", "platform"])
def test_a_refund_of_the_platform_takes_the_place_of_what_an_export_told(warehouse, look, first):
    """The order was refunded once, 30: told by an export without a case, and by the platform as case r."""
    told = batch(order("o"), refund("export:o", "o", "30"), stream="import")
    parts = [told, batch(refund("r", "o", "30"), stream="refunds")]
    for part in parts if first == "export" else reversed(parts):
        warehouse.merge(part)
    assert look(REFUNDS) == [("r", "refund_only", "success", 30)]
    assert warehouse.merge(told).rows_written == 0


def test_a_refund_that_was_turned_down_leaves_what_an_export_told(warehouse, look):
    warehouse.merge(batch(order("o"), refund("export:o", "o", "30")))
    warehouse.merge(batch(refund("r", "o", "30", status="rejected"), stream="refunds"))
    assert [row[0] for row in look(REFUNDS)] == ["export:o", "r"]


def test_a_derived_refund_goes_when_the_cancellation_is_taken_back(warehouse, look):
    warehouse.merge(batch(order("o", **CANCELLED)))
    warehouse.merge(batch(order("o", status="paid")))
    assert look(REFUNDS) == []


def test_a_derived_refund_survives_its_orders_set_of_refunds(warehouse, look):
    for _ in range(2):
        warehouse.merge(batch(order("o", **CANCELLED), replaces=("order_lines", "refunds")))
        assert look(REFUNDS) == [("derived:o", "cancel_before_ship", "success", 100)]


# --- unit costs


def cost(sku: str, day: str, amount: str, currency: str = "CNY") -> UnitCost:
    return UnitCost(
        sku_id=sku, valid_from=date.fromisoformat(day), unit_cost=Decimal(amount), currency=currency
    )


COSTS = [cost("S", "2026-10-01", "20"), cost("S", "2026-10-06", "25"), cost("D", "2026-10-01", "3", "USD")]


@pytest.mark.parametrize("first", ["orders", "costs"])
def test_the_cost_list_fills_what_the_platform_does_not_say(warehouse, look, first):
    """Sold on the 5th: 20. Sold on the 7th: 25. The platform's own 18 stays. 3 USD at 7 are 21. T is unknown."""
    with warehouse.write() as session:
        session.execute("DELETE FROM fx_rates")
        session.execute("INSERT INTO fx_rates VALUES (DATE '2026-10-01', 'USD', 'CNY', 7, 't')")
    sold = batch(
        shop(),
        order("a"), line("a", "1"), line("a", "2", unit_cost=Decimal(18)), line("a", "3", sku_id="D"),
        line("a", "4", sku_id="T"),
        order("b", paid="10-07 08:00"), line("b", "1"),
        **SETS,
    )  # fmt: skip
    parts = [sold, batch(*COSTS, stream="costs")]
    for part in parts if first == "orders" else reversed(parts):
        warehouse.merge(part)
    assert look("SELECT order_id, line_id, unit_cost FROM order_lines ORDER BY ALL") == [
        ("a", "1", 20), ("a", "2", 18), ("a", "3", 21), ("a", "4", None), ("b", "1", 25)]  # fmt: skip
    assert warehouse.merge(sold).rows_written == 0


def test_a_corrected_cost_list_corrects_lines_and_rollup(warehouse, look):
    warehouse.merge(batch(shop(), order("a"), line("a"), *COSTS, **SETS))
    warehouse.merge(batch(cost("S", "2026-10-01", "22"), stream="costs"))
    assert look("SELECT unit_cost FROM order_lines") == [(22,)]
    assert look("SELECT cost_base FROM rollup_products_daily") == [(22,)]


# --- customers


def test_customers_follow_their_orders(warehouse, look):
    warehouse.merge(batch(
        shop(),
        order("a", buyer="x", region="浙江", paid="10-05 08:00"),
        order("b", buyer="x", region="上海", paid="10-09 08:00"),
        order("c", buyer="y", paid=None, region="北京"),
    ))  # fmt: skip
    rows = "SELECT customer_key, day(first_sale_at), day(last_sale_at), region FROM customers ORDER BY 1"
    assert look(rows) == [("x", 5, 9, "上海"), ("y", None, None, "北京")]
    warehouse.merge(batch(order("b", buyer="y", region="上海", paid="10-09 08:00")))
    assert look(rows) == [("x", 5, 5, "浙江"), ("y", 9, 9, "上海")]


# --- rollups and the business file


PAIRS = [
    ("SELECT sum(orders), sum(gmv_base), sum(buyer_paid_base), sum(units), sum(refunds_base) FROM rollup_sales_daily",
     "SELECT count(*), sum(goods_base), sum(buyer_paid_base),"
     " (SELECT coalesce(sum(quantity) FILTER (WHERE NOT is_gift), 0) FROM v_sales_lines),"
     " (SELECT sum(goods_base) FROM v_refunds) FROM v_orders WHERE is_sale"),
    ("SELECT sale_date, channel, sum(orders), sum(gmv_base) FROM rollup_sales_daily GROUP BY ALL ORDER BY ALL",
     "SELECT sale_date, channel, count(*), sum(goods_base) FROM v_orders WHERE is_sale GROUP BY ALL ORDER BY ALL"),
    ("SELECT created_date, sum(orders), sum(sale_orders), sum(gmv_placed_base) FROM rollup_placed_daily"
     " GROUP BY ALL ORDER BY ALL",
     "SELECT created_date, count(*), count(*) FILTER (WHERE is_sale), sum(goods_base) FROM v_orders"
     " WHERE is_countable GROUP BY ALL ORDER BY ALL"),
    ("SELECT refund_date, refund_type, sum(refunds), sum(goods_base) FROM rollup_refunds_daily"
     " GROUP BY ALL ORDER BY ALL",
     "SELECT refund_date, refund_type, count(*), sum(goods_base) FROM v_refunds GROUP BY ALL ORDER BY ALL"),
    ("SELECT sale_date, product_id, sum(lines), sum(units), sum(gmv_base), sum(cost_base) FROM rollup_products_daily"
     " GROUP BY ALL ORDER BY ALL",
     "SELECT sale_date, product_id, count(*), coalesce(sum(quantity) FILTER (WHERE NOT is_gift), 0),"
     " sum(goods_base), sum(cost_base) FROM v_sales_lines GROUP BY ALL ORDER BY ALL"),
]  # fmt: skip
FIRST_DAYS = (
    "SELECT platform, customer_key, first_date FROM rollup_buyers ORDER BY ALL",
    "SELECT platform, customer_key, min(sale_date) FROM v_orders WHERE is_sale AND customer_key IS NOT NULL"
    " GROUP BY ALL ORDER BY ALL",
)


def random_batch(chance: random.Random, step: int):
    """Twelve orders out of forty in some state, with lines, gifts, refunds, discounts and two shops."""
    rows = []
    for _ in range(12):
        order_id, day = f"o{chance.randrange(40)}", chance.randrange(1, 9)
        state = chance.choice(["open", "paid", "paid", "shipped", "cancelled"])
        where = {"shop_id": chance.choice(["T1", "T2"])}
        listed = [
            (str(number), Decimal(chance.randrange(1, 500)) / 4) for number in range(chance.randrange(1, 4))
        ]
        rows.append(
            order(
                order_id,
                str(sum(amount for _, amount in listed)),
                paid=None if state == "open" else f"10-0{day} 18:00",
                status=state,
                modified=at("10-20 00:00") + timedelta(minutes=step),
                created_at=at(f"10-0{day} 15:30"),
                channel=chance.choice(["live", "search"]),
                buyer=f"b{day}",
                excluded_reason=chance.choice([None, None, None, "brushing"]),
                currency=chance.choice(["CNY", "USD"]),
                cancelled_at=at("10-09 00:00") if state == "cancelled" else None,
                region="浙江",
                **where,
            )
        )
        rows += [
            line(
                order_id,
                number,
                str(amount),
                product_id=chance.choice("PQR"),
                is_gift=chance.random() < 0.2,
                unit_cost=chance.choice([None, Decimal(5)]),
                **where,
            )
            for number, amount in listed
        ]
        if state == "shipped" and chance.random() < 0.5:
            rows.append(refund(f"r{order_id}", order_id, "1", **where))
    return batch(*rows, replaces=("order_lines", "refunds"))  # fmt: skip


def test_rollups_and_the_business_file_equal_the_facts_after_every_merge(warehouse):
    """Eight random merges over the same forty orders; after each, every rollup equals its view, in both lanes."""
    import duckdb

    chance = random.Random(11)
    for step in range(8):
        warehouse.merge(random_batch(chance, step))
        warehouse.publish()
        results = []
        for lane in ("person", "business"):
            with duckdb.connect(str(warehouse.snapshot(lane)), read_only=True) as reader:
                for rollup, view in PAIRS:
                    assert reader.execute(rollup).fetchall() == reader.execute(view).fetchall(), (
                        lane,
                        step,
                        rollup,
                    )
                results.append([reader.execute(sql).fetchall() for pair in PAIRS for sql in pair])
        assert results[0] == results[1]
        with duckdb.connect(str(warehouse.snapshot("person")), read_only=True) as reader:
            kept, counted = (reader.execute(sql).fetchall() for sql in FIRST_DAYS)
        assert kept == counted and kept, step


# --- the invariants of a load


@pytest.mark.parametrize(
    ("rows", "breach"),
    [
        ([order("o"), line("o")], []),
        ([order("o"), line("o", amount="90")], ["order_equals_lines"]),
        ([order("o"), refund("r", "o", "101")], ["refunds_within_order"]),
        ([order("o", created_at=at("10-05 09:00"))], ["sale_after_creation"]),
    ],
    ids=lambda value: (
        ",".join(value) or "none"
        if isinstance(value, list) and value[:1] != [] and isinstance(value[0], str)
        else ""
    ),
)
def test_breaches_are_kept_and_reported(warehouse, look, rows, breach):
    warehouse.merge(batch(shop(), *rows))
    assert look("SELECT check_name FROM data_quality") == [(name,) for name in breach]
    assert look("SELECT count(*) FROM orders") == [(1,)]
