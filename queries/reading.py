"""From words to a reading: the grammar first, a language model only where that leaves something open.

The model never overrides the grammar. What the grammar could not read, it may read, and the answer says so (with
a model on this machine or behind an address of one's own, only after the person has agreed to the reading). What
the grammar found unclear stays a question to the person: a reading of the model joins the choices.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from queries.answering import Answering, Asked
from queries.ask import ThreadState
from queries.ask.labels import label_of
from queries.ask.moves import read_move
from queries.ask.several import Part, parts_of
from queries.compile import settled
from queries.preferences import Preferences
from queries.privacy.reading import snapshot_reader
from queries.privacy.sharing import model_provider_may_see_persons
from queries.privacy.tripwire import scan
from queries.query import Answerable, Clarify, Option, Query, Reading, SemanticQuery

if TYPE_CHECKING:
    from queries.llm import LlmReader

LLM_MAY_TRY = ("unread_words", "not_in_model")
"""Refusals of the grammar that a language model may look at; every other one stands."""
MOST_OPTIONS = 4


@dataclass(frozen=True)
class Confirm:
    """A small model's reading, to be agreed to before it is answered."""

    option: Option


class Reader:
    """Reads questions on the current snapshot with the asker's own words."""

    def __init__(self, answering: Answering, preferences: Preferences, llm: LlmReader | None) -> None:
        self.answering, self.preferences, self.llm = answering, preferences, llm

    def read(self, asked: Asked, state: ThreadState | None) -> Reading | Confirm:
        """The reading of a whole question in its thread."""
        found = self._grammar(asked, asked.question, state)
        if self.llm is None or isinstance(found, Answerable):
            return found
        if isinstance(found, Clarify):
            return self._second_opinion(asked, found)
        if found.reason not in LLM_MAY_TRY or found.topic:
            return found
        query = self._model(asked)
        if query is None:
            return found
        if self.llm.settings.confirms:
            label = label_of(query, self.answering.model, asked.language)
            return Confirm(Option(label=label, query=query, reader="llm"))
        asked.translator = "llm"
        return Answerable(query=query, defaults=("reader:llm",))

    def part(self, asked: Asked, text: str, last: Query | None) -> Reading:
        """One part of a message by the grammar alone, going on from a query or from none."""
        return self._grammar(asked, text, ThreadState(query=last) if last else None)

    def parts(self, asked: Asked) -> tuple[Part, ...]:
        """The questions of one message; personal data is never taken apart."""
        if scan(asked.question) or read_move(asked.question):
            return (Part(asked.question, asked.question),)
        return parts_of(asked.question, lambda part, last: self.part(asked, part, last))

    def _grammar(self, asked: Asked, text: str, state: ThreadState | None) -> Reading:
        return self.answering.reference().translator.read(
            text,
            today=asked.clock.today,
            viewer=asked.viewer,
            thread=state,
            preferences=self.preferences.of(asked.viewer.principal, now=asked.clock.now),
        )

    def _second_opinion(self, asked: Asked, found: Clarify) -> Clarify:
        """The person is asked in any case; where the model reads one of the choices, that one stands first, and a
        reading of its own is one more choice, marked as the model's."""
        query = self._model(asked)
        if query is None:
            return found
        same = [option for option in found.options if _bare(option.query) == _bare(query)]
        if same:
            return found.model_copy(
                update={"options": (*same, *(o for o in found.options if o not in same))}
            )
        label = label_of(query, self.answering.model, asked.language)
        own = Option(label=label, query=query, reader="llm")
        return found.model_copy(update={"options": (*found.options[: MOST_OPTIONS - 1], own)})

    def _model(self, asked: Asked) -> SemanticQuery | None:
        """What the language model makes of the question; None = no better."""
        assert self.llm is not None
        viewer = asked.viewer
        with snapshot_reader(self.answering.warehouse.snapshot("person")) as reader:
            if not model_provider_may_see_persons(reader, True):
                viewer = viewer.model_copy(update={"person_lane": False})

        def problem(query: SemanticQuery) -> str:
            found = self.answering.problem(
                replace(asked, viewer=viewer), settled(query, self.answering.model)
            )
            return f"{found.reason} {' '.join(found.about)}".strip() if found else ""

        translator = self.answering.reference().translator
        return self.llm.read(
            asked.question,
            translator,
            viewer,
            today=asked.clock.today,
            now=asked.clock.now,
            valid=problem,
            examples=translator.suggestions[asked.language].nearest(asked.question, 4),
        )


def _bare(query: Query) -> str:
    """What is counted, of what and for when: without the words of the period, and however long the list is."""
    if not isinstance(query, SemanticQuery):
        return query.model_dump_json()
    time = query.time and query.time.model_copy(update={"said": "", "unit": "free"})
    return query.model_copy(update={"time": time, "order": (), "limit": None}).model_dump_json()


