"""Receive a file somebody sent into a watched folder: under a name that is safe there, complete or not at all."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path, PurePath
from uuid import uuid4

from adapters.errors import BadInput

LONGEST_NAME = 200
# By extension, for an early and clear answer; what the file really is, the parser finds out.
_KINDS = """
    pdf docx xlsx pptx doc xls ppt odt ods odp rtf epub eml msg md markdown mdx txt text log rst csv tsv tab
    json jsonl ndjson html htm xhtml xml zip png jpg jpeg tif tiff bmp gif webp
"""
ACCEPTED = frozenset(_KINDS.split())
_DEVICE = re.compile(r"^(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]')


def receive(name: str, pieces: Iterable[bytes], folder: Path, most_bytes: int) -> Path:
    """Write the pieces as a file in the folder and return its path; a file of that name is replaced, whole.

    Raises BadInput when the name cannot be used or the file is larger than `most_bytes`; nothing stays behind then.
    """
    target = folder / safe_name(name)
    # Hidden from the watching until it is complete.
    draft = folder / f".{uuid4().hex}.part"
    try:
        with draft.open("xb") as file:
            size = 0
            for piece in pieces:
                size += len(piece)
                if size > most_bytes:
                    raise BadInput(
                        f"{target.name} is larger than {most_bytes / 1e6:.0f} MB. Split it and send the parts."
                    )
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        if target.is_symlink() or target.is_dir():
            raise BadInput(f"There is something else named {target.name} in the folder; rename your file.")
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
    return target


def check_type(name: str) -> None:
    """Raise BadInput when a file of this name cannot become a document."""
    suffix = PurePath(name).suffix.lstrip(".").lower()
    if suffix not in ACCEPTED:
        kind = f".{suffix[:20]} files" if suffix else "Files without an extension"
        raise BadInput(f"{kind} cannot be read. Save it as PDF, DOCX, XLSX, PPTX, Markdown or text and send that.")


def safe_name(name: str) -> str:
    """Return the last part of a name as any system may hold it. Raises BadInput when nothing is left."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    last = _FORBIDDEN.sub("", last).strip(" .").lstrip("~$")
    last = last.encode("utf-8", "ignore").decode("utf-8")
    stem, suffix = PurePath(last or "_").stem, PurePath(last or "_").suffix
    while len(last.encode("utf-8")) > LONGEST_NAME:
        stem = stem[:-1]
        last = stem + suffix
        if not stem:
            break
    if not last or not stem or _DEVICE.match(last):
        raise BadInput(f"A file cannot be named {name[:80]!r} here. Give it another name and send it again.")
    return last
