"""The one sentence of an answer, made from the query and the rows by code."""

from __future__ import annotations

from typing import Any

from queries.compile import Output
from queries.query import RegisterQuery, SemanticQuery
from queries.tell.averages import averaged, over
from queries.tell.changes import change_sentence, grown_sentence
from queries.tell.columns import key_words, shown
from queries.tell.conditions import condition_words, part_words
from queries.tell.outside import outside_sentence
from queries.tell.scope import scope_words
from queries.tell.shapes import shape_sentence
from queries.tell.telling import Telling
from queries.tell.words import listed, moved, number, say, span


def sentence(told: Telling) -> str:
    """The answer in one sentence: number, unit, currency, period in dates.

    >>> sentence(net_sales_of_october)
    'Net sales, 2026-10-01 to 2026-10-31: 12,345.60 CNY.'
    """
    if isinstance(told.query, RegisterQuery):
        text = _register(told, told.query)
    elif isinstance(told.query, SemanticQuery):
        text = _metrics(told, told.query)
    else:
        text = shape_sentence(told, told.query)
    return text[:1].upper() + text[1:] if told.language == "en" else text


# --- metrics


def _metrics(told: Telling, query: SemanticQuery) -> str:
    what, filters = listed(_labels(told), told.language), query.filters
    if query.share_of == "part":
        what, filters = part_words(told, query, what), query.filters[:-1]
    what = averaged(what, told, query)
    if query.against:
        first, second = _labels(told)
        what = say("words", f"against_{query.against}", told.language, first=first, second=second)
    facts = {
        "what": what,
        "scope": scope_words(told, filters),
        "period": _period(told, query),
        "by": _by(told, query),
    }
    if query.change and (told.rows or query.change == "ranks"):
        return change_sentence(told, query, facts)
    if query.dimensions and query.compare and query.order and query.order[0].by in ("change", "change_ratio"):
        return grown_sentence(told, query, facts | {"by": _by(told, query.model_copy(update={"having": ()}))})
    against = outside_sentence(told, query, facts)
    if against:
        return against
    if not told.rows:
        return say("sentence", "empty", told.language, **facts)
    if not query.dimensions and not query.grain:
        return _one(told, query, facts)
    lead = _lead(told, query)
    rows = len(told.rows)
    if not lead:
        return say("sentence", "list_bare", told.language, rows=rows, **facts)
    if rows == 1:
        return say("sentence", "single_row", told.language, lead=lead, **facts)
    return say("sentence", "list", told.language, rows=rows, lead=lead, **facts)


def _labels(told: Telling) -> list[str]:
    shown = _outputs(told, "metric") or _outputs(told, "effect")
    return [told.model.metrics[output.key].label(told.language) for output in shown]


def _outputs(told: Telling, kind: str) -> list[Output]:
    return [output for output in told.compiled.columns if output.kind == kind]


def _period(told: Telling, query: SemanticQuery) -> str:
    levels = all(told.model.metrics[key].additivity == "not_over_time" for key in query.metrics)
    undated = query.time is None and (levels or "freshness_hours" in query.metrics)
    text = say("words", "latest_level", told.language) if undated else span(query.time, told.language)
    return f", {text}" if told.language == "en" else f"{text} "


def _by(told: Telling, query: SemanticQuery) -> str:
    names = [told.model.dimensions[key].label(told.language) for key in query.dimensions]
    text = say("words", "by", told.language, names=listed(names, told.language)) if names else ""
    text += say("words", f"per_{query.grain}", told.language) if query.grain else ""
    if query.among:
        key = "among_top" if query.among.descending else "among_bottom"
        what = told.model.metrics[query.among.by].label(told.language)
        text += say("words", key, told.language, n=query.among.n, what=what)
    return text + condition_words(told, query)


