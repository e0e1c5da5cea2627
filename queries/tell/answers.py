"""Answers: an answered query, a choice, a refusal, a failure; each worded in the asker's language."""

from __future__ import annotations

from collections.abc import Sequence

from queries.answer import Answer, Chart, Choice, Period
from queries.compile import Problem
from queries.model.types import Language, Model
from queries.privacy.guards import GROUP_TOO_SMALL, NO_PERMISSION, PERSON_LOOKUP, PERSONAL_DATA_IN_QUESTION
from queries.query import Option, Query, Refuse, RegisterQuery, SemanticQuery
from queries.tell.basis import basis_line, definition
from queries.tell.caveats import caveats
from queries.tell.changes import with_factor_units
from queries.tell.chart import chart_of, drawn_column
from queries.tell.columns import cells, columns_of, plain, register_columns
from queries.tell.sentence import sentence
from queries.tell.shapes import grid_of, period_of
from queries.tell.telling import Telling
from queries.tell.words import has, listed, say

REFUSED = {"no_permission", "group_too_small", "change_request", "person_lookup", "personal_data_in_question"}
"""The other reasons are `unsupported`."""
SAME_WORDS = {
    "no_permission": NO_PERMISSION,
    "group_too_small": GROUP_TOO_SMALL,
    "person_lookup": PERSON_LOOKUP,
    "personal_data_in_question": PERSONAL_DATA_IN_QUESTION,
}


def answered(told: Telling, question: str) -> Answer:
    """The answer to a query that ran."""
    language, query = told.language, told.query
    if isinstance(query, RegisterQuery):
        register = told.model.registers[query.register_name]
        columns = register_columns(told.compiled.columns, register, told.model, language)
        hidden = [n for n, output in enumerate(told.compiled.columns) if output.kind == "hidden"]
        rows = [[plain(value) for n, value in enumerate(row) if n not in hidden] for row in told.rows]
        chart, period = Chart(), None
    else:
        columns = columns_of(told.compiled.columns, told.model, language)
        if isinstance(query, SemanticQuery) and query.change == "factors":
            columns = with_factor_units(columns, told)
        rows = cells(told.rows, told.compiled.columns, told.model, language)
        chart = Chart(
            kind=chart_of(query, told.compiled.columns, rows), only=drawn_column(query, told.compiled.columns)
        )
        time = period_of(query)
        period = Period(**{"from": time.start, "to": time.last_day}) if time else None
    return Answer(
        question=question,
        language=language,
        status="answered",
        text=sentence(told),
        columns=columns,
        rows=rows,
        sql=told.compiled.sql if told.viewer.may_see_sql else None,
        query=query.model_dump(mode="json"),
        basis=basis_line(told),
        period=period,
        caveats=caveats(told),
        freshness=told.asides.freshness,
        chart=chart,
        grid=grid_of(query),
        definition=definition(told, language),
        lane=_lane(told),
    )


def _lane(told: Telling) -> str:
    if isinstance(told.query, RegisterQuery):
        permission = told.model.registers[told.query.register_name].permission
        return "registers" if permission == "registers" else "business"
    return told.compiled.lane


def clarify(about: str, options: Sequence[Option], question: str, language: Language) -> Answer:
    """A choice: what was unclear and the readings there are."""
    choices = [
        Choice(label=option.label, query=option.query.model_dump(mode="json"), reader=option.reader)
        for option in options
    ]
    text = say("refusals", "clarify", language, about=about) if about else say("refusals", "which", language)
    return Answer(
        question=question, language=language, status="clarify", text=text, choices=choices, reason="ambiguous"
    )


def refused(reading: Refuse, question: str, language: Language, model: Model, *, extra: str = "") -> Answer:
    """A refusal with its reason; all guards that depend on data share one sentence."""
    status = "refused" if reading.reason in REFUSED else "unsupported"
    text = _refusal_text(reading, language, model)
    if extra:
        text = f"{text} {extra}" if language == "en" else f"{text}{extra}"
    return Answer(
        question=question,
        language=language,
        status=status,
        text=text,
        reason=reading.reason,
        nearest=list(reading.nearest),
    )


def _refusal_text(reading: Refuse, language: Language, model: Model) -> str:
    if reading.reason in SAME_WORDS:
        return SAME_WORDS[reading.reason][language]
    topic = model.declined.get(reading.topic)
    if topic:
        return topic.sentence_zh if language == "zh" else topic.sentence_en
    words = listed([word for word in reading.words if word], language)
    if reading.topic and has("refusals", reading.topic):
        return say("refusals", reading.topic, language, words=words)
    if reading.reason in ("not_in_model", "unread_words") and not words:
        return say("refusals", "not_a_data_question", language)
    return say("refusals", reading.reason, language, words=words)


def problem_refusal(problem: Problem, query: Query, model: Model, language: Language) -> tuple[Refuse, str]:
    """A query that validation stopped, as a refusal and, where the sentence is a special one, that sentence."""
    words = tuple(_name(key, model, language) for key in problem.about)
    refusal = Refuse(reason=problem.reason, words=words)
    if problem.said:
        text = say("refusals", problem.said, language, what=words[0], dimension=listed(list(words[1:]), language))
        return refusal, text[:1].upper() + text[1:]
    known = [key for key in problem.about[1:] if key in model.dimensions]
    if problem.reason == "not_in_model" and known and problem.about[0] in model.metrics:
        text = say("refusals", "misfit", language, what=words[0], dimension=listed(list(words[1:]), language))
        return refusal, text[:1].upper() + text[1:]
    return refusal, ""


def _name(key: str, model: Model, language: Language) -> str:
    for known in (model.metrics, model.dimensions, model.registers):
        if key in known:
            return known[key].label(language)
    return key


def failure(question: str, language: Language, reference: str) -> Answer:
    """Something broke on our side: said so, with the reference under which it is logged."""
    return Answer(
        question=question,
        language=language,
        status="error",
        text=say("refusals", "error", language),
        reason="error",
        reference=reference,
    )


def definition_answer(
    keys: tuple[str, ...], question: str, language: Language, model: Model
) -> Answer | None:
    """How metrics are defined: their dictionary sentences as rows."""
    from queries.answer import Column

    metrics = [model.metrics[key] for key in keys if key in model.metrics]
    if not metrics:
        return None
    text = " ".join(
        say("sentence", "definition", language, what=m.label(language), about=m.about(language))
        for m in metrics
    )
    names = ("metric", "definition") if language == "en" else ("指标", "口径")
    columns = [
        Column(name=name, unit="text", label=label)
        for name, label in zip(("metric", "definition"), names, strict=True)
    ]
    return Answer(
        question=question,
        language=language,
        status="answered",
        text=text,
        columns=columns,
        lane="business",
        rows=[[m.label(language), m.about(language)] for m in metrics],
        definition=text,
    )


__all__ = [
    "SemanticQuery",
    "answered",
    "clarify",
    "definition_answer",
    "failure",
    "problem_refusal",
    "refused",
]
