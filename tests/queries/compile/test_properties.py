"""Always true of any query: parts sum to the whole, a split keeps the total, a filter and its complement add up."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from queries.model import load_model
from queries.query import Filter, SemanticQuery
from tests.queries.asking import Market, days

ADDITIVE = [
    "gmv",
    "net_sales",
    "orders",
    "units",
    "refund_amount",
    "buyer_paid",
    "gmv_placed",
    "refunds_count",
    "net_sales_cohort",
    "ad_spend",
    "fees_total",
    "list_value",
]
COUNTED = ("orders", "refunds_count")
"""An order of two categories is an order of each: these do not add up below the order."""
SPLITS = ["platform", "shop", "channel", "category", "brand", "product", "weekday"]
VALUES = {
    "platform": ["taobao", "jd", "amazon"],
    "channel": ["search", "live", "shelf", "ad", "direct"],
    "category": ["Tea", "Cups", "Outdoor"],
    "brand": ["Northwind", "Fabrikam"],
}
FIRST = date(2026, 9, 20)

slow = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@st.composite
def periods(draw: st.DrawFn) -> tuple[date, date]:
    start = FIRST + timedelta(days=draw(st.integers(0, 50)))
    return start, start + timedelta(days=draw(st.integers(0, 10)))


def may(market: Market, metric: str, *dimensions: str, day: tuple[date, date]) -> bool:
    return market.problem(SemanticQuery(metrics=(metric,), dimensions=dimensions, time=days(*day))) is None


@slow
@given(metric=st.sampled_from(ADDITIVE), split=st.sampled_from(SPLITS), period=periods())
def test_parts_sum_to_the_whole(market: Market, metric: str, split: str, period: tuple[date, date]) -> None:
    if not may(market, metric, split, day=period) or (
        metric in COUNTED and split in ("category", "brand", "product")
    ):
        return
    whole = market.ask(metric, time=days(*period)).one[metric] or 0
    parts = market.ask(metric, dimensions=(split,), time=days(*period)).rows
    assert sum(row[metric] or 0 for row in parts) == whole


@slow
@given(metric=st.sampled_from(ADDITIVE), period=periods())
def test_days_sum_to_the_period(market: Market, metric: str, period: tuple[date, date]) -> None:
    whole = market.ask(metric, time=days(*period)).one[metric] or 0
    rows = market.ask(metric, grain="day", time=days(*period)).rows
    assert sum(row[metric] or 0 for row in rows) == whole


@slow
@given(
    metric=st.sampled_from(ADDITIVE),
    dimension=st.sampled_from(sorted(VALUES)),
    data=st.data(),
    period=periods(),
)
def test_a_filter_and_its_complement_add_up(
    market: Market, metric: str, dimension: str, data: st.DataObject, period: tuple[date, date]
) -> None:
    if not may(market, metric, dimension, day=period) or (
        metric in COUNTED and dimension in ("category", "brand")
    ):
        return
    values = tuple(data.draw(st.sets(st.sampled_from(VALUES[dimension]), min_size=1)))
    whole = market.ask(metric, time=days(*period)).one[metric] or 0
    inside, outside = (
        market.ask(
            metric, filters=(Filter(dimension=dimension, op=op, values=values),), time=days(*period)
        ).one[metric]
        or 0  # type: ignore[arg-type]
        for op in ("in", "not_in")
    )
    assert inside + outside == whole


@slow
@given(split=st.sampled_from(SPLITS), period=periods())
def test_buyers_of_a_part_are_never_more_than_of_the_whole(
    market: Market, split: str, period: tuple[date, date]
) -> None:
    whole = market.ask("buyers", time=days(*period)).one["buyers"] or 0
    parts = market.ask("buyers", dimensions=(split,), time=days(*period)).rows
    assert all((row["buyers"] or 0) <= whole for row in parts)
    assert sum(row["buyers"] or 0 for row in parts) >= whole


@slow
@given(period=periods())
def test_new_and_returning_make_the_known_buyers(market: Market, period: tuple[date, date]) -> None:
    row = market.ask("buyers", "new_buyers", "returning_buyers", time=days(*period)).one
    assert (row["new_buyers"] or 0) + (row["returning_buyers"] or 0) == (row["buyers"] or 0)


def test_over_all_time_both_ways_of_taking_refunds_back_agree(market: Market) -> None:
    """Once every refund is in, net sales by refund day and by order day are one figure."""
    ever = days(date(2026, 9, 1), date(2026, 12, 31))
    row = market.ask("net_sales", "net_sales_cohort", time=ever).one
    assert row["net_sales"] == row["net_sales_cohort"]


@pytest.mark.parametrize(
    "metric", [key for key, m in load_model().metrics.items() if m.group in ("sales", "refunds", "orders")]
)
def test_the_order_of_metrics_changes_no_figure(market: Market, metric: str) -> None:
    october = days(date(2026, 10, 1), date(2026, 10, 31))
    if metric == "gmv" or market.problem(
        SemanticQuery(metrics=(metric,), dimensions=("platform",), time=october)
    ):
        return
    rows = market.ask(metric, "gmv", dimensions=("platform",), time=october).by("platform")
    swapped = market.ask("gmv", metric, dimensions=("platform",), time=october).by("platform")
    assert {key: row[metric] for key, row in rows.items()} == {
        key: row[metric] for key, row in swapped.items()
    }


@slow
@given(periods(), st.sampled_from(["orders", "gmv", "units"]), st.integers(1, 400))
def test_orders_above_an_amount_and_those_up_to_it_add_up(
    market: Market, period: tuple[date, date], metric: str, amount: int
) -> None:
    def figure(*filters: Filter) -> Any:
        return market.ask(metric, time=days(*period), filters=filters).one[metric] or 0

    above = Filter(dimension="order_value", op="gt", values=(str(amount),))
    below = Filter(dimension="order_value", op="le", values=(str(amount),))
    assert figure(above) + figure(below) == figure()
