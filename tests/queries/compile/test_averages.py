"""Averages per period against hand-written SQL: the calendar divides, not the rows."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest

from queries.query import Comparison, Filter, SemanticQuery
from tests.queries import six
from tests.queries.asking import Market, days

OCTOBER = days(date(2026, 10, 1), date(2026, 10, 31))
NOVEMBER = days(date(2026, 11, 1), date(2026, 11, 30))
SALES = "SELECT * FROM v_orders WHERE is_sale AND sale_date BETWEEN '2026-10-01' AND '2026-10-31'"
WEEKENDS = (Filter(dimension="day_kind", values=("weekend",)),)

SUM = "round(sum(goods_base), 2)"
WEEK = "CAST(date_trunc('week', sale_date) AS DATE)"
LATE = "CASE WHEN isodow(sale_date) IN (4, 5, 6) THEN 5 ELSE 4 END"
OF_WEEK = f"CASE {WEEK} WHEN DATE '2026-09-28' THEN 4 WHEN DATE '2026-10-26' THEN 6 ELSE 7 END"
CASES: list[tuple[str, str, dict[str, Any], str]] = [
    # name, metric, shape, independent SQL giving the rows in any order: keys, average, sum, periods
    (
        "a month by days",
        "gmv",
        {"per": "day"},
        f"SELECT round(sum(goods_base) / 31, 2), {SUM}, 31 FROM ({SALES})",
    ),
    (
        "by platform",
        "orders",
        {"per": "day", "dimensions": ("platform",)},
        f"SELECT platform, round(count(*) / 31.0, 2), count(*), 31 FROM ({SALES}) GROUP BY 1",
    ),
    (
        "by weeks of seven days",
        "gmv",
        {"per": "week"},
        f"SELECT round(sum(goods_base) * 7 / 31, 2), {SUM}, round(31 / 7, 6) FROM ({SALES})",
    ),
    (
        "on the days of the week",
        "orders",
        {"per": "day", "dimensions": ("weekday",)},
        f"""SELECT isodow(sale_date), round(count(*) * 1.0 / {LATE}, 2), count(*), {LATE} FROM ({SALES})
          GROUP BY isodow(sale_date)""",
    ),
    (
        "on weekends",
        "gmv",
        {"per": "day", "filters": WEEKENDS},
        f"SELECT round(sum(goods_base) / 9, 2), {SUM}, 9 FROM ({SALES}) WHERE isodow(sale_date) >= 6",
    ),
    (
        "days of each week",
        "orders",
        {"per": "day", "grain": "week"},
        f"SELECT {WEEK}, round(count(*) * 1.0 / {OF_WEEK}, 2), count(*), {OF_WEEK} FROM ({SALES}) GROUP BY {WEEK}",
    ),
    (
        "per live session",
        "live_gmv",
        {"per": "session"},
        """SELECT round(sum(gmv_in_session * fx_to_base) / count(*), 2),
          round(sum(gmv_in_session * fx_to_base), 2), count(*)
          FROM live_sessions AS l JOIN shops AS s USING (platform, shop_id)
          WHERE CAST(started_at AT TIME ZONE 'UTC' AT TIME ZONE s.tz AS DATE)
          BETWEEN '2026-10-01' AND '2026-10-31'""",
    ),
]


@pytest.mark.parametrize(("name", "metric", "shape", "sql"), CASES, ids=[case[0] for case in CASES])
def test_against_sql(market: Market, name: str, metric: str, shape: dict[str, Any], sql: str) -> None:
    rows = [tuple(row.values()) for row in market.ask(metric, time=OCTOBER, **shape).rows]
    expected = [tuple(row) for row in market.sql(sql)]
    assert sorted(map(_exact, rows)) == sorted(map(_exact, expected))


def _exact(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(
        Decimal(str(value)).quantize(Decimal("0.01")) if isinstance(value, float | int | Decimal) else value
        for value in row
    )


def test_a_running_month_has_the_days_that_are_over(market: Market) -> None:
    """Today is the 21st of November; a month is 20 of its 30 days."""
    assert market.ask("orders", time=NOVEMBER, per="day").one["periods"] == 20
    assert market.ask("orders", time=NOVEMBER, per="month").one["periods"] == Decimal("0.66666667")
    year = days(date(2026, 1, 1), date(2026, 10, 31))
    assert market.ask("orders", time=year, per="month").one["periods"] == 10
    assert market.ask("orders", time=year, per="day").one["periods"] == 304
    assert market.ask("orders", time=year, per="quarter").one["periods"] == Decimal("3.33695652")


@pytest.mark.parametrize("split", [(), ("platform",), ("weekday",), ("channel",)])
@pytest.mark.parametrize("per", ["day", "week", "month"])
def test_the_average_times_its_periods_is_the_sum(market: Market, split: tuple[str, ...], per: str) -> None:
    for row in market.ask("gmv", time=OCTOBER, dimensions=split, per=per).rows:
        assert row["gmv"] == (row["gmv_total"] / row["periods"]).quantize(Decimal("0.01"), ROUND_HALF_UP)


def test_averages_of_platforms_add_up_over_the_same_days(market: Market) -> None:
    parts = market.ask("orders", time=OCTOBER, dimensions=("platform",), per="day").rows
    whole = market.ask("orders", time=OCTOBER, per="day").one["orders"]
    assert abs(sum(row["orders"] for row in parts) - whole) <= Decimal("0.02")


def test_months_of_other_lengths_are_compared_by_their_own_days(tmp_path: Any) -> None:
    """Six orders by hand: 200 over 30 days of September, 240 over 31 of October."""
    place = Market(six.build(tmp_path), six.NOW, six.TODAY)
    september = Comparison(kind="previous_period", against=days(date(2026, 9, 1), date(2026, 9, 30)))
    row = place.ask("gmv", time=OCTOBER, compare=september, per="day").one
    assert (row["gmv"], row["gmv_before"]) == (Decimal("7.74"), Decimal("6.67"))


@pytest.mark.parametrize("metric", ["aov", "buyers", "products_sold", "followers", "cm1"])
def test_what_does_not_add_up_has_no_average(market: Market, metric: str) -> None:
    problem = market.problem(SemanticQuery(metrics=(metric,), time=OCTOBER, per="day"))
    assert problem is not None and problem.said == "no_average"
