"""Bring the store to what is on disk: one file in, or a whole folder in sync.

Knows promises only. A file's old version answers until its new one is complete: the new chunks enter the indexes first,
where nothing finds them because the store does not know them yet; one transaction in the store then switches; the old
chunks leave the indexes last. A kill at any point leaves either the old or the new version, and `tend` clears the rest.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

import numpy as np

from adapters.errors import NeedsOcr, UnreadableFile
from adapters.ports import Embedder, LexicalIndex, Library, VectorIndex, Vectors
from adapters.records import Chunk, Document, DocumentState, Entry

# Files that other programs make beside the real ones.
IGNORED_PREFIXES = (".", "~$")
IGNORED_SUFFIXES = (".tmp", ".part", ".crdownload", ".swp", "~")
# Parsing runs ahead of embedding by so many files; embedding is nearly all of the cost.
AHEAD = 4
REPAIR_BATCH = 2_000


@dataclass(frozen=True)
class Added:
    """A file's new version answers now. `embedded` of its `chunks` were new to the embedder."""

    path: str
    chunks: int
    embedded: int


@dataclass(frozen=True)
class Unchanged:
    """Same bytes as stored; nothing was done, or only the name was changed."""

    path: str


@dataclass(frozen=True)
class Removed:
    """The file is gone from disk, and now from the store and the indexes."""

    path: str


@dataclass(frozen=True)
class Failed:
    """The file has no new version; an older one still answers. The reason says what its owner can do."""

    path: str
    reason: str


Outcome = Added | Unchanged | Removed | Failed


@dataclass(frozen=True)
class Parts:
    """What ingesting needs; all of it is shared and safe to use from one ingesting thread at a time."""

    library: Library
    vectors: VectorIndex
    words: LexicalIndex
    embedder: Embedder
    parse: Callable[[Path], Document]
    split: Callable[[Document, str, int], Sequence[Chunk]]
    hash_text: Callable[[str], str]


@dataclass(frozen=True)
class Seen:
    """A file as the disk has it."""

    path: str
    source: Path
    size: int
    modified_ns: int


def scan(folder: Path) -> list[Seen]:
    """Return the files under folder, small ones first, without symlinks and other programs' leftovers."""
    found: list[Seen] = []
    for source in folder.rglob("*"):
        parts = source.relative_to(folder).parts
        if any(part.startswith(IGNORED_PREFIXES) for part in parts) or source.name.endswith(IGNORED_SUFFIXES):
            continue
        if any(step.is_symlink() for step in (source, *source.parents) if step.is_relative_to(folder)):
            continue
        if not source.is_file():
            continue
        stat = source.stat()
        found.append(Seen("/".join(parts), source, stat.st_size, stat.st_mtime_ns))
    return sorted(found, key=lambda seen: (seen.size, seen.path))


def sync(folder: Path, knowledge_base: str, parts: Parts, readers: Sequence[str] = ("public",)) -> Iterator[Outcome]:
    """Make the knowledge base hold what the folder holds, yielding what became of each file."""
    on_disk = scan(folder)
    known = {entry.path: entry for entry in parts.library.entries() if entry.knowledge_base == knowledge_base}
    names = {seen.path for seen in on_disk}
    gone = {entry.content_hash: entry for path, entry in known.items() if path not in names}
    work: list[Entry] = []
    for seen in on_disk:
        entry = known.get(seen.path)
        if entry and (entry.size, entry.modified_ns) == (seen.size, seen.modified_ns) and entry.state in FINAL:
            yield Unchanged(seen.path)
            continue
        digest = _hash_file(seen.source)
        moved = gone.pop(digest, None) if entry is None else None
        entry = entry or moved
        fresh = _entry(entry, knowledge_base, seen, digest)
        if entry and entry.content_hash == digest and entry.state == "ready":
            parts.library.note(fresh, readers)
            yield Unchanged(seen.path)
        else:
            parts.library.note(replace(fresh, state="queued"), readers)
            work.append(fresh)
    for entry in gone.values():
        _forget(entry, parts)
        yield Removed(entry.path)
    yield from _replace_all(work, parts)


