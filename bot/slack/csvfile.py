"""An answer's rows as a CSV file that a spreadsheet cannot be tricked with."""

from __future__ import annotations

import csv
import io
from typing import Any

from queries.answer import Answer

FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_bytes(answer: Answer) -> bytes:
    """UTF-8 with a byte order mark, as spreadsheet programs expect for Chinese."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow([column.label or column.name for column in answer.columns])
    for row in answer.rows:
        writer.writerow(
            [_cell(value, column.unit) for value, column in zip(row, answer.columns, strict=False)]
        )
    return file.getvalue().encode("utf-8-sig")


def _cell(value: Any, unit: str) -> str:
    """Exact values; text that a spreadsheet would run as a formula gets an apostrophe in front.

    >>> _cell("=1+1", "text"), _cell("-5.00", "CNY")
    ("'=1+1", '-5.00')
    """
    if value is None:
        return ""
    text = str(value)
    return "'" + text if unit == "text" and text.startswith(FORMULA) else text
