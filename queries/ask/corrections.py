"""Corrections: "no, I meant paid orders", 不对,我说的是抖音, "I meant JD, not Taobao".

The opener says that what follows replaces what was understood. What was *not* meant is left out only where the
last query really has it: in "I meant orders, not cancelled ones" it is a condition, and stays one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_NO = r"(?:no|nope|nah|wrong|sorry|oops|wait|actually|not that|that's not (?:it|right|what i (?:meant|asked)))"
_BREAK = r"(?:\s*[,.!:;-]+\s*)"
_MEANT = (
    r"(?:i (?:really |actually )?(?:meant|mean|said|was asking (?:for|about)|wanted|want|am asking (?:for|about))"
    r"|what i (?:meant|want(?:ed)?) (?:was|is)|make (?:it|that)|it should be|should be|rather)"
)
_ZH_NO = r"(?:不对|不是这个|不是的|不是|错了|弄错了|搞错了|你理解错了|理解错了|说错了|不,|不)"
_ZH_MEANT = (
    r"(?:我)?(?:说的是|要的是|指的是|问的是|想要的是|想看的是|是说|是指|想问的是|的意思是|是想看|是想问"
    r"|要看的是|应该是)"
)
OPENERS = (
    re.compile(rf"^(?:{_NO}(?:{_BREAK}|\s+))*{_MEANT}[\s,:]+(?=\S)"),
    re.compile(rf"^(?:{_NO}{_BREAK})+(?=\S)"),
    re.compile(r"^(?:sorry|oops|wait|actually)\s+(?=\S)"),
    re.compile(rf"^(?:{_ZH_NO}[\s,.!。;:]*)?{_ZH_MEANT}[\s,:]*(?=\S)"),
    re.compile(r"^(?:不对|错了|弄错了|搞错了|不是这个)[\s,.!。;:]+(?:应该)?是?(?=\S)"),
)
_NOT = (
    re.compile(r"^(?P<meant>.+?)[\s,;]+(?:and )?not (?P<wrong>[^,;]+)$"),
    re.compile(r"^not (?P<wrong>[^,;]+?)[\s,;]+(?:but )?(?P<meant>.+)$"),
    re.compile(r"^(?P<meant>.+?)[\s,;]+(?:而)?不是(?P<wrong>[^,;]+)$"),
    re.compile(r"^不是(?P<wrong>[^,;]+?)[\s,;]+(?:而)?是(?P<meant>.+)$"),
)


@dataclass(frozen=True)
class Correction:
    """`meant` is the turn without its opener; `wrong` what was said not to be meant, "" where nothing was."""

    meant: str
    wrong: str = ""


def read_correction(text: str) -> Correction | None:
    """From normalised text; None where the turn is no correction.

    >>> read_correction("no, i meant jd, not taobao")
    Correction(meant='jd', wrong='taobao')
    """
    stripped = text.strip().rstrip(" .!。")
    for opener in OPENERS:
        match = opener.match(stripped)
        if match:
            return _parted(stripped[match.end() :].strip())
    return None


def _parted(meant: str) -> Correction:
    for pattern in _NOT:
        match = pattern.match(meant)
        if match:
            return Correction(match["meant"].strip(" ,"), match["wrong"].strip(" ,?的了"))
    return Correction(meant)
