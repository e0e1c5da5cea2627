"""What building a query comes to: the query, other readings of the same words, or the reason there is none."""

from __future__ import annotations

from dataclasses import dataclass, field

from queries.query import SemanticQuery


@dataclass
class Built:
    """A query, or the reason there is none."""

    query: SemanticQuery | None = None
    problem: str = ""
    """misfit, shape, list, share, threshold."""
    words: tuple[str, ...] = ()
    defaults: list[str] = field(default_factory=list)
    variants: list[dict[str, object]] = field(default_factory=list)
    """Other readings of the same words, as changes of `query`; with any of them the asker chooses."""
