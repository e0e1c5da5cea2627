"""A question between tagging and deciding."""

from __future__ import annotations

from dataclasses import dataclass

from queries.ask.choose import Choice
from queries.ask.frame import Frame
from queries.ask.normalise import Language, Normalised
from queries.ask.timing import Timing
from queries.ask.when.meaning import Clock


@dataclass
class Draft:
    """A question after tagging: its frame, what no tagger read, and the clock."""

    frame: Frame
    unread: tuple[tuple[int, int], ...]
    spoken: Normalised
    clock: Clock
    language: Language
    choice: Choice | None = None
    timing: Timing | None = None

    @property
    def names(self) -> dict[tuple[str, str], str]:
        """What the data calls the values that were named."""
        return {(o.dimension, o.value): o.label for v in self.frame.values for o in v.options if o.label}

    def said(self, start: int, end: int) -> str:
        """The words as typed."""
        return self.spoken.original(start, end).strip(" ,.?!;:，。？！、")

    def unread_words(self) -> tuple[str, ...]:
        return tuple(word for word in (self.said(start, end) for start, end in self.unread) if word)
