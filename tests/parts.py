"""Small real parts for tests: a store in a folder, indexes in memory, an embedder whose vectors can be worked out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from adapters.errors import UnreadableFile
from adapters.ports import Vectors
from adapters.records import Asker, Block, Chunk, Document
from adapters.stores.database import open_database
from adapters.stores.exact import ExactVectors
from adapters.stores.library import SqlLibrary, text_hash
from adapters.stores.words import FtsIndex
from adapters.terms import language, terms
from ingest.pipeline import Parts

ANN = Asker("ann", frozenset({"hr"}))
BOB = Asker("bob")


@dataclass
class CountingEmbedder:
    """Hashes terms into 64 buckets and remembers what it was asked to embed."""

    embedded: list[str] = field(default_factory=list)
    id: str = "counting"
    dimensions: int = 64
    max_tokens: int = 512

    def load(self) -> None:
        """Nothing is heavy here."""

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        self.embedded += texts
        return np.stack([self.embed_query(text) for text in texts])

    def embed_query(self, text: str) -> Vectors:
        row = np.zeros(self.dimensions, np.float32)
        for term in terms(text) or ["?"]:
            row[sum(map(ord, term)) % self.dimensions] += 1
        return np.asarray(row / np.linalg.norm(row), np.float32)

    def count_tokens(self, text: str) -> int:
        return len(text)


def read_plain(path: Path) -> Document:
    """One block a paragraph; a file that says BROKEN cannot be read."""
    text = path.read_text(encoding="utf-8")
    if "BROKEN" in text:
        raise UnreadableFile("The file is broken; export it again.")
    blocks, start = [], 0
    for paragraph in text.split("\n\n"):
        blocks.append(Block(paragraph, "text", start, start + len(paragraph)))
        start += len(paragraph) + 2
    return Document(path.stem, text, tuple(blocks), "txt")


def one_chunk_a_block(document: Document, document_id: str, version: int) -> list[Chunk]:
    return [
        Chunk(
            id=f"{document_id}:{version}:{ordinal}",
            document_id=document_id,
            ordinal=ordinal,
            text=block.text,
            index_text=block.text,
            start=block.start,
            end=block.end,
            parent_start=0,
            parent_end=len(document.text),
            language=language(block.text),
        )
        for ordinal, block in enumerate(document.blocks)
        if block.text.strip()
    ]


@cache
def empty_database() -> bytes:
    """Return an up-to-date database without rows; made once, since the migrations are most of a small test's time."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "zhiwen.db"
        engine = open_database(f"sqlite:///{path}")
        engine.dispose()
        return path.read_bytes()


def small_parts(folder: Path) -> Parts:
    """Return ingest parts over a new database in the folder."""
    if not (folder / "zhiwen.db").exists():
        (folder / "zhiwen.db").write_bytes(empty_database())
    return Parts(
        library=SqlLibrary(open_database(f"sqlite:///{folder / 'zhiwen.db'}")),
        vectors=ExactVectors(),
        words=FtsIndex(":memory:"),
        embedder=CountingEmbedder(),
        parse=read_plain,
        split=one_chunk_a_block,
        hash_text=text_hash,
    )