def _one(told: Telling, query: SemanticQuery, facts: dict[str, str]) -> str:
    row = told.rows[0]
    metrics = _outputs(told, "metric")
    values = [number(row[told.column(m.name)], m.unit, told.language) for m in metrics]
    if len(metrics) > 1 and told.model.metrics[metrics[0].key].beside:
        return _one_order(told, facts, metrics, row)
    if len(metrics) > 1:
        named = [
            f"{told.model.metrics[m.key].label(told.language)} {value}{_beside_before(told, query, m, row)}"
            for m, value in zip(metrics, values, strict=True)
        ]
        labels = [told.model.metrics[m.key].label(told.language) for m in metrics]
        if not query.against:
            facts = facts | {"what": averaged(listed(labels, told.language), told, query)}
        named = [*(_against(told, output, row) for output in _outputs(told, "against")), *named]
        return say("sentence", "one", told.language, value="; ".join(named), **facts)
    metric, value = metrics[0], row[told.column(metrics[0].name)]
    if value is None:
        return say("sentence", "unknown", told.language, **facts)
    if query.compare and any(o.name == f"{metric.name}_share_before" for o in told.compiled.columns):
        return _share_compared(told, query, facts, metric, row, values[0])
    if query.compare and query.compare.against:
        return _compared(told, query, facts, metric, row, values[0])
    if query.share_of and any(o.name == f"{metric.name}_share" for o in told.compiled.columns):
        share = number(row[told.column(f"{metric.name}_share")], "ratio", told.language)
        return say("sentence", "share_one", told.language, value=values[0], share=share, **facts)
    behind = over(told, query, metric, row) if query.per else ""
    return say("sentence", "one", told.language, value=values[0] + behind, **facts)


def _one_order(told: Telling, facts: dict[str, str], metrics: list[Output], row: tuple[Any, ...]) -> str:
    """The largest order: its amount, and its day and platform in brackets."""
    amount, *beside = metrics
    facts = facts | {"what": told.model.metrics[amount.key].label(told.language)}
    value = row[told.column(amount.name)]
    if value is None:
        return say("sentence", "unknown", told.language, **facts)
    words = []
    for output in beside:
        known = told.model.metrics[output.key].values_of
        values = told.model.dimensions[known].values if known else {}
        words.append(str(shown(row[told.column(output.name)], values, told.language)))
    text = say("words", "aside", told.language, names=listed(words, told.language, plain=True))
    return say("sentence", "one", told.language, value=number(value, amount.unit, told.language) + text, **facts)


def _compared(
    told: Telling,
    query: SemanticQuery,
    facts: dict[str, str],
    metric: Output,
    row: tuple[Any, ...],
    value: str,
) -> str:
    assert query.compare
    before = row[told.column(f"{metric.name}_before")]
    change = row[told.column(f"{metric.name}_change")]
    ratio = None if metric.unit == "ratio" else row[told.column(f"{metric.name}_change_ratio")]
    earlier = span(query.compare.against, told.language)
    words = moved(change, ratio, metric.unit, told.language)
    shown = number(before, metric.unit, told.language)
    if not words:
        return say(
            "sentence", "one_incomparable", told.language, value=value, before=shown, earlier=earlier, **facts
        )
    return say(
        "sentence",
        "one_compared",
        told.language,
        value=value,
        before=shown,
        earlier=earlier,
        change=words,
        **facts,
    )


def _beside_before(told: Telling, query: SemanticQuery, metric: Output, row: tuple[Any, ...]) -> str:
    """How one of several figures moved, in brackets; nothing where no earlier period stands beside it."""
    if not query.compare or not any(o.name == f"{metric.name}_before" for o in told.compiled.columns):
        return ""
    before, change = (row[told.column(f"{metric.name}_{kind}")] for kind in ("before", "change"))
    ratio = None if metric.unit == "ratio" else row[told.column(f"{metric.name}_change_ratio")]
    return say(
        "words",
        "moved_from",
        told.language,
        change=moved(change, ratio, metric.unit, told.language) or "-",
        before=number(before, metric.unit, told.language),
        earlier=span(query.compare.against, told.language),
    )


def _against(told: Telling, output: Output, row: tuple[Any, ...]) -> str:
    """What the first figure is over the second, or more than it."""
    return number(row[told.column(output.name)], output.unit, told.language)


def _share_compared(
    told: Telling, query: SemanticQuery, facts: dict[str, str], metric: Output, row: tuple[Any, ...], value: str
) -> str:
    """A share and the share it was: it is the share that moved, not the amount."""
    assert query.compare
    now, before = (row[told.column(f"{metric.name}_share{suffix}")] for suffix in ("", "_before"))
    words = "" if now is None or before is None else moved(now - before, None, "ratio", told.language)
    return say(
        "sentence",
        "share_compared" if words else "share_incomparable",
        told.language,
        value=value,
        share=number(now, "ratio", told.language),
        before=number(before, "ratio", told.language),
        earlier=span(query.compare.against, told.language),
        change=words,
        **facts,
    )


