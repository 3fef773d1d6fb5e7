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

    `cosine`: the best centred cosine. `coverage`: the largest share of the question's term weight that one of the first
    passages holds. `rare`: whether its heaviest term is held. `crossing`: 1 when question and best passage are in
    different languages, where coverage says nothing.
    """
    looked_at = passages[:LOOKED_AT]
    wanted = {term: weights.get(term, 0.0) for term in set(terms(question))}
    total = sum(wanted.values())
    held = [set(terms(f"{p.chunk.index_text} {p.reading_text}")) for p in looked_at]
    shares = [sum(wanted[term] for term in wanted if term in some) / total if total else 0.0 for some in held]
    rarest = max(wanted, key=lambda term: wanted[term], default="")
    crossing = float(language(question) != passages[0].chunk.language)
    coverage = max(shares, default=0.0)
    return {
        "cosine": max(p.scores.get("dense", 0.0) for p in passages),
        "coverage": coverage * (1 - crossing),
        "rare": float(any(rarest in some for some in held)) * (1 - crossing),
        "crossing": crossing,
    }


@cache
def default_gate() -> Gate:
    """Return the decision fitted on the embedded models."""
    fitted = json.loads((Path(__file__).parent / "gate.json").read_text(encoding="utf-8"))
    return Gate(fitted["bias"], fitted["weights"], fitted["threshold"])
