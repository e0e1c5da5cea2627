"""The ready layouts: recognised by their headers, money to the cent, words mapped, nobody's name let through.

Each row of TOTALS was reckoned by hand from the fixture of the same name (tests/connectors/file/exports).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest

from connectors.engine.catalogue import classes
from connectors.engine.stream import Finding
from connectors.file.knowledge import catalogue
from connectors.file.layouts import layouts, recognised
from connectors.file.mapping import STATED
from connectors.file.reading import Export, read_rows
from connectors.file.sheets import open_sheet
from queries.records import ZERO, Order, OrderLine, Record, Refund

EXPORTS = Path(__file__).parent / "exports"
FILES = {path.stem: path for path in sorted(EXPORTS.iterdir())}


@dataclass(frozen=True)
class Totals:
    """What an export must add up to: goods = list - seller's discount."""

    layout: str
    statuses: str
    goods: str
    seller_discount: str = "0"
    platform_discount: str = "0"
    shipping: str = "0"
    tax: str = "0"
    lines: int = 0
    refunded: str = "0"
    paid: int = 0
    """Orders with a time of payment."""
    regions: str = ""


TOTALS = [
    # 118 + 1,299 + 59 + 35.50; the totals row (1,511.50) is none of them
    Totals("taobao_orders", "completed shipped cancelled open", "1511.50", shipping="20.00", refunded="267.00",
           paid=3, regions="内蒙古 北京 浙江"),
    # 69 + 49 + 1,299 after discounts; the report tells no list amount that agrees with the order report
    Totals("taobao_items", "", "1417.00", lines=3),
    # order 1: 758 + 3 x 113 = 1,097, settled 932.45, so 164.55 is the shop's; paid 920.45 of 938.45, so 18 is JD's
    Totals("jd_orders", "completed shipped cancelled", "1803.45", "164.55", "18.00", "6.00", lines=4, paid=2,
           regions="上海 江西"),
    # 55.80 + 20 of order 1 (list 119.80 less 24 of the shop; 20 are Douyin's), 20 of order 2 (13 theirs), 20 unpaid
    Totals("douyin_orders", "completed shipped cancelled", "135.80", "24.00", "33.00", "5.00", lines=4,
           refunded="20.00", paid=2, regions="四川 西藏"),
    # 35.60 - 1.60, 17.80, 17.80, 20 - 2; the shop receives 37 + 17.80 + 17.80 + 23 with 8 of postage;
    # two are refunded with no amount told: what was paid for the goods, 17.80 and 20 - 2 - 1
    Totals("pinduoduo_orders", "delivered shipped cancelled delivered", "87.60", "3.60", "3.50", "8", lines=4,
           refunded="34.80", paid=4, regions="云南 广东"),
    # 39.98 + 19.99 - 4; postage 5.99 + wrapping 3.50 - 5.99; tax 3.30 + 0.50 + 1.65 + 0.29
    Totals("amazon_orders", "shipped open cancelled", "55.97", "4.00", "0", "3.50", "5.74", lines=4, paid=1),
    # USD 85.50 of 95.00, JPY 3,000, USD 15; the export tells no day of the refunds
    Totals("shopify_orders", "shipped paid cancelled", "3100.50", "9.50", "0", "509.95", "325.91", lines=4,
           refunded="35.00", paid=3, regions="CA JP"),
]  # fmt: skip
PERSONAL = ("马克尔", "Marker", "marker", "jd_marker_pin", "1370000000", "t**1", "请快点", "z***@", "90001", "武侯区",
            "7592255573464597541")  # fmt: skip


def money(rows: list[Order] | list[OrderLine], name: str) -> Decimal:
    return sum((getattr(row, name) for row in rows), ZERO)


def records(name: str) -> list[Record | Finding]:
    path = FILES[name]
    with open_sheet(path) as sheet:
        layout = recognised(sheet.headers)
    assert layout is not None and layout.name == name
    return list(read_rows(path, layout.for_shop("S1")))


@pytest.mark.parametrize("expected", TOTALS, ids=[row.layout for row in TOTALS])
def test_an_export_adds_up(expected: Totals) -> None:
    rows = records(expected.layout)
    orders = [row for row in rows if isinstance(row, Order)]
    lines = [row for row in rows if isinstance(row, OrderLine)]
    assert " ".join(order.status for order in orders) == expected.statuses
    assert len(lines) == expected.lines
    for found in filter(None, (orders, lines)):
        goods = money(found, "list_amount") - money(found, "seller_discount")
        assert (goods, money(found, "seller_discount"), money(found, "platform_discount")) == (
            Decimal(expected.goods), Decimal(expected.seller_discount), Decimal(expected.platform_discount),
        )  # fmt: skip
    assert money(orders, "shipping_amount") == Decimal(expected.shipping)
    assert money(orders, "tax_amount") == Decimal(expected.tax)
    refunds = [row for row in rows if isinstance(row, Refund)]
    assert sum((refund.goods_amount for refund in refunds), ZERO) == Decimal(expected.refunded)
    assert all(refund.refunded_at for refund in refunds if refund.status == "success")
    assert sum(order.paid_at is not None for order in orders) == expected.paid
    assert " ".join(sorted({order.region for order in orders if order.region})) == expected.regions


