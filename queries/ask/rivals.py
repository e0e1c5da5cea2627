"""Two periods held against each other by a question word: 618和双11哪个退得凶, 9月还是10月单量高.

The question asks which of them has more; the answer sets one beside the other.
"""

from __future__ import annotations

import re

from queries.ask.draft import Draft
from queries.ask.frame import Frame
from queries.ask.when.meaning import Festival, Period, Relative, TimeSpan, Versus

_JOINED = re.compile(r"\s*(?:和|与|跟|同|还是|、|,|/|vs\.?|pk|对|or|and)\s*(?:the )?")
_PERIOD_MARKS = ("which_week", "which_month", "which_quarter", "which_year", "when")
_SHOWN = re.compile(r"\s*(?:$|[,。.?!]|一下|下|看看|分析|情况|图|表)")
_NOUN = re.compile(r"哪|谁|which")


def rival_periods(frame: Frame) -> None:
    """Puts "versus" between two periods that a comparative asks about, and counts its question word as read."""
    periods = [t for t in frame.times if isinstance(t.meaning, Period | Festival)]
    if len(periods) != 2 or any(isinstance(t.meaning, Relative) for t in frame.times):
        return
    first, second = sorted(periods, key=lambda t: t.start)
    gap = frame.text[first.end : second.start]
    versus = any(isinstance(t.meaning, Versus) for t in frame.times)
    if not (versus or _JOINED.fullmatch(gap)) or not _asks_which(frame, gap):
        return
    if not versus:
        frame.times.append(TimeSpan(first.end, second.start, Versus()))
    for kind in ("unused_mark", *_PERIOD_MARKS):
        frame.signs.pop(kind, None)


def _asks_which(frame: Frame, gap: str) -> bool:
    """哪个高: of the periods, as no noun behind 哪个 is to be chosen from; names in a list are rivals themselves."""
    if any(d.mark == "which" for d in frame.dimensions) or frame.ranks or len(frame.values) > 1:
        return False
    kinds = ("comparative", "unused_mark", *_PERIOD_MARKS)
    words = frame.words(s for kind in kinds for s in frame.signs.get(kind, ()))
    higher = frame.has("comparative") or any(kind == "performance" for _, kind in frame.vague)
    return higher and (any(map(_NOUN.match, words)) or gap.strip() == "还是")


def compare_values(draft: Draft) -> None:
    """douyin vs jd: the comparison is between values, so it takes no part in the time."""
    choice, frame = draft.choice, draft.frame
    periods = sum(isinstance(t.meaning, Period | Festival) for t in frame.times)
    if choice and not choice.metrics and frame.dimensions and periods <= 1:
        frame.times = [t for t in frame.times if not isinstance(t.meaning, Versus)]
    if choice and choice.dimensions and periods <= 1:  # 各平台签收时长对比: the rows stand beside each other
        frame.times = [
            t for t in frame.times if not (isinstance(t.meaning, Versus) and _SHOWN.match(frame.text[t.end :]))
        ]
    if choice and len(choice.metrics) > 1 and periods <= 1:
        spans = [m.span for m in frame.metrics]
        frame.times = [
            t
            for t in frame.times
            if not (isinstance(t.meaning, Versus) and any(0 <= t.start - s.end <= 2 for s in spans))
        ]
    if choice and any(f.op == "in" and len(f.values) > 1 for f in choice.filters):
        if periods <= 1:
            frame.times = [t for t in frame.times if not isinstance(t.meaning, Versus)]
            return
        positions = [v.span for v in frame.values]
        frame.times = [
            t
            for t in frame.times
            if not (
                isinstance(t.meaning, Versus)
                and (
                    any(abs(t.start - s.end) <= 3 for s in positions)
                    or any(0 <= s.start - t.end <= 3 for s in positions)
                )
            )
        ]
