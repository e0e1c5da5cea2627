"""Invariant: money is DECIMAL from the row to the answer; a quotient is taken last, from exact sums.

Breach: cents drift, and a tie rounds the wrong way.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from queries.model import load_model
from queries.records import LiveSession, Order, OrderLine, Shop
from queries.warehouse import Batch, Warehouse
from tests.queries.asking import Market, days
from tests.queries.market import NOW, TODAY

PERIOD = days(date(2026, 10, 1), date(2026, 11, 20))


@pytest.mark.parametrize(
    "metric", [key for key, metric in load_model().metrics.items() if metric.unit == "money"]
)
def test_every_amount_is_a_decimal_of_cents(market: Market, metric: str) -> None:
    for row in market.ask(metric, time=PERIOD).rows:
        assert row[metric] is None or (
            isinstance(row[metric], Decimal) and row[metric] == round(row[metric], 2)
        )


@pytest.mark.parametrize(
    "metric", [key for key, metric in load_model().metrics.items() if metric.unit == "ratio"]
)
def test_every_ratio_is_a_decimal_of_six_places(market: Market, metric: str) -> None:
    for row in market.ask(metric, time=PERIOD).rows:
        assert row[metric] is None or (
            isinstance(row[metric], Decimal) and row[metric] == round(row[metric], 6)
        )


def test_millions_do_not_overflow(tmp_path: Path) -> None:
    """DECIMAL(18,4) times DECIMAL(18,8) holds no million: amounts are widened before they meet a rate."""
    warehouse = Warehouse(tmp_path, clock=lambda: NOW)
    warehouse.prepare()
    at, large = datetime(2026, 11, 2, 3, tzinfo=NOW.tzinfo), Decimal(75_000_000)
    order = Order(
        order_id="o",
        buyer="k",
        status="paid",
        created_at=at,
        paid_at=at,
        currency="CNY",
        list_amount=large,
        seller_discount=Decimal(5_000_000),
        channel="live",
    )
    line = OrderLine(
        order_id="o",
        line_id="1",
        product_id="p",
        sku_id="p",
        quantity=1,
        list_amount=large,
        seller_discount=Decimal(5_000_000),
        unit_cost=Decimal(30_000_000),
    )
    live = LiveSession(
        session_id="s",
        started_at=at,
        ended_at=at,
        viewers_uv=3,
        views_pv=7,
        gmv_in_session=large,
        currency="CNY",
    )
    shop = Shop(name="s", tz="Asia/Shanghai", currency="CNY", history_from=date(2024, 1, 1))
    warehouse.merge(Batch("c", "jd", "J", "orders", [shop, order, line, live]))
    warehouse.publish()
    market = Market(warehouse, NOW, TODAY)
    day = days(date(2026, 11, 2), date(2026, 11, 2))
    row = market.ask("gmv", "discount_rate", "aov", "gpm", "live_uv_value", "cm1", time=day).one
    assert [row[key] for key in ("gmv", "discount_rate", "aov", "gpm", "live_uv_value", "cm1")] == [
        Decimal("70000000.00"),
        Decimal("0.066667"),
        Decimal("70000000.00"),
        Decimal("10714285714.29"),
        Decimal("25000000.00"),
        Decimal("40000000.00"),
    ]
    assert (
        market.ask("seller_discounts", dimensions=("product",), time=day).one["seller_discounts"] == 5_000_000
    )
