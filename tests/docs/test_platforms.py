"""The table of platforms and streams in the docs says what the connectors declare."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors import available, connector
from queries import records

COLUMNS = {
    "orders": records.Order, "refunds": records.Refund, "products": records.Product, "fees": records.Fee,
    "settlements": records.Settlement, "ads": records.AdDaily, "live": records.LiveSession,
    "traffic": records.TrafficDaily, "stock": records.InventoryDaily, "reviews": records.Review,
    "native": records.PlatformNativeDaily, "social": records.SocialDaily,
}  # fmt: skip
PAGE = Path("docs/platforms.md").read_text("utf-8")
PLATFORMS = sorted(set(available()) - {"file"})


def documented() -> dict[str, dict[str, str]]:
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in PAGE.splitlines()
        if line.startswith("| [")
    ]
    return {row[0][1:].partition("]")[0]: dict(zip(COLUMNS, row[1:], strict=True)) for row in rows}


def declared(platform: str) -> dict[str, str]:
    """yes; "approval" where every stream that fills the table needs one; nothing where there is none."""
    cells = {}
    for name, record in COLUMNS.items():
        filling = [stream for stream in connector(platform).streams if record in stream.tables]
        cells[name] = ("approval" if all(stream.approval for stream in filling) else "yes") if filling else ""
    return cells


def test_every_platform_has_a_line_and_a_page() -> None:
    assert sorted(documented()) == PLATFORMS
    assert [name for name in PLATFORMS if not Path(f"connectors/{name}/README.md").exists()] == []


@pytest.mark.parametrize("platform", PLATFORMS)
def test_the_line_says_what_the_connector_declares(platform: str) -> None:
    assert documented()[platform] == declared(platform)


@pytest.mark.parametrize("platform", PLATFORMS)
def test_an_approval_is_named_on_the_platforms_page(platform: str) -> None:
    """By its last words: "the role Brand Analytics" is looked for as "Brand Analytics"."""
    page = Path(f"connectors/{platform}/README.md").read_text("utf-8")
    wanted = {stream.approval for stream in connector(platform).streams if stream.approval}
    assert [words for words in wanted if words.split(" ", 2)[-1] not in page] == []
