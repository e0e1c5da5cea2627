"""What only an order and its neighbours together can say: split orders, postage in refunds, parcels turned back."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from queries.records import Order, OrderLine, Record, Refund
from queries.warehouse import Batch, Warehouse

NOW = datetime(2026, 6, 20, 4, tzinfo=UTC)
D = Decimal


def merge(warehouse: Warehouse, *rows: Record) -> int:
    return warehouse.merge(
        Batch("jd", "jd", "J1", "orders", list(rows), replaces=("order_lines",))
    ).rows_written


def ask(warehouse: Warehouse, sql: str) -> list[tuple]:
    with warehouse.write() as session:
        return list(session.execute(sql))


def order(order_id: str, goods: str, *, postage: str = "0", **more: object) -> Iterator[Record]:
    """One order of one line; a discount of 10 is the platform's."""
    yield Order(
        order_id=order_id,
        status="paid",
        created_at=NOW,
        paid_at=NOW,
        modified_at=NOW,
        currency="CNY",
        list_amount=D(goods),
        platform_discount=D(10),
        shipping_amount=D(postage),
        **more,
    )
    yield OrderLine(
        order_id=order_id,
        line_id="L",
        product_id="P",
        sku_id="S",
        quantity=1,
        list_amount=D(goods),
        platform_discount=D(10),
    )


def refund(amount: str, line: str | None = "L", **more: object) -> Refund:
    given: dict = {
        "refund_type": "refund_only",
        "status": "success",
        "requested_at": NOW,
        "refunded_at": NOW,
        "modified_at": NOW,
        **more,
    }
    return Refund(refund_id="R", order_id="A", line_id=line, goods_amount=D(amount), **given)


EXCLUDED = "SELECT order_id, excluded_reason FROM orders ORDER BY order_id"
SOLD = "SELECT order_id FROM v_orders WHERE is_sale ORDER BY order_id"


@pytest.mark.parametrize(
    "batches",
    [
        ["whole", "parts"],
        ["parts", "whole"],
        ["whole parts"],
        ["parts whole"],
        ["whole", "parts", "whole"],
    ],
)
def test_a_split_order_counts_by_its_parts_in_whatever_order_they_come(
    warehouse: Warehouse, batches: list[str]
) -> None:
    """A was split into B and C; C was split again into D."""
    rows = {
        "whole": [*order("A", "300")],
        "parts": [
            *order("B", "100", split_from="A"),
            *order("C", "200", split_from="A"),
            *order("D", "200", split_from="A,C"),
        ],
    }
    for batch in batches:
        merge(warehouse, *(row for name in batch.split() for row in rows[name]))
    assert ask(warehouse, EXCLUDED) == [("A", "duplicate"), ("B", None), ("C", "duplicate"), ("D", None)]
    assert ask(warehouse, SOLD) == [("B",), ("D",)]
    assert ask(warehouse, "SELECT count(*) FROM order_lines") == [(4,)]
    assert merge(warehouse, *rows["parts"], *rows["whole"]) == 0


def test_a_brushing_order_stays_one(warehouse: Warehouse) -> None:
    merge(warehouse, *order("A", "300", excluded_reason="brushing"), *order("B", "300", split_from="A"))
    assert ask(warehouse, EXCLUDED) == [("A", "brushing"), ("B", None)]


@pytest.mark.parametrize(
    ("paid_back", "line", "goods", "postage"),
    [
        ("98", "L", "90", "8"),  # everything: 100 - 10 of the platform, and the postage
        ("98", None, "90", "8"),  # the same for the order as a whole
        ("93", "L", "90", "3"),  # a part of the postage
        ("90", "L", "90", "0"),
        ("40", "L", "40", "0"),
        (
            "99",
            "L",
            "91",
            "8",
        ),  # more than was paid: reported by the load's checks, not hidden in the postage
        ("98", "X", "90", "8"),  # a line that is not there: the order's goods
    ],
)
@pytest.mark.parametrize("first", ["order", "refund"])
def test_postage_in_a_refund(
    warehouse: Warehouse, paid_back: str, line: str | None, goods: str, postage: str, first: str
) -> None:
    batches = [[*order("A", "100", postage="8")], [refund(paid_back, line)]]
    for rows in batches if first == "order" else batches[::-1]:
        merge(warehouse, *rows)
    found = ask(warehouse, "SELECT goods_amount, shipping_amount FROM refunds")
    assert found == [(D(goods), D(postage))]
    assert merge(warehouse, refund(paid_back, line)) == 0
    assert merge(warehouse, *batches[0]) == 0


def test_postage_that_the_platform_states_itself_stays(warehouse: Warehouse) -> None:
    merge(warehouse, *order("A", "100", postage="8"), refund("90", shipping_amount=D(8)))
    assert ask(warehouse, "SELECT goods_amount, shipping_amount FROM refunds") == [(D(90), D(8))]


@pytest.mark.parametrize(
    ("shipped", "kind"),
    [
        (None, "cancel_before_ship"),
        (timedelta(hours=1), "cancel_before_ship"),
        (-timedelta(hours=1), "refund_only"),
    ],
)
def test_a_parcel_turned_back_is_no_cancellation(
    warehouse: Warehouse, shipped: timedelta | None, kind: str
) -> None:
    left = NOW + shipped if shipped is not None else None
    merge(
        warehouse,
        *order("A", "100", shipped_at=left),
        refund("90", refund_type="cancel_before_ship", quantity=1),
    )
    assert ask(warehouse, "SELECT refund_type FROM refunds") == [(kind,)]
