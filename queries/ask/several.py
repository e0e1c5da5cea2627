"""Several questions in one message: taken apart only where each part is a question of its own.

Sentences are parts where every one reads alone, or goes on from the one before ("上月GMV多少?退款率呢?"). Clauses
("GMV last month and which syncs failed") are parts only where the whole cannot be read, and each reads alone. A
part that cannot be read is never dropped: it is answered with what was not read, or the message stays whole.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from queries.query import Answerable, Clarify, Query, Reading, Refuse

MOST_PARTS = 5
_SENTENCE = re.compile(r"[^?？;；。!！\n]+(?:[?？;；。!！\n]+|$)")
_FULL_STOP = re.compile(
    r"(?<=[a-zA-Z)\"'])(?<!incl)(?<!excl)(?<!vs)(?<!approx)(?<!avg)(?<!est)(?<!St)(?<!etc)(?<!no)(?<!No)"
    r"\.\s+(?=[A-Za-z一-鿿])"
)
_ASKS = (
    r"(?:what|what's|whats|how|which|who|when|where|is there|are there|do we|did we|have we|has|show|list|tell|give)"
    r"(?![a-z])"
)
_CLAUSE = re.compile(
    rf"[,，]\s*(?:and |also |plus )?(?={_ASKS})|\s+(?:and|also|plus)\s+(?={_ASKS})"
    r"|(?<!\d)[,，](?!\d)\s*(?=\S)|(?:还有|另外|以及|并且|同时)",
    re.IGNORECASE,
)
_INTERROGATIVE = re.compile(
    rf"(?<![a-z]){_ASKS}|多少|几[个单笔]|哪|什么|怎么|怎样|谁|吗|呢|如何|多久|是否|有没有|多大", re.IGNORECASE
)
_CONDITION = re.compile(
    r"^(?:for|among|amongst|of|in|on|with|without|excluding|except|if|when|since|given|as|from|by|per|to|at)(?![a-z])"
    r"|^(?:对于|除了|在|如果|按|关于|只看|不含|排除|自从|针对|假如)",
    re.IGNORECASE,
)
_COURTESY = re.compile(
    r"^(?:hi|hello|hey|good (?:morning|afternoon|evening)|thanks?(?: you)?(?: (?:so|very) much)?|thx|cheers|please|pls"
    r"|team|all|there|souk|two questions|quick question|a question|one more|您?好|你好|谢谢|多谢|麻烦(?:你|您)?(?:了)?"
    r"|请问|辛苦了?|[\s,.!:]|早上好|下午好|两个问题|问一下|想问一下)+$",
    re.IGNORECASE,
)
_LISTING = re.compile(r"^(?:and |also )?(?:which|who|where)(?![a-z])|^哪|^谁", re.IGNORECASE)
"""Asks for a list of its own: beside another question it would become a column of that one's table."""
_OPENED = re.compile(r"^(?:and|also|plus)(?![a-z])", re.IGNORECASE)
_BARE = re.compile(r"[\s?？;；。.!！,，]+$")

class Part(NamedTuple):
    """One question of a message: its words, and how it is read behind the one before."""

    said: str
    read: str


Read = Callable[[str, Query | None], Reading]
"""Reads one part, going on from a query or from none."""


def sentences(text: str) -> tuple[str, ...]:
    """What stands between question marks, full stops and line ends; greetings and thanks are no part.

    >>> sentences("Hi! GMV last month? And refunds?")
    ('GMV last month?', 'And refunds?')
    """
    found = [piece.strip() for line in _FULL_STOP.split(text) for piece in _SENTENCE.findall(line)]
    return tuple(p for p in found if _BARE.sub("", p) and not _COURTESY.match(_BARE.sub("", p)))


def clauses(text: str) -> tuple[str, ...]:
    """Clauses of which all but the first ask something; one where there are none such."""
    found = tuple(piece.strip() for piece in _CLAUSE.split(text) if _BARE.sub("", piece))
    asks = len(found) > 1 and all(_INTERROGATIVE.search(piece) for piece in found[1:])
    return found if asks and not any(_CONDITION.match(piece) for piece in found) else (text,)


def parts_of(text: str, read: Read) -> tuple[Part, ...]:
    """The questions of a message, in order; one where it is a single question or cannot safely be parted."""
    whole = (Part(text, text),)
    parts = sentences(text)
    if len(parts) > 1:
        behind = tuple(Part(p, p if _INTERROGATIVE.search(p) else _going_on(p)) for p in parts[1:])
        found = (Part(parts[0], parts[0]), *behind)
        if not any(_asks(part) for part in parts[1:]) and isinstance(read(text, None), Answerable):
            return whole  # 哪天卖得最好?今年的,看GMV: what follows only says more of the one question
        if _each_alone(parts, read):
            return found
        if isinstance(read(text, None), Answerable):
            return whole
        return found if _each_in_turn(found, read) else whole
    pieces = clauses(text)
    listing = any(_LISTING.match(piece) for piece in pieces[1:])
    if len(pieces) < 2 or not (listing or isinstance(read(text, None), Refuse)):
        return whole
    found = (Part(pieces[0], pieces[0]), *(Part(piece, _going_on(piece)) for piece in pieces[1:]))
    return found if all(isinstance(read(p.read, None), Answerable | Clarify) for p in found) else whole


def _asks(part: str) -> bool:
    return part.endswith(("?", "？")) or _INTERROGATIVE.search(part) is not None


def _going_on(part: str) -> str:
    """A bare "refund rate?" behind another question asks for the same period: it is read as "and refund rate?"."""
    return part if _OPENED.match(part) else f"and {part}"


def _each_alone(parts: Sequence[str], read: Read) -> bool:
    readings = [read(part, None) for part in parts]
    open_asides = any(
        isinstance(r, Clarify) and not _INTERROGATIVE.search(p) for p, r in zip(parts, readings, strict=True)
    )
    return all(map(_stands, readings)) and not open_asides


def _each_in_turn(parts: Sequence[Part], read: Read) -> bool:
    """Whether every part stands, alone or behind the one before; what cannot be read at least asks by its mark."""
    last: Query | None = None
    stood = 0
    for part in parts:
        reading = read(part.read, last)
        if not (part.said.endswith(("?", "？")) or _INTERROGATIVE.search(part.said)):
            return False  # "... ? last month" belongs to the question before it
        stood += _stands(reading)
        last = reading.query if isinstance(reading, Answerable) else last
    return stood > 0


def _stands(reading: Reading) -> bool:
    """A question of its own: read, or refused for what it asks and not for words that were not read."""
    if isinstance(reading, Answerable | Clarify):
        return True
    return reading.reason not in ("unread_words", "not_a_data_question") or bool(reading.topic)
