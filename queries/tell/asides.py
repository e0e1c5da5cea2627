"""What an answer must say beside its number, read from the same snapshot: how far data reaches, what was left out.

The SQL is fixed; periods and shops enter as parameters.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from queries.query import SemanticQuery
from queries.run.connection import reading


@dataclass(frozen=True)
class Reach:
    """How far a platform's orders reach."""

    platform: str
    history_from: date | None
    data_through: date | None


@dataclass(frozen=True)
class Asides:
    """Side facts of one query; what was not looked up is empty."""

    reaches: tuple[Reach, ...] = ()
    platforms: tuple[str, ...] = ()
    """All platforms with a shop here, whatever the query is about."""
    freshness: dict[str, datetime] = field(default_factory=dict)
    flagged: int = 0
    flagged_amount: Decimal = Decimal(0)
    unrated: int = 0
    late_rates: int = 0
    """Orders in other currencies more than a week after the newest exchange rate..."""
    rates_through: date | None = None
    rate: Decimal | None = None
    """What one unit of the currency that is asked for is in base currency, and the day of that rate."""
    rate_day: date | None = None
    """...and the day of that rate."""
    unknown_buyers: Decimal | None = None
    windows: tuple[str, ...] = ()
    unshipped: int | None = None
    snapshot_day: date | None = None
    market_through: str = ""
    """The last year with an official market figure."""


REACH = """
SELECT CAST(platform AS VARCHAR), max(history_from), min(data_through)
FROM shops
JOIN platforms USING (platform)
WHERE kind IN ('marketplace', 'shop') AND {scope}
GROUP BY platform
ORDER BY platform"""

PLATFORMS = "SELECT DISTINCT CAST(platform AS VARCHAR) FROM shops ORDER BY 1"

FRESH = """
SELECT CAST(platform AS VARCHAR), max(last_success_at)
FROM connections
WHERE status <> 'removed' AND last_success_at IS NOT NULL
GROUP BY platform"""

FLAGGED = """
SELECT count(*), coalesce(round(sum(goods_base), 2), 0)
FROM v_orders
WHERE excluded_reason IS NOT NULL AND created_date >= ? AND created_date < ? AND {scope}"""

UNRATED = """
SELECT coalesce(sum(orders_without_rate), 0)
FROM rollup_sales_daily
WHERE sale_date >= ? AND sale_date < ? AND {scope}"""

RATES_THROUGH = "SELECT max(date) FROM fx_rates"

LATE_RATES = """
SELECT count(*)
FROM v_orders
WHERE is_sale AND currency NOT IN (SELECT base FROM fx_rates) AND sale_date >= ? AND sale_date < ? AND {scope}"""
"""Asked for the days after the newest rate alone: on most days there are none."""

UNKNOWN_BUYERS = """
SELECT count(*)
FROM v_orders
WHERE is_sale AND customer_key IS NULL AND sale_date >= ? AND sale_date < ? AND {scope}"""

SALES = """
SELECT coalesce(sum(orders), 0)
FROM rollup_sales_daily
WHERE sale_date >= ? AND sale_date < ? AND {scope}"""

WINDOWS = """
SELECT DISTINCT attribution_window
FROM ad_daily
WHERE attribution_window IS NOT NULL AND date >= ? AND date < ? AND {scope}
ORDER BY 1"""

UNSHIPPED = """
SELECT count(*)
FROM v_orders
WHERE is_sale AND shipped_at IS NULL AND cancelled_at IS NULL AND sale_date >= ? AND sale_date < ? AND {scope}
  AND sale_at < CAST((SELECT max(data_through) FROM shops) AS TIMESTAMP) - INTERVAL 48 HOUR"""

SNAPSHOT = "SELECT max(snapshot_date) FROM customer_segments WHERE snapshot_date <= ?"
MARKET = "SELECT coalesce(max(period), '') FROM market_benchmark WHERE series = 'online_retail_cn'"
EVER = (date(1, 1, 1), date(9999, 1, 1))


