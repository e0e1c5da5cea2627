"""Chinese words of time. Each rule is (pattern, maker); the longest match at a place wins.

一周年, 月饼, 半价, 天天特卖 are not time: patterns look at the characters around them where they must.
"""

from __future__ import annotations

import re
from datetime import date, timedelta

from queries.ask.numbers import read_number
from queries.ask.when.english import Maker, day_of, latest
from queries.ask.when.meaning import Bound, Clock, Grained, Meaning, Period, Relative, Vague, Versus
from queries.ask.when.periods import DAY, Unit, add_months, around, bounded, relative, rolling_month, trailing
from queries.query import TimeRange

HAN_NUMBER = "[一二两三四五六七八九十]"
COUNT = rf"(?P<n>\d{{1,3}}|{HAN_NUMBER}{{1,3}}|半)"
UNITS: dict[str, Unit] = {
    "天": "day",
    "日": "day",
    "周": "week",
    "星期": "week",
    "礼拜": "week",
    "月": "month",
    "个月": "month",
    "季度": "quarter",
    "季": "quarter",
    "年": "year",
    "年度": "year",
}
UNIT = "(?P<u>天|日|周|星期|礼拜|个?月|个?季度|季|年度?)"
WEEKDAYS = {"一": 0, "二": 1, "三": 2, "四": 3, "五": 4, "六": 5, "日": 6, "天": 6}
YEAR = r"(?:(?P<year>20[0-4]\d)(?:\s?年)?\s?|(?P<short>[12]\d)年|(?P<ry>今年|去年|前年|上一年|本年|明年)的?)"
YEAR_MARKED = r"(?:(?P<year>20[0-4]\d)\s?年|(?P<short>[12]\d)年|(?P<ry>今年|去年|前年|上一年|本年|明年)的?)"
MONTH = rf"(?P<m>1[0-2]|0?[1-9]|十[一二]?|{HAN_NUMBER})月(?!饼)份?"
DAY_NUMBER = rf"(?P<d>[12]\d|3[01]|0?[1-9]|[二三]?十[一二三四五六七八九]?|{HAN_NUMBER})[日号](?!线|店|仓|码|楼)"


def _number(text: str) -> int:
    read = read_number(text)
    return int(read) if read is not None else 0


def _unit(word: str) -> Unit:
    return UNITS[word.removeprefix("个") if word not in UNITS else word]


def said_year(match: re.Match[str], today: date) -> int | None:
    """The year a match names: 2025年, 25年, 去年; None if it names none."""
    groups = match.groupdict()
    if groups.get("year"):
        return int(groups["year"])
    if groups.get("short"):
        return 2000 + int(groups["short"])
    offset = {"今年": 0, "本年": 0, "去年": -1, "上一年": -1, "前年": -2, "明年": 1}.get(
        groups.get("ry") or ""
    )
    return None if offset is None else today.year + offset


def _months(first: date, count: int, match: re.Match[str], clock: Clock, unit: str = "free") -> Period:
    return Period(
        bounded(first, add_months(first, count), unit, match.group(), clock.today),  # type: ignore[arg-type]
        explicit_year=said_year(match, clock.today) is not None,
    )


def _iso_week(match: re.Match[str], clock: Clock) -> Meaning | None:
    """第47周, 47周: a week by its number."""
    number, year = int(match["iso"] or match["iso2"]), said_year(match, clock.today)
    try:
        monday = date.fromisocalendar(year or clock.today.year, number, 1)
        if year is None and monday > clock.today:
            monday = date.fromisocalendar(clock.today.year - 1, number, 1)
    except ValueError:
        return None
    return Period(bounded(monday, monday + 7 * DAY, "week", match.group(), clock.today))


def _month(match: re.Match[str], clock: Clock) -> Meaning | None:
    number = _number(match["m"])
    if not 1 <= number <= 12:
        return None
    return _months(latest(number, clock.today, said_year(match, clock.today)), 1, match, clock, "month")


