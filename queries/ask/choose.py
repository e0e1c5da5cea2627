"""Which metrics and which values are meant: terms, contexts and domains settled by what stands near them.

Nothing is settled in silence: a default that shaped the choice is named in `defaults`, words that stay open
come back as `open` for a clarification.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from queries.ask.compat import Fit
from queries.ask.families import Families
from queries.ask.frame import DimensionMention, Frame, MetricMention, ValueMention
from queries.ask.implied import best_reviews, counted_by, flagged, generic, imply, segment_sizes
from queries.ask.lists import (
    ASKS,
    bounded_by,
    dangling,
    heads_list,
    in_list,
    listed_owners,
    named_apart,
    ranked_by,
    threshold_beside,
)
from queries.ask.narrow import Choice, Narrow
from queries.ask.ratios import less_refunds, over, read_ratio, set_against
from queries.ask.spans import DimensionWord, Domain, MetricWord, Span, TermWord, ValueWord
from queries.ask.thresholds import HINTS
from queries.ask.when.meaning import Festival
from queries.ask.words import Context, Words
from queries.model import Model

SORTING = ("sort", "ascending", "climb", "sink", "places")
"""Signs beside which "by gmv" says what a list is sorted by."""
RATE = re.compile(r"rate|share|percent|%|ratio|率|比|占")
_ASKED = re.compile(r"[,、和及与].{0,6}(?:多少|几)$|占(?:总|全部|全店|整体|整个)?$")
"""花了多少,带来多少成交; 广告费占成交: beside the first, the verb is a noun."""
_OF_WHICH = re.compile(r"[了掉过款货]*的(?:订单|单子?|商品|产品|品|客户|买家|人|顾客|用户|货)")
_BLANK = re.compile(r"(?:^|[\s,、/])$")
LEVELS = ("last_level", "open_at_end", "latest")
_PERIOD_ORDERS = re.compile(
    r"(?:月|周|季度|今年|去年|期间|当天|昨天|天)份?的?(?:订单|单子)(?![数量和、,与跟及额金的]*(?:数|量|和|、|,|与|跟|及|额|金))"
    r"|(?:month|week|quarter|year|day|january|february|march|april|may|june|july|august|september|october|november|"
    r"december|jan|feb|mar|apr|jun|jul|aug|sep|sept|oct|nov|dec|q[1-4])'s orders(?!,| and| &)"
    r"|(?<![a-z])(?:of|for) (?:the |all |our )?orders (?:of|from|placed (?:in|on|during)|made in|created in)(?![a-z])"
)
"""The orders of a period and what became of them: the refund rate of September's orders."""


