"""How a change is told: parts and effects add up to it without remainder; places are counted as people count them."""

from __future__ import annotations

import math
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from queries.compile.changes import REST
from queries.model import load_model
from queries.model.drivers import ways_apart
from queries.query import Comparison, Filter, Order, PerGroupTop, SemanticQuery
from tests.queries import six
from tests.queries.asking import Market, Table, days

OCTOBER = days(date(2026, 10, 1), date(2026, 10, 31))
ALL = days(date(2026, 9, 20), date(2026, 11, 20))
SEPTEMBER = Comparison(kind="previous_period", against=days(date(2026, 9, 1), date(2026, 9, 30)))
LATE_SEPTEMBER = Comparison(kind="explicit", against=days(date(2026, 9, 20), date(2026, 9, 30)))
MONTHS = ("BETWEEN '2026-10-01' AND '2026-10-31'", "BETWEEN '2026-09-20' AND '2026-09-30'")


@pytest.fixture(scope="module")
def orders(tmp_path_factory: pytest.TempPathFactory) -> Market:
    """Six orders, reckoned by hand."""
    return Market(six.build(tmp_path_factory.mktemp("six")), six.NOW, six.TODAY)


def told(place: Market, metric: str, change: str, **shape: Any) -> Table:
    shape.setdefault("compare", SEPTEMBER)
    return place.ask(metric, time=OCTOBER, change=change, **shape)


# --- by hand

PARTS = [
    # split, expected rows: key, change, share of the change (GMV rose from 200 to 240)
    ("channel", [("search", 40, "1.000000"), ("live", 0, "0.000000")]),
    ("product", [("A", 40, "1"), ("D", 40, "1"), ("C", 20, "0.5"), ("B", -60, "-1.5")]),
    ("platform", [("taobao", 40, "1")]),
]


@pytest.mark.parametrize(("split", "expected"), PARTS)
def test_parts_by_hand(orders: Market, split: str, expected: list[tuple[str, int, str]]) -> None:
    rows = told(orders, "gmv", "parts", dimensions=(split,)).rows
    assert [(row[split], row["gmv_change"], row["gmv_change_share"]) for row in rows] == [
        (key, Decimal(change), Decimal(share)) for key, change, share in expected
    ]
    assert {(row["whole"], row["whole_before"], row["whole_change"]) for row in rows} == {(240, 200, 40)}


def test_rows_beyond_the_limit_stand_in_one(orders: Market) -> None:
    rows = told(orders, "gmv", "parts", dimensions=("product",), limit=2).rows
    assert [(row["product"], row["gmv"], row["gmv_before"], row["gmv_change"]) for row in rows] == [
        ("A", 100, 60, 40),
        ("D", 40, 0, 40),
        (REST, 100, 140, -40),
    ]


def test_who_dragged_comes_first_where_that_is_asked(orders: Market) -> None:
    rows = told(
        orders,
        "gmv",
        "parts",
        dimensions=("product",),
        order=(Order(by="change", descending=False),),
        limit=1,
    ).rows
    assert [(row["product"], row["gmv_change"]) for row in rows] == [("B", -60), (REST, 100)]


EFFECTS = [
    # L = (240 - 200) / ln(240 / 200) = 219.3926; L ln(40/50) = -48.96; L ln((3/40)/(2/50)) = 137.91
    ("gmv", ("visitors", "cvr_buyer", "spend_per_paying_buyer"), ("-48.96", "137.92", "-48.96")),
    # buyers 2 -> 3, orders each 3/2 -> 3/3, AOV 200/3 -> 80
    ("gmv", ("buyers", "orders_per_buyer", "aov"), ("88.96", "-88.96", "40.00")),
    ("gmv", ("orders", "aov"), ("0.00", "40.00")),
    # AOV 66.67 -> 80.00: pieces per order 6/3 -> 6/3, price 200/6 -> 240/6
    ("aov", ("upt", "asp"), ("0.00", "13.33")),
    # orders 3 -> 3: L = 3, 3 ln(3/2) = 1.2164
    ("orders", ("buyers", "orders_per_buyer"), ("1", "-1")),
]


