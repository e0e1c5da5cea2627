"""The server on a real socket: prefixes, faults as ordered, logs without secrets. The platform is a toy."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from types import ModuleType

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from connectors.sandbox import Sandbox
from connectors.sandbox.state import PlatformState
from connectors.sandbox.world import World

NOW = datetime(2026, 6, 20, 4, tzinfo=UTC)


def toy() -> ModuleType:
    """A platform with one page: it answers whether the token is good, in a kilobyte."""

    def routes(world: World, state: PlatformState) -> list[BaseRoute]:
        async def page(request: Request) -> Response:
            state.note("page", size=request.query_params.get("size"))
            if int(request.query_params.get("size", 1)) > 100:
                state.violation("page_size", "more than 100")
            verdict = state.tokens().check(request.query_params.get("access_token"))
            return JSONResponse(
                {"token": verdict, "orders": len(world.orders("taobao")), "filler": "x" * 1000}
            )

        return [Route("/page", page)]

    module = ModuleType("connectors.toy.sandbox")
    module.routes = routes  # type: ignore[attr-defined]
    module.credentials = lambda state, base_url: {"access_token": state.tokens().current().access_token}  # type: ignore[attr-defined]
    return module


@pytest.fixture
def sandbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    monkeypatch.setitem(sys.modules, "connectors.toy.sandbox", toy())
    with Sandbox(World(NOW, scale=0.01, platforms=("taobao",)), platforms=("toy",)) as sandbox:
        yield sandbox


def get(sandbox: Sandbox, **params: object) -> httpx.Response:
    token = sandbox.credentials("toy")["access_token"]
    return httpx.get(f"{sandbox.base_url('toy')}/page", params={"access_token": token, **params})


def test_serves_under_the_prefix_of_the_platform(sandbox: Sandbox) -> None:
    answer = get(sandbox, size=50).json()
    assert answer["token"] == "ok" and answer["orders"] > 0
    assert sandbox.credentials("toy")["base_url"] == sandbox.base_url("toy") and not sandbox.violations


def test_broken_rules_are_recorded(sandbox: Sandbox) -> None:
    get(sandbox, size=101)
    assert [(v.platform, v.rule) for v in sandbox.violations] == [("toy", "page_size")]
    assert sandbox.calls("toy")[0].params == {"size": "101"}
    sandbox.forget()
    assert not sandbox.violations and not sandbox.calls("toy")


def test_the_log_has_no_secrets(sandbox: Sandbox) -> None:
    get(sandbox, size=7, sign="abc", app_key="k")
    [served] = sandbox.served("toy")
    assert (served.path, served.query, served.status) == ("/toy/page", {"size": "7"}, 200)


def test_429_with_retry_after_twice(sandbox: Sandbox) -> None:
    sandbox.faults.add("toy", "429", times=2, retry_after=3)
    answers = [get(sandbox) for _ in range(3)]
    assert [a.status_code for a in answers] == [429, 429, 200] and answers[0].headers["Retry-After"] == "3"


def test_500_at_chosen_requests(sandbox: Sandbox) -> None:
    sandbox.faults.add("toy", "500", at=(2, 4))
    assert [get(sandbox).status_code for _ in range(5)] == [200, 500, 200, 500, 200]


def test_every_third_until_cleared(sandbox: Sandbox) -> None:
    sandbox.faults.add("toy", "500", every=3)
    assert [get(sandbox).status_code for _ in range(6)] == [200, 200, 500, 200, 200, 500]
    sandbox.faults.clear("toy")
    assert [get(sandbox).status_code for _ in range(3)] == [200, 200, 200]


def test_a_cut_body_is_an_error_on_the_wire(sandbox: Sandbox) -> None:
    sandbox.faults.add("toy", "cut")
    with pytest.raises(httpx.RemoteProtocolError):
        get(sandbox)
    assert get(sandbox).status_code == 200


def test_a_dropped_connection_has_no_answer(sandbox: Sandbox) -> None:
    sandbox.faults.add("toy", "drop")
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        get(sandbox)
    assert get(sandbox).status_code == 200


def test_slow_and_latency(sandbox: Sandbox) -> None:
    sandbox.faults.add("toy", "slow", seconds=0.2)
    sandbox.latency = 0.1
    started = time.monotonic()
    get(sandbox)
    assert time.monotonic() - started >= 0.3


def test_tokens_expire_and_rotate(sandbox: Sandbox) -> None:
    old = sandbox.states["toy"].tokens().current()
    sandbox.faults.add("toy", "expire")
    assert get(sandbox).json()["token"] == "expired"
    new = sandbox.states["toy"].tokens().refresh(old.refresh_token)
    assert new and sandbox.states["toy"].tokens().refresh(old.refresh_token) is None, (
        "a rotated token is dead"
    )
    assert get(sandbox).json()["token"] == "ok"


def test_orders_change_while_they_are_read(sandbox: Sandbox) -> None:
    sandbox.states["taobao"] = sandbox.states["toy"]
    sandbox.states["toy"].platform = "taobao"  # the toy's gate touches the world's taobao orders
    before = sandbox.world.truth("taobao").total
    sandbox.faults.add("taobao", "churn", every=2, touch=3)
    for _ in range(4):
        httpx.get(f"{sandbox.base_url('toy')}/page")
    assert sandbox.world.truth("taobao").total == before + 6


def test_an_unknown_fault_is_named(sandbox: Sandbox) -> None:
    with pytest.raises(ValueError, match="no such fault: 418"):
        sandbox.faults.add("toy", "418")  # type: ignore[arg-type]
