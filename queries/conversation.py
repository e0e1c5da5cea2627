"""What a conversation remembers of one author: the last query, those before it, the options last offered.

Kept per author and thread, and forgotten after twelve hours. The key holds the principal, so one person's
follow-up never patches another's question.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from pydantic import ValidationError

from queries.answering import Asked
from queries.ask import ThreadState
from queries.query import Query

if TYPE_CHECKING:
    from queries.warehouse.state import State

ROOM = "thread"
KEEP = timedelta(hours=12)
STEPS_BACK = 10


class Threads:
    """Conversations of all authors; a question without a thread has none."""

    def __init__(self, state: State) -> None:
        self.state = state

    def of(self, asked: Asked) -> ThreadState | None:
        """What is remembered, None where nothing is."""
        if not asked.thread:
            return None
        stored = self.state.get(ROOM, asked.thread, now=asked.clock.now)
        try:
            return ThreadState.model_validate(stored) if stored else None
        except ValidationError:
            return None  # written by an older version

    def keep(self, asked: Asked, state: ThreadState) -> None:
        if asked.thread:
            now = asked.clock.now
            self.state.put(
                ROOM, asked.thread, state.model_dump(mode="json"), now=now, expires_at=now + KEEP
            )

    def answered(self, asked: Asked, query: Query) -> None:
        """A query was answered: it is the last one now, and the one before can be gone back to."""
        before = self.of(asked)
        earlier = before.earlier if before else ()
        if before and before.query is not None and before.query != query:
            earlier = (*earlier, before.query)[-STEPS_BACK:]
        self.keep(asked, ThreadState(query=query, earlier=earlier))

    def offered(self, asked: Asked, state: ThreadState) -> None:
        """Options were offered; the last query and the way back stay."""
        before = self.of(asked) or ThreadState()
        self.keep(asked, state.model_copy(update={"query": before.query, "earlier": before.earlier}))

    def forget(self, asked: Asked) -> None:
        if asked.thread:
            self.state.drop(ROOM, asked.thread)
