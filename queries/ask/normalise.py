"""Text as the taggers read it: one spelling of every character, with the way back to what was typed.

`normalise("Ｑ３　ＧＭＶ")` reads `q3 gmv`; `Normalised.original(start, end)` gives the typed words of a span.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

Language = Literal["en", "zh"]

_QUOTES = {
    "’": "'",
    "‘": "'",
    "`": "'",
    "´": "'",
    "“": '"',
    "”": '"',
    "「": '"',
    "」": '"',
    "『": '"',
    "』": '"',
    "–": "-",
    "—": "-",
    "−": "-",
    "‐": "-",
    "～": "~",
    "〜": "~",
    "…": " ",
}
_HYPHEN = re.compile(r"(?<=[a-z])-(?=[a-z])|(?<=\d)-(?=(?:day|week|month|quarter|year|hour)s?(?![a-z]))")
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_RANGE = re.compile(rf"(?<![a-z]){_MONTH}-{_MONTH}(?![a-z])")
_THIS_VS_LAST = re.compile(
    r"(?<![a-z])this (?P<u>day|week|month|quarter|year)(?:'s)? (?:[a-z]+ ){0,3}(?:vs\.?|versus|against|"
    r"compared (?:to|with)|"
    r"than|and|or) (?P<w>last)(?= *(?:$|[,.?!;]| by | per | on | in ))"
)
_ABBREVIATED = re.compile(r"(?:^|[^a-z])(?:incl|excl|vs|approx|avg|est|resp|neg|pos|qty|cat|prod|cust|mgmt)$")
_BLANK_CATEGORIES = {"So", "Sk", "Cs", "Co", "Cn", "Cc", "Cf", "Mn", "Me"}


@dataclass(frozen=True)
class Normalised:
    """`text` is NFKC, lower case, simplified; `offsets[i]` is where its i-th character was typed."""

    text: str
    typed: str
    offsets: tuple[int, ...]

    def original(self, start: int, end: int) -> str:
        """The words as typed, for a refusal or a clarification to quote."""
        if start >= end:
            return ""
        last = self.offsets[end - 1]
        return self.typed[self.offsets[start] : last + 1]

    def with_words(self, start: int, end: int, words: str) -> Normalised:
        """Other words in place of those from `start` to `end`; they still quote what was typed there."""
        spread = [self.offsets[start + min(place, end - start - 1)] for place in range(len(words))]
        spread[-1] = self.offsets[end - 1]
        offsets = (*self.offsets[:start], *spread, *self.offsets[end:])
        return Normalised(self.text[:start] + words + self.text[end:], self.typed, offsets)


@lru_cache(maxsize=1)
def _simplified() -> dict[str, str]:
    """Traditional to simplified, only the characters that shop words need (`simplified.txt`, pairs)."""
    pairs = (Path(__file__).parent / "simplified.txt").read_text(encoding="utf-8").split()
    return {pair[0]: pair[1] for pair in pairs if len(pair) == 2}


@lru_cache(maxsize=8192)
def _spelled(char: str, traditional: bool) -> str:
    """What one character becomes: kept, because every name of the warehouse is spelled at each publication."""
    simplified = _simplified() if traditional else {}
    out = ""
    for piece in unicodedata.normalize("NFKC", _QUOTES.get(char, char)):
        plain = _QUOTES.get(piece, piece)
        if unicodedata.category(plain) in _BLANK_CATEGORIES:
            plain = " "
        out += "".join(
            " " if low.isspace() or low == "_" else low for low in simplified.get(plain, plain).lower()
        )
    return out


def normalise(typed: str, *, traditional: bool = True) -> Normalised:
    """NFKC, lower case, plain quotes and dashes, emoji as blanks, e-mail as e mail.

    `traditional=False` keeps 銷售額 as it is.

    >>> normalise("Ｑ３　ＧＭＶ？").text
    'q3 gmv?'
    """
    out: list[str] = []
    offsets: list[int] = []
    for index, char in enumerate(typed):
        for low in _spelled(char, traditional):
            if low == " " and (not out or out[-1] == " "):
                continue
            if low == "." and _ABBREVIATED.search("".join(out[-8:])):
                continue
            out.append(low)
            offsets.append(index)
    return _completed(_spelt_out(_without_hyphens("".join(out)), typed, offsets))


def _completed(spoken: Normalised) -> Normalised:
    """this year vs last: the unit is the same on both sides."""
    for match in reversed(list(_THIS_VS_LAST.finditer(spoken.text))):
        spoken = spoken.with_words(match.start("w"), match.end("w"), f"last {match['u']}")
    return spoken


def _without_hyphens(text: str) -> str:
    """e-mail is e mail, 7-day is 7 day; Jun-Aug stays a range of months."""
    kept = {at for match in _RANGE.finditer(text) for at in range(*match.span())}
    return _HYPHEN.sub(lambda match: "-" if match.start() in kept else " ", text)


@lru_cache(maxsize=1)
def _abbreviations() -> tuple[re.Pattern[str], dict[str, str]]:
    """ppl for people, w/o for without, how'd for how did (`abbreviations.txt`, one a line)."""
    lines = (Path(__file__).parent / "abbreviations.txt").read_text(encoding="utf-8").splitlines()
    table = dict(line.split(" ", 1) for line in lines if line.strip())
    body = "|".join(re.escape(short) for short in sorted(table, key=len, reverse=True))
    return re.compile(rf"(?<![a-z/'])(?:{body})(?![a-z'])"), table


def _spelt_out(text: str, typed: str, offsets: list[int]) -> Normalised:
    """Abbreviations written out; every letter of the long form points at where the short one was typed."""
    pattern, table = _abbreviations()
    for match in reversed(list(pattern.finditer(text))):
        long = table[match.group()]
        start, end = match.span()
        spread = [offsets[start + min(place, end - start - 1)] for place in range(len(long))]
        spread[-1] = offsets[end - 1]
        gap = " " if match.group().endswith("/") and text[end : end + 1] not in ("", " ") else ""
        offsets[start:end] = [*spread, *([offsets[end - 1]] if gap else [])]
        text = text[:start] + long + gap + text[end:]
    return Normalised(text, typed, tuple(offsets))


def is_han(char: str) -> bool:
    """True for a Chinese character (also those outside the basic block)."""
    return (
        "\u3400" <= char <= "\u9fff" or "\uf900" <= char <= "\ufaff" or "\U00020000" <= char <= "\U0003ffff"
    )


def language(text: str) -> Language:
    """The language to answer in: Chinese where Chinese characters outnumber Latin words.

    >>> language("champions有多少人"), language("sales of 安踏 last month")
    ('zh', 'en')
    """
    han = sum(is_han(char) for char in text)
    words = len("".join(c if c.isascii() and c.isalpha() else " " for c in text).split())
    return "zh" if han and han >= words else "en"
