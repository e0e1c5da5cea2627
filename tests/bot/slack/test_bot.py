"""The bot driven over real sockets with signed requests: one right message for one question."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import httpx
import pytest

from bot.slack.serve import SlackRefused, build_app, installed_team, run_socket, web_client
from tests.bot.slack.conftest import Bot, settings_for
from tests.bot.slack.server import BOT_USER, TEAM, LocalSlack, event, send_event, send_form, signed

GMV = "GMV by platform from 2025-03-01 to 2025-03-07"


def text_of(call: dict[str, Any]) -> str:
    return str(call["text"]) + json.dumps(call.get("blocks") or [], ensure_ascii=False)


def ask(bot: Bot, text: str, **fields: Any) -> httpx.Response:
    return send_event(bot.url, event("app_mention", f"<@{BOT_USER}> {text}", **fields))


# -- one question, one message -------------------------------------------------------------------------------


def test_a_mention_is_acknowledged_and_answered_in_its_thread(bot: Bot, slack: LocalSlack) -> None:
    began = time.monotonic()
    assert ask(bot, GMV).status_code == 200
    assert time.monotonic() - began < 3
    [update] = slack.wait_for("chat.update")
    [posted] = slack.named("chat.postMessage")
    assert (posted["channel"], posted["thread_ts"]) == ("C1", "1700000001.000100")
    kinds = [block["type"] for block in update["blocks"]]
    assert kinds[0] == "section" and {"data_table", "actions", "context_actions"} <= set(kinds)
    assert "1,140.00" in text_of(update) and "700.00" in text_of(update)  # taobao and amazon, to the cent


def test_a_chinese_question_is_answered_in_chinese(bot: Bot, slack: LocalSlack) -> None:
    ask(bot, "2025年3月1日到3月7日的支付金额")
    [update] = slack.wait_for("chat.update")
    assert "支付金额" in update["text"] and "2,550.00" in update["text"]


def test_the_same_delivery_again_is_answered_once(bot: Bot, slack: LocalSlack) -> None:
    for attempt in range(3):
        again = {"X-Slack-Retry-Num": str(attempt), "X-Slack-Retry-Reason": "http_timeout"} if attempt else {}
        send_event(bot.url, event("app_mention", f"<@{BOT_USER}> {GMV}", event_id="EvSame"), **again)
    slack.wait_for("chat.update")
    slack.settle()
    assert len(slack.named("chat.postMessage")) == len(slack.named("chat.update")) == 1


def test_a_claimed_event_stays_claimed_after_a_restart(bot: Bot, slack: LocalSlack) -> None:
    assert bot.questions.claim("EvOld") is True
    ask(bot, GMV, event_id="EvOld")
    slack.settle()
    assert {call.method for call in slack.calls} <= {"auth.test"}


def test_a_mention_that_also_arrives_as_a_message_is_answered_once(bot: Bot, slack: LocalSlack) -> None:
    ask(bot, GMV, event_id="Ev1")
    send_event(bot.url, event("message", f"<@{BOT_USER}> {GMV}", event_id="Ev2", channel_type="channel"))
    slack.wait_for("chat.update")
    slack.settle()
    assert len(slack.named("chat.postMessage")) == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"bot_id": "BOTHER"},
        {"subtype": "message_changed"},
        {"subtype": "channel_join"},
        {"user": ""},
    ],
)
def test_bots_edits_and_joins_are_not_answered(bot: Bot, slack: LocalSlack, fields: dict[str, Any]) -> None:
    assert (
        send_event(bot.url, event("message", GMV, channel_type="im", channel="D1", **fields)).status_code
        == 200
    )
    slack.settle()
    assert slack.named("chat.postMessage") == []


def test_a_direct_message_is_answered_in_its_own_thread(bot: Bot, slack: LocalSlack) -> None:
    send_event(bot.url, event("message", GMV, channel_type="im", channel="D1"))
    slack.wait_for("chat.update")
    assert slack.named("chat.postMessage")[0]["thread_ts"] == "1700000001.000100"


def test_follow_ups_need_no_mention_where_souk_has_answered_and_nowhere_else(
    bot: Bot, slack: LocalSlack
) -> None:
    ask(bot, GMV, event_id="Ev1")
    slack.wait_for("chat.update")
    for n, thread in enumerate(("1700000001.000100", "1600000000.000001")):
        later = event(
            "message",
            "only taobao",
            event_id=f"Ev{n + 2}",
            channel_type="channel",
            thread_ts=thread,
            ts=f"170000000{n + 2}.1",
        )
        send_event(bot.url, later)
    updates = slack.wait_for("chat.update", 2)
    slack.settle()
    assert len(slack.named("chat.postMessage")) == 2
    assert "1,140.00" in text_of(updates[1]) and "700.00" not in text_of(updates[1])


def test_people_talking_in_an_answered_thread_are_left_alone(bot: Bot, slack: LocalSlack) -> None:
    ask(bot, GMV, event_id="Ev1")
    slack.wait_for("chat.update")
    chat = event(
        "message",
        "thanks, see you at lunch",
        event_id="Ev2",
        channel_type="channel",
        thread_ts="1700000001.000100",
    )
    send_event(bot.url, chat)
    slack.settle()
    assert len(slack.named("chat.postMessage")) == 1


def test_an_empty_mention_gets_the_capability_card(bot: Bot, slack: LocalSlack) -> None:
    ask(bot, "")
    [card] = slack.wait_for("chat.postMessage")
    assert "I am Souk" in text_of(card) and "我是 Souk" in text_of(card)


# -- verifying -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (lambda body: signed(body, secret="another"), 401),
        (lambda body: signed(body, at=time.time() - 400), 401),
        (lambda body: {}, 401),
        (lambda body: signed(body), 200),
    ],
)
def test_only_slacks_own_recent_signature_is_taken(
    bot: Bot, slack: LocalSlack, headers: Any, status: int
) -> None:
    body = json.dumps(event("app_mention", GMV)).encode()
    answer = httpx.post(bot.url, content=body, headers={"Content-Type": "application/json", **headers(body)})
    assert answer.status_code == status
    slack.settle(0.3)
    assert bool(slack.named("chat.postMessage")) is (status == 200)


def test_url_verification_returns_the_challenge(bot: Bot) -> None:
    answer = send_event(bot.url, {"type": "url_verification", "challenge": "c-123", "token": "t"})
    assert answer.status_code == 200 and "c-123" in answer.text


def test_a_body_that_is_not_text_is_refused(bot: Bot) -> None:
    assert httpx.post(bot.url, content=b"\xff\xfe", headers=signed(b"\xff\xfe")).status_code == 400


def test_every_subscribed_event_is_taken(bot: Bot, slack: LocalSlack) -> None:
    for n, kind in enumerate(("app_context_changed", "app_uninstalled", "tokens_revoked", "app_home_opened")):
        assert send_event(bot.url, event(kind, event_id=f"E{n}", tab="home")).status_code == 200
    [home] = slack.wait_for("views.publish")
    assert home["view"]["type"] == "home"


# -- rights --------------------------------------------------------------------------------------------------


def test_guests_strangers_and_shared_channels_get_no_number(bot: Bot, slack: LocalSlack) -> None:
    slack.guests.add("UGUEST")
    ask(bot, GMV, user="UGUEST", event_id="Ev1")
    ask(bot, GMV, user_team="T9", event_id="Ev2")
    shared = event("app_mention", f"<@{BOT_USER}> {GMV}", event_id="Ev3") | {"is_ext_shared_channel": True}
    send_event(bot.url, shared)
    for update in slack.wait_for("chat.update", 3):
        assert "1,140" not in text_of(update) and "2,550" not in text_of(update)


def test_where_the_channel_may_not_see_it_the_asker_alone_does(bot: Bot, slack: LocalSlack) -> None:
    ask(bot, "repeat rate from 2025-03-01 to 2025-03-07", user="UANA")
    [whisper] = slack.wait_for("chat.postEphemeral")
    [update] = slack.wait_for("chat.update")
    assert whisper["user"] == "UANA" and "16.67" in text_of(whisper)
    assert "16.67" not in text_of(update) and "privately" in update["text"]


def test_a_person_lane_channel_sees_the_answer(bot: Bot, slack: LocalSlack) -> None:
    ask(bot, "repeat rate from 2025-03-01 to 2025-03-07", user="UANA", channel="CPERSON")
    [update] = slack.wait_for("chat.update")
    assert "16.67" in text_of(update) and slack.named("chat.postEphemeral") == []


def test_a_viewer_is_refused_in_words_that_are_not_no_data(bot: Bot, slack: LocalSlack) -> None:
    ask(bot, "repeat rate from 2025-03-01 to 2025-03-07", user="U1")
    [update] = slack.wait_for("chat.update")
    assert "16.67" not in text_of(update) and update["text"]


def test_a_phone_number_in_a_question_is_refused_and_stored_nowhere(bot: Bot, slack: LocalSlack) -> None:
    ask(bot, "what did 13812345678 buy?")
    [update] = slack.wait_for("chat.update")
    assert "13812345678" not in text_of(update)
    assert b"13812345678" not in bot.state.path.read_bytes()


# -- clicks --------------------------------------------------------------------------------------------------


def press(
    bot: Bot, action_id: str, value: str, *, user: str = "U1", n: int = 1, channel: str = "C1"
) -> httpx.Response:
    payload = {
        "type": "block_actions", "team": {"id": TEAM}, "user": {"id": user, "team_id": TEAM},
        "channel": {"id": channel}, "trigger_id": f"trigger-{n}", "api_app_id": "A1",
        "container": {"message_ts": "1700000000.000002", "channel_id": channel},
        "message": {"ts": "1700000000.000002", "thread_ts": "1700000001.000100"},
        "actions": [{"type": "button", "action_id": action_id, "value": value, "action_ts": f"1.{n}", "block_id": "b"}],
        "response_url": "http://127.0.0.1:9/none",
    }  # fmt: skip
    return send_form(bot.url, {"payload": json.dumps(payload)})


def buttons(update: dict[str, Any]) -> dict[str, str]:
    blocks = [block for block in update["blocks"] if block["type"] == "actions"]
    return {element["action_id"]: element["value"] for block in blocks for element in block["elements"]}


def test_a_question_back_is_buttons_and_the_choice_takes_its_place(bot: Bot, slack: LocalSlack) -> None:
    ask(bot, "top platforms from 2025-03-01 to 2025-03-07")
    [update] = slack.wait_for("chat.update")
    offered = buttons(update)
    assert 2 <= len(offered) <= 4 and all(len(value) < 40 for value in offered.values())
    for _ in range(2):  # Slack may deliver a press twice
        press(bot, "choose:0", offered["choose:0"])
    updates = slack.wait_for("chat.update", 2)
    slack.settle()
    assert len(slack.named("chat.update")) == 2
    assert updates[1]["ts"] == "1700000000.000002" and "700.00" in text_of(updates[1])


def test_sql_is_shown_to_those_who_may_see_it_and_to_them_alone(bot: Bot, slack: LocalSlack) -> None:
    send_event(bot.url, event("message", GMV, channel_type="im", channel="D1", user="UANA"))
    [update] = slack.wait_for("chat.update")
    value = buttons(update)["show_sql"]
    press(bot, "show_sql", value, user="UANA", n=1)
    [whisper] = slack.wait_for("chat.postEphemeral")
    assert "SELECT" in text_of(whisper)
    press(bot, "show_sql", value, user="U1", n=2)
    assert "SELECT" not in text_of(slack.wait_for("chat.postEphemeral", 2)[1])


def test_csv_is_uploaded_into_the_thread(bot: Bot, slack: LocalSlack) -> None:
    ask(bot, GMV)
    [update] = slack.wait_for("chat.update")
    press(bot, "csv", buttons(update)["csv"])
    slack.wait_for("files.completeUploadExternal")
    assert "1140.00" in slack.uploads[0].decode("utf-8-sig")


def test_a_thumb_down_asks_why_and_is_kept_for_review(bot: Bot, slack: LocalSlack) -> None:
    ask(bot, GMV)
    [update] = slack.wait_for("chat.update")
    feedback = next(block for block in update["blocks"] if block["type"] == "context_actions")["elements"][0]
    press(bot, "feedback", feedback["negative_button"]["value"])
    [opened] = slack.wait_for("views.open")
    answer_id = opened["view"]["private_metadata"]
    typed = {"reason": {"reason": {"type": "plain_text_input", "value": "wrong month"}}}
    view = {
        "callback_id": "feedback_reason",
        "private_metadata": answer_id,
        "type": "modal",
        "state": {"values": typed},
    }
    payload = {"type": "view_submission", "team": {"id": TEAM}, "user": {"id": "U1"}, "view": view}
    assert send_form(bot.url, {"payload": json.dumps(payload)}).status_code == 200
    deadline = time.monotonic() + 5
    while not (kept := bot.state.get("feedback", answer_id, now=bot.now)) or not kept["reason"]:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert (kept["verdict"], kept["reason"]) == ("bad", "wrong month")


def test_an_expired_button_says_so(bot: Bot, slack: LocalSlack) -> None:
    press(bot, "csv", "no-such-id")
    [whisper] = slack.wait_for("chat.postEphemeral")
    assert "too old" in whisper["text"]


def test_the_slash_command_answers_privately(bot: Bot, slack: LocalSlack) -> None:
    fields = {"command": "/souk", "text": f"ask {GMV}", "user_id": "U1", "team_id": TEAM, "channel_id": "C1",
              "trigger_id": "t1", "response_url": f"http://127.0.0.1:{slack.port}/respond/1"}  # fmt: skip
    assert send_form(bot.url, fields).status_code == 200
    [answer] = slack.wait_for("response_url")
    assert answer["response_type"] == "ephemeral" and "1,140.00" in json.dumps(answer, ensure_ascii=False)
    assert slack.named("chat.postMessage") == []


# -- faults --------------------------------------------------------------------------------------------------


def test_a_workspace_without_charts_or_tables_gets_text(bot: Bot, slack: LocalSlack) -> None:
    for _ in range(2):
        slack.refuse("chat.update", "invalid_blocks")
    ask(bot, GMV)
    [update] = slack.wait_for("chat.update")
    assert not {"data_visualization", "data_table"} & {block["type"] for block in update["blocks"]}
    assert "1,140.00" in text_of(update)


def test_a_rate_limit_is_waited_out(bot: Bot, slack: LocalSlack) -> None:
    slack.refuse("chat.update", "ratelimited", status=429, Retry_After="1")
    ask(bot, GMV)
    [update] = slack.wait_for("chat.update")
    assert "1,140.00" in text_of(update)


def test_a_deleted_placeholder_is_replaced_by_a_message(bot: Bot, slack: LocalSlack) -> None:
    slack.refuse("chat.update", "message_not_found")
    ask(bot, GMV)
    posted = slack.wait_for("chat.postMessage", 2)
    assert "1,140.00" in text_of(posted[1])


def test_a_failure_is_one_sentence_with_a_reference(bot: Bot, slack: LocalSlack, monkeypatch: Any) -> None:
    def fail(*_args: Any, **_named: Any) -> None:
        raise RuntimeError("table v_orders of /home/x does not exist")

    monkeypatch.setattr(bot.questions.desk, "answer", fail)
    ask(bot, GMV)
    [update] = slack.wait_for("chat.update")
    assert (
        "reference" in update["text"] and "v_orders" not in text_of(update) and "/home" not in text_of(update)
    )


def test_five_slow_questions_do_not_hold_up_the_acknowledgement(
    bot: Bot, slack: LocalSlack, monkeypatch: Any
) -> None:
    answer = bot.questions.desk.answer

    def slow(*args: Any, **named: Any) -> Any:
        time.sleep(1)
        return answer(*args, **named)

    monkeypatch.setattr(bot.questions.desk, "answer", slow)
    began = time.monotonic()
    for n in range(8):
        ask(bot, GMV, event_id=f"Ev{n}", ts=f"17000000{n:02d}.1")
    assert time.monotonic() - began < 6
    slack.wait_for("chat.update", 8, seconds=15)


def test_a_revoked_token_is_said_at_start(slack: LocalSlack, tmp_path: Any) -> None:
    slack.refuse("auth.test", "token_revoked")
    with pytest.raises(SlackRefused) as caught:
        installed_team(web_client(settings_for(slack, tmp_path)))
    assert "token_revoked" in caught.value.say("en")


# -- Socket Mode ---------------------------------------------------------------------------------------------


def test_socket_mode_uses_the_same_base_url_and_answers_once(
    bot: Bot, slack: LocalSlack, tmp_path: Any
) -> None:
    import asyncio

    settings = settings_for(slack, tmp_path, socket=True)
    app = build_app(settings, web_client(settings), bot.questions)
    stop = threading.Event()
    running = threading.Thread(target=run_socket, args=(app, settings, stop), daemon=True)
    running.start()
    slack.wait_for("apps.connections.open")
    deadline = time.monotonic() + 10
    while not slack.sockets:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    loop = slack.loop()
    for number in (1, 2):  # delivered twice
        envelope = {"envelope_id": f"env{number}", "type": "events_api", "accepts_response_payload": False,
                    "payload": event("app_mention", f"<@{BOT_USER}> {GMV}", event_id="EvS")}  # fmt: skip
        asyncio.run_coroutine_threadsafe(slack.sockets[0].send_json(envelope), loop).result(5)
    [update] = slack.wait_for("chat.update")
    slack.settle()
    assert "1,140.00" in text_of(update) and len(slack.named("chat.update")) == 1
    assert set(slack.acknowledged) == {"env1", "env2"}
    stop.set()
    running.join(10)


def test_health_is_for_whoever_watches(bot: Bot) -> None:
    assert httpx.get(bot.url.replace("/slack/events", "/healthz")).text == "ok"


def test_figures_about_persons_are_exported_only_by_those_who_may(bot: Bot, slack: LocalSlack) -> None:
    ask(bot, "buyers by platform from 2025-03-01 to 2025-03-07", user="UANA", channel="CPERSON")
    [update] = slack.wait_for("chat.update")
    press(bot, "csv", buttons(update)["csv"], user="UANA", channel="CPERSON")
    [whisper] = slack.wait_for("chat.postEphemeral")
    assert "may not export" in whisper["text"] and slack.uploads == []
