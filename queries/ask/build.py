"""From what was chosen to a `SemanticQuery`: grouping, rank, share, thresholds, order and time."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from pydantic import ValidationError

from queries.ask.choose import Choice, is_level
from queries.ask.compat import Fit
from queries.ask.frame import DimensionMention, Frame
from queries.ask.spans import Rank, Span, Threshold
from queries.ask.timing import Timing
from queries.ask.when.meaning import Grained
from queries.ask.when.periods import add_months
from queries.ask.words import Words
from queries.model import Model
from queries.query import Filter, Having, Order, PerGroupTop, SemanticQuery, TimeRange

HINTS = {
    "元": "money",
    "块": "money",
    "块钱": "money",
    "rmb": "money",
    "cny": "money",
    "yuan": "money",
    "usd": "money",
    "dollar": "money",
    "dollars": "money",
    "件": "units",
    "单": "orders",
    "笔": "orders",
    "人": "buyers",
    "人次": "live_views",
    "个买家": "buyers",
    "个客户": "buyers",
}
_DECLINE = re.compile(r"drop|fall|fell|decline|decrease|down|下降|降|跌|下滑|减少")
_EITHER = re.compile(r"change|变化|变动|difference|delta|差|涨跌|增减|up or down")
_COUNTERS = {"场": "session", "款": "product", "家": "shop"}
_GROUPS = re.compile(r"(?<![a-z])(?:each|every|per|by|for|in|on|of)(?![a-z])|各|每|按|分")
_EACH = re.compile(r"each|every|per|每|各")
_WITHIN = re.compile(r"(?:在|于|within|in|on|for|inside)\s*(?:各个?|每个?|each|every|the)?\s*$")
LIST_LIMIT = 10
LONG_LISTS = ("product", "sku", "campaign", "brand", "session", "account")


@dataclass
class Built:
    """A query, or the reason there is none."""

    query: SemanticQuery | None = None
    problem: str = ""
    """misfit, shape, list, share, threshold."""
    words: tuple[str, ...] = ()
    defaults: list[str] = field(default_factory=list)
    variants: list[dict[str, object]] = field(default_factory=list)
    """Other readings of the same words, as changes of `query`; with any of them the asker chooses."""


class Builder:
    """Builds queries for one model."""

    def __init__(self, model: Model, fit: Fit, words: Words) -> None:
        self.model, self.fit = model, fit
        self.cohorts = words.of("cohorts")

    def build(self, frame: Frame, choice: Choice, timing: Timing, metrics: tuple[str, ...]) -> Built:
        built = Built(defaults=[*choice.defaults, *timing.defaults])
        self._counted_noun(frame, choice)
        dimensions = self._dimensions(choice)
        ranked_period = any(r.grain for _, r in frame.ranks)
        having = self._having(frame, choice, metrics, built, has_grain=bool(timing.grain) or ranked_period,
                              changed=timing.compare is not None)
        if built.problem:
            return built
        metrics = metrics or tuple(dict.fromkeys(h.metric for h in having if h.metric in self.model.metrics))
        metrics = self._basis(frame, metrics)
        wanted = tuple(dict.fromkeys((*dimensions, *(f.dimension for f in choice.filters))))
        if any(not self.fit.allows(metric, wanted) for metric in metrics):
            built.problem, built.words = "misfit", self._misfit_words(frame, choice, metrics)
            return built
        share = self._share(frame, choice, metrics, dimensions, built)
        if built.problem:
            return built
        rank = self._rank(frame, choice)
        grain = (rank.grain if rank and rank.grain else None) or timing.grain
        order, limit, per_group = self._ranking(
            frame, choice, rank, metrics, dimensions, bool(grain), timing, built
        )
        if built.problem:
            return built
        time = timing.time
        if (
            not grain
            and any(d.startswith("period:last_30") for d in timing.defaults)
            and all(is_level(self.model, m) for m in metrics)
        ):
            time = None
            built.defaults = [d for d in built.defaults if not d.startswith("period:")]
        cohort = all(m in self.cohorts["metrics"] for m in metrics) or set(dimensions) & set(
            self.cohorts["dimensions"]
        )
        if cohort and "period:last_30_days" in timing.defaults and timing.time and timing.time.end:
            first = timing.time.end.replace(day=1)
            time = TimeRange(start=add_months(first, -12), end=first)
            built.defaults = [
                *(d for d in built.defaults if not d.startswith("period:")),
                "period:last_12_months",
            ]
        if (
            any(f.dimension == "order_status" for f in choice.filters)
            and "period:last_30_days" in built.defaults
        ):
            time = None
            built.defaults.remove("period:last_30_days")
        try:
            built.query = SemanticQuery(
                metrics=metrics,
                dimensions=tuple(dimensions),
                filters=tuple(choice.filters),
                time=time,
                grain=grain,
                compare=timing.compare,
                share_of=share,
                having=tuple(having),
                order=order,
                limit=limit,
                top_per_group=per_group,
                basis=self._basis_of(frame),
            )
        except ValidationError:
            built.problem = "shape"
        return built

    def _counted_noun(self, frame: Frame, choice: Choice) -> None:
        """最高的5场, 前三款: the counter says what is ranked where no noun does."""
        if not frame.ranks or choice.dimensions:
            return
        span = frame.ranks[0][0]
        key = _COUNTERS.get(frame.text[span.start : span.end][-1])
        if key and all(self.fit.allows(metric, (key,)) for metric in choice.metrics):
            choice.dimensions.append(DimensionMention(span, key, "which"))

    @staticmethod
    def _dimensions(choice: Choice) -> list[str]:
        return list(dict.fromkeys(d.key for d in choice.dimensions))

    def _basis(self, frame: Frame, metrics: tuple[str, ...]) -> tuple[str, ...]:
        for basis in frame.bases:
            metrics = tuple(self.model.metrics[m].bases.get(basis, m) for m in metrics)
        return tuple(dict.fromkeys(metrics))

    @staticmethod
    def _basis_of(frame: Frame) -> None:
        """The metric carries its basis; the query names none of its own."""
        return None

    def _misfit_words(self, frame: Frame, choice: Choice, metrics: tuple[str, ...]) -> tuple[str, ...]:
        bad = [d.span for d in choice.dimensions if any(not self.fit.allows(m, (d.key,)) for m in metrics)]
        bad += [
            v.span
            for v in frame.values
            if any(not self.fit.allows(m, (o.dimension,)) for m in metrics for o in v.options[:1])
        ]
        return frame.words(bad) or frame.words(d.span for d in choice.dimensions)

    def _having(
        self, frame: Frame, choice: Choice, metrics: tuple[str, ...], built: Built, *, has_grain: bool,
        changed: bool = False,
    ) -> list[Having]:
        having = []
        for index, (span, threshold) in enumerate(frame.thresholds):
            if changed and self._grows_beside(frame, span):
                found = self._change(frame, span, threshold, metrics)
                if found is None:
                    built.problem, built.words = "threshold", frame.words([span])
                    return []
                having.append(found)
                continue
            metric = choice.having_metrics.get(index) or self._metric_of(threshold, metrics)
            if not metric:
                built.problem, built.words = "threshold", frame.words([span])
                return []
            value = threshold.value
            unit = self.model.metrics[metric].unit
            if unit == "ratio" and not threshold.percent and value > 1:
                built.problem, built.words = "threshold", frame.words([span])
                return []
            money = HINTS.get(threshold.hint) == "money"
            if (threshold.percent and unit != "ratio") or (money and unit != "money"):
                built.problem, built.words = "threshold", frame.words([span])
                return []
            having.append(Having(metric=metric, op=threshold.op, value=value))
        if having and not (choice.dimensions or has_grain):
            built.problem, built.words = "list", frame.words(s for s, _ in frame.thresholds)
        return having

    @staticmethod
    def _grows_beside(frame: Frame, span: Span) -> bool:
        """grew more than 20 %, 涨幅超过10%: the threshold is on the change, not on the figure."""
        for sign in frame.signs.get("growth", ()):
            first, second = sorted((sign, span), key=lambda s: s.start)
            if frame.text[first.end : second.start].strip() in ("", "by", "了", "of", "rate", "rate of", "的"):
                return True
        return False

    def _change(
        self, frame: Frame, span: Span, threshold: Threshold, metrics: tuple[str, ...]
    ) -> Having | None:
        """A threshold on the change of the one metric: percent of amounts and counts, else absolute."""
        if len(metrics) != 1 or self.model.metrics[metrics[0]].unit == "ratio":
            return None
        op, value = threshold.op, threshold.value
        sign = min(frame.signs["growth"], key=lambda s: abs(s.start - span.start))
        word = frame.text[sign.start : sign.end]
        if _EITHER.search(word):
            return None
        if _DECLINE.search(word):
            op, value = {"gt": "lt", "ge": "le", "lt": "gt", "le": "ge", "eq": "eq"}[op], -value
            if op in ("gt", "ge"):
                return None  # "fell by less than 5 %" leaves open whether it rose
        return Having(metric="change_ratio" if threshold.percent else "change", op=op, value=value)  # type: ignore[arg-type]

    def _metric_of(self, threshold: Threshold, metrics: tuple[str, ...]) -> str:
        hint = HINTS.get(threshold.hint, "")
        if hint == "money":
            return next(
                (m for m in metrics if self.model.metrics[m].unit == "money"), "" if metrics else "net_sales"
            )
        if hint:
            return next(
                (m for m in metrics if m == hint or hint in self.model.metrics[m].bases.values()), hint
            )
        if threshold.percent:
            return next((m for m in metrics if self.model.metrics[m].unit == "ratio"), "")
        return metrics[0] if len(metrics) == 1 else ""

    def _share(
        self, frame: Frame, choice: Choice, metrics: tuple[str, ...], dimensions: list[str], built: Built
    ) -> str | None:
        if not frame.has("share"):
            return None
        if any(self.model.metrics[m].unit == "ratio" for m in metrics):
            if all(self.model.metrics[m].unit == "ratio" for m in metrics):
                return None
            built.problem = "share"
            return None
        if any(self.model.metrics[m].additivity == "ratio" for m in metrics):
            built.problem, built.words = "share", frame.words(frame.signs["share"])
            return None
        part = self._part_beside(frame, choice, dimensions) if dimensions else ""
        if part:
            choice.filters.sort(key=lambda f: f.dimension == part and f.op == "in")
            if self._whole_said(frame, part):
                built.variants.append({"share_of": "group" if len(dimensions) > 1 else "total"})
            return "part"
        if dimensions:
            parts = [d for d in choice.dimensions if d.key]
            if len(dimensions) > 1:
                self._part_last(frame, parts, dimensions)
                return "group"
            return "total"
        inside = [f for f in choice.filters if f.op == "in"]
        if not inside:
            built.problem, built.words = "share", frame.words(frame.signs["share"])
            return None
        part = self._part(frame, choice, inside)
        choice.filters.sort(key=lambda f: f.dimension == part and f.op == "in")
        return "total"

    @staticmethod
    def _part_beside(frame: Frame, choice: Choice, dimensions: list[str]) -> str:
        """ "cash on delivery share by platform": the dimension of the value that is the part; '' where none is."""
        share = frame.signs["share"][0]
        kept = {f.dimension for f in choice.filters if f.op == "in"} - set(dimensions)
        for mention in frame.values:
            behind, before = share.start - mention.span.end, mention.span.start - share.end
            for option in mention.options:
                if option.dimension not in kept or mention.exclude:
                    continue
                near = 2 if option.dimension in ("platform", "shop") else 12
                if 0 <= behind <= near or 0 <= before <= 5:
                    return option.dimension
        return ""

    @staticmethod
    def _whole_said(frame: Frame, part: str) -> bool:
        """ "share of COD orders by platform": COD orders can be the part as well as the whole."""
        share = frame.signs["share"][0]
        spans = [v.span for v in frame.values if any(o.dimension == part for o in v.options)]
        return any(0 <= s.start - share.end <= 5 for s in spans)

    @staticmethod
    def _part_last(frame: Frame, parts: list[DimensionMention], dimensions: list[str]) -> None:
        """The dimension whose parts are shared out comes last; the groups come before it."""
        share = frame.signs["share"][0]
        groups = [d for d in parts if _WITHIN.search(frame.text[: d.span.start])]
        pool = [d for d in parts if d not in groups] if len(groups) < len(parts) else parts
        nearest = min(pool, key=lambda d: abs(d.span.start - share.start))
        dimensions.remove(nearest.key)
        dimensions.append(nearest.key)

    @staticmethod
    def _part(frame: Frame, choice: Choice, inside: list[Filter]) -> str:
        """Which of several filters is the part: the one before "share of"/占, else the last one said."""
        share = frame.signs["share"][0]
        before = [f for f in inside if choice.filter_spans.get(f.dimension, 0) < share.start]
        after = [f for f in inside if f not in before]
        chosen = before[-1:] if before and after else inside
        return max(chosen, key=lambda f: choice.filter_spans.get(f.dimension, 0)).dimension

    def _rank(self, frame: Frame, choice: Choice) -> Rank | None:
        rank = frame.ranks[0][1] if frame.ranks else None
        if rank is None and choice.rank:
            rank = Rank(None, choice.rank[0], single=True)
        elif rank is not None and choice.rank:
            rank = Rank(rank.n, choice.rank[0], single=rank.single, grain=rank.grain)
        return rank

    def _ranking(
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
        if rank is None:
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
            and any(_DECLINE.search(w) for w in frame.words(frame.signs["growth"]))
        ):
            descending = not descending
        target = "change" if timing.compare and frame.has("growth") else by
        ranked, within, sure = self._ranked(frame, choice, dimensions)
        plural = any(d.plural for d in choice.dimensions if d.key == ranked)
        count = rank.n or (1 if rank.single and not plural else None)
        per_period = self._per_period(frame)
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
        long = ranked in LONG_LISTS
        if count is None and rank.n is None and (not rank.single or long):
            count = LIST_LIMIT
            built.defaults.append("limit:10")
        return (Order(by=target, descending=descending),), count, None

    def _persons(self, dimensions: list[str]) -> bool:
        return any(self.model.dimensions[d].person_attribute for d in dimensions)

    @staticmethod
    def _per_period(frame: Frame) -> bool:
        """ "each month", 每个月: the rank starts anew in every period; "monthly" and 按月 only list them."""
        return any(
            isinstance(t.meaning, Grained) and _EACH.search(frame.text[t.start : t.end]) for t in frame.times
        )

    @staticmethod
    def _group_readings(
        dimensions: list[str], n: int, by: str, descending: bool
    ) -> list[dict[str, object]]:
        """top 2 by category and platform: besides the first two rows, the first two in each of either."""
        found: list[dict[str, object]] = []
        for ranked in reversed(dimensions):
            within = tuple(d for d in dimensions if d != ranked)
            top = PerGroupTop(n=min(n, 100), within=within, by=by, descending=descending)
            found.append(
                {"order": (), "limit": None, "top_per_group": top, "dimensions": (*within, ranked)}
            )
        return found[:3]

    def _ranked(
        self, frame: Frame, choice: Choice, dimensions: list[str]
    ) -> tuple[str, list[str], bool]:
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
