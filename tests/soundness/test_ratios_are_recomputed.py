"""Invariant: a ratio of a whole comes from the sums of the whole, never from the ratios of its parts.

Breach: the mean of two shops' averages is presented as the average.
"""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import pytest

from tests.queries.asking import Market, days

PERIOD = days(date(2026, 10, 1), date(2026, 10, 31))
RATIOS = [
    ("aov", "gmv", "orders", 2),
    ("asp", "gmv", "units", 2),
    ("refund_rate_period", "refund_amount", "gmv", 6),
    ("upt", "units", "orders", 6),
    ("tacos", "ad_spend", "gmv", 6),
]


@pytest.mark.parametrize(("ratio", "above", "below", "places"), RATIOS)
def test_the_whole_is_of_the_sums(market: Market, ratio: str, above: str, below: str, places: int) -> None:
    parts = market.ask(ratio, above, below, dimensions=("platform",), time=PERIOD).rows
    whole = market.ask(ratio, time=PERIOD).one[ratio]
    summed = Decimal(sum(row[above] for row in parts)) / Decimal(sum(row[below] for row in parts))
    assert whole == summed.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    assert whole != (sum(row[ratio] for row in parts) / len(parts)).quantize(
        Decimal(1).scaleb(-places), ROUND_HALF_UP
    )


def test_buyers_are_recounted_and_not_added(market: Market) -> None:
    months = market.ask("buyers", grain="week", time=PERIOD).rows
    assert sum(row["buyers"] for row in months) > market.ask("buyers", time=PERIOD).one["buyers"]
