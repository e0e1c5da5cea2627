"""Detectors of personal data in text: a tripwire on top of the field catalogue, never the classifier.

`scan` looks inside a sentence (a question before it is logged or sent to a model); `scan_value` judges one
whole field value (a kept field of a connector's fixture). Both read numbers as text and fold full-width
characters first. Patterns are anchored: a year, a SKU code, a price or an order number is no hit, because a
tripwire that cries wolf gets switched off.

>>> [hit.kind for hit in scan("查一下１３８００１３８０００的订单")]
['phone']
>>> scan("SCN-125 sales in 2026, order 4782019930021185773")
[]
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Literal

Kind = Literal["phone", "email", "national_id", "card"]

_BEFORE = r"(?<![0-9A-Za-z_])(?<![0-9][.,\-])(?<![A-Za-z][\-_#])"
_AFTER = r"(?![0-9A-Za-z_])(?![.,\-][0-9A-Za-z])"
_AMOUNT_AFTER = r"(?!\s*(?:元|块|万|亿|件|单|人|次|cny|rmb|yuan|usd|units|orders))"
_AMOUNT_BEFORE = r"(?<![¥$€£])(?<![¥$€£]\s)"


@dataclass(frozen=True)
class Hit:
    """Where and what, never the value itself: a hit may be logged."""

    kind: Kind
    start: int
    end: int


@dataclass(frozen=True)
class Detector:
    """A pattern over a whole token and a check that its digits are what they look like."""

    kind: Kind
    pattern: str
    check: Callable[[str], bool]
    example: str


def identity_number_is_valid(text: str) -> bool:
    """18 characters of a Chinese identity number: a real birth date and the ISO 7064 mod 11-2 check character.

    >>> identity_number_is_valid("11010519491231002X"), identity_number_is_valid("110105194912310021")
    (True, False)
    """
    digits, check = text[:17], text[17].upper()
    try:
        born = date(int(digits[6:10]), int(digits[10:12]), int(digits[12:14]))
    except ValueError:
        return False
    if not 1900 <= born.year <= 2100:
        return False
    total = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(digits))
    return "10X98765432"[total % 11] == check


def luhn_is_valid(text: str) -> bool:
    """The check digit of a payment card (ISO/IEC 7812-1).

    >>> luhn_is_valid("4111111111111111"), luhn_is_valid("4111111111111112")
    (True, False)
    """
    total = 0
    for place, digit in enumerate(reversed(text)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _digits(text: str) -> str:
    return re.sub(r"[^0-9Xx]", "", text)


def _always(_: str) -> bool:
    return True


DETECTORS: tuple[Detector, ...] = (
    Detector(
        "email", r"[A-Za-z0-9][A-Za-z0-9._%+\-]*@(?:[A-Za-z0-9\-]+\.)+[A-Za-z]{2,}", _always, "an@example.com"
    ),
    Detector(
        "national_id",
        r"[1-8]\d{5}(?:19|20)\d{9}[\dXx]",
        lambda text: identity_number_is_valid(text),
        "11010519491231002X",
    ),
    Detector(  # Mobile numbers of mainland China, with or without the country code.
        "phone",
        r"(?:(?:\+|00)?86[\s\-]?)?1[3-9]\d(?:[\s\-]?\d{4}){2}",
        _always,
        "+86 138 0013 8000",
    ),
    Detector(  # Chinese landlines are written with their area code's leading zero.
        "phone",
        r"0(?:10|2\d|[3-9]\d{2})[\s\-]\d{7,8}",
        _always,
        "021-63412345",
    ),
    Detector(
        "phone",
        r"(?:\+[1-9]\d{0,2}[\s.\-]?(?:\(\d{1,4}\)[\s.\-]?)?\d{1,4}(?:[\s.\-]?\d{2,4}){2,4})",
        lambda text: 8 <= len(_digits(text)) <= 15,
        "+44 20 7946 0958",
    ),
    Detector(
        "phone",
        r"(?:\([2-9]\d{2}\)\s?|[2-9]\d{2}[\-.])[2-9]\d{2}[\-.]\d{4}",
        _always,
        "(415) 555-2671",
    ),
    Detector(  # Issuer prefixes keep 10 % of all 16 to 19 digit order numbers from passing by chance.
        "card",
        r"(?:4\d{3}|5[1-5]\d{2}|2[2-7]\d{2}|35\d{2}|6011|65\d{2})(?:[\s\-]?\d{4}){3}"
        r"|3[47]\d{2}[\s\-]?\d{6}[\s\-]?\d{5}|62\d{2}(?:[\s\-]?\d{4}){3}(?:[\s\-]?\d{1,3})?",
        lambda text: luhn_is_valid(_digits(text)),
        "4111 1111 1111 1111",
    ),
)
"""In the order of trust: a longer, checked pattern claims its characters before a looser one."""

_INSIDE = [
    (
        found,
        re.compile(_AMOUNT_BEFORE + _BEFORE + f"(?:{found.pattern})" + _AFTER + _AMOUNT_AFTER, re.IGNORECASE),
    )
    for found in DETECTORS
]
_WHOLE = [(found, re.compile(found.pattern)) for found in DETECTORS]


def scan(text: str) -> list[Hit]:
    """Hits inside a sentence, by position in its NFKC form; empty for a clean one."""
    folded = fold(text)
    hits: list[Hit] = []
    for detector, pattern in _INSIDE:
        for match in pattern.finditer(folded):
            overlaps = any(match.start() < hit.end and hit.start < match.end() for hit in hits)
            if not overlaps and detector.check(_for_check(detector, match[0])):
                hits.append(Hit(detector.kind, match.start(), match.end()))
    return sorted(hits, key=lambda hit: hit.start)


def finds_personal_data(text: str) -> bool:
    """Whether a sentence trips the wire."""
    return bool(scan(text))


def scan_value(value: object) -> Kind | None:
    """What one whole value looks like; numbers are read as text, None and booleans are clean.

    >>> scan_value(13800138000), scan_value("SCN-125"), scan_value(2026)
    ('phone', None, None)
    """
    if value is None or isinstance(value, bool):
        return None
    folded = fold(str(value)).strip()
    for detector, pattern in _WHOLE:
        if pattern.fullmatch(folded) and detector.check(_for_check(detector, folded)):
            return detector.kind
    return None


def fold(text: str) -> str:
    """Full-width digits and letters as half-width ones; exotic hyphens and spaces as plain ones."""
    folded = unicodedata.normalize("NFKC", text)
    return re.sub(r"[\u2010-\u2015\u2212]", "-", re.sub(r"[\u00a0\u2000-\u200b\u3000]", " ", folded))


def _for_check(detector: Detector, text: str) -> str:
    return text if detector.kind == "national_id" else text.strip()
