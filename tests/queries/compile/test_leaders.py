"""The course of the first n: the same rows every month, ranked over the whole period."""

from __future__ import annotations

from datetime import date

import pytest

from queries.query import Filter, TopOf
from tests.queries.asking import Market, days

ALL = days(date(2026, 9, 20), date(2026, 11, 20))
LINES = "SELECT * FROM v_sales_lines WHERE sale_date BETWEEN '2026-09-20' AND '2026-11-20'"
MONTH = "CAST(date_trunc('month', sale_date) AS DATE)"


@pytest.mark.parametrize(("n", "down"), [(3, True), (2, False)])
def test_against_sql(market: Market, n: int, down: bool) -> None:
    rows = market.ask(
        "units", dimensions=("product",), grain="month", time=ALL, among=TopOf(n=n, by="units", descending=down)
    ).rows
    direction = "DESC" if down else "ASC"
    keys, units = "platform, shop_id, product_id", "sum(CASE WHEN NOT is_gift THEN quantity END)"
    leaders = f"""SELECT {keys} FROM ({LINES}) GROUP BY ALL
      ORDER BY {units} {direction} NULLS LAST, {keys} LIMIT {n}"""
    expected = market.sql(
        f"""SELECT {MONTH} AS month, product_id, {units}, platform
          FROM ({LINES}) JOIN ({leaders}) USING (platform, shop_id, product_id) GROUP BY ALL"""
    )
    told = [(row["month"], row["product"], row["units"], row["platform"]) for row in rows if row["units"]]
    assert sorted(told) == sorted(row for row in expected if row[2])


def test_every_month_has_the_same_rows_and_all_of_them_are_the_whole(market: Market) -> None:
    some = market.ask(
        "gmv", dimensions=("platform",), grain="month", time=ALL, among=TopOf(n=2, by="gmv")
    ).rows
    whole = market.ask("gmv", dimensions=("platform",), grain="month", time=ALL).rows
    first = market.ask("gmv", dimensions=("platform",), time=ALL).rows[:2]
    assert {row["platform"] for row in some} == {row["platform"] for row in first}
    assert all(row in whole for row in some)
    assert len(some) == 2 * len({row["month"] for row in whole})


def test_hidden_groups_do_not_lead(market: Market) -> None:
    """What the course of the first n shows of provinces is what the plain list shows; small groups together lead
    nothing."""
    rows = market.ask(
        "gmv",
        dimensions=("region",),
        grain="month",
        time=ALL,
        filters=(Filter(dimension="region", op="is_known"),),
        among=TopOf(n=6, by="gmv"),
    ).rows
    whole = market.ask("gmv", dimensions=("region",), grain="month", time=ALL).by("month", "region")
    assert rows and "(other)" not in {row["region"] for row in rows}
    shown = [row for row in rows if row["gmv"] is not None]
    assert shown and all(row["gmv"] == whole[row["month"], row["region"]]["gmv"] for row in shown)