# States that do not change until the file does.
FINAL = ("ready", "skipped", "failed", "needs-ocr")


def _entry(entry: Entry | None, knowledge_base: str, seen: Seen, digest: str) -> Entry:
    """Return the ledger line of a file as now seen, keeping the identity of the one known by name or by content."""
    return Entry(
        id=entry.id if entry else uuid4().hex[:16],
        knowledge_base=knowledge_base,
        path=seen.path,
        source=str(seen.source),
        title=entry.title if entry else Path(seen.path).stem,
        format=seen.source.suffix.lstrip(".").lower(),
        state="ready" if entry and entry.content_hash == digest else "queued",
        reason=entry.reason if entry and entry.content_hash == digest else "",
        size=seen.size,
        modified_ns=seen.modified_ns,
        content_hash=digest,
        current_version=entry.current_version if entry else None,
        updated_at="",
    )


def _replace_all(work: Iterable[Entry], parts: Parts) -> Iterator[Outcome]:
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="parse") as pool:
        ahead: list[tuple[Entry, Future[Document]]] = []
        queue = iter(work)
        while True:
            while len(ahead) < AHEAD and (entry := next(queue, None)) is not None:
                ahead.append((entry, pool.submit(parts.parse, Path(entry.source))))
            if not ahead:
                return
            entry, parsed = ahead.pop(0)
            try:
                document = parsed.result()
                chunks = parts.split(document, entry.id, parts.library.next_version(entry.id))
                if not chunks:
                    raise UnreadableFile("No text was found in the file.")
            except UnreadableFile as problem:
                state: DocumentState = "needs-ocr" if isinstance(problem, NeedsOcr) else "failed"
                parts.library.state(entry.id, state, str(problem))
                yield Failed(entry.path, str(problem))
                continue
            yield _store(entry, document, chunks, parts)


def _store(entry: Entry, document: Document, chunks: Sequence[Chunk], parts: Parts) -> Added:
    """Embed what is new, then: indexes in, store switched, old chunks out of the indexes."""
    parts.library.state(entry.id, "embedding")
    ids, texts = [chunk.id for chunk in chunks], [chunk.index_text for chunk in chunks]
    vectors, embedded = _vectors(texts, parts)
    parts.vectors.add(ids, vectors)
    parts.words.add(ids, texts)
    version = int(ids[0].rsplit(":", 2)[1])
    stale = parts.library.replace(entry, version, document, chunks, vectors, parts.embedder.id)
    parts.vectors.remove(stale)
    parts.words.remove(stale)
    return Added(entry.path, len(chunks), embedded)


def _vectors(texts: Sequence[str], parts: Parts) -> tuple[Vectors, int]:
    hashes = [parts.hash_text(text) for text in texts]
    known = parts.library.known_vectors(parts.embedder.id, hashes)
    missing = [text for text, digest in zip(texts, hashes, strict=True) if digest not in known]
    made = iter(parts.embedder.embed_passages(missing)) if missing else iter(())
    rows = [known[digest] if digest in known else next(made) for digest in hashes]
    return np.stack(rows).astype(np.float32), len(missing)


def _forget(entry: Entry, parts: Parts) -> None:
    stale = parts.library.forget(entry.id)
    parts.vectors.remove(stale)
    parts.words.remove(stale)


def tend(parts: Parts) -> tuple[int, int]:
    """Make both indexes hold exactly the store's chunks; return how many entries were removed and added."""
    wanted = parts.library.chunk_ids()
    removed = added = 0
    for index, held in ((parts.vectors, parts.vectors.ids()), (parts.words, parts.words.ids())):
        extra, lacking = sorted(held - wanted), sorted(wanted - held)
        index.remove(extra)
        for start in range(0, len(lacking), REPAIR_BATCH):
            rows = parts.library.stored_chunks(lacking[start : start + REPAIR_BATCH])
            if index is parts.vectors:
                parts.vectors.add([id for id, _, _ in rows], np.stack([vector for _, _, vector in rows]))
            else:
                parts.words.add([id for id, _, _ in rows], [text for _, text, _ in rows])
        removed, added = removed + len(extra), added + len(lacking)
    return removed, added


def _hash_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
