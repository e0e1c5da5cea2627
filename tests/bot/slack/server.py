"""A Slack that listens on loopback: the Web API methods the bot calls, Socket Mode, and all it was told.

It checks the token and knows the methods, as Slack does, and can be told to refuse. Real sockets: the bot's
own client, retries and fallbacks run.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

BOT_TOKEN, APP_TOKEN, SIGNING_SECRET = "xoxb-test", "xapp-test", "signing-test"
TEAM, BOT_USER, BOT_ID = "T1", "UBOT", "BBOT"


@dataclass
class Call:
    method: str
    args: dict[str, Any]


@dataclass
class LocalSlack:
    """Start it, point SLACK_API_URL at `api_url`, look at `calls`."""

    calls: list[Call] = field(default_factory=list)
    refusals: dict[str, list[tuple[int, dict[str, Any], dict[str, str]]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    guests: set[str] = field(default_factory=set)
    uploads: list[bytes] = field(default_factory=list)
    sockets: list[WebSocket] = field(default_factory=list)
    acknowledged: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        routes = [
            Route("/api/{method}", self._api, methods=["POST", "GET"]),
            Route("/upload", self._upload, methods=["POST"]),
            Route("/respond/{token}", self._respond, methods=["POST"]),
            WebSocketRoute("/socket", self._socket),
        ]
        self._counter = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lock = threading.Lock()
        config = uvicorn.Config(Starlette(routes=routes), host="127.0.0.1", port=0, log_level="warning")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)

    def start(self) -> LocalSlack:
        self._thread.start()
        while not self._server.started:
            time.sleep(0.01)
        self.port = self._server.servers[0].sockets[0].getsockname()[1]
        return self

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(5)

    @property
    def api_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/api/"

    # -- what tests look at ----------------------------------------------------------------------------------

    def named(self, method: str) -> list[dict[str, Any]]:
        return [call.args for call in self.calls if call.method == method]

    def wait_for(self, method: str, count: int = 1, seconds: float = 10) -> list[dict[str, Any]]:
        """The calls of a method, once there are `count`; fails after `seconds`."""
        deadline = time.monotonic() + seconds
        while len(self.named(method)) < count:
            if time.monotonic() > deadline:
                raise AssertionError(
                    f"{method} was called {len(self.named(method))} times, not {count}: {self.calls}"
                )
            time.sleep(0.01)
        return self.named(method)

    def settle(self, seconds: float = 0.4) -> list[Call]:
        """Everything that was said once nothing has been said for a while."""
        before = -1
        while before != len(self.calls):
            before = len(self.calls)
            time.sleep(seconds)
        return self.calls

    def refuse(
        self, method: str, error: str = "invalid_blocks", *, status: int = 200, **headers: str
    ) -> None:
        """The next call of `method` fails."""
        self.refusals[method].append((status, {"ok": False, "error": error}, headers))

    # -- Slack's side ----------------------------------------------------------------------------------------

    async def _api(self, request: Request) -> Response:
        method = request.path_params["method"]
        args = await _arguments(request)
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if token != (APP_TOKEN if method == "apps.connections.open" else BOT_TOKEN):
            return JSONResponse({"ok": False, "error": "invalid_auth"})
        if self.refusals[method]:
            status, body, headers = self.refusals[method].pop(0)
            return JSONResponse(body, status, headers={k.replace("_", "-"): v for k, v in headers.items()})
        with self._lock:
            self.calls.append(Call(method, args))
            self._counter += 1
        answer = getattr(self, "_" + method.replace(".", "_"), None)
        if answer is None:
            return JSONResponse({"ok": False, "error": "unknown_method"})
        return JSONResponse({"ok": True, **answer(args)})

    def _auth_test(self, _args: dict[str, Any]) -> dict[str, Any]:
        return {"team_id": TEAM, "user_id": BOT_USER, "bot_id": BOT_ID, "url": "https://souk.slack.com/"}

    def _users_info(self, args: dict[str, Any]) -> dict[str, Any]:
        return {"user": {"id": args["user"], "is_restricted": args["user"] in self.guests}}

    def _chat_postMessage(self, args: dict[str, Any]) -> dict[str, Any]:
        return {"ts": f"1700000000.{self._counter:06d}", "channel": args["channel"]}

    def _chat_update(self, args: dict[str, Any]) -> dict[str, Any]:
        return {"ts": args["ts"], "channel": args["channel"]}

    def _chat_postEphemeral(self, _args: dict[str, Any]) -> dict[str, Any]:
        return {"message_ts": f"1700000000.{self._counter:06d}"}

    def _views_open(self, _args: dict[str, Any]) -> dict[str, Any]:
        return {"view": {"id": "V1"}}

    def _views_publish(self, _args: dict[str, Any]) -> dict[str, Any]:
        return {"view": {"id": "V1"}}

    def _assistant_threads_setSuggestedPrompts(self, _args: dict[str, Any]) -> dict[str, Any]:
        return {}

    def _files_getUploadURLExternal(self, _args: dict[str, Any]) -> dict[str, Any]:
        return {"upload_url": f"http://127.0.0.1:{self.port}/upload", "file_id": "F1"}

    def _files_completeUploadExternal(self, _args: dict[str, Any]) -> dict[str, Any]:
        return {"files": [{"id": "F1", "title": "souk.csv"}]}

    def _apps_connections_open(self, _args: dict[str, Any]) -> dict[str, Any]:
        return {"url": f"ws://127.0.0.1:{self.port}/socket"}

    async def _upload(self, request: Request) -> Response:
        self.uploads.append(await request.body())
        return Response("OK")

    async def _respond(self, request: Request) -> Response:
        self.calls.append(Call("response_url", await request.json()))
        return Response("ok")

    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop the sockets live on, for sending from a test."""
        assert self._loop is not None
        return self._loop

    async def _socket(self, socket: WebSocket) -> None:
        self._loop = asyncio.get_running_loop()
        await socket.accept()
        await socket.send_json({"type": "hello", "num_connections": 1, "connection_info": {"app_id": "A1"}})
        self.sockets.append(socket)
        try:
            while True:
                message = json.loads(await socket.receive_text())
                if "envelope_id" in message:
                    self.acknowledged.append(message["envelope_id"])
        except (WebSocketDisconnect, RuntimeError):
            return


