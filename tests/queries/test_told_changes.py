"""Questions about changes as people read the answer, in both languages, on six orders reckoned by hand."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from queries.answer import Answer
from queries.desk import Desk
from queries.run import forget
from queries.viewer import Viewer
from queries.warehouse.state import State
from tests.queries import six


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One shop with traffic, one without; both sold the six orders."""
    home = tmp_path_factory.mktemp("told")
    yield Desk(six.build(home, second_shop=True), State(home), secret=b"s" * 32)
    forget()


def ask(desk: Desk, *turns: str, viewer: Viewer | None = None) -> Answer:
    for turn in turns:
        answer = desk.answer(turn, viewer or Viewer.owner(), thread="/".join(turns), now=six.NOW)
    return answer


OCTOBER, SEPTEMBER = "2026-10-01 to 2026-10-31", "2026-09-01 to 2026-09-30"
TOLD = [
    (
        "why did GMV rise on taobao last month",
        f"GMV (Taobao/Tmall), {OCTOBER}: 240.00 CNY, up 20.00% (+40.00 CNY) against 200.00 CNY in {SEPTEMBER}."
        " Arithmetically due to: visitors -48.96 CNY (-122.40%), conversion rate +137.92 CNY (344.80%),"
        " GMV per paying buyer -48.96 CNY (-122.40%).",
    ),
    (  # one shop tells no traffic: buyers take its place
        "为什么上月GMV上涨",
        "2026-10-01 至 2026-10-31 支付金额: 480.00 CNY, 较2026-09-01 至 2026-09-30的 400.00 CNY 上升 20.00%"
        "(+80.00 CNY)。算术上由以下因素构成: 支付买家数 +177.91 CNY(222.39%)、"
        "人均订单数 -177.91 CNY(-222.39%)、笔单价 +80.00 CNY(100.00%)。",
    ),
    (
        "which channels drove the growth of gmv on taobao last month",
        f"GMV by channel (Taobao/Tmall), {OCTOBER}: 240.00 CNY, up 20.00% (+40.00 CNY) against 200.00 CNY in"
        f" {SEPTEMBER}. Of the change: search +40.00 CNY (100.00%), live 0.00 CNY (0.00%).",
    ),
    (
        "which products climbed the most in rank on taobao last month",
        f"Places by units by product (Taobao/Tmall), {OCTOBER}, against {SEPTEMBER}: 1 rows; first Product C, from"
        " place 3 to 1.",
    ),
    (
        "上月淘宝商品排名变化",
        "2026-10-01 至 2026-10-31 (淘宝/天猫)按商品支付件数的排名, 与2026-09-01 至 2026-09-30相比: 上升 1、下降 1、"
        "新进 1(Product D)、退出 1(Product B)。",
    ),
]


@pytest.mark.parametrize(("question", "text"), TOLD)
def test_a_change_is_told(desk: Desk, question: str, text: str) -> None:
    assert ask(desk, question).text == text


def test_it_is_arithmetic_and_says_what_else_can_be_asked(desk: Desk) -> None:
    answer = ask(desk, "why did GMV fall last month")
    assert "it did not fall: it rose" in answer.caveats
    assert "an arithmetic split of the change, not its cause" in answer.caveats
    assert (
        'the change can also be split by platform, channel and product: ask "and by platform?"'
        in answer.caveats
    )
    assert ask(desk, "why did GMV fall last month", "and by platform?").status == "answered"
    chinese = ask(desk, "为什么上月GMV下降")
    assert "并未下降, 而是上升" in chinese.caveats and "仅为变化的算术拆分, 不代表原因" in chinese.caveats


def test_factors_have_a_unit_each(desk: Desk) -> None:
    answer = ask(desk, "why did GMV rise on taobao last month")
    shown = {column.name: column.names for column in answer.columns}
    now = next(n for n, column in enumerate(answer.columns) if column.name == "factor_now")
    assert [shown["factor_now"][str(row[now])] for row in answer.rows] == ["40", "7.50%", "80.00 CNY"]
    assert answer.chart.kind == "bar" and answer.chart.only == "due"


def test_who_may_not_ask_about_persons_gets_the_factors_without_them(desk: Desk) -> None:
    business = Viewer.owner().model_copy(update={"person_lane": False})
    answer = ask(desk, "why did GMV rise last month", viewer=business)
    assert answer.query and answer.query["factors"] == ["orders", "aov"]
    assert answer.lane == "business"


THREADS = [
    (("GMV last month", "why?"), ("factors", "gmv", [])),
    (("GMV by platform last month", "为什么"), ("parts", "gmv", ["platform"])),
    (("why did gmv rise last month", "and by channel?", "by factor"), ("factors", "gmv", [])),
    (("why did gmv rise last month", "and by platform?", "那淘宝呢"), ("factors", "gmv", [])),
    (("why did gmv rise last month", "and by channel?", "and units?"), ("parts", "units", ["channel"])),
]


@pytest.mark.parametrize(("turns", "expected"), THREADS)
def test_follow_ups(desk: Desk, turns: tuple[str, ...], expected: tuple[str, str, list[str]]) -> None:
    query = ask(desk, *turns).query
    assert query and (query["change"], query["metrics"][0], list(query["dimensions"])) == expected


@pytest.mark.parametrize(
    "question", ["why do customers hate us", "为什么客户流失", "why will sales fall next month"]
)
def test_causes_in_the_world_stay_refused(desk: Desk, question: str) -> None:
    assert ask(desk, question).reason == "prediction_or_cause"
    assert ask(desk, "GMV last month", question).reason == "prediction_or_cause"
