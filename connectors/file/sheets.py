"""A file as rows of text, whatever it was saved as: CSV in any of the usual encodings, XLSX, Parquet. Streamed.

    with open_sheet(path) as sheet:      # sheet.headers, sheet.kind
        for line, cells in sheet.rows(): ...

Rows have as many cells as there are headers. Empty rows and the totals at the end are left out; lines above the
headers (a report's title) are passed over.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import Literal

from connectors.file import workbook
from connectors.file.cells import plain
from connectors.file.troubles import BadRow, UnreadableFile

Kind = Literal["csv", "xlsx", "parquet"]
Line = tuple[int, list[str]]

HEAD_BYTES = 1 << 20
HEADER_WITHIN = 15
"""The headers stand in one of the first rows: a report may begin with its title and period."""
TOTALS = re.compile(
    r"(?:合计|总计|小计|汇总|共计|合計|grand totals?|sub-?totals?|totals?|sum)\s*[:：]?[\s\d.,¥￥$元条笔]*",
    re.IGNORECASE,
)
BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
csv.field_size_limit(1 << 24)


@dataclass
class Sheet:
    """One table of a file, open for a single reading. `skipped` counts totals left out so far."""

    file: str
    kind: Kind
    headers: list[str]
    header_line: int
    lines: Iterator[Line]
    encoding: str = ""
    delimiter: str = ""
    name: str = ""
    skipped: int = field(default=0, init=False)

    def rows(self) -> Iterator[Line]:
        """(line in the file, cells). Raises BadRow where a row has more or fewer cells than headers."""
        width = len(self.headers)
        for line, cells in self.lines:
            if len(cells) != width:
                cells = self._fitted(line, cells, width)
            if not any(cells) or not any(cell.strip() for cell in cells):
                continue
            if _is_total(cells):
                self.skipped += 1
                continue
            yield line, cells

    def _fitted(self, line: int, cells: list[str], width: int) -> list[str]:
        """Empty cells behind the last header are nothing; a CSV row that is too short was cut off."""
        if len(cells) > width and not any(cell.strip() for cell in cells[width:]):
            return cells[:width]
        if not any(cell.strip() for cell in cells) or _is_total(cells):
            return (cells + [""] * width)[:width]
        if len(cells) < width and self.kind == "xlsx":
            return cells + [""] * (width - len(cells))
        raise BadRow(
            file=self.file, line=line, why=f"{len(cells)} cells where {width} belong",
            why_zh=f"应有 {width} 个单元格, 实有 {len(cells)} 个",
        )  # fmt: skip


@contextmanager
def open_sheet(path: Path, *, sheet: str = "", encoding: str = "", delimiter: str = "") -> Iterator[Sheet]:
    """Opens a file; what it is shows in its first bytes, not in its name. Raises Trouble."""
    try:
        head = path.open("rb").read(HEAD_BYTES)
    except OSError as error:
        why = error.strerror or "?"
        raise UnreadableFile(file=path.name, why=why, why_zh=why) from None
    if head[:4] == b"PAR1":
        with workbook.parquet(path) as (headers, lines):
            yield Sheet(path.name, "parquet", headers, 0, lines)
    elif head[:2] == b"PK":
        with workbook.xlsx(path, sheet) as (name, found):
            yield _headed(path.name, "xlsx", found, name=name)
    elif head[:4] == b"\xd0\xcf\x11\xe0":
        raise UnreadableFile(file=path.name, why="it is an old Excel file (.xls)", why_zh="旧版 Excel 文件 (.xls)")
    else:
        with _csv(path, head, encoding, delimiter) as table:
            yield table


@contextmanager
def _csv(path: Path, head: bytes, encoding: str, delimiter: str) -> Iterator[Sheet]:
    encoding = encoding or encoding_of(head, whole=len(head) < HEAD_BYTES)
    try:
        start = codecs.getincrementaldecoder(encoding)("strict").decode(head)
    except (UnicodeDecodeError, LookupError):
        raise UnreadableFile(file=path.name, why=f"it is not {encoding} text", why_zh=f"不是 {encoding} 文本") from None
    delimiter = delimiter or delimiter_of(start)
    with path.open(encoding=encoding, newline="") as text:
        lines = _csv_lines(text, delimiter, path.name, encoding)
        yield _headed(path.name, "csv", lines, encoding=encoding, delimiter=delimiter)


def _csv_lines(text: io.TextIOWrapper, delimiter: str, file: str, encoding: str) -> Iterator[Line]:
    reader = csv.reader(text, delimiter=delimiter)
    before = 0
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except UnicodeDecodeError:
            raise BadRow(
                file=file, line=before + 1, why=f"is not {encoding} text", why_zh=f"不是 {encoding} 文本"
            ) from None
        except csv.Error:
            raise BadRow(file=file, line=before + 1, why="is not a row of CSV", why_zh="不是 CSV 行") from None
        yield before + 1, cells
        before = reader.line_num


def _headed(file: str, kind: Kind, lines: Iterator[Line], **more: str) -> Sheet:
    """Finds the headers: the first of the widest rows near the top."""
    top = list(islice(lines, HEADER_WITHIN))
    if not top:
        raise UnreadableFile(file=file, why="it is empty", why_zh="文件为空")
    widest = max(_filled(cells) for _, cells in top)
    at = next(number for number, (_, cells) in enumerate(top) if _filled(cells) * 2 > widest)
    line, cells = top[at]
    headers = [plain(cell) for cell in cells]
    while headers and not headers[-1]:
        headers.pop()
    return Sheet(file, kind, headers, line, chain(top[at + 1 :], lines), **more)


def _filled(cells: Sequence[str]) -> int:
    return sum(1 for cell in cells if cell.strip())


def _is_total(cells: Sequence[str]) -> bool:
    """A row of totals names itself in its first filled cell."""
    first = next((cell for cell in cells if cell.strip()), "")
    return bool(TOTALS.fullmatch(plain(first)))


def encoding_of(head: bytes, whole: bool = True) -> str:
    """By its byte order mark, else UTF-8 if it is that, else GB 18030 (what Chinese office programs save).

    >>> encoding_of("订单编号".encode("gbk"))
    'gb18030'
    """
    for mark, name in BOMS:
        if head.startswith(mark):
            return name
    if head[1:2] == b"\0":
        return "utf-16-le"
    if head[:1] == b"\0":
        return "utf-16-be"
    for name in ("utf-8", "gb18030"):
        try:
            codecs.getincrementaldecoder(name)("strict").decode(head, final=whole)
        except UnicodeDecodeError:
            continue
        return name
    return "cp1252"


def delimiter_of(start: str) -> str:
    """The sign that cuts the first lines into the most cells: comma, semicolon or tab.

    >>> delimiter_of("a;b;c\\n1,5;2;3\\n")
    ';'
    """
    lines = [line for line in start.splitlines()[:HEADER_WITHIN] if line.strip()]
    return max(",\t;|", key=lambda sign: max((line.count(sign) for line in lines), default=0))