def _quarter(match: re.Match[str], clock: Clock) -> Meaning:
    number = _number(match["q"])
    return _months(
        latest(number * 3 - 2, clock.today, said_year(match, clock.today)), 3, match, clock, "quarter"
    )


def _first_months(match: re.Match[str], clock: Clock) -> Meaning | None:
    """今年前三季度 is January to September, 去年头两个月 two months; without a year the latest that is over."""
    groups, today = match.groupdict(), clock.today
    months = _number(groups["qs"]) * 3 if groups.get("qs") else _number(groups["ms"])
    if not 1 < months < 12:
        return None
    year = said_year(match, today)
    first = date(year or today.year, 1, 1)
    if year is None and add_months(first, months) > today:
        first = add_months(first, -12)
    return _months(first, months, match, clock)


def _half(match: re.Match[str], clock: Clock) -> Meaning:
    second = match["h"] in ("下", "2")
    return _months(latest(7 if second else 1, clock.today, said_year(match, clock.today)), 6, match, clock)


def _year(match: re.Match[str], clock: Clock) -> Meaning:
    year = said_year(match, clock.today) or clock.today.year
    return Period(around(date(year, 1, 1), "year", match.group(), clock.today))


def _date(match: re.Match[str], clock: Clock) -> Meaning | None:
    month, number = _number(match["m"]), _number(match["d"])
    year = said_year(match, clock.today)
    day = day_of(year or clock.today.year, month, number)
    if day and year is None and day > clock.today:
        day = day_of(clock.today.year - 1, month, number)
    if day is None:
        return None
    return Period(
        TimeRange(start=day, end=day + DAY, said=match.group(), unit="day"), explicit_year=year is not None
    )


def _day_only(match: re.Match[str], clock: Clock) -> Meaning | None:
    """15号, 本月15号, 上月15日: of this month unless that lies ahead."""
    number, today = _number(match["d"]), clock.today
    back = -1 if (match["rel"] or "").startswith("上") else 0
    first = add_months(today.replace(day=1), back)
    day = day_of(first.year, first.month, number)
    if day and day > today and not match["rel"]:
        first = add_months(first, -1)
        day = day_of(first.year, first.month, number)
    if day is None:
        return None
    return Period(TimeRange(start=day, end=day + DAY, said=match.group(), unit="day"), explicit_year=False)


def _range_numbers(match: re.Match[str], clock: Clock) -> Meaning | None:
    """9.1-9.15, 9/1~9/15, 9月1日-15日, 1-3月."""
    groups = match.groupdict()
    month, today = _number(groups["m"]), clock.today
    month2 = _number(groups.get("m2") or groups["m"])
    year = said_year(match, today)
    if groups.get("d") is None:
        if not 1 <= month < month2 <= 12:
            return None
        first = latest(month, today, year)
        return _months(first, month2 - month + 1, match, clock)
    start = day_of(year or today.year, month, _number(groups["d"]))
    end = day_of(year or today.year, month2, _number(groups["d2"]))
    if start and year is None and start > today:
        start, end = (
            day_of(today.year - 1, month, _number(groups["d"])),
            day_of(today.year - 1, month2, _number(groups["d2"])),
        )
    if not start or not end or end < start:
        return None
    return Period(bounded(start, end + DAY, "free", match.group(), today))


def _third_of_month(match: re.Match[str], clock: Clock) -> Meaning | None:
    """上旬 the 1st to 10th, 中旬 the 11th to 20th, 下旬 the rest; 上半月 the first 15 days."""
    if match["rel"]:
        first = add_months(clock.today.replace(day=1), -1 if match["rel"].startswith("上") else 0)
    else:
        first = latest(_number(match["m"]), clock.today, said_year(match, clock.today))
    part, following = match["part"], add_months(first, 1)
    cuts = {"上旬": (0, 10), "中旬": (10, 20), "下旬": (20, 99), "上半月": (0, 15), "下半月": (15, 99)}[part]
    start = first + timedelta(days=cuts[0])
    return Period(
        bounded(start, min(first + timedelta(days=cuts[1]), following), "free", match.group(), clock.today)
    )


