"""Take files off the queue and make them answer: read ahead in a few threads, embed one at a time, store together.

A file that changes while it is read is queued again. An error that may pass is tried three times, later each time;
one that will not ends the file's turn at once, with the reason. A small urgent file goes before the rest of a long one.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from pathlib import Path

from adapters.errors import EmptyFile, EngineOverloaded, EngineUnavailable, NeedsOcr, UnreadableFile
from adapters.ports import NewVersion
from adapters.records import Amended, Chunk, Document, DocumentState, Entry, Place, Reading
from ingest.amend import amend
from ingest.lines import hash_file
from ingest.outcomes import Added, Failed, Outcome, Skipped, Timings, Unchanged, Waiting
from ingest.pipeline import Parts, embed, store
from ingest.rules import Rules

log = logging.getLogger(__name__)
# Files read ahead of embedding, which is nearly all of the cost; of large ones only so many, for their memory and so
# that a slow one never keeps all readers.
AHEAD, LARGE_AHEAD, READERS = 16, 2, 3
LARGE = 1_000_000
# Stored together: as many chunks as this, or what came together within so many seconds.
TOGETHER, TOGETHER_SECONDS = 256, 1.0
TRIES = 3
# Seconds before the second and the third try.
BACK_OFF = (10.0, 60.0)
LONGEST_REST = 60.0
PAUSED = "ingest.paused"


@dataclass(frozen=True)
class Read:
    """A file as read: with its hash, and chunks unless its bytes are those that answer already.

    Where people corrected passages, `before` is what the file says and `amended` where it was changed.
    """

    entry: Entry
    document: Document | None = None
    chunks: tuple[Chunk, ...] = ()
    version: int = 0
    before: Reading | None = None
    amended: tuple[Amended, ...] = ()
    places: tuple[Place, ...] | None = None
    parse_seconds: float = 0.0
    split_seconds: float = 0.0


class Stopped(Exception):
    """Somebody asked the ingesting to end; the file in hand is queued again."""


class FileChanged(Exception):
    """The file is not what was seen any more; look again."""


class Worker:
    """The working half of ingesting; belongs to one thread."""

    def __init__(
        self,
        parts: Parts,
        between: Callable[[], None] = lambda: None,
        look_again: Callable[[Path], None] = lambda place: None,
        heeds_pause: bool = True,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`between` is called during long work, `look_again` is told of files that are not what was seen."""
        self._parts = parts
        self._between = between
        self._look_again = look_again
        self._heeds_pause = heeds_pause
        self._clock = clock
        self._pool = ThreadPoolExecutor(max_workers=READERS, thread_name_prefix="read")
        self._ahead: dict[Future[Read], Entry] = {}
        self._made: list[tuple[NewVersion, int, Timings]] = []
        self._made_since = 0.0
        self._outcomes: list[Outcome] = []
        self._rest_until = 0.0
        self._rests = 0
        self._in_hand: Entry | None = None
        # 1 while a more urgent file goes before the rest of a long one; it is not interrupted itself.
        self._depth = 0

    def close(self) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    def drop(self) -> None:
        """Forget what is in hand; `Ledger.recover` queues it again."""
        for future in self._ahead:
            future.cancel()
        self._ahead, self._made, self._in_hand = {}, [], None

    @property
    def current(self) -> str | None:
        """The path of the file being embedded."""
        return self._in_hand.path if self._in_hand else None

    def step(self, seconds: float = 0.1) -> list[Outcome]:
        """Do one file's worth of work, waiting up to `seconds` for a reader; return what became of files."""
        self._fill()
        done = wait(self._ahead, timeout=seconds, return_when=FIRST_COMPLETED).done if self._ahead else set()
        if done:
            future = min(done, key=lambda one: (-self._ahead[one].priority, self._ahead[one].size))
            self._finish(self._ahead.pop(future), future)
        waited = self._made and self._clock() - self._made_since >= TOGETHER_SECONDS
        if waited or not any(future.done() for future in self._ahead):
            self.flush()
        told, self._outcomes = self._outcomes, []
        return told

    @property
    def has_free_hands(self) -> bool:
        """True when no file is being read or waits to be stored."""
        return not (self._ahead or self._made or self._in_hand)

    @property
    def is_idle(self) -> bool:
        """True when nothing is in hand and nothing could be claimed now."""
        if not self.has_free_hands or self._outcomes:
            return False
        self._fill()
        return not self._ahead

    def _fill(self) -> None:
        library = self._parts.library
        if len(self._ahead) > AHEAD // 2 or self._clock() < self._rest_until:
            return
        if self._heeds_pause and library.fact(PAUSED):
            return
        large = sum(entry.size > LARGE for entry in self._ahead.values())
        claimed = library.claim(self._clock(), AHEAD - len(self._ahead), largest=LARGE)
        if not claimed and large < LARGE_AHEAD:
            claimed = library.claim(self._clock(), LARGE_AHEAD - large)
        for entry in claimed:
            self._ahead[self._pool.submit(read, entry, self._parts)] = entry

    def _finish(self, entry: Entry, future: Future[Read]) -> None:
        library = self._parts.library
        try:
            done = future.result()
            if done.document is None:
                library.state(entry.id, "ready", entry.reason, attempts=0)
                self._outcomes.append(Unchanged(entry.path))
                return
            if not library.begin(entry.id):
                return
            self._in_hand = entry
            self._embed(done)
        except (FileChanged, FileNotFoundError):
            library.state(entry.id, "queued", "The file changed while it was read.", self._clock() + 2)
            self._look_again(Path(entry.source))
        except Stopped:
            library.state(entry.id, "queued", attempts=entry.attempts)
            raise
        except UnreadableFile as problem:
            self._give_up(entry, problem)
        except (EngineUnavailable, EngineOverloaded) as problem:
            self._rest(entry, problem)
        except OSError as problem:
            self._try_later(entry, f"The file could not be opened ({problem.strerror}). Make it readable.")
        finally:
            self._in_hand = None

    def _embed(self, done: Read) -> None:
        assert done.document is not None
        start = time.perf_counter()
        texts = [chunk.index_text for chunk in done.chunks]
        vectors, made = embed(texts, self._parts, lambda: self._breathe(done.entry))
        timings = Timings(done.parse_seconds, done.split_seconds, time.perf_counter() - start)
        if not self._made:
            self._made_since = self._clock()
        new = NewVersion(
            done.entry, done.version, done.document, done.chunks, vectors, done.before, done.amended, done.places
        )
        self._made.append((new, made, timings))
        self._rests = 0
        if sum(len(new.chunks) for new, _, _ in self._made) >= TOGETHER:
            self.flush()

    def _breathe(self, current: Entry) -> None:
        """Between two batches of a file: look around, and let a smaller, more urgent one go first."""
        self._between()
        if self._depth:
            return
        for entry in self._parts.library.claim(
            self._clock(), 1, largest=LARGE, before=(current.priority, current.size)
        ):
            future = self._pool.submit(read, entry, self._parts)
            self._depth = 1
            try:
                self._finish(entry, future)
            finally:
                self._depth, self._in_hand = 0, current
            self.flush()

    def flush(self) -> None:
        """Make answer what is embedded."""
        if not self._made:
            return
        made, self._made = self._made, []
        start = time.perf_counter()
        store([new for new, _, _ in made], self._parts)
        each = (time.perf_counter() - start) / len(made)
        for new, embedded, timings in made:
            spent = replace(timings, store=each)
            self._outcomes.append(Added(new.entry.path, len(new.chunks), embedded, spent))

    def _give_up(self, entry: Entry, problem: UnreadableFile) -> None:
        state: DocumentState = "failed"
        if isinstance(problem, NeedsOcr):
            state = "needs-ocr"
        elif isinstance(problem, EmptyFile):
            state = "skipped"
        self._parts.library.state(entry.id, state, str(problem))
        kind = Skipped if state == "skipped" else Failed
        self._outcomes.append(kind(entry.path, str(problem)))

    def _try_later(self, entry: Entry, reason: str) -> None:
        if entry.attempts + 1 >= TRIES:
            reason = f"{reason} It was tried {TRIES} times; `zhiwen ingest --retry` tries again."
            self._parts.library.state(entry.id, "failed", reason)
            self._outcomes.append(Failed(entry.path, reason))
            return
        # Counted here when reading failed; embedding has counted itself.
        self._parts.library.begin(entry.id)
        at = self._clock() + BACK_OFF[entry.attempts]
        self._parts.library.state(entry.id, "queued", reason, at)
        self._outcomes.append(Waiting(entry.path, reason, at))

    def _rest(self, entry: Entry, problem: Exception) -> None:
        """The embedding engine failed: for this file, or for all? Ask it for something plain."""
        try:
            self._parts.embedder.embed_query("?")
        except (EngineUnavailable, EngineOverloaded):
            self._rests += 1
            rest = min(2.0**self._rests, LONGEST_REST)
            self._rest_until = self._clock() + rest
            self._parts.library.state(entry.id, "queued", str(problem), self._rest_until, entry.attempts)
            log.warning("The embedding engine does not answer; ingesting rests for %.0f s: %s", rest, problem)
            self._outcomes.append(Waiting(entry.path, str(problem), self._rest_until))
        else:
            self._try_later(entry, str(problem))


