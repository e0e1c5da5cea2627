"""XLSX and Parquet as rows of text, streamed. Numbers keep their digits; one that Excel has rounded shows its
exponent, so that an id can be refused (`cells.identifier`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from connectors.file.troubles import NoSheet, UnreadableFile, WhichSheet

Line = tuple[int, list[str]]
EXACT = 10**15
"""From here on Excel no longer keeps every digit of a number."""
BATCH = 4096


@contextmanager
def xlsx(path: Path, sheet: str) -> Iterator[tuple[str, Iterator[Line]]]:
    """The named sheet, or the only one that holds rows. Raises WhichSheet, NoSheet, UnreadableFile."""
    import openpyxl  # heavy, and only a workbook needs it
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except (BadZipFile, InvalidFileException, KeyError, ValueError, OSError):
        raise UnreadableFile(
            file=path.name, why="it is not an Excel workbook", why_zh="不是 Excel 工作簿"
        ) from None
    try:
        name = _chosen(book, sheet, path.name)
        yield name, _lines(book[name])
    finally:
        book.close()


def _chosen(book: Any, sheet: str, file: str) -> str:
    names = [found.title for found in book.worksheets]
    if sheet:
        if sheet not in names:
            raise NoSheet(file=file, sheet=sheet, sheets=", ".join(names))
        return sheet
    filled = [found.title for found in book.worksheets if len(list(islice(_filled_lines(found), 2))) > 1]
    if len(filled) > 1:
        raise WhichSheet(file=file, sheets=", ".join(filled))
    return filled[0] if filled else names[0]


def _filled_lines(sheet: Any) -> Iterator[Line]:
    return (line for line in _lines(sheet) if any(line[1]))


def _lines(sheet: Any) -> Iterator[Line]:
    sheet.reset_dimensions()  # some writers state wrong ones, and rows would be lost
    for number, cells in enumerate(sheet.iter_rows(values_only=True), 1):
        yield number, [text(cell, excel=True) for cell in cells]


@contextmanager
def parquet(path: Path) -> Iterator[tuple[list[str], Iterator[Line]]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowInvalid, OSError):
        raise UnreadableFile(file=path.name, why="it is not a Parquet file", why_zh="不是 Parquet 文件") from None
    with file:
        yield list(file.schema_arrow.names), _parquet_lines(file)


def _parquet_lines(file: Any) -> Iterator[Line]:
    number = 0
    for batch in file.iter_batches(BATCH):
        columns: Sequence[Sequence[Any]] = [column.to_pylist() for column in batch.columns]
        for cells in zip(*columns, strict=True):
            number += 1
            yield number, [text(cell) for cell in cells]


def text(value: Any, excel: bool = False) -> str:
    """A typed cell as text. `excel`: whole numbers too are kept to fifteen digits only.

    >>> text(99.9), text(0.1 + 0.2), text(3456789012345678901, excel=True), text(3456789012345678901)
    ('99.9', '0.3', '3.45678901234568E+18', '3456789012345678901')
    """
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int():
            return f"{value:.14E}" if excel and abs(value) >= EXACT else str(value)
        case float():
            return _number(value)
        case datetime():
            return (value.astimezone(UTC) if value.tzinfo else value).isoformat(" ", "seconds")
        case date() | time():
            return value.isoformat()
        case Decimal():
            return format(value, "f")
        case _:
            return str(value)


def _number(value: float) -> str:
    """What Excel shows: fifteen significant digits, so that a sum of cents is one again."""
    if value != value or abs(value) == float("inf"):
        return ""
    if abs(value) >= EXACT:
        return f"{value:.14E}"
    short = Decimal(format(value, ".15g"))
    return format(short.quantize(Decimal(1)) if short == short.to_integral_value() else short, "f")
