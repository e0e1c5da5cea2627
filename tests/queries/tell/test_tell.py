"""Sentences, caveats and charts, in both languages."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from queries.compile import compile_query, settled
from queries.model import load_model
from queries.query import Comparison, Filter, SemanticQuery
from queries.run import run
from queries.tell import Telling, answered, look
from queries.tell.caveats import wants_of
from queries.tell.words import moved, number, phrases
from tests.queries.asking import Market, days

WEEK = days(date(2025, 3, 1), date(2025, 3, 7))
BEFORE = Comparison(kind="previous_period", against=days(date(2025, 2, 22), date(2025, 2, 28)))


def tell(place: Market, language: Any = "en", defaults: tuple[str, ...] = (), **shape: Any) -> Any:
    """The answer to a query, told."""
    model = load_model()
    query = settled(SemanticQuery(**shape), model)
    assert isinstance(query, SemanticQuery)
    compiled = compile_query(query, model, place.viewer, place.clock())
    path = place.warehouse.snapshot(compiled.lane)
    wants = wants_of(query, model) - (
        {"unknown_buyers", "snapshot"} if compiled.lane == "business" else set()
    )
    asides = look(path, query, wants=wants, shops=None, today=place.today)
    told = Telling(
        query,
        compiled,
        run(path, compiled.sql).rows,
        model,
        place.viewer,
        place.clock(),
        language,
        defaults=defaults,
        asides=asides,
    )
    return answered(told, "?")


def only(dimension: str, *values: str) -> tuple[Filter, ...]:
    return (Filter(dimension=dimension, values=values),)


SENTENCES: list[tuple[str, dict[str, Any], str, str]] = [
    (
        "one number",
        {"metrics": ("gmv",), "time": WEEK},
        "GMV, 2025-03-01 to 2025-03-07: 2,550.00 CNY.",
        "2025-03-01 至 2025-03-07 支付金额: 2,550.00 CNY。",
    ),
    (
        "a filter",
        {"metrics": ("orders",), "filters": only("platform", "jd"), "time": WEEK},
        "Orders (JD), 2025-03-01 to 2025-03-07: 1.",
        "2025-03-01 至 2025-03-07 (京东)支付订单数: 1。",
    ),
    (
        "a ratio",
        {"metrics": ("refund_rate_period",), "time": WEEK},
        "Refund rate, 2025-03-01 to 2025-03-07: 11.76%.",
        "2025-03-01 至 2025-03-07 退款率: 11.76%。",
    ),
    (
        "two numbers",
        {"metrics": ("gmv", "net_sales"), "time": WEEK},
        "GMV and net sales, 2025-03-01 to 2025-03-07: GMV 2,550.00 CNY; net sales 2,250.00 CNY.",
        "2025-03-01 至 2025-03-07 支付金额、净销售额: 支付金额 2,550.00 CNY; 净销售额 2,250.00 CNY。",
    ),
    (
        "a list",
        {"metrics": ("gmv",), "dimensions": ("platform",), "time": WEEK},
        "GMV by platform, 2025-03-01 to 2025-03-07: 4 rows; first Taobao/Tmall with 1,140.00 CNY.",
        "2025-03-01 至 2025-03-07 按平台支付金额: 共 4 行; 首位 淘宝/天猫, 1,140.00 CNY。",
    ),
    (
        "no base",
        {"metrics": ("gmv",), "compare": BEFORE, "time": WEEK},
        "GMV, 2025-03-01 to 2025-03-07: 2,550.00 CNY; in 2025-02-22 to 2025-02-28: 0.00 CNY, change n/a.",
        "2025-03-01 至 2025-03-07 支付金额: 2,550.00 CNY; 2025-02-22 至 2025-02-28: 0.00 CNY, 变化率不可计算。",
    ),
    (
        "a trend",
        {"metrics": ("orders",), "grain": "day", "time": WEEK},
        "Orders per day, 2025-03-01 to 2025-03-07: 7 rows; latest 2025-03-07 with 2.",
        "2025-03-01 至 2025-03-07 每日支付订单数: 共 7 行; 最近 2025-03-07, 2。",
    ),
    (
        "unknown",
        {"metrics": ("settled_amount",), "time": WEEK},
        "Settled amount, 2025-03-01 to 2025-03-07: no value is known.",
        "2025-03-01 至 2025-03-07 结算金额: 没有可知的数值。",
    ),
]


@pytest.mark.parametrize(("name", "query", "en", "zh"), SENTENCES, ids=[row[0] for row in SENTENCES])
def test_sentences(golden: Market, name: str, query: dict[str, Any], en: str, zh: str) -> None:
    assert tell(golden, "en", **query).text == en
    assert tell(golden, "zh", **query).text == zh


def test_a_change_in_words(market: Market) -> None:
    october, september = (
        days(date(2026, 10, 12), date(2026, 10, 18)),
        days(date(2026, 10, 5), date(2026, 10, 11)),
    )
    answer = tell(
        market,
        metrics=("orders",),
        time=october,
        compare=Comparison(kind="previous_period", against=september),
    )
    now, before, _, ratio = answer.rows[0]
    word = "up" if ratio > 0 else "down"
    assert (
        f": {now}, {word} {abs(ratio) * 100:.2f}% against {before} in 2026-10-05 to 2026-10-11."
        in answer.text
    )


CAVEATS: list[tuple[str, dict[str, Any], str]] = [
    (
        "flagged orders are named",
        {"metrics": ("gmv",), "time": WEEK},
        "flagged orders left out: 1 (999.00 CNY)",
    ),
    (
        "late days are provisional",
        {"metrics": ("net_sales",), "time": WEEK},
        "figures of the last 15 days are provisional",
    ),
    (
        "refunds may rise",
        {"metrics": ("refund_rate_cohort",), "time": WEEK},
        "refunds may still rise for orders after 2025-02-19",
    ),
    (
        "buyers of several platforms",
        {"metrics": ("buyers",), "time": WEEK},
        "buyers are counted per platform, not de-duplicated across platforms",
    ),
    (
        "the window of ads",
        {"metrics": ("roas",), "time": WEEK},
        "attributed by the ad platform, window: 15d click, 7d click",
    ),
    (
        "visitors over days",
        {"metrics": ("visitors",), "time": WEEK},
        "sum of daily figures: a person may be counted on several days",
    ),
    (
        "the covered part of a margin",
        {"metrics": ("cm1",), "time": WEEK},
        "margin of the part with known costs; cost coverage 75.29%",
    ),
    (
        "no percentage",
        {"metrics": ("gmv",), "compare": BEFORE, "time": WEEK},
        "change n/a where the earlier value is zero or negative",
    ),
    (
        "a running period",
        {"metrics": ("gmv",), "time": days(date(2025, 3, 1), date(2025, 3, 21))},
        "the period is still running: 2025-03-21 is not complete",
    ),
    (
        "unshipped beside",
        {"metrics": ("ship_hours_p50",), "time": WEEK},
        "unshipped after 48 hours and not in this figure: 2 orders",
    ),
    (
        "nothing synced",
        {"metrics": ("followers",), "dimensions": ("account",), "time": WEEK},
        "nothing was synced for this period",
    ),
]


@pytest.mark.parametrize(("name", "query", "sentence"), CAVEATS, ids=[row[0] for row in CAVEATS])
def test_caveats(golden: Market, name: str, query: dict[str, Any], sentence: str) -> None:
    assert sentence in tell(golden, **query).caveats


NO_CAVEAT: list[tuple[str, dict[str, Any], str]] = [
    (
        "one platform needs no word on several",
        {"metrics": ("buyers",), "filters": only("platform", "jd"), "time": WEEK},
        "de-duplicated",
    ),
    (
        "visitors of one day",
        {"metrics": ("visitors",), "time": days(date(2025, 3, 6), date(2025, 3, 6))},
        "several days",
    ),
    ("a conversion rate counts nobody twice", {"metrics": ("cvr_buyer",), "time": WEEK}, "several days"),
    (
        "old orders are settled",
        {"metrics": ("net_sales",), "time": days(date(2025, 1, 1), date(2025, 1, 31))},
        "provisional",
    ),
]


@pytest.mark.parametrize(("name", "query", "words"), NO_CAVEAT, ids=[row[0] for row in NO_CAVEAT])
def test_no_needless_caveats(golden: Market, name: str, query: dict[str, Any], words: str) -> None:
    assert not any(words in caveat for caveat in tell(golden, **query).caveats)


def test_defaults_are_named_with_the_other_reading(golden: Market) -> None:
    caveats = tell(
        golden,
        "zh",
        defaults=("term:sales", "period:last_30_days", "limit:10"),
        metrics=("net_sales",),
        time=WEEK,
    ).caveats
    assert "“销售额”按净销售额(支付金额减退款)理解, 也可看支付金额(GMV)" in caveats
    assert "未指定期间, 取最近30个完整日" in caveats
    assert "列出前 10 项" in caveats


CHARTS: list[tuple[dict[str, Any], str]] = [
    ({"metrics": ("gmv",)}, "none"),
    ({"metrics": ("gmv",), "grain": "day"}, "line"),
    ({"metrics": ("gmv",), "dimensions": ("platform",)}, "bar"),
    ({"metrics": ("gmv",), "dimensions": ("platform",), "share_of": "total"}, "pie"),
    ({"metrics": ("gmv",), "dimensions": ("platform",), "grain": "day", "share_of": "total"}, "area"),
]


@pytest.mark.parametrize(("query", "kind"), CHARTS)
def test_charts(golden: Market, query: dict[str, Any], kind: str) -> None:
    assert tell(golden, time=WEEK, **query).chart.kind == kind


BASES: list[tuple[str, str]] = [
    ("gmv", "paid orders by sale day, before refunds; shop-local days; CNY"),
    ("net_sales", "paid orders by sale day, refunds deducted on the refund day; shop-local days; CNY"),
    ("refund_amount", "successful refunds by refund day; shop-local days; CNY"),
    ("gmv_placed", "all countable orders by creation day, unpaid ones included; shop-local days; CNY"),
    ("roas", "as delivered by the platform, by its reporting day; shop-local days"),
    ("visitors", "as delivered by the platform, by its reporting day; shop-local days"),
]


@pytest.mark.parametrize(("metric", "line"), BASES)
def test_the_basis_line(golden: Market, metric: str, line: str) -> None:
    assert tell(golden, metrics=(metric,), time=WEEK).basis == line


def test_json_keeps_decimals_as_strings_and_days_inclusive(golden: Market) -> None:
    answer = tell(golden, metrics=("gmv",), time=WEEK).model_dump(mode="json", by_alias=True)
    assert answer["rows"] == [["2550.00"]]
    assert answer["period"] == {"from": "2025-03-01", "to": "2025-03-07"}
    assert answer["columns"] == [{"name": "gmv", "unit": "CNY"}]


NUMBERS: list[tuple[Any, str, str]] = [
    (Decimal("1234.5"), "CNY", "1,234.50 CNY"),
    (Decimal("0.123456"), "ratio", "12.35%"),
    (1234567, "count", "1,234,567"),
    (Decimal("-0.005"), "USD", "-0.01 USD"),
    (Decimal("1500"), "JPY", "1,500 JPY"),
    (Decimal("2.50"), "hours", "2.5 hours"),
    (None, "CNY", "(unknown)"),
    (date(2026, 1, 2), "date", "2026-01-02"),
    (True, "text", "yes"),
]


@pytest.mark.parametrize(("value", "unit", "text"), NUMBERS)
def test_numbers(value: Any, unit: str, text: str) -> None:
    assert number(value, unit) == text


MOVES: list[tuple[Any, Any, str, str, str]] = [
    (Decimal(10), Decimal("0.125"), "CNY", "up 12.50%", "上升 12.50%"),
    (Decimal("-0.02"), None, "ratio", "down 2.00 percentage points", "下降 2.00 个百分点"),
    (Decimal(0), Decimal(0), "CNY", "unchanged", "持平"),
    (Decimal(10), None, "CNY", "", ""),
]


@pytest.mark.parametrize(("change", "ratio", "unit", "en", "zh"), MOVES)
def test_moves(change: Any, ratio: Any, unit: str, en: str, zh: str) -> None:
    assert (moved(change, ratio, unit, "en"), moved(change, ratio, unit, "zh")) == (en, zh)


def test_every_phrase_is_there_in_both_languages_with_the_same_facts() -> None:
    import re

    for section in phrases().values():
        for key, words in section.items():
            facts = [set(re.findall(r"\{(\w+)\}", words[language])) for language in ("en", "zh")]
            assert words["en"] and words["zh"], key
            assert facts[0] == facts[1], key


def test_every_caveat_of_the_dictionary_has_a_sentence() -> None:
    for metric in load_model().metrics.values():
        for key in metric.caveats:
            assert key in phrases()["caveats"], (metric.key, key)
