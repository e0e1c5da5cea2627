"""A word with several readings is asked about once per person: remembered, said, visible, forgotten."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from queries.answer import Answer
from queries.desk import Desk
from queries.preferences import open_words, readings_of, word_of
from queries.query import SemanticQuery
from tests.queries import market as generated

NOW = generated.NOW
ASKED = "best selling brands last month"
Say = Callable[..., Answer]


@pytest.fixture
def say(desk: Desk) -> Say:
    analyst = desk.viewer("analyst", now=NOW)

    def said(turn: str, thread: str = "t", who: str = "local:anna") -> Answer:
        return desk.answer(turn, analyst.model_copy(update={"principal": who}), thread=thread, now=NOW)

    return said


def test_a_choice_by_words_is_remembered_said_and_used_from_then_on(say: Say) -> None:
    assert say(ASKED).status == "clarify"
    chosen = say("the second one")
    assert any("from now on" in caveat for caveat in chosen.caveats)
    again = say(ASKED, thread="another")
    assert again.status == "answered" and again.query and again.query["metrics"] == ["units"]
    assert any("as you chose before" in caveat for caveat in again.caveats)
    chinese = say("上个月最畅销的品牌", thread="third")
    assert any("按您之前的选择" in caveat for caveat in chinese.caveats)


def test_a_choice_by_button_is_remembered_for_the_one_who_was_asked(desk: Desk, say: Say) -> None:
    query = SemanticQuery.model_validate(say(ASKED).choices[1].query)
    viewer = desk.viewer("analyst", now=NOW)
    for who in ("local:ben", "local:anna"):
        desk.run(query, viewer.model_copy(update={"principal": who}), thread="t", now=NOW)
    assert desk.preferences.of("local:anna", now=NOW) == {"context:best_selling": "units"}
    assert desk.preferences.of("local:ben", now=NOW) == {}


def test_another_persons_words_stay_open(say: Say) -> None:
    say(ASKED), say("the second one")
    assert say(ASKED, who="local:ben").status == "clarify"


def test_what_stands_near_the_word_still_decides(say: Say) -> None:
    """Products are ranked by units whoever asks: the preference is for where the word is open."""
    say(ASKED), say("the first one")
    assert say("best selling products last month", thread="x").query["metrics"] == ["units"]  # type: ignore[index]


def test_a_default_is_replaced_where_it_fits_and_the_answer_says_so(desk: Desk, say: Say) -> None:
    desk.preferences.remember("local:anna", "sales", "gmv", now=NOW)
    answer = say("sales last month")
    assert answer.query and answer.query["metrics"] == ["gmv"]
    assert any('"sales" read as GMV' in caveat for caveat in answer.caveats)
    named = say("net sales last month", thread="y")
    assert named.query and named.query["metrics"] == ["net_sales"], "a named metric is no open word"


def test_preferences_are_listed_and_forgotten_by_asking(say: Say) -> None:
    assert say("what are my preferences").rows == []
    say(ASKED), say("the second one")
    assert say("what are my preferences?").rows == [["best selling", "units", NOW.date().isoformat()]]
    assert say("我的偏好是什么").rows[0][1] == "支付件数"
    assert "1" in say("忘掉我的偏好").text
    assert say("what are my preferences").rows == []
    assert say(ASKED, thread="z").status == "clarify"


def test_nothing_but_the_choice_is_kept(desk: Desk, say: Say) -> None:
    say(ASKED), say("the second one")
    kept = desk.state.get("preference", "local:anna", now=NOW)
    assert kept == {"context:best_selling": {"metric": "units", "on": NOW.date().isoformat()}}


def test_every_open_word_has_a_name_and_readings_of_the_model(desk: Desk) -> None:
    for key in open_words(desk.model):
        assert word_of(key, desk.model, "en") and word_of(key, desk.model, "zh")
        assert set(readings_of(key, desk.model)) <= set(desk.model.metrics)
