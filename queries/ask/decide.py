"""The last step: one reading and no residue is an answer, several are a choice, none is a refusal."""

from __future__ import annotations

import re
from dataclasses import replace

from queries.ask.absences import read_absence
from queries.ask.audit import crossed, untraced
from queries.ask.build import Builder, Built
from queries.ask.choose import Choice, Chooser, is_level
from queries.ask.compat import Fit
from queries.ask.concentrations import read_concentration
from queries.ask.doubtful import two_dates, which_date
from queries.ask.draft import Draft
from queries.ask.frame import TIME, Frame
from queries.ask.growths import growth_of
from queries.ask.listing import Listing
from queries.ask.narrow import SEGMENTS, platforms_of
from queries.ask.options import Options
from queries.ask.outside import held_against
from queries.ask.ratios import DIFFERENCE
from queries.ask.registers import read_register
from queries.ask.rivals import compare_values, rival_periods
from queries.ask.shapes import Shapes
from queries.ask.spans import (
    DimensionWord,
    Domain,
    FieldValueWord,
    MetricWord,
    RegisterWord,
    ShapeWord,
    Sign,
    Span,
    TermWord,
    ValueWord,
)
from queries.ask.timing import Timing, read_timing, usual_for
from queries.ask.when.meaning import Period, Versus
from queries.ask.words import Words
from queries.model import Model
from queries.query import Answerable, Filter, Grain, Reading, Refuse, RegisterQuery

_INTENT_ORDER = (
    "change_request",
    "person_lookup",
    "prediction_or_cause",
    "not_a_data_question",
    "not_in_model",
)
_PRICED = re.compile(r"贵|便宜")
_WHAT_IS = re.compile(r"^(?:what is|what's|what are|whats)(?: an?)? (?!our|the|my|total|current)")


