"""Failures of scheduled jobs, told once to a Slack channel with what to do, and told again when healed.

A job that keeps failing for the same reasons stays silent; a reason not told yet is told. What is open lies in
`state.sqlite`, so a restart repeats nothing. A notice names connections, streams and reasons, never a person: a
platform's own words that look like personal data or a secret are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import structlog

from bot.journal import SECRET_VALUES
from queries.privacy.tripwire import finds_personal_data
from queries.trouble import Trouble

if TYPE_CHECKING:
    from connectors.engine.schedule import Failure
    from queries.warehouse.state import State

log = structlog.get_logger("souk.notices")

ROOM = "notices"
LANGUAGES = ("en", "zh")
WORDS = {
    "sync": ("The sync of {name} failed", "{name} 同步失败"),
    "segments": ("The segment snapshot failed", "客户分群快照失败"),
    "retention": ("The retention job failed", "数据保留任务失败"),
    "backup": ("The backup failed", "备份失败"),
    "job": ("The job {name} failed", "任务 {name} 失败"),
    "healed_sync": ("{name} syncs again", "{name} 已恢复同步"),
    "healed_job": ("The job {name} works again", "任务 {name} 已恢复正常"),
    "since": ("It had failed since {since} ({span}).", "自 {since} 起失败, 持续 {span}。"),
    "once": ("You will be told when it works again.", "恢复后会另行通知。"),
}
"""key -> (English, Chinese)"""
UNITS = ((1440, "day", "天"), (60, "hour", "小时"), (1, "minute", "分钟"))
"""(minutes, English, Chinese)"""


class Notices:
    """Told of every run's end, says what people should know. `send` posts one text; what it raises is logged,
    and the notice is tried again at the next run."""

    def __init__(
        self, send: Callable[[str], None], state: State, clock: Callable[[], datetime], zone: ZoneInfo
    ) -> None:
        self._send, self._state, self._clock, self._zone = send, state, clock, zone

    def ended(self, job: str, failures: Sequence[Failure]) -> None:
        """A run of `job` came to its end: what failed in it, nothing if it went well."""
        now = self._clock()
        noted = self._state.get(ROOM, job, now=now)
        if not failures:
            if noted and self._post(job, self._healed(job, datetime.fromisoformat(noted["since"]), now)):
                self._state.drop(ROOM, job)
            return
        told = set(noted["reasons"]) if noted else set()
        reasons = {type(failure.trouble).__name__ for failure in failures}
        if reasons <= told or not self._post(job, failed(job, failures)):
            return
        since = noted["since"] if noted else now.isoformat()
        self._state.put(ROOM, job, {"since": since, "reasons": sorted(told | reasons)}, now=now)

    def _healed(self, job: str, since: datetime, now: datetime) -> str:
        kind, _, name = job.partition(":")
        key = "healed_sync" if kind == "sync" else "healed_job"
        lines = []
        for language in LANGUAGES:
            when = f"{since.astimezone(self._zone):%Y-%m-%d %H:%M}"
            head = _word(key, language, name=name or kind)
            told = _word("since", language, since=when, span=duration(now - since, language))
            lines.append(_joined(head, told, language))
        return "\n".join([":white_check_mark: " + lines[0], *lines[1:]])

    def _post(self, job: str, text: str) -> bool:
        try:
            self._send(text)
            return True
        except Exception as error:
            log.warning("notice not delivered", job=job, error=type(error).__name__)
            return False


def failed(job: str, failures: Sequence[Failure]) -> str:
    """The text about a failed run: what failed, why, what to do, in both languages."""
    kind, _, name = job.partition(":")
    key = kind if kind in WORDS else "job"
    parts = sorted({failure.part for failure in failures if failure.part not in ("", "*")})
    troubles = {type(failure.trouble): failure.trouble for failure in failures}
    lines = []
    for language in LANGUAGES:
        head = _word(key, language, name=name or kind)
        if parts:
            head += f" ({', '.join(parts)})"
        told = [f"{safe(one, language)} {one.hint(language)}".strip() for one in troubles.values()]
        lines.append(_joined(head, " ".join([*told, _word("once", language)]), language))
    return "\n".join([":warning: " + lines[0], *lines[1:]])


def safe(trouble: Trouble, language: str) -> str:
    """The failure's sentence; without the platform's own words where they might name a person."""
    said = SECRET_VALUES.sub("[redacted]", trouble.say(language))
    if finds_personal_data(said):
        return type(trouble).zh if language == "zh" else type(trouble).en
    return said


def duration(span: timedelta, language: str) -> str:
    """How long, in the largest fitting unit.

    >>> duration(timedelta(hours=3), "en"), duration(timedelta(minutes=1), "zh")
    ('3 hours', '1 分钟')
    """
    minutes = max(1, round(span.total_seconds() / 60))
    size, one, zh = next(unit for unit in UNITS if minutes >= unit[0])
    count = round(minutes / size)
    if language == "zh":
        return f"{count} {zh}"
    return f"{count} {one}" if count == 1 else f"{count} {one}s"


def _word(key: str, language: str, **facts: str) -> str:
    return WORDS[key][LANGUAGES.index(language)].format(**facts)


def _joined(head: str, rest: str, language: str) -> str:
    return f"*{head}*{'。' if language == 'zh' else '.'} {rest}"
