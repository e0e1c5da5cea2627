"""Declared defaults in words: how a question was read where it left something open, and what else it could mean."""

from __future__ import annotations

from queries.tell.telling import Telling
from queries.tell.words import has, say


def read_as(told: Telling) -> list[str]:
    """Declared defaults that shaped the reading, with the other reading named."""
    found = []
    for default in told.defaults:
        text = default_words(default, told)
        if text:
            found.append(text)
    return found


def default_words(default: str, told: Telling) -> str:
    """One default in words: `term:sales`, `period:last_30_days`, `limit:10`."""
    kind, _, rest = default.partition(":")
    if kind == "premise":
        return ""  # said only where the figure went the other way (`caveats`)
    if kind == "term":
        key, _, metric = rest.partition(":")
        term = told.model.terms[key]
        if not metric:
            return term.note_zh if told.language == "zh" else term.note_en
        word = (term.zh if told.language == "zh" else term.en or term.zh)[0]
        label = told.model.metrics[metric].label(told.language)
        return say("defaults", "read_as", told.language, word=word, metric=label)
    if kind == "spelling":
        typed, _, word = rest.partition(":")
        return say("defaults", "spelling", told.language, typed=typed, word=word)
    if kind in ("preference", "remembered"):
        metric, _, word = rest.partition(":")
        label = told.model.metrics[metric].label(told.language)
        return say("conversation", kind, told.language, word=word, metric=label)
    if kind == "limit" and rest == "rest":
        return say("defaults", "rest", told.language)
    if kind == "limit":
        return say("defaults", "limit", told.language, count=rest)
    pieces = rest.split("_")
    if kind == "period" and not has("defaults", rest) and pieces[0] == "last":
        if len(pieces) == 2:
            return say("defaults", "last_one", told.language, unit=say("periods", pieces[1], told.language))
        unit = say("units", pieces[2].rstrip("s"), told.language)
        return say("defaults", "last_n", told.language, count=pieces[1], unit=unit)
    return say("defaults", rest, told.language)
