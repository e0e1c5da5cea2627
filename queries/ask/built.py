"""What building a query comes to: the query, other readings of the same words, or the reason there is none."""

from __future__ import annotations

from dataclasses import dataclass, field

from queries.query import Base, Filter, Having, SemanticQuery, TopOf


@dataclass
class Built:
    """A query, or the reason there is none."""

    query: SemanticQuery | None = None
    problem: str = ""
    """misfit, shape, list, share, threshold."""
    words: tuple[str, ...] = ()
    defaults: list[str] = field(default_factory=list)
    having: list[Having] = field(default_factory=list)
    """Thresholds that belong to the ranking itself: what "fell most" has fallen."""
    base: Base | None = None
    among: TopOf | None = None
    """The rank is over the whole period, the rows are its days or months."""
    known: list[Filter] = field(default_factory=list)
    """Filters that leave out the row of what is not known."""
    variants: list[dict[str, object]] = field(default_factory=list)
    """Other readings of the same words, as changes of `query`; with any of them the asker chooses."""
