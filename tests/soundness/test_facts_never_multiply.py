"""Invariant: an order with several lines and refunds counts once, whatever is put beside it.

Breach: joining lines to refunds row by row gives 1000/45/9 where 300/15/6 is true.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

from queries.records import Order, OrderLine, Product, Refund, Shop
from queries.warehouse import Batch, Warehouse
from tests.queries.asking import Market, days
from tests.queries.market import NOW, TODAY

DAY = days(date(2026, 11, 2), date(2026, 11, 3))


def build(home: Path) -> Market:
    """One order of three lines (60, 30, 10) and a gift; two refunds: 10 on the second line, 20.01 on the order."""
    at = datetime(2026, 11, 2, 3, tzinfo=NOW.tzinfo)
    lines = [
        OrderLine(
            order_id="o",
            line_id=str(n),
            product_id=f"p{n}",
            sku_id=f"p{n}",
            quantity=n + 1,
            list_amount=Decimal(amount),
        )
        for n, amount in enumerate((60, 30, 10))
    ]
    gift = OrderLine(
        order_id="o",
        line_id="g",
        product_id="g",
        sku_id="g",
        quantity=1,
        list_amount=Decimal(0),
        is_gift=True,
    )
    products = [
        Product(product_id=f"p{n}", sku_id=f"p{n}", title=f"P{n}", category="ab"[n % 2]) for n in range(3)
    ]
    refunds = [
        Refund(
            refund_id="r1",
            order_id="o",
            line_id="1",
            refund_type="return_refund",
            status="success",
            refunded_at=at,
            quantity=1,
            goods_amount=Decimal(10),
        ),
        Refund(
            refund_id="r2",
            order_id="o",
            refund_type="refund_only",
            status="success",
            refunded_at=at,
            quantity=0,
            goods_amount=Decimal("20.01"),
        ),
    ]
    order = Order(
        order_id="o",
        buyer="k",
        status="paid",
        created_at=at,
        paid_at=at,
        currency="CNY",
        list_amount=Decimal(100),
    )
    warehouse = Warehouse(home, clock=lambda: NOW)
    warehouse.prepare()
    shop = Shop(name="s", tz="Asia/Shanghai", currency="CNY", history_from=date(2024, 1, 1))
    warehouse.merge(Batch("c", "jd", "J", "orders", [shop, *products, order, *lines, gift, *refunds]))
    warehouse.publish()
    return Market(warehouse, NOW, TODAY)


def test_side_by_side(tmp_path: Path) -> None:
    market = build(tmp_path)
    row = market.ask("gmv", "refund_amount", "net_sales", "orders", "units", "buyers", time=DAY).one
    assert [row[name] for name in ("gmv", "refund_amount", "net_sales", "orders", "units", "buyers")] == [
        Decimal("100.00"),
        Decimal("30.01"),
        Decimal("69.99"),
        1,
        6,
        1,
    ]


def test_below_the_order_the_sums_stay(tmp_path: Path) -> None:
    market = build(tmp_path)
    for dimension in ("category", "product", "sku"):
        rows = market.ask("gmv", "refund_amount", "net_sales", dimensions=(dimension,), time=DAY).rows
        assert sum(row["gmv"] for row in rows) == Decimal("100.00")
        assert sum(row["refund_amount"] for row in rows) == Decimal("30.01")
        assert sum(row["net_sales"] for row in rows) == Decimal("69.99")


def test_an_order_level_refund_is_spread_by_goods_value_with_the_cent_on_the_largest(tmp_path: Path) -> None:
    """20.01 over 60, 30, 10: 12.01, 6.00, 2.00; the gift gets nothing; the line refund stays where it was."""
    market = build(tmp_path)
    rows = market.ask("refund_amount", dimensions=("product",), time=DAY).by("product")
    amounts = {product: row["refund_amount"] for product, row in rows.items() if row["refund_amount"]}
    assert amounts == {"p0": Decimal("12.01"), "p1": Decimal("16.00"), "p2": Decimal("2.00")}


def test_orders_and_buyers_of_products_do_not_add_up_and_are_not_made_to(tmp_path: Path) -> None:
    market = build(tmp_path)
    rows = market.ask("orders", "buyers", dimensions=("product",), time=DAY).rows
    assert [row["orders"] for row in rows] == [1] * len(rows)
    assert market.ask("orders", time=DAY).one["orders"] == 1
