"""RFM by thresholds: each row of the table is one buyer, its purchase history, and its segment.

Day of the snapshot: 15 November 2026. M thresholds are those of a base of 200 buyers who bought once, in June
2026, for 1 to 200: at the end of the last full quarter the 50th, 75th, 90th and 97th percentiles are 100, 150,
180 and 194.
"""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from queries.segments import Rules, snapshot_day

from .conftest import Books, open_books

DAY = date(2026, 11, 15)
RULES = Rules.read()


def ago(*days: int, amount: int = 10) -> list[tuple[int, int]]:
    return [(day, amount) for day in days]


BUYERS = [
    # purchases as (days ago, amount), segment
    (ago(60, 40, 20, amount=100), "champions"),
    (ago(90, 61, 60, amount=100), "champions"),  # r 4
    (ago(90, 75, 61, amount=100), "loyal"),  # r 3: not a champion
    (ago(60, 40, 20, amount=50), "loyal"),  # m 3: 150 is not above the 75th percentile
    (ago(100, 50, amount=200), "loyal"),  # f 3
    (ago(20, 20, 20, amount=100), "big_spenders"),  # three orders of one day are one purchase day
    (ago(119, amount=195), "big_spenders"),
    (ago(121, amount=500), "hibernating"),  # r 2
    (ago(45, amount=195), "big_spenders"),
    (ago(45, amount=194), "promising"),
    (ago(30), "new"),
    (ago(31), "promising"),
    (ago(0), "new"),
    (ago(60), "promising"),
    (ago(61), "needs_attention"),
    (ago(120), "needs_attention"),
    (ago(200, 150), "at_risk"),
    (ago(240, 235, 230, 225, 220), "at_risk"),
    (ago(300, 280, 260, amount=100), "cannot_lose"),
    (ago(300, 280, 260), "lost"),
    (ago(300, 241), "lost"),
    (ago(150), "hibernating"),
    (ago(250), "hibernating"),
    (ago(500), "hibernating"),
    (ago(700, 600, 500, amount=400), "hibernating"),  # F and M look at 365 days only
    (ago(400, 20), "promising"),  # one purchase day within 365 days
    (ago(364, 250), "lost"),
    (ago(365, 250), "hibernating"),
]


@pytest.fixture(scope="module")
def answered() -> tuple[Books, dict[str, str]]:
    books = open_books()
    books.sell(*[(f"base{n:03}", date(2026, 6, 1) + timedelta(days=n % 28), n) for n in range(1, 201)])
    made = snapshot_day(books, RULES, date(2026, 10, 1))  # freezes the quarter's thresholds
    assert made.versions["rfm"] == 1
    for number, (purchases, _) in enumerate(BUYERS):
        books.sell(*[(f"b{number:02}", DAY - timedelta(days=days), amount) for days, amount in purchases])
    # The table's buyers enlarge the history by less than a fifth, so the frozen thresholds stand.
    assert snapshot_day(books, RULES, DAY).versions["rfm"] == 1
    return books, books.segments(DAY, "rfm")


@pytest.mark.parametrize("number", range(len(BUYERS)), ids=lambda n: f"{n}:{BUYERS[n][1]}")
def test_a_buyer_is_in_the_first_segment_whose_rule_holds(answered, number: int) -> None:  # type: ignore[no-untyped-def]
    assert answered[1][f"b{number:02}"] == BUYERS[number][1]


def test_thresholds_are_frozen_as_numbers_of_the_last_full_quarter(answered) -> None:  # type: ignore[no-untyped-def]
    rows = answered[0].execute(
        "SELECT name, CAST(value AS INTEGER), measured_on FROM segment_thresholds"
        " WHERE segment_set = 'rfm' AND version = 1 AND name LIKE 'm_' ORDER BY name"
    )
    end = date(2026, 9, 30)
    assert rows == [("m2", 100, end), ("m3", 150, end), ("m4", 180, end), ("m5", 194, end)]


def test_definitions_carry_the_names_in_both_languages(answered) -> None:  # type: ignore[no-untyped-def]
    rows = answered[0].execute(
        "SELECT name_en, name_zh FROM segment_definitions WHERE segment_set = 'rfm' AND version = 1 ORDER BY priority"
    )
    assert rows == [
        ("Champions", "重要价值客户"), ("Loyal", "忠诚客户"), ("Big spenders", "高额客户"), ("New", "新客"),
        ("Promising", "潜力客户"), ("Needs attention", "需维护"), ("At risk", "流失预警"), ("Cannot lose", "重要挽留"),
        ("Hibernating", "沉睡"), ("Lost", "流失"), ("Other", "其他"),
    ]  # fmt: skip


def test_net_sales_are_net_of_refunds_on_the_day_of_the_refund(books: Books) -> None:
    books.sell(*[(f"base{n:03}", date(2026, 6, 1), n) for n in range(1, 201)])
    snapshot_day(books, RULES, date(2026, 10, 1))
    books.sell(("back", DAY - timedelta(days=45), 195), ("kept", DAY - timedelta(days=45), 195))
    books.refund("back", DAY - timedelta(days=2), 50)
    snapshot_day(books, RULES, DAY - timedelta(days=3))
    snapshot_day(books, RULES, DAY)
    assert books.segments(DAY - timedelta(days=3), "rfm")["back"] == "big_spenders"
    assert books.segments(DAY, "rfm")["back"] == "promising"
    assert books.segments(DAY, "rfm")["kept"] == "big_spenders"


def test_the_order_of_rows_moves_nobody(books: Books) -> None:
    """Most buyers have bought once: quantiles by row number would deal equal buyers into different scores."""
    sales = [(f"b{n:04}", DAY - timedelta(days=n % 300), 50) for n in range(1000)]
    books.sell(*sales)
    other = open_books()
    other.sell(*reversed(sales))
    for made in (books, other):
        snapshot_day(made, RULES, DAY)
    assert books.segments(DAY, "rfm") == other.segments(DAY, "rfm")
    assert len(set(books.segments(DAY, "value_tier").values())) == 1, "equal sales, one tier"
