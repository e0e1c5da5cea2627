"""Which metric can be split or filtered by which dimension: the model's own answer, asked before we offer it."""

from __future__ import annotations

import re
from functools import lru_cache

from queries.model import Dimension, Entity, Model

_NAME = re.compile(r"[a-z_][a-z_0-9]*")


class Fit:
    """`allows("gmv", ("platform",))` is True where one home of every measure knows all the dimensions."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self._measures = {key: tuple(name for name in dict.fromkeys(_NAME.findall(metric.formula))
                                     if name in model.measures) for key, metric in model.metrics.items()}
        self.allows = lru_cache(maxsize=4096)(self._allows)

    def _allows(self, metric: str, dimensions: tuple[str, ...]) -> bool:
        if metric not in self.model.metrics or any(name not in self.model.dimensions for name in dimensions):
            return False
        return all(any(all(self._knows(self.model.entities[home], self.model.dimensions[name]) for name in dimensions)
                       for home in self.model.measures[measure].homes) for measure in self._measures[metric])

    @staticmethod
    def _knows(entity: Entity, dimension: Dimension) -> bool:
        if getattr(dimension, "of_day", ""):
            return bool(entity.days)
        return dimension.key in entity.dimensions or bool(dimension.lookup and dimension.lookup in entity.lookups)

    def person(self, metric: str) -> bool:
        """True where the metric counts persons or reads a person-lane table."""
        return any(self.model.measures[name].aggregate in ("persons", "persons_repeating") or any(
            self.model.entities[home].lane == "person" for home in self.model.measures[name].homes)
            for name in self._measures.get(metric, ()))
