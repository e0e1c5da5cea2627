"""The desk: the straight corridor from a question to an answer.

tripwire, read, validate, compile, guard, run, tell, log. The desk keeps no business rule of its own; it holds
what one question needs (model, snapshot, names, clock) and hands it from room to room.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter

from queries.answer import Answer, Choice
from queries.answering import Answering, Asked
from queries.ask import ThreadState, language
from queries.ask.moves import read_move
from queries.ask.several import MOST_PARTS, Part
from queries.compile import Clock, settled
from queries.conversation import KEEP, Threads
from queries.learning.queue import ReviewQueue
from queries.model import Model, load_model
from queries.model.types import Language
from queries.moving import Moving
from queries.preferences import Preferences, word_of
from queries.privacy.accesslog import AccessLog
from queries.privacy.tripwire import scan
from queries.privacy.viewers import permissions_of
from queries.query import Answerable, Clarify, Option, Query, Reading, Refuse
from queries.reading import Confirm, Reader
from queries.tell import (
    clarify,
    definition_answer,
    failure,
    freshness,
    refused,
)
from queries.tell.words import listed, say
from queries.trouble import Trouble, steps
from queries.viewer import Viewer

if TYPE_CHECKING:
    from queries.llm import LlmReader
    from queries.warehouse import Warehouse
    from queries.warehouse.state import State

CHOICES = "choice"
FOR_REVIEW = ("unread_words", "not_in_model")
"""Refusals that somebody may look at: a word can be added."""
QUERY: TypeAdapter[Query] = TypeAdapter(Query)


def _journal() -> Any:
    """The log. Imported when a failure is logged: it is a tenth of the start of a process."""
    import structlog

    return structlog.get_logger("souk.desk")


class Desk:
    """Answers questions on one warehouse.

    >>> desk.answer("GMV last month", Viewer.owner(), now=now).text
    'GMV, 2026-10-01 to 2026-10-31: 123,456.78 CNY.'
    """

    def __init__(
        self,
        warehouse: Warehouse,
        state: State,
        *,
        timezone: str = "Asia/Shanghai",
        secret: bytes,
        model: Model | None = None,
        llm: LlmReader | None = None,
        journal: Callable[[], Any] = _journal,
    ) -> None:
        self.warehouse, self.state = warehouse, state
        self.journal = journal
        self.zone = timezone
        self.model = model or load_model()
        self.log = AccessLog(state, secret)
        self.answering = Answering(warehouse, state, self.model, timezone)
        self.queue = ReviewQueue(state)
        self.threads, self.preferences = Threads(state), Preferences(state)
        self.reader = Reader(self.answering, self.preferences, llm)
        self.moving = Moving(self.answering, self.threads, self.preferences, self._run)

    # --- doors

    def viewer(self, principal: str, *, now: datetime | None = None) -> Viewer:
        """Who asks at the machine: a member or one of the shipped roles."""
        permissions = permissions_of(self.warehouse.snapshot("person"))
        return permissions.resolve(principal, now=now or self.warehouse.clock())

    def freshness(self) -> dict[str, datetime]:
        """Last successful sync per platform."""
        return freshness(self.warehouse.snapshot("business"))

    def answer(
        self,
        question: str,
        viewer: Viewer,
        *,
        thread: str | None = None,
        id: str | None = None,
        now: datetime,
    ) -> Answer:
        """One answer. `thread` names a conversation of this viewer; its last turn may be followed up."""
        began = time.perf_counter()
        asked = self._asked(question, viewer, language(question), thread, now)
        result = self._guarded(asked, lambda: self._answer(asked))
        self._note(asked, result)
        elapsed = round((time.perf_counter() - began) * 1000)
        return result.model_copy(update={"id": id, "translator": asked.translator, "elapsed_ms": elapsed})

    def answers(
        self, question: str, viewer: Viewer, *, thread: str | None = None, now: datetime
    ) -> list[Answer]:
        """One answer for each question of a message, in order; a single question has one.

        `answer` gives a message of several questions back as a choice, because its answer is one table.
        """
        parts = self.reader.parts(self._asked(question, viewer, language(question), thread, now))
        if len(parts) == 1 or len(parts) > MOST_PARTS:
            return [self.answer(question, viewer, thread=thread, now=now)]
        own = thread or f"several/{secrets.token_hex(8)}"
        found = [self.answer(part.read, viewer, thread=own, now=now) for part in parts]
        if not thread:
            self.threads.forget(self._asked(question, viewer, "en", own, now))
        return [answer.model_copy(update={"question": part.said}) if answer.question else answer
                for answer, part in zip(found, parts, strict=True)]  # fmt: skip

    def run(
        self,
        query: Query,
        viewer: Viewer,
        *,
        question: str = "",
        language: Language = "en",
        thread: str | None = None,
        reader: Literal["grammar", "llm"] = "grammar",
        now: datetime,
    ) -> Answer:
        """The answer to a typed query: a button, a schedule, a stored question. `reader` is whose reading it was."""
        began = time.perf_counter()
        asked = self._asked(question, viewer, language, thread, now)
        if reader == "llm":
            self._by_model(asked)
        result = self._guarded(asked, lambda: self._pressed(asked, query))
        self._note(asked, result)
        elapsed = round((time.perf_counter() - began) * 1000)
        return result.model_copy(update={"translator": asked.translator, "elapsed_ms": elapsed})

    def choose(
        self,
        query_id: str,
        viewer: Viewer,
        *,
        question: str = "",
        language: Language = "en",
        thread: str | None = None,
        now: datetime,
    ) -> Answer | None:
        """The answer to an option offered earlier; None where it has expired."""
        stored = self.state.get(CHOICES, query_id, now=now)
        if stored is None:
            return None
        return self.run(
            QUERY.validate_python(stored["query"]),
            viewer,
            question=question,
            language=language,
            thread=thread,
            reader=stored["reader"],
            now=now,
        )

    def _asked(
        self, question: str, viewer: Viewer, tongue: Language, thread: str | None, now: datetime
    ) -> Asked:
        today = now.astimezone(ZoneInfo(self.zone)).date()
        key = f"{thread}/{viewer.principal}" if thread else ""
        return Asked(question, viewer, tongue, Clock(now.astimezone(ZoneInfo("UTC")), today), key)

    # --- from words to a query

    def _answer(self, asked: Asked) -> Answer:
        if scan(asked.question):
            asked.rule, question = "tripwire", ""
            return refused(Refuse(reason="personal_data_in_question"), question, asked.language, self.model)
        move = read_move(asked.question)
        if move is not None:
            return self.moving.answer(asked, move)
        parts = self.reader.parts(asked)
        if len(parts) > 1:
            return self._several(asked, parts)
        found = self.reader.read(asked, self.threads.of(asked))
        if isinstance(found, Confirm):
            return self._confirm(asked, found)
        if isinstance(found, Answerable):
            self._chosen(asked, found.query)
        return self._read(asked, found)

    def _several(self, asked: Asked, parts: tuple[Part, ...]) -> Answer:
        """Several questions where one answer is wanted: which first? What cannot be read is named."""
        if len(parts) > MOST_PARTS:
            text = say("refusals", "too_many_questions", asked.language, count=len(parts), most=MOST_PARTS)
            refusal = refused(Refuse(reason="unread_words"), asked.question, asked.language, self.model)
            return refusal.model_copy(update={"text": text})
        options: list[Option] = []
        left: list[str] = []
        last: Query | None = None
        for part in parts:
            reading = self.reader.part(asked, part.read, last)
            if isinstance(reading, Answerable):
                last = reading.query
                options.append(Option(label=part.said, query=last))
            else:
                left.append(part.said)
        if not options:
            return self._read(asked, self.reader.part(asked, parts[0].read, None))
        answer = self._offer(asked, ThreadState(options=tuple(options)), "")
        text = say("conversation", "several", asked.language, count=len(parts))
        alone = [say("conversation", "ask_alone", asked.language, words=part) for part in left]
        return answer.model_copy(update={"text": text, "reason": "several_questions", "caveats": alone})

    def _confirm(self, asked: Asked, found: Confirm) -> Answer:
        """What a small model read is shown first; "yes" or the button answers it."""
        answer = self._offer(asked, ThreadState(options=(found.option,)), "")
        text = say("conversation", "confirm_model", asked.language, reading=found.option.label)
        return answer.model_copy(update={"text": text, "reason": "confirm"})

    def _read(self, asked: Asked, found: Reading) -> Answer:
        if isinstance(found, Answerable):
            asked.defaults = (*asked.defaults, *found.defaults)
            return self._run(asked, found.query)
        if isinstance(found, Clarify):
            return self._clarify(asked, found)
        return self._refuse(asked, found)

    def _clarify(self, asked: Asked, found: Clarify) -> Answer:
        """A choice between readings this viewer may have; with one left there is nothing to choose."""
        allowed = [
            option
            for option in found.options
            if not self.answering.problem(asked, settled(option.query, self.model))
        ]
        if len(allowed) == 1:
            return self._run(asked, allowed[0].query)
        if allowed:
            found = found.model_copy(update={"options": tuple(allowed)})
        return self._offer(asked, ThreadState(options=found.options, term=found.term), found.about)

    def _offer(self, asked: Asked, state: ThreadState, about: str) -> Answer:
        """Options as choices, kept for a press of a button or a word."""
        review = ""
        if asked.thread and asked.question:
            labels = [option.label for option in state.options]
            review = self.queue.note(
                "abandoned", asked.question, asked.language, choices=labels, now=asked.clock.now
            )
        self.threads.offered(asked, state.model_copy(update={"review": review}))
        for option in state.options:
            self._keep(asked, option)
        return clarify(about, state.options, asked.question, asked.language)

    def _keep(self, asked: Asked, option: Option) -> None:
        self.state.put(
            CHOICES,
            choice_id(option.query),
            {"query": option.query.model_dump(mode="json"), "reader": option.reader},
            now=asked.clock.now,
            expires_at=asked.clock.now + KEEP,
        )

    def _refuse(self, asked: Asked, found: Refuse) -> Answer:
        if found.topic == "definition":
            told = definition_answer(found.words, asked.question, asked.language, self.model)
            if told:
                return told
        if found.reason == "change_request":
            return self._change(asked, found)
        if found.reason in FOR_REVIEW and not found.topic:
            self.queue.note("unread", asked.question, asked.language, unread=found.words, now=asked.clock.now)
        answer = refused(found, asked.question, asked.language, self.model)
        return self._with_the_rest(asked, found, answer)

    def _with_the_rest(self, asked: Asked, found: Refuse, answer: Answer) -> Answer:
        """What can be answered without the unread words, as a button. It names them, and no word of a later turn
        takes it by accident: a new question stands on its own."""
        rest = found.without
        if rest is None or self.answering.problem(asked, settled(rest.query, self.model)):
            return answer
        words = listed(list(found.words), asked.language)
        label = say("refusals", "without", asked.language, words=words, rest=rest.label)
        self._keep(asked, rest)
        choice = Choice(label=label, query=rest.query.model_dump(mode="json"))
        return answer.model_copy(update={"choices": [choice]})

    def _change(self, asked: Asked, found: Refuse) -> Answer:
        """A request to change something: refused, with the present value and who may change it how."""
        answer = refused(
            found,
            asked.question,
            asked.language,
            self.model,
            extra=say("refusals", "change_how", asked.language),
        )
        if found.show is None or self.answering.problem(asked, found.show):
            return answer
        shown = self._run(asked, found.show)
        if shown.status != "answered":
            return answer
        text = f"{answer.text} {say('refusals', 'present_value', asked.language)}"
        return shown.model_copy(update={"status": "refused", "reason": "change_request", "text": text})

    # --- answers and the log

    def _pressed(self, asked: Asked, query: Query) -> Answer:
        if asked.question:
            self.queue.taken(asked.question)
        self._chosen(asked, query)
        return self._run(asked, query)

    @staticmethod
    def _by_model(asked: Asked) -> None:
        asked.translator = "llm"
        asked.defaults = (*asked.defaults, "reader:llm")

    def _chosen(self, asked: Asked, query: Query) -> None:
        """One of the options last offered to this person was taken: a word asked about once is remembered."""
        state = self.threads.of(asked)
        option = next((o for o in state.options if o.query == query), None) if state else None
        if state and option and state.review:
            self.queue.drop(state.review)
        if option and option.reader == "llm" and asked.translator == "grammar":
            self._by_model(asked)
        if state and option and state.term and option.means:
            principal = asked.viewer.principal
            self.preferences.remember(principal, state.term, option.means, now=asked.clock.now)
            word = word_of(state.term, self.model, asked.language)
            asked.defaults = (*asked.defaults, f"remembered:{option.means}:{word}")

    def _run(self, asked: Asked, query: Query) -> Answer:
        answer = self.answering.run(asked, query)
        if answer.status == "answered" and asked.query is not None:
            self.threads.answered(asked, asked.query)
        return answer

    def _guarded(self, asked: Asked, work: Callable[[], Answer]) -> Answer:
        """The work's answer; a failure is said in words, logged under a reference, and costs nobody the next answer."""
        try:
            return work()
        except Trouble as trouble:
            said = " ".join(filter(None, (trouble.say(asked.language), trouble.hint(asked.language))))
            return failure(asked.question, asked.language, "").model_copy(update={"text": said})
        except Exception as error:
            reference = secrets.token_hex(4)
            log = self.journal()
            log.error("answer_failed", reference=reference, kind=type(error).__name__, steps=steps(error))
            return failure(asked.question, asked.language, reference)

    def _note(self, asked: Asked, answer: Answer) -> None:
        compiled = asked.compiled
        self.log.note(
            asked.question,
            asked.viewer,
            decision=answer.status,
            now=asked.clock.now,
            lane=answer.lane,
            rule=asked.rule or (answer.reason or "" if answer.status == "refused" else ""),
            query=asked.query,
            tables=compiled.tables if compiled else (),
            rows_returned=len(answer.rows),
            cells_suppressed=asked.suppressed,
        )


def choice_id(query: Query) -> str:
    """The id under which an offered query is kept.

    >>> len(choice_id(SemanticQuery(metrics=("gmv",))))
    16
    """
    return hashlib.sha256(query.model_dump_json().encode()).hexdigest()[:16]
