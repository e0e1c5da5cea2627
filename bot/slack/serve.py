"""The bot as a process: Socket Mode where there is an app token, else HTTP at /slack/events.

`SLACK_API_URL` is the base of every client, also of Socket Mode: GovSlack, proxies and tests need it.
"""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor

import structlog
import uvicorn
from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_bolt.adapter.starlette.handler import to_bolt_request, to_starlette_response
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.settings import Settings
from bot.slack.listeners import listen
from bot.slack.questions import Questions
from queries.trouble import Trouble

log = structlog.get_logger("souk.slack")
LISTENERS = 16
"""Questions answered at once; Bolt's own default of five lets five slow queries block the bot."""
LARGEST_BODY = 1_000_000


class NoToken(Trouble):
    en = "Slack is not set up: {name} is missing."
    zh = "Slack 尚未配置: 缺少 {name}。"
    hint_en = "docs/slack.md says where each value comes from; put them into .env."
    hint_zh = "各项取值见 docs/slack.md, 请写入 .env。"


class SlackRefused(Trouble):
    en = "Slack refused the bot token: {reason}."
    zh = "Slack 拒绝了机器人令牌: {reason}。"
    hint_en = "Check SLACK_BOT_TOKEN and that the app is still installed."
    hint_zh = "请检查 SLACK_BOT_TOKEN, 并确认应用仍已安装。"


def web_client(settings: Settings) -> WebClient:
    """The one kind of client, with the base URL of the settings; waits out rate limits."""
    if settings.slack_bot_token is None:
        raise NoToken(name="SLACK_BOT_TOKEN")
    client = WebClient(token=settings.slack_bot_token.get_secret_value(), base_url=settings.slack_api_url)
    client.retry_handlers.append(RateLimitErrorRetryHandler(max_retry_count=3))
    return client


def installed_team(client: WebClient) -> str:
    """The workspace the bot token belongs to; also the test of the token."""
    try:
        return str(client.auth_test().get("team_id") or "")
    except SlackApiError as error:
        raise SlackRefused(reason=error.response.get("error", "unknown")) from None


def build_app(settings: Settings, client: WebClient, questions: Questions) -> App:
    """The Bolt app with every listener. The signing secret verifies requests, except over a socket."""
    logging.getLogger("slack_bolt.App").addFilter(
        lambda record: "`token` will be unused" not in record.getMessage()
    )
    app = App(
        client=client,
        signing_secret=settings.slack_signing_secret.get_secret_value()
        if settings.slack_signing_secret
        else "",
        listener_executor=ThreadPoolExecutor(LISTENERS, thread_name_prefix="souk-slack"),
        token_verification_enabled=False,  # installed_team() has asked already
    )
    listen(app, questions)
    return app


def http_app(app: App) -> Starlette:
    """/slack/events for all of Slack, /healthz for whoever watches the process."""

    async def events(request: Request) -> Response:
        body = await request.body()
        if len(body) > LARGEST_BODY:
            return PlainTextResponse("too large", 413)
        try:
            asked = to_bolt_request(request, body)
        except UnicodeDecodeError:
            return PlainTextResponse("not UTF-8", 400)
        return to_starlette_response(await run_in_threadpool(app.dispatch, asked))

    async def health(_request: Request) -> Response:
        return PlainTextResponse("ok")

    return Starlette(routes=[Route("/slack/events", events, methods=["POST"]), Route("/healthz", health)])


def run_http(app: App, port: int, stop: threading.Event) -> None:
    """Serves until `stop`."""
    server = uvicorn.Server(uvicorn.Config(http_app(app), host="0.0.0.0", port=port, log_level="warning"))  # noqa: S104
    serving = threading.Thread(target=server.run, name="souk-slack-http", daemon=True)
    serving.start()
    log.info("listening", port=port, path="/slack/events")
    while serving.is_alive() and not stop.wait(0.2):
        pass
    server.should_exit = True
    serving.join(10)


def run_socket(app: App, settings: Settings, stop: threading.Event) -> None:
    """Keeps a Socket Mode connection until `stop`; the SDK reconnects by itself."""
    assert settings.slack_app_token is not None
    token = settings.slack_app_token.get_secret_value()
    handler = SocketModeHandler(
        app, token, web_client=WebClient(token=token, base_url=settings.slack_api_url)
    )
    handler.connect()
    log.info("connected", mode="socket")
    stop.wait()
    handler.close()
