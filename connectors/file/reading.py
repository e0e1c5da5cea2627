"""Rows of an export as contract records: pure, line by line, every refusal names the line and the column."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, get_args, get_type_hints
from zoneinfo import ZoneInfo

import msgspec

from connectors.file.mapping import Column, Mapping_
from queries.records import Record
from queries.trouble import Trouble

Convert = Callable[[str], Any]
NOTHING = frozenset({"", "-", "--", "—", "n/a", "null", "none"})


class BadRow(Trouble):
    en = "{file}, line {line}: {why}"
    zh = "{file} 第 {line} 行: {why}"
    hint_en = "Correct the row or the mapping; nothing of this file was imported."
    hint_zh = "请修正该行或映射; 此文件尚未导入任何内容。"


class MissingColumn(Trouble):
    en = "{file} has no column {header}; it has {found}."
    zh = "{file} 中没有列 {header}; 现有列: {found}。"
    hint_en = "Has the export's layout changed? Adjust the mapping."
    hint_zh = "导出格式是否有变化? 请调整映射。"


def read_rows(content: bytes, mapping: Mapping_, file: str) -> Iterator[Record]:
    """Records of one export. Raises BadRow or MissingColumn; blank lines are skipped.

    >>> list(read_rows("日期,访客数\\n2026-01-01,\\"1,200\\"".encode(), traffic, "t.csv"))[0].visitors
    1200
    """
    text = _decode(content, mapping.encoding, file)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mapping.delimiter)
    headers = [header.strip() for header in next(reader, [])]
    places = _places(headers, mapping, file)
    build = _builder(mapping)
    for cells in reader:
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(headers):
            raise BadRow(
                file=file, line=reader.line_num, why=f"{len(cells)} cells where {len(headers)} belong"
            )
        try:
            yield build({name: cells[place].strip() for name, place in places.items()})
        except ValueError as error:
            raise BadRow(file=file, line=reader.line_num, why=str(error)) from None


def unread_headers(content: bytes, mapping: Mapping_, file: str) -> list[str]:
    """Headers that the mapping leaves in the file, by name."""
    first = _decode(content, mapping.encoding, file).split("\n", 1)[0]
    headers = next(csv.reader([first], delimiter=mapping.delimiter), [])
    read = {column.header for column in mapping.columns.values()}
    return [header.strip() for header in headers if header.strip() not in read]


def _decode(content: bytes, encoding: str, file: str) -> str:
    try:
        return content.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        raise BadRow(file=file, line=1, why=f"the file is not {encoding} text") from None


def _places(headers: list[str], mapping: Mapping_, file: str) -> dict[str, int]:
    places = {}
    for name, column in mapping.columns.items():
        if column.header not in headers:
            raise MissingColumn(file=file, header=column.header, found=", ".join(headers))
        places[name] = headers.index(column.header)
    return places


def _builder(mapping: Mapping_) -> Callable[[Mapping[str, str]], Record]:
    hints = get_type_hints(mapping.kind)
    zone = ZoneInfo(mapping.zone)
    converts = {name: _convert(hints[name], column, zone) for name, column in mapping.columns.items()}
    constants = {
        name: _convert(hints[name], Column.model_validate({"from": name}), zone)(str(value))
        for name, value in mapping.constants.items()
    }
    required = {field.name for field in msgspec.structs.fields(mapping.kind) if field.required}

    def build(cells: Mapping[str, str]) -> Record:
        values = dict(constants)
        for name, cell in cells.items():
            value = _cell(name, cell, mapping.columns[name], converts[name])
            if value is not None:
                values[name] = value
            elif name in required:
                raise ValueError(f"{mapping.columns[name].header} is empty")
        return msgspec.convert(values, mapping.kind, strict=True, dec_hook=None)

    return build


def _cell(name: str, cell: str, column: Column, convert: Convert) -> Any:
    if column.values and (cell or "" in column.values):
        if cell not in column.values:
            raise ValueError(f"{column.header}: a word that the mapping does not list")
        cell = column.values[cell]
    elif cell.lower() in NOTHING:
        return convert("0") if column.empty == "zero" else None
    try:
        return convert(cell)
    except (ValueError, InvalidOperation):
        raise ValueError(f"{column.header} is not a {_kind_word(name)}") from None


def _kind_word(name: str) -> str:
    return "date or time" if name.endswith(("date", "_at", "_on")) else "value of this column"


def _convert(hint: Any, column: Column, zone: ZoneInfo) -> Convert:
    kinds = {kind for kind in (get_args(hint) or (hint,)) if kind is not type(None)}
    if datetime in kinds:
        return lambda cell: _instant(cell, column.format, zone)
    if date in kinds:
        return lambda cell: _day(cell, column.format)
    if Decimal in kinds:
        return lambda cell: _amount(cell, column.unit)
    if bool in kinds:
        return _truth
    if int in kinds:
        return lambda cell: int(_amount(cell, "").to_integral_exact())
    return str


def _instant(cell: str, pattern: str, zone: ZoneInfo) -> datetime:
    stamp = datetime.strptime(cell, pattern) if pattern else datetime.fromisoformat(cell)
    return (stamp if stamp.tzinfo else stamp.replace(tzinfo=zone)).astimezone(UTC)


def _day(cell: str, pattern: str) -> date:
    return datetime.strptime(cell, pattern).date() if pattern else date.fromisoformat(cell[:10])


def _amount(cell: str, unit: str) -> Decimal:
    number = Decimal(cell.replace(",", "").replace("，", "").lstrip("¥￥$€£ ").rstrip("% "))
    if not number.is_finite():
        raise ValueError("not a number")
    if unit == "fen" or unit == "percent" or cell.endswith("%"):
        return number.scaleb(-2)
    return number


def _truth(cell: str) -> bool:
    words = {
        "1": True,
        "true": True,
        "yes": True,
        "是": True,
        "0": False,
        "false": False,
        "no": False,
        "否": False,
    }
    if cell.lower() not in words:
        raise ValueError("not yes or no")
    return words[cell.lower()]
