"""Spoken Chinese that works: how many rows (列五个, 取8个), who as a thing (哪些计划谁最烧钱), counts of what was named
(三个一起), and the direction that 哪个平台退得多 or 占比高的排个序 gives a list.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal

from queries.ask.numbers import HAN, read_number
from queries.ask.spans import Rank, Sign, Span, Threshold

_NUMBER = rf"(?P<n>\d{{1,3}}|{HAN}{{1,3}})"
_LIMIT = re.compile(
    rf"(?:列|取|挑|选|要|给我|给|来|看|拿|出|排|捞|拉|报|显示|展示)(?:出|我|一下|下)?\s*{_NUMBER}\s*(?:个|家|款|名|条|位|行|种|场)"
    r"(?:就行|就好|就够|就够了|即可|出来|吧|看看|就可以)?(?=$|[\s,.;:!?。、)]|的|商品|产品|品|款|店|平台|渠道|品牌|类目|计划|sku|宝贝|链接|省)"
)
_THING = (
    r"平台|店铺?|渠道|商品|产品|宝贝|链接|单品|款|品|sku|品牌|牌子|类目|品类|计划|活动|场次?|直播间|主播|账号|国家|省份?|地区|来源"
)
_SUPERLATIVE_OF = re.compile(
    rf"(?<=最[多少好差高低贵狠火快慢猛旺大小]的)\s*{_NUMBER}\s*(?:个|家|款|名|条|位|种|场)(?={_THING})"
)
"""花钱最多的三条计划: how many, where the superlative is a word of its own."""
_PERSON = re.compile(r"客户|买家|顾客|用户|会员|粉丝|的人|人群|员工|同事")
_IS_WHO = re.compile(
    rf"(?:{_THING})(?:们|里|里面|中|里头)?(?:分别|都|到底|究竟)?(?P<w>是谁|谁是)(?!的|买|下单|我们|咱)"
)
_WHO = re.compile(r"(?<!是)谁(?!是|买|下单|退|花|消费|付|来|的|给|能|可以|有权|有|在|管|负责|看|查|签)")
_NAMED = re.compile(rf"{_THING}|淘宝|天猫|京东|抖音|小红书|微博|拼多多|快手|shopify|独立站")
_COUNT = re.compile(
    r"(?P<n>两|俩|二|三|仨|四|五|2|3|4|5)(?:个|项|样|者|家|边|块)?(?:数据|数|指标)?(?:(?:都|全|全都)?(?:一起|一块儿?|一并|一同)|(?=放一|摆一|并排|各|分别|都))"
)
_SIZES = {"两": 2, "俩": 2, "仨": 3}
_VERB = re.compile(r"[买付发退卖成下收来回支购签到参做加看用登评]")
OVERRULES = 9
"""Weight of a span that rules alone where the tables read something else."""
HIGH, LOW = re.compile(r"^[高多大凶狠猛贵]$"), re.compile(r"^(?:[低少小]|便宜)$")


_TAIL_END = r"(?=$|[\s,。;?!])"
_APART = r"(?:分开|拆开|拆分|细分|划分|区分|罗列|归类|归集|汇总|展开|铺开|拆|分)(?:来)?(?:一下|下|看|看看|列|算|统计)*"
_BY_TAIL = re.compile(
    rf"按[^,。;?!]{{1,8}}(?<![评打得积均高低比总每几多])(?P<w>分){_TAIL_END}"
    rf"|按[^,。;?!]{{1,8}}?(?P<t>来?{_APART}){_TAIL_END}"
    rf"|分(?:{_THING}|类型|时段|小时|原因|人群)来?(?P<s>[说讲报给列看算出做摆写统计展示拉]{{1,2}}){_TAIL_END}"
)
_RAN = re.compile(r"跑了?(?=(?:多少|几)(?:个|次|的)?(?:曝光|展现|展示|点击|消耗|gmv|成交|流水|流量|播放|阅读))")
"""跑了多少曝光: what an ad brought; 老客跑了多少 are customers gone."""
_SORT_TAIL = re.compile(rf"按[^,。;?!]{{1,8}}?来?(?P<w>排(?:个?序|列|个?名|一下|下|出来)?){_TAIL_END}")
_MORE = re.compile(r"(?<![得的最不么差])(?P<w>[多少])(?=[卖赚挣花退烧出来进收扣发拉]了)")


_NEGATIVE = re.compile(r"(?:为|是)负(?:数|值|的)?|负数的?|(?:小于|低于)(?:零|0)(?![\d.%万])")


def tag_speech(text: str) -> list[Span]:
    """Limits, counts, 谁 of things, 毛利为负, the 分 of 按渠道分, the 排 of 按件数排 and the 多 of 多卖了多少."""
    tails = [Span((m.span(m.lastgroup or 0),), (Sign("filler"),), OVERRULES) for m in _BY_TAIL.finditer(text)]
    tails += [Span((m.span(),), (Sign("filler"),), OVERRULES) for m in _RAN.finditer(text)]
    tails += [Span((m.span("w"),), (Sign("sort"),), OVERRULES) for m in _SORT_TAIL.finditer(text)]
    more = [Span((match.span("w"),), (Sign("growth"),), OVERRULES) for match in _MORE.finditer(text)]
    below = [Span((match.span(),), (Threshold("lt", Decimal(0)),), 2) for match in _NEGATIVE.finditer(text)]
    return [*_limits(text), *_counts(text), *_whos(text), *tails, *more, *below]


def _limits(text: str) -> Iterator[Span]:
    for match in (*_LIMIT.finditer(text), *_SUPERLATIVE_OF.finditer(text)):
        number = read_number(match["n"])
        if number is not None and 1 <= number <= 500 and number == int(number):
            yield Span((match.span(),), (Sign(f"limit:{int(number)}"),), 2)


def _counts(text: str) -> Iterator[Span]:
    for match in _COUNT.finditer(text):
        number = _SIZES.get(match["n"]) or int(read_number(match["n"]) or 0)
        yield Span((match.span(),), (Sign(f"counted:{number}"),), 1)


def _whos(text: str) -> Iterator[Span]:
    """谁 beside nouns of things, and no noun of persons."""
    if _PERSON.search(text):
        return
    for match in _IS_WHO.finditer(text):
        yield Span((match.span("w"),), (Sign("which"),), OVERRULES)
    if _NAMED.search(text):
        yield from (Span((match.span(),), (Sign("which"),), OVERRULES) for match in _WHO.finditer(text))


def denies(span: Span, text: str) -> bool:
    """看过没买的人: 过没 before a verb denies it and is no question mark."""
    said = text[span.start : span.end]
    return said in ("过没", "了没", "过没有", "了没有") and _VERB.match(text[span.end :]) is not None


def overruled(span: Span, spoken: Sequence[Span]) -> bool:
    """是谁 behind a noun of a thing looks nobody up, 按渠道分 groups but once: what was heard there rules alone."""
    return any(other.weight == OVERRULES and other.pieces == span.pieces for other in spoken)


def spoken_rank(comparative: tuple[str, ...], *, which: bool, sorts: bool, plural: bool) -> Rank | None:
    """哪个平台退款率高 asks for the highest, 占比高的排个序 for the order; None where the words compare two sides.

    >>> spoken_rank(("高",), which=True, sorts=False, plural=False)
    Rank(n=None, descending=True, quality=False, single=True, grain='')
    """
    if not comparative or not (which or sorts):
        return None
    high, low = (all(map(pattern.search, comparative)) for pattern in (HIGH, LOW))
    if high == low:
        return None
    return Rank(None, high, single=which and not plural and not sorts)
