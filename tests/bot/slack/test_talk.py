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
