"""What is counted where no metric is named, and dimensions that take their kind from the metric."""

from __future__ import annotations

from queries.ask.frame import Frame
from queries.ask.narrow import SEGMENTS, Choice
from queries.ask.words import Words


def imply(words: Words, frame: Frame, choice: Choice) -> None:
    """A value or a split can name what is counted: fees by type, members of a segment."""
    if choice.metrics:
        return
    implied = words.of("implied")
    kinds = {o.dimension for v in frame.values for o in v.options}
    if not kinds & {"excluded_reason", *SEGMENTS} and any(
        frame.text[v.span.start : v.span.end].endswith(("订单", " orders", " order")) for v in frame.values
    ):
        choice.metrics = ["orders"]
        return
    for value in frame.values:
        for option in value.options:
            if option.dimension in implied and not value.exclude:
                choice.metrics = [implied[option.dimension]]
                return
    for dimension in frame.dimensions:
        key = words.of("implied_by_dimension").get(dimension.key)
        if key and (not frame.vague):
            choice.metrics = [key]
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
