"""The translator's own word tables (`queries/model/words*.yaml`), merged and read once.

Sections: signs, vague, domains, bases, filler, festivals, metrics (further words of a metric), dimensions,
values, registers, conditions, fields, contexts, ratios, intents, implied. Unknown keys are reported by
`strangers`, so that a renamed metric cannot lose its words in silence.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from queries.model import Model

FOLDER = Path(__file__).parent.parent / "model"
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Context:
    """A word whose metric follows from what stands near it: impressions of ads, of posts, of the shop."""

    key: str
    words: tuple[str, ...]
    near: dict[str, str] = field(default_factory=dict)
    """Domain, dimension, `=value` of a dimension, or `count` -> metric; the first that applies wins."""
    default: str = ""
    """Metric when nothing near decides; '' asks."""
    options: tuple[str, ...] = ()
    note: str = ""
    ranked: tuple[str, ...] = ()
    """Options where the word is ranked without saying by what: "refunded the most"."""
    ask: str = "always"
    """`once_per_user` remembers what a person chose."""


@dataclass(frozen=True)
class Words:
    """Everything in the tables, English and Chinese together: phrases of either language are always read."""

    sections: dict[str, Any]

    def of(self, section: str) -> dict[str, Any]:
        """A section's rows by key; empty if no table has it."""
        return self.sections.get(section, {})

    def contexts(self) -> dict[str, Context]:
        """The `contexts` section, typed."""
        return {key: Context(key, both(row), row.get("near", {}), row.get("default", ""),
                             tuple(row.get("options", ())), row.get("note", ""), tuple(row.get("ranked", ())),
                             row.get("ask", "always"))
                for key, row in self.of("contexts").items()}

    def strangers(self, model: Model) -> list[str]:
        """Keys of the tables that the model does not have."""
        found = [f"metrics.{key}" for key in self.of("metrics") if key not in model.metrics]
        found += [f"dimensions.{key}" for key in self.of("dimensions") if key not in model.dimensions]
        found += [f"registers.{key}" for key in self.of("registers") if key not in model.registers]
        for key, row in self.of("contexts").items():
            wanted = (*row.get("near", {}).values(), row.get("default", ""), *row.get("options", ()))
            found += [f"contexts.{key}: {name}" for name in wanted if name and name not in model.metrics]
        for key, row in self.of("vague").items():
            found += [f"vague.{key}: {name}" for name in row["options"] if name not in model.metrics]
        for register, rows in self.of("conditions").items():
            known = model.registers[register].conditions if register in model.registers else {}
            found += [f"conditions.{register}.{key}" for key in rows if key not in known]
        found += [f"shapes.funnel.{key}" for key in self.of("shapes").get("funnel", {}) if key not in model.funnels]
        for dimension, rows in self.of("values").items():
            values = model.dimensions[dimension].values if dimension in model.dimensions else {}
            found += [f"values.{dimension}.{key}" for key in rows if values and str(key) not in values]
        return found + self._strange_senses(model)

    def _strange_senses(self, model: Model) -> list[str]:
        """What `notion_readings` names and neither the notions nor the registers have."""
        found = []
        for name, row in self.of("notion_readings").items():
            register = model.registers.get(row["register"])
            said = {key for need in row.get("needs", ()) for key in need.split("|")} | set(row.get("may", ()))
            columns = {*row.get("filters", ()), *row.get("by", ()), *filter(None, row.get("column", "").split("|"))}
            found += [f"notion_readings.{name}: {key}" for key in said if key not in self.of("notions")]
            if register is None:
                found.append(f"notion_readings.{name}: {row['register']}")
                continue
            known = {*register.fields, *register.conditions}
            wanted = {*columns, *row.get("conditions", ()), *row.get("ignores", ())}
            found += [f"notion_readings.{name}: {key}" for key in wanted if key not in known]
        return found


def both(row: Any) -> tuple[str, ...]:
    """The phrases of a row, both languages."""
    if isinstance(row, dict):
        return tuple(str(word) for language in ("en", "zh") for word in _many(row.get(language)))
    return tuple(str(word) for word in _many(row))


def _many(words: Any) -> Iterable[Any]:
    """A word, a list of words, or lists of words laid out by kind."""
    if isinstance(words, list | tuple):
        return (one for word in words for one in _many(word))
    return () if words is None else (words,)


def _added(known: Any, more: Any) -> Any:
    """Lists in a row, tables by key."""
    if isinstance(known, list) and isinstance(more, list):
        return [*known, *more]
    if isinstance(known, dict) and isinstance(more, dict):
        return known | {key: _added(known.get(key), row) for key, row in more.items()}
    return more


@lru_cache(maxsize=2)
def load_words(folder: Path = FOLDER) -> Words:
    """Reads and merges `words*.yaml`: the same key in two tables has the words of both."""
    merged: dict[str, Any] = {}
    for file in sorted(folder.glob("words*.yaml")):
        for section, rows in (yaml.load(file.read_text(encoding="utf-8"), Loader=_LOADER) or {}).items():  # noqa: S506
            target = merged.setdefault(section, {})
            for key, row in rows.items():
                target[key] = _added(target.get(key), row)
    return Words(merged)
