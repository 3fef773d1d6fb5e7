"""The vector index through llama-index's vector-store interface, with embedded Chroma as the default engine.

Only ids are taken from the engine: scores are computed from the vectors in the document store, so they mean the same
whichever engine finds the neighbours. Another engine (Milvus, pgvector, Qdrant) is another `BasePydanticVectorStore`.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from adapters.errors import DataFolderBroken
from adapters.ports import Vectors

if TYPE_CHECKING:
    from chromadb.api.models.Collection import Collection

# Chroma refuses more than 5,461 rows at once.
BATCH = 2_000
# Chroma writes its graph file every so many rows. A kill in that moment can make the collection unreadable, which
# `_probe` finds and the store mends. But every row not yet written makes each later change slower (by about 7 us of
# processor time) and the first change after a query by about 9 ms (measured at 4,000 rows), so the log is kept short.
SYNC_THRESHOLD = 1_000
# A graph this many times as large as its rows need is mostly removed rows, and is made anew; a small one may stay.
WASTEFUL, SMALL_GRAPH = 2.5, 4_000_000
GENERATION = ".g"


class LlamaIndexVectors:
    """`ports.VectorIndex` over one collection of a llama-index vector store."""

    def __init__(self, client: Any, collection: Collection, folder: Path) -> None:
        self._client = client
        self._folder = folder
        self._store, self._collection = _as_store(collection), collection

    def add(self, ids: Sequence[str], vectors: Vectors) -> None:
        from llama_index.core.schema import TextNode

        for start in range(0, len(ids), BATCH):
            some = ids[start : start + BATCH]
            # The store's `add` ignores ids it has. Asking is 0.3 ms, a removal in vain 20.
            self.remove(self._collection.get(ids=list(some), include=[])["ids"])
            rows = vectors[start : start + BATCH].tolist()
            nodes = [TextNode(id_=id, text=id, embedding=row) for id, row in zip(some, rows, strict=True)]
            with _writing():
                self._store.add(nodes)

    def remove(self, ids: Sequence[str]) -> None:
        for start in range(0, len(ids), BATCH):
            with _writing():
                self._store.delete_nodes(list(ids[start : start + BATCH]))

    def nearest(self, vector: Vectors, k: int) -> list[str]:
        count = self._collection.count()
        if not count or k < 1:
            return []
        # Asking Chroma for ids alone: llama-index's query also fetches every row's text and metadata, which at 1,000
        # rows costs ten times the search itself.
        found = self._collection.query(query_embeddings=[vector.tolist()], n_results=min(k, count), include=[])
        return list(found["ids"][0])

    def ids(self) -> set[str]:
        found: set[str] = set()
        step = 50_000
        for start in range(0, self._collection.count(), step):
            found.update(self._collection.get(limit=step, offset=start, include=[])["ids"])
        return found

    def clear(self) -> None:
        self.remove(sorted(self.ids()))

    def compact(self, rows: Iterable[tuple[Sequence[str], Vectors]]) -> bool:
        """Chroma never gives back the place of a removed row: fill a new collection beside the old one and switch."""
        if not self._is_wasteful():
            return False
        old = self._collection
        name, _, generation = old.name.rpartition(GENERATION)
        next_name = f"{name}{GENERATION}{int(generation) + 1}" if name else f"{old.name}{GENERATION}1"
        new = LlamaIndexVectors(self._client, _collection(self._client, next_name), self._folder)
        for ids, vectors in rows:
            new.add(ids, vectors)
        self._store, self._collection = new._store, new._collection
        self._client.delete_collection(old.name)
        _remove_leftovers(self._folder)
        return True

    def _is_wasteful(self) -> bool:
        graphs = sum(path.stat().st_size for path in self._folder.glob("*/data_level0.bin"))
        if graphs < SMALL_GRAPH:
            return False
        some = self._collection.get(limit=1, include=["embeddings"])["embeddings"]
        # A row of the graph is its vector, 32 links and their number, and a label.
        row = (len(some[0]) if some is not None and len(some) else 0) * 4 + 33 * 4 + 8
        return bool(graphs > WASTEFUL * row * max(self._collection.count(), 1))


@contextmanager
def _writing() -> Iterator[None]:
    from chromadb.errors import ChromaError

    try:
        yield
    except ChromaError as cause:
        raise DataFolderBroken(
            f"The vector index could not be written ({cause}). Nothing stored is lost. Free disk space or make the "
            "data folder writable, then start again: the index is filled from the store."
        ) from cause


def open_chroma(folder: Path, name: str) -> LlamaIndexVectors:
    """Open the collection `name` (one per embedder) in `folder`; this process must be the folder's only user.

    Raises DataFolderBroken when the folder cannot be read; the caller may delete it and rebuild from the store.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        _probe(folder, name)
    return _open(folder, name)


def _open(folder: Path, name: str) -> LlamaIndexVectors:
    import chromadb
    from chromadb.config import Settings

    client = chromadb.PersistentClient(str(folder), settings=Settings(anonymized_telemetry=False))
    found = [one.name for one in client.list_collections()]
    mine = [one for one in found if one == name or one.startswith(f"{name}{GENERATION}")]
    mine.sort(key=lambda one: int(one.removeprefix(name).removeprefix(GENERATION) or 0))
    # An older generation is only there while a newer one is being filled: that one was not finished.
    for unfinished in mine[1:]:
        client.delete_collection(unfinished)
    collection = _collection(client, mine[0] if mine else name)
    _remove_leftovers(folder)
    return LlamaIndexVectors(client, collection, folder)


def _remove_leftovers(folder: Path) -> None:
    """Delete the graphs of deleted collections, which Chroma leaves on disk (chroma-core/chroma#5520)."""
    with closing(sqlite3.connect(f"file:{quote(str(folder / 'chroma.sqlite3'))}?mode=ro", uri=True)) as connection:
        living = {row[0] for row in connection.execute("SELECT id FROM segments")}
    for graph in folder.glob("*/data_level0.bin"):
        if graph.parent.name not in living:
            shutil.rmtree(graph.parent, ignore_errors=True)


def _collection(client: Any, name: str) -> Collection:
    configuration = {"hnsw": {"space": "cosine", "sync_threshold": SYNC_THRESHOLD, "ef_search": 200}}
    made: Collection = client.get_or_create_collection(name, embedding_function=None, configuration=configuration)
    return made


def _as_store(collection: Collection) -> Any:
    from llama_index.vector_stores.chroma import ChromaVectorStore

    return ChromaVectorStore(chroma_collection=collection)


def _probe(folder: Path, name: str) -> None:
    """Open and query in a child first: a damaged folder can end the process that opens it."""
    program = (
        "import sys, json; from pathlib import Path; from adapters.stores.vectors import _open\n"
        "folder, name = json.loads(sys.argv[1]); index = _open(Path(folder), name)\n"
        "rows = index._collection.get(limit=1, include=['embeddings'])['embeddings']\n"
        "len(rows) == 0 or index.nearest(rows[0], 1)"
    )
    here = Path(__file__).resolve().parents[2]
    path = os.pathsep.join([str(here), os.environ.get("PYTHONPATH", "")])
    try:
        subprocess.run(
            [sys.executable, "-c", program, json.dumps([str(folder), name])],
            check=True,
            capture_output=True,
            timeout=300,
            env=os.environ | {"PYTHONPATH": path},
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as cause:
        raise DataFolderBroken(
            f"The vector index in {folder} cannot be read; it will be rebuilt from the store."
        ) from cause
