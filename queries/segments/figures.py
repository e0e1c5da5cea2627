"""The figures of every buyer on a day, and the thresholds measured from them.

A buyer is a pseudonym on a platform. Purchase days are counted, not orders: platforms split one checkout into
several orders. "365 days" are the day itself and the 364 before it. Refunds leave net sales on their own day.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Protocol

YEAR = timedelta(days=364)
"""The first of 365 days that end with a day is that day minus this."""


class Session(Protocol):
    """What a warehouse session offers to this room."""

    def execute(self, sql: str, parameters: Any = None) -> list[tuple[Any, ...]]: ...

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]]) -> None: ...


def buyers_sql(table: str) -> str:
    """SQL that creates the temporary table of one row per buyer; parameters `day` and `since`.

    Columns: platform, customer_key, days_since_first, days_since_last, purchase_days and net_sales of 365
    days, buyer_of_year (bought within them).
    """
    return f"""
    CREATE OR REPLACE TEMP TABLE {table} AS
    WITH purchase_day AS (
      SELECT platform, customer_key, sale_date, sum(goods_base) AS goods
      FROM v_orders
      WHERE is_sale AND customer_key IS NOT NULL AND sale_date <= $day
      GROUP BY platform, customer_key, sale_date),
    bought AS (
      SELECT platform, customer_key,
        min(sale_date) AS first_day,
        max(sale_date) AS last_day,
        count(*) FILTER (WHERE sale_date >= $since) AS purchase_days,
        coalesce(sum(goods) FILTER (WHERE sale_date >= $since), 0) AS goods
      FROM purchase_day
      GROUP BY platform, customer_key),
    returned AS (
      SELECT platform, customer_key, sum(goods_base) AS goods
      FROM v_refunds
      WHERE customer_key IS NOT NULL AND refund_date BETWEEN $since AND $day
      GROUP BY platform, customer_key)
    SELECT b.platform, b.customer_key,
      CAST($day AS DATE) - b.first_day AS days_since_first,
      CAST($day AS DATE) - b.last_day AS days_since_last,
      b.purchase_days,
      CAST(b.goods - coalesce(r.goods, 0) AS DECIMAL(38,12)) AS net_sales,
      b.purchase_days > 0 AS buyer_of_year
    FROM bought b
    LEFT JOIN returned r ON r.platform = b.platform AND r.customer_key = b.customer_key"""


def measure_buyers(session: Session, day: date, table: str) -> None:
    """Creates the temporary table of buyers as of the end of a day."""
    session.execute(buyers_sql(table), {"day": day, "since": day - YEAR})


def buyers_of_year(session: Session, day: date) -> int:
    """How many buyers bought in the 365 days that end with the day."""
    found = session.execute(
        """
        SELECT count(*) FROM (
          SELECT platform, customer_key FROM v_orders
          WHERE is_sale AND customer_key IS NOT NULL AND sale_date BETWEEN $since AND $day
          GROUP BY platform, customer_key) AS buyers""",
        {"day": day, "since": day - YEAR},
    )[0]
    return int(found[0])


def net_sales_percentiles(session: Session, table: str, percentiles: tuple[int, ...]) -> list[Decimal]:
    """Net sales at percentiles of the year's buyers: amounts that occur, so equal buyers score alike.

    Empty without buyers.
    """
    fractions = [percent / 100 for percent in percentiles]
    amounts = session.execute(
        f"SELECT quantile_disc(net_sales, {fractions!r}) FROM {table} WHERE buyer_of_year"
    )[0][0]
    return list(amounts or [])


def top_shares(session: Session, table: str, shares: tuple[int, ...]) -> list[Decimal]:
    """The least net sales inside the top 5 %, and inside the top 5 + 15 %; equal sales fall into one tier.

    The share is of the year's buyers, rounded up: of 100 buyers the top 5 % are five. Empty without buyers.
    """
    count = session.execute(f"SELECT count(*) FROM {table} WHERE buyer_of_year")[0][0]
    if not count:
        return []
    bounds: list[Decimal] = []
    so_far = 0
    for share in shares:
        so_far += share
        rank = -(-count * so_far // 100)
        row = session.execute(
            f"SELECT net_sales FROM {table} WHERE buyer_of_year ORDER BY net_sales DESC LIMIT 1 OFFSET ?",
            [rank - 1],
        )[0]
        bounds.append(row[0])
    return bounds


def gap_percentiles(
    session: Session, day: date, percentiles: tuple[int, int]
) -> dict[str, tuple[int, int, int]]:
    """platform -> (repeaters, days at the lower and at the upper percentile) of gaps between purchase days."""
    low, high = (percent / 100 for percent in percentiles)
    rows = session.execute(
        """
        WITH purchase_day AS (
          SELECT DISTINCT platform, customer_key, sale_date FROM v_orders
          WHERE is_sale AND customer_key IS NOT NULL AND sale_date <= $day),
        gap AS (
          SELECT platform, customer_key,
            sale_date - lag(sale_date) OVER (PARTITION BY platform, customer_key ORDER BY sale_date) AS days
          FROM purchase_day)
        SELECT platform, count(DISTINCT customer_key) AS repeaters,
          quantile_disc(days, $low) AS low, quantile_disc(days, $high) AS high
        FROM gap
        WHERE days IS NOT NULL
        GROUP BY platform""",
        {"day": day, "low": low, "high": high},
    )
    return {
        str(platform): (repeaters, low_days, high_days) for platform, repeaters, low_days, high_days in rows
    }