class Chooser:
    """Settles words for one model; stateless between questions."""

    def __init__(self, model: Model, words: Words, fit: Fit) -> None:
        self.model, self.words, self.fit = model, words, fit
        self.contexts = words.contexts()
        self.narrow = Narrow(model, fit)
        self.families = Families(model, words)

    def choose(self, frame: Frame) -> Choice:
        choice = Choice()
        mentions = self._mentions(frame)
        self._settle(frame, mentions, choice)
        choice.dimensions = list(frame.dimensions)
        if choice.open_options:
            choice.misfit = (*choice.misfit, *frame.signs.get("median", ()))  # no choice offers a median
            return choice
        choice.dimensions = list(frame.dimensions)
        imply(self.words, frame, choice)
        generic(self.words, choice)
        self.narrow.filters(frame, choice)
        return choice

    def _mentions(self, frame: Frame) -> list[MetricMention]:
        """Metric words that stay metrics: 新客 is a filter beside another metric, streams a dimension after 'by'."""
        kept: list[MetricMention] = []
        basis = [m for m in frame.metrics if frame.text.startswith("口径", m.span.end)]
        basis = basis or [m for m in frame.metrics if m.key == "gmv" and "退款" in self._said(frame, m.span)]
        basis = basis or [m for m in frame.metrics if m.key + m.term in ("gmv", "net_sales") and self._gloss(frame, m)]
        if basis:  # 卖了多少,GMV口径; 做了多少,含退款: the open word is settled by the named one
            frame.metrics = [m for m in frame.metrics if m in basis or m.term != "sales"]
        weak = self.words.of("weak").get("verbs", ())
        owners = listed_owners(frame)
        strong = [
            m
            for m in frame.metrics
            if m.sort
            or m.less
            or in_list(frame, m)
            or (frame.has("share") and self._carries(m))
            or named_apart(frame, m)
            or _ASKED.search(frame.text[: m.span.start])
            or self._apart(frame, m)
            or self.families.asks_too(frame, m)
            or self._said(frame, m.span) not in weak
        ]
        bounded = [m for m in strong if threshold_beside(frame, m) is not None]
        asking = [m for m in frame.metrics if m not in strong and ASKS.search(self._said(frame, m.span))]
        counted = any(HINTS.get(t.hint, "money") != "money" for _, t in frame.thresholds)
        frame.residue += [m.span for m in frame.metrics if m not in strong and self._attribute(frame, m)]
        if counted or (any(m not in owners for m in strong) and not (len(bounded) == len(strong) and asking)):
            frame.metrics = strong
        ranked_by(frame)
        firm = [m for m in frame.metrics if not m.span.of(ValueWord) and not self._as_dimension(frame, m)]
        for mention in frame.metrics:
            others = [m for m in firm if m is not mention]
            if (not mention.per and self.families.swallowed(frame, mention, others)) or (
                mention.span.of(Domain) and frame.vague and not others
            ):
                if mention.span.of(Domain):
                    frame.domains.append((mention.span, mention.span.of(Domain)[0].key))
                elif self.families.counted_by_rate(frame, mention, others):
                    frame.residue.append(mention.span)
                continue
            if self._as_dimension(frame, mention):
                word = mention.span.of(DimensionWord)[0]
                if others or mention.sort:
                    mark = "by" if mention.sort else ""
                    frame.dimensions.append(DimensionMention(mention.span, word.key, mark or "plural"))
                    frame.dimensions.sort(key=lambda d: d.span.start)
                    continue
            narrows = mention in owners or not (mention.joined or heads_list(frame, mention))
            if mention.span.of(ValueWord) and others and narrows:
                frame.values.append(ValueMention(mention.span, tuple(mention.span.of(ValueWord))))
                continue
            kept.append(mention)
        return kept

    def _as_dimension(self, frame: Frame, mention: MetricMention) -> bool:
        """The streams of a GPM question are a split; the sessions beside a conversion rate are a figure of the shop,
        unless something else speaks of live."""
        if not mention.span.of(DimensionWord):
            return False
        if mention.key != "sessions":
            return True
        groups = {self.model.metrics[m.key].group for m in frame.metrics if m is not mention and m.key}
        return "live" in groups or any(domain == "live" for _, domain in frame.domains) or bool(frame.ranks)

    def _settle(self, frame: Frame, mentions: list[MetricMention], choice: Choice) -> None:
        near = self._near(frame)
        mentions = less_refunds(frame, mentions, choice)
        for mention in mentions:
            key = mention.key or self._term(mention, near, frame, choice)
            if mention.counted and not RATE.search(self._said(frame, mention.span)):
                key = self.words.of("counted_metrics").get(key, key)
            if choice.open_options and mention.bounds and len(mentions) > 1:
                choice.misfit, choice.open_options = (*choice.misfit, mention.span), ()
                continue  # 亏本各平台退款率: which profit is below nothing is open beside the figure that is asked
            if choice.open_options:
                return
            key = self._in_domain(key, near, frame, choice, mention.joined)
            if choice.open_options:
                return
            index = bounded_by(frame, mention, mentions)
            if index is not None:
                choice.having_metrics[index] = key
                if len(mentions) > 1 and not mention.sort:
                    continue
            if mention.including:
                choice.misfit = (*choice.misfit, mention.span)
            if mention.sort and not (
                frame.ranks or any(map(frame.has, SORTING)) or choice.rank
            ):
                if not choice.metrics and len(mentions) == 1 and frame.dimensions:
                    choice.metrics, choice.sort = [key], key  # products by review score: listed by it
                elif not over(self.words, choice, key):
                    choice.misfit = (*choice.misfit, mention.span)
                continue
            if (
                choice.metrics
                and key not in choice.metrics
                and not mention.joined
                and not mention.sort
                and dangling(frame, mentions, mention)
            ):
                choice.misfit = (*choice.misfit, mention.span)
            if mention.sort and len(mentions) > 1:
                choice.sort = key
            if key not in choice.metrics and not (
                mention.sort
                and any(m is not mention and m.sort is False for m in mentions)
                and key in choice.metrics
            ):
                choice.metrics.append(key)
        if any(m.ranks for m in mentions) and choice.sort in choice.metrics[:-1]:
            choice.metrics = [*(m for m in choice.metrics if m != choice.sort), choice.sort]
        read_ratio(self.words, frame, mentions, choice)
        set_against(frame, mentions, choice)
        flagged(frame, choice)
        best_reviews(frame, choice)
        segment_sizes(frame, mentions, choice)

    def _attribute(self, frame: Frame, mention: MetricMention) -> bool:
        """退了的订单GMV: the verb says which orders, it does not carry the other figure."""
        word, behind = self._said(frame, mention.span), frame.text[mention.span.end :]
        others = [m for m in frame.metrics if m is not mention]
        counted = any(m.key in ("units", "orders") for m in others)  # 退了几件 are not those sold
        which = counted or _OF_WHICH.match(behind) is not None
        return bool(others) and word.startswith("退") and which

    @staticmethod
    def _gloss(frame: Frame, mention: MetricMention) -> bool:
        """卖了多少钱,GMV: the last word says which figure is meant."""
        before, behind = frame.text[: mention.span.start].rstrip(), frame.text[mention.span.end :]
        return before.endswith((",", "(")) and not behind.strip(" )。.!")

    @staticmethod
    def _apart(frame: Frame, mention: MetricMention) -> bool:
        """花费 成交 ROI: Chinese words that blanks set apart are a list."""
        before, behind = frame.text[: mention.span.start], frame.text[mention.span.end : mention.span.end + 1]
        return not frame.text[mention.span.start].isascii() and behind == " " and bool(_BLANK.search(before))

    @staticmethod
    def _carries(mention: MetricMention) -> bool:
        """ "what portion of orders got refunded": beside a share the verb says which part."""
        return mention.key == "refund_amount" or mention.term == "context:refunds"

    def _near(self, frame: Frame) -> set[str]:
        near = {domain for _, domain in frame.domains} | {d.key for d in frame.dimensions}
        near |= {option.dimension for value in frame.values for option in value.options[:1]}
        for key in list(near):
            near |= (
                {self.words.of("domain_of_dimension")[key]}
                if key in self.words.of("domain_of_dimension")
                else set()
            )
        for mention in frame.metrics:
            if mention.key:
                near.add(f"with:{self.model.metrics[mention.key].group}")
        if any(isinstance(t.meaning, Festival) for t in frame.times):
            near.add("festival")
        if _PERIOD_ORDERS.search(frame.text):
            near.add("orders_of_period")
        return near

    def _term(self, mention: MetricMention, near: set[str], frame: Frame, choice: Choice) -> str:
        if mention.term.startswith("context:"):
            return self._context(
                self.contexts[mention.term.removeprefix("context:")], mention, near, frame, choice
            )
        term = self.model.terms[mention.term]
        known = {*term.candidates, term.default, term.alternative, *term.when.values()}
        preferred = self._preferred(term.key, known, mention, frame, choice)
        if preferred:
            return preferred
        filtered = {f"filter:{o.dimension}" for v in frame.values for o in v.options[:1]}
        for context, metric in term.when.items():
            if context in near or context in filtered:
                choice.defaults.append(f"term:{term.key}:{metric}")
                return metric
        if term.ask != "never" or not term.default:
            choice.open_words, choice.open_options = self._said(frame, mention.span), term.candidates[:4]
            choice.open_term = term.key if term.ask == "once_per_user" else ""
            return ""
        wanted = tuple(
            dict.fromkeys(
                (
                    *(d.key for d in frame.dimensions),
                    *(
                        v.options[0].dimension
                        for v in frame.values
                        if len({o.dimension for o in v.options}) == 1
                    ),
                )
            )
        )
        moved = self._moved(term.default, wanted)
        if moved:
            return moved
        fitting = [key for key in (term.default, *term.candidates) if self.fit.allows(key, wanted)]
        near_by = {term.default, term.alternative, *term.when.values()}
        if fitting and fitting[0] not in near_by:
            choice.misfit = (*choice.misfit, mention.span)  # another definition than the word promises
            return fitting[0]
        if fitting and fitting[0] != term.default:
            choice.defaults.append(f"term:{term.key}:{fitting[0]}")
            return fitting[0]
        if term.note_en:  # without a note the basis line says it all
            choice.defaults.append(f"term:{term.key}")
        return term.default

    def _preferred(
        self, key: str, known: Collection[str], mention: MetricMention, frame: Frame, choice: Choice
    ) -> str:
        """What this person chose for the word before, where it fits the question; the answer says so."""
        metric = frame.preferences.get(key, "")
        if metric not in known or not self._fits(metric, frame):
            return ""
        choice.defaults.append(f"preference:{metric}:{self._said(frame, mention.span)}")
        return metric

    def _moved(self, default: str, wanted: tuple[str, ...]) -> str:
        """The refund rate by host is that of live sessions: what a domain makes of the default comes before
        another reading of the word."""
        for dimension in wanted:
            domain = self.words.of("domain_of_dimension").get(dimension, "")
            other = self.words.of("domain_metrics").get(domain, {}).get(default)
            if other and not self.fit.allows(default, wanted) and self.fit.allows(other, wanted):
                return str(other)
        return ""

    def _context(
        self, context: Context, mention: MetricMention, near: set[str], frame: Frame, choice: Choice
    ) -> str:
        if context.key in self.words.of("ranking_contexts"):
            choice.rank = (self.words.of("ranking_contexts")[context.key], True)
        counted = counted_by(frame)
        if counted in context.options:
            return counted
        if frame.has("by_amount") and "net_sales" in context.options:
            choice.defaults.append("term:sales")
            return "net_sales"
        have = set(near) | ({"count"} if mention.counted or frame.has("by_count") else set())
        have |= {"amount"} if frame.has("by_amount") else set()
        for word, metric in context.near.items():
            if word in have:
                if context.note and metric == (context.default or metric):
                    choice.defaults.append(f"context:{context.note}")
                return metric
        found = (m.key or self.families.plain_term(m.term) for m in frame.metrics if m is not mention)
        others = [key for key in found if key]
        if not others:
            known = {context.default, *context.options}
            preferred = self._preferred(f"context:{context.key}", known, mention, frame, choice)
            if preferred:
                return preferred
        ranked = frame.ranks or choice.rank or (frame.has("comparative") and frame.has("which"))
        if context.ranked and ranked and not others and not frame.has("sort"):
            choice.open_words, choice.open_options = self._said(frame, mention.span), context.ranked
            return ""
        figures = [key for key in others if key != "buyers" or context.key != "spends_most"]
        if choice.rank and figures:
            return figures[0]
        if context.default:
            if context.note:
                choice.defaults.append(f"context:{context.note}")
            return context.default
        choice.open_words = self._said(frame, mention.span)
        choice.open_term = f"context:{context.key}" if context.ask == "once_per_user" else ""
        fitting = tuple(key for key in context.options if self._fits(key, frame))[:4]
        usual = len(fitting) > 1 or fitting[:1] == context.options[:1]
        choice.open_options = fitting if usual else context.options[:4]
        return ""

    def _in_domain(self, key: str, near: set[str], frame: Frame, choice: Choice, joined: bool) -> str:
        if joined and "with:live" in near and key in self.words.of("domain_metrics")["live"]:
            return str(self.words.of("domain_metrics")["live"][key])
        group = self.model.metrics[key].group if key in self.model.metrics else ""
        for span, domain in frame.domains:
            other = self.words.of("domain_metrics").get(domain, {}).get(key)
            if span.of(ValueWord) and (frame.has("share") or self._among_channels(frame, span)):
                continue
            if other and group != domain:
                if domain == "ads" and any(v.dimension == "channel" for v in span.of(ValueWord)):
                    choice.open_words, choice.open_options = self._said(frame, span), (other, key)
                    choice.channel_option = True
                    return ""
                return str(other)
        valued = (o.dimension for v in frame.values for o in v.options[:1])
        for dimension in (*(d.key for d in frame.dimensions), *valued):
            domain = self.words.of("domain_of_dimension").get(dimension, "")
            other = self.words.of("domain_metrics").get(domain, {}).get(key)
            always = domain == "live" and key in ("gmv", "net_sales", "refund_rate_period")
            if other and (always or not self.fit.allows(key, (dimension,))):
                return str(other)
        return key

    @staticmethod
    def _among_channels(frame: Frame, span: Span) -> bool:
        """搜索和直播的访客数: beside another channel, live is a channel too."""
        return any(
            v.span != span and any(o.dimension == "channel" for o in v.options) and not v.exclude
            for v in frame.values
        )

    def _fits(self, metric: str, frame: Frame) -> bool:
        wanted = tuple(dict.fromkeys(d.key for d in frame.dimensions))
        return self.fit.allows(metric, wanted)

    @staticmethod
    def _said(frame: Frame, span: Span) -> str:
        return frame.text[span.start : span.end]


def is_level(model: Model, metric: str) -> bool:
    """Stock, followers, segment sizes: without a period the latest level is meant."""
    names = [name for name in model.measures if name in model.metrics[metric].formula.split()]
    kinds = {model.measures[name].aggregate for name in names}
    return (bool(kinds & set(LEVELS)) and "opening_level" not in kinds) or metric in (
        "segment_customers",
        "freshness_hours",
    )


__all__ = ["Choice", "Chooser", "MetricWord", "TermWord", "is_level"]
