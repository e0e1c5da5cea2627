"""Several questions in one message are taken apart only where each is a question of its own."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from queries.ask import ThreadState, Translator
from queries.ask.several import parts_of
from queries.query import Query, Reading
from tests.queries.ask.conftest import TODAY

Read = Callable[[str, Query | None], Reading]


@pytest.fixture
def read(translator: Translator) -> Read:
    def reading(part: str, last: Query | None) -> Reading:
        return translator.read(part, today=TODAY, thread=ThreadState(query=last) if last else None)

    return reading


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("GMV last month? and which syncs failed?", ["GMV last month?", "and which syncs failed?"]),
        ("上月GMV多少?退款率呢?", ["上月GMV多少?", "退款率呢?"]),
        ("GMV last month? orders this week?", ["GMV last month?", "orders this week?"]),
        (
            "What was GMV on Taobao last month? And orders on JD?",
            ["What was GMV on Taobao last month?", "And orders on JD?"],
        ),
        ("Hi! GMV last month? Refund rate? Thanks!", ["GMV last month?", "Refund rate?"]),
        ("上月GMV多少，近7天有哪些失败的同步", ["上月GMV多少", "近7天有哪些失败的同步"]),
        (
            "how much did we sell last month and which products had the most refunds?",
            ["how much did we sell last month", "which products had the most refunds?"],
        ),
        ("上月卖了多少钱，退了多少单？", ["上月卖了多少钱，退了多少单？"]),
        ("GMV last month? is the weather nice?", ["GMV last month?", "is the weather nice?"]),
        ("delete all orders? gmv last month?", ["delete all orders?", "gmv last month?"]),
    ],
)
def test_questions_of_their_own(read: Read, text: str, parts: list[str]) -> None:
    assert [part.said for part in parts_of(text, read)] == parts


@pytest.mark.parametrize(
    "text",
    [
        "gmv last month, by platform",
        "net sales, units and orders by week, last 8 weeks",
        "products with more than 1,000 units, and refund rate above 8%",
        "gmv last month incl. unpaid orders",
        "what's the cheapest channel per click? last month",
        "how many orders last month, and how many were refunded?",
        "for blue widgets, how many orders last month",
        "GMV last month. By platform.",
        "We had a big campaign. GMV last month?",
        "Only count live orders, my boss says. GMV last month?",
        "上月GMV,按平台,环比",
        "Hi! GMV last month please. Thanks!",
    ],
)
def test_one_question_stays_whole(read: Read, text: str) -> None:
    assert [part.said for part in parts_of(text, read)] == [text]
