"""Settings as rows of schema `privacy`, each with the decision behind it.

Files and commands both decide; the later decision stands. A file's row is applied when it says something
else than the last time it was loaded, so loading twice writes nothing, and an administrator's command is not
undone by the next start, only by a file that changes. Every change is a row of `privacy.setting_decisions`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from queries.privacy.files import Decided, fingerprint, read_settings, settings_files
from queries.privacy.reading import snapshot_reader
from queries.privacy.rows import Field_, Row

if TYPE_CHECKING:
    from queries.warehouse import Session, Warehouse

COMMAND = "command"
LOADED = "loaded files"
"""The decision row that says which set of files is in force."""
TEAM = "<team>"
_LAST_LOAD = """
    SELECT row_key, content, version FROM privacy.setting_decisions
    WHERE setting = ? ORDER BY version DESC LIMIT 1"""


@dataclass(frozen=True)
class Loaded:
    """What a load changed; all zero when the settings in force were the files'."""

    changed: int = 0
    withdrawn: int = 0
    fields: int = 0

    def __bool__(self) -> bool:
        return bool(self.changed or self.withdrawn or self.fields)


def load_settings(
    warehouse: Warehouse,
    home: Path,
    *,
    now: datetime,
    fields: Callable[[], Iterable[object]] = tuple,
    catalogues: Sequence[Path] = (),
    team: str = "",
) -> Loaded:
    """Validates the YAML files and brings schema `privacy` in step with them; publishes when it changed.

    `fields` yields the connectors' catalogue rows (objects with the columns of `privacy.field_catalogue` as
    attributes) and is called only when `catalogues`, the files they come from, or the settings have changed.
    `team` is the Slack workspace Souk is installed in: it takes the place of `<team>` in shipped rows and is
    remembered. Cheap when nothing changed: one read of the snapshot. Raises BadPrivacyFile before anything is
    written.
    """
    with snapshot_reader(warehouse) as reader:
        known = reader.named(_LAST_LOAD, [LOADED])
    team = team or (known[0]["content"] if known else "")
    mark = fingerprint([*settings_files(home), *catalogues], team)
    if known and known[0]["row_key"] == mark:
        return Loaded()
    desired = _with_team(read_settings(home), team)
    catalogue = [catalogue_row(field) for field in fields()]
    with warehouse.write() as session:
        loaded = _apply(session, desired, now)
        loaded = Loaded(loaded.changed, loaded.withdrawn, load_fields(session, catalogue))
        number = (known[0]["version"] if known else 0) + 1
        _keep(session, [_note(LOADED, mark, "set", team, "load", "", None, now.date(), number, now)])
    warehouse.publish()
    return loaded


def _with_team(desired: dict[tuple[str, str], Decided], team: str) -> dict[tuple[str, str], Decided]:
    """Shipped rows for `<team>` become the installed workspace's, once it is known."""
    if not team:
        return desired
    bound: dict[tuple[str, str], Decided] = {}
    for (table, _), item in desired.items():
        row = item.row
        if table == "role_members" and TEAM in getattr(row, "principal", ""):
            row = row.model_copy(update={"principal": row.principal.replace(TEAM, team)})  # type: ignore[attr-defined]
            item = Decided(row, item.source, item.version, item.decided_by, item.decided_on)
        bound[table, row.row_key] = item
    return bound


def _apply(session: Session, desired: Mapping[tuple[str, str], Decided], now: datetime) -> Loaded:
    from_files = _last_from_files(session)
    news = {name: item for name, item in desired.items() if from_files.get(name) != content_of(item.row)}
    write_rows(session, [item.row for item in news.values()])
    notes = [
        _note(
            *name,
            "set",
            content_of(item.row),
            item.source,
            item.decided_by,
            None,
            item.decided_on,
            item.version,
            now,
        )
        for name, item in news.items()
    ]
    gone = sorted(from_files.keys() - desired.keys())
    for table, row_key in gone:
        delete_row(session, table, row_key)
        notes.append(
            _note(table, row_key, "withdraw", None, "removed from the files", "", None, now.date(), 0, now)
        )
    _keep(session, notes)
    return Loaded(len(news), len(gone))


def _last_from_files(session: Session) -> dict[tuple[str, str], str]:
    """(table, key) -> content of each row that a file set last and did not withdraw since."""
    rows = session.named(
        "SELECT setting, row_key, action, content FROM privacy.setting_decisions"
        " WHERE source <> ? AND setting <> ? ORDER BY recorded_at, rowid",
        [COMMAND, LOADED],
    )
    latest = {(row["setting"], row["row_key"]): row for row in rows}
    return {name: row["content"] for name, row in latest.items() if row["action"] == "set"}


