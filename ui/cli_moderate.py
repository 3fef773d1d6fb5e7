"""`zhiwen moderate`: the verdicts of the moderation layer on a file of texts."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

import typer

from app.settings import read_settings
from ui.terminal import AsJson, SettingsFile, print_json, say


def moderate(
    surface: Annotated[Literal["question", "passage", "answer"], typer.Option(help="where the texts would stand")],
    source: Annotated[Path, typer.Option("--in", help="JSONL with `text` a line")],
    target: Annotated[Path, typer.Option("--out", help="JSONL to write: one verdict a line, in the same order")],
    policy: Annotated[Path | None, typer.Option(help="policy folder; default: the one that ships")] = None,
    add_terms: Annotated[Path | None, typer.Option(help="TSV of term and category, added with default flags")] = None,
    as_json_: AsJson = False,
    settings: SettingsFile = None,
) -> None:
    """Write the verdict, category, spans and permitted text of every line."""
    from app.engines import meaning_score
    from moderation.batch import moderate_file
    from moderation.policy import DEFAULT_POLICY

    score = meaning_score(read_settings(settings)) if surface == "question" else None
    counts = moderate_file(source, target, surface, policy or DEFAULT_POLICY, add_terms, score=score)
    if as_json_:
        print_json(asdict(counts))
    else:
        say(", ".join(f"{name} {value}" for name, value in asdict(counts).items()))
