"""Cells of exports as values: numbers, instants, days, ids, words, as back offices and Excel write them.

Every cell arrives as text (`sheets.py`). Conversions are made once a column and raise `BadCell`, which names
no value: a cell may hold a person.

>>> amount("¥1,234.50"), amount("(5.00)"), plain('="3456789012345678901"'), day("45321")
(Decimal('1234.50'), Decimal('-5.00'), '3456789012345678901', datetime.date(2024, 1, 30))
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, get_args
from zoneinfo import ZoneInfo

Convert = Callable[[str], Any]

NOTHING = frozenset({"", "-", "--", "—", "/", "n/a", "null", "none", "nan", "无", "无退款申请"})
"""Cells that say nothing; an amount that is not told is unknown, not zero."""
TRUE, FALSE = frozenset({"1", "true", "yes", "y", "是"}), frozenset({"0", "false", "no", "n", "否"})
TOO_LARGE = Decimal(10) ** 14
EXACT_DIGITS = 15
"""Excel keeps this many digits of a number and puts zeros, or an exponent, in place of the rest."""

_GUARDED = re.compile(r'^="?(.*?)"?$', re.DOTALL)
_GROUPS = {",": re.compile(r"^[+-]?\d{1,3}(?:,\d{2,3})*,\d{3}(?:\.\d*)?$"),
           ".": re.compile(r"^[+-]?\d{1,3}(?:\.\d{3})+(?:,\d*)?$")}  # fmt: skip
"""Thousands and how they are set apart; Indian ones by two digits."""
_CENTS = {",": re.compile(r"\d,\d{1,2}$"), ".": re.compile(r"\d\.\d{1,2}$")}
_EXPONENT = re.compile(r"^[+-]?\d(?:[.,]\d+)?E\+?\d+$", re.IGNORECASE)
_WHOLE = re.compile(r"^(\d+)\.0+$")
_SIGNS = re.compile(r"(?:CN¥|US\$|RMB|CNY|[¥￥$€£₩])", re.IGNORECASE)
_OFFSET = re.compile(r"\s+(?=[+-]\d{2}:?\d{2}$)|\s+UTC$", re.IGNORECASE)
_DATED = re.compile(r"^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T]+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?)?$")
_SERIAL = re.compile(r"^[2-7]\d{4}(?:\.\d+)?$")
_EXCEL_BEGAN = datetime(1899, 12, 30)


class BadCell(ValueError):
    """What is wrong with a cell, in both languages, without its value."""

    def __init__(self, en: str, zh: str) -> None:
        self.en, self.zh = en, zh
        super().__init__(en)


EMPTY = BadCell("is empty", "为空")
MISPLACED = BadCell(
    "has a comma or a point where none belongs: `decimal: ','` in the mapping reads 1.234,56",
    "的逗号或小数点位置不对: 若写作 1.234,56, 请在映射中加 `decimal: ','`",
)
ROUNDED = BadCell(
    "was turned into a rounded number by Excel, so its last digits are lost",
    "已被 Excel 转成近似数字, 末尾几位已丢失",
)


def plain(cell: str) -> str:
    """The text inside the guards that keep Excel from reading a number: `="123"`, a tab, an apostrophe."""
    text = cell.strip()
    if text[:1] == "=":
        found = _GUARDED.match(text)
        text = found.group(1).strip() if found else text
    return text[1:].strip() if text[:1] == "'" else text


def is_nothing(text: str) -> bool:
    return text.lower() in NOTHING


def identifier(cell: str) -> str:
    """An id. One that Excel has rounded is refused: it would be another order's."""
    if _EXPONENT.match(cell):
        raise ROUNDED
    whole = _WHOLE.match(cell)
    return whole.group(1) if whole else cell


def is_zero_tailed(text: str) -> bool:
    """Whether a number is longer than Excel keeps and ends as Excel would end it."""
    return len(text) >= EXACT_DIGITS + 2 and text.isdigit() and not text[EXACT_DIGITS:].strip("0")


