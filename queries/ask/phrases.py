"""Phrases of the word tables and where they stand in a text.

A phrase is written as people type it. `(a|b)` chooses, `(a|)` may be missing, `…` is a gap of other words:
`how many … put (something|) in (the|) (cart|basket)`. Latin words match whole words, in singular or plural;
Chinese matches anywhere.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache, cached_property
from itertools import chain, product
from typing import TypeVar

from queries.ask.normalise import normalise

Payload = TypeVar("Payload")
_GROUP = re.compile(r"\(([^()]*)\)")
GAP = "…"
MAX_GAP = 48
WIDE = 300
"""Phrases of one pattern from which on it is not written out beforehand."""


def expand(phrase: str) -> Iterator[str]:
    """Every plain phrase a pattern stands for.

    >>> sorted(expand("(ad|ads) spend"))
    ['ad spend', 'ads spend']
    """
    if "|" not in phrase:
        yield " ".join(phrase.split())
        return
    pieces = _GROUP.split(phrase)
    if all("|" in group for group in pieces[1::2]) and "(" not in "".join(pieces[::2]):
        choices = [piece.split("|") if place % 2 else (piece,) for place, piece in enumerate(pieces)]
        yield from (" ".join("".join(choice).split()) for choice in product(*choices))
        return
    match = _GROUP.search(phrase)
    if not match or "|" not in match[1]:
        yield " ".join(phrase.split())
        return
    for option in match[1].split("|"):
        yield from expand(phrase[:match.start()] + option + phrase[match.end():])


_SIMPLE = re.compile(r"[A-Za-z0-9 (|)'/%&+]*")
"""Text that normalising only lowers: most of the word tables, which are read at every start."""


@cache
def plain(text: str) -> str:
    """A phrase in the spelling that `normalise` gives the question."""
    if _SIMPLE.fullmatch(text):
        return " ".join(text.lower().split())
    return normalise(text).text.strip()


def inflections(phrase: str) -> tuple[str, ...]:
    """Singular and plural of the last Latin word, and its genitive.

    >>> inflections("category")
    ('category', 'categories', "category's")
    """
    if not phrase or not (phrase[-1].isascii() and phrase[-1].isalpha()):
        return (phrase,)
    head, blank, last = phrase.rpartition(" ")
    if len(last) < 3:
        return (phrase,)
    return (*[f"{head}{blank}{form}" for form in _numbers(last)], f"{phrase}'s")


@cache
def _numbers(last: str) -> tuple[str, ...]:
    """A word and its other number."""
    forms = [last]
    if last.endswith("ies"):
        forms.append(last[:-3] + "y")
    elif last.endswith("s") and not last.endswith("ss") and len(last) > 3:
        forms.append(last[:-1])
    elif last.endswith("y") and last[-2] not in "aeiou":
        forms.append(last[:-1] + "ies")
    elif last.endswith(("ch", "sh", "x")):
        forms.append(last + "es")
    else:
        forms.append(last + "s")
    return tuple(forms)


@dataclass(frozen=True)
class Gapped:
    """A phrase with gaps: each piece a choice of wordings, longest first. Compiled when a text has all of them."""

    pieces: tuple[tuple[str, ...], ...]

    @classmethod
    def of(cls, phrase: str) -> Gapped:
        """`(a|b)` stays a choice inside its piece, the last word of a piece may be a plural."""
        pieces = []
        for piece in phrase.split(GAP):
            forms = {form for option in expand(piece) for form in inflections(plain(option)) if option.strip()}
            pieces.append(tuple(sorted(forms, key=len, reverse=True)))
        return cls(tuple(pieces))

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        bodies = ("|".join(_edged(option) for option in options) for options in self.pieces)
        return re.compile(f".{{0,{MAX_GAP}}}?".join(f"({body})" for body in bodies))

    def find(self, text: str) -> tuple[tuple[int, int], ...]:
        """Where each piece stands, or nothing."""
        if not all(any(option in text for option in options) for options in self.pieces):
            return ()
        match = self.pattern.search(text)
        return tuple(match.span(group + 1) for group in range(len(self.pieces))) if match else ()


@dataclass(frozen=True)
class Wide:
    """A pattern that stands for hundreds of phrases. Written out for one text at a time, with the choices whose
    words the text has: all of them would be most of the book, and of the time a process takes to start."""

    pieces: tuple[tuple[tuple[str, tuple[str, ...]], ...], ...]
    """Per piece its options, each with what a text must hold for it."""
    payload: object
    inflect: bool

    @classmethod
    def of(cls, pattern: str, payload: object, inflect: bool) -> Wide | None:
        """None where the pattern is small, or nests its choices."""
        pieces = _GROUP.split(pattern)
        if "(" in "".join(pieces[::2]) or not all("|" in group for group in pieces[1::2]):
            return None
        options = [piece.split("|") if place % 2 else [piece] for place, piece in enumerate(pieces)]
        if math.prod(map(len, options)) < WIDE:
            return None
        last = max((place for place, some in enumerate(options) if all(map(str.strip, some))), default=-1)
        known = []
        for place, some in enumerate(options):
            closed = place < last and all(option[:1].isspace() for option in options[place + 1])
            known.append(tuple((option, cls._needed(option, inflect and not closed)) for option in some))
        return cls(tuple(known), payload, inflect)

    @staticmethod
    def _needed(option: str, inflect: bool) -> tuple[str, ...]:
        """The words of an option; of a word that may end the phrase, what its singular and plural begin with."""
        words = option.split()
        if inflect and words and not option[-1].isspace() and _is_word(option[-1]):
            words[-1] = words[-1][:-3]
        return tuple(filter(None, words))

    def phrases(self, text: str) -> Iterator[str]:
        """Its phrases that the text may hold."""
        kept = []
        for piece in self.pieces:
            options = [option for option, needed in piece if all(word in text for word in needed)]
            if not options:
                return
            kept.append(options)
        yield from (" ".join("".join(choice).split()) for choice in product(*kept))


@dataclass
class PhraseBook:
    """Phrases and what each stands for; `find` returns every occurrence."""

    plain: dict[str, tuple[object, ...]] = field(default_factory=dict)
    """Tuples, and one for all phrases of a payload: a list for each of eighty thousand phrases is slow to make."""
    gapped: list[tuple[Gapped, object]] = field(default_factory=list)
    wide: list[Wide] = field(default_factory=list)
    starts: dict[str, tuple[int, ...]] = field(default_factory=dict)
    """First two characters -> lengths of the phrases that begin with them, longest first."""

    def add(self, phrases: Iterable[str], payload: object, *, inflect: bool = True) -> None:
        """Adds patterns; a payload is listed once per phrase."""
        alone = (payload,)
        for pattern in phrases:
            if GAP in str(pattern):
                self.gapped.append((Gapped.of(str(pattern)), payload))
                continue
            wide = Wide.of(plain(str(pattern)), payload, inflect)
            if wide:
                self.wide.append(wide)
                continue
            self._add(expand(plain(str(pattern))), alone, inflect)

    def _add(self, texts: Iterator[str], alone: tuple[object, ...], inflect: bool) -> None:
        for form in chain.from_iterable(map(inflections, texts)) if inflect else texts:
            self._keep(form, alone)

    def add_plain(self, text: str, payload: object) -> None:
        """Adds words already in the question's spelling, signs of the patterns included."""
        self._keep(text, (payload,))

    def _keep(self, text: str, alone: tuple[object, ...]) -> None:
        known = self.plain.setdefault(text, alone)
        if known is not alone and alone[0] not in known:
            self.plain[text] = (*known, *alone)

    def freeze(self) -> PhraseBook:
        """Builds the index; call once after the last `add`."""
        lengths: dict[str, set[int]] = {}
        for phrase in self.plain:
            if phrase:
                lengths.setdefault(phrase[:2], set()).add(len(phrase))
        self.starts = {start: tuple(sorted(found, reverse=True)) for start, found in lengths.items()}
        return self

    def find(self, text: str) -> Iterator[tuple[tuple[tuple[int, int], ...], tuple[object, ...]]]:
        """(pieces, payloads) of every phrase in normalised text, overlapping ones included."""
        found = dict(self._plain(text))
        for span, payloads in self._written_out(text)._plain(text):
            known = found.get(span, ())
            found[span] = (*known, *(payload for payload in payloads if payload not in known))
        for span in sorted(found, key=lambda span: (span[0], -span[1])):
            yield (span,), found[span]
        for phrase, payload in self.gapped:
            pieces = phrase.find(text)
            if pieces:
                yield pieces, (payload,)

    def _written_out(self, text: str) -> PhraseBook:
        """The wide patterns as far as the text has their words."""
        book = PhraseBook()
        for wide in self.wide:
            book._add(wide.phrases(text), (wide.payload,), wide.inflect)
        return book.freeze()

    def _plain(self, text: str) -> Iterator[tuple[tuple[int, int], tuple[object, ...]]]:
        size = len(text)
        for start in range(size):
            lengths = self.starts.get(text[start:start + 2]) or ()
            if start and _is_word(text[start]) and _is_word(text[start - 1]):
                continue
            for length in (*lengths, *((1,) if text[start] in self.plain else ())):
                end = start + length
                if end > size:
                    continue
                payloads = self.plain.get(text[start:end])
                if payloads and not (end < size and _is_word(text[end - 1]) and _is_word(text[end])):
                    yield (start, end), payloads


def _is_word(char: str) -> bool:
    """ASCII letters only: digits may touch words (top3单品, q3gmv), Chinese always may."""
    return char.isascii() and char.isalpha()




def _edged(option: str) -> str:
    left = "(?<![a-z])" if _is_word(option[0]) else ""
    right = "(?![a-z])" if _is_word(option[-1]) else ""
    return f"{left}{re.escape(option)}{right}"
