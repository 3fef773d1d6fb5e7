"""Tie each sentence of an answer to the passages that support it, by us and not by the model.

A sentence is supported by a passage that holds most of its weighty terms and all of its numbers. Small models neither
cite nor keep to the passages reliably, so nothing here trusts what the model says about its sources.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from adapters.sentences import sentences

from adapters.records import Citation, Passage
from adapters.terms import terms
from app.events import Cited
from app.numbers import numbers

# A sentence with less than this share of its term weight in a passage says something the passage does not.
SUPPORTED = 0.5
# A second passage is cited beside the best one only when it supports the sentence about as well.
ALSO = 0.9
_mark = re.compile(r"\s*\[\d{1,2}\]")

Weigh = Callable[[Sequence[str]], Mapping[str, float]]


@dataclass(frozen=True)
class _Support:
    passage: Passage
    share: float
    start: int
    end: int


def cite(answer: str, question: str, passages: Sequence[Passage], weigh: Weigh) -> Cited:
    """Return the answer with [n] after each supported sentence; sentences with foreign numbers are left out.

    `weigh` gives each term its weight (inverse document frequency). Marks the model wrote itself are removed.
    """
    answer = _mark.sub("", answer).strip()
    weights = weigh([*terms(answer), *terms(question)])
    used: list[_Support] = []
    order: list[str] = []
    unsupported: list[tuple[int, int]] = []
    text = ""
    position = 0
    for start, end in sentences(answer):
        gap, sentence = answer[position:start], answer[start:end]
        position = end
        known = numbers(question).union(*(numbers(p.reading_text) for p in passages)) if passages else set()
        if passages and not numbers(sentence) <= known:
            continue
        supports = _supports(sentence, passages, weights)
        begins = len(text) + len(gap)
        text += gap + sentence.rstrip()
        if not supports:
            unsupported.append((begins, len(text)))
        for support in supports:
            id = support.passage.chunk.id
            if id not in order:
                order.append(id)
                used.append(support)
            text += f"[{order.index(id) + 1}]"
        text += sentence[len(sentence.rstrip()) :]
    citations = tuple(_citation(number, support) for number, support in enumerate(used, 1))
    return Cited(text.strip(), citations, tuple(unsupported))


def _supports(sentence: str, passages: Sequence[Passage], weights: Mapping[str, float]) -> list[_Support]:
    wanted = {term: weights.get(term, 0.0) for term in terms(sentence)}
    total = sum(wanted.values())
    if not total:
        return []
    found: list[_Support] = []
    for passage in passages:
        text = passage.chunk.text
        share = _share(wanted, total, f"{passage.title} {' '.join(passage.chunk.heading_path)} {text}")
        if share < SUPPORTED or not numbers(sentence) <= numbers(passage.chunk.index_text + passage.reading_text):
            continue
        start, end = best_sentence(wanted, text)
        found.append(_Support(passage, share, passage.chunk.start + start, passage.chunk.start + end))
    found.sort(key=lambda support: -support.share)
    return [support for support in found[:2] if support.share >= ALSO * found[0].share]


def best_sentence(wanted: Mapping[str, float], text: str) -> tuple[int, int]:
    """Return the span of the sentence of text that holds most of the weight of the wanted terms."""
    spans = sentences(text) or [(0, len(text))]
    return max(spans, key=lambda span: sum(wanted.get(term, 0.0) for term in set(terms(text[span[0] : span[1]]))))


def _share(wanted: Mapping[str, float], total: float, text: str) -> float:
    held = set(terms(text))
    return sum(weight for term, weight in wanted.items() if term in held) / total


def _citation(number: int, support: _Support) -> Citation:
    passage, chunk = support.passage, support.passage.chunk
    return Citation(
        number=number,
        document_id=chunk.document_id,
        document_path=passage.document_path,
        title=passage.title,
        version=passage.version,
        start=support.start,
        end=support.end,
        quote=chunk.text[support.start - chunk.start : support.end - chunk.start],
        score=round(passage.score, 4),
        page=chunk.page,
        location=chunk.location,
        heading_path=chunk.heading_path,
    )
