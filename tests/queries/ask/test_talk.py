"""A conversation as tables: turns about the conversation itself, corrections, and leaving something out."""

from __future__ import annotations

import pytest

from queries.ask import ThreadState, Translator
from queries.ask.corrections import read_correction
from queries.ask.moves import Move, read_move
from queries.query import Answerable, Clarify, Refuse
from tests.queries.ask.conftest import TODAY
from tests.queries.ask.notation import agrees, written

MOVES = {
    Move("chart"): ["as a chart", "plot it", "can you draw a graph of it?", "画成图", "画图", "可以画成图吗"],
    Move("chart", "bar"): ["show as a bar chart", "画成柱状图吧"],
    Move("chart", "line"): ["as a line chart please", "用折线图看看"],
    Move("chart", "pie"): ["show it as a pie chart", "饼图"],
    Move("table"): ["as a table", "show it as a list", "做成表格", "列出来", "no chart"],
    Move("rows"): ["show the rows", "show me the details", "the data behind it", "看明细", "明细", "展开"],
    Move("undo"): ["undo", "back", "go back please", "撤销", "返回", "上一步"],
    Move("restart"): ["start over", "reset", "重新开始", "重来吧"],
    Move("preferences"): ["what are my preferences?", "list my preferences", "我的偏好是什么", "我有哪些偏好"],
    Move("forget_preferences"): ["forget my preferences", "忘掉我的偏好", "请清除我的偏好设置"],
}


@pytest.mark.parametrize(("text", "move"), [(t, move) for move, turns in MOVES.items() for t in turns])
def test_a_turn_about_the_conversation(text: str, move: Move) -> None:
    assert read_move(text) == move


@pytest.mark.parametrize(
    "text",
    [
        "gmv by platform as a chart", "previous month", "orders", "订单明细", "data", "trend", "breakdown by shop",
        "show refunds", "back orders", "undo the refunds", "各平台退款明细", "reset the retention to 5 years",
    ],
)  # fmt: skip
def test_a_question_is_no_move(text: str) -> None:
    assert read_move(text) is None


@pytest.mark.parametrize(
    ("text", "meant", "wrong"),
    [
        ("no, i meant paid orders", "paid orders", ""),
        ("no i meant jd", "jd", ""),
        ("sorry, jd", "jd", ""),
        ("actually by shop", "by shop", ""),
        ("i meant jd, not taobao", "jd", "taobao"),
        ("not taobao, jd", None, None),
        ("不对,我说的是已付款订单", "已付款订单", ""),
        ("我说的是抖音,不是淘宝", "抖音", "淘宝"),
        ("no orders last month", None, None),
        ("不含退款", None, None),
        ("不是抖音的订单", None, None),
    ],
)
def test_a_correction_is_what_follows_its_opener(text: str, meant: str | None, wrong: str | None) -> None:
    found = read_correction(text)
    assert (found and found.meant, found and found.wrong) == (meant, wrong)


THREADS = [
    (["placed orders by platform last week", "no, I meant paid orders"], "m=orders d=platform t=lastweek"),
    (["上周各平台下单量", "不对,我说的是已付款订单"], "m=orders d=platform t=lastweek"),
    (["gmv on taobao last month", "no, JD, not taobao"], "m=gmv f=platform:jd t=lastmonth"),
    (["上月淘宝GMV", "我说的是抖音,不是淘宝"], "m=gmv f=platform:douyin t=lastmonth"),
    (["gmv last week", "no, I meant net sales last month"], "m=net_sales t=lastmonth"),
    (["gmv by shop last month", "sorry, by category"], "m=gmv d=category t=lastmonth"),
    (["gmv by platform last month", "same for Douyin"], "m=gmv d=platform f=platform:douyin t=lastmonth"),
    (["上月淘宝GMV", "抖音也一样"], "m=gmv f=platform:douyin t=lastmonth"),
    (["net sales and refund amount last month", "drop the refunds"], "m=net_sales t=lastmonth"),
    (["上月净销售额和退款金额", "去掉退款"], "m=net_sales t=lastmonth"),
    (["gmv last month", "drop the refunds"], "m=net_sales t=lastmonth"),
    (["net sales last month", "drop the refunds"], "Clarify"),
    (["gmv and orders by platform last month", "drop orders"], "m=gmv d=platform t=lastmonth"),
    (["gmv by platform last month vs the month before", "drop the comparison"], "m=gmv d=platform t=lastmonth"),
    (["上月各平台GMV环比", "不要环比"], "m=gmv d=platform t=lastmonth"),
    (["gmv by platform last month", "drop the platform split"], "m=gmv t=lastmonth"),
    (["gmv on taobao last month", "remove the platform filter"], "m=gmv t=lastmonth"),
    (["gmv on taobao last month", "drop taobao"], "m=gmv t=lastmonth"),
    (["orders by platform last week", "without taobao"], "m=orders d=platform f=!platform:taobao t=lastweek"),
    (["orders by platform last week", "drop the refunds"], "Refuse"),
    (["orders by platform last week", "remove all orders"], "Refuse"),
    (["orders last week", "no, I meant the blue ones"], "Refuse"),
    (["new buyers by platform last month", "and returning ones?"], "m=returning_buyers d=platform t=lastmonth"),
    (["上月各平台新客数", "那老客呢", "只看抖音"], "m=returning_buyers d=platform f=platform:douyin t=lastmonth"),
    (["gmv last month", "only returning customers"], "m=gmv f=buyer_kind:returning t=lastmonth"),
]  # fmt: skip


