"""A mapping file: which column of an export becomes which column of a contract table.

    file: traffic.csv                 # beside the mapping; a pattern such as traffic-*.csv takes several
    table: traffic_daily
    platform: taobao
    shop_id: "10001"
    encoding: utf-8-sig               # default; gb18030 for exports of Chinese office programs
    zone: Asia/Shanghai               # the clock of instants without an offset
    columns:
      date: {from: 日期, format: "%Y-%m-%d"}
      visitors: 访客数
      gmv_in_session: {from: 成交金额, unit: fen}
      host_type: {from: 主播类型, values: {自播: self, 达播: creator}}
    constants: {channel: all}

Only columns named here are read: whatever else an export holds (names, phones) never leaves the file.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

import msgspec
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from queries.records import PLATFORMS, TABLES, Record
from queries.trouble import Trouble

KINDS: dict[str, type[Record]] = {table: kind for kind, table in TABLES.items()}
PERSONAL = frozenset({"buyer"})
"""Columns that hold a person's id: pseudonymised by the engine like any other connector's."""


class BadMapping(Trouble):
    en = "The mapping {file} cannot be used: {why}"
    zh = "映射文件 {file} 无法使用: {why}"
    hint_en = "docs/files.md shows a mapping for every table."
    hint_zh = "每种表的映射示例见 docs/files.md。"


class Column(BaseModel):
    """Where a value comes from and how it is written there."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)
    header: str = Field(alias="from")
    format: str = ""
    """strptime pattern of dates and instants; empty = ISO 8601."""
    unit: Literal["", "fen", "percent"] = ""
    """`fen`: integer cents of money. `percent`: 12.5 means 0.125."""
    values: Mapping[str, str] = {}
    """The export's words -> the contract's; a word that is not listed is an error, not a guess."""
    empty: Literal["null", "zero"] = "null"
    """What an empty cell means: unknown (the default) or measured as none."""


class Mapping_(BaseModel):
    """One mapping file, checked against the record it fills."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    file: str
    table: str
    platform: str
    shop_id: str
    name: str = ""
    encoding: str = "utf-8-sig"
    delimiter: str = ","
    zone: str = "Asia/Shanghai"
    columns: Mapping[str, Column]
    constants: Mapping[str, Any] = {}

    @field_validator("columns", mode="before")
    @classmethod
    def _short_form(cls, given: object) -> object:
        """`visitors: 访客数` is short for `visitors: {from: 访客数}`."""
        if not isinstance(given, dict):
            return given
        return {key: {"from": value} if isinstance(value, str) else value for key, value in given.items()}

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except Exception as error:
            raise ValueError(f"no such time zone: {zone}") from error
        return zone

    @model_validator(mode="after")
    def _fits_the_table(self) -> Mapping_:
        if self.table not in KINDS:
            raise ValueError(f"no such table: {self.table} (one of {', '.join(sorted(KINDS))})")
        if self.platform not in PLATFORMS:
            raise ValueError(f"no such platform: {self.platform}")
        fields = {field.name: field for field in msgspec.structs.fields(self.kind)}
        given = {*self.columns, *self.constants}
        if strange := given - fields.keys():
            raise ValueError(f"{self.table} has no column {', '.join(sorted(strange))}")
        missing = {name for name, field in fields.items() if field.required} - given
        if missing:
            raise ValueError(f"{self.table} needs a column for {', '.join(sorted(missing))}")
        return self

    @property
    def kind(self) -> type[Record]:
        return KINDS[self.table]


def load(path: Path) -> Mapping_:
    """Reads and checks one mapping file. Raises BadMapping with what is wrong and where."""
    try:
        given = yaml.safe_load(path.read_text("utf-8"))
        mapping = Mapping_.model_validate(given)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise BadMapping(file=path.name, why=str(error).splitlines()[0]) from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        why = first["msg"].removeprefix("Value error, ")
        raise BadMapping(file=path.name, why=f"{where}: {why}" if where else why) from None
    return mapping if mapping.name else mapping.model_copy(update={"name": path.stem})


def load_folder(folder: Path) -> list[Mapping_]:
    """Every mapping (`*.yaml`) of a folder, by name."""
    if not folder.is_dir():
        raise BadMapping(file=folder.name, why="there is no such folder")
    found = [load(path) for path in sorted(folder.glob("*.y*ml"))]
    if not found:
        raise BadMapping(file=folder.name, why="the folder holds no mapping (*.yaml)")
    return found
