"""The review queue: questions that were not read, choices nobody took, answers somebody called wrong.

Kept in the state store for as long as answers are (thirty days; the retention rule `answers`). The question's
words are stored, who asked is not. A question that holds personal data, or asks about one person, is never stored.

>>> queue.note("unread", "how fat was our harvest", "en", unread=("fat",), now=now)
'5c1f0a2b'
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict

from queries.ask.phrases import plain
from queries.privacy.tripwire import finds_personal_data

if TYPE_CHECKING:
    from queries.warehouse.state import State

ROOM = "review"
KEEP = timedelta(days=30)
ABANDONED_AFTER = timedelta(minutes=30)
Kind = Literal["unread", "abandoned", "thumbs_down"]


class Entry(BaseModel):
    """One question to look at; the same question again counts up."""

    model_config = ConfigDict(frozen=True)
    id: str
    kind: Kind
    question: str
    language: Literal["en", "zh"]
    unread: tuple[str, ...] = ()
    """Words that were not read."""
    query: dict[str, Any] | None = None
    """The reading that was answered, for a thumb down."""
    choices: tuple[str, ...] = ()
    """The readings that were offered and not taken."""
    reason: str = ""
    """What the person said was wrong."""
    times: int = 1
    first_at: datetime
    last_at: datetime


class ReviewQueue:
    """Entries of one workspace."""

    def __init__(self, state: State) -> None:
        self.state = state

    def note(
        self,
        kind: Kind,
        question: str,
        language: Literal["en", "zh"],
        *,
        unread: Sequence[str] = (),
        query: dict[str, Any] | None = None,
        choices: Sequence[str] = (),
        reason: str = "",
        now: datetime,
    ) -> str:
        """Adds a question or counts it again; "" where it may not be kept."""
        if not question.strip() or finds_personal_data(question):
            return ""
        key = entry_id(kind, question)
        before = self._stored(key, now)
        entry = Entry(
            id=key,
            kind=kind,
            question=question,
            language=language,
            unread=tuple(unread),
            query=query,
            choices=tuple(choices),
            reason="" if finds_personal_data(reason) else reason or (before.reason if before else ""),
            times=before.times + 1 if before and not reason else before.times if before else 1,
            first_at=before.first_at if before else now,
            last_at=now,
        )
        self.state.put(ROOM, key, entry.model_dump(mode="json"), now=now, expires_at=now + KEEP)
        return key

    def open(self, *, now: datetime) -> list[Entry]:
        """What waits for a look, most asked first. A choice counts as abandoned half an hour after it was offered."""
        entries = [Entry.model_validate(stored) for stored in self.state.items(ROOM, now=now).values()]
        waiting = [e for e in entries if e.kind != "abandoned" or now - e.last_at >= ABANDONED_AFTER]
        return sorted(waiting, key=lambda entry: (-entry.times, entry.first_at, entry.id))

    def get(self, id: str, *, now: datetime) -> Entry | None:
        """By its id, or by the first letters of one."""
        found = [entry for entry in self.open(now=now) if entry.id.startswith(id)] if id else []
        return found[0] if len(found) == 1 else None

    def taken(self, question: str) -> None:
        """One of the offered readings was taken after all."""
        self.drop(entry_id("abandoned", question))

    def drop(self, id: str) -> None:
        self.state.drop(ROOM, id)

    def _stored(self, id: str, now: datetime) -> Entry | None:
        stored = self.state.get(ROOM, id, now=now)
        return Entry.model_validate(stored) if stored else None


def entry_id(kind: str, question: str) -> str:
    """The same question in the same trouble is one entry, however it is spaced, cased or ended."""
    words = plain(question).strip(" .?!。")
    return hashlib.sha256(f"{kind}|{words}".encode()).hexdigest()[:8]
