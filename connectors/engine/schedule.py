"""The schedule: jobs by the clock, each in one process at a time, missed runs caught up once.

A job is a callable, so this room knows nothing of segments, retention or digests: who starts the schedule
passes them in. When a job last ran is kept in `state.sqlite`, so that a restart neither forgets nor repeats.

    jobs = lambda: [*sync_jobs(connections), Job("retention", "30 3 * * *", run_retention)]
    Schedule(jobs, home, state, clock, ZoneInfo("Asia/Shanghai")).run(stop)
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog
from cronsim import CronSim

from connectors.engine.connections import Connections
from connectors.engine.errors import Busy
from connectors.engine.locks import held, lock_file
from connectors.engine.sync import sync
from queries.trouble import Trouble
from queries.warehouse import State

EVERY_QUARTER = "*/15 * * * *"
TICK_SECONDS = 1.0
FRESH_SECONDS = 60.0
"""How often the list of jobs is made anew: a connection added meanwhile is then scheduled."""
ROOM = "schedule"

log = structlog.get_logger("souk.schedule")


@dataclass(frozen=True)
class Job:
    """`cron` on the workspace's clock. `run` gets the event that asks it to end. `at_once` = a job that has
    never run is due now (a sync), instead of at its next time (a digest)."""

    name: str
    cron: str
    run: Callable[[threading.Event], None]
    at_once: bool = False


def sync_jobs(connections: Connections, cron: str = EVERY_QUARTER) -> list[Job]:
    """One job for each connection that is not paused."""
    def job(name: str) -> Job:
        def run(stop: threading.Event) -> None:
            links = connections.active([name])
            for report in sync(links, connections.warehouse, connections.vault, connections.clock, stop=stop):
                log.info("synced", **report.as_dict())

        return Job(f"sync:{name}", cron, run, at_once=True)

    return [job(link.connection) for link in connections.active()]


class Schedule:
    """Runs jobs until told to stop. Several processes may run the same schedule."""

    def __init__(self, jobs: Callable[[], Sequence[Job]], home: Path, state: State,
                 clock: Callable[[], datetime], zone: ZoneInfo) -> None:
        self._jobs, self._home, self._state, self._clock, self._zone = jobs, home, state, clock, zone
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
        last = datetime.fromisoformat(mark).astimezone(self._zone)
        return next(CronSim(job.cron, last))

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
                job.run(stop)
        except Busy:
            return
        except Trouble as error:
            log.warning("job failed", job=job.name, error=error.say("en"))
        except Exception as error:
            log.warning("job failed", job=job.name, error=type(error).__name__)

    def _listed(self) -> Sequence[Job]:
        try:
            return self._jobs()
        except Trouble as error:
            log.warning("jobs could not be listed", error=error.say("en"))
            return ()
