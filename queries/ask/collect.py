"""Spans in the order of the text become a frame.

Markers attach here: "by" and 各 to the dimensions that follow, "excluding" and 不含 to the values that follow
(除了 … 以外 and 直播除外 too). A marker that finds nothing to attach to becomes residue.
"""

from __future__ import annotations

import re
from decimal import Decimal

from queries.ask.beside import apposes, behind_other, drop_rest, past_comma
from queries.ask.frame import TIME, DimensionMention, Frame, MetricMention, ValueMention
from queries.ask.ranked import one_rank, sellers
from queries.ask.spans import (
    ConditionWord,
    DimensionWord,
    Domain,
    FieldValueWord,
    FieldWord,
    Intent,
    Measured,
    MetricWord,
    Rank,
    RegisterWord,
    Sign,
    Span,
    TermWord,
    Threshold,
    ValueWord,
)
from queries.ask.when.meaning import Festival, Grained, Period, TimeSpan

GROUPING = ("by", "each", "which", "split")
SOFT = ("filler", "and", "whole", "only", "when", "within", "include", "where", "median", "average")
_SPLITS = re.compile(r"[各每]|分店|(?:each|every) |.*(?:维度|层面|粒度)$")
"""各平台, 品牌维度, each marketplace: nouns that split by themselves."""
_TOO = re.compile(r" (?:alongside|too|as well|next to (?:it|them)|beside (?:it|them)|shown)(?![a-z])")
_SEVERAL = re.compile(r"哪些|哪几")


def build_frame(text: str, spans: list[Span]) -> Frame:
    """Spans of the cover, in order, to a frame."""
    return _Builder(text, spans).build()

BOUNDED = {"context:losing": Threshold("lt", Decimal(0))}
"""Words that name a figure and its bound at once: 亏钱的单品."""


