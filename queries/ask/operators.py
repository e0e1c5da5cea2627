"""Ranks and thresholds: top 5, highest, 前三, 倒数2个, more than 100 units, 1万以上."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from queries.ask.numbers import HAN, Number, find_numbers, read_number
from queries.ask.spans import Op, Rank, Span, TermWord, Threshold

_N = rf"(?P<n>\d{{1,4}}|{HAN}{{1,3}}|one|two|three|four|five|six|seven|eight|nine|ten|twelve|fifteen|twenty|fifty)"
_HIGH = (
    "highest|largest|biggest|greatest|most|top|maximum|max|leading|longest|busiest|heaviest"
)
_LOW = "lowest|smallest|least|fewest|minimum|min|bottom|shortest"
_BEST, _WORST = (
    "best performing|best|strongest|hottest|top performing|fastest(?! growing)|quickest",
    "worst performing|worst|weakest|poorest|slowest",
)
_L, _R = r"(?<![a-z])", r"(?![a-z])"
_ZH_HIGH = "最(?:高|多|大|贵|长|久|厚|狠|凶|猛|离谱|夸张|厉害)"
_ZH_LOW = "最(?:低|少|小|短|薄|便宜)"
_ZH_BEST = (
    "最(?:好|强|佳|优|快|火|火爆|爆|旺|红火|牛|棒|顶|给力|亮眼|出彩|突出|抢眼|能打|争气|理想|漂亮|出色|优秀|划算|高效)"
)
_ZH_WORST = (
    "最(?:差|弱|烂|慢|拉胯|拉垮|拉跨|垮|惨|糟|糟糕|难看|惨淡|菜|不行|不好|不理想|丢人|逊|衰|拖后腿|掉链子|不争气|低迷|疲软|冷清|不划算)"
)
"""What is spoken of size and of quality: 最狠 is much of it, 最拉胯 is bad for the metric."""
_ZH_ONE = "(?:一个|那个|那款|那家|那场|那条|一家|一天|那天|一款|是哪个|是哪家|的是哪个|的是哪家)?"
_COUNTER = r"\s*(?:大(?![概约致体多])|个|名|位|款|家|种|条|场|件|项|样|天|月)?"

RANKS: tuple[tuple[re.Pattern[str], bool, bool, bool], ...] = tuple(
    (re.compile(pattern), descending, quality, single)
    for pattern, descending, quality, single in (
        (rf"{_L}(?:the )?(?:our )?(?:top|leading)[ -]?{_N}{_R}(?!\d|\s?%)", True, False, False),
        (rf"{_L}(?:the )?(?:our )?{_N} (?:{_HIGH}){_R}", True, False, False),
        (rf"{_L}(?:the )?(?:our )?(?:highest|largest|biggest|greatest) {_N}{_R}", True, False, False),
        (rf"{_L}(?:the )?(?:our )?(?:bottom|lowest|smallest) {_N}{_R}", False, False, False),
        (rf"{_L}(?:the )?(?:our )?{_N} (?:{_LOW}){_R}", False, False, False),
        (
            rf"{_L}(?:the )?(?:our )?(?:best|strongest) {_N}{_R}|"
            rf"{_L}(?:the )?(?:our )?{_N.replace('<n>', '<n2>')} (?:{_BEST}){_R}",
            True,
            True,
            False,
        ),
        (
            rf"{_L}(?:the )?(?:our )?(?:worst|weakest) {_N}{_R}|"
            rf"{_L}(?:the )?(?:our )?{_N.replace('<n>', '<n2>')} (?:{_WORST}){_R}",
            False,
            True,
            False,
        ),
        (rf"{_L}(?:the )?(?:our )?top{_R}", True, False, False),
        (rf"{_L}(?:the )?(?:our )?bottom{_R}", False, False, False),
        (
            rf"{_L}(?:(?:with|has|have|had|by) )?(?:the )?(?:single )?(?:{_HIGH}){_R}(?: number of|"
            r" amount of| value of)?",
            True,
            False,
            True,
        ),
        (
            rf"{_L}(?:(?:with|has|have|had|by) )?(?:the )?(?:single )?(?:{_LOW}){_R}(?: number of|"
            r" amount of| value of)?",
            False,
            False,
            True,
        ),
        (rf"{_L}(?:(?:with|has|have|had) )?(?:the )?(?:{_BEST}){_R}", True, True, True),
        (rf"{_L}(?:(?:with|has|have|had) )?(?:the )?(?:{_WORST}){_R}", False, True, True),
        (
            rf"(?:排名|排行|排在)?(?:的)?{_ZH_HIGH}的?(?:前)?{_N}{_COUNTER}(?!月|号)",
            True,
            False,
            False,
        ),
        (rf"{_ZH_LOW}的?(?:前)?{_N}{_COUNTER}(?!月|号)", False, False, False),
        (rf"{_ZH_BEST}的?(?:前)?{_N}{_COUNTER}(?!月|号)", True, True, False),
        (rf"{_ZH_WORST}的?(?:前)?{_N}{_COUNTER}(?!月|号)", False, True, False),
        (rf"头\s*{_N}(?:名|位|款|家|条|场|种|个(?!月|季|星期|礼拜|小时))", True, False, False),
        (rf"(?<!前){_N}强(?!度|烈|劲)", True, True, False),
        (
            rf"(?:排名|排行|排在|排进|排到|排)?(?:的)?前\s*{_N}(?!\d|\s?%){_COUNTER}(?!年|月|周|季|小时)(?<!天)(?<!月)",
            True,
            False,
            False,
        ),
        (rf"top\s*{_N}(?!\d|\s?%)", True, False, False),
        (
            rf"(?:倒数|垫底的?|排名后|末尾)(?:前|的)?\s*{_N}{_COUNTER}|"
            rf"(?<![之以然最])后\s*{_N.replace('<n>', '<n2>')}\s*(?:名|位)|"
            rf"末\s*{_N.replace('<n>', '<n3>')}\s*(?:名|位)",
            False,
            False,
            False,
        ),
        (rf"(?:卖得|卖的)?(?:{_ZH_HIGH}|第一名|第一|榜首|头名|居首|排头)(?:的)?{_ZH_ONE}", True, False, True),
        (rf"(?:{_ZH_LOW}|垫底|倒数第一|老末|吊车尾)(?:的)?{_ZH_ONE}", False, False, True),
        (rf"{_ZH_BEST}(?:的)?{_ZH_ONE}", True, True, True),
        (rf"{_ZH_WORST}(?:的)?{_ZH_ONE}", False, True, True),
    )
)

_OPS: dict[Op, str] = {
    "ge": r"at least|no less than|not less than|minimum of|or more than|不低于|不少于|至少|不小于|达到|>=|≥|不下于|满",
    "le": r"at most|no more than|not more than|maximum of|不超过|不高于|至多|最多|不多于|<=|≤",
    "eq": r"exactly|equal to|equals|刚好|正好|等于",
    "gt": r"topp(?:ed|ing)|tops|surpass(?:ed|es|ing)|crossed|cleared|passed|"
    r"(?:rose|climbed|went|jumped|came) (?:above|over)|more than|over|above|greater than|higher than|"
    r"exceeding|exceeds?|exceeded|larger than|"
          r"bigger than|超过|大于|高于|多于|超出|超|突破|(?<=[烧花卖做跑破到用耗投退达进出])过|>",
    "lt": r"(?:fell|dropped|dipped|sank|slipped|went|came) (?:below|under)|"
    r"less than|below|under|fewer than|lower than|smaller than|低于|少于|小于|不到|不足|未达到|没到|跌破|<",
}
"""The longer phrases first: 不超过 is not 超过."""
_BEFORE: tuple[tuple[Op, re.Pattern[str]], ...] = tuple(
    (op, re.compile(rf"(?:(?<![a-z])(?=[a-z])|(?![a-z]))(?:{body})\s*(?:了)?$"))
    for op, body in _OPS.items()
)
_BEHIND: tuple[tuple[Op, re.Pattern[str]], ...] = (
    ("ge", re.compile(r"^\s*(?:及以上|或以上|以上|or more|or higher|or above|and above|and up|\+)")),
    ("le", re.compile(r"^\s*(?:及以下|以内|or less|or fewer|or lower|or below)")),
    ("lt", re.compile(r"^\s*(?:以下)")),
)
_REACHED = re.compile(r"(?:掉|跌|降|涨|升|做|冲|跑)到了?$")
"""掉到九成以下: the bound says it."""
_HINT = re.compile(
    r"^\s*(?P<hint>元|块钱?|rmb|cny|yuan|usd|dollars?|件|单|笔|人次|人|个买家|个客户)(?![a-z])"
)
_TIME_UNIT = re.compile(
    r"^\s*(?:-|to)?\s*(?:full |calendar )?(?:days?|weeks?|months?|quarters?|years?|hours?|天|日|周|个?月|年|季度|小时|"
    r"号|点)"
    r"(?![a-z])"
)
_DURATION = re.compile(r"^\s*(?:hours?|小时|天|days?)(?![a-z])")


def tag_ranks(text: str) -> list[Span]:
    """Reads "top 5", "the 3 lowest", "highest", "worst", 前十, 最高的3个, 倒数两名, 最差.

    A superlative without a number asks for one row; best and worst follow what is good for the metric.
    """
    spans = _ranked_periods(text) + _numbers_apart(text) + _best_sellers(text)
    for pattern, descending, quality, single in RANKS:
        for match in pattern.finditer(text):
            groups = match.groupdict()
            said = groups.get("n") or groups.get("n2") or groups.get("n3")
            number = read_number(said) if said else None
            if said and (number is None or not 1 <= number <= 1000 or number != int(number)):
                continue
            spans.append(
                Span(
                    (match.span(),), (Rank(int(number) if number else None, descending, quality, single),), 2
                )
            )
    return spans


_APART = tuple(
    (re.compile(pattern), high, quality)
    for pattern, high, quality in (
        (
            rf"{_L}(?P<first>(?:the |which )?{_N}) [a-z ]{{3,24}}?(?P<second>(?:with|having|that have|"
            rf"that had|have|had) (?:the )?(?:{_HIGH})){_R}",
            True,
            False,
        ),
        (
            rf"{_L}(?P<first>(?:the |which )?{_N}) [a-z ]{{3,24}}?(?P<second>(?:with|having|that have|"
            rf"that had|have|had) (?:the )?(?:{_LOW})){_R}",
            False,
            False,
        ),
        (
            rf"{_L}(?P<first>(?:the |which )?{_N}) [a-z ]{{3,24}}?(?P<second>(?:with|having|that have|"
            rf"that had|have|had) (?:the )?(?:{_BEST})){_R}",
            True,
            True,
        ),
        (
            rf"{_L}(?P<first>(?:the |which )?{_N}) [a-z ]{{3,24}}?(?P<second>(?:with|having|that have|"
            rf"that had|have|had) (?:the )?(?:{_WORST})){_R}",
            False,
            True,
        ),
        (rf"{_L}(?P<first>(?:the |which )?{_N}) [a-z ]{{3,40}}?(?P<second>the most){_R}", True, False),
        (rf"{_L}(?P<first>(?:the |which )?{_N}) [a-z ]{{3,40}}?(?P<second>the least){_R}", False, False),
        (
            rf"(?P<first>{_N}(?:个|家|款|种|条(?!线)|名))[^,。0-9]{{1,12}}?(?P<second>(?:最高|最多|最大|最长)的)",
            True,
            False,
        ),
        (
            rf"(?P<first>{_N}(?:个|家|款|种|条(?!线)|名))[^,。0-9]{{1,12}}?(?P<second>(?:最低|最少|最小|最短)的)",
            False,
            False,
        ),
    )
)


def _numbers_apart(text: str) -> list[Span]:
    """the 3 products with the lowest score: the number stands before the noun, the direction behind it."""
    spans = []
    for pattern, high, quality in _APART:
        for match in pattern.finditer(text):
            number = read_number(match["n"])
            if number and 1 <= number <= 1000 and number == int(number):
                spans.append(
                    Span((match.span("first"), match.span("second")), (Rank(int(number), high, quality),), 4)
                )
    return spans


_SELLERS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"{_L}(?:the )?(?:our )?(?:top )?{_N} (?:best|top)[ -]sell(?:ing|ers?){_R}|"
        rf"{_L}(?:the )?(?:our )?(?:best|top)[ -]selling {_N.replace('<n>', '<n2>')}{_R}",
        rf"(?:卖得|卖的|卖)(?:最好|最多|最火|最快|最猛|最爆|最旺)的?(?:前)?{_N}{_COUNTER}|(?:最)?(?:畅销|热销|热卖)的?(?:前|"
        rf"top)\s*{_N.replace('<n>', '<n2>')}{_COUNTER}",
        rf"{_L}(?:the )?(?:our )?{_N} worst[ -]selling{_R}|(?:卖得|卖的)(?:最差|最少)的?(?:后|"
        rf"前)?{_N.replace('<n>', '<n2>')}{_COUNTER}",
    )
)


def _best_sellers(text: str) -> list[Span]:
    """5 best selling products, 卖得最好的3个商品: a rank by what was sold."""
    spans = []
    for pattern in _SELLERS:
        low = pattern is _SELLERS[-1]
        for match in pattern.finditer(text):
            number = read_number(match["n"] or match["n2"])
            if number and 1 <= number <= 1000 and number == int(number):
                spans.append(
                    Span(
                        (match.span(),),
                        (
                            Rank(int(number), not low),
                            TermWord("context:worst_selling" if low else "context:best_selling"),
                        ),
                        4,
                    )
                )
    return spans


def _ranked_periods(text: str) -> list[Span]:
    """best day, top 3 months, 最高的一天, 卖得最好的3个月."""
    spans = []
    for match in _PERIODS_APART.finditer(text):
        if not re.search(
            r"(?<![a-z])(?:last|this|per|each|by|every|in|of|previous|past|the)$",
            text[: match.start("grain")].rstrip(),
        ):
            high = re.fullmatch(rf"{_HIGH}|{_BEST}", match["word"]) is not None
            quality = re.fullmatch(rf"{_BEST}|{_WORST}", match["word"]) is not None
            spans.append(
                Span(
                    ((match.start(), match.end("word")), match.span("grain")),
                    (Rank(None, high, quality, True, match["grain"]),),
                    3,
                )
            )
    for pattern in _PERIOD_RANKS:
        for match in pattern.finditer(text):
            said = match.groupdict().get("n")
            number = read_number(said) if said else None
            word = match["word"]
            grain = _GRAINS[match["grain"].removeprefix("个").rstrip("s") or match["grain"]]
            high = re.fullmatch(rf"{_HIGH}|{_BEST}|peak|{_ZH_HIGH}|{_ZH_BEST}", word) is not None
            quality = re.fullmatch(rf"{_BEST}|{_WORST}|{_ZH_BEST}|{_ZH_WORST}", word) is not None
            count = int(number) if number else None
            spans.append(Span((match.span(),), (Rank(count, high, quality, count in (None, 1), grain),), 3))
    return spans


_GRAINS = {
    "day": "day",
    "week": "week",
    "month": "month",
    "quarter": "quarter",
    "year": "year",
    "天": "day",
    "日": "day",
    "周": "week",
    "月": "month",
    "月份": "month",
    "季度": "quarter",
    "年": "year",
}
_PERIODS_APART = re.compile(
    rf"{_L}(?:the )?(?P<word>{_HIGH}|{_LOW}|{_BEST}|{_WORST}) [a-z ]{{2,24}}? (?P<grain>day|week|month|"
    rf"quarter)s?{_R}(?! (?:ago|before|last|this))"
)
_PERIOD_RANKS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"{_L}(?:the )?(?:single )?(?P<word>{_HIGH}|{_LOW}|{_BEST}|{_WORST}|peak)(?: {_N})?(?: selling|"
        rf" sales| single)? (?P<grain>day|week|month|quarter|year)s?{_R}",
        rf"{_L}(?:the |our )?(?:single )?(?P<grain>day|week|month|quarter) (?:with|that had|that has|"
        rf"having) (?:the )?"
        rf"(?P<word>{_HIGH}|{_LOW}|{_BEST}|{_WORST}){_R}(?: number of| amount of)?",
        r"单(?P<grain>日|周|月)(?P<word>最高|最多|最大|最低|最少)(?:的)?",
        rf"(?:卖得|卖的|业绩|表现|跑得|做得|干得)?(?P<word>{_ZH_HIGH}|{_ZH_LOW}|{_ZH_BEST}|{_ZH_WORST})的?(?:是)?(?:那|前|一)?{_N}?\s*"
        r"(?P<grain>天|日|周|个?月份?|个?季度|年)(?!末|"
        r"年)",
    )
)


_ROUND = {"百": 100, "千": 1_000, "万": 10_000, "百万": 1_000_000, "千万": 10_000_000, "亿": 100_000_000}
_PAST = re.compile(r"(?:过|破|超过?|突破)(?P<w>百万|千万|百|万|千|亿)(?![一二三四五六七八九\d])")


def tag_thresholds(text: str) -> list[Span]:
    """Reads a comparison with a number: "more than 100", "below 8%", ">= 20w", 超过1万元, 100件以上, 不到5%."""
    spans = [
        Span((match.span(),), (Threshold("gt", Decimal(_ROUND[match["w"]])),), 3) for match in _PAST.finditer(text)
    ]
    for number in find_numbers(text):
        if _TIME_UNIT.match(text[number.end :]):
            continue
        span = _threshold(text, number)
        if span:
            spans.append(span)
    return spans


def _threshold(text: str, number: Number) -> Span | None:
    found = threshold_at(text, number)
    if found is None:
        return None
    meaning = Threshold(found.op, number.value, number.percent, found.hint)
    return Span(((found.start, found.end),), (meaning,), 3)


@dataclass(frozen=True)
class ThresholdAt:
    """Where a comparison with a number stands, and the unit said with it."""

    start: int
    end: int
    op: Op
    hint: str
    of_percent: bool


def threshold_at(text: str, number: Number) -> ThresholdAt | None:
    """The comparison that a number is part of: "over 500 yuan", 满300, 500元以上; None where it stands alone."""
    end = number.end
    said = _HINT.match(text[end:])
    hint = said["hint"] if said else number.currency
    if said:
        end += said.end()
    for op, pattern in _BEHIND:
        behind = pattern.match(text[end:])
        if behind:
            led = _REACHED.search(text[: number.start])
            return ThresholdAt(led.start() if led else number.start, end + behind.end(), op, hint, number.percent)
    head = text[: number.start]
    for op, pattern in _BEFORE:
        before = pattern.search(head)
        if before:
            return ThresholdAt(before.start(), end, op, hint, number.percent)
    return None
