"""The metric query a shape stands on: its figures, period and filters, before they are laid out.

A cohort grid, a funnel and a movement between segments are judged and told by the same rules as the metrics they
are made of: who may see them, which lane they need, what must be said beside them.
"""

from __future__ import annotations

from datetime import timedelta

from queries.model.types import Model
from queries.query import (
    AbsentQuery,
    CohortQuery,
    ConcentrationQuery,
    FunnelQuery,
    MovementQuery,
    PaybackQuery,
    SemanticQuery,
    ShapedQuery,
    TimeRange,
)

COHORT = ("cohort_month", "month_no")


def footing(query: SemanticQuery | ShapedQuery, model: Model) -> SemanticQuery:
    """The metrics under a shape; a metric query stands on itself.

    >>> footing(FunnelQuery(funnel="ads"), model).metrics
    ('ad_impressions', 'ad_clicks', 'attributed_orders')
    """
    if isinstance(query, CohortQuery):
        told = "retention_rate" if query.measure == "retention" else "cohort_value"
        metrics = ("cohort_members", "cohort_active", told)
        dimensions = (*query.dimensions, *COHORT)
        return SemanticQuery(metrics=metrics, dimensions=dimensions, filters=query.filters, time=query.time)
    if isinstance(query, FunnelQuery):
        dimensions = tuple(dict.fromkeys([*_places(query), *query.dimensions]))
        stages = model.funnels[query.funnel].stages
        return SemanticQuery(metrics=stages, dimensions=dimensions, filters=query.filters, time=query.time)
    if isinstance(query, MovementQuery):
        day = TimeRange(start=query.later, end=query.later + timedelta(days=1))
        return SemanticQuery(
            metrics=("segment_customers",), dimensions=(query.segments,), filters=query.filters, time=day
        )
    if isinstance(query, PaybackQuery):
        metrics = ("cac", "first_buyers", "ad_spend")
        return SemanticQuery(
            metrics=metrics, dimensions=query.dimensions, filters=query.filters, time=query.time
        )
    if isinstance(query, AbsentQuery):
        dimensions = query.count_by or (query.of,)
        return SemanticQuery(metrics=("units",), dimensions=dimensions, filters=query.filters, time=query.time)
    if isinstance(query, ConcentrationQuery):
        buyers = query.of == "buyer"
        return SemanticQuery(
            metrics=(query.metric, "buyers") if buyers else (query.metric,),
            dimensions=() if buyers else (query.of,),
            filters=query.filters,
            time=query.time,
        )
    return query


def _places(query: FunnelQuery) -> tuple[str, ...]:
    """The platform, unless a filter leaves one: visitors of two platforms are not one number of people."""
    one = any(f.dimension == "platform" and f.op == "in" and len(f.values) == 1 for f in query.filters)
    return () if one else ("platform",)
