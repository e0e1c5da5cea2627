"""What waits for review: what was not read, not taken, called wrong; never personal data, never who asked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from queries.learning.queue import ReviewQueue
from queries.warehouse.state import State

NOW = datetime(2026, 11, 24, 4, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def queue(tmp_path: Path) -> ReviewQueue:
    return ReviewQueue(State(tmp_path))


def test_the_same_question_again_counts_up_and_the_most_asked_stands_first(queue: ReviewQueue) -> None:
    queue.note("unread", "one harvest", "en", unread=("harvest",), now=NOW)
    for text in ("two harvests", "Two  Harvests?", "two harvests."):
        queue.note("unread", text, "en", unread=("harvests",), now=NOW)
    waiting = [(entry.question, entry.times) for entry in queue.open(now=NOW)]
    assert waiting == [("two harvests.", 3), ("one harvest", 1)]


def test_a_choice_is_abandoned_after_half_an_hour_unless_taken(queue: ReviewQueue) -> None:
    queue.note("abandoned", "best selling brands", "en", choices=("a", "b"), now=NOW)
    queue.note("abandoned", "best selling shops", "en", choices=("a", "b"), now=NOW)
    assert queue.open(now=NOW) == []
    queue.taken("best selling shops")
    assert [entry.question for entry in queue.open(now=LATER)] == ["best selling brands"]


@pytest.mark.parametrize("text", ["orders of 13800138000", "did anna@example.com buy", ""])
def test_personal_data_is_never_kept(queue: ReviewQueue, text: str) -> None:
    assert queue.note("unread", text, "en", now=NOW) == "" and queue.open(now=NOW) == []


def test_a_reason_with_personal_data_is_dropped_and_the_rest_kept(queue: ReviewQueue) -> None:
    queue.note("thumbs_down", "gmv", "en", query={"kind": "metrics"}, now=NOW)
    queue.note("thumbs_down", "gmv", "en", query={"kind": "metrics"}, reason="call 13800138000", now=NOW)
    [entry] = queue.open(now=NOW)
    assert (entry.reason, entry.times) == ("", 1)


def test_the_reason_of_a_thumb_joins_its_entry(queue: ReviewQueue) -> None:
    queue.note("thumbs_down", "gmv", "en", now=NOW)
    queue.note("thumbs_down", "gmv", "en", reason="wrong month", now=NOW)
    [entry] = queue.open(now=NOW)
    assert (entry.reason, entry.times) == ("wrong month", 1)


def test_an_entry_is_forgotten_after_thirty_days_and_counted_by_the_retention_rule(queue: ReviewQueue) -> None:
    from queries.privacy.retention import ANSWERS

    queue.note("unread", "one harvest", "en", now=NOW)
    assert queue.open(now=NOW + timedelta(days=31)) == [] and "review" in ANSWERS


def test_an_entry_is_found_by_the_first_letters_of_its_id(queue: ReviewQueue) -> None:
    key = queue.note("unread", "one harvest", "en", now=NOW)
    found = queue.get(key[:4], now=NOW)
    assert found is not None and found.id == key and queue.get("zz", now=NOW) is None
