"""The schedule: jobs by the clock, each in one process at a time, missed runs caught up once.

Syncs are spread a little (`jitter`), so that many homes do not ask a platform in the same second, and wait
longer where a platform throttles (`pressure.py`).

A job is a callable, so this room knows nothing of segments, retention or digests: who starts the schedule
passes them in. When a job last ran is kept in `state.sqlite`, so that a restart neither forgets nor repeats.

    jobs = lambda: [*sync_jobs(connections), Job("retention", "30 3 * * *", run_retention)]
    Schedule(jobs, home, state, clock, ZoneInfo("Asia/Shanghai")).run(stop)
"""

from __future__ import annotations

import threading
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog
from cronsim import CronSim

from connectors import connector
from connectors.engine.connections import Connections
from connectors.engine.errors import Busy
from connectors.engine.locks import held, lock_file
from connectors.engine.pressure import Pressure
from connectors.engine.run import StreamReport
from connectors.engine.sync import sync
from queries.trouble import Trouble
from queries.warehouse import State

TICK_SECONDS = 1.0
FRESH_SECONDS = 60.0
"""How often the list of jobs is made anew: a connection added meanwhile is then scheduled."""
ROOM = "schedule"
JITTER = timedelta(minutes=2)
"""Of syncs: they start up to this much after the time of their cron expression."""

log = structlog.get_logger("souk.schedule")


class Unforeseen(Trouble):
    en = "Something failed that should not: {kind}."
    zh = "出现意外错误: {kind}。"
    hint_en = "Run it by hand with --debug to see where."
    hint_zh = "请加上 --debug 手动运行以查看位置。"


@dataclass(frozen=True)
class Failure:
    """What failed in a job: a stream of a sync ("" = the job itself), and why."""

    part: str
    trouble: Trouble


@dataclass(frozen=True)
class Job:
    """`cron` on the workspace's clock. `run` gets the event that asks it to end and says what failed in it (or
    raises). `at_once` = a job that has never run is due now (a sync), instead of at its next time (a digest).
    `jitter`: it starts up to that much later. `not_before`: an instant it has to wait for, if any."""

    name: str
    cron: str
    run: Callable[[threading.Event], Sequence[Failure] | None]
    at_once: bool = False
    jitter: timedelta = timedelta()
    not_before: Callable[[], datetime | None] = lambda: None


def sync_jobs(connections: Connections, cron: str | None = None, pressure: Pressure | None = None) -> list[Job]:
    """One job for each connection that is not paused: by `cron`, or as often as suits its platform."""
    def job(name: str, platform: str) -> Job:
        def run(stop: threading.Event) -> list[Failure]:
            links = connections.active([name])
            reports = sync(links, connections.warehouse, connections.vault, connections.clock, stop=stop)
            for report in reports:
                log.info("synced", **report.as_dict())
            if pressure:
                pressure.note(name, reports)
            return _failures(reports)

        later = (lambda: pressure.until(name)) if pressure else (lambda: None)
        return Job(f"sync:{name}", cron or connector(platform).cron, run, at_once=True, jitter=JITTER,
                   not_before=later)

    return [job(link.connection, link.platform) for link in connections.active()]


def _failures(reports: Sequence[StreamReport]) -> list[Failure]:
    """The failed streams. Raises Busy where another process is syncing the connection."""
    for report in reports:
        if isinstance(report.trouble, Busy):
            raise report.trouble
    return [Failure(report.stream, report.trouble or Unforeseen(kind=report.error))
            for report in reports if report.status == "failed"]


def last_runs(state: State, now: datetime) -> dict[str, datetime]:
    """Job name -> when it last began."""
    return {name: datetime.fromisoformat(mark) for name, mark in state.items(ROOM, now=now).items()}


def next_run(job: Job, last: datetime, zone: ZoneInfo) -> datetime:
    """The job's next time by its cron expression after it ran at `last`."""
    return next(CronSim(job.cron, last.astimezone(zone)))


