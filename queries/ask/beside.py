"""What stands beside a name: the noun of all others, the word that only repeats it, the comma that ends "without"."""

from __future__ import annotations

from collections.abc import Sequence

from queries.ask.frame import Frame
from queries.ask.mentions import ValueMention
from queries.ask.spans import Sign, Span, ValueWord


def behind_other(frame: Frame, before: Span | None) -> bool:
    """其他店, 全站推广以外的计划: the noun of what is not left out."""
    said = before.meanings if before else ()
    return (Sign("other") in said or Sign("exclude_end") in said) and any(v.exclude for v in frame.values)


def drop_rest(frame: Frame) -> None:
    """除了京东,其他店卖了多少 is one figure; 其他店各多少, 除了杯壶,其他类目 are lists."""
    left_out = {o.dimension for v in frame.values if v.exclude for o in v.options}
    for mention in [d for d in frame.dimensions if d.rest and not d.mark]:
        if mention.key in left_out and not frame.has("whole"):
            mention.mark = "each"
        else:
            frame.dimensions.remove(mention)


def apposes(frame: Frame, span: Span, behind: Sequence[Span]) -> bool:
    """香氛这条线, 那条京选展位: it repeats the name beside it; alone it points at something we do not know."""
    if any(near.of(ValueWord) and near.start == span.end for near in behind):
        return True
    return bool(frame.values) and 0 <= span.start - frame.values[-1].span.end <= 1


def past_comma(text: str, run: Sequence[ValueMention], span: Span) -> bool:
    """不含赠品,陶瓷碗卖了几套: behind the comma a name of another kind is what the question is about."""
    if not run or "," not in text[run[-1].span.end : span.start]:
        return False
    kinds = {option.dimension for option in run[-1].options}
    return not kinds & {option.dimension for option in span.of(ValueWord)}
