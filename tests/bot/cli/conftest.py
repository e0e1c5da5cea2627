"""The command line as a person types it, in a home of its own, beside served marketplaces."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.__main__ import main
from connectors.engine.vault import Vault
from connectors.sandbox import Sandbox, World
from queries.privacy.decisions import load_settings
from queries.warehouse import Warehouse

NOW = datetime(2026, 6, 20, 4, tzinfo=UTC)
SECRET = "a secret for tests only"


@dataclass
class Printed:
    status: int
    out: str
    err: str

    @property
    def rows(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


@dataclass
class Market:
    """One served shop, and `souk(...)` to talk about it."""

    world: World
    sandbox: Sandbox
    home: Path
    souk: Callable[..., Printed]

    def given(self, platform: str, **other: str) -> list[str]:
        """The `--set` words that connect the shop."""
        settings = {**self.sandbox.credentials(platform), **other}
        return [word for name, value in settings.items() for word in ("--set", f"{name}={value}")]

    def connect(self, platform: str, *words: str, **other: str) -> Printed:
        return self.souk("connect", platform, *self.given(platform, **other), *words)

    @property
    def vault(self) -> Vault:
        return Vault(self.home, SECRET)


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("prepared")
    warehouse = Warehouse(home, clock=lambda: NOW)
    warehouse.prepare()
    load_settings(warehouse, home, now=NOW)
    return home


@pytest.fixture
def souk_at(
    prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Printed]:
    """`souk_at("runs", "--json")` in a fresh home."""
    home = tmp_path / "home"
    shutil.copytree(prepared, home, symlinks=True)
    monkeypatch.chdir(tmp_path)
    for name, value in {"SOUK_HOME": str(home), "SOUK_SECRET": SECRET, "SOUK_NOW": NOW.isoformat()}.items():
        monkeypatch.setenv(name, value)

    def run(*words: str, typed: str = "") -> Printed:
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        with pytest.raises(SystemExit) as left:
            main(list(words))
        printed = capsys.readouterr()
        return Printed(int(left.value.code or 0), printed.out, printed.err)

    return run


@pytest.fixture
def market(souk_at: Callable[..., Printed], tmp_path: Path) -> Iterator[Callable[[str], Market]]:
    opened: list[Sandbox] = []

    def serve(platform: str) -> Market:
        world = World(NOW, scale=0.1, platforms=[platform])
        opened.append(Sandbox(world, platforms=[platform]).start())
        return Market(world, opened[-1], tmp_path / "home", souk_at)

    yield serve
    for sandbox in opened:
        sandbox.stop()
