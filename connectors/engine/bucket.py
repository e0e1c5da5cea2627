"""A token bucket that the server's own answers correct.

Time is monotonic: a frozen SOUK_NOW must not stop a sync from waiting its turn.
"""

from __future__ import annotations

import asyncio
import time

from connectors.engine.stream import Budget, Rate

SLOWEST = 1 / 64
RECOVERY = 1 / 200
"""Of the full rate: how far throttling slows a bucket down, and what each answer gives back."""


class Bucket:
    """Fills with `per_second` up to `burst`; `take` waits until there is enough. First come, first served.

    A platform that throttles all the same allows less than it says: each time the rate is halved, and answers
    bring it back little by little. Where answers state the budget, that is believed instead.
    """

    def __init__(self, rate: Rate) -> None:
        self._per_second = rate.per_second
        self._capacity = float(max(rate.burst, 1))
        self._level = self._capacity
        self._stamp = time.monotonic()
        self._open_at = 0.0
        self._turn = asyncio.Lock()
        self._flying = 0.0
        self._share = 1.0
        """Of the rate, that is used at present."""
        self._halved = float("-inf")
        self._told = False

    async def take(self, cost: float = 1.0) -> None:
        """Wait for `cost` tokens (or a full bucket, if it costs more than one) and take them."""
        async with self._turn:
            while (pause := self._pause(cost)) > 0:
                await asyncio.sleep(pause)
            self._level -= cost
            self._flying += cost

    @property
    def per_second(self) -> float:
        """The rate used at present."""
        return self._per_second * self._share

    def done(self, cost: float = 1.0) -> None:
        """The call no longer counts as under way."""
        self._flying -= cost

    def answered(self) -> None:
        """A call was answered without complaint."""
        self._share = min(1.0, self._share + RECOVERY)

    def slow_down(self, sent: float) -> None:
        """A call sent at `sent` (monotonic) was throttled. Those that were under way together count once."""
        if sent > self._halved and not self._told:
            self._share = max(SLOWEST, self._share / 2)
            self._halved = time.monotonic()

    def correct(self, budget: Budget) -> None:
        """Believe the server. Calls still under way are not yet in its figure."""
        self._told, self._share = True, 1.0
        self._per_second = budget.per_second or self._per_second
        self._capacity = budget.capacity or self._capacity
        if budget.available is not None:
            self._level = budget.available - self._flying
            self._stamp = time.monotonic()

    def close(self, seconds: float) -> None:
        """No call before this many seconds are over: the platform asked for silence."""
        self._open_at = max(self._open_at, time.monotonic() + seconds)

    def _pause(self, cost: float) -> float:
        now = time.monotonic()
        if now < self._open_at:
            return self._open_at - now
        self._level = min(self._capacity, self._level + (now - self._stamp) * self.per_second)
        self._stamp = now
        return (min(cost, self._capacity) - self._level) / self.per_second
