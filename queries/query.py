"""The typed semantic query: what a question becomes before anything runs.

Grammar, language model, buttons and stored questions all produce these types; one validator, one
compiler and one explainer read them. This module imports nothing of ours.

>>> SemanticQuery(metrics=("gmv",), time=TimeRange(start=date(2026, 10, 1), end=date(2026, 11, 1)))
SemanticQuery(metrics=('gmv',), ...)
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Grain = Literal["day", "week", "month", "quarter", "year"]
Basis = Literal["paid", "placed", "refund_to_order", "settled", "platform_native"]


class Frozen(BaseModel):
    """Immutable and hashable, so a query is its own cache key."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class TimeRange(Frozen):
    """Half-open [start, end) of dates; each shop counts its own days of these dates."""

    start: date | None = None
    end: date | None = None
    said: str = ""
    """The words it came from; empty means a declared default."""
    to_date: bool = False
    """The period is still running: comparisons align elapsed with elapsed."""
    unit: Literal["day", "week", "month", "quarter", "year", "days", "festival", "free"] = "free"
    """What kind of period was said, so that "the previous one" is of the same kind."""

    @property
    def last_day(self) -> date | None:
        """The inclusive end, as people and the answer's `period` write it."""
        return self.end - timedelta(days=1) if self.end else None


class Comparison(Frozen):
    """A second period to set beside the first."""

    kind: Literal["previous_period", "year_ago", "same_festival_last_year", "explicit"]
    align: Literal["elapsed", "calendar"] = "elapsed"
    against: TimeRange | None = None
    """Resolved dates. The translator always fills it; the compiler reads only this."""


class Filter(Frozen):
    """A condition on one dimension; values are keys of that dimension, never free text.

    gt/ge/lt/le compare a measured dimension (the size of an order, in base currency) with one number; `between`
    with two, both included.
    """

    dimension: str
    op: Literal["in", "not_in", "is_unknown", "is_known", "gt", "ge", "lt", "le", "between"] = "in"
    values: tuple[str, ...] = ()


class Having(Frozen):
    """A threshold on an aggregated metric ("more than 100 units"). Ratios are ratios: 8 % is 0.08."""

    metric: str
    op: Literal["gt", "ge", "lt", "le", "eq"]
    value: Decimal


class Base(Frozen):
    """A minimum size in the period compared with: no growth from one order to three leads a list. A ratio needs it
    in both periods."""

    metric: str
    at_least: Annotated[int, Field(ge=1)]


class Order(Frozen):
    """Sort key: a metric or dimension of the query, or `change`/`change_ratio`/`share` where the query has one."""

    by: str
    descending: bool = True


class PerGroupTop(Frozen):
    """The top n inside each combination of `within`."""

    n: Annotated[int, Field(ge=1, le=100)]
    within: tuple[str, ...]
    by: str
    descending: bool = True
    periods: bool = False
    """The periods of the query's grain are ranked: the best month of each platform."""


class TopOf(Frozen):
    """Only the first n of the query's one dimension, ranked over the whole period: the monthly GMV of our top 3."""

    n: Annotated[int, Field(ge=1, le=100)]
    by: str
    descending: bool = True