def _edge_of_month(match: re.Match[str], clock: Clock) -> Meaning | None:
    first = latest(_number(match["m"]), clock.today, said_year(match, clock.today))
    days, following = _number(match["n"]) * (7 if match["u"] == "周" else 1), add_months(first, 1)
    start, end = (first, first + days * DAY) if match["edge"] == "前" else (following - days * DAY, following)
    return Period(TimeRange(start=start, end=end, said=match.group(), unit="free"))


def _named(offset: int) -> Maker:
    def make(match: re.Match[str], clock: Clock) -> Meaning:
        return Period(relative(offset, _unit(match["u"]), match.group(), clock.today, clock.week_start))

    return make


def _day(offset: int) -> Maker:
    return lambda m, c: Period(relative(offset, "day", m.group(), c.today))


def _until_yesterday(unit: Unit, said: str, clock: Clock) -> Meaning:
    """本月截至昨天: the running period without today."""
    running = relative(0, unit, said, clock.today, clock.week_start)
    return Period(running.model_copy(update={"end": clock.today}))


def _trailing(match: re.Match[str], clock: Clock) -> Meaning:
    """近7天, 最近3个月 (whole months), 近半年, 近一年, 近一周 (7 days), 近一个月 (since the same day)."""
    unit, said, today = _unit(match["u"]), match.group(), clock.today
    if match["n"] == "半":
        return Period(
            trailing(6, "month", said, today) if unit == "year" else trailing(15, "day", said, today)
        )
    count = _number(match["n"])
    if count == 1 and unit == "week":
        return Period(trailing(7, "day", said, today))
    if count == 1 and unit == "month":
        return Period(rolling_month(said, today))
    if unit == "year":
        return Period(trailing(12 * count, "month", said, today))
    return Period(trailing(count, unit, said, today, clock.week_start))


def _ago(match: re.Match[str], clock: Clock) -> Meaning:
    return Period(relative(-_number(match["n"]), _unit(match["u"]), match.group(), clock.today, clock.week_start))


def _week_day(match: re.Match[str], clock: Clock) -> Meaning:
    """上周三, 本周一, 周五 (the latest that has been)."""
    today, number = clock.today, WEEKDAYS[match["wd"]]
    which = match["which"] or ""
    monday = today - timedelta(days=today.weekday())
    if which.startswith("上上"):
        day = monday + timedelta(days=number - 14)
    elif which.startswith("上"):
        day = monday + timedelta(days=number - 7)
    elif which:
        day = monday + timedelta(days=number)
    else:
        day = today - timedelta(days=(today.weekday() - number) % 7 or 7)
    return Period(TimeRange(start=day, end=day + DAY, said=match.group(), unit="day"))


def _weekend(match: re.Match[str], clock: Clock) -> Meaning:
    saturday = clock.today - timedelta(days=clock.today.weekday() - 5)
    if (match["which"] and match["which"].startswith("上")) or saturday > clock.today:
        saturday -= timedelta(days=7)
    return Period(bounded(saturday, saturday + 2 * DAY, "free", match.group(), clock.today))


def _same(meaning: Meaning) -> Maker:
    return lambda match, clock: meaning


