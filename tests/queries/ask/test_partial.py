"""Names said by some of their words: one name is read, several are asked back, half words and generic ones are not."""

from __future__ import annotations

import time
from itertools import product

import pytest

from queries.ask import Translator, ValueIndex
from queries.model import load_model
from queries.query import Clarify
from tests.queries.ask.conftest import PROMOS, TODAY
from tests.queries.ask.notation import agrees, written

CATALOGUE = [
    ("product", "P1", "Roll-top camping table"),
    ("product", "P2", "Light camping chair"),
    ("product", "P3", "Incense gift box"),
    ("product", "P4", "Mug gift box for two"),
    ("product", "P5", "铝合金蛋卷桌"),
    ("product", "P6", "不锈钢保温杯500ml"),
    ("product", "P7", "儿童吸管保温杯"),
    ("product", "P8", "手冲咖啡壶套装"),
    ("shop", "S1", "山屿旗舰店"),
    ("campaign", "K1", "Google Search - brand"),
]
SHARED = Translator(load_model(), ValueIndex.build(CATALOGUE), PROMOS)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("how many units of the camping table did we sell last month", "m=units f=product:P1 t=lastmonth"),
        ("roll-top camping units last month", "m=units f=product:P1 t=lastmonth"),
        ("camping chair vs camping table units last month", "m=units d=product f=product:P2+P1 t=lastmonth"),
        ("google search campaign spend last month", "m=ad_spend f=campaign:K1 t=lastmonth"),
        ("蛋卷桌上月卖了几件", "m=units f=product:P5 t=lastmonth"),
        ("上月咖啡壶的销量", "m=units f=product:P8 t=lastmonth"),
        ("咖啡壶以外的销量，上月", "m=units f=!product:P8 t=lastmonth"),
        ("units of the gift box last month", "Clarify"),
        ("保温杯上月销量", "Clarify"),
        # near misses: a word more, a word less, another number, a word that many names could have
        ("units of the wooden camping table last month", "Refuse"),
        ("units of the dining table last month", "Refuse"),
        ("camping trip orders last month", "Refuse"),
        ("units of camping last month", "Refuse"),
        ("how many camping tables did we sell last month", "Refuse"),
        ("蛋卷桌椅上月销量", "Refuse"),
        ("咖啡机上月销量", "Refuse"),
        ("units except the gift box last month", "Refuse"),
        ("保温杯以外的销量，上月", "Refuse"),
        ("how many visitors looked at the camping table's manual last month", "Refuse"),
    ],
)
def test_part_of_a_name(question: str, expected: str) -> None:
    got = written(SHARED.read(question, today=TODAY))
    assert agrees(got, expected), f"{question}\n  expected {expected}\n  got      {got}"


def test_what_many_shops_are_names_none() -> None:
    assert "f=shop:S1" not in written(SHARED.read("旗舰店上月gmv", today=TODAY))


def test_a_choice_between_names_shows_the_names() -> None:
    reading = SHARED.read("units of the gift box last month", today=TODAY)
    assert isinstance(reading, Clarify)
    assert reading.about == "gift box"
    assert [option.label for option in reading.options] == [
        "Incense gift box: Units, last month",
        "Mug gift box for two: Units, last month",
    ]


def test_a_catalogue_of_ten_thousand_names_is_looked_up_by_word() -> None:
    things, kinds = ["table", "chair", "lamp", "shelf", "mug"], ["oak", "steel", "linen", "paper", "glass"]
    names = [f"{a} {b} no{n}" for a, b, n in product(kinds, things, range(400))]
    parts = ValueIndex.build(("product", str(n), name) for n, name in enumerate(names)).parts
    start = time.process_time()
    for _ in range(100):
        assert parts.find("units of the oak table", 13, 16) is None  # 400 names: too many to ask about
    assert time.process_time() - start < 0.5
