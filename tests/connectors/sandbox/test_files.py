"""The exports can be read back through the file connector's own mapping, and hold what the world holds."""

from __future__ import annotations

from datetime import UTC, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from connectors.file.mapping import load_folder
from connectors.file.reading import Export, read_rows
from connectors.sandbox.files import EXPORTS, write_files
from connectors.sandbox.world import World, major
from queries.records import TABLES, Record


@pytest.fixture(scope="module")
def read(world: World, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Record]]:
    """Records of every export by its name (kind-platform)."""
    folder: Path = tmp_path_factory.mktemp("exports")
    write_files(world, folder, {"shopify": "shop.example"})
    records = {}
    for mapping in load_folder(folder):
        assert not Export(folder / mapping.file, mapping).unread()
        assert mapping.shop_id == (
            "shop.example" if mapping.platform == "shopify" else world.shops[mapping.platform].shop_id
        )
        records[mapping.name] = list(read_rows(folder / mapping.file, mapping))
    return records


def test_every_export_is_there_and_not_empty(read: dict[str, list[Record]]) -> None:
    assert set(read) == {f"{export.kind}-{platform}" for export in EXPORTS for platform in export.platforms}
    assert not [name for name, rows in read.items() if not rows]


def test_every_table_without_an_api_is_written() -> None:
    written = {export.table for export in EXPORTS}
    assert {
        "products",
        "traffic_daily",
        "unit_costs",
        "fees",
        "settlements",
        "platform_native_daily",
        "reviews",
        "inventory_daily",
        "ad_daily",
        "campaigns",
        "live_sessions",
        "social_daily",
        "orders",
        "order_lines",
        "refunds",
    } == written
    assert written <= set(TABLES.values())


SUMS = [
    ("traffic-taobao", "visitors", lambda w: sum(row.visitors for row in w.traffic("taobao"))),
    ("traffic-woocommerce", "paying_buyers", lambda w: sum(row.paying_buyers for row in w.traffic("woocommerce"))),
    ("ads-jd", "spend", lambda w: major(sum(row.spend for row in w.ads("jd")))),
    ("fees-douyin", "amount", lambda w: major(sum(row.amount for row in w.fees("douyin")))),
    ("settlements-shopify", "amount", lambda w: major(sum(row.amount for row in w.settlements("shopify")))),
    ("stock-jd", "received", lambda w: sum(row.received for row in w.inventory("jd"))),
    ("reviews-xiaohongshu", "rating", lambda w: Decimal(sum(row.rating for row in w.reviews("xiaohongshu")))),
    ("live-taobao", "gmv_in_session", lambda w: major(sum(row.gmv for row in w.live("taobao") if row.ended_at))),
]  # fmt: skip


@pytest.mark.parametrize(("name", "column", "expected"), SUMS, ids=[f"{row[0]} {row[1]}" for row in SUMS])
def test_sums_survive_the_file(
    world: World, read: dict[str, list[Record]], name: str, column: str, expected
) -> None:
    assert sum(getattr(row, column) for row in read[name]) == expected(world)


def test_old_douyin_orders_bridge_the_ninety_days(world: World, read: dict[str, list[Record]]) -> None:
    """What the list method no longer reaches is in the file, to the cent."""
    rows = {row.order_id: row for row in read["old-orders-douyin"]}
    expected = {
        o.order_id: o for o in world.orders("douyin") if o.created_at < world.now - timedelta(days=90)
    }
    assert expected and expected.keys() <= rows.keys()
    for key, order in expected.items():
        row = rows[key]
        assert (row.list_amount, row.seller_discount) == (
            major(order.list_amount),
            major(order.seller_discount),
        )
        assert (row.created_at, row.paid_at, row.buyer) == (
            order.created_at,
            order.paid_at,
            order.buyer.buyer_id,
        )
    lines = sum(row.list_amount for row in read["old-order-lines-douyin"])
    assert lines == sum(row.list_amount for row in rows.values())


def test_instants_keep_their_meaning(world: World, read: dict[str, list[Record]]) -> None:
    """Local times without an offset are read on the shop's clock (but for the hour that a clock change repeats)."""
    written = {row.review_id: row.created_at for row in world.reviews("shopify")}
    wrong = [row for row in read["reviews-shopify"] if row.created_at != written[row.review_id]]
    assert len(wrong) <= 2 and all(row.created_at.tzinfo is UTC for row in read["reviews-shopify"])


def test_no_direct_identifier_is_exported(world: World, tmp_path: Path) -> None:
    write_files(world, tmp_path)
    texts = "\n".join(path.read_bytes().decode("gb18030" if "-jd" in path.name else "utf-8", "replace")
                      for path in tmp_path.glob("*.csv"))  # fmt: skip
    for person in world.buyers("douyin")[:200]:
        assert person.name not in texts and person.phone not in texts and person.address not in texts
