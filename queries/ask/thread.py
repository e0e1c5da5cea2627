"""Follow-ups: a patch on the last query of the thread, and choosing an option by words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, ValidationError

from queries.ask.averages import per_of
from queries.ask.choose import Choice
from queries.ask.frame import Frame
from queries.ask.growths import growth_of
from queries.ask.labels import label_of
from queries.ask.phrases import plain
from queries.ask.spans import DimensionWord, InCurrency
from queries.ask.timing import read_timing
from queries.ask.when.meaning import Festival, Grained, Period, Relative
from queries.ask.when.periods import previous, year_ago
from queries.query import (
    Answerable,
    Clarify,
    Comparison,
    Filter,
    Option,
    Order,
    Query,
    Reading,
    Refuse,
    RegisterQuery,
    SemanticQuery,
    TimeRange,
    TopOf,
)

if TYPE_CHECKING:
    from queries.ask.decide import Decider
    from queries.ask.draft import Draft

_OPENERS = re.compile(
    r"^\s*(?:and|what about|how about|same|now|then|only|just|instead|but|ok|那|再|换成|换|只看|只|同样|另外|"
    r"还有|如果|改看|按)"
    r"|呢[?。 ]*$|(?:^|\s)(?:instead|as well|too)[?. ]*$"
)
KIND = "buyer_kind"
_BUYERS_OF = {"new": "new_buyers", "returning": "returning_buyers"}
"""The figure that counts the buyers of one kind."""
_ORDINALS = {
    "first": 0,
    "1st": 0,
    "1": 0,
    "one": 0,
    "第一": 0,
    "一": 0,
    "second": 1,
    "2nd": 1,
    "2": 1,
    "two": 1,
    "第二": 1,
    "二": 1,
    "third": 2,
    "3rd": 2,
    "3": 2,
    "three": 2,
    "第三": 2,
    "三": 2,
    "fourth": 3,
    "4th": 3,
    "4": 3,
    "four": 3,
    "第四": 3,
    "四": 3,
}
_PICK = re.compile(
    r"^(?:the |option |number |no\.? |选|选择|要)?\s*(?P<word>first|second|third|fourth|1st|2nd|3rd|4th|one|two|three|"
    r"four|[1-4]|第?[一二三四])(?: one| option|个|项|种)?(?: please|吧|的)?[.!。]?$"
)

_YES = re.compile(
    r"(?:yes|yep|yeah|y|ok|okay|sure|right|correct|exactly|that's it|是的?|对的?|嗯|好的?|没错|就是|可以|确认)"
    r"[\s,.!。]*"
)


class ThreadState(BaseModel):
    """What a thread remembers of its author: the last query, the ones before it, the options last offered."""

    model_config = ConfigDict(frozen=True)
    query: Query | None = None
    options: tuple[Option, ...] = ()
    term: str = ""
    """Key of the word the options are about, where the choice is remembered."""
    review: str = ""
    """Entry of the review queue that goes once an option is taken."""
    earlier: tuple[Query, ...] = ()
    """For "undo": the queries answered before the last, oldest first."""


def choose_by_words(text: str, options: Sequence[Option]) -> Query | None:
    """ "the second one", 第二个, or words that one label alone begins with or holds."""
    stripped = text.strip()
    if len(options) == 1 and _YES.fullmatch(stripped):
        return options[0].query
    match = _PICK.match(stripped)
    if match:
        index = _ORDINALS.get(match["word"])
        return options[index].query if index is not None and index < len(options) else None
    if len(stripped) < 2:
        return None
    held = [option for option in options if plain(stripped).strip(" ?.!。") in plain(option.label)]
    return held[0].query if len(held) == 1 else None


def follow_up(
    draft: Draft, reading: Reading, last: Query, decider: Decider, *, corrects: bool = False
) -> Reading | None:
    """The patched query, or None where the turn stands on its own.

    A turn follows up if it names no metric or opens with and / what about / 那 / 只看 and the like; a new
    metric with a new time starts over, unless it corrects. Words that were not read make no follow-up.
    """
    frame = draft.frame
    why = decider.builder.changes.causes(frame)
    if isinstance(last, RegisterQuery) or (frame.intents and not why) or _of_register(frame):
        return None
    if draft.choice is None or draft.timing is None:
        decider.prepare(draft)
    choice, timing = draft.choice, draft.timing
    if choice is None or timing is None or draft.unread or frame.residue:
        return None
    named = [m for m in frame.metrics if not m.sort]
    opened = corrects or bool(_OPENERS.search(frame.text))
    own_time = any(isinstance(t.meaning, Period | Festival) for t in frame.times) and not corrects
    if named and (own_time or not opened) and not (opened and not own_time):
        return None
    if named and isinstance(reading, Answerable) and not opened:
        return None
    if not why and isinstance(reading, Refuse) and reading.reason not in (
        "unread_words",
        "not_a_data_question",
        "not_in_model",
    ):
        return None
    if not isinstance(last, SemanticQuery):
        return None if named else decider.shapes.patched(draft, last)
    return _patch(draft, last, decider, reading)


def _patch(draft: Draft, last: SemanticQuery, decider: Decider, reading: Reading) -> Reading | None:
    frame, choice, timing = draft.frame, draft.choice, draft.timing
    assert choice is not None and timing is not None
    changed: dict[str, object] = {}
    metrics = _metrics(frame, choice, last)
    if metrics != last.metrics:
        changed["metrics"] = metrics
    changed |= _time(draft, last)
    dimensions = _dimensions(frame, choice, last)
    if dimensions != last.dimensions:
        changed["dimensions"] = dimensions
    own = Choice(metrics=list(metrics), dimensions=list(frame.dimensions))
    decider.chooser.narrow.filters(frame, own)
    filters = _filters(last.filters, own.filters, decider, metrics)
    metrics, filters = _other_kind(metrics, filters)
    if metrics != last.metrics:
        changed["metrics"] = metrics
    if filters != last.filters:
        changed["filters"] = filters
    changed |= _rank(frame, decider, metrics, dimensions, last)
    if frame.has("share") and (dimensions or filters):
        changed["share_of"] = "group" if len(dimensions) > 1 else "total"
    per = per_of(frame)
    if per and per != last.per:
        changed["per"] = per
    currency = {word.code for span in frame.spans for word in span.of(InCurrency)}
    if len(currency) == 1 and currency != {last.currency}:
        changed["currency"] = currency.pop()
    changed |= decider.builder.changes.follow(frame, last, changed)
    if not changed:
        return None
    query = _rebuilt(last, changed)
    wanted = tuple(dict.fromkeys((*dimensions, *(f.dimension for f in filters))))
    if query is None or any(not decider.fit.allows(m, wanted) for m in query.metrics):
        return Refuse(reason="not_in_model", words=frame.words(d.span for d in choice.dimensions))
    return Answerable(query=query, defaults=tuple(d for d in timing.defaults if d.startswith("compare")))


def _of_register(frame: Frame) -> bool:
    """Whether a register is asked for; behind a figure "by channel" is the channel that sold, not the chat's."""
    return any(not span.of(DimensionWord) for span, _ in frame.registers)


