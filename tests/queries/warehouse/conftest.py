"""A prepared, empty warehouse for each test: prepared once, copied each time."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from queries.warehouse import Warehouse

NOW = datetime(2026, 11, 1, 4, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("prepared")
    Warehouse(home, clock=lambda: NOW).prepare()
    return home


@pytest.fixture
def home(prepared: Path, tmp_path: Path) -> Path:
    shutil.copytree(prepared, tmp_path / "home", symlinks=True)
    return tmp_path / "home"


@pytest.fixture
def warehouse(home: Path) -> Warehouse:
    return Warehouse(home, clock=lambda: NOW)


@pytest.fixture
def look(warehouse: Warehouse) -> Callable[..., list[tuple]]:
    return warehouse.look
