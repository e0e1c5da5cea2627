"""Sizes of orders: orders above 500 yuan, 满300的订单, baskets between 100 and 300 rmb.

A threshold on the amount of one order narrows which orders are meant; it is no threshold on a figure of the
answer. Only an amount beside a word for orders is read so, and only in the base currency: a bare number behind
"orders" ("shops with more than 500 orders") stays a count.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Literal

from queries.ask.numbers import Number, find_numbers
from queries.ask.operators import threshold_at
from queries.ask.spans import Measured, Op, Span

DIMENSION = "order_value"
_ORDERS = r"(?:orders?|baskets?|carts|purchases|transactions|checkouts|tickets)"
_LINK = (
    r"(?: (?:worth|valued(?: at)?|totall?ing|costing|of|with (?:an? )?(?:order |basket |total )?(?:value|amount|total|"
    r"size)s?(?: of)?|whose (?:value|amount|total) (?:is|was|exceeds|exceeded)|"
    r"(?:that )?(?:are|were|cost|costs|come to|came to|is|was)(?: worth)?|being))?"
)
_WORTH = re.compile(rf"(?<![a-z]){_ORDERS}(?P<link>{_LINK}) ?$")
_VALUED = re.compile(r"worth|valu|amount|total|cost|come|came|size")
_BEFORE_ORDERS = re.compile(rf"^ (?:yuan |rmb |cny )?{_ORDERS}(?![a-z])")
_HEAD_ZH = re.compile(
    r"(?P<link>(?:(?:订单|单笔|每单|每笔|单张|一单|客单)(?:的)?(?:实付|支付|成交|下单)?(?:金额|总额|价格|价)?(?:在)?|"
    r"金额(?:在)?))$"
)
_TAIL_ZH = re.compile(
    r"^(?:的|之间的|这类)?(?:大额|小额|大|小)?(?:支付|成交|付款)?(?:订单|单子|单量|单数|笔数)"
)
_ASKED_ZH = re.compile(r"^(?:的)?(?:一共|总共)?(?:有)?(?:多少|几)(?:个)?(?:单|笔|订单)")
_BETWEEN = re.compile(
    r"(?:(?<![a-z])(?:between|from) |在|介于)?(?P<a>\d[\d,]*(?:\.\d+)?)\s*(?:元|块|yuan|rmb|cny)?"
    r"\s*(?:-|~|to|and|到|至)\s*(?P<b>\d[\d,]*(?:\.\d+)?)\s*(?P<unit>元|块钱?|yuan|rmb|cny)(?:之间|以内|区间)?(?![a-z])"
)
_MONEY = ("元", "块", "块钱", "rmb", "cny", "yuan")


def tag_sizes(text: str) -> list[Span]:
    """Amounts that say which orders: over 500 yuan behind "orders", 满300 before 的订单, 100-300元的订单."""
    spans = [found for match in _BETWEEN.finditer(text) if (found := _range(text, match))]
    for number in find_numbers(text):
        found = _one(text, number)
        if found:
            spans.append(found)
    return spans


def _one(text: str, number: Number) -> Span | None:
    threshold = threshold_at(text, number)
    if threshold is None or threshold.of_percent or threshold.hint not in (*_MONEY, ""):
        return None
    head, tail = text[: threshold.start], text[threshold.end :]
    start = threshold.start
    money = threshold.hint in _MONEY or text[threshold.start] == "满"
    worth, led = _WORTH.search(head), _HEAD_ZH.search(head)
    if worth and (money or _VALUED.search(worth["link"])):
        start = (
            worth.start("link") + len(worth["link"]) - len(worth["link"].lstrip()) if worth["link"] else start
        )
    elif led and (_TAIL_ZH.match(tail) or _ASKED_ZH.match(tail)):
        start = led.start("link")
    elif not (money and (_BEFORE_ORDERS.match(tail) or _TAIL_ZH.match(tail))):
        return None
    return _span(start, threshold.end, threshold.op, number.value)


def _range(text: str, match: re.Match[str]) -> Span | None:
    head, tail = text[: match.start()], text[match.end() :]
    if not (
        _WORTH.search(head) or _BEFORE_ORDERS.match(tail) or _TAIL_ZH.match(tail) or _HEAD_ZH.search(head)
    ):
        return None
    low, high = (Decimal(match[name].replace(",", "")) for name in ("a", "b"))
    led = _HEAD_ZH.search(head)
    start = led.start("link") if led else match.start()
    return _span(start, match.end(), "between", low, high) if low < high else None


def _span(start: int, end: int, op: Op | Literal["between"], *values: Decimal) -> Span | None:
    return None if op == "eq" else Span(((start, end),), (Measured(DIMENSION, op, values),), 4)
