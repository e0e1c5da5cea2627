"""The rows of the privacy settings and registers as types: what a YAML file or a command may write.

One class per table of schema `privacy`; `SETTINGS` says which columns identify a row. A wrong row never
reaches the database: validation names the field, and `settings.py` adds file and line.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

DataClass = Literal[
    "person_key", "raw_payload", "access_log", "orders_personal", "consents", "backups", "answers"
]
LOWEST_GROUP = 5
"""No rule, role or command goes below this many persons."""


class Row(BaseModel):
    """Base of all rows: unknown fields are an error, so that a typo cannot switch a rule off."""

    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)
    table: ClassVar[str]
    key: ClassVar[tuple[str, ...]]

    @property
    def row_key(self) -> str:
        """The values of the key columns, joined: the row's name in decisions and messages."""
        return " | ".join(str(getattr(self, column)) for column in self.key)

    def columns(self) -> dict[str, Any]:
        """Column to value as DuckDB takes them; instants become naive UTC."""
        return {name: _plain(value) for name, value in self.model_dump().items()}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime) and value.tzinfo:
        from datetime import UTC

        return value.astimezone(UTC).replace(tzinfo=None)
    return value


class Role(Row):
    table, key = "roles", ("role",)
    role: str
    may_ask_person_lane: bool = False
    min_group: Annotated[int, Field(ge=LOWEST_GROUP)] | None = None
    """Raises the disclosure rule for this role; None leaves the rule as it is."""
    may_read_registers: bool = False
    may_export: bool = False
    may_admin: bool = False
    description: str = ""


class RoleMember(Row):
    table, key = "role_members", ("role", "principal")
    role: str
    principal: Annotated[str, Field(pattern=r"^(slack:[^/\s]+/[^/\s]+|local:[^\s]+)$")]
    """`slack:T1/U1`, `slack:T1/*`, `slack:<team>/*` (the installing workspace) or `local:anna`."""
    granted_by: str = "shipped"
    granted_at: datetime | None = None
    expires_at: datetime | None = None
    last_reviewed_on: date | None = None


class RoleShop(Row):
    table, key = "role_shops", ("role", "platform", "shop_id")
    role: str
    platform: str
    shop_id: str


class ChannelRule(Row):
    table, key = "channel_rules", ("channel_id",)
    channel_id: str
    """A Slack channel id, or `*` for every channel without a rule of its own."""
    is_external: bool = False
    lane: Literal["none", "business", "person"]
    note: str = ""

    @model_validator(mode="after")
    def _nothing_goes_outside(self) -> ChannelRule:
        if self.is_external and self.lane != "none":
            raise ValueError("an external channel gets lane none: people of other companies read along")
        return self


class DisclosureRule(Row):
    table, key = "disclosure_rules", ("scope",)
    scope: Literal["slack", "export"]
    min_group: Annotated[int, Field(ge=LOWEST_GROUP)]
    complement_check: bool = True
    small_cells: Literal["fold_into_other", "suppress"] = "fold_into_other"
    dominance_max: Annotated[float, Field(gt=0, le=1)] = 0.8
    min_time_grain: Literal["day", "week", "month"] = "day"
    filter_columns: list[str]
    overlap_window_hours: Annotated[int, Field(ge=1)] = 24


class PlatformRule(Row):
    table, key = "platform_rules", ("platform", "rule")
    platform: str
    """A platform's name, or `*` for a rule of law that holds everywhere."""
    rule: str
    value: str
    reference: str
    checked_on: date
    enforced_by: str
    """What enforces it: a part of Souk, or `manual` where people must."""


class RetentionRule(Row):
    table, key = "retention_rules", ("rule_id",)
    rule_id: str
    platform: str | None = None
    """None = every platform. Beside a longer general rule a platform's shorter one works, and wins."""
    data_class: DataClass
    purpose: str
    anchor: str
    max_days: Annotated[int, Field(ge=1)]
    action: Literal["delete_row", "null_key", "aggregate", "archive"]
    reference: str
    enforced_by: str


class Processor(Row):
    table, key = "processors", ("processor_id",)
    processor_id: str
    name: str
    service: str
    data_classes: list[str] = []
    location: str = "unknown"
    cross_border_mechanism: str | None = None
    agreement_ref: str | None = None
    reviewed_on: date | None = None
    next_review_on: date | None = None


class Key(Row):
    table, key = "keys", ("key_id",)
    key_id: str
    purpose: str
    platform: str | None = None
    created_on: date | None = None
    retired_on: date | None = None
    custodian_role: str


