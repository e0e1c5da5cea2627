"""Averages per period: average daily sales, 日均订单, how many orders per day on average, 月均, 场均.

"Average" alone is no period, and "per day" alone is a row for each day: only the two together ask for the average of
the days. "Average order value per day" stays a figure with a row for each day.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, cast

from queries.ask.built import Built
from queries.ask.frame import Frame
from queries.ask.spans import Concentrated, Domain, InCurrency, Meaning, PerPeriod, ShapeWord, Sign, Span
from queries.ask.timing import Timing
from queries.query import Comparison, TimeRange

Per = Literal["day", "week", "month", "quarter", "year", "session"]
_UNITS = {
    "day": "day", "daily": "day", "week": "week", "weekly": "week", "month": "month", "monthly": "month",
    "quarter": "quarter", "quarterly": "quarter", "year": "year", "yearly": "year", "annual": "year",
    "日": "day", "天": "day", "周": "week", "星期": "week", "月": "month", "季": "quarter", "季度": "quarter",
    "年": "year", "场": "session", "场直播": "session", "单场": "session",
}  # fmt: skip
_AVERAGE = r"(?:average|avg\.?|mean|averaged)"
_ADVERB = r"(?P<u>daily|weekly|monthly|quarterly|yearly|annual)"
_STREAM = r"(?:live ?stream(?:ing)?s?|live (?:session|broadcast|show|room)|stream|broadcast)(?: session)?"
_EACH = (
    r"(?:per|each|every|an?|in an?|in one)(?: single| average)? "
    rf"(?:(?P<u>day|week|month|quarter|year)|(?P<s>{_STREAM}))"
)
_EACH_TOO = _EACH.replace("<u>", "<v>").replace("<s>", "<t>")
_ON_AVERAGE = r"(?:on average|in average|on an average|averaged|average)"
_A_FIGURE = re.compile(
    r"^ (?:order value|order size|order amount|basket|price|selling price|unit price|ticket|rating|review|score|"
    r"discount|spend per|shipping time|delivery time|time|days|hours|number of days|refund rate|conversion|"
    r"margin|rate)(?![a-z])"
)
"""What "average" belongs to by itself: the figure is an average already."""
_WHOLE = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?<![a-z])(?:{_AVERAGE} {_ADVERB}|{_ADVERB.replace('<u>', '<v>')} (?:average|avg|mean)(?: of)?)(?![a-z])",
        rf"(?<![a-z])(?:{_EACH} {_ON_AVERAGE}|{_ON_AVERAGE} {_EACH_TOO})(?![a-z])",
        r"(?<![a-z])(?:bigger|higher|busier|better|larger|stronger|lower|smaller|weaker|greater) (?:per|a|each) "
        r"(?P<u>day|week|month)(?![a-z])",
        r"平均(?:到|下来)?(?:每个?|一个?)(?P<u>日|天|周|星期|月|季度|季|年|场直播|场)",
        r"(?:每个?|一个?)(?P<u>日|天|周|星期|月|季度|季|年|场直播|场)(?:的)?平均(?:有|是|下来)?",
        r"(?<!上个)(?<!个)(?<![\d一二三四五六七八九十两本上])(?P<u>日|周|月|季度|季|年)(?:均|平均)(?!价|值|线)",
        r"(?<=上个月|上一年|上半年|下半年)(?P<u>日|周|月|季度|季)(?:均|平均)(?!价|值|线)",
        r"(?<=[上本下]周|[上本下]月|去年|今年)(?P<u>日|周|月|季度|季)(?:均|平均)(?!价|值|线)",
        r"(?P<u>单场|场)(?:均|平均)(?!价|值)",
    )
)
_APART = re.compile(
    rf"(?<![a-z])(?P<a>{_AVERAGE})(?P<gap>(?: [^\s,;?]+){{1,5}}?) (?P<b>(?:{_EACH}))(?![a-z])"
)
_BEHIND = re.compile(
    r"(?<![a-z])(?P<b>(?:per|each|every|a) (?P<u>day|week|month|quarter|year)|(?P<v>daily|weekly|monthly))"
    r"(?: [^\s,;?]+){1,5}? (?P<a>on average)(?![a-z])"
)
_FRONT = re.compile(
    rf"(?<![a-z])(?P<a>on average,?)(?: [^\s;?]+){{1,8}}? (?P<b>{_EACH}|(?P<w>daily|weekly|monthly))(?![a-z])"
)


def tag_averages(text: str) -> list[Span]:
    """Words for an average per period, with the unit of the period."""
    found: list[Span] = []
    for pattern in _WHOLE:
        found += [_span((match.span(),), match) for match in pattern.finditer(text)]
    found += _apart(text)
    return found


def unbroken(spans: list[Span]) -> list[Span]:
    """Without what reaches into words that are one: the "average orders" of "daily average orders" is not the AOV, the
    周日 of 上周日均 no Sunday, and "which products sold nothing" does not count the products sold."""
    pieces = [piece for span in spans if _whole(span) for piece in span.pieces]
    if not pieces:
        return spans
    around = [span for span in spans if span.of(Concentrated)]
    spans = [s for s in spans if len(s.pieces) == 1 or not any(s.start < a.start and a.end < s.end for a in around)]
    return [span for span in spans if _whole(span) or not any(_cuts(span, *piece) for piece in pieces)]


def _whole(span: Span) -> bool:
    absent = any(word.shape == "absent" for word in span.of(ShapeWord))
    return absent or any(span.of(kind) for kind in (PerPeriod, Concentrated, InCurrency))


def without(text: str, spans: list[Span]) -> str:
    """The text with the words of averages blanked: the days that are named, 上周 of 上周日均."""
    for span in spans:
        for start, end in span.pieces:
            text = text[:start] + "\x00" * (end - start) + text[end:]
    return text


def _cuts(span: Span, start: int, end: int) -> bool:
    overlaps = span.start < end and start < span.end
    if Sign("growth") in span.meanings and span.start <= start and end <= span.end:
        return False  # up or down, "in cny and %"
    return overlaps and not (start <= span.start and span.end <= end) and len(span.pieces) == 1


def _apart(text: str) -> Iterator[Span]:
    """average orders per day; per day … on average; on average … per day."""
    for match in _APART.finditer(text):
        if not _A_FIGURE.match(match["gap"]):
            yield _span((match.span("a"), match.span("b")), match)
    for pattern in (_BEHIND, _FRONT):
        for match in pattern.finditer(text):
            yield _span(tuple(sorted((match.span("a"), match.span("b")))), match)


def _span(pieces: tuple[tuple[int, int], ...], match: re.Match[str]) -> Span:
    groups = match.groupdict()
    if groups.get("s") or groups.get("t"):
        unit = "session"
    else:
        unit = _UNITS[next(groups[name] for name in ("u", "v", "w") if groups.get(name))]
    meanings: tuple[Meaning, ...] = (PerPeriod(cast(Per, unit)),)
    return Span(pieces, (*meanings, Domain("live")) if unit == "session" else meanings, 6)


def per_of(frame: Frame) -> Per | None:
    """The one period that an average is asked per."""
    units = {meaning.unit for span in frame.spans for meaning in span.of(PerPeriod)}
    return units.pop() if len(units) == 1 else None


def read_average(frame: Frame, timing: Timing, built: Built) -> Per | None:
    """What the query is averaged per; `built.problem` where the words say two. That a figure has no average is said
    by validation, in words of its own."""
    spans = [span for span in frame.spans if span.of(PerPeriod)]
    per = per_of(frame)
    if spans and (per is None or frame.has("share")):
        built.problem, built.words = "shape", frame.words(spans)
    if per == "session" and timing.grain == "day":
        built.problem, built.words = "shape", frame.words(spans)
    return None if per == timing.grain else per  # a day's average per day is the day


def over_whole_days(
    time: TimeRange | None, compare: Comparison | None, timing: Timing, built: Built
) -> tuple[TimeRange | None, Comparison | None]:
    """A running period without today: half a day would count as one."""
    today = timing.today
    if time is None or time.end is None or today is None or time.start is None:
        return time, compare
    if time.end <= today or time.start >= today:
        return time, compare
    built.defaults.append("days:trailing")
    whole = time.model_copy(update={"end": today})
    against = compare.against if compare else None
    if compare is None or against is None or against.end is None or not time.to_date:
        return whole, compare
    earlier = against.model_copy(update={"end": against.end - (time.end - today)})
    if earlier.start and earlier.end and earlier.start >= earlier.end:
        return time, compare
    return whole, compare.model_copy(update={"against": earlier})
