"""A token bucket that the server's own answers correct.

Time is monotonic: a frozen SOUK_NOW must not stop a sync from waiting its turn.
"""

from __future__ import annotations

import asyncio
import time

from connectors.engine.stream import Budget, Rate


class Bucket:
    """Fills with `per_second` up to `burst`; `take` waits until there is enough. First come, first served."""

    def __init__(self, rate: Rate) -> None:
        self._per_second = rate.per_second
        self._capacity = float(max(rate.burst, 1))
        self._level = self._capacity
        self._stamp = time.monotonic()
        self._open_at = 0.0
        self._turn = asyncio.Lock()
        self._flying = 0.0

    async def take(self, cost: float = 1.0) -> None:
        """Wait for `cost` tokens (or a full bucket, if it costs more than one) and take them."""
        async with self._turn:
            while (pause := self._pause(cost)) > 0:
                await asyncio.sleep(pause)
            self._level -= cost
            self._flying += cost

    def done(self, cost: float = 1.0) -> None:
        """An answer has come: the call no longer counts as under way."""
        self._flying -= cost

    def correct(self, budget: Budget) -> None:
        """Believe the server. Calls still under way are not yet in its figure."""
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
        self._level = min(self._capacity, self._level + (now - self._stamp) * self._per_second)
        self._stamp = now
        return (min(cost, self._capacity) - self._level) / self._per_second
