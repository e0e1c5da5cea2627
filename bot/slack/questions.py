"""A question's way through Slack: claimed once, a placeholder at once, then one message with the answer.

The order matters: the event id is claimed before work starts (Slack delivers again what it thinks was lost),
the answer is made with the rights of the asker in that channel, and where the channel may not see it, the
asker alone does.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import structlog
from slack_sdk import WebClient

from bot.slack.asker import Asker, Guests, asker_of, viewer_of
from bot.slack.delivery import Place, post, replace, whisper
from bot.slack.message import Message, answer_message, button, plainer, section
from bot.slack.words import PROMPTS, say
from queries.answer import Answer
from queries.privacy.viewers import Permissions
from queries.trouble import steps
from queries.viewer import Viewer
from queries.warehouse.state import State

if TYPE_CHECKING:
    from queries.desk import Desk

log = structlog.get_logger("souk.slack")

MENTION = re.compile(r"<@[A-Z0-9]+(?:\|[^>]*)?>")
LINK = re.compile(r"<(?:[#!][A-Z0-9^]*\|?|(?:https?|mailto):[^|>]+\|?)([^>]*)>")
KEEP_THREADS = timedelta(days=30)
KEEP_ANSWERS = timedelta(days=7)
QUIET = {"unread_words", "not_a_data_question"}
"""Reasons to stay silent when people talk to each other in a thread Souk once answered in."""


@dataclass(frozen=True)
class Heard:
    """One question, cleaned of Slack's markup."""

    text: str
    asker: Asker
    place: Place
    said_to_us: bool
    """Mentioned or in a DM; False for a follow-up in a thread."""

    @property
    def thread_key(self) -> str:
        """Conversation state is kept by team, channel, thread and author."""
        return f"{self.asker.team}/{self.asker.channel.id}/{self.place.thread}/{self.asker.user}"


