"""`zhiwen ingest` and `zhiwen doctor`: bring documents in, steer the queue, and check that everything agrees."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from adapters.errors import BadInput
from app.settings import Settings
from ui import cli_curate
from ui.terminal import AsJson, DataFolder, SettingsFile, out, outcome_line, print_json, say, settings_of


def ingest(
    place: Annotated[Path | None, typer.Argument(help="a file or folder to take in; default: the watched ones")] = None,
    status: Annotated[bool, typer.Option("--status", help="how far it is, and what needs somebody")] = False,
    retry: Annotated[bool, typer.Option("--retry", help="try again what failed")] = False,
    pause: Annotated[bool, typer.Option("--pause", help="take no more files in until --resume")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="go on after --pause")] = False,
    flags: Annotated[
        bool, typer.Option("--flags", help="with --status: what in documents should be looked at")
    ] = False,
    suggestions: Annotated[
        bool, typer.Option("--suggestions", help="dates found in documents, to be confirmed")
    ] = False,
    confirm: Annotated[str | None, typer.Option(help="let a suggested date count")] = None,
    reject: Annotated[str | None, typer.Option(help="leave a suggested date out, also later")] = None,
    settings: SettingsFile = None,
    data: DataFolder = None,
    as_json_: AsJson = False,
) -> None:
    """Bring the store to what is on disk, and say what became of each file."""
    chosen = settings_of(settings, data)
    if suggestions or confirm or reject:
        cli_curate.suggested(chosen, confirm=confirm, reject=reject, as_json=as_json_)
    elif status or flags or retry or pause or resume:
        _queue(chosen, retry=retry, pause=pause, resume=resume, flags=flags, as_json=as_json_)
    else:
        _take_in(place, chosen, as_json_)


def _take_in(place: Path | None, chosen: Settings, as_json: bool) -> None:
    from app.build import build
    from ingest.keep import sync_all, take_in
    from ingest.outcomes import Unchanged
    from ingest.pipeline import tend

    if place is not None and not place.exists():
        raise BadInput(f"There is no file or folder {place}.")
    outcomes: list[Any] = []
    with build(chosen, say) as built:
        tend(built.ingest)
        taken = take_in(place, chosen.knowledge.name, built.ingest) if place else sync_all(built.folders, built.ingest)
        for outcome in taken:
            outcomes.append(outcome)
            if not as_json and not isinstance(outcome, Unchanged):
                out.print(outcome_line(outcome), highlight=False, markup=False, soft_wrap=True)
    if as_json:
        print_json([{"outcome": type(one).__name__.lower(), **asdict(one)} for one in outcomes])
    else:
        say(f"{len(outcomes)} files, {sum(isinstance(one, Unchanged) for one in outcomes)} of them unchanged")


def _queue(chosen: Settings, *, retry: bool, pause: bool, resume: bool, flags: bool, as_json: bool) -> None:
    """Steer and show the queue; also beside a running service."""
    from app.beside import folders_of, ledger_of
    from ingest import progress as queue
    from ingest.counts import count

    with ledger_of(chosen) as ledger:
        if retry:
            say(f"{queue.retry(ledger)} files are queued again")
        if pause:
            queue.pause(ledger)
        if resume:
            queue.resume(ledger)
        now, troubled = queue.progress(ledger), queue.troubled(ledger)
        counts = count(folders_of(chosen), ledger)
    flagged = cli_curate.flags(chosen) if flags else []
    if as_json:
        rows = [{"path": entry.path, "state": entry.state, "reason": entry.reason} for entry in troubled]
        told = asdict(now) | {"counts": asdict(counts), "summary": counts.summary, "troubled": rows}
        print_json(told | ({"flags": flagged} if flags else {}))
        return
    out.print(counts.summary, highlight=False)
    states = ", ".join(f"{count} {state}" for state, count in now.states.items()) or "nothing yet"
    left = f", about {now.seconds_left:.0f} s left" if now.left and now.seconds_left else ""
    out.print(f"{states}{left}{', paused' if now.paused else ''}", highlight=False)
    for held in now.held:
        out.print(held, style="yellow", markup=False, highlight=False, soft_wrap=True)
    for entry in troubled:
        out.print(f"{entry.state:9} {entry.path}: {entry.reason}", markup=False, highlight=False, soft_wrap=True)
    for flag in flagged:
        line = f"{flag['kind']:12} {flag['path']} ({flag['place'] or flag['start']}): {flag['quote']}"
        out.print(line, markup=False, highlight=False, soft_wrap=True)


def doctor(
    mend: Annotated[bool, typer.Option("--repair", help="mend what can be mended")] = False,
    duplicates: Annotated[bool, typer.Option("--duplicates", help="show what is stored twice, or nearly so")] = False,
    forget: Annotated[
        bool, typer.Option("--forget-missing", help="remove documents whose file, folder or setting is gone")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="do not ask before removing")] = False,
    settings: SettingsFile = None,
    data: DataFolder = None,
    as_json_: AsJson = False,
) -> None:
    """Compare disk, store and indexes, look chunks up through both, and explain what does not agree."""
    if duplicates:
        cli_curate.duplicated(settings_of(settings, data), as_json=as_json_)
        return
    from app.build import build
    from ingest.doctor import examine, repair

    with build(settings_of(settings, data), say) as built:
        if forget:
            _forget_missing(built, yes)
        report = (repair if mend else examine)(built.folders, built.ingest)
    if as_json_:
        print_json(asdict(report) | {"summary": report.summary, "healthy": report.is_healthy})
    else:
        out.print(report.summary, highlight=False)
        counts = (
            f"{report.chunks} chunks, {report.vectors} vectors, {report.words} word entries, {report.checked} looked up"
        )
        out.print(counts, highlight=False)
        for finding in report.findings:
            out.print(f"{finding.kind}: {finding.text}", markup=False, highlight=False, soft_wrap=True)
    if not report.is_healthy:
        raise typer.Exit(1)


def _forget_missing(built: Any, yes: bool) -> None:
    """Show what would go, ask, and remove it."""
    from ingest.doctor import forget_missing, missing

    found = missing(built.folders, built.ingest)
    if not found:
        say("No document has lost its file or its folder.")
        return
    for entries, why in ((found.gone, "the file is gone"), (found.unwatched, "no folder of the settings holds it")):
        for entry in entries:
            say(f"{entry.path}: {why} ({entry.source})")
    if not yes and not typer.confirm(
        f"Remove {len(found.gone) + len(found.unwatched)} documents from the knowledge base? No file is touched.",
        err=True,
    ):
        raise typer.Exit(1)
    say(f"{len(forget_missing(built.folders, built.ingest))} documents were removed")
