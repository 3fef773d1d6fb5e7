"""`zhiwen search`: the chat's own search on the command line, with every score, and what filters left out."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from adapters.errors import BadInput
from ui.terminal import (
    LOCAL,
    AsJson,
    DataFolder,
    KnowledgeBase,
    SettingsFile,
    bases_of,
    bring_in_sync,
    out,
    print_json,
    say,
    settings_of,
)


def search(
    question: str,
    k: int = 8,
    explain: Annotated[bool, typer.Option(help="ranks per stage, what was searched, what filters left out")] = False,
    as_user: Annotated[str, typer.Option("--as", help="search as this account would")] = "",
    kb: KnowledgeBase = None,
    settings: SettingsFile = None,
    data: DataFolder = None,
    as_json_: AsJson = False,
) -> None:
    """Search as the chat does, and show every score."""
    from app.build import build

    if not question.strip():
        raise BadInput("The question is empty; write what you are looking for.")
    chosen = settings_of(settings, data)
    bases = bases_of(chosen, kb)
    with build(chosen, say) as built:
        bring_in_sync(built)
        shown = built.search_test.explain(question, LOCAL, as_user, k, bases)
    if as_json_:
        print_json(as_dict(shown, explain))
        return
    table = Table("#", "score", "order", "dense", "words", "document", "passage")
    for number, passage in enumerate(shown.found.passages, 1):
        scores, ranks = passage.scores, shown.ranks.get(passage.chunk.id, {}) if explain else {}
        text = " ".join(passage.chunk.text.split())[:120]
        columns = [_score(scores, ranks, "fused", 3), _score(scores, ranks, "reranked", 2)]
        columns += [_score(scores, ranks, "dense", 3), _score(scores, ranks, "lexical", 2)]
        note = f"[{passage.why}] " if passage.why else ""
        table.add_row(str(number), *columns, escape(passage.document_path), escape(note + text))
    out.print(table)
    say(", ".join(f"{stage} {spent:.0f} ms" for stage, spent in shown.found.milliseconds.items()))
    if explain:
        _explain(shown)


def _score(scores: Any, ranks: Any, leg: str, digits: int) -> str:
    if leg not in scores:
        return "-"
    place = f" #{ranks[leg]}" if leg in ranks else ""
    return f"{scores[leg]:.{digits}f}{place}"


def _explain(shown: Any) -> None:
    asked = shown.found.asked
    lines = [f"searched as {shown.asker.user}, groups: {', '.join(sorted(shown.asker.groups)) or 'none'}"]
    if asked.added:
        lines.append(f"words added: {', '.join(asked.added)}")
    if asked.corrected:
        lines.append("spelling: " + ", ".join(f"{word} -> {meant}" for word, meant in asked.corrected.items()))
    if asked.parts:
        lines.append("split into: " + " / ".join(asked.parts))
    for leg, ids in shown.found.legs.items():
        lines.append(f"{leg}: {len(ids)} candidates")
    for rule, count in shown.removed.items():
        paths = dict.fromkeys(one.document_path for one in shown.kept_out if one.rule == rule)
        lines.append(f"left out by {rule}: {count} ({', '.join(list(paths)[:8])})")
    for line in lines:
        out.print(line, markup=False, highlight=False, soft_wrap=True)


def as_dict(shown: Any, explain: bool) -> dict[str, Any]:
    """Return a search test for programs."""
    passages = [
        {
            "doc_id": passage.document_path,
            "title": passage.title,
            "page": passage.chunk.page,
            "heading_path": passage.chunk.heading_path,
            "start": passage.chunk.start,
            "end": passage.chunk.end,
            "text": passage.chunk.text,
            "score": passage.score,
            "scores": dict(passage.scores),
            "why": passage.why,
            **({"ranks": dict(shown.ranks.get(passage.chunk.id, {}))} if explain else {}),
        }
        for passage in shown.found.passages
    ]
    answer: dict[str, Any] = {"passages": passages, "timings_ms": dict(shown.found.milliseconds)}
    if explain:
        asked = shown.found.asked
        answer["asked"] = {
            "text": asked.text,
            "added": list(asked.added),
            "corrected": dict(asked.corrected),
            "parts": list(asked.parts),
        }
        answer["as"] = {"user": shown.asker.user, "groups": sorted(shown.asker.groups)}
        answer["legs"] = {leg: len(ids) for leg, ids in shown.found.legs.items()}
        answer["removed"] = dict(shown.removed)
        answer["left_out"] = [
            {"chunk": one.chunk_id, "doc_id": one.document_path, "rule": one.rule} for one in shown.kept_out
        ]
    return answer
