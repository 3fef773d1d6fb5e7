"""`zhiwen eval faq`: how stored questions are found and when their answers are given directly."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from adapters.errors import BadInput
from ui.cli_eval import EVALUATOR, Data, JsonFile, Limit, SettingsFile, _finish, _loaded, _progress, evaluation

FIGURES = (
    "n",
    "top1",
    "top5",
    "direct_answer_precision",
    "direct_answer_recall",
    "false_direct_on_none",
)


@evaluation.command("faq")
def eval_faq(
    faq: Annotated[Path, typer.Option("--faq", help="CSV, XLSX or JSONL of {id, question, answer}")],
    queries: Annotated[Path, typer.Option("--queries", help="JSONL of {id, query, faq_ids, expect}")],
    beside: Annotated[Path | None, typer.Option("--docs", help="a folder of documents that lie beside it")] = None,
    limit: Limit = None,
    json_file: JsonFile = None,
    data: Data = None,
    settings: SettingsFile = None,
) -> None:
    """The right pair first, answers given directly, and those that should not have been."""
    from app.evaluate.faq import evaluate_faq, names_of, read_queries
    from ingest.parse import parse

    if not faq.is_file():
        raise BadInput(f"There is no file {faq}.")
    asked, names = read_queries(queries, limit), names_of(parse(faq))
    with tempfile.TemporaryDirectory(prefix="zhiwen-faq-") as scratch:
        folder = (data or Path(scratch)) / "faq-docs"
        shutil.rmtree(folder, ignore_errors=True)
        if beside is None:
            folder.mkdir(parents=True)
        else:
            shutil.copytree(beside, folder)
        shutil.copy(faq, folder / faq.name)
        with _loaded(folder, None, data, settings) as loaded:
            built = loaded.built
            mine = {entry.id for entry in built.ingest.library.entries() if entry.path == faq.name}
            report = evaluate_faq(
                asked,
                lambda query: built.search(query, EVALUATOR, built.settings.search.passages),
                {(id, start): name for id in mine for start, name in names.items()},
                _progress("queries"),
            ) | {"ingest": loaded.report}
    table = Table("figure", "value", title=f"faq: {queries}")
    for name in FIGURES:
        table.add_row(name, str(report[name]))
    _finish(table, report, json_file)