class Decider:
    """Decides drafts for one model."""

    def __init__(self, model: Model, words: Words, fit: Fit, chooser: Chooser, builder: Builder,
                 listing: Listing) -> None:
        self.model, self.words, self.fit, self.chooser, self.builder = model, words, fit, chooser, builder
        self.options = Options(model, words, fit, chooser, builder)
        self.shapes = Shapes(model, words)
        self.listing = listing

    def decide(self, draft: Draft) -> Reading:
        reading = self._decide(draft)
        return self.listing.supposed(draft, reading) or reading

    def _decide(self, draft: Draft) -> Reading:
        frame = draft.frame
        refusal = self._intent(draft)
        if refusal:
            return self._arithmetic(draft) or refusal
        if (frame.has("define") and not self._only_basis(frame)) or self._what_is(draft) or self._told_apart(draft):
            return self._definition(draft)
        shaped = read_absence(draft) or read_concentration(draft)
        if shaped:
            return shaped
        listed = self.listing.read(draft)
        if listed:
            return listed
        return self._metrics(draft)

    def _arithmetic(self, draft: Draft) -> Reading | None:
        """Why a figure changed, as far as arithmetic says; None where a cause in the world is asked."""
        changes = self.builder.changes
        if not (changes.causes(draft.frame) and changes.asked(draft.frame)):
            return None
        reading = self._metrics(draft)
        return None if isinstance(reading, Refuse) else reading

    @staticmethod
    def _only_basis(frame: Frame) -> bool:
        """上月各平台销售额,GMV口径 says which figure is meant; it does not ask what it means."""
        bare = all(word == "口径" for word in frame.words(frame.signs["define"]))
        return bare and bool(frame.times or frame.dimensions or frame.values)

    @staticmethod
    def _what_is(draft: Draft) -> bool:
        """ "what is GPM?" and nothing else asks what the word means; "what is our GMV" asks for the number."""
        frame = draft.frame
        return (
            _WHAT_IS.match(frame.text) is not None
            and len(frame.metrics) == 1
            and not (frame.times or frame.values or frame.dimensions or draft.unread)
        )

    @staticmethod
    def _told_apart(draft: Draft) -> bool:
        """ "what's the difference between net sales and GMV", and no word of when or where: what each of them means."""
        frame = draft.frame
        words = frame.words(frame.signs.get("growth", ()))
        bare = not (frame.times or frame.values or frame.dimensions or frame.ranks or draft.unread)
        return bare and len(frame.metrics) == 2 and len(words) == 1 and words[0].startswith("difference between")

    def _definition(self, draft: Draft) -> Reading:
        frame = draft.frame
        if frame.registers and not frame.metrics:
            listed = self.listing.named(draft)
            if listed:
                return listed
        keys = [m.key or self._term_default(m.term) for m in frame.metrics]
        if keys and keys[0] and not draft.unread:
            if "definitions" in self.model.registers:
                return Answerable(
                    query=RegisterQuery(
                        register_name="definitions",
                        filters=(
                            Filter(dimension="metric", values=tuple(dict.fromkeys(k for k in keys if k))),
                        ),
                    )
                )
            return Refuse(reason="not_in_model", topic="definition", words=tuple(keys))
        segment = next((o for v in frame.values for o in v.options if o.dimension in SEGMENTS), None)
        if segment and not draft.unread:
            return Answerable(
                query=RegisterQuery(
                    register_name="segment_definitions",
                    filters=(Filter(dimension="segment", values=(segment.value,)),),
                )
            )
        return Refuse(
            reason="unread_words", words=draft.unread_words() or frame.words(frame.signs.get("define", ()))
        )

    def _term_default(self, term: str) -> str:
        if term.startswith("context:"):
            return self.chooser.contexts[term.removeprefix("context:")].default
        return self.model.terms[term].default or self.model.terms[term].candidates[0]

    # refusals --------------------------------------------------------------------------------------------

    def _intent(self, draft: Draft) -> Refuse | None:
        frame = draft.frame
        registers = {key for _, key in frame.registers}
        live = [
            (span, intent)
            for span, intent in frame.intents
            if not (registers and any(v.register in registers for v in span.of(FieldValueWord)))
            and not span.of(MetricWord)
            and not (span.of(RegisterWord) and intent.kind != "change_request")
        ]
        if not live:
            return None
        span, intent = min(
            live, key=lambda item: _INTENT_ORDER.index(item[1].kind) if item[1].kind in _INTENT_ORDER else 9
        )
        if intent.kind == "person_lookup" and "retention_rules" in registers:
            said = (draft.said(span.start, span.end),)
            return Refuse(reason="not_in_model", topic="not_stored", words=said)
        show = None
        if intent.kind == "change_request" and frame.registers:
            readings = read_register(frame, self.model, Timing())
            show = readings[0].query if readings else None
        return Refuse(
            reason=intent.kind, topic=intent.topic, words=(draft.said(span.start, span.end),), show=show
        )

    def residue(self, draft: Draft, choice: Choice) -> tuple[str, ...]:
        """Words that no part of the reading uses."""
        frame = draft.frame
        spans: list[Span] = [*frame.residue, *choice.misfit]
        groups = {self.model.metrics[m].group for m in choice.metrics}
        filtered = {f.dimension for f in choice.filters}
        split = {d.key for d in choice.dimensions}
        for span, domain in frame.domains:
            own = set(self.words.of("domains")[domain].get("dimensions", ()))
            used = (
                domain in groups
                or own & (filtered | split)
                or any(v.dimension in filtered for v in span.of(ValueWord))
                or not choice.metrics
            )
            if not used:
                spans.append(span)
        lists = bool(
            choice.dimensions or (draft.timing and draft.timing.grain) or any(r.grain for _, r in frame.ranks)
        )
        for sign in frame.signs.get("unused_mark", []):
            if not lists and len(choice.metrics) < 2 and not any(len(f.values) > 1 for f in choice.filters):
                spans.append(sign)
        versus = any(isinstance(t.meaning, Versus) for t in frame.spoken_times)
        compared = any(len(f.values) > 1 for f in choice.filters) or bool(draft.timing and draft.timing.compare)
        compared = compared or (versus and len(choice.metrics) > 1)  # 买家实付比支付金额少多少
        compared = compared or any(d.key == "buyer_kind" for d in choice.dimensions)
        if choice.metrics and not compared and not self.builder.ranking.directs(frame, choice):
            spans += frame.signs.get("comparative", [])
        if any(self.model.metrics[m].unit != "money" for m in choice.metrics):  # 点击便宜 is no count of clicks
            spans += [s for s in frame.signs.get("comparative", []) if _PRICED.search(frame.text[s.start : s.end])]
        if not any(f.op == "not_in" for f in choice.filters):
            spans += frame.signs.get("other", [])
        if not all(is_level(self.model, m) for m in choice.metrics):
            spans += frame.signs.get("level_end", [])
        if choice.metrics:
            for span, kind in frame.vague:
                options = self.words.of("vague")[kind]["options"]
                word, judging = frame.text[span.start : span.end], self.words.of("judgements")
                judged = word in judging["words"] and not (compared and word in judging["sided"])
                if judged or (kind != "performance" and not set(options) & set(choice.metrics)):
                    spans.append(span)
        spans += [
            span
            for span, intent in frame.intents
            if intent.kind != "prediction_or_cause" and not self._also_read(span)
        ]
        spans += [span for span, _ in frame.registers if not self._also_read(span)]
        spans += [span for span, _ in frame.conditions if not self._also_read(span)]
        spans += [span for span, _ in frame.field_values if not self._also_read(span)]
        spans += [span for span, _, _ in frame.fields if not self._also_read(span)]
        unique = list(dict.fromkeys(spans))
        return (*draft.unread_words(), *(draft.said(s.start, s.end) for s in unique))

    @staticmethod
    def _also_read(span: Span) -> bool:
        kinds = (MetricWord, TermWord, DimensionWord, ValueWord, Domain, Sign, *TIME)
        return any(isinstance(m, kinds) for m in span.meanings)

    # metrics ---------------------------------------------------------------------------------------------

    def _metrics(self, draft: Draft) -> Reading:
        if two_dates(draft):
            return which_date(draft, self._metrics)
        self.prepare(draft)
        choice, timing = draft.choice, draft.timing
        assert choice is not None and timing is not None
        left = self.residue(draft, choice)
        left = left or tuple(draft.said(s.start, s.end) for s in crossed(draft.frame, choice.metrics))
        if left:
            return Refuse(reason="unread_words", words=left)
        problem = self._time_problem(draft, timing)
        if problem:
            return problem
        if choice.open_options:
            return self.options.metrics(draft, choice, timing, choice.open_words, choice.open_options)
        funnel = any(word.shape == "funnel" for span in draft.frame.spans for word in span.of(ShapeWord))
        if choice.together and choice.metrics and not (funnel and choice.together == "platform"):
            return self.options.together(draft, choice, timing)
        if choice.value_options:
            return self.options.value(draft, choice, timing)
        if not choice.metrics and not draft.frame.thresholds:
            return self.options.vague(draft, choice, timing)
        unmarked = [d for d in choice.dimensions if not d.mark and not draft.frame.ranks and not choice.rank]
        built = self.builder.build(draft.frame, choice, timing, tuple(choice.metrics))
        listed = draft.frame.thresholds or any(
            draft.frame.has(s) for s in ("share", "sort", "distribution")
        )
        listed = listed or choice.shared or any(span.of(ShapeWord) for span in draft.frame.spans)
        if unmarked and built.query and not listed:
            split = self.options.unmarked(draft, choice, timing, built, {d.key for d in unmarked})
            if split:
                return split
        return self.finish(draft, built)

    def prepare(self, draft: Draft) -> None:
        """Chooses metrics and filters, then reads time (which may depend on the platforms)."""
        frame = draft.frame
        rival_periods(frame)
        draft.choice = self.chooser.choose(frame)
        self.builder.ranking.counted_mark(frame, draft.choice)
        held_against(frame, draft.choice)
        self.builder.changes.complete(frame, draft.choice)
        self.builder.growths.complete(frame, draft.choice)
        self.builder.ranking.complete(frame, draft.choice)
        compare_values(draft)
        draft.timing = read_timing(
            frame.times,
            draft.clock,
            platforms=platforms_of(draft.choice.filters),
            growth=bool(self.builder.changes.asked(frame) or growth_of(frame))
            or (frame.has("growth") and not self._apart(frame, draft.choice))
            or self._which_was_more(frame),
            trend=frame.has("trend"),
            share=frame.has("share"),
        )
        for sign, grain in (
            ("when", "day"),
            ("which_week", "week"),
            ("which_month", "month"),
            ("which_quarter", "quarter"),
            ("which_year", "year"),
        ):
            if (
                frame.has(sign)
                and draft.timing.grain is None
                and (frame.ranks or draft.choice.rank or frame.thresholds)
            ):
                draft.timing = replace(draft.timing, grain=grain)  # type: ignore[arg-type]
            elif frame.has(sign) and draft.choice.metrics and not self._asks_day(sign, draft.choice):
                frame.residue.extend(frame.signs[sign])
        ranked = self._ranked_period(frame, draft.timing)
        if ranked:
            draft.timing = usual_for(draft.timing, ranked, draft.clock)

    @staticmethod
    def _ranked_period(frame: Frame, timing: Timing) -> Grain | None:
        """The grain of a period that is ranked: best month, 哪个月最高."""
        said = next((r.grain for _, r in frame.ranks if r.grain), "")
        return said or (timing.grain if frame.ranks else None)  # type: ignore[return-value]

    def _asks_day(self, sign: str, choice: Choice) -> bool:
        """When was the first sale, the biggest order: the figure is a day, or has one beside it."""
        metrics = [self.model.metrics[m] for m in choice.metrics]
        return sign == "when" and all(m.unit == "date" or m.beside for m in metrics)

    @staticmethod
    def _which_was_more(frame: Frame) -> bool:
        """ "more new buyers in october or in september": two periods held against each other."""
        periods = [t for t in frame.times if isinstance(t.meaning, Period)]
        said = [s for s in frame.signs.get("comparative", ()) if frame.text[s.start].isascii()]
        return bool(said) and len(periods) == 2 and " or " in frame.text[periods[0].end : periods[1].start + 1]

    @staticmethod
    def _apart(frame: Frame, choice: Choice) -> bool:
        """结算金额和净销售额差多少: the difference is between two figures, not between two periods."""
        words = frame.words(frame.signs["growth"])
        several = len(choice.metrics) > 1 or any(len(f.values) > 1 and f.op == "in" for f in choice.filters)
        return several and all(DIFFERENCE.search(word) for word in words)

    def finish(self, draft: Draft, built: Built) -> Reading:
        """A built query as an answer, or the refusal its problem deserves."""
        if built.query is not None and built.variants:
            offered = self.options.variants(draft, built)
            if offered is not None:
                return offered
        if built.query is not None and draft.choice is not None:
            lost = untraced(draft.frame, draft.choice, built.query, self.model, draft.frame.spoken_times)
            if lost:
                return Refuse(reason="unread_words", words=tuple(draft.said(s.start, s.end) for s in lost))
        if built.query is not None:
            laid = self.shapes.laid_out(draft, built.query, built.defaults)
            if laid is not None:
                return laid
            return Answerable(query=built.query, defaults=tuple(dict.fromkeys(built.defaults)))
        if built.problem == "small":
            return Refuse(reason="group_too_small", words=built.words)
        reason = "not_in_model" if built.problem == "misfit" else "unread_words"
        return Refuse(reason=reason, words=built.words or (built.problem,))

    def _time_problem(self, draft: Draft, timing: Timing) -> Reading | None:
        if timing.problem == "future":
            return Refuse(reason="prediction_or_cause", topic="forecast", words=(timing.said,))
        if timing.problem.startswith("no_festival"):
            offered = self.options.festival(draft, timing) if draft.choice and draft.choice.metrics else None
            if offered:
                return offered
            return Refuse(reason="not_in_model", topic="festival", words=(timing.said,))
        if timing.problem:
            return Refuse(
                reason="unread_words",
                words=tuple(draft.said(t.start, t.end) for t in draft.frame.times) or (timing.problem,),
            )
        return None