def _metrics(frame: Frame, choice: Choice, last: SemanticQuery) -> tuple[str, ...]:
    named = [m for m in frame.metrics if not m.sort]
    if not named or not choice.metrics:
        return last.metrics
    return tuple(choice.metrics)


def _time(draft: Draft, last: SemanticQuery) -> dict[str, object]:
    frame, timing = draft.frame, draft.timing
    assert timing is not None
    changed: dict[str, object] = {}
    if any(isinstance(t.meaning, Period | Festival) for t in frame.times):
        platforms = tuple(v for f in last.filters if f.dimension == "platform" for v in f.values)
        again = read_timing(frame.times, draft.clock, platforms=platforms)
        if again.problem == "comparison" and last.time and again.time:
            changed["compare"] = Comparison(kind="explicit", align="calendar", against=again.time)
            return changed
        if again.time is not None:
            changed["time"] = again.time
            changed["compare"] = again.compare or _again(last.compare, again.time)
    elif last.time is not None:
        relatives = [t.meaning for t in frame.times if isinstance(t.meaning, Relative)]
        kind = relatives[0].kind if relatives else "previous_period" if frame.has("growth") else ""
        if kind:
            against = year_ago(last.time) if kind == "year_ago" else previous(last.time)
            changed["compare"] = Comparison(
                kind=kind,
                against=against,
                align="elapsed" if last.time.to_date else "calendar",
            )
    grains = [t.meaning.grain for t in frame.times if isinstance(t.meaning, Grained)]
    if grains:
        changed["grain"] = grains[0]
    elif frame.has("trend") and timing.grain:
        changed["grain"] = timing.grain
    return changed


