"""A file becomes a Document. Knows files and formats; nothing of storing, embedding or who may read.

`parse` runs here and now; `ingest.parse.worker` runs it in a child process with limits, as everything but tests should.
"""

from __future__ import annotations

import stat
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from adapters.errors import EmptyFile, UnreadableFile
from adapters.records import Document
from ingest.parse.draft import Draft
from ingest.parse.formats import format_of, reader
from ingest.parse.source import Recogniser, Source

MAX_BYTES = 200_000_000
MAX_CHARS = 10_000_000


def parse(
    path: Path | str, *, max_bytes: int = MAX_BYTES, max_chars: int = MAX_CHARS, recognise: bool = True
) -> Document:
    """Return the file at path as a document; its content, not its name, says what it is.

    `recognise` allows text recognition in pictures where it is installed. Raises UnreadableFile (EmptyFile, NeedsOcr)
    with the reason and what the file's owner can do.
    """
    return parse_bytes(_read(Path(path), max_bytes), Path(path).name, max_chars=max_chars, recognise=recognise)


def parse_bytes(data: bytes, name: str, *, max_chars: int = MAX_CHARS, recognise: bool = True) -> Document:
    """Return a document from bytes that carry a file name; raises as `parse` does."""
    source = Source(data, name, recogniser=_recogniser() if recognise else None)
    draft = Draft(max_chars=max_chars)
    format = read_into(source, draft)
    return draft.document(stem=source.stem, format=format)


def read_into(source: Source, draft: Draft) -> str:
    """Add a file's blocks to draft, also for files inside files; return the name of its format."""
    if not source.data.strip(b"\x00 \t\r\n"):
        raise EmptyFile("The file is empty. If it should not be, copy it again.")
    format = format_of(source)
    reader(format)(source, draft)
    return source.extension if format in {"image", "csv", "text"} and source.extension else format


def _read(path: Path, max_bytes: int) -> bytes:
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise UnreadableFile("This is not an ordinary file (a folder, device or pipe) and was left out.")
        if status.st_size > max_bytes:
            raise UnreadableFile(
                f"The file has {status.st_size / 1e6:,.0f} MB, more than {max_bytes / 1e6:,.0f} MB. Split it."
            )
        with path.open("rb") as file:
            data = file.read(max_bytes + 1)
    except (OSError, ValueError) as cause:
        reason = getattr(cause, "strerror", None) or str(cause)
        raise UnreadableFile(f"The file cannot be opened ({reason}). Check that it exists and may be read.") from cause
    if len(data) > max_bytes:
        raise UnreadableFile("The file grew while it was read; it is tried again once it is complete.")
    return data


def _recogniser() -> Callable[[], Recogniser] | None:
    if find_spec("rapidocr") is None or find_spec("onnxruntime") is None:
        return None
    from ingest.parse.ocr import recogniser

    return recogniser
