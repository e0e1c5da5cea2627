"""The registers of the demonstration: valid under the product's own types, marked, with something to find."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.engine.pseudonym import Pseudonym
from connectors.sandbox.registers import demonstration, fill_registers
from connectors.sandbox.world import World
from connectors.sandbox.world.history import buyers_so_far
from queries.privacy.rows import SETTINGS, Consent
from queries.warehouse import Warehouse

NOW = datetime(2026, 6, 20, 4, tzinfo=UTC)
SECRET = b"a secret of at least sixteen bytes"


@pytest.fixture(scope="module")
def rows() -> dict[str, list[dict[str, Any]]]:
    keys = {platform: [f"v1:{platform}{n}" for n in range(400)] for platform in ("taobao", "jd", "douyin")}
    return demonstration(NOW, {**keys, "woocommerce": [f"v1:woo{n}" for n in range(40)]})


def test_every_register_has_rows(rows: dict[str, list[dict[str, Any]]]) -> None:
    wanted = {"role_members", "channel_rules", "processors", "sharing_agreements", "impact_assessments", "trainings",
              "external_assessments", "notices", "consents", "subject_requests", "incidents", "incident_clocks",
              "backups"}  # fmt: skip
    assert set(rows) == wanted and all(rows.values())


def test_every_row_says_that_it_is_a_demonstration(rows: dict[str, list[dict[str, Any]]]) -> None:
    for table, found in rows.items():
        for row in found:
            words = " ".join(str(value) for value in row.values() if isinstance(value, str)).lower()
            assert "demo" in words, (table, row)


def test_settings_rows_pass_the_product_s_own_checks(rows: dict[str, list[dict[str, Any]]]) -> None:
    for table, found in rows.items():
        if table in SETTINGS:
            checked = [SETTINGS[table].model_validate(row) for row in found]
            assert len({row.row_key for row in checked}) == len(checked), table
    for row in rows["consents"]:
        Consent.model_validate(row)


FINDINGS = [
    ("a member whose role has lapsed", "role_members", lambda row: row["expires_at"] < NOW),
    ("a processor whose review is overdue", "processors", lambda row: row["next_review_on"] < NOW.date()),
    ("an agreement that has ended", "sharing_agreements", lambda row: row["status"] == "ended"),
    ("an active agreement", "sharing_agreements", lambda row: row["status"] == "active"),
    ("an external channel", "channel_rules", lambda row: row["is_external"]),
    ("a channel for the person lane", "channel_rules", lambda row: row["lane"] == "person"),
    ("an assessment of the loyalty programme", "impact_assessments", lambda row: "loyalty" in row["title"]),
    ("an assessment still open", "impact_assessments", lambda row: row["decision"] == "open"),
    ("training that has lapsed", "trainings", lambda row: row["valid_until"] < NOW.date()),
    ("training in force", "trainings", lambda row: row["valid_until"] >= NOW.date()),
    ("a request answered late", "subject_requests", lambda r: r["completed_at"] and r["completed_at"] > r["due_at"]),
    ("a request overdue", "subject_requests", lambda row: not row["completed_at"] and row["due_at"] < NOW),
    ("a request in time", "subject_requests", lambda r: r["completed_at"] and r["completed_at"] <= r["due_at"]),
    ("an open incident", "incidents", lambda row: row["closed_at"] is None),
    ("a duty missed", "incident_clocks", lambda row: row["done_at"] is None and row["due_at"] < NOW),
    ("a backup restored in a test", "backups", lambda row: row["restore_ok"]),
]  # fmt: skip


@pytest.mark.parametrize(("what", "table", "fits"), FINDINGS, ids=[row[0] for row in FINDINGS])
def test_there_is_something_to_find(
    rows: dict[str, list[dict[str, Any]]], what: str, table: str, fits: Any
) -> None:
    assert any(fits(row) for row in rows[table])


def test_opt_outs_on_both_sides_of_the_group_size(rows: dict[str, list[dict[str, Any]]]) -> None:
    """Latest state wins; many have opted out on the large platforms, few on the small one."""
    latest: dict[tuple[str, str, str], tuple[datetime, str]] = {}
    for row in rows["consents"]:
        key = (row["platform"], row["subject_key"], row["channel"])
        latest[key] = max(
            latest.get(key, (datetime.min.replace(tzinfo=UTC), "")), (row["effective_at"], row["state"])
        )
    out = Counter(key[0] for key, (_, state) in latest.items() if state in ("denied", "withdrawn"))
    assert out["taobao"] >= 10 and 0 < out["woocommerce"] < 10


def test_nothing_is_dated_in_the_future(rows: dict[str, list[dict[str, Any]]]) -> None:
    for row in rows["consents"]:
        assert row["effective_at"] <= NOW
    for row in rows["backups"]:
        assert row["finished_at"] <= NOW and row["expires_on"] >= NOW.date() - timedelta(days=1)


def test_the_same_instant_gives_the_same_rows() -> None:
    keys = {"taobao": ["v1:a", "v1:b"]}
    assert demonstration(NOW, keys) == demonstration(NOW, keys)


def test_known_buyers_without_their_orders() -> None:
    """The short way to the buyers finds the same people as the whole world."""
    world = World(NOW, scale=0.05, platforms=("douyin",))
    short = buyers_so_far(world.shops["douyin"], NOW, 7, 0.05)
    assert short and short == world.buyers("douyin")[: len(short)]


def test_filled_into_a_warehouse(tmp_path: Path) -> None:
    """Consents carry the pseudonyms under which a sync knows the buyers; filling twice adds no second setting."""
    warehouse = Warehouse(tmp_path, clock=lambda: NOW)
    warehouse.prepare()
    written = fill_registers(warehouse, NOW, secret=SECRET, scale=0.05)
    counted = warehouse.look("SELECT count(*), count(DISTINCT platform) FROM privacy.consents")[0]
    assert written > counted[0] > 50 and counted[1] == 4
    world = World(NOW, scale=0.05, platforms=("taobao",))
    known = {Pseudonym(SECRET, "taobao").key(order.buyer.buyer_id) for order in world.orders("taobao")}
    asked = {
        row[0] for row in warehouse.look("SELECT subject_key FROM privacy.consents WHERE platform = 'taobao'")
    }
    assert asked <= known
    assert warehouse.look("SELECT count(*) FROM privacy.incident_clocks")[0][0] >= 6
