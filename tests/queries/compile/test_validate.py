"""What stands against running a query."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from queries.compile import settled
from queries.model import load_model
from queries.query import Filter, Having, Order, SemanticQuery
from queries.viewer import Viewer
from tests.queries.asking import Market, days

MARCH = days(date(2025, 3, 1), date(2025, 3, 31))
VIEWER = Viewer(principal="v", role="viewer")
NOBODY = Viewer(principal="x", role="none", business_lane=False)

TABLE: list[tuple[str, dict[str, Any], Viewer, str | None]] = [
    # what, query, viewer, reason (None = may run)
    ("plain", {"metrics": ("gmv",)}, VIEWER, None),
    ("nobody", {"metrics": ("gmv",)}, NOBODY, "no_permission"),
    ("buyers need the person lane", {"metrics": ("buyers",)}, VIEWER, "no_permission"),
    (
        "a province needs the person lane",
        {"metrics": ("gmv",), "dimensions": ("region",)},
        VIEWER,
        "no_permission",
    ),
    (
        "so does a filter on one",
        {"metrics": ("gmv",), "filters": (Filter(dimension="region", values=("浙江",)),)},
        VIEWER,
        "no_permission",
    ),
    ("unknown metric", {"metrics": ("profit_forecast",)}, VIEWER, "not_in_model"),
    ("unknown dimension", {"metrics": ("gmv",), "dimensions": ("device",)}, VIEWER, "not_in_model"),
    (
        "ad spend has no category",
        {"metrics": ("ad_spend",), "dimensions": ("category",)},
        VIEWER,
        "not_in_model",
    ),
    (
        "a ratio needs both sides",
        {"metrics": ("tacos",), "dimensions": ("category",)},
        VIEWER,
        "not_in_model",
    ),
    (
        "the HHI compares platforms",
        {"metrics": ("platform_hhi",), "dimensions": ("platform",)},
        VIEWER,
        "not_in_model",
    ),
    (
        "the size of an order filters",
        {"metrics": ("orders",), "filters": (Filter(dimension="order_value", op="gt", values=("500",)),)},
        VIEWER,
        None,
    ),
    (
        "and never splits",
        {"metrics": ("orders",), "dimensions": ("order_value",)},
        VIEWER,
        "not_in_model",
    ),
    (
        "it is compared with a number",
        {"metrics": ("orders",), "filters": (Filter(dimension="order_value", op="gt", values=("1 OR 1",)),)},
        VIEWER,
        "not_in_model",
    ),
    (
        "and never stands for one of a list",
        {"metrics": ("orders",), "filters": (Filter(dimension="order_value", values=("500",)),)},
        VIEWER,
        "not_in_model",
    ),
    (
        "an amount beside persons singles them out",
        {"metrics": ("buyers",), "filters": (Filter(dimension="order_value", op="ge", values=("500",)),)},
        Viewer.owner(),
        "group_too_small",
    ),
    (
        "order by what is not there",
        {"metrics": ("gmv",), "dimensions": ("platform",), "order": (Order(by="orders"),)},
        VIEWER,
        "not_in_model",
    ),
    (
        "threshold on what is not there",
        {
            "metrics": ("gmv",),
            "dimensions": ("platform",),
            "having": (Having(metric="units", op="gt", value=1),),
        },
        VIEWER,
        "not_in_model",
    ),
]


@pytest.mark.parametrize(("what", "query", "viewer", "reason"), TABLE, ids=[row[0] for row in TABLE])
def test_validate(
    golden: Market, what: str, query: dict[str, Any], viewer: Viewer, reason: str | None
) -> None:
    problem = golden.problem(SemanticQuery(time=MARCH, **query), viewer)
    assert (problem.reason if problem else None) == reason


def test_the_words_of_a_misfit_name_metric_and_dimension(golden: Market) -> None:
    problem = golden.problem(
        SemanticQuery(metrics=("ad_spend",), dimensions=("platform", "category"), time=MARCH)
    )
    assert problem and problem.about == ("ad_spend", "category")


def test_a_viewer_of_one_shop_sees_one_shop(golden: Market) -> None:
    mine = VIEWER.model_copy(update={"shops": (("jd", "J1"),)})
    assert golden.ask("gmv", viewer=mine, time=MARCH).one["gmv"] == 80
    assert golden.ask("gmv", dimensions=("platform",), viewer=mine, time=MARCH).by("platform").keys() == {
        "jd"
    }


def test_roas_is_always_per_platform_unless_one_is_named() -> None:
    query = SemanticQuery(metrics=("roas",), time=MARCH)
    assert settled(query, load_model()).dimensions == ("platform",)  # type: ignore[union-attr]
    one = query.model_copy(update={"filters": (Filter(dimension="platform", values=("jd",)),)})
    assert settled(one, load_model()).dimensions == ()  # type: ignore[union-attr]
