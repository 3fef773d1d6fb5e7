"""The promises that engines keep. Flows depend on these and on records, never on an engine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from adapters.records import Limits, Prompt

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

    def ids(self) -> set[str]: ...

    def clear(self) -> None: ...


class Reranker(Protocol):
    """Scores passages against a question more carefully than the first search."""

    def score(self, question: str, texts: Sequence[str]) -> list[float]: ...


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

    def stream(self, prompt: Prompt, adapter: str | None = None, limits: Limits = Limits()) -> Iterator[str]:
        """Yield pieces of text. Closing the iterator stops the engine. Raises EngineUnavailable, EngineOverloaded."""
        ...

    def count_tokens(self, text: str) -> int: ...
