"""Mistyped English words: whch, hw many, revnue, convertion rate.

Only words that nothing reads are looked at, and only towards the words that questions are made of
(`words_typing_en.yaml`). A correct word that is a letter away from one of them ("stories") is listed there and stays
as it is; so does a name, which is written large inside the sentence. The answer says what was read for what.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from rapidfuzz.distance import OSA

from queries.ask.draft import Draft
from queries.ask.normalise import Normalised
from queries.ask.words import Words

SHORT, LONG = 4, 9
"""From so many letters on one letter may be wrong; from so many on two."""
_WORD = re.compile(r"(?<![a-z0-9'])[a-z]{2,}(?![a-z0-9'])")


class Spelling:
    """The words of one set of tables, and what is put right to them."""

    def __init__(self, words: Words) -> None:
        table = words.of("typing")
        self.words = tuple(table.get("words", ()))
        self.real = frozenset(table.get("real", ()))
        self.short: dict[str, str] = dict(table.get("short", {}))

    def put_right(self, draft: Draft) -> tuple[Normalised, tuple[str, ...]]:
        """The question with its unread words put right, and each change as "whch:which"; () where there is none."""
        spoken, changed = draft.spoken, []
        for start, end in sorted(draft.unread, reverse=True):
            for match in reversed(list(_WORD.finditer(spoken.text, start, end))):
                word = self._meant(match.group())
                typed = spoken.original(*match.span())
                if word and not (typed[:1].isupper() and match.start()):
                    spoken = spoken.with_words(*match.span(), word)
                    changed.append(f"{typed.replace(':', ' ')}:{word}")
        return spoken, tuple(reversed(changed))

    def _meant(self, word: str) -> str:
        """The one word this can be, or nothing."""
        if word in self.short:
            return self.short[word]
        if len(word) < SHORT or word in self.real or word in self.words:
            return ""
        reach = 2 if len(word) >= LONG else 1
        near = [(OSA.distance(word, known, score_cutoff=reach), known) for known in self._alike(word, reach)]
        near = sorted(pair for pair in near if pair[0] <= reach)
        if not near or (len(near) > 1 and near[0][0] == near[1][0]):
            return ""
        return near[0][1]

    def _alike(self, word: str, reach: int) -> Iterable[str]:
        """First letters are rarely mistyped, and lengths hardly differ."""
        return (w for w in self.words if w[0] == word[0] and abs(len(w) - len(word)) <= reach)
