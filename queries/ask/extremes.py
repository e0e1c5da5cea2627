"""One order among all: the biggest order, 最大一单, the smallest, the median order value.

Only one order is asked for: "the 5 biggest orders" would list orders one by one, which Souk never does, and
客单价中位数 is about buyers. Both stay unread.
"""

from __future__ import annotations

import re

from queries.ask.spans import MetricWord, Span

_LARGE = r"biggest|largest|highest|most expensive|most valuable|maximum|max|greatest|priciest"
_SMALL = r"smallest|lowest|cheapest|minimum|min|tiniest"
_ORDER = r"(?: single| individual| one)? (?:order|basket|ticket|purchase)(?: value| amount| size| total)?(?![a-z])"
_SINGLE = r"(?<![a-z])(?:the |our )?(?:single |one )?"
_ONE_ZH = (
    r"(?:的)?(?:那)?(?:(?:一|单)(?:个|笔|单|张)(?:的)?(?:成交|支付)?(?:订单|单子)?|"
    r"(?:单笔|成交|支付)?(?:订单|单子))"
)
_MEDIAN = r"(?<![a-z])(?:the )?median (?:of (?:the |our |all )?)?(?:order|basket|ticket|cart)s?"

_PATTERNS = tuple(
    (re.compile(pattern), metric)
    for pattern, metric in (
        (rf"{_SINGLE}(?:{_LARGE}){_ORDER}", "largest_order"),
        (rf"(?:金额|数额|价格)?最(?:大|高|贵){_ONE_ZH}(?!数|量|率)", "largest_order"),
        (r"(?:单笔|单个订单|单张订单)(?:金额|成交额|价格)?最(?:大|高)(?:的)?(?:金额|是多少)?", "largest_order"),
        (rf"{_SINGLE}(?:{_SMALL}){_ORDER}", "smallest_order"),
        (rf"(?:金额|数额|价格)?最(?:小|低|便宜){_ONE_ZH}(?!数|量|率)", "smallest_order"),
        (r"(?:单笔|单个订单|单张订单)(?:金额|成交额|价格)?最(?:小|低)(?:的)?(?:金额|是多少)?", "smallest_order"),
        (rf"{_MEDIAN}(?: (?:value|amount|size)s?)?(?![a-z])", "median_order_value"),
        (r"(?:订单|单笔|笔单)(?:的)?(?:金额|价格|价|价值)?(?:的)?中位数", "median_order_value"),
        (r"中位(?:数)?(?:的)?(?:订单|笔单|单笔)(?:金额|价格|价|价值)?", "median_order_value"),
    )
)
_BEFORE = re.compile(r"(?:\d|[两二三四五六七八九十前]|two|three|five|ten|top|bottom) ?$")


def tag_extremes(text: str) -> list[Span]:
    """The words for one order, as the figure that tells it."""
    return [
        Span((match.span(),), (MetricWord(metric),), 5)
        for pattern, metric in _PATTERNS
        for match in pattern.finditer(text)
        if not _BEFORE.search(text[: match.start()])
    ]
