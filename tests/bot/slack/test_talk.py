"""Talking in Slack: choices that are remembered, several questions in one message."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from queries.learning.added import AddedFile, AddedWord
from tests.bot.slack.conftest import Bot
from tests.bot.slack.server import LocalSlack, event, send_event, send_form
from tests.bot.slack.test_bot import ask, buttons, press, text_of

OPEN = "best selling platforms from 2025-03-01 to 2025-03-07"


def test_a_chosen_word_is_remembered_shown_at_home_and_forgotten_there(bot: Bot, slack: LocalSlack) -> None:
    ask(bot, OPEN)
    [update] = slack.wait_for("chat.update")
    press(bot, "choose:1", buttons(update)["choose:1"])
    chosen = slack.wait_for("chat.update", 2)[1]
    assert "from now on" in text_of(chosen)

    send_event(bot.url, event("app_home_opened", event_id="E2", tab="home"))
    [home] = slack.wait_for("views.publish")
    shown = json.dumps(home["view"], ensure_ascii=False)
    assert "best selling" in shown and "卖得最好" in shown
    press(bot, "forget_choices:en", "all", n=2)
    again = slack.wait_for("views.publish", 2)[1]
    assert "No choice of yours is kept." in json.dumps(again["view"])
    assert bot.questions.desk.preferences.of("slack:T1/U1", now=bot.now) == {}


def test_a_choice_pressed_by_somebody_else_changes_nobodys_words(bot: Bot, slack: LocalSlack) -> None:
    ask(bot, OPEN)
    [update] = slack.wait_for("chat.update")
    press(bot, "choose:1", buttons(update)["choose:1"], user="U2")
    slack.wait_for("chat.update", 2)
    assert bot.state.items("preference", now=bot.now) == {}


WEEK = "from 2025-03-01 to 2025-03-07"


def test_each_question_of_a_message_is_a_message_in_the_thread(bot: Bot, slack: LocalSlack) -> None:
    ask(bot, f"GMV {WEEK}? orders {WEEK}? is it sunny?")
    updates = slack.wait_for("chat.update", 3)
    assert "2,550.00" in text_of(updates[0]) and "Orders" in text_of(updates[1])
    assert "could not read" in text_of(updates[2])
    posted = slack.named("chat.postMessage")
    assert len(posted) == 3 and {call["thread_ts"] for call in posted} == {"1700000001.000100"}
    assert len({call["ts"] for call in updates}) == 3, "each has its own buttons"


def test_of_several_questions_only_the_private_one_is_whispered(bot: Bot, slack: LocalSlack) -> None:
    ask(bot, f"GMV {WEEK}? repeat rate {WEEK}?", user="UANA")
    [whisper] = slack.wait_for("chat.postEphemeral")
    updates = slack.wait_for("chat.update", 2)
    assert "16.67" in text_of(whisper) and "2,550.00" in text_of(updates[0])
    assert all("16.67" not in text_of(update) for update in updates)


def test_a_second_look_that_fails_leaves_the_refusals_standing(
    bot: Bot, slack: LocalSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The asker's own rights are looked at once more for the private answers; that may fail by itself."""
    answers, looks = bot.questions.desk.answers, []

    def failing(*args: Any, **given: Any) -> Any:
        looks.append(1)
        if len(looks) == 2:
            raise OSError("gone")
        return answers(*args, **given)

    monkeypatch.setattr(bot.questions.desk, "answers", failing)
    ask(bot, f"GMV {WEEK}? repeat rate {WEEK}?", user="UANA")
    updates = slack.wait_for("chat.update", 2)
    assert "2,550.00" in text_of(updates[0]) and "16.67" not in json.dumps(updates)
    assert slack.named("chat.postEphemeral") == []


def test_a_thumb_down_waits_for_review_with_its_reading_and_reason(bot: Bot, slack: LocalSlack) -> None:
    ask(bot, f"GMV {WEEK}")
    [update] = slack.wait_for("chat.update")
    thumbs = next(block for block in update["blocks"] if block["type"] == "context_actions")["elements"][0]
    press(bot, "feedback", thumbs["negative_button"]["value"])
    [opened] = slack.wait_for("views.open")
    state = {"values": {"reason": {"reason": {"type": "plain_text_input", "value": "I meant net sales"}}}}
    view = {"callback_id": "feedback_reason", "private_metadata": opened["view"]["private_metadata"],
            "type": "modal", "state": state}  # fmt: skip
    payload = {"type": "view_submission", "team": {"id": "T1"}, "user": {"id": "U1"}, "view": view}
    assert send_form(bot.url, {"payload": json.dumps(payload)}).status_code == 200
    deadline = time.monotonic() + 5
    while not (found := bot.questions.desk.queue.open(now=bot.now)) or not found[0].reason:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    [entry] = found
    assert (entry.kind, entry.reason, entry.times) == ("thumbs_down", "I meant net sales", 1)
    assert entry.query and entry.query["metrics"] == ["gmv"]
    assert "U1" not in entry.model_dump_json(), "who asked is not kept"


def test_an_added_word_works_in_the_running_bot(bot: Bot, slack: LocalSlack) -> None:
    """A file beside the warehouse, read at the next question: no restart, no sync."""
    ask(bot, f"harvest {WEEK}", event_id="E1")
    assert "could not read" in text_of(slack.wait_for("chat.update")[0])
    home, day = bot.warehouse.rooms.home, bot.now.date()
    word = AddedWord(word="harvest", means="gmv", by="owner", on=day)
    AddedFile(home).change(lambda now: now.model_copy(update={"words": (word,)}))
    try:
        ask(bot, f"harvest {WEEK}", event_id="E2")
        assert "2,550.00" in text_of(slack.wait_for("chat.update", 2)[1])
    finally:
        (home / "asking.yaml").unlink()
