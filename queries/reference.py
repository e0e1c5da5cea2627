"""What a published snapshot knows besides its figures: names, festivals, the group-size rule.

Read once per snapshot; a new publication is a new path, and is read again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from queries.ask import PromoDay, Translator, ValueIndex, Values, Verified
from queries.ask.words import load_words
from queries.compile import Disclosure
from queries.learning.added import Added, Stamp, read_added, stamp_of, words_with
from queries.model import Dimension, Model
from queries.privacy.tripwire import scan
from queries.query import Filter, SemanticQuery
from queries.run import reading

if TYPE_CHECKING:
    from queries.warehouse import Warehouse


@dataclass(frozen=True)
class Reference:
    """The reference data of one snapshot, and the translator that reads with it."""

    snapshot: str
    stamp: Stamp
    """Of the file of added words."""
    translator: Translator
    disclosure: Disclosure
    names: list[tuple[str, str, str]]
    """(dimension, key, name) of every indexed value."""


def read_reference(warehouse: Warehouse, model: Model, earlier: Reference | None = None) -> Reference:
    """Names, festivals and rules of the current snapshot, and the words added here; of an `earlier` one of the same
    model is kept what is the same, so that a publication does not make the next question slow.
    """
    home = warehouse.rooms.home
    stamp = stamp_of(home)
    business, person = warehouse.snapshot("business"), warehouse.snapshot("person")
    names, calendar = _values(model, business, person), promo_days(business)
    same = earlier is not None and names == earlier.names
    values = earlier.translator.values if earlier and same else ValueIndex.build(names)
    if earlier and earlier.stamp == stamp:
        translator = earlier.translator.knowing(values, calendar)
    else:
        translator = translator_with(read_added(home), model, values, calendar)
    return Reference(warehouse.snapshot_id(), stamp, translator, disclosure_of(person), names)


def translator_with(added: Added, model: Model, values: Values, calendar: Sequence[PromoDay]) -> Translator:
    """The translator of a workspace: the shipped words and its own."""
    own = [Verified(item.en or item.zh, item.zh or item.en) for item in added.verified]
    return Translator(
        model,
        values,
        calendar,
        detect_personal=lambda text: bool(scan(text)),
        verified=[*verified_questions(), *own],
        words=words_with(load_words(), added, model) if added.words else None,
    )


def _values(model: Model, business: Path, person: Path) -> list[tuple[str, str, str]]:
    """(dimension, key, name) of every indexed value."""
    found: list[tuple[str, str, str]] = []
    for dimension in model.dimensions.values():
        if not (dimension.index and dimension.index_sql):
            continue
        with reading(person if dimension.lane == "person" else business) as cursor:
            rows = cursor.execute(dimension.index_sql).fetchall()
        found += sorted((dimension.key, str(key), str(name or key)) for key, name in rows if key is not None)
    return found


def names_of(query: SemanticQuery, model: Model, warehouse: Warehouse) -> dict[str, str]:
    """Display names of filtered keys (a product's title), from the value index's own SQL."""
    names: dict[str, str] = {}
    for given in query.filters:
        dimension = model.dimensions[given.dimension]
        if given.values and dimension.name_lookup and dimension.index_sql:
            names |= _names(dimension, given, warehouse)
    return names


def _names(dimension: Dimension, given: Filter, warehouse: Warehouse) -> dict[str, str]:
    lane: Literal["business", "person"] = "person" if dimension.lane == "person" else "business"
    marks = ", ".join("?" for _ in given.values)
    with reading(warehouse.snapshot(lane)) as cursor:
        rows = cursor.execute(
            f"SELECT key, name FROM ({dimension.index_sql}) WHERE key IN ({marks})", list(given.values)
        ).fetchall()
    return {str(key): str(name) for key, name in rows if name}


def promo_days(business: Path) -> list[PromoDay]:
    """The promotion calendar."""
    with reading(business) as cursor:
        rows = cursor.execute("""
            SELECT promo, CAST(platform AS VARCHAR), starts_on, ends_on, name_en, name_zh
            FROM promo_calendar
            WHERE kind IN ('day', 'period') OR kind IS NULL
            ORDER BY promo, starts_on""").fetchall()
    return [PromoDay(*row) for row in rows]


def disclosure_of(person: Path) -> Disclosure:
    """The group-size rule for answers in chat, as the settings have it; the shipped one where there is no row."""
    with reading(person) as cursor:
        row = cursor.execute("""
            SELECT min_group, complement_check, small_cells, dominance_max, filter_columns
            FROM privacy.disclosure_rules
            WHERE scope = 'slack'""").fetchone()
    if row is None:
        return Disclosure()
    return Disclosure(row[0], bool(row[1]), row[2], str(row[3] or 1), tuple(row[4] or ()))


def verified_questions() -> list[Verified]:
    """Questions known to work, for suggestions."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    file = Path(__file__).parent / "tell" / "verified.yaml"
    items: list[dict[str, str]] = yaml.load(file.read_text(encoding="utf-8"), Loader=loader)  # noqa: S506 - a safe loader
    return [Verified(**item) for item in items]