def read(entry: Entry, parts: Parts) -> Read:
    """Hash, parse and split one file. Raises FileChanged, UnreadableFile, OSError."""
    path = Path(entry.source)
    _check(entry, path)
    known = replace(entry, content_hash=hash_file(path))
    if entry.current_version and known.content_hash == entry.content_hash:
        return Read(known)
    start = time.perf_counter()
    try:
        document = parts.parse(path)
    except UnreadableFile:
        _check(entry, path)
        raise
    _check(entry, path)
    parsed = time.perf_counter()
    asked = Rules.of_recipe(entry.recipe)
    document = replace(document, metadata=asked.metadata(document.metadata))
    version = parts.library.next_version(entry.id)
    chunks = tuple(parts.split(document, entry.id, version))
    if asked.language:
        chunks = tuple(replace(chunk, language=asked.language) for chunk in chunks)
    if not chunks:
        raise EmptyFile("No text was found in the file.")
    done = Read(known, document, chunks, version, parse_seconds=parsed - start)
    before = Reading(document.text, chunks, document.places)
    if corrected := amend(before, parts.library.corrections(entry.id), parts.hash_text):
        document = replace(document, text=corrected.text)
        places = corrected.places
        done = replace(
            done, document=document, chunks=corrected.chunks, before=before, amended=corrected.amended, places=places
        )
    return replace(done, split_seconds=time.perf_counter() - parsed)


def _check(entry: Entry, path: Path) -> None:
    stat = path.stat()
    if (stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns) != (entry.size, entry.modified_ns, entry.changed_ns):
        raise FileChanged(entry.source)
