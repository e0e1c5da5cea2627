"""What a run of words can mean, and the cover: non-overlapping spans, longest first, alternatives kept."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from queries.ask.when.meaning import Meaning as TimeMeaning


@dataclass(frozen=True)
class MetricWord:
    """A metric by one of its names."""

    key: str


@dataclass(frozen=True)
class TermWord:
    """A word with more than one reading (`terms` of the model, `contexts` of the word tables)."""

    key: str


@dataclass(frozen=True)
class DimensionWord:
    """A dimension by one of its names; `plural` ("platforms") asks for a list where the language shows it."""

    key: str
    plural: bool = False


@dataclass(frozen=True)
class ValueWord:
    """A value of a dimension. Two of them on one span are a clarification."""

    dimension: str
    value: str
    label: str = ""


@dataclass(frozen=True)
class RegisterWord:
    """A register by one of its names."""

    key: str


@dataclass(frozen=True)
class ConditionWord:
    """A named condition of a register: overdue, open, failed."""

    register: str
    key: str


@dataclass(frozen=True)
class FieldWord:
    """A column of a register, to count by."""

    register: str
    field: str


@dataclass(frozen=True)
class FieldValueWord:
    """A value of a register's column."""

    register: str
    field: str
    value: str


@dataclass(frozen=True)
class Domain:
    """A part of the business that settles which of several metrics is meant: ads, social, live, traffic."""

    key: str


@dataclass(frozen=True)
class Sign:
    """A word that works rather than means: by, each, which, without, share, only, how many, and."""

    kind: str


@dataclass(frozen=True)
class Rank:
    """top 5, highest, 前三, 最差. `n` None leaves the number open; `quality` best/worst follow the metric."""

    n: int | None
    descending: bool
    quality: bool = False
    single: bool = False
    """highest, which … most: one row is asked for."""
    grain: str = ""
    """best day, 最高的一个月: the ranked thing is a period."""


@dataclass(frozen=True)
class Threshold:
    """more than 100 units, 1万以上. `hint` is the unit word behind the number."""

    op: Literal["gt", "ge", "lt", "le", "eq"]
    value: Decimal
    percent: bool = False
    hint: str = ""


Op = Literal["gt", "ge", "lt", "le", "eq"]


@dataclass(frozen=True)
class Measured:
    """A bound on a measured dimension: orders above 500 yuan."""

    dimension: str
    op: Literal["gt", "ge", "lt", "le", "between"]
    values: tuple[Decimal, ...]


@dataclass(frozen=True)
class Growth:
    """fastest growing, 跌得最多: rows are ranked by their change, up or down, in percent or by amount."""

    up: bool
    ratio: bool


@dataclass(frozen=True)
class Concentrated:
    """the top 10 % of customers; how many products make 80 %: what is ranked, and the share that is named."""

    of: str
    share: Decimal
    reaches: bool
    """The share is of the amount, not of the number."""


@dataclass(frozen=True)
class InCurrency:
    """in USD, 折合美元: amounts are to be shown in another currency."""

    code: str


@dataclass(frozen=True)
class PerPeriod:
    """average … per day, 日均: figures as their average per period, or per live session."""

    unit: Literal["day", "week", "month", "quarter", "year", "session"]


@dataclass(frozen=True)
class Intent:
    """Something we do not do: change, predict, explain a cause, look up a person, another topic."""

    kind: str
    topic: str = ""


@dataclass(frozen=True)
class ShapeWord:
    """A word that asks for a shape: `funnel` (with the funnel's key), `movement` between segments, what is `absent`."""

    shape: Literal["funnel", "movement", "absent"]
    key: str


@dataclass(frozen=True)
class NotionWord:
    """What words are about (keeping, how long, who may): the notions of one span that a reading can use."""

    keys: frozenset[str]


