"""Erasing a person so that the person stays erased, while every total stays where it was."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from queries.privacy.reading import Reader
from queries.privacy.requests import finish, naive, verified_request
from queries.privacy.retention import ANSWERS

if TYPE_CHECKING:
    from queries.warehouse import State, Warehouse


@dataclass(frozen=True)
class Erasure:
    """What an erasure did. `rows` are rows that lost the key or were deleted; money is untouched."""

    platform: str
    rows: int
    physical_erasure_at: datetime | None
    request_id: str | None = None


def erase(
    warehouse: Warehouse,
    state: State,
    platform: str,
    subject_key: str,
    *,
    now: datetime,
    request_id: str | None = None,
    rebuild: bool = True,
) -> Erasure:
    """Erases a pseudonym so that it stays erased. Order money stays: totals do not move.

    The suppression is committed first and alone: from then on no sync, back-fill or restored backup can bring
    the key back, whatever happens next. Then the key leaves facts, customers, segments and consents, stored
    forms and answers go, and the file is written anew, because a deleted string stays in the old one's bytes.
    Raises NotVerified where a request is named and nobody has verified it.
    """
    from queries.warehouse.rebuild import rebuild as write_anew

    with warehouse.write() as session:
        if request_id is not None:
            verified_request(session, request_id, now)
        session.execute(
            "INSERT INTO privacy.suppressions VALUES (?, ?, 'all', ?, ?) ON CONFLICT DO NOTHING",
            [platform, subject_key, request_id or "erasure", naive(now)],
        )
    with warehouse.write() as session:
        rows = _forget(session, platform, subject_key)
        if request_id is not None:
            finish(session, request_id, now, status="completed", rows=rows)
    for room in ANSWERS:
        state.drop(room)
    if not rebuild:
        warehouse.publish()
        return Erasure(platform, rows, None, request_id)
    write_anew(warehouse.rooms, now, [request_id] if request_id else [])
    return Erasure(platform, rows, now, request_id)


def _forget(session: Reader, platform: str, subject_key: str) -> int:
    """Removes the key everywhere; returns the rows that held it."""
    about = {"platform": platform, "subject": subject_key}
    where = "CAST(platform AS VARCHAR) = $platform AND {column} = $subject"
    rows = 0
    for table, column in (
        ("orders", "customer_key"),
        ("customers", "customer_key"),
        ("customer_segments", "customer_key"),
        ("privacy.consents", "subject_key"),
    ):
        match = where.format(column=column)
        rows += session.execute(f"SELECT count(*) FROM {table} WHERE {match}", about)[0][0]
        change = "UPDATE orders SET customer_key = NULL" if table == "orders" else f"DELETE FROM {table}"
        session.execute(f"{change} WHERE {match}", about)
    return rows
