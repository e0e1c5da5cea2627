"""Numbers, names, threads, choices, refusals and the properties that always hold."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from queries.ask import ThreadState, Translator, ValueIndex, language
from queries.ask.numbers import find_numbers, read_number
from queries.ask.spans import ValueWord
from queries.ask.words import load_words
from queries.model import load_model
from queries.query import Answerable, Clarify, Refuse
from tests.queries.ask.conftest import NAMES, PROMOS, TODAY
from tests.queries.ask.notation import STORIES, agrees, stories, written

SHARED = Translator(load_model(), ValueIndex.build(NAMES), PROMOS)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("一百二", 120),
        ("两万五", 25_000),
        ("十二", 12),
        ("一亿二千万", 120_000_000),
        ("三百二十万", 3_200_000),
        ("twelve", 12),
    ],
)
def test_number_words(text: str, value: int) -> None:
    assert read_number(text) == Decimal(value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("10万", "100000"),
        ("20w", "200000"),
        ("3k", "3000"),
        ("1.5m", "1500000"),
        ("8%", "0.08"),
        ("百分之五", "0.05"),
        ("2,500", "2500"),
        ("2 million", "2000000"),
    ],
)
def test_numbers_with_units(text: str, value: str) -> None:
    assert max(find_numbers(text), key=lambda n: n.end - n.start).value == Decimal(value)


@pytest.mark.parametrize(
    ("text", "tongue"),
    [
        ("champions有多少人", "zh"),
        ("上季度各platform的评分", "zh"),
        ("sales of 青禾 last month please", "en"),
        ("gmv", "en"),
    ],
)
def test_the_language_of_a_mixed_question(text: str, tongue: str) -> None:
    assert language(text) == tongue


def test_a_typo_is_repaired_only_for_a_unique_long_latin_name() -> None:
    index = ValueIndex.build([("brand", "Northwind", "Northwind"), ("brand", "Shoes", "Shoes")])
    assert index.repair("northwnd") == ValueWord("brand", "Northwind", "Northwind")
    assert index.repair("shoe") is None
    near = ValueIndex.build([("brand", "Northwind", "Northwind"), ("brand", "Northwing", "Northwing")])
    assert near.repair("northwin") is None


def test_a_name_in_two_dimensions_is_asked_back() -> None:
    names = ValueIndex.build([("brand", "Acme", "Acme"), ("shop", "S9", "Acme")])
    reading = Translator(load_model(), names).read("gmv of Acme last month", today=TODAY)
    assert isinstance(reading, Clarify)
    assert {o.query.filters[0].dimension for o in reading.options} == {"brand", "shop"}  # type: ignore[union-attr]


def test_the_word_tables_name_only_what_the_model_has() -> None:
    assert load_words().strangers(load_model()) == []


THREADS = [
    (
        ["units on amazon last month", "by product, top 5", "in september?"],
        "m=units d=product f=platform:amazon t=sep o=-units l=5",
    ),
    (
        ["上月各平台折扣率", "只看淘宝和京东", "按月看，今年"],
        "m=discount_rate f=platform:taobao+jd t=thisyear g=month",
    ),
    (["gmv last month", "and by platform?"], "m=gmv d=platform t=lastmonth"),
    (["gmv by platform last month", "what about September?"], "m=gmv d=platform t=sep"),
    (
        ["gmv by platform last month", "vs the month before"],
        "m=gmv d=platform t=lastmonth c=2026-09-01..2026-10-01",
    ),
    (["上月各平台GMV", "那订单数呢"], "m=orders d=platform t=lastmonth"),
    (["上月GMV", "只看新客"], "m=gmv f=buyer_kind:new t=lastmonth"),
    (["上月京东GMV", "换成淘宝"], "m=gmv f=platform:taobao t=lastmonth"),
    (
        ["gmv last month", "refund rate by category last quarter"],
        "m=refund_rate_period d=category t=lastquarter",
    ),
    (["funnel of taobao last week", "and JD?"], "F=shop f=platform:jd t=lastweek"),
    (["上周淘宝的转化漏斗", "那上个月呢"], "F=shop f=platform:taobao t=lastmonth"),
    (["retention by cohort", "only douyin"], "C=retention n=11 f=platform:douyin t=2025-11-01..2026-11-01"),
    (["10月生命周期流转", "那9月呢"], "M=lifecycle v=*>* t=2026-08-31..2026-09-30"),
    (["why did gmv fall last month", "and by channel?"], "m=gmv d=channel t=lastmonth c=sep k=parts"),
    (["上月GMV为什么下降", "那抖音呢"], "m=gmv f=platform:douyin t=lastmonth c=sep k=factors"),
    (["上月各平台拖累了GMV", "那抖音呢"], "m=gmv f=platform:douyin t=lastmonth c=sep k=factors"),
    (["which platforms dragged down gmv last month", "by factor"], "m=gmv t=lastmonth c=sep k=factors"),
    (["gmv last month", "why?"], "m=gmv t=lastmonth c=sep k=factors"),
    (["上月各平台GMV", "为什么"], "m=gmv d=platform t=lastmonth c=sep k=parts"),
    (["上月各平台GMV", "同比呢"], "m=gmv d=platform t=lastmonth c=2025-10-01..2025-11-01"),
]


@pytest.mark.parametrize(("turns", "expected"), THREADS)
def test_a_follow_up_patches_the_last_query(translator: Translator, turns: list[str], expected: str) -> None:
    state, reading = ThreadState(), None
    for turn in turns:
        reading = translator.read(turn, today=TODAY, thread=state)
        if isinstance(reading, Answerable):
            state = ThreadState(query=reading.query)
    assert reading is not None and agrees(written(reading), expected), written(reading)


@pytest.mark.parametrize(
    ("words", "index"), [("the second one", 1), ("第一个", 0), ("2", 1), ("orders", 1), ("支付订单数", None)]
)
def test_an_option_can_be_chosen_by_words(translator: Translator, words: str, index: int | None) -> None:
    asked = translator.read("how is JD doing?", today=TODAY)
    assert isinstance(asked, Clarify)
    chosen = translator.read(words, today=TODAY, thread=ThreadState(options=asked.options))
    if index is None:
        assert not (isinstance(chosen, Answerable) and chosen.query in [o.query for o in asked.options])
    else:
        assert isinstance(chosen, Answerable) and chosen.query == asked.options[index].query


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        ("predict sales for next month", "prediction_or_cause"),
        ("为什么客户不满意", "prediction_or_cause"),
        ("why will sales drop", "prediction_or_cause"),
        ("delete all orders", "change_request"),
        ("给流失客户群发短信", "change_request"),
        ("is Li Na one of our customers?", "person_lookup"),
        ("王小明是不是买家", "person_lookup"),
        ("sales by age group", "not_in_model"),
        ("按设备看订单", "not_in_model"),
        ("tell me a joke", "not_a_data_question"),
        ("gmv of the blue widgets", "unread_words"),
        ("refund rate by campaign", "not_in_model"),
    ],
)
def test_a_refusal_says_why(translator: Translator, question: str, reason: str) -> None:
    reading = translator.read(question, today=TODAY)
    assert isinstance(reading, Refuse) and reading.reason == reason


def test_a_question_with_personal_data_is_not_read() -> None:
    guarded = Translator(load_model(), detect_personal=lambda text: "13800138000" in text)
    assert guarded.read("orders of 13800138000", today=TODAY) == Refuse(reason="personal_data_in_question")


# --- what always holds

ANSWERED = [
    q
    for name in STORIES
    for q, e in stories(name)
    if e not in ("Clarify", "Refuse")
]
ENDS_ASIDE = re.compile(r", need (?:it|this) [^,]*$|[,，]别[^,，]*$")
REFUSED = [q for name in STORIES for q, e in stories(name) if e == "Refuse"]


def _full_width(text: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" and c.isalnum() else c for c in text)


SHORT = {"without": "w/o", "people": "ppl", "with": "w/", "quarter": "qtr", "months": "mths"}


@pytest.mark.parametrize("long", SHORT)
def test_an_abbreviation_keeps_the_reading(long: str) -> None:
    said = [q for q in ANSWERED if f" {long} " in f" {q} "]
    assert said, long
    for question in said:
        short = f" {question} ".replace(f" {long} ", f" {SHORT[long]} ").strip()
        assert written(SHARED.read(short, today=TODAY)) == written(SHARED.read(question, today=TODAY)), short


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(ANSWERED),
    st.sampled_from(["please ", "hi, ", "请问", "麻烦查一下，", "show me "]),
    st.sampled_from(["", "?", "？", " please", "，谢谢", " 😊", "  "]),
)
def test_politeness_and_punctuation_keep_the_reading(question: str, before: str, after: str) -> None:
    plain = written(SHARED.read(question, today=TODAY))
    assert written(SHARED.read(before + question.rstrip("?？") + after, today=TODAY)) == plain


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(ANSWERED))
def test_full_width_letters_and_digits_keep_the_reading(question: str) -> None:
    assert written(SHARED.read(_full_width(question), today=TODAY)) == written(
        SHARED.read(question, today=TODAY)
    )


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(ANSWERED), st.sampled_from(["frobnicated", "blorp", "吖嗪", "zzyzx"]))
def test_one_unknown_word_turns_an_answer_into_no_number(question: str, word: str) -> None:
    """Behind a clause that only says what the figure is for, the word would belong to the clause: there it leads."""
    said = f"{word} {question}" if ENDS_ASIDE.search(question) else f"{question} {word}"
    reading = SHARED.read(said, today=TODAY)
    topic = isinstance(reading, Answerable) and getattr(reading.query, "topic", "")
    assert topic or not isinstance(reading, Answerable)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(REFUSED), st.data())
def test_saying_a_refused_question_again_with_filler_stays_refused(
    question: str, data: st.DataObject
) -> None:
    filler = data.draw(st.sampled_from(["please", "now", "谢谢", "the"]))
    assert isinstance(SHARED.read(f"{question} {filler}", today=TODAY), Refuse)


def test_every_option_and_answer_reads_only_what_the_model_can_split(translator: Translator) -> None:
    fit = translator.decider.fit
    for question in ANSWERED:
        reading = translator.read(question, today=TODAY)
        query = reading.query if isinstance(reading, Answerable) else None
        if query is not None and query.kind == "metrics":
            wanted = tuple(dict.fromkeys((*query.dimensions, *(f.dimension for f in query.filters))))
            assert all(fit.allows(metric, wanted) for metric in query.metrics), question
