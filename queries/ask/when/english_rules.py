"""The table of English words of time: (pattern, maker), both read by `tag`."""

from __future__ import annotations

import re
from datetime import date

from queries.ask.when.english import (
    COUNT,
    MONTH,
    REL_YEAR,
    UNIT,
    WEEKDAYS,
    YEAR,
    Maker,
    a_date,
    ago,
    bare_year,
    coming_units,
    day,
    day_of_month,
    days_of_month,
    ever,
    half,
    iso_week,
    last_units,
    month,
    months_from,
    named,
    part_of_month,
    past_unit,
    period_to_date,
    quarter,
    running_month,
    same,
    short_year,
    unit_word,
    week_from,
    weekday,
    weekday_of_last_week,
    weekend,
    whole_year,
    year_to_date,
)
from queries.ask.when.meaning import Bound, Grained, Period, Relative, Vague, Versus
from queries.ask.when.periods import relative, trailing

_SPLIT = (
    r"(?:split|sliced|cut|grouped|separated|itemi[sz]ed|broken|break|breaking)"
    r"(?: (?:it|them|that|this|these|those))?(?: (?:down|out|up))?"
)
_RUNNING = re.compile(r"(?<![a-z])(?:this|so far|to date|today|[wmq]td)(?![a-z])")
"""The same days of last week are those of a period that is named beside them."""
_DATED = re.compile(
    r"(?:(?:jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec)[a-z]*\.?(?: 20\d\d)?|q[1-4](?: 20\d\d)?|"
    r"h[12]|20\d\d|"
    r"(?:this|last) (?:week|month|quarter|year)) $"
)


def _dated_before(match: re.Match[str]) -> bool:
    """Oct over Sep: a period on both sides, so "over" compares."""
    return _DATED.search(match.string[: match.start()]) is not None


_OFTEN = {"daily": "day", "weekly": "week", "monthly": "month", "quarterly": "quarter", "yearly": "year"}

