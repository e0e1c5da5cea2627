"""Sentences and numbers as people read them, from one table in both languages. No figure is made here."""

from __future__ import annotations

from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from queries.model.types import Language, Model
from queries.query import Filter, TimeRange

WITHOUT_CENTS = {"JPY", "KRW", "VND", "CLP", "IDR"}


@lru_cache(maxsize=1)
def phrases() -> dict[str, dict[str, dict[str, str]]]:
    """The table of phrases.yaml."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    text = (Path(__file__).parent / "phrases.yaml").read_text(encoding="utf-8")
    table: dict[str, dict[str, dict[str, str]]] = yaml.load(text, Loader=loader)  # noqa: S506 - a safe loader
    return {
        section: {str(key).lower(): words for key, words in entries.items()}
        for section, entries in table.items()
    }


def say(section: str, key: str, language: Language, **facts: object) -> str:
    """One phrase with its facts.

    >>> say("words", "up", "zh", value="12.3%")
    '上升 12.3%'
    """
    return phrases()[section][key][language].format(**facts)


def has(section: str, key: str) -> bool:
    return key in phrases()[section]


def number(value: Any, unit: str, language: Language = "en") -> str:
    """A figure with its unit. Ratios in percent, money with its currency.

    >>> number(Decimal("1234.5"), "CNY"), number(Decimal("0.12345"), "ratio"), number(3200, "count")
    ('1,234.50 CNY', '12.35%', '3,200')
    """
    if value is None:
        return say("words", "unknown", language)
    if isinstance(value, bool):
        return say("words", str(value).lower(), language)
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return ", ".join(str(item) for item in value) or say("words", "none", language)
    if not isinstance(value, int | Decimal):
        return str(value)
    exact = Decimal(value)
    if unit == "ratio":
        return f"{_round(exact * 100, 2):,}%"
    if unit == "count":
        return f"{exact:,.0f}" if exact == exact.to_integral_value() else f"{exact:,f}"
    if unit in ("hours", "days"):
        return say("words", unit, language, value=f"{exact.normalize():,f}")
    if len(unit) == 3 and unit.isupper():
        return f"{_round(exact, 0 if unit in WITHOUT_CENTS else 2):,} {unit}"
    return f"{_round(exact, 4).normalize():,f}"


def _round(value: Decimal, places: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def moved(change: Any, ratio: Any, unit: str, language: Language) -> str:
    """A change in words: percent for amounts, points for ratios.

    >>> moved(Decimal("10"), Decimal("0.125"), "CNY", "en")
    'up 12.50%'
    """
    if change is None:
        return ""
    if change == 0:
        return say("words", "unchanged", language)
    if unit == "ratio":
        size = points(change, language)
    elif ratio is None:
        return ""
    else:
        size = number(abs(Decimal(ratio)), "ratio")
    return say("words", "up" if change > 0 else "down", language, value=size)


def points(change: Any, language: Language) -> str:
    """The size of a difference of ratios.

    >>> points(Decimal("-0.0123"), "en")
    '1.23 percentage points'
    """
    return say("words", "points", language, value=f"{_round(abs(Decimal(change)) * 100, 2):,}")


def span(time: TimeRange | None, language: Language) -> str:
    """A period in dates, inclusive.

    >>> span(TimeRange(start=date(2026, 10, 1), end=date(2026, 11, 1)), "en")
    '2026-10-01 to 2026-10-31'
    """
    if time is None or (time.start is None and time.end is None):
        return say("words", "all_time", language)
    if time.start and time.last_day:
        if time.start == time.last_day:
            return time.start.isoformat()
        return say("words", "range", language, first=time.start, last=time.last_day)
    if time.start:
        return say("words", "since", language, first=time.start)
    return say("words", "until", language, last=time.last_day)


def listed(names: list[str], language: Language, *, plain: bool = False) -> str:
    """Names in a row: a, b and c; `plain` without the "and"."""
    if plain:
        return say("words", "comma", language).join(names)
    if len(names) > 2 and language == "en":
        return ", ".join(names[:-1]) + say("words", "and", language) + names[-1]
    joint = "and" if len(names) == 2 and language == "en" else "comma"
    return say("words", joint, language).join(names)


def filter_words(given: Filter, model: Model, language: Language, names: dict[str, str] | None = None) -> str:
    """A filter in words: "JD", "without Shopify and Amazon"."""
    dimension = model.dimensions.get(given.dimension)
    label = dimension.label(language) if dimension else given.dimension
    if given.op in ("is_unknown", "is_known"):
        return say("words", given.op, language, name=label)
    if given.op in ("gt", "ge", "lt", "le", "between"):
        bounds = listed([f"{Decimal(value):,f}" for value in given.values], language)
        return say("words", f"size_{given.op}", language, value=bounds)
    if given.dimension == "hour" and given.op == "in":
        return hours_words(given.values, language)
    values = dimension.values if dimension else {}
    shown = [
        (values[v].zh if language == "zh" else values[v].en)[0] if v in values else (names or {}).get(v, v)
        for v in given.values
    ]
    text = listed(list(dict.fromkeys(shown)), language)
    return say("words", "not", language, names=text) if given.op == "not_in" else text


def hours_words(values: tuple[str, ...], language: Language) -> str:
    """Hours as ranges of the clock: 20:00-22:00 for 20 and 21; over midnight as one.

    >>> hours_words(("22", "23", "0"), "en")
    '22:00-1:00'
    """
    hours = [int(value) for value in values]
    ranges: list[list[int]] = []
    for hour in hours:
        if ranges and (ranges[-1][-1] + 1) % 24 == hour:
            ranges[-1].append(hour)
        else:
            ranges.append([hour])
    return listed([f"{part[0]}:00-{(part[-1] + 1) % 24 or 24}:00" for part in ranges], language)
