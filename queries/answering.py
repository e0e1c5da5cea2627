"""From a typed query to an answer: validate, compile, guard, run, tell.

The same way for a question's reading, a button, a schedule and a stored query; what a question means is settled
before it comes here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from queries.answer import Answer
from queries.apart import taken_apart
from queries.compile import (
    Clock,
    Compiled,
    Problem,
    compile_query,
    compile_register,
    compile_shape,
    footing,
    rate_sql,
    settled,
    validate,
)
from queries.learning.added import stamp_of
from queries.model import Model
from queries.model.types import Language
from queries.privacy.overlap import Form, check_form
from queries.privacy.reading import snapshot_reader
from queries.query import Query, Refuse, RegisterQuery, SemanticQuery
from queries.reference import Reference, names_of, read_reference
from queries.run import run
from queries.tell import Asides, Telling, answered, freshness, look, problem_refusal, refused
from queries.tell.caveats import suppressed_cells, wants_of
from queries.tell.unfit import unfit
from queries.tell.words import filter_words
from queries.viewer import Viewer

if TYPE_CHECKING:
    from queries.warehouse import Warehouse
    from queries.warehouse.state import State


@dataclass
class Asked:
    """One question on its way."""

    question: str
    viewer: Viewer
    language: Language
    clock: Clock
    thread: str = ""
    defaults: tuple[str, ...] = ()
    rule: str = ""
    query: Query | None = None
    compiled: Compiled | None = None
    suppressed: int = 0
    translator: Literal["grammar", "llm"] = "grammar"


class Answering:
    """Answers typed queries on the current snapshot of one warehouse."""

    def __init__(self, warehouse: Warehouse, state: State, model: Model, zone: str) -> None:
        self.warehouse, self.state, self.model, self.zone = warehouse, state, model, zone
        self._reference: Reference | None = None

    def reference(self) -> Reference:
        """Names, festivals, added words and the group-size rule as they are now."""
        kept, home = self._reference, self.warehouse.rooms.home
        if kept is None or kept.snapshot != self.warehouse.snapshot_id() or kept.stamp != stamp_of(home):
            kept = self._reference = read_reference(self.warehouse, self.model, kept)
        return kept

    def problem(self, asked: Asked, query: Query) -> Problem | None:
        """What stands against running the query for this viewer."""
        return validate(query, self.model, asked.viewer, asked.clock, self.reference().disclosure)

    def run(self, asked: Asked, query: Query) -> Answer:
        """The answer, or the refusal with its reason; `asked` then holds what the log is told."""
        query = settled(query, self.model)
        if isinstance(query, SemanticQuery) and query.change == "factors" and not query.factors:
            query = taken_apart(self, asked, query)
        asked.query = query
        problem = self.problem(asked, query)
        if problem:
            asked.rule = problem.rule
            refusal, text = problem_refusal(problem, query, self.model, asked.language)
            answer = refused(refusal, asked.question, asked.language, self.model)
            return answer.model_copy(update={"text": text}) if text else answer
        asked.compiled = self._compile(asked, query)
        if not self._population_allowed(asked, query):
            return self._too_small(asked, "overlap")
        return self._tell(asked, query)

    def rows_of(self, asked: Asked, query: SemanticQuery) -> list[dict[str, Any]]:
        """The bare rows of a query that may be asked, by column, to decide how a question is answered."""
        compiled = self._compile(asked, query)
        result = run(self.warehouse.snapshot(compiled.lane), compiled.sql)
        return [dict(zip(result.names, row, strict=True)) for row in result.rows]

    def _compile(self, asked: Asked, query: Query) -> Compiled:
        if isinstance(query, RegisterQuery):
            viewer = asked.viewer.model_copy(update={"min_group": self._k(asked)})
            return compile_register(query, self.model, viewer, asked.clock, zone=self.zone)
        compiler = compile_query if isinstance(query, SemanticQuery) else compile_shape
        return compiler(
            query,  # type: ignore[arg-type]
            self.model,
            asked.viewer,
            asked.clock,
            disclosure=self.reference().disclosure,
            base_currency=self.warehouse.base_currency,
        )

    def _tell(self, asked: Asked, query: Query) -> Answer:
        assert asked.compiled
        if isinstance(query, RegisterQuery) and "access_log" in asked.compiled.tables:
            self.warehouse.publish()  # what has gathered since the last publication is asked about too
        path = self.warehouse.snapshot(asked.compiled.lane)
        result = run(path, asked.compiled.sql)
        told = Telling(
            query,
            asked.compiled,
            result.rows,
            self.model,
            asked.viewer,
            asked.clock,
            asked.language,
            self.warehouse.base_currency,
            asked.defaults,
            self._asides(asked, query, path),
            self._k(asked),
        )
        if not isinstance(query, RegisterQuery):
            too_short = self._unfit(asked, told)
            if too_short:
                return too_short
            told = replace(told, names=names_of(told.footing, self.model, self.warehouse))
        if isinstance(query, SemanticQuery) and not result.rows:
            told = replace(told, emptied_by=self._emptied(asked, query))
        asked.suppressed = suppressed_cells(told)
        if asked.compiled.guarded and told.rows and not self._anything_left(told):
            return self._too_small(asked, "group_size")
        return answered(told, asked.question)

    def _k(self, asked: Asked) -> int:
        return max(asked.viewer.min_group, self.reference().disclosure.min_group)

    def _anything_left(self, told: Telling) -> bool:
        """Whether a guarded answer still shows a figure."""
        figures = [n for n, output in enumerate(told.compiled.columns) if output.kind == "metric"]
        return any(row[n] is not None for row in told.rows for n in figures)

    def _too_small(self, asked: Asked, rule: str) -> Answer:
        asked.rule = rule
        return refused(Refuse(reason="group_too_small"), asked.question, asked.language, self.model)

    def _asides(self, asked: Asked, query: Query, path: Path) -> Asides:
        if isinstance(query, RegisterQuery):
            return Asides(freshness=freshness(self.warehouse.snapshot("business")))
        query = footing(query, self.model)
        wants = wants_of(query, self.model)
        if asked.compiled and asked.compiled.lane == "business":
            wants -= {"unknown_buyers", "snapshot"}
        asides = look(path, query, wants=wants, shops=asked.viewer.shops, today=asked.clock.today)
        if query.currency in (None, self.warehouse.base_currency):
            return asides
        ((rate, day),) = run(path, rate_sql(query, self.warehouse.base_currency, asked.clock.today)).rows
        return replace(asides, rate=rate, rate_day=day)

    def _unfit(self, asked: Asked, told: Telling) -> Answer | None:
        """Figures that would mislead: new customers on a short history, repeat figures of unknown buyers."""
        text = unfit(told)
        if not text:
            return None
        refusal = refused(Refuse(reason="not_in_model"), asked.question, asked.language, self.model)
        return refusal.model_copy(update={"text": text})

    def _emptied(self, asked: Asked, query: SemanticQuery) -> str:
        """The filter without which there would be rows, in words."""
        for given in query.filters:
            rest = query.model_copy(
                update={"filters": tuple(f for f in query.filters if f != given), "having": ()}
            )
            if self.problem(asked, rest):
                continue
            compiled = self._compile(asked, rest)
            if not compiled.guarded and run(self.warehouse.snapshot(compiled.lane), compiled.sql).rows:
                return filter_words(given, self.model, asked.language)
        return ""

    def _population_allowed(self, asked: Asked, query: Query) -> bool:
        """The overlap alarm of person-lane forms, over all askers of the workspace."""
        compiled = asked.compiled
        if isinstance(query, RegisterQuery) or not (compiled and compiled.population):
            return True
        form = Form(",".join(footing(query, self.model).metrics), compiled.population)
        with snapshot_reader(self.warehouse.snapshot("person")) as reader:
            return check_form(
                reader,
                self.state,
                form,
                snapshot=self.warehouse.snapshot_id(),
                k=self._k(asked),
                now=asked.clock.now,
            )
