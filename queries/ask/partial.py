"""Names said by some of their words: the camping table, 露营桌.

Only words that nothing else reads are looked up here, and only runs that stand together in a name: two Latin words
or more, three Chinese characters or more. Several names with the same run are a choice, never a guess. An index by
word and by three characters keeps a catalogue of ten thousand names below a millisecond.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from queries.ask.spans import Span, ValueWord

DIMENSIONS = ("product", "sku", "campaign", "shop")
"""What people call by half its name; places and categories are short already."""
PARTIAL = 7
"""Weight of a span that names by some words only."""
CHOICES = 4
_TOKEN = re.compile(r"[a-z0-9][a-z0-9'.]*")
_LETTERS = re.compile(r"[a-z]{2}")
_HAN = re.compile(r"[\u4e00-\u9fff][\u4e00-\u9fff0-9a-z]*")
_POINTED = re.compile(r"[那这]?(?:一|几)?(?:款|个品|支|系列)|那个|这个|类(?!目)")
"""帐篷那款: two characters are enough where the words point at a product."""
_WIDEST_GAP, _WORDS, _HAN_LEAST, _REACH = 32, 5, 3, 4
_GENERIC = re.compile(r"(?:官方|京东|天猫|淘宝|自营)*(?:旗舰店|专卖店|专营店|自营店)")
"""What many shops are: says no one shop, also where only one has it in its name."""


@dataclass
class PartialNames:
    """Names by their words and by runs of three Chinese characters."""

    names: list[str] = field(default_factory=list)
    values: list[list[ValueWord]] = field(default_factory=list)
    known: dict[str, int] = field(default_factory=dict)
    words: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    triples: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    pairs: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))

    def add(self, name: str, value: ValueWord) -> None:
        """One name in the question's spelling; products of the same name add up."""
        if value.dimension not in DIMENSIONS:
            return
        place = self.known.get(name)
        if place is None:
            place = self.known[name] = len(self.names)
            self.names.append(name)
            self.values.append([])
            for word in _TOKEN.findall(name):
                self.words[word].add(place)
            for at in range(len(name) - 1):
                self.pairs[name[at : at + 2]].add(place)
                self.triples[name[at : at + 3]].add(place)
        if value not in self.values[place]:
            self.values[place].append(value)

    def find(self, text: str, start: int, end: int) -> Span | None:
        """The run around unread words that stands in one name or a few; None where there is none, or too many."""
        if not 1 <= len(text[start:end].strip()) <= _WIDEST_GAP:
            return None
        for first, last, places in (*self._latin(text, start, end), *self._han(text, start, end)):
            if places:
                return self._span(first, last, places)
        return None

    def _span(self, start: int, end: int, places: set[int]) -> Span | None:
        if len({self.names[place] for place in places}) > CHOICES:
            return None
        return Span(((start, end),), tuple(v for place in sorted(places) for v in self.values[place]), PARTIAL)

    def _latin(self, text: str, start: int, end: int) -> Iterator[tuple[int, int, set[int]]]:
        """Runs of two to five words that cover the unread ones, the longest first."""
        tokens = list(_TOKEN.finditer(text))
        unread = [place for place, token in enumerate(tokens) if token.start() < end and token.end() > start]
        if not unread:
            return
        low, high = unread[0], unread[-1]
        for size in range(_WORDS, 1, -1):
            for first in range(max(0, high - size + 1), low + 1):
                run = tokens[first : first + size]
                if len(run) == size and sum(bool(_LETTERS.search(token[0])) for token in run) >= 2:
                    yield run[0].start(), run[-1].end(), self._holding(text[run[0].start() : run[-1].end()], run)

    def _holding(self, said: str, run: Iterable[re.Match[str]]) -> set[int]:
        kept = [self.words.get(token[0], set()) for token in run]
        edged = re.compile(rf"(?<![a-z0-9]){re.escape(said)}(?![a-z0-9])")
        return {place for place in set.intersection(*kept) if edged.search(self.names[place])}

    def _han(self, text: str, start: int, end: int) -> Iterator[tuple[int, int, set[int]]]:
        """Runs of Chinese characters that cover the unread ones, the longest first."""
        while start < end and not text[start].strip():
            start += 1
        while end > start and not text[end - 1].strip():
            end -= 1
        runs = [
            (first, last)
            for first in range(max(0, start - _REACH), start + 1)
            for last in range(end, min(len(text), end + _REACH) + 1)
            if last - first >= _HAN_LEAST and _HAN.fullmatch(text[first:last])
        ]
        for first, last in sorted(runs, key=lambda run: run[0] - run[1]):
            said = text[first:last]
            if not _GENERIC.fullmatch(said):
                near = self.triples.get(said[:3], set())
                yield first, last, {place for place in near if said in self.names[place]}
        if end - start == 2 and _HAN.fullmatch(text[start:end]) and _POINTED.match(text[end:]):
            yield start, end, self.pairs.get(text[start:end], set())
