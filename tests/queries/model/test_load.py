"""The model's files: complaints name file and line, and a new metric is a few lines."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from queries.compile import compile_query
from queries.model import ModelError, load_model
from queries.model.load import HERE, names_in
from queries.query import SemanticQuery
from queries.viewer import Viewer
from tests.queries.asking import Market, days

NEW = """
metrics:
  refunds_per_order:
    en: refunds per order
    zh: 每单退款
    formula: refunded / orders
    unit: money
    additivity: ratio
"""

COMPLAINTS = [
    (
        "metrics:\n  a:\n    en: x\n    zh: x\n    formula: goods / nothing\n    unit: money\n",
        2,
        "no measure 'nothing'",
    ),
    ("metrics:\n  a:\n    en: x\n    zh: x\n    formula: goods\n    unit: yuan\n", 2, "a.unit"),
    ("metrics:\n  gmv:\n    en: x\n    zh: x\n    formula: goods\n    unit: money\n", 2, "'gmv' twice"),
    ("metrix:\n  a: {}\n", 1, "no section 'metrix'"),
    ("metrics:\n  a: [\n", 3, ""),
    ("measures:\n\n  m: {homes: {nowhere: x}}\n", 3, "no entity 'nowhere'"),
    ("measures:\n  m: {day: moon, homes: {orders: goods_base}}\n", 2, "no day 'moon'"),
    ("terms:\n  t:\n    candidates: [no_such]\n", 2, "no metric 'no_such'"),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for file in HERE.glob("*.yaml"):
        shutil.copy(file, tmp_path)
    return tmp_path


@pytest.mark.parametrize(("text", "line", "words"), COMPLAINTS)
def test_complaints_name_file_and_line(folder: Path, text: str, line: int, words: str) -> None:
    (folder / "zz_new.yaml").write_text(text)
    with pytest.raises(ModelError) as error:
        load_model(folder)
    assert str(error.value).startswith(f"zz_new.yaml:{line}: ")
    assert words in str(error.value)


def test_a_new_ratio_is_seven_lines(folder: Path, golden: Market) -> None:
    (folder / "zz_new.yaml").write_text(NEW)
    query = SemanticQuery(metrics=("refunds_per_order",), time=days(date(2025, 3, 1), date(2025, 3, 7)))
    compiled = compile_query(query, load_model(folder), Viewer.owner(), golden.clock())
    assert str(golden.sql(compiled.sql)[0][0]) == "37.50"


def test_every_metric_has_words_and_a_definition_in_both_languages() -> None:
    for metric in load_model().metrics.values():
        assert metric.en and metric.zh and metric.about_en and metric.about_zh, metric.key


def test_the_platforms_are_the_contracts() -> None:
    platforms = set(load_model().dimensions["platform"].values)
    expected = (
        "taobao jd douyin xiaohongshu weibo pinduoduo kuaishou shopify amazon woocommerce tiktok_shop ebay lazada"
        " shopee etsy mercado_libre walmart file"
    )
    assert platforms == {*expected.split(" ")}


def test_names_in_a_formula_are_measures_and_not_functions() -> None:
    assert names_in("goods - coalesce(spend, 0)") == ("goods", "spend")
