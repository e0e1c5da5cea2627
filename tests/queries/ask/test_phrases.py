"""Patterns of many phrases are written out only for the words of a text, and read what all their phrases read."""

from __future__ import annotations

import pytest

from queries.ask.phrases import PhraseBook, Wide, expand, inflections

PATTERNS = [
    "(orders|parcels|packages|boxes) (are |that are |) (still |) (stuck|waiting|not moving) "
    "(at|in|with|outside) (the|our|) (depot|category|city)",
    "(我们|咱们|自己)(的|)(口径|数据|金额|数字|报表)(和|与|跟|对比|比)(平台|后台|商家后台|对方)(的|)(口径|数据|金额|数字)",
]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_every_phrase_of_a_wide_pattern_is_found(pattern: str) -> None:
    assert Wide.of(pattern, "it", True)
    book = PhraseBook()
    book.add([pattern], "it")
    book.freeze()
    assert not book.plain  # not written out beforehand
    for phrase in list(expand(pattern))[::37]:
        for form in inflections(phrase):
            text = f"how many {form} today"
            start = text.index(form)
            assert (((start, start + len(form)),), ("it",)) in list(book.find(text))


def test_a_text_without_its_words_opens_no_wide_pattern() -> None:
    wide = Wide.of(PATTERNS[0], "it", True)
    assert wide and list(wide.phrases("orders by platform last month")) == []