class Questions:
    """Answers questions; shared by all listeners, safe to use from many threads."""

    def __init__(
        self,
        desk: Desk,
        state: State,
        permissions: Callable[[], Permissions],
        clock: Callable[[], datetime],
        team: str,
    ) -> None:
        self.desk, self.state, self.permissions, self.clock, self.team = desk, state, permissions, clock, team
        self.guests = Guests()

    # -- hearing ---------------------------------------------------------------------------------------------

    def claim(self, event_id: str) -> bool:
        """True once per event, across restarts and processes."""
        return not event_id or self.state.claim_event(event_id, now=self.clock())

    def hear(self, body: Mapping[str, Any], event: Mapping[str, Any], *, said_to_us: bool) -> Heard:
        """The question in an event; a top-level message is the root of its own thread."""
        thread = str(event.get("thread_ts") or event["ts"])
        asker = asker_of(body, event, self.team)
        return Heard(clean(str(event.get("text") or "")), asker, Place(asker.channel.id, thread), said_to_us)

    def known_thread(self, event: Mapping[str, Any]) -> bool:
        """Whether Souk has answered in this thread."""
        key = f"{event.get('channel')}/{event.get('thread_ts')}"
        return self.state.get("slack_thread", key, now=self.clock()) is not None

    def viewer(self, client: WebClient, asker: Asker) -> Viewer:
        guest = asker.external or self.guests(client, asker.user)
        return viewer_of(asker, self.permissions, self.clock(), guest=guest)

    # -- answering -------------------------------------------------------------------------------------------

    def answer(self, client: WebClient, heard: Heard) -> None:
        """One message for each question, whatever happens."""
        if not heard.text:
            post(client, heard.place, capability_card())
            return
        if not heard.said_to_us:
            self._follow_up(client, heard)
            return
        self._remember_thread(heard)
        language = "zh" if re.search(r"[一-鿿]", heard.text) else "en"
        ts = post(client, heard.place, Message(say("working", language), []))
        self._deliver_all(client, heard, ts, self._made(client, heard))

    def _follow_up(self, client: WebClient, heard: Heard) -> None:
        """In a thread people also talk to each other: what is not a question to us gets no message."""
        made = self._made(client, heard)
        meant = heard.text.rstrip().endswith(("?", "？"))
        if not meant and all(a.status == "unsupported" and a.reason in QUIET for a, _ in made):
            return
        ts = post(client, heard.place, Message(say("working", made[0][0].language), []))
        self._deliver_all(client, heard, ts, made)

    def _made(self, client: WebClient, heard: Heard) -> list[tuple[Answer, bool]]:
        """The answers, each with whether only the asker may see it."""
        viewer = self.viewer(client, heard.asker)
        answers = self.ask(heard, viewer)
        if heard.asker.channel.direct or not any(a.reason == "no_permission" for a in answers):
            return [(answer, False) for answer in answers]
        alone = self.viewer(client, heard.asker.in_private())
        if alone.person_lane == viewer.person_lane and alone.may_read_registers == viewer.may_read_registers:
            return [(answer, False) for answer in answers]
        again = self.ask(heard, alone)
        if len(again) != len(answers):  # the second time failed as a whole: the refusals stand
            return [(answer, False) for answer in answers]
        return [
            (own, True) if answer.reason == "no_permission" else (answer, False)
            for answer, own in zip(answers, again, strict=True)
        ]

    def ask(self, heard: Heard, viewer: Viewer) -> list[Answer]:
        """Through the desk, one answer for each question; a failure becomes one with a reference to the log."""
        try:
            return self.desk.answers(heard.text, viewer, thread=heard.thread_key, now=self.clock())
        except Exception as error:
            return [failure(error, heard.text)]

    def _deliver_all(
        self, client: WebClient, heard: Heard, ts: str, made: list[tuple[Answer, bool]]
    ) -> None:
        """The first answer takes the placeholder's place, every further one has a message of its own."""
        for number, (answer, private) in enumerate(made):
            if number:
                ts = post(client, heard.place, Message(say("working", answer.language), []))
            self._deliver(client, heard, ts, answer, private)

    def _deliver(self, client: WebClient, heard: Heard, ts: str, answer: Answer, private: bool) -> None:
        message, forms = self.message(heard.asker, answer, heard.thread_key)
        if private:
            whisper(client, heard.place, heard.asker.user, message, forms)
            message, forms = Message(say("private", answer.language), []), iter(())
        replace(client, heard.place, ts, message, forms)

    def message(self, asker: Asker, answer: Answer, thread_key: str) -> tuple[Message, Iterator[Message]]:
        """The message of an answer and its plainer versions; its buttons point to what is stored here."""
        answer_id = secrets.token_urlsafe(9)
        if answer.status not in ("answered", "clarify"):  # nothing to open later, so nothing is kept
            message = answer_message(answer, answer_id)
            return message, plainer(message, answer)
        kept = {
            "question": answer.question,
            "query": answer.query,
            "language": answer.language,
            "reader": answer.translator,
            "by": asker.principal,
        }
        self._keep(answer_id, kept | {"thread": thread_key})
        choices = []
        for choice in answer.choices:
            choices.append(secrets.token_urlsafe(9))
            self._keep(choices[-1], kept | {"query": choice.query, "reader": choice.reader, "thread": thread_key})
        message = answer_message(answer, answer_id, choices)
        return message, plainer(message, answer)

    def _keep(self, key: str, value: dict[str, Any]) -> None:
        now = self.clock()
        self.state.put("slack_answer", key, value, now=now, expires_at=now + KEEP_ANSWERS)

    def kept(self, key: str) -> dict[str, Any] | None:
        """What a button's id stands for, or None when it has expired."""
        found: dict[str, Any] | None = self.state.get("slack_answer", key, now=self.clock())
        return found

    def _remember_thread(self, heard: Heard) -> None:
        now = self.clock()
        key = f"{heard.place.channel}/{heard.place.thread}"
        self.state.put("slack_thread", key, True, now=now, expires_at=now + KEEP_THREADS)


def clean(text: str) -> str:
    """The question without mentions and link markup, entities undone.

    >>> clean("<@U1> GMV of A&amp;B last month?")
    'GMV of A&B last month?'
    """
    bare = LINK.sub(r"\1", MENTION.sub(" ", text))
    return " ".join(bare.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").split())


def failure(error: Exception, question: str) -> Answer:
    """One sentence with a reference. The log says where, never an error text: that may quote data."""
    reference = secrets.token_hex(3)
    log.error("question_failed", reference=reference, kind=type(error).__name__, steps=steps(error))
    language = "zh" if re.search(r"[一-鿿]", question) else "en"
    text = say("failed", language, reference=reference)
    return Answer(question=question, language=language, status="error", text=text, reference=reference)


def capability_card() -> Message:
    """For an empty mention: what can be asked, with ready questions, in both languages."""
    text = say("capability", "en")
    blocks = [section(f"{text}\n{say('capability', 'zh')}")]
    for language in ("en", "zh"):
        elements = [button(title, f"prompt:{language}:{n}", message)
                    for n, (title, message) in enumerate(PROMPTS[language])]  # fmt: skip
        blocks.append({"type": "actions", "elements": elements})
    return Message(text, blocks)
