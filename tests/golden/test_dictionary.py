"""The worked example through the real compiler: every figure of its table, to the cent.

Window 2025-03-01 to 2025-03-07, base currency CNY, the dollar at 7.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from queries.query import Comparison, Filter
from tests.queries.asking import Market, days

WEEK = days(date(2025, 3, 1), date(2025, 3, 7))

TABLE: list[tuple[str, str, str]] = [
    # metric, expected, why it is a good test
    ("gmv", "2550.00", "o1 180, o3 300, o4 450, o7 120, o8 80, o10 630, o12 700, o13 90"),
    ("gmv_placed", "3110.00", "adds o2 100, o5 400, o9 60"),
    ("net_sales", "2250.00", "only the refund of o3 falls in the window"),
    ("net_sales_cohort", "2220.00", "both refunds belong to orders of the window"),
    ("buyer_paid", "2631.00", "a platform coupon of 10; shipping 5 and tax 8 dollars"),
    ("refund_amount", "300.00", "by refund day"),
    ("refund_paid_out", "300.00", "no shipping was refunded"),
    ("orders", "8", "the exchange, the unpaid and the brushing order are none"),
    ("buyers", "6", "c1 has three orders"),
    ("aov", "318.75", "never the spend per buyer"),
    ("spend_per_buyer", "425.00", "never the AOV"),
    ("units", "10", "the gift line is excluded"),
    ("asp", "255.00", "gmv / units"),
    ("products_sold", "7", "B is a product of two shops; the gift G is none"),
    ("upt", "1.25", "units / orders"),
    ("payment_rate", "0.818182", "9 of 11: o9 pays later, on delivery"),
    ("orders_placed", "11", ""),
    ("unpaid_orders", "2", "o2 and o5"),
    ("cancel_rate_paid", "0.125", "o3"),
    ("refund_rate_period", "0.117647", "three different answers to one word"),
    ("refund_rate_cohort", "0.129412", "three different answers to one word"),
    ("refund_order_rate", "0.25", "three different answers to one word"),
    ("presale_deposits_open", "50.00", "o5"),
    ("new_buyers", "4", "c1 and c2 bought before"),
    ("new_buyers_365", "5", "c1 bought 14 months earlier"),
    ("returning_buyers", "2", ""),
    ("repeat_rate", "0.166667", "c1 on three days"),
    ("platform_hhi", "3372", "shares .447 .275 .247 .031"),
    ("effective_platforms", "2.97", ""),
    ("top1_share", "0.447059", "Taobao"),
    ("cost_coverage", "0.752941", "product E has no cost"),
    ("discount_rate", "0.052045", "140 of 2,690"),
    ("gpm", "90.00", "views, not people"),
    ("live_uv_value", "0.15", "people, not views"),
    ("live_cvr", "0.001667", "1 of 600"),
    ("live_gmv_per_hour", "45.00", "two hours"),
    ("flagged_orders", "1", "o6"),
    ("flagged_amount", "999.00", "o6"),
    ("visitors", "700", "400 and 300"),
    ("cvr_buyer", "0.002857", "2 of 700"),
    ("ad_spend", "110.00", "40 and 10 dollars"),
    ("mer", "23.181818", "2,550 / 110"),
    ("tacos", "0.043137", "110 / 2,550"),
    ("ctr", "0.024167", "290 of 12,000"),
    ("take_rate", "0.047216", "9, 15 dollars and 6.40 of the window's orders"),
    ("fees_total", "114.00", "the fee of o8 is charged on the 8th"),
    ("ship_hours_p50", "24.0", "of the shipped orders"),
]


@pytest.mark.parametrize(("metric", "expected", "why"), TABLE, ids=[row[0] for row in TABLE])
def test_the_table(golden: Market, metric: str, expected: str, why: str) -> None:
    assert golden.ask(metric, time=WEEK).one[metric] == Decimal(expected), why


def test_spend_per_buyer_and_average_order_value_are_never_the_same(golden: Market) -> None:
    row = golden.ask("aov", "spend_per_buyer", time=WEEK).one
    assert (row["aov"], row["spend_per_buyer"]) == (Decimal("318.75"), Decimal("425.00"))


@pytest.mark.parametrize("metric", ["gmv", "net_sales", "orders", "units", "refund_amount"])
@pytest.mark.parametrize("dimension", ["platform", "shop", "channel"])
def test_parts_add_up_to_the_total(golden: Market, metric: str, dimension: str) -> None:
    total = golden.ask(metric, time=WEEK).one[metric]
    parts = golden.ask(metric, dimensions=(dimension,), time=WEEK).rows
    assert sum(row[metric] for row in parts) == total


ROAS = {"taobao": Decimal("3.0"), "amazon": Decimal("10.0")}


def test_claims_of_ad_platforms_are_shown_per_platform(golden: Market) -> None:
    """Attributed sales overlap: 120/40 and 700/70, never 820/110."""
    rows = golden.ask("roas", time=WEEK).by("platform")
    assert {platform: row["roas"] for platform, row in rows.items()} == ROAS


def test_a_day_with_sales_and_a_day_without(golden: Market) -> None:
    """The first of March has no sale (o1 was paid after midnight in Shanghai): measured, so 0."""
    rows = golden.ask("gmv", grain="day", time=WEEK).by("day")
    assert {day.day: row["gmv"] for day, row in rows.items()} == {
        1: Decimal(0),
        2: Decimal(260),
        3: Decimal(300),
        4: Decimal(700),
        5: Decimal(450),
        6: Decimal(120),
        7: Decimal(720),
    }


def test_a_day_after_the_last_sync_is_unknown_and_not_zero(golden: Market) -> None:
    """Data reaches to the 20th; today, the 21st, has no figure."""
    rows = golden.ask("gmv", grain="day", time=days(date(2025, 3, 19), date(2025, 3, 21))).by("day")
    assert [row["gmv"] for row in rows.values()] == [Decimal(0), Decimal(0), None]


def test_the_day_is_the_shops_own(golden: Market) -> None:
    """o10 was paid on the 8th UTC, which is still the 7th in New York."""
    only = (Filter(dimension="platform", values=("shopify",)),)
    assert golden.ask("gmv", filters=only, time=days(date(2025, 3, 7), date(2025, 3, 7))).one[
        "gmv"
    ] == Decimal(630)


BASES = [
    ("paid", "net_sales", "2250.00"),
    ("placed", "gmv_placed", "3110.00"),
    ("refund_to_order", "net_sales_cohort", "2220.00"),
]


@pytest.mark.parametrize(("basis", "column", "expected"), BASES, ids=[row[0] for row in BASES])
def test_a_basis_is_another_metric_of_the_same_question(
    golden: Market, basis: Any, column: str, expected: str
) -> None:
    assert golden.ask("net_sales", basis=basis, time=WEEK).one[column] == Decimal(expected)


def test_margin_below_95_percent_coverage_is_of_the_covered_part(golden: Market) -> None:
    """Covered goods 1,920 less refunds 330, less costs 932 plus the restocked 120 and ... = 988; coverage 75 %."""
    row = golden.ask("cm1", time=WEEK).one
    assert (row["cm1"], row["cm1_coverage"]) == (Decimal("988.00"), Decimal("0.752941"))


def test_margin_below_half_coverage_is_declined(golden: Market) -> None:
    only = (Filter(dimension="platform", values=("shopify",)),)
    assert golden.ask("cm1", filters=only, time=WEEK).one["cm1"] is None


def test_change_from_zero_has_no_percentage(golden: Market) -> None:
    earlier = Comparison(kind="previous_period", against=days(date(2025, 2, 22), date(2025, 2, 28)))
    row = golden.ask("gmv", time=WEEK, compare=earlier).one
    assert (row["gmv"], row["gmv_before"], row["gmv_change"], row["gmv_change_ratio"]) == (
        Decimal(2550),
        Decimal(0),
        Decimal(2550),
        None,
    )


def test_payback_of_the_week(golden: Market) -> None:
    """110 spent on ads for four new buyers (c3, c6, c8, c10); what they bought at once, 1,860, is more."""
    row = golden.ask("cac_payback_days", time=WEEK).one
    assert (row["cac_payback_days"], row["cac"], row["first_buyers"]) == (0, Decimal("27.50"), 4)
    assert row["value_by_then"] == Decimal("465.00")
