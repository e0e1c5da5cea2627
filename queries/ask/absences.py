"""What did not happen: products that sold nothing, 零动销商品, in stock but not sold, products never refunded.

Only products and SKUs are looked for; days or shops without sales are rows of a plain question. Every other word of
the question must be a filter, a split by place or kind, a period, or a plain aside.
"""

from __future__ import annotations

import re
from typing import Any, cast

from queries.ask.draft import Draft
from queries.ask.frame import TIME
from queries.ask.narrow import filters_of, platforms_of
from queries.ask.spans import DimensionWord, MetricWord, Rank, ShapeWord, Sign, Span, ValueWord
from queries.ask.timing import read_timing
from queries.query import AbsentQuery, Answerable, Reading, Refuse

LIMIT = 200
PLACES = ("platform", "shop", "category", "brand")
_WORKS = {
    "filler", "and", "which", "how_many", "by", "each", "split", "list", "exclude", "exclude_end", "distribution",
}  # fmt: skip
_L, _R = r"(?<![a-z])", r"(?![a-z])"
_THING = re.compile(
    rf"{_L}(?:products?|items?|skus?|listings?|goods|variants?){_R}|商品|单品|宝贝|产品|款|sku|规格"
)
_HAD = r"(?:that |which |who )?(?:have |has |had |with |having |saw |got |made )?"
_NONE = r"(?<!\d)(?:no|zero|0|without any|without a|without)"
_NOT = (
    r"(?:did not|didn't|do not|don't|have not|haven't|has not|hasn't|were not|weren't|are not|aren't|never|not)"
    r"(?: been| yet| get| got)?"
)
_NONE_ZH = r"(?:没有|没|未|无)(?:任何)?"
_PATTERNS = tuple(
    (re.compile(pattern), what)
    for pattern, what in (
        (rf"{_L}{_HAD}{_NONE} (?:single )?(?:sales?|orders?|units sold|units)(?: at all)?{_R}", "sale"),
        (rf"{_L}(?:(?:sold|sell) (?:nothing|zero)|unsold|dead stock|zero[ -]sales?|not a single sale){_R}", "sale"),
        (
            rf"{_L}(?:that |which )?{_NOT} (?:sold|sell|selling)(?: at all| a single unit| anything| once)?{_R}",
            "sale",
        ),
        (r"零动销|0动销|零销量|零成交|无动销|未动销|不动销|动销为(?:零|0)|销量为(?:零|0)|卖不出去|卖不掉|没卖", "sale"),
        (
            r"(?:一件|一单|一分钱|一毛钱|一个|一个都|一笔)(?:也|都)?(?:没|没有|未)(?:有)?(?:卖出去?|成交|卖掉|卖|出去?|开张|动)|"
            r"颗粒无收|零出单|0出单|没动静|压根没卖|没开过?张",
            "sale",
        ),
        (
            rf"{_NONE_ZH}(?:销量|成交|动销|卖出去|卖出|卖掉|卖过|出单|开单|人买|销售额|售出)(?:过)?",
            "sale",
        ),
        (r"滞销", "unsold"),
        (rf"{_L}{_HAD}{_NONE} refunds?(?: at all)?{_R}", "refund"),
        (rf"{_L}(?:that |which )?(?:were |was |have |has )?(?:never|not)(?: been| ever| got)* refunded{_R}", "refund"),
        (r"(?:从未|从没|从来没有?|没有|没|未|无|零)(?:发生)?(?:过|被|任何)?(?:退款|退过款)(?:过)?(?:记录)?", "refund"),
    )
)
_STOCKED = re.compile(
    rf"{_L}(?:(?:but |and |that are |still |which are )*(?:still )?in stock(?: but)?|with stock(?: left)?(?: but)?|"
    rf"(?:still )?(?:have|has|having) stock(?: but)?){_R}|"
    r"(?:但|还|且)?(?:有库存|库存大于(?:零|0)|在库)(?:但是?|却|且)?"
)
_WITH_STOCK = re.compile(
    rf"{_L}(?:with|and|including|show)(?: me)? (?:their |the |its )(?:stock(?: on hand)?|inventory)(?: levels?)?{_R}|"
    r"(?:及|和|以及|带上|附上|还有)(?:其|它们的)?库存|(?:还)?有多少库存|库存(?:还)?有多少"
)


def tag_absences(text: str) -> list[Span]:
    """Words for no sale and no refund, where products are spoken of."""
    if not _THING.search(text):
        return []
    found = [
        Span((match.span(),), (ShapeWord("absent", what), MetricWord("units")), 6)
        for pattern, what in _PATTERNS
        for match in pattern.finditer(text)
        if match.group().strip()
    ]
    if not found:
        return []
    found += [Span((m.span(),), (ShapeWord("absent", "stocked"),), 6) for m in _STOCKED.finditer(text)]
    return [*found, *(Span((m.span(),), (Sign("filler"),), 7) for m in _WITH_STOCK.finditer(text))]


def read_absence(draft: Draft) -> Reading | None:
    """The list of what did not happen, its refusal where words are left over; None where nothing asks for it."""
    frame = draft.frame
    said = [(span, word.key) for span in frame.spans for word in span.of(ShapeWord) if word.shape == "absent"]
    kinds = {key for _, key in said if key != "stocked"}
    if not kinds:
        return None
    split = [d.key for d in frame.dimensions if d.key in PLACES]
    ranks = [rank for _, rank in frame.ranks if rank.descending and split and not rank.grain]
    if len(kinds) > 1 or frame.intents or len(ranks) < len(frame.ranks) or len(ranks) > 1:
        return Refuse(reason="unread_words", words=tuple(draft.said(s.start, s.end) for s, _ in said))
    what = "refund" if kinds == {"refund"} else "sale"
    of = [d.key for d in frame.dimensions if d.key in ("product", "sku")]
    filters, strange = filters_of(frame, PLACES)
    timing = read_timing(frame.times, draft.clock, platforms=platforms_of(filters))
    left = [*frame.residue, *strange, *(span for span in frame.spans if not _fits(span))]
    if timing.compare or timing.grain or timing.problem:
        left += [Span(((t.start, t.end),), ()) for t in frame.times]
    words = (*draft.unread_words(), *(draft.said(s.start, s.end) for s in dict.fromkeys(left)))
    if words or len(set(of)) > 1:
        return Refuse(reason="unread_words", words=words or tuple(of))
    unsaid = any(default.startswith("period:") for default in timing.defaults)
    time = None if what == "refund" and unsaid else timing.time
    query = AbsentQuery(
        of=cast(Any, of[0] if of else "product"),
        what=cast(Any, what),
        stocked=any(key == "stocked" for _, key in said),
        count_by=cast(Any, tuple(dict.fromkeys(split))),
        filters=tuple(filters),
        time=time,
        limit=(ranks[0].n if ranks else None) if split else LIMIT,
    )
    defaults = () if time is None else timing.defaults
    more = ("context:unsold",) if kinds == {"unsold"} else ()
    return Answerable(query=query, defaults=(*defaults, *more))


def _fits(span: Span) -> bool:
    """Whether the list has a use for the word."""
    signs = span.of(Sign)
    if span.of(ShapeWord) or span.of(Rank) or any(isinstance(m, TIME) for m in span.meanings):
        return True
    if any(d.key in ("product", "sku", *PLACES) for d in span.of(DimensionWord)):
        return True
    if any(v.dimension in PLACES for v in span.of(ValueWord)):
        return True
    return bool(signs) and all(sign.kind in _WORKS for sign in signs)
