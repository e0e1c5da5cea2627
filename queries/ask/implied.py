"""What is counted where no metric is named, and dimensions that take their kind from the metric."""

from __future__ import annotations

import re

from queries.ask.frame import DimensionMention, Frame, MetricMention
from queries.ask.narrow import SEGMENTS, Choice
from queries.ask.when.meaning import Festival, Period
from queries.ask.words import Words

_PERSONS = (*SEGMENTS, "region")
"""Their top n may be by members or by sales."""
_BOUGHT = re.compile(r"bought|purchas|order|paid|paying|成交|买了|购买|支付|付款|下单")


_EACH_SEGMENT = re.compile(r"(?:各个?|每个?)(?:客户)?(?:分层|人群|层)")
_COUNTED = {"件": "units", "单": "orders", "笔": "orders"}


def counted_by(frame: Frame) -> str:
    """按件数, 按单数: what a list is counted by where it names no figure."""
    words = "".join(frame.words(frame.signs.get("by_count", ())))
    return next((metric for word, metric in _COUNTED.items() if word in words), "")


def imply(words: Words, frame: Frame, choice: Choice) -> None:
    """A value or a split can name what is counted: fees by type, members of a segment."""
    if choice.metrics:
        return
    counted = counted_by(frame)
    own = any(d.key in words.of("implied_by_dimension") for d in frame.dimensions)
    if counted and frame.dimensions and not (frame.values or own):
        choice.metrics = [counted]
        return
    if frame.has("share") and [d.key for d in frame.dimensions] == ["buyer_kind"] and not frame.vague:
        choice.metrics, choice.dimensions = ["new_buyer_share", "returning_buyer_share"], []  # 新老客各占多少
        return
    implied = words.of("implied")
    kinds = {o.dimension for v in frame.values for o in v.options}
    if not kinds & {"excluded_reason", *SEGMENTS} and any(
        frame.text[v.span.start : v.span.end].endswith(("单", " orders", " order")) for v in frame.values
    ):
        choice.metrics = ["orders"]
        return
    if frame.has("share") and frame.values and not frame.vague:
        part = frame.values[0].options[0]
        options = words.of("shares_of").get(part.dimension, {}).get(part.value)
        if options:  # share of what: 发货前取消占比 of the refunds or of the orders
            choice.open_words = frame.words([frame.values[0].span])[0]
            choice.open_options = tuple(options)
            return
    for value in frame.values:
        for option in value.options:
            if option.dimension in implied and not value.exclude:
                amount = option.dimension in ("refund_type", "reason") and frame.has("by_amount")
                choice.metrics = ["refund_amount" if amount else implied[option.dimension]]
                return
    for dimension in frame.dimensions:
        key = words.of("implied_by_dimension").get(dimension.key)
        if key and not frame.vague and not (frame.ranks and dimension.key in _PERSONS):
            several = isinstance(key, list)  # an ABC analysis: sales and products of each class, and their shares
            choice.metrics, choice.shared = (list(key), True) if several else ([key], False)
            return
    if frame.has("share") and not frame.vague and frame.dimensions and frame.values:
        choice.open_words = frame.words(frame.signs["share"][:1])[0]
        choice.open_options = ("net_sales", "orders")
    elif frame.has("share") and not frame.vague and (frame.dimensions or frame.values):
        choice.metrics = ["net_sales"]
        choice.defaults.append("term:sales")


def generic(words: Words, choice: Choice) -> None:
    """ "by type": of the fee, the refund or the order, as the metric says."""
    for mention in choice.dimensions:
        if mention.key in words.of("generic_dimensions"):
            table = words.of("generic_dimensions")[mention.key]["by"]
            mention.key = next((table[m] for m in choice.metrics if m in table), mention.key)


def flagged(frame: Frame, choice: Choice) -> None:
    """刷单订单有多少: flagged orders are out of `orders`, so their own metric counts them."""
    if any(o.dimension == "excluded_reason" for v in frame.values if not v.exclude for o in v.options):
        table = {"orders": "flagged_orders", "gmv": "flagged_amount", "orders_placed": "flagged_orders"}
        choice.metrics = [table.get(m, m) for m in choice.metrics]
    kept = {o.dimension for v in frame.values if not v.exclude for o in v.options}
    if choice.metrics == ["orders"] and kept & {"refund_type", "reason"}:
        choice.metrics = ["refunds_count"]  # 仅退款的订单有多少笔: refunds carry the type, orders do not


def best_reviews(frame: Frame, choice: Choice) -> None:
    """The worst reviews, 评价最好: how good they are, not how many."""
    if choice.metrics == ["reviews"] and any(rank.quality for _, rank in frame.ranks):
        choice.metrics = ["review_score"]


def segment_sizes(frame: Frame, mentions: list[MetricMention], choice: Choice) -> None:
    """Lost分层客户, "active buyers": members now, unless a period says who bought. 各分层人数 is a list."""
    for mention in mentions:
        split = _EACH_SEGMENT.match(frame.text[mention.span.start : mention.span.end])
        if mention.key == "segment_customers" and split and not {d.key for d in frame.dimensions} & set(SEGMENTS):
            frame.dimensions.append(DimensionMention(mention.span, "rfm", "each"))
    if choice.metrics != ["buyers"] or len(mentions) != 1:
        return
    word = frame.text[mentions[0].span.start : mentions[0].span.end]
    person = {o.dimension for v in frame.values for o in v.options} | {d.key for d in frame.dimensions}
    periods = any(isinstance(t.meaning, Period | Festival) for t in frame.times)
    if person & set(SEGMENTS) and not periods and not _BOUGHT.search(word):
        choice.metrics = ["segment_customers"]
