"""The compiled SQL as people and other engines read it."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

import pytest
import sqlglot
from sqlglot import exp

from queries.compile import compile_query, settled
from queries.compile.fragments import quotient
from queries.compile.scope import first_of, shift_between
from queries.compile.validate import COHORT_METRICS, PAYBACK
from queries.model import load_model
from queries.query import Comparison, Filter, Order, SemanticQuery
from queries.viewer import Viewer
from tests.queries.asking import Market, days

MARCH = days(date(2025, 3, 1), date(2025, 3, 31))
QUERIES = [
    SemanticQuery(metrics=("gmv",), time=MARCH),
    SemanticQuery(metrics=("net_sales", "aov"), dimensions=("platform",), time=MARCH),
    SemanticQuery(metrics=("refund_rate_cohort",), dimensions=("category",), time=MARCH),
    SemanticQuery(
        metrics=("gmv",),
        grain="month",
        time=MARCH,
        compare=Comparison(kind="year_ago", against=days(date(2024, 3, 1), date(2024, 3, 31))),
    ),
    SemanticQuery(metrics=("new_buyers",), dimensions=("platform",), time=MARCH),
    SemanticQuery(metrics=("buyers",), dimensions=("region",), time=MARCH),
    SemanticQuery(metrics=("gmv",), dimensions=("product",), order=(Order(by="gmv"),), limit=10, time=MARCH),
    SemanticQuery(metrics=("visitors",), filters=(Filter(dimension="platform", values=("jd",)),), time=MARCH),
    SemanticQuery(metrics=("cm3",), dimensions=("platform",), time=MARCH),
]


def sql_of(golden: Market, query: SemanticQuery) -> str:
    return compile_query(settled(query, load_model()), load_model(), Viewer.owner(), golden.clock()).sql  # type: ignore[arg-type]


@pytest.mark.parametrize("dialect", ["duckdb", "clickhouse", "spark", "trino"])
@pytest.mark.parametrize("query", QUERIES, ids=lambda query: "+".join(query.metrics))
def test_other_engines_can_read_it(golden: Market, query: SemanticQuery, dialect: str) -> None:
    rendered = sqlglot.transpile(sql_of(golden, query), read="duckdb", write=dialect)[0]
    assert sqlglot.parse_one(rendered, read=dialect) is not None


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: "+".join(query.metrics))
def test_plain_dialect(golden: Market, query: SemanticQuery) -> None:
    """No QUALIFY, no GROUP BY ALL, no DOUBLE division: `/` never appears on amounts."""
    tree = sqlglot.parse_one(sql_of(golden, query), read="duckdb")
    assert not list(tree.find_all(exp.Qualify))
    assert "GROUP BY ALL" not in sql_of(golden, query)
    assert not list(tree.find_all(exp.Div))


def test_one_clause_a_line(golden: Market) -> None:
    lines = sql_of(golden, QUERIES[1]).splitlines()
    assert [line for line in lines if line.startswith(("FROM", "ORDER BY"))] == ["FROM figures", "ORDER BY"]
    assert any(re.match(r"\), refund_days_facts AS \(|WITH sales_days_facts AS \(", line) for line in lines)


def test_values_of_a_question_enter_as_literals(golden: Market) -> None:
    nasty = "x'; DROP TABLE orders; --"
    query = SemanticQuery(
        metrics=("gmv",), filters=(Filter(dimension="channel", values=(nasty,)),), time=MARCH
    )
    tree = sqlglot.parse_one(sql_of(golden, query), read="duckdb")
    assert nasty in {literal.this for literal in tree.find_all(exp.Literal)}
    assert golden.ask("gmv", filters=query.filters, time=MARCH).one["gmv"] == 0


LANES = [
    (("gmv",), (), "business"),
    (("net_sales", "aov"), ("category",), "business"),
    (("payment_rate",), (), "business"),
    (("ad_spend", "roas"), (), "business"),
    (("cm3",), (), "business"),
    (("live_refund_rate",), (), "business"),
    (("buyers",), (), "person"),
    (("spend_per_buyer",), (), "person"),
    (("cac",), (), "person"),
    (("gmv",), ("region",), "person"),
    (("gmv",), ("rfm",), "person"),
    (("repeat_rate",), (), "person"),
    (("gmv",), ("buyer_kind",), "person"),
]


@pytest.mark.parametrize(("metrics", "dimensions", "lane"), LANES)
def test_the_lane_follows_from_what_is_asked(
    golden: Market, metrics: tuple[str, ...], dimensions: tuple[str, ...], lane: str
) -> None:
    assert golden.ask(*metrics, dimensions=dimensions, time=MARCH).compiled.lane == lane


ROUNDING = [
    ("2550", "8", 2, "318.75"),
    ("637.51", "2", 2, "318.76"),
    ("1", "3", 6, "0.333333"),
    ("2", "3", 6, "0.666667"),
    ("-637.51", "2", 2, "-318.76"),
    ("0", "7", 2, "0.00"),
    ("99999999999.99", "3", 2, "33333333333.33"),
    ("0.005", "1", 2, "0.01"),
    ("1.005", "1", 2, "1.01"),
]


@pytest.mark.parametrize(("above", "below", "places", "expected"), ROUNDING)
def test_quotients_are_rounded_half_up_from_exact_sums(
    golden: Market, above: str, below: str, places: int, expected: str
) -> None:
    """637.51 / 2 = 318.755: as a DOUBLE it would round down."""
    tree = quotient(
        sqlglot.parse_one(f"CAST('{above}' AS DECIMAL(38, 12))"),
        sqlglot.parse_one(f"CAST('{below}' AS BIGINT)"),
        places,
    )
    assert golden.sql(f"SELECT {tree.sql(dialect='duckdb')}")[0][0] == Decimal(expected)


def test_nothing_over_nothing_is_unknown(golden: Market) -> None:
    tree = quotient(sqlglot.parse_one("5"), sqlglot.parse_one("0"), 2)
    assert golden.sql(f"SELECT {tree.sql(dialect='duckdb')}")[0][0] is None


SHIFTS = [
    ("month", date(2026, 10, 1), date(2025, 10, 1), (12, "month")),
    ("day", date(2026, 3, 31), date(2026, 2, 28), (31, "day")),
    ("week", date(2026, 11, 16), date(2026, 11, 9), (7, "day")),
    ("quarter", date(2026, 7, 1), date(2026, 4, 1), (3, "month")),
    ("year", date(2026, 1, 1), date(2025, 1, 1), (12, "month")),
]


@pytest.mark.parametrize(("grain", "now", "before", "expected"), SHIFTS)
def test_shifting_periods_and_not_days(
    grain: str, now: date, before: date, expected: tuple[int, str]
) -> None:
    assert shift_between(grain, now, before) == expected  # type: ignore[arg-type]


def test_weeks_begin_on_monday() -> None:
    assert first_of("week", date(2026, 11, 22)) == date(2026, 11, 16)


def test_every_metric_compiles_and_runs(golden: Market) -> None:
    """Alone, by platform, by month, and compared: nothing in the dictionary is only declared."""
    earlier = Comparison(kind="previous_period", against=days(date(2025, 2, 1), date(2025, 2, 28)))
    for key, metric in load_model().metrics.items():
        over = {load_model().measures[name].over for name in load_model().measures if name in metric.formula}
        golden.ask(key, time=MARCH)
        if key not in ("freshness_hours", PAYBACK, *COHORT_METRICS):  # ages, paybacks and grids have no history
            golden.ask(key, grain="month", time=MARCH)
            if metric.unit not in ("date", "text"):  # nor has a first day a difference
                golden.ask(key, compare=earlier, time=MARCH)
        if "platform" not in over:
            golden.ask(key, dimensions=("platform",), time=MARCH)
