"""The desk asks the model only what the grammar could not read, and says so."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from queries.desk import Desk
from queries.llm import LlmReader, LlmSettings
from queries.viewer import Viewer
from queries.warehouse import State
from tests.golden.fixture import NOW, build
from tests.queries.llm.server import LocalModel

ODD = "how fat was our harvest from 2025-03-01 to 2025-03-07"
FORM = {"outcome": "query", "metrics": ["gmv"], "time_said": "from 2025-03-01 to 2025-03-07"}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("llm")
    build(home)
    return home


@pytest.fixture
def server() -> Iterator[LocalModel]:
    model = LocalModel().start()
    yield model
    model.stop()


@pytest.fixture
def desk(home: Path, server: LocalModel, tmp_path: Path) -> Desk:
    from queries.warehouse import Warehouse

    state = State(tmp_path)
    llm = LlmReader(LlmSettings("openai:local", server.base_url, "none", timeout=2.0), state)
    return Desk(Warehouse(home, clock=lambda: NOW), state, secret=b"a-secret-for-tests-only", llm=llm)


def test_what_the_grammar_reads_is_not_sent_anywhere(desk: Desk, server: LocalModel) -> None:
    answer = desk.answer("GMV from 2025-03-01 to 2025-03-07", Viewer.owner(), now=NOW)
    assert (answer.status, answer.translator, server.requests) == ("answered", "grammar", [])


def test_unread_words_are_read_by_the_model_and_the_answer_says_so(desk: Desk, server: LocalModel) -> None:
    server.answers = [FORM]
    answer = desk.answer(ODD, Viewer.owner(), now=NOW)
    assert (answer.status, answer.translator) == ("answered", "llm")
    assert "2,550.00" in answer.text and any("language model" in caveat for caveat in answer.caveats)


def test_a_model_in_trouble_leaves_the_refusal(desk: Desk, server: LocalModel) -> None:
    server.answers = [500]
    answer = desk.answer(ODD, Viewer.owner(), now=NOW)
    assert (answer.status, answer.translator) == ("unsupported", "grammar")


@pytest.mark.parametrize(
    "question", ["what did 13812345678 buy?", "who are our best customers by name?", "delete all orders"]
)
def test_refusals_that_stand_are_never_sent(desk: Desk, server: LocalModel, question: str) -> None:
    assert desk.answer(question, Viewer.owner(), now=NOW).status in ("refused", "unsupported")
    assert server.requests == []


def test_a_viewer_cannot_reach_the_person_lane_through_the_model(desk: Desk, server: LocalModel) -> None:
    server.answers = [{"outcome": "query", "metrics": ["repeat_rate"], "time_said": FORM["time_said"]}] * 3
    answer = desk.answer(ODD, Viewer(principal="viewer"), now=NOW)
    assert answer.status != "answered"