@pytest.mark.parametrize(("metric", "factors", "expected"), EFFECTS)
def test_effects_by_hand(
    orders: Market, metric: str, factors: tuple[str, ...], expected: tuple[str, ...]
) -> None:
    rows = told(orders, metric, "factors", factors=factors).rows
    assert [row["factor"] for row in rows] == list(factors)
    assert [row["due"] for row in rows] == [Decimal(value) for value in expected]
    assert sum(row["due"] for row in rows) == rows[0]["whole_change"]


def test_refunds_are_a_summand_with_their_plain_change(market: Market) -> None:
    rows = told(
        market,
        "net_sales",
        "factors",
        factors=("orders", "aov", "refund_amount"),
        compare=LATE_SEPTEMBER,
    ).by("factor")
    refunds = [
        market.sql(f"SELECT round(sum(goods_base), 2) FROM v_refunds WHERE refund_date {month}")[0][0]
        for month in MONTHS
    ]
    assert rows["refund_amount"]["due"] == refunds[1] - refunds[0]


def test_effects_agree_with_logarithms_reckoned_apart(market: Market) -> None:
    """Against the formula in floating point on figures of hand-written SQL: one cent of rounding at most."""
    sides = [
        market.sql(
            f"SELECT sum(goods_base), count(*), count(DISTINCT platform || '/' || customer_key) FROM v_orders"
            f" WHERE is_sale AND sale_date {month}"
        )[0]
        for month in MONTHS
    ]
    (goods, orders, buyers), (goods0, orders0, buyers0) = [tuple(map(float, side)) for side in sides]
    weight = (goods - goods0) / (math.log(goods) - math.log(goods0))
    steps = {
        "buyers": buyers / buyers0,
        "orders_per_buyer": (orders / buyers) / (orders0 / buyers0),
        "aov": (goods / orders) / (goods0 / orders0),
    }
    rows = told(market, "gmv", "factors", factors=tuple(steps), compare=LATE_SEPTEMBER).by("factor")
    for factor, step in steps.items():
        assert float(rows[factor]["due"]) == pytest.approx(weight * math.log(step), abs=0.015)


def test_nothing_is_attributed_where_a_factor_is_zero(orders: Market) -> None:
    nothing = Comparison(kind="explicit", against=days(date(2026, 9, 1), date(2026, 9, 5)))
    rows = told(orders, "gmv", "factors", factors=("orders", "aov"), compare=nothing).rows
    assert [(row["due"], row["factor_now"]) for row in rows] == [(None, 3), (None, 80)]


PLACES = [
    # by pieces: September A 3, B 2, C 1; October C 3, A 2, D 1
    ({}, [("C", 1, 3, 2), ("A", 2, 1, -1), ("D", 3, None, None), ("B", None, 2, None)]),
    ({"limit": 1}, [("C", 1, 3, 2), ("A", 2, 1, -1)]),
    ({"order": (Order(by="rank_change"),)}, [("C", 1, 3, 2)]),
    ({"order": (Order(by="rank_change", descending=False),)}, [("A", 2, 1, -1)]),
]


@pytest.mark.parametrize(("shape", "expected"), PLACES)
def test_places_by_hand(orders: Market, shape: dict[str, Any], expected: list[tuple[Any, ...]]) -> None:
    rows = told(orders, "units", "ranks", dimensions=("product",), **shape).rows
    assert [(r["product"], r["rank"], r["rank_before"], r["rank_change"]) for r in rows] == expected


# --- against hand-written SQL

BY_PLATFORM = f"""WITH t AS (SELECT platform AS k, coalesce(sum(goods_base) FILTER (WHERE sale_date {MONTHS[0]}), 0)
  - coalesce(sum(goods_base) FILTER (WHERE sale_date {MONTHS[1]}), 0) AS moved FROM v_orders WHERE is_sale GROUP BY 1)
  SELECT k, round(moved, 2), round(moved / (SELECT sum(moved) FROM t), 4) FROM t ORDER BY k"""
