"""Decide from the search results alone whether the knowledge base holds an answer, before any model runs.

A small model asked to refuse refuses good questions and answers bad ones, so it is never asked. The probability comes
from a logistic regression over what search knows; `benchmarks/calibrate_gate.py` fits it and writes `gate.json`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from adapters.records import Passage
from adapters.terms import language, terms

LOOKED_AT = 3


@dataclass(frozen=True)
class Evidence:
    """How likely the passages hold the answer, and the signals it was judged from."""

    probability: float
    enough: bool
    signals: Mapping[str, float]


@dataclass(frozen=True)
class Gate:
    """A fitted decision: `probability = 1 / (1 + exp(-(bias + sum(weight * signal))))`, enough at `threshold`."""

    bias: float
    weights: Mapping[str, float]
    threshold: float

    def __call__(self, question: str, passages: Sequence[Passage], weights: Mapping[str, float]) -> Evidence:
        """Judge the passages found for a question; `weights` are the inverse document frequencies of its terms."""
        if not passages:
            return Evidence(0.0, False, {})
        found = signals(question, passages, weights)
        score = self.bias + sum(self.weights.get(name, 0.0) * value for name, value in found.items())
        probability = 1 / (1 + math.exp(-max(-50.0, min(50.0, score))))
        return Evidence(probability, probability >= self.threshold, found)


def signals(question: str, passages: Sequence[Passage], weights: Mapping[str, float]) -> dict[str, float]:
    """Return what the decision looks at.

    `cosine`: the best centred cosine. `gap`: how far it stands above the mean of the passages found; a question that
    nothing answers finds many passages that are equally near. `coverage`: the largest share of the question's term
    weight that one of the first passages holds. `words`: the best BM25 score a unit of that weight. `crossing`: 1 when
    question and best passage are in different languages, where words say nothing.
    """
    wanted = {term: weights.get(term, 0.0) for term in set(terms(question))}
    total = sum(wanted.values()) or 1.0
    held = [set(terms(passage.chunk.index_text)) for passage in passages[:LOOKED_AT]]
    shares = [sum(weight for term, weight in wanted.items() if term in some) / total for some in held]
    cosines = [passage.scores.get("dense", 0.0) for passage in passages]
    same_language = float(language(question) == passages[0].chunk.language)
    return {
        "cosine": max(cosines),
        "gap": max(cosines) - sum(cosines) / len(cosines),
        "coverage": max(shares) * same_language,
        "words": max(passage.scores.get("lexical", 0.0) for passage in passages) / total * same_language,
        "crossing": 1 - same_language,
    }


@cache
def default_gate() -> Gate:
    """Return the decision fitted on the embedded models."""
    fitted = json.loads((Path(__file__).parent / "gate.json").read_text(encoding="utf-8"))
    return Gate(fitted["bias"], fitted["weights"], fitted["threshold"])