async def _arguments(request: Request) -> dict[str, Any]:
    body = await request.body()
    if "json" in request.headers.get("content-type", ""):
        given: dict[str, Any] = json.loads(body or b"{}")
    else:
        given = {key: values[0] for key, values in parse_qs(body.decode()).items()}
    given |= dict(request.query_params)
    for key in ("blocks", "view", "prompts", "files"):
        if isinstance(given.get(key), str):
            given[key] = json.loads(given[key])
    return given


# -- what Slack sends ----------------------------------------------------------------------------------------


def signed(body: bytes, *, at: float | None = None, secret: str = SIGNING_SECRET) -> dict[str, str]:
    """Slack's request headers: v0 signature over timestamp and raw body."""
    stamp = str(int(time.time() if at is None else at))
    digest = hmac.new(secret.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": "v0=" + digest}


def send_event(url: str, payload: dict[str, Any], **headers: str) -> httpx.Response:
    body = json.dumps(payload, ensure_ascii=False).encode()
    return httpx.post(
        url, content=body, headers={"Content-Type": "application/json", **signed(body), **headers}
    )


def send_form(url: str, fields: dict[str, Any]) -> httpx.Response:
    """Slash commands and interactive payloads."""
    body = urlencode(fields).encode()
    kind = "application/x-www-form-urlencoded"
    return httpx.post(url, content=body, headers={"Content-Type": kind, **signed(body)})


def event(kind: str, text: str = "", *, event_id: str = "Ev1", **fields: Any) -> dict[str, Any]:
    """An Events API delivery."""
    inner = {
        "type": kind,
        "user": "U1",
        "channel": "C1",
        "ts": "1700000001.000100",
        "text": text,
        "team": TEAM,
    }
    return {
        "type": "event_callback", "team_id": TEAM, "api_app_id": "A1", "event_id": event_id,
        "event_time": 1700000001,
        "authorizations": [{"team_id": TEAM, "user_id": BOT_USER, "is_bot": True}], "event": inner | fields,
    }  # fmt: skip
