"""Two kinds of buyers set against each other: returning to new customers, new vs returning ratio.

Alone these words narrow or split; between "ratio of" and "to" they are two counts.
"""

from __future__ import annotations

import re

from queries.ask.spans import MetricWord, Span

_KINDS = {"new": "new_buyers", "returning": "returning_buyers"}
_NOUN = r"(?: (?:customers|buyers|shoppers|clients|ones))?"
_NEW = rf"(?:new|first[ -]time){_NOUN}"
_OLD = rf"(?:returning|repeat|existing|old){_NOUN}"
_PAIRS = re.compile(
    rf"(?<![a-z])(?:(?P<a>{_NEW})(?P<ab> (?:to|over|vs|versus|and) | ?[/:] ?)(?P<b>{_OLD})"
    rf"|(?P<c>{_OLD})(?P<cd> (?:to|over|vs|versus|and) | ?[/:] ?)(?P<d>{_NEW}))(?![a-z])"
)
_RATIO = re.compile(r"(?<![a-z])ratio(?![a-z])")


def tag_pairs(text: str) -> list[Span]:
    """Both counts, where the text asks for a ratio."""
    if not _RATIO.search(text):
        return []
    found = []
    for match in _PAIRS.finditer(text):
        for group, key in (("a", "new"), ("b", "returning"), ("c", "returning"), ("d", "new")):
            if match[group]:
                found.append(Span((match.span(group),), (MetricWord(_KINDS[key]),), 9))
    return found
