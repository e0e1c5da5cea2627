"""Ranks: what is ranked, inside which groups, by what, and how many rows that leaves."""

from __future__ import annotations

import re
from dataclasses import replace

from queries.ask.built import Built
from queries.ask.choose import Choice
from queries.ask.compat import Fit
from queries.ask.frame import DimensionMention, Frame
from queries.ask.growths import growth_of, growth_spans
from queries.ask.ranked import plural_sellers
from queries.ask.spans import Growth, Rank, Span
from queries.ask.speech import spoken_rank
from queries.ask.thresholds import DECLINE
from queries.ask.timing import Timing
from queries.ask.when.meaning import Grained, Versus
from queries.ask.when.periods import DAY, start_of, step
from queries.model import Model
from queries.query import Grain, Order, PerGroupTop, TimeRange, TopOf

_COUNTERS = {"场": "session", "款": "product", "样": "product", "家": "shop"}
_GROUPS = re.compile(r"(?<![a-z])(?:each|every|per|by|for|in|on|of)(?![a-z])|各|每|按|分")
_EACH = re.compile(r"each|every|per|每|各")
_OF = re.compile(r"(?<![a-z])(?:of|for|from)(?: (?:the|our|my|all))* ?$")
_SIZE = re.compile(r"biggest|largest|smallest|leading|最大|最小")
_MARKED = re.compile(r"[哪各每]")
_HELD = re.compile(r"[于过出]")
"""高于淘宝 holds a list against one value; it is no direction."""
LIST_LIMIT = 10
PERIODS = ("when", "which_week", "which_month", "which_quarter", "which_year")
LONG_LISTS = ("product", "sku", "campaign", "brand", "session", "account")


def _judging(frame: Frame) -> list[Span]:
    """The words that sort by what is good: best first, 从差到好."""
    return [*frame.signs.get("best_first", ()), *frame.signs.get("worst_first", ())]


