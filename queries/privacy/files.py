"""The privacy settings as files: the shipped YAML beside this module, then the workspace's own over it.

A file opens with `version`, `decided_by` and `decided_on`, so every row in it has an owner and a date; then
come tables with rows. A workspace file overrides a shipped row by writing its key and the fields that differ,
adds rows, and takes rows away under `remove:`. A mistake is told with file and line and nothing is loaded.

    version: 2
    decided_by: Anna (DPO)
    decided_on: 2026-11-20
    retention_rules:
      - {rule_id: person_keys, max_days: 365}
    remove:
      role_members:
        - {role: viewer, principal: "slack:<team>/*"}
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from queries.privacy.rows import SETTINGS, Row
from queries.trouble import Trouble

SHIPPED = Path(__file__).parent / "settings"
HEADER = ("version", "decided_by", "decided_on")


class BadPrivacyFile(Trouble):
    en = "The privacy settings are wrong in {file}, line {line}: {why}."
    zh = "隐私设置文件 {file} 第 {line} 行有误: {why}。"
    hint_en = "Nothing was loaded; the settings in force stay as they were. Correct the line and start again."
    hint_zh = "未加载任何内容, 原设置继续有效。请更正该行后重新启动。"


@dataclass(frozen=True)
class Decided:
    """A validated row with who decided it, when, in which version and file."""

    row: Row
    source: str
    version: int
    decided_by: str
    decided_on: date


@dataclass(frozen=True)
class _Entry:
    """A row as written: raw fields, where it stands, and its file's header."""

    table: str
    fields: Mapping[str, Any]
    file: str
    line: int
    field_lines: Mapping[str, int]
    header: Mapping[str, Any]
    removes: bool = False


def settings_files(home: Path) -> list[Path]:
    """Shipped files first, then the workspace's, each by name."""
    return [*sorted(SHIPPED.glob("*.yaml")), *sorted((home / "privacy").glob("*.yaml"))]


def fingerprint(files: Iterable[Path], *more: str) -> str:
    """Changes when a byte of a file does; `more` are other facts that shape the load."""
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    for fact in more:
        digest.update(fact.encode() + b"\0")
    return digest.hexdigest()


def read_settings(home: Path) -> dict[tuple[str, str], Decided]:
    """All rows in force, by (table, row key). Raises BadPrivacyFile."""
    merged: dict[tuple[str, str], _Entry] = {}
    for file in settings_files(home):
        for entry in _entries(file):
            name = (entry.table, _row_key(entry))
            if entry.removes:
                if merged.pop(name, None) is None:
                    raise BadPrivacyFile(
                        file=entry.file, line=entry.line, why=f"there is no such row of {name[0]}"
                    )
                continue
            earlier = merged.get(name)
            if earlier is not None:
                entry = _over(earlier, entry)
            merged[name] = entry
    decided = {name: _decided(entry) for name, entry in merged.items()}
    _check_together(decided, merged)
    return decided


def _entries(file: Path) -> Iterator[_Entry]:
    loader = yaml.SafeLoader(file.read_text(encoding="utf-8"))
    try:
        root = loader.get_single_node()
        document = loader.construct_document(root) if root is not None else {}
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise BadPrivacyFile(file=file.name, line=line, why=str(error.problem)) from None
    finally:
        loader.dispose()
    if root is None:
        return
    if not isinstance(document, dict):
        raise BadPrivacyFile(file=file.name, line=1, why="a file is a mapping of tables to rows")
    header = {name: document.get(name) for name in HEADER}
    if not (
        isinstance(header["version"], int) and header["decided_by"] and isinstance(header["decided_on"], date)
    ):
        raise BadPrivacyFile(
            file=file.name, line=1, why="a file opens with version, decided_by and decided_on"
        )
    for key_node, value_node in root.value:
        table = key_node.value
        if table in HEADER:
            continue
        if table == "remove":
            for inner_key, inner_value in value_node.value:
                yield from _rows(
                    file, inner_key, inner_value, document["remove"][inner_key.value], header, True
                )
        else:
            yield from _rows(file, key_node, value_node, document[table], header, False)


def _rows(
    file: Path,
    key_node: yaml.Node,
    value_node: yaml.Node,
    rows: Any,
    header: Mapping[str, Any],
    removes: bool,
) -> Iterator[_Entry]:
    table, line = key_node.value, key_node.start_mark.line + 1
    if table not in SETTINGS:
        raise BadPrivacyFile(file=file.name, line=line, why=f"there is no table {table}")
    if not isinstance(rows, list):
        raise BadPrivacyFile(file=file.name, line=line, why=f"{table} is a list of rows")
    for node, fields in zip(value_node.value, rows, strict=True):
        at = node.start_mark.line + 1
        if not isinstance(fields, dict):
            raise BadPrivacyFile(file=file.name, line=at, why="a row is a mapping of columns to values")
        lines = {name.value: name.start_mark.line + 1 for name, _ in node.value}
        yield _Entry(table, fields, file.name, at, lines, header, removes)


def _row_key(entry: _Entry) -> str:
    key = SETTINGS[entry.table].key
    missing = [column for column in key if column not in entry.fields]
    if missing:
        raise BadPrivacyFile(
            file=entry.file, line=entry.line, why=f"the row has no {' and no '.join(missing)}"
        )
    return " | ".join(str(entry.fields[column]) for column in key)


def _over(earlier: _Entry, later: _Entry) -> _Entry:
    """The later file's fields over the earlier one's; the later file answers for the row."""
    return _Entry(
        later.table,
        {**earlier.fields, **later.fields},
        later.file,
        later.line,
        later.field_lines,
        later.header,
    )


def _decided(entry: _Entry) -> Decided:
    try:
        row = SETTINGS[entry.table].model_validate(dict(entry.fields))
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]) if first["loc"] else ""
        why = first["msg"].removeprefix("Value error, ")
        raise BadPrivacyFile(
            file=entry.file,
            line=entry.field_lines.get(name, entry.line),
            why=f"{entry.table}.{name or 'row'}: {why}",
        ) from None
    return Decided(
        row, entry.file, entry.header["version"], entry.header["decided_by"], entry.header["decided_on"]
    )


def _check_together(
    decided: Mapping[tuple[str, str], Decided], entries: Mapping[tuple[str, str], _Entry]
) -> None:
    """Rules between rows: members and shops name a role that exists, and both disclosure scopes are there."""
    roles = {key for table, key in decided if table == "roles"}
    for (table, _), entry in entries.items():
        if table in ("role_members", "role_shops") and str(entry.fields["role"]) not in roles:
            line = entry.field_lines.get("role", entry.line)
            raise BadPrivacyFile(file=entry.file, line=line, why=f"there is no role {entry.fields['role']}")
    for scope in ("slack", "export"):
        if ("disclosure_rules", scope) not in decided:
            why = f"the disclosure rule {scope} cannot be removed, only changed"
            raise BadPrivacyFile(file="privacy/*.yaml", line=1, why=why)
