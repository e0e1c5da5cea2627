"""Names of shops, products, categories, brands, campaigns, provinces and accounts, as they stand in the data.

`ValueIndex.build(rows)` takes (dimension, key, label) rows from the published snapshot; the translator asks
only for the words of a question. Latin names of five letters and more may carry one typo, if exactly one
name is near and the next is far.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

from rapidfuzz import fuzz, process

from queries.ask.partial import PartialNames
from queries.ask.phrases import PhraseBook, plain
from queries.ask.places import Places
from queries.ask.spans import Span, ValueWord
from queries.ask.words import load_words

TYPO_SCORE, TYPO_MARGIN, TYPO_LENGTH = 88, 8, 5


class Values(Protocol):
    """What the translator needs from the warehouse's names."""

    def find(self, text: str) -> list[Span]:
        """Spans of names in normalised text."""
        ...

    def repair(self, word: str) -> ValueWord | None:
        """The one name a mistyped Latin word can be, or None."""
        ...

    def partial(self, text: str, start: int, end: int) -> Span | None:
        """Names that the unread words at `start` to `end` are part of, or None."""
        ...


@dataclass
class ValueIndex:
    """Names by their words; the same words in two dimensions give one span with two meanings."""

    book: PhraseBook = field(default_factory=PhraseBook)
    latin: dict[str, ValueWord] = field(default_factory=dict)
    parts: PartialNames = field(default_factory=PartialNames)
    places: Places = field(default_factory=Places)

    @classmethod
    def build(cls, rows: Iterable[tuple[str, str, str]]) -> ValueIndex:
        """From (dimension, key, label) rows; key and label are both names. Short codes of one character are not.

        >>> ValueIndex.build([("brand", "Northwind", "Northwind")]).find("northwind gmv")[0].meanings[0].value
        'Northwind'
        """
        index = cls()
        places, shop_places = load_words().of("regions"), load_words().of("shop_places")
        common = set(load_words().of("not_values").get("words", ()))
        for dimension, key, label in rows:
            word = ValueWord(dimension, str(key), str(label))
            index.parts.add(plain(str(label)), word)
            index.places.add(dimension, plain(str(label)), word)
            for coded in _coded(dimension, str(key)):
                index.book.add_plain(coded, word)
            for name in {str(key), str(label), *_short_names(dimension, str(label), places, shop_places)}:
                text = plain(name)
                if (
                    len(text) < 2
                    or (dimension == "reason" and text in common)
                    or (dimension == "region" and len(text) == 2 and text.isascii())
                    or (text.isdigit() and len(text) < 6)
                ):
                    continue
                index.book.add_plain(text, word)
                if len(text) >= TYPO_LENGTH and re.fullmatch(r"[a-z][a-z .'-]*", text):
                    index.latin.setdefault(text, word)
        index._shared(rows)
        index.book.freeze()
        return index

    def _shared(self, rows: Iterable[tuple[str, str, str]]) -> None:
        """A brand that stands in the names of shops too: "how did Shanyu do" may be about either."""
        shops = [
            (plain(str(label)).split(), ValueWord(dimension, str(key), str(label)))
            for dimension, key, label in rows
            if dimension == "shop"
        ]
        for brand in {plain(str(label)) for dimension, _, label in rows if dimension == "brand"}:
            for words, shop in shops:
                if brand in words and len(words) > 1:
                    self.book.add_plain(brand, shop)

    def find(self, text: str) -> list[Span]:
        """Every name in the text, overlapping ones included."""
        named = [
            Span(pieces, tuple(m for m in meanings if isinstance(m, ValueWord)), 1)
            for pieces, meanings in self.book.find(text)
        ]
        return [*named, *self.places.find(text)]

    def partial(self, text: str, start: int, end: int) -> Span | None:
        """Names that have the unread words and those around them as a run."""
        return self.parts.find(text, start, end)

    def repair(self, word: str) -> ValueWord | None:
        """Unique winner with a margin, never for short words: a threshold cannot tell a typo from an opposite."""
        if len(word) < TYPO_LENGTH or not self.latin:
            return None
        best = process.extract(word, list(self.latin), scorer=fuzz.ratio, limit=2)
        if not best or best[0][1] < TYPO_SCORE or abs(len(best[0][0]) - len(word)) > 2:
            return None
        if len(best) > 1 and best[0][1] - best[1][1] < TYPO_MARGIN:
            return None
        return self.latin[best[0][0]]


def _short_names(
    dimension: str, label: str, places: dict[str, list[str]], shop_places: dict[str, dict[str, list[str]]]
) -> set[str]:
    """浙江 and Zhejiang for 浙江省, California for CA: how people write a province or state; the US store, 美国店 for
    the shop that has the place in its name."""
    if dimension == "shop":
        return _called_by_place(label, shop_places)
    if dimension != "region":
        return set()
    short = re.sub(r"(?:省|市|壮族自治区|回族自治区|维吾尔自治区|自治区|特别行政区)$", "", label)
    return {short, *places.get(short, ())}


_CODE_NOUNS = {
    "category": ("category", "cat", "category code", "category id", "cat id", "类目", "品类", "分类", "类目编号"),
    "product": ("product", "product id", "item", "item id", "商品", "商品id"),
    "sku": ("sku", "sku id", "sku no.", "规格"),
}


def _coded(dimension: str, key: str) -> set[str]:
    """category 50023, 类目50023: a short number is a name only behind the noun for it."""
    if not key.isdigit() or len(key) >= 6:
        return set()
    found = {f"{noun} {key}" for noun in _CODE_NOUNS.get(dimension, ())}
    nouns = [noun for noun in _CODE_NOUNS.get(dimension, ()) if not noun.isascii()]
    behind = {f"{key}{this}{noun}" for noun in nouns for this in ("", "这个", "那个")}
    return found | behind | {name.replace(" ", "") for name in found if not name.isascii()}


_SHOP_NOUNS = {True: (" shop", " store", " site", " webshop"), False: ("店", "店铺", "站", "站点", "独立站")}


def _called_by_place(label: str, places: dict[str, dict[str, list[str]]]) -> set[str]:
    """The US store, 美国店: for a shop with the place in its name."""
    words = set(plain(label).split())
    own = [
        row
        for row in places.values()
        if any(name in words or (not name.isascii() and name in label) for name in row["named"])
    ]
    said = [word for row in own for word in row["said"]]
    return {word + noun for word in said for noun in _SHOP_NOUNS[word.isascii()]}
