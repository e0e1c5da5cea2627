"""`souk members` and `souk privacy` as a person types them: what they print, what they refuse, what they leave."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from bot.__main__ import main


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from datetime import UTC, datetime

    from queries.privacy.decisions import load_settings
    from queries.warehouse import Warehouse

    home = tmp_path_factory.mktemp("home")
    now = datetime(2026, 11, 15, 4, tzinfo=UTC)
    warehouse = Warehouse(home, clock=lambda: now)
    warehouse.prepare()
    load_settings(warehouse, home, now=now)
    return home


@pytest.fixture
def souk(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):  # type: ignore[no-untyped-def]
    """Runs a command: (exit status, stdout, stderr)."""
    import shutil

    home = tmp_path / "home"
    shutil.copytree(template, home, symlinks=True)
    monkeypatch.chdir(tmp_path)
    for name, value in {
        "SOUK_HOME": str(home), "SOUK_SECRET": "a secret for tests only", "SOUK_NOW": "2026-11-15T04:00:00Z",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)

    def run(*words: str, typed: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        with pytest.raises(SystemExit) as left:
            main(list(words))
        printed = capsys.readouterr()
        return int(left.value.code or 0), printed.out, printed.err

    return run


def rows(printed: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in printed.splitlines()]


def test_a_role_is_granted_listed_and_taken_away(souk) -> None:  # type: ignore[no-untyped-def]
    assert souk("members", "grant", "analyst", "slack:T1/U1")[1] == "slack:T1/U1 is analyst now.\n"
    listed = rows(souk("members", "list", "--json")[1])
    assert {(row["role"], row["principal"]) for row in listed} == {
        ("analyst", "slack:T1/U1"),
        ("viewer", "slack:<team>/*"),
    }
    assert souk("members", "revoke", "analyst", "slack:T1/U1")[0] == 0
    assert len(rows(souk("members", "list", "--json")[1])) == 1


def test_an_administrator_of_slack_needs_a_second(souk) -> None:  # type: ignore[no-untyped-def]
    for admin in ("slack:T1/A", "slack:T1/B"):
        souk("members", "grant", "admin", admin)
    made = rows(souk("members", "grant", "dpo", "slack:T1/U1", "--as", "slack:T1/A", "--json")[1])[0]
    status, _, err = souk("members", "approve", str(made["proposal"]), "--as", "slack:T1/A")
    assert status == 1 and "second administrator" in err
    assert souk("members", "approve", str(made["proposal"]), "--as", "slack:T1/B")[0] == 0
    assert "slack:T1/U1" in souk("members")[1]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("members", "grant", "boss", "local:anna"), "no role boss"),
        (("members", "grant", "viewer", "anna@example.com"), "not a member's name"),
        (("members", "revoke", "viewer", "local:anna"), "does not have the role"),
        (("members", "grant", "viewer", "local:anna", "--expires", "soon"), "not a day"),
        (("privacy", "set", "disclosure_rules", "scope=slack", "min_group=3"), "greater than or equal to 5"),
        (("privacy", "set", "colours", "a=b"), "no setting colours"),
        (("privacy", "set", "roles", "role"), "column=value"),
        (("privacy", "settings", "suppressions"), "no register suppressions"),
        (("privacy", "record", "trainings", "person_ref=S1"), "course"),
        (("privacy", "requests", "verify", "R-1"), "no request R-1"),
        (("privacy", "incidents", "close", "I-1"), "no incident I-1"),
        (("privacy", "access", "woocommerce"), "--shop"),
        (("privacy", "access", "taobao"), "No buyer id"),
    ],
)
def test_a_failure_is_one_line_with_status_1(souk, words: tuple[str, ...], told: str) -> None:  # type: ignore[no-untyped-def]
    status, out, err = souk(*words)
    assert (status, out) == (1, "") and told in err and "Traceback" not in err


def test_a_setting_is_changed_and_shown(souk) -> None:  # type: ignore[no-untyped-def]
    souk("privacy", "set", "retention_rules", "rule_id=person_keys", "max_days=365")
    found = {
        row["rule_id"]: row["max_days"]
        for row in rows(souk("privacy", "settings", "retention_rules", "--json")[1])
    }
    assert found["person_keys"] == 365 and found["access_log"] == 365
    assert rows(souk("privacy", "settings", "--json")[1])[0] == {"table": "roles", "rows": 5}


def test_a_person_is_shown_handed_over_and_erased_without_a_trace_of_the_id(souk, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    from datetime import UTC, datetime
    from decimal import Decimal

    from connectors.engine.pseudonym import Pseudonym
    from queries.records import Order, OrderLine, Shop
    from queries.warehouse import Batch, Warehouse

    now = datetime(2026, 11, 1, tzinfo=UTC)
    key = Pseudonym("a secret for tests only", "taobao").key("buyer-MARKER-77")
    warehouse = Warehouse(tmp_path / "home", clock=lambda: now)
    order = Order(
        order_id="1",
        status="paid",
        created_at=now,
        paid_at=now,
        currency="CNY",
        list_amount=Decimal(5),
        buyer=key,
    )
    line = OrderLine(
        order_id="1", line_id="1", product_id="p", sku_id="s", quantity=1, list_amount=Decimal(5)
    )
    warehouse.merge(
        Batch("c", "taobao", "S", "orders", [Shop(name="S", tz="Asia/Shanghai", currency="CNY"), order, line])
    )
    warehouse.publish()

    assert "ORDERS" in souk("privacy", "access", "taobao", typed="buyer-MARKER-77\n")[1]
    assert souk("privacy", "access", "taobao", typed="somebody else\n")[1].startswith("Nothing is kept")
    file = tmp_path / "subject.json"
    souk("privacy", "export", "taobao", "--to", str(file), typed="buyer-MARKER-77\n")
    assert len(json.loads(file.read_text())["orders"]) == 1 and file.stat().st_mode & 0o777 == 0o600
    assert (
        "there already"
        in souk("privacy", "export", "taobao", "--to", str(file), typed="buyer-MARKER-77\n")[2]
    )
    request = rows(souk("privacy", "requests", "open", "erase", "--json")[1])[0]["request_id"]
    refused = souk(
        "privacy", "erase", "taobao", "--yes", "--request", str(request), typed="buyer-MARKER-77\n"
    )
    assert refused[0] == 1 and "has not been verified" in refused[2]
    souk("privacy", "requests", "verify", str(request))
    done = souk(
        "privacy", "erase", "taobao", "--yes", "--json", "--request", str(request), typed="buyer-MARKER-77\n"
    )
    assert rows(done[1])[0]["rows"] == 2
    assert (
        rows(souk("privacy", "requests", "--json")[1] or souk("privacy", "requests", "list", "--json")[1])[0][
            "status"
        ]
        == "completed"
    )
    assert "They were erased" in souk("privacy", "access", "taobao", typed="buyer-MARKER-77\n")[1]
    for left in (tmp_path / "home").rglob("*"):
        if left.is_file():
            assert b"MARKER" not in left.read_bytes(), left.name


def test_an_incident_tells_its_deadlines_on_the_workspaces_clock(souk) -> None:  # type: ignore[no-untyped-def]
    told = souk(
        "privacy",
        "incidents",
        "record",
        "lost laptop",
        "--severity",
        "serious",
        "--platform",
        "taobao",
        "--region",
        "eu",
    )[1]
    assert "cn_incident_2025/report_to_provincial_regulator by 2026-11-15 16:00" in told
    assert "gdpr/notify_supervisory_authority by 2026-11-18 12:00" in told


def test_an_empty_register_says_nothing_recorded(souk) -> None:  # type: ignore[no-untyped-def]
    assert souk("privacy", "requests")[1:] == ("", "Nothing recorded.\n")
    assert souk("privacy", "incidents")[1:] == ("", "No incidents recorded.\n")
    report = souk("privacy", "report")[1]
    assert "incidents\tnothing recorded" in report and "*: staff_training" in report


def test_retention_counts_before_it_acts(souk) -> None:  # type: ignore[no-untyped-def]
    assert {row["rows"] for row in rows(souk("privacy", "retention", "--dry-run", "--json")[1])} == {0}
    souk("privacy", "retention")
    ran = rows(souk("privacy", "settings", "retention_rules", "--json")[1])
    assert {row["last_run_at"] for row in ran} == {"2026-11-15T04:00:00+00:00"}
