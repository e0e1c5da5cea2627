"""The settings report: everything in force on one page, what people must see to, and what is due.

It counts and dates; it does not grade. A register without rows says "nothing recorded".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from queries.privacy.reading import Reader, snapshot_reader

if TYPE_CHECKING:
    from queries.warehouse import Warehouse

RULES_GO_STALE = timedelta(days=180)
REGISTERS = (
    "processors", "sharing_agreements", "subject_requests", "incidents", "backups", "impact_assessments",
    "trainings", "external_assessments", "notices", "consents",
)  # fmt: skip


@dataclass(frozen=True)
class Reminder:
    """Something that is due: what, since or until when, and in both languages what to do."""

    about: str
    due_on: date | None
    en: str
    zh: str


@dataclass(frozen=True)
class Report:
    """`sections`: name -> rows as mappings, in reading order; `registers`: name -> number of rows."""

    as_of: datetime
    sections: dict[str, list[dict[str, Any]]]
    registers: dict[str, int]
    manual: list[str]
    """Rules that Souk does not enforce."""
    reminders: list[Reminder]


_SECTIONS = {
    "fields": "SELECT platform, treatment, count(*) AS fields FROM privacy.field_catalogue GROUP BY ALL ORDER BY ALL",
    "kept_personal_fields": """
        SELECT platform, target_table, target_column, category, treatment, purpose FROM privacy.field_catalogue
        WHERE treatment <> 'drop' AND sensitivity IN ('personal', 'sensitive') ORDER BY ALL""",
    "retention": """
        SELECT rule_id, platform, data_class, max_days, action, enforced_by, last_run_at, overdue_rows
        FROM privacy.retention_rules ORDER BY rule_id""",
    "disclosure": "SELECT * FROM privacy.disclosure_rules ORDER BY scope",
    "roles": """
        SELECT r.role, r.may_ask_person_lane, r.may_read_registers, r.may_export, r.may_admin, r.min_group,
          count(m.principal) AS members
        FROM privacy.roles r
        LEFT JOIN privacy.role_members m ON m.role = r.role AND (m.expires_at IS NULL OR m.expires_at > $now)
        GROUP BY ALL ORDER BY r.role""",
    "channels": "SELECT channel_id, lane, is_external, note FROM privacy.channel_rules ORDER BY channel_id",
    "platform_rules": """
        SELECT platform, rule, value, enforced_by, checked_on FROM privacy.platform_rules ORDER BY platform, rule""",
    "processors": """
        SELECT processor_id, service, location, cross_border_mechanism, agreement_ref, next_review_on
        FROM privacy.processors ORDER BY processor_id""",
    "keys": "SELECT key_id, purpose, custodian_role, retired_on FROM privacy.keys ORDER BY key_id",
    "requests": """
        SELECT kind, status, count(*) AS requests,
          count(*) FILTER (WHERE coalesce(completed_at, $now) > due_at) AS late
        FROM privacy.subject_requests GROUP BY ALL ORDER BY ALL""",
}


def settings_report(warehouse: Warehouse, *, now: datetime, timezone: str) -> Report:
    """The report from the current snapshot; the same for the same snapshot and instant."""
    moment = now.astimezone(UTC).replace(tzinfo=None)
    today = now.astimezone(ZoneInfo(timezone)).date()
    with snapshot_reader(warehouse) as reader:
        sections = {
            name: reader.named(sql, {"now": moment} if "$now" in sql else None)
            for name, sql in _SECTIONS.items()
        }
        counts = {
            name: int(reader.execute(f"SELECT count(*) FROM privacy.{name}")[0][0]) for name in REGISTERS
        }
        due = list(_reminders(reader, moment, today))
    manual = [
        f"{row['platform']}: {row['rule']}"
        for row in sections["platform_rules"]
        if row["enforced_by"] == "manual"
    ]
    manual += [
        f"retention: {row['rule_id']}" for row in sections["retention"] if row["enforced_by"] == "manual"
    ]
    return Report(now, sections, counts, manual, due)


def reminders(warehouse: Warehouse, *, now: datetime, timezone: str) -> list[Reminder]:
    """What is due or overdue, for a digest to the administrators."""
    today = now.astimezone(ZoneInfo(timezone)).date()
    with snapshot_reader(warehouse) as reader:
        return list(_reminders(reader, now.astimezone(UTC).replace(tzinfo=None), today))


_DUE: tuple[tuple[str, str, str, str], ...] = (
    (
        "processor_review",
        "SELECT processor_id AS name, next_review_on AS due FROM privacy.processors WHERE next_review_on <= $today",
        "Review the processor {name} (due {due}).",
        "请复核受托方 {name} (应于 {due})。",
    ),
    (
        "external_assessment",
        "SELECT scope AS name, max(next_due) AS due FROM privacy.external_assessments GROUP BY scope"
        " HAVING max(next_due) <= $today",
        "The external assessment of {name} is due ({due}).",
        "{name} 的外部评估已到期 ({due})。",
    ),
    (
        "impact_assessment",
        "SELECT title AS name, review_on AS due FROM privacy.impact_assessments WHERE review_on <= $today",
        "Review the impact assessment {name} (due {due}).",
        "请复核影响评估 {name} (应于 {due})。",
    ),
    (
        "training",
        "SELECT person_ref || ', ' || course AS name, max(valid_until) AS due FROM privacy.trainings"
        " GROUP BY person_ref, course HAVING max(valid_until) < $today",
        "Training has lapsed: {name} ({due}).",
        "培训已过期: {name} ({due})。",
    ),
    (
        "platform_rule",
        "SELECT platform || '.' || rule AS name, checked_on AS due FROM privacy.platform_rules"
        " WHERE checked_on < $stale",
        "Check again whether {name} still holds (last checked {due}).",
        "请重新核对规则 {name} (上次核对 {due})。",
    ),
    (
        "member_review",
        "SELECT principal AS name, CAST(max(coalesce(last_reviewed_on, granted_at)) AS DATE) AS due"
        " FROM privacy.role_members WHERE granted_by <> 'shipped' AND (expires_at IS NULL OR expires_at > $now)"
        " GROUP BY principal HAVING max(coalesce(last_reviewed_on, CAST(granted_at AS DATE))) < $review",
        "Review the rights of {name} (last reviewed {due}).",
        "请复核 {name} 的权限 (上次复核 {due})。",
    ),
    (
        "request",
        "SELECT request_id AS name, due_at AS due FROM privacy.subject_requests"
        " WHERE completed_at IS NULL AND due_at < $soon",
        "The request {name} is due at {due} UTC.",
        "请求 {name} 的时限为 {due} UTC。",
    ),
    (
        "incident",
        "SELECT c.incident_id || ' ' || c.regime || '/' || c.duty AS name, c.due_at AS due"
        " FROM privacy.incident_clocks c JOIN privacy.incidents i USING (incident_id)"
        " WHERE i.closed_at IS NULL AND c.done_at IS NULL",
        "Incident duty {name}: due at {due} UTC.",
        "事件报告义务 {name}: 时限 {due} UTC。",
    ),
    (
        "retention",
        "SELECT rule_id AS name, last_run_at AS due FROM privacy.retention_rules"
        " WHERE overdue_rows > 0 OR (enforced_by <> 'manual' AND last_run_at < $two_days_ago)",
        "Data is past its retention limit or the job has not run: {name} (last run {due}).",
        "有数据超过保存期限或任务未运行: {name} (上次运行 {due})。",
    ),
)  # fmt: skip
"""(about, SQL with name and due, sentence in English, in Chinese)."""


def _reminders(reader: Reader, now: datetime, today: date) -> Iterable[Reminder]:
    known = {
        "now": now,
        "today": today,
        "stale": today - RULES_GO_STALE,
        "review": today - timedelta(days=92),
        "soon": now + timedelta(days=7),
        "two_days_ago": now - timedelta(days=2),
    }
    for about, sql, en, zh in _DUE:
        wanted = {name: value for name, value in known.items() if f"${name}" in sql}
        for row in reader.named(f"{sql} ORDER BY due", wanted):
            due = row["due"]
            due_on = due.date() if isinstance(due, datetime) else due
            yield Reminder(about, due_on, en.format(**row), zh.format(**row))
