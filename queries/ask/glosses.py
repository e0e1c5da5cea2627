"""A name said twice: the feed ads (聚光-信息流), the fragrance stuff (香氛).

The words before the brackets only describe what the name in them names. They are read past as far as nothing in them is
a figure, a date or a value of another kind: "douyin orders (香氛)" keeps all three.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from queries.ask.spans import DimensionWord, Domain, FieldValueWord, FieldWord, Sign, Span, ValueWord

_NAMED = re.compile(r"\(([^()]{2,60})\)")
_TOKEN = re.compile(r"[a-z][a-z'-]*")
_STOPS = frozenset(
    [
        "of", "for", "on", "in", "from", "by", "at", "with", "and", "or", "vs", "versus", "the", "a", "an",
        "our", "my", "to", "about", "per", "than", "is", "are", "was", "were", "did", "does", "do", "not",
        "without", "except", "excluding", "only",
    ]
)  # fmt: skip
_WORDS = 4


def glossed(text: str, spans: Sequence[Span]) -> list[Span]:
    """The spans, without those that a name in brackets says again, and the words of these as filler."""
    found = list(spans)
    for match in _NAMED.finditer(text):
        named = next((s for s in spans if s.pieces == (match.span(1),) and s.of(ValueWord)), None)
        if named is None:
            continue
        kinds = {value.dimension for value in named.of(ValueWord)}
        start = _reach(text, match.start(), kinds, spans)
        if start < match.start():
            inside = [s for s in found if start <= s.start and s.end <= match.start()]
            found = [s for s in found if s not in inside]
            end = len(text[: match.start()].rstrip())
            found.append(Span(((start, end),), (Sign("filler"),), 1))
    return found


def _reach(text: str, end: int, kinds: set[str], spans: Sequence[Span]) -> int:
    """Where the description begins: at most a few words back, up to a word that means something else."""
    start = end
    tokens = [t for t in _TOKEN.finditer(text, 0, end) if t.end() <= end]
    for token in reversed(tokens[-_WORDS:]):
        gap = text[token.end() : start].strip()
        over = [s for s in spans if s.start < token.end() and token.start() < s.end]
        if gap or token.group() in _STOPS or not all(_describes(s, kinds) for s in over):
            break
        start = token.start()
    return start


def _describes(span: Span, kinds: set[str]) -> bool:
    """Whether the span is no more than a word for what the name in brackets names."""
    idle = Sign("filler")
    if span.of(Domain) and not span.of(DimensionWord):
        return True  # the feed ads
    return all(
        meaning == idle
        or isinstance(meaning, Domain | FieldWord | FieldValueWord)
        or (isinstance(meaning, ValueWord | DimensionWord) and _kind(meaning) in kinds)
        for meaning in span.meanings
    )


def _kind(meaning: ValueWord | DimensionWord) -> str:
    return meaning.dimension if isinstance(meaning, ValueWord) else meaning.key
