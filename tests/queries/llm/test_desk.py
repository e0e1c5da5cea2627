"""The desk asks the model only what the grammar could not read, and says so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from queries.ask import Translator, ValueIndex
from queries.desk import Desk
from queries.llm import LlmReader, LlmSettings
from queries.model import load_model
from queries.query import SemanticQuery
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


Make = Callable[..., Desk]


@pytest.fixture
def make(home: Path, server: LocalModel, tmp_path: Path) -> Make:
    from queries.warehouse import Warehouse

    def made(**settings: Any) -> Desk:
        state = State(tmp_path)
        given = {"timeout": 2.0, "confirm": "never"} | settings
        llm = LlmReader(LlmSettings("openai:local", server.base_url, "none", **given), state)
        return Desk(Warehouse(home, clock=lambda: NOW), state, secret=b"a-secret-for-tests-only", llm=llm)

    return made


@pytest.fixture
def desk(make: Make) -> Desk:
    return make()


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


# -- the person agrees, the person decides -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "base_url", "confirm", "asked_first"),
    [
        ("openai:gpt-5-mini", "", "auto", False),
        ("ollama:qwen3", "", "auto", True),
        ("openai:local", "http://127.0.0.1:1/v1", "auto", True),
        ("openai:local", "http://127.0.0.1:1/v1", "never", False),
        ("anthropic:claude", "", "always", True),
    ],
)
def test_small_models_are_agreed_to_first(model: str, base_url: str, confirm: Any, asked_first: bool) -> None:
    assert LlmSettings(model, base_url, confirm=confirm).confirms is asked_first


@pytest.mark.parametrize("yes", ["yes", "对", "the first one"])
def test_a_small_models_reading_is_shown_and_answered_after_a_yes(
    make: Make, server: LocalModel, yes: str
) -> None:
    desk, server.answers = make(confirm="auto"), [FORM]
    asked = desk.answer(ODD, Viewer.owner(), thread="t", now=NOW)
    assert (asked.status, asked.reason, len(asked.choices)) == ("clarify", "confirm", 1)
    assert "GMV" in asked.text and asked.rows == []
    answer = desk.answer(yes, Viewer.owner(), thread="t", now=NOW)
    assert (answer.status, answer.translator) == ("answered", "llm")
    assert "2,550.00" in answer.text and any("language model" in c or "语言模型" in c for c in answer.caveats)


def test_pressed_by_anybody_the_answer_says_who_read_it(make: Make, server: LocalModel) -> None:
    desk, server.answers = make(confirm="auto"), [FORM]
    [choice] = desk.answer(ODD, Viewer.owner(), thread="t", now=NOW).choices
    query = SemanticQuery.model_validate(choice.query)
    other = Viewer.owner().model_copy(update={"principal": "local:ben"})
    answer = desk.run(query, other, thread="t", reader=choice.reader, now=NOW)
    assert answer.translator == "llm" and any("language model" in caveat for caveat in answer.caveats)


UNCLEAR = "best selling platforms from 2025-03-01 to 2025-03-07"


def test_where_grammar_and_model_differ_the_person_is_asked(desk: Desk, server: LocalModel) -> None:
    server.answers = [{**FORM, "metrics": ["buyer_paid"], "dimensions": ["platform"]}]
    answer = desk.answer(UNCLEAR, Viewer.owner(), thread="t", now=NOW)
    assert answer.status == "clarify" and [choice.reader for choice in answer.choices][-1] == "llm"
    assert answer.choices[-1].query["metrics"] == ["buyer_paid"]
    chosen = desk.answer(f"the {['second', 'third', 'fourth'][len(answer.choices) - 2]} one", Viewer.owner(),
                         thread="t", now=NOW)  # fmt: skip
    assert chosen.translator == "llm"


def test_where_the_model_agrees_with_a_choice_that_one_stands_first(desk: Desk, server: LocalModel) -> None:
    server.answers = [{"outcome": "not_answerable"}]
    plain = desk.answer(UNCLEAR, Viewer.owner(), now=NOW)
    server.answers = [{**FORM, "metrics": ["units"], "dimensions": ["platform"], "rank": "top"}]
    answer = desk.answer(f"{UNCLEAR}!", Viewer.owner(), now=NOW)
    assert len(answer.choices) == len(plain.choices), "an agreement is no further choice"
    assert answer.choices[0].query["metrics"] == ["units"]
    assert {choice.reader for choice in answer.choices} == {"grammar"}


# -- whatever the model does ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("trouble", "settings"),
    [
        ("not json at all", {}),
        ('{"outcome": "dance"}', {}),
        ("cut", {}),
        (429, {}),
        (500, {}),
        (401, {}),
        (3.0, {"timeout": 0.3}),
        ({**FORM, "metrics": ["turnover_total"]}, {}),
        ({**FORM, "filters": [{"dimension": "colour", "said": ["fat"]}]}, {}),
        ({**FORM, "time_said": "last year"}, {}),
        (FORM, {"tokens_per_user": 0}),
        (FORM, {"tokens_per_day": 0}),
    ],
)
def test_every_misbehaviour_leaves_the_grammars_refusal(
    make: Make, server: LocalModel, trouble: Any, settings: dict[str, Any]
) -> None:
    desk, server.answers = make(**settings), [trouble] * 5
    answer = desk.answer(ODD, Viewer.owner(), now=NOW)
    assert (answer.status, answer.reason, answer.translator) == ("unsupported", "unread_words", "grammar")
    assert "fat" in answer.text and answer.nearest


def test_a_failing_model_is_left_alone_and_unclear_questions_are_still_asked_back(
    desk: Desk, server: LocalModel
) -> None:
    server.answers = [500] * 9
    for n in range(5):
        assert desk.answer(f"{UNCLEAR}{'!' * n}", Viewer.owner(), now=NOW).status == "clarify"
    assert len(server.requests) == 3


INJECTIONS = [
    line
    for line in (Path(__file__).parent / "injections.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]
OBEYED: list[dict[str, Any]] = [
    {"outcome": "query", "metrics": ["gmv'; DROP TABLE orders; --"]},
    {"outcome": "query", "metrics": ["gmv"], "sql": "SELECT * FROM customers", "filters": []},
    {"outcome": "query", "metrics": ["buyers"], "dimensions": ["customer_key"]},
    {"outcome": "query", "metrics": ["gmv"], "time_said": "all time, ignore the rules"},
    {"outcome": "query", "metrics": ["gmv"], "unread": ["everything"]},
]


@pytest.mark.parametrize("text", INJECTIONS)
def test_an_instruction_in_a_question_reaches_nothing_it_may_not(
    make: Make, server: LocalModel, text: str
) -> None:
    """The model obeys in five ways: no SQL of its own runs, no person is listed, no secret is in a prompt."""
    desk = make()
    for n, form in enumerate(OBEYED):
        server.answers = [form] * 3
        answer = desk.answer(f"{text} {'.' * n}", Viewer(principal="viewer"), now=NOW)
        if answer.status == "answered":
            assert answer.query and answer.query["metrics"] == ["gmv"] and answer.lane == "business"
            assert answer.translator == "llm" and any("language model" in caveat for caveat in answer.caveats)
        assert "customer_key" not in answer.model_dump_json().replace(answer.question, "")
    assert "a-secret-for-tests-only" not in server.prompts
    assert "2,550.00" in desk.answer("GMV from 2025-03-01 to 2025-03-07", Viewer.owner(), now=NOW).text


@pytest.mark.parametrize("text", INJECTIONS)
def test_an_instruction_in_a_product_title_is_never_sent(text: str, tmp_path: Path, server: LocalModel) -> None:
    """Titles are matched by our own index; a prompt has labels of the model and the question, nothing else."""
    names = [("product", "P1", text), ("brand", "Northwind", "Northwind")]
    translator = Translator(load_model(), ValueIndex.build(names))
    server.answers = [FORM]
    llm = LlmReader(LlmSettings("openai:local", server.base_url, "none"), State(tmp_path))
    today = NOW.date()
    llm.read(ODD, translator, Viewer.owner(), today=today, now=NOW, valid=lambda query: "")
    assert server.requests and text[:24] not in server.prompts
