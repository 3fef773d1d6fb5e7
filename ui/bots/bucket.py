"""A token bucket for one app's calls: passing updates are dropped when it is low, final ones wait their turn."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from ui.bots.channel import Sleep


class Bucket:
    """Holds up to `burst` tokens, refilled at `rate` a second; the last `kept` are for calls that must happen."""

    def __init__(
        self,
        rate: float,
        burst: float | None = None,
        kept: float | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._rate = rate
        self._burst = max(1.0, rate if burst is None else burst)
        self._kept = self._burst / 2 if kept is None else kept
        self._clock, self._sleep = clock, sleep
        self._tokens = self._burst
        self._then = clock()
        self._turn = asyncio.Lock()

    def try_take(self) -> bool:
        """Take a token for something that may as well not happen; False when only the kept ones are left."""
        self._refill()
        if self._tokens - 1 < min(self._kept, self._burst - 1):
            return False
        self._tokens -= 1
        return True

    async def take(self) -> None:
        """Take a token for something that must happen, one taker after the other."""
        async with self._turn:
            self._refill()
            while self._tokens < 1:
                await self._sleep((1 - self._tokens) / self._rate)
                self._refill()
            self._tokens -= 1

    def pause(self, seconds: float) -> None:
        """Give no token for a while: the platform said that it is too much."""
        self._refill()
        self._tokens = min(self._tokens, 1 - seconds * self._rate)

    def _refill(self) -> None:
        now = self._clock()
        self._tokens = min(self._burst, self._tokens + (now - self._then) * self._rate)
        self._then = now