class Notice(Row):
    table, key = "notices", ("notice_id",)
    notice_id: str
    language: str
    version: str
    published_on: date
    location: str
    covers: list[str] = []


class SharingAgreement(Row):
    table, key = "sharing_agreements", ("agreement_id",)
    agreement_id: str
    counterparty: str
    counterparty_role: str
    purpose: str
    direction: Literal["in", "out", "both"]
    data_scope: str
    aggregation_floor: Annotated[int, Field(ge=LOWEST_GROUP)]
    lawful_basis: str
    separate_consent: bool
    onward_transfer: bool
    starts_on: date
    ends_on: date | None = None
    deletion_on_end: bool
    obligations: str
    contract_ref: str | None = None
    status: Literal["draft", "active", "ended"]


class ImpactAssessment(Row):
    table, key = "impact_assessments", ("pia_id",)
    pia_id: str
    title: str
    trigger: str
    scope: str
    necessity: str = ""
    risk_level: Literal["low", "medium", "high"]
    measures: str = ""
    decision: Literal["open", "approved", "approved_with_measures", "rejected"]
    approved_by: str | None = None
    approved_on: date | None = None
    review_on: date | None = None
    keep_until: date | None = None

    @model_validator(mode="after")
    def _kept_three_years(self) -> ImpactAssessment:
        if self.decision.startswith("approved") and not (self.approved_by and self.approved_on):
            raise ValueError("an approved assessment names who approved it and when")
        if self.approved_on and (
            self.keep_until is None or self.keep_until < three_years_after(self.approved_on)
        ):
            raise ValueError("keep_until is at least three years after approved_on (PIPL 56)")
        return self


def three_years_after(day: date) -> date:
    """The same day three years on; 29 February becomes 1 March."""
    try:
        return day.replace(year=day.year + 3)
    except ValueError:
        return date(day.year + 3, 3, 1)


class Training(Row):
    table, key = "trainings", ("person_ref", "course", "completed_on")
    person_ref: str
    """A staff number or role, not a name."""
    course: str
    completed_on: date
    valid_until: date


class ExternalAssessment(Row):
    table, key = "external_assessments", ("assessment_id",)
    assessment_id: str
    assessor: str
    scope: str
    standard: str
    performed_on: date
    result: str
    open_findings: Annotated[int, Field(ge=0)] = 0
    next_due: date | None = None
    report_ref: str | None = None


class Consent(Row):
    table, key = "consents", ("platform", "subject_key", "purpose", "channel", "effective_at")
    platform: str
    subject_key: str
    purpose: Literal["marketing", "profiling", "sale_share"]
    channel: Literal["sms", "email", "phone", "wechat"]
    state: Literal["granted", "denied", "withdrawn", "unknown"]
    source: str
    evidence_ref: str | None = None
    effective_at: datetime
    recorded_at: datetime


class Field_(Row):
    """One field of one payload: what it is and how it is treated before anything is written."""

    table, key = "field_catalogue", ("platform", "source", "source_field")
    platform: str
    source: str
    source_field: str
    target_table: str | None = None
    target_column: str | None = None
    category: str
    sensitivity: Literal["none", "business", "personal", "sensitive"]
    identifiability: Literal["none", "quasi", "pseudonym", "direct"]
    treatment: Literal["drop", "generalise", "pseudonymise", "mask", "encrypt", "keep"] = "drop"
    purpose: str | None = None
    lawful_basis: str | None = None
    decided_by: str | None = None
    decided_on: date | None = None
    version: int = 1

    @model_validator(mode="after")
    def _fails_closed(self) -> Field_:
        if (
            self.identifiability == "direct"
            and self.treatment in ("keep", "mask")
            and self.sensitivity != "business"
        ):
            raise ValueError("a direct identifier of a person is dropped, not kept or masked")
        if self.sensitivity == "sensitive" and self.treatment != "drop":
            raise ValueError("sensitive personal data is dropped")
        return self


SETTINGS: dict[str, type[Row]] = {
    row.table: row
    for row in (
        Role,
        RoleMember,
        RoleShop,
        ChannelRule,
        DisclosureRule,
        PlatformRule,
        RetentionRule,
        Processor,
        Key,
        Notice,
        SharingAgreement,
        ImpactAssessment,
        Training,
        ExternalAssessment,
    )
}
"""Tables that YAML files may fill: the settings, and the registers that people keep."""

REGISTERS: dict[str, type[Row]] = {
    row.table: row
    for row in (Processor, SharingAgreement, ImpactAssessment, Training, ExternalAssessment, Notice, Consent)
}
"""Tables that commands and imports may add rows to without a second approver."""
