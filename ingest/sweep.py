"""Bring the ledger to what is on disk: new and changed files are queued, moved ones renamed, deleted ones forgotten.

Parses nothing. A file is taken once it stands still; a missing one is forgotten after as long, so that the other half
of a rename can arrive. What vanished together with its file system is kept: an unmounted share is no deletion.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from adapters.ports import Ledger
from adapters.records import Entry
from ingest.look import BACKLOG, BURST, HELD, Look, Memory
from ingest.outcomes import Outcome
from ingest.rules import NAME as RULES_NAME
from ingest.rules import RulesReader
from ingest.scan import Folder


class Sweep:
    """Compares folders with the ledger. Keeps in memory only what is waited for."""

    def __init__(
        self,
        folders: Sequence[Folder],
        ledger: Ledger,
        forget: Callable[[Sequence[Entry]], None],
        settle: float = 1.5,
        recipe: str = "",
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`forget` removes documents everywhere; `settle` is how long a file must stand still, in seconds."""
        held = json.loads(ledger.fact(HELD) or "{}")
        self._memory = Memory(tuple(folders), ledger, RulesReader(ledger), forget, settle, recipe, clock, held=held)

    @property
    def waits_for(self) -> list[Path]:
        """What must be looked at again once `settle` seconds have passed."""
        memory = self._memory
        return [Path(source) for source in (*memory.standing, *(entry.source for entry, _ in memory.missing.values()))]

    def look(self, places: Iterable[Path] | None = None, priority: int = BACKLOG) -> list[Outcome]:
        """Compare what lies at the places (everything when None) with the ledger and bring that to it."""
        return Look(self._memory, self._scopes(places), priority, full=places is None).run()

    def _scopes(self, places: Iterable[Path] | None) -> list[tuple[Folder, Path]]:
        if places is None:
            return [(folder, folder.root) for folder in self._memory.folders]
        asked: dict[tuple[Folder, Path], None] = {}
        for place in places:
            start = place.parent if place.name == RULES_NAME else place
            if folder := self._memory.folder_of(start):
                asked[folder, start] = None
        starts = {start for _, start in asked}
        inner = [(folder, start) for folder, start in asked if not starts.intersection(start.parents)]
        if len(inner) <= BURST:
            return inner
        return [(folder, folder.root) for folder in dict.fromkeys(folder for folder, _ in inner)]
