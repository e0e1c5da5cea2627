"""Jobs by the clock: missed runs once, one process at a time, a clean stop."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from connectors.engine import schedule
from connectors.engine.errors import Broken, Busy, Throttled
from connectors.engine.locks import held, lock_file
from connectors.engine.pressure import Pressure
from connectors.engine.run import StreamReport
from connectors.engine.schedule import Failure, Job, Schedule, sync_jobs
from queries.trouble import Trouble
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


# --- syncs: spread, held back, told -------------------------------------------------------------------------


def begins(home: Path, clock: Clock, job: Job, at: datetime) -> list[int]:
    """The first second after `at` at which the job is due, in two processes of a home."""
    found = []
    for _ in range(2):
        here = made(home, clock, job)
        clock.now = at - timedelta(minutes=15)
        here.due([job])
        for second in range(122):
            clock.now = at + timedelta(seconds=second)
            if here.due([job]):
                found.append(second)
                break
    return found


def test_a_spread_job_starts_a_little_later_and_the_same_everywhere(tmp_path: Path, clock: Clock) -> None:
    job = Job("sync:a", "*/15 * * * *", nothing, jitter=timedelta(minutes=2))
    at = MIDNIGHT + timedelta(minutes=15)
    homes = [begins(tmp_path / str(number), clock, job, at) for number in range(6)]
    assert all(one == other <= 121 for one, other in homes), "every process of a home agrees"
    assert len({one for one, _ in homes}) > 1, "another home has another moment"


def test_a_job_waits_for_its_not_before(tmp_path: Path, clock: Clock) -> None:
    later = MIDNIGHT + timedelta(hours=2)
    job = Job("sync:a", "*/15 * * * *", nothing, not_before=lambda: later)
    here = made(tmp_path, clock, job)
    here.due([job])
    clock.now = later - timedelta(seconds=1)
    assert here.due([job]) == []
    clock.now = later
    assert here.due([job]) == [job]


def report(trouble: Trouble | None = None, waited: float = 0.0) -> StreamReport:
    return StreamReport("a", "orders", "failed" if trouble else "succeeded", trouble=trouble, waited=waited)


@pytest.mark.parametrize(("reports", "minutes"), [
    ([report()], None),
    ([report(waited=60)], None),
    ([report(waited=200), report(waited=200)], 15),
    ([report(Throttled(""))], 15),
    ([report(Throttled("", wait=7200))], 120),
    ([report(Broken(""))], None),
])
def test_a_throttled_connection_is_tried_later(tmp_path: Path, clock: Clock, reports: list[StreamReport],
                                               minutes: int | None) -> None:
    pressure = Pressure(State(tmp_path), clock)
    pressure.note("a", reports)
    assert pressure.until("a") == (None if minutes is None else MIDNIGHT + timedelta(minutes=minutes))
    assert pressure.until("b") is None


def test_ever_later_while_it_lasts_and_free_again_after(tmp_path: Path, clock: Clock) -> None:
    waits = []
    for _ in range(7):
        pressure = Pressure(State(tmp_path), clock)
        pressure.note("a", [report(Throttled(""))])
        waits.append(((pressure.until("a") or clock.now) - clock.now) / timedelta(minutes=1))
    assert waits == [15, 30, 60, 120, 240, 360, 360]
    pressure.note("a", [report()])
    assert pressure.until("a") is None


def test_the_end_of_each_run_is_told(tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedule, "TICK_SECONDS", 0.01)
    told: dict[str, list[str]] = {}

    def bad(stop: threading.Event) -> None:
        raise ValueError("13800138000")

    def elsewhere(stop: threading.Event) -> None:
        raise Busy()

    jobs = [Job("good", "0 9 * * *", nothing, at_once=True), Job("bad", "0 9 * * *", bad, at_once=True),
            Job("part", "0 9 * * *", lambda stop: [Failure("orders", Throttled("(429)"))], at_once=True),
            Job("busy", "0 9 * * *", elsewhere, at_once=True)]
    stop = threading.Event()
    threading.Timer(0.4, stop.set).start()
    Schedule(lambda: jobs, tmp_path, State(tmp_path), clock, ZoneInfo("Asia/Shanghai"),
             ended=lambda job, failures: told.update({job: [one.trouble.say("en") for one in failures]})).run(stop)
    assert told == {"good": [], "bad": ["Something failed that should not: ValueError."],
                    "part": ["The platform asked for fewer calls. (429)"]}


def test_a_sync_is_scheduled_as_suits_its_platform(monkeypatch: pytest.MonkeyPatch) -> None:
    class Links:
        def active(self, names: object = ()) -> list[SimpleNamespace]:
            return [SimpleNamespace(connection=name, platform=name) for name in ("weibo", "taobao")]

    links: Any = Links()
    assert {job.name: job.cron for job in sync_jobs(links)} == {
        "sync:weibo": "7 * * * *", "sync:taobao": "*/15 * * * *"}
    assert {job.cron for job in sync_jobs(links, "0 3 * * *")} == {"0 3 * * *"}
