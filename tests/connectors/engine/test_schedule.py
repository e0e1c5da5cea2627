"""Jobs by the clock: missed runs once, one process at a time, a clean stop."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from connectors.engine import schedule
from connectors.engine.locks import held, lock_file
from connectors.engine.schedule import Job, Schedule
from queries.warehouse import State

MIDNIGHT = datetime(2026, 6, 19, 16, tzinfo=UTC)
"""20 June 00:00 in Shanghai."""


class Clock:
    def __init__(self) -> None:
        self.now = MIDNIGHT

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def made(home: Path, clock: Clock, *jobs: Job) -> Schedule:
    return Schedule(lambda: jobs, home, State(home), clock, ZoneInfo("Asia/Shanghai"))


def nothing(stop: threading.Event) -> None:
    pass


def test_times_are_those_of_the_workspace(tmp_path: Path, clock: Clock) -> None:
    """09:00 in Shanghai is 01:00 UTC."""
    job = Job("digest", "0 9 * * *", nothing)
    here = made(tmp_path, clock, job)
    assert here.due([job]) == []
    clock.now = MIDNIGHT + timedelta(hours=8, minutes=59)
    assert here.due([job]) == []
    clock.now = MIDNIGHT + timedelta(hours=9)
    assert here.due([job]) == [job]


def test_a_sync_that_never_ran_runs_at_once_and_others_wait(tmp_path: Path, clock: Clock) -> None:
    first, later = Job("sync:a", "*/15 * * * *", nothing, at_once=True), Job("digest", "0 9 * * *", nothing)
    assert made(tmp_path, clock, first, later).due([first, later]) == [first]


def test_missed_runs_are_caught_up_once(tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedule, "TICK_SECONDS", 0.01)
    ran: list[datetime] = []
    job = Job("retention", "30 3 * * *", lambda stop: ran.append(clock.now))
    assert made(tmp_path, clock, job).due([job]) == []
    clock.now += timedelta(days=5)
    stop = threading.Event()
    threading.Timer(0.3, stop.set).start()
    made(tmp_path, clock, job).run(stop)
    assert ran == [clock.now]


def test_a_job_under_way_elsewhere_is_left_alone(tmp_path: Path, clock: Clock,
                                                 monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedule, "TICK_SECONDS", 0.01)
    ran: list[int] = []
    job = Job("sync:a", "* * * * *", lambda stop: ran.append(1), at_once=True)
    stop = threading.Event()
    threading.Timer(0.2, stop.set).start()
    with held(lock_file(tmp_path, "job-sync:a")):
        made(tmp_path, clock, job).run(stop)
    assert ran == []


def test_stopping_waits_for_the_job_and_tells_it(tmp_path: Path, clock: Clock,
                                                 monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedule, "TICK_SECONDS", 0.01)
    ended: list[bool] = []
    job = Job("sync:a", "* * * * *", lambda stop: ended.append(stop.wait(5)), at_once=True)
    stop = threading.Event()
    threading.Timer(0.2, stop.set).start()
    made(tmp_path, clock, job).run(stop)
    assert ended == [True]


def test_a_failing_job_does_not_end_the_others(tmp_path: Path, clock: Clock,
                                               monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedule, "TICK_SECONDS", 0.01)
    ran: list[str] = []

    def bad(stop: threading.Event) -> None:
        raise ValueError("13800138000")

    stop = threading.Event()
    threading.Timer(0.2, stop.set).start()
    made(tmp_path, clock, Job("bad", "* * * * *", bad, at_once=True),
         Job("good", "* * * * *", lambda stop: ran.append("good"), at_once=True)).run(stop)
    assert ran == ["good"]
