"""What a question says, by kind: metrics, groupings, filters, time, rank and the rest; `collect` fills it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from queries.ask.mentions import DimensionMention, MetricMention, ValueMention
from queries.ask.spans import ConditionWord, FieldValueWord, FieldWord, Intent, Rank, Span, Threshold
from queries.ask.when.meaning import Bound, Festival, Grained, Period, Relative, TimeSpan, Vague, Versus

TIME = (Period, Festival, Relative, Versus, Grained, Vague, Bound)


@dataclass
class Frame:
    """Everything read, and the spans that found no use (`residue`)."""

    text: str
    metrics: list[MetricMention] = field(default_factory=list)
    dimensions: list[DimensionMention] = field(default_factory=list)
    values: list[ValueMention] = field(default_factory=list)
    times: list[TimeSpan] = field(default_factory=list)
    spoken_times: tuple[TimeSpan, ...] = ()
    """All words of time, also those that a later step sets aside (`vs` between two values)."""
    ranks: list[tuple[Span, Rank]] = field(default_factory=list)
    thresholds: list[tuple[Span, Threshold]] = field(default_factory=list)
    domains: list[tuple[Span, str]] = field(default_factory=list)
    registers: list[tuple[Span, str]] = field(default_factory=list)
    conditions: list[tuple[Span, ConditionWord]] = field(default_factory=list)
    fields: list[tuple[Span, FieldWord, str]] = field(default_factory=list)
    field_values: list[tuple[Span, FieldValueWord]] = field(default_factory=list)
    intents: list[tuple[Span, Intent]] = field(default_factory=list)
    signs: dict[str, list[Span]] = field(default_factory=dict)
    bases: list[str] = field(default_factory=list)
    vague: list[tuple[Span, str]] = field(default_factory=list)
    residue: list[Span] = field(default_factory=list)
    measured: list[Span] = field(default_factory=list)
    """Bounds on a measured dimension: orders above 500 yuan."""
    counted: list[tuple[Span, int]] = field(default_factory=list)
    """两个渠道, both shops: how many names the question says it has."""
    limits: list[tuple[Span, int]] = field(default_factory=list)  # 列五个, 取8个: rows, without a direction
    spans: list[Span] = field(default_factory=list)
    preferences: Mapping[str, str] = field(default_factory=dict)
    """How the asker wants open words read: key of a term or `context:` key -> metric."""

    def has(self, sign: str) -> bool:
        return sign in self.signs

    def words(self, spans: Iterable[Span]) -> tuple[str, ...]:
        """The words of spans, as they stand in the normalised text."""
        return tuple(self.text[s.start : s.end] for s in spans)


__all__ = ["TIME", "DimensionMention", "Frame", "MetricMention", "ValueMention"]