class SemanticQuery(Frozen):
    """Metrics over dimensions of the semantic model."""

    kind: Literal["metrics"] = "metrics"
    metrics: Annotated[tuple[str, ...], Field(min_length=1, max_length=6)]
    dimensions: tuple[str, ...] = ()
    filters: tuple[Filter, ...] = ()
    time: TimeRange | None = None
    basis: Basis | None = None
    grain: Grain | None = None
    """A time column in the answer: one row per day, week ..."""
    compare: Comparison | None = None
    share_of: Literal["total", "group", "part"] | None = None
    """`total`: each row over the sum of all rows; with a filter on the only dimension, the filtered part
    over the whole without that filter ("what % of sales is douyin"). `part`: each row over the same row without
    the last filter ("cash-on-delivery share of orders by platform")."""
    having: tuple[Having, ...] = ()
    base: Base | None = None
    order: tuple[Order, ...] = ()
    limit: Annotated[int, Field(ge=1, le=1000)] | None = None
    top_per_group: PerGroupTop | None = None
    among: TopOf | None = None
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")] | None = None
    """Amounts are shown in this currency, all at one rate: that of the last day of the period, or the last before."""
    per: Literal["day", "week", "month", "quarter", "year", "session"] | None = None
    """The metrics as their average per day (week ...) of the period, or per live session. A grain stays the row:
    `per="day"` with `grain="month"` is the daily average of each month."""
    against: Literal["ratio", "difference"] | None = None
    """Two metrics set against each other: the first over the second, or the first less the second, as a further
    column ("ratio of returning to new buyers", "GMV minus settled amount")."""
    change: Literal["parts", "factors", "ranks", "mix"] | None = None
    """How the change against `compare` is told. `parts`: each row's share of the whole change, the rows beyond
    `limit` in one last row, so that the rows add up. `factors`: one row per factor of the metric with what is due
    to it. `ranks`: the place of each row now and before. `mix`: of a ratio, what each row's own figure and what
    its weight did."""
    factors: tuple[str, ...] = ()
    """The factor tree of a `factors` query: metrics whose product (or sum) is the metric; () leaves the choice
    among the model's trees to what the data has."""

    @model_validator(mode="after")
    def _shape(self) -> SemanticQuery:
        if self.limit and not (self.dimensions or self.grain):
            raise ValueError("a limit needs something to list")
        if self.share_of and not (self.dimensions or self.filters):
            raise ValueError("a share needs a part")
        if self.share_of == "part" and not self.filters:
            raise ValueError("a share of a part needs the filter that makes it")
        if self.top_per_group and not set(self.top_per_group.within) <= set(self.dimensions):
            raise ValueError("top per group needs its groups among the dimensions")
        if self.top_per_group and self.top_per_group.periods and not self.grain:
            raise ValueError("ranked periods need a grain")
        if self.among and (len(self.dimensions) != 1 or not self.grain or self.limit or self.top_per_group):
            raise ValueError("the course of the first n needs a grain and one dimension, and no other rank")
        if self.base and not self.compare:
            raise ValueError("a base is a size in the period compared with")
        if self.currency and (self.change or self.having):
            raise ValueError("what adds up, or is held against an amount, stays in the base currency")
        if self.against and (len(self.metrics) != 2 or self.share_of or self.compare or self.per or self.currency):
            raise ValueError("two figures, and nothing else, are set against each other")
        if self.per and (self.share_of or self.change):
            raise ValueError("an average has no share and no parts")
        return self

    @model_validator(mode="after")
    def _told_change(self) -> SemanticQuery:
        if self.factors and self.change != "factors":
            raise ValueError("factors belong to a change told by factors")
        if not self.change:
            return self
        if len(self.metrics) != 1 or self.compare is None or self.grain or self.having:
            raise ValueError("a change is told of one metric between two periods")
        if self.share_of or self.top_per_group:
            raise ValueError("a change is told by itself, not as a share or inside groups")
        if (self.change == "factors") == bool(self.dimensions):
            raise ValueError("parts and ranks need a dimension, factors have none")
        return self


class RegisterQuery(Frozen):
    """A list or a count from a register: privacy settings, connections, sync runs, exchange rates."""

    kind: Literal["register"] = "register"
    register_name: str
    """A register of the semantic model, for example `retention_rules`."""
    conditions: tuple[str, ...] = ()
    """Named conditions that the register declares, for example `overdue`."""
    filters: tuple[Filter, ...] = ()
    count_by: tuple[str, ...] | None = None
    """None lists rows; () counts them; columns count per value."""
    columns: tuple[str, ...] = ()
    """Columns that were asked for beside those a list shows anyway."""
    topic: str = ""
    """Words to look for in the register's text columns (a PIA's title); escaped, never SQL."""
    time: TimeRange | None = None
    time_field: str = ""
    """The date column that `time` narrows, for example `ends_on`; '' = the register's own."""
    limit: Annotated[int, Field(ge=1, le=1000)] | None = None


class CohortQuery(Frozen):
    """Buyers by the month of their first sale, and each month after it: who came back, or what they brought.

    >>> CohortQuery(time=last_six_months)      # the retention of the cohorts of these months
    """

    kind: Literal["cohorts"] = "cohorts"
    measure: Literal["retention", "value"] = "retention"
    """`retention`: the share of the cohort that bought in the month; `value`: net sales so far per buyer."""
    months: Annotated[int, Field(ge=1, le=12)] = 12
    """The last month after the first purchase that is shown."""
    from_month: Annotated[int, Field(ge=0, le=12)] = 0
    """The first one: 1 for "how many came back in the month after"."""
    dimensions: tuple[str, ...] = ()
    """A grid per platform, or one for all."""
    filters: tuple[Filter, ...] = ()
    time: TimeRange | None = None
    """The months of first purchase."""


class FunnelQuery(Frozen):
    """The stages of a funnel that the model declares, each over the one before it."""

    kind: Literal["funnel"] = "funnel"
    funnel: str
    dimensions: tuple[str, ...] = ()
    """One funnel per value; people do not add up over platforms, so there is always one per platform."""
    filters: tuple[Filter, ...] = ()
    time: TimeRange | None = None


