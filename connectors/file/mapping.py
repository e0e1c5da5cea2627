"""A mapping file: which column of an export becomes which column of a contract table.

    file: traffic.csv                 # beside the mapping; a pattern such as traffic-*.csv takes several
    table: traffic_daily
    platform: taobao
    shop_id: "10001"
    zone: Asia/Shanghai               # the clock of instants without an offset
    columns:
      date: {from: 日期, format: "%Y-%m-%d"}
      visitors: 访客数
      gmv_in_session: {from: 成交金额, unit: fen}
      host_type: {from: 主播类型, values: {自播: self, 达播: creator}}
    constants: {channel: all}

One file may fill several tables, as an export of orders does: then `tables:` holds `columns` and `constants` for
each, and the rows of one order belong together (`reading.py`). `layout: NAME` stands for a ready mapping
(`layouts/`). Only columns named here are read: whatever else an export holds (names, phones) never leaves it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

import msgspec
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from connectors.file.troubles import BadMapping
from queries.records import PLATFORMS, TABLES, Record

KINDS: dict[str, type[Record]] = {table: kind for kind, table in TABLES.items()}
STATED = {
    "orders": {"goods_amount": "after the seller's discounts", "buyer_paid": "goods, postage and tax, paid in cash",
               "total_amount": "goods, postage and tax: shows whether tax is inside"},
    "order_lines": {"goods_amount": "after the seller's discounts", "buyer_paid": "for the line, without postage"},
}  # fmt: skip
"""Amounts that exports state and the contract derives: from them the discounts follow (`settling.py`)."""


class Column(BaseModel):
    """Where a value comes from and how it is written there."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)
    header: tuple[str, ...] = Field(alias="from")
    """The first of these columns that says something."""
    format: str = ""
    """strptime pattern of dates and instants; empty = any usual one."""
    unit: Literal["", "fen", "percent"] = ""
    """`fen`: integer cents of money. `percent`: 12.5 means 0.125."""
    values: Mapping[str, str | None] = {}
    """The export's words -> the contract's. `待*` is what begins so, `*` any other word; null = says nothing."""
    empty: Literal["null", "zero"] = "null"
    """What an empty cell means: unknown (the default) or measured as none."""
    times: str = ""
    """Multiplied by this column: unit price x quantity."""
    plus: tuple[str, ...] = ()
    minus: tuple[str, ...] = ()
    """Added and taken off, where they say something."""
    rows: Literal["first", "sum", "max"] = "first"
    """Of an order in several rows: repeated in each (the default: two different amounts are an error), to be
    added up, or repeated in some."""
    part: Literal["", "province"] = ""
    """`province`: only the province of an address; nothing where none is recognised."""
    cut: int = 0
    """Only so many characters: the day that an order's number begins with."""
    join: str = ""
    """All columns of `from`, joined by this sign."""
    number: Literal["", "again", "always"] = ""
    """A number within the order is put behind the value: `again` from the second on (`9-2`), or always."""

    @field_validator("header", "plus", "minus", mode="before")
    @classmethod
    def _one_or_several(cls, given: object) -> object:
        return (given,) if isinstance(given, str) else given

    @property
    def headers(self) -> Iterator[str]:
        """Every column of the file that is read for this one."""
        yield from (*self.header, *self.plus, *self.minus, *((self.times,) if self.times else ()))


Ways = tuple[Column, ...]
"""The first that gives a value decides."""


