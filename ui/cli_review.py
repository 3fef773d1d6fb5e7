"""`zhiwen audit`: the record of moderation. `zhiwen review`: a person's word on what it was not sure of."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from ui.terminal import AsJson, DataFolder, SettingsFile, errors, out, print_json, say, settings_of

audit = typer.Typer(no_args_is_help=True, help="What moderation did: export the record, and check that it is whole.")
review = typer.Typer(no_args_is_help=True, help="What a person should look at.")


@audit.command()
def export(
    csv: Annotated[Path, typer.Option(help="CSV file to write; safe to open in a spreadsheet")],
    since: Annotated[str, typer.Option(help="ISO date or time of the first record")] = "",
    settings: SettingsFile = None,
    data: DataFolder = None,
) -> None:
    """Write the record of every verdict that was not a pass; it holds no text."""
    from app.beside import audit_of
    from moderation.audit import as_csv, from_fields

    with audit_of(settings_of(settings, data)) as log:
        records = [from_fields(fields) for fields in log.details(since)]
    csv.write_text(as_csv(records), encoding="utf-8-sig")
    say(f"{len(records)} records written to {csv}.")


@audit.command()
def verify(settings: SettingsFile = None, data: DataFolder = None) -> None:
    """Check that no record was changed, dropped or put elsewhere; exits 1 where the chain breaks."""
    from app.beside import audit_of
    from moderation.audit import first_break, from_fields

    with audit_of(settings_of(settings, data)) as log:
        records = [from_fields(fields) for fields in log.details()]
    broken = first_break(records)
    if broken is not None:
        errors.print(f"Record {broken + 1} of {len(records)} ({records[broken].time}) was changed, or one before it.")
        raise typer.Exit(1)
    out.print(f"{len(records)} records, unbroken. The last: {records[-1].hash if records else '-'}", soft_wrap=True)


@review.command("list")
def list_pending(settings: SettingsFile = None, data: DataFolder = None, as_json_: AsJson = False) -> None:
    """Show what waits for a person."""
    from app.beside import review_of

    with review_of(settings_of(settings, data)) as queue:
        items = queue.pending()
    if as_json_:
        print_json(items)
        return
    table = Table("number", "since", "who", "channel", "category", "text")
    for item in items:
        row = (item["id"], item["created_at"][:16], item["user"], item["channel"], item["category"], item["text"])
        table.add_row(*map(str, row))
    out.print(table)


@review.command()
def confirm(number: int, settings: SettingsFile = None, data: DataFolder = None) -> None:
    """Agree with the policy; the text is deleted."""
    _decide(number, True, settings, data)


@review.command()
def overrule(number: int, settings: SettingsFile = None, data: DataFolder = None) -> None:
    """Disagree with the policy; the text is deleted. Use `allow` to let the phrase pass from now on."""
    _decide(number, False, settings, data)


@review.command()
def allow(phrase: str, settings: SettingsFile = None, data: DataFolder = None) -> None:
    """Let a phrase pass from now on, also in a service that is running."""
    from app.beside import review_of

    with review_of(settings_of(settings, data)) as queue:
        policy = queue.allow(phrase)
    out.print(f"Allowed. The policy is now {policy.version}.")


def _decide(number: int, agree: bool, settings: Path | None, data: Path | None) -> None:
    from app.beside import review_of

    with review_of(settings_of(settings, data)) as queue:
        item = queue.decide(number, agree, "local")
    out.print(f"Item {number} ({item['category']}) is {'confirmed' if agree else 'overruled'}; its text is deleted.")
