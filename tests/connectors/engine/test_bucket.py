"""The rate: full at first, halved when the platform throttles all the same, recovered answer by answer."""

from __future__ import annotations

import time

from connectors.engine.bucket import RECOVERY, SLOWEST, Bucket
from connectors.engine.stream import Budget, Rate


def test_repeated_throttling_halves_the_rate_each_time_and_answers_bring_it_back() -> None:
    bucket = Bucket(Rate(per_second=100, burst=10))
    bucket.slow_down(time.monotonic())
    assert bucket.per_second == 50
    bucket.slow_down(time.monotonic())
    assert bucket.per_second == 25
    bucket.answered()
    assert bucket.per_second == 100 * (0.25 + RECOVERY)
    for _ in range(round(1 / RECOVERY)):
        bucket.answered()
    assert bucket.per_second == 100


def test_calls_that_were_under_way_together_slow_down_once() -> None:
    bucket, sent = Bucket(Rate(per_second=100, burst=10)), time.monotonic()
    for _ in range(8):
        bucket.slow_down(sent)
    assert bucket.per_second == 50


def test_a_bucket_never_stands_still() -> None:
    bucket = Bucket(Rate(per_second=64, burst=1))
    for _ in range(20):
        bucket.slow_down(time.monotonic())
    assert bucket.per_second == 64 * SLOWEST == 1


def test_a_budget_that_the_platform_states_is_believed_instead() -> None:
    bucket = Bucket(Rate(per_second=100, burst=10))
    bucket.slow_down(time.monotonic())
    bucket.correct(Budget(available=50, per_second=40))
    bucket.slow_down(time.monotonic())
    assert bucket.per_second == 40
