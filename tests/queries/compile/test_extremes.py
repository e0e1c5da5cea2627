"""One order among all: the largest and the smallest with their day and platform, the middle one; nobody's."""

from __future__ import annotations

from datetime import date

import pytest

from queries.query import Filter, SemanticQuery
from tests.queries.asking import Market, days

OCTOBER = days(date(2026, 10, 1), date(2026, 10, 31))
SALES = "SELECT * FROM v_orders WHERE is_sale AND sale_date BETWEEN '2026-10-01' AND '2026-10-31'"
KEY = "platform || '/' || shop_id || '/' || order_id"


@pytest.mark.parametrize(
    ("metric", "order"),
    [
        ("largest_order", f"goods_base DESC, {KEY} DESC"),
        ("smallest_order", f"goods_base, {KEY}"),
    ],
)
def test_the_order_with_its_day_and_platform(market: Market, metric: str, order: str) -> None:
    (expected,) = market.sql(
        f"""SELECT round(goods_base, 2), sale_date, platform FROM ({SALES}) WHERE goods_base > 0
          ORDER BY {order} LIMIT 1"""
    )
    assert tuple(market.ask(metric, time=OCTOBER).one.values()) == expected


def test_of_each_platform(market: Market) -> None:
    rows = market.ask("largest_order", time=OCTOBER, dimensions=("platform",)).rows
    expected = market.sql(
        f"SELECT platform, round(max(goods_base), 2), arg_max(sale_date, (goods_base, {KEY})) FROM ({SALES}) GROUP BY 1"
    )
    assert sorted(tuple(row.values()) for row in rows) == sorted(expected)


def test_the_median(market: Market) -> None:
    (expected,) = market.sql(f"SELECT round(quantile_cont(goods_base, 0.5), 2) FROM ({SALES})")
    assert tuple(market.ask("median_order_value", time=OCTOBER).one.values()) == expected


def test_the_largest_of_all_is_the_largest_of_the_largest(market: Market) -> None:
    parts = market.ask("largest_order", time=OCTOBER, dimensions=("platform",)).rows
    assert max(row["largest_order"] for row in parts) == market.ask("largest_order", time=OCTOBER).one["largest_order"]


@pytest.mark.parametrize(
    "shape",
    [
        {"dimensions": ("region",)},
        {"filters": (Filter(dimension="region", values=("浙江",)),)},
        {"filters": (Filter(dimension="buyer_kind", values=("new",)),)},
        {"dimensions": ("rfm",)},
    ],
)
@pytest.mark.parametrize("metric", ["largest_order", "smallest_order", "largest_order_day"])
def test_no_single_order_beside_what_is_known_of_its_buyer(
    market: Market, metric: str, shape: dict[str, object]
) -> None:
    problem = market.problem(SemanticQuery(metrics=(metric,), time=OCTOBER, **shape))  # type: ignore[arg-type]
    assert problem is not None and problem.reason == "group_too_small"
