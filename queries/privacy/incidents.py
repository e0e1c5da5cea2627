"""The register of security incidents and the clocks they start.

Souk stores, reminds and answers; it never concludes that there were none because none are recorded.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from queries.privacy.clocks import Severity, incident_clocks
from queries.privacy.reading import Reader, snapshot_reader
from queries.privacy.requests import naive
from queries.trouble import Trouble

if TYPE_CHECKING:
    from queries.warehouse import Warehouse


class NoSuchIncident(Trouble):
    en = "There is no incident {incident_id}."
    zh = "没有编号为 {incident_id} 的事件。"
    hint_en = "`souk privacy incidents` lists them."
    hint_zh = "`souk privacy incidents` 可列出全部事件。"


class NoSuchDuty(Trouble):
    en = "Incident {incident_id} has no open duty {duty}."
    zh = "事件 {incident_id} 没有待办的报告义务 {duty}。"


class DutiesOpen(Trouble):
    en = "Incident {incident_id} still has duties to be done: {duties}."
    zh = "事件 {incident_id} 仍有未履行的报告义务: {duties}。"
    hint_en = "Note each with `souk privacy incidents done`, or give the reason for no notice."
    hint_zh = "请用 `souk privacy incidents done` 逐项登记, 或说明无需通知的理由。"


@dataclass(frozen=True)
class RunningClock:
    """A row of `privacy.incident_clocks`; `late` where it was, or is, past due."""

    regime: str
    duty: str
    due_at: datetime
    done_at: datetime | None
    late: bool


@dataclass(frozen=True)
class Incident:
    """A row of `privacy.incidents` with its clocks, the next due first. Instants are naive UTC."""

    incident_id: str
    detected_at: datetime
    kind: str
    severity: str
    platforms: tuple[str, ...]
    data_classes: tuple[str, ...]
    persons_estimate: int | None
    contained_at: datetime | None
    individuals_notified_at: datetime | None
    no_notice_reason: str | None
    closed_at: datetime | None
    review_ref: str | None
    clocks: tuple[RunningClock, ...] = ()


def record_incident(
    warehouse: Warehouse,
    *,
    detected_at: datetime,
    kind: str,
    severity: Severity,
    now: datetime,
    platforms: Sequence[str] = (),
    regions: Sequence[str] = (),
    data_classes: Sequence[str] = (),
    persons_estimate: int | None = None,
) -> Incident:
    """Registers an incident and starts the clocks of the platforms and regions hit (cn, eu, uk)."""
    incident_id = f"I-{detected_at:%Y%m%d}-{secrets.token_hex(3)}"
    with warehouse.write() as session:
        session.execute(
            "INSERT INTO privacy.incidents"
            " (incident_id, detected_at, kind, severity, platforms, data_classes, persons_estimate)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                incident_id,
                naive(detected_at),
                kind,
                severity,
                list(platforms),
                list(data_classes),
                persons_estimate,
            ],
        )
        session.executemany(
            "INSERT INTO privacy.incident_clocks VALUES (?, ?, ?, ?, NULL)",
            [
                (incident_id, clock.regime, clock.duty, naive(clock.due_at))
                for clock in incident_clocks(
                    detected_at, platforms=platforms, regions=regions, severity=severity
                )
            ],
        )
        incident = _incident(session, incident_id, now)
    warehouse.publish()
    return incident


def list_incidents(warehouse: Warehouse, *, now: datetime, only_open: bool = False) -> list[Incident]:
    """All incidents, the latest first. An empty list means that none is recorded, not that there was none."""
    with snapshot_reader(warehouse) as reader:
        found = reader.named(
            "SELECT incident_id FROM privacy.incidents ORDER BY detected_at DESC, incident_id"
        )
        incidents = [_incident(reader, row["incident_id"], now) for row in found]
    return [incident for incident in incidents if incident.closed_at is None] if only_open else incidents


def duty_done(
    warehouse: Warehouse, incident_id: str, regime: str, duty: str, *, done_at: datetime, now: datetime
) -> Incident:
    """Notes when a duty was done. Raises NoSuchIncident, NoSuchDuty."""
    with warehouse.write() as session:
        incident = _incident(session, incident_id, now)
        open_duties = {(clock.regime, clock.duty) for clock in incident.clocks if clock.done_at is None}
        if (regime, duty) not in open_duties:
            raise NoSuchDuty(incident_id=incident_id, duty=f"{regime}/{duty}")
        session.execute(
            "UPDATE privacy.incident_clocks SET done_at = ? WHERE incident_id = ? AND regime = ? AND duty = ?",
            [naive(done_at), incident_id, regime, duty],
        )
        if "persons" in duty:
            session.execute(
                "UPDATE privacy.incidents SET individuals_notified_at = ? WHERE incident_id = ?",
                [naive(done_at), incident_id],
            )
        incident = _incident(session, incident_id, now)
    warehouse.publish()
    return incident


def close_incident(
    warehouse: Warehouse,
    incident_id: str,
    *,
    now: datetime,
    contained_at: datetime | None = None,
    no_notice_reason: str | None = None,
    review_ref: str | None = None,
) -> Incident:
    """Closes an incident; open duties need a reason for no notice. Raises NoSuchIncident, DutiesOpen."""
    with warehouse.write() as session:
        incident = _incident(session, incident_id, now)
        left = [clock.duty for clock in incident.clocks if clock.done_at is None]
        if left and not no_notice_reason:
            raise DutiesOpen(incident_id=incident_id, duties=", ".join(left))
        session.execute(
            "UPDATE privacy.incidents SET closed_at = ?, contained_at = coalesce(?, contained_at, ?),"
            " no_notice_reason = coalesce(?, no_notice_reason), review_ref = coalesce(?, review_ref)"
            " WHERE incident_id = ?",
            [
                naive(now),
                naive(contained_at) if contained_at else None,
                naive(now),
                no_notice_reason,
                review_ref,
                incident_id,
            ],
        )
        incident = _incident(session, incident_id, now)
    warehouse.publish()
    return incident


def _incident(reader: Reader, incident_id: str, now: datetime) -> Incident:
    rows = reader.named("SELECT * FROM privacy.incidents WHERE incident_id = ?", [incident_id])
    if not rows:
        raise NoSuchIncident(incident_id=incident_id)
    clocks = reader.named(
        "SELECT regime, duty, due_at, done_at FROM privacy.incident_clocks WHERE incident_id = ?"
        " ORDER BY due_at, regime, duty",
        [incident_id],
    )
    running = tuple(
        RunningClock(**clock, late=(clock["done_at"] or naive(now)) > clock["due_at"]) for clock in clocks
    )
    row: dict[str, Any] = rows[0]
    lists = {name: tuple(row[name] or ()) for name in ("platforms", "data_classes")}
    return Incident(**{**row, **lists}, clocks=running)
