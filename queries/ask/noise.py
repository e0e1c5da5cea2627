"""Words that restrict nothing, taken out of a question that could not be read with them.

麻烦给拉一份出来,上周抖音跑出多少GMV is read once more as 上周抖音多少GMV. Noise never displaces what was read: a noise
word that crosses a longer read word is none. Words that would narrow (`words_narrowing_zh.yaml`) stay, and stay unread.
A single character counts as noise only where a read word, a mark or the border stands on either side, because
beside another short word it may be part of a name: 成都 is not 成 and 都.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from queries.ask.normalise import Normalised, is_han
from queries.ask.phrases import PhraseBook
from queries.ask.purposes import purposes
from queries.ask.spans import Sign, Span, cover
from queries.ask.words import Words

_CHATTER = re.compile(
    r"(?:^|(?<=[,。!?;]))\s*[^,。!?;]{0,6}(?:急着|着急|很急|催得|催着|催我|在催|一直催|等着|赶着|发慌|心慌|懵|头大|头疼|纳闷|奇怪|好奇|没底|睡不着|看不懂|"
    r"搞不清|搞不懂|弄不清|弄不懂|对不上|想不通|想不起|记不清|不放心|担心|糊弄|忽悠|别骗|交差|挨骂|挨批|挨说|吵架|打赌|吹牛|吹|"
    r"开会|写周报|写月报|做ppt|写报告|要汇报|要交|问我|追着|盯着我|逼)[^,。!?;]{0,6}(?=$|[,。!?;])"
)
"""A clause that only says how the speaker feels or who waits: 老板催得急, 别拿旧数糊弄我."""
_FELT = re.compile(r"没底|看不懂|[搞弄]不[清懂]|对不上|想不[通起]|记不清|不放心|睡不着")
_BINDS = re.compile(r"不|没|除|只|仅|限|超|低于|高于|以上|以下|大于|小于|\d")
NOISE, SINGLE = Sign("noise"), Sign("noise_single")
NARROWING = Sign("narrowing")
LISTING = Sign("which")
"""列一下 before a noun says which, elsewhere it only asks to be shown."""
_MARK = re.compile(r"[\s,.;:!?。、()\"'\[\]{}~*+|/\\=<>@#&%-]")
_NUMERALS = "0123456789零〇一二两三四五六七八九十百千万亿半几第"


class Noise:
    """The noise and the narrowing words of one set of tables."""

    def __init__(self, words: Words) -> None:
        self.book, self.bounds = PhraseBook(), PhraseBook()
        for rows in words.of("noise").values():
            self.book.add(_flat(rows), NOISE, inflect=False)
        self.book.add(_flat(words.of("noise_single").get("zh", ())), SINGLE, inflect=False)
        for rows in words.of("narrowing").values():
            self.bounds.add(_flat(rows), NARROWING, inflect=False)
        self.book.freeze()
        self.bounds.freeze()

    def narrowing(self, text: str) -> list[Span]:
        """Words that would narrow and that nothing reads."""
        return [Span(pieces, (NARROWING,)) for pieces, _ in self.bounds.find(text)]

    def without(self, spoken: Normalised, read: Sequence[Span]) -> Normalised:
        """The question without its noise; the same object where it has none. `read` are the spans of its cover."""
        found = self._found(spoken.text, read)
        return _cut(spoken, found, read) if found else spoken

    def without_purpose(self, spoken: Normalised, read: Sequence[Span]) -> Normalised:
        """The question without the clauses that only say what the figure is for; the same object where it has none."""
        found = [Span(span.pieces, (NOISE,)) for span in purposes(spoken.text, read)]
        return _cut(spoken, found, read) if found else spoken

    def _found(self, text: str, read: Sequence[Span]) -> list[Span]:
        content = [span for span in read if not _idle(span)]
        noise = [
            Span(pieces, (SINGLE,) if SINGLE in payloads and pieces[0][1] - pieces[0][0] == 1 else (NOISE,), -1)
            for pieces, payloads in self.book.find(text)
        ]
        noise += [
            Span((match.span(),), (NOISE,), -1)
            for match in _CHATTER.finditer(text)
            if not _BINDS.search(_FELT.sub("", match.group()))
            and not any(match.start() <= s.start and s.end <= match.end() and not _works(s) for s in read)
        ]
        kept = [span for span in noise if not any(_crosses(span, other) for other in content)]
        swallowed = {span.pieces for span in kept}
        content = [span for span in content if span.pieces not in swallowed]
        chosen, gaps = cover([*content, *kept], len(text))
        found = [span for span in chosen if _is(span, NOISE) or _is(span, SINGLE)]
        return list(_standing(text, found, chosen, gaps))


def apart(chosen: Sequence[Span]) -> tuple[list[Span], list[tuple[int, int]]]:
    """The spans that mean something, and where a word stands that only narrows."""
    kept, unread = [], []
    for span in chosen:
        rest = tuple(meaning for meaning in span.meanings if meaning != NARROWING)
        if rest:
            kept.append(span if len(rest) == len(span.meanings) else Span(span.pieces, rest, span.weight))
        else:
            unread.append((span.start, span.end))
    return kept, unread


def _flat(rows: Any) -> Iterator[str]:
    """Rows of a table, some of them lists of short words."""
    for row in rows:
        if isinstance(row, list):
            yield from _flat(row)
        else:
            yield str(row)


def _is(span: Span, sign: Sign) -> bool:
    return span.meanings == (sign,)


def _idle(span: Span) -> bool:
    """Filler of the word tables, which noise may take along."""
    return all(isinstance(meaning, Sign) and meaning.kind == "filler" for meaning in span.meanings)


def _works(span: Span) -> bool:
    """A word that names no figure, name, period or list."""
    return all(isinstance(meaning, Sign) for meaning in span.meanings)


def _crosses(noise: Span, content: Span) -> bool:
    """True where a read word would lose characters: only a longer noise word may swallow a read one whole."""
    within = all(noise.start <= start and end <= noise.end for start, end in content.pieces) and (
        noise.length > content.length or content.meanings == (LISTING,)
    )
    return not within and any(start < noise.end and noise.start < end for start, end in content.pieces)


def _standing(
    text: str, found: Sequence[Span], chosen: Sequence[Span], gaps: Iterable[tuple[int, int]]
) -> Iterator[Span]:
    """Noise that may go: longer words always, single characters where nothing short or unread touches them."""
    loose = bytearray(len(text))
    for start, end in gaps:
        for at in range(start, end):
            loose[at] = not _MARK.match(text[at])
    for span in chosen:
        if _is(span, SINGLE):
            loose[span.start : span.end] = b"\x01"
    for span in found:
        touched = (span.start > 0 and loose[span.start - 1]) or (span.end < len(text) and loose[span.end])
        if not (_is(span, SINGLE) and touched):
            yield span


def _cut(spoken: Normalised, found: Sequence[Span], read: Sequence[Span]) -> Normalised:
    """The text without these spans; a blank stays where their neighbours would grow into another word."""
    text, offsets = list(spoken.text), list(spoken.offsets)
    known = bytearray(len(text))
    for span in read:
        for start, end in span.pieces:
            known[start:end] = b"\x01" * (end - start)
    for start, end in reversed(_runs(found)):
        before, behind = start - 1, end
        apart = before >= 0 and behind < len(known) and not (
            _joins(spoken.text[before], known[before]) and _joins(spoken.text[behind], known[behind])
        )
        text[start:end] = " " if apart else ""
        offsets[start:end] = [offsets[start]] if apart else []
    return Normalised("".join(text), spoken.typed, tuple(offsets))


def _runs(found: Iterable[Span]) -> list[tuple[int, int]]:
    """Noise words that stand side by side are one run."""
    runs: list[tuple[int, int]] = []
    for span in sorted(found, key=lambda s: s.start):
        if runs and runs[-1][1] == span.start:
            runs[-1] = (runs[-1][0], span.end)
        else:
            runs.append((span.start, span.end))
    return runs


def _joins(char: str, known: int) -> bool:
    """Read Chinese characters close up; numbers and unread words never grow."""
    return bool(known) and is_han(char) and char not in _NUMERALS
