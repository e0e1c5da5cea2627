"""`souk bot`: the Slack bot, with the schedule unless told otherwise."""

from __future__ import annotations

import signal
import threading
from typing import Annotated

import typer

from bot.cli.context import House, open_house

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def bot(
    schedule: Annotated[bool, typer.Option(help="Also run the scheduled jobs in this process.")] = True,
) -> None:
    """Runs the Slack bot until stopped: Socket Mode where SLACK_APP_TOKEN is set, else HTTP on PORT.

    docs/slack.md says how to connect a workspace in three steps.
    """
    from bot.journal import keep_journal

    house = open_house()
    keep_journal(house.settings.log_level)
    stop = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    serve(house, stop, schedule=schedule)


def serve(house: House, stop: threading.Event, *, schedule: bool) -> None:
    """Serves until `stop`; the schedule runs beside it and stops with it."""
    from bot.slack.questions import Questions
    from bot.slack.serve import NoToken, build_app, installed_team, run_http, run_socket, web_client
    from queries.privacy.viewers import permissions_of

    settings = house.settings
    client = web_client(settings)
    if settings.slack_app_token is None and settings.slack_signing_secret is None:
        raise NoToken(name="SLACK_APP_TOKEN or SLACK_SIGNING_SECRET")
    team = installed_team(client)
    house.prepare(team=team)
    questions = Questions(
        house.desk, house.state, lambda: permissions_of(house.warehouse.snapshot("person")), house.clock, team
    )
    bolt = build_app(settings, client, questions)
    jobs = _start_schedule(house, stop) if schedule else None
    if settings.slack_app_token is not None:
        run_socket(bolt, settings, stop)
    else:
        run_http(bolt, settings.port, stop)
    if jobs is not None:
        jobs.join(30)


def _start_schedule(house: House, stop: threading.Event) -> threading.Thread:
    from bot.cli.syncing import run_schedule

    jobs = threading.Thread(target=run_schedule, args=(house, stop), name="souk-schedule")
    jobs.start()
    return jobs
