"""Compare disk, store and both indexes; say what is wrong and what to do, and mend what can be mended.

Returns values; prints nothing.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from adapters.ports import Vectors
from adapters.records import Entry
from adapters.terms import terms
from ingest.lines import hash_file
from ingest.pipeline import REPAIR_BATCH, Parts, forget, tend
from ingest.rules import RulesReader
from ingest.scan import Folder, Seen, walk
from ingest.sweep import Sweep

FindingKind = Literal[
    "not-in-store", "not-on-disk", "changed", "unfinished", "failed", "rules", "unwatched", "no-chunks",
    "vectors-extra", "vectors-lacking", "words-extra", "words-lacking", "unreachable",
]  # fmt: skip
# Neighbours asked for when a chunk is looked up by its own vector, and by its own words.
NEAR, LIKE = 20, 50
# Two vectors are of one text when their cosine is above this; the store keeps half precision.
SAME = 0.999


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it should be: what it concerns, and a sentence that says what to do."""

    kind: FindingKind
    subject: str
    text: str


@dataclass(frozen=True)
class Report:
    """The counts that should agree, and what does not. `checked` of `chunks` were looked up through both indexes."""

    files: int
    documents: int
    ready: int
    chunks: int
    vectors: int
    words: int
    checked: int
    findings: tuple[Finding, ...]

    @property
    def orphans(self) -> int:
        """What exists in one place and should not: documents without a file, index entries without a chunk."""
        return sum(finding.kind in ("not-on-disk", "vectors-extra", "words-extra") for finding in self.findings)

    @property
    def is_healthy(self) -> bool:
        """Nothing to mend; a file that cannot be read is its owner's matter and does not count."""
        return all(finding.kind in ("failed", "unwatched") for finding in self.findings)

    @property
    def summary(self) -> str:
        equal = "=" if self.files == self.documents else "≠"
        return f"{self.files} files on disk {equal} {self.documents} documents, {self.orphans} orphans"


def examine(
    folders: Sequence[Folder], parts: Parts, sample: int | None = 200, deep: bool = False, seed: int = 0
) -> Report:
    """Compare everything. `sample` chunks are looked up through both indexes, all when None.

    `deep` also reads every file and compares its bytes with the version that answers.
    """
    on_disk = {str(seen.source): seen for seen in _files(folders, parts)}
    entries = parts.library.entries()
    wanted = parts.library.chunk_ids()
    held_vectors, held_words = parts.vectors.ids(), parts.words.ids()
    findings = [*_disk(on_disk, entries, folders, parts, deep)]
    for name, held in (("vectors", held_vectors), ("words", held_words)):
        findings += _index(name, held, wanted)
    ids = sorted(wanted & held_vectors & held_words)
    if sample is not None and sample < len(ids):
        ids = random.Random(seed).sample(ids, sample)  # noqa: S311 - a spot check
    findings += [
        Finding(
            "unreachable", id, f"The chunk {id} is in the index but searching does not find it; repair adds it anew."
        )
        for id in unreachable(ids, parts)
    ]
    return Report(
        files=len(on_disk),
        documents=sum(_is_watched(entry, folders) for entry in entries),
        ready=sum(entry.state == "ready" for entry in entries),
        chunks=len(wanted),
        vectors=len(held_vectors),
        words=len(held_words),
        checked=len(ids),
        findings=tuple(findings),
    )


def repair(folders: Sequence[Folder], parts: Parts, sample: int | None = None) -> Report:
    """Mend the indexes from the store, look at all folders again, and return what is left to find.

    Files are queued, not read: whoever runs the queue reads them. Never deletes a document whose folder looks lost.
    """
    tend(parts)
    for id in unreachable(sorted(parts.library.chunk_ids()), parts):
        for _, text, vector in parts.library.stored_chunks([id]):
            parts.vectors.remove([id])
            parts.vectors.add([id], vector[None, :])
            parts.words.add([id], [text])
    Sweep(folders, parts.library, lambda gone: forget(gone, parts), settle=0.0, recipe=parts.recipe).look()
    return examine(folders, parts, sample)


def forget_missing(folders: Sequence[Folder], parts: Parts) -> list[str]:
    """Remove every document whose file is not there, also where its folder or share is gone; return their paths.

    For a person who has looked: this is what a sweep refuses to do by itself.
    """
    gone = [entry for entry in parts.library.lines() if _is_watched(entry, folders) and not Path(entry.source).exists()]
    if gone:
        forget(gone, parts)
    return [entry.path for entry in gone]


