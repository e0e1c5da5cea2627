"""Buttons, feedback and the message shortcut: each re-checks the rights of whoever pressed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from slack_bolt import Ack, App
from slack_sdk import WebClient

from bot.slack.asker import Asker, clicker_of
from bot.slack.csvfile import csv_bytes
from bot.slack.delivery import Place, replace, whisper
from bot.slack.home import home_view
from bot.slack.message import Message, context, escape, section
from bot.slack.questions import Heard, Questions, failure
from bot.slack.words import PROMPTS, say
from queries.answer import Answer
from queries.query import Query

Body = Mapping[str, Any]
SQL_SHOWN = 2800


class Clicks:
    """What happens when a button under an answer is pressed."""

    def __init__(self, questions: Questions) -> None:
        self.questions = questions

    def listen(self, app: App) -> None:
        """Registers every action, shortcut and view; all acknowledge first, as Slack allows three seconds."""
        app.action(re.compile(r"^choose:\d+$"))(self._once(self.choose))
        app.action("show_sql")(self._once(self.show_sql))
        app.action("csv")(self._once(self.csv))
        app.action(re.compile(r"^forget_choices:"))(self._once(self.forget_choices))
        app.action("feedback")(self._once(self.feedback))
        app.action(re.compile(r"^prompt:"))(self._once(self.prompt))
        app.view("feedback_reason")(self.feedback_reason)
        app.shortcut("ask_about_message")(self.ask_about_message)

    def _once(self, handle: Callable[[Body, WebClient], None]) -> Callable[..., None]:
        """Acknowledges, then handles each press once, also when Slack delivers it again."""

        def listener(ack: Ack, body: Body, client: WebClient) -> None:
            ack()
            action = body["actions"][0]
            if self.questions.claim(f"action:{body.get('trigger_id') or ''}:{action.get('action_ts', '')}"):
                handle(body, client)

        return listener

    # -- handlers --------------------------------------------------------------------------------------------

    def choose(self, body: Body, client: WebClient) -> None:
        """The chosen reading is answered in place of the question back."""
        kept, place, asker = self._opened(body, client)
        if kept is None:
            return
        answer = self._answer_again(kept, client, asker, thread=kept["thread"])
        message, forms = self.questions.message(asker, answer, kept["thread"])
        replace(client, place, str(body["container"]["message_ts"]), message, forms)

    def show_sql(self, body: Body, client: WebClient) -> None:
        kept, place, asker = self._opened(body, client)
        if kept is None:
            return
        answer = self._answer_again(kept, client, asker.in_private())
        if not answer.sql:
            self._tell(client, place, asker, say("no_sql", answer.language))
            return
        # mrkdwn code blocks end at three backticks: SQL never needs them, so they are taken out
        shown = escape(answer.sql[:SQL_SHOWN]).replace("```", "'''")
        whisper(
            client,
            place,
            asker.user,
            Message("SQL", [section(f"```{shown}```"), context(escape(answer.question))]),
        )

    def csv(self, body: Body, client: WebClient) -> None:
        """Uploads the rows into the thread, as this person may see them there."""
        kept, place, asker = self._opened(body, client)
        if kept is None:
            return
        answer = self._answer_again(kept, client, asker)
        if answer.status != "answered":
            self._tell(client, place, asker, escape(answer.text))
            return
        if answer.lane in ("person", "registers") and not self.questions.viewer(client, asker).may_export:
            self._tell(client, place, asker, say("no_export", answer.language))
            return
        client.files_upload_v2(
            channel=place.channel,
            thread_ts=place.thread,
            filename="souk.csv",
            content=csv_bytes(answer),
            initial_comment=say("csv_comment", answer.language, question=escape(answer.question)),
        )

    def feedback(self, body: Body, client: WebClient) -> None:
        """Thumbs up is noted; thumbs down asks what was wrong."""
        verdict, _, answer_id = str(body["actions"][0]["value"]).partition(":")
        kept, place, asker = self._opened(body, client, answer_id)
        if kept is None:
            return
        self._note(answer_id, kept, verdict)
        if verdict == "good":
            self._tell(client, place, asker, say("thanks", kept["language"]))
        else:
            client.views_open(trigger_id=body["trigger_id"], view=reason_view(answer_id, kept["language"]))

    def feedback_reason(self, ack: Ack, body: Body) -> None:
        ack()
        answer_id = str(body["view"]["private_metadata"])
        kept = self.questions.kept(answer_id)
        if kept is not None:
            reason = body["view"]["state"]["values"]["reason"]["reason"]["value"] or ""
            self._note(answer_id, kept, "bad", reason)

    def forget_choices(self, body: Body, client: WebClient) -> None:
        """In the Home tab: the presser's own choices go, and the tab is drawn again."""
        asker = clicker_of({**body, "channel": {"id": "D"}}, self.questions.team)
        viewer = self.questions.viewer(client, asker)
        now = self.questions.clock()
        self.questions.desk.preferences.forget(viewer.principal, now=now)
        client.views_publish(user_id=asker.user, view=home_view(self.questions.desk, viewer, now))

    def prompt(self, body: Body, client: WebClient) -> None:
        """A ready question on the capability card: asked as if it had been typed there."""
        asker, place = self._where(body)
        text = str(body["actions"][0].get("value") or PROMPTS["en"][0][1])
        self.questions.answer(client, Heard(text, asker, place, said_to_us=True))

    def ask_about_message(self, ack: Ack, body: Body, client: WebClient) -> None:
        """The message shortcut: its text as a question, the answer for the one who asked."""
        ack()
        asker = clicker_of(body, self.questions.team, ephemeral=True)
        message = body.get("message") or {}
        place = Place(asker.channel.id, str(message.get("thread_ts") or message.get("ts") or "") or None)
        heard = Heard(str(message.get("text") or ""), asker, place, said_to_us=True)
        for answer in self.questions.ask(heard, self.questions.viewer(client, asker)):
            shown, forms = self.questions.message(asker, answer, heard.thread_key)
            whisper(client, place, asker.user, shown, forms)

    # -- parts -----------------------------------------------------------------------------------------------

    def _where(self, body: Body) -> tuple[Asker, Place]:
        asker = clicker_of(body, self.questions.team)
        message = body.get("message") or {}
        container = body.get("container") or {}
        thread = message.get("thread_ts") or container.get("thread_ts") or message.get("ts")
        return asker, Place(asker.channel.id, str(thread) if thread else None)

    def _opened(
        self, body: Body, client: WebClient, key: str = ""
    ) -> tuple[dict[str, Any] | None, Place, Asker]:
        """What the pressed button stands for; an expired one is said so to the one who pressed."""
        asker, place = self._where(body)
        kept = self.questions.kept(key or str(body["actions"][0].get("value", "")))
        if kept is None:
            self._tell(client, place, asker, f"{say('gone', 'en')} {say('gone', 'zh')}")
        return kept, place, asker

    def _answer_again(
        self, kept: dict[str, Any], client: WebClient, asker: Asker, thread: str | None = None
    ) -> Answer:
        """The stored query, run with the rights of whoever pressed."""
        questions = self.questions
        try:
            return questions.desk.run(
                query_of(kept["query"]),
                questions.viewer(client, asker),
                question=kept["question"],
                language=kept["language"],
                thread=thread,
                reader=kept.get("reader", "grammar"),
                now=questions.clock(),
            )
        except Exception as error:
            return failure(error, kept["question"])

    def _tell(self, client: WebClient, place: Place, asker: Asker, text: str) -> None:
        whisper(client, place, asker.user, Message(text, [section(text)]))

    def _note(self, answer_id: str, kept: dict[str, Any], verdict: str, reason: str = "") -> None:
        """Kept for review; a reason that holds personal data is dropped (the tripwire decides)."""
        from queries.privacy.tripwire import finds_personal_data

        if verdict == "bad":
            self.questions.desk.queue.note(
                "thumbs_down",
                kept["question"],
                kept["language"],
                query=kept["query"],
                reason=reason,
                now=self.questions.clock(),
            )
        noted = {
            "verdict": verdict,
            "query": kept["query"],
            "reason": "" if finds_personal_data(reason) else reason,
        }
        self.questions.state.put("feedback", answer_id, noted, now=self.questions.clock())


def query_of(stored: dict[str, Any]) -> Any:
    """The typed query that was stored as JSON."""
    from pydantic import TypeAdapter

    return TypeAdapter(Query).validate_python(stored)


def reason_view(answer_id: str, language: str) -> dict[str, Any]:
    """The modal that asks what was wrong."""

    def words(key: str) -> dict[str, str]:
        return {"type": "plain_text", "text": say(key, language)}

    return {
        "type": "modal",
        "callback_id": "feedback_reason",
        "private_metadata": answer_id,
        "title": words("reason_title"),
        "submit": words("submit"),
        "close": words("close"),
        "blocks": [
            {
                "type": "input",
                "block_id": "reason",
                "label": words("reason_label"),
                "hint": words("reason_hint"),
                "element": {
                    "type": "plain_text_input",
                    "action_id": "reason",
                    "multiline": True,
                    "max_length": 1000,
                },
            }
        ],
    }
