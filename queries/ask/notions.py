"""Settings and registers in anybody's words: which notions together ask for which list.

The phrases of `words_registers.yaml` read what people usually say. Where they leave words unread, this looks at
what the words are about: "hang on to" is keeping, "how many months" a duration, and keeping with a duration asks for
the retention rules. The residue rule stays: a reading may only use its own notions, its register's own words,
platforms, time and plain asides; one word beyond these and there is no reading.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from queries.ask.collect import build_frame
from queries.ask.draft import Draft
from queries.ask.frame import TIME, Frame
from queries.ask.lexicon import Lexicon
from queries.ask.phrases import PhraseBook
from queries.ask.registers import RegisterReading, read_named
from queries.ask.spans import (
    ConditionWord,
    DimensionWord,
    FieldValueWord,
    FieldWord,
    Meaning,
    NotionWord,
    RegisterWord,
    Sign,
    Span,
    ValueWord,
    cover,
)
from queries.ask.timing import read_timing
from queries.ask.words import Words, both
from queries.model import Model, Register
from queries.query import Filter, RegisterQuery

_NOTHING = re.compile(r"[\s,.;:!?。、()\"'\[\]{}~*+|/\\=<>@#&%-]*")
ASIDE = "aside"
Said = tuple[tuple[tuple[int, int], ...], frozenset[str]]
"""Where notions stand, and which."""


@dataclass(frozen=True)
class Sense:
    """One row of `notion_readings`."""

    register: str
    needs: tuple[frozenset[str], ...]
    """Of each set one notion must be said."""
    may: frozenset[str]
    conditions: tuple[str, ...] = ()
    filters: tuple[Filter, ...] = ()
    columns: frozenset[str] = frozenset()
    """One of these columns must be narrowed by a value that is said."""
    by: tuple[str, ...] = ()
    count: bool = False
    ignores: frozenset[str] = frozenset()
    """Columns that a word may name without narrowing: "stored or dropped?" asks for both."""
    timeless: bool = False
    """The register's time is not what a period would be about ("whose access expires this month")."""

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Sense:
        filters = (Filter(dimension=k, values=tuple(v)) for k, v in row.get("filters", {}).items())
        return cls(
            row["register"],
            tuple(frozenset(need.split("|")) for need in row.get("needs", ())),
            frozenset(row.get("may", ())),
            tuple(row.get("conditions", ())),
            tuple(filters),
            frozenset(filter(None, row.get("column", "").split("|"))),
            tuple(row.get("by", ())),
            row.get("count", False),
            frozenset(row.get("ignores", ())),
            row.get("timeless", False),
        )

    @property
    def wanted(self) -> frozenset[str]:
        return frozenset().union(*self.needs)


class Notions:
    """The notions of the word tables, and the lists they ask for."""

    def __init__(self, model: Model, words: Words, lexicon: Lexicon) -> None:
        self.model, self.lexicon = model, lexicon
        self.senses = [Sense.of(row) for row in words.of("notion_readings").values()]
        book = PhraseBook()
        for key, row in words.of("notions").items():
            book.add(both(row), key, inflect=False)
        for row in words.of("asides").values():
            book.add(both(row), ASIDE, inflect=False)
        for place, values in words.of("notion_values").items():
            register, _, column = place.partition(".")
            for value, row in values.items():
                book.add(both(row), FieldValueWord(register, column, value), inflect=False)
        self.book = book.freeze()

    def read(self, draft: Draft) -> RegisterQuery | None:
        """The list that every word of the question fits; None where there is none, or more than one."""
        text = draft.frame.text
        said: list[Said] = []
        known = [*self.lexicon.find(text), *(span for span in draft.frame.spans if _timed(span))]
        for pieces, meanings in self.book.find(text):
            said.append((pieces, frozenset(m for m in meanings if isinstance(m, str))))
            values = tuple(m for m in meanings if isinstance(m, FieldValueWord))
            known += [Span(pieces, values)] if values else []
        present = {key for _, keys in said for key in keys}
        found: list[tuple[int, RegisterQuery]] = []
        for sense in self.senses:
            if all(need & present for need in sense.needs):
                reading = self._try(sense, draft, said, known)
                if reading:
                    found.append(reading)
        best = max((size for size, _ in found), default=0)
        first = list(dict.fromkeys(query for size, query in found if size == best))
        return first[0] if len(first) == 1 else None

    def _try(
        self, sense: Sense, draft: Draft, said: Sequence[Said], known: Iterable[Span]
    ) -> tuple[int, RegisterQuery] | None:
        register = self.model.registers[sense.register]
        text = draft.frame.text
        spans = [*_own(register, sense, known), *_notions(sense, said)]
        chosen, gaps = cover(spans, len(text))
        if any(not _NOTHING.fullmatch(text[start:end]) for start, end in gaps):
            return None
        kept = _kept(chosen, said)
        if not all(need & kept for need in sense.needs):
            return None
        frame = build_frame(text, [_plain(span, sense) for span in chosen])
        if frame.residue:
            return None
        reading = read_named(frame, register, read_timing(frame.times, draft.clock))
        if reading.unread or not _narrowed(sense, register, reading, frame):
            return None
        query = _query(sense, reading, _counts(sense, register, reading, frame))
        return sum(span.length for span in chosen if not _is_aside(span)), query