PLACES_OF_BRANDS = f"""WITH t AS (SELECT brand AS k, sum(l.goods_base) FILTER (WHERE sale_date {MONTHS[0]}) AS now,
  sum(l.goods_base) FILTER (WHERE sale_date {MONTHS[1]}) AS before FROM v_sales_lines l JOIN (SELECT DISTINCT platform,
  shop_id, product_id, brand FROM products) USING (platform, shop_id, product_id) GROUP BY 1)
  SELECT k, rank() OVER (ORDER BY now DESC), rank() OVER (ORDER BY before DESC) FROM t ORDER BY 2"""


def test_parts_agree_with_sql(market: Market) -> None:
    rows = told(market, "gmv", "parts", dimensions=("platform",), compare=LATE_SEPTEMBER).rows
    found = sorted((str(r["platform"]), r["gmv_change"], round(r["gmv_change_share"], 4)) for r in rows)
    for row, expected in zip(found, market.sql(BY_PLATFORM), strict=True):
        assert row[0] == expected[0] and abs(row[1] - expected[1]) <= Decimal("0.01")
        assert abs(float(row[2]) - float(expected[2])) <= 0.0001


def test_places_agree_with_sql(market: Market) -> None:
    rows = told(market, "gmv", "ranks", dimensions=("brand",), compare=LATE_SEPTEMBER).rows
    assert [(r["brand"], r["rank"], r["rank_before"]) for r in rows] == market.sql(PLACES_OF_BRANDS)


# --- always

slow = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
SPLITS = ("platform", "channel", "category", "product", "weekday")
WAYS = [
    (key, way.factors)
    for key in ("gmv", "net_sales", "units", "refund_amount")
    for way in ways_apart(load_model(), key)
]


@st.composite
def two_periods(draw: st.DrawFn) -> dict[str, Any]:
    starts = [date(2026, 9, 20) + timedelta(days=draw(st.integers(0, 50))) for _ in range(2)]
    earlier, later = [days(start, start + timedelta(days=draw(st.integers(0, 10)))) for start in starts]
    return {"time": later, "compare": Comparison(kind="explicit", against=earlier)}


@slow
@given(
    periods=two_periods(),
    metric=st.sampled_from(("gmv", "net_sales", "units", "refund_amount")),
    split=st.sampled_from(SPLITS),
    limit=st.sampled_from((None, 1, 3)),
)
def test_parts_sum_to_the_change(
    market: Market, periods: dict[str, Any], metric: str, split: str, limit: int | None
) -> None:
    whole = market.ask(metric, **periods).one
    rows = market.ask(metric, dimensions=(split,), change="parts", limit=limit, **periods).rows
    assert sum(row[f"{metric}_change"] for row in rows) == (whole[f"{metric}_change"] or 0)
    assert len(rows) <= (limit or 1000) + 1
    if rows:
        assert rows[0]["whole_change"] == whole[f"{metric}_change"]


@slow
@given(periods=two_periods(), way=st.sampled_from(WAYS), platform=st.sampled_from(("taobao", "jd", "")))
def test_effects_sum_to_the_change(
    market: Market, periods: dict[str, Any], way: tuple[str, tuple[str, ...]], platform: str
) -> None:
    metric, factors = way
    filters = (Filter(dimension="platform", values=(platform,)),) if platform else ()
    whole = market.ask(metric, filters=filters, **periods).one
    rows = market.ask(metric, filters=filters, change="factors", factors=factors, **periods).rows
    due = [row["due"] for row in rows]
    if None in due:
        assert set(due) == {None}
        assert any(not r["factor_now"] or not r["factor_before"] for r in rows) or whole[metric] in (0, None)
    else:
        assert sum(due) == whole[f"{metric}_change"]