def _again(compare: Comparison | None, time: TimeRange) -> Comparison | None:
    """A comparison goes with the new period where it is relative; a named one is dropped."""
    if compare is None or compare.kind not in ("previous_period", "year_ago"):
        return None
    against = year_ago(time) if compare.kind == "year_ago" else previous(time)
    return Comparison(kind=compare.kind, align="elapsed" if time.to_date else "calendar", against=against)


def _dimensions(frame: Frame, choice: Choice, last: SemanticQuery) -> tuple[str, ...]:
    """按省份 replaces the one split there was, "also by" adds to it; a grain alone replaces the split."""
    named = [d.key for d in choice.dimensions]
    grains = [t for t in frame.times if isinstance(t.meaning, Grained)]
    if not named:
        return () if grains and not last.grain and not _adds(frame) else last.dimensions
    if _adds(frame):
        return tuple(dict.fromkeys((*last.dimensions, *named)))
    return tuple(dict.fromkeys(named))


def _adds(frame: Frame) -> bool:
    return (
        re.search(
            r"(?<![a-z])(?:also|as well|additionally|too)(?![a-z])|再按|同时按|并按|也按|再分", frame.text
        )
        is not None
    )


def _filters(
    old: tuple[Filter, ...], new: list[Filter], decider: Decider, metrics: tuple[str, ...]
) -> tuple[Filter, ...]:
    fitting = [f for f in new if all(decider.fit.allows(m, (f.dimension,)) for m in metrics)]
    replaced = {f.dimension for f in fitting}
    return (*(f for f in old if f.dimension not in replaced), *fitting)


def _other_kind(
    metrics: tuple[str, ...], filters: tuple[Filter, ...]
) -> tuple[tuple[str, ...], tuple[Filter, ...]]:
    """ "and returning ones?" behind new buyers asks for the other figure: no buyer is new and returning at once."""
    kinds = [f.values[0] for f in filters if f.dimension == KIND and f.op == "in" and len(f.values) == 1]
    if len(kinds) != 1 or kinds[0] not in _BUYERS_OF or not {*metrics} & {*_BUYERS_OF.values()}:
        return metrics, filters
    swapped = tuple(_BUYERS_OF[kinds[0]] if m in _BUYERS_OF.values() else m for m in metrics)
    return tuple(dict.fromkeys(swapped)), tuple(f for f in filters if f.dimension != KIND)


def _rank(
    frame: Frame,
    decider: Decider,
    metrics: tuple[str, ...],
    dimensions: tuple[str, ...],
    last: SemanticQuery,
) -> dict[str, object]:
    if growth_of(frame):
        return decider.builder.growths.follow(frame, last, metrics, dimensions)
    by_change = bool(last.order) and last.order[0].by in ("change", "change_ratio")
    if not frame.ranks:
        if dimensions != last.dimensions and (last.limit or last.top_per_group) and not by_change:
            return {"limit": None, "order": (), "top_per_group": None}
        return {}
    rank = frame.ranks[0][1]
    if by_change and rank.n:
        return {"limit": rank.n}
    if last.among:
        top = TopOf(n=min(rank.n or 1, 100), by=last.among.by, descending=rank.descending)
        return {"among": top}
    descending = rank.descending
    if rank.quality and decider.model.metrics[metrics[0]].more_is_better is False:
        descending = not descending
    return {
        "order": (Order(by=metrics[0], descending=descending),),
        "limit": rank.n or (1 if rank.single else 10),
        "top_per_group": None,
    }


SORTED_BY = ("change", "change_ratio", "share")


def _rebuilt(last: SemanticQuery, changed: dict[str, object]) -> SemanticQuery | None:
    fields = {name: getattr(last, name) for name in type(last).model_fields} | changed
    metrics = fields["metrics"]
    if fields["among"] and fields["among"].by not in metrics:
        fields["among"] = fields["among"].model_copy(update={"by": metrics[0]})
    if not fields["change"]:
        fields["order"] = tuple(o for o in fields["order"] if o.by in (*metrics, *SORTED_BY)) or (
            (Order(by=metrics[0]),) if fields["limit"] else ()
        )
    try:
        return SemanticQuery(**fields)
    except ValidationError:
        return None


__all__ = ["Clarify", "ThreadState", "choose_by_words", "follow_up", "label_of"]
