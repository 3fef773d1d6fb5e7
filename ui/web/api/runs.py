"""Answers under way as numbered events, kept a while so that a reader who lost the line can go on where it broke.

It knows no HTTP. Everything here happens in one event loop; the answers themselves run in threads of their own.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import secrets
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing
from typing import Any

from adapters.errors import ZhiwenError
from app.events import Event
from ui.web.api.shapes import event as shaped
from ui.web.pace import batches

EVENTS_KEPT = 4_000
RUNS_KEPT = 200
# An answer nobody listens to ends after this many seconds, so that it does not keep the model from others.
LINGER = 30.0
HEARTBEAT = 15.0
_log = logging.getLogger(__name__)


class Run:
    """One answer: its events so far, and whether more will come. `owner` is the only one who may read it."""

    def __init__(self, id: str, owner: str, linger: float):
        self.id = id
        self.owner = owner
        self._linger = linger
        self._events: deque[tuple[int, str, str]] = deque(maxlen=EVENTS_KEPT)
        self._last = 0
        self._changed = asyncio.Condition()
        self._readers = 0
        self._task: asyncio.Task[None] | None = None
        self.over = False

    async def add(self, kind: str, data: dict[str, Any]) -> None:
        """Append an event and wake the readers."""
        async with self._changed:
            self._last += 1
            self._events.append((self._last, kind, json.dumps(data, ensure_ascii=False)))
            self._changed.notify_all()

    async def finish(self) -> None:
        async with self._changed:
            self.over = True
            self._changed.notify_all()

    def drive(self, start: Callable[[], Iterator[Event]]) -> None:
        """Start the answer; its events are appended as they come."""
        self._task = asyncio.create_task(self._drive(start))

    def stop(self) -> None:
        """End the answer where it is."""
        if self._task is not None:
            self._task.cancel()

    async def _drive(self, start: Callable[[], Iterator[Event]]) -> None:
        try:
            async with aclosing(batches(start, lambda: 0.0)) as stream:  # type: ignore[type-var]
                async for batch in stream:
                    for happened in batch:
                        await self.add(*shaped(happened))
        except ZhiwenError as wrong:
            await self.add("error", {"message": str(wrong)})
        except asyncio.CancelledError:
            await asyncio.shield(self.add("stopped", {}))
        except Exception:
            _log.exception("An answer failed (%s)", self.id)
            await self.add("error", {"message": f"Something went wrong and was logged (number {self.id})."})
        finally:
            await asyncio.shield(self.finish())

    async def read(self, after: int = 0) -> AsyncIterator[str]:
        """Yield the events after number `after` as server-sent events, until the answer is over."""
        self._readers += 1
        try:
            while True:
                async with self._changed:
                    fresh = [entry for entry in self._events if entry[0] > after]
                    if not fresh and not self.over:
                        with contextlib.suppress(TimeoutError):
                            await asyncio.wait_for(self._changed.wait(), HEARTBEAT)
                        fresh = [entry for entry in self._events if entry[0] > after]
                        if not fresh and not self.over:
                            fresh = [(0, "", "")]
                for number, kind, data in fresh:
                    if not number:
                        yield ": still working\n\n"
                        continue
                    after = number
                    yield f"id: {self.id}-{number}\nevent: {kind}\ndata: {data}\n\n"
                if self.over and after >= self._last:
                    return
        finally:
            self._readers -= 1
            if not self._readers and not self.over:
                asyncio.get_running_loop().call_later(self._linger, self._stop_if_abandoned)

    def _stop_if_abandoned(self) -> None:
        if not self._readers and not self.over:
            self.stop()


class Runs:
    """The latest answers, oldest forgotten first."""

    def __init__(self, kept: int = RUNS_KEPT, linger: float = LINGER) -> None:
        self._kept = kept
        self._linger = linger
        self._runs: OrderedDict[str, Run] = OrderedDict()
        self._by_key: dict[tuple[str, str], str] = {}

    def begin(self, owner: str, idempotency_key: str = "") -> tuple[Run, bool]:
        """Return a new run, or the one this key began before, and whether it is new."""
        known = self._runs.get(self._by_key.get((owner, idempotency_key), "")) if idempotency_key else None
        if known is not None:
            return known, False
        run = Run(secrets.token_hex(12), owner, self._linger)
        self._runs[run.id] = run
        if idempotency_key:
            self._by_key[(owner, idempotency_key)] = run.id
        while len(self._runs) > self._kept:
            id, oldest = self._runs.popitem(last=False)
            oldest.stop()
            self._by_key = {key: value for key, value in self._by_key.items() if value != id}
        return run, True

    def find(self, id: str, owner: str) -> Run | None:
        """Return somebody's own run, if it is still kept."""
        run = self._runs.get(id)
        return run if run is not None and run.owner == owner else None


def last_seen(header: str) -> tuple[str, int] | None:
    """Return (run id, event number) of a `Last-Event-ID`, None when it is none of ours."""
    id, _, number = header.rpartition("-")
    return (id, int(number)) if id and number.isascii() and number.isdigit() and len(number) < 10 else None
