"""Registers that a company already keeps elsewhere, taken over row by row.

Settings rows are validated by their types and written with the decision behind them; the rest (requests,
incidents and their clocks, backups, consents) is written as it is given, under the tables' own checks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pyarrow

from queries.privacy.decisions import record_decision
from queries.privacy.registers import NoSuchRegister
from queries.privacy.rows import SETTINGS

if TYPE_CHECKING:
    from queries.warehouse import Session, Warehouse

PLAIN = ("consents", "subject_requests", "incidents", "incident_clocks", "backups")
"""Tables that are taken over without a decision: what happened, not what was decided."""


def import_registers(
    warehouse: Warehouse, tables: Mapping[str, Sequence[Mapping[str, Any]]], *, by: str, now: datetime
) -> int:
    """Writes rows (column -> value; instants aware) into schema `privacy` in one transaction; returns how many.

    A settings row replaces the row with its key. Consents of suppressed persons are left out. Raises
    NoSuchRegister; ValidationError for a settings row that its type refuses (nothing is written then).
    """
    for table in tables:
        if table not in SETTINGS and table not in PLAIN:
            raise NoSuchRegister(register=table, known=", ".join(sorted((*SETTINGS, *PLAIN))))
    written = 0
    with warehouse.write() as session:
        for table, rows in tables.items():
            if table in SETTINGS:
                for row in rows:
                    record_decision(
                        session, SETTINGS[table].model_validate(dict(row)), by=by, approved_by=None, now=now
                    )
                written += len(rows)
            elif rows:
                written += _take_over(session, table, rows)
    warehouse.publish()
    return written


def _take_over(session: Session, table: str, rows: Sequence[Mapping[str, Any]]) -> int:
    """`table` is one of PLAIN; a row whose columns the table does not have is refused by the database."""
    if table == "consents":
        suppressed = set(session.execute("SELECT platform, subject_key FROM privacy.suppressions"))
        rows = [row for row in rows if (row["platform"], row["subject_key"]) not in suppressed]
    names = sorted({name for row in rows for name in row})
    given = pyarrow.Table.from_pylist([{name: _plain(row.get(name)) for name in names} for row in rows])
    session.lend("taken_over", given)
    session.execute(f"INSERT INTO privacy.{table} BY NAME SELECT * FROM taken_over")
    return len(rows)


def _plain(value: Any) -> Any:
    return value.astimezone(UTC).replace(tzinfo=None) if isinstance(value, datetime) else value
