"""The change of a ratio by parts: rates and weights, together the whole change without remainder."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from queries.compile.changes import REST
from queries.query import Comparison, Filter, Order, SemanticQuery
from tests.queries import six
from tests.queries.asking import Market, Table, days

OCTOBER = days(date(2026, 10, 1), date(2026, 10, 31))
SEPTEMBER = Comparison(kind="previous_period", against=days(date(2026, 9, 1), date(2026, 9, 30)))
NOVEMBER = Comparison(kind="explicit", against=days(date(2026, 11, 1), date(2026, 11, 20)))


@pytest.fixture(scope="module")
def orders(tmp_path_factory: pytest.TempPathFactory) -> Market:
    """AOV 66.67 and 80: search 60 and 100 of one order each, live 70 and 70 of two."""
    return Market(six.build(tmp_path_factory.mktemp("six")), six.NOW, six.TODAY)


def told(place: Market, metric: str, split: str, **shape: object) -> Table:
    shape.setdefault("compare", NOVEMBER)
    return place.ask(metric, time=OCTOBER, change="mix", dimensions=(split,), **shape)


def test_by_hand_with_equal_weights(orders: Market) -> None:
    rows = told(orders, "aov", "channel", compare=SEPTEMBER).rows
    got = [(row["channel"], row["due"], row["by_rate"], row["by_mix"], row["weight"]) for row in rows]
    assert got == [
        ("search", Decimal("13.33"), Decimal("13.33"), 0, Decimal("0.333333")),
        ("live", 0, 0, 0, Decimal("0.666667")),
    ]
    assert {(row["whole"], row["whole_before"]) for row in rows} == {(80, Decimal("66.67"))}


RATIOS = [
    ("aov", "platform"),
    ("aov", "channel"),
    ("refund_rate_period", "platform"),
    ("refund_rate_period", "channel"),
    ("cvr_buyer", "platform"),
    ("asp", "product"),
    ("discount_rate", "platform"),
    ("upt", "channel"),
]


@pytest.mark.parametrize(("metric", "split"), RATIOS)
def test_effects_are_the_change_without_remainder(market: Market, metric: str, split: str) -> None:
    rows = told(market, metric, split).rows
    whole = market.ask(metric, time=OCTOBER, compare=NOVEMBER).one
    assert sum(row["due"] for row in rows) == whole[f"{metric}_change"] == rows[0]["whole_change"]
    assert all(row["by_rate"] + row["by_mix"] == row["due"] for row in rows)
    assert abs(sum(row["weight"] or 0 for row in rows) - 1) < Decimal("0.00002")
    assert (rows[0]["whole"], rows[0]["whole_before"]) == (whole[metric], whole[f"{metric}_before"])


def test_against_the_formula(market: Market) -> None:
    """In floating point, from GMV and orders of each platform."""
    rows = told(market, "aov", "platform").by("platform")
    sums = market.ask("gmv", "orders", time=OCTOBER, compare=NOVEMBER, dimensions=("platform",)).rows
    totals = {key: float(sum(row[key] for row in sums)) for key in ("gmv", "orders", "gmv_before", "orders_before")}
    middle = (totals["gmv"] / totals["orders"] + totals["gmv_before"] / totals["orders_before"]) / 2
    for row in sums:
        rate, before = float(row["gmv"]) / row["orders"], float(row["gmv_before"]) / row["orders_before"]
        weight, earlier = row["orders"] / totals["orders"], row["orders_before"] / totals["orders_before"]
        by_rate = (weight + earlier) / 2 * (rate - before)
        by_mix = (weight - earlier) * ((rate + before) / 2 - middle)
        got = rows[row["platform"]]
        assert abs(float(got["by_rate"]) - by_rate) < 0.011 and abs(float(got["by_mix"]) - by_mix) < 0.021


def test_the_others_stand_in_one_row(market: Market) -> None:
    rows = told(market, "asp", "product", limit=3, order=(Order(by="change", descending=False),)).rows
    every = told(market, "asp", "product").rows
    assert [row["product"] for row in rows][-1] == REST and len(rows) == 4
    assert sum(row["due"] for row in rows) == sum(row["due"] for row in every)
    assert [row["due"] for row in rows[:3]] == sorted(row["due"] for row in every)[:3]


@pytest.mark.parametrize(
    ("metric", "split"),
    [
        ("gmv", "platform"),
        ("aov", "category"),
        ("roas", "platform"),
        ("cm1_rate", "platform"),
        ("cvr_buyer", "channel"),
    ],
)
def test_no_mix_of_what_does_not_add_up(market: Market, metric: str, split: str) -> None:
    problem = market.problem(
        SemanticQuery(metrics=(metric,), dimensions=(split,), time=OCTOBER, compare=NOVEMBER, change="mix")
    )
    assert problem is not None and problem.reason == "not_in_model"


def test_nothing_of_persons(market: Market) -> None:
    query = SemanticQuery(
        metrics=("aov",),
        dimensions=("platform",),
        filters=(Filter(dimension="region", values=("浙江",)),),
        time=OCTOBER,
        compare=NOVEMBER,
        change="mix",
    )
    problem = market.problem(query)
    assert problem is not None and problem.reason == "group_too_small"
