"""Numbers with units, in digits and in Chinese: 10万, 20w, 3k, 1.5m, 百分之五, 三成, 一百二, 8%.

`read_number("一百二")` is 120; `find_numbers(text)` returns every number with where it stands.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

DIGITS = {"零": 0, "〇": 0, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
TENS = {"十": 10, "百": 100, "千": 1000}
BIG = {"万": 10_000, "亿": 100_000_000}
SUFFIX = {"w": 10_000, "k": 1_000, "m": 1_000_000, "bn": 1_000_000_000, "b": 1_000_000_000,
          "mn": 1_000_000, "mio": 1_000_000, "million": 1_000_000, "billion": 1_000_000_000,
          "thousand": 1_000, "千": 1000, "万": 10_000, "百万": 1_000_000, "千万": 10_000_000, "亿": 100_000_000}
WORDS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
         "ten": 10, "eleven": 11, "twelve": 12, "fifteen": 15, "twenty": 20, "thirty": 30, "fifty": 50,
         "a couple of": 2, "hundred": 100, "a hundred": 100, "one hundred": 100, "a thousand": 1000}

_CURRENCY = {"¥": "元", "$": "$", "€": "€", "£": "£"}
HAN = "[零〇一二两三四五六七八九十百千万亿]"
_ARABIC = re.compile(
    r"(?<![0-9a-z.])(?P<cur>[¥$€£]\s*)?(?P<num>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)\s*"
    r"(?P<suffix>百万|千万|万|亿|千|(?:million|billion|thousand|bn|mn|mio|[wkmb])(?![a-z]))?\s*"
    r"(?P<pct>%|percent(?![a-z])|per cent(?![a-z])|pct(?![a-z])|个点)?"
)
_HAN = re.compile(rf"(?P<per>百分之|千分之)?(?P<num>{HAN}+(?:点{HAN}+)?|半)")
_WORD = re.compile(r"(?<![a-z])(?P<num>" + "|".join(sorted(WORDS, key=len, reverse=True)) +
                   r")(?:\s+(?P<suffix>thousand|million))?(?:\s+(?P<pct>percent|per cent))?(?![a-z])")


@dataclass(frozen=True)
class Number:
    """A number in the text; a percentage is already a ratio (8 % is 0.08)."""

    start: int
    end: int
    value: Decimal
    percent: bool = False
    currency: str = ""
    """The unit word of a sign before it: 元 for ¥, else the sign itself."""


def read_han(text: str) -> Decimal | None:
    """A Chinese number: 十二, 两万五 (25,000), 一百二 (120), 一点五, 二〇二五. None if it is not one.

    >>> read_han("两万五"), read_han("一百二"), read_han("十二")
    (Decimal('25000'), Decimal('120'), Decimal('12'))
    """
    whole, _, fraction = text.partition("点")
    if fraction:
        head = read_han(whole)
        if head is None or any(c not in DIGITS for c in fraction):
            return None
        return head + Decimal("0." + "".join(str(DIGITS[c]) for c in fraction))
    if not text or any(c not in DIGITS and c not in TENS and c not in BIG for c in text):
        return None
    if all(c in DIGITS for c in text):
        return Decimal("".join(str(DIGITS[c]) for c in text))
    total, section, digit, last_unit = 0, 0, -1, 0
    for char in text:
        if char in DIGITS:
            digit = DIGITS[char]
            last_unit = 0 if char in "零〇" else last_unit
        elif char in TENS:
            section += (1 if digit < 0 else digit) * TENS[char]
            digit, last_unit = -1, TENS[char]
        else:
            part = section + max(digit, 0)
            total = total + part * BIG[char] if part else total * BIG[char]
            section, digit, last_unit = 0, -1, BIG[char]
    if all(c in BIG for c in text):
        return None
    if digit > 0:
        section += digit * (last_unit // 10 if last_unit >= 100 else 1)
    return Decimal(total + section)


def read_number(text: str) -> Decimal | None:
    """The value of one number word, digits or Chinese or English; None if the text is something else.

    >>> read_number("3"), read_number("十"), read_number("three")
    (Decimal('3'), Decimal('10'), Decimal('3'))
    """
    text = text.strip()
    if re.fullmatch(r"\d+(?:\.\d+)?", text):
        return Decimal(text)
    if text in WORDS:
        return Decimal(WORDS[text])
    if text == "半":
        return Decimal("0.5")
    return read_han(text)


_TENTHS = re.compile(r"成(?P<half>半)?(?![交本功员品立长都])")
"""三成, 两成半: tenths."""


def _tenths(number: Number, text: str) -> Number:
    match = _TENTHS.match(text, number.end)
    if not match or number.percent or not 0 < number.value < 10:
        return number
    value = (number.value + (Decimal("0.5") if match["half"] else 0)) / 10
    return Number(number.start, match.end(), value, True)


def find_numbers(text: str) -> list[Number]:
    """Every number in normalised text, longest form at each place.

    >>> [(str(n.value), n.percent) for n in find_numbers("over 8% or 20w")]
    [('0.08', True), ('200000', False)]
    """
    found: list[Number] = []
    for match in _ARABIC.finditer(text):
        value = Decimal(match["num"].replace(",", "")) * SUFFIX.get(match["suffix"] or "", 1)
        percent = bool(match["pct"])
        end = match.end() if percent or match["suffix"] else match.end("num")
        sign = _CURRENCY.get((match["cur"] or "").strip(), "")
        found.append(Number(match.start(), end, value / 100 if percent else value, percent, sign))
    for match in _HAN.finditer(text):
        read = read_number(match["num"])
        if read is None:
            continue
        scale = {"百分之": 100, "千分之": 1000}.get(match["per"] or "", 1)
        found.append(Number(match.start(), match.end(), read / scale, scale > 1))
    for match in _WORD.finditer(text):
        value = Decimal(WORDS[match["num"]]) * SUFFIX.get(match["suffix"] or "", 1)
        found.append(Number(match.start(), match.end(), value / 100 if match["pct"] else value, bool(match["pct"])))
    return [_tenths(number, text) for number in found]
