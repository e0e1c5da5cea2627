"""The semantic model as frozen types: what the YAML files beside this module declare.

An `Entity` is a fact (one row per ...), a `Measure` an aggregate over one or more entities, a `Metric` a formula
over measures, a `Dimension` a way to split or filter, a `Register` a list that can be asked for. Labels come in
both languages: the first word is the label, the rest are synonyms. This module imports nothing of ours.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

Language = Literal["en", "zh"]
Lane = Literal["business", "person"]
Unit = Literal["money", "count", "ratio", "number", "hours", "days", "date", "text"]
"""`money` is in the base currency; `number` is dimensionless and not a share (ROAS, HHI, a score)."""
Additivity = Literal["full", "not_over_time", "none", "ratio"]
Permission = Literal["open", "ops", "person", "settings", "registers"]
"""`ops`: connections, sync runs, data quality, exchange rates: anyone with the business lane. `person`: who may
ask the person lane."""


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Named(Frozen):
    """Something people have words for. `en`/`zh`: label first, then synonyms."""

    key: str
    en: tuple[str, ...]
    zh: tuple[str, ...]
    about_en: str = ""
    about_zh: str = ""

    @field_validator("en", "zh", mode="before")
    @classmethod
    def _as_list(cls, words: object) -> object:
        return (words,) if isinstance(words, str) else words

    def label(self, language: Language) -> str:
        """What the thing is called in an answer."""
        return (self.zh if language == "zh" else self.en)[0]

    def words(self, language: Language) -> tuple[str, ...]:
        """Label and synonyms."""
        return self.zh if language == "zh" else self.en

    def about(self, language: Language) -> str:
        """The definition sentence, which the answer quotes."""
        return self.about_zh if language == "zh" else self.about_en


class Lookup(Frozen):
    """A many-to-one side table: at most one row per key, so a join never multiplies facts."""

    key: str
    sql: str
    """A SELECT with exactly one row per `keys`."""
    keys: tuple[str, ...]
    lane: Lane = "business"
    per_bucket: bool = False
    """The SQL holds `{bucket}` (first day of the period a sale falls in) and has a column of that name."""


class Entity(Named):
    """A fact table or view as the compiler reads it.

    `days` names the date column per anchor; the first is the default one. `dimensions` maps a dimension's key to
    an SQL expression over the entity's columns; a bare name means the column of that name.
    """

    source: str
    """A view or table, or a SELECT in parentheses. `$period` in it is the asked period as a condition on the day
    column of its `v`: windows over rows keep a filter outside from reaching in."""
    where: str = ""
    days: dict[str, str] = {}
    weekdays: bool = True
    """False where a row is a whole buyer: "by weekday" is then about purchases, and another entity's."""
    keys: tuple[str, ...]
    """What identifies a row: the grain, for tie-breaks and distinct counts."""
    dimensions: dict[str, str] = {}
    lookups: tuple[str, ...] = ()
    columns: dict[str, str] = {}
    """Columns that the entity has only through a lookup: {customer_key: sale_order.customer_key}."""
    person: str = ""
    """Expression of the person behind a row ('' = none): platform and pseudonym."""
    lane: Lane = "business"
    complete: bool = False
    """True where a synced day without rows means zero; false where it means "not delivered"."""
    closes: str = ""
    """For `open_at_end`: the day a row stops being open (NULL = still open)."""
    series: tuple[str, ...] = ()
    """For levels (followers, stock): the columns that identify one series."""

    @field_validator("dimensions", mode="before")
    @classmethod
    def _plain_names(cls, given: object) -> object:
        if not isinstance(given, list):
            return given
        named: dict[str, object] = {}
        for item in given:
            named |= item if isinstance(item, dict) else {item: item}
        return named


Aggregate = Literal[
    "sum",
    "count",
    "distinct",
    "minimum",
    "maximum",
    "at_extreme",  # an attribute of the row with the largest or smallest value: max_by(day, amount)
    "earliest",  # the first day
    "latest_day",  # the last day
    "median",
    "p90",
    "persons",  # distinct persons
    "persons_repeating",  # persons with at least two distinct values of the expression (purchase days)
    "last_level",  # level at the end of the period, summed over series
    "last_persons",  # persons of the last snapshot of the period
    "opening_level",  # level before the period began, summed over series
    "open_at_end",  # rows opened by the end of the period and not closed before it
    "squared_shares",  # sum of squared shares of the parts in `over`
    "largest_share",  # share of the largest part in `over`
]


