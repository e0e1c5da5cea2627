"""The registers that people keep: processors, agreements, assessments, trainings, notices, consents.

A row is validated by its type, written with the decision behind it, and replaces the row with its key. Empty
registers are shown as empty: nothing recorded is not nothing happened.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from queries.privacy.decisions import record_decision, write_rows
from queries.privacy.reading import snapshot_reader
from queries.privacy.rows import REGISTERS, Consent
from queries.trouble import Trouble

if TYPE_CHECKING:
    from queries.warehouse import Warehouse

READABLE = (
    "roles", "role_members", "role_shops", "channel_rules", "disclosure_rules", "platform_rules",
    "retention_rules", "field_catalogue", "processors", "sharing_agreements", "keys", "notices",
    "impact_assessments", "trainings", "external_assessments", "backups", "setting_decisions",
)  # fmt: skip
"""Tables that `souk privacy settings` and its like may list whole."""


class NoSuchRegister(Trouble):
    en = "There is no register {register}."
    zh = "没有名为 {register} 的登记册。"
    hint_en = "Registers: {known}."
    hint_zh = "现有登记册: {known}。"


class BadEntry(Trouble):
    en = "This entry of {register} is not complete: {why}."
    zh = "{register} 的这条记录不完整: {why}。"


def record(
    warehouse: Warehouse, register: str, entries: Sequence[Mapping[str, Any]], *, by: str, now: datetime
) -> int:
    """Writes entries into a register in one transaction; returns how many.

    Raises NoSuchRegister, BadEntry (nothing is written then).
    """
    kind = REGISTERS.get(register)
    if kind is None:
        raise NoSuchRegister(register=register, known=", ".join(sorted(REGISTERS)))
    try:
        rows = [kind.model_validate(dict(entry)) for entry in entries]
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        why = first["msg"].removeprefix("Value error, ")
        raise BadEntry(register=register, why=f"{where}: {why}" if where else why) from None
    with warehouse.write() as session:
        suppressed = set(session.execute("SELECT platform, subject_key FROM privacy.suppressions"))
        for row in rows:
            if not isinstance(row, Consent):
                record_decision(session, row, by=by, approved_by=None, now=now)
            elif (row.platform, row.subject_key) not in suppressed:
                write_rows(session, [row])
    warehouse.publish()
    return len(rows)


def read_table(warehouse: Warehouse, table: str) -> list[dict[str, Any]]:
    """All rows of a settings table or register, sorted. Raises NoSuchRegister."""
    if table not in READABLE:
        raise NoSuchRegister(register=table, known=", ".join(READABLE))
    with snapshot_reader(warehouse) as reader:
        return reader.named(f"SELECT * FROM privacy.{table} ORDER BY ALL")
