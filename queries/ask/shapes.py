"""Shapes: a metric query that is to be laid out as a cohort grid, a funnel, or a table of moves.

The question is read like the metric the shape stands on; what the shape cannot hold (a rank, a threshold, a share)
makes the reading unread, never a plain list under the wrong name.
"""

from __future__ import annotations

import re
from datetime import date

from pydantic import ValidationError

from queries.ask.draft import Draft
from queries.ask.frame import Frame
from queries.ask.narrow import SEGMENTS
from queries.ask.spans import ShapeWord, Span
from queries.ask.when.meaning import Period
from queries.ask.when.periods import DAY, add_months
from queries.ask.words import Words
from queries.model import Model
from queries.model.load import names_in
from queries.query import (
    Answerable,
    CohortQuery,
    Filter,
    FunnelQuery,
    MovementQuery,
    Reading,
    Refuse,
    SemanticQuery,
    ShapedQuery,
    TimeRange,
)

COHORT_METRICS = {"retention_rate", "cohort_active", "cohort_members", "cohort_value"}
COHORT_DIMENSIONS = {"cohort_month", "month_no", "platform"}
LAST_MONTH_NO = 12
_RANGE = re.compile(r"\b(?:to|and|until|till)\b|至|到|~|-|与|和")
"""Two ends were said."""


class Shapes:
    """Lays out readings for one model."""

    def __init__(self, model: Model, words: Words) -> None:
        self.model, self.twins = model, words.of("segment_twins")

    def laid_out(self, draft: Draft, query: SemanticQuery, defaults: list[str]) -> Reading | None:
        """The reading as a shape; None where the question asks for a plain list."""
        asked = {word: span for span in draft.frame.spans for word in span.of(ShapeWord)}
        told = tuple(dict.fromkeys(defaults))
        if any(word.shape == "movement" for word in asked):
            return self._movement(draft, query, *next(iter(asked.items())))
        if asked:
            word, span = next(iter(asked.items()))
            return self._funnel(draft, query, word.key, span, told)
        return self._cohorts(draft, query, told)

    def patched(self, draft: Draft, last: ShapedQuery) -> Reading | None:
        """A follow-up: the same shape for another period or platform; None where the turn changes something else."""
        frame, choice, timing = draft.frame, draft.choice, draft.timing
        named = {o.dimension for v in frame.values for o in v.options}
        if choice is None or timing is None or frame.dimensions or frame.ranks or frame.thresholds:
            return None
        if timing.grain or timing.compare or timing.problem or not named <= {"platform"}:
            return None
        changed: dict[str, object] = {}
        if frame.values:
            values = tuple(v.options[0].value for v in frame.values)
            op = "not_in" if frame.values[0].exclude else "in"
            kept = tuple(f for f in last.filters if f.dimension != "platform")
            changed["filters"] = (*kept, Filter(dimension="platform", op=op, values=values))
        if any(isinstance(t.meaning, Period) for t in frame.spoken_times):
            changed |= self._other_time(draft, last, timing.time)
        return Answerable(query=last.model_copy(update=changed)) if changed else None

    @staticmethod
    def _other_time(draft: Draft, last: ShapedQuery, time: TimeRange | None) -> dict[str, object]:
        if isinstance(last, MovementQuery):
            days = _dates(draft, None)
            return {"earlier": days[0], "later": days[1]} if days else {}
        if isinstance(last, CohortQuery):
            return {"time": time, "months": _months_since(time, draft.clock.today)}
        return {"time": time}

    # --- cohorts

    def _cohorts(self, draft: Draft, query: SemanticQuery, told: tuple[str, ...]) -> Reading | None:
        metrics = set(query.metrics)
        if not metrics <= COHORT_METRICS or not set(query.dimensions) <= COHORT_DIMENSIONS:
            return None
        if query.grain not in (None, "month") or query.compare or not self._plain(query):
            return None
        only = [int(f.values[0]) for f in query.filters if f.dimension == "month_no" and len(f.values) == 1]
        if any(f.dimension not in ("platform", "month_no") for f in query.filters) or len(only) > 1:
            return None
        laid = CohortQuery(
            measure="value" if "cohort_value" in metrics else "retention",
            months=only[0] if only else _months_since(query.time, draft.clock.today),
            from_month=only[0] if only else 0,
            dimensions=tuple(d for d in query.dimensions if d == "platform"),
            filters=tuple(f for f in query.filters if f.dimension == "platform"),
            time=query.time,
        )
        return Answerable(query=laid, defaults=told)

    # --- funnels

    def _funnel(
        self, draft: Draft, query: SemanticQuery, key: str, span: Span, told: tuple[str, ...]
    ) -> Reading | None:
        stages = self.model.funnels[key].stages
        measures = {name for stage in stages for name in names_in(self.model.metrics[stage].formula)}
        other = [m for m in query.metrics if not set(names_in(self.model.metrics[m].formula)) <= measures]
        if other or not self._plain(query):
            return Refuse(reason="unread_words", words=(draft.said(span.start, span.end),))
        if query.grain or query.compare:
            dimensions = tuple(dict.fromkeys([*query.dimensions, *self._per_platform(query)]))
            wide = query.model_copy(update={"metrics": stages, "dimensions": dimensions})
            return Answerable(query=wide, defaults=told)
        laid = FunnelQuery(funnel=key, dimensions=query.dimensions, filters=query.filters, time=query.time)
        return Answerable(query=laid, defaults=told)

    @staticmethod
    def _per_platform(query: SemanticQuery) -> tuple[str, ...]:
        one = any(f.dimension == "platform" and f.op == "in" and len(f.values) == 1 for f in query.filters)
        return () if one else ("platform",)

    # --- movements

    def _movement(self, draft: Draft, query: SemanticQuery, word: ShapeWord, span: Span) -> Reading | None:
        frame = draft.frame
        into, _, segment = word.key.partition(":")  # "customers who lapsed" says where they went
        segment, _, told = segment.partition(":")
        stayed = tuple(key for key in self.model.dimensions[into].values if key != segment) if told else ()
        sides = (into, stayed, (segment,)) if segment else self._sides(frame)
        other = [f for f in query.filters if f.dimension not in (*SEGMENTS, "platform")]
        extra = [d for d in query.dimensions if d not in SEGMENTS]
        days = _dates(draft, query)
        if sides is None or other or extra or days is None or query.metrics != ("segment_customers",):
            return Refuse(reason="unread_words", words=(draft.said(span.start, span.end),))
        segments, leaving, entering = sides
        try:
            laid = MovementQuery(
                segments=segments,
                earlier=days[0],
                later=days[1],
                leaving=leaving,
                entering=entering,
                as_rate=bool(told),
                filters=tuple(f for f in query.filters if f.dimension == "platform"),
            )
        except ValidationError:
            return Refuse(reason="unread_words", words=(draft.said(span.start, span.end),))
        if segment and (frame.values and any(o.dimension in SEGMENTS for v in frame.values for o in v.options)):
            return Refuse(reason="unread_words", words=(draft.said(span.start, span.end),))
        defaults = () if frame.spoken_times else ("period:movement",)
        return Answerable(query=laid, defaults=defaults)

    def _sides(self, frame: Frame) -> tuple[str, tuple[str, ...], tuple[str, ...]] | None:
        """The set of segments, where customers come from and where they went: "from active to lapsed", 变成流失."""
        named = [v for v in frame.values if any(o.dimension in SEGMENTS for o in v.options)]
        sets = [d.key for d in frame.dimensions if d.key in SEGMENTS]
        sets += [o.dimension for v in named for o in v.options if o.dimension in SEGMENTS]
        segments = sets[0] if sets else "rfm"
        values: list[tuple[Span, str]] = []
        for mention in named:
            found = self._value_in(segments, [(o.dimension, o.value) for o in mention.options])
            if found is None or mention.exclude:
                return None
            values.append((mention.span, found))
        if len(values) > 2:
            return None
        if len(values) == 2:
            return segments, (values[0][1],), (values[1][1],)
        if not values:
            return segments, (), ()
        (where, value) = values[0]
        leaves = (
            "from" in frame.text[: where.start].split()[-2:]
            or frame.text[: where.start].rstrip()[-1:] in "从由"
        )
        return (
            (segments, (value,), ())
            if leaves and frame.text[: where.start].strip()
            else (segments, (), (value,))
        )

    def _value_in(self, segments: str, options: list[tuple[str, str]]) -> str | None:
        for dimension, value in options:
            if dimension == segments:
                return value
        twins = self.twins.get(segments, {})
        return next((twins[f"{d}:{v}"] for d, v in options if f"{d}:{v}" in twins), None)

    # --- what no shape holds

    @staticmethod
    def _plain(query: SemanticQuery) -> bool:
        more = (query.having, query.limit, query.order, query.top_per_group, query.share_of)
        return not any((*more, query.per, query.among, query.base, query.currency))


