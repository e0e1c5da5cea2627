"""Rows ranked by their change: the amount, the percent, and the minimum size that keeps one order out of the lead."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from queries.query import Base, Comparison, Having, Order
from tests.queries import six
from tests.queries.asking import Market, days

OCTOBER = days(date(2026, 10, 1), date(2026, 10, 31))
SEPTEMBER = Comparison(kind="previous_period", against=days(date(2026, 9, 1), date(2026, 9, 30)))
LATE_SEPTEMBER = Comparison(kind="explicit", against=days(date(2026, 9, 20), date(2026, 9, 30)))
ROSE, FELL = (Having(metric="change", op=op, value=Decimal(0)) for op in ("gt", "lt"))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def orders(tmp_path_factory: pytest.TempPathFactory) -> Market:
    """GMV by product, September and October: A 60 and 100, B 60 and none, C 80 and 100, D none and 40."""
    return Market(six.build(tmp_path_factory.mktemp("six")), six.NOW, six.TODAY)


CASES = [
    ("by amount", "change", True, (ROSE,), None, ["A", "D", "C"]),
    ("in percent", "change_ratio", True, (ROSE,), None, ["A", "C", "D"]),
    ("what fell", "change", False, (FELL,), None, ["B"]),
    ("of some size before", "change_ratio", True, (ROSE,), Base(metric="orders", at_least=1), ["A", "C"]),
    ("of a size nothing had", "change_ratio", True, (ROSE,), Base(metric="orders", at_least=2), []),
]


@pytest.mark.parametrize(("name", "by", "down", "having", "base", "expected"), CASES, ids=[case[0] for case in CASES])
def test_by_hand(
    orders: Market,
    name: str,
    by: str,
    down: bool,
    having: tuple[Having, ...],
    base: Base | None,
    expected: list[str],
) -> None:
    rows = orders.ask(
        "gmv",
        dimensions=("product",),
        time=OCTOBER,
        compare=SEPTEMBER,
        having=having,
        base=base,
        order=(Order(by=by, descending=down),),
        limit=10,
    ).rows
    assert [row["product"] for row in rows] == expected


def test_against_sql(market: Market) -> None:
    """Products with at least three orders at the end of September, by growth of their GMV."""
    rows = market.ask(
        "gmv",
        dimensions=("product",),
        time=OCTOBER,
        compare=LATE_SEPTEMBER,
        having=(ROSE,),
        base=Base(metric="orders", at_least=3),
        order=(Order(by="change_ratio"),),
        limit=5,
    ).rows
    side = """SELECT platform, shop_id, product_id, sum(goods_base) AS v, count(DISTINCT order_id) AS n
      FROM v_sales_lines WHERE sale_date BETWEEN '{}' AND '{}' GROUP BY ALL"""
    expected = market.sql(
        f"""SELECT product_id, round(a.v, 2), round(b.v, 2) FROM ({side.format("2026-10-01", "2026-10-31")}) a
          JOIN ({side.format("2026-09-20", "2026-09-30")}) b USING (platform, shop_id, product_id)
          WHERE b.n >= 3 AND a.v > b.v ORDER BY (a.v - b.v) / b.v DESC LIMIT 5"""
    )
    assert [(row["product"], row["gmv"], row["gmv_before"]) for row in rows] == expected


def test_a_ratio_needs_its_size_in_both_periods(orders: Market) -> None:
    """The AOV of search and live rose; only two live orders stand behind either."""
    rows = orders.ask(
        "aov",
        dimensions=("channel",),
        time=OCTOBER,
        compare=SEPTEMBER,
        base=Base(metric="orders", at_least=2),
        order=(Order(by="change"),),
        limit=10,
    ).rows
    assert [row["channel"] for row in rows] == ["live"]