def _kept(chosen: Iterable[Span], said: Iterable[Said]) -> frozenset[str]:
    """Notions that stand in the reading, by themselves or inside a longer word of the register."""
    own = [s for s in chosen if not all(isinstance(m, Sign) for m in s.meanings)]
    inside = {at for span in own for start, end in span.pieces for at in range(start, end)}
    return frozenset().union(
        *(keys for pieces, keys in said if all(set(range(start, end)) <= inside for start, end in pieces))
    )


def _timed(span: Span) -> bool:
    return any(isinstance(meaning, TIME) for meaning in span.meanings)


def _own(register: Register, sense: Sense, known: Iterable[Span]) -> Iterator[Span]:
    """Known words as far as this register has a use for them."""
    dimensions = {column.dimension for column in register.fields.values() if column.dimension}
    for span in known:
        kept = tuple(
            meaning
            for meaning in span.meanings
            if (isinstance(meaning, RegisterWord) and meaning.key == register.key)
            or (
                isinstance(meaning, ConditionWord | FieldWord | FieldValueWord)
                and meaning.register == register.key
            )
            or (isinstance(meaning, DimensionWord) and meaning.key in dimensions)
            or (isinstance(meaning, ValueWord) and meaning.dimension in dimensions)
            or (isinstance(meaning, Sign) and not meaning.kind.startswith("vague:"))
            or (isinstance(meaning, TIME) and bool(register.time) and not sense.timeless)
        )
        if kept:
            yield Span(span.pieces, kept, span.weight)


def _notions(sense: Sense, said: Iterable[Said]) -> Iterator[Span]:
    usable = sense.wanted | sense.may
    for pieces, keys in said:
        own = keys & usable
        if own:
            yield Span(pieces, (NotionWord(own),), 3)
        elif ASIDE in keys:
            yield Span(pieces, (Sign("filler"),))


def _plain(span: Span, sense: Sense) -> Span:
    """Notions that are needed name the register, others are filler; a span's own words stay beside them."""
    rest = tuple(meaning for meaning in span.meanings if not isinstance(meaning, NotionWord))
    if len(rest) == len(span.meanings):
        return span
    words = tuple(meaning for meaning in rest if not isinstance(meaning, Sign | FieldWord))
    needed = any(m.keys & sense.wanted for m in span.meanings if isinstance(m, NotionWord))
    name: tuple[Meaning, ...] = (RegisterWord(sense.register),) if needed else (Sign("filler"),)
    counts = tuple(m for m in rest if isinstance(m, Sign) and m.kind == "how_many")
    return Span(span.pieces, words or counts or name, span.weight)


def _is_aside(span: Span) -> bool:
    return span.meanings == (Sign("filler"),)


def _narrowed(sense: Sense, register: Register, reading: RegisterReading, frame: Frame) -> bool:
    said = {given.dimension for given in reading.query.filters}
    said |= {word.field for _, word, _ in frame.fields}
    return not sense.columns or bool(sense.columns & said)


def _counts(
    sense: Sense, register: Register, reading: RegisterReading, frame: Frame
) -> tuple[str, ...] | None:
    """What to count by: the sense's own columns, those behind by and each, or nothing where rows are listed."""
    marks = {mark for _, _, mark in frame.fields} | {mention.mark for mention in frame.dimensions}
    found = reading.query.count_by
    if sense.by:
        return sense.by
    if found and not marks & {"by", "each"}:
        found = () if frame.has("how_many") or register.persons else None
    return () if sense.count and found is None else found


def _query(sense: Sense, reading: RegisterReading, count_by: tuple[str, ...] | None) -> RegisterQuery:
    query = reading.query
    fixed = {given.dimension for given in sense.filters} | sense.ignores
    return query.model_copy(
        update={
            "conditions": tuple(dict.fromkeys([*sense.conditions, *query.conditions])),
            "filters": (*sense.filters, *(f for f in query.filters if f.dimension not in fixed)),
            "count_by": count_by,
        }
    )



