"""The field catalogue of a platform: every field of every payload read, its class and what is done with it.

`connectors/<platform>/fields.yaml`:

    platform: woocommerce
    version: 1
    decided_by: Souk maintainers
    decided_on: 2026-01-05
    sources:
      order:                                   # = Stream.source
        envelope: [orders, total_results]      # names around the items: not fields of an item
        business: {id: orders.order_id, line_items.quantity: order_lines.quantity}
        buyer_id: {customer_id: orders.customer_key}
        region:   {billing.state: orders.region}
        name:     [billing.first_name, billing.last_name]
        unused:   [cart_hash, "_links.*"]

A key under a source is a class of `classes.yaml`, which fixes category, sensitivity, treatment. Classes that
are written map path -> table.column (several targets: a list; `-` where it only steers the mapping); classes
that are dropped list paths. A path names fields from the item downwards, joined by dots, without list
positions; `x.*` covers everything below x. What no entry covers is reported by name and never written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

import msgspec
import yaml

NAMES = re.compile(rb'"([\w.$@/-]{1,80}+)"\s*+:')

A_NAME = re.compile(r"[$@_]*[A-Za-z](?!.*\d{5})[\w$:/-]{0,60}", re.ASCII)
"""What a field may be called; an address, a number or a name in other letters is somebody's."""


@dataclass(frozen=True)
class FieldEntry:
    """One row of privacy.field_catalogue."""

    platform: str
    source: str
    source_field: str
    target_table: str | None
    target_column: str | None
    category: str
    sensitivity: str
    identifiability: str
    treatment: str
    purpose: str | None
    lawful_basis: str | None
    decided_by: str
    decided_on: date
    version: int


class BadCatalogue(ValueError):
    """fields.yaml does not follow the form; says where."""


@dataclass(frozen=True)
class Source:
    """The catalogue of one payload."""

    entries: tuple[FieldEntry, ...]
    envelope: frozenset[str]

    @cached_property
    def by_path(self) -> dict[str, FieldEntry]:
        return {entry.source_field: entry for entry in self.entries}

    def covers(self, path: str) -> bool:
        """Whether an entry, or a wildcard above it, names this path; also true for the nodes on the way."""
        if path in self.by_path or any(known.startswith(path + ".") for known in self.by_path):
            return True
        parts = path.split(".")
        return any(".".join([*parts[:depth], "*"]) in self.by_path for depth in range(len(parts)))

    def unknown(self, body: bytes, met: set[bytes], *, deep: bool = False) -> set[str]:
        """Fields in a JSON page that no entry covers, by path: {"giftwrap"}, never a value.

        The cheap look (2 ms for 100 orders) goes into a page only where it has a name not `met` before; `deep`
        (the first page of a run) also finds a known name in a new place. `met` is the run's and grows.
        """
        names = set(NAMES.findall(body))
        if names <= met and not deep:
            return set()
        met |= names
        found = {self._inside(path) for document in documents(body) for path in paths(document)}
        return {named(path) for path in found if not self.covers(path) and path not in self.envelope}

    def _inside(self, path: str) -> str:
        """The path from the item downwards: envelope names in front are taken off."""
        parts = path.split(".")
        while len(parts) > 1 and parts[0] in self.envelope:
            parts.pop(0)
        return ".".join(parts)


def named(path: str) -> str:
    """The path with `*` for every part that may be a value: an object keyed by mail address, phone or person.

    >>> named("parties.jane@example.com.role"), named("line_items.gift_note")
    ('parties.*', 'line_items.gift_note')
    """
    kept: list[str] = []
    for part in path.split("."):
        kept.append(part if A_NAME.fullmatch(part) else "*")
        if kept[-1] == "*":
            break
    return ".".join(kept)


def documents(body: bytes) -> Iterator[Any]:
    """The JSON document of a page, or the documents of a JSONL file."""
    try:
        yield msgspec.json.decode(body)
    except msgspec.DecodeError:
        for line in body.splitlines():
            try:
                yield msgspec.json.decode(line)
            except msgspec.DecodeError:
                return


