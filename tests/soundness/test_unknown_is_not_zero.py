"""Invariant: zero means measured and none; what was not synced, not delivered or lies ahead is NULL.

Breach: a broken connection looks like a bad day.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from queries.query import Filter
from tests.queries.asking import Market, days


def test_days_outside_what_was_synced_are_unknown(golden: Market) -> None:
    rows = golden.ask("gmv", "orders", grain="day", time=days(date(2025, 3, 18), date(2025, 3, 21))).rows
    assert [(row["gmv"], row["orders"]) for row in rows] == [(0, 0), (0, 0), (0, 0), (None, None)]


def test_days_before_history_are_unknown(golden: Market) -> None:
    rows = golden.ask("orders", grain="year", time=days(date(2022, 1, 1), date(2024, 12, 31))).rows
    assert [row["orders"] for row in rows] == [None, 0, 2]


def test_what_a_platform_does_not_deliver_is_unknown(golden: Market) -> None:
    jd = (Filter(dimension="platform", values=("jd",)),)
    week = days(date(2025, 3, 1), date(2025, 3, 7))
    row = golden.ask("visitors", "ad_spend", "review_score", filters=jd, time=week).one
    assert list(row.values()) == [None, None, None]


def test_a_ratio_over_nothing_is_unknown(golden: Market) -> None:
    empty = days(date(2025, 3, 12), date(2025, 3, 13))
    row = golden.ask("gmv", "orders", "aov", time=empty).one
    assert (row["gmv"], row["orders"], row["aov"]) == (0, 0, None)


def test_a_platform_without_sales_is_zero_where_it_was_synced(golden: Market) -> None:
    """Amazon had an order in the week; on the 6th it had none."""
    amazon = (Filter(dimension="platform", values=("amazon",)),)
    assert (
        golden.ask("orders", filters=amazon, time=days(date(2025, 3, 6), date(2025, 3, 6))).one["orders"] == 0
    )


@pytest.fixture
def with_an_account(golden: Market) -> Iterator[Market]:
    """The market with a social account, a shop whose orders have no beginning."""
    row = "INSERT INTO shops (platform, shop_id, name, tz, currency) VALUES ('weibo', 'W', 'W', 'UTC', 'CNY')"
    for sql in (row, "DELETE FROM shops WHERE platform = 'weibo'"):
        with golden.warehouse.write() as session:
            session.execute(sql)
        golden.warehouse.publish()
        if sql is row:
            yield golden


def test_a_shop_without_a_beginning_does_not_make_the_years_before_zero(with_an_account: Market) -> None:
    rows = with_an_account.ask("orders", grain="year", time=days(date(2022, 1, 1), date(2023, 12, 31))).rows
    assert [row["orders"] for row in rows] == [None, 0]
