"""Turns that are about the conversation and not about sales: draw it, show it, go back, start over, preferences.

A move is the whole turn. "as a chart" is one; "gmv by platform as a chart" is a question and stays one.

>>> read_move("画成柱状图吧")
Move(kind='chart', chart='bar')
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from queries.ask.normalise import normalise

MoveKind = Literal["chart", "table", "rows", "undo", "restart", "preferences", "forget_preferences"]
ChartKind = Literal["", "line", "bar", "pie", "area"]

_CHART = r"(?:charts?|graphs?|plots?|diagrams?|picture)"
_SHOW = r"(?:show|make|draw|plot|see|view|give|turn|put|display|present|render|want|have|get|visuali[sz]e)"
_IT = r"(?:it|this|that|these|them|me|us|the (?:result|results|answer|numbers|figures))"
_KIND = r"(?:bar|column|line|pie|area|trend)?"
_ZH_KIND = r"(?:柱状|柱形|条形|折线|曲线|趋势|饼状?|面积)?"
_ROWS = r"(?:rows|details?|detail rows|data|records|line items|underlying (?:rows|data)|breakdown|lines)"
MOVES: tuple[tuple[MoveKind, tuple[str, ...]], ...] = (
    (
        "chart",
        (
            rf"(?:{_SHOW} )?(?:{_IT} )*(?:{_IT} )?(?:as|in|into|with|on)? ?(?:an? )?{_KIND} ?{_CHART}(?: of {_IT})?",
            rf"(?:chart|graph|plot|draw|visuali[sz]e) {_IT}",
            rf"(?:把?(?:它|这个|结果|数据))?(?:用|以|画|做|画成|做成|生成|换成|改成|转成|变成|出|看|给我|来|显示为?|显示成){{1,3}}"
            rf"(?:一?[张个幅])?{_ZH_KIND}(?:图表|图形|图)(?:表示|展示|显示|呈现|看看|看)?(?:出来)?",
            rf"画(?:一?[张个幅])?{_ZH_KIND}图(?:出来)?|画出来|可视化|{_ZH_KIND}图表?",
        ),
    ),
    (
        "table",
        (
            rf"(?:{_SHOW} )?(?:{_IT} )*(?:as|in|into)? ?(?:an? )?(?:plain )?(?:table|list|numbers)(?: instead)?",
            r"(?:no|without|drop|remove) (?:the |a )?chart",
            r"(?:把?(?:它|这个|结果|数据))?(?:用|以|做成|列成|换成|改成|转成|变成|显示为?|显示成|给我|看)?(?:一?[张个])?(?:表格|列表)"
            r"(?:表示|展示|显示|呈现|看看|看)?|不要图|别画图|列出来",
        ),
    ),
    (
        "rows",
        (
            rf"(?:{_SHOW} )(?:{_IT} )*(?:all )?(?:the )?{_ROWS}(?: behind {_IT})?",
            rf"(?:the )?{_ROWS} behind {_IT}",
            r"drill (?:down|in)|more detail|in (?:more )?detail|break (?:it|this|that) down",
            r"(?:看|看看|显示|给我看?|展开|查看|列出|要|来)?(?:一下)?(?:背后的|具体|详细|原始|底层)?(?:明细|详情|细节|原始数据|细项|明细数据)"
            r"|展开(?:看看|看)?|下钻",
        ),
    ),
    (
        "undo",
        (
            r"undo(?: that| this| it)?|(?:go )?back(?: one| a step)?|step back|previous(?: one| answer)?",
            r"revert(?: that)?",
            r"(?:take|bring) (?:that|it|me) back|never ?mind that|the (?:previous|last) (?:one|answer) again",
            r"撤销|撤回|返回|回退|退回|后退|回到?上一?[步个条](?:回答|问题|结果)?|上一步|退一步|恢复上一[步个]",
        ),
    ),
    (
        "restart",
        (
            r"start (?:over|again|fresh|anew)|restart|reset|(?:clear|forget) (?:it|that|this|everything|all|the thread)"
            r"|new (?:topic|question|conversation)|from scratch|begin again",
            r"重新开始|重来|从头(?:开始|来)|重置|清空|换个话题|新(?:的)?问题|清除上下文|忘掉前面的|重新来过?",
        ),
    ),
    (
        "forget_preferences",
        (
            r"(?:forget|reset|clear|delete|remove|drop|erase) (?:all )?(?:of )?(?:my|the) (?:saved |remembered )?"
            r"(?:preferences?|choices?|defaults?)",
            r"(?:请|帮我)?(?:忘掉|忘记|清除|清空|删除|重置|取消)(?:一下)?(?:我的|所有|我所有的|全部)?(?:偏好|选择|习惯)(?:设置)?",
        ),
    ),
    (
        "preferences",
        (
            r"(?:what are|show|list|see|which are|tell)?(?: me)? ?my (?:saved |remembered )?(?:preferences?|choices)",
            r"what (?:do|have) you remember(?:ed)? (?:about|of|for) me",
            r"(?:看看?|显示|列出|查看)?(?:一下)?我的?(?:有哪些|有什么)?(?:偏好|选择习惯)(?:设置)?(?:是什么|有哪些|都有什么|有什么)?"
            r"|你记住了我(?:的)?(?:什么|哪些)(?:偏好)?",
        ),
    ),
)
_RULES = tuple((kind, tuple(re.compile(pattern) for pattern in patterns)) for kind, patterns in MOVES)
_BEFORE = re.compile(
    r"^(?:[\s,]*(?:(?:please|pls|plz|ok|okay|and|now|then|just|let's|lets|hey|can you|could you|can i|could i|"
    r"i'd like to|i want to|would you)(?![a-z])|请|麻烦|那就|那|再|帮我|给我|能不能|可以|能|我想|我要|现在"
    r"|直接))+[\s,]*"
)
_BEHIND = re.compile(
    r"[\s,]*(?:(?<![a-z])(?:please|pls|plz|now|then|instead|again|for me|thanks|thank you)|吧|一下|谢谢|可以吗"
    r"|行吗|好吗|吗|呢|看看)*[\s,.!?。]*$"
)
_KINDS: tuple[tuple[ChartKind, re.Pattern[str]], ...] = (
    ("bar", re.compile(r"bar|column|柱|条形")),
    ("line", re.compile(r"line|trend|折线|曲线|趋势")),
    ("pie", re.compile(r"pie|饼")),
    ("area", re.compile(r"area|面积")),
)


@dataclass(frozen=True)
class Move:
    """What to do with the conversation; `chart` is the kind of picture where one was named."""

    kind: MoveKind
    chart: ChartKind = ""


def read_move(text: str) -> Move | None:
    """The move that the whole turn is, or None."""
    spoken = normalise(text).text.strip()
    if len(spoken) > 60:
        return None
    turns = (spoken.rstrip(" .!?。"), _BEHIND.sub("", _BEFORE.sub("", spoken)).strip())
    for kind, patterns in _RULES:
        if any(turn and pattern.fullmatch(turn) for pattern in patterns for turn in turns):
            return Move(kind, _named(spoken) if kind == "chart" else "")
    return None


def _named(spoken: str) -> ChartKind:
    return next((chart for chart, word in _KINDS if word.search(spoken)), "")
