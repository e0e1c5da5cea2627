"""Two periods held against each other by a question word: 618和双11哪个退得凶, 9月还是10月单量高.

The question asks which of them has more; the answer sets one beside the other.
"""

from __future__ import annotations

import re

from queries.ask.frame import Frame
from queries.ask.when.meaning import Festival, Period, Relative, TimeSpan, Versus

_JOINED = re.compile(r"\s*(?:和|与|跟|同|还是|、|,|/|vs\.?|pk|对|or|and)\s*(?:the )?")
_PERIOD_MARKS = ("which_week", "which_month", "which_quarter", "which_year", "when")
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
