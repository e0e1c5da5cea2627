"""Whether verified questions are still read as they were: the shipped ones and those of this workspace.

A reading is compared by its outline: the typed query without the words it came from. Every question is read at
the day it was verified on, so that "last month" stays the same month.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

from queries.ask import Translator
from queries.learning.added import Added
from queries.query import Answerable, Clarify, Reading

SHIPPED = Path(__file__).parent / "shipped.jsonl"
"""The shipped questions (tell/verified.yaml) with their readings; `python -m queries.learning.shipped` writes it."""


@dataclass(frozen=True)
class Known:
    """A question and how it was read on a day."""

    question: str
    today: date
    outline: str
    source: Literal["shipped", "added"]


@dataclass(frozen=True)
class Changed:
    """A verified question that is read differently now."""

    question: str
    source: str
    before: str
    now: str


def outline(reading: Reading) -> str:
    """What a reading amounts to, one line: a query as JSON without the words it came from, else its kind."""
    if isinstance(reading, Answerable):
        return bare(reading.query.model_dump(mode="json"))
    if isinstance(reading, Clarify):
        return "clarify: " + " | ".join(bare(o.query.model_dump(mode="json")) for o in reading.options)
    return f"refuse: {reading.reason}" + (f" {reading.topic}" if reading.topic else "")


def bare(query: dict[str, Any]) -> str:
    """A query without the words of its periods and without what is empty: a field added later changes nothing."""
    return json.dumps(_kept(query), ensure_ascii=False, sort_keys=True)


def _kept(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {key: _kept(item) for key, item in value.items() if key not in ("said", "unit")}
        return {key: item for key, item in kept.items() if item not in (None, [], (), "", False, {})}
    return [_kept(item) for item in value] if isinstance(value, list | tuple) else value


def known_questions(added: Added) -> Iterator[Known]:
    """Shipped first, then the workspace's own; each language is a question."""
    for line in SHIPPED.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        yield Known(row["question"], date.fromisoformat(row["today"]), row["outline"], "shipped")
    for item in added.verified:
        for question in filter(None, (item.en, item.zh)):
            yield Known(question, item.today, bare(item.query), "added")


def changed(translator: Translator, known: Sequence[Known]) -> list[Changed]:
    """Every question whose reading is not what it was."""
    found = []
    for item in known:
        now = outline(translator.read(item.question, today=item.today))
        if now != item.outline:
            found.append(Changed(item.question, item.source, item.outline, now))
    return found
