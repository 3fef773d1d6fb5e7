"""Kill an ingesting process many times at random moments, then compare what is left with a clean ingest.

    python -m benchmarks.bench_kills --kills 100 --seed 1 --json benchmarks/results/kills.json

Each round starts the real thing in a child (SQLite store, Chroma, FTS5, the watching thread; vectors by the fake
embedder), changes files meanwhile, and ends it with SIGKILL at a seeded moment. Children are forked from a parent that
has imported everything and opened nothing, and the probe of a damaged index is forked as well, so that a round costs no
imports.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import adapters.stores.vectors as vector_store
from adapters.embedding.fake_embedder import FakeEmbedder
from adapters.errors import DataFolderBroken
from adapters.stores.database import open_database
from adapters.stores.library import SqlLibrary, text_hash
from adapters.stores.words import FtsIndex
from ingest.doctor import examine, unreachable
from ingest.keep import sync_all
from ingest.pipeline import Parts, tend
from ingest.scan import watched
from ingest.watch import Watch
from tests.parts import one_chunk_a_block, read_plain

# This share of kills may come while the data folder is still being opened; the others come while files are taken in.
EARLY = 0.2
# A vocabulary of Chinese pairs and Latin words, as wide as a small company's.
WORDS = [chr(0x4E00 + 7 * n) + chr(0x5000 + 11 * n) for n in range(800)] + [f"word{n:x}" for n in range(1200)]


def open_parts(data: Path, say: Any = lambda text: None) -> Parts:
    """Open the store and the real indexes, throwing an unreadable index away as `app.build` does."""
    library = SqlLibrary(open_database(f"sqlite:///{data / 'zhiwen.db'}"))
    try:
        vectors = vector_store.open_chroma(data / "vectors", "fake-embedder")
    except DataFolderBroken:
        say("rebuilt")
        shutil.rmtree(data / "vectors")
        vectors = vector_store.open_chroma(data / "vectors", "fake-embedder")
    return Parts(
        library=library,
        vectors=vectors,
        words=FtsIndex(data / "words.db"),
        embedder=FakeEmbedder(),
        parse=read_plain,
        split=one_chunk_a_block,
        hash_text=text_hash,
    )


def forked_probe(folder: Path, name: str) -> None:
    """Do what the store's own probe does, without the seconds that a new interpreter needs for its imports."""
    pid = os.fork()
    if pid == 0:
        try:
            index = vector_store._open(folder, name)
            rows = index._collection.get(limit=1, include=["embeddings"])["embeddings"]
            if len(rows):
                index.nearest(rows[0], 1)
        except BaseException:
            os._exit(1)
        os._exit(0)
    if os.waitpid(pid, 0)[1]:
        raise DataFolderBroken(f"The vector index in {folder} cannot be read.")


