"""Products bought together: support, confidence and lift over the orders of their own shop."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest

from queries.query import RegisterQuery, TimeRange
from queries.viewer import Viewer
from queries.warehouse import Warehouse
from tests.queries.asking import Market
from tests.queries.compile.test_shapes import NOW, ORDER, TODAY

LINE = (
    "INSERT INTO order_lines (platform, shop_id, order_id, line_id, product_id, sku_id, quantity, list_amount,"
    " seller_discount, platform_discount, is_gift) VALUES (?, '1', ?, ?, ?, ?, 1, 50, 0, 0, ?)"
)


@pytest.fixture(scope="module")
def baskets(tmp_path_factory: pytest.TempPathFactory) -> Market:
    """Taobao: 40 orders; tea in 30, cup in 25, both in 25 (of 12 buyers); a gift rides along in all. Jd: 60 orders of
    lamps alone, which say nothing about taobao. Five orders of tea and spoon are too few."""
    warehouse = Warehouse(tmp_path_factory.mktemp("pairs"), clock=lambda: NOW)
    warehouse.prepare()
    orders, lines = [], []
    for n in range(40):
        day = date(2026, 2, 1) if n < 35 else date(2026, 3, 1)
        orders.append(("taobao", f"t{n}", f"b{n % 12}", datetime(2026, 2, 1), datetime(2026, 2, 1), day, day))
        named = (["tea"] if n < 30 else []) + (["cup"] if n < 25 else []) + (["spoon"] if n < 5 else [])
        lines += [("taobao", f"t{n}", key, key, key, False) for key in named or ["pot"]]
        lines.append(("taobao", f"t{n}", "gift", "gift", "gift", True))
    for n in range(60):
        day = date(2026, 2, 1)
        orders.append(("jd", f"j{n}", f"c{n}", datetime(2026, 2, 1), datetime(2026, 2, 1), day, day))
        lines.append(("jd", f"j{n}", "lamp", "lamp", "lamp", False))
    with warehouse.write() as session:
        session.executemany(
            "INSERT INTO shops (platform, shop_id, tz, currency) VALUES (?, '1', 'Asia/Shanghai', 'CNY')",
            [("taobao",), ("jd",)],
        )
        session.executemany(ORDER, orders)
        session.executemany(LINE, lines)
    warehouse.publish()
    return Market(warehouse, NOW, TODAY)


def test_a_pair_is_measured_over_its_own_shop(baskets: Market) -> None:
    row = baskets.register("product_pairs").one
    assert (row["platform"], row["orders"]) == ("taobao", 25)
    assert Decimal(str(row["support"])) == Decimal("0.625")  # 25 of 40 orders of the shop, not of 100
    assert round(Decimal(str(row["confidence"])), 4) in (Decimal("1.0000"), Decimal("0.8333"))
    assert round(Decimal(str(row["lift"])), 4) == Decimal("1.3333")  # (25/40) / ((25/40) * (30/40))


def test_a_pair_of_few_buyers_is_not_told(baskets: Market) -> None:
    assert (
        baskets.register("product_pairs", viewer=Viewer.owner().model_copy(update={"min_group": 13})).rows
        == []
    )


def test_a_period_narrows_the_orders(baskets: Market) -> None:
    march = TimeRange(start=date(2026, 3, 1), end=date(2026, 4, 1))
    assert baskets.register("product_pairs", time=march).rows == []
    assert RegisterQuery(register_name="product_pairs", time=march).time == march
