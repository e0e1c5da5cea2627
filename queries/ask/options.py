"""Clarifications: the same words have more than one reading, and each reading becomes a full query with a label."""

from __future__ import annotations

import itertools
from copy import copy
from dataclasses import replace
from typing import Literal

from queries.ask.build import Builder, Built
from queries.ask.choose import Choice, Chooser
from queries.ask.compat import Fit
from queries.ask.draft import Draft
from queries.ask.frame import DimensionMention
from queries.ask.labels import label_of
from queries.ask.timing import Timing, read_timing
from queries.ask.when.meaning import Festival
from queries.ask.words import Words
from queries.model import Model
from queries.query import Answerable, Clarify, Filter, Option, Reading, Refuse, SemanticQuery

PERFORMANCE = (
    "net_sales",
    "orders",
    "units",
    "refund_rate_period",
    "buyers",
    "visitors",
    "cvr_buyer",
    "review_score",
)
BY_DOMAIN = {
    "live": ("live_gmv", "live_viewers", "gpm", "live_cvr"),
    "ads": ("ad_spend", "attributed_sales", "roas", "ctr"),
    "social": ("followers", "social_impressions", "posts", "engagements"),
    "traffic": ("visitors", "page_views", "cvr_buyer", "add_to_cart_rate"),
}


