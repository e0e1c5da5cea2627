"""Which values narrow the answer: the name that fits the metrics, kept or excluded, summed or side by side."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from queries.ask.compat import Fit
from queries.ask.frame import DimensionMention, Frame, ValueMention
from queries.ask.partial import CHOICES, PARTIAL
from queries.ask.spans import Measured, Span, ValueWord
from queries.ask.when.meaning import Festival, Period, Versus
from queries.model import Model
from queries.query import Filter

_DIFFERENCE = re.compile(r"difference|delta|差|多了多少|少了多少")
_NOUNS = {
    "brand": "brand(?:ed)?|labels?|products?|items?|goods|stuff|lines?|range|skus?",
    "shop": "shops?|stores?|sites?|webshops?|storefronts?|flagships?",
}
SEGMENTS = ("rfm", "lifecycle", "value_tier")


@dataclass
class Choice:
    """Metrics in the order said, filters, dimensions, and what had to be assumed."""

    metrics: list[str] = field(default_factory=list)
    sort: str = ""
    filters: list[Filter] = field(default_factory=list)
    dimensions: list[DimensionMention] = field(default_factory=list)
    defaults: list[str] = field(default_factory=list)
    open_words: str = ""
    open_options: tuple[str, ...] = ()
    open_term: str = ""
    """The word's key where what a person chooses is remembered."""
    value_options: tuple[Filter, ...] = ()
    """One span, several dimensions: one filter per reading."""
    value_words: str = ""
    """The words that several names have, as they were said."""
    value_names: tuple[str, ...] = ()
    """The name of each of `value_options`, where they differ by it and not by their dimension."""
    channel_option: bool = False
    """广告带来的GMV: the ad platforms' claim, or orders of the ad channel."""
    shared: bool = False
    """Each row's share belongs to the answer though no word asks for it (ABC analysis)."""
    misfit: tuple[Span, ...] = ()
    having_metrics: dict[int, str] = field(default_factory=dict)
    """Index in `frame.thresholds` -> its metric, where one stands beside it."""
    filter_spans: dict[str, int] = field(default_factory=dict)
    """Dimension -> where its first value stands, for shares."""
    together: str = ""
    """Two values of this dimension joined by "and": their sum, or one row for each?"""
    against: Literal["ratio", "difference"] | None = None
    """Two metrics set against each other: the first over the second, or less it."""
    rank: tuple[bool, bool] | None = None
    """best selling: (descending, single)."""


def _called(text: str, span: Span, dimension: str) -> bool:
    """Shanyu products, the Shanyu shops, brand Shanyu: the noun beside a name says what it is a name of."""
    noun = _NOUNS.get(dimension)
    return noun is not None and bool(
        re.match(rf"(?:'s)? (?:{noun})(?![a-z])", text[span.end :])
        or re.search(rf"(?<![a-z])(?:{noun}) $", text[: span.start])
    )


