"""Find the passages a question is about: by meaning and by words, permitted and in force, best first.

Who may read what is decided before the lists are cut: ids are over-fetched, the store keeps those that count for this
asker, and when few survive every permitted vector is compared instead, so nobody gets fewer results than exist.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date

from adapters.ports import Embedder, LexicalIndex, Library, Reranker, VectorIndex, Vectors
from adapters.records import Asker, Passage
from adapters.terms import terms

Scores = dict[str, float]
# How many more ids are asked for when the first ones leave too few that the asker may read.
WIDER = 5


@dataclass(frozen=True)
class Found:
    """The passages, best first, and how they came to be: candidates per leg, milliseconds per stage.

    `near` are the best candidates before they were cut and each part of a document was taken once.
    """

    passages: tuple[Passage, ...]
    legs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    milliseconds: Mapping[str, float] = field(default_factory=dict)
    near: tuple[Passage, ...] = ()


@dataclass(frozen=True)
class Search:
    """Hybrid search over one store and its two indexes.

    `weigh` gives question terms their inverse document frequency; `lexical_weight` is what the lexical score counts
    beside the cosine; `candidates` is how long each list is before fusion; `overfetch` is how many ids are asked of an
    index to have that many left after the asker's rights are applied.
    """

    library: Library
    vectors: VectorIndex
    words: LexicalIndex
    embedder: Embedder
    weigh: Callable[[Sequence[str]], Mapping[str, float]]
    reranker: Reranker | None = None
    lexical_weight: float = 0.5
    candidates: int = 50
    overfetch: int = 200
    per_document: int = 3

    def __call__(self, question: str, asker: Asker, k: int = 8, as_of: str | None = None) -> Found:
        """Return up to k passages for the question, for this asker, in force on `as_of` (ISO date, default today)."""
        as_of = as_of or date.today().isoformat()
        clock = Clock()
        with clock("embed"):
            vector = self.embedder.embed_query(question)
        with clock("dense"):
            dense = self._dense(vector, asker, as_of)
        with clock("lexical"):
            lexical = self._lexical(question, asker, as_of)
        with clock("fuse"):
            union = list(dict.fromkeys([*dense, *lexical]))
            cosines = dense | self._cosines([id for id in union if id not in dense], vector)
            fused = fuse(cosines, lexical, sum(self.weigh(terms(question)).values()), self.lexical_weight)
            order = sorted(fused, key=lambda id: -fused[id])
        legs = {"dense": tuple(dense), "lexical": tuple(lexical), "fused": tuple(order)}
        scores = {id: {"dense": cosines[id], "lexical": lexical.get(id, 0.0), "fused": fused[id]} for id in order}
        if self.reranker:
            with clock("rerank"):
                order = self._rerank(question, order[: self.candidates], scores)
            legs["reranked"] = tuple(order)
        with clock("read"):
            near = self.library.passages(order[: max(4 * k, 20)])
            near = [replace(p, score=scores[p.chunk.id]["fused"], scores=scores[p.chunk.id]) for p in near]
            passages = self._diverse(near, k)
        return Found(tuple(passages), legs, clock.milliseconds, tuple(near))

    def _dense(self, vector: Vectors, asker: Asker, as_of: str) -> Scores:
        # Asking for many ids costs little more than for few; an exact scan is for who may read little of what is near.
        for wanted in (self.overfetch, WIDER * self.overfetch):
            ids = self.vectors.nearest(vector, wanted)
            permitted = self.library.permitted(ids, asker, as_of)
            if len(permitted) >= self.candidates or len(ids) < wanted:
                return best(self._cosines(permitted[:wanted], vector), self.candidates)
        return dict(self.library.nearest_permitted(vector, asker, as_of, self.candidates))

    def _lexical(self, question: str, asker: Asker, as_of: str) -> Scores:
        found: Scores = {}
        for wanted in (self.overfetch, WIDER * self.overfetch, self.words.count()):
            found = dict(self.words.search(question, wanted))
            permitted = self.library.permitted(list(found), asker, as_of)
            if len(permitted) >= self.candidates or len(found) < wanted:
                break
        return best({id: found[id] for id in permitted}, self.candidates)

    def _cosines(self, ids: Sequence[str], vector: Vectors) -> Scores:
        rows = self.library.vectors(ids)
        return {id: float(rows[id] @ vector) for id in ids if id in rows}

    def _rerank(self, question: str, order: Sequence[str], scores: Mapping[str, Scores]) -> list[str]:
        assert self.reranker
        passages = self.library.passages(order)
        for passage, score in zip(
            passages, self.reranker.score(question, [p.chunk.text for p in passages]), strict=True
        ):
            scores[passage.chunk.id]["reranked"] = score
        return sorted((p.chunk.id for p in passages), key=lambda id: -scores[id]["reranked"])

    def _diverse(self, near: Sequence[Passage], k: int) -> list[Passage]:
        """Take the best k, at most `per_document` of one document while others are waiting."""
        counts: dict[str, int] = {}
        first: list[Passage] = []
        later: list[Passage] = []
        for number, passage in enumerate(near):
            if any(same_pair(passage, other) for other in near[:number]):
                continue
            seen = counts.get(passage.chunk.document_id, 0)
            counts[passage.chunk.document_id] = seen + 1
            (first if seen < self.per_document else later).append(passage)
        return [*first, *later][:k]


def same_pair(one: Passage, other: Passage) -> bool:
    """True when both stand for the same stored question and answer: two wordings of it, or a wording and its text."""
    a, b = one.chunk, other.chunk
    return a.document_id == b.document_id and "faq" in (a.kind, b.kind) and a.start < b.end and b.start < a.end


def best(scores: Scores, k: int) -> Scores:
    """Return the k highest, highest first."""
    return dict(sorted(scores.items(), key=lambda item: -item[1])[:k])


def fuse(cosines: Scores, lexical: Scores, term_weight: float, lexical_weight: float) -> Scores:
    """Fuse two score lists: cosine + lexical_weight * BM25 / (summed weight of the question's terms).

    Neither list is stretched to its own best hit, as in the usual min-max normalisation (Bruch, Gai and Ingber, "An
    Analysis of Fusion Functions for Hybrid Retrieval", 2022): when a question shares few words with the texts, its best
    BM25 score is noise and must stay small.
    """
    unit = lexical_weight / (term_weight or 1.0)
    return {id: cosine + unit * max(lexical.get(id, 0.0), 0.0) for id, cosine in cosines.items()}


class Clock:
    """Collects how long named stages took, in milliseconds."""

    def __init__(self) -> None:
        self.milliseconds: dict[str, float] = {}
        self._started = time.perf_counter()

    def mark(self, moment: str) -> None:
        """Note when something happened, counted from the start."""
        self.milliseconds[moment] = round(1000 * (time.perf_counter() - self._started), 2)

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        start = time.perf_counter()
        try:
            yield
        finally:
            elapsed = 1000 * (time.perf_counter() - start)
            self.milliseconds[stage] = round(self.milliseconds.get(stage, 0.0) + elapsed, 2)
