"""Metrics named in a list, and metrics that only stand near each other."""

from __future__ import annotations

import re

from queries.ask.frame import Frame, MetricMention
from queries.ask.spans import ValueWord

_BOTH = re.compile(r"and|&|\+|和|与|及|以及|、|还有")
_MEMBERS = re.compile(r"(?:,|、|/|\+|,? ?(?:and|&|as well as)(?: the| our)?|和|与|及|以及|还有|,和)")
_OWNING = re.compile(r"with (?:a|an|any|no)")
"""orders with a platform coupon: which orders, not a second figure."""
_OF = re.compile(r"\s*(?:of|for|from|among) ")
_LISTING = re.compile(
    r"[,、/&+;:(]|(?<![a-z])(?:and|or|vs|versus|with|plus)(?![a-z])|和|与|及|跟|还有|对比|vs|^比$"
)
ASKS = re.compile(r"how (?:many|much)|number of|多少|几")


def asked_apart(frame: Frame, mention: MetricMention, others: list[MetricMention]) -> bool:
    """ "rating per platform, and how many reviews": a second question word asks for a second figure."""
    word = frame.text[mention.span.start : mention.span.end]
    signs = [s for s in frame.signs.get("how_many", ()) if 0 <= mention.span.start - s.end <= 2]
    start = signs[-1].start if signs else mention.span.start
    if not signs and not ASKS.search(word):
        return False
    before = [o for o in others if o.span.end <= start]
    head = frame.text[:start].rstrip()
    return bool(before) and head.endswith((",", ";", " and", "&", "、", "和", "及", "?"))


_NOUN = re.compile(r"(?<![a-z])(?:with|plus|their|its|the) $")


def named_apart(frame: Frame, mention: MetricMention) -> bool:
    """ "with their spend": the word is a noun here and a figure of its own, not the verb of another one."""
    return _NOUN.search(frame.text[: mention.span.start]) is not None


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


def heads_list(frame: Frame, mention: MetricMention) -> bool:
    """新客、老客、GMV分别多少: the first of a list is a figure as the others are."""
    behind = [m for m in frame.metrics if m.span.start >= mention.span.end]
    nearest = min(behind, key=lambda m: m.span.start, default=None)
    if nearest is None:
        return False
    gap = frame.text[mention.span.end : nearest.span.start].strip()
    return gap != "," and _MEMBERS.fullmatch(gap) is not None


def led_by(frame: Frame, one: MetricMention, other: MetricMention) -> bool:
    """refund rate of (the double 11) orders: the noun says what the first metric is of."""
    gap = frame.text[one.span.end : other.span.start]
    return one.span.end <= other.span.start and _OF.match(gap) is not None and not _LISTING.search(gap)


_THINGS = re.compile(r"(?:退款|退货|单子?|的人|客户|买家|顾客|商品|单品)$")


def dangling(frame: Frame, mentions: list[MetricMention], mention: MetricMention) -> bool:
    """A second metric without "and" or a comma before it: it belongs to something we did not read."""
    before = [m for m in mentions if m.span.end <= mention.span.start]
    if frame.has("share") or not before or before[-1].sort:
        return False
    gap = frame.text[before[-1].span.end : mention.span.start].strip()
    asked = ASKS.search(frame.text[before[-1].span.start : before[-1].span.end])
    if not gap and not asked and _THINGS.search(frame.text[: mention.span.start]):
        return True  # 退了的订单GMV is GMV of those orders
    return bool(gap) and (_OWNING.fullmatch(gap) is not None or not _LISTING.search(gap))


def bounded_by(frame: Frame, mention: MetricMention, mentions: list[MetricMention]) -> int | None:
    """The threshold of this metric and of no nearer one: 投产比大于3的计划花了多少 bounds the ROAS."""
    index = threshold_beside(frame, mention)
    if index is None:
        return None
    span = frame.thresholds[index][0]

    def far(other: MetricMention) -> int:
        return min(abs(other.span.start - span.end), abs(span.start - other.span.end))

    return index if all(far(mention) <= far(other) for other in mentions) else None


def threshold_beside(frame: Frame, mention: MetricMention) -> int | None:
    """The threshold right behind or right before a metric word: "more than 100 orders", 退款率超过10%."""
    best: tuple[int, int] | None = None
    for index, (span, _) in enumerate(frame.thresholds):
        gap = min(abs(mention.span.start - span.end), abs(span.start - mention.span.end))
        if gap <= 12 and (best is None or gap < best[0]):
            between = frame.text[min(mention.span.end, span.end) : max(mention.span.start, span.start)]
            if "," not in between:
                best = (gap, index)
    return best[1] if best else None


def ranked_by(frame: Frame) -> None:
    """销量前20的sku卖了多少钱: the figure right before the rank only ranks, the other one is asked."""
    for span, _ in frame.ranks:
        before = [m for m in frame.metrics if 0 <= span.start - m.span.end <= 1]
        behind = [m for m in frame.metrics if m.span.start >= span.end]
        if len(before) == 1 and behind:
            before[0].sort = before[0].ranks = True


_OWN_OF = re.compile(r"(?:breakdown|split|overview|comparison|table|list|chart) of(?: the| our| all)?$")
_OF_VALUES = re.compile(r"\s*(?:of|for|from|on|in|among) (?:the |our |all )?[\s,/&]*(?:(?:vs\.?|versus|and|or)[\s,]*)*")


def open_before(frame: Frame, mention: MetricMention) -> str:
    """The text before a metric. "A breakdown of orders and visitors" lists both: that "of" ties to no other metric."""
    return _OWN_OF.sub("", frame.text[: mention.span.start].rstrip()).rstrip()


def noun_of_values(frame: Frame, mention: MetricMention, others: list[MetricMention]) -> bool:
    """ "return rate of live vs short video orders": the noun closes the values that the rate is of."""
    if mention.key != "orders":
        return False
    for other in others:
        start, end = other.span.end, mention.span.start
        inside = [v.span for v in frame.values if start <= v.span.start and v.span.end <= end]
        if not inside or end - max(s.end for s in inside) > 1:
            continue
        kept, at = "", start
        for span in sorted(inside, key=lambda s: s.start):
            kept, at = kept + frame.text[at : span.start], span.end
        if _OF_VALUES.fullmatch(kept + frame.text[at:end]):
            return True
    return False


_JOINS = re.compile(r"和|与|跟|及|以及|、|,|/|vs\.?|对比|还有|\s")


def listed_owners(frame: Frame) -> list[MetricMention]:
    """老客跟新客的成交: names in a list that ends at a figure they own narrow it; 新客、成交 are two figures."""
    found: list[MetricMention] = []
    run: list[MetricMention] = []
    for mention in sorted(frame.metrics, key=lambda m: m.span.start):
        gap = frame.text[run[-1].span.end : mention.span.start] if run else ""
        if mention.span.of(ValueWord):
            kept = run if run and _JOINS.fullmatch(gap.strip() or " ") else []
            run = [*kept, mention]
            continue
        if len(run) > 1 and gap in ("", "的", "各自的", "各自"):
            found += run
        run = []
    return found