def write_text(rng: random.Random, path: Path, paragraphs: int) -> None:
    """Write a file of random paragraphs, replacing it as an editor does: whole, by a rename."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "\n\n".join(" ".join(rng.choices(WORDS, k=12)) + f" {rng.random():.12f}" for _ in range(paragraphs))
    draft = path.with_name(f".{path.name}.tmp")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)


def change(rng: random.Random, folder: Path) -> None:
    """Make one random change to the tree."""
    files = sorted(path for path in folder.rglob("*.txt"))
    kind = rng.choice(["create", "edit", "edit", "rename", "delete", "copy"])
    if kind == "create" or len(files) < 20:
        write_text(rng, folder / f"d{rng.randrange(5)}" / f"n{rng.randrange(10**9)}.txt", rng.randrange(1, 30))
        return
    chosen = rng.choice(files)
    other = folder / f"d{rng.randrange(5)}" / f"m{rng.randrange(10**9)}.txt"
    other.parent.mkdir(exist_ok=True)
    if kind == "edit":
        write_text(rng, chosen, rng.randrange(1, 30))
    elif kind == "rename":
        chosen.rename(other)
    elif kind == "copy":
        shutil.copyfile(chosen, other)
    else:
        chosen.unlink()


def child(folder: Path, data: Path, log: Path) -> None:
    """Ingest until killed."""

    def say(text: str) -> None:
        with log.open("a") as file:
            file.write(text + "\n")

    parts = open_parts(data, say)
    say("opened")
    watch = Watch(watched([(folder, "default")]), parts, 600, lambda outcome: say(type(outcome).__name__), settle=0.2)
    watch.start()
    while True:
        time.sleep(1)


def run(kills: int, seed: int, files: int, longest: float, work: Path) -> dict[str, Any]:
    """Return the figures of one run in the folder `work`."""
    # Imported before the fork, opened after it.
    import chromadb  # noqa: F401
    from llama_index.core.schema import TextNode  # noqa: F401
    from llama_index.vector_stores.chroma import ChromaVectorStore  # noqa: F401

    rng = random.Random(seed)
    folder, data, log = work / "folder", work / "data", work / "log.txt"
    folder.mkdir()
    data.mkdir()
    log.touch()
    for number in range(files):
        write_text(rng, folder / f"d{number % 5}" / f"f{number}.txt", rng.randrange(1, 40))
    started = time.monotonic()
    for _ in range(kills):
        pid = os.fork()
        if pid == 0:
            vector_store._probe = forked_probe
            sys.stderr = (work / "errors.txt").open("a")
            os.dup2(sys.stderr.fileno(), 2)
            child(folder, data, log)
        opened = log.read_text().count("opened")
        early, end = rng.random() < EARLY, time.monotonic() + rng.uniform(0.05, longest)
        while time.monotonic() < end:
            if not early and log.read_text().count("opened") > opened:
                early, end = True, time.monotonic() + rng.uniform(0.05, longest)
            elif not early:
                end = time.monotonic() + longest
            change(rng, folder)
            time.sleep(rng.uniform(0, 0.8))
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    killed = time.monotonic() - started
    # The last start is like every other: it must mend what is left without help.
    started = time.monotonic()
    parts = open_parts(data, lambda text: log.open("a").write(text + "\n"))
    parts.library.recover()
    tend(parts)
    list(sync_all(watched([(folder, "default")]), parts))
    last = time.monotonic() - started
    said = Counter(log.read_text().split())
    return {
        "kills": kills,
        "seed": seed,
        "seconds": round(killed, 1),
        "last_start_seconds": round(last, 1),
        "starts_that_opened": said["opened"],
        "files_stored_before_kills": said["Added"],
        "vector_index_rebuilt": said["rebuilt"],
        **compare(folder, parts, work / "clean"),
    }


def compare(folder: Path, parts: Parts, clean: Path) -> dict[str, Any]:
    """Compare the store with the disk, the indexes with the store, and all of it with a clean ingest."""
    report = examine(watched([(folder, "default")]), parts, sample=0, deep=True)
    ids = sorted(parts.library.chunk_ids())
    clean.mkdir()
    fresh = open_parts(clean)
    list(sync_all(watched([(folder, "default")]), fresh))
    ours, theirs = contents(parts), contents(fresh)
    return {
        "files": report.files,
        "documents": report.documents,
        "chunks": report.chunks,
        "lost": sum((theirs - ours).values()),
        "extra": sum((ours - theirs).values()),
        "findings": sorted({f"{finding.kind}: {finding.text}" for finding in report.findings})[:10],
        "orphans": report.orphans,
        "indexes_equal_store": parts.vectors.ids() == parts.words.ids() == set(ids),
        "unreachable": len(unreachable(ids, parts)),
    }


def contents(parts: Parts) -> Counter[tuple[str, str, int]]:
    """Count (path, chunk text, ordinal): what the store holds, whatever its ids."""
    passages = parts.library.passages(sorted(parts.library.chunk_ids()))
    return Counter((passage.document_path, passage.chunk.text, passage.chunk.ordinal) for passage in passages)


def passed(figures: dict[str, Any]) -> bool:
    """Whether nothing is lost, doubled, orphaned or unreachable."""
    wrong = ("lost", "extra", "orphans", "unreachable")
    return not any(figures[name] for name in wrong) and not figures["findings"] and figures["indexes_equal_store"]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--kills", type=int, default=100)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--files", type=int, default=300)
    options.add_argument("--longest", type=float, default=6.0, help="seconds a child ingests at most")
    options.add_argument("--json", type=Path)
    given = options.parse_args()
    work = Path(tempfile.mkdtemp(prefix="kills-"))
    figures = run(given.kills, given.seed, given.files, given.longest, work)
    for name, value in figures.items():
        print(f"{name:28} {value}")
    print("passed" if passed(figures) else "FAILED", f"(kept in {work})" if not passed(figures) else "")
    if given.json:
        given.json.parent.mkdir(parents=True, exist_ok=True)
        given.json.write_text(json.dumps(figures, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    if passed(figures):
        shutil.rmtree(work)
    # Chroma's threads do not end by themselves.
    sys.stdout.flush()
    os._exit(0 if passed(figures) else 1)


if __name__ == "__main__":
    main()
