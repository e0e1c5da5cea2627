"""The corridor from a question to an answer: answers, choices, refusals, threads, log."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from queries.answer import Answer
from queries.desk import Desk, choice_id
from queries.query import Filter, SemanticQuery
from queries.run import TooSlow, forget
from queries.viewer import Viewer
from queries.warehouse.state import State
from tests.queries import market as generated

NOW = generated.NOW


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("desk")


@pytest.fixture(scope="module")
def desk(home: Path) -> Iterator[Desk]:
    warehouse = generated.build(home)
    yield Desk(warehouse, State(home), secret=b"s" * 32)
    forget()


@pytest.fixture
def analyst(desk: Desk) -> Viewer:
    return desk.viewer("analyst", now=NOW)


def test_an_answer_in_the_language_of_the_question(desk: Desk, analyst: Viewer) -> None:
    english = desk.answer("GMV by platform last month", analyst, now=NOW)
    chinese = desk.answer("上个月各平台成交额", analyst, now=NOW)
    assert (english.status, chinese.status) == ("answered", "answered")
    assert (english.language, chinese.language) == ("en", "zh")
    assert english.rows == chinese.rows
    assert [column.label for column in chinese.columns] == ["平台", "支付金额"]
    assert english.freshness.keys() == {"taobao", "jd", "amazon"}
    assert english.sql and english.query and english.period


@pytest.mark.parametrize(
    ("question", "says"),
    [
        ("GMV in 2023", "Orders are kept from 2024-01-01"),
        ("GMV by platform in 2023", "Orders are kept from 2024-01-01"),
        ("2023年双11成交多少", "2024-01-01 起才有记录"),
        ("GMV of Pinduoduo last month", "No Pinduoduo shop is connected"),
        ("上个月拼多多卖了多少钱", "没有接入拼多多店铺"),
    ],
)
def test_what_is_not_here_has_no_figure(desk: Desk, analyst: Viewer, question: str, says: str) -> None:
    answer = desk.answer(question, analyst, now=NOW)
    assert (answer.status, answer.rows) == ("unsupported", [])
    assert says in answer.text


@pytest.mark.parametrize(
    ("question", "offered"),
    [
        ("GMV of the fnordish last month", 'Without "fnordish": GMV, last month'),
        ("上个月咕噜噜的成交额", "不看“咕噜噜”: 支付金额 · 上个月"),
    ],
)
def test_what_is_read_without_the_unread_words_is_offered_and_not_answered(
    desk: Desk, analyst: Viewer, question: str, offered: str
) -> None:
    answer = desk.answer(question, analyst, thread=question, now=NOW)
    assert (answer.status, answer.reason, answer.rows) == ("unsupported", "unread_words", [])
    assert [choice.label for choice in answer.choices] == [offered]
    pressed = desk.choose(choice_id(SemanticQuery(**answer.choices[0].query)), analyst, now=NOW)
    assert pressed and pressed.status == "answered"
    assert desk.answer("GMV", analyst, thread=question, now=NOW).query != pressed.query


def test_what_the_asker_may_not_see_is_not_offered_either(desk: Desk) -> None:
    answer = desk.answer("fnordish buyers by province", desk.viewer("viewer", now=NOW), now=NOW)
    assert (answer.reason, answer.choices) == ("unread_words", [])


def test_sql_is_for_those_who_may_see_it(desk: Desk) -> None:
    assert desk.answer("GMV last month", desk.viewer("viewer", now=NOW), now=NOW).sql is None


def test_rights_are_those_of_the_asker(desk: Desk) -> None:
    answer = desk.answer("buyers by province last month", desk.viewer("viewer", now=NOW), now=NOW)
    assert (answer.status, answer.reason) == ("refused", "no_permission")


def test_registers_are_for_the_privacy_officer(desk: Desk, analyst: Viewer) -> None:
    question = "data subject requests by kind"
    assert desk.answer(question, analyst, now=NOW).status == "refused"
    assert desk.answer(question, desk.viewer("dpo", now=NOW), now=NOW).status == "answered"


def test_an_empty_register_proves_nothing(desk: Desk) -> None:
    answer = desk.answer("open incidents", desk.viewer("dpo", now=NOW), now=NOW)
    assert "nothing recorded" in answer.text
    assert any("does not prove" in caveat for caveat in answer.caveats)


def test_personal_data_in_a_question_is_neither_answered_nor_kept(
    desk: Desk, analyst: Viewer, home: Path
) -> None:
    answer = desk.answer("orders of 13800138000", analyst, thread="t", now=NOW)
    assert (answer.status, answer.reason, answer.question) == ("refused", "personal_data_in_question", "")
    assert all(b"13800138000" not in file.read_bytes() for file in home.glob("state.sqlite*"))


def test_a_small_segment_is_refused_with_the_one_sentence(desk: Desk, analyst: Viewer) -> None:
    answer = desk.answer("how many big spenders do we have", analyst, now=NOW)
    assert (answer.status, answer.reason) == ("refused", "group_too_small")
    assert answer.rows == []


def test_a_change_is_refused_and_the_present_value_shown(desk: Desk, analyst: Viewer) -> None:
    answer = desk.answer("set the retention of the access log to 5 years", analyst, now=NOW)
    assert (answer.status, answer.reason) == ("refused", "change_request")


def test_a_thread_is_followed_up_by_its_author_only(desk: Desk, analyst: Viewer) -> None:
    first = desk.answer("GMV last month", analyst, thread="x1", now=NOW)
    follow = desk.answer("only JD", analyst, thread="x1", now=NOW)
    assert first.status == follow.status == "answered"
    assert follow.query and follow.query["filters"][0]["values"] == ["jd"]
    other = analyst.model_copy(update={"principal": "local:other"})
    assert desk.answer("only JD", other, thread="x1", now=NOW).status != "answered"


def test_a_thread_expires(desk: Desk, analyst: Viewer) -> None:
    desk.answer("GMV last month", analyst, thread="x2", now=NOW)
    assert desk.answer("only JD", analyst, thread="x2", now=NOW + timedelta(days=1)).status != "answered"


def test_an_offered_reading_is_chosen_by_its_id_or_by_words(desk: Desk, analyst: Viewer) -> None:
    offered = desk.answer("top brands last quarter", analyst, thread="x3", now=NOW)
    assert offered.status == "clarify"
    assert 2 <= len(offered.choices) <= 4
    query = SemanticQuery.model_validate(offered.choices[1].query)
    chosen = desk.choose(choice_id(query), analyst, now=NOW)
    assert chosen and chosen.status == "answered"
    by_words = desk.answer("the second one", analyst, thread="x3", now=NOW)
    assert by_words.rows == chosen.rows


def test_a_choice_expires(desk: Desk, analyst: Viewer) -> None:
    assert desk.choose("0" * 16, analyst, now=NOW) is None


def test_a_button_is_run_with_the_rights_of_whoever_presses(desk: Desk) -> None:
    query = SemanticQuery(metrics=("buyers",))
    assert desk.run(query, desk.viewer("viewer", now=NOW), now=NOW).status == "refused"


def test_forms_whose_populations_differ_by_a_few_are_refused(desk: Desk, analyst: Viewer) -> None:
    """October in one province, then without its last day: the pair isolates the buyers of one day."""
    whole = SemanticQuery(
        metrics=("gmv",), filters=(Filter(dimension="region", values=("浙江",)),), time=days_of(10, 1, 31)
    )
    shorter = whole.model_copy(update={"time": days_of(10, 1, 30)})
    assert desk.run(whole, analyst, now=NOW).status == "answered"
    assert desk.run(whole, analyst, now=NOW).status == "answered", "the same form again is no second form"
    assert desk.run(shorter, analyst, now=NOW).reason in ("group_too_small", None)
    other = analyst.model_copy(update={"principal": "local:other"})
    narrower = [
        desk.run(whole.model_copy(update={"time": days_of(10, 1, last)}), other, now=NOW)
        for last in (29, 28, 27)
    ]
    assert any(answer.reason == "group_too_small" for answer in narrower), "another asker's form counts too"


def days_of(month: int, first: int, last: int):  # type: ignore[no-untyped-def]
    from datetime import date

    from tests.queries.asking import days

    return days(date(2026, month, first), date(2026, month, last))


def test_every_decision_is_logged_without_its_words(desk: Desk, analyst: Viewer) -> None:
    desk.answer("orders last week", analyst, now=NOW)
    desk.answer("buyers last week", desk.viewer("viewer", now=NOW), now=NOW)
    answer = desk.answer("access log by decision", desk.viewer("dpo", now=NOW), now=NOW)
    counted = {row[0]: row[1] for row in answer.rows}
    assert counted["answered"] > 0 and counted["refused"] > 0


def test_what_is_a_metric(desk: Desk, analyst: Viewer) -> None:
    answer = desk.answer("how is net sales defined?", analyst, now=NOW)
    assert answer.status in ("answered", "unsupported")
    if answer.status == "answered":
        assert answer.rows


def test_an_empty_list_says_which_filter_emptied_it(desk: Desk, analyst: Viewer) -> None:
    query = SemanticQuery(
        metrics=("units",),
        dimensions=("brand",),
        time=days_of(10, 1, 31),
        filters=(Filter(dimension="category", values=("no such",)),),
    )
    answer = desk.run(query, analyst, now=NOW)
    assert (answer.status, answer.rows) == ("answered", [])
    assert 'without "no such" there would be data' in answer.caveats


@pytest.mark.parametrize("number", range(18))
def test_verified_questions_are_read(desk: Desk, number: int) -> None:
    """Each suggestion works, in both languages, and means the same."""
    from queries.reference import verified_questions

    item = verified_questions()[number]
    dpo = desk.viewer("dpo", now=NOW)
    english, chinese = desk.answer(item.en, dpo, now=NOW), desk.answer(item.zh, dpo, now=NOW)
    assert english.status in ("answered", "refused"), english.text
    assert english.status == chinese.status, (english.text, chinese.text)
    assert meaning(english) == meaning(chinese)


def meaning(answer: Answer) -> object:
    """What was asked, without the words it was said in; for a refusal its reason."""
    if answer.query is None:
        return answer.reason
    return json.loads(re.sub(r'"said": "[^"]*"', '"said": ""', json.dumps(answer.query)))


def test_a_failure_on_our_side_is_said_and_costs_nobody_the_next_answer(
    desk: Desk, analyst: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("must not be shown")

    monkeypatch.setattr("queries.answering.run", broken)
    answer = desk.answer("GMV last month", analyst, now=NOW)
    assert answer.status == "error"
    assert answer.reference
    assert "must not be shown" not in answer.model_dump_json()
    monkeypatch.undo()
    assert desk.answer("GMV last month", analyst, now=NOW).status == "answered"


def test_a_question_that_takes_too_long_says_so(
    desk: Desk, analyst: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(*_: object, **__: object) -> None:
        raise TooSlow(seconds=30)

    monkeypatch.setattr("queries.answering.run", slow)
    answer = desk.answer("上个月成交额", analyst, now=NOW)
    assert answer.status == "error"
    assert answer.text == "查询超过 30 秒, 已停止。 请缩短时间范围或减少分组。"
