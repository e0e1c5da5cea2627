"""A rank said in two places ("which gained most? top 5"), and what sells where no noun says it ("our best sellers")."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from queries.ask.mentions import DimensionMention, MetricMention
from queries.ask.spans import Growth

if TYPE_CHECKING:
    from queries.ask.frame import Frame

_ENDS = re.compile(
    r"\s*(?:$|[,.;:?!)]|[\u4e00-\u9fff]|(?:only|please|pls|thanks|in|for|over|by|will|is|are|during|since|this|last)(?![a-z]))"
)
_SELLERS = re.compile(r"(?:seller|mover|earner|maker|spinner|grosser|cow|generator)s$")


def one_rank(frame: Frame) -> None:
    """ "which category gained most? top 5": the number belongs to the superlative before it, not to a second list."""
    _one_growth(frame)
    if len(frame.ranks) != 2:
        return
    (first, one), (second, two) = frame.ranks
    plain = two.n is not None and one.n is None and two.descending and not one.grain and not two.grain
    if not plain or not _ENDS.match(frame.text[second.end :]) or two.quality:
        return
    frame.ranks = [(first, replace(one, n=two.n, single=False))]


def _one_growth(frame: Frame) -> None:
    """ "biggest losers: the 10 products whose sales fell hardest": one list by change, however often it is said."""
    grown = [(span, rank) for span, rank in frame.ranks if span.of(Growth)]
    plain = [(span, rank) for span, rank in frame.ranks if not span.of(Growth)]
    same = len({growth for span, _ in grown for growth in span.of(Growth)}) == 1
    numbers = {rank.n for _, rank in frame.ranks if rank.n is not None}
    if len(frame.ranks) < 2 or not same or len(numbers) > 1 or any(r.n is None or r.grain for _, r in plain):
        return
    span, rank = grown[-1]
    n = numbers.pop() if numbers else None
    frame.ranks = [(span, replace(rank, n=n, single=rank.single and n is None))]


def sellers(frame: Frame) -> None:
    """ "our ten best sellers": what sells are products, where no other noun says so."""
    if frame.dimensions:
        return
    for mention in _sellers(frame):
        frame.dimensions.append(DimensionMention(mention.span, "product", "which", plural=True))
        return


def plural_sellers(frame: Frame) -> bool:
    """ "biggest earners by category": several rows, though no number is said."""
    return bool(_sellers(frame))


def _sellers(frame: Frame) -> list[MetricMention]:
    return [
        m
        for m in frame.metrics
        if m.term.startswith(("context:best_", "context:worst_", "context:earners"))
        and _SELLERS.search(frame.text[m.span.start : m.span.end])
    ]
