"""The group-size rule in the compiled SQL: what a person attribute splits never shows fewer than k persons."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from queries.compile import Disclosure
from queries.compile.facts import FOLDED
from queries.query import Filter
from queries.viewer import Viewer
from tests.queries.asking import Market, days

OCTOBER = days(date(2026, 10, 1), date(2026, 10, 31))
SUPPRESS = Disclosure(small_cells="suppress")
PERSONS = """SELECT {key}, count(DISTINCT platform || '/' || customer_key) FROM v_orders WHERE is_sale
  AND sale_date BETWEEN '2026-10-01' AND '2026-10-31' {more} GROUP BY 1"""


def only(dimension: str, *values: str) -> Filter:
    return Filter(dimension=dimension, values=values)


def test_the_market_has_small_provinces(market: Market) -> None:
    """Tibet has the buyers 40 to 43 of each shop: 12 in all, 4 on each platform; the others have 24."""
    persons = dict(market.sql(PERSONS.format(key="region", more="")))
    assert persons["西藏"] >= 10 > persons["西藏"] // 3


def test_small_groups_are_folded_per_platform(market: Market) -> None:
    """On one platform Tibet is below ten; it goes, with the next smallest province, into one row of ten."""
    rows = market.ask("buyers", dimensions=("platform", "region"), time=OCTOBER).rows
    assert "西藏" not in {row["region"] for row in rows}
    for platform in ("taobao", "jd", "amazon"):
        mine = [row for row in rows if row["platform"] == platform]
        assert all(row["buyers"] is None or row["buyers"] >= 10 for row in mine)
        assert FOLDED in {row["region"] for row in mine}


def test_the_folded_row_stands_last_and_is_no_winner(market: Market) -> None:
    rows = market.ask("segment_customers", dimensions=("rfm",)).rows
    assert [row["rfm"] for row in rows].index(FOLDED) == len(rows) - 1


def test_folding_keeps_the_total(market: Market) -> None:
    total = market.ask("gmv", dimensions=("platform",), time=OCTOBER).by("platform")
    rows = market.ask("gmv", dimensions=("platform", "region"), time=OCTOBER).rows
    for platform, row in total.items():
        parts = [r["gmv"] for r in rows if r["platform"] == platform]
        if None not in parts:
            assert sum(parts) == row["gmv"]


def test_suppressed_cells_are_null_and_never_zero(market: Market) -> None:
    rows = market.ask(
        "buyers", "gmv", dimensions=("platform", "region"), time=OCTOBER, disclosure=SUPPRESS
    ).rows
    tibet = [row for row in rows if row["region"] == "西藏"]
    assert tibet
    assert all(row["buyers"] is None and row["gmv"] is None and row["is_suppressed"] for row in tibet)


def test_counts_of_persons_and_not_of_rows_decide(market: Market) -> None:
    """Tibet's few buyers placed more than ten orders: still hidden."""
    orders = market.sql(
        "SELECT count(*) FROM v_orders WHERE is_sale AND region = '西藏' AND platform = 'jd'"
    )[0][0]
    assert orders >= 10
    rows = market.ask("orders", filters=(only("region", "西藏"), only("platform", "jd"))).rows
    assert rows[0]["orders"] is None


def test_a_filter_that_leaves_few_outside_is_hidden(market: Market) -> None:
    """All provinces but Tibet on one platform: the complement has four persons."""
    rest = only("region", "浙江", "江苏", "上海", "北京", "广东")
    assert market.ask("buyers", filters=(rest, only("platform", "jd")), time=OCTOBER).one["buyers"] is None
    assert market.ask("buyers", filters=(rest,), time=OCTOBER).one["buyers"] is not None


def test_a_segment_of_few_is_refused_and_a_large_one_shown(market: Market) -> None:
    members = dict(
        market.sql("SELECT segment, count(*) FROM customer_segments WHERE segment_set = 'rfm' GROUP BY 1")
    )
    assert members["big_spenders"] < 10 <= members["loyal"]
    assert (
        market.ask("segment_customers", filters=(only("rfm", "big_spenders"),)).one["segment_customers"]
        is None
    )
    assert (
        market.ask("segment_customers", filters=(only("rfm", "loyal"),)).one["segment_customers"]
        == members["loyal"]
    )


def test_segments_with_a_small_one_add_up(market: Market) -> None:
    whole = market.sql("SELECT count(*) FROM customer_segments WHERE segment_set = 'rfm'")[0][0]
    rows = market.ask("segment_customers", dimensions=("rfm",)).rows
    assert "big_spenders" not in {row["rfm"] for row in rows}
    assert sum(row["segment_customers"] for row in rows) == whole


def test_an_arm_of_a_condition_is_a_group_too(market: Market) -> None:
    """The new buyers of a segment are shown only where they, and the others of the segment, are ten."""
    for row in market.ask("buyers", "new_buyers", dimensions=("rfm",), time=OCTOBER).rows:
        if row["new_buyers"] is not None:
            assert row["new_buyers"] >= 10
            assert row["buyers"] - row["new_buyers"] == 0 or row["buyers"] - row["new_buyers"] >= 10


