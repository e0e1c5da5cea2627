"""The desk: the straight corridor from a question to an answer.

tripwire, read, validate, compile, guard, run, tell, log. The desk keeps no business rule of its own; it holds
what one question needs (model, snapshot, names, clock) and hands it from room to room.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter, ValidationError

from queries.answer import Answer
from queries.ask import ThreadState, Translator, language
from queries.compile import Clock, Compiled, compile_query, compile_register, settled, validate
from queries.model import Model, load_model
from queries.model.types import Language
from queries.privacy.accesslog import AccessLog
from queries.privacy.overlap import Form, check_form
from queries.privacy.reading import snapshot_reader
from queries.privacy.sharing import model_provider_may_see_persons
from queries.privacy.tripwire import scan
from queries.privacy.viewers import permissions_of
from queries.query import Answerable, Clarify, Query, Reading, Refuse, RegisterQuery, SemanticQuery
from queries.reference import Reference, names_of, read_reference
from queries.run import run
from queries.tell import (
    Asides,
    Telling,
    answered,
    clarify,
    definition_answer,
    freshness,
    look,
    problem_refusal,
    refused,
)
from queries.tell.caveats import suppressed_cells, unfit, wants_of
from queries.tell.words import filter_words, say
from queries.viewer import Viewer

if TYPE_CHECKING:
    from queries.llm import LlmReader
    from queries.warehouse import Warehouse
    from queries.warehouse.state import State

THREADS, CHOICES = "thread", "choice"
KEEP_THREAD = timedelta(hours=12)
LLM_MAY_TRY = ("unread_words", "not_in_model")
"""Refusals of the grammar that a language model may look at; every other one stands."""
QUERY: TypeAdapter[Query] = TypeAdapter(Query)


@dataclass
class Asked:
    """One question on its way."""

    question: str
    viewer: Viewer
    language: Language
    clock: Clock
    thread: str = ""
    defaults: tuple[str, ...] = ()
    rule: str = ""
    query: Query | None = None
    compiled: Compiled | None = None
    suppressed: int = 0
    translator: Literal["grammar", "llm"] = "grammar"
    names: dict[str, str] = field(default_factory=dict)


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
    ) -> None:
        self.warehouse, self.state, self.llm = warehouse, state, llm
        self.zone = timezone
        self.model = model or load_model()
        self.log = AccessLog(state, secret)
        self._reference: Reference | None = None

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
        result = self._answer(asked)
        self._note(asked, result)
        elapsed = round((time.perf_counter() - began) * 1000)
        return result.model_copy(update={"id": id, "translator": asked.translator, "elapsed_ms": elapsed})

    def run(
        self,
        query: Query,
        viewer: Viewer,
        *,
        question: str = "",
        language: Language = "en",
        thread: str | None = None,
        now: datetime,
    ) -> Answer:
        """The answer to a typed query: a button, a schedule, a stored question."""
        began = time.perf_counter()
        asked = self._asked(question, viewer, language, thread, now)
        result = self._run(asked, query)
        self._note(asked, result)
        return result.model_copy(update={"elapsed_ms": round((time.perf_counter() - began) * 1000)})

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
            QUERY.validate_python(stored),
            viewer,
            question=question,
            language=language,
            thread=thread,
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
        state = self._thread(asked)
        translator = self._ready().translator
        found = translator.read(asked.question, today=asked.clock.today, viewer=asked.viewer, thread=state)
        if self.llm and isinstance(found, Refuse) and found.reason in LLM_MAY_TRY and not found.topic:
            query = self._second_reading(asked, translator)
            if query is not None:
                asked.translator = "llm"
                found = Answerable(query=query, defaults=("reader:llm",))
        return self._read(asked, found)

    def _second_reading(self, asked: Asked, translator: Translator) -> SemanticQuery | None:
        """What the language model makes of words the grammar could not read; None = no better."""
        assert self.llm is not None

        viewer = asked.viewer
        with snapshot_reader(self.warehouse.snapshot("person")) as reader:
            if not model_provider_may_see_persons(reader, True):
                viewer = viewer.model_copy(update={"person_lane": False})

        def problem(query: SemanticQuery) -> str:
            found = self._problem(replace(asked, viewer=viewer), settled(query, self.model))
            return f"{found.reason} {' '.join(found.about)}".strip() if found else ""

        tongue = asked.language
        examples = translator.suggestions[tongue].nearest(asked.question, 4)
        return self.llm.read(
            asked.question, translator, viewer, today=asked.clock.today, now=asked.clock.now, valid=problem,
            examples=examples,
        )

    def _read(self, asked: Asked, found: Reading) -> Answer:
        if isinstance(found, Answerable):
            asked.defaults = found.defaults
            return self._run(asked, found.query)
        if isinstance(found, Clarify):
            return self._clarify(asked, found)
        return self._refuse(asked, found)

    def _clarify(self, asked: Asked, found: Clarify) -> Answer:
        """A choice between readings this viewer may have; with one left there is nothing to choose."""
        allowed = [
            option for option in found.options if not self._problem(asked, settled(option.query, self.model))
        ]
        if len(allowed) == 1:
            return self._run(asked, allowed[0].query)
        if allowed:
            found = Clarify(about=found.about, options=tuple(allowed))
        self._remember(asked, ThreadState(query=self._last(asked), options=found.options))
        for option in found.options:
            self.state.put(
                CHOICES,
                choice_id(option.query),
                option.query.model_dump(mode="json"),
                now=asked.clock.now,
                expires_at=asked.clock.now + KEEP_THREAD,
            )
        return clarify(found, asked.question, asked.language)

    def _refuse(self, asked: Asked, found: Refuse) -> Answer:
        if found.topic == "definition":
            told = definition_answer(found.words, asked.question, asked.language, self.model)
            if told:
                return told
        if found.reason == "change_request":
            return self._change(asked, found)
        return refused(found, asked.question, asked.language, self.model)

    def _change(self, asked: Asked, found: Refuse) -> Answer:
        """A request to change something: refused, with the present value and who may change it how."""
        answer = refused(
            found,
            asked.question,
            asked.language,
            self.model,
            extra=say("refusals", "change_how", asked.language),
        )
        if found.show is None or self._problem(asked, found.show):
            return answer
        shown = self._run(asked, found.show)
        if shown.status != "answered":
            return answer
        text = f"{answer.text} {say('refusals', 'present_value', asked.language)}"
        return shown.model_copy(update={"status": "refused", "reason": "change_request", "text": text})

    # --- threads

    def _thread(self, asked: Asked) -> ThreadState | None:
        if not asked.thread:
            return None
        stored = self.state.get(THREADS, asked.thread, now=asked.clock.now)
        try:
            return ThreadState.model_validate(stored) if stored else None
        except ValidationError:
            return None  # written by an older version

    def _last(self, asked: Asked) -> Query | None:
        state = self._thread(asked)
        return state.query if state else None

    def _remember(self, asked: Asked, state: ThreadState) -> None:
        if asked.thread:
            self.state.put(
                THREADS,
                asked.thread,
                state.model_dump(mode="json"),
                now=asked.clock.now,
                expires_at=asked.clock.now + KEEP_THREAD,
            )

    # --- from a query to an answer

    def _problem(self, asked: Asked, query: Query) -> Any:
        return validate(query, self.model, asked.viewer, asked.clock, self._ready().disclosure)

    def _run(self, asked: Asked, query: Query) -> Answer:
        query = settled(query, self.model)
        asked.query = query
        problem = self._problem(asked, query)
        if problem:
            asked.rule = problem.rule
            refusal, text = problem_refusal(problem, query, self.model, asked.language)
            answer = refused(refusal, asked.question, asked.language, self.model)
            return answer.model_copy(update={"text": text}) if text else answer
        asked.compiled = self._compile(asked, query)
        if not self._population_allowed(asked, query):
            return self._too_small(asked, "overlap")
        return self._tell(asked, query)

    def _compile(self, asked: Asked, query: Query) -> Compiled:
        if isinstance(query, RegisterQuery):
            return compile_register(query, self.model, asked.viewer, asked.clock, zone=self.zone)
        return compile_query(
            query,
            self.model,
            asked.viewer,
            asked.clock,
            disclosure=self._ready().disclosure,
            base_currency=self.warehouse.base_currency,
        )

    def _tell(self, asked: Asked, query: Query) -> Answer:
        assert asked.compiled
        if isinstance(query, RegisterQuery) and "access_log" in asked.compiled.tables:
            self._publish_access_log()
        path = self.warehouse.snapshot(asked.compiled.lane)
        result = run(path, asked.compiled.sql)
        told = Telling(
            query,
            asked.compiled,
            result.rows,
            self.model,
            asked.viewer,
            asked.clock,
            asked.language,
            self.warehouse.base_currency,
            asked.defaults,
            self._asides(asked, query, path),
            self._k(asked),
            asked.names,
        )
        if isinstance(query, SemanticQuery):
            too_short = self._unfit(asked, told)
            if too_short:
                return too_short
            emptied = "" if result.rows else self._emptied(asked, query)
            told = replace(told, names=names_of(query, self.model, self.warehouse), emptied_by=emptied)
        asked.suppressed = suppressed_cells(told)
        if asked.compiled.guarded and told.rows and not self._anything_left(told):
            return self._too_small(asked, "group_size")
        self._remember(asked, ThreadState(query=query))
        return answered(told, asked.question)

    def _k(self, asked: Asked) -> int:
        return max(asked.viewer.min_group, self._ready().disclosure.min_group)

    def _anything_left(self, told: Telling) -> bool:
        """Whether a guarded answer still shows a figure."""
        figures = [n for n, output in enumerate(told.compiled.columns) if output.kind == "metric"]
        return any(row[n] is not None for row in told.rows for n in figures)

    def _too_small(self, asked: Asked, rule: str) -> Answer:
        asked.rule = rule
        return refused(Refuse(reason="group_too_small"), asked.question, asked.language, self.model)

    def _asides(self, asked: Asked, query: Query, path: Path) -> Asides:
        if isinstance(query, RegisterQuery):
            return Asides(freshness=freshness(self.warehouse.snapshot("business")))
        wants = wants_of(query, self.model)
        if asked.compiled and asked.compiled.lane == "business":
            wants -= {"unknown_buyers", "snapshot"}
        return look(path, query, wants=wants, shops=asked.viewer.shops, today=asked.clock.today)

    def _unfit(self, asked: Asked, told: Telling) -> Answer | None:
        """Figures that would mislead: new customers on a short history, repeat figures of unknown buyers."""
        text = unfit(told)
        if not text:
            return None
        refusal = refused(Refuse(reason="not_in_model"), asked.question, asked.language, self.model)
        return refusal.model_copy(update={"text": text})

    def _emptied(self, asked: Asked, query: SemanticQuery) -> str:
        """The filter without which there would be rows, in words."""
        for given in query.filters:
            rest = query.model_copy(
                update={"filters": tuple(f for f in query.filters if f != given), "having": ()}
            )
            if self._problem(asked, rest):
                continue
            compiled = self._compile(asked, rest)
            if not compiled.guarded and run(self.warehouse.snapshot(compiled.lane), compiled.sql).rows:
                return filter_words(given, self.model, asked.language)
        return ""

    # --- guards and log

    def _population_allowed(self, asked: Asked, query: Query) -> bool:
        """The overlap alarm of person-lane forms, over all askers of the workspace."""
        compiled = asked.compiled
        if not (isinstance(query, SemanticQuery) and compiled and compiled.population):
            return True
        form = Form(",".join(query.metrics), compiled.population)
        with snapshot_reader(self.warehouse.snapshot("person")) as reader:
            return check_form(
                reader,
                self.state,
                form,
                snapshot=self.warehouse.snapshot_id(),
                k=self._k(asked),
                now=asked.clock.now,
            )

    def _publish_access_log(self) -> None:
        """The log is asked about: what has gathered since the last publication is taken in first."""
        self.warehouse.publish()

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

    # --- what a snapshot knows

    def _ready(self) -> Reference:
        """The reference data of the current snapshot."""
        if self._reference is None or self._reference.snapshot != self.warehouse.snapshot_id():
            self._reference = read_reference(self.warehouse, self.model)
        return self._reference


def choice_id(query: Query) -> str:
    """The id under which an offered query is kept.

    >>> len(choice_id(SemanticQuery(metrics=("gmv",))))
    16
    """
    return hashlib.sha256(query.model_dump_json().encode()).hexdigest()[:16]
