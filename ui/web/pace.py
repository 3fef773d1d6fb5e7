"""Hand a blocking stream of events to asynchronous code in batches, no more often than a face can draw them."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Generic, TypeVar

Item = TypeVar("Item")


class _End(Generic[Item]):
    def __init__(self, cause: BaseException | None):
        self.cause = cause


async def batches(start: Callable[[], Iterator[Item]], interval: Callable[[], float]) -> AsyncIterator[list[Item]]:
    """Yield what has come since the last batch, at least `interval()` seconds apart; re-raise what the stream raises.

    The stream runs in a thread of its own, so that many slow answers do not wait for each other. Closing this iterator
    (a person pressed stop, or went away) makes the thread close the stream at its next event.
    """
    loop = asyncio.get_running_loop()
    arrived: asyncio.Queue[Item | _End[Item]] = asyncio.Queue()
    stop = threading.Event()

    def read() -> None:
        cause: BaseException | None = None
        try:
            items = start()
            try:
                for item in items:
                    if stop.is_set():
                        break
                    loop.call_soon_threadsafe(arrived.put_nowait, item)
            finally:
                # A generator ends what it holds; a plain iterator has nothing to end.
                if close := getattr(items, "close", None):
                    close()
        except Exception as problem:
            cause = problem  # raised again in the reader, where it belongs
        # The loop is closed when the server stopped meanwhile; nobody reads any more.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(arrived.put_nowait, _End[Item](cause))

    threading.Thread(target=read, name="answer", daemon=True).start()
    try:
        while True:
            batch: list[Item] = []
            entry = await arrived.get()
            while not isinstance(entry, _End):
                batch.append(entry)
                if arrived.empty():
                    break
                entry = arrived.get_nowait()
            if batch:
                yield batch
            if isinstance(entry, _End):
                if entry.cause is not None:
                    raise entry.cause
                return
            await asyncio.sleep(interval())
    finally:
        stop.set()
