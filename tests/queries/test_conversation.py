"""A conversation at the desk: drawn, as rows, one step back, from the start; per author, expiring."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from queries.answer import Answer
from queries.desk import Desk
from tests.queries import market as generated

NOW = generated.NOW
Say = Callable[..., Answer]


@pytest.fixture
def say(desk: Desk) -> Say:
    analyst = desk.viewer("analyst", now=NOW)

    def said(*turns: str, thread: str | None = "t", who: str = "local:anna", later: int = 0) -> Answer:
        viewer = analyst.model_copy(update={"principal": who})
        now = NOW + timedelta(hours=later)
        return [desk.answer(turn, viewer, thread=thread, now=now) for turn in turns][-1]

    return said


@pytest.mark.parametrize(
    ("question", "turn", "kind", "told"),
    [
        ("gmv by platform last month", "as a chart", "bar", ""),
        ("gmv by platform last month", "as a pie chart", "pie", ""),
        ("gmv by platform last month", "as a line chart", "bar", "drawn as bars"),
        ("gmv by platform last month", "as a table", "none", ""),
        ("gmv per week in Q3", "as a chart", "line", ""),
        ("gmv per week in Q3", "as a bar chart", "bar", ""),
        ("gmv last month", "as a chart", "none", "one figure"),
        ("上个月各平台成交额", "画成图", "bar", ""),
        ("上个月成交额", "画成图", "none", "单个数字"),
    ],
)
def test_the_last_answer_is_drawn_as_asked(say: Say, question: str, turn: str, kind: str, told: str) -> None:
    first = say(question)
    drawn = say(turn)
    assert drawn.rows == first.rows
    assert drawn.chart.kind == kind and any(told in caveat for caveat in drawn.caveats) is bool(told or drawn.caveats)


@pytest.mark.parametrize(
    ("question", "dimensions", "grain"),
    [
        ("gmv last month", ["shop"], None),
        ("gmv by platform last month", ["platform"], "day"),
        ("gmv per month in Q3", [], "week"),
        ("top 2 products by units last month", ["product"], None),
    ],
)
def test_rows_are_the_finest_groups_that_may_be_listed_and_say_so(
    say: Say, question: str, dimensions: list[str], grain: str | None
) -> None:
    say(question)
    answer = say("show the rows")
    assert answer.status == "answered" and answer.query and len(answer.rows) > 2
    assert (answer.query["dimensions"], answer.query["grain"]) == (dimensions, grain)
    assert "never listed" in answer.caveats[0]


def test_rows_of_buyers_stay_groups(say: Say) -> None:
    say("buyers by province last month")
    answer = say("看明细")
    assert "customer" not in str(answer.columns) and answer.status in ("answered", "refused")


def test_undo_goes_back_step_by_step(say: Say) -> None:
    first = say("gmv by platform last month")
    say("only JD")
    say("orders")
    assert say("undo").query["metrics"] == ["gmv"]  # type: ignore[index]
    assert say("back").rows == first.rows
    assert say("undo").status == "unsupported"
    assert say("only JD").query["filters"][0]["values"] == ["jd"], "and goes on from there"  # type: ignore[index]


def test_undo_after_a_question_back_returns_to_the_last_answer(say: Say) -> None:
    first = say("net sales by platform last month")
    assert say("drop the refunds").status == "clarify"
    assert say("undo").rows == first.rows


def test_starting_over_forgets_the_thread(say: Say) -> None:
    say("gmv on JD last month", "start over")
    assert say("as a chart").status == "unsupported"
    assert say("and JD?").status != "answered" or not say("and JD?").query["time"]["said"]  # type: ignore[index]


@pytest.mark.parametrize("turn", ["undo", "as a chart", "show the rows", "画成图", "撤销"])
def test_without_an_answer_before_there_is_nothing_to_go_on_from(say: Say, turn: str) -> None:
    assert say(turn).status == "unsupported"
    assert say(turn, thread=None).status == "unsupported"


def test_another_author_and_another_day_have_no_last_answer(say: Say) -> None:
    say("gmv by platform last month")
    assert say("as a chart", who="local:ben").status == "unsupported"
    assert say("as a chart", later=13).status == "unsupported"


def test_each_question_of_a_message_has_its_answer(desk: Desk) -> None:
    analyst = desk.viewer("analyst", now=NOW)
    first, second, third = desk.answers("GMV last month? Is it sunny? Refund rate?", analyst, now=NOW)
    assert (first.status, second.status, third.status) == ("answered", "unsupported", "answered")
    assert [first.question, second.question, third.question] == ["GMV last month?", "Is it sunny?", "Refund rate?"]
    assert first.period == third.period, "a bare question goes on from the one before"
    assert desk.state.items("thread", now=NOW) == {}, "without a thread nothing is remembered"


def test_where_one_answer_is_wanted_several_questions_are_a_choice(desk: Desk, say: Say) -> None:
    asked = say("上个月成交额多少?退款率呢?今天天气怎么样?")
    assert (asked.status, asked.reason) == ("clarify", "several_questions")
    assert [choice.label for choice in asked.choices] == ["上个月成交额多少?", "退款率呢?"]
    assert any("天气" in caveat for caveat in asked.caveats), "what is left out is named"
    assert "退款率" in say("第二个").text


def test_too_many_questions_are_not_answered_in_part(desk: Desk) -> None:
    answers = desk.answers("GMV last month? " * 6, desk.viewer("analyst", now=NOW), now=NOW)
    assert [answer.status for answer in answers] == ["unsupported"] and "6 questions" in answers[0].text


def test_personal_data_in_one_question_refuses_the_message(desk: Desk) -> None:
    text = "GMV last month? what did 13800138000 buy?"
    answers = desk.answers(text, desk.viewer("analyst", now=NOW), thread="t", now=NOW)
    assert [answer.reason for answer in answers] == ["personal_data_in_question"]


def test_rows_of_a_register_are_its_rows(desk: Desk) -> None:
    dpo = desk.viewer("dpo", now=NOW)
    desk.answer("how many retention rules are there", dpo, thread="r", now=NOW)
    answer = desk.answer("show the rows", dpo, thread="r", now=NOW)
    assert answer.status == "answered" and len(answer.rows) > 3