def content_of(row: Row) -> str:
    """The row as JSON text, the same for equal rows."""
    return json.dumps(row.model_dump(mode="json"), ensure_ascii=False, sort_keys=True)


def write_rows(session: Session, rows: Iterable[Row]) -> None:
    """Inserts rows, or changes those whose key is there; columns a row does not know keep their values."""
    by_table: dict[str, list[Row]] = {}
    for row in rows:
        by_table.setdefault(row.table, []).append(row)
    for table, found in by_table.items():
        key = found[0].key
        there = set(session.execute(f"SELECT {', '.join(key)} FROM privacy.{table}"))
        fresh = [row for row in found if tuple(row.columns()[name] for name in key) not in there]
        names = list(type(found[0]).model_fields)
        session.executemany(
            f"INSERT INTO privacy.{table} ({', '.join(names)}) VALUES ({', '.join('?' for _ in names)})",
            [tuple(row.columns()[name] for name in names) for row in fresh],
        )
        for row in found:
            if row not in fresh:
                _change(session, row)


def _change(session: Session, row: Row) -> None:
    columns = row.columns()
    rest = [name for name in columns if name not in row.key]
    if not rest:
        return
    changes = ", ".join(f"{name} = ?" for name in rest)
    match = " AND ".join(f"{name} = ?" for name in row.key)
    session.execute(
        f"UPDATE privacy.{row.table} SET {changes} WHERE {match}",
        [columns[name] for name in (*rest, *row.key)],
    )


def delete_row(session: Session, table: str, row_key: str) -> None:
    """Removes the row with that key; nothing happens where there is none."""
    from queries.privacy.rows import SETTINGS

    key = SETTINGS[table].key
    match = " AND ".join(f"CAST({column} AS VARCHAR) = ?" for column in key)
    session.execute(f"DELETE FROM privacy.{table} WHERE {match}", row_key.split(" | "))


def record_decision(
    session: Session, row: Row, *, by: str, approved_by: str | None, now: datetime, withdraw: bool = False
) -> None:
    """Writes what a command decided, and the decision. The caller has checked who may."""
    if withdraw:
        delete_row(session, row.table, row.row_key)
    else:
        write_rows(session, [row])
    action, content = ("withdraw", None) if withdraw else ("set", content_of(row))
    note = _note(row.table, row.row_key, action, content, COMMAND, by, approved_by, now.date(), 0, now)
    _keep(session, [note])


def _note(
    setting: str,
    row_key: str,
    action: str,
    content: str | None,
    source: str,
    decided_by: str,
    approved_by: str | None,
    decided_on: date,
    version: int,
    now: datetime,
) -> tuple[Any, ...]:
    """A row of `privacy.setting_decisions`."""
    recorded_at = now.astimezone(UTC).replace(tzinfo=None)
    return (
        setting, row_key, action, content, source, decided_by, approved_by, decided_on, version, recorded_at,
    )  # fmt: skip


def _keep(session: Session, notes: Iterable[tuple[Any, ...]]) -> None:
    session.executemany("INSERT INTO privacy.setting_decisions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", notes)


def catalogue_row(field: object) -> Field_:
    """A connector's catalogue entry as a row; ValidationError where it would keep what must be dropped."""
    given: dict[str, Any] = {name: getattr(field, name, None) for name in Field_.model_fields}
    return Field_.model_validate({name: value for name, value in given.items() if value is not None})


def load_fields(session: Session, catalogue: Iterable[Field_]) -> int:
    """Replaces the catalogue of each platform that `catalogue` names; returns the rows that differ."""
    wanted = {row.row_key: row for row in catalogue}
    columns = list(Field_.model_fields)
    stored: dict[str, Any] = {}
    for platform in {row.platform for row in wanted.values()}:
        for found in session.named(
            f"SELECT {', '.join(columns)} FROM privacy.field_catalogue WHERE platform = ?", [platform]
        ):
            row = Field_.model_construct(**found)
            stored[row.row_key] = row
    changed = [row for key, row in wanted.items() if stored.get(key) != row]
    gone = [row for key, row in stored.items() if key not in wanted]
    session.executemany(
        "DELETE FROM privacy.field_catalogue WHERE platform = ? AND source = ? AND source_field = ?",
        [(row.platform, row.source, row.source_field) for row in gone],
    )
    fresh = [row for row in changed if row.row_key not in stored]
    if fresh:
        import pyarrow  # a question does not need it

        session.lend("fresh_fields", pyarrow.Table.from_pylist([row.columns() for row in fresh]))
        session.execute("INSERT INTO privacy.field_catalogue BY NAME SELECT * FROM fresh_fields")
    for row in changed:
        if row.row_key in stored:
            _change(session, row)
    return len(changed) + len(gone)
