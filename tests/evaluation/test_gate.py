"""The gate: on the recorded questions at most one answer in a hundred may be wrong.

Every sixth question is asked here, which keeps it quick; `make evaluate` asks them all.
"""

from __future__ import annotations

import pytest

from tests.evaluation.judge import read_items
from tests.evaluation.run import ask_all, desk_on, report
from tests.evaluation.world import build

EVERY = 6


def test_at_most_one_answer_in_a_hundred_is_wrong(tmp_path_factory: pytest.TempPathFactory) -> None:
    judged = ask_all(desk_on(build(tmp_path_factory.mktemp("market"))), read_items()[::EVERY])
    found = report(judged)
    wrong = [(j.item.question, j.answer.text) for j in judged if j.verdict == "wrong"]
    assert found.wrong <= 0.01, wrong
    assert (found.precision or 0) >= 0.98, wrong
    assert (found.coverage or 0) >= 0.8
    assert (found.refusal_recall or 0) >= 0.9


def test_recorded_questions_are_distinct_and_say_what_is_right() -> None:
    items = read_items()
    assert len({item.id for item in items}) == len(items)
    assert all(item.gold for item in items if item.expect == "answered")
