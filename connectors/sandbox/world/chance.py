"""Reproducible chance: every stream of random numbers is named by what it decides.

A stream is seeded by words, not by the order of calls: `stream(7, "jd", "order", 812, 0)` always yields the
same order, however much history lies before it.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TypeVar

T = TypeVar("T")


def stream(seed: int, *words: object) -> random.Random:
    return random.Random("|".join(map(str, (seed, *words))))  # noqa: S311  invented data, not a secret


def about(rng: random.Random, expected: float) -> int:
    """A whole number whose mean is `expected`: 2.3 gives 2 or 3."""
    whole = int(expected)
    return whole + (rng.random() < expected - whole)


def pick(rng: random.Random, table: Sequence[tuple[T, float]]) -> T:
    """One entry of (value, weight) rows."""
    return rng.choices([row[0] for row in table], [row[1] for row in table])[0]


def later(rng: random.Random, at: datetime, low: float, high: float) -> datetime:
    """`at` plus `low` to `high` hours, whole seconds."""
    return at + timedelta(seconds=int(rng.uniform(low, high) * 3600))


def split(amount: int, weights: Sequence[int]) -> list[int]:
    """Share `amount` out in proportion to `weights`, to the cent; rests go to the largest fractions.

    >>> split(100, [1, 1, 1])
    [34, 33, 33]
    """
    total = sum(weights)
    if total <= 0:
        return [0 for _ in weights]
    shares = [amount * weight // total for weight in weights]
    rest = amount - sum(shares)
    order = sorted(range(len(weights)), key=lambda i: (-(amount * weights[i] % total), i))
    for i in order[:rest]:
        shares[i] += 1
    return shares


def part(amount: int, share: int, whole: int) -> int:
    """`share / whole` of `amount`, rounded half up: tax, one unit of two."""
    return (amount * share * 2 + whole) // (whole * 2)
