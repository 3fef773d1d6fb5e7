"""A knowledge base made of nothing: clustered unit vectors, real words in Zipf's proportions, readers drawn at random.

Filled straight into the store and the real indexes, so that 100,000 chunks cost minutes and no embedding.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sqlalchemy import insert

from adapters.ports import LexicalIndex, VectorIndex, Vectors
from adapters.stores.database import open_database
from adapters.stores.knowledge import bump
from adapters.stores.library import SqlLibrary, text_hash
from adapters.stores.schema import chunks, documents, readers, versions

DIMENSIONS, CLUSTERS = 384, 200
CHUNKS_PER_DOCUMENT, WORDS_PER_CHUNK = 10, 45
WORDS = 20_000


@dataclass(frozen=True)
class Made:
    """What was made: `readers[i]` are the principals of document i, `vectors` are the chunks' in the order of `ids`."""

    library: SqlLibrary
    ids: list[str]
    vectors: Vectors
    readers: list[tuple[str, ...]]
    centres: Vectors


def vocabulary(rng: np.random.Generator, size: int = WORDS) -> list[str]:
    """Return words, the commonest first: those of the sample documents, then pairs of their characters."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in sorted(Path("app/sample/documents").rglob("*.md")))
    text += Path("docs/overview.md").read_text(encoding="utf-8") + Path("docs/decisions.md").read_text(encoding="utf-8")
    found: dict[str, int] = {}
    for word in re.findall(r"[a-z]{3,}|[\u4e00-\u9fff]{2}", text.lower()):
        found[word] = found.get(word, 0) + 1
    words = sorted(found, key=lambda word: -found[word])
    characters = sorted({char for word in words if word[0] >= "\u4e00" for char in word})
    while len(words) < size:
        words += ["".join(pair) for pair in rng.choice(characters, (size, 2))]
        words = list(dict.fromkeys(words))
    return words[:size]


def zipf(rng: np.random.Generator, words: Sequence[str], shape: tuple[int, int]) -> np.ndarray:
    """Return words drawn with probabilities in proportion to 1 / rank."""
    odds = 1 / np.arange(1, len(words) + 1)
    return np.asarray(words)[rng.choice(len(words), shape, p=odds / odds.sum())]


def near(rng: np.random.Generator, centres: Vectors, count: int) -> Vectors:
    """Return unit vectors scattered around the centres."""
    rows = centres[rng.integers(len(centres), size=count)] + 0.05 * rng.standard_normal((count, DIMENSIONS))
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def make(
    folder: Path,
    count: int,
    vectors: VectorIndex,
    words: LexicalIndex,
    allowed: Sequence[tuple[str, ...]],
    seed: int = 1,
    canaries: Sequence[str] = (),
) -> Made:
    """Fill a new store in the folder with `count` chunks; `allowed` are the readers of each document in turn.

    With `canaries` document i says the i-th of them, in its title and in each of its chunks.
    """
    rng = np.random.default_rng(seed)
    centres = near(rng, np.zeros((1, DIMENSIONS), np.float32), CLUSTERS)
    library = SqlLibrary(open_database(f"sqlite:///{folder / 'zhiwen.db'}"))
    rows, texts = near(rng, centres, count), zipf(rng, vocabulary(rng), (count, WORDS_PER_CHUNK))
    ids: list[str] = []
    engine = library._engine
    for start in range(0, count, 5_000):
        some_ids, some_texts, document_rows, reader_rows, version_rows, chunk_rows = [], [], [], [], [], []
        for number in range(start, min(start + 5_000, count)):
            place, ordinal = divmod(number, CHUNKS_PER_DOCUMENT)
            name, id = f"d{place:06d}", f"d{place:06d}:1:{ordinal}"
            said = canaries[place] if canaries else ""
            if not ordinal:
                document_rows.append(_document(name, said, allowed[place]))
                reader_rows += [{"document_id": name, "principal": principal} for principal in allowed[place]]
                version_rows.append(_version(name, said))
            text = " ".join([said, *texts[number]])
            chunk_rows.append(_chunk(id, name, ordinal, text, rows[number]))
            some_ids.append(id)
            some_texts.append(text)
        with engine.begin() as connection:
            for table, values in ((documents, document_rows), (versions, version_rows), (chunks, chunk_rows)):
                connection.execute(insert(table), values)
            if reader_rows:
                connection.execute(insert(readers), reader_rows)
            bump(connection)
        _add(vectors, some_ids, rows[start : start + 5_000])
        words.add(some_ids, some_texts)
        ids += some_ids
    return Made(library, ids, rows, list(allowed), centres)


def _add(vectors: VectorIndex, ids: list[str], rows: Vectors) -> None:
    """Add to Chroma itself where that is the index: through llama-index it takes several times as long."""
    collection = getattr(vectors, "_collection", None)
    if collection is None:
        vectors.add(ids, rows)
    else:
        collection.add(ids=ids, embeddings=rows)


def _document(id: str, said: str, allowed: tuple[str, ...]) -> dict[str, object]:
    return {
        "id": id,
        "knowledge_base": "kb",
        "path": f"{said}{id}.txt",
        "source": f"/nowhere/{id}.txt",
        "title": f"{said} {id}",
        "format": "txt",
        "state": "ready",
        "reason": "",
        "size": 1,
        "modified_ns": 0,
        "content_hash": id,
        "current_version": 1,
        "updated_at": "2026-01-01T00:00:00+00:00",
        "access": "\n".join(sorted(allowed)),
    }


def _version(id: str, said: str) -> dict[str, object]:
    return {
        "document_id": id,
        "version": 1,
        "content_hash": id,
        "title": f"{said} {id}",
        "format": "txt",
        "text": f"{said} {id} " * 50,
        "warnings": [],
        "created_at": "2026-01-01T00:00:00+00:00",
    }


def _chunk(id: str, document_id: str, ordinal: int, text: str, vector: Vectors) -> dict[str, object]:
    return {
        "id": id,
        "document_id": document_id,
        "version": 1,
        "ordinal": ordinal,
        "text": text,
        "index_text": text,
        "start": 0,
        "end": len(text),
        "parent_start": 0,
        "parent_end": 200,
        "language": "zh",
        "heading_path": [],
        "page": None,
        "location": None,
        "kind": "text",
        "embedder": "synthetic",
        "text_hash": text_hash(text),
        "vector": vector.astype(np.float16).tobytes(),
    }