def unreachable(ids: Sequence[str], parts: Parts) -> list[str]:
    """Return those chunks that a search for their own vector, or their own words, does not find.

    A chunk counts as found when a twin with the same text is: there may be more copies than neighbours asked for.
    """
    lost = []
    for start in range(0, len(ids), REPAIR_BATCH):
        for id, text, vector in parts.library.stored_chunks(ids[start : start + REPAIR_BATCH]):
            if not _near(id, vector, parts) or not _worded(id, text, parts):
                lost.append(id)
    return lost


def _near(id: str, vector: Vectors, parts: Parts) -> bool:
    found = parts.vectors.nearest(vector, NEAR)
    if id in found:
        return True
    others = parts.library.vectors(found[:1])
    return any(float(np.dot(other, vector)) > SAME for other in others.values())


def _worded(id: str, text: str, parts: Parts) -> bool:
    if not terms(text):
        return True
    found = [other for other, _ in parts.words.search(text, LIKE)]
    if id in found:
        return True
    return any(other == text for _, other, _ in parts.library.stored_chunks(found[:1]))


def _files(folders: Sequence[Folder], parts: Parts) -> Iterator[Seen]:
    rules = RulesReader(parts.library)
    for folder in folders:
        others = [other.root for other in folders if other is not folder]
        if folder.root.is_dir():
            yield from walk(folder, rules, other_roots=others).seen


def _disk(
    on_disk: dict[str, Seen], entries: Sequence[Entry], folders: Sequence[Folder], parts: Parts, deep: bool
) -> Iterator[Finding]:
    known = {entry.source: entry for entry in entries}
    for source, seen in on_disk.items():
        if source not in known:
            yield Finding("not-in-store", seen.path, f"{seen.path} is on disk and not in the store; repair queues it.")
    for entry in entries:
        seen_now = on_disk.get(entry.source)
        if seen_now is None:
            yield _absent(entry, folders)
        elif (entry.size, entry.modified_ns, entry.changed_ns) != seen_now.key or (
            deep and entry.state == "ready" and hash_file(seen_now.source) != entry.content_hash
        ):
            yield Finding("changed", entry.path, f"{entry.path} has changed since it was read; repair queues it.")
        yield from _state(entry, parts)


def _absent(entry: Entry, folders: Sequence[Folder]) -> Finding:
    if not _is_watched(entry, folders):
        text = f"{entry.path} was taken in from {entry.source}, which no watched folder holds. It still answers."
        return Finding("unwatched", entry.path, text)
    text = f"{entry.path} is not on disk any more. Repair removes it, unless its whole folder looks lost."
    return Finding("not-on-disk", entry.path, text)


def _state(entry: Entry, parts: Parts) -> Iterator[Finding]:
    if entry.notice:
        yield Finding("rules", entry.path, entry.notice)
    if entry.state in ("queued", "parsing", "embedding"):
        waits = f" ({entry.reason})" if entry.reason else ""
        yield Finding("unfinished", entry.path, f"{entry.path} is still to be read{waits}.")
    elif entry.state != "ready":
        yield Finding("failed", entry.path, f"{entry.path}: {entry.reason}")
    elif not entry.chunks and not any(one.disabled for one in parts.library.corrections(entry.id)):
        text = f"{entry.path} is ready and has no text; `zhiwen ingest --retry` reads it again."
        yield Finding("no-chunks", entry.path, text)


def _index(name: str, held: set[str], wanted: set[str]) -> Iterator[Finding]:
    extra: FindingKind = "vectors-extra" if name == "vectors" else "words-extra"
    lacking: FindingKind = "vectors-lacking" if name == "vectors" else "words-lacking"
    for id in sorted(held - wanted):
        yield Finding(extra, id, f"The index of {name} holds {id}, which the store does not know; repair removes it.")
    for id in sorted(wanted - held):
        yield Finding(lacking, id, f"The index of {name} lacks {id}; repair adds it from the store.")


def _is_watched(entry: Entry, folders: Sequence[Folder]) -> bool:
    return any(folder.root in Path(entry.source).parents for folder in folders)
