"""Metrics named in a list, and metrics that only stand near each other."""

from __future__ import annotations

import re

from queries.ask.frame import Frame, MetricMention

_BOTH = re.compile(r"and|&|\+|和|与|及|以及|、|还有")
_MEMBERS = re.compile(r"(?:,|、|/|\+|,? ?(?:and|&|as well as)(?: the| our)?|和|与|及|以及|还有|,和)")
_OF = re.compile(r"\s*(?:of|for|from|among) ")
_LISTING = re.compile(
    r"[,、/&+;:(]|(?<![a-z])(?:and|or|vs|versus|with|plus)(?![a-z])|和|与|及|跟|还有|对比|vs"
)


def listed(frame: Frame, one: MetricMention, other: MetricMention) -> bool:
    """ "live viewers and live buyers": both are asked for."""
    gap = frame.text[min(one.span.end, other.span.end) : max(one.span.start, other.span.start)].strip()
    return _BOTH.fullmatch(gap) is not None


def in_list(frame: Frame, mention: MetricMention) -> bool:
    """ "spend, clicks and cpc": a member of a list is asked for, whatever else it could be."""
    for other in frame.metrics:
        if other is mention:
            continue
        first, second = sorted((mention.span, other.span), key=lambda s: s.start)
        if _MEMBERS.fullmatch(frame.text[first.end : second.start].strip()):
            return True
    return False


def led_by(frame: Frame, one: MetricMention, other: MetricMention) -> bool:
    """refund rate of (the double 11) orders: the noun says what the first metric is of."""
    gap = frame.text[one.span.end : other.span.start]
    return one.span.end <= other.span.start and _OF.match(gap) is not None and not _LISTING.search(gap)


def dangling(frame: Frame, mentions: list[MetricMention], mention: MetricMention) -> bool:
    """A second metric without "and" or a comma before it: it belongs to something we did not read."""
    before = [m for m in mentions if m.span.end <= mention.span.start]
    if frame.has("share") or not before or before[-1].sort:
        return False
    gap = frame.text[before[-1].span.end : mention.span.start].strip()
    return bool(gap) and not _LISTING.search(gap)
