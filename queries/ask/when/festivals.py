"""Promotions in the text: words of the festivals and, once the platform is known, their days.

Dates come from `promo_calendar`; only the peak day of a festival with a fixed date is a constant here.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Literal

from queries.ask.numbers import read_number
from queries.ask.when.meaning import Clock, Festival, PromoDay, TimeSpan
from queries.ask.when.periods import DAY, around
from queries.query import TimeRange

PEAK_DAY = {
    "618": (6, 18),
    "double11": (11, 11),
    "double12": (12, 12),
    "womens_day": (3, 8),
    "national_day": (10, 1),
}
_BEFORE = (
    r"(?:(?P<ry>今年|去年|前年|本年|last year's|this year's|last year|this year|the last|the latest|"
    r"上次|最近一次)的?\s?|"
    r"(?P<year>20[0-4]\d)年?(?:的|'s)?\s?|(?P<short>[12]\d)年的?)?"
)
_AFTER = (
    r"(?:\s?(?:in |of )?(?P<year2>20[0-4]\d)|\s?(?:of )?(?P<ry2>last year|this year))?"
    r"(?P<part>\s?(?:那一周|那周|那个星期|当周|"
    r"当天|那天|当日|正日子|sales day|on the day|the day itself|day itself|itself|day)"
    r"|\s?(?:期间|全周期|整个周期|整个活动期|全程|大促期间|大促|活动期间|活动|促销|购物节|黄金周|小长假|长假|假期|"
    r"(?P<days>[2-9]|[二三四五六七八九])天(?!前|后|内)|"
    r"那段时间|这段时间|sale period|"
    r"festival|period|campaign|promotion|promo|"
    r"shopping festival|holiday|sales|sale))?"
    r"(?:(?:开始|结束)?(?:之|以|的)?(?P<side>[前后])的?(?P<count>\d{1,2}|[一二两三四五六七八九十])(?P<unit>天|个?周|个?星期|个?月))?"
)
_UNITS = {"天": 1, "周": 7, "星期": 7, "月": 30}
DAY_ALONE = re.compile(
    r"(?<![a-z])(?:(?:only|just) (?:on )?the (?:actual )?day(?: itself| alone)?|(?:on )?the (?:actual |very "
    r")?day (?:itself|only|alone)|"
    r"the (?:actual|peak|main) day)(?![a-z])"
)
"""double 11 2026 vs double 11 2025, only the day: of every sale that is named, its day."""
_DAYS = re.compile(r"holiday|week|period|season|festival")
"""Names of several days: "on national day holiday" is all of them."""
_PRICE_BEFORE = re.compile(r"(?:[¥$€£#]|满|减|sku|order|订单号?|货号|型号|product|id|编号|no\.?)\s?$")
_PRICE_AFTER = re.compile(r"^\s?(?:元|块|rmb|cny|件|单|以上|以下|个|units|orders|yuan|%|\d|\.\d|号)")


def compile_rules(words: dict[str, list[str]]) -> list[tuple[str, re.Pattern[str]]]:
    """promo -> pattern over its words, with year and part around it."""
    rules = []
    for promo, names in words.items():
        body = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
        around = r"(?<![0-9.])(?:the week of (?P<week>)|during (?:the )?|on )?"
        pattern = rf"{around}{_BEFORE}(?<![a-z0-9])(?:{body})(?![0-9](?!天))(?:'s)?{_AFTER}(?!(?<=[a-z])[a-z])"
        rules.append((promo, re.compile(pattern)))
    return rules


def tag_festivals(text: str, clock: Clock, rules: list[tuple[str, re.Pattern[str]]]) -> list[TimeSpan]:
    """Every promotion named in the text, with the year it is of and whether its day or its period is meant."""
    spans = []
    day_alone = DAY_ALONE.search(text) is not None
    for promo, pattern in rules:
        for match in pattern.finditer(text):
            bare = (
                match.group().strip().isdigit() or re.fullmatch(r"[\d.]+", match.group().strip()) is not None
            )
            if bare and (
                _PRICE_BEFORE.search(text[: match.start()]) or _PRICE_AFTER.search(text[match.end() :])
            ):
                continue
            part = (match["part"] or "").strip()
            on_day = part in (
                "当天",
                "那天",
                "当日",
                "正日子",
                "on the day",
                "the day itself",
                "day itself",
                "itself",
                "day",
                "sales day",
            )
            kind: Literal["period", "day", "week"] = "day" if on_day else "period"
            if match.group().startswith("on ") and not part and not _DAYS.search(match.group()):
                kind = "day"  # "on double 11" is the day, "during double 11" the sale
            if day_alone and not part and not match["days"]:
                kind = "day"
            if match["week"] is not None or part in ("那一周", "那周", "那个星期", "当周"):
                kind = "week"
            spans.append(
                TimeSpan(
                    match.start(),
                    match.end(),
                    Festival(
                        promo,
                        _year(match, clock.today),
                        kind,
                        match.group().strip(),
                        weak=bare,
                        days=int(read_number(match["days"]) or 0) if match["days"] else 0,
                        around=_around(match),
                    ),
                )
            )
    return spans


def _around(match: re.Match[str]) -> int:
    """前一周 is 7 days before it begins, 后3天 the 3 days after its end."""
    if not match["side"]:
        return 0
    days = int(read_number(match["count"]) or 0) * _UNITS[match["unit"].removeprefix("个")]
    return -days if match["side"] == "前" else days


def _year(match: re.Match[str], today: date) -> int | None:
    for group in ("year", "year2"):
        if match[group]:
            return int(match[group])
    if match["short"]:
        return 2000 + int(match["short"])
    word = (match["ry"] or match["ry2"] or "").removesuffix("'s")
    return {
        "今年": today.year,
        "本年": today.year,
        "this year": today.year,
        "去年": today.year - 1,
        "last year": today.year - 1,
        "前年": today.year - 2,
    }.get(word)


def resolve(festival: Festival, clock: Clock, platforms: tuple[str, ...] = ()) -> TimeRange | None:
    """The days of a festival: of the one platform asked about, else the calendar's row for everywhere, else
    the first to the last day of any platform. None where the calendar has no row.
    """
    rows = [
        p
        for p in clock.promos
        if p.promo == festival.promo
        and (p.starts_on <= clock.today if festival.year is None else p.starts_on.year == festival.year)
    ]
    if not rows:
        return None
    year = max(row.starts_on.year for row in rows)
    rows = [row for row in rows if row.starts_on.year == year]
    chosen = [r for r in rows if r.platform in platforms] or [r for r in rows if r.platform is None] or rows
    start, last = min(r.starts_on for r in chosen), max(r.ends_on for r in chosen)
    if festival.part == "day":
        start = last = _peak(festival.promo, year, chosen)
    elif festival.part == "week":
        return around(
            _peak(festival.promo, year, chosen), "week", festival.said, clock.today, clock.week_start
        )
    end = last + DAY
    if festival.days:
        end = start + festival.days * DAY
    if festival.around:
        moved = festival.around * DAY
        start, end = (start + moved, start) if festival.around < 0 else (end, end + moved)
        return TimeRange(start=start, end=min(end, clock.today + DAY), said=festival.said, unit="free")
    running = start <= clock.today < last
    return TimeRange(
        start=start,
        end=min(end, clock.today + DAY) if running else end,
        said=festival.said,
        to_date=running,
        unit="festival",
    )


def _peak(promo: str, year: int, rows: list[PromoDay]) -> date:
    if promo in PEAK_DAY:
        return date(year, *PEAK_DAY[promo])
    return min(rows, key=lambda row: row.ends_on - row.starts_on).ends_on
