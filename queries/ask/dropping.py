"""Leaving something out of the last query: "drop the refunds", 去掉退款, "without the comparison".

What is dropped must be there: a metric among several, a split, a filter, the comparison, the limit. Anything else
is no dropping, and is read as any other turn ("without taobao" narrows).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from queries.ask.labels import label_of
from queries.query import Answerable, Clarify, Option, Reading, Refuse, SemanticQuery

if TYPE_CHECKING:
    from queries.ask.decide import Decider
    from queries.ask.draft import Draft

_DROP = re.compile(
    r"^(?:(?:and|now|then|ok|please|pls|can you|could you|just)[\s,]+)*"
    r"(?:drop|remove|leave out|take (?:out|away)|without|get rid of|lose|skip|omit|ignore|minus|no more|forget)"
    r" (?:the |any |all )?(?P<what>.+?)(?: please| pls| again)?[\s.!?]*$"
    r"|^(?:请|再|那|那就|把|帮我)*(?:去掉|去除|不要|不看|删掉|删除|移除|扣掉|剔除|别看|拿掉|取消|不考虑|忽略)(?P<zh>.+?)"
    r"(?:吧|了|谢谢)?[\s.!?。]*$"
    r"|^把(?P<ba>.+?)(?:去掉|去除|删掉|移除|扣掉|剔除|拿掉|取消|忽略)(?:吧|了)?[\s.!?。]*$"
)
_TAIL = re.compile(
    r" (?:column|metric|figure|figures|split|breakdown|filter|filters|condition|part)$"
    r"|(?:列|指标|维度|筛选|条件|过滤)$"
)
_COMPARISON = re.compile(r"comparison|comparisons|compare|comparing|change|changes|同比|环比|对比|比较|变化")
_FILTERS = re.compile(r"filters?|conditions?|筛选|过滤|条件|筛选条件")
_LIMIT = re.compile(r"limit|ranking|top \d+|top n|排名|限制|前\d+")


def dropped_words(text: str) -> str:
    """What is to be left out, in the words of the normalised turn; "" where the turn drops nothing.

    >>> dropped_words("drop the refunds please")
    'refunds'
    """
    match = _DROP.match(text.strip())
    found = next((group for group in match.groups() if group), "") if match else ""
    return found.strip()


def drop_named(words: str, last: SemanticQuery) -> Reading | None:
    """The comparison, all filters, the limit: parts of a query that have names of their own."""
    if _COMPARISON.fullmatch(words) and last.compare:
        kept = tuple(o for o in last.order if o.by != "change")
        return _changed(last, compare=None, order=kept)
    if _FILTERS.fullmatch(words) and last.filters:
        return _changed(last, filters=())
    if _LIMIT.fullmatch(words) and (last.limit or last.top_per_group):
        return _changed(last, limit=None, top_per_group=None)
    return None


def bare(words: str) -> str:
    """ "refund column" is about the refunds."""
    return _TAIL.sub("", words).strip() or words


def drop_from(draft: Draft, last: SemanticQuery, decider: Decider) -> Reading | None:
    """The last query without what the words of `draft` name; None where it has no such part."""
    frame = draft.frame
    if draft.unread or frame.times or frame.ranks or frame.thresholds:
        return None
    keys = {key for mention in frame.metrics for key in _keys(mention.key, mention.term, decider)}
    if frame.metrics and not frame.values:
        return _metrics(keys, draft, last, decider)
    split = [d.key for d in frame.dimensions if d.key in last.dimensions]
    if split and not frame.values and len(split) == len(frame.dimensions):
        return _split(last, split)
    narrowed = {d.key for d in frame.dimensions} & {f.dimension for f in last.filters}
    if narrowed and not frame.values and not frame.metrics:
        return _changed(last, filters=tuple(f for f in last.filters if f.dimension not in narrowed))
    values = {(o.dimension, o.value) for v in frame.values for o in v.options}
    return _values(last, values) if values and not frame.metrics else None


def nothing_to_drop(draft: Draft, words: str) -> Refuse | None:
    """What is to be dropped was understood, but the last answer has no such part."""
    frame = draft.frame
    if draft.unread or not (frame.metrics or frame.dimensions or frame.values):
        return None
    return Refuse(reason="not_in_model", topic="nothing_to_drop", words=(words,))


def _keys(key: str, term: str, decider: Decider) -> tuple[str, ...]:
    """Every metric the word may stand for: 退款 is the amount, the orders, the rates."""
    if key:
        return (key,)
    if term.startswith("context:"):
        context = decider.chooser.contexts[term.removeprefix("context:")]
        return tuple(dict.fromkeys((*context.near.values(), context.default, *context.options)))
    return decider.model.terms[term].candidates


def _metrics(keys: set[str], draft: Draft, last: SemanticQuery, decider: Decider) -> Reading | None:
    groups = {decider.model.metrics[k].group for k in keys if k in decider.model.metrics}
    refunds = "refund_amount" in keys
    out = {m for m in last.metrics if m in keys or (refunds and m.startswith("refund") and "refunds" in groups)}
    if out and out != set(last.metrics):
        kept = tuple(m for m in last.metrics if m not in out)
        order = tuple(o for o in last.order if o.by not in out)
        having = tuple(h for h in last.having if h.metric not in out)
        return _changed(last, metrics=kept, order=order, having=having, top_per_group=_top(last, out))
    if refunds and last.metrics == ("gmv",):
        return _changed(_with(last, "net_sales"))
    if refunds and last.metrics == ("net_sales",):
        trials = (last, _with(last, "gmv"))
        options = tuple(Option(label=label_of(q, decider.model, draft.language, draft.names), query=q) for q in trials)
        return Clarify(about=draft.said(0, len(draft.frame.text)), options=options)
    return None


def _with(last: SemanticQuery, metric: str) -> SemanticQuery:
    """The same query about one other metric; what was sorted by the old one is sorted by the new."""
    order = tuple(o.model_copy(update={"by": metric}) if o.by in last.metrics else o for o in last.order)
    having = tuple(h.model_copy(update={"metric": metric}) for h in last.having)
    top = last.top_per_group
    if top and top.by in last.metrics:
        top = top.model_copy(update={"by": metric})
    return last.model_copy(
        update={"metrics": (metric,), "order": order, "having": having, "top_per_group": top}
    )


def _top(last: SemanticQuery, out: set[str]) -> object:
    return None if last.top_per_group and last.top_per_group.by in out else last.top_per_group


def _split(last: SemanticQuery, split: list[str]) -> Reading | None:
    rest = tuple(d for d in last.dimensions if d not in split)
    changed: dict[str, object] = {"dimensions": rest}
    if not rest and not last.grain:
        changed |= {"limit": None, "order": (), "share_of": None}
    if last.top_per_group:
        changed |= {"top_per_group": None}
    return _changed(last, **changed)


def _values(last: SemanticQuery, values: set[tuple[str, str]]) -> Reading | None:
    """A value the last query was narrowed to is no longer asked for."""
    filters, found = [], False
    for given in last.filters:
        kept = tuple(v for v in given.values if (given.dimension, v) not in values)
        if given.op == "in" and kept != given.values:
            found = True
            if kept:
                filters.append(given.model_copy(update={"values": kept}))
        else:
            filters.append(given)
    return _changed(last, filters=tuple(filters)) if found else None


def _changed(last: SemanticQuery, **changes: object) -> Answerable:
    """Built anew, so that the shape is checked."""
    fields = {name: getattr(last, name) for name in type(last).model_fields} | changes
    return Answerable(query=SemanticQuery(**fields))
