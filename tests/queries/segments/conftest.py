"""An empty warehouse in memory, and a way to say who bought what when."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from queries.warehouse import migrate


class Books:
    """A session on a database in memory."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection

    def execute(self, sql: str, parameters: Any = None) -> list[tuple[Any, ...]]:
        cursor = self.connection.execute(sql, parameters)
        return cursor.fetchall() if cursor.description else []

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        rows = list(rows)
        if rows:
            self.connection.executemany(sql, rows)

    def shop(self, *platforms: str) -> None:
        for platform in platforms:
            self.execute(
                "INSERT INTO shops (platform, shop_id, tz, currency) VALUES (?, '1', 'Asia/Shanghai', 'CNY')",
                [platform],
            )

    def sell(self, *sales: tuple[str, date, int | str], platform: str = "taobao") -> None:
        """(buyer, day, amount) each; amounts in the base currency."""
        start = self.execute("SELECT count(*) FROM orders")[0][0]
        rows = [
            (platform, f"o{start + number}", buyer, day, day, day, day, Decimal(amount))
            for number, (buyer, day, amount) in enumerate(sales)
        ]
        self.executemany(
            "INSERT INTO orders (platform, shop_id, order_id, customer_key, status, order_type, payment_type,"
            " created_at, sale_at, created_date, sale_date, currency, fx_to_base, list_amount, seller_discount,"
            " platform_discount, shipping_amount, tax_amount, tax_included)"
            " VALUES (?, '1', ?, ?, 'completed', 'normal', 'prepaid', ?, ?, ?, ?, 'CNY', 1, ?, 0, 0, 0, 0, true)",
            rows,
        )

    def refund(self, buyer: str, day: date, amount: int) -> None:
        order_id = self.execute("SELECT min(order_id) FROM orders WHERE customer_key = ?", [buyer])[0][0]
        self.execute(
            "INSERT INTO refunds (platform, shop_id, refund_id, order_id, refund_type, status, goods_amount,"
            " refund_date) SELECT platform, shop_id, ?, order_id, 'refund_only', 'success', ?, ? FROM orders"
            " WHERE order_id = ?",
            [f"r-{buyer}-{day}", Decimal(amount), day, order_id],
        )

    def segments(self, day: date, segment_set: str) -> dict[str, str]:
        return dict(
            self.execute(
                "SELECT customer_key, segment FROM customer_segments WHERE snapshot_date = ? AND segment_set = ?",
                [day, segment_set],
            )
        )


@pytest.fixture
def books() -> Books:
    return open_books()


def open_books() -> Books:
    connection = duckdb.connect(":memory:", config={"threads": 2})
    connection.execute("SET TimeZone = 'UTC'")
    migrate.migrate(connection, datetime(2026, 1, 1, tzinfo=UTC))
    made = Books(connection)
    made.shop("taobao", "jd")
    return made
