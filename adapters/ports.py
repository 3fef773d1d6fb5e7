"""The promises that engines keep. Flows depend on these and on records, never on an engine."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from adapters.records import Asker, Chunk, Document, DocumentState, Entry, Limits, Passage, Prompt, StoredText

Vectors = NDArray[np.float32]


class Embedder(Protocol):
    """Turns text into unit vectors whose inner product is a similarity, across languages."""

    @property
    def id(self) -> str:
        """Model, weights and centring in one name; vectors of two ids never share an index."""
        ...

    @property
    def dimensions(self) -> int: ...

    @property
    def max_tokens(self) -> int:
        """Longer passages lose their end."""
        ...

    def load(self) -> None:
        """Do the heavy part once; safe to call again. Raises ModelMissing, ModelCorrupt."""
        ...

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Return float32 of shape (len(texts), dimensions), rows of length 1, in the order given."""
        ...

    def embed_query(self, text: str) -> Vectors:
        """Return float32 of shape (dimensions,), length 1."""
        ...

    def count_tokens(self, text: str) -> int: ...


class VectorIndex(Protocol):
    """A disposable copy of the stored vectors that finds the nearest ones. Scores are computed by the caller."""

    def add(self, ids: Sequence[str], vectors: Vectors) -> None:
        """Add or overwrite; the same call twice changes nothing."""
        ...

    def remove(self, ids: Sequence[str]) -> None:
        """Unknown ids are ignored."""
        ...

    def nearest(self, vector: Vectors, k: int) -> list[str]:
        """Return up to k ids, nearest first."""
        ...

    def ids(self) -> set[str]: ...

    def clear(self) -> None: ...


class LexicalIndex(Protocol):
    """A disposable copy of the stored texts that finds chunks by their terms (`adapters.terms`)."""

    def add(self, ids: Sequence[str], texts: Sequence[str]) -> None: ...

    def remove(self, ids: Sequence[str]) -> None: ...

    def search(self, text: str, k: int) -> list[tuple[str, float]]:
        """Return up to k (id, score), best first; higher is better."""
        ...

    def document_frequency(self, terms: Sequence[str]) -> Mapping[str, int]:
        """In how many chunks each term stands."""
        ...

    def count(self) -> int:
        """How many chunks it holds."""
        ...

    def ids(self) -> set[str]: ...

    def clear(self) -> None: ...


class Library(Protocol):
    """The document store: the single truth about files, versions, chunks, vectors and who may read them.

    Everything that takes an asker answers only from current versions in force on `as_of` (ISO date) that this asker
    may read.
    """

    def entries(self) -> list[Entry]:
        """Every ledger line, for the sync and for owners; ordered by path."""
        ...

    def note(self, entry: Entry, readers: Sequence[str] = ("public",)) -> None:
        """Insert or update a ledger line; the readers are set with it."""
        ...

    def state(self, document_id: str, state: DocumentState, reason: str = "") -> None: ...

    def known_vectors(self, embedder: str, text_hashes: Sequence[str]) -> Mapping[str, Vectors]:
        """Vectors this embedder already made for texts with these hashes."""
        ...

    def next_version(self, document_id: str) -> int: ...

    def replace(
        self, entry: Entry, version: int, document: Document, chunks: Sequence[Chunk], vectors: Vectors, embedder: str
    ) -> list[str]:
        """Make `version` the one that answers, in one transaction; return the chunk ids that no longer count."""
        ...

    def forget(self, document_id: str) -> list[str]:
        """Remove the document in one transaction; return its chunk ids."""
        ...

    def chunk_ids(self) -> set[str]:
        """The ids that the indexes should hold."""
        ...

    def stored_chunks(self, ids: Sequence[str]) -> list[tuple[str, str, Vectors]]:
        """Return (id, index text, vector) to rebuild an index from."""
        ...

    def permitted(self, ids: Sequence[str], asker: Asker, as_of: str) -> list[str]:
        """Return those of the ids that count for this asker, order kept."""
        ...

    def permitted_vectors(self, asker: Asker, as_of: str) -> tuple[list[str], Vectors]:
        """Every chunk this asker may read, for an exact scan."""
        ...

    def vectors(self, ids: Sequence[str]) -> Mapping[str, Vectors]: ...

    def passages(self, ids: Sequence[str]) -> list[Passage]:
        """Return passages without scores, in the order of the ids; unknown ids are left out."""
        ...

    def version_text(self, document_id: str, version: int, asker: Asker) -> StoredText | None:
        """Return a kept version if this asker may read the document, else None."""
        ...

    def readable(self, asker: Asker) -> list[Entry]:
        """The ledger lines this asker may see."""
        ...


class Reranker(Protocol):
    """Scores passages against a question more carefully than the first search."""

    def score(self, question: str, texts: Sequence[str]) -> list[float]: ...


@runtime_checkable
class Leans(Protocol):
    """What some chat models can do besides: say which of two words they would rather answer with."""

    def leaning(self, prompt: Prompt, words: tuple[str, str]) -> float | None:
        """The log odds of beginning with the first word rather than the second, None when the model cannot tell.

        Raises EngineUnavailable, EngineOverloaded.
        """
        ...


class ChatModel(Protocol):
    """Streams an answer to a prompt."""

    @property
    def name(self) -> str:
        """Shown to people and written beside every answer."""
        ...

    @property
    def context_tokens(self) -> int: ...

    def ready(self) -> bool:
        """True when `stream` would start at once."""
        ...

    def load(self) -> None:
        """Do the heavy part once; safe to call again. Raises ModelMissing, ModelCorrupt, EngineUnavailable."""
        ...

    def stream(
        self, prompt: Prompt, adapter: str | None = None, limits: Limits = Limits()
    ) -> Generator[str, None, None]:
        """Yield pieces of text. Closing the generator stops the engine. Raises EngineUnavailable, EngineOverloaded."""
        ...

    def count_tokens(self, text: str) -> int: ...
