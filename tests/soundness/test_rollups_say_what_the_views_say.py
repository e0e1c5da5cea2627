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

ROLLUPS = {"sales_days", "placed_days", "refund_days", "product_days"}
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
