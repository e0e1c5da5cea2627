"""The table of platforms and streams in the docs says what the connectors declare."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors import available, connector
from queries import records

COLUMNS = {
    "orders": records.Order, "refunds": records.Refund, "products": records.Product, "fees": records.Fee,
    "settlements": records.Settlement, "ads": records.AdDaily, "live": records.LiveSession,
    "social": records.SocialDaily,
}  # fmt: skip
PAGE = Path("docs/platforms.md").read_text("utf-8")


def documented() -> dict[str, set[str]]:
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in PAGE.splitlines()
        if line.startswith("| [")
    ]
    heads = list(COLUMNS)
    return {
        row[0][1:].partition("]")[0]: {heads[n] for n, cell in enumerate(row[1:]) if cell == "yes"}
        for row in rows
    }


def test_every_platform_has_a_line_and_a_page() -> None:
    platforms = set(available()) - {"file"}
    assert set(documented()) == platforms
    assert [name for name in platforms if not Path(f"connectors/{name}/README.md").exists()] == []


@pytest.mark.parametrize("platform", sorted(set(available()) - {"file"}))
def test_a_yes_is_a_stream(platform: str) -> None:
    tables = {table for stream in connector(platform).streams for table in stream.tables}
    assert documented()[platform] == {name for name, record in COLUMNS.items() if record in tables}
