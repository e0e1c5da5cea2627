"""How much the largest few make: the top 10 % of customers, 前20%客户贡献, how many products make 80 % of sales.

The amount is GMV unless orders or units are named: "sales" here is before refunds, and the answer says so. What else
the question says must be a place, a period or a plain aside.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, cast

from queries.ask.draft import Draft
from queries.ask.frame import TIME, Frame
from queries.ask.narrow import filters_of, platforms_of
from queries.ask.numbers import HAN, read_number
from queries.ask.spans import Concentrated, MetricWord, Sign, Span, TermWord, ValueWord
from queries.ask.timing import read_timing
from queries.query import Answerable, ConcentrationQuery, Reading, Refuse

_L, _R = r"(?<![a-z])", r"(?![a-z])"
_KINDS = {
    "buyer": r"customers?|buyers?|clients?|shoppers?|客户|买家|顾客|用户|消费者",
    "sku": r"skus?|variants?|规格",
    "product": r"products?|items?|listings?|商品|单品|产品|宝贝|款",
    "category": r"categories|category|品类|类目|分类",
    "brand": r"brands?|品牌",
}
_THING = "(?:" + "|".join(f"(?P<{key}>{words})" for key, words in _KINDS.items()) + ")"
_PERCENT = rf"(?:(?P<p>\d{{1,3}}(?:\.\d+)?) ?(?:%|percent|per cent|pct)|百分之(?P<h>{HAN}{{1,4}}))"
_MAKE = (
    r"(?:make|makes|made|make up|makes up|made up|account for|accounts for|accounted for|generate|generates|generated|"
    r"bring|brings|brought|drive|drives|drove|produce|produces|contribute|contributes|are responsible for|deliver|"
    r"cover|bring in|is needed for|are needed for|does it take to make|do we need for|do i need for)"
)
_MAKE_ZH = r"(?:贡献|撑起|占|占据|带来|产生|构成|创造|覆盖|完成|达到)(?:了|到)?"
_PATTERNS = tuple(
    (re.compile(pattern), reaches)
    for pattern, reaches in (
        (
            rf"{_L}(?:(?:my|our|the) )?(?:top|best|biggest|largest|highest spending|top spending) {_PERCENT} "
            rf"(?:of )?(?:our |the |all |my )?(?:top |best |highest spending |spending )?{_THING}{_R}",
            False,
        ),
        (rf"(?:前|头部|top) ?{_PERCENT}(?:的)?(?:头部|高价值)?{_THING}", False),
        (
            rf"{_L}(?:how many|number of|what number of) (?:of (?:our|the) )?(?:our |the )?{_THING} (?:that )?{_MAKE} "
            rf"{_PERCENT}(?: of)?(?: the| our| all| total)*",
            True,
        ),
        (rf"(?:多少|几|哪几)(?:个|款|位|名|种)?{_THING}{_MAKE_ZH}{_PERCENT}(?:的)?", True),
    )
)
_REVERSED = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?P<a>{_L}{_PERCENT} of)(?P<gap>[a-z ]{{2,24}}?)"
        rf"(?P<b>(?:come|comes|came|is made|are made|is) (?:from|by) how many {_THING}{_R})",
        rf"(?P<a>{_PERCENT}的)(?P<gap>[^,。\d]{{2,8}}?)"
        rf"(?P<b>(?:是)?(?:来自|来源于|由|靠)(?:多少|几)(?:个|款|位|名|种)?{_THING}(?:{_MAKE_ZH}|卖出)?(?:的)?)",
    )
)
PLACES = ("platform", "shop", "channel")
_KINDS_TOO = ("category", "brand")
_WORKS = {"filler", "and", "share", "how_many", "whole", "exclude", "exclude_end", "distribution"}
_AMOUNTS = {"gmv": "gmv", "orders": "orders", "units": "units", "buyer_paid": "buyer_paid"}
_BROUGHT = re.compile(
    rf"{_L}(?:contribute|contributed|contributes|contribution|spend|spent|bring in|brought in|generate|"
    rf"account for){_R}|"
    r"贡献(?:了)?(?:多少|占比|度)?|带来(?:了)?(?:多少)?|占(?:了)?(?:多少|比)?|消费(?:了)?(?:多少)?"
)


def tag_concentrations(text: str) -> list[Span]:
    """The words for the largest few, with the share they name."""
    found = list(_tagged(text))
    if not found:
        return []
    return [*found, *(Span((match.span(),), (Sign("filler"),), 4) for match in _BROUGHT.finditer(text))]


def _tagged(text: str) -> Iterator[Span]:
    for pattern, reaches in _PATTERNS:
        for match in pattern.finditer(text):
            meaning = _meaning(match, reaches)
            if meaning:
                yield Span((match.span(),), (meaning,), 7)
    for pattern in _REVERSED:
        for match in pattern.finditer(text):
            meaning = _meaning(match, True)
            if meaning:
                yield Span((match.span("a"), match.span("b")), (meaning,), 7)


def _meaning(match: re.Match[str], reaches: bool) -> Concentrated | None:
    said = match["p"] or match["h"]
    number = Decimal(said) if match["p"] else read_number(said)
    if number is None or not 0 < number < 100:
        return None
    of = next(key for key in _KINDS if match[key])
    return Concentrated(of, number / 100, reaches)


def read_concentration(draft: Draft) -> Reading | None:
    """The group and what it makes, its refusal where words are left over; None where nothing asks for it."""
    frame = draft.frame
    said = [(span, meaning) for span in frame.spans for meaning in span.of(Concentrated)]
    if not said:
        return None
    asked = said[0][1]
    filters, strange = filters_of(frame, PLACES if asked.of == "buyer" else (*PLACES, *_KINDS_TOO))
    metric, sold, others = _metric(frame, asked)
    timing = read_timing(frame.times, draft.clock, platforms=platforms_of(filters))
    left = [*frame.residue, *strange, *others, *(span for span, _ in said[1:])]
    left += [span for span in frame.spans if not _fits(span)]
    if timing.compare or timing.grain or timing.problem:
        left += [Span(((t.start, t.end),), ()) for t in frame.times]
    words = (*draft.unread_words(), *(draft.said(s.start, s.end) for s in dict.fromkeys(left)))
    if words or frame.intents:
        return Refuse(reason="unread_words", words=words or (draft.said(said[0][0].start, said[0][0].end),))
    query = ConcentrationQuery(
        of=cast(Any, asked.of),
        metric=metric,
        top=None if asked.reaches else asked.share,
        reach=asked.share if asked.reaches else None,
        filters=tuple(filters),
        time=timing.time,
    )
    return Answerable(query=query, defaults=(*timing.defaults, *(("context:sales_as_gmv",) if sold else ())))


def _metric(frame: Frame, asked: Concentrated) -> tuple[str, bool, list[Span]]:
    """What the group makes, whether "sales" was read as GMV, and figures it cannot be told of."""
    others, found, sold = [], [], not frame.metrics
    for mention in frame.metrics:
        if mention.span.of(Sign):
            continue  # what they spend, 贡献
        sales = mention.term == "sales"
        key = "gmv" if sales or mention.term == "gmv" else _AMOUNTS.get(mention.key, "")
        if not key or (key == "units" and asked.of == "buyer"):
            others.append(mention.span)
            continue
        sold = sold or sales
        found.append(key)
    keys = list(dict.fromkeys(found)) or ["gmv"]
    return keys[0], sold, [*others, *(m.span for m in frame.metrics[1:] if len(keys) > 1)]


def _fits(span: Span) -> bool:
    if span.of(Concentrated) or any(isinstance(m, TIME) for m in span.meanings):
        return True
    if span.of(MetricWord) or span.of(TermWord):
        return True  # judged by `_metric`
    if any(v.dimension in (*PLACES, *_KINDS_TOO) for v in span.of(ValueWord)):
        return True
    signs = span.of(Sign)
    return bool(signs) and all(sign.kind in _WORKS for sign in signs)
