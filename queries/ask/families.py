"""Nouns that another metric already counts: the orders of "refund rate of orders", 几单 behind 没付款的订单."""

from __future__ import annotations

from queries.ask.frame import Frame, MetricMention
from queries.ask.lists import (
    ASKS,
    asked_apart,
    in_list,
    led_by,
    listed,
    noun_of_values,
    open_before,
    threshold_beside,
)
from queries.ask.narrow import SEGMENTS
from queries.ask.ratios import paired
from queries.ask.words import Words
from queries.model import Model

NARROWING = ("new_buyers", "returning_buyers", "repeat_buyers")
"""Nouns that say which: "refund rate of new customers" is not the refund rate."""


class Families:
    """Which metric words are part of another one, for one model."""

    def __init__(self, model: Model, words: Words) -> None:
        self.model, self.words = model, words

    def swallowed(self, frame: Frame, mention: MetricMention, others: list[MetricMention]) -> bool:
        """A noun that another metric already counts: "GMV" inside "for what share of … do we know costs", the
        orders of "refund rate of orders", 几单 behind 没付款的订单."""
        if asked_apart(frame, mention, others) or self._one_by_one(frame, mention, others):
            return False
        if noun_of_values(frame, mention, others):
            return True
        if threshold_beside(frame, mention) is not None:
            return False  # rated products with at least 20 reviews: the noun is what is bounded
        if any(paired(frame, mention, other) for other in others):
            return False
        for other in others:
            inside = len(other.span.pieces) > 1 and other.span.start < mention.span.start < other.span.end
            if inside and not self._both_ask(frame, mention, other):
                return True
        key = (
            mention.key or self.model.terms[mention.term].default
            if mention.term in self.model.terms
            else mention.key
        )
        family = self.words.of("families").get(key, ())
        if not in_list(frame, mention) and any(
            (other.key or self.plain_term(other.term)) in family and not listed(frame, mention, other)
            for other in others
        ):
            return True
        if (
            key == "buyers"
            and others
            and {d.key for d in frame.dimensions} & {"buyer_kind", *SEGMENTS}
            and not mention.joined
        ):
            return True
        if key not in self.words.of("families") or key == "gmv" or not others or key in NARROWING:
            return False
        if any(0 <= mention.span.start - s.end <= 5 for s in frame.signs.get("share", ())):
            return False  # "share of orders": the noun is the whole
        behind, before = frame.text[mention.span.end :].lstrip(), open_before(frame, mention)
        followed = behind.startswith(("of ", "from ", "placed", "created", "的", "到", "在", "里", "中"))
        led = before.endswith((" of", " for", " per", " the", " of the"))
        first = all(mention.span.start < other.span.start for other in others)
        if first and key == "orders" and behind.startswith(("里", "中")) and any(o.key == "units" for o in others):
            return True  # 订单里的件数
        if (
            first
            and not before.endswith((" for", " of", " on", " among"))
            and before not in ("for", "of", "on", "among")
        ):
            return False
        led = led or any(led_by(frame, other, mention) for other in others)
        return ((followed or led) and not mention.joined) or (
            followed and mention.joined and not frame.has("and")
        )

    def _one_by_one(self, frame: Frame, mention: MetricMention, others: list[MetricMention]) -> bool:
        """卖了几单退了几单: both ask, side by side."""
        beside = [o for o in others if len(o.span.pieces) == 1 and self._both_ask(frame, mention, o)]
        return any(o.span.start == mention.span.end or o.span.end == mention.span.start for o in beside)

    def counted_by_rate(self, frame: Frame, mention: MetricMention, others: list[MetricMention]) -> bool:
        """ "how many customers bought again within 90 days" asks for a count; the rate behind it is none."""
        return frame.text[mention.span.start : mention.span.end].startswith("how many") and any(
            other.key
            and self.model.metrics[other.key].unit == "ratio"
            and 0 <= other.span.start - mention.span.end <= 2
            for other in others
        )

    def asks_too(self, frame: Frame, mention: MetricMention) -> bool:
        """花了多少 beside 换来多少销售额 is a question of its own, not the verb of the other figure."""
        return any(self._both_ask(frame, mention, other) for other in frame.metrics if other is not mention)

    @staticmethod
    def _both_ask(frame: Frame, mention: MetricMention, other: MetricMention) -> bool:
        """广告花了多少换来多少销售额: two question words are two figures."""
        words = "".join(frame.text[start:end] for start, end in other.span.pieces)
        return bool(ASKS.search(words) and ASKS.search(frame.text[mention.span.start : mention.span.end]))

    def plain_term(self, term: str) -> str:
        """The default of a term that is no context: GMV, sales."""
        return self.model.terms[term].default if term in self.model.terms else ""