class MovementQuery(Frozen):
    """Buyers between segments at two dates, from the daily snapshots."""

    kind: Literal["movement"] = "movement"
    segments: Literal["rfm", "lifecycle", "value_tier"]
    earlier: date
    later: date
    """Each date stands for the last snapshot up to it."""
    leaving: tuple[str, ...] = ()
    entering: tuple[str, ...] = ()
    """Segments at the earlier and at the later date; () = all."""
    as_rate: bool = False
    """Told as the share of those in `leaving` who were in `entering` later: the churn rate."""
    filters: tuple[Filter, ...] = ()

    @model_validator(mode="after")
    def _forwards(self) -> MovementQuery:
        if self.earlier >= self.later:
            raise ValueError("a movement needs two dates, the earlier one first")
        if self.as_rate and not (self.leaving and self.entering):
            raise ValueError("a rate needs where they were and where they went")
        return self


class PaybackQuery(Frozen):
    """Days until the net sales of a first-purchase cohort have paid for its acquisition."""

    kind: Literal["payback"] = "payback"
    dimensions: tuple[str, ...] = ()
    filters: tuple[Filter, ...] = ()
    time: TimeRange | None = None
    """When the cohort came in, and its ads were paid."""


class AbsentQuery(Frozen):
    """What did not happen: products on the shelf without a sale in the period, products sold and never refunded."""

    kind: Literal["absent"] = "absent"
    of: Literal["product", "sku"] = "product"
    what: Literal["sale", "refund"] = "sale"
    stocked: bool = False
    """Only those with stock."""
    count_by: tuple[Literal["platform", "shop", "category", "brand"], ...] = ()
    """Per value how many of how many; () lists them."""
    filters: tuple[Filter, ...] = ()
    """By platform, shop, category or brand, `in` or `not_in`."""
    time: TimeRange | None = None
    limit: Annotated[int, Field(ge=1, le=1000)] | None = None


class ConcentrationQuery(Frozen):
    """How much the largest few make: the share of the top 10 % of customers, how many products make 80 % of sales."""

    kind: Literal["concentration"] = "concentration"
    of: Literal["buyer", "product", "sku", "category", "brand"] = "product"
    metric: str = "gmv"
    top: Annotated[Decimal, Field(gt=0, le=1)] | None = None
    """The largest so many of them: 0.1 for the top 10 %."""
    reach: Annotated[Decimal, Field(gt=0, le=1)] | None = None
    """As few as make so much: 0.8 for 80 % of the whole."""
    filters: tuple[Filter, ...] = ()
    time: TimeRange | None = None

    @model_validator(mode="after")
    def _one_side(self) -> ConcentrationQuery:
        if (self.top is None) == (self.reach is None):
            raise ValueError("either the first n % or a share to reach")
        return self


ShapedQuery = CohortQuery | FunnelQuery | MovementQuery | PaybackQuery | AbsentQuery | ConcentrationQuery
Query = Annotated[
    SemanticQuery
    | RegisterQuery
    | CohortQuery
    | FunnelQuery
    | MovementQuery
    | PaybackQuery
    | AbsentQuery
    | ConcentrationQuery,
    Field(discriminator="kind"),
]


class Answerable(Frozen):
    """One reading and no word left unread."""

    query: Query
    defaults: tuple[str, ...] = ()
    """Keys of the declared defaults that shaped the reading, for the answer to name."""


class Option(Frozen):
    """One way to understand the question; buttons carry the stored query, not text."""

    label: str
    query: Query
    means: str = ""
    """The metric this option takes the unclear word for."""
    reader: Literal["grammar", "llm"] = "grammar"
    """Whose reading it is: an answer by a language model says so."""


class Clarify(Frozen):
    """The same words have more than one reading."""

    about: str
    term: str = ""
    """Key of a word that is asked about once per person: the choice is remembered."""
    options: Annotated[tuple[Option, ...], Field(min_length=2, max_length=4)]


RefusalReason = Literal[
    "not_in_model",
    "no_permission",
    "not_a_data_question",
    "prediction_or_cause",
    "change_request",
    "unread_words",
    "group_too_small",
    "person_lookup",
    "personal_data_in_question",
]


class Refuse(Frozen):
    """No reading we could answer for."""

    reason: RefusalReason
    words: tuple[str, ...] = ()
    """What was not read, or what the refusal is about."""
    nearest: tuple[str, ...] = ()
    """Questions that can be answered, in the asker's language."""
    topic: str = ""
    """Key of a `declined` sentence in the semantic model, or the setting a change request is about."""
    show: Query | None = None
    """For a change request: the query that shows the present value."""
    without: Option | None = None
    """For unread words: what the question says without them, if that can be answered."""


Reading = Answerable | Clarify | Refuse
