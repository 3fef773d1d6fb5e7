"""How far ingesting is, and the handles on it: values for pages and terminals, read from the store alone.

Works from any process that can open the database, also beside the one that ingests.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from adapters.ports import Ledger
from adapters.records import DocumentState, Entry
from ingest.look import HELD
from ingest.work import PAUSED

# The rate is taken over this many seconds.
WINDOW = 60.0


@dataclass(frozen=True)
class Progress:
    """The state of ingesting at one moment. Rates are of the last minute; None when nothing was finished in it."""

    states: Mapping[DocumentState, int]
    bytes_left: int
    files_a_minute: float | None
    chunks_a_second: float | None
    seconds_left: float | None
    paused: bool
    # What keeps folders from being compared, for people.
    held: tuple[str, ...] = ()

    @property
    def total(self) -> int:
        return sum(self.states.values())

    @property
    def left(self) -> int:
        return sum(self.states.get(state, 0) for state in ("queued", "parsing", "embedding"))

    @property
    def done(self) -> int:
        return self.total - self.left


def progress(ledger: Ledger, clock: Callable[[], float] = time.time) -> Progress:
    """Return how far ingesting is. The time left is the bytes left at the rate of the last minute."""
    now = clock()
    tally = ledger.tally(now - WINDOW)
    span = max(now - tally.first_finished_at, 1.0) if tally.first_finished_at else None
    left = sum(tally.states.get(state, 0) for state in ("queued", "parsing", "embedding"))
    seconds = tally.bytes_left * span / tally.finished_bytes if span and tally.finished_bytes else None
    return Progress(
        states=tally.states,
        bytes_left=tally.bytes_left,
        files_a_minute=tally.finished / span * 60 if span else None,
        chunks_a_second=tally.finished_chunks / span if span else None,
        seconds_left=seconds if left else 0.0,
        paused=is_paused(ledger),
        held=tuple(json.loads(ledger.fact(HELD) or "{}").values()),
    )


def pause(ledger: Ledger) -> None:
    """Take no more files off the queue, also after a restart; what is deleted on disk still goes."""
    ledger.set_fact(PAUSED, "1")


def resume(ledger: Ledger) -> None:
    """Go on after a pause."""
    ledger.set_fact(PAUSED, None)


def is_paused(ledger: Ledger) -> bool:
    return ledger.fact(PAUSED) is not None


def retry(ledger: Ledger, name: str | None = None) -> int:
    """Queue failed files for another try, all or those whose path holds `name`; return how many."""
    if name is None:
        return ledger.retry()
    return ledger.retry([entry.id for entry in troubled(ledger) if name in entry.path])


def troubled(ledger: Ledger) -> list[Entry]:
    """Return the files that need somebody: failed, skipped, without readable text, or waiting for another try."""
    wanting = ("failed", "skipped", "needs-ocr")
    return [entry for entry in ledger.entries() if entry.state in wanting or entry.notice or entry.next_try_at > 0]
