"""Chinese characters typed for others of the same sound: 退款律, 客但价, 抖因.

Only a character that nothing reads is looked at, and only towards a longer word of the model, the names or the
tables that it makes whole. Where two characters of its sound make words, it stays as it is. The answer says what
was read for what.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path

from queries.ask.draft import Draft
from queries.ask.normalise import Normalised, is_han
from queries.ask.spans import DimensionWord, MetricWord, RegisterWord, Sign, Span, TermWord, ValueWord

NAMES = (MetricWord, TermWord, DimensionWord, ValueWord, RegisterWord)
Find = Callable[[str], list[Span]]
"""Every phrase of a text that the lexicon and the names have."""


@lru_cache(maxsize=1)
def _sounds() -> dict[str, frozenset[str]]:
    """A character -> the characters of its sound (`homophones.txt`, groups apart by blanks)."""
    table: dict[str, set[str]] = {}
    for group in (Path(__file__).parent / "homophones.txt").read_text(encoding="utf-8").split():
        for char in group:
            table.setdefault(char, set()).update(group)
    return {char: frozenset(group - {char}) for char, group in table.items()}


def put_right_by_sound(draft: Draft, find: Find) -> tuple[Normalised, tuple[str, ...]]:
    """The question with its unread characters put right, and each change as "退款律:退款率"; () where there is none."""
    spoken, changed = draft.spoken, []
    signs = (s for s in draft.frame.spans if s.length == 1 and all(isinstance(m, Sign) for m in s.meanings))
    words = {span.start for span in signs}
    for start, end in draft.unread:
        near = [at for at in (start - 1, end) if at in words]  # 客但价: a mistyped character may work by itself
        for at in (*range(start, end), *near):
            meant = _meant(spoken.text, at, find) if is_han(spoken.text[at]) else None
            if meant and (start <= at < end or (meant[0] < end and start < meant[1])):
                first, last, word = meant
                changed.append(f"{spoken.original(first, last)}:{word}")
                spoken = spoken.with_words(first, last, word)
    return spoken, tuple(changed)


def _meant(text: str, at: int, find: Find) -> tuple[int, int, str] | None:
    """The one word that another character of this sound makes: where it stands, and how it is written."""
    found: list[tuple[int, int, int, str]] = []
    for char in sorted(_sounds().get(text[at], ())):
        other = text[:at] + char + text[at + 1 :]
        for span in _over(find(other), at):
            found.append((span.length, span.start, span.end, other[span.start : span.end]))
    best = max((length for length, *_ in found), default=0)
    words = {(start, end, word) for length, start, end, word in found if length == best}
    return next(iter(words)) if len(words) == 1 else None


def _over(spans: list[Span], at: int) -> Iterator[Span]:
    """Names of two characters and more that hold the place."""
    for span in spans:
        whole = len(span.pieces) == 1 and span.start <= at < span.end and span.length > 1
        if whole and any(isinstance(meaning, NAMES) for meaning in span.meanings):
            yield span