class Measure(Frozen):
    """One aggregate. `homes` maps an entity to the expression to aggregate there, coarsest grain first:
    the first home that knows every dimension asked for is used ("orders", then "lines" for a split by product).
    """

    key: str
    aggregate: Aggregate = "sum"
    homes: dict[str, str]
    where: str = ""
    """Keeps only these rows of the entity; may name columns that every home has."""
    day: str = ""
    """Anchor in `Entity.days`; '' = the entity's default."""
    unit: Unit = "count"
    matures_days: int = 0
    """NULL until so many days have passed since the period's last day: a cohort's future is unknown, not zero."""
    over: str = ""
    """For shares of parts (HHI): the dimension whose parts are compared."""


class Coverage(Frozen):
    """A margin is only as good as its known costs: full from 95 % on, of the covered part down to 50 %, else none."""

    of: str
    """Formula of the known part, between 0 and 1."""
    full_from: str = "0.95"
    shown_from: str = "0.5"
    covered: str
    """The same number of the covered part alone."""


class Metric(Named):
    """A number people ask for. `formula` is arithmetic over measures: `goods`, `goods - refunded`,
    `clicks / impressions`, `live_goods * 1000 / live_views`. A top-level division makes it a ratio, taken last.
    """

    formula: str
    unit: Unit
    additivity: Additivity = "full"
    group: str = "sales"
    """Section of the dictionary: sales, orders, refunds, buyers, traffic, ads, margin, live, operations ..."""
    basis: Literal["paid", "placed", "refund_to_order", "settled", "platform_native"] = "paid"
    bases: dict[str, str] = {}
    """Another basis of the same question is another metric: {placed: gmv_placed}."""
    more_is_better: bool | None = None
    provisional: bool = False
    """Late changes are normal: the last 15 days are marked."""
    caveats: tuple[str, ...] = ()
    """Sentences of `tell` that always belong to this number."""
    needs_dimensions: tuple[str, ...] = ()
    """Always shown per these dimensions, unless a filter leaves one value (ROAS: per platform)."""
    ranked_by: dict[str, str] = {}
    """Dimension -> the metric its list is ranked by instead: few reviews must not decide over many."""
    beside: tuple[str, ...] = ()
    """Metrics told with it where nothing is compared: the day and the platform of the largest order."""
    values_of: str = ""
    """For text: the dimension whose labels its values have."""
    coverage: Coverage | None = None
    places: int | None = None
    """Decimal places; default by unit (money: the currency's, ratio 6, number 6, hours and days 2)."""


class Value(Frozen):
    """One value of a closed list: its code in the data and its words, label first."""

    en: tuple[str, ...]
    zh: tuple[str, ...]

    @field_validator("en", "zh", mode="before")
    @classmethod
    def _as_list(cls, words: object) -> object:
        return (words,) if isinstance(words, str) else words


class Dimension(Named):
    """A way to split or filter. Found in an entity by its key, else through `lookup`."""

    type: Literal["text", "date", "number", "bool"] = "text"
    of_day: str = ""
    """SQL over `{day}`, for what every dated fact has: weekday, month of the year."""
    lookup: str = ""
    column: str = ""
    """Column of the lookup; '' = the dimension's key."""
    name_lookup: str = ""
    name_column: str = ""
    """A display name that goes with the key (a product's title), shown in its own column behind the key."""
    within: tuple[str, ...] = ()
    """Keys are unique only inside these dimensions: a product id inside platform and shop."""
    values: dict[str, Value] = {}
    index: bool = False
    """Values come from the data (`ValueIndex`); the question's words are matched against them."""
    index_sql: str = ""
    """SELECT of (key, name) pairs for the value index; runs on the business lane unless `lane` says person."""
    person_attribute: bool = False
    """Says something about persons: the group-size rule applies as soon as it splits or filters."""
    lane: Lane = "business"
    may_group: bool = True
    show_name: bool = False
    """Answers show the value's label instead of its code (weekdays)."""
    parents: tuple[str, ...] = ()
    """Coarser dimensions of the same hierarchy, nearest first."""


class Condition(Frozen):
    """A named condition of a register: `overdue`, `open`, `not enforced by code`."""

    en: tuple[str, ...]
    zh: tuple[str, ...]
    sql: str
    shown: tuple[str, ...] = ()
    """Columns of the list under this condition, where they differ from the register's."""

    @field_validator("en", "zh", mode="before")
    @classmethod
    def _as_list(cls, words: object) -> object:
        return (words,) if isinstance(words, str) else words