class Filling(BaseModel):
    """How one table is filled."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    columns: Mapping[str, Ways] = {}
    constants: Mapping[str, Any] = {}
    per: Literal["row", "order"] = "row"
    """Refunds: one for each row that tells of one, or one for the order."""

    @field_validator("columns", mode="before")
    @classmethod
    def _short_form(cls, given: object) -> object:
        """`visitors: 访客数` is short for `visitors: [{from: [访客数]}]`."""
        if not isinstance(given, dict):
            return given
        return {name: [_column(way) for way in _several(ways)] for name, ways in given.items()}


def _several(ways: object) -> list[Any]:
    if isinstance(ways, list | tuple) and ways and not all(isinstance(way, str) for way in ways):
        return list(ways)
    return [ways]


def _column(way: object) -> object:
    return way if isinstance(way, dict | Column) else {"from": way}


class Mapping_(BaseModel):
    """One mapping file, checked against the records it fills."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    file: str = ""
    name: str = ""
    platform: str
    shop_id: str
    layout: str = ""
    """The ready mapping this one came from."""
    fingerprint: str = ""
    """Of the headers it was saved for."""
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    """Of a workbook with several."""
    decimal: Literal[".", ","] = "."
    zone: str = "Asia/Shanghai"
    currency: str = ""
    """Of orders whose rows name none."""
    group: str = ""
    """The column that names an order in every one of its rows; empty = that of the order's id."""
    paid_when_sold: bool = True
    """Whether an order that went beyond unpaid counts as paid when it was created, where no time of payment is told."""
    needed: tuple[str, ...] = ()
    """Columns without which the file is another one; empty = every mapped column is needed."""
    tables: Mapping[str, Filling]

    @model_validator(mode="before")
    @classmethod
    def _one_table(cls, given: object) -> object:
        """`table`, `columns`, `constants` are short for one entry of `tables`."""
        if not isinstance(given, dict) or "table" not in given:
            return given
        given = dict(given)
        table = given.pop("table")
        filling = {part: given.pop(part) for part in ("columns", "constants") if part in given}
        return {**given, "tables": {table: filling}}

    @field_validator("encoding")
    @classmethod
    def _either_utf8(cls, encoding: str) -> str:
        return "" if encoding.lower() in ("utf-8", "utf8", "utf-8-sig") else encoding

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except Exception as error:
            raise ValueError(f"no such time zone: {zone}") from error
        return zone

    @model_validator(mode="after")
    def _fits_the_tables(self) -> Mapping_:
        if self.platform not in PLATFORMS:
            raise ValueError(f"no such platform: {self.platform}")
        if not self.tables:
            raise ValueError("it fills no table")
        for table, filling in self.tables.items():
            self._fits(table, filling)
        return self

    def _fits(self, table: str, filling: Filling) -> None:
        if table not in KINDS:
            raise ValueError(f"no such table: {table} (one of {', '.join(sorted(KINDS))})")
        fields = {field.name: field for field in msgspec.structs.fields(KINDS[table])}
        given = {*filling.columns, *filling.constants}
        if strange := given - fields.keys() - STATED.get(table, {}).keys():
            raise ValueError(f"{table} has no column {', '.join(sorted(strange))}")
        missing = {name for name, field in fields.items() if field.required} - given
        missing -= self._following(table, given)
        if missing:
            raise ValueError(f"{table} needs a column for {', '.join(sorted(missing))}")

    def _following(self, table: str, given: set[str]) -> set[str]:
        """What the other columns give: an order's sums, a line's order, the refund of an order."""
        stated = {"goods_amount", "buyer_paid"} & given
        if table == "orders":
            sums = {"list_amount"} if stated or "order_lines" in self.tables else set()
            return sums | ({"currency"} if self.currency else set())
        if table == "order_lines":
            return {"line_id"} | ({"list_amount"} if stated else set()) | self._of_order()
        if table == "refunds" and self.is_of_orders:
            return {"refund_id", "refund_type", "goods_amount", "status"} | self._of_order()
        return set()

    def _of_order(self) -> set[str]:
        return {"order_id"} if "orders" in self.tables else set()

    @property
    def is_of_orders(self) -> bool:
        """Whether rows belong to orders, so that those of one order are read together."""
        return bool({"orders", "order_lines"} & self.tables.keys())

    @property
    def headers(self) -> set[str]:
        """Every column of the file that is read."""
        columns = (way for filling in self.tables.values() for ways in filling.columns.values() for way in ways)
        return {header for way in columns for header in way.headers} | ({self.group} - {""})


def read(given: object, name: str) -> Mapping_:
    """Checks one mapping. Raises BadMapping with what is wrong and where."""
    try:
        mapping = Mapping_.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        why = first["msg"].removeprefix("Value error, ")
        raise BadMapping(file=name, why=f"{where}: {why}" if where else why) from None
    return mapping if mapping.name else mapping.model_copy(update={"name": Path(name).stem})


def load(path: Path) -> Mapping_:
    """Reads one mapping file; `layout: NAME` fills in what that ready mapping says."""
    from connectors.file.layouts import ready  # layouts are mappings themselves

    try:
        given = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise BadMapping(file=path.name, why=str(error).splitlines()[0]) from None
    if isinstance(given, dict) and given.get("layout") and "tables" not in given:
        given = {**ready(str(given["layout"]), path.name).as_mapping(), **given}
    return read(given, path.name)


def load_folder(folder: Path) -> list[Mapping_]:
    """Every mapping (`*.yaml`) of a folder, by name."""
    if not folder.is_dir():
        raise BadMapping(file=folder.name, why="there is no such folder")
    found = [load(path) for path in sorted(folder.glob("*.y*ml"))]
    if not found:
        raise BadMapping(file=folder.name, why="the folder holds no mapping (*.yaml)")
    if nameless := next((mapping.name for mapping in found if not mapping.file), ""):
        raise BadMapping(file=nameless, why="file: is missing")
    return found
