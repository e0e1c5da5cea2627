"""From what was chosen to a `SemanticQuery`: grouping, rank, share, thresholds, order and time."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from pydantic import ValidationError

from queries.ask.averages import over_whole_days, read_average
from queries.ask.built import Built
from queries.ask.changes import LONG, Changes
from queries.ask.choose import Choice, is_level
from queries.ask.compat import Fit
from queries.ask.frame import Frame
from queries.ask.growths import Growths
from queries.ask.ranking import Ranking
from queries.ask.shares import Shares
from queries.ask.spans import InCurrency
from queries.ask.thresholds import Thresholds
from queries.ask.timing import Timing
from queries.ask.when.periods import add_months
from queries.ask.words import Words
from queries.model import Model
from queries.model.load import names_in
from queries.query import SemanticQuery, TimeRange


class Builder:
    """Builds queries for one model."""

    def __init__(self, model: Model, fit: Fit, words: Words) -> None:
        self.model, self.fit = model, fit
        self.cohorts = words.of("cohorts")
        self.thresholds, self.shares, self.ranking = Thresholds(model), Shares(model), Ranking(model, fit)
        self.changes, self.growths = Changes(model, fit), Growths(model, fit, words)

    def build(self, frame: Frame, choice: Choice, timing: Timing, metrics: tuple[str, ...]) -> Built:
        built = Built(defaults=[*choice.defaults, *timing.defaults])
        self.ranking.counted_noun(frame, choice)
        dimensions = self._dimensions(choice)
        ranked_period = any(r.grain for _, r in frame.ranks)
        having = self.thresholds.having(
            frame,
            choice,
            metrics,
            built,
            has_grain=bool(timing.grain) or ranked_period,
            changed=timing.compare is not None,
        )
        if built.problem:
            return built
        metrics = metrics or tuple(dict.fromkeys(h.metric for h in having if h.metric in self.model.metrics))
        metrics = self._basis(frame, metrics, built)
        if built.problem:
            return built
        wanted = tuple(dict.fromkeys((*dimensions, *(f.dimension for f in choice.filters))))
        if any(not self.fit.allows(metric, wanted) for metric in metrics):
            built.problem, built.words = "misfit", self._misfit_words(frame, choice, metrics)
            return built
        if self.changes.asked(frame):
            return self._told_change(frame, choice, timing, metrics, dimensions, built)
        self.growths.narrowed(frame, metrics, wanted, built)
        share = self.shares.share(frame, choice, metrics, dimensions, built)
        if built.problem:
            return built
        rank = self.ranking.rank(frame, choice)
        grain = (rank.grain if rank and rank.grain else None) or timing.grain
        order, limit, per_group = self.ranking.order(
            frame, choice, rank, metrics, dimensions, bool(grain), timing, built
        )
        if built.problem:
            return built
        time = timing.time
        if rank and rank.grain and time:
            time = self.ranking.whole_periods(time, rank.grain, order, per_group, built)
        if (
            not grain
            and any(d.startswith("period:last_30") for d in timing.defaults)
            and all(is_level(self.model, m) or self._undated(m) for m in metrics)
        ):
            time = None
            built.defaults = [d for d in built.defaults if not d.startswith("period:")]
        cohort = all(m in self.cohorts["metrics"] for m in metrics) or set(dimensions) & set(
            self.cohorts["dimensions"]
        )
        if cohort and "period:last_30_days" in timing.defaults and timing.time and timing.time.end:
            ripens = self._ripens(metrics)
            first = (timing.time.end - timedelta(days=ripens)).replace(day=1)
            time = TimeRange(start=add_months(first, -12), end=first)
            built.defaults = [
                *(d for d in built.defaults if not d.startswith("period:")),
                "period:last_12_ripe" if ripens else "period:last_12_months",
            ]
        if (
            any(f.dimension == "order_status" for f in choice.filters)
            and "period:last_30_days" in built.defaults
        ):
            time = None
            built.defaults.remove("period:last_30_days")
        per, compare = read_average(frame, timing, built), timing.compare
        if built.problem:
            return built
        if per:
            time, compare = over_whole_days(time, compare, timing, built)
        try:
            built.query = SemanticQuery(
                metrics=metrics,
                dimensions=tuple(dimensions),
                filters=(*choice.filters, *built.known),
                time=time,
                grain=grain,
                per=per,
                currency=self._currency(frame, metrics),
                compare=compare,
                share_of=share,
                having=(*having, *built.having),
                base=built.base,
                against=self._against(choice, metrics),
                order=order,
                limit=limit,
                top_per_group=per_group,
                among=built.among,
                basis=self._basis_of(frame),
            )
        except ValidationError:
            built.problem = "shape"
            built.words = frame.words(span for span in frame.spans if span.of(InCurrency))
        return built

    def _against(self, choice: Choice, metrics: tuple[str, ...]) -> Literal["ratio", "difference"] | None:
        """Two figures over each other; one less the other only where they are of one kind."""
        units = {self.model.metrics[metric].unit for metric in metrics}
        return None if len(metrics) != 2 or (choice.against == "difference" and len(units) > 1) else choice.against

    def _currency(self, frame: Frame, metrics: tuple[str, ...]) -> str | None:
        """The one currency that amounts are asked in."""
        codes = {word.code for span in frame.spans for word in span.of(InCurrency)}
        money = any(self.model.metrics[metric].unit == "money" for metric in metrics)
        return codes.pop() if len(codes) == 1 and money else None

    def _undated(self, metric: str) -> bool:
        """The first sale of all, the latest official year: without a period none is meant."""
        found = self.model.metrics[metric]
        return found.unit == "date" or "market_year" in found.needs_dimensions

    def _ripens(self, metrics: tuple[str, ...]) -> int:
        """Days until the figures of a cohort are known: without a period, cohorts that are that old are meant."""
        names = (name for metric in metrics for name in names_in(self.model.metrics[metric].formula))
        days = max((self.model.measures[name].matures_days for name in names), default=0)
        return max(days, *(self.cohorts["watched"].get(metric, 0) for metric in metrics), 0)

    def _told_change(
        self,
        frame: Frame,
        choice: Choice,
        timing: Timing,
        metrics: tuple[str, ...],
        dimensions: list[str],
        built: Built,
    ) -> Built:
        """How the change came about: parts, factors, or moves in the ranking."""
        shape = self.changes.shape(frame, choice, metrics, dimensions)
        if shape is None or timing.compare is None or timing.grain or frame.thresholds or frame.has("share"):
            built.problem, built.words = "shape", frame.words(s for s, _ in frame.intents)
            return built
        fields: dict[str, object] = {
            "metrics": metrics,
            "filters": tuple(choice.filters),
            "time": timing.time,
            "compare": timing.compare,
        }
        if premise := self.changes.premise(frame):
            built.defaults.append(f"premise:{premise}")
        if shape.get("limit") == LONG and not frame.ranks:
            built.defaults.append(f"limit:{LONG}" if shape["change"] == "ranks" else "limit:rest")
        try:
            built.query = SemanticQuery.model_validate(fields | shape)
        except ValidationError:
            built.problem = "shape"
        return built

    @staticmethod
    def _dimensions(choice: Choice) -> list[str]:
        return list(dict.fromkeys(d.key for d in choice.dimensions))

    def _basis(self, frame: Frame, metrics: tuple[str, ...], built: Built) -> tuple[str, ...]:
        """The metrics on the basis asked for; a basis that one of them does not have is not passed over."""
        for basis in frame.bases:
            on_it = tuple(self.model.metrics[m].bases.get(basis, m) for m in metrics)
            if any(self.model.metrics[m].basis != basis for m in on_it):
                built.problem, built.words = "misfit", frame.words(frame.signs[f"basis:{basis}"])
                return metrics
            if on_it != metrics:  # what the word meant before is no longer what is shown
                built.defaults = [d for d in built.defaults if not d.startswith("term:")]
            metrics = on_it
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


__all__ = ["Builder", "Built"]
