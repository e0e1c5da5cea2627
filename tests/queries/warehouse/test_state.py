"""The state store: claimed once, kept until it expires, and an access log that arrives exactly once."""

from __future__ import annotations

import multiprocessing
from datetime import UTC, datetime, timedelta

import pytest

from queries.warehouse import Access, State

NOW = datetime(2026, 11, 1, 4, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def state(tmp_path):
    return State(tmp_path)


def claims(home, count):
    state = State(home)
    return sum(state.claim_event(f"e{number}", now=NOW) for number in range(count))


def test_an_event_is_claimed_once_across_processes(tmp_path):
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        assert sum(pool.starmap(claims, [(tmp_path, 50)] * 3)) == 50
    assert State(tmp_path).claim_event("e1", now=NOW) is False


def test_values_come_back_as_they_were_until_they_expire(state):
    state.put("thread", "T1/C1", {"问": ["a", 1, None]}, now=NOW, expires_at=LATER)
    assert state.get("thread", "T1/C1", now=NOW) == {"问": ["a", 1, None]}
    assert state.get("thread", "T1/C1", now=LATER) is None
    assert state.get("query", "T1/C1", now=NOW) is None
    state.put("thread", "T1/C1", "new", now=NOW)
    assert state.get("thread", "T1/C1", now=LATER) == "new"


def test_rooms_list_and_forget(state):
    for number in range(3):
        state.put("form", f"f{number}", number, now=NOW + timedelta(seconds=number),
                  expires_at=LATER if number else NOW)  # fmt: skip
    assert state.items("form", now=NOW) == {"f1": 1, "f2": 2}
    assert state.drop("form", "f1") == 1
    assert state.drop("form") == 2
    assert state.items("form", now=NOW) == {}


def test_counters_start_again_when_they_expire(state):
    assert [state.count_up("budget", "anna", now=NOW, expires_at=LATER) for _ in range(3)] == [1, 2, 3]
    assert state.count_up("budget", "anna", 5, now=LATER, expires_at=LATER + timedelta(hours=1)) == 5
    assert state.count_up("budget", "anna", 1, now=LATER) == 6


def test_a_turn_is_taken_by_one_until_it_runs_out(state):
    assert state.claim("turn", "sync", "p1", now=NOW, expires_at=LATER)
    assert not state.claim("turn", "sync", "p2", now=NOW, expires_at=LATER)
    assert state.claim("turn", "sync", "p2", now=LATER, expires_at=LATER + timedelta(hours=1))
    assert state.get("turn", "sync", now=LATER) == "p2"


def test_tidying_drops_what_is_over(state):
    state.claim_event("old", now=NOW - timedelta(days=8))
    state.put("thread", "t", 1, now=NOW, expires_at=NOW)
    state.tidy(now=NOW, events_before=NOW - timedelta(days=7))
    assert state.claim_event("old", now=NOW)
    assert state.drop("thread") == 0


def test_only_its_owner_reads_it(state):
    assert state.path.stat().st_mode & 0o777 == 0o600


# --- the access log


def access(number):
    return Access(logged_at=NOW + timedelta(seconds=number), principal="slack:T1/U1", channel_id="C1", lane="business",
                  question_hash="h", query_fingerprint=f"q{number}", tables=("orders", "shops"), rows_returned=number,
                  cells_suppressed=0, decision="answered", rule="")  # fmt: skip


LOGGED = "SELECT query_fingerprint, tables, logged_at FROM privacy.access_log ORDER BY logged_at"


def test_the_access_log_arrives_once_and_in_order(warehouse, home):
    state = State(home)
    state.log_access(access(1))
    state.log_access(access(2))
    assert warehouse.take_access_log(state) == 2
    assert warehouse.take_access_log(state) == 0
    state.log_access(access(3))
    warehouse.publish()
    assert warehouse.look(LOGGED) == [(f"q{number}", ["orders", "shops"], (NOW + timedelta(seconds=number)).replace(
        tzinfo=None)) for number in (1, 2, 3)]  # fmt: skip
    assert state.accesses_after(0) == []


def test_a_kill_between_log_and_buffer_doubles_nothing(warehouse, home, monkeypatch):
    state = State(home)
    state.log_access(access(1))
    monkeypatch.setattr(State, "forget_accesses", lambda self, through: None)  # killed before it forgot
    warehouse.take_access_log(state)
    monkeypatch.undo()
    state.log_access(access(2))
    assert warehouse.take_access_log(state) == 1
    assert [row[0] for row in warehouse.look(LOGGED)] == ["q1", "q2"]


def test_a_new_state_file_counts_from_the_start(warehouse, home):
    first = State(home)
    first.log_access(access(1))
    warehouse.take_access_log(first)
    first.close()
    for name in ("state.sqlite", "state.sqlite-wal", "state.sqlite-shm"):
        (home / name).unlink(missing_ok=True)
    second = State(home)
    second.log_access(access(2))
    assert warehouse.take_access_log(second) == 1
    assert [row[0] for row in warehouse.look(LOGGED)] == ["q1", "q2"]