class Options:
    """Offers two to four readings of one question."""

    def __init__(self, model: Model, words: Words, fit: Fit, chooser: Chooser, builder: Builder) -> None:
        self.model, self.words, self.fit, self.chooser, self.builder = model, words, fit, chooser, builder

    def metrics(
        self, draft: Draft, choice: Choice, timing: Timing, about: str, keys: tuple[str, ...]
    ) -> Reading:
        options: list[Option] = []
        for key in keys:
            extra: tuple[Filter, ...] = ()
            if choice.channel_option and self.model.metrics[key].group != "ads":
                extra = (Filter(dimension="channel", values=("ad",)),)
            trial = replace_choice(choice, key, extra)
            self.chooser.narrow.filters(draft.frame, trial)
            built = self.builder.build(draft.frame, trial, timing, (key,))
            if built.query is not None:
                label = label_of(built.query, self.model, draft.language, draft.names)
                options.append(Option(label=label, query=built.query, means=key))
            if len(options) == 4:
                break
        if len(options) < 2:
            if not options or options[0].means != keys[0]:
                return Refuse(reason="unread_words", words=(about,))  # only an unusual reading is left
            return Answerable(query=options[0].query)
        return Clarify(about=about, term=choice.open_term, options=tuple(options))

    def together(self, draft: Draft, choice: Choice, timing: Timing) -> Reading:
        """淘宝和京东的GMV: one row for each, or both together."""
        each = copy(choice)
        each.dimensions = [
            *choice.dimensions,
            DimensionMention(draft.frame.values[0].span, choice.together, "by"),
        ]
        options = []
        for trial in (each, choice):
            built = self.builder.build(draft.frame, trial, timing, tuple(choice.metrics))
            if built.query is not None:
                options.append(
                    self._option(draft, built.query)
                )
        if len(options) == 2:
            return Clarify(
                about=draft.frame.words(v.span for v in draft.frame.values)[0], options=tuple(options)
            )
        return Answerable(query=options[0].query) if options else Refuse(reason="not_in_model")

    def value(self, draft: Draft, choice: Choice, timing: Timing) -> Reading:
        options = []
        for place, item in enumerate(choice.value_options[:4]):
            trial = Choice(
                metrics=list(choice.metrics),
                filters=[*choice.filters, item],
                dimensions=list(choice.dimensions),
            )
            built = self.builder.build(draft.frame, trial, timing, tuple(choice.metrics))
            if built.query is not None:
                told, kind = built.query, self.model.dimensions[item.dimension].label(draft.language)
                if choice.value_names:  # by name: its keys on the platforms say nothing to a person
                    kind = choice.value_names[place]
                    told = told.model_copy(update={"filters": tuple(f for f in told.filters if f != item)})
                label = f"{kind}: {label_of(told, self.model, draft.language, draft.names)}"
                options.append(Option(label=label, query=built.query))
        if len(options) >= 2:
            about = choice.value_words or ", ".join(choice.value_options[0].values)
            return Clarify(about=about, options=tuple(options))
        return Answerable(query=options[0].query) if options else Refuse(reason="not_in_model", words=())

    def vague(self, draft: Draft, choice: Choice, timing: Timing) -> Reading:
        """京东上周数据, top brands: something was said, but not what to count."""
        frame = draft.frame
        said = bool(
            frame.vague or choice.filters or choice.dimensions or frame.times or frame.ranks or frame.domains
        )
        if not said:
            return Refuse(reason="not_a_data_question")
        domain = next((d for _, d in frame.domains), "")
        for dimension in (*(d.key for d in choice.dimensions), *(f.dimension for f in choice.filters)):
            domain = domain or self.words.of("domain_of_dimension").get(dimension, "")
        kind = next((k for _, k in frame.vague if k != "performance"), "")
        keys = tuple(self.words.of("vague")[kind]["options"]) if kind else BY_DOMAIN.get(domain, PERFORMANCE)
        narrowed = (f.dimension for f in choice.filters if f != Filter(dimension="channel", values=(domain,)))
        wanted = tuple(dict.fromkeys((*(d.key for d in choice.dimensions), *narrowed)))
        fitting = tuple(k for k in keys if k in self.model.metrics and self.fit.allows(k, wanted))
        if not kind and not domain and not {"product", "category", "brand", "sku"} & set(wanted):
            fitting = tuple(k for k in fitting if k != "units")
        about = frame.words(span for span, _ in frame.vague) or (draft.said(0, len(frame.text)),)
        return self.metrics(draft, choice, timing, about[0], fitting)

    def festival(self, draft: Draft, timing: Timing) -> Reading | None:
        """618 of a year that the calendar does not have: the years it has, or the sale and its day of the only one."""
        promo, choice, frame = timing.problem.partition(":")[2], draft.choice, draft.frame
        begun = {p.starts_on.year for p in draft.clock.promos if p.promo == promo and p.starts_on <= draft.clock.today}
        said = [t.meaning for t in frame.times if isinstance(t.meaning, Festival)]
        if choice is None or not begun or len(said) != 1:
            return None
        parts: tuple[Literal["period", "day"], ...] = ("period", "day") if len(begun) == 1 else ("period",)
        options = []
        for year, part in itertools.product(sorted(begun, reverse=True)[:3], parts):
            words = f"{promo} {year}" + (" (day)" if part == "day" else "")
            times = [
                replace(t, meaning=replace(t.meaning, year=year, part=part, said=words))
                if isinstance(t.meaning, Festival)
                else t
                for t in frame.times
            ]
            when = read_timing(times, draft.clock, growth=frame.has("growth"), trend=frame.has("trend"))
            built = self.builder.build(frame, copy(choice), when, tuple(choice.metrics))
            if built.query is not None and not when.problem:
                options.append(self._option(draft, built.query))
        return Clarify(about=timing.said, options=tuple(options)) if len(options) > 1 else None

    def variants(self, draft: Draft, built: Built) -> Reading | None:
        """One rank or share that fits several groupings: each of them as a full query."""
        if not isinstance(built.query, SemanticQuery):
            return None
        queries = [built.query]
        for change in built.variants:
            fields = {name: getattr(built.query, name) for name in SemanticQuery.model_fields} | change
            queries.append(SemanticQuery(**fields))
        options = tuple(self._option(draft, q) for q in queries[:4])
        about = draft.frame.words(span for span, _ in draft.frame.ranks) or draft.frame.words(
            draft.frame.signs.get("share", ())
        )
        return Clarify(about=(about or ("",))[0], options=options)

    def unmarked(
        self, draft: Draft, choice: Choice, timing: Timing, built: Built, keys: set[str]
    ) -> Reading | None:
        """店铺销售额: the total, or one row per shop? A bare singular does not say."""
        whole = Choice(
            metrics=list(choice.metrics),
            filters=list(choice.filters),
            sort=choice.sort,
            rank=choice.rank,
            dimensions=[d for d in choice.dimensions if d.key not in keys],
            defaults=list(choice.defaults),
        )
        total = self.builder.build(draft.frame, whole, timing, tuple(choice.metrics))
        if total.query is None or built.query is None or not isinstance(built.query, SemanticQuery):
            return None
        return Clarify(
            about=", ".join(keys),
            options=(
                self._option(draft, built.query),
                self._option(draft, total.query),
            ),
        )

    def _option(self, draft: Draft, query: SemanticQuery) -> Option:
        return Option(label=label_of(query, self.model, draft.language, draft.names), query=query)


def replace_choice(choice: Choice, metric: str, extra: tuple[Filter, ...] = ()) -> Choice:
    """The same question about one metric."""
    return Choice(
        metrics=[metric],
        filters=[*extra],
        dimensions=list(choice.dimensions),
        rank=choice.rank,
        defaults=[],
        having_metrics=dict(choice.having_metrics),
    )
