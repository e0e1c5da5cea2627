"""What the model fills in: one flat form. Unions would become `oneOf`, which strict providers reject."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field


class SaidFilter(BaseModel):
    """A value the question names."""

    dimension: str = Field(description="Key of a dimension from the catalogue.")
    said: list[str] = Field(description="The words for each value, copied from the question.")
    exclude: bool = Field(default=False, description="True for 'without', 'except', 不含.")


class SaidThreshold(BaseModel):
    """A limit on a metric ("more than 100 units")."""

    metric: str
    op: Literal["gt", "ge", "lt", "le"]
    said: str = Field(description="The number with its unit, copied from the question.")


class Draft(BaseModel):
    """A reading of one question, in keys of the catalogue and words copied from the question."""

    outcome: Literal["query", "unclear", "not_answerable"]
    metrics: list[str] = Field(default=[], description="Keys of metrics, in the order asked.")
    dimensions: list[str] = Field(default=[], description="Keys of dimensions the answer is split by.")
    grain: Literal["none", "day", "week", "month", "quarter", "year"] = "none"
    time_said: str = Field(default="", description="The words of the period, copied; empty if none was said.")
    compare: Literal["none", "previous_period", "year_ago"] = "none"
    filters: list[SaidFilter] = []
    thresholds: list[SaidThreshold] = []
    share: bool = Field(default=False, description="True if shares of the total are asked.")
    rank: Literal["none", "top", "bottom"] = "none"
    rank_said: str = Field(default="", description="The number of rows, copied; empty if none was said.")
    unread: list[str] = Field(
        default=[], description="Words of the question this reading leaves out, copied."
    )
