"""An answer as people, scripts and Slack receive it (the public JSON of `souk ask --json`)."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Status = Literal["answered", "clarify", "refused", "unsupported", "error"]
Cell = Decimal | int | str | date | datetime | bool | None
"""Ratios and money are Decimal: they become strings of digits in JSON."""


class Column(BaseModel):
    """One column: `label` is for people in the question's language, `name` is the model's key."""

    name: str
    unit: str
    """A currency code, count, ratio, date, text, hours or days."""
    label: str = Field(default="", exclude=True)
    names: dict[str, str] = Field(default={}, exclude=True)
    """What people call the codes of this column, in the question's language: jd -> 京东."""


class Choice(BaseModel):
    """One way to read an unclear question."""

    label: str
    query: dict[str, Any]
    reader: Literal["grammar", "llm"] = Field(default="grammar", exclude=True)
    """Whose reading it is; buttons keep it, so that the answer can say so."""


class Chart(BaseModel):
    """Which picture suits the rows; `none` for a single number or a long list."""

    kind: Literal["line", "bar", "pie", "area", "none"] = "none"
    only: str = Field(default="", exclude=True)
    """The one column to draw, where not the first figures."""


class Grid(BaseModel):
    """How people read rows that are cells of a grid: which columns run down, along, and stand in the cells."""

    down: str
    along: str
    value: str
    beside: str = ""
    """A column that belongs to the row itself (the size of a cohort)."""


class Period(BaseModel):
    """Inclusive on both ends, in shop-local days."""

    model_config = ConfigDict(populate_by_name=True)
    from_: date | None = Field(default=None, alias="from")
    to: date | None = None


class Answer(BaseModel):
    """Everything a surface needs; `model_dump(mode="json", by_alias=True)` is the contract's JSON."""

    id: str | None = None
    question: str
    language: Literal["en", "zh"] = "en"
    status: Status
    text: str
    columns: list[Column] = []
    rows: list[list[Any]] = []
    sql: str | None = None
    query: dict[str, Any] | None = None
    basis: str | None = None
    period: Period | None = None
    caveats: list[str] = []
    freshness: dict[str, datetime] = {}
    choices: list[Choice] = []
    reason: str | None = None
    chart: Chart = Chart()
    grid: Grid | None = Field(default=None, exclude=True)
    """For surfaces that people read; `rows` stay one cell each."""
    translator: Literal["grammar", "llm"] = "grammar"
    elapsed_ms: int = 0
    definition: str | None = Field(default=None, exclude=True)
    """The metric's definition in the asker's language, for "how is this computed"."""
    nearest: list[str] = Field(default=[], exclude=True)
    """Questions that would work, shown with a refusal."""
    lane: Literal["none", "business", "person", "registers"] = Field(default="none", exclude=True)
    """Which data the answer came from; `person` and `registers` stay out of business-only channels."""
    reference: str | None = Field(default=None, exclude=True)
    """Short id of a logged failure, for status `error`."""
