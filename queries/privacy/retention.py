"""Retention: what is older than its rule allows is removed, every day.

The rules are rows of `privacy.retention_rules`; each run writes when it ran, how many rows it changed and
how many are left overdue. Running twice changes nothing the second time, and a dry run changes nothing at
all. Two rules may fit one row: both run, so the shorter one wins. A rule that people enforce (`manual`) is
counted where it can be, and never marked as run.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from queries.privacy.reading import Reader, snapshot_reader
from queries.privacy.requests import naive

if TYPE_CHECKING:
    from queries.warehouse import State, Warehouse

ANSWERS = ("form", "thread", "choice", "slack_thread", "slack_answer", "feedback", "review")
"""Rooms of the state store in which an answer, or what led to it, lives on."""


@dataclass(frozen=True)
class RuleRun:
    """What one rule found and did. `overdue` is what is left past its limit."""

    rule_id: str
    data_class: str
    platform: str | None
    action: str
    cutoff: datetime
    rows: int
    overdue: int
    enforced_by: str


@dataclass(frozen=True)
class _Work:
    """The SQL of one data class: a count, then the statements that remove what was counted.

    `$cutoff` is naive UTC, `$platform` NULL for every platform.
    """

    count: str
    remove: tuple[str, ...] = ()
    touches_persons: bool = False


_LAPSED = """
    SELECT platform, customer_key FROM orders
    WHERE customer_key IS NOT NULL AND ($platform IS NULL OR CAST(platform AS VARCHAR) = $platform)
    GROUP BY platform, customer_key
    HAVING max(created_at) < $cutoff"""
_OF_LAPSED = (
    "EXISTS (SELECT 1 FROM lapsed l WHERE l.platform = t.platform AND l.customer_key = t.customer_key)"
)

WORK: dict[str, _Work] = {
    "person_key": _Work(
        f"WITH lapsed AS ({_LAPSED}) SELECT count(*) FROM orders t WHERE {_OF_LAPSED}",
        (
            f"CREATE OR REPLACE TEMP TABLE lapsed AS {_LAPSED}",
            f"UPDATE orders AS t SET customer_key = NULL WHERE {_OF_LAPSED}",
            f"DELETE FROM customers AS t WHERE {_OF_LAPSED}",
            f"DELETE FROM rollup_buyers AS t WHERE {_OF_LAPSED}",
            f"DELETE FROM customer_segments AS t WHERE {_OF_LAPSED}",
            "DELETE FROM customer_segments WHERE snapshot_date < CAST($cutoff AS DATE)"
            " AND ($platform IS NULL OR CAST(platform AS VARCHAR) = $platform)",
        ),
        touches_persons=True,
    ),
    "orders_personal": _Work(
        """
        SELECT count(*) FROM orders
        WHERE (customer_key IS NOT NULL OR region IS NOT NULL) AND coalesce(delivered_at, cancelled_at) < $cutoff
          AND ($platform IS NULL OR CAST(platform AS VARCHAR) = $platform)""",
        (
            """
            UPDATE orders SET customer_key = NULL, region = NULL
            WHERE (customer_key IS NOT NULL OR region IS NOT NULL) AND coalesce(delivered_at, cancelled_at) < $cutoff
              AND ($platform IS NULL OR CAST(platform AS VARCHAR) = $platform)""",
        ),
        touches_persons=True,
    ),
    "access_log": _Work(
        "SELECT count(*) FROM privacy.access_log WHERE logged_at < $cutoff AND $platform IS NULL",
        ("DELETE FROM privacy.access_log WHERE logged_at < $cutoff AND $platform IS NULL",),
    ),
    "consents": _Work(
        # The latest state of a person always stays: without it a withdrawal would be forgotten.
        """
        SELECT count(*) FROM privacy.consents c
        WHERE ($platform IS NULL OR c.platform = $platform) AND EXISTS (
          SELECT 1 FROM privacy.consents n
          WHERE n.platform = c.platform AND n.subject_key = c.subject_key AND n.purpose = c.purpose
            AND n.channel = c.channel AND n.effective_at > c.effective_at AND n.effective_at < $cutoff)""",
        (
            """
            DELETE FROM privacy.consents AS c
            WHERE ($platform IS NULL OR c.platform = $platform) AND EXISTS (
              SELECT 1 FROM privacy.consents n
              WHERE n.platform = c.platform AND n.subject_key = c.subject_key AND n.purpose = c.purpose
                AND n.channel = c.channel AND n.effective_at > c.effective_at AND n.effective_at < $cutoff)""",
        ),
    ),
}
"""Data classes that live in the warehouse. `backups` and `answers` are files and the state store; raw payloads
are not stored, so there is nothing to remove."""


def run_retention(
    warehouse: Warehouse, state: State, *, now: datetime, dry_run: bool = False, rebuild: bool = True
) -> list[RuleRun]:
    """Runs every rule; with `dry_run` only counts.

    Person keys that were removed are gone from the file's bytes only after it was rebuilt, so that is done
    where any were (`rebuild`).
    """
    from queries.warehouse.rebuild import rebuild as write_anew

    if dry_run:
        with snapshot_reader(warehouse) as reader:
            return [_count(reader, state, warehouse, rule, now) for rule in _rules(reader)]
    with warehouse.write() as session:
        runs = [_run(session, state, warehouse, rule, now) for rule in _rules(session)]
    touched = any(run.rows and WORK.get(run.data_class, _Work("")).touches_persons for run in runs)
    if touched:
        state.drop("form")
    if touched and rebuild:
        write_anew(warehouse.rooms, now)
    else:
        warehouse.publish()
    return runs


def _rules(reader: Reader) -> list[dict[str, Any]]:
    return reader.named("SELECT * FROM privacy.retention_rules ORDER BY rule_id")


def _count(
    reader: Reader, state: State, warehouse: Warehouse, rule: dict[str, Any], now: datetime
) -> RuleRun:
    cutoff = now - timedelta(days=rule["max_days"])
    return _result(rule, cutoff, 0, _overdue(reader, state, warehouse, rule, cutoff))


def _run(session: Reader, state: State, warehouse: Warehouse, rule: dict[str, Any], now: datetime) -> RuleRun:
    cutoff = now - timedelta(days=rule["max_days"])
    before = _overdue(session, state, warehouse, rule, cutoff)
    if rule["enforced_by"] == "manual":
        session.execute(
            "UPDATE privacy.retention_rules SET overdue_rows = ? WHERE rule_id = ?", [before, rule["rule_id"]]
        )
        return _result(rule, cutoff, 0, before)
    if before:
        _remove(session, state, warehouse, rule, cutoff)
    left = _overdue(session, state, warehouse, rule, cutoff)
    rows = before - left
    session.execute(
        "UPDATE privacy.retention_rules SET last_run_at = ?, last_run_rows = ?, overdue_rows = ? WHERE rule_id = ?",
        [naive(now), rows, left, rule["rule_id"]],
    )
    return _result(rule, cutoff, rows, left)


def _overdue(
    reader: Reader, state: State, warehouse: Warehouse, rule: dict[str, Any], cutoff: datetime
) -> int:
    work = WORK.get(rule["data_class"])
    if work is not None:
        return int(_execute(reader, work.count, rule, cutoff)[0][0])
    if rule["data_class"] == "answers":
        return sum(state.older_than(room, cutoff) for room in ANSWERS)
    if rule["data_class"] == "backups":
        return len(_old_backups(reader, warehouse, cutoff))
    return 0


def _remove(
    session: Reader, state: State, warehouse: Warehouse, rule: dict[str, Any], cutoff: datetime
) -> None:
    work = WORK.get(rule["data_class"])
    for statement in work.remove if work else ():
        _execute(session, statement, rule, cutoff)
    if rule["data_class"] == "answers":
        for room in ANSWERS:
            state.older_than(room, cutoff, drop=True)
    if rule["data_class"] == "backups":
        for file in _old_backups(session, warehouse, cutoff):
            file.unlink(missing_ok=True)


def _old_backups(reader: Reader, warehouse: Warehouse, cutoff: datetime) -> list[Path]:
    """Files of backups older than the rule or past their own day; their rows stay, as proof that they were."""
    rows = reader.execute(
        "SELECT backup_id FROM privacy.backups WHERE finished_at < ? OR expires_on < ? ORDER BY backup_id",
        [naive(cutoff), warehouse.clock().date()],
    )
    files = [warehouse.rooms.backups / f"{backup_id}.souk" for (backup_id,) in rows]
    return [file for file in files if file.exists()]


def _execute(reader: Reader, statement: str, rule: dict[str, Any], cutoff: datetime) -> Any:
    """DuckDB refuses a named parameter that the statement does not use."""
    known = {"cutoff": naive(cutoff), "platform": rule["platform"]}
    return reader.execute(
        statement, {name: value for name, value in known.items() if f"${name}" in statement}
    )


def _result(rule: dict[str, Any], cutoff: datetime, rows: int, overdue: int) -> RuleRun:
    return RuleRun(
        rule["rule_id"],
        rule["data_class"],
        rule["platform"],
        rule["action"],
        cutoff,
        rows,
        overdue,
        rule["enforced_by"],
    )