def _months_since(time: TimeRange | None, today: date) -> int:
    """The last month after the first purchase that is over for the oldest cohort.

    >>> _months_since(TimeRange(start=date(2026, 5, 1), end=date(2026, 11, 1)), date(2026, 11, 24))
    5
    """
    if time is None or time.start is None:
        return LAST_MONTH_NO
    passed = (today.year - time.start.year) * 12 + today.month - time.start.month
    return min(max(passed - 1, 1), LAST_MONTH_NO)


def _dates(draft: Draft, query: SemanticQuery | None) -> tuple[date, date] | None:
    """The two dates a movement is between.

    Two periods: the end of each. Whole months named as a range ("between September and October"): the end of the
    first and of the last; two days ("from Nov 2 to Nov 23"): these days. One period: the day before it and its last
    day. None said: the end of the month before last against the end of last month.
    """
    today = draft.clock.today
    first = today.replace(day=1)
    against = query.compare.against if query and query.compare else None
    if query and against and against.end and query.time and query.time.end:
        pair = (against.end - DAY, query.time.end - DAY)
    elif not any(isinstance(t.meaning, Period) for t in draft.frame.spoken_times):
        pair = (add_months(first, -1) - DAY, first - DAY)
    else:
        spoken = next(t.meaning for t in draft.frame.spoken_times if isinstance(t.meaning, Period)).range
        start, end = spoken.start, spoken.end
        if start is None or end is None:
            return None
        month = add_months(start, 1)
        ranged = spoken.unit == "free" and _RANGE.search(spoken.said) is not None
        months = ranged and start.day == 1 and month < end and (end.day == 1 or spoken.to_date)
        before = start if ranged else start - DAY
        pair = (month - DAY if months else before, end - DAY)
    yesterday = today - DAY
    earlier, later = pair[0], min(pair[1], yesterday)
    return (earlier, later) if earlier < later else None
