"""Which Slack event leads where. Every subscribed event has a listener: Bolt answers 404 to the others, and
Slack counts that as a failed delivery."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from slack_bolt import Ack, App, Respond
from slack_sdk import WebClient

from bot.slack.asker import clicker_of
from bot.slack.clicks import Clicks
from bot.slack.delivery import Place
from bot.slack.home import freshness_text, home_view, suggested_prompts
from bot.slack.message import Message, section
from bot.slack.questions import Heard, Questions, clean
from bot.slack.words import say

Body = Mapping[str, Any]
QUESTION_SUBTYPES = {None, "file_share", "thread_broadcast"}
"""Message subtypes that are somebody saying something; edits, joins and bot messages are not."""


def listen(app: App, questions: Questions) -> None:
    """Registers everything the manifest subscribes to."""

    @app.event("app_mention")
    def mentioned(body: Body, event: Body, client: WebClient) -> None:
        if _from_a_person(event) and questions.claim(str(body.get("event_id", ""))):
            questions.answer(client, questions.hear(body, event, said_to_us=True))

    @app.event("message")
    def said(body: Body, event: Body, client: WebClient, context: Body) -> None:
        if not _from_a_person(event):
            return
        direct = event.get("channel_type") == "im"
        if _mentions_us(body, event, context) and not direct:
            return  # the same message arrives as app_mention
        if not direct and not (event.get("thread_ts") and questions.known_thread(event)):
            return
        if questions.claim(str(body.get("event_id", ""))):
            questions.answer(client, questions.hear(body, event, said_to_us=direct))

    @app.event("app_home_opened")
    def opened(body: Body, event: Body, client: WebClient) -> None:
        if event.get("tab") == "messages":
            suggested_prompts(client, event)
            return
        asker = clicker_of(
            {"user_id": event["user"], "team_id": body.get("team_id"), "channel_id": "D"}, questions.team
        )
        viewer = questions.viewer(client, asker)
        client.views_publish(user_id=event["user"], view=home_view(questions.desk, viewer, questions.clock()))

    @app.command("/souk")
    def commanded(ack: Ack, body: Body, client: WebClient, respond: Respond) -> None:
        ack()
        if questions.claim(f"command:{body.get('trigger_id', '')}"):
            _command(questions, body, client, respond)

    for event in (
        "app_context_changed",
        "app_uninstalled",
        "tokens_revoked",
        "reaction_added",
        "member_joined_channel",
    ):
        app.event(event)(lambda ack: ack())

    Clicks(questions).listen(app)


def _mentions_us(body: Body, event: Body, context: Body) -> bool:
    """Whether the bot is named: by the token's own user, else by the one the delivery is authorised for."""
    named = [str(row.get("user_id")) for row in body.get("authorizations") or () if row.get("is_bot")]
    text = str(event.get("text") or "")
    return any(f"<@{user}" in text for user in (context.get("bot_user_id"), *named) if user)


def _from_a_person(event: Body) -> bool:
    return not event.get("bot_id") and event.get("subtype") in QUESTION_SUBTYPES and bool(event.get("user"))


def _command(questions: Questions, body: Body, client: WebClient, respond: Respond) -> None:
    """`/souk ask <question>`, `/souk freshness`, `/souk help`; a bare question works too; ephemeral."""
    text = clean(str(body.get("text") or ""))
    word, _, rest = text.partition(" ")
    asker = clicker_of(body, questions.team, ephemeral=True)
    viewer = questions.viewer(client, asker)
    language = "zh" if any("一" <= letter <= "鿿" for letter in text) else "en"
    if word in ("", "help"):
        _respond(
            respond, Message(say("help", language), [section(say("help", "en")), section(say("help", "zh"))])
        )
    elif word == "freshness" and not rest:
        shown = freshness_text(questions.desk, viewer, language)
        _respond(respond, Message(shown, [section(shown)]))
    else:
        question = rest if word == "ask" else text
        heard = Heard(question, asker, Place(asker.channel.id), said_to_us=True)
        for answer in questions.ask(heard, viewer):
            message, _ = questions.message(asker, answer, heard.thread_key)
            _respond(respond, message)


def _respond(respond: Respond, message: Message) -> None:
    respond(text=message.text, blocks=message.blocks or None, response_type="ephemeral", unfurl_links=False)
