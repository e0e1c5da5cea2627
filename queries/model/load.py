"""YAML files to a `Model`, checked at load; every complaint names file and line.

>>> load_model().metrics["aov"].formula
'goods / orders'
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from queries.model import drivers, types
from queries.trouble import Trouble

HERE = Path(__file__).parent
Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The C parser is ten times faster: a question should start in a blink."""

SECTIONS: dict[str, type[BaseModel]] = {
    "entities": types.Entity,
    "lookups": types.Lookup,
    "measures": types.Measure,
    "metrics": types.Metric,
    "dimensions": types.Dimension,
    "registers": types.Register,
    "funnels": types.Funnel,
    "terms": types.Term,
    "declined": types.Declined,
    "drivers": types.Driver,
}
NAME = re.compile(r"[a-z_][a-z_0-9]*(?![a-z_0-9]|\s*\()")


class ModelError(Trouble):
    en = "{file}:{line}: {what}"
    zh = "{file} 第 {line} 行: {what}"


@lru_cache(maxsize=4)
def load_model(folder: Path = HERE) -> types.Model:
    """Reads every YAML file of the folder except `words*.yaml` (the translator's own)."""
    files = [file for file in sorted(folder.glob("*.yaml")) if not file.name.startswith("words")]
    parts: dict[str, dict[str, BaseModel]] = {section: {} for section in SECTIONS}
    digest = hashlib.sha256()
    for file in files:
        text = file.read_text(encoding="utf-8")
        digest.update(text.encode())
        _read_file(file, text, parts)
    _share_values(parts)
    model = types.Model.model_construct(version=digest.hexdigest()[:12], **parts)  # type: ignore[arg-type]
    _check(model, files)
    return model


def _share_values(parts: dict[str, dict[str, BaseModel]]) -> None:
    """Fields of registers that speak of a dimension, or of another field, take over its values."""
    registers: dict[str, types.Register] = parts["registers"]  # type: ignore[assignment]
    dimensions: dict[str, types.Dimension] = parts["dimensions"]  # type: ignore[assignment]
    for key, register in registers.items():
        fields = dict(register.fields)
        for name, field in register.fields.items():
            if field.dimension in dimensions:
                fields[name] = field.model_copy(update={"values": dimensions[field.dimension].values})
            elif field.same_as:
                other, _, column = field.same_as.partition(".")
                fields[name] = field.model_copy(update={"values": registers[other].fields[column].values})
        registers[key] = register.model_copy(update={"fields": fields})


def _read_file(file: Path, text: str, parts: dict[str, dict[str, BaseModel]]) -> None:
    try:
        content: dict[str, Any] = yaml.load(text, Loader=Loader) or {}  # noqa: S506 - a safe loader
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ModelError(file=file.name, line=line, what=error.problem) from None
    for section, items in content.items():
        if section not in SECTIONS:
            raise ModelError(file=file.name, line=line_of(text, section), what=f"no section {section!r}")
        for key, item in items.items():
            if key in parts[section]:
                raise ModelError(file=file.name, line=line_of(text, key), what=f"{section} has {key!r} twice")
            try:
                parts[section][key] = SECTIONS[section].model_validate({"key": key, **item})
            except (ValidationError, TypeError) as error:
                raise ModelError(file=file.name, line=line_of(text, key), what=_first(error, key)) from None


def _first(error: Exception, key: str) -> str:
    if not isinstance(error, ValidationError):
        return f"{key}: {error}"
    detail = error.errors()[0]
    return f"{key}.{'.'.join(str(part) for part in detail['loc'])}: {detail['msg']}"


def line_of(text: str, key: str) -> int:
    """The first line on which `key:` stands."""
    pattern = re.compile(rf"^\s*[\"']?{re.escape(str(key))}[\"']?\s*:")
    return next((n for n, line in enumerate(text.splitlines(), 1) if pattern.match(line)), 1)


def names_in(formula: str) -> tuple[str, ...]:
    """Measures a formula reads, in order, once each.

    >>> names_in("goods * 1000 / views")
    ('goods', 'views')
    """
    return tuple(dict.fromkeys(NAME.findall(formula)))


def _check(model: types.Model, files: list[Path]) -> None:
    """What pydantic cannot see: names that point at nothing, words that claim two things."""
    for complaint, key in _complaints(model):
        for file in files:
            text = file.read_text(encoding="utf-8")
            line = line_of(text, key)
            if line > 1:
                raise ModelError(file=file.name, line=line, what=complaint)
        raise ModelError(file=files[0].name if files else "?", line=1, what=complaint)


def _complaints(model: types.Model) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for metric in model.metrics.values():
        found += [
            (f"{metric.key} reads no measure {name!r}", metric.key)
            for name in names_in(metric.formula)
            if name not in model.measures
        ]
        found += [
            (f"{metric.key} has no metric {other!r} for a basis, a rank or beside it", metric.key)
            for other in (*metric.bases.values(), *metric.ranked_by.values(), *metric.beside)
            if other not in model.metrics
        ]
    for measure in model.measures.values():
        found += [
            (f"{measure.key} has no entity {home!r}", measure.key)
            for home in measure.homes
            if home not in model.entities
        ]
        found += [
            (f"{home} has no day {measure.day!r} for {measure.key}", measure.key)
            for home in measure.homes
            if measure.day and home in model.entities and measure.day not in model.entities[home].days
        ]
    for entity in model.entities.values():
        found += [
            (f"{entity.key} names no lookup {name!r}", entity.key)
            for name in entity.lookups
            if name not in model.lookups
        ]
        found += [
            (f"{entity.key} names no dimension {name!r}", entity.key)
            for name in entity.dimensions
            if name not in model.dimensions
        ]
    for dimension in model.dimensions.values():
        found += [
            (f"{dimension.key} names no lookup {name!r}", dimension.key)
            for name in (dimension.lookup, dimension.name_lookup)
            if name and name not in model.lookups
        ]
    for funnel in model.funnels.values():
        found += [
            (f"{funnel.key} names no metric {name!r}", funnel.key)
            for name in funnel.stages
            if name not in model.metrics
        ]
    for term in model.terms.values():
        found += [
            (f"{term.key} names no metric {name!r}", term.key)
            for name in (
                *term.candidates,
                *filter(None, (term.default, term.alternative)),
                *term.when.values(),
            )
            if name not in model.metrics
        ]
    for key, driver in model.drivers.items():
        complaints = [drivers.contradiction(model, key, tree) for tree in driver.trees]
        complaints += [f"{key} has no part {name!r}" for name in driver.parts if name not in model.dimensions]
        found += [(complaint, key) for complaint in complaints if complaint]
    for register in model.registers.values():
        known = set(register.fields)
        wanted = (
            *register.shown,
            *(name.lstrip("-") for name in register.order),
            *filter(None, [register.time]),
        )
        found += [
            (f"{register.key} has no field {name!r}", register.key) for name in wanted if name not in known
        ]
    return found
