"""Rankings by change: fastest growing, biggest drop, grew most, 增长最快, 跌得最厉害, 涨幅最大的3个.

"Fastest" and 幅 are about the change in percent, "most" and "biggest" about its amount; the answer says which. In
percent a product that went from one order to three would lead every list, so a row needs a minimum size in the
earlier period (`growth_base` of the word tables) unless the question says "regardless of size".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from queries.ask.built import Built
from queries.ask.changes import period_before
from queries.ask.choose import Choice
from queries.ask.compat import Fit
from queries.ask.frame import Frame
from queries.ask.numbers import HAN, read_number
from queries.ask.spans import Growth, Meaning, Rank, Sign, Span
from queries.ask.words import Words
from queries.model import Model
from queries.query import Base, Filter, Having, Order, SemanticQuery

_N = rf"(?P<n>\d{{1,3}}|{HAN}{{1,2}}|one|two|three|four|five|six|seven|eight|nine|ten)"
_L, _R = r"(?<![a-z])", r"(?![a-z])"
_TOP = rf"(?:the )?(?:our )?(?:top )?(?:{_N} )?"
_UP = (
    r"grew|grow|surged|soared|took off|picked up|rallied|shot up|rocketed|advanced|climbed up|came up|"
    r"added|grown|growing|rose|risen|increased|gained|improved|went up|gone up|jumped|climbed"
)
_DOWN = (
    r"tanked|plunged|tumbled|slumped|dipped|slid|crashed|collapsed|worsened|cooled|fell off|came down|"
    r"fell|fallen|dropped|drop|declined|decreased|went down|gone down|shrank|shrunk|slipped|sank"
)
_RISE = r"climbs?|surges?|spikes?|ups?wings?|increases?|growth|gains?|rises?|jumps?|improvements?|uplifts?"
_FALL = (
    r"slides?|plunges?|tumbles?|setbacks?|downturns?|drops?|falls?|declines?|decreases?|loss(?:es)?|"
    r"slumps?|dips?|decrease"
)
_BIG = r"biggest|largest|greatest|highest|strongest|most"
_PERCENT = r"percentage |percent |% |relative |pct "
_IN_PERCENT = r"(?P<p> (?:in|by) (?:percentage|percent|relative|%)(?: terms)?)?"
_SHOW = r"had|have|has|saw|see|show|showed|showing|with"
_WINNERS = r"gainers?|risers?|climbers?|growers?|improvers?"
_LOSERS = r"losers?|decliners?|fallers?|droppers?|sinkers?"
_HARD = r"(?:most|hardest|furthest|worst|deepest|heaviest)"
_COUNTED = rf"(?:的)?(?:前)?(?:(?P<n>\d{{1,3}}|{HAN}{{1,2}})\s*(?:大|个|名|位|款|家|种|条))?"
_ROSE_ZH, _FELL_ZH = r"增长|上涨|涨|上升|升|增加|提升|提高", r"下降|下跌|跌|下滑|掉|减少|降|缩水|萎缩|回落"
_MOST_ZH = r"(?:最多|最厉害|最猛|最大|最明显|最狠|最严重|最惨|最凶)"

_PATTERNS: tuple[tuple[re.Pattern[str], bool, bool], ...] = tuple(
    (re.compile(pattern), up, ratio)
    for pattern, up, ratio in (
        (rf"{_L}{_TOP}(?:fastest|quickest|strongest)[ -]?growing{_R}", True, True),
        (rf"{_L}{_TOP}(?:fastest|quickest) (?:growth|growers?){_R}(?: rates?)?", True, True),
        (rf"{_L}{_TOP}(?:fastest|quickest)[ -](?:declining|falling|shrinking|dropping){_R}", False, True),
        (rf"{_L}(?:{_UP}) (?:the )?(?:fastest|quickest){_R}", True, True),
        (rf"{_L}(?:{_DOWN}) (?:the )?(?:fastest|quickest){_R}", False, True),
        (rf"{_L}{_TOP}(?:{_BIG}|best) (?:growth rates?|(?:{_PERCENT})(?:{_RISE})){_R}", True, True),
        (rf"{_L}{_TOP}(?:{_BIG}|steepest|sharpest|worst) (?:{_PERCENT})(?:{_FALL}){_R}", False, True),
        (rf"{_L}(?:{_UP}) (?:the )?most{_IN_PERCENT}{_R}", True, False),
        (rf"{_L}(?:{_UP}) (?:the )?(?:hardest|strongest|furthest|best){_IN_PERCENT}{_R}", True, False),
        (rf"{_L}(?:{_DOWN}|lost) (?:the )?{_HARD}{_IN_PERCENT}{_R}", False, False),
        (rf"{_L}(?:was |were |got |been )?(?:hit|hurt) (?:the )?(?:hardest|worst|most){_R}", False, False),
        (rf"{_L}{_TOP}(?:hardest|worst)[ -]hit{_R}", False, False),
        (rf"{_L}{_TOP}(?:{_BIG}|best) (?:{_RISE}){_IN_PERCENT}{_R}", True, False),
        (rf"{_L}{_TOP}(?:{_BIG}|steepest|sharpest|worst) (?:{_FALL}){_IN_PERCENT}{_R}", False, False),
        (rf"{_L}{_TOP}(?:(?:{_BIG}|top|best) )?(?:{_WINNERS}){_R}", True, False),
        (rf"{_L}{_TOP}(?:(?:{_BIG}|top|worst) )?(?:{_LOSERS}){_R}", False, False),
        (rf"{_L}(?:ranked |sorted |ordered )?by (?:the )?(?:growth rate|percentage growth|% growth){_R}", True, True),
        (rf"{_L}(?:(?:ranked |sorted |ordered )by )(?:the )?growth{_R}", True, True),
        (rf"{_L}(?:{_SHOW}) (?:falling|declining|dropping|shrinking|decreasing|sinking){_R}", False, False),
        (rf"{_L}(?:{_SHOW}) (?:growing|rising|increasing|climbing){_R}", True, False),
        (rf"(?:{_ROSE_ZH})(?:得|的|了)?最快{_COUNTED}", True, True),
        (rf"(?:增速|增长率|增幅|涨幅|升幅|增长幅度|上涨幅度)(?:是)?(?:最大|最高|最快){_COUNTED}", True, True),
        (rf"(?:{_FELL_ZH})(?:得|的|了)?最快{_COUNTED}", False, True),
        (rf"(?:跌幅|降幅|下滑幅度|下降幅度|下跌幅度)(?:是)?(?:最大|最高|最快){_COUNTED}", False, True),
        (rf"(?:{_ROSE_ZH})(?:得|的|了)?{_MOST_ZH}{_COUNTED}", True, False),
        (rf"(?:{_FELL_ZH})(?:得|的|了)?{_MOST_ZH}{_COUNTED}", False, False),
        (r"按(?:增长率|增速|增幅|涨幅)(?:排名|排序|排|从高到低)?", True, True),
        (r"按(?:跌幅|降幅)(?:排名|排序|排|从高到低)?", False, True),
    )
)
UNKNOWN_ROWS = ("category", "brand", "region")
"""Dimensions with a row for what is not known, which is no category that could have grown."""
_PLURAL = re.compile(
    r"(?:growers|gainers|risers|climbers|improvers|fallers|droppers|sinkers|losers|decliners|increa"
    r"ses|gains|drops|falls|declines|losses)$"
)
_SORTED = re.compile(r"^(?:按|by |ranked |sorted |ordered )")
_MOVED = re.compile(
    rf"{_L}(?P<first>(?:the |which |what )?{_N})(?= [a-z ]{{3,30}}?{_L}(?:{_UP}|{_DOWN}|drove|drive|dragged|hurt|"
    rf"pulled|lifted|caused|contributed|lost){_R})|(?P<zh>(?:哪|是哪|前)?(?P<m>\d{{1,3}}|{HAN}{{1,2}})(?:个|款|家|种|条))"
    r"(?=[^,。]{1,8}(?:拖累|拉低|拉动|带动|导致|造成|贡献了|影响))"
)


_UP_OR_DOWN = re.compile(
    r"(?<![a-z])(?P<v>is|are|was|were|been) (?:[a-z&%' ]{2,40} )?(?<!broken )(?<!break )(?<!split )(?<!cut "
    r")(?P<w>up|down)"
    r"(?= (?:on|in|at|for|from|since|this|last|vs|versus|compared|against|over|year|month|week|yoy|mom|wow|"
    r"today|yesterday|"
    r"so far)(?![a-z])| ?[?.!,]| *$)"
)
"""is GMV up this month, why is conversion down on Taobao: a change is asked."""


def tag_growths(text: str) -> list[Span]:
    """Words that rank by the change, and the number of "which 3 products drove the drop"."""
    found = [*_growths(text), *_counted(text)]
    moved = _UP_OR_DOWN.finditer(text)
    return found + [Span((match.span("v"), match.span("w")), (Sign("growth"),), 4) for match in moved]


def _growths(text: str) -> Iterator[Span]:
    for pattern, up, ratio in _PATTERNS:
        for match in pattern.finditer(text):
            groups = match.groupdict()
            said = read_number(groups["n"]) if groups.get("n") else None
            if said is not None and not 1 <= said <= 1000:
                continue
            word, number = match.group(), int(said) if said is not None else None
            meanings: tuple[Meaning, ...] = (Growth(up, ratio or bool(groups.get("p"))),)
            if not _SORTED.match(word):
                single = number is None and not _PLURAL.search(word)
                meanings = (Rank(number, True, False, single), *meanings)
            yield Span((match.span(),), meanings, 5)


def _counted(text: str) -> Iterator[Span]:
    """which 3 products drove the drop, 哪3个品类拖累了: how many are named, without a direction of its own."""
    for match in _MOVED.finditer(text):
        number = read_number(match["n"] or match["m"])
        if number and 1 <= number <= 100 and number == int(number):
            place = match.span("first") if match["first"] else match.span("zh")
            yield Span((place,), (Rank(int(number), True),), 3)


def growth_of(frame: Frame) -> Growth | None:
    """What the rows are ranked by, where it is their change."""
    found = {meaning for span in frame.spans for meaning in span.of(Growth)}
    return found.pop() if len(found) == 1 else None


def growth_spans(frame: Frame) -> list[Span]:
    """Where the words stand."""
    return [span for span in frame.spans if span.of(Growth)]


class Growths:
    """Completes rankings by change for one model."""

    def __init__(self, model: Model, fit: Fit, words: Words) -> None:
        self.model, self.fit, self.bases = model, fit, words.of("growth_base")

    @staticmethod
    def complete(frame: Frame, choice: Choice) -> None:
        """What grew is sales, where the question names nothing else."""
        if growth_of(frame) and not choice.metrics and not choice.open_options and not frame.thresholds:
            choice.metrics = ["net_sales"]
            choice.defaults.append("term:sales")

    def narrowed(self, frame: Frame, metrics: tuple[str, ...], wanted: tuple[str, ...], built: Built) -> None:
        """Only rows that moved that way, and in percent only those of some size before."""
        growth = growth_of(frame)
        if growth is None:
            return
        built.known = [Filter(dimension=key, op="is_known") for key in wanted[:1] if key in UNKNOWN_ROWS]
        built.having = [Having(metric="change", op="gt" if growth.up else "lt", value=Decimal(0))]
        built.base = self._base(frame, growth, metrics[0], wanted)

    def _base(self, frame: Frame, growth: Growth, metric: str, wanted: tuple[str, ...]) -> Base | None:
        """The size a row needs: in percent, and of ratios, which jump as well where few orders are behind them."""
        told = self.model.metrics[metric]
        row = self.bases.get(told.group)
        if frame.has("any_size") or not (growth.ratio or told.unit == "ratio") or not row:
            return None
        return Base(metric=row["metric"], at_least=row["at_least"]) if self.fit.allows(row["metric"], wanted) else None

    def follow(
        self, frame: Frame, last: SemanticQuery, metrics: tuple[str, ...], dimensions: tuple[str, ...]
    ) -> dict[str, object]:
        """ "which grew the most?" behind a list: the same list by its change against the period before."""
        growth, compare = growth_of(frame), last.compare or period_before(last)
        if growth is None or compare is None or not dimensions:
            return {"order": (), "limit": 1}  # nothing to rank: no such query
        rank = frame.ranks[0][1] if frame.ranks else None
        wanted = (*dimensions, *(given.dimension for given in last.filters))
        return {
            "order": (Order(by="change_ratio" if growth.ratio else "change", descending=growth.up),),
            "limit": (rank.n if rank else None) or 10,
            "compare": compare,
            "having": (Having(metric="change", op="gt" if growth.up else "lt", value=Decimal(0)),),
            "base": self._base(frame, growth, metrics[0], wanted),
            "grain": None,
            "share_of": None,
            "top_per_group": None,
            "among": None,
            "change": None,
        }
