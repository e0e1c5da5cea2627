"""The keyless translator: a question becomes a typed query, a choice, or a refusal with a reason.

Reading is normalise, tag, cover, assemble, decide. The residue rule decides: every content span must be
explained by the reading that is answered; words left over or two readings that survive are not answered.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from queries.ask import lexicon as lexicons
from queries.ask.absences import tag_absences
from queries.ask.averages import tag_averages, unbroken, without
from queries.ask.build import Builder
from queries.ask.choose import Chooser
from queries.ask.collect import build_frame
from queries.ask.compat import Fit
from queries.ask.concentrations import tag_concentrations
from queries.ask.corrections import Correction, read_correction
from queries.ask.currencies import asked_in
from queries.ask.cuts import cuts
from queries.ask.deadlines import Deadlines
from queries.ask.decide import Decider
from queries.ask.draft import Draft
from queries.ask.dropping import bare, drop_from, drop_named, dropped_words, nothing_to_drop
from queries.ask.extremes import tag_extremes
from queries.ask.frame import Frame
from queries.ask.glosses import glossed
from queries.ask.growths import tag_growths
from queries.ask.homonyms import both_lives, retold
from queries.ask.homophones_zh import put_right_by_sound
from queries.ask.hours import tag_hours
from queries.ask.labels import label_of
from queries.ask.listing import Listing
from queries.ask.noise import Noise, apart
from queries.ask.normalise import Language, Normalised, language, normalise
from queries.ask.operators import tag_ranks, tag_thresholds
from queries.ask.pairs import tag_pairs
from queries.ask.persons import tag_persons
from queries.ask.sizes import tag_sizes
from queries.ask.spans import Intent, Sign, Span, ValueWord, cover
from queries.ask.speech import denies, overruled, tag_speech
from queries.ask.spelling import Spelling
from queries.ask.suggest import Suggestions
from queries.ask.tallies import tag_counts, tag_refund_kinds, tag_speeds
from queries.ask.thread import ThreadState, choose_by_words, follow_up
from queries.ask.values import ValueIndex, Values
from queries.ask.when import Clock, tag_time
from queries.ask.when.festivals import DAY_ALONE, compile_rules
from queries.ask.when.meaning import PromoDay
from queries.ask.when.seasons import BESIDE_MONTHS
from queries.ask.words import Words, load_words
from queries.model import Model
from queries.query import (
    Answerable,
    Clarify,
    Option,
    Query,
    Reading,
    Refuse,
    RegisterQuery,
    SemanticQuery,
)
from queries.viewer import Viewer

_EMPTY = re.compile(r"[\s,.;:!?。、()\"'\[\]{}~*+|/\\=<>@#&%-]*")


_PLACE_BEFORE = re.compile(r"(?<![a-z])(?:in|from|for|to) the $")
_PLACE_BEHIND = re.compile(r"^ (?:shop|store|market|site|website|customers|buyers|orders|sales|dollars?)(?![a-z])")


def _names_known_word(span: Span, spans: Sequence[Span]) -> bool:
    """上周六的订单: what looks like a name is a word we know."""
    intent = next(iter(span.of(Intent)), None)
    if intent is None or intent.kind != "person_lookup" or span.weight < 5:
        return False
    return any(
        other.start <= span.start + 1 < other.end
        and other.length >= 2
        and other is not span
        and not other.of(Sign)
        and not other.of(Intent)
        for other in spans
    )


def _unread(reading: Reading) -> bool:
    return isinstance(reading, Refuse) and reading.reason == "unread_words"


def _spelt(reading: Reading, changed: tuple[str, ...]) -> Reading:
    """An answer that says which words it took for mistyped."""
    if not isinstance(reading, Answerable):
        return reading
    said = tuple(f"spelling:{change}" for change in changed)
    return reading.model_copy(update={"defaults": (*reading.defaults, *said)})


@dataclass(frozen=True)
class Verified:
    """A question known to work, in both languages: regression test and suggestion at once."""

    en: str
    zh: str


class Translator:
    """One model, one set of names, one calendar; `read` keeps no state between questions."""

    def __init__(
        self,
        model: Model,
        values: Values | None = None,
        calendar: Sequence[PromoDay] = (),
        *,
        detect_personal: Callable[[str], bool] = lambda text: False,
        verified: Sequence[Verified] = (),
        words: Words | None = None,
        week_start: int = 0,
    ) -> None:
        self.model = model
        self.words = words or load_words()
        self.values = values or ValueIndex.build(())
        self.calendar, self.week_start = tuple(calendar), week_start
        self.detect_personal = detect_personal
        self.lexicon, self.noise = lexicons.build(model, self.words), Noise(self.words)
        self.spelling = Spelling(self.words)
        self.deadlines = Deadlines(self.words)
        self.festivals = compile_rules(self.words.of("festivals"))
        self.suggestions: dict[str, Suggestions] = {
            "en": Suggestions([v.en for v in verified]),
            "zh": Suggestions([v.zh for v in verified]),
        }
        fit = Fit(model)
        self.decider = Decider(
            model,
            self.words,
            fit,
            Chooser(model, self.words, fit),
            Builder(model, fit, self.words),
            Listing(model, self.words, self.lexicon),
        )

    def knowing(self, values: Values, calendar: Sequence[PromoDay]) -> Translator:
        """The same translator with the names and the calendar of another snapshot; the words stay."""
        other = copy.copy(self)
        other.values, other.calendar = values, tuple(calendar)
        return other

    def language(self, text: str) -> Language:
        """The language of the question, and so of its answer."""
        return language(text)

    def read(
        self,
        text: str,
        *,
        today: date,
        viewer: Viewer | None = None,
        thread: ThreadState | None = None,
        preferences: Mapping[str, str] | None = None,
    ) -> Reading:
        """A typed reading of one question on the workspace's date `today`; `thread` holds the turns before,
        `preferences` what this person chose for open words.

        The viewer's rights are judged by `validate`, not here: what a question means does not depend on who asks.
        """
        if self.detect_personal(text):
            return Refuse(reason="personal_data_in_question")
        spoken = normalise(text)
        tongue = language(text)
        if thread and thread.options:
            chosen = choose_by_words(spoken.text, thread.options)
            if chosen:
                return Answerable(query=chosen)
        correction = read_correction(spoken.text)
        if correction:
            spoken = normalise(self._meant(correction, thread, today, tongue))
        last = thread.query if thread else None

        def decided(draft: Draft) -> Reading:
            reading = self.decider.decide(draft)
            if last is None:
                return reading
            return (
                self._dropped(draft, last, reading, today, tongue)
                or follow_up(draft, reading, last, self.decider, corrects=correction is not None)
                or reading
            )

        draft = self._draft(spoken, today, tongue, preferences)
        asked = self.noise.without_purpose(spoken, draft.frame.spans)
        if asked is not spoken:
            draft = self._draft(asked, today, tongue, preferences)
        reading = self._dated(spoken, today, tongue) or decided(draft)
        if _unread(reading):
            quiet = self.noise.without(draft.spoken, draft.frame.spans)
            if quiet is not draft.spoken:
                draft = self._draft(quiet, today, tongue, preferences)
                reading = decided(draft)
        if _unread(reading) and draft.unread:
            right, changed = self.spelling.put_right(draft)
            if not changed:
                right, changed = put_right_by_sound(draft, self._names)
            if changed:
                draft = self._draft(right, today, tongue, preferences)
                reading = _spelt(decided(draft), changed)
        other = retold(reading, spoken.text)
        if other:
            of_customers = self.decider.decide(self._draft(normalise(other), today, tongue, preferences))
            reading = both_lives(reading, of_customers, self.model, tongue)
        return self._with_suggestions(self._with_the_rest(reading, draft), text, tongue)

    def _dated(self, spoken: Normalised, today: date, tongue: Language) -> Reading | None:
        """ "agreements ending within 90 days": the list that the rest names, narrowed on the column of the event."""
        dated = self.deadlines.read(spoken.text, Clock(today, self.week_start, self.calendar))
        if dated is None:
            return None
        reading = self.decider.decide(self._draft(normalise(dated.rest), today, tongue))
        if not isinstance(reading, Answerable) or not isinstance(reading.query, RegisterQuery):
            return None
        query = self.deadlines.put(dated, reading.query)
        return Answerable(query=query) if query else None

    def _names(self, text: str) -> list[Span]:
        """What the lexicon and the data have names for in a text."""
        return [*self.lexicon.find(text), *self.values.find(text)]

    def _with_the_rest(self, reading: Reading, draft: Draft) -> Reading:
        """A refusal for unread words, with what the question says without them: offered, never answered."""
        if not (isinstance(reading, Refuse) and reading.reason == "unread_words" and draft.unread):
            return reading
        if not (draft.frame.metrics or draft.frame.registers):
            return reading
        rest = self.decider.decide(Draft(draft.frame, (), draft.spoken, draft.clock, draft.language))
        if not isinstance(rest, Answerable) or not isinstance(rest.query, SemanticQuery | RegisterQuery):
            return reading
        label = label_of(rest.query, self.model, draft.language, draft.names)
        return reading.model_copy(update={"without": Option(label=label, query=rest.query)})

    def unread(self, text: str, today: date) -> tuple[str, ...]:
        """Words of a text that nothing reads, whatever the rest of it means."""
        return self._draft(normalise(text), today, language(text)).unread_words()

    def _meant(
        self, correction: Correction, thread: ThreadState | None, today: date, tongue: Language
    ) -> str:
        """The correction without what was said to be wrong, where the last query has that; else as it stands."""
        last = thread.query if thread else None
        if not correction.wrong or not isinstance(last, SemanticQuery):
            return f"{correction.meant}, not {correction.wrong}" if correction.wrong else correction.meant
        frame = self._draft(normalise(correction.wrong), today, tongue)
        wrong = {(o.dimension, o.value) for v in frame.frame.values for o in v.options}
        held = {(f.dimension, v) for f in last.filters for v in f.values}
        metrics = {m.key for m in frame.frame.metrics if m.key} & set(last.metrics)
        said_time = last.time is not None and normalise(last.time.said).text.strip() == correction.wrong
        if not frame.unread and (wrong & held or metrics or said_time):
            return correction.meant
        return f"{correction.meant}, not {correction.wrong}"

    def _dropped(
        self, draft: Draft, last: Query, reading: Reading, today: date, tongue: Language
    ) -> Reading | None:
        """ "drop the refunds": the last query without a part it has."""
        words = dropped_words(draft.frame.text) if isinstance(last, SemanticQuery) else ""
        if not words or not isinstance(last, SemanticQuery):
            return None
        what = self._draft(normalise(bare(words)), today, tongue)
        found = drop_named(words, last) or drop_from(what, last, self.decider)
        if found or not (isinstance(reading, Refuse) and reading.reason == "change_request"):
            return found
        return nothing_to_drop(what, words)

    def _draft(
        self, spoken: Normalised, today: date, tongue: Language, preferences: Mapping[str, str] | None = None
    ) -> Draft:
        clock = Clock(today, self.week_start, self.calendar)
        text = spoken.text
        averages = tag_averages(text)
        spans = [
            *averages,
            *self.lexicon.find(text),
            *self.values.find(text),
            *tag_ranks(text),
            *tag_growths(text),
            *tag_extremes(text),
            *tag_absences(text),
            *tag_concentrations(text),
            *tag_speeds(text),
            *tag_counts(text),
            *tag_refund_kinds(text),
            *tag_thresholds(text),
            *tag_sizes(text),
            *tag_hours(text),
            *tag_persons(text),
            *tag_pairs(text),
            *self._beside_dates(text),
            *self.noise.narrowing(text),
        ]
        dated = tag_time(without(text, averages), clock, self.festivals)
        spans += [Span(((t.start, t.end),), (t.meaning,), 2) for t in dated]
        spoken_words = tag_speech(text)
        spans = [
            s
            for s in spans
            if not (
                cuts(s, text)
                or _names_known_word(s, spans)
                or overruled(s, spoken_words)
                or denies(s, text)
            )
        ]
        spans += spoken_words
        spans = glossed(text, unbroken(spans))
        chosen, gaps = cover(spans, len(text))
        unread = [(start, end) for start, end in gaps if not _EMPTY.fullmatch(text[start:end])]
        parts = [part for start, end in unread if (part := self.values.partial(text, start, end))]
        if parts:
            chosen, gaps = cover([*spans, *parts], len(text))
            unread = [(start, end) for start, end in gaps if not _EMPTY.fullmatch(text[start:end])]
        chosen, narrowing = apart(asked_in(chosen, text))
        unread = sorted([*unread, *narrowing])
        unread += [(s.start, s.end) for s in chosen if self._country(s, spoken)]
        repaired, unread = self._repair(text, unread)
        chosen = sorted([*chosen, *repaired], key=lambda s: s.start)
        frame = build_frame(text, chosen)
        frame.preferences = preferences or {}
        return Draft(frame, tuple(unread), spoken, clock, tongue)

    def _beside_dates(self, text: str) -> Iterator[Span]:
        """Words that only say once more what a date beside them says: the summer (Jun-Aug), double 11, only the day."""
        found = list(BESIDE_MONTHS.finditer(text))
        if any(pattern.search(text) for _, pattern in self.festivals):
            found += DAY_ALONE.finditer(text)
        yield from (Span((match.span(),), (Sign("filler"),), 1) for match in found)

    @staticmethod
    def _country(span: Span, spoken: Normalised) -> bool:
        """The US shop: written large, or where a place would stand, it is a country and not "we"."""
        if spoken.text[span.start : span.end] != "us" or span.of(ValueWord):
            return False
        large = spoken.original(span.start, span.end) == "US" and not spoken.typed.isupper()
        return large or bool(
            _PLACE_BEFORE.search(spoken.text[: span.start]) or _PLACE_BEHIND.match(spoken.text[span.end :])
        )

    def _repair(self, text: str, unread: list[tuple[int, int]]) -> tuple[list[Span], list[tuple[int, int]]]:
        """One mistyped name of five Latin letters or more; anything else stays unread."""
        repaired, left = [], []
        for start, end in unread:
            word = text[start:end].strip(" ,.?!;:'\"()")
            meaning = self.values.repair(word) if word.isascii() else None
            if meaning:
                repaired.append(Span(((start, end),), (meaning,)))
            else:
                left.append((start, end))
        return repaired, left

    def _with_suggestions(self, reading: Reading, text: str, tongue: Language) -> Reading:
        if (
            isinstance(reading, Refuse)
            and not reading.nearest
            and reading.reason != "personal_data_in_question"
        ):
            return reading.model_copy(update={"nearest": self.suggestions[tongue].nearest(text, 3)})
        return reading


__all__ = ["Answerable", "Clarify", "Frame", "Query", "Sign", "Translator", "Verified"]
