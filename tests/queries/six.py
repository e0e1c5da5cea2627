"""Six orders of two months, small enough to reckon every change by hand.

| day | order | buyer | channel | product | pieces | yuan |        | | visitors | paying buyers |
|---|---|---|---|---|---|---|---|---|---|---|
| 10 Sep | s1 | a | search | A | 3 | 60 |   September: | 200 | 50 | 2 |
| 10 Sep | s2 | a | live   | B | 2 | 60 |
| 10 Sep | s3 | b | live   | C | 1 | 80 |
| 10 Oct | o1 | a | search | C | 3 | 100 |  October:    | 240 | 40 | 3 |
| 10 Oct | o2 | b | live   | A | 2 | 100 |
| 10 Oct | o3 | c | live   | D | 1 | 40 |

>>> warehouse = build(tmp_path)                        # one shop with traffic
>>> warehouse = build(tmp_path, second_shop=True)      # and one that sells the same without telling its traffic
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from queries.privacy.decisions import load_settings
from queries.records import Order, OrderLine, Product, Record, Shop, TrafficDaily
from queries.warehouse import Batch, Warehouse

NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
TODAY = date(2026, 11, 21)
HISTORY = date(2024, 1, 1)
ROWS = (
    ("s1", date(2026, 9, 10), "a", "search", "A", 3, 60),
    ("s2", date(2026, 9, 10), "a", "live", "B", 2, 60),
    ("s3", date(2026, 9, 10), "b", "live", "C", 1, 80),
    ("o1", date(2026, 10, 10), "a", "search", "C", 3, 100),
    ("o2", date(2026, 10, 10), "b", "live", "A", 2, 100),
    ("o3", date(2026, 10, 10), "c", "live", "D", 1, 40),
)
TRAFFIC = ((date(2026, 9, 10), 50, 2), (date(2026, 10, 10), 40, 3))


def build(home: Path, *, second_shop: bool = False) -> Warehouse:
    """The six orders, published; a second shop sells the same and tells no traffic."""
    warehouse = Warehouse(home, clock=lambda: NOW)
    warehouse.prepare()
    load_settings(warehouse, home, now=NOW)
    shops = [("taobao", "T1", True), *([("woocommerce", "W1", False)] if second_shop else [])]
    for platform, shop_id, told in shops:
        rows = [Shop(name=shop_id, tz="Asia/Shanghai", currency="CNY", history_from=HISTORY), *_orders()]
        warehouse.merge(
            Batch(f"{platform}-1", platform, shop_id, "orders", rows + (_traffic() if told else []))
        )
    with warehouse.write() as session:
        session.execute(
            "UPDATE shops SET data_through = ?, history_from = ?", [TODAY - timedelta(days=1), HISTORY]
        )
    warehouse.publish()
    return warehouse


def _orders() -> list[Record]:
    rows: list[Record] = [
        Product(product_id=key, sku_id=f"{key}-s", title=f"Product {key}", status="active") for key in "ABCD"
    ]
    for order_id, day, buyer, channel, product, pieces, amount in ROWS:
        paid = datetime(day.year, day.month, day.day, 4, tzinfo=UTC)
        order = Order(
            order_id=order_id,
            buyer=buyer,
            status="paid",
            created_at=paid,
            paid_at=paid,
            currency="CNY",
            list_amount=Decimal(amount),
            channel=channel,  # type: ignore[arg-type]
        )
        line = OrderLine(
            order_id=order_id,
            line_id="1",
            product_id=product,
            sku_id=f"{product}-s",
            quantity=pieces,
            list_amount=Decimal(amount),
        )
        rows += [order, line]
    return rows


def _traffic() -> list[Record]:
    return [
        TrafficDaily(date=day, channel="all", visitors=visitors, paying_buyers=buyers)
        for day, visitors, buyers in TRAFFIC
    ]
