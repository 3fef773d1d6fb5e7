"""ZIP files of documents: every member that can be read, by name, within the limits of the outer file."""

from __future__ import annotations

from adapters.errors import NeedsOcr, UnreadableFile
from ingest.parse import archive
from ingest.parse.draft import Draft
from ingest.parse.pictures import HOW
from ingest.parse.source import Source

_MOST_REASONS = 20
_NEEDS_OCR = ": needs OCR"
_IGNORED = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")


def read(source: Source, draft: Draft) -> None:
    draft.title = source.stem
    problems: list[str] = []
    with archive.open_zip(source.data) as package:
        members = [entry for entry in package.infolist() if not entry.is_dir() and entry.file_size]
        for entry in sorted(members, key=lambda entry: entry.filename):
            name = archive.safe_name(entry.filename)
            if name.startswith("__MACOSX/") or name.rpartition("/")[2] in _IGNORED:
                continue
            if problem := add_member(source, archive.member(package, entry.filename), name, draft):
                problems.append(problem)
    if draft.is_empty and any(problem.endswith(_NEEDS_OCR) for problem in problems):
        raise NeedsOcr(f"The archive holds pictures; their text needs recognition (OCR). {HOW}")
    if draft.is_empty:
        raise UnreadableFile("Nothing in the archive could be read: " + "; ".join(problems[:3]))


def add_member(source: Source, data: bytes, name: str, draft: Draft) -> str | None:
    """Add a file found inside `source`, or warn why it was left out and return that; the other files go on."""
    from ingest.parse import read_into

    inner = source.member(data, name)
    part = Draft(max_chars=draft.room)
    try:
        read_into(inner, part)
    except NeedsOcr:
        problem = name + _NEEDS_OCR
    except UnreadableFile as cause:
        problem = f"{name}: {cause}"
    else:
        with draft.inside(name.rpartition("/")[2], name):
            draft.take(part)
        return None
    if len(draft.warnings) < _MOST_REASONS:
        draft.warn(f"A file inside was left out. {problem}")
    return problem