class Schedule:
    """Runs jobs until told to stop. Several processes may run the same schedule. `ended(job, failures)` is told
    of every run that came to its end; none = it went well."""

    def __init__(self, jobs: Callable[[], Sequence[Job]], home: Path, state: State,
                 clock: Callable[[], datetime], zone: ZoneInfo,
                 ended: Callable[[str, Sequence[Failure]], None] = lambda _job, _failures: None) -> None:
        self._jobs, self._home, self._state, self._clock, self._zone = jobs, home, state, clock, zone
        self._ended = ended
        self._running: dict[str, threading.Thread] = {}

    def run(self, stop: threading.Event) -> None:
        """Blocks until `stop` is set; then waits for the jobs under way, which see `stop` as well."""
        jobs: Sequence[Job] = ()
        ticks = 0
        while not stop.is_set():
            if ticks % max(1, int(FRESH_SECONDS / TICK_SECONDS)) == 0:
                jobs = self._listed() or jobs
            for job in self.due(jobs):
                self._start(job, stop)
            ticks += 1
            stop.wait(TICK_SECONDS)
        for thread in self._running.values():
            thread.join()

    def due(self, jobs: Sequence[Job]) -> list[Job]:
        """The jobs whose time has come since they last ran. However many runs were missed, it is one."""
        now = self._clock()
        return [job for job in jobs if not self._is_running(job) and self._next(job, now) <= now]

    def _next(self, job: Job, now: datetime) -> datetime:
        mark = self._state.get(ROOM, job.name, now=now)
        if mark is None:
            if job.at_once:
                return now
            self._mark(job, now)
            return now + timedelta(days=1)
        at = next_run(job, datetime.fromisoformat(mark), self._zone)
        wait = job.not_before()
        return max(at + self._spread(job, at), wait or at)

    def _spread(self, job: Job, at: datetime) -> timedelta:
        """The job's delay at this time: the same in every process of a home, another one in each home."""
        if not job.jitter:
            return timedelta()
        seed = f"{self._state.instance} {job.name} {at.isoformat()}"
        return job.jitter * (zlib.crc32(seed.encode()) / 2**32)

    def _mark(self, job: Job, now: datetime) -> None:
        self._state.put(ROOM, job.name, now.isoformat(), now=now)

    def _is_running(self, job: Job) -> bool:
        thread = self._running.get(job.name)
        return thread is not None and thread.is_alive()

    def _start(self, job: Job, stop: threading.Event) -> None:
        thread = threading.Thread(target=self._work, args=(job, stop), name=job.name, daemon=True)
        self._running[job.name] = thread
        thread.start()

    def _work(self, job: Job, stop: threading.Event) -> None:
        """One run under the job's lock; another process that has it also does the work."""
        try:
            with held(lock_file(self._home, f"job-{job.name}")):
                now = self._clock()
                if self._next(job, now) > now:
                    return
                self._mark(job, now)
                failures = self._run(job, stop)
                if not stop.is_set():
                    self._ended(job.name, failures)
        except Busy:
            return
        except Exception as error:
            log.warning("job's end was not told", job=job.name, error=type(error).__name__)

    def _run(self, job: Job, stop: threading.Event) -> Sequence[Failure]:
        """One run; whatever is raised in it is a failure of the job, except Busy."""
        try:
            return job.run(stop) or ()
        except Busy:
            raise
        except Trouble as error:
            log.warning("job failed", job=job.name, error=error.say("en"))
            return [Failure("", error)]
        except Exception as error:
            log.warning("job failed", job=job.name, error=type(error).__name__)
            return [Failure("", Unforeseen(kind=type(error).__name__))]

    def _listed(self) -> Sequence[Job]:
        try:
            return self._jobs()
        except Trouble as error:
            log.warning("jobs could not be listed", error=error.say("en"))
            return ()
