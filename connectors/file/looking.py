"""A preview: what of a file would be stored, how each column is treated, and the first rows as they would stand.

Nothing is written, and nothing of a person is shown: a buyer's id appears as the word pseudonym.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from connectors.engine.stream import Finding
from connectors.file.choosing import Chosen
from connectors.file.knowledge import catalogue, personal
from connectors.file.mapping import Mapping_
from connectors.file.reading import Export
from queries.records import TABLES, Record

ROWS = 400
Use = Literal["stored", "generalised", "pseudonymised", "personal", "unused", "unmapped"]


@dataclass(frozen=True)
class ColumnUse:
    """What becomes of a column. `target` = where it is stored, or the class of a person's column."""

    header: str
    use: Use
    target: str = ""
    confidence: str = ""


@dataclass(frozen=True)
class View:
    columns: tuple[ColumnUse, ...]
    rows: Mapping[str, list[dict[str, str]]]
    """Table -> its first rows, empty fields left out."""
    findings: tuple[str, ...]


def look(chosen: Chosen, count: int = 5) -> View:
    """Raises what a reading of the first rows raises."""
    mapping = chosen.mapping
    columns = tuple(column_uses(chosen))
    if mapping is None:
        return View(columns, {}, ())
    rows: dict[str, list[dict[str, str]]] = {TABLES[kind]: [] for kind in TABLES if TABLES[kind] in mapping.tables}
    findings: dict[str, None] = {}
    for row in islice(_first(chosen.path, mapping), ROWS):
        if isinstance(row, Finding):
            findings[row.detail] = None
        elif len(rows[TABLES[type(row)]]) < count:
            rows[TABLES[type(row)]].append(_shown(row))
    return View(columns, rows, tuple(findings))


def column_uses(chosen: Chosen) -> Iterable[ColumnUse]:
    """Each column of the file, in its order."""
    mapping, suggestion = chosen.mapping, chosen.suggestion
    targets = _targets(mapping) if mapping else {}
    sure = {guess.header: guess.confidence for guess in suggestion.guesses} if suggestion else {}
    known = catalogue(mapping.layout) if mapping else {}
    for header in chosen.headers:
        if header in targets:
            target, use = targets[header]
            yield ColumnUse(header, use, target, sure.get(header, ""))
        elif header in sure and suggestion:
            guess = next(guess for guess in suggestion.guesses if guess.header == header)
            yield ColumnUse(header, "stored", f"{guess.table}.{guess.field}", guess.confidence)
        elif (entry := known.get(header)) is not None:
            use = "unused" if entry.sensitivity == "business" else "personal"
            yield ColumnUse(header, use, "" if use == "unused" else entry.category)
        elif kind := personal(header):
            yield ColumnUse(header, "personal", kind)
        else:
            yield ColumnUse(header, "unmapped")


def _targets(mapping: Mapping_) -> dict[str, tuple[str, Use]]:
    """Header -> the first column it serves, and how."""
    found: dict[str, tuple[str, Use]] = {}
    for table, filling in mapping.tables.items():
        for name, ways in filling.columns.items():
            use: Use = "pseudonymised" if name == "buyer" else "generalised" if name == "region" else "stored"
            for way in ways:
                for header in way.headers:
                    found.setdefault(header, (f"{table}.{name}", use))
    return found


def _first(path: Path, mapping: Mapping_) -> Iterable[Record | Finding]:
    """The first rows; the whole file is looked through once for orders in several places."""
    return Export(path, mapping).rows()


def _shown(row: Record) -> dict[str, str]:
    values = {name: getattr(row, name) for name in row.__struct_fields__}
    return {name: "(pseudonym)" if name == "buyer" else _text(value) for name, value in values.items()
            if value not in (None, "", Decimal(0), 0, False) and name != "shop_id"}  # fmt: skip


def _text(value: Any) -> str:
    return f"{value:%Y-%m-%d %H:%M:%SZ}" if isinstance(value, datetime) else str(value)