def paths(node: Any, above: str = "") -> Iterator[str]:
    """Every field path of a decoded document, without list positions."""
    if isinstance(node, dict):
        for name, value in node.items():
            path = f"{above}.{name}" if above else name
            yield path
            yield from paths(value, path)
    elif isinstance(node, list):
        for value in node:
            yield from paths(value, above)


@dataclass(frozen=True)
class Catalogue:
    """All sources of one platform."""

    platform: str
    sources: Mapping[str, Source]

    def rows(self) -> list[FieldEntry]:
        """All entries, for privacy.field_catalogue."""
        return [entry for source in self.sources.values() for entry in source.entries]


@lru_cache
def classes() -> Mapping[str, Mapping[str, str]]:
    return yaml.safe_load(resources.files(__package__).joinpath("classes.yaml").read_text("utf-8"))


def load(path: Path) -> Catalogue:
    """Read and check a fields.yaml. Raises BadCatalogue naming the file and the entry."""
    try:
        raw = yaml.safe_load(path.read_text("utf-8"))
        sources = {name: _source(raw, name, body) for name, body in raw["sources"].items()}
    except (KeyError, TypeError, AttributeError) as error:
        raise BadCatalogue(f"{path}: {error!r}") from error
    return Catalogue(raw["platform"], sources)


def _source(raw: Mapping[str, Any], name: str, body: Mapping[str, Any]) -> Source:
    entries: dict[str, FieldEntry] = {}
    for kind, fields in body.items():
        if kind == "envelope":
            continue
        if kind not in classes():
            raise BadCatalogue(f"{raw['platform']}.{name}: there is no class {kind!r}")
        for path, target in _targets(raw, name, kind, fields):
            if path in entries:
                raise BadCatalogue(f"{raw['platform']}.{name}.{path}: declared twice")
            entries[path] = _entry(raw, name, kind, path, target)
    return Source(tuple(entries.values()), frozenset(body.get("envelope") or ()))


def _targets(raw: Mapping[str, Any], name: str, kind: str, fields: Any) -> Iterable[tuple[str, str]]:
    """(path, "table.column" or "") pairs; dropped classes have no target and kept ones must have one."""
    dropped = classes()[kind]["treatment"] == "drop"
    if dropped != isinstance(fields, list):
        form = "a list of paths" if dropped else "a mapping of path to table.column"
        raise BadCatalogue(f"{raw['platform']}.{name}.{kind}: wants {form}")
    if dropped:
        return [(path, "") for path in fields]
    return [(path, target[0] if isinstance(target, list) else target) for path, target in fields.items()]


def _entry(raw: Mapping[str, Any], name: str, kind: str, path: str, target: str) -> FieldEntry:
    table, _, column = target.partition(".")
    given = classes()[kind]
    return FieldEntry(
        platform=raw["platform"], source=name, source_field=path,
        target_table=table if column else None, target_column=column or None,
        category=given["category"], sensitivity=given["sensitivity"],
        identifiability=given["identifiability"], treatment=given["treatment"],
        purpose=given.get("purpose"), lawful_basis=given.get("lawful_basis"),
        decided_by=raw["decided_by"], decided_on=raw["decided_on"], version=raw["version"])


def wire_paths(kind: Any, above: str = "", within: tuple[Any, ...] = ()) -> Iterator[str]:
    """Every field path of a wire struct by its names on the wire, nested structs included (for the test that
    each has an entry). A struct that holds itself is gone into once."""
    for field in msgspec.structs.fields(kind):
        path = f"{above}.{field.encode_name}" if above else field.encode_name
        inner = list(_structs(field.type))
        if not inner:
            yield path
        for struct in inner:
            if struct not in (*within, kind):
                yield from wire_paths(struct, path, (*within, kind))


def _structs(annotation: Any) -> Iterator[type[msgspec.Struct]]:
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        yield annotation
    for part in getattr(annotation, "__args__", ()):
        yield from _structs(part)
