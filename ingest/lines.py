"""What one file looks like as a line of the ledger."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

from adapters.records import Entry
from ingest.scan import Seen


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def described(entry: Entry, seen: Seen) -> Entry:
    """Return the line with everything that costs no reading brought up to date: where it is and who may read it."""
    return replace(
        entry,
        knowledge_base=seen.folder.knowledge_base,
        path=_kept_name(entry.path, seen.path),
        source=str(seen.source),
        device=seen.device,
        access=seen.rules.access,
        notice=seen.rules.notice,
    )


def _kept_name(known: str, now: str) -> str:
    """Keep "name (2).txt", given when another file had the name."""
    stem, dot, suffix = now.rpartition(".")
    start, end = (f"{stem} (", f"){dot}{suffix}") if dot else (f"{now} (", ")")
    return known if known.startswith(start) and known.endswith(end) else now


def new_line(seen: Seen) -> Entry:
    """Return the first ledger line of a file: queued, never read."""
    return described(
        Entry(
            id=uuid4().hex[:16],
            knowledge_base=seen.folder.knowledge_base,
            path=seen.path,
            source=str(seen.source),
            title=Path(seen.path).stem,
            format=seen.source.suffix.lstrip(".").lower(),
            state="queued",
            reason="",
            size=seen.size,
            modified_ns=seen.modified_ns,
            content_hash="",
            current_version=None,
            updated_at="",
        ),
        seen,
    )
