"""Misbehaviour on order: the sandbox throttles, fails, cuts, drops, dawdles, expires, drifts and changes while read.

sandbox.faults.add("taobao", "429", every=5, retry_after=1)     # every fifth request, until cleared
sandbox.faults.add("jd", "cut", at=(3, 7))                      # the third and the seventh from now
sandbox.faults.add("shopify", "churn", every=1, touch=3)        # three orders change at every request
sandbox.faults.add("etsy", "drift", every=1)                    # every object has fields nobody knows
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass
from typing import Any, Literal, get_args
from urllib.parse import parse_qsl

from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from connectors.sandbox.drift import Drift
from connectors.sandbox.state import PlatformState
from connectors.sandbox.world import World

Kind = Literal["403", "429", "500", "cut", "drop", "slow", "expire", "churn", "drift"]
SECRETS = ("token", "secret", "sign", "key", "session", "code", "nonce")
"""A query parameter whose name holds one of these is not logged."""


@dataclass
class Fault:
    """One order to misbehave. It fires at the request numbers that fit (counted from `add`), `times` at most
    (None = without end)."""

    kind: Kind
    times: int | None
    every: int | None
    at: tuple[int, ...]
    path: str
    """Only requests whose path contains this."""
    retry_after: float
    seconds: float
    touch: int
    seen: int = 0
    fired: int = 0

    def due(self, path: str) -> bool:
        if self.path not in path or (self.times is not None and self.fired >= self.times):
            return False
        self.seen += 1
        fits = self.seen in self.at if self.at else self.seen % (self.every or 1) == 0
        self.fired += fits
        return fits


class Faults:
    """The orders in force, by platform. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._orders: dict[str, list[Fault]] = {}

    def add(
        self,
        platform: str,
        kind: Kind,
        *,
        times: int | None = None,
        every: int | None = None,
        at: tuple[int, ...] = (),
        path: str = "",
        retry_after: float = 1,
        seconds: float = 0.5,
        touch: int = 1,
    ) -> Fault:
        """Without `times`, `every` and `at` it fires once. `retry_after` seconds belong to 429, `seconds` to
        slow, `touch` orders to churn."""
        if kind not in get_args(Kind):
            raise ValueError(f"no such fault: {kind}; there are {', '.join(get_args(Kind))}")
        if times is None and every is None:
            times = len(at) or 1
        fault = Fault(kind, times, every, at, path, retry_after, seconds, touch)
        with self._lock:
            self._orders.setdefault(platform, []).append(fault)
        return fault

    def clear(self, platform: str | None = None) -> None:
        with self._lock:
            if platform is None:
                self._orders.clear()
            else:
                self._orders.pop(platform, None)

    def due(self, platform: str, path: str) -> list[Fault]:
        with self._lock:
            return [fault for fault in self._orders.get(platform, []) if fault.due(path)]


@dataclass(slots=True)
class Served:
    """One HTTP request as it was answered. `query` has no secrets; `fault` names what was done to it."""

    platform: str
    method: str
    path: str
    query: dict[str, str]
    status: int = 0
    fault: str = ""


class Gate:
    """Stands before one platform's routes: latency, faults, log."""

    def __init__(
        self,
        app: ASGIApp,
        world: World,
        state: PlatformState,
        faults: Faults,
        latency: Callable[[], float],
        log: list[Served],
        throttled: Callable[[float], Response] | None,
    ) -> None:
        self.app, self.world, self.state = app, world, state
        self.faults, self.latency, self.log = faults, latency, log
        self.throttled = throttled or _too_many

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        pairs = parse_qsl(scope["query_string"].decode())
        query = {name: value for name, value in pairs if not any(word in name for word in SECRETS)}
        served = Served(self.state.platform, scope["method"], scope["path"], query)
        self.log.append(served)
        wait = self.latency()
        cut = drift = False
        for fault in self.faults.due(self.state.platform, served.path):
            served.fault = f"{served.fault} {fault.kind}".strip()
            match fault.kind:
                case "slow":
                    wait += fault.seconds
                case "expire":
                    self.state.expire_tokens()
                case "churn":
                    await asyncio.to_thread(self.world.touch, self.state.platform, count=fault.touch)
                case "cut":
                    cut = True
                case "drift":
                    drift = True
                case "drop":
                    return await _drop(receive, send)
                case "429":
                    return await self.throttled(fault.retry_after)(scope, receive, _noted(send, served))
                case "403":
                    page = PlainTextResponse("<html>forbidden</html>", 403, media_type="text/html")
                    return await page(scope, receive, _noted(send, served))
                case "500":
                    page = PlainTextResponse("<html>internal error</html>", 500, media_type="text/html")
                    return await page(scope, receive, _noted(send, served))
        if wait:
            await asyncio.sleep(wait)
        noted = _noted(send, served)
        if drift:
            noted = Drift(noted).send
        await self.app(scope, receive, _Cut(noted).send if cut else noted)


def _too_many(retry_after: float) -> Response:
    return PlainTextResponse("too many requests", 429, headers={"Retry-After": f"{retry_after:g}"})


def _noted(send: Send, served: Served) -> Send:
    async def note(message: Message) -> None:
        if message["type"] == "http.response.start":
            served.status = message["status"]
        await send(message)

    return note


class _Cut:
    """Promises the whole body, sends half of it, then falls silent: the server closes the connection."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._start: MutableMapping[str, Any] | None = None
        self._done = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
        elif self._start is not None and not self._done:
            self._done = True
            body = message.get("body", b"")
            headers = [(k, v) for k, v in self._start["headers"] if k.lower() != b"content-length"]
            headers.append((b"content-length", str(max(len(body), 2)).encode()))
            await self._send({**self._start, "headers": headers})
            half = body[: len(body) // 2]
            await self._send({"type": "http.response.body", "body": half, "more_body": True})


async def _drop(receive: Receive, send: Send) -> None:
    """Close the socket without an answer. uvicorn has no word for it, so its transport is aborted."""
    cycle = getattr(send, "__self__", None)
    cycle.transport.abort()  # type: ignore[union-attr]
    while (await receive())["type"] != "http.disconnect":
        pass
