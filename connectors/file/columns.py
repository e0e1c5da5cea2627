"""A mapping's columns, made ready for the rows of one file: functions from cells to values.

`Reader.read(row)` reads one row; `Reader.over(rows)` reads what the rows of one order say together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, get_type_hints
from zoneinfo import ZoneInfo

from connectors.engine.vocabulary import province_of
from connectors.file.cells import BadCell, Convert, converter, identifier, is_nothing, plain
from connectors.file.mapping import KINDS, STATED, Column, Filling, Mapping_, Ways
from connectors.file.troubles import MissingColumn

Cells = Sequence[str]
Row = tuple[int, list[str]]
UNLISTED = BadCell("has a word that the mapping does not list", "有映射未列出的词")
DISAGREE = BadCell(
    "differs between rows of one order: an amount of each row is mapped with `rows: sum`",
    "在同一订单的各行中不一致: 若为各行金额, 请在映射中写 `rows: sum`",
)
NO_WORD = object()
REMEMBERED = 8192
"""Cells of a column whose meaning is kept."""


class InColumn(Exception):
    """A bad cell, and which column and row it stands in."""

    def __init__(self, header: str, cell: BadCell, line: int = 0) -> None:
        self.header, self.cell, self.line = header, cell, line
        super().__init__(header)


@dataclass(frozen=True)
class Words:
    """The words of a column: exact, by their beginning (`待*`), or any (`*`)."""

    exact: Mapping[str, str | None]
    small: Mapping[str, str | None]
    """The same by lower case."""
    begins: tuple[tuple[str, str | None], ...]
    other: Any

    def of(self, text: str) -> Any:
        """The contract's word, None where the word says nothing, NO_WORD where it is not listed."""
        if text in self.exact:
            return self.exact[text]
        if text.lower() in self.small:
            return self.small[text.lower()]
        return next((word for start, word in self.begins if text.startswith(start)), self.other)


def words(values: Mapping[str, str | None]) -> Words | None:
    if not values:
        return None
    begins = {key[:-1]: word for key, word in values.items() if key.endswith("*") and key != "*"}
    longest_first = sorted(begins.items(), key=lambda one: -len(one[0]))
    small = {key.lower(): word for key, word in values.items() if not key.endswith("*")}
    return Words(values, small, tuple(longest_first), values.get("*", NO_WORD))


class Way:
    """One way to a value: a column of the mapping, and where it stands in the file."""

    def __init__(self, column: Column, places: Mapping[str, int], convert: Convert) -> None:
        self.column, self.convert = column, convert
        self.label = next((header for header in column.header if header in places), column.header[0])
        self.at = [places[header] for header in column.header if header in places]
        self.times = places.get(column.times)
        self.signed = [(places[header], sign) for headers, sign in ((column.plus, 1), (column.minus, -1))
                       for header in headers if header in places]  # fmt: skip
        self.words = words(column.values)
        self.is_plain = not (self.words or self.signed or column.join or column.part or column.times)
        self.reads = (*self.at, *(at for at, _ in self.signed), *(() if self.times is None else (self.times,)))
        self._known: dict[str, Any] | None = {} if len(self.reads) == 1 and convert is not identifier else None

    def text(self, cells: Cells) -> str:
        """What the first column that says something says; "" for none."""
        if self.column.join:
            return self.column.join.join(plain(cells[at]) for at in self.at)
        for at in self.at:
            text = plain(cells[at])
            if not is_nothing(text):
                return text[: self.column.cut] if self.column.cut else text
        return ""

    def value(self, cells: Cells) -> Any:
        """The value, or None. Raises InColumn; NO_WORD for an unlisted word. Words, days and prices come again and
        again, so what a cell means is remembered."""
        known = self._known
        if known is not None and (cell := cells[self.at[0]]) in known:
            return known[cell]
        try:
            value = self._value(cells)
        except BadCell as bad:
            raise InColumn(self.label, bad) from None
        if known is not None:
            if len(known) >= REMEMBERED:
                known.clear()
            known[cells[self.at[0]]] = value
        return value

    def _value(self, cells: Cells) -> Any:
        text = self.text(cells)
        if self.is_plain:
            if text:
                return self.convert(text)
            return self.convert("0") if self.column.empty == "zero" else None
        if self.words is not None:
            if not text and "" not in self.words.exact:
                return None
            word = self.words.of(text)
            return word if word is None or word is NO_WORD else self.convert(word)
        if self.column.part:
            return province_of(text)
        if not text and self.column.empty == "null":
            return None
        return self._reckoned(self.convert(text or "0"), cells)

    def _reckoned(self, value: Any, cells: Cells) -> Any:
        if self.times is not None:
            value = value * self.convert(plain(cells[self.times]))
        for at, sign in self.signed:
            text = plain(cells[at])
            if not is_nothing(text):
                value += sign * self.convert(text)
        return value