Meaning = (MetricWord | ShapeWord | TermWord | DimensionWord | ValueWord | RegisterWord | ConditionWord | FieldWord |
           NotionWord | FieldValueWord | Domain | Sign | Rank | Threshold | Measured | PerPeriod | Growth |
           Concentrated | InCurrency |            Intent | TimeMeaning)


@dataclass(frozen=True)
class Span:
    """Pieces of the normalised text (several for "how many … in the cart") and what they may mean."""

    pieces: tuple[tuple[int, int], ...]
    meanings: tuple[Meaning, ...]
    weight: int = 0
    """Breaks ties between spans of equal length."""

    @property
    def start(self) -> int:
        return self.pieces[0][0]

    @property
    def end(self) -> int:
        return self.pieces[-1][1]

    @property
    def length(self) -> int:
        """Characters read, without the gaps."""
        return sum(end - start for start, end in self.pieces)

    def of(self, kind: type) -> list:
        """The meanings of one kind."""
        return [meaning for meaning in self.meanings if isinstance(meaning, kind)]


def cover(spans: Iterable[Span], size: int) -> tuple[list[Span], list[tuple[int, int]]]:
    """Longest spans first, none overlapping; equal spans share their meanings. Also what stays unread."""
    merged: dict[tuple[tuple[int, int], ...], Span] = {}
    for span in spans:
        old = merged.get(span.pieces)
        if old is None:
            merged[span.pieces] = span
        else:
            meanings = tuple(dict.fromkeys(old.meanings + span.meanings))
            merged[span.pieces] = Span(span.pieces, meanings, max(old.weight, span.weight))
    taken = bytearray(size)
    chosen: list[Span] = []
    spans = sorted(merged.values(), key=lambda s: (-s.length, -s.weight, len(s.pieces), s.start))
    for span in (s for s in _longest(spans) if len(s.pieces) > 1):
        _take(span, taken)
        chosen.append(span)
    chosen += _best_path([s for s in spans if len(s.pieces) == 1 and not any(taken[s.start:s.end])], taken)
    for span in chosen:
        _take(span, taken)
    return sorted(chosen, key=lambda s: s.start), _gaps(taken)


def _take(span: Span, taken: bytearray) -> None:
    for start, end in span.pieces:
        taken[start:end] = b"\x01" * (end - start)


def _longest(spans: list[Span]) -> list[Span]:
    """Greedy, longest first: decides which phrases with gaps are used at all."""
    taken = bytearray(max((s.end for s in spans), default=0))
    kept = []
    for span in spans:
        if not any(any(taken[start:end]) for start, end in span.pieces):
            _take(span, taken)
            kept.append(span)
    return kept


def _best_path(spans: list[Span], taken: bytearray) -> list[Span]:
    """Non-overlapping spans that leave the fewest characters unread, then the longest ones.

    Plain longest-first would read 各类 + 目 where 各 + 类目 was written.
    """
    size = len(taken)
    ending: dict[int, list[Span]] = {}
    for span in spans:
        ending.setdefault(span.end, []).append(span)
    best: list[tuple[int, int, int]] = [(0, 0, 0)]
    last: list[Span | None] = [None]
    for end in range(1, size + 1):
        score, chosen = best[end - 1], None
        for span in ending.get(end, ()):
            read, squares, weight = best[span.start]
            trial = (read + span.length, squares + span.length ** 2, weight + span.weight)
            if trial > score:
                score, chosen = trial, span
        best.append(score)
        last.append(chosen)
    path: list[Span] = []
    at = size
    while at > 0:
        span_here = last[at]
        if span_here is None:
            at -= 1
        else:
            path.append(span_here)
            at = span_here.start
    return path


def _gaps(taken: Sequence[int]) -> list[tuple[int, int]]:
    gaps: list[tuple[int, int]] = []
    start = None
    for index, used in enumerate((*taken, 1)):
        if not used and start is None:
            start = index
        elif used and start is not None:
            gaps.append((start, index))
            start = None
    return gaps
