"""An authorisation from beginning to end: open the page, catch the answer on loopback, turn the code into tokens.

On a server without a browser the address is printed, and the address of the page people come to is pasted back.
State (and PKCE, where the platform has it) is checked in both; the code is used once and never shown or logged.
"""

from __future__ import annotations

import asyncio
import secrets
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from connectors.engine.connections import read_settings
from connectors.engine.consent import Answer, Authorize, Consent, NotGranted, NotOurs
from connectors.engine.errors import SyncError
from connectors.engine.stream import Call, Connector, Reply
from connectors.engine.talk import Talk
from connectors.engine.tokens import Tokens, stored
from connectors.engine.vault import Draft, Vault

PORT = 8917
"""Of the loopback address that has to be registered with the app: http://127.0.0.1:8917/callback."""
PATH = "/callback"
PATIENCE = 600.0
"""Seconds people have: codes live about ten minutes."""
PENDING = "0"
"""Stands in for a required setting (a number may be wanted) that the authorisation will bring."""

PAGE = """<!doctype html><meta charset="utf-8"><title>Souk</title>
<p style="font:18px system-ui;margin:4em">{en}<br>{zh}</p>"""
THANKS = PAGE.format(en="Thank you. You can close this page and go back to the terminal.",
                     zh="授权成功。请关闭此页面并返回终端。")  # fmt: skip
SORRY = PAGE.format(en="This page does not belong to the authorisation under way.", zh="此页面不属于正在进行的授权。")
HEADERS = {"content-type": "text/html; charset=utf-8", "cache-control": "no-store", "referrer-policy": "no-referrer",
           "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'"}  # fmt: skip


class NoFlow(SyncError):
    en = "This platform is not authorised in a browser:"
    zh = "该平台不使用浏览器授权："
    hint_en = "`souk connect PLATFORM --explain` says which settings it takes."
    hint_zh = "可用 `souk connect 平台 --explain` 查看所需设置。"


class NobodyCame(SyncError):
    en = "Nobody came back from the platform's page in ten minutes."
    zh = "十分钟内没有收到平台的授权回调。"
    hint_en = "Run the command again; on a machine without a browser add --paste."
    hint_zh = "请重新运行命令；没有浏览器的机器请加 --paste。"


class PortTaken(SyncError):
    en = "The port of the callback is in use:"
    zh = "回调端口已被占用："
    hint_en = "Choose another one with --port (and register its address), or use --paste."
    hint_zh = "请用 --port 换一个端口（并登记其地址），或使用 --paste。"


def begin(redirect: str, at: datetime, token: Callable[[int], str] = secrets.token_urlsafe) -> Consent:
    """A new authorisation with a state and a verifier of its own."""
    return Consent(redirect, token(24), token(48), at)


def flow(found: Connector) -> Authorize:
    """Raises NoFlow."""
    if found.authorize is None:
        raise NoFlow(found.title_en)
    return found.authorize


def before(found: Connector, settings: Mapping[str, str]) -> Any:
    """The settings model before the tokens are there. Raises Misconfigured for what people must give."""
    held = {name: PENDING for name in flow(found).gives if not settings.get(name)}
    return read_settings(found, {**settings, **held})


def pasted(text: str) -> Answer:
    """The answer inside the address of the page people came to."""
    query = urlsplit(text.strip()).query
    if not query:
        raise NotOurs()
    return dict(parse_qsl(query))


class Callback:
    """Listens on loopback for the browser's way back; anything else that knocks is turned away.

        with Callback(8917, consent) as callback:
            open_page(...)
            answer = callback.wait()
    """

    def __init__(self, port: int, consent: Consent) -> None:
        self._answer: Answer | None = None
        self._refusal: SyncError | None = None
        self._came = threading.Event()
        try:
            # Threads: browsers open connections ahead of need and leave them idle.
            self._server = ThreadingHTTPServer(("127.0.0.1", port), self._handler(consent))
        except OSError:
            raise PortTaken(str(port)) from None
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)

    def __enter__(self) -> Callback:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def wait(self, seconds: float = PATIENCE) -> Answer:
        """The answer, its state checked. Raises NotGranted, NobodyCame."""
        if not self._came.wait(seconds):
            raise NobodyCame()
        if self._refusal is not None:
            raise self._refusal
        assert self._answer is not None
        return self._answer

    def _take(self, answer: Answer, consent: Consent) -> bool:
        """False for what is not ours: the wait goes on, so a stranger cannot end it."""
        try:
            consent.accept(answer)
            self._answer = answer
        except NotOurs:
            return False
        except NotGranted as refusal:
            self._refusal = refusal
        self._came.set()
        return True

    def _handler(self, consent: Consent) -> type[BaseHTTPRequestHandler]:
        callback = self

        class Handler(BaseHTTPRequestHandler):
            timeout = 10

            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                good = parts.path == PATH and callback._take(dict(parse_qsl(parts.query)), consent)
                body = (THANKS if good else SORRY).encode()
                self.send_response(200 if good else 404)
                for name, value in {**HEADERS, "content-length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                """Nothing: the line would hold the code."""

        return Handler


def redeem(found: Connector, settings: Mapping[str, str], consent: Consent, answer: Answer, vault: Vault,
           clock: Callable[[], datetime]) -> dict[str, str]:
    """The settings with the tokens that the code is worth, ready for `Connections.connect` or `rotate`. Raises
    NotOurs, NotGranted and whatever the platform answers."""
    consent.accept(answer)
    model = before(found, settings)
    if not flow(found).genuine(model, answer, clock()):
        raise NotOurs()
    return asyncio.run(_redeem(found, settings, model, flow(found).exchange(model, consent, answer), answer, vault,
                               clock))


async def _redeem(found: Connector, settings: Mapping[str, str], model: Any, call: Call, answer: Answer, vault: Vault,
                  clock: Callable[[], datetime]) -> dict[str, str]:
    client = found.client(model)
    talk = Talk(client, Tokens(Draft(vault, {}), "authorising", client, clock), clock)
    try:
        reply: Reply = await talk.ask(call, lambda reply, _call: reply)
    finally:
        await talk.close()
    granted = stored(client.tokens(reply, "api"), "api", clock())
    return {**settings, **granted, **flow(found).learns(answer, reply)}
