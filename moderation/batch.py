"""Run the gate over files of texts: for judging a policy, and for checking what others wrote."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adapters.errors import BadInput
from adapters.records import Language
from adapters.terms import language
from moderation.moderator import Moderator
from moderation.policy import DEFAULT_POLICY, Surface, load_policy
from moderation.verdict import Verdict


@dataclass(frozen=True)
class Counts:
    """How many texts had which verdict."""

    total: int
    by_verdict: dict[str, int]


def moderate_file(
    source: Path,
    target: Path,
    surface: Surface,
    policy: Path = DEFAULT_POLICY,
    added_terms: Path | None = None,
    channel: str = "cli",
    score: Callable[[str], float] | None = None,
) -> Counts:
    """Write one verdict per line of a JSONL file with `text`, in its order, unknown keys left out but `id`.

    Raises BadInput with the line that cannot be read, BadPolicy.
    """
    moderator = moderator_for(policy, added_terms, score)
    by_verdict: dict[str, int] = {}
    total = 0
    with target.open("w", encoding="utf-8") as out:
        for line in read_jsonl(source):
            text = line["text"]
            verdict = moderator.check(text, surface, channel, text_language(text))
            out.write(json.dumps({"id": line.get("id"), **as_json(verdict)}, ensure_ascii=False) + "\n")
            by_verdict[verdict.action] = by_verdict.get(verdict.action, 0) + 1
            total += 1
    return Counts(total, by_verdict)


def moderator_for(
    policy: Path = DEFAULT_POLICY, added_terms: Path | None = None, score: Callable[[str], float] | None = None
) -> Moderator:
    """Return a moderator without a record of its verdicts. Raises BadPolicy."""
    loaded = load_policy(policy)
    return Moderator(loaded.with_terms(added_terms) if added_terms is not None else loaded, score=score)


def as_json(verdict: Verdict) -> dict[str, Any]:
    """Return the keys that stand in files and on the API."""
    return {
        "verdict": verdict.action,
        "category": verdict.category,
        "rule": verdict.rule,
        "spans": [list(span) for span in verdict.spans],
        "output": verdict.output,
    }


def read_jsonl(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the objects of a JSONL file whose `text` is a string. Raises BadInput."""
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as cause:
        raise BadInput(f"{path} cannot be read: {cause}.") from cause
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
        except json.JSONDecodeError as cause:
            raise BadInput(f"{path}:{number} is not JSON: {cause.msg}.") from cause
        if not isinstance(entry, dict) or not isinstance(entry.get("text"), str):
            raise BadInput(f"{path}:{number} needs a key text with a string.")
        yield entry


def text_language(text: str) -> Language:
    """Return the language to answer a text in."""
    return language(text)
