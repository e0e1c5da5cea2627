"""A batch gathered as columns says what the same records say; versions of one order never share a batch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from queries.warehouse import Warehouse
from queries.warehouse.gather import Gathered
from tests.queries.warehouse.goods import at, batch, line, order, refund, shop

Look = Callable[..., list[tuple[Any, ...]]]
SETS = ("order_lines", "refunds")


def gathered(*groups: list[Any]) -> Gathered:
    rows = Gathered("T1", SETS)
    for group in groups:
        assert rows.add(group)
    return rows


def test_groups_are_merged_as_one_batch(warehouse: Warehouse, look: Look) -> None:
    groups = [[order("a"), line("a")], [order("b", shop_id="T2"), line("b", shop_id="T2"), refund("r", "a")]]
    merged = warehouse.merge(batch(rows=gathered([shop()], *groups), replaces=SETS))
    assert dict(merged.by_table) == {"shops": 2, "orders": 2, "order_lines": 2, "refunds": 1}
    again = batch(*groups[0], *groups[1], replaces=SETS)
    assert warehouse.merge(again).rows_written == 0, "as records they are the same rows"
    assert look("SELECT shop_id, order_id FROM order_lines ORDER BY order_id") == [("T1", "a"), ("T2", "b")]


def test_an_order_meets_its_other_version_and_its_lines(warehouse: Warehouse) -> None:
    rows = gathered([order("a"), line("a")])
    assert not rows.add([order("b"), order("a", "90")]) and not rows.add([line("a", "2")])
    assert rows.add([order("b"), order("a", shop_id="T2"), refund("r", "a")]) and len(rows) == 5


def test_within_a_group_the_newest_version_wins_with_its_lines(warehouse: Warehouse, look: Look) -> None:
    newer = [order("a", "90", modified=at("10-09 00:00")), line("a", "1", "90")]
    older = [order("a", "80", modified=at("10-08 00:00")), line("a", "1", "80"), line("a", "2", "80")]
    warehouse.merge(batch(rows=gathered([*newer, *older]), replaces=SETS))
    assert look("SELECT list_amount FROM orders") == look("SELECT list_amount FROM order_lines") == [(90,)]


def test_lines_of_a_refund_in_two_groups_stay_one_refund(warehouse: Warehouse, look: Look) -> None:
    warehouse.merge(batch(order("a"), line("a", "1"), line("a", "2")))
    warehouse.merge(batch(rows=gathered([refund("r", "a", line_id="1")], [refund("r", "a", line_id="2")])))
    assert look("SELECT line_id FROM refunds ORDER BY 1") == [("1",), ("2",)]