class Narrow:
    """Settles values for one model."""

    def __init__(self, model: Model, fit: Fit) -> None:
        self.model, self.fit = model, fit

    def filters(self, frame: Frame, choice: Choice) -> None:
        """Fills `choice.filters` with the values that fit its metrics."""
        self._measured(frame, choice)
        self._same_name(frame)
        grouped: dict[tuple[str, bool], list[str]] = {}
        listed: dict[str, list[Span]] = {}
        for mention in sorted(frame.values, key=lambda m: m.span.start):
            if self._unsafe_status(frame, mention):
                choice.misfit = (*choice.misfit, mention.span)
                continue
            if mention.exclude and mention.options[0].dimension == "excluded_reason" and choice.metrics:
                continue  # flagged orders are out of every metric already
            option = self._value(frame, mention, choice)
            if option is None:
                continue
            dimension = option[0].dimension
            values = grouped.setdefault((dimension, mention.exclude), [])
            more = [value for value in dict.fromkeys(o.value for o in option) if value not in values]
            values.extend(more)
            if more:
                listed.setdefault(dimension, []).append(mention.span)
            choice.filter_spans.setdefault(dimension, mention.span.start)
        for (dimension, exclude), values in grouped.items():
            choice.filters.append(
                Filter(dimension=dimension, op="not_in" if exclude else "in", values=tuple(values))
            )
            if (
                not exclude
                and len(values) > 1
                and self._side_by_side(frame, dimension, listed[dimension])
                and dimension not in {d.key for d in choice.dimensions}
            ):
                choice.dimensions.append(DimensionMention(listed[dimension][0], dimension, "by"))
            elif (
                not exclude
                and len(listed[dimension]) > 1
                and len(values) > 1
                and not choice.dimensions
                and not frame.has("whole")
                and not frame.has("share")
                and not frame.has("only")
                and not any(
                    "or" in (frame.text[a.end : b.start].split())
                    for a, b in itertools.pairwise(listed[dimension])
                )
            ):
                choice.together = dimension

    @staticmethod
    def _same_name(frame: Frame) -> None:
        """帐篷那款,就双人自动的: two parts of one name are that name."""
        parts = [v for v in frame.values if v.span.weight == PARTIAL and not v.exclude]
        for one, other in itertools.combinations(parts, 2):
            both = tuple(o for o in one.options if o in other.options)
            if both:
                one.options = other.options = both

    def _measured(self, frame: Frame, choice: Choice) -> None:
        """Orders above 500 yuan: a bound on the size, for metrics that count orders or their lines."""
        for place, span in enumerate(frame.measured):
            bound = span.of(Measured)[0]
            fits = choice.metrics and all(self.fit.allows(m, (bound.dimension,)) for m in choice.metrics)
            if place or not fits:
                choice.misfit = (*choice.misfit, span)
                continue
            choice.filter_spans[bound.dimension] = span.start
            values = tuple(format(value.normalize(), "f") for value in bound.values)
            choice.filters.append(Filter(dimension=bound.dimension, op=bound.op, values=values))

    def _value(self, frame: Frame, mention: ValueMention, choice: Choice) -> list[ValueWord] | None:
        fitting = [
            o
            for o in mention.options
            if all(self.fit.allows(metric, (o.dimension,)) for metric in choice.metrics)
        ]
        domains = {domain for span, domain in frame.domains if span == mention.span}
        channel = any(o.dimension == "channel" for o in mention.options)
        groups = {self.model.metrics[m].group for m in choice.metrics}
        if channel and groups & domains:
            return None
        kinds, said = {o.dimension for o in mention.options}, {d.key for d in frame.dimensions}
        usual = "buyer_kind" not in kinds or "buyer_kind" in {o.dimension for o in fitting} or said & {*SEGMENTS}
        if not fitting or not usual:  # 新客 of a figure without buyers is not the RFM segment of that name
            choice.misfit = (*choice.misfit, mention.span)
            return None
        dimensions = list(dict.fromkeys(o.dimension for o in fitting))
        mentioned = {d.key for d in frame.dimensions}
        if set(dimensions) == {"product", "sku"}:
            dimensions = ["sku" if "sku" in mentioned else "product"]  # one title names both
        if len(dimensions) > 1:
            for preferred in ("platform", "channel", "buyer_kind", "host_type", "refund_type"):
                if preferred in dimensions:
                    dimensions = [preferred]
            dimensions = [d for d in dimensions if d in mentioned] or dimensions
            dimensions = [d for d in dimensions if _called(frame.text, mention.span, d)] or dimensions
        if set(dimensions) == {"shop", "account"}:  # an account that is a shop of its own
            social = any(self.model.metrics[metric].group == "social" for metric in choice.metrics)
            dimensions = ["account" if social else "shop"]
        if mention.span.weight == PARTIAL and self._several_names(frame, mention, fitting, dimensions, choice):
            return None
        if len(dimensions) > 1:
            choice.value_options = tuple(
                Filter(dimension=d, values=tuple(o.value for o in fitting if o.dimension == d))
                for d in dimensions
            )
            return None
        return [o for o in fitting if o.dimension == dimensions[0]]

    @staticmethod
    def _several_names(
        frame: Frame, mention: ValueMention, fitting: list[ValueWord], dimensions: list[str], choice: Choice
    ) -> bool:
        """保温杯: one option for every name that has the words; "all but" several names is not read."""
        named: dict[tuple[str, str], list[str]] = {}
        for option in fitting:
            if option.dimension in dimensions:
                named.setdefault((option.dimension, option.label), []).append(option.value)
        if len(named) < 2:
            return False
        if mention.exclude or choice.value_options or len(named) > CHOICES:
            choice.misfit = (*choice.misfit, mention.span)
            return True
        choice.value_words = frame.text[mention.span.start : mention.span.end]
        choice.value_names = tuple(name for _, name in named)
        choice.value_options = tuple(
            Filter(dimension=dimension, values=tuple(values)) for (dimension, _), values in named.items()
        )
        return True

    @staticmethod
    def _unsafe_status(frame: Frame, mention: ValueMention) -> bool:
        """ "orders shipped yesterday" asks when they were shipped; the status says how they stand now."""
        if mention.options[0].dimension != "order_status" or len({o.dimension for o in mention.options}) > 1:
            return False
        word = frame.text[mention.span.start : mention.span.end]
        if word in ("待发货", "awaiting shipment"):
            return any(isinstance(t.meaning, Period | Festival) for t in frame.times)
        return "order_status" not in {d.key for d in frame.dimensions}

    def _side_by_side(self, frame: Frame, dimension: str, spans: list[Span]) -> bool:
        """各, vs, or a list with commas: one row for each value instead of their sum."""
        if (
            frame.has("each")
            or frame.has("apart")
            or (bool(frame.vague) and frame.has("which"))
            or frame.has("comparative")
            or any(_DIFFERENCE.search(word) for word in frame.words(frame.signs.get("growth", ())))
            or any(isinstance(t.meaning, Versus) for t in frame.times)
        ):
            return True
        if dimension in SEGMENTS:
            return True
        between = frame.text[spans[0].end : spans[-1].start] if len(spans) > 1 else ""
        return any(mark in between for mark in ("/", ",", "、", " vs"))


def filters_of(frame: Frame, known: Sequence[str]) -> tuple[list[Filter], list[Span]]:
    """What narrows a question of a shape of its own: the names said of the `known` dimensions, kept or excluded.

    A name of none of them, or of several, is given back as unread.
    """
    grouped: dict[tuple[str, bool], list[str]] = {}
    strange = []
    for mention in frame.values:
        options = [option for option in mention.options if option.dimension in known]
        if len({option.dimension for option in options}) != 1:
            strange.append(mention.span)
            continue
        values = grouped.setdefault((options[0].dimension, mention.exclude), [])
        values += [option.value for option in options if option.value not in values]
    filters = [
        Filter(dimension=dimension, op="not_in" if exclude else "in", values=tuple(values))
        for (dimension, exclude), values in grouped.items()
    ]
    return filters, strange


def platforms_of(filters: Sequence[Filter]) -> tuple[str, ...]:
    """The platforms a question is narrowed to: festivals have days of their own there."""
    return tuple(v for f in filters if f.dimension == "platform" and f.op == "in" for v in f.values)
