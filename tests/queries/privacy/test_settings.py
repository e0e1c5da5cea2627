"""The settings files: validated with file and line, loaded once, overridden by the workspace and by commands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import pytest

from queries.privacy.decisions import Loaded, load_settings
from queries.privacy.files import BadPrivacyFile, read_settings
from queries.privacy.members import change_setting
from queries.privacy.rows import RetentionRule
from queries.warehouse import State, Warehouse

HEAD = "version: 2\ndecided_by: Anna\ndecided_on: 2026-11-10\n"


def write(home, text: str, name: str = "own.yaml") -> None:  # type: ignore[no-untyped-def]
    folder = home.path / "privacy"
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(HEAD + text, encoding="utf-8")


def load(home, **more) -> Loaded:  # type: ignore[no-untyped-def]
    return load_settings(home.warehouse, home.path, now=home.now, **more)


def test_shipped_settings_are_in_force(home) -> None:  # type: ignore[no-untyped-def]
    roles = home.look(
        "SELECT role, may_ask_person_lane, may_read_registers, may_export, may_admin FROM privacy.roles"
    )
    assert sorted(roles) == [
        ("admin", True, True, True, True), ("analyst", True, False, False, False),
        ("dpo", True, True, False, False), ("owner", True, True, True, True),
        ("viewer", False, False, False, False),
    ]  # fmt: skip
    assert home.look("SELECT role, principal FROM privacy.role_members") == [("viewer", "slack:<team>/*")]
    assert home.look("SELECT channel_id, lane, is_external FROM privacy.channel_rules") == [
        ("*", "business", False)
    ]
    assert sorted(home.look("SELECT scope, min_group FROM privacy.disclosure_rules")) == [
        ("export", 50),
        ("slack", 10),
    ]
    assert home.look("SELECT max_days FROM privacy.retention_rules WHERE data_class = 'access_log'") == [
        (365,)
    ]
    assert ("manual",) in home.look("SELECT DISTINCT enforced_by FROM privacy.platform_rules")
    assert home.look("SELECT count(*) FROM privacy.notices") == [(0,)]
    assert home.look("SELECT DISTINCT decided_by FROM privacy.setting_decisions WHERE source <> 'load'") == [
        ("Souk maintainers",)
    ]


def test_every_platform_rule_has_a_reference_a_date_and_says_what_enforces_it(home) -> None:  # type: ignore[no-untyped-def]
    rows = home.look("SELECT reference, checked_on, enforced_by FROM privacy.platform_rules")
    assert len(rows) > 30 and all(all(row) for row in rows)
    decrypt = home.look(
        "SELECT platform FROM privacy.platform_rules WHERE rule = 'decrypt_allowed' AND value <> 'false'"
    )
    assert decrypt == []


def test_loading_twice_writes_nothing(home) -> None:  # type: ignore[no-untyped-def]
    before = home.warehouse.snapshot_id()
    assert not load(home)
    assert home.warehouse.snapshot_id() == before


def test_a_workspace_changes_fields_adds_rows_and_removes_rows(home) -> None:  # type: ignore[no-untyped-def]
    write(
        home,
        """
retention_rules:
  - {rule_id: person_keys, max_days: 365}
channel_rules:
  - {channel_id: C9, lane: person, note: data team}
remove:
  role_members:
    - {role: viewer, principal: "slack:<team>/*"}
