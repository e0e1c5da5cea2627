"""A bot on the worked example's warehouse, a Slack on loopback, and the bot's own HTTP endpoint."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest
import uvicorn
from pydantic import SecretStr

from bot.settings import Settings
from bot.slack.questions import Questions
from bot.slack.serve import build_app, http_app, installed_team, web_client
from queries.desk import Desk
from queries.privacy.decisions import load_settings
from queries.privacy.viewers import permissions_of
from queries.warehouse import State, Warehouse
from tests.bot.slack.server import APP_TOKEN, BOT_TOKEN, SIGNING_SECRET, TEAM, LocalSlack
from tests.golden.fixture import NOW, build

SECRET = b"a-secret-for-tests-only"


@dataclass
class Bot:
    """A running bot: where Slack delivers to, and what it is made of."""

    url: str
    warehouse: Warehouse
    state: State
    questions: Questions
    settings: Settings

    @property
    def now(self) -> datetime:
        return NOW


@pytest.fixture(scope="session")
def golden(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    home = tmp_path_factory.mktemp("slack")
    warehouse = build(home)
    load_settings(warehouse, home, now=NOW, team=TEAM)
    with warehouse.write() as session:
        rows = [("analyst", "slack:T1/UANA"), ("dpo", "slack:T1/UDPO")]
        for role, principal in rows:
            session.execute(
                "INSERT INTO privacy.role_members VALUES (?, ?, 'test', ?, NULL, NULL)",
                [role, principal, NOW.replace(tzinfo=None)],
            )
        session.execute("INSERT INTO privacy.channel_rules VALUES ('CPERSON', false, 'person', 'test')")
    warehouse.publish()
    return warehouse


@pytest.fixture
def slack() -> Iterator[LocalSlack]:
    server = LocalSlack().start()
    yield server
    server.stop()


def settings_for(slack: LocalSlack, home: Path, *, socket: bool = False) -> Settings:
    return Settings(
        home=home,
        SLACK_BOT_TOKEN=SecretStr(BOT_TOKEN),
        SLACK_APP_TOKEN=SecretStr(APP_TOKEN) if socket else None,
        SLACK_SIGNING_SECRET=SecretStr(SIGNING_SECRET),
        SLACK_API_URL=slack.api_url,
    )


@pytest.fixture
def bot(golden: Warehouse, slack: LocalSlack, tmp_path: Path) -> Iterator[Bot]:
    settings = settings_for(slack, tmp_path)
    state = State(tmp_path)
    client = web_client(settings)
    team = installed_team(client)
    desk = Desk(golden, state, secret=SECRET)
    questions = Questions(desk, state, lambda: permissions_of(golden.snapshot("person")), lambda: NOW, team)
    app = build_app(settings, client, questions)
    server = uvicorn.Server(uvicorn.Config(http_app(app), host="127.0.0.1", port=0, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    slack.calls.clear()
    yield Bot(f"http://127.0.0.1:{port}/slack/events", golden, state, questions, settings)
    server.should_exit = True
    thread.join(5)
