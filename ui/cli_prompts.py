"""`zhiwen prompts test`: a few known questions to the configured model, and what changed since the last run."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from ui.terminal import AsJson, DataFolder, SettingsFile, out, print_json, say, settings_of

prompts = typer.Typer(no_args_is_help=True, help="The prompt templates, tried on the configured model.")


@prompts.callback()
def _several() -> None:
    """Keeps `test` a command of its own while it is the only one."""


@prompts.command("test")
def test(
    cases: Annotated[Path | None, typer.Option(help="JSON list of your own cases; default: those that ship")] = None,
    against: Annotated[Path | None, typer.Option(help="a kept run; default: the last one")] = None,
    settings: SettingsFile = None,
    data: DataFolder = None,
    as_json_: AsJson = False,
) -> None:
    """Ask every case, show which answers are right and which changed. Exit code 1 when one became wrong."""
    from app.engines import primary, pull
    from app.prompt_check import CASES, keep, kept, read_cases, try_prompts

    chosen = settings_of(settings, data)
    asked = read_cases(cases or CASES)
    last = chosen.data.folder / "prompt-tests.json"
    if chosen.chat.engine == "auto":
        pull(chosen, chosen.chat.model, say)
    chat = primary(chosen)
    chat.load()
    try:
        outcomes = try_prompts(chat, asked, kept(against or last), say)
    finally:
        close = getattr(chat, "close", None)
        if close is not None:
            close()
    keep(last, chat.name, outcomes)
    if as_json_:
        print_json({"model": chat.name, "outcomes": [asdict(one) | {"changed": one.changed} for one in outcomes]})
    else:
        table = Table("case", "right", "answer", "before", "s")
        for one in outcomes:
            before = one.before if one.changed else ("the same" if one.before is not None else "")
            table.add_row(one.name, "yes" if one.right else "NO", one.answer, before or "", f"{one.seconds:.1f}")
        out.print(table)
        right = sum(one.right for one in outcomes)
        out.print(f"{chat.name}: {right} of {len(outcomes)} right, {sum(one.changed for one in outcomes)} changed.")
    if any(one.was_right and not one.right for one in outcomes):
        raise typer.Exit(1)
