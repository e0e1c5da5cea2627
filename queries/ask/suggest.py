"""Ranks verified questions by character bigrams (TF-IDF): it puts suggestions in order and decides nothing."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from functools import cached_property

from queries.ask.phrases import plain


def _bigrams(text: str) -> Counter[str]:
    joined = plain(text).replace(" ", "_")
    return Counter(joined[i:i + 2] for i in range(len(joined) - 1))


class Suggestions:
    """`nearest("refunds in may", 3)`: the verified questions that look most alike."""

    def __init__(self, questions: Sequence[str]) -> None:
        self.questions = tuple(questions)

    @cached_property
    def _counts(self) -> list[Counter[str]]:
        return [_bigrams(question) for question in self.questions]

    @cached_property
    def _weight(self) -> dict[str, float]:
        seen = Counter(gram for count in self._counts for gram in count)
        return {gram: math.log((1 + len(self._counts)) / (1 + n)) + 1 for gram, n in seen.items()}

    @cached_property
    def _vectors(self) -> list[dict[str, float]]:
        return [self._vector(count) for count in self._counts]

    def _vector(self, count: Counter[str]) -> dict[str, float]:
        raw = {gram: n * self._weight.get(gram, 0.0) for gram, n in count.items()}
        length = math.sqrt(sum(value * value for value in raw.values())) or 1.0
        return {gram: value / length for gram, value in raw.items()}

    def nearest(self, text: str, limit: int = 3) -> tuple[str, ...]:
        """At most `limit` questions, most alike first; ties keep the order given."""
        vector = self._vector(_bigrams(text))
        scores = [sum(value * other.get(gram, 0.0) for gram, value in vector.items()) for other in self._vectors]
        ranked = sorted(range(len(scores)), key=lambda i: (-scores[i], i))
        return tuple(self.questions[i] for i in ranked[:limit])
