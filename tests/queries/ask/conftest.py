"""One translator for the specification tables: the shipped model, a handful of names, a two-year calendar."""

from __future__ import annotations

from datetime import date

import pytest

from queries.ask import PromoDay, Translator, ValueIndex
from queries.model import load_model

TODAY = date(2026, 11, 24)
"""A Tuesday; November is running, October is the last whole month, Q3 the last whole quarter."""

NAMES = [
    ("shop", "T1", "Tmall flagship"),
    ("shop", "J1", "JD shop"),
    ("brand", "Northwind", "Northwind"),
    ("brand", "青禾", "青禾"),
    ("category", "女装", "女装"),
    ("category", "Shoes", "Shoes"),
    ("category", "美妆", "美妆"),
    ("product", "P100", "白茶面霜"),
    ("product", "P200", "Trail Runner"),
    ("region", "浙江", "浙江"),
    ("region", "上海", "上海"),
    ("region", "江苏", "江苏"),
    ("campaign", "k1", "夏季推广"),
    ("account", "souk_official", "souk_official"),
]
PROMOS = [
    *(PromoDay("618", None, date(year, 5, 31), date(year, 6, 20)) for year in (2025, 2026)),
    *(PromoDay("double11", None, date(year, 10, 20), date(year, 11, 11)) for year in (2025, 2026)),
    PromoDay("black_friday", None, date(2025, 11, 28), date(2025, 11, 28)),
    PromoDay("national_day", None, date(2026, 10, 1), date(2026, 10, 8)),
]


@pytest.fixture(scope="session")
def translator() -> Translator:
    return Translator(load_model(), ValueIndex.build(NAMES), PROMOS)
