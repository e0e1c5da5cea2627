"""How a person wants ambiguous words read: chosen once, remembered, named in the answer, visible, forgettable.

Kept in the state store under the principal that asks (`slack:T1/U2`, `local:anna`): the word's key, the reading
chosen, the day. Nothing else of the person is in it.

>>> preferences.remember("local:anna", "sales", "gmv", now=now)
>>> preferences.of("local:anna", now=now)
{'sales': 'gmv'}
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from queries.answer import Answer, Column
from queries.answering import Asked
from queries.ask.normalise import is_han
from queries.ask.words import load_words
from queries.model import Model
from queries.model.types import Language
from queries.tell.words import say

if TYPE_CHECKING:
    from queries.warehouse.state import State

ROOM = "preference"
CONTEXT = "context:"


class Preferences:
    """Choices of all principals."""

    def __init__(self, state: State) -> None:
        self.state = state

    def of(self, principal: str, *, now: datetime) -> dict[str, str]:
        """Key of a term -> key of the metric chosen for it."""
        return {term: kept["metric"] for term, kept in self._kept(principal, now).items()}

    def remember(self, principal: str, term: str, metric: str, *, now: datetime) -> None:
        kept = self._kept(principal, now)
        kept[term] = {"metric": metric, "on": now.date().isoformat()}
        self.state.put(ROOM, principal, kept, now=now)

    def forget(self, principal: str, term: str = "", *, now: datetime) -> int:
        """Forgets one choice, or all; returns how many there were."""
        kept = self._kept(principal, now)
        gone = [key for key in kept if not term or key == term]
        rest = {key: value for key, value in kept.items() if key not in gone}
        if rest:
            self.state.put(ROOM, principal, rest, now=now)
        else:
            self.state.drop(ROOM, principal)
        return len(gone)

    def rows(self, principal: str, model: Model, language: Language, *, now: datetime) -> list[list[str]]:
        """(word, read as, since) in words; a term or metric the model no longer has is left out."""
        return [
            [word_of(term, model, language), model.metrics[kept["metric"]].label(language), kept["on"]]
            for term, kept in self._kept(principal, now).items()
            if is_known(term, model) and kept["metric"] in model.metrics
        ]

    def listed(self, asked: Asked, model: Model) -> Answer:
        """ "what are my preferences"."""
        language = asked.language
        rows = self.rows(asked.viewer.principal, model, language, now=asked.clock.now)
        text = say("conversation", "preferences" if rows else "no_preferences", language, count=len(rows))
        labels = [say("conversation", name, language) for name in ("word", "read_as", "since")]
        columns = [
            Column(name=name, unit=unit, label=label)
            for (name, unit), label in zip(
                (("word", "text"), ("read_as", "text"), ("since", "date")), labels, strict=True
            )
        ]
        hint = [say("conversation", "reset_hint", language)] if rows else []
        return Answer(question=asked.question, language=language, status="answered", text=text, columns=columns,
                      rows=rows, caveats=hint)  # fmt: skip

    def forgotten(self, asked: Asked) -> Answer:
        """ "forget my preferences": the one change a question makes, to the asker's own choices."""
        count = self.forget(asked.viewer.principal, now=asked.clock.now)
        text = say("conversation", "forgotten" if count else "no_preferences", asked.language, count=count)
        return Answer(question=asked.question, language=asked.language, status="answered", text=text)

    def _kept(self, principal: str, now: datetime) -> dict[str, dict[str, str]]:
        return self.state.get(ROOM, principal, now=now) or {}


def is_known(term: str, model: Model) -> bool:
    """Whether the model or the word tables still have the word."""
    context = term.removeprefix(CONTEXT)
    return term in model.terms or (term.startswith(CONTEXT) and context in load_words().contexts())


def word_of(term: str, model: Model, language: Language) -> str:
    """The word a term is known by in this language.

    >>> word_of("sales", model, "zh")
    '销售额'
    """
    words = words_of(term, model)
    fitting = [word for word in words if any(is_han(letter) for letter in word) is (language == "zh")]
    return (fitting or list(words) or [term])[0]


def words_of(term: str, model: Model) -> tuple[str, ...]:
    """Every way the word is written, both languages."""
    if term.startswith(CONTEXT):
        return load_words().contexts()[term.removeprefix(CONTEXT)].words
    return (*model.terms[term].en, *model.terms[term].zh)


def readings_of(term: str, model: Model) -> tuple[str, ...]:
    """The metrics the word may be read as, the default first; empty for a word that is not open."""
    if term in model.terms:
        found = model.terms[term]
        return tuple(dict.fromkeys(filter(None, (found.default, *found.candidates, found.alternative))))
    context = load_words().contexts().get(term.removeprefix(CONTEXT))
    return tuple(dict.fromkeys(filter(None, (context.default, *context.options)))) if context else ()


def open_words(model: Model) -> list[str]:
    """Keys of every word a preference may be set for."""
    contexts = (f"{CONTEXT}{key}" for key in load_words().contexts())
    return [key for key in (*model.terms, *contexts) if len(readings_of(key, model)) > 1]
