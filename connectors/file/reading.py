"""Rows of an export as contract records: pure, row by row, every refusal names the row and the column.

An export of orders has one row an order, or one a line with the order's amounts repeated or given once. All rows
of an order are read together (`Grouped`), so that a repeated amount is not counted again; they need not stand
side by side.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from connectors.engine.stream import Finding
from connectors.file.cells import EMPTY, ROUNDED, identifier, is_long, is_nothing, is_zero_tailed, plain
from connectors.file.columns import InColumn, Row, constants, places_of, readers
from connectors.file.mapping import KINDS, Mapping_
from connectors.file.orders import OrderRows
from connectors.file.sheets import Sheet, open_sheet
from connectors.file.troubles import BadRow, RoundedId, TooScattered
from queries.records import Record

MOST_HELD = 200_000
"""Rows held in memory because their order's other rows stand elsewhere in the file."""
LOOKED_AT = 200
"""Rows that show whether Excel has put zeros in place of the last digits of ids."""


class Export:
    """One file and the mapping that reads it. Iterated as often as one likes; the file is streamed each time."""

    def __init__(self, path: Path, mapping: Mapping_) -> None:
        self.path, self.mapping = path, mapping

    def rows(self) -> Iterator[Record | Finding]:
        """Records, and findings about what the export does not tell. Raises BadRow, MissingColumn, ..."""
        with self._open() as sheet:
            if self.mapping.is_of_orders:
                yield from self._of_orders(sheet)
            else:
                yield from self._one_by_one(sheet)

    def unread(self) -> list[str]:
        """Headers that the mapping leaves in the file, by name."""
        with self._open() as sheet:
            return [header for header in sheet.headers if header and header not in self.mapping.headers]

    @contextmanager
    def _open(self) -> Iterator[Sheet]:
        mapping = self.mapping
        with open_sheet(
            self.path, sheet=mapping.sheet, encoding=mapping.encoding, delimiter=mapping.delimiter
        ) as sheet:
            yield sheet

    def _one_by_one(self, sheet: Sheet) -> Iterator[Record]:
        places = places_of(self.mapping, sheet.headers, sheet.file)
        builds = [_builder(self.mapping, table, places) for table in self.mapping.tables]
        for row in sheet.rows():
            with located(sheet.file, row[0]):
                records = [build(row[1]) for build in builds]
            yield from records

    def _of_orders(self, sheet: Sheet) -> Iterator[Record | Finding]:
        places = places_of(self.mapping, sheet.headers, sheet.file)
        orders = OrderRows(self.mapping, places)
        for rows in grouped(sheet, orders.group, self._scattered):
            with located(sheet.file, rows[0][0]):
                records = list(orders.read(rows))
            yield from records

    @cached_property
    def _scattered(self) -> frozenset[int]:
        """Hashes of the orders whose rows do not stand side by side; also refuses ids that Excel has rounded."""
        runs, last = array("q"), None
        tails: list[bool] = []
        with self._open() as sheet:
            at = OrderRows(self.mapping, places_of(self.mapping, sheet.headers, sheet.file)).group
            for line, cells in sheet.rows():
                name = plain(cells[at])
                if name == last:
                    continue
                last = name
                with located(sheet.file, line):
                    _checked_id(name, sheet.headers[at])
                if len(tails) < LOOKED_AT and is_long(name):
                    tails.append(is_zero_tailed(name))
                runs.append(hash(name))
            if len(tails) > 1 and all(tails):
                raise RoundedId(file=sheet.file, line=sheet.header_line, **_sentences(sheet.headers[at], ROUNDED))
        counts = pc.value_counts(pa.array(runs, pa.int64()))
        again = counts.filter(pc.greater(counts.field("counts"), 1)).field("values")
        return frozenset(again.to_pylist())


def _checked_id(name: str, header: str) -> None:
    if is_nothing(name):
        raise InColumn(header, EMPTY)
    try:
        identifier(name)
    except ValueError:
        raise InColumn(header, ROUNDED) from None


def grouped(sheet: Sheet, at: int, scattered: frozenset[int]) -> Iterator[list[Row]]:
    """The rows of each order. Scattered ones wait until the end of the file. Raises TooScattered."""
    group: list[Row] = []
    current = None
    held: dict[str, list[Row]] = {}
    waiting = 0
    for row in sheet.rows():
        name = plain(row[1][at])
        if hash(name) in scattered:
            held.setdefault(name, []).append(row)
            waiting += 1
            if waiting > MOST_HELD:
                raise TooScattered(file=sheet.file, orders=len(scattered))
            continue
        if name != current and group:
            yield group
            group = []
        current = name
        group.append(row)
    if group:
        yield group
    yield from held.values()


def _builder(mapping: Mapping_, table: str, places: dict[str, int]) -> Callable[[Sequence[str]], Record]:
    filling, kind = mapping.tables[table], KINDS[table]
    columns = readers(mapping, table, filling, places)
    fixed = constants(mapping, table, filling)
    required = {field.name for field in msgspec.structs.fields(kind) if field.required}

    def build(cells: Sequence[str]) -> Record:
        values: dict[str, Any] = dict(fixed)
        for name, reader in columns.items():
            value = reader.read(cells)
            if value is not None:
                values[name] = value
            elif name in required and name not in values:
                raise InColumn(reader.ways[0].label, EMPTY)
        return msgspec.convert(values, kind, strict=True)

    return build


@contextmanager
def located(file: str, line: int) -> Iterator[None]:
    """Whatever is wrong inside is a BadRow of this row."""
    try:
        yield
    except InColumn as error:
        kind = RoundedId if error.cell is ROUNDED else BadRow
        raise kind(file=file, line=error.line or line, **_sentences(error.header, error.cell)) from None
    except (msgspec.ValidationError, ArithmeticError) as error:
        where = str(error).rpartition("$.")[2].rstrip("`") if "$." in str(error) else type(error).__name__
        raise BadRow(
            file=file, line=line, why=f"{where} has a value it cannot take", why_zh=f"{where} 的值不在允许范围内"
        ) from None


def _sentences(header: str, cell: Any) -> dict[str, str]:
    return {"why": f"{header} {cell.en}", "why_zh": f"{header} {cell.zh}"}


def read_rows(path: Path, mapping: Mapping_) -> Iterator[Record | Finding]:
    """Records of one export.

    >>> next(read_rows(path, traffic)).visitors
    1200
    """
    return Export(path, mapping).rows()
