"""Invariant: an order flagged as brushing, internal, fraud or duplicate moves no default metric.

Breach: fake orders inflate sales and flatten every rate.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

from queries.model import load_model
from queries.records import Order, OrderLine, Refund
from queries.warehouse import Batch
from tests.golden import fixture
from tests.queries.asking import Market, days

WEEK = days(date(2025, 3, 1), date(2025, 3, 7))
ABOUT_FLAGS = {"flagged_orders", "flagged_amount"}


def figures(market: Market) -> dict[str, object]:
    return {key: market.ask(key, time=WEEK).rows for key in load_model().metrics if key not in ABOUT_FLAGS}


def test_adding_flagged_orders_changes_no_metric(tmp_path: Path) -> None:
    warehouse = fixture.build(tmp_path)
    market = Market(warehouse, fixture.NOW, date(2025, 3, 21))
    before = figures(market)
    at = datetime(2025, 3, 5, 3, tzinfo=fixture.NOW.tzinfo)
    rows: list[object] = []
    for reason in ("brushing", "internal", "fraud", "duplicate"):
        rows.append(
            Order(
                order_id=reason,
                buyer="c1",
                status="completed",
                created_at=at,
                paid_at=at,
                shipped_at=at,
                currency="CNY",
                list_amount=Decimal(5000),
                seller_discount=Decimal(400),
                channel="live",
                live_session_id="L1",
                region="浙江",
                excluded_reason=reason,
            )
        )  # type: ignore[arg-type]
        rows.append(
            OrderLine(
                order_id=reason,
                line_id="1",
                product_id="A",
                sku_id="A",
                quantity=9,
                list_amount=Decimal(5000),
                seller_discount=Decimal(400),
                unit_cost=Decimal(1),
            )
        )
        rows.append(
            Refund(
                refund_id=reason,
                order_id=reason,
                refund_type="return_refund",
                status="success",
                refunded_at=at,
                quantity=1,
                goods_amount=Decimal(500),
                restocked=True,
            )
        )
    warehouse.merge(Batch("taobao-1", "taobao", "T1", "orders", rows))  # type: ignore[arg-type]
    warehouse.publish()
    after = figures(market)
    assert {key for key in before if before[key] != after[key]} == set()
    assert market.ask("flagged_orders", time=WEEK).one["flagged_orders"] == 5
