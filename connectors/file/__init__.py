"""Exports from back offices (CSV, XLSX, Parquet) with a mapping: how orders come in where an API is closed to us,
and traffic, unit costs, settlements and dashboards where there is none. Read from this machine, sent nowhere."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from connectors.engine.stream import (
    About,
    Call,
    Connector,
    Finding,
    Host,
    Identity,
    Import,
    Rate,
    Reply,
    Request,
    Tokens,
)
from connectors.file.mapping import KINDS, Mapping_, load_folder
from connectors.file.reading import Export
from connectors.file.troubles import BadMapping
from queries.records import Record

PIECE = 1 << 20


class FileSettings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    folder: Path
    """Where the exports and their mappings (`*.yaml`) lie."""


class NoServer:
    """Files are no server: nothing is ever asked."""

    rate = Rate(per_second=1)

    def __init__(self, settings: FileSettings) -> None:
        self.settings = settings

    def request(self, call: Call, token: str | None, now: datetime) -> Request:
        raise AssertionError("files are read, not asked for")

    def check(self, reply: Reply, call: Call) -> None:
        return None

    def refresh(self, refresh_token: str | None, host: Host) -> Call | None:
        return None

    def tokens(self, reply: Reply, host: Host) -> Tokens:
        raise AssertionError("files have no tokens")


def exports(settings: FileSettings) -> list[Import]:
    """One import a mapping; its pattern may name several files, which count as one export."""
    return [Exports(mapping, settings.folder).as_import() for mapping in load_folder(settings.folder)]


class Exports:
    """The files that one mapping reads: those of its pattern in a folder, or the ones given."""

    def __init__(self, mapping: Mapping_, folder: Path | None = None, given: Sequence[Path] = ()) -> None:
        self.mapping, self.folder, self.given = mapping, folder, given
        self._read: dict[Path, Export] = {}

    def as_import(self) -> Import:
        mapping = self.mapping
        return Import(
            name=mapping.name, platform=mapping.platform, shop_id=mapping.shop_id, zone=mapping.zone,
            tables=tuple(KINDS[table] for table in mapping.tables), currency=mapping.currency,
            fingerprint=self.fingerprint, rows=self.rows, unread=self.unread,
            replaces=("order_lines",) if "order_lines" in mapping.tables else ())  # fmt: skip

    def files(self) -> list[Path]:
        """Raises BadMapping where no file fits, or one lies outside the folder."""
        if self.folder is None:
            return list(self.given)
        found = sorted(path for path in self.folder.glob(self.mapping.file) if path.is_file())
        if not found:
            raise BadMapping(file=self.mapping.name, why=f"no file is called {self.mapping.file}")
        if any(not path.resolve().is_relative_to(self.folder.resolve()) for path in found):
            raise BadMapping(file=self.mapping.name, why="an export must lie in the folder of its mapping")
        return found

    def fingerprint(self) -> str:
        """Changes with any byte of the exports or of the mapping."""
        digest = hashlib.sha256(
            self.mapping.model_dump_json(by_alias=True, exclude={"file", "fingerprint"}).encode())
        for path in self.files():
            digest.update(path.name.encode())
            with path.open("rb") as file:
                while piece := file.read(PIECE):
                    digest.update(piece)
        self._read.clear()
        return digest.hexdigest()

    def rows(self) -> Iterator[Record | Finding]:
        return chain.from_iterable(self._export(path).rows() for path in self.files())

    def unread(self) -> list[str]:
        """Headers that stay in the files and that nothing is known about."""
        from connectors.file.knowledge import known_headers

        known = known_headers(self.mapping.layout)
        return sorted({header for path in self.files() for header in self._export(path).unread()} - known)

    def _export(self, path: Path) -> Export:
        """One reading an import: what it learned of the file's order in the check serves the writing."""
        if path not in self._read:
            self._read[path] = Export(path, self.mapping)
        return self._read[path]


def identity(replies: Sequence[Reply | None], settings: Any) -> Identity:
    """Reading every mapping is the test of a file connection."""
    load_folder(settings.folder)
    return Identity(settings.folder.name, None)


CONNECTOR = Connector(
    platform="file", title_en="Files", title_zh="文件导入", settings=FileSettings, client=NoServer, streams=(),
    about=About(lambda _settings: [], identity), imports=exports)  # fmt: skip