def is_long(text: str) -> bool:
    return len(text) >= EXACT_DIGITS + 2 and text.isdigit()


def amount(cell: str, unit: str = "", point: str = ".") -> Decimal:
    """A number with thousands separators, currency signs, 元, a percent sign or brackets for a minus."""
    text = _SIGNS.sub("", cell).replace(" ", "").replace("\xa0", "").replace("，", ",").removesuffix("元")
    negative = text.startswith("(") and text.endswith(")")
    text = text.strip("()") if negative else text
    percent = text.endswith("%")
    text = text.rstrip("%")
    between = "." if point == "," else ","
    if between in text:
        if not _GROUPS[between].match(text):
            raise MISPLACED
        text = text.replace(between, "")
    text = text.replace(",", ".")
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise BadCell("is not a number", "不是数字") from None
    if not number.is_finite() or abs(number) >= TOO_LARGE:
        raise BadCell("is not a number that fits", "不是有效的数字")
    if unit in ("fen", "percent") or percent:
        number = number.scaleb(-2)
    return -number if negative else number


def decimal_point(cells: Iterable[str]) -> str:
    """The sign before the cents, as the cells show it.

    >>> decimal_point(["5", "1.234,50", "12,5"]), decimal_point(["1,234", "5"])
    (',', '.')
    """
    seen = {sign for cell in cells for sign, cents in _CENTS.items() if cents.search(plain(cell))}
    return "," if seen == {","} else "."


def whole(cell: str, point: str = ".") -> int:
    number = amount(cell, point=point)
    if number != number.to_integral_value():
        raise BadCell("is not a whole number", "不是整数")
    return int(number)


def truth(cell: str) -> bool:
    word = cell.lower()
    if word not in TRUE | FALSE:
        raise BadCell("is not yes or no", "不是「是」或「否」")
    return word in TRUE


@lru_cache(maxsize=4096)
def _local(cell: str, pattern: str) -> datetime:
    """As written, with an offset or without."""
    try:
        if pattern:
            return datetime.strptime(cell, pattern)
        if found := _DATED.match(cell):
            return datetime(*(int(part or 0) for part in found.groups()))  # type: ignore[arg-type]
        if _SERIAL.match(cell):
            seconds = Decimal(cell) * 86_400
            return _EXCEL_BEGAN + timedelta(seconds=int(seconds.to_integral_value()))
        if len(cell) == 8 and cell.isdigit():
            return datetime.strptime(cell, "%Y%m%d")
        return datetime.fromisoformat(_OFFSET.sub(lambda gap: "+00:00" if "UTC" in gap[0].upper() else "", cell))
    except ValueError:
        raise BadCell("is not a date or time", "不是日期或时间") from None


def instant(cell: str, pattern: str, zone: ZoneInfo) -> datetime | None:
    """An instant in UTC; without an offset it is of `zone`. Years before 1971 stand for "not yet"."""
    stamp = _local(cell, pattern)
    if stamp.year < 1971:
        return None
    return (stamp if stamp.tzinfo else stamp.replace(tzinfo=zone)).astimezone(UTC)


def day(cell: str, pattern: str = "") -> date:
    return _local(cell, pattern).date()


def converter(name: str, hint: Any, zone: ZoneInfo, pattern: str = "", unit: str = "", point: str = ".") -> Convert:
    """How the cells of a column become the values of a record's field of this type."""
    kinds = {kind for kind in (get_args(hint) or (hint,)) if kind is not type(None)}
    if datetime in kinds:
        return lambda cell: instant(cell, pattern, zone)
    if date in kinds:
        return lambda cell: day(cell, pattern)
    if Decimal in kinds:
        return lambda cell: amount(cell, unit, point)
    if bool in kinds:
        return truth
    if int in kinds:
        return lambda cell: whole(cell, point)
    return identifier if name.endswith("_id") or name == "buyer" else str
