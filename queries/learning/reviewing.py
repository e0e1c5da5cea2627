"""What a reviewer does with a question: add a word, keep it as verified, dismiss it.

A word is added only where it means nothing yet and changes no verified question; a question is kept only where it
is read now. Both are checked by `souk verify` from then on.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches

from queries.ask import Translator, language
from queries.ask.normalise import normalise
from queries.ask.phrases import plain
from queries.ask.spans import Span
from queries.ask.when import Clock, tag_time
from queries.learning.added import Added, AddedFile, AddedQuestion, AddedWord, read_added, section_of
from queries.learning.checking import changed, known_questions, outline
from queries.learning.queue import Entry, ReviewQueue
from queries.learning.troubles import (
    ChangesOthers,
    NoSuchEntry,
    NoSuchKey,
    NotRead,
    NotTheSame,
    OnlyForAdmins,
    WordTaken,
    WordUnfit,
)
from queries.model import Model
from queries.privacy.tripwire import finds_personal_data
from queries.query import Answerable, Reading
from queries.reference import translator_with
from queries.viewer import Viewer

_PATTERN = re.compile(r"[()|…\[\]{}]")
NO_ENTRY = "-"
"""For a word that no question of the queue has."""


@dataclass
class Reviewer:
    """One reviewer at work: `translator` is the present one, `today` the workspace's date."""

    queue: ReviewQueue
    file: AddedFile
    model: Model
    translator: Translator
    viewer: Viewer
    today: date

    def __post_init__(self) -> None:
        if not self.viewer.may_admin:
            raise OnlyForAdmins(who=self.viewer.principal)

    def add_word(self, entry: Entry | None, word: str, means: str) -> Reading | None:
        """Adds a word for a key; returns how the entry's question is read now. Raises what stands against it."""
        self._fit(word)
        if not section_of(means, self.model):
            raise NoSuchKey(key=means, near=self._near(means))
        taken = self._taken(word)
        if taken:
            raise WordTaken(word=word, meaning=taken)
        item = AddedWord(word=word, means=means, by=self.viewer.principal, on=self.today)
        before = read_added(self.file.home)
        after = before.model_copy(update={"words": (*before.words, item)})
        trial = self._translator(after)
        others = changed(trial, list(known_questions(before)))
        if others:
            raise ChangesOthers(word=word, questions="; ".join(c.question for c in others[:3]))
        reading = trial.read(entry.question, today=self.today) if entry else None
        kept = self._question(entry.question, reading) if entry and isinstance(reading, Answerable) else None
        self.file.change(lambda now: _with(now, item, kept))
        self.translator = trial
        if entry and kept:
            self.queue.drop(entry.id)
        return reading

    def keep_question(self, entry: Entry, also: str = "") -> Reading:
        """Keeps the question, and the same one in the other language, as read now. Raises NotRead, NotTheSame."""
        reading = self._read(entry.question)
        kept = self._question(entry.question, reading)
        if also:
            other = self._read(also)
            if language(also) == language(entry.question):
                raise NotTheSame(first=entry.question, second=also, why="both are in one language")
            if outline(other) != outline(reading):
                raise NotTheSame(first=entry.question, second=also, why="they are read differently")
            kept = kept.model_copy(update={language(also): also})
        self.file.change(lambda now: _with(now, None, kept))
        self.queue.drop(entry.id)
        return reading

    def _read(self, question: str) -> Answerable:
        reading = self.translator.read(question, today=self.today)
        if not isinstance(reading, Answerable):
            words = ", ".join(getattr(reading, "words", ())) or outline(reading)[:120]
            raise NotRead(question=question, words=words)
        return reading

    def _question(self, question: str, reading: Reading) -> AddedQuestion:
        assert isinstance(reading, Answerable)
        query = reading.query.model_dump(mode="json")
        said = {language(question): question}
        return AddedQuestion(**said, query=query, today=self.today, by=self.viewer.principal, on=self.today)

    def _translator(self, added: Added) -> Translator:
        return translator_with(added, self.model, self.translator.values, self.translator.calendar)

    def _fit(self, word: str) -> None:
        """A word is two characters or more (three where Latin), no number, no pattern, nobody's data."""
        text = plain(word)
        short = len(text) < (3 if text.isascii() else 2)
        if short or _PATTERN.search(word) or finds_personal_data(word) or not any(map(str.isalpha, text)):
            raise WordUnfit(word=word if not finds_personal_data(word) else "...")

    def _near(self, means: str) -> str:
        """Keys that look like a mistyped one."""
        model = self.model
        keys = [*model.metrics, *model.terms, *model.dimensions, *model.registers]
        keys += [f"{name}={value}" for name, dimension in model.dimensions.items() for value in dimension.values]
        return ", ".join(get_close_matches(means, keys, n=4, cutoff=0.4)) or "gmv, net_sales, orders"

    def _taken(self, word: str) -> str:
        """What the whole word means already, in words; "" = nothing."""
        text = normalise(word).text.strip()
        spans = [*self.translator.lexicon.find(text), *self.translator.values.find(text)]
        clock = Clock(self.today, self.translator.week_start, self.translator.calendar)
        if any(t.start == 0 and t.end == len(text) for t in tag_time(text, clock, self.translator.festivals)):
            return "a time"
        whole = [span for span in spans if span.start == 0 and span.end == len(text)]
        if whole:
            return self._words(whole[0])
        return "" if self.translator.unread(text, self.today) else "what its words mean together"

    def _words(self, span: Span) -> str:
        meaning = span.meanings[0]
        key = str(getattr(meaning, "key", "") or getattr(meaning, "value", "") or getattr(meaning, "kind", ""))
        for known in (self.model.metrics, self.model.dimensions, self.model.registers):
            if key in known:
                return f"{known[key].label('en')} ({key})"
        return key or "something"


def find_entry(queue: ReviewQueue, id: str, now: object) -> Entry | None:
    """The entry with this id, None for "-". Raises NoSuchEntry."""
    if id == NO_ENTRY:
        return None
    entry = queue.get(id, now=now)  # type: ignore[arg-type]
    if entry is None:
        raise NoSuchEntry(id=id)
    return entry


def _with(now: Added, word: AddedWord | None, question: AddedQuestion | None) -> Added:
    """The file as it is now, and what is new: the same word or question again replaces the old."""
    words = tuple(w for w in now.words if word is None or plain(w.word) != plain(word.word))
    same = {question.en, question.zh} - {""} if question else set()
    verified = tuple(q for q in now.verified if not same & {q.en, q.zh})
    return Added(
        words=(*words, word) if word else words, verified=(*verified, question) if question else verified
    )