""",
    )
    assert load(home) == Loaded(changed=2, withdrawn=1)
    assert home.look(
        "SELECT max_days, anchor FROM privacy.retention_rules WHERE rule_id = 'person_keys'"
    ) == [(365, "last_order_at")]
    assert home.look("SELECT lane FROM privacy.channel_rules WHERE channel_id = 'C9'") == [("person",)]
    assert home.look("SELECT count(*) FROM privacy.role_members") == [(0,)]
    decided = home.look(
        "SELECT decided_by, decided_on, version, source FROM privacy.setting_decisions"
        " WHERE row_key = 'person_keys' ORDER BY recorded_at DESC, version DESC LIMIT 1"
    )
    assert decided == [("Anna", date(2026, 11, 10), 2, "own.yaml")]
    assert not load(home)


def test_a_file_taken_away_takes_its_rows_away(home) -> None:  # type: ignore[no-untyped-def]
    write(
        home,
        "channel_rules:\n  - {channel_id: C9, lane: person}\n"
        "retention_rules:\n  - {rule_id: person_keys, max_days: 90}\n",
    )
    load(home)
    (home.path / "privacy" / "own.yaml").unlink()
    load(home)
    assert home.look("SELECT count(*) FROM privacy.channel_rules WHERE channel_id = 'C9'") == [(0,)]
    assert home.look("SELECT max_days FROM privacy.retention_rules WHERE rule_id = 'person_keys'") == [(730,)]


def test_what_the_retention_job_wrote_survives_a_changed_rule(home) -> None:  # type: ignore[no-untyped-def]
    with home.warehouse.write() as session:
        session.execute("UPDATE privacy.retention_rules SET last_run_rows = 7 WHERE rule_id = 'person_keys'")
    write(home, "retention_rules:\n  - {rule_id: person_keys, max_days: 365}\n")
    load(home)
    assert home.look(
        "SELECT max_days, last_run_rows FROM privacy.retention_rules WHERE rule_id = 'person_keys'"
    ) == [(365, 7)]


def test_a_command_is_not_undone_by_the_next_start_but_by_a_newer_file(home) -> None:  # type: ignore[no-untyped-def]
    rule = RetentionRule(
        rule_id="access_log",
        data_class="access_log",
        purpose="p",
        anchor="logged_at",
        max_days=180,
        action="delete_row",
        reference="r",
        enforced_by="retention job",
    )
    change_setting(home.warehouse, home.state, rule, by="owner", now=home.now)
    write(home, "channel_rules:\n  - {channel_id: C9, lane: person}\n")
    load(home)
    assert home.look("SELECT max_days FROM privacy.retention_rules WHERE rule_id = 'access_log'") == [(180,)]
    write(home, "retention_rules:\n  - {rule_id: access_log, max_days: 400}\n")
    load(home)
    assert home.look("SELECT max_days FROM privacy.retention_rules WHERE rule_id = 'access_log'") == [(400,)]


def test_the_installed_team_takes_its_place_and_is_remembered(home) -> None:  # type: ignore[no-untyped-def]
    assert load(home, team="T024")
    assert home.look("SELECT principal FROM privacy.role_members") == [("slack:T024/*",)]
    assert not load(home)
    assert home.look("SELECT principal FROM privacy.role_members") == [("slack:T024/*",)]


MISTAKES = [
    # text after the header (line 4 is the first), line, words in the complaint
    ("retention_rules:\n  - {rule_id: person_keys, max_days: 0}\n", 5, "max_days"),
    ("retention_rules:\n  - rule_id: person_keys\n    max_days: soon\n", 6, "max_days"),
    ("retention_rules:\n  - {rule_id: person_keys, max_day: 3}\n", 5, "max_day"),
    ("disclosure_rules:\n  - {scope: slack, min_group: 4}\n", 5, "min_group"),
    ("roles:\n  - {role: intern, min_group: 2}\n", 5, "min_group"),
    ("roles:\n  - {min_group: 20}\n", 5, "no role"),
    ("colours:\n  - {colour: red}\n", 4, "no table colours"),
    ("role_members:\n  - {role: boss, principal: local:anna}\n", 5, "no role boss"),
    ("role_members:\n  - {role: viewer, principal: anna@example.com}\n", 5, "principal"),
    ("channel_rules:\n  - {channel_id: C1, is_external: true, lane: business}\n", 5, "external"),
    ("channel_rules: none\n", 4, "list"),
    ("channel_rules:\n  - just text\n", 5, "mapping"),
    ("remove:\n  channel_rules:\n    - {channel_id: C7}\n", 6, "no such row"),
    ("remove:\n  disclosure_rules:\n    - {scope: slack}\n", 1, "cannot be removed"),
    (
        "impact_assessments:\n  - {pia_id: P1, title: t, trigger: t, scope: s, risk_level: low, decision: approved}\n",
        5,
        "approved",
    ),
    ("roles:\n  - {role: [}\n", 5, ""),
]


@pytest.mark.parametrize(("text", "line", "words"), MISTAKES)
def test_a_mistake_is_told_with_file_and_line_and_loads_nothing(
    home, text: str, line: int, words: str
) -> None:  # type: ignore[no-untyped-def]
    write(home, text)
    with pytest.raises(BadPrivacyFile) as told:
        load(home)
    assert words in told.value.say("en")
    assert told.value.facts["line"] == line
    if line > 1:
        assert told.value.facts["file"] == "own.yaml" and "own.yaml" in told.value.say("zh")
    assert home.look("SELECT count(*) FROM privacy.setting_decisions WHERE decided_by = 'Anna'") == [(0,)]


def test_a_file_without_owner_or_date_is_refused(home) -> None:  # type: ignore[no-untyped-def]
    write(home, "")
    (home.path / "privacy" / "own.yaml").write_text("version: 1\nroles: []\n", encoding="utf-8")
    with pytest.raises(BadPrivacyFile, match="decided_by"):
        read_settings(home.path)


@dataclass
class Entry:
    platform: str = "taobao"
    source: str = "trade"
    source_field: str = "tid"
    target_table: str | None = "orders"
    target_column: str | None = "order_id"
    category: str = "system.operations"
    sensitivity: str = "business"
    identifiability: str = "none"
    treatment: str = "keep"
    purpose: str | None = "sales analysis"
    lawful_basis: str | None = "legitimate interests"
    decided_by: str = "x"
    decided_on: date = date(2026, 11, 1)
    version: int = 1


def test_field_catalogues_are_replaced_platform_by_platform(home, tmp_path) -> None:  # type: ignore[no-untyped-def]
    file = tmp_path / "fields.yaml"

    def loaded(mark: str, *entries: Entry) -> int:
        file.write_text(mark)
        return load(home, fields=lambda: entries, catalogues=[file]).fields

    name = Entry(
        source_field="receiver_name",
        treatment="drop",
        identifiability="direct",
        sensitivity="personal",
        target_table=None,
        target_column=None,
    )
    assert loaded("a", Entry(), name) == 2
    assert loaded("a", Entry(), name) == 0
    assert loaded("b", Entry(), Entry(platform="jd")) == 2  # the name is gone, jd is new
    assert sorted(home.look("SELECT platform, source_field FROM privacy.field_catalogue")) == [
        ("jd", "tid"),
        ("taobao", "tid"),
    ]
    assert loaded("c", Entry(version=2)) == 1
    assert home.look("SELECT version FROM privacy.field_catalogue WHERE platform = 'taobao'") == [(2,)]


@pytest.mark.parametrize(
    "wrong",
    [
        Entry(identifiability="direct", sensitivity="personal", treatment="keep"),
        Entry(identifiability="direct", sensitivity="personal", treatment="mask"),
        Entry(sensitivity="sensitive", treatment="pseudonymise"),
        Entry(treatment="whatever"),
    ],
)
def test_a_catalogue_that_would_keep_what_must_be_dropped_is_refused_in_code_and_in_the_table(
    home, tmp_path, wrong
) -> None:  # type: ignore[no-untyped-def]
    import duckdb

    file = tmp_path / "fields.yaml"
    file.write_text("x")
    with pytest.raises(ValueError):
        load(home, fields=lambda: [wrong], catalogues=[file])
    with pytest.raises(duckdb.ConstraintException), home.warehouse.write() as session:
        session.execute(
            "INSERT INTO privacy.field_catalogue (platform, source, source_field, sensitivity,"
            " identifiability, treatment)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            [
                wrong.platform,
                wrong.source,
                wrong.source_field,
                wrong.sensitivity,
                wrong.identifiability,
                wrong.treatment,
            ],
        )


def test_a_fresh_home_needs_nothing_of_its_own(tmp_path) -> None:  # type: ignore[no-untyped-def]
    from datetime import UTC, datetime

    now = datetime(2026, 11, 15, tzinfo=UTC)
    warehouse = Warehouse(tmp_path, clock=lambda: now)
    warehouse.prepare()
    State(tmp_path)
    assert load_settings(warehouse, tmp_path, now=now).changed > 50
    assert not load_settings(warehouse, tmp_path, now=now + timedelta(days=1))
