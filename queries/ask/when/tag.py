"""The time tagger: every rule of both languages over the text, ranges and bounds joined from their parts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from queries.ask.when import chinese, english, english_rules, numeric, seasons
from queries.ask.when.festivals import tag_festivals
from queries.ask.when.meaning import Bound, Clock, Festival, Meaning, Period, TimeSpan
from queries.ask.when.periods import DAY, add_months
from queries.query import TimeRange

_EDGE_BEFORE, _EDGE_AFTER = r"(?<![a-z0-9])", r"(?![a-z0-9])"
_CONNECT = re.compile(
    r"(?P<end>的?[底末])?\s*(?:to|through|thru|until|till|up to and including|up to|and including|-|~|至|到|直到)\s*"
)
_AND = re.compile(r"\s*(?:and|&|和|与)\s*")
_FROM = re.compile(r"(?:from|从|自|between|在|自从)\s*(?:the\s)?$")
_BETWEEN = re.compile(r"between\s*$")
_OPEN_FROM = re.compile(r"(?:从|自从|打从|自|打)\s*$")
_GOES_ON = re.compile(r"\s*(?:$|please|pls|thank|thx|谢|[,，。;；?？!！]|到现在|到今|开始|起|往后|按|每|逐|分|各)")
_APART = re.compile(r"(?:difference|gap|delta|spread)s? (?:between|of) $")
_AFTER_RANGE = re.compile(r"^\s*(?:之间|期间|这段时间|为止|这几个月|这几天|这?[一二两三四五六七\d]+天(?!前|后|内))")


@lru_cache(maxsize=1)
def _compiled() -> tuple[tuple[re.Pattern[str], english.Maker], ...]:
    rules = (*english_rules.RULES, *numeric.RULES, *seasons.RULES)
    latin = [(re.compile(f"{_EDGE_BEFORE}(?:{pattern}){_EDGE_AFTER}"), maker) for pattern, maker in rules]
    han = [(re.compile(pattern), maker) for pattern, maker in chinese.RULES]
    return tuple(latin + han)


def tag_time(text: str, clock: Clock, festivals: Sequence[tuple[str, re.Pattern[str]]] = ()) -> list[TimeSpan]:
    """Reads dates, periods, trailing windows, festivals, comparison markers, grains and bounds.

    Returns every span found; the cover takes the longest. "from Oct 1 to Oct 15" is one span, half-open,
    and includes the 15th; 从10月1日起 is one span that ends today.
    """
    spans: dict[tuple[int, int], Meaning] = {}
    for pattern, maker in _compiled():
        for match in pattern.finditer(text):
            if match.end() > match.start() and (match.start(), match.end()) not in spans:
                meaning = maker(match, clock)
                if meaning is not None:
                    spans[match.start(), match.end()] = meaning
    found = [TimeSpan(start, end, meaning) for (start, end), meaning in spans.items()]
    found += tag_festivals(text, clock, list(festivals))
    best = _longest(found)
    return _bounded(text, clock, _ranges(text, clock, best))


def _longest(spans: list[TimeSpan]) -> list[TimeSpan]:
    chosen: list[TimeSpan] = []
    for span in sorted(spans, key=lambda s: (-(s.end - s.start), isinstance(s.meaning, Bound), s.start)):
        if all(span.end <= other.start or span.start >= other.end for other in chosen):
            chosen.append(span)
    return sorted(chosen, key=lambda s: s.start)


def _ranges(text: str, clock: Clock, spans: list[TimeSpan]) -> list[TimeSpan]:
    """Joins two periods that "to", "-", 到 or "between … and" connects."""
    out: list[TimeSpan] = []
    index = 0
    while index < len(spans):
        span = spans[index]
        later = index + 1
        gap_start = span.end
        bound = later + 1 < len(spans) and isinstance(spans[later].meaning, Bound)
        if bound and not text[gap_start : spans[later].start].strip():
            later += 1
        following = spans[later] if later < len(spans) else None
        joined = _join(text, clock, span, following) if following else None
        if joined:
            out.append(joined)
            index = later + 1
        else:
            out.append(span)
            index += 1
    return out


def _join(text: str, clock: Clock, first: TimeSpan, second: TimeSpan) -> TimeSpan | None:
    a, b = first.meaning, second.meaning
    if not isinstance(a, Period) or not isinstance(b, Period) or a.range.start is None or b.range.end is None:
        return None
    gap = text[first.end:second.start]
    opener = _FROM.search(text[:first.start])
    if _APART.search(text[: first.start]):
        return None  # the difference between October and September is no stretch of time
    link = _CONNECT.fullmatch(gap)
    if not (link or (_AND.fullmatch(gap) and _BETWEEN.search(text[:first.start]))):
        return None
    start, end = a.range.start, b.range.end
    if link and link["end"] and a.range.end:
        start = a.range.end  # 9月底到10月底: what lies between the two ends
    if not b.explicit_year and a.explicit_year and end <= start:
        end = add_months(end - DAY, 12) + DAY
    if not a.explicit_year and end <= start:
        start = add_months(start, -12)
    if end <= start:
        return None
    tail = _AFTER_RANGE.match(text[second.end:])
    begin = opener.start() if opener else first.start
    finish = second.end + (tail.end() if tail else 0)
    running = b.range.to_date
    joined = TimeRange(start=start, end=min(end, clock.today + DAY) if start <= clock.today else end,
                       said=text[begin:finish].strip(), to_date=running)
    return TimeSpan(begin, finish, Period(joined, others=numeric.joined(a, b), ends=_neighbours(a, b)))


def _neighbours(first: Period, second: Period) -> tuple[TimeRange, ...]:
    """Two whole periods of a kind, one right after the other: q2 to q3, September to October."""
    one, two = first.range, second.range
    whole = one.unit == two.unit and one.unit in ("week", "month", "quarter", "year")
    return (one, two) if whole and one.end == two.start else ()


def _bounded(text: str, clock: Clock, spans: list[TimeSpan]) -> list[TimeSpan]:
    """Applies since/before/after/until to the period beside it; a bound with none stays and is residue."""
    out: list[TimeSpan] = []
    for span in spans:
        last = out[-1] if out else None
        if last and _leads(text, last) and isinstance(span.meaning, Period) and isinstance(
                last.meaning, Bound) and not text[last.end:span.start].strip(" ,"):
            said = text[last.start:span.end]
            out[-1] = TimeSpan(last.start, span.end, replace(
                span.meaning,
                weak=False,
                range=_cut(span.meaning.range, last.meaning.kind, clock, said),
                others=tuple(_cut(other, last.meaning.kind, clock, said) for other in span.meaning.others),
            ))
        elif last and isinstance(span.meaning, Bound) and isinstance(last.meaning, Period) and (
                chinese_bound(text, last, span)):
            opener = _FROM.search(text[:last.start])
            begin = opener.start() if opener else last.start
            out[-1] = TimeSpan(begin, span.end, replace(last.meaning, weak=False, range=_cut(
                last.meaning.range, span.meaning.kind, clock, text[begin:span.end])))
        elif isinstance(span.meaning, Period) and _opens(text, span):
            begin = _OPEN_FROM.search(text[: span.start]).start()  # type: ignore[union-attr]
            out.append(TimeSpan(begin, span.end, replace(span.meaning, weak=False, range=_cut(
                span.meaning.range, "since", clock, text[begin:span.end]))))
        else:
            out.append(span)
    return out


def _opens(text: str, span: TimeSpan) -> bool:
    """按周,从8月: from a date on, where nothing says until when."""
    said = text[span.start : span.end]
    return bool(_OPEN_FROM.search(text[: span.start]) and _GOES_ON.match(text[span.end :])) and not re.search(
        r"到|至|-|~|以来|近", said
    )


def _leads(text: str, span: TimeSpan) -> bool:
    """since May, 截至5月 stand before their date; 后 and 起 never do: 剔除京东后本月 is this month."""
    return isinstance(span.meaning, Bound) and (text[span.start].isascii() or span.meaning.kind == "until")


def chinese_bound(text: str, period: TimeSpan, bound: TimeSpan) -> bool:
    """10月1日起, 9月以来: in Chinese the bound follows its date."""
    word = text[bound.start:bound.end]
    return not text[period.end:bound.start].strip() and not word.isascii()


def _cut(period: TimeRange, kind: str, clock: Clock, said: str) -> TimeRange:
    tomorrow = clock.today + DAY
    if kind == "since":
        return TimeRange(start=period.start, end=tomorrow, said=said, to_date=True)
    if kind == "after":
        return TimeRange(start=period.end, end=tomorrow, said=said, to_date=True)
    if kind == "before":
        return TimeRange(start=None, end=period.start, said=said)
    return TimeRange(start=None, end=period.end, said=said)


def festival_spans(spans: Sequence[TimeSpan]) -> list[TimeSpan]:
    """The spans that name a festival."""
    return [span for span in spans if isinstance(span.meaning, Festival)]