def _lead(told: Telling, query: SemanticQuery) -> str:
    """The first row of a list, or the last of a trend, in words."""
    metric = (_outputs(told, "against") or _outputs(told, "metric"))[0]
    at = told.column(metric.name)
    rows = [row for row in told.rows if row[at] is not None]
    if not rows:
        return ""
    trend = bool(query.grain) and not query.dimensions
    row = rows[-1] if trend else rows[0]
    keys = [output for output in told.compiled.columns if output.kind == "dimension"]
    named = {
        output.key: row[told.column(output.name)] for output in told.compiled.columns if output.kind == "name"
    }
    words = []
    for output in keys:
        value = row[told.column(output.name)]
        words.append(
            str(named[output.key])
            if named.get(output.key)
            else key_words(value, output.key, told.model, told.language, told.k)
        )
    shown = number(row[at], metric.unit, told.language)
    if metric.key in told.model.metrics and f"{metric.name}_share" in {o.name for o in told.compiled.columns}:
        shown += f" ({number(row[told.column(f'{metric.name}_share')], 'ratio', told.language)})"
    key = "lead_only" if len(told.rows) == 1 else "latest" if trend else "lead"
    lead = say("sentence", key, told.language, name=" / ".join(words), value=shown)
    return lead + _together(told, query, metric)


def _together(told: Telling, query: SemanticQuery, metric: Output) -> str:
    """What the first n make up together, where shares of the whole stand beside them."""
    shares = f"{metric.name}_share"
    if not query.limit or query.share_of != "total" or len(told.rows) < 2 or query.grain:
        return ""
    if shares not in {output.name for output in told.compiled.columns}:
        return ""
    at, beside = told.column(metric.name), told.column(shares)
    if any(row[at] is None or row[beside] is None for row in told.rows):
        return ""
    return say(
        "sentence",
        "together",
        told.language,
        rows=len(told.rows),
        value=number(sum(row[at] for row in told.rows), metric.unit, told.language),
        share=number(sum(row[beside] for row in told.rows), "ratio"),
    )


# --- registers


def _register(told: Telling, query: RegisterQuery) -> str:
    register = told.model.registers[query.register_name]
    what, scope = register.label(told.language), _register_scope(told, query)
    unit = register.counts_zh if told.language == "zh" else register.counts_en
    if not told.rows:
        return say("sentence", "register_empty", told.language, what=what, scope=scope)
    if query.count_by == ():
        value = told.rows[0][told.column("n")]
        if value == 0:
            return say("sentence", "register_empty", told.language, what=what, scope=scope)
        return say(
            "sentence",
            "register_count",
            told.language,
            what=what,
            scope=scope,
            unit=unit,
            value=number(value, "count", told.language),
        )
    if len(told.rows) == 1:
        named = []
        for output, value in zip(told.compiled.columns, told.rows[0], strict=True):
            if output.kind != "hidden" and value is not None:
                field = register.fields.get(output.key)
                label = (field.zh if told.language == "zh" else field.en)[0] if field else unit
                named.append(f"{label} {_field_value(told, register.key, output.key, value, output.unit)}")
        return say("sentence", "register_one", told.language, what=what, scope=scope, value="; ".join(named))
    return say("sentence", "register_list", told.language, what=what, scope=scope, rows=len(told.rows))


def _field_value(told: Telling, register: str, key: str, value: Any, unit: str) -> str:
    field = told.model.registers[register].fields.get(key)
    if field and str(value) in field.values:
        known = field.values[str(value)]
        return (known.zh if told.language == "zh" else known.en)[0]
    return number(value, unit, told.language)


def _register_scope(told: Telling, query: RegisterQuery) -> str:
    register = told.model.registers[query.register_name]
    words = [
        (register.conditions[key].zh if told.language == "zh" else register.conditions[key].en)[0]
        for key in query.conditions
    ]
    for given in query.filters:
        field = register.fields.get(given.dimension)
        values = field.values if field else told.model.dimensions[given.dimension].values
        shown = [
            (values[v].zh if told.language == "zh" else values[v].en)[0] if v in values else v
            for v in given.values
        ]
        text = listed(shown, told.language)
        words.append(say("words", "not", told.language, names=text) if given.op == "not_in" else text)
    words += [query.topic] if query.topic else []
    if query.time and query.time_field:
        column = register.fields[query.time_field]
        words.append(f"{(column.zh if told.language == 'zh' else column.en)[0]} {span(query.time, told.language)}")
    elif query.time and register.narrows_by_time:
        words.append(span(query.time, told.language))
    if not words:
        return ""
    return f" ({', '.join(words)})" if told.language == "en" else f"({'、'.join(words)})"
