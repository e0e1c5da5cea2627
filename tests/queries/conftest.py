"""One generated market and the worked example, built once for all tests of compiling, telling and asking."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from queries.desk import Desk
from queries.run import forget
from queries.warehouse.state import State
from tests.golden import fixture as golden_fixture
from tests.queries import market as generated
from tests.queries.asking import Market


@pytest.fixture(scope="session")
def market(tmp_path_factory: pytest.TempPathFactory) -> Market:
    return Market(generated.build(tmp_path_factory.mktemp("market")), generated.NOW, generated.TODAY)


@pytest.fixture(scope="session")
def golden(tmp_path_factory: pytest.TempPathFactory) -> Market:
    from datetime import date

    return Market(
        golden_fixture.build(tmp_path_factory.mktemp("golden")), golden_fixture.NOW, date(2025, 3, 21)
    )


@pytest.fixture
def desk(market: Market, tmp_path: Path) -> Iterator[Desk]:
    """A desk on the generated market with a memory of its own."""
    yield Desk(market.warehouse, State(tmp_path), secret=b"s" * 32)
    forget()