class Ranking:
    """Reads the rank of one question for one model."""

    def __init__(self, model: Model, fit: Fit) -> None:
        self.model, self.fit = model, fit

    def counted_noun(self, frame: Frame, choice: Choice) -> None:
        """最高的5场, 前三款: the counter says what is ranked where no noun does."""
        if not frame.ranks or choice.dimensions:
            return
        span = frame.ranks[0][0]
        key = _COUNTERS.get(frame.text[span.start : span.end][-1])
        if key and all(self.fit.allows(metric, (key,)) for metric in choice.metrics):
            choice.dimensions.append(DimensionMention(span, key, "which"))

    def counted_mark(self, frame: Frame, choice: Choice) -> None:
        """哪几款差评多, 各家多少单: the counter of a mark says what is listed where no noun does."""
        if choice.dimensions or frame.ranks:
            return
        for span in frame.signs.get("unused_mark", ()):
            word = frame.text[span.start : span.end]
            key = _COUNTERS.get(word[-1]) if _MARKED.match(word) else None
            if key and choice.metrics and all(self.fit.allows(metric, (key,)) for metric in choice.metrics):
                mark = "which" if word.startswith("哪") else "each"
                choice.dimensions.append(DimensionMention(span, key, mark, plural=word.startswith(("哪些", "哪几"))))
                return

    def rank(self, frame: Frame, choice: Choice) -> Rank | None:
        rank = frame.ranks[0][1] if frame.ranks else None
        if rank is None and choice.rank:
            rank = Rank(None, choice.rank[0], single=not plural_sellers(frame))
        elif rank is not None and choice.rank:
            rank = Rank(rank.n, choice.rank[0], single=rank.single, grain=rank.grain)
        return self._limited(frame, rank or self.spoken(frame, choice))

    @staticmethod
    def spoken(frame: Frame, choice: Choice) -> Rank | None:
        """哪个平台退得多, 占比高的排个序: a direction that no superlative says."""
        if frame.ranks or choice.rank or any(len(f.values) > 1 for f in choice.filters if f.op == "in"):
            return None
        signs = frame.signs.get("comparative", ())
        if any(isinstance(t.meaning, Versus) for t in frame.spoken_times) or any(
            _HELD.match(frame.text[sign.end :]) for sign in signs
        ):
            return None
        which = [d for d in choice.dimensions if d.mark == "which"]
        return spoken_rank(
            frame.words(signs),
            which=bool(which),
            sorts=bool(choice.dimensions) and frame.has("sort") and not frame.has("ascending"),
            plural=any(d.plural for d in which),
        )

    def directs(self, frame: Frame, choice: Choice) -> bool:
        """Words like 多 and 高 that say no more than the direction: 哪个省多?列前6."""
        ranks = [rank for _, rank in frame.ranks]
        words = frame.words(frame.signs.get("comparative", ()))
        told = spoken_rank(words, which=True, sorts=True, plural=False)
        same = told is not None and all(told.descending == r.descending and not r.quality for r in ranks)
        return (bool(ranks) and same) or self.spoken(frame, choice) is not None

    @staticmethod
    def _limited(frame: Frame, rank: Rank | None) -> Rank | None:
        """列五个 says how many rows of a rank or of a sorted list; alone it says nothing about which."""
        if not frame.limits:
            return rank
        if rank is None and (frame.has("sort") or frame.has("ascending")):
            rank = Rank(None, not frame.has("ascending"))
        return rank and replace(rank, n=rank.n or frame.limits[0][1], single=False)

    def order(
        self,
        frame: Frame,
        choice: Choice,
        rank: Rank | None,
        metrics: tuple[str, ...],
        dimensions: list[str],
        has_grain: bool,
        timing: Timing,
        built: Built,
    ) -> tuple[tuple[Order, ...], int | None, PerGroupTop | None]:
        by = choice.sort if choice.sort in metrics else metrics[0]
        growth = growth_of(frame)
        if growth:
            return self._by_growth(frame, choice, rank, dimensions, growth, timing, built)
        judged = self._judged(frame, by)
        if judged is not None and rank is None and (dimensions or has_grain):
            return (Order(by=by, descending=judged),), None, None
        if rank is None:
            if frame.has("best_first") or frame.has("worst_first"):
                built.problem, built.words = "list", frame.words(_judging(frame))
            sorted_by = choice.sort or frame.has("sort") or frame.has("ascending")
            if sorted_by and (dimensions or has_grain):
                return (Order(by=by, descending=not frame.has("ascending")),), None, None
            return (), None, None
        descending = rank.descending
        if rank.quality and self.model.metrics[by].more_is_better is False:
            descending = not descending
        if not dimensions and not has_grain:
            built.problem, built.words = "list", frame.words(span for span, _ in frame.ranks)
            return (), None, None
        if (
            frame.has("growth")
            and timing.compare
            and any(DECLINE.search(w) for w in frame.words(frame.signs["growth"]))
        ):
            descending = not descending
        target = "change" if timing.compare and frame.has("growth") else by
        if target == "change" and has_grain and not dimensions:
            built.problem, built.words = "list", frame.words(span for span, _ in frame.ranks)
            return (), None, None  # each month against the one before it is no comparison we have
        ranked, within, sure = self._ranked(frame, choice, dimensions)
        plural = any(d.plural for d in choice.dimensions if d.key == ranked)
        count = rank.n or (1 if rank.single and not plural else None)
        per_period = self._per_period(frame)
        if rank.grain and dimensions and target == by and not frame.has("growth"):
            return self._best_periods(choice, dimensions, count or 1, by, descending)
        alone = len(dimensions) == 1 and not rank.grain and target == by and not timing.compare
        if has_grain and alone and not per_period:
            leading = TopOf(n=min(count or 1, 100), by=by, descending=descending)
            return self._course(frame, leading, built)
        if has_grain and dimensions and (rank.grain or not per_period):
            built.problem, built.words = "groups", frame.words(span for span, _ in frame.ranks)
            return (), None, None
        if not descending and target == by and self._persons(dimensions):
            # the smallest groups are the hidden ones: the smallest shown is not the smallest
            built.problem, built.words = "small", frame.words(span for span, _ in frame.ranks)
            return (), None, None
        if not sure and target == by:
            built.variants = self._group_readings(dimensions, count or 1, by, descending)
            return (Order(by=by, descending=descending),), count or 1, None
        if within or (has_grain and dimensions):
            if target != by:
                built.problem, built.words = "groups", frame.words(span for span, _ in frame.ranks)
                return (), None, None
            dimensions[:] = [*within, *(d for d in dimensions if d not in within)]
            top = PerGroupTop(n=min(count or 1, 100), within=tuple(within), by=by, descending=descending)
            return (), None, top
        if self._by_size(frame, choice, ranked) and self.model.metrics[by].unit in ("ratio", "number"):
            built.problem, built.words = "list", frame.words(span for span, _ in frame.ranks)
            return (), None, None
        long = ranked in LONG_LISTS
        if count is None and rank.n is None and (not rank.single or long) and not frame.thresholds:
            count = LIST_LIMIT
            built.defaults.append("limit:10")
        return (Order(by=target, descending=descending),), count, None

    @staticmethod
    def _course(
        frame: Frame, top: TopOf, built: Built
    ) -> tuple[tuple[Order, ...], int | None, PerGroupTop | None]:
        """monthly GMV of our top 3 products: the course of the first n. "top 3 products by month" may also mean the
        first 3 of each month."""
        built.among = top
        rank = frame.ranks[0][0] if frame.ranks else None
        head = frame.text[: rank.start] if rank else ""
        if not (frame.has("trend") or _OF.search(head)):
            each = PerGroupTop(n=top.n, within=(), by=top.by, descending=top.descending)
            built.variants = [{"among": None, "top_per_group": each}]
        return (), None, None

    def _by_growth(
        self,
        frame: Frame,
        choice: Choice,
        rank: Rank | None,
        dimensions: list[str],
        growth: Growth,
        timing: Timing,
        built: Built,
    ) -> tuple[tuple[Order, ...], int | None, PerGroupTop | None]:
        """By the change, in percent or by amount: one list, of one kind of row."""
        ranked, within, _ = self._ranked(frame, choice, dimensions)
        if not dimensions or within or timing.compare is None or timing.grain or frame.has("share"):
            built.problem, built.words = "list", frame.words(growth_spans(frame))
            return (), None, None
        order = (Order(by="change_ratio" if growth.ratio else "change", descending=growth.up),)
        plural = any(d.plural for d in choice.dimensions if d.key == ranked)
        one = rank is not None and rank.single and not plural and ranked not in LONG_LISTS
        count = (rank.n if rank else None) or (1 if one else None)
        if count is None and (rank or ranked in LONG_LISTS):
            count = LIST_LIMIT
            built.defaults.append("limit:10")
        return order, count, None

    def _judged(self, frame: Frame, by: str) -> bool | None:
        """ "worst first": the direction in which a list by this metric falls; None where nothing says what is good."""
        good, said = self.model.metrics[by].more_is_better, _judging(frame)
        if not said or good is None or (frame.has("best_first") and frame.has("worst_first")):
            return None
        return good if frame.has("best_first") else not good

    @staticmethod
    def _best_periods(
        choice: Choice, dimensions: list[str], n: int, by: str, descending: bool
    ) -> tuple[tuple[Order, ...], int | None, PerGroupTop | None]:
        """best month per platform: the first of each; which platform had the best month: the first of all."""
        if any(d.mark == "which" for d in choice.dimensions):
            return (Order(by=by, descending=descending),), n, None
        top = PerGroupTop(n=min(n, 100), within=tuple(dimensions), by=by, descending=descending, periods=True)
        return (), None, top

    @staticmethod
    def whole_periods(
        time: TimeRange, grain: str, order: tuple[Order, ...], top: PerGroupTop | None, built: Built
    ) -> TimeRange:
        """The worst week is a whole one: a running or cut-off week is low because it is short."""
        lowest = not top.descending if top else bool(order) and not order[0].descending
        if not lowest or grain == "day" or time.start is None or time.end is None:
            return time
        unit: Grain = grain  # type: ignore[assignment]
        first = start_of(time.start, unit)
        start = first if first == time.start else step(first, unit, 1)
        end = start_of(time.end - DAY if time.to_date else time.end, unit)
        if start >= end or (start, end) == (time.start, time.end):
            return time
        built.defaults.append("context:whole_periods")
        return time.model_copy(update={"start": start, "end": end, "to_date": False})

    def complete(self, frame: Frame, choice: Choice) -> None:
        """The best day is the one that sold most, unless the question is about a part of the business."""
        hours = frame.ranks and any(d.key == "hour" for d in choice.dimensions)
        if hours and not (choice.metrics or choice.open_options or frame.thresholds):
            choice.metrics = ["orders"]
            choice.defaults.append("context:busy_hours")
        dated = any(r.grain and r.quality for _, r in frame.ranks)
        dated = dated or (any(map(frame.has, PERIODS)) and any(r.quality for _, r in frame.ranks))
        course = frame.has("trend") and bool(frame.ranks) and bool(choice.dimensions)
        if (dated or course) and not (choice.metrics or choice.open_options or frame.domains or frame.thresholds):
            choice.metrics = ["net_sales"]
            choice.defaults.append("term:sales")

    def _by_size(self, frame: Frame, choice: Choice, ranked: str) -> bool:
        """The three biggest platforms are the biggest by what they sell, not by the rate that is asked."""
        words = frame.words(span for span, _ in frame.ranks)
        beside = any(0 <= span.start - m.span.end <= 1 for span, _ in frame.ranks for m in frame.metrics)
        if beside and all(self.model.metrics[m].more_is_better is not None for m in choice.metrics):
            return False  # 折扣率最大的店: the largest of that figure; a gap has two sides
        return (
            any(map(_SIZE.search, words))
            and self._beside_rank(frame, choice.dimensions, frame.ranks[0][0]) == ranked
        )

    def _persons(self, dimensions: list[str]) -> bool:
        return any(self.model.dimensions[d].person_attribute for d in dimensions)

    @staticmethod
    def _per_period(frame: Frame) -> bool:
        """ "each month", 每个月: the rank starts anew in every period; "monthly" and 按月 only list them."""
        return any(
            isinstance(t.meaning, Grained) and _EACH.search(frame.text[t.start : t.end]) for t in frame.times
        )

    @staticmethod
    def _group_readings(dimensions: list[str], n: int, by: str, descending: bool) -> list[dict[str, object]]:
        """top 2 by category and platform: besides the first two rows, the first two in each of either."""
        found: list[dict[str, object]] = []
        for ranked in reversed(dimensions):
            within = tuple(d for d in dimensions if d != ranked)
            top = PerGroupTop(n=min(n, 100), within=within, by=by, descending=descending)
            found.append({"order": (), "limit": None, "top_per_group": top, "dimensions": (*within, ranked)})
        return found[:3]

    def _ranked(self, frame: Frame, choice: Choice, dimensions: list[str]) -> tuple[str, list[str], bool]:
        """The dimension that is ranked, those it is ranked within, and whether that is sure.

        The noun beside the rank or after "which" is ranked; nouns after each/各 are the groups. "top 2 by category
        and platform" says neither.
        """
        mentions = [d for d in choice.dimensions if d.key in dimensions]
        keys = list(dict.fromkeys(m.key for m in mentions))
        if len(keys) < 2 or (not frame.ranks and not choice.rank):
            return (keys[0] if keys else ""), [], True
        spans = [span for span, _ in frame.ranks] or [m.span for m in frame.metrics[:1]]
        groups = {m.key for m in mentions if m.mark == "each"}
        beside = self._beside_rank(frame, mentions, spans[0])
        which = [m.key for m in mentions if m.mark == "which"]
        free = [key for key in keys if key not in groups]
        if beside and (beside not in groups or len(free) != 1):
            ranked = beside
        elif len(set(which)) == 1:
            ranked = which[0]
        elif len(free) == 1:
            ranked = free[0]
        else:
            return keys[-1], [key for key in keys if key != keys[-1]], False
        return ranked, [key for key in keys if key != ranked], True

    @staticmethod
    def _beside_rank(frame: Frame, mentions: list[DimensionMention], rank: Span) -> str:
        """top 3 products, 最高的商品: the noun right behind the rank, with no word between that groups."""
        for mention in sorted(mentions, key=lambda m: m.span.start):
            gap = frame.text[rank.end : mention.span.start]
            if mention.span.start >= rank.end:
                plain = len(gap.strip()) <= 16 and not _GROUPS.search(gap)
                return mention.key if plain and mention.mark not in ("each", "by") else ""
        return ""
