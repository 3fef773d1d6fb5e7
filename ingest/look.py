"""One comparison of what is on disk with the ledger, for `ingest.sweep`, which says when and where to look."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from adapters.ports import Ledger
from adapters.records import DocumentState, Entry
from ingest.lines import described, hash_file, new_line
from ingest.outcomes import Held, Moved, Outcome, Removed, Skipped, Unchanged
from ingest.rules import RulesReader
from ingest.scan import Folder, Seen, device_of, walk

# What is asked for by hand comes before what just changed, and that before everything else.
BACKLOG, EVENT, ASKED = 0, 1, 2
# So many files changing at once are a backlog, whoever sent them.
BURST = 100
# A server's clock may differ from ours by this much before a share's files look newer than they are, in seconds.
CLOCKS_APART = 60.0
HELD = "ingest.held"


@dataclass(frozen=True)
class Standing:
    """A file not yet still: what it looked like, and since when."""

    key: tuple[int, int, int]
    since: float
    priority: int


@dataclass
class Memory:
    """What looks share: the folders and the ledger, and what is waited for between one look and the next.

    `forget` removes documents everywhere; `settle` is how long a file must stand still, in seconds.
    """

    folders: Sequence[Folder]
    ledger: Ledger
    rules: RulesReader
    forget: Callable[[Sequence[Entry]], None]
    settle: float
    recipe: str
    clock: Callable[[], float]
    standing: dict[str, Standing] = field(default_factory=dict)
    missing: dict[str, tuple[Entry, float]] = field(default_factory=dict)
    held: dict[str, str] = field(default_factory=dict)

    def folder_of(self, place: Path) -> Folder | None:
        """Return the innermost watched folder that holds the place."""
        holding = [folder for folder in self.folders if place == folder.root or folder.root in place.parents]
        return max(holding, key=lambda folder: len(folder.root.parts), default=None)


class Look:
    """One comparison."""

    def __init__(self, memory: Memory, scopes: list[tuple[Folder, Path]], priority: int, full: bool) -> None:
        self._memory = memory
        self._scopes = scopes
        self._priority = priority
        self._full = full
        self._now = memory.clock()
        self._outcomes: list[Outcome] = []
        self._notes: list[Entry] = []
        self._absent: dict[str, Entry] = {}
        self._renumbered: set[tuple[int, int]] = set()
        self._closed: list[Path] = []
        self._held: dict[str, str] = {}

    def run(self) -> list[Outcome]:
        new: list[Seen] = []
        # 1) What is known under each place, against what is there.
        for folder, start in self._scopes:
            known = {
                entry.source: entry
                for entry in self._memory.ledger.lines(str(start))
                if self._memory.folder_of(Path(entry.source)) is folder
            }
            if reason := self._lost(folder, known):
                self._hold(folder, reason)
                continue
            roots = [other.root for other in self._memory.folders if other is not folder]
            scan = walk(folder, self._memory.rules, start, roots)
            if start == folder.root and (reason := self._emptied(folder, known, scan.seen, scan.closed)):
                self._hold(folder, reason)
                continue
            self._closed += scan.closed
            for seen in scan.seen:
                entry = known.pop(str(seen.source), None)
                if entry is None:
                    new.append(seen)
                else:
                    self._compare(seen, entry)
            self._absent |= {entry.id: entry for entry in known.values()}
            self._stop_waiting(start, {str(seen.source) for seen in scan.seen})
        # 2) New names of known bytes, before anything counts as deleted.
        for seen in new:
            self._arrive(seen)
        if len(self._notes) > BURST:
            self._notes = [replace(entry, priority=min(entry.priority, BACKLOG)) for entry in self._notes]
        self._memory.ledger.note_all(self._notes)
        # 3) What is gone.
        self._part()
        self._tell_held()
        return self._outcomes

    # Known files

    def _stop_waiting(self, start: Path, there: set[str]) -> None:
        standing = self._memory.standing
        for source in [source for source in standing if source not in there and _is_under(source, start)]:
            del standing[source]

    def _compare(self, seen: Seen, entry: Entry) -> None:
        memory = self._memory
        memory.missing.pop(entry.id, None)
        if entry.device and entry.device != seen.device:
            self._renumbered.add((entry.device, seen.device))
        fresh = described(entry, seen)
        recipe = self._recipe(seen)
        same = (entry.size, entry.modified_ns, entry.changed_ns) == seen.key and entry.recipe == recipe
        if same or seen.problem:
            memory.standing.pop(entry.source, None)
            if entry.state == "queued" and self._priority > entry.priority:
                fresh = replace(fresh, priority=self._priority)
            if fresh != entry:
                self._notes.append(fresh)
            self._outcomes.append(Unchanged(fresh.path))
        elif self._stands(seen):
            self._notes.append(self._queued(fresh, seen))

    def _queued(self, entry: Entry, seen: Seen) -> Entry:
        standing = self._memory.standing.pop(str(seen.source), None)
        state: DocumentState = "skipped" if seen.problem else "queued"
        if seen.problem:
            self._outcomes.append(Skipped(seen.path, seen.problem))
        recipe = self._recipe(seen)
        return replace(
            entry,
            state=state,
            reason=seen.problem,
            # Without a hash the file is read whatever its bytes are.
            content_hash=entry.content_hash if entry.recipe == recipe else "",
            size=seen.size,
            modified_ns=seen.modified_ns,
            changed_ns=seen.changed_ns,
            recipe=recipe,
            attempts=0,
            next_try_at=0.0,
            priority=max(self._priority, standing.priority if standing else 0),
        )

    def _recipe(self, seen: Seen) -> str:
        return "|".join(filter(None, (self._memory.recipe, seen.rules.recipe)))

    def _stands(self, seen: Seen) -> bool:
        """Whether the file has been still long enough to be read."""
        memory = self._memory
        if not memory.settle:
            return True
        age = self._now - max(seen.modified_ns, seen.changed_ns) / 1e9
        if age >= (CLOCKS_APART if seen.folder.polling else memory.settle):
            return True
        before = memory.standing.get(str(seen.source))
        if before and before.key == seen.key:
            return self._now - before.since >= memory.settle
        priority = max(self._priority, before.priority if before else 0)
        memory.standing[str(seen.source)] = Standing(seen.key, self._now, priority)
        return False

    # New names

    def _arrive(self, seen: Seen) -> None:
        if moved := self._moved_from(seen):
            self._absent.pop(moved.id, None)
            self._memory.missing.pop(moved.id, None)
            self._memory.standing.pop(str(seen.source), None)
            fresh = described(moved, seen)
            kept = replace(fresh, size=seen.size, modified_ns=seen.modified_ns, changed_ns=seen.changed_ns)
            if moved.recipe != self._recipe(seen):
                kept = self._queued(kept, seen)
            self._notes.append(kept)
            self._outcomes.append(Moved(seen.path, moved.path))
        elif self._stands(seen):
            self._notes.append(self._queued(new_line(seen), seen))

    def _moved_from(self, seen: Seen) -> Entry | None:
        """Return the missing document that has exactly these bytes."""
        pool = {**{id: entry for id, (entry, _) in self._memory.missing.items()}, **self._absent}
        alike = [entry for entry in pool.values() if entry.size == seen.size and entry.state == "ready"]
        if not alike or not (self._stands(seen) or any(entry.modified_ns == seen.modified_ns for entry in alike)):
            return None
        try:
            digest = hash_file(seen.source)
        except OSError:
            return None
        return next((entry for entry in alike if entry.content_hash == digest), None)

    # Missing files

    def _part(self) -> None:
        memory, gone = self._memory, []
        for entry in self._absent.values():
            source = Path(entry.source)
            if any(closed in source.parents for closed in self._closed):
                continue
            folder = memory.folder_of(source)
            if folder and not self._same_device(entry, source, folder):
                self._hold(folder, f"{source.parent} is on another disk than before")
                continue
            _, since = memory.missing.setdefault(entry.id, (entry, self._now))
            if self._now - since >= memory.settle:
                gone.append(entry)
        if gone:
            memory.forget(gone)
            for entry in gone:
                memory.missing.pop(entry.id, None)
                self._outcomes.append(Removed(entry.path))

    def _same_device(self, entry: Entry, source: Path, folder: Folder) -> bool:
        if not entry.device:
            return True
        # A share may have another number after a restart; then its other files have it too.
        return any(
            device == entry.device or (entry.device, device) in self._renumbered
            for device in device_of(source, folder.root)
        )

    # Lost folders

    def _lost(self, folder: Folder, known: dict[str, Entry]) -> str:
        if folder.root.is_dir():
            return ""
        return "the folder is not there" if known or not folder.root.exists() else ""

    def _emptied(self, folder: Folder, known: dict[str, Entry], seen: Sequence[Seen], closed: Sequence[Path]) -> str:
        """Say when an empty folder is not the one that held the documents; else remember which it is."""
        try:
            inode = str(folder.root.stat().st_ino)
        except OSError:
            return "the folder is not there"
        key = f"folder:{folder.root}"
        before = self._memory.ledger.fact(key)
        if known and not seen and not closed and before not in (None, inode):
            return "the folder was replaced by an empty one"
        if before != inode:
            self._memory.ledger.set_fact(key, inode)
        return ""

    def _hold(self, folder: Folder, what: str) -> None:
        self._held[str(folder.root)] = (
            f"{folder.root}: {what}. Nothing was removed from the knowledge base. Mount the share or put the folder "
            "back; if the files are really gone, run `zhiwen doctor --forget-missing`."
        )

    def _tell_held(self) -> None:
        before = self._memory.held
        now = self._held if self._full else before | self._held
        self._outcomes += [Held(root, reason) for root, reason in now.items() if before.get(root) != reason]
        if now != before:
            self._memory.held = now
            self._memory.ledger.set_fact(HELD, json.dumps(now) if now else None)


def _is_under(source: str, start: Path) -> bool:
    return source == str(start) or source.startswith(f"{start}/")
