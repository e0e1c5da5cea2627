"""The lexicon: every name of the model and every row of the word tables, found by longest match.

Reads metrics, terms, contexts, dimensions and their closed values, registers with conditions, columns and
values, declined topics, intents, domains, signs, vague words and filler. Names from the data are `values.py`,
time is `when`, ranks and thresholds are `operators.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast

from queries.ask.phrases import PhraseBook
from queries.ask.spans import (
    ConditionWord,
    DimensionWord,
    Domain,
    FieldValueWord,
    FieldWord,
    InCurrency,
    Intent,
    Meaning,
    MetricWord,
    RegisterWord,
    ShapeWord,
    Sign,
    Span,
    TermWord,
    ValueWord,
)
from queries.ask.words import Words, both
from queries.model import Model

_ORDER = (
    MetricWord,
    TermWord,
    RegisterWord,
    DimensionWord,
    ValueWord,
    ConditionWord,
    FieldWord,
    FieldValueWord,
    Domain,
    Intent,
    Sign,
)


LEVELS = ("维度", "层面", "粒度")
"""品牌维度: what splits by itself."""
IN_CURRENCY = {
    "en": (
        "(shown |expressed |converted |stated |)(in|into) {}",
        "(convert|converted|converting) (it |this |that |them |)(to|into|in) {}",
    ),
    "zh": (
        "(折合|折算|换算|兑换|折|换|转换)(成|为|到|)(多少|){}(是多少|计|)",
        "(按|用|以){}(计算|计价|计|算|表示|显示|)",
    ),
}
"""Words around a currency that ask for its amounts, not for the orders in it."""


@dataclass(frozen=True)
class Lexicon:
    """All phrases of one model version."""

    book: PhraseBook

    def find(self, text: str) -> list[Span]:
        """Every phrase in normalised text; the cover chooses."""
        return [
            Span(
                pieces,
                cast(tuple[Meaning, ...], tuple(meanings)),
                1 if any(isinstance(m, MetricWord | TermWord) for m in meanings) else 0,
            )
            for pieces, meanings in self.book.find(text)
        ]


def build(model: Model, words: Words) -> Lexicon:
    """Phrases of the model and of the tables; both languages always, because people mix them."""
    book = PhraseBook()
    _metrics(book, model, words)
    _dimensions(book, model, words)
    _registers(book, model, words)
    for key, declined in model.declined.items():
        book.add((*declined.en, *declined.zh), Intent(declined.reason, key), inflect=False)
    for kind, rows in words.of("intents").items():
        book.add(both(rows), Intent(kind.partition(":")[0], kind.partition(":")[2]), inflect=False)
    for key, row in words.of("domains").items():
        book.add(both(row), Domain(key))
    for platform, names in words.of("ad_tools").items():
        book.add(both(names), ValueWord("platform", platform, platform))
        book.add(both(names), Domain("ads"))
    for domain, dimensions in words.of("domain_dimensions").items():
        for dimension, row in dimensions.items():
            book.add(both(row), Domain(domain))
            book.add(both(row), DimensionWord(dimension))
    for key, row in words.of("generic_dimensions").items():
        book.add(both(row), DimensionWord(key))
    for code, row in words.of("values").get("currency", {}).items():
        for language, patterns in IN_CURRENCY.items():
            named = [pattern.format(word) for word in row.get(language, ()) for pattern in patterns]
            book.add(named, InCurrency(code), inflect=False)
    _shapes(book, model, words)
    for section, prefix in (("signs", ""), ("vague", "vague:"), ("bases", "basis:")):
        for key, row in words.of(section).items():
            book.add(both(row), Sign(prefix + key), inflect=False)
    book.add(both(words.of("filler")), Sign("filler"), inflect=False)
    return Lexicon(book.freeze())


def _metrics(book: PhraseBook, model: Model, words: Words) -> None:
    contexts = words.contexts()
    in_context = {word for context in contexts.values() for word in context.words}
    claimed = {word for term in model.terms.values() for word in (*term.en, *term.zh)}
    claimed |= in_context
    for key, metric in model.metrics.items():
        book.add([word for word in (*metric.en, *metric.zh) if word not in claimed], MetricWord(key))
        book.add(both(words.of("metrics").get(key)), MetricWord(key))
    for key, more in words.of("terms").items():
        book.add(both(more), TermWord(key))
    for key, term in model.terms.items():
        book.add([w for w in (*term.en, *term.zh) if w not in in_context], TermWord(key))
    for key, context in contexts.items():
        book.add(context.words, TermWord(f"context:{key}"))


def _shapes(book: PhraseBook, model: Model, words: Words) -> None:
    """A funnel is read like its first stage, a movement like the size of a segment; `shapes` lays them out."""
    for shape, rows in words.of("shapes").items():
        for key, row in rows.items():
            names = both(row)
            metric = "segment_customers"
            if shape == "funnel":
                funnel = model.funnels[key]
                names, metric = (*funnel.en, *funnel.zh, *names), funnel.stages[0]
            book.add(names, MetricWord(metric), inflect=False)
            book.add(names, ShapeWord(cast(Literal["funnel", "movement"], shape), key), inflect=False)


def _dimensions(book: PhraseBook, model: Model, words: Words) -> None:
    extra_values = words.of("values")
    not_values = set(words.of("not_values").get("words", ()))
    for key, dimension in model.dimensions.items():
        if not dimension.may_group:
            continue  # a measured dimension has no words of its own: it is read with its bound
        names = (*dimension.en, *dimension.zh, *both(words.of("dimensions").get(key)))
        book.add(names, DimensionWord(key))
        book.add([f"{name}{level}" for name in names if not name.isascii() for level in LEVELS], DimensionWord(key))
        for value, named in dimension.values.items():
            meaning = ValueWord(key, value, named.en[0])
            more = extra_values.get(key, {}).get(value)
            kept = [word for word in (*named.en, *named.zh) if word.lower() not in not_values]
            book.add((*kept, *both(more)), meaning)
        if not dimension.values:
            for value, more in extra_values.get(key, {}).items():
                book.add(both(more), ValueWord(key, value, value))


def _registers(book: PhraseBook, model: Model, words: Words) -> None:
    for key, register in model.registers.items():
        book.add((*register.en, *register.zh, *both(words.of("registers").get(key))), RegisterWord(key))
        for name, condition in register.conditions.items():
            more = words.of("conditions").get(key, {}).get(name)
            book.add((*condition.en, *condition.zh, *both(more)), ConditionWord(key, name))
        for name, column in register.fields.items():
            if not column.dimension:
                book.add(
                    (*column.en, *column.zh, *both(words.of("fields").get(key, {}).get(name))),
                    FieldWord(key, name),
                )
            for value, named in column.values.items():
                more = words.of("field_values").get(f"{key}.{name}", {}).get(value)
                book.add((*named.en, *named.zh, *both(more)), FieldValueWord(key, name, value))
