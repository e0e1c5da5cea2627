"""A word is taught, a question kept: at once, in a running desk, checked from then on, nothing else changed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from queries.answer import Answer
from queries.ask.words import load_words
from queries.desk import Desk
from queries.learning.added import FILE, Added, AddedFile, BadAdded, read_added, section_of, words_with
from queries.learning.checking import bare, changed, known_questions
from queries.learning.reviewing import Reviewer
from queries.learning.shipped import SHIPPED, lines
from queries.learning.troubles import (
    ChangesOthers,
    NoSuchKey,
    NotRead,
    NotTheSame,
    OnlyForAdmins,
    WordTaken,
    WordUnfit,
)
from queries.model import load_model
from queries.run import forget
from queries.warehouse.state import State
from tests.queries import market as generated
from tests.queries.asking import Market

NOW, TODAY = generated.NOW, generated.TODAY
ODD = "harvest by platform last month"


@pytest.fixture
def desk(market: Market, tmp_path: Path) -> Iterator[Desk]:
    yield Desk(market.warehouse, State(tmp_path), secret=b"s" * 32)
    (market.warehouse.rooms.home / FILE).unlink(missing_ok=True)
    forget()


@pytest.fixture
def ask(desk: Desk) -> Callable[..., Answer]:
    def asked(question: str, thread: str | None = None) -> Answer:
        return desk.answer(question, desk.viewer("analyst", now=NOW), thread=thread, now=NOW)

    return asked


def reviewer(desk: Desk, who: str = "owner") -> Reviewer:
    reads = desk.answering.reference().translator
    file = AddedFile(desk.warehouse.rooms.home)
    return Reviewer(desk.queue, file, desk.model, reads, desk.viewer(who, now=NOW), TODAY)


def test_a_refused_word_waits_is_taught_and_works_at_the_next_question(desk: Desk, ask: Callable[..., Answer]) -> None:
    assert ask(ODD).status == "unsupported"
    [entry] = desk.queue.open(now=NOW)
    assert (entry.kind, entry.unread) == ("unread", ("harvest",))
    reviewer(desk).add_word(entry, "harvest", "gmv")
    answer = ask(ODD)
    assert answer.status == "answered" and answer.query and answer.query["metrics"] == ["gmv"]
    assert desk.queue.open(now=NOW) == []


@pytest.mark.parametrize(
    ("word", "means", "question", "part"),
    [
        ("收成", "net_sales", "上个月各平台收成", "net_sales"),
        ("catkin group", "category", "gmv by catkin group last month", "category"),
        ("the dog", "platform=jd", "gmv of the dog last month", "jd"),
        ("keepbook", "retention_rules", "show the keepbook", "retention_rules"),
        ("booty", "sales", "booty last month", "net_sales"),
    ],
)
def test_a_word_may_mean_any_key_of_the_model(
    desk: Desk, ask: Callable[..., Answer], word: str, means: str, question: str, part: str
) -> None:
    reviewer(desk).add_word(None, word, means)
    answer = ask(question)
    assert answer.status == "answered" and part in json.dumps(answer.query)


@pytest.mark.parametrize(
    ("word", "means", "trouble"),
    [
        ("orders", "gmv", WordTaken),
        ("last week", "gmv", WordTaken),
        ("by platform", "gmv", WordTaken),
        ("orders by platform", "gmv", WordTaken),
        ("without", "gmv", WordTaken),
        ("ab", "gmv", WordUnfit),
        ("客", "gmv", WordUnfit),
        ("20251111", "gmv", WordUnfit),
        ("(a|b) sales", "gmv", WordUnfit),
        ("13800138000", "gmv", WordUnfit),
        ("harvest", "turnover_total", NoSuchKey),
        ("the dog", "platform=dog", NoSuchKey),
    ],
)
def test_a_word_that_means_something_or_cannot_be_one_is_refused_in_a_sentence(
    desk: Desk, word: str, means: str, trouble: type
) -> None:
    with pytest.raises(trouble) as caught:
        reviewer(desk).add_word(None, word, means)
    assert caught.value.say("en") and caught.value.say("zh")
    assert read_added(desk.warehouse.rooms.home) == Added(), "nothing was added"


def test_a_word_that_would_change_a_verified_question_names_it(desk: Desk) -> None:
    """个月各平台 swallows the month and the grouping of a shipped question."""
    with pytest.raises(ChangesOthers) as caught:
        reviewer(desk).add_word(None, "个月各平台", "orders")
    assert "上个月各平台" in caught.value.say("zh")
    assert read_added(desk.warehouse.rooms.home) == Added()


def test_a_question_is_kept_in_both_languages_as_suggestion_and_test(desk: Desk) -> None:
    key = desk.queue.note("thumbs_down", "net sales on JD by category last month", "en", now=NOW)
    entry = desk.queue.get(key, now=NOW)
    assert entry
    reviewer(desk).keep_question(entry, also="上个月京东各类目净销售额")
    [kept] = read_added(desk.warehouse.rooms.home).verified
    assert (kept.en, kept.zh) == ("net sales on JD by category last month", "上个月京东各类目净销售额")
    reads = desk.answering.reference().translator
    assert "上个月京东各类目净销售额" in reads.suggestions["zh"].nearest("京东类目净销售", 3)
    known = list(known_questions(read_added(desk.warehouse.rooms.home)))
    assert [item.source for item in known].count("added") == 2 and changed(reads, known) == []


@pytest.mark.parametrize(
    ("question", "also", "trouble"),
    [
        ("harvest last month", "", NotRead),
        ("best selling brands last month", "", NotRead),
        ("gmv last month", "上个月退款率", NotTheSame),
        ("gmv last month", "GMV of last month", NotTheSame),
        ("gmv last month", "上个月收成", NotRead),
    ],
)
def test_what_is_not_read_or_not_the_same_is_not_kept(
    desk: Desk, question: str, also: str, trouble: type
) -> None:
    entry = desk.queue.get(desk.queue.note("thumbs_down", question, "en", now=NOW), now=NOW)
    assert entry
    with pytest.raises(trouble):
        reviewer(desk).keep_question(entry, also=also)
    assert read_added(desk.warehouse.rooms.home) == Added()


@pytest.mark.parametrize("role", ["viewer", "analyst", "dpo"])
def test_only_administrators_review(desk: Desk, role: str) -> None:
    with pytest.raises(OnlyForAdmins):
        reviewer(desk, role)
    assert reviewer(desk, "admin")


def test_an_abandoned_choice_and_none_that_was_taken(desk: Desk, ask: Callable[..., Answer]) -> None:
    from datetime import timedelta

    later = NOW + timedelta(hours=1)
    ask("best selling brands last month", thread="a")
    ask("best selling shops last month", thread="b"), ask("the first one", thread="b")
    [entry] = desk.queue.open(now=later)
    assert (entry.kind, entry.question, len(entry.choices)) == ("abandoned", "best selling brands last month", 3)


@pytest.mark.parametrize(
    "question", ["predict gmv next month", "delete all orders", "is Li Na one of our customers?", "tell me a joke"]
)
def test_what_a_word_cannot_mend_does_not_wait_for_review(
    desk: Desk, ask: Callable[..., Answer], question: str
) -> None:
    assert ask(question).status != "answered"
    assert desk.queue.open(now=NOW) == []


def test_the_shipped_questions_are_read_as_shipped_in_both_languages() -> None:
    """After a reading was changed on purpose: python -m queries.learning.shipped."""
    stored = SHIPPED.read_text(encoding="utf-8").splitlines()
    assert lines() == stored
    outlines = [json.loads(line)["outline"] for line in stored]
    assert outlines[::2] == outlines[1::2] and not any(line.startswith("refuse") for line in outlines)


def test_a_reading_that_changed_is_named(desk: Desk) -> None:
    reads = desk.answering.reference().translator
    known = list(known_questions(Added()))[:1]
    wrong = [known[0].__class__(known[0].question, known[0].today, '{"kind": "metrics"}', "shipped")]
    [found] = changed(reads, wrong)
    assert found.question == known[0].question and found.now == known[0].outline


def test_shipped_word_tables_are_not_changed_by_added_words() -> None:
    from queries.learning.added import AddedWord

    model, words = load_model(), load_words()
    before = json.dumps(words.of("metrics").get("gmv"), ensure_ascii=False)
    item = AddedWord(word="harvest", means="gmv", by="owner", on=TODAY)
    more = words_with(words, Added(words=(item,)), model)
    assert "harvest" in more.of("metrics")["gmv"]["en"]
    assert json.dumps(words.of("metrics").get("gmv"), ensure_ascii=False) == before
    assert section_of("nothing", model) == ()


def test_a_broken_file_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("words: [{word: harvest}]\n")
    with pytest.raises(BadAdded) as caught:
        read_added(tmp_path)
    assert FILE in caught.value.say("en") and "means" in caught.value.say("en")


def test_outlines_forget_words_and_empty_fields() -> None:
    assert bare({"metrics": ["gmv"], "time": {"said": "上月", "start": "2026-10-01"}, "having": []}) == bare(
        {"metrics": ["gmv"], "time": {"said": "last month", "start": "2026-10-01"}, "grid": None}
    )
