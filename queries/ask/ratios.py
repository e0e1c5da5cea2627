"""Ratios of two metrics that the model has under a name of its own: ad spend as a share of GMV is TACOS."""

from __future__ import annotations

import re

from queries.ask.frame import Frame, MetricMention
from queries.ask.narrow import Choice
from queries.ask.words import Words

_MINUS = re.compile(r"(?:(?<![a-z])(?:minus|less)(?: the| our| all)? |减去?|减掉)$")
DIFFERENCE = re.compile(r"difference|delta|gap|spread|差|多了多少|少了多少")
_RATIO = re.compile(r"(?<![a-z])ratios?(?![a-z])|比值|之比")
_BARE = re.compile(r"(?<![a-z])(?:the|our|all|of|total|number)(?![a-z])")
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


_PAIRED = re.compile(r"(?:to|over|vs|versus|against|and|divided by|per|relative to|compared (?:to|with)|/|:| )+")


def paired(frame: Frame, one: MetricMention, other: MetricMention) -> bool:
    """ "ratio of ad orders to all orders": the second noun is a figure of its own."""
    if not _RATIO.search(frame.text):
        return False
    first, second = sorted((one.span, other.span), key=lambda s: s.start)
    gap = _BARE.sub("", frame.text[first.end : second.start]).strip()
    return _PAIRED.fullmatch(gap) is not None


def set_against(frame: Frame, mentions: list[MetricMention], choice: Choice) -> None:
    """ "ratio of refunds to orders", "difference between GMV and settled amount": both, and the one of the other.
    A figure that the model has under a name of its own is that one (`ratios`)."""
    if len(choice.metrics) != 2 or choice.open_options or frame.has("share"):
        return
    ratio = [span for span, _ in frame.vague if _RATIO.search(frame.text[span.start : span.end])]
    apart = [word for word in frame.words(frame.signs.get("growth", ())) if DIFFERENCE.search(word)]
    spans = sorted((m.span for m in mentions if not m.sort), key=lambda s: s.start)
    if len(spans) != 2 or bool(ratio) == bool(apart):
        return
    gap = frame.text[spans[0].end : spans[1].start].strip()
    if not _PAIRED.fullmatch(_BARE.sub("", gap).strip() or " "):
        return
    choice.against = "ratio" if ratio else "difference"
    frame.vague = [(span, kind) for span, kind in frame.vague if span not in ratio]
    for mention in mentions:
        choice.misfit = tuple(span for span in choice.misfit if span != mention.span)


def less_refunds(frame: Frame, mentions: list[MetricMention], choice: Choice) -> list[MetricMention]:
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
        elif len(mentions) == 2 and kept == mentions[:1] and _MINUS.search(frame.text[: mention.span.start]):
            choice.against, mention.joined = "difference", True
            kept.append(mention)
        else:
            frame.residue.append(mention.span)
    return kept
