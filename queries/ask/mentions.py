"""Words of a question as they were said: a metric, a way to split, a value, each with what stood beside it."""

from __future__ import annotations

from dataclasses import dataclass

from queries.ask.spans import Span, ValueWord


@dataclass
class MetricMention:
    """One metric word; `choices` has several keys where the word is open."""

    span: Span
    key: str = ""
    term: str = ""
    sort: bool = False
    ranks: bool = False
    """Stands right before a rank and another figure is asked: 销量前20的sku卖了多少钱."""
    joined: bool = False
    """Stands in a list with another metric: "GMV and net sales"."""
    per: bool = False
    """Stands behind "per": the other half of a ratio."""
    including: bool = False
    counted: bool = False
    """"how many refunds" asks for their number."""
    bounds: bool = False
    """Names a bound with its figure: 亏钱的单品."""
    less: bool = False
    """Stands behind minus/扣掉: what another metric is to be without."""


@dataclass
class DimensionMention:
    span: Span
    key: str
    mark: str = ""
    """by, each, which, or '' where no word asks for a list."""
    plural: bool = False
    rest: bool = False
    """Only says what remains beside what is left out: 其他店."""


@dataclass
class ValueMention:
    span: Span
    options: tuple[ValueWord, ...]
    exclude: bool = False
