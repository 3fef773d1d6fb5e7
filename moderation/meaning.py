"""Judge a question by its meaning: a linear score over the vector that the search makes of it anyway.

Word lists know spellings; this knows what a question is about, in both languages, also where no listed word stands. It
is right about whole sentences only, so longer texts are left to the other checks. Trained by
benchmarks/train_moderation.py for one embedding model; with another it is not used.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np

from adapters.ports import Embedder
from moderation.classifier import LONGEST

WEIGHTS = Path(__file__).parent / "tables" / "meaning.npz"


class MeaningJudge:
    """Scores folded questions between 0 (ordinary) and 1 (unsafe). Remembers the last ones: they are asked twice."""

    def __init__(self, embedder: Embedder, weights: Path = WEIGHTS) -> None:
        with np.load(weights, allow_pickle=False) as arrays:
            self._weights = arrays["weights"].astype(np.float32)
            self._bias = float(arrays["bias"])
        self._embedder = embedder
        self._scored = lru_cache(maxsize=256)(self._score)

    def score(self, text: str) -> float:
        """Return the score of a folded text, 0 when it is empty or too long to be a question."""
        return self._scored(text) if 0 < len(text) <= LONGEST else 0.0

    def _score(self, text: str) -> float:
        return float(1 / (1 + np.exp(-self._bias - float(self._weights @ self._embedder.embed_query(text)))))


def fits(embedder: Embedder, weights: Path = WEIGHTS) -> bool:
    """Return whether there are weights for this embedding model."""
    if not weights.is_file():
        return False
    with np.load(weights, allow_pickle=False) as arrays:
        return str(arrays["embedder"]) == embedder.id
