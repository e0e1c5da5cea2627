"""Exports as CSV with a mapping: how traffic, unit costs, settlements and dashboards come in where no API
gives them. Read from this machine; nothing is sent anywhere."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from connectors.engine.stream import (
    About,
    Call,
    Connector,
    Host,
    Identity,
    Import,
    Rate,
    Reply,
    Request,
    Tokens,
)
from connectors.file.mapping import BadMapping, Mapping_, load_folder
from connectors.file.reading import read_rows, unread_headers
from queries.records import Record


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
    return [_import(settings.folder, mapping) for mapping in load_folder(settings.folder)]


def _import(folder: Path, mapping: Mapping_) -> Import:
    return Import(
        name=mapping.name, platform=mapping.platform, shop_id=mapping.shop_id, zone=mapping.zone, table=mapping.kind,
        fingerprint=partial(_fingerprint, folder, mapping), rows=partial(_rows, folder, mapping),
        unread=partial(_unread, folder, mapping))  # fmt: skip


def _files(folder: Path, mapping: Mapping_) -> list[Path]:
    """Raises BadMapping where no file fits, or one lies outside the folder."""
    found = sorted(path for path in folder.glob(mapping.file) if path.is_file())
    if not found:
        raise BadMapping(file=mapping.name, why=f"no file is called {mapping.file}")
    if any(not path.resolve().is_relative_to(folder.resolve()) for path in found):
        raise BadMapping(file=mapping.name, why="an export must lie in the folder of its mapping")
    return found


def _fingerprint(folder: Path, mapping: Mapping_) -> str:
    """Changes with any byte of the exports or of the mapping."""
    digest = hashlib.sha256(mapping.model_dump_json().encode())
    for path in _files(folder, mapping):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _rows(folder: Path, mapping: Mapping_) -> Iterator[Record]:
    for path in _files(folder, mapping):
        yield from read_rows(path.read_bytes(), mapping, path.name)


def _unread(folder: Path, mapping: Mapping_) -> list[str]:
    headers = [unread_headers(path.read_bytes(), mapping, path.name) for path in _files(folder, mapping)]
    return sorted({header for found in headers for header in found})


def identity(replies: Sequence[Reply | None], settings: Any) -> Identity:
    """Reading every mapping is the test of a file connection."""
    load_folder(settings.folder)
    return Identity(settings.folder.name, None)


CONNECTOR = Connector(
    platform="file", title_en="Files", title_zh="文件导入", settings=FileSettings, client=NoServer, streams=(),
    about=About(lambda _settings: [], identity), imports=exports)  # fmt: skip