class Field_(Frozen):
    """A column of a register."""

    en: tuple[str, ...]
    zh: tuple[str, ...]
    unit: str = "text"
    sql: str = ""
    """Expression, where the column is not a column of that name."""
    values: dict[str, Value] = {}
    dimension: str = ""
    """Shares words and values with this dimension (platform)."""
    same_as: str = ""
    """`register.field` whose values this one shares."""
    many: bool = False
    """The column holds a list; a row fits where one of its entries does."""

    @field_validator("en", "zh", mode="before")
    @classmethod
    def _as_list(cls, words: object) -> object:
        return (words,) if isinstance(words, str) else words


class Register(Named):
    """A list that can be asked for: settings, registers kept by people, connections, runs, rates."""

    source: str
    """Table, or a SELECT in parentheses; may use $now, $today, $k (the group size) and $window (the period, as a
    condition on `sale_date`)."""
    permission: Permission
    fields: dict[str, Field_]
    shown: tuple[str, ...]
    """Columns of a list, in order."""
    conditions: dict[str, Condition] = {}
    default_conditions: tuple[str, ...] = ()
    order: tuple[str, ...] = ()
    """Field keys; a leading '-' sorts descending."""
    topic: tuple[str, ...] = ()
    """Text columns that `topic` words are looked for in."""
    time: str = ""
    """The instant or date column that a period narrows."""
    counts_en: str = "number"
    counts_zh: str = "数量"
    """What one row is, for "how many"."""
    persons: bool = False
    """One row is one person: counted under the group-size rule, never listed."""
    figures: bool = False
    """Its columns hold the number that "how many days do we keep" asks for: rows are shown then, not counted."""
    by_row: bool = False
    """A row for each thing people ask about: 各平台连接状态 shows them, it does not count them."""
    manual: bool = False
    """Kept by people: an empty one proves nothing."""
    lane: Literal["business", "person"] = "person"

    @property
    def narrows_by_time(self) -> bool:
        """Whether a period narrows the register: by a column of its own, or inside its source."""
        return bool(self.time) or "$window" in self.source


class Funnel(Named):
    """Stages from the first look to the purchase; one source delivers them all, or their rates would mean nothing."""

    stages: Annotated[tuple[str, ...], Field(min_length=2, max_length=6)]
    """Metric keys, widest first."""


class Term(Frozen):
    """A word with more than one reading. The default is named in the answer, the alternative is offered."""

    key: str
    en: tuple[str, ...] = ()
    zh: tuple[str, ...] = ()
    candidates: Annotated[tuple[str, ...], Field(min_length=1)]
    """Metric keys."""
    ask: Literal["always", "once_per_user", "never"] = "never"
    default: str = ""
    alternative: str = ""
    when: dict[str, str] = {}
    """Context (a dimension's key or `festival`) -> metric: the refund rate by product is the cohort form."""
    note_en: str = ""
    note_zh: str = ""
    """Sentence for the answer when the default was taken."""


class Tree(Frozen):
    """What a metric is made of: the product of `times`, or the sum of `plus` less `minus`."""

    times: tuple[str, ...] = ()
    plus: tuple[str, ...] = ()
    minus: tuple[str, ...] = ()
    wherever: str = ""
    """Metric that must be known on every day and in every shop with sales: else the product would speak of some
    shops and the metric of all."""


class Driver(Frozen):
    """How the change of a metric is taken apart. Metric keys throughout."""

    key: str
    trees: tuple[Tree, ...] = ()
    parts: tuple[str, ...] = ("platform",)
    """Dimensions that tell most about a change, the first of them by itself where there is no tree."""


class Declined(Frozen):
    """A topic we know we lack, with a sentence that helps."""

    key: str
    reason: Literal[
        "not_in_model", "not_a_data_question", "prediction_or_cause", "change_request", "person_lookup"
    ]
    en: tuple[str, ...]
    zh: tuple[str, ...]
    """Words that announce the topic."""
    sentence_en: str
    sentence_zh: str
    nearest: tuple[str, ...] = ()
    """Metric or register keys that come closest."""


class Model(Frozen):
    """Everything that can be asked, by key. `version` changes with any file."""

    version: str
    entities: dict[str, Entity]
    lookups: dict[str, Lookup]
    measures: dict[str, Measure]
    metrics: dict[str, Metric]
    dimensions: dict[str, Dimension]
    registers: dict[str, Register]
    funnels: dict[str, Funnel] = {}
    terms: dict[str, Term] = {}
    declined: dict[str, Declined] = {}
    drivers: dict[str, Driver] = {}