class Lookup:
    """Asks the side questions of one query on one file."""

    def __init__(
        self, path: Path, query: SemanticQuery, shops: tuple[tuple[str, str], ...] | None = None
    ) -> None:
        self.path, self.query, self.shops = path, query, shops

    def rows(self, sql: str, *more: Any) -> list[tuple[Any, ...]]:
        scope, values = self._scope()
        with reading(self.path) as cursor:
            return cursor.execute(
                sql.format(scope=scope), [*more, *values] if "{scope}" in sql else list(more)
            ).fetchall()

    def period(self) -> tuple[date, date]:
        time = self.query.time
        return (time.start if time and time.start else EVER[0], time.end if time and time.end else EVER[1])

    def _scope(self) -> tuple[str, list[Any]]:
        """Platforms and shops of the query and of the viewer."""
        conditions: list[str] = ["TRUE"]
        values: list[Any] = []
        for given in self.query.filters:
            column = {"platform": "CAST(platform AS VARCHAR)", "shop": "shop_id"}.get(given.dimension)
            if column and given.op in ("in", "not_in"):
                marks = ", ".join("?" for _ in given.values)
                conditions.append(f"{column} {'NOT IN' if given.op == 'not_in' else 'IN'} ({marks})")
                values += given.values
        if self.shops is not None:
            pairs = (
                " OR ".join("(CAST(platform AS VARCHAR) = ? AND shop_id = ?)" for _ in self.shops) or "FALSE"
            )
            conditions.append(f"({pairs})")
            values += [value for pair in self.shops for value in pair]
        return " AND ".join(conditions), values

    def late_rates(self) -> tuple[int, date | None]:
        """Sale orders in another currency, more than a week after the newest rate; and that rate's day."""
        newest: date | None = self.rows(RATES_THROUGH)[0][0]
        first, end = self.period()
        if newest is None or end <= (late := newest + timedelta(days=8)):
            return 0, newest
        return int(self.rows(LATE_RATES, max(first, late), end)[0][0]), newest

    def platforms(self) -> tuple[str, ...]:
        return tuple(row[0] for row in self.rows(PLATFORMS))

    def reaches(self) -> tuple[Reach, ...]:
        return tuple(Reach(*row) for row in self.rows(REACH))


def freshness(path: Path) -> dict[str, datetime]:
    """Last successful sync per platform."""
    with reading(path) as cursor:
        rows = cursor.execute(FRESH).fetchall()
    return {platform: moment.replace(tzinfo=UTC) for platform, moment in rows}


def look(
    path: Path,
    query: SemanticQuery,
    *,
    wants: set[str],
    shops: tuple[tuple[str, str], ...] | None,
    today: date,
) -> Asides:
    """The side facts named in `wants`."""
    lookup = Lookup(path, query, shops)
    window = lookup.period()
    found: dict[str, Any] = {
        "reaches": lookup.reaches(),
        "platforms": lookup.platforms(),
        "freshness": freshness(path),
    }
    if "flagged" in wants:
        found["flagged"], found["flagged_amount"] = lookup.rows(FLAGGED, *window)[0]
    if "unrated" in wants:
        found["unrated"] = int(lookup.rows(UNRATED, *window)[0][0])
        found["late_rates"], found["rates_through"] = lookup.late_rates()
    if "unknown_buyers" in wants:
        ((unknown,),), ((whole,),) = lookup.rows(UNKNOWN_BUYERS, *window), lookup.rows(SALES, *window)
        found["unknown_buyers"] = (
            (Decimal(unknown) / Decimal(whole)).quantize(Decimal("0.000001")) if whole else None
        )
    if "windows" in wants:
        found["windows"] = tuple(row[0] for row in lookup.rows(WINDOWS, *window))
    if "unshipped" in wants:
        found["unshipped"] = lookup.rows(UNSHIPPED, *window)[0][0]
    if "market" in wants:
        found["market_through"] = lookup.rows(MARKET)[0][0]
    if "snapshot" in wants:
        end = query.time.end if query.time and query.time.end else today + timedelta(days=1)
        found["snapshot_day"] = lookup.rows(SNAPSHOT, min(end - timedelta(days=1), today))[0][0]
    return Asides(**found)
