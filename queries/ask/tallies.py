"""Fast and slow, and counts of what was named: ships slowest, 发货最快, 两个渠道, both platforms."""

from __future__ import annotations

import re

from queries.ask.numbers import read_number
from queries.ask.spans import MetricWord, Rank, Sign, Span, ValueWord

_SPEEDS = tuple(
    (re.compile(pattern), metric)
    for pattern, metric in (
        (
            r"(?<![a-z])(?:ships?|dispatch(?:es)?|sends? out|shipped)(?: orders| goods| parcels)? (?:the )?"
            r"(?P<w>fastest|quickest|slowest)",
            "ship_hours_p50",
        ),
        (
            r"(?<![a-z])delivers?(?: orders| goods| parcels)? (?:the )?(?P<w>fastest|quickest|slowest)",
            "deliver_days_p50",
        ),
        (
            r"发货(?:速度|时间|时长)?(?:是)?(?P<w>最快|最慢|最利索|最麻利|最及时|最磨叽|最磨蹭|最拖拉|最墨迹|最拖|最不及时)的?",
            "ship_hours_p50",
        ),
        (r"(?:签收|送达|配送)(?:速度|时间|时长)?(?:是)?(?P<w>最快|最慢|最及时|最拖|最不及时)的?", "deliver_days_p50"),
    )
)


_SLOW = ("slowest", "最慢", "最磨叽", "最磨蹭", "最拖拉", "最墨迹", "最拖", "最不及时")


def tag_speeds(text: str) -> list[Span]:
    """ships slowest, 发货最快: fast is few hours."""
    return [
        Span(
            (match.span(),),
            (Rank(None, match["w"] in _SLOW, False, True), MetricWord(metric)),
            4,
        )
        for pattern, metric in _SPEEDS
        for match in pattern.finditer(text)
    ]


_COUNT_OF = re.compile(
    r"(?P<zh>两|二|三|四|2|3|4)个?(?=平台|渠道|店铺?|品牌|牌子|类目|品类|商品|产品|单品|款|宝贝|链接|指标|数据|省|地区|计划|账号|站点|大促|节日|季度)|"
    r"(?<![a-z])(?:the |these |those )?(?P<en>two|three|four|both)"
    r"(?= (?:platforms|channels|shops|stores|brands|categories|products|provinces|regions|campaigns)(?![a-z]))"
)


_KINDS = re.compile(r"(?P<w>退货退款|仅退款)(?=笔数|单数|数量|金额|的?订单|有多少|多少)")
_KIND_OF = {"退货退款": "return_refund", "仅退款": "refund_only"}


def tag_refund_kinds(text: str) -> list[Span]:
    """退货退款笔数 counts one kind of refund; it is not 退货 and 退款笔数."""
    return [
        Span((match.span("w"),), (ValueWord("refund_type", _KIND_OF[match["w"]]),), 5)
        for match in _KINDS.finditer(text)
    ]


def tag_counts(text: str) -> list[Span]:
    """两个渠道 behind two names: a count of what was named, checked by the audit."""
    sizes = {"both": 2, "两": 2}
    found = []
    for match in _COUNT_OF.finditer(text):
        said = match["zh"] or match["en"]
        number = sizes.get(said) or int(read_number(said) or 0)
        found.append(Span((match.span(),), (Sign(f"counted:{number}"),), 1))
    return found
