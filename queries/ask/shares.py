"""Shares: of the sum, inside a group, or the part that one value makes of each row."""

from __future__ import annotations

import re
from typing import Literal

from queries.ask.built import Built
from queries.ask.choose import Choice
from queries.ask.frame import DimensionMention, Frame
from queries.ask.sizes import DIMENSION as SIZE
from queries.model import Model
from queries.query import Filter

_WITHIN = re.compile(r"(?:在|于|within|in|on|for|inside)\s*(?:各个?|每个?|each|every|the)?\s*$")
_INSIDE = re.compile(r"\s*(?:之?内|内部|里面?|中)")
_MADE = re.compile(r"^(?!each|every)[a-z ]{2,24} (?:from|via|through|made in|made by|coming from)(?: the| our)? $")
Share = Literal["total", "group", "part"]


class Shares:
    """Reads the share of one question for one model."""

    def __init__(self, model: Model) -> None:
        self.model = model

    def share(
        self, frame: Frame, choice: Choice, metrics: tuple[str, ...], dimensions: list[str], built: Built
    ) -> Share | None:
        if not frame.has("share"):
            return "total" if choice.shared and len(dimensions) == 1 else None
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
            choice.filters.sort(key=lambda f: f.dimension == part and f.op != "not_in")
            if self._whole_said(frame, part):
                built.variants.append({"share_of": "group" if len(dimensions) > 1 else "total"})
            return "part"
        if dimensions:
            parts = [d for d in choice.dimensions if d.key]
            if len(dimensions) > 1:
                if not self._part_last(frame, parts, dimensions):
                    built.variants.append({"dimensions": tuple(reversed(dimensions))})
                return "group"
            return "total"
        inside = [f for f in choice.filters if f.op != "not_in"]
        if not inside:
            built.problem, built.words = "share", frame.words(frame.signs["share"])
            return None
        part = self._part(frame, choice, inside)
        choice.filters.sort(key=lambda f: f.dimension == part and f.op != "not_in")
        return "total"

    @staticmethod
    def _part_beside(frame: Frame, choice: Choice, dimensions: list[str]) -> str:
        """ "cash on delivery share by platform": the dimension of the value that is the part; '' where none is."""
        share = frame.signs["share"][0]
        if any(f.dimension == SIZE and f.op not in ("in", "not_in") for f in choice.filters):
            return SIZE
        kept = {f.dimension for f in choice.filters if f.op == "in"} - set(dimensions)
        for mention in frame.values:
            behind, before = share.start - mention.span.end, mention.span.start - share.end
            for option in mention.options:
                if option.dimension not in kept or mention.exclude:
                    continue
                near = 2 if option.dimension in ("platform", "shop") else 12
                of = frame.text[share.start : share.end].endswith((" of", " in"))
                made = of and _MADE.search(frame.text[share.end : mention.span.start]) is not None
                if 0 <= behind <= near or (of and 0 <= before <= 5) or made:
                    return option.dimension
        return ""

    @staticmethod
    def _whole_said(frame: Frame, part: str) -> bool:
        """ "share of COD orders by platform": COD orders can be the part as well as the whole."""
        if part == SIZE:
            return True
        share = frame.signs["share"][0]
        spans = [v.span for v in frame.values if any(o.dimension == part for o in v.options)]
        return any(0 <= s.start - share.end <= 5 for s in spans)

    @staticmethod
    def _part_last(frame: Frame, parts: list[DimensionMention], dimensions: list[str]) -> bool:
        """The dimension whose parts are shared out comes last; the groups come before it. False where two nouns
        of the same mark leave it open which is which."""
        share = frame.signs["share"][0]
        inside = {
            d.key
            for d in parts
            if _WITHIN.search(frame.text[: d.span.start]) or _INSIDE.match(frame.text[d.span.end :])
        }
        keys = list(dict.fromkeys(d.key for d in parts))
        pool = [d for d in parts if d.key not in inside] if len(inside) < len(keys) else parts
        nearest = min(pool, key=lambda d: abs(d.span.start - share.start))
        dimensions.remove(nearest.key)
        dimensions.append(nearest.key)
        marks = {d.mark for d in parts}
        return bool(inside) or len(keys) != 2 or len(marks) > 1

    @staticmethod
    def _part(frame: Frame, choice: Choice, inside: list[Filter]) -> str:
        """Which of several filters is the part: the one before "share of"/占, else the last one said; the place behind
        it is where the whole stands ("the share of live in douyin GMV", "was paid traffic on Xiaohongshu").
        """
        share = frame.signs["share"][0]
        before = [f for f in inside if choice.filter_spans.get(f.dimension, 0) < share.start]
        after = [f for f in inside if f not in before]
        chosen = before[-1:] if before and after else inside
        if len(chosen) > 1:
            *rest, last = sorted(chosen, key=lambda f: choice.filter_spans.get(f.dimension, 0))
            start, end = (choice.filter_spans.get(f.dimension, 0) for f in (rest[-1], last))
            figure = any(start < m.span.start < end for m in frame.metrics)
            if not figure and _WITHIN.search(frame.text[:end]):
                chosen = rest
        return max(chosen, key=lambda f: choice.filter_spans.get(f.dimension, 0)).dimension
