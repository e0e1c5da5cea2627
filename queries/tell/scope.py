"""What part of the business an answer speaks of: its filters, in brackets behind what is counted."""

from __future__ import annotations

from queries.query import Filter
from queries.tell.telling import Telling
from queries.tell.words import filter_words, say


def scope_words(told: Telling, filters: tuple[Filter, ...]) -> str:
    """Filters in words, in brackets; empty where there are none.

    >>> scope_words(told, (Filter(dimension="platform", values=("jd",)),))
    ' (JD)'
    """
    if not filters:
        return ""
    words = [filter_words(given, told.model, told.language, told.names) for given in filters]
    text = say("words", "comma", told.language).join(words)
    return f" ({text})" if told.language == "en" else f"({text})"
