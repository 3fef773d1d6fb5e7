"""Train the question judge: python benchmarks/train_moderation.py UNSAFE.txt ORDINARY.txt [HELD_OUT_UNSAFE.txt ...]

One text per line. The shipped weights were trained on the questions of JADE (whitzard-ai/jade-db, MIT), our own
tests/data/moderation sets, the inoffensive comments of COLD (thu-coai/COLDataset, Apache-2.0), and sentences of Chinese
laws (public domain). Logistic regression, full passes of Adam, L2.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from moderation.classifier import BUCKETS, WEIGHTS, QuestionJudge, features
from moderation.normalise import normalise


def lines(path: str) -> list[str]:
    return [line for line in Path(path).read_text(encoding="utf-8").split("\n") if line.strip()]


def train(unsafe: list[str], ordinary: list[str], passes: int = 12, decay: float = 2e-5) -> tuple[np.ndarray, float]:
    rng = np.random.default_rng(0)
    samples = [
        (features(normalise(text).text), label) for texts, label in ((unsafe, 1.0), (ordinary, 0.0)) for text in texts
    ]
    share = len(unsafe) / len(samples)
    weights, bias = np.zeros(BUCKETS), 0.0
    squares, square = np.full(BUCKETS, 1e-6), 1e-6  # AdaGrad
    for _ in range(passes):
        for index in rng.permutation(len(samples)):
            found, label = samples[index]
            if not len(found):
                continue
            scale = 1 / np.sqrt(len(found))
            score = 1 / (1 + np.exp(-bias - weights[found].sum() * scale))
            error = (score - label) * (0.5 / share if label else 0.5 / (1 - share))
            slope = error * scale + decay * weights[found]
            squares[found] += slope**2
            weights[found] -= 0.3 * slope / np.sqrt(squares[found])
            square += error**2
            bias -= 0.1 * error / np.sqrt(square)
    return weights, bias


if __name__ == "__main__":
    weights, bias = train(lines(sys.argv[1]), lines(sys.argv[2]))
    np.savez_compressed(WEIGHTS, weights=weights.astype(np.float16), bias=np.float32(bias))
    judge = QuestionJudge()
    for path in sys.argv[3:]:
        scores = np.array([judge.score(normalise(text).text) for text in lines(path)])
        print(
            path, len(scores), {cut: round(float((scores > cut).mean()), 3) for cut in (0.5, 0.7, 0.8, 0.9, 0.95, 0.98)}
        )
