"""What an answer is told from: the query as it ran, its rows, and what is known beside them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from queries.compile import Clock, Compiled, footing
from queries.model.types import Language, Metric, Model
from queries.query import Query, RegisterQuery, SemanticQuery
from queries.tell.asides import Asides
from queries.viewer import Viewer


@dataclass(frozen=True)
class Telling:
    """One answered query."""

    query: Query
    compiled: Compiled
    rows: list[tuple[Any, ...]]
    model: Model
    viewer: Viewer
    clock: Clock
    language: Language
    base_currency: str = "CNY"
    defaults: tuple[str, ...] = ()
    asides: Asides = field(default_factory=Asides)
    k: int = 10
    names: dict[str, str] = field(default_factory=dict)
    """Display names of filtered keys (a product's title)."""
    emptied_by: str = ""
    """The filter without which there would be rows, in words."""

    @property
    def is_register(self) -> bool:
        return isinstance(self.query, RegisterQuery)

    @property
    def footing(self) -> SemanticQuery:
        """The metrics that are told, also where they are laid out as a grid or a funnel."""
        assert not isinstance(self.query, RegisterQuery)
        return footing(self.query, self.model)

    @property
    def metrics(self) -> list[Metric]:
        """The metrics the answer speaks of, each on the basis it ran on; the stages of a funnel, the factors of a
        change."""
        shown = [output.key for output in self.compiled.columns if output.kind in ("metric", "effect")]
        told = self.footing
        return [self.model.metrics[key] for key in (*(shown or told.metrics), *told.factors)]

    def unit_of(self, metric: str) -> str:
        """The unit a metric's figures are written in: its currency for money."""
        unit = self.model.metrics[metric].unit
        return self.currency if unit == "money" else unit

    @property
    def currency(self) -> str:
        """What amounts are shown in."""
        return (None if self.is_register else self.footing.currency) or self.base_currency

    def column(self, name: str) -> int:
        """Position of a column in the rows."""
        return next(n for n, output in enumerate(self.compiled.columns) if output.name == name)
