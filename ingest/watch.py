"""Keep watched folders in sync in the background: file events as a hint, a sweep as the truth.

Events are only a reason to look: directory renames name no files, network shares send none. So every wake-up, by event
or by the clock, compares the whole folder with the ledger, which costs one `stat` a file.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from watchfiles import watch

from adapters.errors import ZhiwenError
from ingest.pipeline import Outcome, Parts, sync, tend

log = logging.getLogger(__name__)
# Wait this long for a burst of events to end, in milliseconds, so that a file being copied is looked at once it stands.
SETTLE = 1_500


class Watch:
    """One thread that owns all ingesting of a data folder."""

    def __init__(
        self,
        folders: Sequence[tuple[Path, str]],
        parts: Parts,
        sweep_seconds: float,
        report: Callable[[Outcome], None] = lambda outcome: None,
    ) -> None:
        """`folders` pairs each watched folder with its knowledge base; `report` hears of every file dealt with."""
        self._folders = tuple(folders)
        self._parts = parts
        self._sweep_seconds = sweep_seconds
        self._report = report
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ingest", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, seconds: float = 20) -> None:
        """Ask the thread to end after the file in hand and wait for it."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(seconds)

    def _run(self) -> None:
        tend(self._parts)
        self._sweep()
        for _ in self._wake_ups():
            self._sweep()

    def _wake_ups(self) -> Iterator[None]:
        """Yield when something happened in the folders, or the sweep is due."""
        changes = watch(
            *(folder for folder, _ in self._folders),
            stop_event=self._stop,
            debounce=SETTLE,
            step=200,
            rust_timeout=int(self._sweep_seconds * 1000),
            yield_on_timeout=True,
            raise_interrupt=False,
        )
        for _ in changes:
            yield

    def _sweep(self) -> None:
        for folder, knowledge_base in self._folders:
            try:
                for outcome in sync(folder, knowledge_base, self._parts):
                    self._report(outcome)
                    if self._stop.is_set():
                        return
            except (ZhiwenError, OSError):
                # A full disk or an unmounted share: what is stored stays and answers, the next sweep tries again.
                log.exception("The folder %s could not be brought in sync; trying again at the next sweep", folder)
