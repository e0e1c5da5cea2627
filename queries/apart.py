"""Which factor tree takes a change apart: the first of the model that the viewer may ask and the data fills."""

from __future__ import annotations

from typing import TYPE_CHECKING

from queries.model.drivers import Terms, ways_apart
from queries.query import SemanticQuery, TimeRange

if TYPE_CHECKING:
    from queries.answering import Answering, Asked

FIRST_PART = ("platform",)


def taken_apart(answering: Answering, asked: Asked, query: SemanticQuery) -> SemanticQuery:
    """The query with its factors filled in.

    A tree whose factors are all known and above zero is best; else the first that may be asked, whose factors then
    stand side by side; a metric without any is split by its most telling dimension.
    """
    found: SemanticQuery | None = None
    for way in ways_apart(answering.model, query.metrics[0]):
        trial = query.model_copy(update={"factors": way.factors})
        if answering.problem(asked, trial) or not _known_wherever_sold(answering, asked, query, way):
            continue
        if all(row["due"] is not None for row in answering.rows_of(asked, trial)):
            return trial
        found = found or trial
    if found is not None:
        return found
    driver = answering.model.drivers.get(query.metrics[0])
    told = "mix" if answering.model.metrics[query.metrics[0]].additivity == "ratio" else "parts"
    return query.model_copy(update={"change": told, "dimensions": driver.parts[:1] if driver else FIRST_PART})


def _known_wherever_sold(answering: Answering, asked: Asked, query: SemanticQuery, way: Terms) -> bool:
    """Whether the tree's delivered metric is there on every day and in every shop with sales, in both periods."""
    if not way.wherever:
        return True
    earlier = query.compare.against if query.compare else None
    return all(_known_in(answering, asked, query, way.wherever, period) for period in (query.time, earlier))


def _known_in(
    answering: Answering, asked: Asked, query: SemanticQuery, metric: str, period: TimeRange | None
) -> bool:
    daily = SemanticQuery(
        metrics=("gmv", metric), dimensions=("shop",), grain="day", time=period, filters=query.filters
    )
    if answering.problem(asked, daily):
        return False
    return all(row[metric] is not None for row in answering.rows_of(asked, daily) if row["gmv"])