SHAPED = [
    (["gmv last month", "per day on average"], "m=gmv t=lastmonth a=day"),
    (["上个月GMV", "日均呢", "折合美元"], "m=gmv t=lastmonth a=day u=USD"),
    (["average daily gmv last month", "why did it drop?"], "m=gmv t=lastmonth c=sep k=factors"),
    (
        ["sales by platform last month", "which grew the most?"],
        "m=net_sales d=platform t=lastmonth c=sep o=-change l=10 h=change>0",
    ),
    (["sales last month", "which grew the most?"], "Refuse"),
    (
        ["biggest drop in sales by platform last month", "by channel"],
        "m=net_sales d=channel t=lastmonth c=sep o=+change l=1 h=change<0",
    ),
    (
        ["fastest growing products last month", "only taobao", "top 3"],
        "m=net_sales d=product f=platform:taobao t=lastmonth c=sep o=-change_ratio l=3 h=change>0 b=orders>=10",
    ),
    (["monthly gmv of our top 3 products last year", "top 5"], "m=gmv d=product t=lastyear g=month w=-5@gmv"),
    (["which products sold nothing last month", "only JD"], "Z=product:sale f=platform:jd t=lastmonth"),
    (["share of sales of the top 10% of customers last month", "only douyin"],
     "P=buyer:gmv:0.1 f=platform:douyin t=lastmonth"),
    (["why did conversion drop last month", "by shop"], "m=cvr_buyer d=shop t=lastmonth c=sep o=+change l=10 k=mix"),
]  # fmt: skip
THREADS = [*THREADS, *SHAPED]


@pytest.mark.parametrize(("turns", "expected"), THREADS, ids=[" / ".join(turns) for turns, _ in THREADS])
def test_corrections_and_droppings_patch_the_last_query(
    translator: Translator, turns: list[str], expected: str
) -> None:
    state, reading = ThreadState(), None
    for turn in turns:
        reading = translator.read(turn, today=TODAY, thread=state)
        if isinstance(reading, Answerable):
            state = ThreadState(query=reading.query)
    assert reading is not None and agrees(written(reading), expected), written(reading)


def test_what_is_not_meant_stays_a_condition_unless_it_was_understood(translator: Translator) -> None:
    """ "not brushing" is no correction of anything in the last query: it may not vanish."""
    last = translator.read("orders last week", today=TODAY)
    assert isinstance(last, Answerable)
    thread = ThreadState(query=last.query)
    reading = translator.read("no, I meant gmv, not new customers", today=TODAY, thread=thread)
    if isinstance(reading, Answerable):
        assert "not_in" in reading.model_dump_json()
    else:
        assert isinstance(reading, Refuse | Clarify)


def test_dropping_what_is_not_there_says_so(translator: Translator) -> None:
    last = translator.read("orders last week", today=TODAY)
    assert isinstance(last, Answerable)
    reading = translator.read("drop the refunds", today=TODAY, thread=ThreadState(query=last.query))
    assert isinstance(reading, Refuse) and reading.topic == "nothing_to_drop"


def test_an_offered_reading_names_the_product_and_not_its_id(translator: Translator) -> None:
    reading = translator.read("how did Trail Runner do last month", today=TODAY)
    assert isinstance(reading, Clarify)
    assert all("Trail Runner" in option.label and "P200" not in option.label for option in reading.options)
