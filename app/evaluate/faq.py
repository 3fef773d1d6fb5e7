"""How often the right stored pair comes first, and how often a direct answer is given that should be, or should not."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from adapters.errors import BadInput
from adapters.records import Document, Passage
from app.direct import Candidate, candidates, clearance, contradiction, direct
from app.evaluate.questions import read_lines
from app.search import Found


class Query(BaseModel):
    """What a user asked; `faq_ids` are the pairs that answer it, none where `expect` says so."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    id: str
    query: str
    faq_ids: tuple[str, ...] = ()
    expect: Literal["match", "none", "no_match"] = "match"


def read_queries(path: Path, limit: int | None = None) -> list[Query]:
    """Return the queries of a set. Raises BadInput naming file and line."""
    found = []
    for number, value in read_lines(path):
        try:
            found.append(Query.model_validate(value))
        except ValidationError as cause:
            raise BadInput(f"{path}, line {number}: {cause.errors()[0]['loc']} {cause.errors()[0]['msg']}.") from cause
    if not found:
        raise BadInput(f"{path} holds no queries.")
    return found[:limit]


def names_of(document: Document) -> dict[int, str]:
    """Return the id of each pair by where it begins. Raises BadInput when the file holds none."""
    if not document.pairs:
        raise BadInput(
            f"{document.title} is no table of questions and answers: its columns must be named question and answer "
            "(or 问题 and 答案)."
        )
    return {pair.start: pair.id or str(number) for number, pair in enumerate(document.pairs, 1)}


def evaluate_faq(
    queries: Sequence[Query],
    search: Callable[[str], Found],
    names: Mapping[tuple[str, int], str],
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> dict[str, Any]:
    """Return the report of `zhiwen eval faq`.

    `top1`: share of the queries with a match whose first pair is right; `direct_answer_precision`: of all direct
    answers, those that are right; `direct_answer_recall`: of the queries with a match, those answered directly and
    right; `false_direct_on_none`: of the queries without one, those answered directly.
    """
    records = []
    for number, query in enumerate(queries, 1):
        records.append(_record(query, search(query.query).near, names))
        progress(number, len(queries))
    return figures(records) | {"records": records}


def figures(records: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the shares over records."""
    match = [one for one in records if one["expect"] == "match"]
    none = [one for one in records if one["expect"] != "match"]
    given = [one for one in records if one["direct"]]
    return {
        "n": len(records),
        "top1": _share([one["right"] for one in match]),
        "top5": _share([one["among5"] for one in match]),
        "direct_answer_precision": _share([one["direct_right"] for one in given]),
        "direct_answer_recall": _share([one["direct_right"] for one in match]),
        "false_direct_on_none": _share([bool(one["direct"]) for one in none]),
        "direct": len(given),
        "n_none": len(none),
    }


def _record(query: Query, near: Sequence[Passage], names: Mapping[tuple[str, int], str]) -> dict[str, Any]:
    found = candidates(near)
    order = [_name(one, names) for one in found]
    given = direct(query.query, near)
    given_name = _name(given, names) if given else None
    first = found[0] if found else None
    return {
        "id": query.id,
        "expect": "match" if query.expect == "match" else "none",
        "query": query.query,
        "first": order[0] if order else None,
        "wording": first.wording if first else "",
        "right": bool(order) and order[0] in query.faq_ids,
        "among5": any(name in query.faq_ids for name in order[:5]),
        "direct": given_name,
        "direct_right": given_name in query.faq_ids,
        "near": round(first.near, 4) if first else 0.0,
        "answers": round(first.answers, 4) if first else 0.0,
        "clear": round(clearance(found, near), 4) if first else 0.0,
        "contradiction": contradiction(query.query, first) if first else "",
    }


def _name(candidate: Candidate, names: Mapping[tuple[str, int], str]) -> str:
    return names.get((candidate.passage.chunk.document_id, candidate.passage.chunk.start), "?")


def _share(values: Sequence[bool]) -> float:
    return round(sum(values) / len(values), 4) if values else 0.0