# --- what has no parts

NOT_TOLD = [
    ("orders", {"change": "parts", "dimensions": ("category",)}, "no_parts"),
    ("buyers", {"change": "parts", "dimensions": ("channel",)}, "no_parts"),
    ("aov", {"change": "parts", "dimensions": ("platform",)}, "no_parts"),
    ("gmv", {"change": "factors", "factors": ("orders", "asp")}, ""),
]


@pytest.mark.parametrize(("metric", "shape", "said"), NOT_TOLD)
def test_what_does_not_add_up_is_not_told(
    orders: Market, metric: str, shape: dict[str, Any], said: str
) -> None:
    problem = orders.problem(SemanticQuery(metrics=(metric,), time=OCTOBER, compare=SEPTEMBER, **shape))
    assert problem is not None and problem.reason == "not_in_model" and problem.said == said


def test_factors_never_speak_of_a_small_group(market: Market) -> None:
    """A province narrows to persons: its factors are refused, its parts stand under the group-size rule."""
    shape: dict[str, Any] = {
        "time": OCTOBER,
        "compare": SEPTEMBER,
        "filters": (Filter(dimension="region", values=("西藏",)),),
    }
    by_factor = SemanticQuery(metrics=("gmv",), change="factors", factors=("orders", "aov"), **shape)
    problem = market.problem(by_factor)
    assert problem is not None and problem.reason == "group_too_small"
    parts = market.ask("gmv", dimensions=("platform",), change="parts", **shape)
    assert parts.compiled.guarded and {row["gmv"] for row in parts.rows} <= {None}


def test_a_tree_that_contradicts_the_formulas_does_not_load(tmp_path: Path) -> None:
    from shutil import copytree

    from queries.model import load
    from queries.model.load import ModelError

    copytree(load.HERE, tmp_path / "model")
    file = tmp_path / "model" / "drivers.yaml"
    file.write_text(file.read_text().replace("{times: [orders, upt]}", "{times: [orders, asp]}"))
    with pytest.raises(ModelError) as error:
        load.load_model(tmp_path / "model")
    assert "units is not made of orders, asp" in str(error.value)


# --- best and worst periods, first and last days


def test_the_best_months_of_each_platform(market: Market) -> None:
    top = PerGroupTop(n=1, within=("platform",), by="gmv", periods=True)
    rows = market.ask("gmv", dimensions=("platform",), grain="month", time=ALL, top_per_group=top).rows
    expected = market.sql(
        "SELECT platform, month, gmv FROM (SELECT platform, date_trunc('month', sale_date)::DATE AS month,"
        " round(sum(goods_base), 2) AS gmv, row_number() OVER (PARTITION BY platform ORDER BY sum(goods_base) DESC)"
        " AS place FROM v_orders WHERE is_sale GROUP BY 1, 2) WHERE place = 1 ORDER BY platform"
    )
    assert [(row["platform"], row["month"], row["gmv"]) for row in rows] == expected


@pytest.mark.parametrize(
    ("split", "key"), [("platform", "platform"), ("product", "product_id"), ("channel", "channel")]
)
def test_first_and_last_sale(market: Market, split: str, key: str) -> None:
    rows = market.ask("first_sale", "last_sale", dimensions=(split,)).by(
        *((split,) if split != "product" else ("platform", split))
    )
    table = "v_sales_lines" if split == "product" else "v_orders WHERE is_sale"
    keys = f"platform, {key}" if split == "product" else key
    for *group, first, last in market.sql(
        f"SELECT {keys}, min(sale_date), max(sale_date) FROM {table} GROUP BY ALL"
    ):
        row = rows[tuple(group) if len(group) > 1 else group[0]]
        assert (row["first_sale"], row["last_sale"]) == (first, last)


def test_a_day_has_no_change(market: Market) -> None:
    query = SemanticQuery(metrics=("first_sale",), time=OCTOBER, compare=SEPTEMBER)
    assert market.problem(query) is not None
