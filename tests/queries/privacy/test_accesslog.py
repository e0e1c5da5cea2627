"""The access log knows that a question was asked and what was decided, never what it said."""

from __future__ import annotations

import pytest

from queries.privacy import guards
from queries.privacy.accesslog import AccessLog, fingerprint
from queries.query import SemanticQuery
from queries.viewer import Viewer

from .conftest import NOW

SECRET = b"a secret of sufficient length"


def test_equal_questions_hash_alike_and_depend_on_the_secret(home) -> None:  # type: ignore[no-untyped-def]
    log, other = AccessLog(home.state, SECRET), AccessLog(home.state, b"another secret")
    assert log.question_hash("GMV last  month") == log.question_hash("ｇｍｖ last month ")
    assert log.question_hash("GMV last month") != log.question_hash("GMV this month")
    assert log.question_hash("GMV") != other.question_hash("GMV")
    assert log.question_hash("what did 13800138000 buy") == ""


def test_a_decision_reaches_the_register_without_its_words(home) -> None:  # type: ignore[no-untyped-def]
    question = "what did 13800138000 buy"
    log = AccessLog(home.state, SECRET)
    log.note(question, Viewer.owner(), decision="refused", now=NOW, rule="tripwire")
    query = SemanticQuery(metrics=("gmv",))
    log.note("GMV", Viewer.owner(), decision="answered", now=NOW, lane="business", query=query, tables=["v_orders"],
             rows_returned=3)  # fmt: skip
    home.warehouse.publish()
    rows = home.look("SELECT principal, lane, decision, rule, rows_returned, tables, query_fingerprint"
                     " FROM privacy.access_log"
                     " ORDER BY decision")  # fmt: skip
    assert rows == [
        ("owner", "business", "answered", "", 3, ["v_orders"], fingerprint(query)),
        ("owner", "none", "refused", "tripwire", 0, [], ""),
    ]
    for file in home.path.rglob("*"):
        if file.is_file():
            assert b"13800138000" not in file.read_bytes(), file


def test_fingerprints_are_equal_for_equal_queries() -> None:
    one, same = SemanticQuery(metrics=("gmv",)), SemanticQuery.model_validate({"metrics": ["gmv"]})
    assert fingerprint(one) == fingerprint(same) != fingerprint(SemanticQuery(metrics=("orders",)))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_refusals_say_neither_rule_nor_number(language: str) -> None:
    text = guards.GROUP_TOO_SMALL[language]
    assert not any(character.isdigit() for character in text)
    for rule in ("overlap", "complement", "dominance", "差", "重叠"):
        assert rule not in text
    assert (
        guards.PERSONAL_DATA_IN_QUESTION[language]
        and guards.PERSON_LOOKUP[language]
        and guards.NO_PERMISSION[language]
    )


def test_a_suppressed_cell_is_named_by_its_limit() -> None:
    assert guards.fewer_than(10, "en") == "fewer than 10 customers"
    assert guards.fewer_than(10, "zh") == "少于 10 位客户"
