"""Lets ingesting step aside while somebody is being answered: both want the same processor."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

# Ingesting waits this long for a chat at each small step, in seconds, and then takes one: slow, but never stopped.
PATIENCE = 1.0


class Traffic:
    """Counts the answers under way."""

    def __init__(self) -> None:
        self._answers = 0
        self._changed = threading.Condition()

    @contextmanager
    def answering(self) -> Iterator[None]:
        """Hold while an answer is under way."""
        with self._changed:
            self._answers += 1
        try:
            yield
        finally:
            with self._changed:
                self._answers -= 1
                self._changed.notify_all()

    def let_pass(self) -> None:
        """Wait until no answer is under way, but not for ever."""
        with self._changed:
            self._changed.wait_for(lambda: not self._answers, PATIENCE)