RULES: tuple[tuple[str, Maker], ...] = (
    (r"today(?:'?s)?|so far today", day(0)),
    (r"yesterday(?:'?s)?|yday(?:'?s)?|yest(?:'s)?|ystd|ytd's day", day(-1)),
    (r"(?:the )?day before (?:yesterday|yday)(?:'s)?", day(-2)),
    (rf"(?:this|the current|current|the running|the present) {UNIT}(?:'s)?(?: so far| to date)?", named(0)),
    (rf"(?:so far|thus far) (?:in )?(?:this|the current) {UNIT}", named(0)),
    (
        rf"{UNIT}[ -]to[ -]date|{UNIT.replace('<u>', '<uu>')} so far",
        lambda m, c: Period(relative(0, unit_word(m["u"] or m["uu"]), m.group(), c.today, c.week_start)),
    ),
    (r"(?P<td>[wmqy]td)", period_to_date),
    (
        rf"(?:the )?(?:last|previous|prior|preceding|last (?:full|complete|whole|calendar)|previous calendar)"
        rf" {UNIT}(?:'s)?",
        named(-1),
    ),
    (
        rf"(?:the )?{UNIT}s? before last(?:'s)?|(?:the )?before last {UNIT.replace('<u>', '<uu>')}",
        lambda m, c: Period(relative(-2, unit_word(m["u"] or m["uu"]), m.group(), c.today, c.week_start)),
    ),
    (
        r"(?:in |over |during |for )?(?:the )?(?:last|past|previous|trailing|rolling|recent|most recent|latest|"
        r"preceding)"
        rf" {COUNT}[ -](?:full |complete |whole |calendar )?{UNIT}s?(?:')?",
        last_units,
    ),
    (r"(?:in |over |during |for )?(?:the )?past (?P<u>week|month|quarter|year)(?:'s)?", past_unit),
    (
        r"(?:in |over |during |for )?(?:the )?(?:last|past|previous) fortnight",
        lambda m, c: Period(trailing(14, "day", m.group(), c.today)),
    ),
    (rf"(?:the )?{UNIT} (?:that(?:'s| has)? )?just (?:gone|ended|finished|closed|past)", named(-1)),
    (
        r"(?:l|last |past )(?P<n>\d{1,3})(?P<u>d|w|m)",
        lambda m, c: Period(
            trailing(
                int(m["n"]),
                unit_word({"d": "day", "w": "week", "m": "month"}[m["u"]]),
                m.group(),
                c.today,
                c.week_start,
            )
        ),
    ),
    (
        r"(?P<n>\d{1,3})[ -]day(?: trailing| rolling)?(?: window)",
        lambda m, c: Period(trailing(int(m["n"]), "day", m.group(), c.today)),
    ),
    (
        r"(?:calendar |iso )?(?:week|wk|cw|kw)[ .]?(?:no\.? |number |nr\.? )?(?P<iso>[1-4]\d|5[0-3]|0?[1-9])"
        rf"(?:,? (?:of )?{YEAR})?(?! ?(?:days|weeks))",
        iso_week,
    ),
    (r"(?:on )?the (?P<d>[12]?\d|3[01])(?:st|nd|rd|th)(?! (?:of|quarter|week|half|percentile|time|day|month|"
        r"order|purchase|most))", day_of_month),
    (
        r"(?:between |from )?(?:the )?(?P<d>[12]?\d|3[01])(?:st|nd|rd|th) ?(?:and|to|until|till|through|-) ?(?:the )?"
        r"(?P<d2>[12]?\d|3[01])(?:st|nd|rd|th)(?: (?:of )?(?P<which>this|last|the|the current|the last|the previous) "
        r"month)?(?! (?:percentile|place|order|purchase|quarter|week|(?:of )?(?:jan|feb|mar|apr|may|jun|jul|"
        r"aug|sep|oct|"
        r"nov|dec)))",
        days_of_month,
    ),
    (
        r"(?:the )?(?P<half>first|second|1st|2nd) half of (?P<which>this|last|the|the current|the last|the "
        r"previous) month",
        part_of_month,
    ),
    (
        rf"(?:the )?(?P<edge>first|last) (?:{COUNT} )?(?P<u>day|week)s? of (?P<which>this|last|the|the "
        rf"current|the last|"
        r"the previous) month",
        part_of_month,
    ),
    (
        rf"(?:the )?(?:week|wk) (?P<how>of|commencing|starting|beginning|from|ending)(?: on)? (?:the |"
        rf"monday |mon |sunday )*"
        rf"(?:{MONTH} (?P<d>\d{{1,2}})(?:st|nd|rd|th)?|(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? (?P<mm>jan|"
        rf"feb|mar|apr|may|"
        rf"jun|jul|aug|sep|oct|nov|dec)[a-z]*)(?:,? {YEAR})?",
        week_from,
    ),
    (
        rf"{YEAR} (?:ytd|year[ -]to[ -]date|to date|so far)|(?:ytd|year[ -]to[ -]date) (?P<year2>20[0-4]\d)",
        year_to_date,
    ),
    (
        r"ttm|ltm|t12m|l12m|(?:trailing|rolling|last) (?:twelve|12)[ -]months?|rolling year|trailing year",
        lambda m, c: Period(trailing(12, "month", m.group(), c.today)),
    ),
    (
        r"(?:(?:in|within|over|during|for) )?(?:the )?(?:next|coming|following) (?P<n>\d{1,3}|two|three|four|six) "
        r"(?P<u>day|week|month)s",
        coming_units,
    ),
    (
        r"(?:fy|cy|fiscal|fiscal year|calendar|calendar year)[ -]?(?P<y2>2\d)(?!\d)(?: ?\((?:calendar|"
        r"calendar year|jan-dec)\))?",
        short_year,
    ),
    (rf"(?:fy|cy|fiscal|calendar) ?{YEAR}(?: ?\((?:calendar|calendar year|jan-dec|jan to dec)\))?", whole_year),
    (r"over(?= (?:the )?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|q[1-4]|h[12]|20\d\d))",
     lambda m, c: Versus() if _dated_before(m) else None),
    (
        rf"(?:this|the current) {UNIT} (?:up to|until|till|through|to) (?:yesterday|yday)",
        lambda m, c: Period(
            relative(0, unit_word(m["u"]), m.group(), c.today, c.week_start).model_copy(update={"end": c.today})
        ),
    ),
    (r"(?<=, )(?P<n>\d{1,3}) (?P<u>day|week|month)s(?=,|$)", last_units),
    (rf"{COUNT} {UNIT}s? ago(?:'s)?", ago),
    (rf"(?:the )?{COUNT} {UNIT}s (?:before|prior|earlier)(?: that)?(?=$|[?.,!]| by | per | on )", last_units),
    (r"(?:a|one) (?P<u>day|week|month|quarter|year) ago(?:'s)?", named(-1)),
    (
        r"(?:last|past|previous|the last|the past) (?:half[ -]year|half a year|six months)",
        lambda m, c: Period(trailing(6, "month", m.group(), c.today)),
    ),
    (rf"(?:{YEAR} ?[- ]?)?q(?P<q>[1-4])", quarter),
    (rf"q(?P<q>[1-4])(?: of|,)?[ -]?{YEAR}", quarter),
    (rf"q(?P<q>[1-4])(?: of)? {REL_YEAR}", quarter),
    (r"(?P<ry>last year|this year)(?:'s)? q(?P<q>[1-4])", quarter),
    (
        rf"(?:the )?(?P<ord>first|second|third|fourth|1st|2nd|3rd|4th|final) quarter"
        rf"(?:(?: of)? (?:{YEAR}|{REL_YEAR}))?",
        quarter,
    ),
    (rf"(?:the )?(?P<ord>last) quarter of (?:{YEAR}|{REL_YEAR})", quarter),
    (
        rf"(?:since |from )?(?:the )?(?:start|beginning) of (?:the|this) {UNIT}(?: (?:until|till|to) (?:now|today))?",
        named(0),
    ),
    (rf"(?:{YEAR} ?)?h(?P<h>[12])", half),
    (rf"h(?P<h>[12])(?: of)? ?(?:{YEAR}|{REL_YEAR})", half),
    (rf"(?:the )?(?P<ord>first|second|1st|2nd) half(?: of)?(?: the year| (?:{YEAR}|{REL_YEAR}))", half),
    (r"(?P<ry>last year|this year)(?:'s)? (?P<ord>first|second) half", half),
    (r"(?:(?<=for )|(?<=in )|(?<=of )|(?<=during )|(?<=over )|(?<=vs )|(?<=versus )|(?<=than )|(?<=and ))"
     r"the (?P<ord>first|second|1st|2nd) half(?= *$| *[^a-z0-9 ]|"
     r" (?:please|pls|thanks|by|per|vs|versus|so far|split|for|compared)(?![a-z]))",
     half),
    (rf"(?:in |the month of |month of )?{MONTH}(?:'s)?", month),
    (
        rf"(?:(?<=since )|(?<=from )|(?<=starting ))(?:the )?(?:very )?(?:start|beginning|first|1st) of {MONTH}"
        rf"(?:,? {YEAR}| {REL_YEAR})?",
        month,
    ),
    (rf"(?:(?<=until )|(?<=till )|(?<=through )|(?<=to ))(?:the )?end of {MONTH}(?:,? {YEAR}| {REL_YEAR})?", month),
    (rf"(?:(?<=since )|(?<=from ))(?:the )?(?:start|beginning) of {YEAR}", whole_year),
    (rf"(?:(?<=since )|(?<=from ))(?:the )?(?:start|beginning) of q(?P<q>[1-4])(?: {YEAR})?", quarter),
    (
        r"(?:(?<=since )|(?<=from ))(?:the )?(?:start|beginning) of (?:last|the last|the previous|previous) "
        r"(?P<u>week|month|quarter|year)",
        named(-1),
    ),
    (
        rf"(?P<wd>{'|'.join(WEEKDAYS)})(?:,? (?:of )?)last week|last week(?:'s|,)? (?P<wd2>{'|'.join(WEEKDAYS)})",
        weekday_of_last_week,
    ),
    (rf"{MONTH}(?: of|,)? ?{YEAR}(?:'s)?", month),
    (rf"{MONTH}(?: of)? {REL_YEAR}", month),
    (rf"(?P<ry>last year|this year)(?:'s)? {MONTH}", month),
    (rf"(?:last|this|this past) {MONTH}", month),
    (rf"{MONTH}(?: {YEAR})? (?:to date|until now|till now|up to now)", running_month),
    (rf"{MONTH} (?:the )?(?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?!\d)(?:,? {YEAR}| {REL_YEAR})?", a_date),
    (
        rf"{MONTH} (?P<d>\d{{1,2}})(?:st|nd|rd|th)? ?(?:-|to|through|until) ?(?P<d2>\d{{1,2}})(?:st|nd|rd|"
        r"th)?(?!\d)"
        rf"(?:,? {YEAR})?",
        a_date,
    ),
    (rf"(?:the )?(?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? {MONTH}(?:,? {YEAR}| {REL_YEAR})?", a_date),
    (
        rf"(?P<d>\d{{1,2}})(?:st|nd|rd|th)? ?(?:-|to) ?(?P<d2>\d{{1,2}})(?:st|nd|rd|"
        rf"th)? {MONTH}(?:,? {YEAR})?",
        a_date,
    ),
    (
        rf"(?:between |from )?(?:the )?(?P<d>\d{{1,2}})(?:st|nd|rd|th)? (?:and|to|until|through) "
        rf"(?:the )?(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? {MONTH}(?:,? {YEAR}| {REL_YEAR})?",
        a_date,
    ),
    (rf"{YEAR}[-/.](?P<m>0?[1-9]|1[0-2])[-/.](?P<d>0[1-9]|[12]\d|3[01]|[1-9])(?!\d)", a_date),
    (
        rf"{YEAR}[-/](?P<mm>0[1-9]|1[0-2])(?![-/\d])",
        lambda m, c: months_from(date(int(m["year"]), int(m["mm"]), 1), 1, m, c, "month"),
    ),
    (
        r"(?:in|of|for|during|year|calendar year|fy|all of|full year|whole of|"
        rf"throughout)(?: the year)? {YEAR}(?:'s)?",
        whole_year,
    ),
    (rf"{YEAR}'s", whole_year),
    (
        rf"(?<!sku )(?<!order )(?<!product )(?<!item )(?<!model )(?<!no )(?<!#)(?<!id )(?<!top )"
        rf"(?<!款号)(?<!编号){YEAR}(?!\s?(?:件|元|块|单|个|人|units|orders|items|rmb|yuan|cny))",
        bare_year,
    ),
    (rf"(?:the )?(?P<half>first|second|1st|2nd) half of {MONTH}(?: {YEAR})?", part_of_month),
    (rf"(?:the )?(?P<edge>first|last) (?:{COUNT} )?(?P<u>day|week)s? of {MONTH}(?: {YEAR})?", part_of_month),
    (r"(?:this|last|the|the past) weekend(?:'s)?", weekend),
    (rf"(?:(?P<when>last|this|on|past) )(?P<wd>{'|'.join(WEEKDAYS)})(?:'s)?", weekday),
    (rf"(?:(?<=since )|(?<=until )|(?<=till )|(?<=through )|(?<=from )|(?<=to ))(?P<wd>{'|'.join(WEEKDAYS)})", weekday),
    (
        r"(?:(?<=customers )|(?<=buyers ))do we have (?:in total|altogether|overall|in all|all told)",
        ever,
    ),
    (
        r"(?:beat|beats|beating|outdo|outdid|outsold|outsell|top|topped)(?= (?:last|the last|that of|this|double|"
        r"singles|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|"
        r"618|black|20[0-4]\d|q[1-4]))",
        same(Versus()),
    ),
    (
        r"(?:(?<=up )|(?<=down ))(?:on|from|against)(?= (?:the )?(?:last|previous|prior|year|week|month|"
        r"quarter|jan|feb|"
        r"mar|apr|may|jun|jul|aug|sep|oct|nov|dec|q[1-4]|h[12]|20[0-4]\d))",
        same(Versus()),
    ),
    (r"all[ -]time|ever(?!,? (?!please|pls|plz|thank|thx)[a-z])|ever since we started|since the beginning|"
     r"since launch|in our whole history", ever),
    (r"lately|recently|these days|of late|at present|nowadays", same(Vague())),
    (
        r"yoy|y/y|y-o-y|year[ -](?:over|on)[ -]year|(?:vs\.? |versus |over |against |compared (?:to|with) |"
        r"than )?(?:in |for )?"
        r"(?:the )?same (?:period|month|week|quarter|day|days|dates|time|months)(?: in| of)?(?: the)? "
        r"(?:last year|previous year|prior year|year before|a year (?:ago|earlier|before))",
        same(Relative("year_ago")),
    ),
    (
        r"(?:vs\.? |versus |over |against |from |compared (?:to|with) |than )?(?:this time|this point) (?:last year|"
        r"a year ago)",
        same(Relative("year_ago")),
    ),
    (
        r"(?:vs\.? |versus |over |against |from |compared (?:to|with) |than )?(?:a|one) year (?:ago|earlier|"
        r"before)",
        same(Relative("year_ago")),
    ),
    (
        r"(?:vs\.?|versus|against|compared (?:to|with)) (?:py|ly|prior year|previous year|the previous year|"
        r"the prior year)",
        same(Relative("year_ago")),
    ),
    (
        r"(?:vs\.? |versus |over |against |compared (?:to|with) |than )?(?:in |for )?(?:the )?"
        r"same (?:days|period|point|stretch|time|dates|weekdays)(?: of| in)?(?: the)? (?:last|previous|prior)"
        r" (?P<u>week|month|quarter)",
        lambda m, c: Relative("previous_period", unit_word(m["u"])) if _RUNNING.search(m.string) else None,
    ),
    (
        r"(?P<per>[dwmq])(?:o|/)(?P=per)",
        lambda m, c: Relative(
            "previous_period", unit_word({"d": "day", "w": "week", "m": "month", "q": "quarter"}[m["per"]])
        ),
    ),
    (
        rf"{UNIT}[ -](?:over|on)[ -](?P=u)",
        lambda m, c: Relative("year_ago") if m["u"] == "year" else Relative("previous_period", unit_word(m["u"])),
    ),
    (
        rf"(?:the )?{UNIT} (?:before|earlier|prior)(?: that)?|(?:the )?(?:one|period) before(?: that)?",
        lambda m, c: (
            Relative("year_ago")
            if m["u"] == "year"
            else Relative("previous_period", unit_word(m["u"]) if m["u"] else None)
        ),
    ),
    (r"(?:the )?(?:previous|prior|preceding|last) period", same(Relative("previous_period"))),
    (
        r"(?:vs\.?|v\.?(?= [a-z0-9])|versus|against|in comparison (?:to|with)|compared? (?:it )?(?:to|with|against)|"
        r"relative to|(?:and )?how (?:many|much) (?:was|were|is|are) (?:it|that|they|there|this)|"
        r"(?:and )?what (?:was|were) (?:it|that|they|this)|"
        r"compare[ds]?(?: that)?|than|comparing)",
        same(Versus()),
    ),
    (r"since|starting(?: from| in| on)?|from (?=[^?]*(?:on|onwards?|on wards)\b)", same(Bound("since"))),
    (r"after", same(Bound("after"))),
    (r"before|prior to", same(Bound("before"))),
    (
        r"until|till|up to and including|up to|(?<!sell )(?<!click )through|as of|up until|by the end of",
        same(Bound("until")),
    ),
    (
        r"(?:on )?(?:which |what )?(?P<u>day|week|month)s(?= with | where | when | on which | that had |"
        r" in which | having | (?:in|during|of) (?:[a-z]+ ){1,3}(?:with|where|when|having|that had|on which) )",
        lambda m, c: Grained(unit_word(m["u"])),
    ),
    (
        rf"(?:for |in |on )?(?:each|every one) of(?= (?:the )?(?:last|past|previous) {COUNT} {UNIT}s)",
        lambda m, c: Grained(unit_word(m["u"])),
    ),
    (
        r"daily|day by day|(?:by|per|each|every|for each|a|for every) day|per[- ]day|by date|"
        r"on a daily basis|day to day",
        same(Grained("day")),
    ),
    (
        r"weekly|week by week|(?:by|per|each|every|for each|for every) week|on a weekly basis|"
        r"by calendar week",
        same(Grained("week")),
    ),
    (
        r"monthly|month by month|(?:by|per|each|every|for each|for every) month|on a monthly basis|"
        r"by calendar month",
        same(Grained("month")),
    ),
    (
        r"quarterly|quarter by quarter|(?:by|per|each|every|for each|for every) quarter",
        same(Grained("quarter")),
    ),
    (
        r"and (?:by |per )?(?P<u>day|week|month|quarter|year)(?! (?:before|ago|over|on|to|so|earlier|prior))",
        lambda m, c: Grained(unit_word(m["u"])),
    ),
    (
        rf"(?:{_SPLIT} )?(?:by|per) (?:the )?{UNIT}s?(?! (?:of|and|or|over|on|to|ago|before))",
        lambda m, c: Grained(unit_word(m["u"])) if " " in m.group() else None,
    ),
    (
        r"(?:a |the )?(?P<often>daily|weekly|monthly|quarterly|yearly) (?:breakdown|split) of",
        lambda m, c: Grained(unit_word(_OFTEN[m["often"]])),
    ),
    (
        r"(?P<u>day|week|month|quarter|year)[- ]?wise",
        lambda m, c: Grained(unit_word(m["u"])),
    ),
    (
        r"yearly|annually|annual|year by year|(?:by|per|each|every|for each|for every) year",
        same(Grained("year")),
    ),
)
