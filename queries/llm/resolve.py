"""From the model's form to a typed query: quotes are checked against the question and read by our own grammar.

Our time grammar turns `time_said` into dates, our value index turns words into keys, our number reader reads
numbers. A quote that does not stand in the question is an invention and is rejected.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from pydantic import ValidationError

from queries.ask import Translator
from queries.ask.normalise import normalise
from queries.ask.numbers import find_numbers
from queries.ask.spans import ValueWord
from queries.ask.timing import read_timing
from queries.ask.when import Clock, tag_time
from queries.ask.when.periods import previous, year_ago
from queries.llm.draft import Draft, SaidFilter
from queries.query import Comparison, Filter, Having, Order, SemanticQuery, TimeRange

DEFAULT_LIMIT = 10


class Unusable(Exception):
    """The form cannot become a query; the message is for the model to repair it."""


@dataclass(frozen=True)
class Resolver:
    """Reads forms for one question."""

    translator: Translator
    question: str
    today: date

    def query(self, draft: Draft) -> SemanticQuery:
        """The typed query. Raises Unusable."""
        model = self.translator.model
        unknown = [key for key in draft.metrics if key not in model.metrics]
        unknown += [
            key
            for key in (*draft.dimensions, *(f.dimension for f in draft.filters))
            if key not in model.dimensions
        ]
        if unknown:
            raise Unusable(f"{', '.join(unknown)} is not in the catalogue")
        if not draft.metrics:
            raise Unusable("a query needs a metric")
        if draft.unread:
            raise Unusable(f"these words are left out: {', '.join(draft.unread)}")
        filters = tuple(self._filter(said) for said in draft.filters)
        time, compare = self._time(draft)
        limit, order = self._rank(draft)
        try:
            return SemanticQuery(
                metrics=tuple(draft.metrics), dimensions=tuple(draft.dimensions), filters=filters, time=time,
                grain=None if draft.grain == "none" else draft.grain, compare=compare, having=self._having(draft),
                share_of="total" if draft.share else None, limit=limit, order=order)  # fmt: skip
        except ValidationError as error:
            raise Unusable(error.errors()[0]["msg"]) from None

    def _quoted(self, said: str) -> str:
        """The normalised quote. Raises Unusable where it is not in the question."""
        quote = normalise(said).text.strip()
        if not quote or quote not in normalise(self.question).text:
            raise Unusable(f"{said!r} does not stand in the question")
        return quote

    def _filter(self, said: SaidFilter) -> Filter:
        values = []
        for words in said.said:
            quote = self._quoted(words)
            spans = [*self.translator.values.find(quote), *self.translator.lexicon.find(quote)]
            whole = [
                span
                for span in spans
                if span.length == len(quote.replace(" ", "")) or span.length == len(quote)
            ]
            found = {m.value for span in whole for m in span.meanings
                     if isinstance(m, ValueWord) and m.dimension == said.dimension}  # fmt: skip
            if len(found) != 1:
                raise Unusable(f"{words!r} names {'no' if not found else 'more than one'} {said.dimension}")
            values.append(found.pop())
        return Filter(dimension=said.dimension, op="not_in" if said.exclude else "in", values=tuple(values))

    def _time(self, draft: Draft) -> tuple[TimeRange | None, Comparison | None]:
        clock = Clock(self.today, self.translator.week_start, self.translator.calendar)
        text = self._quoted(draft.time_said) if draft.time_said else ""
        spans = tag_time(text, clock, self.translator.festivals) if text else []
        read = sum(span.end - span.start for span in spans)
        if text and read < len(text.replace(" ", "")) - 4:
            raise Unusable(f"time_said {draft.time_said!r} is not a period our calendar knows")
        timing = read_timing(spans, clock)
        if timing.problem:
            raise Unusable(f"time_said {draft.time_said!r} is not one period")
        compare = timing.compare
        if compare is None and draft.compare != "none" and timing.time is not None:
            against = previous(timing.time) if draft.compare == "previous_period" else year_ago(timing.time)
            compare = Comparison(kind=draft.compare, against=against)
        return timing.time, compare

    def _having(self, draft: Draft) -> tuple[Having, ...]:
        found = []
        for said in draft.thresholds:
            if said.metric not in self.translator.model.metrics:
                raise Unusable(f"{said.metric} is not in the catalogue")
            numbers = find_numbers(self._quoted(said.said))
            if len(numbers) != 1:
                raise Unusable(f"{said.said!r} is not one number")
            found.append(Having(metric=said.metric, op=said.op, value=numbers[0].value))
        return tuple(found)

    def _rank(self, draft: Draft) -> tuple[int | None, tuple[Order, ...]]:
        if draft.rank == "none":
            return None, ()
        limit = DEFAULT_LIMIT
        if draft.rank_said:
            numbers = find_numbers(self._quoted(draft.rank_said))
            if len(numbers) != 1 or not 1 <= numbers[0].value <= 1000:
                raise Unusable(f"{draft.rank_said!r} is not a number of rows")
            limit = int(numbers[0].value)
        return limit, (Order(by=draft.metrics[0], descending=draft.rank == "top"),)
