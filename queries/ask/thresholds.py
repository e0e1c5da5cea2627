"""Thresholds on figures and on their change: more than 100 units, 涨幅超过10%."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Literal

from queries.ask.built import Built
from queries.ask.choose import Choice
from queries.ask.frame import Frame
from queries.ask.spans import Span, Threshold
from queries.model import Model
from queries.query import Having

HINTS = {
    "元": "money",
    "块": "money",
    "块钱": "money",
    "rmb": "money",
    "cny": "money",
    "yuan": "money",
    "usd": "foreign",
    "dollar": "foreign",
    "dollars": "foreign",
    "$": "foreign",
    "€": "foreign",
    "£": "foreign",
    "件": "units",
    "单": "orders",
    "笔": "orders",
    "人": "buyers",
    "人次": "live_views",
    "个买家": "buyers",
    "个客户": "buyers",
}
DECLINE = re.compile(r"drop|fall|fell|decline|decrease|down|下降|降|跌|下滑|减少|掉|缩水")
_EITHER = re.compile(r"change|变化|变动|difference|delta|差|涨跌|增减|up or down")
_FELL = re.compile(
    r"declined|dropped|fell|fallen|decreased|went down|gone down|下降了?|下滑了?|降了|跌了?|减少了?|掉了|缩水了?"
)
_ROSE = re.compile(r"grew|grown|rose|risen|increased|went up|gone up|增长了?|上涨了?|涨了|增加了?|上升了?")
Op = Literal["gt", "ge", "lt", "le", "eq"]
_MIRRORED: dict[Op, Op] = {"gt": "lt", "ge": "le", "lt": "gt", "le": "ge", "eq": "eq"}


class Thresholds:
    """Reads the thresholds of one question for one model."""

    def __init__(self, model: Model) -> None:
        self.model = model

    def having(
        self,
        frame: Frame,
        choice: Choice,
        metrics: tuple[str, ...],
        built: Built,
        *,
        has_grain: bool,
        changed: bool = False,
    ) -> list[Having]:
        having = self._declined(frame, choice, metrics) if changed else []
        for index, (span, threshold) in enumerate(frame.thresholds):
            if changed and self._grows_beside(frame, span):
                found = self._change(frame, span, threshold, metrics)
                if found is None:
                    built.problem, built.words = "threshold", frame.words([span])
                    return []
                having.append(found)
                continue
            if HINTS.get(threshold.hint) == "foreign":  # figures are in the base currency
                built.problem, built.words = "threshold", frame.words([span])
                return []
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

    def _declined(self, frame: Frame, choice: Choice, metrics: tuple[str, ...]) -> list[Having]:
        """ "which platforms declined": those whose change is below zero, not all of them."""
        which = any(d.mark == "which" for d in choice.dimensions)
        if not which or frame.ranks or frame.thresholds or choice.rank or len(metrics) != 1:
            return []
        words = frame.words(frame.signs.get("growth", ()))
        if len(words) == 1 and _FELL.fullmatch(words[0]):
            return [Having(metric="change", op="lt", value=Decimal(0))]
        if len(words) == 1 and _ROSE.fullmatch(words[0]):
            return [Having(metric="change", op="gt", value=Decimal(0))]
        return []

    @staticmethod
    def _grows_beside(frame: Frame, span: Span) -> bool:
        """grew more than 20 %, 涨幅超过10%: the threshold is on the change, not on the figure."""
        for sign in frame.signs.get("growth", ()):
            first, second = sorted((sign, span), key=lambda s: s.start)
            if frame.text[first.end : second.start].strip() in (
                "",
                "by",
                "了",
                "of",
                "rate",
                "rate of",
                "的",
            ):
                return True
        return False

    def _change(
        self, frame: Frame, span: Span, threshold: Threshold, metrics: tuple[str, ...]
    ) -> Having | None:
        """A threshold on the change of the one metric: percent of amounts and counts, else absolute."""
        if len(metrics) != 1 or self.model.metrics[metrics[0]].unit == "ratio":
            return None
        op: Op = threshold.op
        value = threshold.value
        sign = min(frame.signs["growth"], key=lambda s: abs(s.start - span.start))
        word = frame.text[sign.start : sign.end]
        if _EITHER.search(word):
            return None
        if DECLINE.search(word):
            op, value = _MIRRORED[op], -value
            if op in ("gt", "ge"):
                return None  # "fell by less than 5 %" leaves open whether it rose
        return Having(metric="change_ratio" if threshold.percent else "change", op=op, value=value)

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
