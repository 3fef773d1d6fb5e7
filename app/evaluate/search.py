"""How often search finds the right document, per leg, kind and language, and how long each stage takes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from app.evaluate.questions import Question, same_document
from app.search import Found

DEPTH = 10
# In how many first passages an answer is looked for: a small model sees about three.
SHOWN = (1, 3, 5)


def evaluate_search(
    questions: Sequence[Question],
    search: Callable[[str], Found],
    documents_of: Callable[[Sequence[str]], Sequence[str]],
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> dict[str, Any]:
    """Return the report of `zhiwen eval search` without its `ingest` part.

    `answer_in_first` is the share of questions whose gold strings stand in the text of the first passages.
    `documents_of` names the document of each chunk id. Unanswerable questions are left out; ranks count distinct
    documents.
    """
    asked = [question for question in questions if question.answerable and question.documents]
    ranks: dict[str, list[int]] = defaultdict(list)
    stages: dict[str, list[float]] = defaultdict(list)
    holding: dict[int, list[bool]] = {n: [] for n in SHOWN}
    misses: list[dict[str, Any]] = []
    for number, question in enumerate(asked, 1):
        found = search(question.question)
        for leg, ids in found.legs.items():
            ranks[leg].append(_rank(documents_of(ids), question))
        final = [passage.document_path for passage in found.passages]
        for shown, held in holding.items():
            text = "\n".join(passage.chunk.text for passage in found.passages[:shown])
            if question.answers:
                held.append(question.contained_in(text))
        ranks["final"].append(_rank([*final, *documents_of(found.legs.get("reranked", found.legs["fused"]))], question))
        if ranks["final"][-1] > 5:
            got = list(dict.fromkeys(final))[:5]
            misses.append(
                {"id": question.id, "question": question.question, "expected": list(question.documents), "got": got}
            )
        for stage, spent in found.milliseconds.items():
            stages[stage].append(spent)
        stages["total"].append(sum(found.milliseconds.values()))
        progress(number, len(asked))
    final_ranks = ranks.pop("final", [])
    return {
        "n": len(asked),
        **_figures(final_ranks),
        "by_kind": _grouped(final_ranks, [question.kind or "-" for question in asked]),
        "by_lang": _grouped(final_ranks, [question.lang or "-" for question in asked]),
        "answer_in_first": {str(shown): round(float(np.mean(held)), 4) for shown, held in holding.items() if held},
        "legs": {leg: _figures(found_at) for leg, found_at in ranks.items()},
        "latency_ms": _latency(stages),
        "misses": misses,
    }


def _rank(paths: Iterable[str], question: Question) -> int:
    """Return the rank of the first right document among the distinct ones, from 1; a large number when absent."""
    for rank, path in enumerate(dict.fromkeys(paths), 1):
        if any(same_document(path, gold) for gold in question.documents):
            return rank
    return 10**9


def _figures(ranks: Sequence[int]) -> dict[str, float]:
    if not ranks:
        return {}
    at = np.array(ranks)
    figures = {f"recall@{k}": round(float((at <= k).mean()), 4) for k in (1, 5, DEPTH)}
    return {"n": len(ranks), **figures, "mrr": round(float(np.where(at <= DEPTH, 1 / at, 0).mean()), 4)}


def _grouped(ranks: Sequence[int], names: Sequence[str]) -> dict[str, dict[str, float]]:
    groups: dict[str, list[int]] = defaultdict(list)
    for rank, name in zip(ranks, names, strict=True):
        groups[name].append(rank)
    return {name: _figures(group) for name, group in sorted(groups.items())}


def _latency(stages: Mapping[str, Sequence[float]]) -> dict[str, Any]:
    spent = {stage: (float(np.percentile(ms, 50)), float(np.percentile(ms, 95))) for stage, ms in stages.items() if ms}
    total = spent.pop("total", (0.0, 0.0))
    by_stage = {stage: {"p50": round(p50, 2), "p95": round(p95, 2)} for stage, (p50, p95) in spent.items()}
    return {"p50": round(total[0], 2), "p95": round(total[1], 2), "by_stage": by_stage}
