"""The daily retention job: what it removes, what it keeps, and that a second run does nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest

from queries.privacy.decisions import write_rows
from queries.privacy.retention import run_retention
from queries.privacy.rows import Consent
from queries.warehouse import Access

from .conftest import NOW

OLD, FRESH = "v1:old", "v1:fresh"
NAIVE = NOW.replace(tzinfo=None)


def rows(runs) -> dict[str, int]:  # type: ignore[no-untyped-def]
    return {run.rule_id: run.rows for run in runs if run.rows}


def run(home, **more):  # type: ignore[no-untyped-def]
    return run_retention(home.warehouse, home.state, now=NOW, **more)


def access(days_ago: int) -> Access:
    return Access(NOW - timedelta(days=days_ago), "p", "", "business", "h", "f", (), 0, 0, "answered", "")


@pytest.fixture
def lived_in(home):  # type: ignore[no-untyped-def]
    """Two old orders of one buyer, an old and a fresh one of another, logs, consents and answers of all ages."""
    home.sell([OLD], days_ago=731)
    home.sell([OLD], days_ago=900)
    home.sell([FRESH], days_ago=800)
    home.sell([FRESH], days_ago=10)
    home.sell(["v1:am"], days_ago=31, platform="amazon")
    home.sell(["v1:am2"], days_ago=29, platform="amazon")
    for days in (1, 364, 366, 500):
        home.state.log_access(access(days))
    for room, days in (("thread", 31), ("slack_answer", 40), ("thread", 2), ("schedule", 99)):
        home.state.put(room, f"{room}{days}", {}, now=NOW - timedelta(days=days))
    consents = [("granted", 1500), ("withdrawn", 1200), ("granted", 1100), ("withdrawn", 3)]
    with home.warehouse.write() as session:
        write_rows(session, [
            Consent(platform="taobao", subject_key=FRESH, purpose="marketing", channel="sms", state=state, source="s",  # type: ignore[arg-type]
                    effective_at=NOW - timedelta(days=days), recorded_at=NOW)
            for state, days in consents
        ])  # fmt: skip
        for key in (OLD, FRESH):
            session.execute(
                "INSERT INTO customer_segments VALUES (?, 'taobao', ?, 'rfm', 'lost', 1)", [NAIVE.date(), key]
            )
        session.execute("INSERT INTO customer_segments VALUES (?, 'taobao', ?, 'rfm', 'lost', 1)",
                        [(NOW - timedelta(days=731)).date(), FRESH])  # fmt: skip
    home.warehouse.publish()
    return home


def test_it_removes_what_is_past_its_limit_and_nothing_else(lived_in) -> None:  # type: ignore[no-untyped-def]
    home = lived_in
    sales = home.look("SELECT count(*), sum(goods_base) FROM v_orders WHERE is_sale")
    assert rows(run(home)) == {
        "person_keys": 2,
        "access_log": 2,
        "answers": 2,
        "consents": 2,
        "amazon_orders": 1,
    }
    keys = home.look("SELECT customer_key, count(*) FROM orders GROUP BY 1 ORDER BY 1 NULLS LAST")
    assert keys == [("v1:am2", 1), (FRESH, 2), (None, 3)]
    for table in ("customers", "rollup_buyers"):
        assert home.look(f"SELECT customer_key FROM {table} WHERE platform = 'taobao'") == [(FRESH,)]
    assert home.look("SELECT snapshot_date, customer_key FROM customer_segments") == [(NAIVE.date(), FRESH)]
    assert home.look("SELECT region FROM orders WHERE platform = 'amazon' ORDER BY created_at") == [
        (None,),
        ("浙江",),
    ]
    left = home.look("SELECT state FROM privacy.consents ORDER BY effective_at")
    assert left == [("granted",), ("withdrawn",)], "the latest word stays, and what it replaced lately"
    assert home.look("SELECT count(*) FROM privacy.access_log") == [(2,)]
    assert list(home.state.items("thread", now=NOW)) == ["thread2"] and home.state.items("schedule", now=NOW)
    assert home.look("SELECT count(*), sum(goods_base) FROM v_orders WHERE is_sale") == sales


def test_the_second_run_changes_nothing(lived_in) -> None:  # type: ignore[no-untyped-def]
    run(lived_in)
    assert rows(run(lived_in)) == {}
    assert lived_in.look(
        "SELECT sum(overdue_rows), count(last_run_at), count(*) FROM privacy.retention_rules"
    ) == [(0, 7, 7)]


def test_a_dry_run_counts_and_changes_nothing(lived_in) -> None:  # type: ignore[no-untyped-def]
    before = lived_in.warehouse.snapshot_id()
    overdue = {run.rule_id: run.overdue for run in run(lived_in, dry_run=True) if run.overdue}
    assert overdue == {"person_keys": 2, "access_log": 2, "answers": 2, "consents": 2, "amazon_orders": 1}
    assert lived_in.warehouse.snapshot_id() == before
    assert lived_in.look("SELECT count(last_run_at) FROM privacy.retention_rules") == [(0,)]


def test_removed_keys_leave_the_bytes_of_every_file(lived_in) -> None:  # type: ignore[no-untyped-def]
    marker = "v1:zzzMARKERzzz"
    lived_in.sell([marker], days_ago=800)
    lived_in.warehouse.publish()
    assert any(marker.encode() in file.read_bytes() for file in lived_in.path.rglob("*.duckdb"))
    run(lived_in)
    for file in lived_in.path.rglob("*"):
        if file.is_file():
            assert marker[3:].encode() not in file.read_bytes(), file.name


def test_the_shorter_of_two_rules_wins(lived_in) -> None:  # type: ignore[no-untyped-def]
    with lived_in.warehouse.write() as session:
        session.execute(
            "INSERT INTO privacy.retention_rules SELECT 'taobao_keys', 'taobao', data_class, purpose, anchor, 5,"
            " action, reference, enforced_by, NULL, NULL, NULL FROM privacy.retention_rules"
            " WHERE rule_id = 'person_keys'"
        )
    run(lived_in)
    assert lived_in.look("SELECT DISTINCT customer_key FROM orders WHERE platform = 'taobao'") == [(None,)]
    assert ("v1:am2",) in lived_in.look("SELECT customer_key FROM orders")


def test_a_rule_that_people_enforce_is_counted_and_never_marked_as_run(lived_in) -> None:  # type: ignore[no-untyped-def]
    with lived_in.warehouse.write() as session:
        session.execute(
            "UPDATE privacy.retention_rules SET enforced_by = 'manual' WHERE rule_id = 'access_log'"
        )
    run(lived_in)
    assert lived_in.look(
        "SELECT last_run_at, overdue_rows FROM privacy.retention_rules WHERE rule_id = 'access_log'"
    ) == [(None, 2)]
    assert lived_in.look("SELECT count(*) FROM privacy.access_log") == [(4,)]


def test_old_backups_are_destroyed_and_stay_in_the_register(home) -> None:  # type: ignore[no-untyped-def]
    folder = home.warehouse.rooms.backups
    folder.mkdir()
    ages = {"b1": 36, "b2": 30, "b3": 2}
    with home.warehouse.write() as session:
        for backup, days in ages.items():
            (folder / f"{backup}.souk").write_bytes(b"x")
            expires = NOW.date() - timedelta(days=1) if backup == "b3" else NOW.date() + timedelta(days=99)
            session.execute(
                "INSERT INTO privacy.backups (backup_id, finished_at, expires_on) VALUES (?, ?, ?)",
                [backup, NAIVE - timedelta(days=days), expires],
            )
    assert rows(run(home)) == {"backups": 2}
    assert [file.name for file in folder.iterdir()] == ["b2.souk"]
    assert home.look("SELECT count(*) FROM privacy.backups") == [(3,)]
