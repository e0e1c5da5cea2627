"""Serves the world on loopback in the platforms' own protocols: one port, one path prefix a platform.

    with Sandbox(World(now)) as sandbox:
        sandbox.base_url("taobao")        # http://127.0.0.1:40123/taobao
        sandbox.credentials("taobao")     # {"app_key": ..., "base_url": ...}, ready for `souk connect --set`
        ...
        assert not sandbox.violations

Every platform that the world has open and whose folder has a `sandbox.py` is served. It exports
`routes(world, state)` and `credentials(state, base_url)`, and may export `throttled(seconds) -> Response` where
the platform words "too many requests" in its own way.
"""

from __future__ import annotations

import importlib
import pkgutil
import socket
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

import connectors
from connectors.sandbox.faults import Faults, Gate, Served
from connectors.sandbox.state import Call, PlatformState, Violation
from connectors.sandbox.world import World


def served_platforms() -> list[str]:
    """The platform folders that can be served, by name."""
    folders = [module.name for module in pkgutil.iter_modules(connectors.__path__) if module.ispkg]
    # Looked for as a file: asking the import system would import each platform, also those not wanted.
    home = Path(connectors.__path__[0])
    return [name for name in folders if (home / name / "sandbox.py").is_file()]


class Sandbox:
    """The served marketplaces. `port=0` takes a free port. `latency` (seconds a request) may be changed while
    it runs. The clock is the world's."""

    def __init__(
        self, world: World, port: int = 0, *, platforms: Iterable[str] | None = None, latency: float = 0.0
    ) -> None:
        self.world, self.latency = world, latency
        self.faults = Faults()
        self.requests: list[Served] = []
        self.states: dict[str, PlatformState] = {}
        self._modules: dict[str, ModuleType] = {}
        offered = [name for name in served_platforms() if name in world.platforms]
        for name in offered if platforms is None else platforms:
            self._modules[name] = importlib.import_module(f"connectors.{name}.sandbox")
            self.states[name] = PlatformState(name, lambda: world.now)
        self._port = port
        self._server: Any = None
        self._thread: threading.Thread | None = None
        self._socket: socket.socket | None = None

    @property
    def platforms(self) -> list[str]:
        return list(self.states)

    @property
    def port(self) -> int:
        if self._socket is None:
            raise RuntimeError("the sandbox has not been started")
        return int(self._socket.getsockname()[1])

    def base_url(self, platform: str) -> str:
        return f"http://127.0.0.1:{self.port}/{platform}"

    def credentials(self, platform: str) -> dict[str, str]:
        """All settings that `souk connect` needs, `base_url` included."""
        given = self._modules[platform].credentials(self.states[platform], self.base_url(platform))
        return {"base_url": self.base_url(platform), **given}

    @property
    def violations(self) -> list[Violation]:
        """Rules of the platforms that clients broke so far."""
        return [violation for state in self.states.values() for violation in state.violations]

    def calls(self, platform: str) -> list[Call]:
        """Business calls in the platform's own words (what its view noted)."""
        return list(self.states[platform].calls)

    def served(self, platform: str) -> list[Served]:
        """HTTP requests so far, oldest first."""
        return [request for request in list(self.requests) if request.platform == platform]

    def forget(self) -> None:
        """Empty the logs of requests, calls and violations (the faults and the world stay as they are)."""
        self.requests.clear()
        for state in self.states.values():
            state.calls.clear()
            state.violations.clear()

    def start(self) -> Sandbox:
        import uvicorn

        self._socket = socket.create_server(("127.0.0.1", self._port), backlog=128)
        config = uvicorn.Config(
            self._app(),
            log_config=None,
            log_level="critical",
            access_log=False,
            lifespan="off",
            http="h11",  # faults reach into its transport
            ws="none",
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, name="sandbox", daemon=True
        )
        self._thread.start()
        while not self._server.started:
            if not self._thread.is_alive():
                raise RuntimeError("the sandbox could not be started")
            time.sleep(0.002)
        return self

    def stop(self) -> None:
        if self._server is None or self._thread is None:
            return
        self._server.should_exit = True
        self._thread.join(timeout=5)
        if self._socket is not None:
            self._socket.close()
        self._server = self._thread = None

    def __enter__(self) -> Sandbox:
        return self.start()

    def __exit__(self, *error: object) -> None:
        self.stop()

    def _app(self) -> ASGIApp:
        """Each platform's gate stands before its application, next to the socket: a fault may cut or drop."""
        from starlette.applications import Starlette
        from starlette.responses import PlainTextResponse
        from starlette.routing import Mount

        gates: dict[str, Gate] = {}
        for name, module in self._modules.items():
            state = self.states[name]
            inside = Starlette(routes=[Mount(f"/{name}", routes=module.routes(self.world, state))])
            throttled = getattr(module, "throttled", None)
            gates[name] = Gate(
                inside, self.world, state, self.faults, lambda: self.latency, self.requests, throttled
            )
        nobody = PlainTextResponse("no such platform", 404)

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await gates.get(scope["path"].split("/")[1], nobody)(scope, receive, send)

        return app
