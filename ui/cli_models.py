"""`zhiwen models inspect | use | remove | bundle`: know a model before it runs, choose it, carry it elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from app.settings import read_settings
from ui.terminal import AsJson, SettingsFile, out, print_json, say


def inspect(
    name: Annotated[str, typer.Argument(help="a name of `zhiwen models list`, or a folder")],
    settings: SettingsFile = None,
    as_json_: AsJson = False,
) -> None:
    """Show family, size, quantization, context, characters per token, memory needed and traps."""
    from app import models

    report = models.inspect(read_settings(settings), name)
    if as_json_:
        print_json(report)
        return
    gb = 1e9
    table = Table(show_header=False)
    table.add_row("family", report["family"])
    table.add_row("parameters", f"{report['parameters'] / gb:.2f} billion")
    table.add_row("weights", f"{report['weight_bytes'] / gb:.2f} GB, {report['quantization']} {report['dtype']}")
    table.add_row("context", f"{report['context_tokens']} tokens")
    table.add_row("chat template", "yes" if report["chat_template"] else "no")
    if ratio := report.get("characters_per_token"):
        table.add_row("characters per token", f"Chinese {ratio['zh']}, English {ratio['en']}")
    fits = {True: "fits", False: "does NOT fit", None: "unknown"}[report["fits"]]
    table.add_row("memory", f"{report['memory_bytes'] / gb:.1f} GB for {report['memory_for']}")
    table.add_row("this machine", f"{report['machine_bytes'] / gb:.1f} GB: {fits}")
    for trap in report["traps"]:
        table.add_row("mind", trap)
    out.print(table)


def use(name: str, settings: SettingsFile = None, as_json_: AsJson = False) -> None:
    """Make a model the configured one in the settings file; the next start uses it."""
    from app import models

    file = models.use(settings, name)
    if as_json_:
        print_json({"name": name, "settings": str(file)})
    else:
        out.print(f"{file}: {name} is used from the next start on.", highlight=False, soft_wrap=True)


def remove(name: str, settings: SettingsFile = None, as_json_: AsJson = False) -> None:
    """Delete a model that is not in use."""
    from app import models

    freed = models.remove(read_settings(settings), name)
    if as_json_:
        print_json({"name": name, "bytes": freed})
    else:
        out.print(f"{name}: {freed / 1e6:.0f} MB are free again.", highlight=False)


def bundle(
    target: Annotated[Path, typer.Argument(help="the file to write")],
    names: Annotated[list[str] | None, typer.Argument(help="default: the configured models")] = None,
    settings: SettingsFile = None,
    as_json_: AsJson = False,
) -> None:
    """Write models into one file for a machine without a network; there: `zhiwen models pull --from-bundle FILE`."""
    from app import models

    listed = models.bundle(read_settings(settings), names or [], target, say)
    if as_json_:
        print_json(listed)
    else:
        out.print(f"{target}: {len(listed['files'])} files with their SHA-256.", highlight=False, soft_wrap=True)