class _Builder:
    def __init__(self, text: str, spans: list[Span]) -> None:
        self.frame = Frame(text, spans=spans)
        self.spans = spans
        self.mark: str = ""
        self.mark_span: Span | None = None
        self.mark_used = False
        self.mark_met_value = False
        self.mark_sorts = False
        self.exclude: Span | None = None
        self.exclude_used = False
        self.joining = False
        self.run: list[ValueMention] = []
        """Values of the current list, for a postfix 除外."""

    def build(self) -> Frame:
        for index, span in enumerate(self.spans):
            self._take(index, span)
        self._drop_mark()
        drop_rest(self.frame)
        one_rank(self.frame)
        self._drop_exclude()
        one_rank(self.frame)
        sellers(self.frame)
        self.frame.spoken_times = tuple(self.frame.times)
        return self.frame

    def _take(self, index: int, span: Span) -> None:
        sign = next(iter(span.of(Sign)), None)
        others = [m for m in span.meanings if not isinstance(m, Sign)]
        closes = sign is not None and sign.kind == "exclude_end" and self.exclude is not None
        if sign and (not others or closes):
            self._sign(index, sign.kind, span)
            return
        if not isinstance(span.meanings[0], ValueWord) and not span.of(ValueWord):
            self.run = []
        times = [m for m in span.meanings if isinstance(m, TIME)]
        if times and not (span.of(ValueWord) and self._has_period()):
            self.frame.times.append(TimeSpan(span.start, span.end, times[0]))
            self._interrupt()
        elif span.of(Intent):
            self.frame.intents.append((span, span.of(Intent)[0]))
        elif span.of(Rank):
            self.frame.ranks.append((span, span.of(Rank)[0]))
            if Sign("share") in span.meanings:  # 占大头: the first, and its share
                self.frame.signs.setdefault("share", []).append(span)
            if span.of(TermWord) or span.of(MetricWord):
                self._metric(span)
            self._interrupt()
        elif span.of(Measured):
            self.frame.measured.append(span)
        elif span.of(Threshold):
            self.frame.thresholds.append((span, span.of(Threshold)[0]))
            if span.of(TermWord) or span.of(MetricWord):
                self._metric(span)
            self._interrupt()
        else:
            self._content(index, span)

    def _has_period(self) -> bool:
        periods = (s for s in self.spans if any(isinstance(m, Period | Festival) for m in s.meanings))
        return any(not s.of(ValueWord) for s in periods)

    def _content(self, index: int, span: Span) -> None:
        for register in span.of(RegisterWord):
            self.frame.registers.append((span, register.key))
        for condition in span.of(ConditionWord):
            self.frame.conditions.append((span, condition))
        for column in span.of(FieldWord):
            self.frame.fields.append((span, column, self.mark))
        for value in span.of(FieldValueWord):
            self.frame.field_values.append((span, value))
        if span.of(Domain) and not span.of(MetricWord) and not self.exclude:
            self.frame.domains.append((span, span.of(Domain)[0].key))
        if (
            span.of(DimensionWord)
            and ((self.mark and not self.mark_used) or self._ranked_behind(index))
            and not self.exclude
            and not (self.mark == "by" and self.frame.has("sort"))
        ):
            self._dimension(index, span)
        elif span.of(ValueWord) and (self.exclude or self._only_before(span)):
            self._value(span)
        elif span.of(MetricWord) or span.of(TermWord):
            self._metric(span)
        elif span.of(DimensionWord) and (
            (self.mark and not self.exclude)
            or not (span.of(ValueWord) or span.of(Domain))
            or self._ranked_behind(index)
        ):
            self._dimension(index, span)
        elif span.of(ValueWord):
            self._value(span)
        self.joining = False

    def _ranked_behind(self, index: int) -> bool:
        """Top 3 streams, 最高的场次: a rank right before makes even a name of a domain the thing ranked."""
        return index > 0 and bool(self.spans[index - 1].of(Rank)) and not self.spans[index].of(ValueWord)

    def _metric(self, span: Span) -> None:
        words = span.of(MetricWord)
        mention = MetricMention(
            span, key=words[0].key if words else "", term=span.of(TermWord)[0].key if not words else ""
        )
        mention.joined = self.joining or self._comma_before(span)
        by = self.mark == "by" and not self.mark_used
        mention.per = by and self._word(self.mark_span).startswith(("per", "for every"))
        mention.including = self._including(span)
        sorts = self.mark == "by" and self.mark_sorts and not self.mark_used
        mention.sort = sorts or self._sorted_before(span)
        mention.counted = self._counted(span)
        if self.exclude is not None and not self.exclude_used:
            gap = self.frame.text[self.exclude.end : span.start].strip()
            mention.less = gap in ("", "the", "all", "any", "our", "了")
            self.exclude_used = mention.less
        if self.mark == "by" and not self.mark_used:
            self.mark_used = True
        self.frame.metrics.append(mention)
        mention.bounds = mention.term in BOUNDED
        if mention.bounds:
            self.frame.thresholds.append((span, BOUNDED[mention.term]))
        if mention.term.startswith(("context:best", "context:worst")):
            self._interrupt()
        if not mention.sort and self.mark != "each":
            self.mark_used = self.mark_used or (not self.mark_sorts and self.mark == "by")
            self._drop_mark()
        self._drop_exclude()

    def _word(self, span: Span | None) -> str:
        return self.frame.text[span.start : span.end] if span else ""

    def _only_before(self, span: Span) -> bool:
        """只看新客 narrows; it does not ask how many there are."""
        signs = self.frame.signs.get("only", [])
        return bool(signs) and 0 <= span.start - signs[-1].end <= 1

    def _including(self, span: Span) -> bool:
        """ "gmv including brushing orders" asks for another basis, which a second metric would not give."""
        signs = self.frame.signs.get("include", [])
        if not (self.frame.metrics and signs and 0 <= span.start - signs[-1].end <= 2):
            return False
        listed = self._word(signs[-1]) == "with" and self.frame.text[: signs[-1].start].rstrip().endswith(",")
        listed = listed or bool(_TOO.match(self.frame.text[span.end :]))
        return not listed  # "by shop, with cost coverage": a second figure

    def _comma_before(self, span: Span) -> bool:
        head = self.frame.text[: span.start].rstrip()
        return head[-1:] in (",", "、", "/", "+", ";") and bool(self.frame.metrics)

    def _sorted_before(self, span: Span) -> bool:
        signs = self.frame.signs.get("sort", [])
        return bool(signs) and signs[-1].end <= span.start <= signs[-1].end + 2

    def _counted(self, span: Span) -> bool:
        signs = [s for s in self.spans if any(m.kind == "how_many" for m in s.of(Sign))]
        ranked = (s for s in self.spans if s.of(Rank) and s.end <= span.start)
        signs += [s for s in ranked if self._word(s).endswith(("most", "fewest"))]
        return any(0 <= span.start - sign.end <= 2 or 0 <= sign.start - span.end <= 2 for sign in signs)

    def _dimension(self, index: int, span: Span) -> None:
        key = span.of(DimensionWord)[0].key
        last = self.frame.dimensions[-1].span if self.frame.dimensions else None
        if last and self.frame.text[last.end : span.start] in (" of the ", " of a ", " of our "):
            return  # by channel of the campaign: one split, the second noun says of what
        if not self.mark and self._describes(index, key):
            return
        if key == "cohort_month" and not self.mark and self._after_period(index):
            self.frame.signs.setdefault("cohort_of", []).append(span)
            return
        bare = key == "shop" and not self.mark and self._word(span) in ("店铺", "店", "shop", "store")
        if bare and self._over_time() and not self._ranks():
            return  # 店铺折扣率走势: the shop's own curve, one line
        word = self._word(span)
        mention = DimensionMention(span, key, self.mark or ("each" if _SPLITS.match(word) else ""))
        mention.rest = not self.mark and behind_other(self.frame, self.spans[index - 1] if index else None)
        mention.plural = (
            word.isascii() and word.endswith("s") and len(word) > 3
        ) or _SEVERAL.search(self.frame.text) is not None
        if not mention.mark and mention.plural and word.isascii() and not self._after_value(index):
            mention.mark = "plural"
        if key == "buyer_kind":
            mention.mark = mention.mark or "plural"
        self.mark_used = True
        self.frame.dimensions.append(mention)
        self._drop_exclude()

    def _over_time(self) -> bool:
        return self.frame.has("trend") or any(isinstance(m, Grained) for s in self.spans for m in s.meanings)

    def _counted_behind(self, index: int) -> bool:
        idle = (Sign("filler"),)
        later = [s for s in self.spans[index + 1 :] if s.meanings != idle]
        return bool(later) and any(m.kind == "how_many" for m in later[0].of(Sign))

    def _after_period(self, index: int) -> bool:
        """the March cohort, 1月首购: the period says which cohort."""
        if not index:
            return False
        near, here = self.spans[index - 1], self.spans[index]
        if self._word(near) == "的" and index > 1:
            near = self.spans[index - 2]
        return any(isinstance(m, Period) for m in near.meanings) and 0 <= here.start - near.end <= 1

    def _ranks(self) -> bool:
        return any(s.of(Rank) or s.of(Threshold) for s in self.spans) or self.frame.has("share")

    def _after_value(self, index: int) -> bool:
        """Kestrel products: the noun may only say what the name before it is of."""
        if not index:
            return False
        near, here = self.spans[index - 1], self.spans[index]
        return bool(near.of(ValueWord)) and 0 <= here.start - near.end <= 1

    def _describes(self, index: int, key: str) -> bool:
        """the ad channel, 直播渠道, 品牌 Northwind: the dimension word only names the kind of the value beside it."""
        word = self.frame.text[self.spans[index].start : self.spans[index].end]
        if key == "shop" and self._after_value(index) and word in ("shop", "store", "店铺", "店"):
            return any(v.dimension == "platform" for v in self.spans[index - 1].of(ValueWord))
        if self._after_value(index) and not self.mark:
            if self._over_time():
                return True  # the weekly trend of Kestrel products is one line
            kinds = {v.dimension for v in self.spans[index - 1].of(ValueWord)}
            if key in ("product", "sku") and kinds & {"brand", "category", "abc_class"} and not self._ranks():
                if self._counted_behind(index):
                    self.frame.residue.append(self.spans[index])  # A类商品有多少个 counts the products
                return True  # "the review score of Kestrel products" is one figure
        for step in (-1, 1):
            neighbour = index + step
            while 0 <= neighbour < len(self.spans) and all(
                isinstance(m, Sign) and (m.kind in ("filler", "and") or m.kind.startswith("counted:"))
                for m in self.spans[neighbour].meanings
            ):
                neighbour += step
            if 0 <= neighbour < len(self.spans):
                near = self.spans[neighbour]
                if any(v.dimension == key for v in near.of(ValueWord)) and not near.of(DimensionWord):
                    gap = self.frame.text[
                        min(near.end, self.spans[index].end) : max(near.start, self.spans[index].start)
                    ]
                    if len(gap.strip()) <= 3 and "," not in gap:
                        return True
        return False

    def _value(self, span: Span) -> None:
        if self.exclude is not None and past_comma(self.frame.text, self.run, span):
            self._drop_exclude()
        mention = ValueMention(span, tuple(span.of(ValueWord)), exclude=self.exclude is not None)
        if self.exclude is not None:
            self.exclude_used = True
        signs = self.frame.signs.get("include", [])
        if (
            signs
            and 0 <= span.start - signs[-1].end <= 2
            and self._word(signs[-1]) not in ("with", "also", "plus")
        ):
            self.frame.residue.append(span)
        self.frame.values.append(mention)
        self.run.append(mention)
        self.mark_met_value = True

    def _sign(self, index: int, kind: str, span: Span) -> None:
        self.frame.signs.setdefault(kind, []).append(span)
        if kind == "share" and self._word(span).startswith(("各", "分别")):
            self.frame.signs.setdefault("each", []).append(span)  # 各占几成: the share of each
        if kind in GROUPING:
            if self.mark and not self.mark_used and self.mark != kind and kind == "each":
                self.mark_used = True
            self._drop_mark()
            self.mark = "by" if kind == "split" else kind
            self.mark_span, self.mark_used, self.mark_met_value = span, False, False
            self.mark_sorts = kind == "by"
        elif kind == "exclude":
            self._drop_exclude()
            self.exclude, self.exclude_used = span, False
            self.run = []
        elif kind == "exclude_end":
            self._exclude_behind(span)
        elif kind == "apposed" and not apposes(self.frame, span, self.spans[index + 1 :][:1]):
            self.frame.residue.append(span)
        elif kind == "apart":
            self._marks_earlier("each")  # 达播和自播分开, 平台分开看: each of what was named
        elif kind == "and":
            self.joining = True
        elif kind.startswith("counted:"):
            self.frame.counted.append((span, int(kind.partition(":")[2])))
        elif kind.startswith("limit:"):
            self.frame.limits.append((span, int(kind.partition(":")[2])))
        elif kind.startswith("basis:"):
            self.frame.bases.append(kind.partition(":")[2])
        elif kind.startswith("vague:"):
            self.frame.vague.append((span, kind.partition(":")[2]))
        elif kind not in SOFT:
            self.joining = False

    def _exclude_behind(self, span: Span) -> None:
        if self.exclude is not None and self.exclude_used:
            self.exclude = None
        elif self.run and self.exclude is None:
            for mention in self.run:
                mention.exclude = True
        elif self.exclude is None:
            self.frame.residue.append(span)
        self.run = []

    def _interrupt(self) -> None:
        """A word of another kind ends a list of values and, once used, a grouping."""
        self._drop_exclude()
        if self.mark_used:
            self.mark, self.mark_span = "", None
        self.joining = False

    def _drop_mark(self) -> None:
        if (
            self.mark_span is not None
            and not self.mark_used
            and not (self.mark == "by" and self.mark_met_value)
            and not self._marks_earlier(self.mark)
        ):
            self.frame.signs.setdefault("unused_mark", []).append(self.mark_span)
        self.mark, self.mark_span, self.mark_used = "", None, False

    def _marks_earlier(self, mark: str) -> bool:
        """… 之外的平台, 昨天各出了多少单: 各 speaks of the noun before it."""
        bare = [d for d in self.frame.dimensions if not d.mark]
        if mark != "each" or len(bare) != 1:
            return False
        bare[0].mark = "each"
        return True

    def _drop_exclude(self) -> None:
        if self.exclude is not None and not self.exclude_used:
            self.frame.residue.append(self.exclude)
        self.exclude, self.exclude_used = None, False

