"""Ready mappings for the order exports of the platforms' back offices, recognised by their headers.

Each is a YAML file of this folder: a mapping (`mapping.py`) without its shop, with a title, the columns by which
it is known (`needed`) and where the knowledge comes from (`provenance`). What each column is and how it is treated
stands in `fields.yaml` under the layout's name.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from connectors.file.mapping import Mapping_, read
from connectors.file.troubles import BadMapping

FOLDER = Path(__file__).parent
ABOUT = ("title_en", "title_zh", "provenance")


@dataclass(frozen=True)
class Layout:
    """One kind of export. `given` is its mapping without shop and file."""

    name: str
    title_en: str
    title_zh: str
    provenance: str
    given: dict[str, Any]

    @property
    def platform(self) -> str:
        return str(self.given["platform"])

    @property
    def needed(self) -> tuple[str, ...]:
        return tuple(self.given["needed"])

    def as_mapping(self) -> dict[str, Any]:
        """What a mapping that names this layout takes over."""
        return {**self.given, "layout": self.name}

    def for_shop(self, shop_id: str, **more: Any) -> Mapping_:
        return read({"name": self.name, **self.as_mapping(), "shop_id": shop_id, **more}, self.name)


@lru_cache
def layouts() -> tuple[Layout, ...]:
    """All of them, by name."""
    return tuple(_load(path) for path in sorted(FOLDER.glob("*.yaml")))


def ready(name: str, asked_by: str = "") -> Layout:
    """The layout of this name. Raises BadMapping with the names there are."""
    for layout in layouts():
        if layout.name == name:
            return layout
    names = ", ".join(layout.name for layout in layouts())
    raise BadMapping(file=asked_by or name, why=f"there is no layout {name} (one of {names})")


def recognised(headers: Iterable[str]) -> Layout | None:
    """The layout whose every needed column is there; of several the one that needs most."""
    present = set(headers)
    fitting = [layout for layout in layouts() if present.issuperset(layout.needed)]
    return max(fitting, key=lambda layout: len(layout.needed), default=None)


def _load(path: Path) -> Layout:
    given = yaml.safe_load(path.read_text("utf-8"))
    about = {key: str(given.pop(key)).strip() for key in ABOUT}
    return Layout(path.stem, given=given, **about)
