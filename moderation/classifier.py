"""A small linear judge of questions, over hashed character n-grams. It ranks; a rule decides what its score means.

Trained by benchmarks/train_moderation.py; the weights are plain arrays. It sees what word lists cannot (a whole way of
asking), and is wrong on its own too often to refuse anybody: a rule asks it only where a risky word stands too.
"""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

BUCKETS = 1 << 15
LONGEST = 300  # characters; longer texts are documents, which it has never seen
WEIGHTS = Path(__file__).parent / "default_policy" / "questions.npz"


def features(text: str) -> NDArray[np.int64]:
    """Return the distinct buckets of the 1- to 3-grams of a folded text."""
    grams = {text[start : start + size] for size in (1, 2, 3) for start in range(len(text) - size + 1)}
    return np.array(sorted({zlib.crc32(gram.encode()) % BUCKETS for gram in grams}), dtype=np.int64)


class QuestionJudge:
    """Scores folded questions between 0 (ordinary) and 1 (unsafe)."""

    def __init__(self, weights: Path = WEIGHTS) -> None:
        with np.load(weights, allow_pickle=False) as arrays:
            self._weights = arrays["weights"].astype(np.float32)
            self._bias = float(arrays["bias"])

    def score(self, text: str) -> float:
        """Return the score of a folded text, 0 when it is empty or too long to be a question."""
        if not text or len(text) > LONGEST:
            return 0.0
        found = features(text)
        return float(1 / (1 + np.exp(-self._bias - self._weights[found].sum() / np.sqrt(len(found)))))
