"""What one query is compiled against: its periods, its variants, and how a dimension reads in an entity."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Literal

from queries.model.types import Dimension, Entity, Measure, Metric, Model
from queries.query import Filter, Grain, SemanticQuery
from queries.viewer import Viewer


@dataclass(frozen=True)
class Disclosure:
    """The rule of `privacy.disclosure_rules` in force, with the viewer's own floor."""

    min_group: int = 10
    complement: bool = True
    small_cells: Literal["fold_into_other", "suppress"] = "fold_into_other"
    dominance_max: str = "0.8"
    filters: tuple[str, ...] = (
        "rfm",
        "lifecycle",
        "value_tier",
        "region",
        "buyer_kind",
        "channel",
        "platform",
        "shop",
        "day",
    )


@dataclass(frozen=True)
class Clock:
    """The one clock of a question."""

    now: datetime
    """UTC."""
    today: date
    """On the workspace's clock."""


@dataclass(frozen=True)
class Variant:
    """The same facts over another period, without a filter, or at a coarser grain."""

    suffix: str
    start: date | None
    end: date | None
    """Exclusive."""
    filters: tuple[Filter, ...]
    dimensions: tuple[str, ...]
    shift: tuple[int, str] | None = None
    """(n, unit) that moves this variant's buckets onto the asked period's."""
    everyone_else: bool = False
    """The persons that the person filters leave out: for the complement check."""


@dataclass
class Scope:
    """One query with everything that decides its SQL."""

    query: SemanticQuery
    model: Model
    viewer: Viewer
    clock: Clock
    disclosure: Disclosure = field(default_factory=Disclosure)
    base_currency: str = "CNY"

    @property
    def grain(self) -> Grain | None:
        return self.query.grain

    @property
    def metrics(self) -> list[Metric]:
        """The metrics asked for, each on the basis asked for."""
        return [self.model.metrics[self.on_basis(key)] for key in self.query.metrics]

    @property
    def counted(self) -> list[Metric]:
        """Every metric whose measures are needed: those asked for, the factors they are taken apart into, the
        sessions that an average per live session is taken over, and what a minimum size is of."""
        more = [*self.query.factors, *(["live_sessions"] if self.query.per == "session" else [])]
        more += [self.query.base.metric] if self.query.base else []
        return [*self.metrics, *(self.model.metrics[key] for key in more)]

    def on_basis(self, key: str) -> str:
        """A basis is another metric of the same question: net sales on basis `placed` is placed GMV."""
        metric = self.model.metrics[key]
        basis = self.query.basis
        return metric.bases.get(basis, key) if basis and basis != metric.basis else key

    @property
    def group(self) -> tuple[str, ...]:
        """Dimensions grouped by: those asked for, and those inside which their keys are unique."""
        keys: list[str] = []
        for key in self.query.dimensions:
            keys += [*self.model.dimensions[key].within, key]
        return tuple(dict.fromkeys(keys))

    @property
    def person_dimensions(self) -> tuple[str, ...]:
        return tuple(key for key in self.query.dimensions if self.model.dimensions[key].person_attribute)

    @property
    def person_filters(self) -> tuple[Filter, ...]:
        return tuple(f for f in self.query.filters if self.model.dimensions[f.dimension].person_attribute)

    @property
    def guarded(self) -> bool:
        """Whether the group-size rule applies: a person attribute splits or filters."""
        return bool(self.person_dimensions or self.person_filters)

    @property
    def k(self) -> int:
        return max(self.disclosure.min_group, self.viewer.min_group)

    def period(self) -> tuple[date | None, date | None]:
        time = self.query.time
        return (time.start, time.end) if time else (None, None)


def resolve(dimension: Dimension, entity: Entity, anchor: str) -> str | None:
    """How the dimension reads in the entity; None where the entity does not know it.

    >>> resolve(model.dimensions["brand"], model.entities["lines"], "sale")
    'product_info.brand'
    """
    if dimension.key in entity.dimensions:
        return entity.dimensions[dimension.key]
    if dimension.of_day and entity.days and entity.weekdays:
        return dimension.of_day.format(day=entity.days[anchor])
    if dimension.lookup and dimension.lookup in entity.lookups:
        return f"{dimension.lookup}.{dimension.column or dimension.key}"
    return None


def anchor_of(measure: Measure, entity: Entity) -> str:
    """The day column a measure counts by in this entity."""
    return measure.day or next(iter(entity.days), "")


def home_of(measure: Measure, wanted: tuple[str, ...], model: Model) -> Entity | None:
    """The coarsest entity that knows every dimension wanted."""
    for name in measure.homes:
        entity = model.entities[name]
        if measure.day and measure.day not in entity.days:
            continue
        anchor = anchor_of(measure, entity)
        if all(resolve(model.dimensions[key], entity, anchor) is not None for key in wanted):
            return entity
    return None


def bucket_step(grain: Grain) -> tuple[int, str]:
    """How far the next bucket is, in days or months.

    >>> bucket_step("quarter")
    (3, 'month')
    """
    return {
        "day": (1, "day"),
        "week": (7, "day"),
        "month": (1, "month"),
        "quarter": (3, "month"),
        "year": (12, "month"),
    }[grain]


def first_of(grain: Grain, day: date) -> date:
    """The first day of the bucket a day falls in."""
    if grain == "week":
        return day - timedelta(days=day.weekday())
    if grain == "month":
        return day.replace(day=1)
    if grain == "quarter":
        return day.replace(month=3 * ((day.month - 1) // 3) + 1, day=1)
    if grain == "year":
        return day.replace(month=1, day=1)
    return day


def shift_between(grain: Grain, now: date, before: date) -> tuple[int, str]:
    """What to add to a bucket of the earlier period to lay it on the asked one.

    >>> shift_between("month", date(2026, 10, 1), date(2025, 10, 1))
    (12, 'month')
    """
    now, before = first_of(grain, now), first_of(grain, before)
    if grain in ("day", "week"):
        return (now - before).days, "day"
    return (now.year - before.year) * 12 + now.month - before.month, "month"
