"""From what was chosen to a `SemanticQuery`: grouping, rank, share, thresholds, order and time."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from pydantic import ValidationError

from queries.ask.choose import Choice, is_level
from queries.ask.compat import Fit
from queries.ask.frame import DimensionMention, Frame
from queries.ask.spans import Rank, Threshold
from queries.ask.timing import Timing
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


class Builder:
    """Builds queries for one model."""

    def __init__(self, model: Model, fit: Fit, words: Words) -> None:
        self.model, self.fit = model, fit
        self.cohorts = words.of("cohorts")

    def build(self, frame: Frame, choice: Choice, timing: Timing, metrics: tuple[str, ...]) -> Built:
        built = Built(defaults=[*choice.defaults, *timing.defaults])
        dimensions = self._dimensions(choice)
        ranked_period = any(r.grain for _, r in frame.ranks)
        having = self._having(frame, choice, metrics, built, has_grain=bool(timing.grain) or ranked_period)
        if built.problem:
            return built
        metrics = metrics or tuple(dict.fromkeys(h.metric for h in having))
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
        self, frame: Frame, choice: Choice, metrics: tuple[str, ...], built: Built, *, has_grain: bool
    ) -> list[Having]:
        having = []
        for index, (span, threshold) in enumerate(frame.thresholds):
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
        if dimensions and self._part_beside(frame, choice, dimensions):
            built.problem, built.words = "share", frame.words(frame.signs["share"])
            return None
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
    def _part_beside(frame: Frame, choice: Choice, dimensions: list[str]) -> bool:
        """ "cash on delivery share by platform": the part is a value, which a share per platform cannot take apart."""
        share = frame.signs["share"][0]
        kept = {f.dimension for f in choice.filters if f.op == "in"} - {*dimensions, "platform", "shop"}
        return any(
            0 <= share.start - v.span.end <= 12
            for v in frame.values
            if {o.dimension for o in v.options} & kept
        )

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
        ranked, within = self._ranked(frame, choice, dimensions)
        count = rank.n or (1 if self._single(rank, ranked) else None)
        if within:
            dimensions[:] = [*within, *(d for d in dimensions if d not in within)]
            top = PerGroupTop(n=min(count or 1, 100), within=tuple(within), by=by, descending=descending)
            return (), None, top
        long = ranked is not None and ranked.key in LONG_LISTS
        if count is None and rank.n is None and (not rank.single or long):
            count = LIST_LIMIT
            built.defaults.append("limit:10")
        return (Order(by=target, descending=descending),), count, None

    @staticmethod
    def _single(rank: Rank, ranked: DimensionMention | None) -> bool:
        return rank.single and (ranked is None or not ranked.plural)

    def _ranked(
        self, frame: Frame, choice: Choice, dimensions: list[str]
    ) -> tuple[DimensionMention | None, list[str]]:
        """The dimension that is ranked, and those it is ranked within: 各平台…的3个商品 ranks products per platform."""
        mentions = [d for d in choice.dimensions if d.key in dimensions]
        if len(mentions) < 2 or (not frame.ranks and not choice.rank):
            return (mentions[0] if mentions else None), []
        spans = [span for span, _ in frame.ranks] or [m.span for m in frame.metrics[:1]]
        free = [m for m in mentions if m.mark not in ("each", "by")] or [
            m for m in mentions if m.mark == "which"
        ]
        pool = free or mentions
        after = [m for m in pool if m.span.start >= spans[0].end]
        ranked = min(after, key=lambda m: m.span.start) if after else max(pool, key=lambda m: m.span.start)
        return ranked, [m.key for m in mentions if m.key != ranked.key]
