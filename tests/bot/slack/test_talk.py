"""Talking in Slack: choices that are remembered, several questions in one message."""

from __future__ import annotations

import json

from tests.bot.slack.conftest import Bot
from tests.bot.slack.server import LocalSlack, event, send_event
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
