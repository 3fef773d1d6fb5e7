"""How long a name at an address must wait after failed logins. It knows nothing of passwords or requests."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class _Failures:
    count: int
    until: float


class Slowdown:
    """Counts failures per key; after `free` of them the wait doubles from 1 s up to `longest` seconds.

    At most `remembered` keys are kept: the oldest go first, so that guessing many names cannot fill the memory.
    """

    def __init__(self, clock: Callable[[], float], free: int = 4, longest: float = 300.0, remembered: int = 10_000):
        self._clock = clock
        self._free = free
        self._longest = longest
        self._remembered = remembered
        self._failures: OrderedDict[str, _Failures] = OrderedDict()

    def wait(self, key: str) -> float:
        """Return the seconds this key must still wait; 0 when it may try."""
        known = self._failures.get(key)
        return max(0.0, known.until - self._clock()) if known else 0.0

    def failed(self, key: str) -> None:
        """Note one more failure."""
        known = self._failures.pop(key, None)
        # A key that kept quiet for twice the longest wait starts afresh.
        fresh = known is None or self._clock() - known.until > 2 * self._longest
        count = 1 if fresh or known is None else known.count + 1
        over = count - self._free
        pause = min(self._longest, 2.0**over) if over >= 0 else 0.0
        self._failures[key] = _Failures(count, self._clock() + pause)
        while len(self._failures) > self._remembered:
            self._failures.popitem(last=False)

    def succeeded(self, key: str) -> None:
        """Forget the failures of this key."""
        self._failures.pop(key, None)
