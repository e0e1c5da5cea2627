"""Incidents, registers, sharing and the report: what people keep, what is due, and what may leave."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from queries.privacy.incidents import (
    DutiesOpen,
    NoSuchDuty,
    NoSuchIncident,
    close_incident,
    duty_done,
    list_incidents,
    record_incident,
)
from queries.privacy.reading import snapshot_reader
from queries.privacy.registers import BadEntry, NoSuchRegister, read_table, record
from queries.privacy.report import reminders, settings_report
from queries.privacy.sharing import (
    ExportRefused,
    check_export,
    model_provider_may_see_persons,
    opted_out_of_sharing,
)

from .conftest import NOW

ZONE = "Asia/Shanghai"
TODAY = NOW.date()
AGREEMENT = {
    "agreement_id": "A1", "counterparty": "Agency", "counterparty_role": "processor", "purpose": "report",
    "direction": "out", "data_scope": "sales by province", "aggregation_floor": 80, "lawful_basis": "contract",
    "separate_consent": False, "onward_transfer": False, "starts_on": "2026-01-01", "ends_on": "2026-12-31",
    "deletion_on_end": True, "obligations": "delete", "status": "active",
}  # fmt: skip
PIA = {
    "pia_id": "P1", "title": "Sharing with the agency", "trigger": "sharing", "scope": "aggregates",
    "risk_level": "low", "decision": "approved", "approved_by": "dpo", "approved_on": "2026-02-01",
    "review_on": "2027-02-01", "keep_until": "2029-02-01",
}  # fmt: skip


def put(home, register: str, *entries: dict[str, object]) -> None:  # type: ignore[no-untyped-def]
    record(home.warehouse, register, entries, by="local:dpo", now=NOW)


def test_an_incident_runs_its_clocks_until_its_duties_are_done(home) -> None:  # type: ignore[no-untyped-def]
    detected = NOW - timedelta(hours=5)
    incident = record_incident(
        home.warehouse,
        detected_at=detected,
        kind="lost laptop",
        severity="serious",
        now=NOW,
        platforms=["taobao"],
        regions=["eu"],
    )
    assert [(clock.duty, clock.late) for clock in incident.clocks] == [
        ("notify_authority_and_persons", True), ("report_to_provincial_regulator", True),
        ("notify_persons", False), ("notify_supervisory_authority", False),
    ]  # fmt: skip
    with pytest.raises(DutiesOpen):
        close_incident(home.warehouse, incident.incident_id, now=NOW)
    for clock in incident.clocks:
        duty_done(home.warehouse, incident.incident_id, clock.regime, clock.duty, done_at=detected, now=NOW)
    with pytest.raises(NoSuchDuty):
        duty_done(home.warehouse, incident.incident_id, "gdpr", "notify_persons", done_at=NOW, now=NOW)
    closed = close_incident(home.warehouse, incident.incident_id, now=NOW, review_ref="R7")
    assert closed.closed_at == NOW.replace(tzinfo=None) and not any(clock.late for clock in closed.clocks)
    assert closed.individuals_notified_at == detected.replace(tzinfo=None)
    assert list_incidents(home.warehouse, now=NOW, only_open=True) == []
    assert [i.incident_id for i in list_incidents(home.warehouse, now=NOW)] == [incident.incident_id]


def test_an_incident_may_close_without_notice_for_a_reason(home) -> None:  # type: ignore[no-untyped-def]
    incident = record_incident(
        home.warehouse, detected_at=NOW, kind="mail", severity="low", now=NOW, regions=["eu"]
    )
    closed = close_incident(
        home.warehouse, incident.incident_id, now=NOW, no_notice_reason="no risk to persons"
    )
    assert closed.no_notice_reason == "no risk to persons"
    with pytest.raises(NoSuchIncident):
        close_incident(home.warehouse, "I-0", now=NOW)


@pytest.mark.parametrize(
    ("register", "entry", "words"),
    [
        ("impact_assessments", {**PIA, "keep_until": "2029-01-31"}, "three years"),
        ("impact_assessments", {**PIA, "keep_until": None}, "three years"),
        ("impact_assessments", {**PIA, "approved_by": None}, "who approved"),
        ("sharing_agreements", {**AGREEMENT, "aggregation_floor": 4}, "aggregation_floor"),
        ("trainings", {"person_ref": "S1", "course": "privacy"}, "completed_on"),
        ("trainings", {"person_ref": "S1", "course": "p", "completed_on": TODAY, "valid_until": TODAY, "x": 1}, "x"),
    ],
)  # fmt: skip
def test_an_incomplete_entry_is_refused_and_nothing_is_written(home, register, entry, words) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(BadEntry, match=words):
        put(home, register, entry)
    assert read_table(home.warehouse, register) == []


def test_registers_are_known_by_name(home) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(NoSuchRegister):
        put(home, "roles", {"role": "x"})
    with pytest.raises(NoSuchRegister):
        read_table(home.warehouse, "suppressions")


def test_an_export_needs_an_agreement_and_an_assessment(home) -> None:  # type: ignore[no-untyped-def]
    def terms(agreement: str = "A1", pia: str = "P1", today: date = TODAY):  # type: ignore[no-untyped-def]
        with snapshot_reader(home.warehouse) as reader:
            return check_export(reader, agreement_id=agreement, pia_id=pia, today=today)

    with pytest.raises(ExportRefused, match="agreement"):
        terms()
    put(home, "sharing_agreements", AGREEMENT, {**AGREEMENT, "agreement_id": "A2", "status": "ended"},
        {**AGREEMENT, "agreement_id": "A3", "direction": "in"},
        {**AGREEMENT, "agreement_id": "A4", "aggregation_floor": 5})  # fmt: skip
    with pytest.raises(ExportRefused, match="assessment"):
        terms()
    put(home, "impact_assessments", PIA, {**PIA, "pia_id": "P2", "decision": "rejected"})
    assert terms().min_group == 80 and terms("A4").min_group == 50
    for wrong in (
        {"agreement": "A2"},
        {"agreement": "A3"},
        {"pia": "P2"},
        {"today": date(2027, 1, 1)},
        {"today": date(2027, 2, 2)},
    ):
        with pytest.raises(ExportRefused):
            terms(**wrong)  # type: ignore[arg-type]


def test_exports_leave_out_whoever_opted_out_last(home) -> None:  # type: ignore[no-untyped-def]
    def consent(key: str, state: str, days_ago: int) -> dict[str, object]:
        return {"platform": "shopify", "subject_key": key, "purpose": "sale_share", "channel": "email", "state": state,
                "source": "browser signal", "effective_at": NOW - timedelta(days=days_ago),
                "recorded_at": NOW}  # fmt: skip

    put(home, "consents", consent("a", "granted", 9), consent("a", "withdrawn", 2), consent("b", "denied", 9),
        consent("b", "granted", 2), consent("c", "denied", 1))  # fmt: skip
    with snapshot_reader(home.warehouse) as reader:
        assert opted_out_of_sharing(reader, "shopify") == {"a", "c"}


@pytest.mark.parametrize(
    ("location", "mechanism", "configured", "allowed"),
    [
        ("unknown", None, False, True), ("unknown", None, True, False), ("US", None, True, False),
        ("US", "standard contract 2026-03", True, True), ("CN", None, True, True), ("self-hosted", None, True, True),
    ],
)  # fmt: skip
def test_the_model_provider_sees_no_persons_without_a_mechanism(
    home, location, mechanism, configured, allowed
) -> None:  # type: ignore[no-untyped-def]
    put(home, "processors", {"processor_id": "model_provider", "name": "x", "service": "y", "location": location,
                             "cross_border_mechanism": mechanism})  # fmt: skip
    with snapshot_reader(home.warehouse) as reader:
        assert model_provider_may_see_persons(reader, configured) is allowed


def test_the_report_shows_everything_and_calls_an_empty_register_empty(home) -> None:  # type: ignore[no-untyped-def]
    report = settings_report(home.warehouse, now=NOW, timezone=ZONE)
    assert report.registers["incidents"] == 0 and report.registers["processors"] == 2
    assert {row["scope"]: row["min_group"] for row in report.sections["disclosure"]} == {
        "slack": 10,
        "export": 50,
    }
    assert "*: staff_training" in report.manual and all("retention" not in name for name in report.manual)
    assert set(report.sections) >= {
        "fields",
        "retention",
        "roles",
        "channels",
        "platform_rules",
        "keys",
        "requests",
    }


DUE = [
    # register, entry, days from now, about
    ("processors", {"processor_id": "s", "name": "n", "service": "s", "next_review_on": TODAY}, 0, "processor_review"),
    ("trainings", {"person_ref": "S1", "course": "c", "completed_on": "2025-11-01", "valid_until": TODAY}, 1,
     "training"),
    ("external_assessments", {"assessment_id": "E", "assessor": "a", "scope": "s", "standard": "t",
                              "performed_on": "2024-11-01",
                              "result": "r", "next_due": TODAY}, 0, "external_assessment"),
    ("impact_assessments", {**PIA, "review_on": TODAY}, 0, "impact_assessment"),
]  # fmt: skip


@pytest.mark.parametrize(("register", "entry", "days", "about"), DUE)
def test_what_is_due_is_reminded_of_from_its_day_on(home, register, entry, days, about) -> None:  # type: ignore[no-untyped-def]
    put(home, register, entry)

    def found(offset: int) -> list[str]:
        return [r.about for r in reminders(home.warehouse, now=NOW + timedelta(days=offset), timezone=ZONE)]

    assert about in found(days) and about not in found(days - 1)


def test_rules_go_stale_after_half_a_year(home) -> None:  # type: ignore[no-untyped-def]
    assert not [r for r in reminders(home.warehouse, now=NOW, timezone=ZONE) if r.about == "platform_rule"]
    stale = [
        r
        for r in reminders(home.warehouse, now=NOW + timedelta(days=200), timezone=ZONE)
        if r.about == "platform_rule"
    ]
    assert len(stale) > 30 and "2026-11-02" in stale[0].en and "2026-11-02" in stale[0].zh
