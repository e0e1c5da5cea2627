"""Questions from user stories in both languages, each with the one reading it must have."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from queries.ask import Translator
from queries.query import Answerable
from tests.queries.ask.conftest import TODAY
from tests.queries.ask.notation import STORIES, agrees, stories, written

VERIFIED = Path(__file__).parents[3] / "queries" / "tell" / "verified.yaml"


@pytest.mark.parametrize(("question", "expected"), [row for name in STORIES for row in stories(name)])
def test_a_question_has_the_reading_of_its_story(
    translator: Translator, question: str, expected: str
) -> None:
    got = written(translator.read(question, today=TODAY))
    assert agrees(got, expected), f"{question}\n  expected {expected}\n  got      {got}"


@pytest.mark.parametrize(
    "pair", yaml.safe_load(VERIFIED.read_text(encoding="utf-8")), ids=lambda pair: pair["en"]
)
def test_a_verified_question_means_the_same_in_both_languages(
    translator: Translator, pair: dict[str, str]
) -> None:
    english, chinese = (translator.read(pair[tongue], today=TODAY) for tongue in ("en", "zh"))
    assert isinstance(english, Answerable) and isinstance(chinese, Answerable), pair
    assert written(english) == written(chinese)


def test_there_are_at_least_sixty_verified_questions() -> None:
    assert len(yaml.safe_load(VERIFIED.read_text(encoding="utf-8"))) >= 60
