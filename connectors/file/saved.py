"""Mappings kept in the home (`$SOUK_HOME/imports/NAME.yaml`): named, and found again by the headers of a file."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from connectors.file.mapping import Mapping_, load
from connectors.file.suggest import folded
from connectors.file.troubles import BadMapping

ROOM = "imports"


def fingerprint(headers: Iterable[str]) -> str:
    """The same for the same columns in any order and case."""
    names = sorted({folded(header) for header in headers if header})
    return hashlib.sha256("\n".join(names).encode()).hexdigest()[:16]


class Saved:
    """The saved mappings of a home."""

    def __init__(self, home: Path) -> None:
        self.folder = home / ROOM

    def all(self) -> list[Mapping_]:
        """By name. Raises BadMapping for one that was edited and is wrong."""
        return [load(path) for path in sorted(self.folder.glob("*.yaml"))] if self.folder.is_dir() else []

    def named(self, name: str) -> Mapping_ | None:
        path = self.folder / f"{name}.yaml"
        return load(path) if path.is_file() else None

    def of(self, headers: Iterable[str]) -> list[Mapping_]:
        """Those saved for a file with these columns: one for each shop."""
        wanted = fingerprint(headers)
        return [mapping for mapping in self.all() if mapping.fingerprint == wanted]

    def save(self, mapping: Mapping_, name: str, headers: Iterable[str]) -> Path:
        """Writes it for people to read and edit; one of that name is replaced."""
        if not name or not name.replace("-", "").replace("_", "").replace(".", "").isalnum() or name.startswith("."):
            raise BadMapping(file=name, why="a name has letters, digits, . _ - only")
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self.folder / f"{name}.yaml"
        text = yaml.safe_dump(written(mapping, fingerprint(headers)), allow_unicode=True, sort_keys=False, width=110)
        path.write_text(text, "utf-8")
        return path


def written(mapping: Mapping_, mark: str = "") -> dict[str, Any]:
    """A mapping as its file says it: short where the usual is meant; of a ready layout only what is the shop's."""
    plain = mapping.model_copy(update={"fingerprint": mark or mapping.fingerprint, "file": "", "name": ""})
    given = plain.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    if mapping.layout:
        own = ("platform", "shop_id", "layout", "fingerprint", "sheet", "zone", "currency", "decimal")
        return {key: given[key] for key in own if key in given}
    for filling in given["tables"].values():
        filling["columns"] = {name: _short(ways) for name, ways in filling["columns"].items()}
    return given


def _short(ways: list[dict[str, Any]]) -> Any:
    short = [way["from"][0] if way.keys() == {"from"} and len(way["from"]) == 1 else way for way in ways]
    return short[0] if len(short) == 1 else [{"from": way} if isinstance(way, str) else way for way in short]
