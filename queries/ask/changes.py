"""Questions about how a change came about: by parts, by factors, or as moves in a ranking.

Reads "which channels drove the drop", "why did GMV fall last month", 哪些品类拖累了销售额, 排名变化. A question for a
cause is answered with arithmetic only where it names a figure and a change; every other one stays refused.
"""

from __future__ import annotations

import re
from typing import Literal

from queries.ask.choose import Choice
from queries.ask.compat import Fit
from queries.ask.frame import DimensionMention, Frame
from queries.ask.spans import Intent, Sign, Span
from queries.ask.thresholds import DECLINE
from queries.ask.when.periods import previous
from queries.model import Model
from queries.query import Comparison, Filter, Order, SemanticQuery

_FELL = re.compile(
    rf"{DECLINE.pattern}|掉|差了|fewer|lower|less|smaller|worse|weaker|dragged|pulled down|weighed|held back|"
    rf"hurt|lost|拖|拉低|拉下"
)
_ROSE = re.compile(
    r"grew|grow|rise|rose|risen|increase|went up|gone up|go up|improve|lift|boost|pushed up|pulled up|"
    r"(?<![a-z])up(?![a-z])|higher|more|bigger|larger|greater|better|stronger|涨|升|增|提升|多了|拉动|带动|推动|拉高|撑起"
)
_ATTRIBUTION = re.compile(
    r"归因|what (?:drove|drives|explains|explain)|explain the (?:change|drop|rise|decline|increase)|led to"
)
_SPLITS = re.compile(r"拆|分|split|break")
_OF_THE_LIST = re.compile(r"(?:in|of|within|among) (?:the |our )?$|里|中")
PLACES, PARTS = ("climb", "sink", "places"), ("drives", "drives_down", "drives_up", "by_factor", "by_mix")
LONG = 10
"""Rows named one by one where a dimension has many values; the others add up in one more."""
MANY = ("product", "sku", "campaign", "brand", "session", "account", "region", "shop", "category", "reason")


