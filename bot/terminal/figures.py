"""Cells as people read them: grouped digits, percent, currency, dates; the exact value stays in `--json`."""

from __future__ import annotations

from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from queries.answer import Column

WITHOUT_CENTS = {"JPY", "KRW", "VND", "CLP", "IDR"}
"""Currencies whose minor unit is the unit itself (ISO 4217 exponent 0, and IDR as the trade writes it)."""


def figure(value: Any, unit: str, empty: str = "-") -> str:
    """One cell in words. Ratios are shown in percent.

    >>> figure(Decimal("0.12345"), "ratio"), figure(Decimal("1234.5"), "CNY"), figure(3200, "count")
    ('12.35%', '1,234.50', '3,200')
    """
    if value is None:
        return empty
    if isinstance(value, bool):
        return "✓" if value else "✗"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return ", ".join(figure(item, "text") for item in value)
    if unit == "text" or (isinstance(value, str) and not _is_number(value)):
        return printable(str(value))
    number = Decimal(str(value))
    if unit == "ratio":
        return f"{_rounded(number * 100, 2):,}%"
    if unit == "count":
        return f"{number:,.0f}" if number == number.to_integral_value() else f"{number:,f}"
    if len(unit) == 3 and unit.isupper():
        return f"{_rounded(number, 0 if unit in WITHOUT_CENTS else 2):,}"
    return f"{number.normalize():,f}"


def cell(value: Any, column: Column) -> str:
    """One cell of an answer: codes under their names, quantities as `figure` writes them.

    >>> cell("jd", Column(name="platform", unit="text", names={"jd": "京东"}))
    '京东'
    """
    return printable(column.names.get(str(value), "")) or figure(value, column.unit)


def printable(text: str) -> str:
    """Platform text without control characters: a product title must not steer the terminal."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def _rounded(number: Decimal, places: int) -> Decimal:
    return number.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def _is_number(text: str) -> bool:
    try:
        Decimal(text)
    except ArithmeticError:
        return False
    return True


def is_figure(unit: str) -> bool:
    """True where a column holds quantities (right-aligned, may carry a bar)."""
    return unit not in ("text", "date")
