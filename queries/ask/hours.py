"""Hours of the day: peak hour, 几点下单最多, and hours that narrow: between 8pm and 10pm, 晚上8点到10点.

An hour is on the clock of the shop. "From 8 to 10" without am, pm or 点 is a range of numbers, not of hours; the end
of a range is not part of it (8pm to 10pm is 20:00 to 21:59).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from queries.ask.numbers import HAN, read_number
from queries.ask.spans import MetricWord, Rank, Span, ValueWord

_L, _R = r"(?<![a-z])", r"(?![a-z])"
_PEAK = re.compile(rf"{_L}(?:peak|rush)(?= (?:order(?:ing)? |sales |selling |shopping )?(?:hours?|time of day){_R})")
_PEAK_ZH = re.compile(r"高峰(?:期)?(?:是|在)?(?=几点|哪个时段|哪个小时|时段|小时|哪几个小时)|(?<=时段)高峰")
_BUSY_ZH = re.compile(r"(?P<w>下单|拍下|成交|出单)(?:量|数)?(?=最多|最少|最高|最低|的?高峰)")
_VERBS = {"下单": "orders_placed", "拍下": "orders_placed", "成交": "orders", "出单": "orders"}
_CLOCK = r"(?P<{0}>\d{{1,2}})(?::00)?(?P<{0}t> ?(?:am|pm|a\.m\.|p\.m\.|o'clock|h))?"
_RANGE = re.compile(
    rf"{_L}(?:between |from )?(?<!\d){_CLOCK.format('a')} ?(?:and|to|-|until|till) ?{_CLOCK.format('b')}(?![a-z\d:%])"
)
_EDGE = re.compile(rf"{_L}(?P<w>after|before|since|until) {_CLOCK.format('a')}(?![a-z\d:%])")
_PART = r"(?P<{0}p>凌晨|清晨|早上|早晨|上午|中午|下午|傍晚|晚上|晚间|夜里|深夜)?"
_NUMBER_ZH = rf"(?P<{{0}}>\d{{{{1,2}}}}|{HAN}{{{{1,3}}}})"
_POINT = _PART + _NUMBER_ZH + r"(?:点钟?|时)"
_RANGE_ZH = re.compile(rf"{_POINT.format('a')}(?:到|至|-|~){_POINT.format('b')}(?:之间|期间)?")
_ONE_ZH = re.compile(
    rf"(?P<ap>凌晨|清晨|早上|早晨|上午|中午|下午|傍晚|晚上|晚间|夜里|深夜|晚)(?P<a>\d{{1,2}}|{HAN}{{1,3}})(?:点钟?)(?![半到至\-~\d一二三四五六七八九十])"
    r"(?P<w>(?:之|以)?[前后]|起|开始)?"
)
_LATE = ("下午", "傍晚", "晚上", "晚间", "夜里", "深夜", "晚")


def tag_hours(text: str) -> list[Span]:
    """Peaks that are ranked, and hours that narrow."""
    found = [Span((match.span(),), (Rank(None, True, False, True),), 3) for match in _PEAK.finditer(text)]
    found += [Span((match.span(),), (Rank(None, True, False, True),), 3) for match in _PEAK_ZH.finditer(text)]
    if re.search(r"几点|时段|小时|时间|周几|星期几", text):
        found += [Span((m.span(),), (MetricWord(_VERBS[m["w"]]),), 3) for m in _BUSY_ZH.finditer(text)]
    return [*found, *_ranges(text)]


def _ranges(text: str) -> Iterator[Span]:
    for match in _RANGE.finditer(text):
        if not (match["at"] or match["bt"] or ":00" in match.group()):
            continue
        end = _english(match["b"], match["bt"])
        start = _english(match["a"], match["at"] or (match["bt"] if int(match["a"]) <= int(match["b"]) else "am"))
        yield from _span(match, start, end)
    for match in _EDGE.finditer(text):
        if match["at"]:
            hour = _english(match["a"], match["at"])
            late = match["w"] in ("after", "since")
            yield from _span(match, hour if late else 0, 24 if late else hour)
    for match in _RANGE_ZH.finditer(text):
        part = match["ap"] or ""
        start, end = _chinese(match["a"], part), _chinese(match["b"], match["bp"] or part)
        yield from _span(match, start, end)
    for match in _ONE_ZH.finditer(text):
        hour = _chinese(match["a"], match["ap"])
        if hour is None:
            continue
        side = (match["w"] or "")[-1:]
        if side == "前":
            yield from _span(match, 0, hour)
        else:
            yield from _span(match, hour % 24, 24 if side else hour % 24 + 1)


def _english(said: str, half: str | None) -> int | None:
    """8 pm is 20; a number beyond 12 needs no half."""
    hour, word = int(said), (half or "").strip().replace(".", "")
    if word == "pm" and hour < 12:
        return hour + 12
    if word == "am" and hour == 12:
        return 0
    return hour if hour <= 24 and not (word in ("am", "pm") and hour > 12) else None


def _chinese(said: str, part: str) -> int | None:
    number = read_number(said)
    if number is None or number != int(number) or not 0 <= number <= 24:
        return None
    hour = int(number)
    return hour + 12 if part in _LATE and hour < 12 else hour


def _span(match: re.Match[str], start: int | None, end: int | None) -> Iterator[Span]:
    """The hours from the first up to the last, over midnight where the end is the smaller."""
    if start is None or end is None or start == end:
        return
    stop = end if end > start else end + 24
    if stop - start < 24:
        hours = tuple(ValueWord("hour", str(hour % 24), f"{hour % 24}:00") for hour in range(start, stop))
        yield Span((match.span(),), hours, 5)
