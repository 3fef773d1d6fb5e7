"""A stand-in for an embedding model: a hashed bag of terms.

It needs no weights, is the same on every machine, and finds texts that share terms. It ships, so that the program can
be tried and tested without a model; texts that mean the same in other words it does not find.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence

import numpy as np

from adapters.ports import Vectors
from adapters.terms import terms

# What stands behind this many characters is not read, as with a real model.
_most_characters = 8192


class FakeEmbedder:
    """Keeps the `Embedder` promise. Each term adds its weight to four places of the vector, chosen by its hash."""

    dimensions = 256
    max_tokens = 512
    id = "fake:256:1"

    def load(self) -> None:
        """Nothing to load."""

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Return float32 of shape (len(texts), 256), rows of length 1."""
        vectors = np.empty((len(texts), self.dimensions), np.float32)
        for index, text in enumerate(texts):
            vectors[index] = self.embed_query(text)
        return vectors

    def embed_query(self, text: str) -> Vectors:
        """Return float32 of shape (256,), length 1; passages and questions are treated alike."""
        vector = np.zeros(self.dimensions, np.float32)
        for term, count in Counter(terms(text[:_most_characters])[: self.max_tokens]).items():
            digest = hashlib.blake2b(term.encode("utf-8", "surrogatepass"), digest_size=8).digest()
            for place, sign in zip(digest[:4], digest[4:], strict=True):
                vector[place] += (1.0 if sign % 2 else -1.0) * (1.0 + np.log(count))
        length = float(np.linalg.norm(vector))
        if length == 0.0:
            vector[0] = length = 1.0
        return np.asarray(vector / length, np.float32)

    def count_tokens(self, text: str) -> int:
        """Return the number of terms."""
        return len(terms(text))