def test_a_higher_floor_of_the_role_holds(market: Market) -> None:
    careful = Viewer.owner().model_copy(update={"min_group": 30})
    rows = market.ask("buyers", dimensions=("region",), time=OCTOBER, viewer=careful).rows
    assert all(row["buyers"] is None or row["buyers"] >= 30 for row in rows)


def test_a_lower_floor_of_the_role_does_not(market: Market) -> None:
    bold = Viewer.owner().model_copy(update={"min_group": 1})
    assert (
        market.ask("segment_customers", filters=(only("rfm", "big_spenders"),), viewer=bold).one[
            "segment_customers"
        ]
        is None
    )


def test_a_sum_that_one_person_dominates_is_hidden(market: Market) -> None:
    """With a share of 1 % allowed, no province's sum passes."""
    strict = Disclosure(dominance_max="0.01")
    rows = market.ask("gmv", "buyers", dimensions=("region",), time=OCTOBER, disclosure=strict).rows
    assert all(row["gmv"] is None for row in rows)
    assert any(row["buyers"] is not None for row in rows)


def test_a_median_needs_twice_as_many(market: Market) -> None:
    rows = market.ask(
        "ship_hours_p50", "buyers", dimensions=("region",), time=OCTOBER, disclosure=SUPPRESS
    ).rows
    for row in rows:
        assert row["ship_hours_p50"] is None or row["buyers"] is None or row["buyers"] >= 20


STRUCTURAL: list[tuple[str, dict[str, Any], str]] = [
    (
        "segment by province needs a week",
        {
            "metrics": ("buyers",),
            "dimensions": ("rfm", "region"),
            "time": days(date(2026, 10, 1), date(2026, 10, 6)),
        },
        "time_grain",
    ),
    (
        "segment by province by day",
        {"metrics": ("buyers",), "dimensions": ("rfm", "region"), "grain": "day", "time": OCTOBER},
        "time_grain",
    ),
    (
        "a filter on a product",
        {
            "metrics": ("buyers",),
            "dimensions": ("region",),
            "filters": (only("product", "p1"),),
            "time": OCTOBER,
        },
        "filter_column",
    ),
    (
        "a share of squares",
        {"metrics": ("platform_hhi",), "dimensions": ("region",), "time": OCTOBER},
        "function",
    ),
]


@pytest.mark.parametrize(("name", "query", "rule"), STRUCTURAL, ids=[row[0] for row in STRUCTURAL])
def test_structural_rules(market: Market, name: str, query: dict[str, Any], rule: str) -> None:
    from queries.query import SemanticQuery

    problem = market.problem(SemanticQuery(**query))
    assert problem is not None
    assert (problem.reason, problem.rule) == ("group_too_small", rule)


EXEMPT = [
    ("buyers", ("platform",)),
    ("buyers", ("product",)),
    ("new_buyers", ("shop",)),
    ("buyers", ("channel",)),
]


@pytest.mark.parametrize(("metric", "dimensions"), EXEMPT)
def test_plain_buyer_counts_are_exempt(market: Market, metric: str, dimensions: tuple[str, ...]) -> None:
    """Product by day by shop cells of one order are business facts without an attribute of a person."""
    table = market.ask(metric, dimensions=dimensions, time=OCTOBER)
    assert not table.compiled.guarded
    assert all(row[metric] is not None for row in table.rows)


def test_every_guarded_cell_over_every_split_has_ten_persons(market: Market) -> None:
    """Whatever person attribute splits whatever: the shown buyers are none or ten. Orders without a buyer key have
    no attribute and nobody to protect."""
    splits = [
        ("region",),
        ("rfm",),
        ("lifecycle",),
        ("region", "platform"),
        ("rfm", "channel"),
        ("lifecycle", "region"),
    ]
    for dimensions in splits:
        for row in market.ask("buyers", dimensions=dimensions, time=OCTOBER).rows:
            nobody = row["buyers"] == 0 and row[dimensions[0]] is None
            assert nobody or row["buyers"] is None or row["buyers"] >= 10, (dimensions, row)


def test_the_population_of_a_form_is_its_filters_and_period(market: Market) -> None:
    table = market.ask("gmv", dimensions=("platform",), filters=(only("region", "浙江"),), time=OCTOBER)
    persons = market.sql(f"SELECT count(*) FROM ({table.compiled.population})")[0][0]
    assert persons == dict(market.sql(PERSONS.format(key="region", more="")))["浙江"]


def test_amounts_are_exact_decimals_under_the_guard(market: Market) -> None:
    row = market.ask("gmv", filters=(only("region", "浙江"),), time=OCTOBER).one
    assert isinstance(row["gmv"], Decimal)
    assert date(2026, 10, 31) + timedelta(days=1) == OCTOBER.end
