"""Cohorts, funnels and movements in words and as a grid, in both languages."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from bot.terminal.grid import hottest, laid_out, shade
from queries.answer import Answer
from queries.compile import compile_shape, footing
from queries.model import load_model
from queries.query import CohortQuery, Filter, FunnelQuery, MovementQuery, ShapedQuery
from queries.run import run
from queries.tell import Telling, answered, look
from queries.tell.caveats import wants_of
from tests.queries.asking import Market, days
from tests.queries.compile.test_shapes import MOVES, TAOBAO, YEAR, shop

__all__ = ["shop"]
WEEK = days(date(2026, 4, 1), date(2026, 4, 7))
JD = (Filter(dimension="platform", values=("jd",)),)


def tell(place: Market, query: ShapedQuery, language: Any = "en") -> Answer:
    model = load_model()
    beneath = footing(query, model)
    compiled = compile_shape(query, model, place.viewer, place.clock())
    path = place.warehouse.snapshot(compiled.lane)
    wants = wants_of(beneath, model) - (set() if compiled.lane == "person" else {"unknown_buyers", "snapshot"})
    asides = look(path, beneath, wants=wants, shops=None, today=place.today)
    rows = run(path, compiled.sql).rows
    told = Telling(query, compiled, rows, model, place.viewer, place.clock(), language, asides=asides)
    return answered(told, "?")


SENTENCES: list[tuple[str, ShapedQuery, str, str]] = [
    (
        "retention",
        CohortQuery(time=YEAR, months=3, filters=TAOBAO),
        "Retention rate of buyers by month of first purchase (Taobao/Tmall), 2026-01 to 2026-02: 2 cohorts; of the 40"
        " buyers of 2026-01, 37.50% bought again in the month after.",
        "2026-01 至 2026-02 首购的买家(淘宝/天猫), 各月留存率: 共 2 个同期群;"
        " 2026-01 首购的 40 位买家中 37.50% 在次月再次购买。",
    ),
    (
        "value",
        CohortQuery(measure="value", time=days(date(2026, 1, 1), date(2026, 1, 31)), months=3, filters=TAOBAO),
        "Cumulative value per buyer of buyers by month of first purchase (Taobao/Tmall), 2026-01 to 2026-01: 1"
        " cohorts; the 40 buyers of 2026-01 have brought 136.75 CNY each by the end of the month after.",
        "2026-01 至 2026-01 首购的买家(淘宝/天猫), 各月同期群累计价值: 共 1 个同期群;"
        " 2026-01 首购的 40 位买家到次月末人均贡献 136.75 CNY。",
    ),
    (
        "a funnel",
        FunnelQuery(funnel="shop", filters=JD, time=WEEK),
        "Funnel (JD), 2026-04-01 to 2026-04-07: visitors 350 → add-to-cart visitors 84 (24.00%) → paying buyers as"
        " delivered 21 (25.00%).",
        "2026-04-01 至 2026-04-07 (京东)转化漏斗: 访客数 350 → 加购人数 84 (24.00%) → 平台支付买家数 21 (25.00%)。",
    ),
    (
        "a movement",
        MOVES,
        "Lifecycle stage on 2026-02-28 and on 2026-03-31: most moved from Active to Cooling: 15 (50.00%).",
        "2026-02-28 与 2026-03-31 的生命周期阶段: 流动最多的是从活跃到降温: 15 人(50.00%)。",
    ),
    (
        "one move",
        MOVES.model_copy(update={"leaving": ("active",), "entering": ("cooling",)}),
        "Customers who moved from Active on 2026-02-28 to Cooling on 2026-03-31: 15 (50.00% of those in Active).",
        "2026-02-28 为活跃、2026-03-31 为降温的客户: 15 人(占当时活跃的 50.00%)。",
    ),
    (
        "no snapshots",
        MovementQuery(segments="rfm", earlier=date(2026, 2, 28), later=date(2026, 3, 31)),
        "There are no two segment snapshots for 2026-02-28 and 2026-03-31, so movement cannot be shown.",
        "2026-02-28 与 2026-03-31 没有两个不同的分层快照, 无法显示流动。",
    ),
]


@pytest.mark.parametrize(("name", "query", "english", "chinese"), SENTENCES, ids=[s[0] for s in SENTENCES])
def test_sentences(shop: Market, name: str, query: ShapedQuery, english: str, chinese: str) -> None:
    assert tell(shop, query).text == english
    assert tell(shop, query, "zh").text == chinese


def test_what_is_said_beside_a_funnel(shop: Market) -> None:
    one = tell(shop, FunnelQuery(funnel="shop", filters=JD, time=WEEK))
    assert "JD does not deliver shop impressions and shop clicks" in one.caveats
    assert one.chart.kind == "bar" and one.basis and one.basis.startswith("as delivered by the platform")
    both = tell(shop, FunnelQuery(funnel="shop", time=WEEK), "zh")
    assert "京东未提供店铺曝光量、店铺点击量" in both.caveats
    assert any(caveat.startswith("某一环节可能大于上一环节") for caveat in both.caveats)
    assert [column.label for column in both.columns] == ["平台", "环节", "数量", "环节转化率", "总体转化率"]
    live = tell(shop, FunnelQuery(funnel="live", time=WEEK))
    assert live.rows == [] and "no traffic was delivered for JD and Taobao/Tmall" in live.caveats


def test_what_is_said_beside_a_grid(shop: Market) -> None:
    running = tell(shop, CohortQuery(time=days(date(2026, 1, 1), date(2026, 4, 20)), months=2))
    assert "blank cells: fewer than 10 customers" in running.caveats
    assert "blank where the days have not passed for the whole group yet" in running.caveats
    value = tell(shop, CohortQuery(measure="value", time=YEAR))
    assert "value is net sales, not margin" in value.caveats


def test_the_days_of_the_snapshots_are_named(shop: Market) -> None:
    said = "last snapshots up to these days: 2026-02-28 and 2026-03-31"
    assert said in tell(shop, MOVES).caveats


def test_a_grid_is_laid_out_for_people(shop: Market) -> None:
    answer = tell(shop, CohortQuery(time=YEAR, months=2, filters=TAOBAO))
    assert len(answer.rows) == 6 and "grid" not in answer.model_dump(mode="json")
    read = laid_out(answer)
    assert [column.label for column in read.columns] == [
        "first-purchase month",
        "buyers of the cohort",
        "M0",
        "M1",
        "M2",
    ]
    assert read.rows[0] == ["2026-01", 40, Decimal(1), Decimal("0.375"), None]
    assert hottest(read) == Decimal("0.375")
    assert [shade(value, hottest(read)) for value in read.rows[0][2:]] == ["█", "█", " "]


def test_moves_are_laid_out_from_down_to_along(shop: Market) -> None:
    read = laid_out(tell(shop, MOVES, "zh"))
    assert read.rows == [["active", 15, 15, None], ["cooling", None, None, 12]]
    assert [column.label for column in read.columns] == ["期初生命周期阶段", "活跃", "降温", "已流失"]
