"""Columns and cells of an answer: labels in the asker's language, values as JSON takes them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from queries.answer import Column
from queries.compile import Output
from queries.compile.changes import REST
from queries.compile.facts import FOLDED
from queries.compile.movements import GONE, NOT_YET
from queries.model.types import Language, Model, Register, Value
from queries.tell.words import has, say


def columns_of(outputs: tuple[Output, ...], model: Model, language: Language) -> list[Column]:
    """Columns as people see them; hidden ones are left out."""
    return [
        Column(
            name=output.name,
            unit=output.unit,
            label=label_of(output, model, language),
            names=_names_of(output, model, language),
        )
        for output in outputs
        if output.kind != "hidden"
    ]


def _names_of(output: Output, model: Model, language: Language) -> dict[str, str]:
    """Labels of a dimension's codes, for surfaces that people read; rows keep the codes."""
    if output.name == "stage":
        return {key: model.metrics[key].label(language) for key in model.funnels[output.key].stages}
    if output.kind in ("from", "to"):
        beyond = {NOT_YET: say("words", "not_yet", language), GONE: say("words", "gone", language)}
        return labels(model.dimensions[output.key].values, language) | beyond
    if output.kind == "metric" and output.unit == "text":
        return labels(model.dimensions[model.metrics[output.key].values_of].values, language)
    dimension = model.dimensions.get(output.key) if output.kind in ("dimension", "beside") else None
    if dimension is None:
        return {}
    names = {str(None): say("words", "unknown", language), **labels(dimension.values, language)}
    names[REST] = say("words", "rest", language)
    return names | {FOLDED: say("words", "folded_bare", language)} if dimension.person_attribute else names


def labels(values: dict[str, Value], language: Language) -> dict[str, str]:
    return {code: (value.zh if language == "zh" else value.en)[0] for code, value in values.items()}


def label_of(output: Output, model: Model, language: Language) -> str:
    if output.kind in ("dimension", "beside") and output.key in model.dimensions:
        return model.dimensions[output.key].label(language)
    if output.kind in ("dimension", "beside") and has("columns", output.key):
        return say("columns", output.key, language)
    if output.kind == "stage":
        return say("columns", output.key if has("columns", output.key) else output.name, language)
    if output.kind in ("from", "to", "name"):
        return say("columns", output.kind, language, what=model.dimensions[output.key].label(language))
    if output.name == "share_of_from":
        return say("columns", output.name, language)
    if output.kind == "against":
        return say("columns", f"against_{output.key}", language)
    if output.kind == "periods":
        return say("columns", f"periods_{output.key}", language)
    if output.kind in ("rank", "rank_before", "rank_change", "factor", "by_rate", "by_mix", "weight", "weight_before"):
        return say("columns", output.kind, language)
    what = model.metrics[output.key].label(language) if output.key in model.metrics else output.key
    if output.per:
        what = say("columns", f"per_{output.per}", language, what=what)
    return what if output.kind == "metric" else say("columns", output.kind, language, what=what)


def register_columns(
    outputs: tuple[Output, ...], register: Register, model: Model, language: Language
) -> list[Column]:
    columns = []
    for output in outputs:
        if output.kind == "hidden":
            continue
        field = register.fields.get(output.key)
        names: dict[str, str] = {}
        if field:
            label = (field.zh if language == "zh" else field.en)[0]
            known = model.dimensions[field.dimension].values if field.dimension else field.values
            names = labels(known, language)
        elif has("columns", output.key):
            label = say("columns", output.key, language)
        else:
            label = register.counts_zh if language == "zh" else register.counts_en
        columns.append(Column(name=output.name, unit=output.unit, label=label, names=names))
    return columns


def cells(
    rows: list[tuple[Any, ...]],
    outputs: tuple[Output, ...],
    model: Model,
    language: Language,
) -> list[list[Any]]:
    """Rows without hidden columns; weekdays by name."""
    kept = [(n, output) for n, output in enumerate(outputs) if output.kind != "hidden"]
    return [[_cell(row[n], output, model, language) for n, output in kept] for row in rows]


def _cell(value: Any, output: Output, model: Model, language: Language) -> Any:
    value = plain(value)
    dimension = model.dimensions.get(output.key) if output.kind == "dimension" else None
    if dimension is not None and dimension.show_name and value is not None:
        return shown(value, dimension.values, language)
    return value


def plain(value: Any) -> Any:
    """DuckDB's value as an answer keeps it: exact, and JSON-ready after pydantic."""
    if isinstance(value, datetime | date | Decimal | bool | int | str) or value is None:
        return value
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, float):
        return Decimal(str(value))
    return str(value)


def shown(value: Any, values: dict[str, Value], language: Language) -> Any:
    """The label of a code, where the model knows it."""
    known = values.get(str(value))
    return (known.zh if language == "zh" else known.en)[0] if known else value


def key_words(value: Any, key: str, model: Model, language: Language, k: int) -> str:
    """A dimension's value in a sentence."""
    if value is None:
        return say("words", "unknown", language)
    if value == FOLDED:
        return say("words", "folded", language, k=k)
    if key == "hour":
        return f"{value}:00"
    dimension = model.dimensions.get(key)
    return str(shown(value, dimension.values, language)) if dimension else str(value)
