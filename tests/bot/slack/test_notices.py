"""Failures of scheduled jobs, told once to a channel, and told again when healed: over a local Slack."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from slack_sdk.errors import SlackApiError

from bot.cli import syncing
from bot.notices import Notices
from bot.settings import Settings
from connectors.engine.errors import Broken, Denied, Throttled
from connectors.engine.schedule import Failure
from queries.trouble import Trouble
from queries.warehouse import State
from tests.bot.slack.server import BOT_TOKEN, LocalSlack

BEGAN = datetime(2026, 6, 20, 4, tzinfo=UTC)
Told = Callable[..., None]


@pytest.fixture
def slack() -> Iterator[LocalSlack]:
    server = LocalSlack().start()
    yield server
    server.stop()


class Clock:
    now = BEGAN

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ended(slack: LocalSlack, tmp_path: Path, clock: Clock) -> Told:
    """A run came to its end: `ended("sync:shop", orders=Broken("(503)"))`, after a restart each time."""
    settings = Settings(
        _env_file=None,
        home=tmp_path,
        SLACK_BOT_TOKEN=BOT_TOKEN,
        SLACK_API_URL=slack.api_url,
        notices_channel="C9",
    )  # type: ignore[call-arg]

    def told(job: str, **troubles: Trouble) -> None:
        house: Any = SimpleNamespace(settings=settings, state=State(tmp_path), clock=clock)
        syncing._notices(house)(job, [Failure(part, trouble) for part, trouble in troubles.items()])

    return told


def texts(slack: LocalSlack) -> list[str]:
    return [call["text"] for call in slack.named("chat.postMessage")]


def test_a_failure_is_told_once_with_what_to_do_and_told_again_when_healed(
    ended: Told, slack: LocalSlack, clock: Clock
) -> None:
    for _ in range(5):
        ended("sync:my-shop", orders=Denied("(code 12)"), refunds=Denied("(code 12)"))
        clock.now += timedelta(minutes=15)
    [told] = texts(slack)
    assert slack.named("chat.postMessage")[0]["channel"] == "C9"
    assert "The sync of my-shop failed (orders, refunds)" in told and "my-shop 同步失败" in told
    assert "The platform refused access. (code 12)" in told
    assert "Check the keys" in told and "请检查此连接的密钥" in told

    ended("sync:my-shop")
    ended("sync:my-shop")
    assert len(texts(slack)) == 2
    healed = texts(slack)[1]
    assert (
        "my-shop syncs again" in healed and "2026-06-20 12:00 (1 hour)" in healed and "已恢复同步" in healed
    )

    ended("sync:my-shop", orders=Denied(""))
    assert len(texts(slack)) == 3, "a new failure is told anew"


def test_a_new_reason_is_told_and_each_job_has_its_own_story(ended: Told, slack: LocalSlack) -> None:
    ended("sync:a", orders=Broken("(503)"))
    ended("sync:a", orders=Denied(""))
    ended("sync:a", orders=Broken("(503)"))
    ended("sync:b", orders=Throttled("(429)"))
    ended("backup", **{"": Broken("")})
    heads = [text.splitlines()[0].split("*")[1] for text in texts(slack)]
    assert heads == ["The sync of a failed (orders)", "The sync of a failed (orders)", "The sync of b failed (orders)",
                     "The backup failed"]  # fmt: skip


def test_what_went_well_all_along_is_not_told(ended: Told, slack: LocalSlack) -> None:
    ended("sync:a")
    assert texts(slack) == []


def test_a_notice_that_slack_refuses_is_told_at_the_next_run(ended: Told, slack: LocalSlack) -> None:
    slack.refuse("chat.postMessage", "not_in_channel")
    ended("sync:a", orders=Broken(""))
    assert texts(slack) == []
    ended("sync:a", orders=Broken(""))
    assert len(texts(slack)) == 1


@pytest.mark.parametrize("said", ["(buyer 13812345678 not found)", "(anna.lee@example.com unknown)"])
def test_no_person_and_no_ping_in_a_notice(ended: Told, slack: LocalSlack, said: str) -> None:
    ended("sync:a", orders=Denied(said), ads=Broken("(<!channel> xoxb-123456-abc)"))
    [told] = texts(slack)
    assert said not in told and "The platform refused access." in told
    assert "<!channel>" not in told and "xoxb-123456" not in told


def test_without_a_channel_nobody_is_told(tmp_path: Path) -> None:
    house: Any = SimpleNamespace(settings=Settings(_env_file=None, home=tmp_path))  # type: ignore[call-arg]
    assert syncing._notices(house)("sync:a", [Failure("orders", Broken(""))]) is None


def test_the_notices_know_only_how_to_send(tmp_path: Path, clock: Clock) -> None:
    """Whatever sending raises, the schedule goes on."""

    def broken(text: str) -> None:
        raise SlackApiError("down", {"error": "x"})  # type: ignore[no-untyped-call]

    Notices(broken, State(tmp_path), clock, ZoneInfo("Asia/Shanghai")).ended(
        "sync:a", [Failure("", Broken(""))]
    )
