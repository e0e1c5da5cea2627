"""Amounts in another currency: one rate for all, stated with its day; counts and ratios stay."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import pytest

from queries.desk import Desk
from queries.query import Comparison, SemanticQuery
from queries.viewer import Viewer
from tests.queries.asking import Market, days

OCTOBER = days(date(2026, 10, 1), date(2026, 10, 31))
EARLIER = Comparison(kind="previous_period", against=days(date(2026, 9, 20), date(2026, 9, 30)))
CENT = Decimal("0.01")


def rate(market: Market, currency: str) -> Decimal:
    ((found,),) = market.sql(
        """SELECT rate FROM fx_rates WHERE currency = ? AND base = 'CNY' AND date <= DATE '2026-10-31'
        ORDER BY date DESC LIMIT 1""",
        currency,
    )
    return Decimal(found)


@pytest.mark.parametrize("currency", ["GBP", "EUR"])
def test_every_amount_is_divided_by_the_rate(market: Market, currency: str) -> None:
    plain = market.ask("gmv", "orders", "aov", time=OCTOBER, compare=EARLIER, dimensions=("platform",)).by("platform")
    told = market.ask(
        "gmv", "orders", "aov", time=OCTOBER, compare=EARLIER, dimensions=("platform",), currency=currency
    )
    factor = rate(market, currency)
    for row in told.rows:
        base = plain[row["platform"]]
        for name in ("gmv", "gmv_before", "gmv_change", "aov"):
            assert abs(row[name] - (base[name] / factor).quantize(CENT, ROUND_HALF_UP)) <= CENT
        assert (row["orders"], row["gmv_change_ratio"]) == (base["orders"], base["gmv_change_ratio"])
    units = {output.name: output.unit for output in told.compiled.columns}
    assert (units["gmv"], units["orders"], units["gmv_change_ratio"]) == (currency, "count", "ratio")


def test_the_base_currency_is_no_conversion(market: Market) -> None:
    assert market.ask("gmv", time=OCTOBER, currency="CNY").rows == market.ask("gmv", time=OCTOBER).rows


def test_what_must_add_up_is_not_converted() -> None:
    with pytest.raises(ValueError, match="base currency"):
        SemanticQuery(metrics=("gmv",), dimensions=("platform",), compare=EARLIER, change="parts", currency="USD")


def test_the_answer_states_the_rate_and_its_day(desk: Desk, market: Market) -> None:
    answer = desk.answer("GMV in October in euros", Viewer.owner(), now=market.now)
    assert answer.text.endswith(" EUR.") and "EUR" in (answer.basis or "")
    assert any(f"{rate(market, 'EUR').normalize():f} CNY per EUR" in caveat for caveat in answer.caveats)


def test_without_a_rate_nothing_is_converted(desk: Desk, market: Market) -> None:
    """The rouble has had none since 2022; an old rate is none."""
    query = SemanticQuery(metrics=("gmv",), time=OCTOBER, currency="RUB")
    answer = desk.run(query, Viewer.owner(), now=market.now)
    assert answer.status == "unsupported" and "RUB" in answer.text and not answer.rows
