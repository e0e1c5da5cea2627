"""Ratios of two metrics that the model has under a name of its own: ad spend as a share of GMV is TACOS."""

from __future__ import annotations

from queries.ask.frame import Frame, MetricMention
from queries.ask.narrow import Choice
from queries.ask.words import Words

_OF_EACH = ("live_share",)
"""Ratios beside which 抖音直播成交额占比 stays Douyin's part of all live sales."""


def over(words: Words, choice: Choice, key: str) -> bool:
    """ "likes per post" is a ratio of two metrics: only where the model has it."""
    found = words.of("ratios").get(f"{choice.metrics[-1]}/{key}") if choice.metrics else None
    if found:
        choice.metrics[-1] = found
    return bool(found)


def read_ratio(words: Words, frame: Frame, mentions: list[MetricMention], choice: Choice) -> None:
    """Two metrics and a word for share become the metric that divides one by the other, or stay unread."""
    if frame.has("share") and len(choice.metrics) == 1:
        _part_ratio(words, frame, mentions, choice)
    if not frame.has("share") or len(choice.metrics) != 2 or any(m.joined for m in mentions):
        return
    table = words.of("ratios")
    first, second = choice.metrics
    found = table.get(f"{first}/{second}") or table.get(f"{second}/{first}")
    if found:
        choice.metrics = [found]
        frame.signs.pop("share")
    else:
        choice.misfit = (*choice.misfit, mentions[-1].span)


def _part_ratio(words: Words, frame: Frame, mentions: list[MetricMention], choice: Choice) -> None:
    """付款后取消的订单占比 is the cancellation rate, not one platform's share of the cancelled orders."""
    table, key = words.of("part_ratios"), choice.metrics[0]
    if key not in table or not mentions:
        return
    share, word = frame.signs["share"][0], mentions[0].span
    behind = 0 <= share.start - word.end <= 2 and table[key] not in _OF_EACH
    if not behind and (frame.values or frame.dimensions):
        return
    if table[key]:
        choice.metrics = [table[key]]
        frame.signs.pop("share")
    else:
        choice.misfit = (*choice.misfit, word)


def less_refunds(frame: Frame, mentions: list[MetricMention]) -> list[MetricMention]:
    """gmv of taobao minus refunds, 扣掉退款之后…的销售额: less refunds is net sales; anything else less a metric
    is not read."""
    kept = [m for m in mentions if not m.less]
    for mention in mentions:
        if not mention.less:
            continue
        sales = len(kept) == 1 and (kept[0].key in ("gmv", "net_sales") or kept[0].term in ("sales", "gmv"))
        refunds = mention.key == "refund_amount" or mention.term == "context:refunds"
        if sales and refunds:
            kept[0].key, kept[0].term = "net_sales", ""
        else:
            frame.residue.append(mention.span)
    return kept
