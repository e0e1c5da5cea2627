"""Answers to turns about the conversation itself: drawn, as rows, one step back, from the start, preferences."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from queries.answer import Answer, Chart, Status
from queries.answering import Answering, Asked
from queries.ask import ThreadState
from queries.ask.moves import Move
from queries.compile import settled
from queries.conversation import Threads
from queries.preferences import Preferences
from queries.query import Query, RegisterQuery, SemanticQuery
from queries.tell.chart import redraw
from queries.tell.words import listed, say

FINER = {"year": "quarter", "quarter": "month", "month": "week", "week": "day"}
SHORT_DAYS, MIDDLE_DAYS = 31, 120


class Moving:
    """`run` answers a typed query and remembers it in the thread."""

    def __init__(
        self,
        answering: Answering,
        threads: Threads,
        preferences: Preferences,
        run: Callable[[Asked, Query], Answer],
    ) -> None:
        self.answering, self.threads, self.preferences, self.run = answering, threads, preferences, run

    def answer(self, asked: Asked, move: Move) -> Answer:
        """What the move asks for."""
        if move.kind == "preferences":
            return self.preferences.listed(asked, self.answering.model)
        if move.kind == "forget_preferences":
            return self.preferences.forgotten(asked)
        if move.kind == "restart":
            self.threads.forget(asked)
            return _said(asked, "answered", say("conversation", "restarted", asked.language))
        state = self.threads.of(asked)
        if state is None or state.query is None:
            return _said(asked, "unsupported", say("refusals", "nothing_before", asked.language))
        if move.kind == "undo":
            return self._back(asked, state)
        if move.kind == "rows":
            return self._rows(asked, state.query)
        answer = self.run(asked, state.query)
        return answer if answer.status != "answered" else self._drawn(asked, answer, move)

    def _drawn(self, asked: Asked, answer: Answer, move: Move) -> Answer:
        if move.kind == "table":
            return answer.model_copy(update={"chart": Chart()})
        kind, problem = redraw(answer, move.chart)
        said = [say("conversation", problem, asked.language)] if problem else []
        return answer.model_copy(update={"chart": Chart(kind=kind), "caveats": [*said, *answer.caveats]})

    def _back(self, asked: Asked, state: ThreadState) -> Answer:
        """One step back; options that were offered are the last step."""
        if state.options and state.query is not None:
            query, earlier = state.query, state.earlier
        elif state.earlier:
            *before, query = state.earlier
            earlier = tuple(before)
        else:
            return _said(asked, "unsupported", say("refusals", "nothing_to_undo", asked.language))
        answer = self.run(asked, query)
        self.threads.keep(asked, ThreadState(query=query, earlier=earlier))
        return answer

    def _rows(self, asked: Asked, last: Query) -> Answer:
        """The finest rows that may be listed: never single orders, never persons."""
        for query in _finer(last):
            if self.answering.problem(asked, settled(query, self.answering.model)):
                continue
            answer = self.run(asked, query)
            if answer.status != "answered":
                return answer
            note = [self._note(query, asked)] if isinstance(query, SemanticQuery) else []
            return answer.model_copy(update={"caveats": [*note, *answer.caveats], "chart": Chart()})
        return _said(asked, "unsupported", say("refusals", "no_rows_behind", asked.language))

    def _note(self, query: SemanticQuery, asked: Asked) -> str:
        """What the rows are, since they are not orders."""
        model, language = self.answering.model, asked.language
        names = [model.dimensions[key].label(language) for key in query.dimensions]
        names += [say("columns", query.grain, language)] if query.grain else []
        by = say("words", "by", language, names=listed(names, language)).strip()
        return say("conversation", "rows", language, by=by)


def _finer(last: Query) -> Iterator[Query]:
    """What "show the rows" may mean, best first."""
    if isinstance(last, RegisterQuery):
        yield last.model_copy(update={"count_by": None, "limit": None})
        return
    if not isinstance(last, SemanticQuery):
        return  # the cells of a grid, a funnel or a movement are its finest rows
    whole = last.model_copy(update={"limit": None, "top_per_group": None, "share_of": None})
    if whole != last and whole.dimensions:
        yield whole
        return
    if not last.dimensions and not last.grain:
        for dimension in ("shop", "platform", "account"):
            yield whole.model_copy(update={"dimensions": (dimension,)})
    if last.grain in FINER:
        yield whole.model_copy(update={"grain": FINER[last.grain]})
    elif last.grain is None and last.time and last.time.start and last.time.end:
        days = (last.time.end - last.time.start).days
        grain = "day" if days <= SHORT_DAYS else "week" if days <= MIDDLE_DAYS else "month"
        yield whole.model_copy(update={"grain": grain})


def _said(asked: Asked, status: Status, text: str) -> Answer:
    return Answer(question=asked.question, language=asked.language, status=status, text=text,
                  reason=None if status == "answered" else "not_a_data_question")  # fmt: skip
