"""Which files of a model are on disk and have been checked.

A marker beside the files notes each one's SHA-256, size and time of change, so that a start does not read gigabytes
again. It is a note of this machine for itself: it saves work, it does not protect against whoever can write the folder.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from adapters.errors import ModelCorrupt, ModelMissing
from adapters.models.catalogue import Model, ModelFile

MARKER = ".checked.json"
Progress = Callable[[int, int], None]
"""Called with bytes done and bytes in all."""


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_checked(model: Model, folder: Path) -> bool:
    """Say whether every file of the model is as it was when last checked. Reads sizes and times only."""
    home = folder / model.name
    noted = _read_marker(home)
    for file in model.files:
        note = noted.get(file.name)
        if note is None or note != _note(home / file.name, note):
            return False
        if file.sha256 not in (None, note["sha256"]) and not model.convert:
            return False
    return True


def verify(model: Model, folder: Path) -> Path:
    """Read every file of the model again and compare; return the model's folder.

    Pinned files are held against the catalogue, others against what they were when fetched. Raises ModelMissing when
    one is absent, ModelCorrupt when one differs.
    """
    home = folder / model.name
    noted = _read_marker(home)
    for file in model.files:
        path = home / file.name
        if not path.is_file():
            raise ModelMissing(f"{path} is not there. Run `zhiwen models pull {model.name}`.")
        note = noted.get(file.name)
        known = {file.sha256, note["sha256"] if note else None} - {None} if model.convert else _pin(file, note)
        if known and sha256_of(path) not in known:
            raise ModelCorrupt(
                f"{path} is not what it should be: its SHA-256 differs. "
                f"Delete it and run `zhiwen models pull {model.name}`."
            )
    mark(model, folder)
    return home


def mark(model: Model, folder: Path) -> None:
    """Note the files as they are now; the caller has just checked or made them."""
    home = folder / model.name
    notes = {file.name: _note(home / file.name) for file in model.files}
    partial = home / (MARKER + ".part")
    partial.write_text(json.dumps(notes, indent=1), "utf-8")
    partial.replace(home / MARKER)


def _pin(file: ModelFile, note: dict[str, Any] | None) -> set[str]:
    if file.sha256:
        return {file.sha256}
    return {note["sha256"]} if note else set()


def _note(path: Path, known: dict[str, Any] | None = None) -> dict[str, Any] | None:
    """Describe a file; with `known`, take its hash over instead of reading the file."""
    if not path.is_file():
        return None
    state = path.stat()
    digest = known.get("sha256") if known else sha256_of(path)
    return {"sha256": digest, "bytes": state.st_size, "mtime_ns": state.st_mtime_ns}


def _read_marker(home: Path) -> dict[str, dict[str, Any]]:
    """Return the marker's notes, or none when there is no readable marker: then the files are read again."""
    try:
        notes = json.loads((home / MARKER).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(notes, dict):
        return {}
    return {
        name: note for name, note in notes.items() if isinstance(note, dict) and isinstance(note.get("sha256"), str)
    }