class Changes:
    """Reads the told change of one question for one model."""

    def __init__(self, model: Model, fit: Fit) -> None:
        self.model, self.fit = model, fit

    def asked(self, frame: Frame) -> str:
        """parts (or factors, which have no dimension), ranks, or '' where no change is to be told."""
        if any(frame.has(sign) for sign in PLACES):
            return "ranks"
        if any(frame.has(sign) for sign in PARTS):
            return "parts"
        causes = self.causes(frame)
        told = causes and (
            self._growth(frame)
            or self._compares(frame)
            or any(self._says_change(frame, span) for span in causes)
        )
        return "parts" if told else ""

    @staticmethod
    def causes(frame: Frame) -> list[Span]:
        """Words that ask why, where nothing else that we do not do is asked; [] otherwise."""
        why = [span for span, intent in frame.intents if intent == Intent("prediction_or_cause", "cause")]
        return why if len(why) == len(frame.intents) else []

    @staticmethod
    def _compares(frame: Frame) -> bool:
        """why is it lower than in May; 为什么差评这么多 asks about a level, not about a change."""
        words = frame.words(frame.signs.get("comparative", ()))
        return any(word.isascii() for word in words)

    @staticmethod
    def _growth(frame: Frame) -> list[Span]:
        """Words of change, also those that mean something else beside ("drop" is a treatment of fields too)."""
        return [span for span in frame.spans if Sign("growth") in span.meanings]

    @staticmethod
    def _says_change(frame: Frame, span: Span) -> bool:
        word = frame.text[span.start : span.end]
        return bool(_FELL.search(word) or _ROSE.search(word) or _ATTRIBUTION.search(word))

    def premise(self, frame: Frame) -> str:
        """down, up, or '' where the words leave the direction open or say both."""
        spans = [*self.causes(frame), *self._growth(frame)]
        for sign in ("drives", "drives_down", "drives_up", "comparative"):
            spans += frame.signs.get(sign, [])
        words = frame.words(spans)
        fell, rose = any(map(_FELL.search, words)), any(map(_ROSE.search, words))
        return "" if fell == rose else "down" if fell else "up"

    def complete(self, frame: Frame, choice: Choice) -> None:
        """What is counted and listed where the question does not say: sales; units of products that are ranked."""
        kind = self.asked(frame)
        if not kind or choice.open_options:
            return
        if frame.has("by_factor"):  # 拆一下是流量还是转化的锅: the factors are what it is split into
            marks = [s for s in frame.signs.pop("unused_mark", []) if not _SPLITS.match(frame.text[s.start : s.end])]
            frame.signs |= {"unused_mark": marks} if marks else {}
        if kind == "ranks" and not choice.dimensions:
            span = next(frame.signs[sign][0] for sign in PLACES if frame.has(sign))
            choice.dimensions.append(DimensionMention(span, "product", "which"))
        named = any(what != "performance" for _, what in frame.vague)  # the margin: which one is asked back
        if not choice.metrics and not frame.thresholds and not named:
            goods = {"product", "sku"} & {d.key for d in choice.dimensions}
            units = kind == "ranks" and bool(goods)
            if frame.has("by_factor"):
                choice.metrics = ["gmv"]
                return
            choice.metrics = ["units" if units else "net_sales"]
            choice.defaults.append("context:ranked_by_units" if units else "term:sales")

    def shape(
        self, frame: Frame, choice: Choice, metrics: tuple[str, ...], dimensions: list[str]
    ) -> dict[str, object] | None:
        """What the query gets; None where the change of this figure cannot be told."""
        kind = self.asked(frame)
        if not kind:
            return {}
        if len(metrics) != 1:
            return None
        if kind == "ranks":
            return self._ranks(frame, dimensions)
        if not dimensions:
            driver = self.model.drivers.get(metrics[0])
            if driver and driver.trees and not frame.has("by_mix"):
                return {"change": "factors", "order": (), "limit": None}
            dimensions = self._default_part(choice, metrics[0])
            if not dimensions:
                return None
        ratio = self._mixes(metrics[0])
        if frame.has("by_factor") or (frame.has("by_mix") and not ratio):
            return None
        if not ratio and self.model.metrics[metrics[0]].unit not in ("money", "count"):
            return None
        many = any(dimension in MANY for dimension in dimensions)
        rank = frame.ranks[0][1] if frame.ranks else None
        limit = (rank.n if rank else None) or (LONG if many else None)
        return {
            "change": "mix" if ratio else "parts",
            "dimensions": tuple(dimensions),
            "order": self._order(frame),
            "limit": limit,
        }

    def follow(self, frame: Frame, last: SemanticQuery, changed: dict[str, object]) -> dict[str, object]:
        """What a turn makes of the change told before, or of a plain figure that is now asked why it moved.

        "and by channel?" behind the factors gives the parts; "why?" behind a figure its factors.
        """
        asked = self.asked(frame) or ("parts" if self.causes(frame) else "")
        dimensions = self._kept(frame, last, changed)
        if frame.has("by_factor"):
            asked, dimensions = "parts", ()
        if not asked and not last.change:
            return {}
        compare = changed.get("compare", last.compare) or (period_before(last) if asked else None)
        if compare is None or "grain" in changed or "share_of" in changed:
            return {"change": None, "factors": ()}
        kind = asked or ("ranks" if last.change == "ranks" else "parts")
        if kind == "parts" and not dimensions:
            kind = "factors"
        metrics: tuple[str, ...] = changed.get("metrics", last.metrics)  # type: ignore[assignment]
        if kind == "parts" and len(metrics) == 1 and self._mixes(metrics[0]):
            kind = "mix"
        if kind == "ranks":
            dimensions = dimensions or ("product",)
        shape: dict[str, object] = {
            "change": kind,
            "factors": (),
            "compare": compare,
            "dimensions": dimensions,
        }
        shape |= {"grain": None, "share_of": None, "having": (), "top_per_group": None}
        shape |= {"per": None, "among": None, "base": None, "currency": None}
        if kind == "ranks":
            told = self._ranks(frame, list(dimensions)) if asked else {}
            return shape | {"order": told.get("order", last.order), "limit": told.get("limit", last.limit)}
        many = any(dimension in MANY for dimension in dimensions)
        n = frame.ranks[0][1].n if frame.ranks else None
        order = (self._order(frame) or (last.order if last.change in ("parts", "mix") else ())) if dimensions else ()
        return shape | {"order": order, "limit": (n or (LONG if many else None)) if dimensions else None}

    @staticmethod
    def _kept(frame: Frame, last: SemanticQuery, changed: dict[str, object]) -> tuple[str, ...]:
        """The split of the patched query; a filter that leaves one value of it leaves nothing to split."""
        named = changed.get("dimensions", ()) if frame.dimensions else ()
        dimensions: tuple[str, ...] = named or last.dimensions  # type: ignore[assignment]
        filters: tuple[Filter, ...] = changed.get("filters", ())  # type: ignore[assignment]
        fixed = {f.dimension for f in filters if f.op == "in" and len(f.values) == 1}
        return tuple(dimension for dimension in dimensions if named or dimension not in fixed)

    def _order(self, frame: Frame) -> tuple[Order, ...]:
        """Who dragged: the largest fall first; who drove the rise: the largest rise. Else the pull decides."""
        premise = self.premise(frame)
        return (Order(by="change", descending=premise == "up"),) if premise else ()

    def _default_part(self, choice: Choice, metric: str) -> list[str]:
        driver = self.model.drivers.get(metric)
        fixed = {f.dimension for f in choice.filters if f.op == "in" and len(f.values) == 1}
        apart = () if self.model.metrics[metric].group == "traffic" else ("channel",)
        parts = driver.parts if driver else ("platform", *apart, "shop")
        fitting = [p for p in parts if p not in fixed and self.fit.allows(metric, (p,))]
        return fitting[:1] if self.model.metrics[metric].additivity in ("full", "none", "ratio") else []

    def _mixes(self, metric: str) -> bool:
        """Whether the change of the figure is one of rates and weights: a ratio."""
        return self.model.metrics[metric].additivity == "ratio"

    @staticmethod
    def _ranks(frame: Frame, dimensions: list[str]) -> dict[str, object]:
        """The movers, or the first n of either period with the places they had."""
        rank = frame.ranks[0] if frame.ranks else None
        head = frame.text[: rank[0].start] if rank else ""
        listed = bool(rank and rank[1].n and (_OF_THE_LIST.search(head) or not _moving(frame)))
        n = (rank[1].n if rank else None) or LONG
        order: tuple[Order, ...] = (Order(by="rank", descending=False),)
        if _moving(frame) and not listed:
            order = (Order(by="rank_change", descending=frame.has("climb")),)
        return {"change": "ranks", "dimensions": tuple(dimensions), "order": order, "limit": n}


def period_before(last: SemanticQuery) -> Comparison | None:
    """The period before the one asked about, where it has one."""
    against = previous(last.time) if last.time else None
    align: Literal["elapsed", "calendar"] = "elapsed" if last.time and last.time.to_date else "calendar"
    return Comparison(kind="previous_period", align=align, against=against) if against else None


def _moving(frame: Frame) -> bool:
    """Only those who climbed, or only those who sank."""
    return frame.has("climb") != frame.has("sink")
