"""The audit of a reading: every word that works must have left its trace in the query.

The residue rule asks that every word was read; this asks that what was read was also used. A second superlative,
a bound without a date, "vs" with nothing beside it, a value that stands between two metrics: each of them would
give a plain number for another question.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence

from queries.ask.choose import Choice
from queries.ask.frame import Frame, ValueMention
from queries.ask.lists import ASKS
from queries.ask.spans import Growth, InCurrency, PerPeriod, Span
from queries.ask.when.meaning import Bound, Festival, Grained, Period, Relative, TimeSpan, Versus
from queries.model import Model
from queries.query import SemanticQuery

_LOOSE_MARKS = re.compile(
    r"each|every|respectively|respective|different|individual|across|list|which|side by side|next to|separately|"
    r"分别|各|每|不同|哪|并|谁"
)
"""Marks that may stand without a noun of their own beside a list."""
_INTO = re.compile(r"(?:(?<![a-z])(?:in|into|to|as)|换算成|折算成|折合|按|用)\s*$")
_CUMULATIVE = re.compile(r"累计|cumul|accumul|running")
_COHORT = re.compile(r"ltv_|repurchase_|retention_|cohort_|first_buyers")
_PAUSE = re.compile(r"[,;?、]|(?<![a-z])and(?![a-z])|和|以及|还有")
_BESIDE = re.compile(r"(?:, with|, plus|alongside|along with|together with|next to)(?: the| our| its| their)? $")
"""margin Q3 vs Q2 by shop, with cost coverage: the second figure is asked of the same two periods."""
_ASKING = re.compile(r"(?<![a-z])how (?:many|much)(?![a-z])")
_OF_THESE = re.compile(
    r"(?:and|,|;) how (?:many|much)(?: of (?:them|these|those|it))? (?:were|was|are|is|got|did|do|came|went)(?![a-z])"
)
"""orders last month, and how many were refunded: the second question is about what the first one names."""
_MEDIAN = re.compile(r"_p50$|median")


def untraced(
    frame: Frame, choice: Choice, query: SemanticQuery, model: Model, times: Sequence[TimeSpan]
) -> tuple[Span, ...]:
    """Spans that were read but shaped nothing in `query`; empty means the reading stands.

    `times` are all words of time in the question, also those that an earlier step set aside.
    """
    found = [
        *_ranks(frame, query),
        *_limits(frame, query),
        *_thresholds(frame, query),
        *_values(frame, choice, query),
        *_sizes(frame, query),
        *(s for s in frame.spans if any(m.unit not in (query.per, query.grain) for m in s.of(PerPeriod))),
        *(span for span in frame.spans if span.of(Growth) and query.compare is None),
        *(span for span in frame.spans if span.of(InCurrency) and not _converts(query)),
        *_times(frame, query, times),
        *_signs(frame, query, model),
        *_between(frame, len(query.metrics), times),
        *_asked(frame, query),
        *_counted(frame, query, model),
    ]
    return tuple(dict.fromkeys(found))


def _converts(query: SemanticQuery) -> bool:
    """ "in usd and eur": one currency to show is not another to narrow by."""
    return query.currency is not None and all(given.dimension != "currency" for given in query.filters)


def crossed(frame: Frame, metrics: Sequence[str]) -> tuple[Span, ...]:
    """What no choice of options can put right: two ranks, or values and periods that belong to one metric each."""
    second = [span for span, _ in frame.ranks[1:]]
    return tuple(dict.fromkeys([*second, *_between(frame, len(metrics), frame.spoken_times)]))


def _ranks(frame: Frame, query: SemanticQuery) -> Iterator[Span]:
    """One rank shapes one list; a second one belongs to something else ("the best shop's top 3 products")."""
    used = bool(query.order or query.limit or query.top_per_group or query.among)
    for place, (span, _) in enumerate(frame.ranks):
        if place or not used:
            yield span


def _limits(frame: Frame, query: SemanticQuery) -> Iterator[Span]:
    rows = query.top_per_group.n if query.top_per_group else query.limit
    yield from (span for span, count in frame.limits if count != rows)


def _thresholds(frame: Frame, query: SemanticQuery) -> Iterator[Span]:
    if len(query.having) < len(frame.thresholds):
        yield from (span for span, _ in frame.thresholds)


def _values(frame: Frame, choice: Choice, query: SemanticQuery) -> Iterator[Span]:
    """A value narrows the query, in the direction it was said."""
    kept = {(f.dimension, v) for f in query.filters if f.op == "in" for v in f.values}
    dropped = {(f.dimension, v) for f in query.filters if f.op == "not_in" for v in f.values}
    domains = {span for span, _ in frame.domains}
    both = {dimension for dimension, _ in kept} & {dimension for dimension, _ in dropped}
    for mention in frame.values:
        options = {(o.dimension, o.value) for o in mention.options}
        if any(dimension in both for dimension, _ in options):
            yield mention.span
        elif "currency" in {d for d, _ in options} and _INTO.search(frame.text[: mention.span.start]):
            yield mention.span  # "gmv in dollars" asks to convert, not to filter
        elif mention.exclude and mention.options[0].dimension == "excluded_reason":
            continue
        elif not options & (dropped if mention.exclude else kept) and not (
            mention.span in domains and not mention.exclude
        ):
            yield mention.span


def _sizes(frame: Frame, query: SemanticQuery) -> Iterator[Span]:
    """One bound on the size of an order is one filter."""
    bound = sum(f.op in ("gt", "ge", "lt", "le", "between") for f in query.filters)
    yield from frame.measured[bound:]


def _times(frame: Frame, query: SemanticQuery, times: Sequence[TimeSpan]) -> Iterator[Span]:
    """Bounds open or close a date, comparisons need a second side, "per week" a column of weeks."""
    beside = (
        any(len(f.values) > 1 for f in query.filters)
        or len(query.metrics) > 1
        or bool(query.dimensions)
        or query.compare is not None
        or query.grain is not None
    )
    for item in times:
        meaning = item.meaning
        lost = (
            isinstance(meaning, Bound)
            or (isinstance(meaning, Relative) and query.compare is None)
            or (isinstance(meaning, Versus) and (not beside or _measured(frame, item)))
            or (isinstance(meaning, Grained) and query.grain != meaning.grain)
        )
        if lost:
            yield Span(((item.start, item.end),), (meaning,))


def _measured(frame: Frame, item: TimeSpan) -> bool:
    """platforms that sold more than taobao: a list held against one value, which no threshold can say."""
    word = frame.text[item.start : item.end].strip()
    named = any(0 <= v.span.start - item.end <= 6 for v in frame.values)
    listed = any(d.mark in ("which", "plural", "each") for d in frame.dimensions)
    return word in ("than", "比", "较") and named and listed and frame.has("comparative")


def _signs(frame: Frame, query: SemanticQuery, model: Model) -> Iterator[Span]:
    """Words like growth, share, trend, ranking ask for a shape; without that shape they are unread."""
    lists = bool(query.dimensions or query.grain)
    ratios = all(model.metrics[m].unit in ("ratio", "number") for m in query.metrics)
    needs = {
        "growth": query.compare is not None
        or len(query.metrics) > 1
        or any(len(f.values) > 1 for f in query.filters),
        "share": query.share_of is not None or ratios,
        "trend": query.grain is not None,
        "sort": bool(query.order or query.limit or query.top_per_group or query.among) or lists,
        "ascending": bool(query.order or query.limit or query.top_per_group),
        "distribution": lists,
        "where": bool(query.having) or bool(query.filters),
        "who_may": False,
        "money_word": any(model.metrics[m].unit == "money" for m in query.metrics),
        "both_ways": False,
        "by_amount": all(model.metrics[m].unit == "money" for m in query.metrics),
        "by_count": all(model.metrics[m].unit == "count" for m in query.metrics),
        "cohort_of": all(_COHORT.match(m) for m in query.metrics),
        "average": all(model.metrics[m].additivity == "ratio" for m in query.metrics),
        "any_size": any(given.by in ("change", "change_ratio") for given in query.order),
        "points": ratios or query.compare is not None or query.share_of is not None,
        "median": all(_MEDIAN.search(m) for m in query.metrics),
    }
    for sign, met in needs.items():
        if not met:
            yield from frame.signs.get(sign, ())
    if query.grain:
        yield from (s for s in frame.signs.get("whole", ()) if _CUMULATIVE.search(frame.text[s.start : s.end]))
    periods = sum(isinstance(t.meaning, Period | Festival) for t in frame.spoken_times)
    many = [len(f.values) for f in query.filters if f.op == "in"]
    for span, count in frame.counted:
        if count not in (*many, len(query.metrics), periods):
            yield span
    for span in frame.signs.get("unused_mark", ()):
        if not _LOOSE_MARKS.search(frame.text[span.start : span.end]):
            yield span
    for mark in ("only", "exclude"):
        for span in frame.signs.get(mark, ()):
            before = [
                s for s in frame.signs.get("exclude", ()) if 0 <= span.start - s.end <= 1 and s is not span
            ]
            yield from before


def _within(place: tuple[int, int], spans: Sequence[Span]) -> bool:
    return any(s.start <= place[0] and place[1] <= s.end for s in spans)


def _asked(frame: Frame, query: SemanticQuery) -> Iterator[Span]:
    """ "how many products, and how much of the sales": as many figures as question words, or one is left out."""
    asking = [s for s in frame.spans if len(s.pieces) == 1 and ASKS.search(frame.text[s.start : s.end])]
    if not _OF_THESE.search(frame.text):
        asking += [Span((m.span(),), ()) for m in _ASKING.finditer(frame.text) if not _within(m.span(), asking)]
    asking.sort(key=lambda s: s.start)
    apart = asking[:1]
    for span in asking[1:]:
        if _PAUSE.search(frame.text[apart[-1].end : span.start]):
            apart.append(span)
    figures = len(query.metrics) + (query.share_of is not None) + (query.compare is not None)
    if len(apart) > max(figures, 1):
        yield apart[-1]


def _counted(frame: Frame, query: SemanticQuery, model: Model) -> Iterator[Span]:
    """ "number of skus sold": asks how many SKUs, which a list of them with another figure does not say."""
    for sign in frame.signs.get("how_many", ()):
        before = [m.span for m in frame.metrics if 0 <= sign.start - m.span.end <= 1]
        counts = frame.text[sign.start : sign.end] in ("count", "counts", "number", "numbers", "volume", "tally")
        if before and counts and all(model.metrics[m].additivity == "ratio" for m in query.metrics):
            yield sign  # the average order count is no average order value
        for mention in frame.dimensions:
            beside = frame.text[sign.end : mention.span.start].strip() if sign.end <= mention.span.start else "x"
            if not beside and mention.key in query.dimensions and not query.having:
                yield sign


def _between(frame: Frame, metrics: int, times: Sequence[TimeSpan]) -> Iterator[Span]:
    """ "net sales on douyin and orders": whose value is it? And V T V T: two questions in one."""
    spans = sorted((m.span for m in frame.metrics if not m.sort), key=lambda s: s.start)
    if metrics > 1 and len(spans) > 1:
        first, last = spans[0].end, spans[-1].start
        for mention in frame.values:
            if first <= mention.span.start and mention.span.end <= last and not _inside(mention, spans):
                yield mention.span
    periods = [t for t in times if isinstance(t.meaning, Period | Festival)]
    values = [v.span for v in frame.values if not v.exclude]
    if len(periods) > 1 and len(values) > 1:
        order = sorted(
            [*((s.start, "v") for s in values), *((p.start, "t") for p in periods)], key=lambda item: item[0]
        )
        kinds = [kind for _, kind in order]
        turns = sum(one != other for one, other in itertools.pairwise(kinds))
        if turns > 1:
            yield from values
    if len(periods) > 1 and metrics > 1 and spans:
        between = any(spans[0].end <= p.start and p.end <= spans[-1].start for p in periods)
        beside = _BESIDE.search(frame.text[: spans[-1].start]) and all(p.end <= spans[-1].start for p in periods)
        yield from spans[-1:] if between and not beside else ()


def _inside(mention: ValueMention, spans: Sequence[Span]) -> bool:
    return any(s.start <= mention.span.start and mention.span.end <= s.end for s in spans)