class Reader:
    """How one field of a record is read."""

    def __init__(self, name: str, ways: Sequence[Way]) -> None:
        self.name, self.ways = name, ways
        self.rows = ways[0].column.rows
        self.is_status = name == "status"

    def read(self, cells: Cells) -> Any:
        for way in self.ways:
            value = way.value(cells)
            if value is NO_WORD:
                if self.is_status:
                    continue
                raise InColumn(way.label, UNLISTED)
            if value is not None:
                return value
        return None

    def words(self, cells: Cells) -> str:
        """The export's own words for a status."""
        return "/".join(dict.fromkeys(text for way in self.ways if (text := way.text(cells))))

    def over(self, rows: Sequence[Row]) -> Any:
        """What the rows of one order say: the same in each, a sum, or the most."""
        if self.rows == "first" and self._repeated(rows):
            return self._at(rows[0])
        found = [value for row in rows if (value := self._at(row)) is not None]
        if not found:
            return None
        if self.rows == "sum":
            return sum(found[1:], found[0])
        if self.rows == "max":
            return max(found)
        if isinstance(found[0], Decimal) and any(value != found[0] for value in found):
            raise InColumn(self.ways[0].label, DISAGREE, rows[0][0])
        return found[0]

    def _repeated(self, rows: Sequence[Row]) -> bool:
        """Whether every row says the very same."""
        first = rows[0][1]
        return all(row[1][at] == first[at] for row in rows[1:] for way in self.ways for at in way.reads)

    def _at(self, row: Row) -> Any:
        try:
            return self.read(row[1])
        except InColumn as error:
            error.line = error.line or row[0]
            raise


def places_of(mapping: Mapping_, headers: Sequence[str], file: str) -> dict[str, int]:
    """Header -> position. Raises MissingColumn for one that the mapping cannot do without."""
    places: dict[str, int] = {}
    for at, header in enumerate(headers):
        places.setdefault(header, at)
    for header in mapping.needed or _all_needed(mapping, places):
        if header not in places:
            raise MissingColumn(file=file, header=header, found=", ".join(headers))
    return places


def _all_needed(mapping: Mapping_, places: Mapping[str, int]) -> list[str]:
    """Of a mapping that names nothing as needed: each column by at least one of its names."""
    ways = [way for filling in mapping.tables.values() for found in filling.columns.values() for way in found]
    absent = [way.header[0] for way in ways if not any(header in places for header in way.header)]
    return absent + [way.times for way in ways if way.times and way.times not in places]


def readers(mapping: Mapping_, table: str, filling: Filling, places: Mapping[str, int]) -> dict[str, Reader]:
    """A reader for each column of a table that stands in the file."""
    hints: dict[str, Any] = get_type_hints(KINDS[table]) | dict.fromkeys(STATED.get(table, ()), Decimal)
    zone = ZoneInfo(mapping.zone)

    def way(name: str, column: Column) -> Way:
        return Way(column, places, converter(name, hints[name], zone, column.format, column.unit, mapping.decimal))

    found = {name: _present(ways, places) for name, ways in filling.columns.items()}
    return {name: Reader(name, [way(name, column) for column in ways]) for name, ways in found.items() if ways}


def _present(ways: Ways, places: Mapping[str, int]) -> list[Column]:
    return [column for column in ways if any(header in places for header in column.header)
            and (not column.times or column.times in places)]  # fmt: skip


def constants(mapping: Mapping_, table: str, filling: Filling) -> dict[str, Any]:
    hints = get_type_hints(KINDS[table])
    zone = ZoneInfo(mapping.zone)
    convert: Callable[[str, Any], Any] = lambda name, value: converter(name, hints[name], zone)(str(value))  # noqa: E731
    return {name: convert(name, value) for name, value in filling.constants.items()}