WEEK_NUMBER = r"[1-4]\d|5[0-3]"
_OWN = rf"(?<![上本这当每个今去前昨\d])(?<!{HAN_NUMBER})"
"""上月环比 compares 上月; only a unit that no period owns belongs to 环比."""
# 上周一共, 上周天猫: no Monday and no Sunday
_NO_DAY = r"(?!年|(?<=一)[共起直些下样定般边块并同]|(?<=日)[均常]|(?<=天)猫|(?<=[一二三四五六])[个家款条项])"
_DASH = r"\s*(?:-|~|至|到|—)\s*"
_D2 = DAY_NUMBER.replace("<d>", "<d2>").replace("[日号]", "[日号]?")
RULES: tuple[tuple[str, Maker], ...] = (
    (r"(?:今天|今日|今儿)", _day(0)),
    (r"昨天|昨日|昨儿", _day(-1)),
    (r"(?<!大)前天|前日", _day(-2)),
    (r"大前天", _day(-3)),
    (
        r"(?:这|本|当|这个|这一|当前)(?P<u>周|星期|礼拜|个?月|季度|季|年度?)(?:累计)?(?:到现在|至今|以来|为止|目前|到目前)?",
        _named(0),
    ),
    (
        r"今(?P<u>年)(?:累计)?(?:到现在|至今|以来|为止|到目前为止|截至目前|年度)?|(?:年初|今年年初)(?:至今|以来|到现在|到今天|到今)",
        lambda m, c: Period(relative(0, "year", m.group(), c.today)),
    ),
    (
        r"(?:本|这个?|当)?(?P<u>周|月|季度|年)(?:内|初)?截[至止]到?昨[天日]|今(?P<u2>年)截[至止]到?昨[天日]",
        lambda m, c: _until_yesterday(_unit(m["u"] or m["u2"]), m.group(), c),
    ),
    (
        r"(?:月初|本月初)(?:至今|以来|到现在|到今天)|(?:本|这个?|当)月(?:到现在|至今|以来|为止|到目前为止|截至目前|截至今天)",
        lambda m, c: Period(relative(0, "month", m.group(), c.today)),
    ),
    (
        r"(?:本|这个?)周(?:到现在|至今|以来|为止|到目前为止|截至目前)",
        lambda m, c: Period(relative(0, "week", m.group(), c.today, c.week_start)),
    ),
    (
        r"(?:本|这个?)季度?(?:到现在|至今|以来|为止|到目前为止|截至目前)",
        lambda m, c: Period(relative(0, "quarter", m.group(), c.today)),
    ),
    (
        rf"(?:上|上一?个|上一|前一?个|前一)(?P<u>周(?!年|末|[一二三四五六日天]{_NO_DAY})|星期(?![一二三四五六日天]{_NO_DAY})|礼拜|月|季度|季(?!节))",
        _named(-1),
    ),
    (r"(?:去|上一|前一)(?P<u>年)(?:度|全年|一年|整年)?", _named(-1)),
    (r"前(?P<u>年)(?!度)", _named(-2)),
    (r"今年(?:一整年|全年|整年)", lambda m, c: Period(relative(0, "year", m.group(), c.today))),
    (
        rf"上上个?(?P<u>周(?!(?:[一二三四五六日天]{_NO_DAY})|末)|星期|礼拜|月|季度|季)|大上个?(?P<u2>月|周)",
        lambda m, c: Period(relative(-2, _unit(m["u"] or m["u2"]), m.group(), c.today, c.week_start)),
    ),
    (
        rf"(?:最近|近|过去|过往|之前|前|往前|此前|这(?!半))的?\s*{COUNT}\s*(?:个|整)?\s*(?P<u>天|日(?!期)|周(?!年)|星期|礼拜|个?月|季度|年)(?:内|里|"
        r"以来|来|间)?",
        _trailing,
    ),
    (
        r"(?:最近|近|过去)(?P<n>半)个?(?P<u>月|年)(?:内|里|以来|来)?|(?:这|过去)(?P<n2>半)年",
        lambda m, c: _trailing(m, c) if m["n"] else Period(trailing(6, "month", m.group(), c.today)),
    ),
    (rf"{COUNT}\s*(?:个)?(?P<u>天|日|周|星期|个?月|季度|年)(?:之前|以前|前)(?:的)?(?!的?\d)", _ago),
    (rf"{YEAR}?(?:的)?第?(?P<q>[一二三四1-4])\s*季度?(?:度)?", _quarter),
    (rf"{YEAR}?(?:的)?前(?P<qs>[二两三23])个?季度?(?!节)", _first_months),
    (rf"{YEAR_MARKED}(?:的)?[前头](?P<ms>1[01]|[2-9]|{HAN_NUMBER}{{1,2}})个?月(?!饼)", _first_months),
    (rf"{YEAR}?(?:的)?q(?P<q>[1-4])(?![0-9])", _quarter),
    (rf"{YEAR}?(?:的)?(?P<h>[上下])半年", _half),
    (rf"{YEAR}?h(?P<h>[12])(?![0-9a-z])", _half),
    (
        rf"{YEAR}?(?:的)?(?:第(?P<iso>{WEEK_NUMBER}|0?[1-9])周|(?<![\d近前后过每])(?P<iso2>{WEEK_NUMBER})周)"
        r"(?!年|内|里|前|来|以)",
        _iso_week,
    ),
    (rf"{YEAR}?(?:的)?{MONTH}(?:一整?个月|整个?月|全月)?", _month),
    (rf"{YEAR}?{MONTH}{DAY_NUMBER}(?:当天|那天|当日)?", _date),
    (rf"(?P<rel>本月|这个月|上个?月|当月)?{DAY_NUMBER}(?:当天|那天)?", _day_only),
    (r"(?P<year>20[0-4]\d)年(?P<m>0?[1-9]|1[0-2])[-/.月](?P<d>\d{1,2})[日号]?", _date),
    (
        rf"{YEAR}?{MONTH}{DAY_NUMBER}?{_DASH}(?:(?P<m2>1[0-2]|0?[1-9])月)?{_D2}",
        lambda m, c: _range_numbers(m, c) if m["d"] else None,
    ),
    (
        rf"{YEAR_MARKED}?(?P<m>1[0-2]|0?[1-9]|{HAN_NUMBER}){_DASH}(?P<m2>1[0-2]|0?[1-9]|十[一二]?|"
        rf"{HAN_NUMBER})月份?(?!\d)",
        lambda m, c: _range_numbers(m, c),
    ),
    (rf"{YEAR_MARKED}?(?P<m>1[0-2]|0?[1-9])月份?{_DASH}(?P<m2>1[0-2]|0?[1-9])月份?(?!\d)", _range_numbers),
    (
        rf"(?<![\d.]){YEAR_MARKED}?(?P<m>1[0-2]|0?[1-9])[./](?P<d>[12]\d|3[01]|0?[1-9])\s*(?:-|~|到|至)\s*"
        r"(?P<m2>1[0-2]|0?[1-9])[./](?P<d2>[12]\d|3[01]|0?[1-9])(?![\d.])",
        _range_numbers,
    ),
    (rf"(?:(?P<rel>本月|这个月|上个?月)|{YEAR}?{MONTH})(?P<part>上旬|中旬|下旬|上半月|下半月)", _third_of_month),
    (rf"{YEAR}?{MONTH}的?(?P<edge>前|后|最后){COUNT}(?P<u>天|周)", _edge_of_month),
    (rf"{YEAR_MARKED}(?:全年|一整年|整年|年度|一年)?", _year),
    (rf"(?P<which>上上个?|上个?|本|这个?)?(?:周|星期|礼拜)(?P<wd>[一二三四五六日天]){_NO_DAY}(?:当天)?", _week_day),
    (r"(?P<which>上个?|本|这个?)?周末", _weekend),
    (
        r"有史以来|历史上|史上|开店以来|开业以来|全部时间|所有时间|至今为止|历史累计",
        lambda m, c: Period(TimeRange(start=None, end=c.today + DAY, said=m.group(), unit="free")),
    ),
    (r"最近|近期|近来|这阵子|这段时间|这几天|目前为止", _same(Vague())),
    (
        r"(?:与|跟|和|同|比|较|对比)?(?:去年|上年|上一年|一年前)的?(?:同期|同月|同一?个?月|同一时期|同一天|同周|同日|同季度?|这天|那天|当天|这时候?|那时候?|这个时候|那个时候|这会儿?|那会儿?|此时|这个时间|那个月|那一?周)(?:相比|对比|比较|比)?",
        _same(Relative("year_ago")),
    ),
    (r"同比", _same(Relative("year_ago"))),
    (rf"{_OWN}年同比|(?:较|比|与|跟|和)?(?:上年|去年|上一年)同比", _same(Relative("year_ago"))),
    (r"环比", _same(Relative("previous_period"))),
    (rf"{_OWN}周环比", _same(Relative("previous_period", "week"))),
    (rf"{_OWN}月环比", _same(Relative("previous_period", "month"))),
    (rf"{_OWN}日环比", _same(Relative("previous_period", "day"))),
    (rf"{_OWN}季度?环比", _same(Relative("previous_period", "quarter"))),
    (
        r"(?:较|比|与|跟|和)?(?:上一?个?|前一?个?|上一)(?:月|周|季度|季)?(?:周期|期|同期)(?:相比|对比|比较|比)?",
        _same(Relative("previous_period")),
    ),
    (
        r"(?:较|比|与|跟|和)?(?:前一|再前一?|再上一?个?|之前一?个?)(?P<u>天|周|个?月|季度?|个?季度)(?:相比|对比|比较|比)?",
        lambda m, c: Relative("previous_period", _unit(m["u"])),
    ),
    (r"比(?!例|率|重|价)|对比|相比|相比较|比较|较|vs\.?|pk|比起|相对于|相较于?", _same(Versus())),
    (r"(?:以来|至今|起|开始|以后|到现在|往后|到今天|到目前)", _same(Bound("since"))),
    (r"(?:之?后)(?!台)", _same(Bound("after"))),
    (r"以前|之前|前(?=的)", _same(Bound("before"))), (r"截至|截止到?|截止至|直到", _same(Bound("until"))),
    (
        r"(?:按|每|分|逐|各|以|每一)(?:个)?[天日](?:期)?(?:为单位|维度|来?看|展示|统计)?(?!天)|(?:日|天)(?:度)?趋势|按日期|每日|逐日",
        _same(Grained("day")),
    ),
    (
        r"(?:按|每|分|逐|各|以|每一)(?:个)?(?:自然)?(?:周|星期|礼拜)(?:为单位|维度|来?看|展示|统计)?(?![一二三四五六日天末年几])|周(?:度)?趋势|周度",
        _same(Grained("week")),
    ),
    (
        r"(?:按|每|分|逐|各|以|每一)(?:个)?(?:自然)?月(?:份|度)?(?:为单位|维度|来?看|展示|统计)?|月(?:度)?趋势|月度",
        _same(Grained("month")),
    ),
    (
        r"(?:按|每|分|逐|各|以|每一)(?:个)?季度?(?:为单位|维度|来?看|展示|统计)?(?!节)|季度趋势",
        _same(Grained("quarter")),
    ),
    (r"(?:按|每|分|逐|各|历|每一)年(?:度)?(?:为单位|维度|来?看|展示|统计)?|年度趋势", _same(Grained("year"))),
    (r"哪些天|哪几天|的日子|的那几天|那些天", _same(Grained("day"))),
    (r"哪些月份?|哪几个月|的月份(?=有|是)", _same(Grained("month"))),
    (r"哪些周|哪几周|哪几个(?:星期|礼拜)|的(?:那几)?周(?=有|是)", _same(Grained("week"))),
    (r"哪些季度|哪几个季度|的季度(?=有|是)", _same(Grained("quarter"))),
    (r"(?:和|与|、|及)(?:按)?月份", _same(Grained("month"))),
    (r"(?:和|与|、|及)(?:按)?日期", _same(Grained("day"))),
    (r"(?:和|与|、|及)(?:按)?季度(?!节)", _same(Grained("quarter"))),
    (r"(?:和|与|、|及)(?:按)?周(?![一二三四五六日天末年])", _same(Grained("week"))),
)
