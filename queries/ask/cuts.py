"""Words that only look like one because of where their neighbours end: 各|平台扣费, 推广费|比9月, 客单价|是不是."""

from __future__ import annotations

import re

from queries.ask.spans import DimensionWord, MetricWord, Span

_GROUPED = re.compile(r"(?:各|每个|每|按|分|不同|哪[个些条款家场种类]|哪几[个条款家场种]|各[条款家场个]|哪)$")
_COMPARED = re.compile(
    r"\s*(?:\d|上|去年|昨|前|今|同期|[一二三四五六七八九十]+月|第|国庆|双)[^,。]{0,8}(?:多(?!少)|(?<!多)少|高|低|涨|增|降|跌)"
)
_EARLIER = re.compile(r"上个?[月周]|上一?个?季|去年|前年|昨[天日]|前[天一]|同期|\d{1,2}月")
_END = re.compile(r"\s*(?:$|[,。?!])")
_GROUP_NOUN = re.compile(r"平台|店铺|商品|渠道|品牌|类目|计划|活动|主播|账号|省份|场次|单品")


def cuts(span: Span, text: str) -> bool:
    """Whether the words of the span belong to what stands beside them."""
    return _cuts_grouping(span, text) or _cuts_comparison(span, text)


def _cuts_grouping(span: Span, text: str) -> bool:
    """各平台扣费 groups by platform: 平台扣费 is no metric there."""
    return bool(
        _GROUP_NOUN.match(text[span.start : span.end]) and _GROUPED.search(text[: span.start])
    ) and not span.of(DimensionWord)


def _cuts_comparison(span: Span, text: str) -> bool:
    """推广费比9月多花了多少 compares with September: 推广费比 is no ratio there."""
    if text[span.start : span.end] == "不是" and text[span.start - 1 : span.start] == "是":
        return True  # 客单价是不是比9月高 asks, it leaves nothing out
    if text[span.end - 1 : span.end] == "是" and text.startswith("不是", span.end):
        return True
    if not span.of(MetricWord):
        return False
    if text[span.end - 1 : span.end] == "比" and _EARLIER.match(text[span.end :]):
        return True  # 新客比上月: against last month
    if text[span.end - 1 : span.end] == "比" and text[: span.start].endswith(("和", "跟", "与", "同")):
        return _END.match(text[span.end :]) is not None  # 复购率和新客比: set beside new customers
    return text[span.end - 2 : span.end] == "费比" and _COMPARED.match(text[span.end :]) is not None
