"""Invariant: a figure from the daily rollups is the figure from the canonical views.

Breach: the total of a platform differs from the total of its categories, and nobody notices.
"""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from queries.compile import Clock, compile_query, settled, validate
from queries.model import Model, load_model
from queries.query import SemanticQuery
from queries.viewer import Viewer
from tests.queries.asking import Market, days

ROLLUPS = {"sales_days", "placed_days", "refund_days", "product_days", "new_buyers"}
PERIOD = days(date(2026, 9, 25), date(2026, 11, 20))


def without_rollups(model: Model) -> Model:
    """The same measures, counted from the views alone."""
    measures = {}
    for key, measure in model.measures.items():
        homes = {home: text for home, text in measure.homes.items() if home not in ROLLUPS}
        measures[key] = measure.model_copy(update={"homes": homes})
    return model.model_copy(update={"measures": measures})


def metrics() -> list[str]:
    model = load_model()
    uses = [key for key, measure in model.measures.items() if ROLLUPS & set(measure.homes)]
    return [key for key, metric in model.metrics.items() if any(name in metric.formula for name in uses)]


def splits() -> list[tuple[str, tuple[str, ...]]]:
    """Every metric in total, and by shop and channel where the model splits it so."""
    model, clock = load_model(), Clock(datetime(2026, 11, 24, tzinfo=UTC), date(2026, 11, 24))
    found = []
    for metric in metrics():
        for dimensions in ((), ("shop",), ("channel",)):
            query = SemanticQuery(metrics=(metric,), dimensions=dimensions, time=PERIOD)
            if not dimensions or validate(settled(query, model), model, Viewer.owner(), clock) is None:
                found.append((metric, dimensions))
    return found


@pytest.mark.parametrize(("metric", "dimensions"), splits())
def test_rollups_and_views_agree(market: Market, metric: str, dimensions: tuple[str, ...]) -> None:
    model = load_model()
    query = SemanticQuery(metrics=(metric,), dimensions=dimensions, time=PERIOD)
    assert market.problem(query) is None
    results = []
    for version in (model, without_rollups(model)):
        compiled = compile_query(query, version, market.viewer, market.clock())
        results.append(market.sql(compiled.sql))
    assert results[0] == results[1]


@pytest.mark.parametrize("dimensions", [(), ("platform",), ("weekday",)])
def test_new_buyers_of_each_month_agree(market: Market, dimensions: tuple[str, ...]) -> None:
    model = load_model()
    query = SemanticQuery(metrics=("new_buyers",), dimensions=dimensions, grain="month", time=PERIOD)
    results = []
    for version in (model, without_rollups(model)):
        results.append(market.sql(compile_query(query, version, market.viewer, market.clock()).sql))
    assert results[0] == results[1]


def test_the_first_day_of_every_buyer_is_that_of_the_first_sale(market: Market) -> None:
    kept = market.sql("SELECT platform, customer_key, first_date FROM rollup_buyers ORDER BY ALL")
    assert kept and kept == market.sql("""
        SELECT platform, customer_key, min(sale_date)
        FROM v_orders
        WHERE is_sale AND customer_key IS NOT NULL
        GROUP BY platform, customer_key
        ORDER BY ALL""")
