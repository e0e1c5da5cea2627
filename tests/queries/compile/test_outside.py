"""Our figures held against those of others: what the platform reports, and the official growth of the market.

Three shops: taobao sold 100 yuan in 2022, 120 in 2023 and 150 in 2024; jd the same, but its orders are complete from
2023 on only; a shop in dollars does not count. Growth of taobao: +20 % in 2023, +25 % in 2024.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from queries.privacy.decisions import load_settings
from queries.query import Filter
from queries.records import Order, PlatformNativeDaily, Record, Shop
from queries.warehouse import Batch, Warehouse
from queries.warehouse.benchmark import Figure, check
from queries.warehouse.errors import ImplausibleBenchmark
from tests.queries.asking import Market, days

NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
SOLD = {2022: 100, 2023: 120, 2024: 150}
SHOPS = (
    ("taobao", "T1", "CNY", date(2022, 1, 1)),
    ("jd", "J1", "CNY", date(2023, 1, 1)),
    ("shopify", "S1", "USD", date(2022, 1, 1)),
)
OFFICIAL = {2023: Decimal("0.11"), 2024: Decimal("0.072")}
"""National Bureau of Statistics, as shipped."""


@pytest.fixture(scope="module")
def years(tmp_path_factory: pytest.TempPathFactory) -> Market:
    return Market(build(tmp_path_factory.mktemp("years")), NOW, NOW.date())


def build(home: Path) -> Warehouse:
    warehouse = Warehouse(home, clock=lambda: NOW)
    warehouse.prepare()
    load_settings(warehouse, home, now=NOW)
    for platform, shop_id, currency, begins in SHOPS:
        rows: list[Record] = [Shop(name=shop_id, tz="Asia/Shanghai", currency=currency, history_from=begins)]
        rows += [_order(year, amount, currency) for year, amount in SOLD.items()]
        rows += [
            PlatformNativeDaily(date=date(2024, 6, 1), metric="gmv", value=Decimal(160), currency="CNY"),
            PlatformNativeDaily(date=date(2024, 6, 2), metric="gmv", value=Decimal(0), currency="CNY"),
        ]
        warehouse.merge(Batch(f"{platform}-1", platform, shop_id, "orders", rows))
    with warehouse.write() as session:
        session.execute("UPDATE shops SET data_through = DATE '2026-11-20'")
        for _, shop_id, _, begins in SHOPS:
            session.execute("UPDATE shops SET history_from = ? WHERE shop_id = ?", [begins, shop_id])
    warehouse.publish()
    return warehouse


def _order(year: int, amount: int, currency: str) -> Order:
    paid = datetime(year, 6, 1, 4, tzinfo=UTC)
    return Order(
        order_id=f"o{year}",
        status="paid",
        created_at=paid,
        paid_at=paid,
        currency=currency,
        list_amount=Decimal(amount),
    )


ALL = ("market_growth_gap", "own_growth", "market_growth")


def test_growth_against_the_market_of_the_same_year(years: Market) -> None:
    rows = years.ask(*ALL).by("market_year")
    own = {2023: Decimal("0.2"), 2024: Decimal("0.25")}
    assert {year: tuple(row[name] for name in ALL) for year, row in rows.items()} == {
        year: (own[year] - OFFICIAL[year], own[year], OFFICIAL[year]) for year in (2023, 2024)
    }


@pytest.mark.parametrize(
    ("platform", "known"),
    [("taobao", [2023, 2024]), ("jd", [2024]), ("shopify", [])],
    ids=["complete", "complete in the later years only", "not in yuan"],
)
def test_only_shops_with_both_years_complete_grow(years: Market, platform: str, known: list[int]) -> None:
    rows = years.ask(*ALL, filters=(Filter(dimension="platform", values=(platform,)),)).rows
    assert [row["market_year"] for row in rows if row["own_growth"] is not None] == known


def test_a_period_picks_the_year(years: Market) -> None:
    assert years.ask(*ALL, time=days(date(2023, 1, 1), date(2023, 12, 31))).one["market_year"] == 2023


SECOND_HAND = (Decimal("4.0"), "second hand", "", date(2026, 1, 1))
YEAR_BEFORE = Figure("online_retail_cn", "2022", Decimal("13.8"), "CNY", *SECOND_HAND)
CONTRADICTION = Figure("online_retail_cn", "2023", Decimal("15.4"), "CNY", *SECOND_HAND)
"""The level of 2023 beside the growth of the year before."""


def test_a_level_and_a_growth_that_do_not_belong_together_are_not_used(tmp_path: Path) -> None:
    """The same verdict where the figure is loaded and, should it have come in another way, where it is asked."""
    with pytest.raises(ImplausibleBenchmark):
        check(CONTRADICTION, YEAR_BEFORE)
    warehouse = build(tmp_path)
    with warehouse.write() as session:
        session.execute(
            "UPDATE market_benchmark SET yoy_pct = 4 WHERE series = 'online_retail_cn' AND period = '2023'"
        )
    warehouse.publish()
    asked = Market(warehouse, NOW, NOW.date())
    assert set(asked.ask(*ALL).by("market_year")) == {2024}


NATIVE = ("own_gmv_of_native_days", "native_gmv", "native_difference", "reconciliation_gap")


def test_the_platforms_figure_beside_ours(years: Market) -> None:
    """On the days the platform gave one: 150 counted, 160 reported."""
    row = years.ask(*NATIVE, time=days(date(2024, 1, 1), date(2024, 12, 31))).by("platform")["taobao"]
    assert [row[name] for name in NATIVE] == [150, 160, -10, Decimal("-0.0625")]