def test_every_layout_has_a_fixture_and_a_total() -> None:
    assert {layout.name for layout in layouts()} == FILES.keys() == {row.layout for row in TOTALS}


@pytest.mark.parametrize("name", FILES)
def test_lines_of_an_order_add_up_to_it(name: str) -> None:
    sums: Counter[tuple[str, str]] = Counter()
    rows = records(name)
    parts = ("list_amount", "seller_discount", "platform_discount")
    for row in rows:
        if isinstance(row, OrderLine):
            for part in parts:
                sums[row.order_id, part] += getattr(row, part)
    for row in rows:
        if isinstance(row, Order) and (row.order_id, parts[0]) in sums:
            assert [getattr(row, part) for part in parts] == [sums[row.order_id, part] for part in parts]


@pytest.mark.parametrize("name", FILES)
def test_no_person_leaves_the_file(name: str) -> None:
    text = FILES[name].read_text("utf-8")
    assert any(marker in text for marker in PERSONAL) or name == "taobao_items"
    told = "\n".join(map(repr, records(name)))
    assert [marker for marker in PERSONAL if marker in told] == []
    assert not any(isinstance(row, Order) and row.buyer for row in records(name))


@pytest.mark.parametrize("layout", layouts(), ids=lambda layout: layout.name)
def test_every_column_read_stands_in_the_catalogue_as_kept(layout) -> None:
    """And every class that is dropped is read by none."""
    known = catalogue(layout.name)
    mapping = layout.for_shop("S1")
    kept = {header for header, entry in known.items() if entry.treatment in ("keep", "generalise", "pseudonymise")}
    assert mapping.headers - kept == set()
    assert kept - mapping.headers == set()
    assert {entry.treatment for header, entry in known.items() if header in mapping.headers} <= {"keep", "generalise"}
    assert classes()["name"]["treatment"] == "drop"


def test_unknown_columns_are_reported_by_name_and_known_ones_are_not() -> None:
    from connectors.file import Exports

    path = FILES["taobao_orders"]
    mapping = next(layout for layout in layouts() if layout.name == "taobao_orders").for_shop("S1")
    assert Exports(mapping, given=[path]).unread() == ["新列"]
    assert "收货人姓名" in Export(path, mapping).unread()


def test_a_split_order_of_jd_counts_by_its_parts() -> None:
    parents = [row for row in records("jd_orders") if isinstance(row, Order) and row.excluded_reason]
    assert [(row.order_id, row.excluded_reason) for row in parents] == [("11729384100", "duplicate")]


def test_tax_inside_or_on_top_follows_from_the_total() -> None:
    """Shopify: 85.50 + 9.95 + 7.91 = 103.36 is on top; 3,000 + 500 = 3,500 holds the 318."""
    orders = [row for row in records("shopify_orders") if isinstance(row, Order)]
    assert [order.tax_included for order in orders] == [False, True, True]


def test_a_time_that_is_missing_is_the_day_in_the_order_number() -> None:
    orders = [row for row in records("pinduoduo_orders") if isinstance(row, Order)]
    [late] = [order for order in orders if order.order_id.startswith("260501")]
    assert late.created_at.isoformat() == "2026-04-30T16:00:00+00:00" and late.paid_at == late.created_at


def test_refunds_without_a_day_are_told() -> None:
    told = Counter(row.check for row in records("shopify_orders") if isinstance(row, Finding))
    assert told == {"refund_date_unknown": 2}
    assert STATED["orders"].keys() == {"goods_amount", "buyer_paid", "total_amount"}


def test_amazon_reads_the_same_as_through_the_connector() -> None:
    """One file, two readers: the connector's report stream and the layout agree on every order and line."""
    from zoneinfo import ZoneInfo

    from connectors.amazon.flat_file import orders
    from connectors.amazon.streams import order_rows
    from connectors.engine.stream import Context

    path = FILES["amazon_orders"]
    context = Context(None, "S1", "USD", ZoneInfo("UTC"), None)  # type: ignore[arg-type]
    theirs = [row for order in orders(path.read_bytes().splitlines()) for row in order_rows(order, context)]
    ours = [row for row in records("amazon_orders") if isinstance(row, Order | OrderLine)]
    assert len(ours) == len(theirs) > 0
    for mine, other in zip(ours, theirs, strict=True):
        if isinstance(mine, Order) and isinstance(other, Order):
            mine.discount_split = other.discount_split  # the layout cannot tell an order without discounts apart
            mine.cancelled_at = mine.cancelled_at or other.cancelled_at
            mine.native_status = other.native_status
        assert mine == other
